"""W3C Web Annotations (JSON-LD): one page of them, one annotation a value.

Tags are bodies with the purpose "tagging", other values "describing", with the property's name as
``dcterms:title``. The target is the image: its address below ``options.address``, else its sha1 as
an URN. Each has its author and time.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import polars as pl

from panoptic_data.exchange.exports import tables
from panoptic_data.media.formats import MEDIA_TYPES

if TYPE_CHECKING:
    from panoptic_data.annotations.properties import Property
    from panoptic_data.exchange.exports.job import ExportJob
    from panoptic_data.exchange.exports.options import Options
    from panoptic_data.exchange.exports.report import Problem
    from panoptic_data.exchange.exports.selection import Selection
    from panoptic_data.storage.project import Project

__all__ = ["needed_bytes", "write"]

CONTEXT = "http://www.w3.org/ns/anno.jsonld"
_ANNOTATION_BYTES = 600


def needed_bytes(_project: Project, selection: Selection, options: Options) -> int:
    """Return about how many bytes it takes, generously."""
    columns = tables.columns_of(selection.catalogue, options.columns)
    return len(selection) * len(tables.properties_of(columns)) * _ANNOTATION_BYTES


def write(job: ExportJob) -> tuple[list[Problem], dict[str, int]]:
    """Write the annotations."""
    project, options = job.project, job.options
    properties = tables.properties_of(job.columns)
    count = 0
    with job.draft.path.open("w", encoding="utf-8", newline="\n") as file:
        id = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, project.id or project.name)}"
        head = {"@context": CONTEXT, "id": id, "type": "AnnotationPage", "startIndex": 0}
        file.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "items": [')
        for part in job.parts():
            for annotation in _annotations(project, part, properties, options):
                file.write("\n" if count == 0 else ",\n")
                file.write(json.dumps(annotation, ensure_ascii=False))
                count += 1
        file.write("\n]}\n")
    return [], {"annotations": count}


def _annotations(
    project: Project, part: Selection, properties: list[Property], options: Options
) -> Iterator[dict[str, Any]]:
    state = part.catalogue.annotations
    sha1s, paths = part.sha1s(), part.paths()
    formats = part.catalogue.frame["format"].gather(part.rows).cast(pl.String).to_list()
    targets = {
        sha1: _target(sha1, path, format, options)
        for sha1, path, format in zip(sha1s, paths, formats, strict=True)
    }
    file_ids = tables.frame(part, [tables.ExportColumn("file_id", pl.String())])["file_id"]
    by_file = dict(zip(file_ids.to_list(), sha1s, strict=True))
    for prop in properties:
        keys = by_file if prop.target == "file" else {sha1: sha1 for sha1 in sha1s}
        held = state.property_values(prop.id).take([key for key in keys if key])
        for row in held.iter_rows(named=True):
            body = _body(part, prop, row["value"])
            if body is None:
                continue
            name = f"{project.id}/{prop.id}/{row['target']}/{row['value']}"
            yield {
                "id": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, name)}",
                "type": "Annotation",
                "motivation": body["purpose"],
                "creator": {"type": "Person", "name": row["author"]},
                "created": f"{row['at']:%Y-%m-%dT%H:%M:%SZ}",
                "body": body,
                "target": targets[keys[row["target"]]],
            }


def _body(part: Selection, prop: Property, value: str) -> dict[str, Any] | None:
    """Return what an annotation says; None for a tag that was deleted."""
    if not prop.has_tags:
        return {
            "type": "TextualBody",
            "purpose": "linking" if prop.type in ("url", "image") else "describing",
            "value": value,
            "format": "text/plain",
            "dcterms:title": prop.name,
        }
    tag = part.catalogue.annotations.tags.get(value)
    if tag is None or tag.deleted:
        return None
    return {
        "type": "TextualBody",
        "purpose": "tagging",
        "value": tag.name,
        "format": "text/plain",
        "dcterms:title": prop.name,
    }


def _target(sha1: str, path: str, format: str | None, options: Options) -> dict[str, Any]:
    id = f"urn:sha1:{sha1}"
    if options.address is not None:
        id = f"{options.address.rstrip('/')}/{quote(path)}"
    target = {"id": id, "type": "Image"}
    if format is not None and format in MEDIA_TYPES:
        target["format"] = MEDIA_TYPES[format]
    return target
