"""The table: all images of a view, a row each, under the headings of their groups if it has any.

Its rows come from ``/rows``, their groups from ``/groups``; the selection stays in the browser
and is the gallery's. Not here: a large image (``components.gallery``), the order (the view).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.components.annotate import EDITORS, annotation_texts
from app.components.assets import component
from app.components.gallery import CurrentImage, pass_group, read_current, view_of_address
from panoptic_data.annotations.values import COLOURS
from panoptic_data.messages import translate

__all__ = ["table"]

# Texts of headings and values, the same in every display.
_TEXTS = ("group_fold", "group_select", "group_only", "group_more", "said_true", "said_false")


def table(
    *,
    project: str,
    view: str,
    version: str,
    held: str | None = None,
    total: int,
    images: int | None = None,
    properties: Sequence[Mapping[str, Any]] = (),
    described: Sequence[str] = (),
    current: str | None,
    sort: tuple[str, bool],
    language: str,
    texts: Mapping[str, str],
    on_move: Callable[[CurrentImage], None],
    on_sort: Callable[[str, bool], None],
    on_group: Callable[[int], None] | None = None,
    key: str = "table",
) -> None:
    """Show ``total`` images of the view at an address; ``held`` as the gallery's.

    ``sort`` and ``on_sort`` are a field and whether it descends. ``on_move`` gets the image that
    becomes current; when it is ``opened`` the address names it already, and a gallery on the same
    page, or in the next run, shows it large. ``current`` is the sha1 of the image whose properties
    are shown; the table scrolls to it when it changes elsewhere. ``on_group`` gets the index (in
    ``Groups``) of the group to show alone; without it no group offers that. ``texts`` is the
    section ``table`` of the catalogue. ``images`` is their number where some are in several
    groups. ``properties`` are those that can have a column, whose cells are edited in place:
    field, id, name, type, target, options. ``described`` are the fields of what files say of
    themselves (captions, keywords, …) that can have one.
    """

    def moved(value: Any) -> None:
        current = read_current(value)
        if current is not None:
            on_move(current)

    def sorted_by(value: Any) -> None:
        on_sort(str(value["field"]), value["descending"] is True)

    field, descending = sort
    parsed_view = view_of_address(view)
    component("table", styles=(EDITORS, "shared/ui/away_mark"))(
        key=key,
        data={
            "project": project,
            "view": view,
            "version": version,
            "held": held,
            "total": total,
            "images": total if images is None else images,
            "properties": list(properties),
            "described": list(described),
            "editing": {"texts": annotation_texts(), "colours": list(COLOURS)},
            "current": current,
            "grouped": bool(parsed_view.group),
            "mode": parsed_view.mode,
            "canFilter": on_group is not None,
            "sort": {"field": field, "descending": descending},
            "language": language,
            "texts": {**_texts(language), **texts},
        },
        height="stretch",
        presses={
            "at": moved,
            "sort": sorted_by,
            "group": lambda value: pass_group(value, version, on_group),
        },
    )


def _texts(language: str) -> dict[str, str]:
    texts = {name: translate(f"explore.{name}", language) for name in _TEXTS}
    return {
        **texts,
        "gone": translate("hold.no_longer", language),
        "unclear": translate("like.unclear_image", language),
        "why_of": translate("lineage.why_of", language),
        "away": translate("explore.away", language),
    }
