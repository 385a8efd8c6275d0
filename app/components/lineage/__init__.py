"""Why an image has a value: a dialog with the sentence, the chain as a graph, facts of each step.

It opens on a press on any element with ``data-why`` (what, as ``panoptic lineage --of``) and
``data-image``, on every page. Not here: finding the lineage (``app.api.lineage``).
"""

from __future__ import annotations

from html import escape

from app.components.assets import component
from app.session import state
from app.session.texts import section_texts

__all__ = ["lineage", "why"]


def lineage() -> None:
    """Listen for such presses on this page."""
    names = ("why", "chain", "waiting", "failed", "close", "dagster", "open_image")
    data = {"language": state.language(), "texts": section_texts("lineage", *names)}
    component("lineage")(key="lineage", data=data)


def why(sha1: str, of: str, what: str) -> str:
    """Return the HTML of a quiet button that asks why; ``what`` is the value's name for people."""
    label = escape(state.text("lineage.why_of", what=what))
    return (
        f'<button type="button" class="why" data-why="{escape(of)}" data-image="{escape(sha1)}"'
        f' aria-label="{label}" title="{label}">{escape(state.text("lineage.why"))}</button>'
    )
