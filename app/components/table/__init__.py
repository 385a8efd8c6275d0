"""The table: all images of a view, a row each, under the headings of their groups if it has any.

Its rows come from ``/rows``, their groups from ``/groups``; the selection stays in the browser
and is the gallery's. Not here: an image large (``gallery``), the order itself (the view).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.components.annotate import EDITORS, texts_of_annotations
from app.components.assets import component
from app.components.gallery import At
from panoptic_data.annotations.values import COLOURS
from panoptic_data.errors import InvalidView
from panoptic_data.messages import translate
from panoptic_data.views import model
from panoptic_data.views.model import View

__all__ = ["table"]

# Headings of groups and values say the same in every display.
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
    current: str | None,
    sort: tuple[str, bool],
    language: str,
    texts: Mapping[str, str],
    on_move: Callable[[At], None],
    on_sort: Callable[[str, bool], None],
    on_group: Callable[[int], None] | None = None,
    key: str = "table",
) -> None:
    """Show ``total`` images of the view at an address; ``held`` as the gallery's.

    ``sort`` and ``on_sort`` are field and whether it descends. ``on_move`` gets the image that
    the person goes to; when it is ``opened`` the address names it already, and a gallery that
    stands on the page, or comes with the next run, shows it large. ``current`` is the sha1 of
    the image whose properties stand beside; a change of it that comes from elsewhere is
    followed. ``on_group`` gets the place (in ``Groups``) of the group that is to be shown alone;
    without it no group offers that. ``texts`` is the section ``table`` of the catalogue.
    ``images`` is how many there are where some stand in several groups. ``properties`` are those
    that can have a column, whose cells are edited in place: field, id, name, type, target, options.
    """

    def moved(told: Any) -> None:
        at = _at(told)
        if at is not None:
            on_move(at)

    def sorted_by(value: Any) -> None:
        on_sort(str(value["field"]), value["descending"] is True)

    def into_group(told: Any) -> None:
        # Groups of another version may stand elsewhere.
        if on_group is None or not isinstance(told, Mapping) or told.get("version") != version:
            return
        group = told.get("group")
        if isinstance(group, int) and group >= 0:
            on_group(group)

    field, descending = sort
    shown = _view(view)
    component("table", styles=(EDITORS,))(
        key=key,
        data={
            "project": project,
            "view": view,
            "version": version,
            "held": held,
            "total": total,
            "images": total if images is None else images,
            "properties": list(properties),
            "editing": {"texts": texts_of_annotations(), "colours": list(COLOURS)},
            "current": current,
            "grouped": bool(shown.group),
            "mode": shown.mode,
            "canFilter": on_group is not None,
            "sort": {"field": field, "descending": descending},
            "language": language,
            "texts": {**_texts(language), **texts},
        },
        height="stretch",
        presses={"at": moved, "sort": sorted_by, "group": into_group},
    )


def _view(address: str) -> View:
    try:
        return model.from_address(address)
    except InvalidView:
        return View()


def _texts(language: str) -> dict[str, str]:
    texts = {name: translate(f"explore.{name}", language) for name in _TEXTS}
    return {**texts, "gone": translate("hold.no_longer", language)}


def _at(value: Any) -> At | None:
    """Read what the browser said, trusting nothing."""
    if not isinstance(value, Mapping) or not isinstance(value.get("sha1"), str):
        return None
    return At(value["sha1"], value.get("opened") is True)
