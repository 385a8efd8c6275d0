"""The page where groups of duplicates are merged or kept apart, singly or many at once.

Not here: its markup (``components.duplicates``), which groups are open (``api.duplicates``).
"""

from __future__ import annotations

from functools import partial

from app.api import shared_parts
from app.components.duplicates import duplicates
from app.screens.page import ReviewPage, needs_project, open_in_gallery
from app.session import state
from app.session.texts import section_texts
from panoptic_data.catalogue import registry
from panoptic_data.parts import shared
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
        project=str(project.root),
        group=PAGE.subject,
        version=_version(project),
        encoders={encoder.slug: encoder.name for encoder in state.encoders(project)},
        texts={**section_texts("duplicates", "ui_"), "why": state.text("lineage.why")},
        on_show=partial(_show_group, project),
        on_open=_open_image,
    )


def _version(project: Project) -> str:
    """Return the version of images and groups, which annotations leave as it is."""
    versions = registry.get(project).versions
    return " ".join(str(versions.get(name, 0)) for name in ("files", "images", "duplicates"))


def _show_group(project: Project, group: str) -> None:
    """Show the images of a group in the gallery."""
    PAGE.choose(None)
    part = shared_parts.stored_group(group)
    if not part:
        open_in_gallery(View().with_condition("duplicate", {"groups": [group]}))
        return
    sha1s = [member.sha1 for member in shared.members_of(project, part)]
    open_in_gallery(View().with_condition("selection", sha1s))


def _open_image(sha1: str) -> None:
    """Show one image large in the gallery, among all."""
    PAGE.choose(None)
    open_in_gallery(View())
    state.open_image(sha1)
