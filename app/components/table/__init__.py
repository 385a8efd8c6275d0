"""The table: all images of a view, a row each, with what is known of them in columns.

Its rows come from ``/rows``; the selection stays in the browser and is the gallery's. Not
here: an image large (``gallery``), the order itself (the view).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from app.components.assets import component
from app.components.gallery import At

__all__ = ["table"]


def table(
    *,
    project: str,
    view: str,
    version: str,
    total: int,
    current: str | None,
    sort: tuple[str, bool],
    language: str,
    texts: Mapping[str, str],
    on_move: Callable[[At], None],
    on_sort: Callable[[str, bool], None],
    key: str = "table",
) -> None:
    """Show ``total`` images of the view at an address.

    ``sort`` and ``on_sort`` are field and whether it descends. ``on_move`` gets the image that
    the person goes to; when it is ``opened`` the address names it already, and a gallery that
    stands on the page, or comes with the next run, shows it large. ``current`` is the sha1 of
    the image whose properties stand beside; a change of it that comes from elsewhere is
    followed. ``texts`` is the section ``table`` of the catalogue.
    """

    def moved() -> None:
        at = _at(st.session_state[key]["at"])
        if at is not None:
            on_move(at)

    def sorted_by() -> None:
        value = st.session_state[key]["sort"]
        on_sort(str(value["field"]), value["descending"] is True)

    field, descending = sort
    component("table")(
        key=key,
        data={
            "project": project,
            "view": view,
            "version": version,
            "total": total,
            "current": current,
            "sort": {"field": field, "descending": descending},
            "language": language,
            "texts": dict(texts),
        },
        height="stretch",
        on_at_change=moved,
        on_sort_change=sorted_by,
    )


def _at(value: Any) -> At | None:
    """Read what the browser said, trusting nothing."""
    if not isinstance(value, Mapping) or not isinstance(value.get("sha1"), str):
        return None
    return At(value["sha1"], value.get("opened") is True)
