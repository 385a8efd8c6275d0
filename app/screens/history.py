"""The page History: all that was done to annotations, each of it to be left out or brought back.

Not here: drawing it (``components.history``), what it reads (``undoing``).
"""

from __future__ import annotations

from app.api.history import images_of
from app.components.history import history
from app.session import navigation, state
from app.widgets import empty_states
from panoptic_data.messages import keys
from panoptic_data.storage.project import Project
from panoptic_data.views.model import View

__all__ = ["TEXTS", "show", "show_images"]

# What the components say themselves, of the section `history` of the catalogue.
TEXTS = sorted(
    key.partition(".")[2] for key in keys("en") if key.startswith(("history.ui_", "history.image_"))
)


def show() -> None:
    """Draw the page."""
    project = state.project()
    if project is None:
        empty_states.no_project()
        return
    history(
        language=state.language(),
        texts={name.removeprefix("ui_"): state.say(f"history.{name}") for name in TEXTS},
        command=f"panoptic import FILE --project {project.root}",
        on_show=lambda batch: show_images(project, batch),
        on_explore=lambda: _leave_for(state.view()),
    )


def show_images(project: Project, batch: str) -> None:
    """Show the images of a batch, outside the tab, which keeps its view."""
    sha1s = images_of(project, batch)
    if sha1s:
        state.open_tab(None, View().with_condition("selection", sha1s))
        navigation.to_view()


def _leave_for(view: View) -> None:
    state.open_tab(state.tab(), view)
    navigation.to_view()
