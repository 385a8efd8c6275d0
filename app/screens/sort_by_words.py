"""The page where images are sorted into the tags of a property by the tags' words.

Not here: its markup (``components.classes``), which image goes where (``api.suggestions``).
"""

from __future__ import annotations

from app.components.classes import classes
from app.screens.page import ReviewPage, needs_now
from app.services import text_models
from app.session import navigation, state
from app.session.texts import section_texts
from panoptic_data.encoders.spec import parse
from panoptic_data.storage.project import Project

__all__ = ["PAGE", "show"]

PAGE = ReviewPage("classes", state.PROPERTY, (navigation.GALLERY, "pipeline", "properties"))


@needs_now
def show(project: Project) -> None:
    """Draw the page."""
    encoders = state.encoders(project)
    readers = [encoder for encoder in encoders if encoder.is_ready and encoder.reads_text]
    chosen = state.encoder(readers)
    classes(
        **PAGE.shared(),
        property=PAGE.subject,
        encoders=[(encoder.slug, encoder.name) for encoder in readers],
        encoder=chosen.slug if chosen else None,
        loading=_loading(project, chosen),
        waiting=[
            encoder.name
            for encoder in encoders
            if not encoder.is_ready and _may_read_text(encoder.text)
        ],
        texts={
            # Of two texts of the same name the page's own comes last and counts.
            **section_texts("suggest", "ui_"),
            **section_texts("classes", "ui_"),
            "template_first": state.text("prompt.plain"),
        },
        on_property=PAGE.choose,
        on_encoder=state.choose_encoder,
    )


def _loading(project: Project, encoder: state.Encoder | None) -> str | None:
    """Begin to load the model, and say so; None where it is there."""
    if encoder is None or text_models.is_ready(project, encoder.slug):
        return None
    text_models.load(project, encoder.slug)
    return state.text("searchbox.loading", encoder=encoder.name)


def _may_read_text(spec: str) -> bool:
    # An encoder that waits for its weights is not known to read text yet.
    return parse(spec).family == "clip"
