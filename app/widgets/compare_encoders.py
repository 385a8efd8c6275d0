"""Two encoders side by side: what a second one finds of the search that a view asks.

Not here: drawing the two (``screens.displays``), the choice of the second
(``widgets.search_line``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.components.searchline import Choice
from app.session import state
from app.widgets import frozen_view, search_terms
from panoptic_data.catalogue import similarity
from panoptic_data.errors import PanopticError
from panoptic_data.storage.schema import table_name

if TYPE_CHECKING:
    from app.widgets.view_context import Shown

__all__ = ["Compared", "choices", "keep", "of", "with_encoder"]


@dataclass(frozen=True)
class Compared:
    """The two encoders by their names, and what the second shows: its ``problem`` if it cannot.

    ``common`` of the ``first`` images of each are the same.
    """

    names: tuple[str, str]
    other: Shown
    common: int = 0
    first: int = 0


def of(now: Shown) -> Compared | None:
    """Return what the second encoder finds; None where none is to be compared with."""
    asks, slug = search_terms.asked(now.view), now.view.compare
    if now.found is None or asks is None or slug is None or slug == asks.encoder:
        return None
    names = (_name(now, asks.encoder), _name(now, slug))
    try:
        view = similarity.under(now.corpus, now.view.asked, slug)
        found = now.corpus.run(view)
        here, there = (similarity.ranks(now.corpus, one) for one in (now.view.asked, view))
    except PanopticError as problem:
        return Compared(names, replace(now, found=None, problem=problem, hold=None))
    other = replace(now, view=view, found=found, hold=None, held=now.corpus)
    hold = frozen_view.of(now.corpus, view, frozen_view.BESIDE)
    if hold is not None:
        other = replace(other, found=hold.found, hold=hold, held=hold.now(now.corpus))
    shown = min(len(now.found), len(found), similarity.COMPARED)
    return Compared(names, other, similarity.common(here, there, shown), shown)


def choices(now: Shown) -> list[Choice]:
    """Return the encoders that the search can be compared under; those that cannot say why."""
    asks = search_terms.asked(now.view)
    if asks is None:
        return []
    others = [one for one in now.encoders if one.slug != asks.encoder]
    made = []
    for one in others:
        problem = _problem(now, one, reads_text=asks.expression.reads_text)
        key = "find.and_by" if problem is None else problem
        made.append(Choice(one.slug, state.say(key, encoder=one.name), disabled=bool(problem)))
    slug = now.view.compare
    if slug is not None and slug not in [one.slug for one in now.encoders]:
        # One of another project, or of before: what is chosen is named all the same.
        made.append(Choice(slug, state.say("find.and_by", encoder=slug), disabled=True))
    return made


def with_encoder(slug: str) -> None:
    """Compare with another encoder from now on; with none where it is called ""."""
    state.show(replace(state.view(), compare=slug or None))


def keep(now: Shown) -> None:
    """Go on with what one of the two shows alone."""
    view = state.view()
    state.show(replace(view, where=now.view.where, compare=None))


def _problem(now: Shown, one: state.Encoder, *, reads_text: bool) -> str | None:
    if not one.is_ready:
        return "find.is_waiting"
    if reads_text and not one.reads_text:
        return "find.reads_none"
    count = now.project.database().count(table_name("embeddings", one.slug))
    return None if count else "find.has_none"


def _name(now: Shown, slug: str) -> str:
    return next((one.name for one in now.encoders if one.slug == slug), slug)
