"""Batches of annotations: the list on the page History, and that of one image.

Both fetch what they show over HTTP (``app.api.history``). Not here: undo and redo
(``components.steps``), which page this is on (``screens.history``, ``screens.image_panel``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.components.assets import component

__all__ = ["history", "image_history"]


def history(
    *,
    language: str,
    texts: Mapping[str, str],
    command: str,
    on_show: Callable[[str], None],
    on_explore: Callable[[], None],
    key: str = "history",
) -> None:
    """Show all batches. ``on_show`` gets one whose images are to be shown.

    Where nothing was done yet ``command`` is offered, and ``on_explore`` called.
    """
    component("history")(
        key=key,
        data={
            "sha1": None,
            "language": language,
            "command": command,
            "texts": dict(texts),
        },
        presses={"show": lambda value: on_show(str(value)), "explore": lambda _: on_explore()},
    )


def image_history(*, sha1: str, language: str, texts: Mapping[str, str], key: str = "past") -> None:
    """Show the annotations of one image, when they were made and by whom, folded."""
    component("history")(key=key, data={"sha1": sha1, "language": language, "texts": dict(texts)})
