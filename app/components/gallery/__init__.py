"""The gallery: a virtual grid of all images of a view, in groups if it has any, and one large.

Rows come from ``/rows``, groups from ``/groups``, aspect ratios from ``/aspects``, images from
``/thumb`` and ``/image``; the selection stays in the browser (``components.frame`` sends it to
Python). Not here: the properties of the open image (``components.annotate``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

from app.components.annotate import EDITORS, annotation_texts
from app.components.assets import component
from panoptic_data.annotations.values import COLOURS
from panoptic_data.errors import InvalidView
from panoptic_data.media.colour import HUES
from panoptic_data.messages import translate
from panoptic_data.views import model
from panoptic_data.views.model import View

__all__ = ["CAPTIONS", "ComparedSide", "CurrentImage", "OpenImage", "current_image", "gallery"]

# The captions that an image can have, in the order of their lines.
CAPTIONS = (
    "name",
    "folder",
    "taken_at",
    "dimensions",
    "pixels",
    "size",
    "format",
    "camera",
    "colour",
    "copies",
    "cluster",
    "added",
)

# Texts that every gallery needs, whatever page it is on.
_TEXTS = (
    "group_fold",
    "group_select",
    "group_only",
    "group_more",
    "chip_megapixels",
    "chip_side",
    "said_true",
    "said_false",
)
# Texts of two galleries side by side.
_BESIDE_TEXTS = (
    "keep",
    "none_alike",
    "rank_both",
    "rank_here",
    "rank_there",
    "nth_one",
    "nth_two",
    "nth_few",
    "nth_other",
)
_PART_TEXTS = (
    "part",
    "part_help",
    "part_like",
    "part_like_title",
    "part_same",
    "part_same_title",
)
# Orders whose value is not written on a tile: it has its name and its similarity anyway.
_PLAIN = ("path", "name", "similarity")


@dataclass(frozen=True)
class OpenImage:
    """The image that the address names; ``index`` is its index in the view, if it is in it."""

    sha1: str
    name: str
    index: int | None
    isDamaged: bool  # noqa: N815 (a name of the JavaScript side)


@dataclass(frozen=True)
class ComparedSide:
    """One of two galleries side by side, and its heading.

    ``place`` is 0 or 1, ``other`` the address of the other's view ("" where that has no result);
    ``name``, ``count`` and ``common``, with its ``title``, are the heading.
    """

    place: int
    other: str
    name: str
    count: str
    common: str
    title: str


@dataclass(frozen=True)
class CurrentImage:
    """The current image: the one with the cursor, and whether it is open."""

    sha1: str
    opened: bool


def gallery(
    *,
    project: str,
    view: str,
    version: str,
    held: str | None = None,
    total: int,
    images: int | None = None,
    opened: OpenImage | None,
    current: str | None,
    language: str,
    texts: Mapping[str, str],
    on_move: Callable[[CurrentImage], None],
    on_group: Callable[[int], None] | None = None,
    beside: ComparedSide | None = None,
    on_keep: Callable[[], None] | None = None,
    chip: str | None = None,
    encoder: str | None = None,
    key: str = "gallery",
) -> CurrentImage | None:
    """Show ``total`` images of the view at an address; return the current image.

    ``images`` is their number where some are in several groups (``ViewResult.images``).
    ``version`` is the catalogue's: with a new one the rows are fetched again, and scrolling stays.
    ``held`` is the key of the view's ``frozen_results.FrozenResult``, None where it has none.
    ``current`` is the sha1 of the image whose properties are shown; ``on_move`` is called before
    the run that follows a move. ``on_group`` gets the index (in ``Groups``) of the group to show
    alone; without it no group offers that. ``chip`` is the field that is written on each tile;
    by default the one that the view is sorted by. ``encoder`` is the one whose clusters captions
    name. ``beside`` is given to each of two galleries side by side; ``on_keep`` is then called to
    go on with this one alone.
    """
    parsed_view = view_of_address(view)
    result = component("gallery", styles=(EDITORS, "shared/ui/away_mark"))(
        key=key,
        data={
            "project": project,
            "view": view,
            "version": version,
            "held": held,
            "total": total,
            "images": total if images is None else images,
            "opened": asdict(opened) if opened else None,
            "current": current,
            "grouped": bool(parsed_view.group),
            "canFilter": on_group is not None,
            "chip": chip or _chip(parsed_view),
            "encoder": encoder,
            "beside": None if beside is None else asdict(beside),
            "mode": parsed_view.mode,
            "editing": {"texts": annotation_texts(), "colours": list(COLOURS)},
            "language": language,
            "texts": {**_texts(language), **texts},
        },
        height="stretch",
        states={"at": lambda: _pass_move(key, on_move)},
        presses={
            "group": lambda value: pass_group(value, version, on_group),
            "keep": lambda _: on_keep() if on_keep is not None else None,
        },
    )
    return read_current(result.at)


def current_image(key: str = "gallery") -> CurrentImage | None:
    """Return the current image, as the browser last sent it."""
    return read_current(st.session_state.get(key, {}).get("at"))


def _pass_move(key: str, on_move: Callable[[CurrentImage], None]) -> None:
    current = current_image(key)
    if current is not None:
        on_move(current)


def pass_group(value: Any, version: str, on_group: Callable[[int], None] | None) -> None:
    if on_group is None or not isinstance(value, Mapping):
        return
    group = value.get("group")
    # Groups of another version have other indices.
    if value.get("version") == version and isinstance(group, int) and group >= 0:
        on_group(group)


def view_of_address(address: str) -> View:
    try:
        return model.from_address(address)
    except InvalidView:
        return View()


def _chip(view: View) -> str | None:
    field = view.sort[0].field if view.sort else "path"
    return None if field in _PLAIN else field


def _texts(language: str) -> dict[str, str]:
    return {
        **{name: translate(f"explore.{name}", language) for name in _TEXTS},
        **{f"caption_{name}": translate(f"explore.caption_{name}", language) for name in CAPTIONS},
        **{f"hue_{name}": translate(f"groups.hue_{name}", language) for name in HUES},
        **{name: translate(f"find.{name}", language) for name in _PART_TEXTS},
        "gone": translate("hold.no_longer", language),
        "unclear": translate("like.unclear_image", language),
        "why_of": translate("lineage.why_of", language),
        "away": translate("explore.away", language),
        **{name: translate(f"find.{name}", language) for name in _BESIDE_TEXTS},
        "cluster": translate("groups.cluster", language),
    }


def read_current(value: Any) -> CurrentImage | None:
    """Read the browser's message; None where it is not one."""
    if not isinstance(value, Mapping) or not isinstance(value.get("sha1"), str):
        return None
    return CurrentImage(value["sha1"], value.get("opened") is True)
