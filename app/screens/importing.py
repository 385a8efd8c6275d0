"""The page Import: what was noted elsewhere becomes values of images, seen before it is written.

Not here: drawing it (``components.importing``), files and what becomes of them (``importing``).
"""

from __future__ import annotations

from app import going, state
from app.components.importing import importer
from app.undoing import images_of
from app.widgets import states
from panoptic_data.annotations import get as annotations_of
from panoptic_data.imports import WAYS
from panoptic_data.messages import keys
from panoptic_data.project import Project
from panoptic_data.values import TYPES
from panoptic_data.views import Clause, Condition, View

__all__ = ["show"]

# What the component says itself: of its own section, and of those that name types and reasons.
TEXTS = {
    key.partition(".")[2].removeprefix("ui_"): key
    for key in sorted(keys("en"))
    if key.startswith(("importing.ui_", "import.why_"))
    or (key.startswith("properties.type_") and not key.endswith("_help"))
}
# A view names each of its images: beyond this its address is too long to pass on.
SHOWN_AT_MOST = 5_000


def show() -> None:
    """Draw the page."""
    project = state.project()
    if project is None:
        states.no_project()
        return
    importer(
        language=state.language(),
        types=TYPES,
        ways=WAYS,
        texts={name: state.say(key) for name, key in TEXTS.items()},
        on_show=lambda batch: _show_images(project, batch),
        on_properties=lambda: going.to("properties"),
    )


def _show_images(project: Project, batch: str) -> None:
    """Show the images of a batch outside the tab, which keeps its view."""
    sha1s = images_of(project, batch)
    if not sha1s:
        return
    view = _with_values(project, batch)
    if len(sha1s) <= SHOWN_AT_MOST:
        view = View().with_condition("selection", sha1s)
    state.open_tab(None, view)
    going.to_view()


def _with_values(project: Project, batch: str) -> View:
    """Return the view of all images that have a value of what a batch wrote."""
    store = annotations_of(project)
    known = store.state().properties
    ids = store.changes(batch)["property"].drop_nulls().unique(maintain_order=True)
    named = [known[id] for id in ids if id in known]
    asked = tuple(Condition(f"p:{one.type}:{one.id}", "is not empty") for one in named)
    return View(where=(asked[0] if len(asked) == 1 else Clause("any", asked),))
