"""What differs between two corpus versions, for a page: counts first, then pictures and lists.

Not here: comparing them (``panoptic_data.versions.diff``), choosing them (``screens.versions``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.session import open_version, state
from app.widgets.html_table import Cell, table

if TYPE_CHECKING:
    import polars as pl

    from panoptic_data.storage.project import Project
    from panoptic_data.versions.diff import Section, VersionDiff

__all__ = ["Sides", "show"]

CHANGES = ("added", "removed", "changed")
# Of each change of a section; the counts say how many more there are.
PICTURES = 36
ROWS = 60
TEXT_CHARACTERS = 80
# Columns that name an image, where a section is about images.
_IMAGE_COLUMNS = ("sha1", "target")
_UNSHOWN = frozenset(("change", "id", "file_id", "view_before", "view_after", "kind"))


@dataclass(frozen=True)
class Sides:
    """The corpus before and after, each as it is open, and their names."""

    before: Project
    after: Project
    before_name: str
    after_name: str


def show(sides: Sides, differing: VersionDiff) -> None:
    """Draw all that differs."""
    names = {"before": sides.before_name, "after": sides.after_name}
    st.html(f"<h2>{escape(_text('compared', **names))}</h2>")
    if differing.is_empty:
        st.html(f'<p class="none">{escape(_text("same"))}</p>')
        return
    _counts(differing)
    with_pictures = [section for section in differing.sections if _image_column(section)]
    opened = (with_pictures or list(differing.sections))[:1]
    for section in differing.sections:
        with st.expander(_section_label(section), expanded=any(section is part for part in opened)):
            _section(sides, section)
    _made_with(differing)


def _counts(differing: VersionDiff) -> None:
    headings: list[str | Cell] = [
        _text("what"),
        *(Cell(_text(change), kind="figure") for change in CHANGES),
    ]
    rows = [
        [
            Cell(_section_name(section)),
            *(Cell(_count(section.count(change)), kind="figure") for change in CHANGES),
        ]
        for section in differing.sections
    ]
    st.html(table(headings, rows, _text("counts_label")))


def _count(count: int) -> str:
    return state.number(count) if count else "–"


def _section(sides: Sides, section: Section) -> None:
    column = _image_column(section)
    for change in CHANGES:
        rows = section.rows.filter(section.rows["change"] == change)
        if not rows.height:
            continue
        title = f"{_text(change)}: {state.number(rows.height)}"
        if column is None:
            st.html(f"<h3>{escape(title)}</h3>{_rows(rows)}")
        else:
            opened = sides.before if change == "removed" else sides.after
            st.html(f"<h3>{escape(title)}</h3>{_pictures(opened, rows, column)}")


def _image_column(section: Section) -> str | None:
    """Return the column with the sha1 of an image; None where a section has none."""
    if section.kind == "annotations":
        return "target" if (section.rows["kind"] == "image").all() else None
    return "sha1" if "sha1" in section.rows.columns else None


def _pictures(opened: Project, rows: pl.DataFrame, column: str) -> str:
    figures = "".join(
        f'<figure title="{escape(caption)}">'
        f'<img src="{open_version.route_to(opened, f"/thumb/{row[column]}")}" alt="" '
        f'loading="lazy" decoding="async"><figcaption>{escape(caption)}</figcaption></figure>'
        for row in rows.head(PICTURES).to_dicts()
        if row[column] is not None
        for caption in [_caption(row)]
    )
    return f'<div class="pictures">{figures}</div>{_rest(rows.height - PICTURES)}'


def _caption(row: Mapping[str, Any]) -> str:
    """Return what changed on an image: ``Theme: war → street``."""
    named = row.get("property") or row.get("path_after") or row.get("path_before")
    values = " → ".join(_pairs(row))
    return ": ".join(str(part) for part in (named, values) if part)


def _pairs(row: Mapping[str, Any]) -> Iterator[str]:
    for side in ("before", "after"):
        shown = [
            _shown(row[name])
            for name in (f"value_{side}", f"cluster_{side}")
            if row.get(name) is not None
        ]
        if shown:
            yield " ".join(shown)
        elif f"value_{side}" in row or f"cluster_{side}" in row:
            yield "–"


def _rows(rows: pl.DataFrame) -> str:
    names = [name for name in rows.columns if name not in _UNSHOWN]
    lines = [[Cell(_shown(row[name])) for name in names] for row in rows.head(ROWS).to_dicts()]
    headings: Sequence[str | Cell] = [_heading(name) for name in names]
    return table(headings, lines, _text("what")) + _rest(rows.height - ROWS)


def _heading(name: str) -> str:
    column, _, side = name.rpartition("_")
    return f"{column} ({_text(side)})" if side in ("before", "after") else name


def _rest(count: int) -> str:
    if count <= 0:
        return ""
    return f'<p class="none">{escape(_text("more", count=state.number(count)))}</p>'


def _shown(value: object) -> str:
    if value is None:
        return "–"
    text = f"{value:.3g}" if isinstance(value, float) else str(value)
    return text if len(text) <= TEXT_CHARACTERS else f"{text[: TEXT_CHARACTERS - 1]}…"


def _made_with(differing: VersionDiff) -> None:
    """List the parameters and models that differ."""
    lines = [
        [Cell(_text("kind_encoder")), Cell(slug), Cell(before or "–"), Cell(after or "–")]
        for slug, before, after in differing.encoders
    ]
    lines += [
        [Cell(stage), Cell(name), Cell(_value(before)), Cell(_value(after))]
        for stage, name, before, after in differing.parameters
    ]
    if not lines:
        return
    headings = [_text("stage"), _text("kind_parameter"), _text("before"), _text("after")]
    with st.expander(f"{_text('made_with')} ({len(lines)})"):
        st.html(table(headings, lines, _text("made_with")))


def _value(value: object) -> str:
    return "–" if value is None else _shown(json.dumps(value, ensure_ascii=False))


def _section_label(section: Section) -> str:
    counts = " · ".join(
        f"{sign}{state.number(section.count(change))}"
        for sign, change in (("+", "added"), ("−", "removed"), ("~", "changed"))
        if section.count(change)
    )
    return f"{_section_name(section)}  {counts}"


def _section_name(section: Section) -> str:
    name = _text(f"kind_{section.kind}").capitalize()
    return f"{name} ({section.encoder})" if section.encoder else name


def _text(name: str, /, **params: object) -> str:
    return state.text(f"corpus_versions.{name}", **params)
