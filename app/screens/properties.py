"""The page Properties: where properties are defined and their tags put in order.

Not here: its markup (``components.properties``), reading and writing definitions
(``api.properties``).
"""

from __future__ import annotations

from app.api.properties import view_of
from app.components.properties import property_editor
from app.screens import sort_by_words
from app.screens.page import needs_project, open_in_gallery
from app.session import navigation, state
from app.session.texts import section_texts
from panoptic_data.annotations.store import annotations_of
from panoptic_data.annotations.values import COLOURS, TYPES
from panoptic_data.storage.project import Project

__all__ = ["show"]


@needs_project
def show(project: Project) -> None:
    """Draw the page."""
    property_editor(
        language=state.language(),
        types=TYPES,
        colours=COLOURS,
        texts={
            **section_texts("properties", "ui_", "type_"),
            **{name: state.text(f"importing.{name}") for name in ("import", "import_tags")},
            "more_images": state.text("suggest.link_tag"),
            "sort_by_words": state.text("classes.link"),
            "sort_by_words_help": state.text("classes.link_help"),
        },
        on_explore=lambda id, tags: _show_tags(project, id, tags),
        on_import=lambda: navigation.to("import"),
        on_sort=sort_by_words.PAGE.open,
    )


def _show_tags(project: Project, id: str, tags: list[str]) -> None:
    """Show the images of a property's tags in the gallery."""
    property = annotations_of(project).state().properties.get(id)
    if property is not None:
        open_in_gallery(view_of(property, tags))
