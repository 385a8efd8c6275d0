"""What the pages share: what they need to be drawn, and the base of those that review proposals.

Not here: any page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TypedDict

import streamlit as st

from app.session import navigation, state, url_state
from app.widgets import empty_states, version_banner
from panoptic_data.storage.project import Project
from panoptic_data.views import model
from panoptic_data.views.model import View

__all__ = ["ReviewPage", "Shared", "needs_now", "needs_project", "open_in_gallery"]


class Shared(TypedDict):
    """The parameters that the components of all review pages have.

    ``view`` is the address of what the current view selects, None where that is everything.
    """

    language: str
    view: str | None
    on_leave: Callable[[str], None]


@dataclass(frozen=True)
class ReviewPage:
    """A page on which a person reviews what the program proposes: suggestions, duplicates, ….

    ``name`` is that of the page in the address, ``parameter`` the part of the address that names
    what is reviewed, ``links`` are the pages offered where something is missing.
    """

    name: str
    parameter: str
    links: tuple[str, ...] = (navigation.GALLERY, "pipeline")

    @property
    def subject(self) -> str | None:
        """What is reviewed, as the address names it, or None."""
        return st.query_params.get(self.parameter) or None

    def choose(self, subject: str | None) -> None:
        """Review something else."""
        url_state.write({self.parameter: subject})

    def open(self, subject: str) -> None:
        """Go to the page from another one."""
        self.choose(subject)
        navigation.to(self.name)

    def leave(self, page: str) -> None:
        """Go to one of the linked pages; the gallery where ``page`` is none of them."""
        navigation.to(page if page in self.links else navigation.GALLERY)

    def shared(self) -> Shared:
        """Return the parameters of the page's component that all such pages have."""
        return Shared(
            language=state.language(), view=_filters_address(state.view()), on_leave=self.leave
        )


def needs_project(draw: Callable[[Project], None]) -> Callable[[], None]:
    """Return a page that draws the project of this server, or says how one is made."""

    @wraps(draw)
    def show() -> None:
        project = state.project()
        if project is None:
            empty_states.no_project()
            return
        draw(project)

    return show


def needs_now(draw: Callable[[Project], None]) -> Callable[[], None]:
    """Return a page that draws the corpus as it is now: at a version it says why it does not."""

    @needs_project
    @wraps(draw)
    def show(project: Project) -> None:
        if project.version:
            version_banner.only_now()
            return
        draw(project)

    return show


def open_in_gallery(view: View) -> None:
    """Show a view in the gallery, outside the tab, which keeps its own view."""
    state.open_tab(None, view)
    navigation.to(navigation.GALLERY)


def _filters_address(view: View) -> str | None:
    """Return the address of the filters of a view; None where it has none."""
    return model.to_address(View(where=view.where)) if view.where else None
