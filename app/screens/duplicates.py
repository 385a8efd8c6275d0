"""The page where groups of duplicates are merged or kept apart, singly or many at once.

Not here: its markup (``components.duplicates``), which groups are open (``api.duplicates``).
"""

from __future__ import annotations

from app.components.duplicates import duplicates
from app.screens.page import ReviewPage, needs_project, open_in_gallery
from app.session import state
from app.session.texts import section_texts
from panoptic_data.catalogue import registry
from panoptic_data.storage.project import Project
from panoptic_data.views.model import View

__all__ = ["PAGE", "show"]

# The address names the group to begin with.
PAGE = ReviewPage("duplicates", "group")


@needs_project
def show(project: Project) -> None:
    """Draw the page."""
    duplicates(
        **PAGE.shared(),
        group=PAGE.subject,
        version=_version(project),
        encoders={encoder.slug: encoder.name for encoder in state.encoders(project)},
        texts={**section_texts("duplicates", "ui_"), "why": state.text("lineage.why")},
        on_show=_show_group,
    )


def _version(project: Project) -> str:
    """Return the version of images and groups, which annotations leave as it is."""
    versions = registry.get(project).versions
    return " ".join(str(versions.get(name, 0)) for name in ("files", "images", "duplicates"))


def _show_group(group: str) -> None:
    """Show the images of a group in the gallery."""
    PAGE.choose(None)
    open_in_gallery(View().with_condition("duplicate", {"groups": [group]}))
