"""Conditions of a view that search by similarity: what each asks for, how similar every image is.

A view searches with ``like``: an expression as ``search_expression`` reads it, under one encoder.
``similar`` (to images) and ``text`` (what words mean) are older forms of the same; saved views
have them, and they are read for good. Not here: cosines and scales (``vectors.scores``), ranks and
histograms of a view's search (``similarity_stats``), other conditions (``filters``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np
import numpy.typing as npt

from panoptic_data.messages import translate
from panoptic_data.vectors.calibration import (
    DEFAULT_PERCENTILE,
    DEFAULT_PERCENTILE_WORDS,
    Scale,
    level_of,
    levels,
)
from panoptic_data.views.model import Clause, Condition, View, conditions
from panoptic_data.views.search_expression import Expression, Term, parse

if TYPE_CHECKING:
    from panoptic_data.catalogue.corpus import Corpus
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.vectors.query_vectors import QueryVector

__all__ = [
    "SEARCH_FIELDS",
    "Similarities",
    "SimilarityQuery",
    "condition",
    "default_threshold",
    "first_search",
    "is_counted",
    "level",
    "query_of",
    "reader_of",
    "similarities",
    "term_label",
    "threshold",
    "unified",
    "with_encoder",
]

SEARCH_FIELDS = ("like", "similar", "text")
# How many images the older form by words shows where its condition names no count.
WORDS_COUNT = 500
# So many of the nearest images a search without a limit shows, however few are similar enough.
NEAREST_COUNT = 24
_SHOWN_DIGITS = 6
# Half of what the last digit of a similarity is worth.
_ROUNDING = 0.5 * 10**-6

Mask = npt.NDArray[np.bool_]
Similarity = npt.NDArray[np.float32]


@dataclass(frozen=True)
class SimilarityQuery:
    """What one condition asks for: images that are similar enough, or the ``count`` most similar.

    ``threshold`` is a cosine, ``percentile`` one of the encoder's scale (0 to 100). With none of
    the three, the scale's own threshold holds.
    """

    encoder: str
    expression: Expression
    threshold: float | None = None
    percentile: float | None = None
    count: int | None = None

    @property
    def is_limited(self) -> bool:
        """Whether it says itself how similar, or how many."""
        limits = (self.threshold, self.percentile, self.count)
        return any(limit is not None for limit in limits)


@dataclass(frozen=True)
class Similarities:
    """How similar each row is: ``similarity`` (n,) float32, cosine, NaN without a vector.

    ``is_enough`` (n,) bool marks the rows that are similar enough, without the images that the
    query names. ``is_unclear``: the best of them is no more like the words searched for than
    images are like words that mean nothing.
    """

    similarity: Similarity
    is_enough: Mask
    count: int | None
    is_unclear: bool = False

    def best(self, among: Mask) -> Mask:
        """Return which rows of ``among`` are shown: those similar enough, the ``count`` best."""
        candidates = self.is_enough & among
        if self.count is None or int(candidates.sum()) <= self.count:
            return candidates
        rows = np.flatnonzero(candidates)
        # Stable: those that tie stay in the order of their paths.
        best = rows[np.argsort(-self.similarity[rows], kind="stable")[: self.count]]
        mask = np.zeros(len(candidates), dtype=bool)
        mask[best] = True
        return mask


def query_of(part: Condition) -> SimilarityQuery:
    """Return what a condition on a field of SEARCH_FIELDS asks for. Raises InvalidExpression."""
    value: Mapping[str, Any] = part.value
    encoder = value["encoder"]
    if part.field == "similar":
        terms = tuple(Term("image", sha1) for sha1 in value["sha1s"])
        return SimilarityQuery(encoder, Expression(terms), value["threshold"])
    if part.field == "text":
        words = Expression((Term("text", value["text"]),))
        return SimilarityQuery(encoder, words, count=value.get("count", WORDS_COUNT))
    limits = {name: value.get(name) for name in ("threshold", "percentile", "count")}
    return SimilarityQuery(encoder, parse(value["query"]), **limits)


def condition(query: SimilarityQuery) -> Condition:
    """Return the condition ``like`` that asks for it."""
    limits = {name: getattr(query, name) for name in ("threshold", "percentile", "count")}
    given = {name: limit for name, limit in limits.items() if limit is not None}
    value = {"encoder": query.encoder, "query": str(query.expression), **given}
    return Condition("like", "at least", value)


def unified(view: View) -> View:
    """Return the view with ``like`` in place of the older forms: it shows the same."""
    return replace(view, where=tuple(map(_unified, view.where)))


def with_encoder(catalogue: Catalogue, view: View, encoder: str) -> View:
    """Return the view with its first search under another encoder, from the same percentile on.

    A cosine of one encoder means nothing under another. Raises as ``vectors.scores.scale``.
    """
    part = first_search(view)
    if part is None:
        return view
    query = query_of(part)
    other = replace(query, encoder=encoder, threshold=None)
    if query.threshold is not None:
        # Encoders and lancedb take seconds to import: only those who search wait for them.
        from panoptic_data.vectors import query_vectors, scores

        aim = query_vectors.of_expression(catalogue.project, query.expression, query.encoder)
        scale = scores.scale(catalogue.project, query.encoder, aim)
        percentile = scale.percentile(query.threshold)
        # Of a single image there is no scale.
        other = replace(other, percentile=None if np.isnan(percentile) else float(percentile))
    changed = condition(other)
    return replace(view, where=tuple(changed if it is part else it for it in view.where))


def first_search(view: View) -> Condition | None:
    """Return the search whose similarities a view shows and is ordered by, None without one.

    That is the first that is not within a clause.
    """
    plain = (part for part in view.where if isinstance(part, Condition))
    return next((part for part in plain if part.field in SEARCH_FIELDS), None)


def reader_of(view: View) -> str | None:
    """Return the slug of the encoder that must read words for a view; None where none must."""
    searches = (part for part in conditions(view) if part.field in SEARCH_FIELDS)
    queries = (query_of(part) for part in searches)
    return next((query.encoder for query in queries if query.expression.reads_text), None)


def is_counted(part: Condition | Clause) -> bool:
    """Whether a part of a view keeps a given number of what the others select."""
    is_search = isinstance(part, Condition) and part.field in SEARCH_FIELDS
    return is_search and query_of(part).count is not None  # type: ignore[arg-type]


def similarities(catalogue: Catalogue, part: Condition, among: Mask | None = None) -> Similarities:
    """Return how similar the rows of a catalogue are to what a condition asks for.

    Of a large corpus only ``among``, (n,) bool, need be compared: the others may be NaN. Of these
    a query without a limit takes NEAREST_COUNT at least, and no more where none is clearly like
    the words.
    Raises as ``search.find``.
    """
    from panoptic_data.vectors import query_vectors, scores

    query = query_of(part)
    project = catalogue.project
    expression = query_vectors.with_full_sha1s(project, query.expression)
    aim = query_vectors.of_expression(project, expression, query.encoder)
    similarity = _by_row(catalogue, query.encoder, aim, among)
    others = np.isfinite(similarity)
    others[catalogue.rows_of(sorted(expression.images))] = False
    is_unclear = False
    # A search within a clause is a condition among others, which shows nothing by itself.
    if among is not None:
        clear_from = scores.clear_cosine(project, query.encoder, aim)
        is_unclear = clear_from is not None and _best(similarity, others & among) < clear_from
    if is_unclear and not query.is_limited:
        return Similarities(similarity, others, NEAREST_COUNT, is_unclear)
    # Similarities are rounded: one that is typed in again finds its image.
    is_enough = others & (similarity >= np.float32(threshold(catalogue, query, aim) - _ROUNDING))
    is_short = among is not None and int((is_enough & among).sum()) < NEAREST_COUNT
    if is_short and not query.is_limited:
        return Similarities(similarity, others, NEAREST_COUNT, is_unclear)
    return Similarities(similarity, is_enough, query.count, is_unclear)


def _best(similarity: Similarity, among: Mask) -> float:
    """Return the highest similarity of some rows, 1 where there are none: nothing is unclear."""
    return float(similarity[among].max(initial=-1.0)) if among.any() else 1.0


def threshold(catalogue: Catalogue, query: SimilarityQuery, aim: QueryVector) -> float:
    """Return the cosine from which images are similar enough, -1 where only a count limits them."""
    from panoptic_data.vectors import scores

    if query.threshold is not None:
        return query.threshold
    if query.percentile is None and query.count is not None:
        return -1.0
    scale = scores.scale(catalogue.project, query.encoder, aim)
    if query.percentile is None:
        return default_threshold(scale, aim)
    return scale.cosine(query.percentile)


def level(catalogue: Catalogue, query: SimilarityQuery) -> str:
    """Return how alike, in a word of ``calibration.LEVELS``, images must be that a query shows.

    Raises as ``search.find``.
    """
    from panoptic_data.vectors import query_vectors, scores

    aim = query_vectors.of_expression(catalogue.project, query.expression, query.encoder)
    scale = scores.scale(catalogue.project, query.encoder, aim)
    cosines = levels(scale, is_by_words=any(aim.parts[2:]))
    return level_of(cosines, threshold(catalogue, query, aim))


def default_threshold(scale: Scale, aim: QueryVector) -> float:
    """Return the cosine from which images are similar enough where a query has no limit."""
    return scale.cosine(DEFAULT_PERCENTILE_WORDS if any(aim.parts[2:]) else DEFAULT_PERCENTILE)


def term_label(term: Term, language: str) -> str:
    """Name one term of a search in a few words, for a chip."""
    value = term.value if term.kind == "text" else f"{term.value[:_SHOWN_DIGITS]}…"
    label = translate(f"like.{term.kind}", language, value=value)
    weight = abs(term.weight)
    if weight != 1:
        label = translate("like.weighted", language, weight=f"{weight:g}", term=label)
    return translate("like.not", language, term=label) if term.weight < 0 else label


def _unified(part: Condition | Clause) -> Condition | Clause:
    if isinstance(part, Clause):
        return Clause(part.kind, tuple(map(_unified, part.parts)))
    return condition(query_of(part)) if part.field in SEARCH_FIELDS else part


def _by_row(catalogue: Catalogue, encoder: str, aim: QueryVector, among: Mask | None) -> Similarity:
    from panoptic_data.vectors import scores

    sha1s = scores.embedded_sha1s(catalogue.project, encoder)
    positions, rows = _aligned(catalogue.corpus, sha1s)
    wanted = None if among is None else positions[among[rows]]
    scored = scores.score_images(catalogue.project, encoder, aim.vector, wanted)
    if scored.sha1s is not sha1s:
        # New vectors came in between.
        positions, rows = _aligned(catalogue.corpus, scored.sha1s)
    similarity = np.full(len(catalogue), np.nan, dtype=np.float32)
    similarity[rows] = scored.similarity[positions]
    return similarity


# The rows of an encoder's images in a corpus, for the last few of both: finding a million of them
# takes a third of a second. By identity, without keeping an old corpus in memory.
_ALIGNMENTS = 4
_Alignment = tuple[npt.NDArray[np.intp], npt.NDArray[np.uint32]]
_alignments: list[tuple[ref[Corpus], npt.NDArray[np.bytes_], _Alignment]] = []


def _aligned(corpus: Corpus, sha1s: npt.NDArray[np.bytes_]) -> _Alignment:
    """Return the positions in ``sha1s`` of the corpus's images, and the row of each."""
    for corpus_ref, known_sha1s, alignment in _alignments:
        if corpus_ref() is corpus and known_sha1s is sha1s:
            return alignment
    corpus_sha1s, corpus_rows = corpus.by_sha1
    if not len(corpus_sha1s):
        return np.empty(0, np.intp), np.empty(0, np.uint32)
    nearest = np.minimum(np.searchsorted(corpus_sha1s, sha1s), len(corpus_sha1s) - 1)
    positions = np.flatnonzero(corpus_sha1s[nearest] == sha1s)
    alignment = (positions, corpus_rows[nearest[positions]])
    _alignments.append((ref(corpus), sha1s, alignment))
    del _alignments[:-_ALIGNMENTS]
    return alignment
