"""The page History: all batches of annotations, each of which can be left out or brought back.

Not here: its markup (``components.history``), what it reads (``api.history``).
"""

from __future__ import annotations

from app.api.history import images_of
from app.components.history import history
from app.screens.page import needs_project
from app.session import navigation, state
from app.session.texts import section_texts
from panoptic_data.storage.project import Project
from panoptic_data.views.model import View

__all__ = ["show", "show_images", "texts"]


def texts() -> dict[str, str]:
    """Return what the components of history say, on this page and beside an image."""
    return section_texts("history", "ui_", "image_")


@needs_project
def show(project: Project) -> None:
    """Draw the page."""
    history(
        language=state.language(),
        texts=texts(),
        command=f"panoptic import FILE --project {project.root}",
        on_show=lambda batch: show_images(project, batch),
        on_explore=lambda: _show_view(state.view()),
    )


def show_images(project: Project, batch: str) -> None:
    """Show the images of a batch, outside the tab, which keeps its view."""
    sha1s = images_of(project, batch)
    if sha1s:
        state.open_tab(None, View().with_condition("selection", sha1s))
        navigation.to_view()


def _show_view(view: View) -> None:
    state.open_tab(state.tab(), view)
    navigation.to_view()
