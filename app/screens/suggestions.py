"""The page where images are suggested for a tag; each answer improves the next suggestions.

Not here: its markup (``components.suggest``), which images are suggested (``api.suggestions``).
"""

from __future__ import annotations

from app.api.properties import view_of
from app.components.suggest import suggest
from app.screens import sort_by_words
from app.screens.page import ReviewPage, needs_now, open_in_gallery
from app.session import state
from app.session.texts import section_texts
from panoptic_data.annotations.store import annotations_of
from panoptic_data.storage.project import Project

__all__ = ["PAGE", "show"]

PAGE = ReviewPage("suggest", state.TAG)


@needs_now
def show(project: Project) -> None:
    """Draw the page."""
    encoders = state.encoders(project)
    chosen = state.encoder(encoders)
    suggest(
        **PAGE.shared(),
        tag=PAGE.subject,
        encoders=[(encoder.slug, encoder.name) for encoder in encoders if encoder.is_ready],
        encoder=chosen.slug if chosen else None,
        texts={
            **section_texts("suggest", "ui_"),
            "by_words": state.text("classes.link"),
            "by_words_title": state.text("classes.link_help"),
        },
        on_tag=PAGE.choose,
        on_encoder=state.choose_encoder,
        on_show=lambda tag: _show_tag(project, tag),
        on_sort=sort_by_words.PAGE.open,
    )


def _show_tag(project: Project, id: str) -> None:
    """Show the images of a tag in the gallery."""
    annotations = annotations_of(project).state()
    tag = annotations.tags.get(id)
    property = annotations.properties.get(tag.property) if tag else None
    if property is not None:
        open_in_gallery(view_of(property, [id]))
