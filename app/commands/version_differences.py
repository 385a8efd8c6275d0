"""What differs between two versions as lines of a terminal, in words, and as JSON with the ids.

Not here: comparing (``panoptic_data.versions.diff``), the command (``version``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import polars as pl

from app.session.language import cli_text, number, terminal_language
from panoptic_data.messages import translate
from panoptic_data.versions.diff import Section, VersionDiff

__all__ = ["as_json", "lines"]

# Rows of a section that are listed; JSON has them all.
ROWS_LISTED = 10
_SIGNS = {"added": "+", "removed": "−", "changed": "~"}
_SHORT = 12

Name = Callable[[pl.DataFrame], pl.DataFrame]
"""Adds the column ``path`` to rows of a section."""


def lines(differing: VersionDiff, name: Name) -> Iterator[str]:
    """Yield counts first, then encoders and parameters, then the rows that differ."""
    for section in differing.sections:
        counts = {change: number(section.count(change)) for change in _SIGNS}
        yield f"{_section_name(section)}: {_text('counts', **counts)}"
    for slug, before, after in differing.encoders:
        yield f"{_text('kind_encoder')} {slug}: {_encoder_change(before, after)}"
    for stage, parameter, before, after in differing.parameters:
        yield f"{stage} {parameter}: {_value(before)} → {_value(after)}"
    for section in differing.sections:
        yield ""
        yield f"{_section_name(section)}:"
        for row in name(section.rows.head(ROWS_LISTED)).to_dicts():
            yield f"  {_SIGNS[row['change']]} {_row(section.kind, row)}"
        rest = section.rows.height - ROWS_LISTED
        if rest > 0:
            yield f"  {_text('more', count=number(rest))}"


def as_json(differing: VersionDiff, name: Name) -> dict[str, Any]:
    """Return all of it as JSON values: ids, and the paths that they belong to."""
    sections = [
        {
            "kind": section.kind,
            "encoder": section.encoder,
            "added": section.added,
            "removed": section.removed,
            "changed": section.changed,
            "rows": name(section.rows).to_dicts(),
        }
        for section in differing.sections
    ]
    parameters = [
        {"stage": stage, "name": parameter, "before": before, "after": after}
        for stage, parameter, before, after in differing.parameters
    ]
    encoders = [
        {"slug": slug, "before": before, "after": after}
        for slug, before, after in differing.encoders
    ]
    return {"sections": sections, "parameters": parameters, "encoders": encoders}


def _section_name(section: Section) -> str:
    name = _text(f"kind_{section.kind}")
    return f"{name} ({section.encoder})" if section.encoder else name


def _encoder_change(before: str | None, after: str | None) -> str:
    if before is None or after is None:
        return _text("added" if before is None else "removed").lower()
    return _text("other_weights")


def _row(kind: str, row: Mapping[str, Any]) -> str:
    write = _WRITERS.get(kind, _image)
    return write(row)


def _image(row: Mapping[str, Any]) -> str:
    return row.get("path") or _nameless(row.get("sha1") or row.get("target"))


def _nameless(id: object) -> str:
    """Return an image that no file has, or had, by the beginning of its id."""
    return _text("without_file", id=str(id)[:_SHORT])


def _source(row: Mapping[str, Any]) -> str:
    return str(row["name"])


def _file(row: Mapping[str, Any]) -> str:
    parts = [_pair(row, "path")]
    if row["change"] == "changed":
        if row["status_before"] != row["status_after"]:
            before, after = (
                cli_text(f"status_{row[f'status_{side}']}") for side in ("before", "after")
            )
            parts.append(f"{before} → {after}")
        if row["sha1_before"] != row["sha1_after"]:
            parts.append(_text("other_content"))
    return "  ".join(parts)


def _property(row: Mapping[str, Any]) -> str:
    type = translate(
        f"properties.type_{row['type_after'] or row['type_before']}", terminal_language()
    )
    return f"{_pair(row, 'name')} ({type.lower()})"


def _tag(row: Mapping[str, Any]) -> str:
    parts = [f"{_pair(row, 'property')}: {_pair(row, 'name')}"]
    parents = [row["parents_before"] or "", row["parents_after"] or ""]
    if row["change"] == "changed" and parents[0] != parents[1]:
        parts.append(_text("under", before=parents[0] or "–", after=parents[1] or "–"))
    return "  ".join(parts)


def _annotation(row: Mapping[str, Any]) -> str:
    values = f"{_value(row['value_before'])} → {_value(row['value_after'])}"
    return f"{_image(row)}  {row['property']}: {values}"


def _cluster(row: Mapping[str, Any]) -> str:
    return f"{_image(row)}  {_value(row['cluster_before'])} → {_value(row['cluster_after'])}"


def _position(row: Mapping[str, Any]) -> str:
    if row["distance"] is None:
        return _image(row)
    distance = f"{row['distance']:.3g}"
    return f"{_image(row)}  {_text('moved_by', distance=distance)}"


def _duplicate(row: Mapping[str, Any]) -> str:
    kind = translate(f"duplicates.ui_{row['kind']}", terminal_language())
    return f"{kind}: {_image(row)}"


def _view(row: Mapping[str, Any]) -> str:
    return _pair(row, "name")


_WRITERS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "sources": _source,
    "files": _file,
    "properties": _property,
    "tags": _tag,
    "annotations": _annotation,
    "clusters": _cluster,
    "map": _position,
    "duplicates": _duplicate,
    "views": _view,
}


def _pair(row: Mapping[str, Any], name: str) -> str:
    """Return a value, or both where it is another after than before."""
    before, after = row[f"{name}_before"], row[f"{name}_after"]
    if before is None or after is None or before == after:
        return str(after if after is not None else before)
    return f"{before} → {after}"


def _value(value: object) -> str:
    return "–" if value is None else str(value)


def _text(key: str, /, **params: object) -> str:
    return translate(f"corpus_versions.{key}", terminal_language(), **params)
