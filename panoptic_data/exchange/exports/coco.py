"""COCO, laid out as FiftyOne and others read it: ``data/`` with the images, ``labels.json``.

Tags are categories, below the property they belong to or the tag above them. Each tag of an image
is an annotation whose box is the whole image: what is tagged here are images, not parts of them.
"""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING, Any

from panoptic_data.exchange.exports import tables
from panoptic_data.exchange.exports.picture_files import needed_bytes, write_pictures
from panoptic_data.views.fields import property_field

if TYPE_CHECKING:
    from panoptic_data.annotations.properties import Property
    from panoptic_data.exchange.exports.options import Options, ReportProgress
    from panoptic_data.exchange.exports.picture_files import Written
    from panoptic_data.exchange.exports.report import Problem
    from panoptic_data.exchange.exports.selection import Selection
    from panoptic_data.exchange.exports.target import Draft
    from panoptic_data.storage.project import Project

__all__ = ["needed_bytes", "write"]


def write(
    project: Project,
    selection: Selection,
    options: Options,
    draft: Draft,
    progress: ReportProgress,
) -> tuple[list[Problem], dict[str, int]]:
    """Write the images, their tags and the categories."""
    properties = _properties(selection, options)
    categories = _categories(selection, properties)
    number_of = {category.pop("tag"): category["id"] for category in categories}
    problems: list[Problem] = []
    counts = {"files": 0, "annotations": 0}
    annotations = draft.held / "content" / "annotations"
    with (draft.path / "labels.json").open("w", encoding="utf-8") as labels:
        labels.write(f'{{"info": {_json({"description": project.name})}, "licenses": [],\n')
        labels.write(f'"categories": {_json(categories)},\n"images": [')
        # Images and annotations are two lists of one file: the second waits in a file of its own.
        with annotations.open("w+", encoding="utf-8") as waiting:
            tags = _tags(selection, properties)
            for written in write_pictures(project, selection, options, draft.path / "data"):
                numbers = [number_of[id] for id in tags(written.index)]
                for name in written.names:
                    _add(labels, waiting, counts, written, name, numbers)
                if written.picture.problem is not None:
                    problems.append(written.picture.problem)
                progress(written.index + 1, len(selection))
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
    written: Written,
    name: str,
    numbers: list[int],
) -> None:
    counts["files"] += 1
    picture, id = written.picture, counts["files"]
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


def _properties(selection: Selection, options: Options) -> list[Property]:
    columns = tables.columns_of(selection.catalogue, options.columns)
    properties = [column.property for column in columns if column.property is not None]
    return [prop for prop in properties if prop.has_tags]


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


def _tags(selection: Selection, properties: list[Property]) -> Any:
    """Return a function from an index of the selection to the ids of its tags."""
    catalogue = selection.catalogue
    held = []
    for prop in properties:
        column = catalogue.column(property_field(prop.type, prop.id))
        held.append((column, selection.files if column.by_file else selection.rows))

    def tags_at(index: int) -> list[str]:
        state = catalogue.annotations
        return [
            id
            for column, units in held
            for ids in tables.tag_ids(state, column, units[index : index + 1])
            for id in ids
        ]

    return tags_at


def _comma(number: int) -> str:
    return "\n" if number == 1 else ",\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
