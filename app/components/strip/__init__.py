"""A short list of the first images of a view, such as those most similar to one.

A press opens the image in the gallery of the page. Not here: which view that is.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.components.assets import component

__all__ = ["strip"]


def strip(*, view: str, version: str, without: str, texts: Mapping[str, str], key: str) -> None:
    """Show the first images of the view at an address, except the one called ``without``."""
    data = {"view": view, "version": version, "without": without, "texts": dict(texts)}
    component("strip")(key=key, data=data)
