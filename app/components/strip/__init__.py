"""A short list of the first images of a view, such as those most similar to one.

A press opens the image in the gallery of the page; a slider sets how similar images must be. Not
here: which view that is (``screens.image_panel``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.components.assets import component

__all__ = ["image_strip"]


def image_strip(
    *,
    view: str,
    version: str,
    without: str,
    language: str,
    texts: Mapping[str, str],
    on_limit: Callable[[Any], None],
    key: str,
) -> None:
    """Show the first images of the view at an address, except the one called ``without``.

    ``on_limit`` gets the ``percentile`` or the ``threshold`` of its search, unchecked.
    """
    component("strip", styles=("shared/ui/similarity_slider",))(
        key=key,
        data={
            "view": view,
            "version": version,
            "without": without,
            "why": "similarity:",
            "language": language,
            "texts": dict(texts),
        },
        presses={"limit": on_limit},
    )
