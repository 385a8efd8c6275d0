"""A deposit for viewers of the web: an IIIF Presentation 3 manifest with W3C annotations.

Each image is a canvas, painted with the picture at ``<address>/<source>/<path>``; its tags and
values are annotations on the canvas. Written only where it is said at what address the pictures
will be. Not here: serving them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import polars as pl

from panoptic_data.annotations.store import annotations_of
from panoptic_data.media.formats import MEDIA_TYPES
from panoptic_data.versions.deposit.description import Description
from panoptic_data.versions.deposit.facts import Facts

if TYPE_CHECKING:
    from panoptic_data.annotations.state import State
    from panoptic_data.storage.project import Project

__all__ = ["FILE_NAME", "manifest"]

FILE_NAME = "iiif-manifest.json"


def manifest(opened: Project, facts: Facts, description: Description) -> dict[str, Any]:
    """Return the manifest of all images; ``description.address`` says where they will be."""
    assert description.address is not None
    address = description.address.rstrip("/")
    state = annotations_of(opened).state()
    values = _values(state)
    return {
        "@context": [
            "http://www.w3.org/ns/anno.jsonld",
            "http://iiif.io/api/presentation/3/context.json",
        ],
        "id": f"{address}/{FILE_NAME}",
        "type": "Manifest",
        "label": {"none": [description.title]},
        "summary": {"none": [description.text]},
        "rights": description.license.replace("https://creativecommons", "http://creativecommons"),
        "metadata": [
            {"label": {"en": ["Version"]}, "value": {"none": [facts.version.name]}},
            {"label": {"en": ["Digest"]}, "value": {"none": [facts.version.digest]}},
        ],
        "items": [_canvas(address, row, values) for row in _images(opened)],
    }


def _images(opened: Project) -> Iterator[Mapping[str, Any]]:
    database = opened.database()
    files = database.frame("files", ["source", "path", "sha1", "status"], "status = 'ok'")
    first = files.sort("source", "path").unique("sha1", keep="first", maintain_order=True)
    images = database.frame("images", ["sha1", "width", "height", "format"])
    yield from first.join(images, on="sha1").sort("source", "path").iter_rows(named=True)


def _canvas(
    address: str, row: Mapping[str, Any], values: Mapping[str, list[tuple[str, str, bool]]]
) -> dict[str, Any]:
    id = f"{address}/canvas/{row['sha1']}"
    picture = f"{address}/{quote(row['source'])}/{quote(row['path'])}"
    size = {"width": row["width"], "height": row["height"]}
    canvas: dict[str, Any] = {
        "id": id,
        "type": "Canvas",
        "label": {"none": [row["path"].rpartition("/")[2]]},
        **size,
        "items": [
            {
                "id": f"{id}/page",
                "type": "AnnotationPage",
                "items": [
                    {
                        "id": f"{id}/picture",
                        "type": "Annotation",
                        "motivation": "painting",
                        "target": id,
                        "body": {
                            "id": picture,
                            "type": "Image",
                            "format": MEDIA_TYPES.get(row["format"], "image/jpeg"),
                            **size,
                        },
                    }
                ],
            }
        ],
    }
    own = values.get(row["sha1"])
    if own:
        canvas["annotations"] = [
            {
                "id": f"{id}/values",
                "type": "AnnotationPage",
                "items": [_annotation(id, number, *value) for number, value in enumerate(own, 1)],
            }
        ]
    return canvas


def _annotation(id: str, number: int, property: str, value: str, is_tag: bool) -> dict[str, Any]:
    return {
        "id": f"{id}/value/{number}",
        "type": "Annotation",
        "motivation": "tagging" if is_tag else "commenting",
        "target": id,
        "body": {
            "type": "TextualBody",
            "format": "text/plain",
            "value": value if is_tag else f"{property}: {value}",
        },
    }


def _values(state: State) -> dict[str, list[tuple[str, str, bool]]]:
    """Return the values of each image in words: (property, value, whether it is a tag)."""
    by_image: dict[str, list[tuple[str, str, bool]]] = {}
    for prop in state.live_properties:
        if prop.target != "image":
            continue
        rows = state.values(prop.id).select(pl.col("target"), pl.col("value")).sort("target")
        for target, value in rows.iter_rows():
            tag = state.tags.get(value) if prop.has_tags else None
            if prop.has_tags and (tag is None or tag.deleted):
                continue
            text = tag.name if tag is not None else value
            by_image.setdefault(target, []).append((prop.name, text, tag is not None))
    return by_image
