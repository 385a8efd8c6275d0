"""What one run of Explore shows: the project, the corpus, the view, and what the view finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.session import state
from app.widgets import frozen_view
from panoptic_data.errors import PanopticError

if TYPE_CHECKING:
    from panoptic_data.catalogue.frozen_results import Changes, Hold
    from panoptic_data.catalogue.snapshot import Catalogue, Found
    from panoptic_data.storage.project import Project
    from panoptic_data.views.model import View

__all__ = ["Shown", "of"]


@dataclass(frozen=True)
class Shown:
    """``found`` is None where the view cannot be run: ``problem`` then says why.

    ``held`` is the catalogue in which it was found: ``corpus``, or where the view is held still,
    what ``hold`` makes of it.
    """

    project: Project
    corpus: Catalogue
    held: Catalogue
    view: View
    found: Found | None
    problem: PanopticError | None
    encoders: list[state.Encoder]
    encoder: state.Encoder | None
    hold: Hold | None = None

    @property
    def key(self) -> str | None:
        """How pages name what is held over HTTP, or None where nothing is."""
        return None if self.hold is None else self.hold.key

    @property
    def changes(self) -> Changes | None:
        """What would be shown differently if the view were asked anew."""
        return None if self.hold is None else self.hold.changes(self.corpus)

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
    encoder = state.encoder(encoders)
    try:
        # What cannot be asked any more, as of a property that is gone, is not held either.
        found = corpus.run(view)
    except PanopticError as problem:
        return Shown(project, corpus, corpus, view, None, problem, encoders, encoder)
    hold = frozen_view.of(corpus, view)
    if hold is None:
        return Shown(project, corpus, corpus, view, found, None, encoders, encoder)
    held = hold.now(corpus)
    return Shown(project, corpus, held, view, hold.found, None, encoders, encoder, hold)
