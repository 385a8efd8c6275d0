"""What a search asks for: its encoder, its query vector and the images it leaves out or looks at.

Shared by ``find`` and ``compare``. Not here: how a search is written (``search_expression``), how
its terms become one vector (``vectors.query_vectors``), finding the nearest images (``nearest``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from panoptic_data import encoders
from panoptic_data.catalogue import registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.errors import (
    NoEmbeddings,
    TextNotSupported,
    UnknownEncoder,
    UnknownEncoderOption,
    WeightsUnavailable,
)
from panoptic_data.storage.project import Project
from panoptic_data.vectors import query_vectors
from panoptic_data.vectors.query_vectors import QueryVector
from panoptic_data.vectors.scores import embedded_sha1s
from panoptic_data.views import search_expression
from panoptic_data.views.search_expression import Expression

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from panoptic_data.views.model import View

__all__ = ["SearchRequest", "encoder_for", "resolve", "shown_by"]

_OF_ENCODER = ("slug", "text", "status", "cause", "reads_text")


@dataclass(frozen=True)
class SearchRequest:
    """A search under one encoder (``slug``); ``excluded`` are the sha1s that the query names."""

    slug: str
    query: QueryVector
    excluded: frozenset[str]


def resolve(
    project: Project, query: str | Expression | Image.Image, encoder: str | None
) -> SearchRequest:
    """Return the request for a search text, an expression or an upright RGB picture.

    Raises InvalidExpression, NoEmbeddings, TextNotSupported, WeightsUnavailable, UnknownImage.
    """
    if isinstance(query, Image.Image):
        slug = encoder_for(project, reads_text=False, requested=encoder)
        vector = query_vectors.of_picture(project, query, slug)
        return SearchRequest(slug, QueryVector(vector, (1.0, 0.0, 0.0, 0.0)), frozenset())
    parsed = search_expression.parse(query) if isinstance(query, str) else query
    slug = encoder_for(project, reads_text=parsed.reads_text, requested=encoder)
    expression = query_vectors.with_full_sha1s(project, parsed)
    vector_of_terms = query_vectors.of_expression(project, expression, slug)
    return SearchRequest(slug, vector_of_terms, expression.images)


def encoder_for(project: Project, *, reads_text: bool, requested: str | None = None) -> str:
    """Return the slug of the requested encoder, else of the project's first ready one that can.

    Raises UnknownEncoder; NoEmbeddings where none is ready, TextNotSupported where none of them
    reads words, WeightsUnavailable where one that could serve waits for its weights.
    """
    rows = project.database().frame("encoders", [*_OF_ENCODER]).to_dicts()
    if requested is not None:
        is_slug = any(row["slug"] == requested for row in rows)
        return requested if is_slug else _slug_of(project, requested)
    order = [encoders.parse(text).slug for text in project.encoders]
    rows.sort(key=lambda row: order.index(row["slug"]) if row["slug"] in order else len(order))
    ready = [row for row in rows if row["status"] == "ready"]
    if not ready:
        _raise_waiting(rows, reads_text=reads_text)
        raise NoEmbeddings(encoder=", ".join(order))
    for row in ready:
        if row["reads_text"] or not reads_text:
            return str(row["slug"])
    _raise_waiting(rows, reads_text=True)
    raise TextNotSupported(encoder=project.encoders[0] if project.encoders else ready[0]["slug"])


def _slug_of(project: Project, text: str) -> str:
    """Return the slug of an encoder's text. Raises UnknownEncoder, naming the project's own."""
    try:
        return encoders.parse(text).slug
    except UnknownEncoderOption:
        raise
    except UnknownEncoder:
        raise UnknownEncoder(name=text, known=", ".join(project.encoders) or "–") from None


def _raise_waiting(rows: Iterable[dict[str, Any]], *, reads_text: bool) -> None:
    """Raise WeightsUnavailable for the first encoder that waits for its weights and could serve."""
    for row in rows:
        waits = row["status"] == "waiting" and row["cause"]
        if waits and (encoders.parse(row["text"]).reads_text or not reads_text):
            reason, _, detail = row["cause"].partition(": ")
            raise WeightsUnavailable(row["text"], reason, detail)


def shown_by(project: Project, view: View, slug: str) -> NDArray[np.bool_]:
    """Return which of an encoder's images a view shows: (n,) bool, in the order of their sha1s."""
    current = registry.get(project, fresh=True)
    rows = np.unique(run_view(current, view).rows)
    sha1s = embedded_sha1s(project, slug)
    return np.isin(sha1s, np.array(current.sha1s(rows), dtype="S40"))
