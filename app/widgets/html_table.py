"""Plain tables of text, as HTML. Every cell is escaped unless it is marked as markup.

Not here: what the tables say (``screens``), how they look (``screens/pipeline.css``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from app.session import state

__all__ = ["Cell", "bar", "details", "duration", "moment", "table"]


@dataclass(frozen=True)
class Cell:
    """One cell: ``title`` is shown on hover; ``kind`` is a class of the stylesheet."""

    text: str
    title: str = ""
    kind: str = ""
    is_markup: bool = False


def table(headings: Sequence[str | Cell], rows: Sequence[Sequence[str | Cell]], label: str) -> str:
    """Return a table as markup. Cells of ``kind`` "figure" are aligned to the right."""
    head = "".join(_cell(cell, "th") for cell in headings)
    body = "".join(f"<tr>{''.join(_cell(cell, 'td') for cell in row)}</tr>" for row in rows)
    return (
        f'<table class="quiet" aria-label="{escape(label)}">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def details(summary: str, pairs: Sequence[tuple[str, str]]) -> str:
    """Return a line that opens on a press, as markup; ``summary`` is markup, the pairs are text."""
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs)
    return f"<details><summary>{summary}</summary><dl>{listed}</dl></details>"


def bar(done: int, total: int) -> str:
    """Return a bar that shows how far something is, as markup."""
    share = min(1.0, done / total) if total else 0.0
    return f'<span class="bar"><i style="width:{share:.1%}"></i></span>'


def duration(seconds: float) -> str:
    """Return a duration in words: ``0.3 s``, ``12 s``, ``1 min 30 s``."""
    if seconds < 10:
        text = f"{seconds:.1f}"
        count = text.replace(".", ",") if state.language() == "fr" else text
        return state.text("pipeline.seconds", count=count)
    rounded = round(seconds)
    if rounded < 60:
        return state.text("pipeline.seconds", count=rounded)
    if rounded < 3600:
        return state.text("pipeline.minutes", minutes=rounded // 60, seconds=rounded % 60)
    return state.text("pipeline.hours", hours=rounded // 3600, minutes=rounded % 3600 // 60)


def moment(at: datetime | None) -> str:
    """Return a moment in the browser's time zone: ``2026-11-20 14:05``."""
    if at is None:
        return "–"
    return f"{at.astimezone(_browser_zone()):%Y-%m-%d %H:%M}"


def _browser_zone() -> ZoneInfo:
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _cell(cell: str | Cell, tag: str) -> str:
    content = Cell(cell) if isinstance(cell, str) else cell
    kind = f' class="{escape(content.kind)}"' if content.kind else ""
    title = f' title="{escape(content.title)}"' if content.title else ""
    scope = ' scope="col"' if tag == "th" else ""
    text = content.text if content.is_markup else escape(content.text)
    return f"<{tag}{scope}{kind}{title}>{text}</{tag}>"
