"""What holds on every page: the selection at the bottom left, and the list of keys.

What is done with a selection goes over HTTP (``app.api.annotations``). Not here: what runs, at the
bottom right (``widgets.run_progress``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from app.components.annotate import EDITORS, texts_of_annotations
from app.components.assets import component
from panoptic_data.annotations.values import COLOURS

__all__ = ["Selected", "frame", "selected"]

KEY = "frame"
# Keys that annotate, as the list of keys says them.
TAG_KEYS = (
    ("0 … 9", "key_digit"),
    ("k", "key_letters"),
    ("s", "key_tag"),
    ("e", "key_edit"),
    ("F2", "key_in_place"),
    ("Tab", "key_next_place"),
    ("← → Del", "key_cells"),
    ("Del", "key_exclude"),
)


@dataclass(frozen=True)
class Selected:
    """What is selected: ``sha1s``, or all images of the view but ``excepted`` ones.

    ``is_whole`` is false when there are more than the browser names; ``count`` is always right.
    """

    count: int = 0
    is_all: bool = False
    is_whole: bool = True
    sha1s: tuple[str, ...] = ()
    excepted: tuple[str, ...] = ()


def frame(
    *,
    project: str,
    language: str,
    view: str | None,
    keys: Sequence[tuple[str, str]],
    can_compare: bool,
    texts: Mapping[str, str],
    on_similar: Callable[[list[str]], None],
    on_only: Callable[[list[str]], None],
    on_save: Callable[[Selected], None],
    on_suggest: Callable[[str], None],
) -> None:
    """Show the selection and what can be done with it; ``keys`` is what ``?`` lists.

    ``view`` is the address of the view that the page shows, without how it is shown; None where
    it shows none. ``on_suggest`` gets the tag that images are to be suggested for.
    """
    words = texts_of_annotations()
    own = [(key, words[name]) for key, name in TAG_KEYS]
    component("frame", styles=(EDITORS, "shared/ui/toast"))(
        key=KEY,
        data={
            "project": project,
            "language": language,
            "view": view,
            # The list's own key stands last.
            "keys": [list(pair) for pair in (*keys[:-1], *own, *keys[-1:])],
            "canCompare": can_compare,
            "texts": dict(texts),
            "annotate": {"texts": words, "colours": list(COLOURS)},
        },
        states={"selection": lambda: None},
        presses={
            "similar": lambda value: on_similar(_texts(value)),
            "only": lambda value: on_only(_texts(value)),
            "save": lambda value: on_save(_selected(value)),
            "suggest": lambda value: on_suggest(str(value)),
        },
    )


def selected() -> Selected:
    """Return what is selected, as the browser last said, a moment after each change."""
    return _selected(st.session_state.get(KEY, {}).get("selection"))


def _selected(value: Any) -> Selected:
    if not isinstance(value, Mapping):
        return Selected()
    return Selected(
        count=int(value.get("count", 0)),
        is_all=value.get("all") is True,
        is_whole=value.get("isWhole") is True,
        sha1s=tuple(_texts(value.get("ids"))),
        excepted=tuple(_texts(value.get("except"))),
    )


def _texts(value: Any) -> list[str]:
    return [str(sha1) for sha1 in value] if isinstance(value, Sequence) else []
