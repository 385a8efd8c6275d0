"""Two encoders side by side: what a second one finds for the search of the view.

Not here: drawing the two (``screens.displays``), the choice of the second
(``widgets.search_line``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.components.searchline import Choice
from app.session import state
from app.widgets import frozen_view, search_terms
from panoptic_data.catalogue import similarity, similarity_stats
from panoptic_data.catalogue.execute import run_view
from panoptic_data.errors import PanopticError
from panoptic_data.storage.schema import table_name

if TYPE_CHECKING:
    from app.widgets.view_context import ViewContext

__all__ = ["Comparison", "choices", "compare_with", "keep_side", "run_comparison"]


@dataclass(frozen=True)
class Comparison:
    """The names of the two encoders, and the second's result: its ``problem`` if it has none.

    ``common`` of the ``first`` images of each are the same.
    """

    names: tuple[str, str]
    other: ViewContext
    common: int = 0
    first: int = 0


def run_comparison(context: ViewContext) -> Comparison | None:
    """Run the view under the second encoder; None where there is none to compare with."""
    search, slug = search_terms.get_search(context.view), context.view.compare
    if context.result is None or search is None or slug is None or slug == search.encoder:
        return None
    names = (_name(context, search.encoder), _name(context, slug))
    corpus = context.corpus
    try:
        view = similarity.with_encoder(corpus, context.view.without_display, slug)
        result = run_view(corpus, view)
        first_ranks, second_ranks = (
            similarity_stats.ranks(corpus, ranked)
            for ranked in (context.view.without_display, view)
        )
    except PanopticError as problem:
        other = replace(context, result=None, problem=problem, frozen=None)
        return Comparison(names, other)
    other = replace(context, view=view, result=result, frozen=None, displayed=corpus)
    frozen = frozen_view.get_frozen(corpus, view, frozen_view.COMPARED)
    if frozen is not None:
        other = replace(
            other, result=frozen.result, frozen=frozen, displayed=frozen.catalogue(corpus)
        )
    first = min(len(context.result), len(result), similarity_stats.COMPARED)
    return Comparison(
        names, other, similarity_stats.count_common(first_ranks, second_ranks, first), first
    )


def choices(context: ViewContext) -> list[Choice]:
    """Return the other encoders; those that cannot run the search are disabled and say why."""
    search = search_terms.get_search(context.view)
    if search is None:
        return []
    listed = []
    for encoder in context.encoders:
        if encoder.slug == search.encoder:
            continue
        problem = _problem(context, encoder, reads_text=search.expression.reads_text)
        label = state.text(problem or "find.and_by", encoder=encoder.name)
        listed.append(Choice(encoder.slug, label, disabled=problem is not None))
    slug = context.view.compare
    if slug is not None and slug not in [encoder.slug for encoder in context.encoders]:
        # An encoder that the project no longer has: what is chosen is named all the same.
        listed.append(Choice(slug, state.text("find.and_by", encoder=slug), disabled=True))
    return listed


def compare_with(slug: str) -> None:
    """Compare with another encoder from now on; with none where it is called ""."""
    state.show(replace(state.view(), compare=slug or None))


def keep_side(context: ViewContext) -> None:
    """Go on with what one of the two encoders shows alone."""
    view = state.view()
    state.show(replace(view, where=context.view.where, compare=None))


def _problem(context: ViewContext, encoder: state.Encoder, *, reads_text: bool) -> str | None:
    """Return the key of the text that says why an encoder cannot run the search, or None."""
    if not encoder.is_ready:
        return "find.is_waiting"
    if reads_text and not encoder.reads_text:
        return "find.reads_none"
    count = context.project.database().count(table_name("embeddings", encoder.slug))
    return None if count else "find.has_none"


def _name(context: ViewContext, slug: str) -> str:
    names = (encoder.name for encoder in context.encoders if encoder.slug == slug)
    return next(names, slug)
