"""The frame of every page: the selection at the bottom left, and the list of keys.

Actions on a selection go over HTTP (``app.api.annotations``). Not here: the current run, at the
bottom right (``widgets.run_progress``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.components.annotate import EDITORS, annotation_texts
from app.components.assets import component
from app.session.texts import section_texts
from panoptic_data.annotations.values import COLOURS

__all__ = ["Selection", "frame"]

KEY = "frame"
# Keys that annotate, and the names of their texts.
TAG_KEYS = (
    ("0 … 9", "key_digit"),
    ("0 … 5", "key_stars"),
    ("p x u", "key_flags"),
    ("k", "key_letters"),
    ("s", "key_tag"),
    ("e", "key_edit"),
    ("F2", "key_in_place"),
    ("Tab", "key_next_place"),
    ("← → Del", "key_cells"),
    ("Del", "key_exclude"),
)


@dataclass(frozen=True)
class Selection:
    """What is selected: ``sha1s``, or all images of the view but ``excepted`` ones.

    ``is_whole`` is false when there are more than the browser names; ``count`` is always right.
    """

    count: int = 0
    is_all: bool = False
    is_complete: bool = True
    sha1s: tuple[str, ...] = ()
    excepted: tuple[str, ...] = ()


def frame(
    *,
    project: str,
    project_id: str,
    language: str,
    view: str | None,
    keys: Sequence[tuple[str, str]],
    can_compare: bool,
    texts: Mapping[str, str],
    on_similar: Callable[[list[str]], None],
    on_only: Callable[[list[str]], None],
    on_save: Callable[[Selection], None],
    on_suggest: Callable[[str], None],
    on_export: Callable[[Selection], None],
) -> None:
    """Show the selection and what can be done with it; ``keys`` is what ``?`` lists.

    ``project_id`` names the project wherever its folder lies, ``project`` where it lies now.
    ``view`` is the address of the view that the page shows, without how it is shown; None where
    it shows none. ``on_suggest`` gets the tag that images are to be suggested for.
    """
    words = annotation_texts()
    own = [(key, words[name]) for key, name in TAG_KEYS]
    component("frame", styles=(EDITORS, "shared/ui/toast"))(
        key=KEY,
        data={
            "project": project,
            "projectId": project_id,
            "language": language,
            "view": view,
            # The list's own key stands last.
            "keys": [list(pair) for pair in (*keys[:-1], *own, *keys[-1:])],
            "canCompare": can_compare,
            "texts": dict(texts),
            "annotate": {"texts": words, "colours": list(COLOURS)},
            "sampling": section_texts("sampling", "ui_"),
        },
        states={"selection": lambda: None},
        presses={
            "similar": lambda value: on_similar(_texts(value)),
            "only": lambda value: on_only(_texts(value)),
            "save": lambda value: on_save(_selection(value)),
            "suggest": lambda value: on_suggest(str(value)),
            "export": lambda value: on_export(_selection(value)),
        },
    )


def _selection(value: Any) -> Selection:
    if not isinstance(value, Mapping):
        return Selection()
    return Selection(
        count=int(value.get("count", 0)),
        is_all=value.get("all") is True,
        is_complete=value.get("isWhole") is True,
        sha1s=tuple(_texts(value.get("ids"))),
        excepted=tuple(_texts(value.get("except"))),
    )


def _texts(value: Any) -> list[str]:
    return [str(sha1) for sha1 in value] if isinstance(value, Sequence) else []
