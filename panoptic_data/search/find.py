"""Images that are most like what a search looks for: words, pictures, or both, signed and weighted.

Exact, in memory, up to ``vector_index.EXACT_UP_TO`` vectors; beyond that by the index. Images
whose files are all gone are never found. Not here: making vectors (``embeddings``), how a search
is written (``search_expression``), where it aims (``query_vectors``), the cosines themselves and
their scale (``vectors.scores``), conditions of a view (``catalogue.similarity``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from panoptic_data import encoders
from panoptic_data.errors import NoEmbeddings, TextNotSupported, UnknownImage
from panoptic_data.storage.project import Project
from panoptic_data.storage.schema import table_name
from panoptic_data.vectors import query_vectors
from panoptic_data.vectors.calibration import Scale
from panoptic_data.vectors.query_vectors import Aim
from panoptic_data.vectors.scores import DIGITS, Hit, Scores, embedded, scale, scores
from panoptic_data.vectors.vector_index import EXACT_UP_TO
from panoptic_data.views import search_expression
from panoptic_data.views.search_expression import Expression, Term

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from panoptic_data.views.model import View

    Vector = NDArray[np.float32]

__all__ = [
    "Compared",
    "Comparison",
    "Rank",
    "by_image",
    "by_text",
    "compare",
    "encoder_for",
    "find",
    "similar",
]

# Above this many the index would have to look into most of its parts.
INDEX_AT_MOST = 1_000


@dataclass(frozen=True)
class Rank:
    """Where one encoder puts an image: ``rank`` from 1, with the cosine and its percentile."""

    rank: int
    similarity: float
    percentile: float | None = None


@dataclass(frozen=True)
class Compared:
    """One image, and where each encoder puts it: None where it has no vector of it."""

    sha1: str
    ranks: tuple[Rank | None, ...]


@dataclass(frozen=True)
class Comparison:
    """The same search under several ``encoders`` (slugs).

    ``images`` are the first ones of each, those first that any of them puts first; ``common`` of
    the first ``of`` are the same under all.
    """

    encoders: tuple[str, ...]
    images: list[Compared]
    common: int
    of: int


def find(
    project: Project,
    query: str | Expression | Image.Image,
    encoder: str | None = None,
    view: View | None = None,
    k: int = 20,
    threshold: float | None = None,
) -> list[Hit]:
    """Return the k images most like what ``query`` asks for, best first, with percentiles.

    ``query`` is a search as ``expressions`` reads it, or an upright RGB picture. ``encoder`` is a
    slug or a text that names one; None takes the project's first that can. With ``view`` only
    images that it shows are looked at, all of them. Images that the query names are left out.
    Raises InvalidExpression, NoEmbeddings, TextNotSupported, WeightsUnavailable, UnknownImage.
    """
    slug, aim, without = _aimed(project, query, encoder)
    if view is None:
        hits = _nearest(project, slug, aim.vector, k, threshold, without)
    else:
        among = _shown(project, view, slug)
        found = scores(project, slug, aim.vector, np.flatnonzero(among))
        hits = _above(found.best(k, without, among), threshold)
    told = scale(project, slug, aim)
    if not len(told.cosines):
        return hits
    return [replace(hit, percentile=float(told.percentile(hit.similarity))) for hit in hits]


def compare(
    project: Project,
    query: str | Expression | Image.Image,
    encoders: Sequence[str],
    view: View | None = None,
    k: int = 20,
) -> Comparison:
    """Return the k images that each of several encoders finds first, with their ranks under all.

    All images are ranked, or with ``view`` those that it shows. Otherwise as :func:`find`, which
    it raises the same as.
    """
    aims = [_aimed(project, query, encoder) for encoder in encoders]
    ranked = [_ranked(project, slug, aim, without, view) for slug, aim, without in aims]
    firsts = [[hit.sha1 for hit in one.best(k)] for one in ranked]
    sha1s = list(dict.fromkeys(sha1 for first in firsts for sha1 in first))
    scales = [scale(project, slug, aim) for slug, aim, _ in aims]
    pairs = list(zip(ranked, scales, strict=True))
    images = [Compared(sha1, tuple(_rank(sha1, *pair) for pair in pairs)) for sha1 in sha1s]
    images.sort(key=lambda one: min(rank.rank for rank in one.ranks if rank))
    of = min(map(len, firsts))
    common = set.intersection(*(set(first[:of]) for first in firsts))
    return Comparison(tuple(slug for slug, _, _ in aims), images, len(common), of)


def similar(
    project: Project,
    sha1s: Sequence[str],
    slug: str,
    k: int = 100,
    threshold: float | None = None,
) -> list[Hit]:
    """Return the k images nearest to these (to their mean), without them, nearest first.

    ``threshold`` leaves out what is less similar. Raises NoEmbeddings when nothing is embedded
    under this encoder, UnknownImage when none of ``sha1s`` is.
    """
    if not sha1s:
        raise UnknownImage(name="")
    terms = tuple(Term("image", sha1) for sha1 in sha1s)
    aim = query_vectors.aim(project, Expression(terms), slug)
    return _nearest(project, slug, aim.vector, k, threshold, frozenset(sha1s))


def by_text(
    project: Project, text: str, slug: str, k: int = 100, threshold: float | None = None
) -> list[Hit]:
    """Return the k images that match words best, best first.

    Raises NoEmbeddings, TextNotSupported and WeightsUnavailable.
    """
    aim = query_vectors.aim(project, Expression((Term("text", text),)), slug)
    return _nearest(project, slug, aim.vector, k, threshold)


def by_image(
    project: Project,
    image: Image.Image,
    slug: str,
    k: int = 100,
    threshold: float | None = None,
) -> list[Hit]:
    """Return the k images nearest to an upright RGB picture (``decode.open_image``).

    The picture passes through the same thumbnail as stored ones, so that it finds itself.
    Raises NoEmbeddings and WeightsUnavailable.
    """
    return _nearest(project, slug, query_vectors.encoded(project, image, slug), k, threshold)


def encoder_for(project: Project, *, reads_text: bool, asked: str | None = None) -> str:
    """Return the slug of the encoder that is asked for, else of the first that can.

    Raises UnknownEncoder; NoEmbeddings where none is ready, TextNotSupported where none of them
    reads words.
    """
    rows = project.database().frame("encoders", ["slug", "status", "reads_text"]).to_dicts()
    if asked is not None:
        known = any(row["slug"] == asked for row in rows)
        return asked if known else encoders.parse(asked).slug
    order = [encoders.parse(text).slug for text in project.encoders]
    rows.sort(key=lambda row: order.index(row["slug"]) if row["slug"] in order else len(order))
    ready = [row for row in rows if row["status"] == "ready"]
    if not ready:
        raise NoEmbeddings(encoder=", ".join(order))
    for row in ready:
        if row["reads_text"] or not reads_text:
            return str(row["slug"])
    raise TextNotSupported(encoder=project.encoders[0] if project.encoders else ready[0]["slug"])


def _aimed(
    project: Project, query: str | Expression | Image.Image, encoder: str | None
) -> tuple[str, Aim, frozenset[str]]:
    """Return the encoder that searches, where it aims, and which images the search names."""
    if isinstance(query, Image.Image):
        slug = encoder_for(project, reads_text=False, asked=encoder)
        vector = query_vectors.encoded(project, query, slug)
        return slug, Aim(vector, (1.0, 0.0, 0.0, 0.0)), frozenset()
    read = search_expression.parse(query) if isinstance(query, str) else query
    slug = encoder_for(project, reads_text=read.reads_text, asked=encoder)
    expression = query_vectors.whole(project, read)
    return slug, query_vectors.aim(project, expression, slug), expression.images


def _ranked(
    project: Project, slug: str, aim: Aim, without: frozenset[str], view: View | None
) -> Scores:
    """Return how alike those images are that take part, NaN for all others."""
    found = scores(project, slug, aim.vector)
    similarity = found.similarity.copy()
    similarity[found.places(without)] = np.nan
    if view is not None:
        similarity[~_shown(project, view, slug)] = np.nan
    return Scores(found.sha1s, similarity)


def _rank(sha1: str, found: Scores, told: Scale) -> Rank | None:
    places = found.places(frozenset({sha1}))
    if not len(places) or np.isnan(found.similarity[places[0]]):
        return None
    [place] = places
    own = found.similarity[place]
    # Those that tie are in the order of their sha1s, which is that of their places.
    before = np.count_nonzero(found.similarity > own)
    before += np.count_nonzero(found.similarity[:place] == own)
    percentile = float(told.percentile(own)) if len(told.cosines) else None
    return Rank(int(before) + 1, round(float(own), DIGITS), percentile)


def _shown(project: Project, view: View, slug: str) -> NDArray[np.bool_]:
    """Return which of the embedded images a view shows."""
    from panoptic_data.catalogue import snapshot

    current = snapshot.get(project, fresh=True)
    rows = np.unique(current.run(view).rows)
    sha1s = embedded(project, slug)
    return np.isin(sha1s, np.array(current.sha1s(rows), dtype="S40"))


def _nearest(
    project: Project,
    slug: str,
    vector: Vector,
    k: int,
    threshold: float | None,
    without: frozenset[str] = frozenset(),
) -> list[Hit]:
    name = table_name("embeddings", slug)
    database = project.database()
    count = database.count(name)
    if not count:
        raise NoEmbeddings(encoder=slug)
    wanted = k + len(without)
    if count > EXACT_UP_TO and wanted <= INDEX_AT_MOST and database.vector_index(name):
        hits = [hit for hit in _by_index(project, name, vector, wanted) if hit.sha1 not in without]
    else:
        hits = scores(project, slug, vector).best(k, without)
    return _above(hits, threshold)[:k]


def _above(hits: Sequence[Hit], threshold: float | None) -> list[Hit]:
    return [hit for hit in hits if threshold is None or hit.similarity >= threshold]


def _by_index(project: Project, name: str, vector: Vector, k: int) -> list[Hit]:
    database = project.database()
    asked = k
    while True:
        rows = database.vector_search(name, vector, asked)
        sha1s, distances = rows["sha1"].to_pylist(), rows["_distance"].to_pylist()
        quoted = ", ".join(f"'{sha1}'" for sha1 in sha1s) or "''"
        where = f"status = 'ok' AND sha1 IN ({quoted})"
        live = set(database.read("files", ["sha1"], where)["sha1"].to_pylist())
        if len(live) >= k or len(sha1s) < asked:
            break
        # Some are gone: ask for more until enough are left.
        asked *= 2
    found = zip(sha1s, distances, strict=True)
    hits = [Hit(sha1, round(1 - far, DIGITS)) for sha1, far in found if sha1 in live]
    return sorted(hits, key=lambda hit: (-hit.similarity, hit.sha1))[:k]
