"""The page Import: what was noted elsewhere becomes values of images, seen before it is written.

Not here: drawing it (``components.importing``), files and what becomes of them (``importing``).
"""

from __future__ import annotations

from app.components.importing import importer
from app.screens.history import show_images
from app.session import navigation, state
from app.widgets import empty_states
from panoptic_data.annotations.values import TYPES
from panoptic_data.exchange.matching import METHODS
from panoptic_data.messages import keys

__all__ = ["show"]

# What the component says itself: of its own section, and of those that name types and reasons.
TEXTS = {
    key.partition(".")[2].removeprefix("ui_"): key
    for key in sorted(keys("en"))
    if key.startswith(("importing.ui_", "import.why_"))
    or (key.startswith("properties.type_") and not key.endswith("_help"))
}


def show() -> None:
    """Draw the page."""
    project = state.project()
    if project is None:
        empty_states.no_project()
        return
    importer(
        language=state.language(),
        types=TYPES,
        ways=METHODS,
        texts={name: state.say(key) for name, key in TEXTS.items()},
        on_show=lambda batch: show_images(project, batch),
        on_properties=lambda: navigation.to("properties"),
    )
