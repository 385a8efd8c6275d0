"""The annotations of the current image, beside the gallery: a field for each property.

Values are read and written over HTTP (``app.api.annotations``), and follow the current image
without waiting for Python. ``editors.css`` is the style of the fields on every page. Not here:
defining properties and tags (``components.properties``), many images at once
(``components.frame``).
"""

from __future__ import annotations

from app.components.assets import component
from app.session import state
from app.session.texts import section_texts
from panoptic_data.annotations.values import COLOURS

__all__ = ["EDITORS", "annotate", "annotation_texts"]

EDITORS = "annotate/editors"


def annotate(*, project: str, view: str | None, sha1: str) -> None:
    """Show the values of the current image: ``sha1``, unless a display has moved on to another.

    ``view`` is the address of the current view, for selections of all its images.
    """
    component("annotate", styles=(EDITORS,))(
        key="annotate",
        data={
            "project": project,
            "view": view,
            "sha1": sha1,
            "language": state.language(),
            "colours": list(COLOURS),
            "texts": annotation_texts(),
        },
    )


def annotation_texts() -> dict[str, str]:
    """Return all texts of annotations in this session's language."""
    return {
        **section_texts("annotate"),
        "more_images": state.text("suggest.link_tag"),
        "why": state.text("lineage.why"),
        "why_of": state.text("lineage.why_of"),
    }
