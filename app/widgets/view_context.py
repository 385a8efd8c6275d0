"""What one run of Explore shows: project, catalogue, view, and the result of that view.

Not here: drawing any of it (``screens.displays``), keeping a result (``widgets.frozen_view``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.services import text_models
from app.session import state
from app.widgets import frozen_view
from panoptic_data.catalogue import execute, similarity
from panoptic_data.errors import PanopticError
from panoptic_data.vectors import in_making

if TYPE_CHECKING:
    from panoptic_data.catalogue.frozen_results import Changes, FrozenResult
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.catalogue.view_result import ViewResult
    from panoptic_data.storage.project import Project
    from panoptic_data.views.model import View

__all__ = ["ViewContext", "loading_for", "run_view"]

# A model that is loaded sooner is waited for: a page of its own would only flicker.
_PATIENCE = 0.5


@dataclass(frozen=True)
class ViewContext:
    """``result`` is None where the view cannot be run: ``problem`` then says why.

    ``loading`` is the encoder whose model is being loaded first; there is no problem then.

    ``corpus`` is the current catalogue. ``displayed`` is the catalogue that ``result`` belongs to:
    the same one, or the one that the ``frozen`` result makes of it.
    """

    project: Project
    corpus: Catalogue
    displayed: Catalogue
    view: View
    result: ViewResult | None
    problem: PanopticError | None
    encoders: list[state.Encoder]
    encoder: state.Encoder | None
    frozen: FrozenResult | None = None
    loading: state.Encoder | None = None

    @property
    def frozen_key(self) -> str | None:
        """How pages name the frozen result over HTTP, or None where nothing is frozen."""
        return None if self.frozen is None else self.frozen.key

    @property
    def changes(self) -> Changes | None:
        """What would be shown differently if a frozen view were run again."""
        return None if self.frozen is None else self.frozen.changes(self.corpus)

    @property
    def text_encoder(self) -> state.Encoder | None:
        """The encoder for searches in words: the chosen one, or another that is ready."""
        if self.encoder is not None and self.encoder.reads_text:
            return self.encoder
        able = (encoder for encoder in self.encoders if encoder.is_ready and encoder.reads_text)
        return next(able, None)


def loading_for(
    project: Project, view: View, encoders: list[state.Encoder]
) -> state.Encoder | None:
    """Return the encoder whose model a view has to wait for, None where it has not."""
    slug = similarity.reader_of(view)
    reader = next((it for it in encoders if it.slug == slug and it.is_ready), None)
    if reader is None or not reader.reads_text:
        return None
    return None if text_models.wait(project, reader.slug, _PATIENCE) else reader


def run_view(project: Project, corpus: Catalogue) -> ViewContext:
    """Run the view of the address."""
    view = state.view()
    encoders = state.encoders(project)
    encoder = state.encoder(encoders)
    loading = loading_for(project, view, encoders)
    if loading is not None:
        return ViewContext(
            project, corpus, corpus, view, None, None, encoders, encoder, loading=loading
        )
    try:
        # A view that cannot be run any more (its property is gone) is not frozen either.
        result = execute.run_view(corpus, view)
    except PanopticError as problem:
        why = in_making.explained(project, problem)
        return ViewContext(project, corpus, corpus, view, None, why, encoders, encoder)
    frozen = frozen_view.get_frozen(corpus, view)
    if frozen is None:
        return ViewContext(project, corpus, corpus, view, result, None, encoders, encoder)
    displayed = frozen.catalogue(corpus)
    return ViewContext(
        project, corpus, displayed, view, frozen.result, None, encoders, encoder, frozen
    )
