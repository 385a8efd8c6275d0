"""What is said of the image in hand, beside the pictures: each property a field.

Values are read and written over HTTP (``app.api.annotations``), and follow the image in hand
without waiting for Python. ``editors.css`` is the style of the fields, wherever they stand. Not
here: defining properties and tags (their page), many images at once (``frame``).
"""

from __future__ import annotations

from app.components.assets import component
from app.session import state
from app.session.texts import section_texts
from panoptic_data.annotations.values import COLOURS

__all__ = ["EDITORS", "annotate", "texts_of_annotations"]

EDITORS = "annotate/editors"


def annotate(*, project: str, view: str | None, sha1: str) -> None:
    """Show the values of the image in hand: ``sha1``, where no display has another one by now.

    ``view`` is the address of the view that the page shows, which a selection may be all of.
    """
    component("annotate", styles=(EDITORS,))(
        key="annotate",
        data={
            "project": project,
            "view": view,
            "sha1": sha1,
            "language": state.language(),
            "colours": list(COLOURS),
            "texts": texts_of_annotations(),
        },
    )


def texts_of_annotations() -> dict[str, str]:
    """Return all texts of annotations in this session's language."""
    return {**section_texts("annotate"), "more_images": state.say("suggest.link_tag")}
