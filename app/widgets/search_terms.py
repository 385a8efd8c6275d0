"""The search of a view, by words and images, as a page reads and changes it.

Older forms (``similar``, ``text``) are read, and become ``like`` when they are changed. Not here:
what a search means (``panoptic_data.views.search_expression``), the line it is typed in
(``widgets.search_line``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from app.components.searchline import Limit, TermChip
from app.session import state
from panoptic_data.catalogue import similarity
from panoptic_data.catalogue.similarity import SimilarityQuery
from panoptic_data.vectors.calibration import (
    DEFAULT_PERCENTILE,
    DEFAULT_PERCENTILE_WORDS,
    LEVELS,
)
from panoptic_data.views import model
from panoptic_data.views.model import View
from panoptic_data.views.search_expression import Expression, Term

if TYPE_CHECKING:
    from panoptic_data.views.model import Clause, Condition

__all__ = [
    "describe_limit",
    "get_search",
    "only_search",
    "other_filters",
    "plain_words",
    "read_limit",
    "similar_to_images",
    "term_chips",
    "with_limit",
    "with_search",
    "with_term",
    "without_search",
    "without_term",
]

# The largest count of most similar images that the browser may request.
MOST_IMAGES = 1_000_000
# Longer searches come from a selection; their further terms are only counted.
_MOST_CHIPS = 12


def get_search(view: View) -> SimilarityQuery | None:
    """Return the first search of a view, None where it has none."""
    part = similarity.first_search(view)
    return None if part is None else similarity.query_of(part)


def with_search(view: View, search: SimilarityQuery) -> View:
    """Return the view with this search in place of its first; a new search decides the order."""
    former, part = similarity.first_search(view), similarity.condition(search)
    if former is None:
        return replace(view, where=(*view.where, part), sort=(), compare=None)
    return replace(view, where=tuple(part if clause is former else clause for clause in view.where))


def without_search(view: View) -> View:
    """Return the view without its first search, and what that was compared with."""
    part = similarity.first_search(view)
    return replace(
        view, where=tuple(clause for clause in view.where if clause is not part), compare=None
    )


def other_filters(view: View) -> tuple[Condition | Clause, ...]:
    """Return the filters of a view other than its first search."""
    return without_search(view).where


def only_search(view: View) -> View:
    """Return the view with its search alone: over the whole corpus."""
    part = similarity.first_search(view)
    return replace(view, where=tuple(clause for clause in view.where if clause is part))


def without_term(view: View, index: int) -> View:
    """Return the view without one term of its search."""
    search = get_search(view)
    if search is None or index >= len(search.expression.terms):
        return view
    remaining = search.expression.without(index)
    return (
        without_search(view)
        if remaining is None
        else with_search(view, replace(search, expression=remaining))
    )


def with_term(view: View, term: Term, encoder: str) -> View:
    """Return the view with one more term in its search; it replaces a term of the same name.

    ``encoder`` is that of a new search, where the view has none.
    """
    search = get_search(view)
    if search is None:
        return with_search(view, SimilarityQuery(encoder, Expression((term,))))
    other_filters = tuple(former for former in search.expression.terms if former.name != term.name)
    return with_search(view, replace(search, expression=Expression((*other_filters, term))))


def with_limit(view: View, least: Mapping[str, float]) -> View:
    """Return the view with another limit of its search.

    ``least`` has a ``percentile`` (0 to 100), a ``threshold`` (a cosine) or a ``count`` of the
    most similar images.
    """
    search = get_search(view)
    if search is None:
        return view
    limits = (least.get("threshold"), least.get("percentile"))
    count = int(least["count"]) if "count" in least else None
    return with_search(view, SimilarityQuery(search.encoder, search.expression, *limits, count))


def read_limit(message: Any) -> dict[str, float]:
    """Read a limit from the browser's message; what is not one of the right type is left out."""
    if not isinstance(message, Mapping):
        return {}
    count = message.get("count")
    if isinstance(count, int) and not isinstance(count, bool) and 1 <= count <= MOST_IMAGES:
        return {"count": count}
    for name, low, high in (("percentile", 0, 100), ("threshold", -1, 1)):
        value = message.get(name)
        if isinstance(value, int | float) and low <= value <= high:
            return {name: float(value)}
    return {}


def similar_to_images(
    sha1s: Sequence[str], encoder: str, least: Mapping[str, float] = MappingProxyType({})
) -> View:
    """Return the view of all images similar to these, limited by ``least`` if it is given."""
    expression = Expression(tuple(Term("image", sha1) for sha1 in sha1s))
    view = View((similarity.condition(SimilarityQuery(encoder, expression)),))
    return with_limit(view, least) if least else view


def plain_words(view: View) -> str | None:
    """Return the words of a search that has nothing else, None for any other."""
    search = get_search(view)
    terms = () if search is None else search.expression.terms
    is_plain = [(term.kind, term.weight) for term in terms] == [("text", 1)]
    return terms[0].value if is_plain else None


def term_chips(view: View) -> list[TermChip]:
    """Return one chip per term of the search, or the first of very many."""
    search = get_search(view)
    if search is None:
        return []
    shown = [_chip(term) for term in search.expression.terms[:_MOST_CHIPS]]
    more = len(search.expression.terms) - len(shown)
    return [*shown, TermChip(state.text("find.more", count=more), is_term=False)] if more else shown


def describe_limit(
    view: View, *, level: str | None = None, shown: int | None = None
) -> Limit | None:
    """Return the limit of the search in words; None where there is no search.

    ``level`` is how alike the images are (``similarity.level``), where it is known, and ``shown``
    how many there are: without a limit, the nearest however far they are.
    """
    search = get_search(view)
    if search is None:
        return None
    # The slider counts under the filters alone, without order and display.
    address = model.to_address(View(view.where, mode=view.mode))
    is_count = search.percentile is None and search.threshold is None
    is_nearest = shown is not None and 0 < shown <= similarity.NEAREST_COUNT
    if is_nearest and not search.is_limited:
        label = state.text("find.nearest", count=shown, total=state.number(shown or 0))
    else:
        label = _limit_label(search, level)
    return Limit(label, address, search.count if is_count else None, _limit_figures(search))


def _limit_label(search: SimilarityQuery, level: str | None) -> str:
    if search.threshold is None and search.percentile is None and search.count is not None:
        return state.text("find.most", count=search.count, total=state.number(search.count))
    if level is None and search.threshold is not None:
        return _limit_figures(search)
    return state.text(f"find.level_{level or _level_of_percentile(_percentile(search))}")


def _limit_figures(search: SimilarityQuery) -> str:
    if search.threshold is not None:
        return state.text("find.from", least=_number(search.threshold))
    if search.percentile is None and search.count is not None:
        return ""
    return state.text(
        "find.percentile", percentile=f"{_percentile(search):g}".replace(".", _point())
    )


def _percentile(search: SimilarityQuery) -> float:
    default = DEFAULT_PERCENTILE_WORDS if search.expression.reads_text else DEFAULT_PERCENTILE
    return default if search.percentile is None else search.percentile


def _level_of_percentile(percentile: float) -> str:
    return next((name for name, least in LEVELS.items() if percentile >= least), "loosely")


def _point() -> str:
    return "," if state.language() == "fr" else "."


def _number(value: float) -> str:
    """Return a number with two significant digits; whole from 10 on."""
    text = f"{value:.0f}" if abs(value) >= 10 else f"{value:.2g}"
    return text.replace(".", _point())


def _chip(term: Term) -> TermChip:
    label = similarity.term_label(term, state.language())
    if term.kind == "text":
        return TermChip(label, term.weight < 0)
    picture = f"/search/picture/{term.value}" if term.kind == "file" else f"/thumb/{term.value}"
    return TermChip(label, term.weight < 0, picture, term.box, _signed_weight(term))


def _signed_weight(term: Term) -> str:
    """Return the sign and weight of an image, which has no name to show."""
    weight = abs(term.weight)
    figure = "" if weight == 1 else f"{_number(weight)} ×"
    return f"− {figure}".strip() if term.weight < 0 else figure
