"""The gallery: a virtual grid of all images of a view, in groups if it has any, and one large.

Its rows come from ``/rows``, their groups from ``/groups``, their shapes from ``/aspects``, its
pictures from ``/thumb`` and ``/image``; the selection stays in the browser (``frame`` hands it
to Python). Not here: the properties of the open image.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

from app.components.annotate import EDITORS, texts_of_annotations
from app.components.assets import component
from panoptic_data.annotations.values import COLOURS
from panoptic_data.errors import InvalidView
from panoptic_data.media.colour import HUES
from panoptic_data.messages import translate
from panoptic_data.views import model
from panoptic_data.views.model import View

__all__ = ["CAPTIONS", "At", "Beside", "Opened", "gallery", "told_at"]

# What can stand under a picture, in the order of its lines.
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
# What two galleries side by side say.
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
# Orders that a tile need not explain: its name says the first two, and likeness is always said.
_PLAIN = ("path", "name", "similarity")


@dataclass(frozen=True)
class Opened:
    """The image that the address names; ``index`` is its place in the view, if it has one."""

    sha1: str
    name: str
    index: int | None
    isDamaged: bool  # noqa: N815 (a name of the JavaScript side)


@dataclass(frozen=True)
class Beside:
    """One of two galleries side by side, with the heading that tells it from the other.

    ``place`` is 0 or 1, ``other`` the address of the other's view ("" where that shows nothing);
    ``name``, ``count`` and ``common``, with its ``title``, are its heading.
    """

    place: int
    other: str
    name: str
    count: str
    common: str
    title: str


@dataclass(frozen=True)
class At:
    """Where the person is: the current image, and whether it is open."""

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
    opened: Opened | None,
    current: str | None,
    language: str,
    texts: Mapping[str, str],
    on_move: Callable[[At], None],
    on_group: Callable[[int], None] | None = None,
    beside: Beside | None = None,
    on_keep: Callable[[], None] | None = None,
    chip: str | None = None,
    encoder: str | None = None,
    key: str = "gallery",
) -> At | None:
    """Show ``total`` images of the view at an address; return where the person is.

    ``images`` is how many there are where some stand in several groups (``ViewResult.images``).
    ``version`` is the catalogue's: a new one fetches the rows again without losing place.
    ``held`` is the key of the view's ``frozen_results.FrozenResult``, None where it has none.
    ``current`` is the sha1 of the image whose properties stand beside the gallery; ``on_move``
    is called before the run that follows a move. ``on_group`` gets the place (in ``Groups``) of
    the group that is to be shown alone; without it no group offers that. ``chip`` is the field of
    a row that is written on its tile; left out, what the view is sorted by. ``encoder`` is the one
    whose clusters captions name. ``beside`` says which of two galleries it is; ``on_keep`` is then
    the press that goes on with this one alone.
    """
    shown = _view(view)
    result = component("gallery", styles=(EDITORS,))(
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
            "grouped": bool(shown.group),
            "canFilter": on_group is not None,
            "chip": chip or _chip(shown),
            "encoder": encoder,
            "beside": None if beside is None else asdict(beside),
            "mode": shown.mode,
            "editing": {"texts": texts_of_annotations(), "colours": list(COLOURS)},
            "language": language,
            "texts": {**_texts(language), **texts},
        },
        height="stretch",
        states={"at": lambda: _tell(key, on_move)},
        presses={
            "group": lambda value: _tell_group(value, version, on_group),
            "keep": lambda _: on_keep() if on_keep is not None else None,
        },
    )
    return _at(result.at)


def told_at(key: str = "gallery") -> At | None:
    """Return where the person is, as the browser last said."""
    return _at(st.session_state.get(key, {}).get("at"))


def _tell(key: str, on_move: Callable[[At], None]) -> None:
    at = told_at(key)
    if at is not None:
        on_move(at)


def _tell_group(value: Any, version: str, on_group: Callable[[int], None] | None) -> None:
    if on_group is None or not isinstance(value, Mapping):
        return
    group = value.get("group")
    # Groups of another version may stand elsewhere.
    if value.get("version") == version and isinstance(group, int) and group >= 0:
        on_group(group)


def _view(address: str) -> View:
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
        "part": translate("find.part", language),
        "part_help": translate("find.part_help", language),
        "gone": translate("hold.no_longer", language),
        **{name: translate(f"find.{name}", language) for name in _BESIDE_TEXTS},
        "cluster": translate("groups.cluster", language),
    }


def _at(value: Any) -> At | None:
    """Read what the browser said, trusting nothing."""
    if not isinstance(value, Mapping) or not isinstance(value.get("sha1"), str):
        return None
    return At(value["sha1"], value.get("opened") is True)
