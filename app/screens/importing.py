"""The page Import: values from a file, previewed before they become annotations.

Not here: its markup (``components.importing``), reading and writing (``api.imports``).
"""

from __future__ import annotations

from app.components.importing import import_form
from app.screens.history import show_images
from app.screens.page import needs_now
from app.session import navigation, state
from app.session.texts import section_texts
from panoptic_data.annotations.values import TYPES
from panoptic_data.exchange.encodings import CHOICES
from panoptic_data.exchange.matching import METHODS
from panoptic_data.storage.project import Project

__all__ = ["show"]


@needs_now
def show(project: Project) -> None:
    """Draw the page."""
    import_form(
        language=state.language(),
        types=TYPES,
        ways=METHODS,
        encodings=CHOICES,
        texts=_texts(),
        on_show=lambda batch: show_images(project, batch),
        on_properties=lambda: navigation.to("properties"),
    )


def _texts() -> dict[str, str]:
    types = section_texts("properties", "type_").items()
    return {
        **section_texts("import", "why_"),
        **section_texts("importing", "ui_"),
        **{name: text for name, text in types if not name.endswith("_help")},
    }
