"""What one run of Explore shows: the project, the corpus, the view, and what the view finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app import state
from panoptic_data.errors import PanopticError

if TYPE_CHECKING:
    from panoptic_data.catalogue import Catalogue, Found
    from panoptic_data.project import Project
    from panoptic_data.views import View

__all__ = ["Shown", "of"]


@dataclass(frozen=True)
class Shown:
    """``found`` is None where the view cannot be run: ``problem`` then says why."""

    project: Project
    corpus: Catalogue
    view: View
    found: Found | None
    problem: PanopticError | None
    encoders: list[state.Encoder]
    encoder: state.Encoder | None

    @property
    def reader(self) -> state.Encoder | None:
        """The encoder to ask in words: the chosen one, or another that is ready."""
        if self.encoder is not None and self.encoder.reads_text:
            return self.encoder
        return next((one for one in self.encoders if one.is_ready and one.reads_text), None)


def of(project: Project, corpus: Catalogue) -> Shown:
    """Run the view of the address."""
    view = state.view()
    encoders = state.encoders(project)
    found: Found | None = None
    problem: PanopticError | None = None
    try:
        found = corpus.run(view)
    except PanopticError as error:
        problem = error
    return Shown(project, corpus, view, found, problem, encoders, state.encoder(encoders))
