"""Conditions of a view that ask for likeness: what each means, and how alike every image is.

A view asks with ``like``: a search as ``expressions`` reads it, under one encoder. ``similar``
(to images) and ``text`` (what words mean) are older forms of the same; saved views hold them, and
they are read for good. Not here: vectors and scales (``search``), other conditions
(``conditions``).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

import numpy as np
import numpy.typing as npt

from panoptic_data.messages import translate
from panoptic_data.views.model import Clause, Condition, View, part_key
from panoptic_data.views.search_expression import Expression, Term, parse

if TYPE_CHECKING:
    from panoptic_data.catalogue.corpus import Corpus
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.vectors.calibration import Scale
    from panoptic_data.vectors.query_vectors import QueryVector

__all__ = [
    "COMPARED",
    "FIELDS",
    "Alike",
    "Asked",
    "Spread",
    "alike",
    "asked",
    "common",
    "condition",
    "first",
    "is_counted",
    "ranks",
    "spread",
    "term_label",
    "under",
    "unified",
]

FIELDS = ("like", "similar", "text")
# What the older form by words showed where nobody said how many.
WORDS_COUNT = 500
BINS = 60
# Of so many images at the top two searches are compared: about what a page shows.
COMPARED = 50
_SHOWN_DIGITS = 6
# Half of what the last digit of a similarity is worth.
_ROUNDING = 0.5 * 10**-6

Mask = npt.NDArray[np.bool_]
Similarity = npt.NDArray[np.float32]
Ranks = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Asked:
    """What one condition asks: images that are alike enough, or the ``count`` most alike.

    ``threshold`` is a cosine, ``percentile`` one of the encoder's scale (0 to 100). With none of
    the three, what is likely by that scale.
    """

    encoder: str
    expression: Expression
    threshold: float | None = None
    percentile: float | None = None
    count: int | None = None


@dataclass(frozen=True)
class Alike:
    """How alike each row of the catalogue is: ``similarity`` (n,) float32, NaN without a vector.

    ``enough`` (n,) bool says which of them are alike enough, without those that the search names.
    """

    similarity: Similarity
    enough: Mask
    count: int | None

    def best(self, among: Mask) -> Mask:
        """Return which rows of ``among`` are shown: those alike enough, the ``count`` best."""
        chosen = self.enough & among
        if self.count is None or int(chosen.sum()) <= self.count:
            return chosen
        rows = np.flatnonzero(chosen)
        # Stable: those that tie stay in the order of their places.
        kept = rows[np.argsort(-self.similarity[rows], kind="stable")[: self.count]]
        mask = np.zeros(len(chosen), dtype=bool)
        mask[kept] = True
        return mask


@dataclass(frozen=True)
class Spread:
    """How the similarities of a search lie, for a slider over its threshold.

    ``counts`` (bins) of the images that the other conditions select, between ``edges`` (bins + 1,
    cosines) with their ``percentiles``; ``least`` is the cosine from which images are shown now,
    ``likely`` the one that is taken where none is set.
    """

    encoder: str
    counts: list[int]
    edges: list[float]
    percentiles: list[float | None]
    least: float
    likely: float


def asked(part: Condition) -> Asked:
    """Return what a condition on one of :data:`FIELDS` asks. Raises InvalidExpression."""
    value: Mapping[str, Any] = part.value
    encoder = value["encoder"]
    if part.field == "similar":
        terms = tuple(Term("image", sha1) for sha1 in value["sha1s"])
        return Asked(encoder, Expression(terms), value["threshold"])
    if part.field == "text":
        words = Expression((Term("text", value["text"]),))
        return Asked(encoder, words, count=value.get("count", WORDS_COUNT))
    limits = {name: value.get(name) for name in ("threshold", "percentile", "count")}
    return Asked(encoder, parse(value["query"]), **limits)


def condition(asks: Asked) -> Condition:
    """Return the condition ``like`` that asks so."""
    limits = {name: getattr(asks, name) for name in ("threshold", "percentile", "count")}
    given = {name: limit for name, limit in limits.items() if limit is not None}
    value = {"encoder": asks.encoder, "query": str(asks.expression), **given}
    return Condition("like", "at least", value)


def unified(view: View) -> View:
    """Return the view with ``like`` in place of the older forms: it shows the same."""
    return replace(view, where=tuple(map(_unified, view.where)))


def under(catalogue: Catalogue, view: View, encoder: str) -> View:
    """Return the view with its first search under another encoder, from the same percentile on.

    A cosine of one encoder says nothing under another. Raises as ``scores.scale``.
    """
    part = first(view)
    if part is None:
        return view
    asks = replace(asked(part), encoder=encoder, threshold=None)
    threshold = asked(part).threshold
    if threshold is not None:
        from panoptic_data.vectors import query_vectors, scores

        before = asked(part).encoder
        aim = query_vectors.of_expression(catalogue.project, asks.expression, before)
        percentile = scores.scale(catalogue.project, before, aim).percentile(threshold)
        # Of a single image there is no scale.
        asks = replace(asks, percentile=None if np.isnan(percentile) else float(percentile))
    other = condition(asks)
    return replace(view, where=tuple(other if one is part else one for one in view.where))


def ranks(catalogue: Catalogue, view: View) -> Ranks:
    """Return the rank of each row by likeness to a view's first search: (n,) int32.

    From 1, the most alike, among all that the other conditions select, however few of them are
    alike enough to be shown; 0 for all others. Raises as running the view.
    """
    part = first(view)
    if part is None:
        return np.zeros(len(catalogue), np.int32)
    others = View(tuple(one for one in view.where if one is not part), mode=view.mode)
    asks = replace(asked(part), threshold=-1.0, percentile=None, count=None)
    every = condition(asks)
    key = f"{others.key} {part_key(every)}"
    with _ranks_lock:
        known = _ranks.setdefault(catalogue, OrderedDict())
        made = known.get(key)
        if made is not None:
            known.move_to_end(key)
            return made
    found = alike(catalogue, every)
    rows = np.unique(catalogue.run(others).rows)
    rows = rows[found.enough[rows]]
    made = np.zeros(len(catalogue), np.int32)
    order = np.argsort(-found.similarity[rows], kind="stable")
    made[rows[order]] = np.arange(1, len(rows) + 1)
    with _ranks_lock:
        known[key] = made
        while len(known) > _HELD:
            known.popitem(last=False)
    return made


def common(one: Ranks, other: Ranks, first: int = COMPARED) -> int:
    """Return how many of the ``first`` images of two rankings are the same."""
    are_first = [(ranking > 0) & (ranking <= first) for ranking in (one, other)]
    return int(np.count_nonzero(are_first[0] & are_first[1]))


def first(view: View) -> Condition | None:
    """Return the condition whose similarities a view shows and is ordered by, if it stands alone.

    That is, not within a clause.
    """
    plain = (part for part in view.where if isinstance(part, Condition))
    return next((part for part in plain if part.field in FIELDS), None)


def is_counted(part: Condition | Clause) -> bool:
    """Whether a part of a view keeps so many of what the others select."""
    is_alike = isinstance(part, Condition) and part.field in FIELDS
    return is_alike and asked(part).count is not None  # type: ignore[arg-type]


def alike(catalogue: Catalogue, part: Condition, among: Mask | None = None) -> Alike:
    """Return how alike the rows of a catalogue are to what a condition asks for.

    Of a large corpus only ``among`` need be compared, (n,) bool: the others may be NaN. Raises as
    ``search.find``.
    """
    # Search imports lancedb (2 to 5 s): only those who search pay.
    from panoptic_data.vectors import query_vectors

    asks = asked(part)
    project = catalogue.project
    expression = query_vectors.with_full_sha1s(project, asks.expression)
    aim = query_vectors.of_expression(project, expression, asks.encoder)
    similarity = _by_row(catalogue, asks.encoder, aim, among)
    # NaN is at least nothing. Similarities are rounded: one that is said again finds its image.
    enough = similarity >= np.float32(_least(catalogue, asks, aim) - _ROUNDING)
    enough[catalogue.rows_of(sorted(expression.images))] = False
    return Alike(similarity, enough, asks.count)


def spread(catalogue: Catalogue, view: View, bins: int = BINS) -> Spread | None:
    """Return how the similarities of a view's first search lie; None where it has none."""
    part = first(view)
    if part is None:
        return None
    from panoptic_data.vectors import query_vectors, scores

    asks = asked(part)
    others = tuple(one for one in view.where if one is not part)
    rows = np.unique(catalogue.run(View(others, mode=view.mode)).rows)
    found = alike(catalogue, condition(replace(asks, threshold=-1, percentile=None, count=None)))
    values = found.similarity[rows][found.enough[rows]]
    aim = query_vectors.of_expression(catalogue.project, asks.expression, asks.encoder)
    scale = scores.scale(catalogue.project, asks.encoder, aim)
    counts, edges = np.histogram(values, bins, _ends(values))
    least = _least(catalogue, asks, aim)
    if asks.count is not None and asks.count <= len(values):
        # Where so many are kept, they begin with the last of them.
        least = max(least, float(np.partition(values, -asks.count)[-asks.count]))
    return Spread(
        asks.encoder,
        counts.tolist(),
        edges.tolist(),
        [None if np.isnan(one) else one for one in scale.percentile(edges).tolist()],
        least,
        _likely(scale, aim),
    )


def term_label(term: Term, language: str) -> str:
    """Say one term of a search in a few words, for a chip."""
    value = term.value if term.kind == "text" else f"{term.value[:_SHOWN_DIGITS]}…"
    said = translate(f"like.{term.kind}", language, value=value)
    weight = abs(term.weight)
    if weight != 1:
        said = translate("like.weighted", language, weight=f"{weight:g}", term=said)
    return translate("like.not", language, term=said) if term.weight < 0 else said


def _unified(part: Condition | Clause) -> Condition | Clause:
    if isinstance(part, Clause):
        return Clause(part.kind, tuple(map(_unified, part.parts)))
    return condition(asked(part)) if part.field in FIELDS else part


def _least(catalogue: Catalogue, asks: Asked, aim: QueryVector) -> float:
    from panoptic_data.vectors import scores

    if asks.threshold is not None:
        return asks.threshold
    if asks.percentile is None and asks.count is not None:
        return -1.0
    scale = scores.scale(catalogue.project, asks.encoder, aim)
    return _likely(scale, aim) if asks.percentile is None else scale.cosine(asks.percentile)


def _likely(scale: Scale, aim: QueryVector) -> float:
    from panoptic_data.vectors.calibration import LIKELY, LIKELY_WORDS

    return scale.cosine(LIKELY_WORDS if any(aim.parts[2:]) else LIKELY)


def _ends(values: Similarity) -> tuple[float, float]:
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    # A single value needs room on both sides.
    return (low, high) if low < high else (low - 0.01, high + 0.01)


# Where the images of an encoder are among the rows of a corpus, for the last few of both: finding
# a million of them takes a third of a second.
_HELD = 4
# The ranks of a million images take 4 MB.
_ranks: WeakKeyDictionary[Catalogue, OrderedDict[str, Ranks]] = WeakKeyDictionary()
_ranks_lock = threading.Lock()
_Places = tuple[npt.NDArray[np.intp], npt.NDArray[np.uint32]]
_places: list[tuple[ref[Corpus], npt.NDArray[np.bytes_], _Places]] = []


def _by_row(catalogue: Catalogue, encoder: str, aim: QueryVector, among: Mask | None) -> Similarity:
    from panoptic_data.vectors import scores

    sha1s = scores.embedded_sha1s(catalogue.project, encoder)
    places, rows = _placed(catalogue.corpus, sha1s)
    wanted = None if among is None else places[among[rows]]
    found = scores.score_images(catalogue.project, encoder, aim.vector, wanted)
    if found.sha1s is not sha1s:
        # New vectors came in between.
        places, rows = _placed(catalogue.corpus, found.sha1s)
    similarity = np.full(len(catalogue), np.nan, dtype=np.float32)
    similarity[rows] = found.similarity[places]
    return similarity


def _placed(corpus: Corpus, sha1s: npt.NDArray[np.bytes_]) -> _Places:
    """Return the places of images in ``sha1s``, and their rows in a corpus."""
    for of, named, found in _places:
        if of() is corpus and named is sha1s:
            return found
    known, rows = corpus.by_sha1
    if not len(known):
        return np.empty(0, np.intp), np.empty(0, np.uint32)
    at = np.minimum(np.searchsorted(known, sha1s), len(known) - 1)
    places = np.flatnonzero(known[at] == sha1s)
    found = (places, rows[at[places]])
    _places.append((ref(corpus), sha1s, found))
    del _places[:-_HELD]
    return found
