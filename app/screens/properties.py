"""The page Properties: what people annotate is defined here, and its tags put in order.

Not here: drawing (``components.properties``), reading and writing definitions (``defining``).
"""

from __future__ import annotations

from app.api.properties import view_of
from app.components.properties import definer
from app.screens import sort_by_words
from app.session import navigation, state
from app.widgets import empty_states
from panoptic_data.annotations.store import annotations_of
from panoptic_data.annotations.values import COLOURS, TYPES
from panoptic_data.messages import keys
from panoptic_data.storage.project import Project

__all__ = ["show"]

# What the component says itself, of the section `properties` of the catalogue.
TEXTS = sorted(
    key.partition(".")[2]
    for key in keys("en")
    if key.startswith(("properties.ui_", "properties.type_"))
)


def show() -> None:
    """Draw the page."""
    project = state.project()
    if project is None:
        empty_states.no_project()
        return
    definer(
        language=state.language(),
        types=TYPES,
        colours=COLOURS,
        texts={
            **{name.removeprefix("ui_"): state.say(f"properties.{name}") for name in TEXTS},
            **{name: state.say(f"importing.{name}") for name in ("import", "import_tags")},
            "more_images": state.say("suggest.link_tag"),
            "sort_by_words": state.say("classes.link"),
            "sort_by_words_help": state.say("classes.link_help"),
        },
        on_explore=lambda id, tags: _explore(project, id, tags),
        on_import=lambda: navigation.to("import"),
        on_sort=sort_by_words.begin,
    )


def _explore(project: Project, id: str, tags: list[str]) -> None:
    """Show the images of a property's tags outside the tab, which keeps its view."""
    one = annotations_of(project).state().properties.get(id)
    if one is None:
        return
    state.open_tab(None, view_of(one, tags))
    navigation.to(navigation.GALLERY)
