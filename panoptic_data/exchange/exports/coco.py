"""COCO, laid out as FiftyOne and others read it: ``data/`` with the images, ``labels.json``.

Tags are categories, below the property they belong to or the tag above them. Each tag of an image
is an annotation whose box is the whole image: what is tagged here are images, not parts of them.
"""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING, Any

from panoptic_data.exchange.exports import tables
from panoptic_data.exchange.exports.picture_files import add_counts, needed_bytes, write_pictures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from panoptic_data.annotations.properties import Property
    from panoptic_data.exchange.exports.job import ExportJob
    from panoptic_data.exchange.exports.picture_files import Written
    from panoptic_data.exchange.exports.report import Problem
    from panoptic_data.exchange.exports.selection import Selection

__all__ = ["needed_bytes", "write"]


def write(job: ExportJob) -> tuple[list[Problem], dict[str, int]]:
    """Write the images, their tags and the categories."""
    selection, draft = job.selection, job.draft
    properties = [prop for prop in tables.properties_of(job.columns) if prop.has_tags]
    categories = _categories(selection, properties)
    number_of = {category.pop("tag"): category["id"] for category in categories}
    problems: list[Problem] = []
    counts, images = {"files": 0, "annotations": 0}, 0
    annotations = draft.held / "content" / "annotations"
    with (draft.path / "labels.json").open("w", encoding="utf-8") as labels:
        labels.write(f'{{"info": {_json({"description": job.project.name})}, "licenses": [],\n')
        labels.write(f'"categories": {_json(categories)},\n"images": [')
        # Images and annotations are two lists of one file: the second waits in a file of its own.
        with annotations.open("w+", encoding="utf-8") as waiting:
            pictures = write_pictures(job, draft.path / "data", problems)
            tags = _tags(selection, properties)
            for written, ids in zip(pictures, tags, strict=True):
                numbers = [number_of[id] for id in ids]
                for name in written.names:
                    images += 1
                    _add(labels, waiting, counts, images, written, name, numbers)
                add_counts(counts, written)
            labels.write('],\n"annotations": [')
            waiting.seek(0)
            labels.writelines(waiting)
        labels.write("]}\n")
    annotations.unlink()
    return problems, counts


def _add(
    labels: IO[str],
    waiting: IO[str],
    counts: dict[str, int],
    id: int,
    written: Written,
    name: str,
    numbers: list[int],
) -> None:
    picture = written.picture
    image = {"id": id, "file_name": name, "width": picture.width, "height": picture.height}
    labels.write(f"{_comma(id)}{_json({**image, 'sha1': picture.sha1, 'path': picture.path})}")
    for category in numbers:
        counts["annotations"] += 1
        annotation = {
            "id": counts["annotations"],
            "image_id": id,
            "category_id": category,
            "bbox": [0, 0, picture.width, picture.height],
            "area": picture.width * picture.height,
            "iscrowd": 0,
        }
        waiting.write(f"{_comma(counts['annotations'])}{_json(annotation)}")


def _categories(selection: Selection, properties: list[Property]) -> list[dict[str, Any]]:
    """Return the categories, numbered from 1; a name that two properties have names its own too."""
    state = selection.catalogue.annotations
    listed = [(prop, tag) for prop in properties for tag in state.tags_of(prop.id)]
    names = [tag.name for _, tag in listed]
    categories = []
    for number, (prop, tag) in enumerate(listed, 1):
        name = tag.name if names.count(tag.name) == 1 else f"{prop.name}: {tag.name}"
        above = [state.tags[id].name for id in tag.parents if not state.tags[id].deleted]
        supercategory = above[0] if above else prop.name
        categories.append(
            {"tag": tag.id, "id": number, "name": name, "supercategory": supercategory}
        )
    return categories


def _tags(selection: Selection, properties: list[Property]) -> Iterator[list[str]]:
    """Yield the ids of each image's tags, of all properties."""
    for part in selection.parts(tables.BATCH):
        by_property = [tables.tag_ids(part, prop) for prop in properties]
        for _ in range(len(part)):
            yield [id for ids in by_property for id in next(ids)]


def _comma(number: int) -> str:
    return "\n" if number == 1 else ",\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
