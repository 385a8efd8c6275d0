"""What pages send and ask about a search, over HTTP: query images, its terms, its scale.

Results are rows of a view (``routes``). Not here: what a search means
(``panoptic_data.search``, ``panoptic_data.views.search_expression``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio.from_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.api.endpoint import NO_STORE, answering, language
from app.api.request_body import (
    BodyTooLargeError,
    InvalidBodyError,
    RequestBody,
    Text,
    read_bytes,
    validate,
)
from panoptic_data.catalogue import registry, similarity, similarity_stats
from panoptic_data.errors import InvalidAddress, InvalidExpression, UnreadableImage
from panoptic_data.media import decode, download, metadata, query_images
from panoptic_data.messages import translate
from panoptic_data.vectors.calibration import LEVELS
from panoptic_data.views import model, search_expression

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["AddressRequest", "routes"]

# An address, as JSON.
ADDRESS_BYTES = 16_384
_IMMUTABLE = {"Cache-Control": "private, max-age=31536000, immutable"}


def routes(project: Project) -> list[Route]:
    """Return the routes of searches.

    - ``POST /search/picture``, the bytes of an image: kept, and answered with the ``term`` that
      searches with it (``file:`` and its digest) and ``image``, its sha1 where the corpus has it,
      else null.
    - ``POST /search/address``, ``{"address": …}``: the same of an image on the web, fetched now.
    - ``GET /search/picture/{digest}``: a small JPEG of a query image.
    - ``GET /search/read?text=&encoder=&lang=``: ``text`` as it is written, its ``terms`` (``text``,
      ``label``, ``kind``, ``weight``, ``without``: the search without it), ``needs_words``, and
      whether ``encoder`` is ``warm``. What cannot be read is refused with its position: ``span``.
    - ``GET /search/spread?view=``: the distribution of the similarities of a view's search: the
      lists and numbers of ``similarity_stats.SimilarityHistogram``, and ``levels``: ``name``,
      ``cosine``, ``percentile``, the closest first; null where it has none.
    """
    return [
        Route("/search/picture", answering(project, _upload), methods=["POST"]),
        Route("/search/address", answering(project, _fetch), methods=["POST"]),
        Route("/search/picture/{digest}", answering(project, _thumbnail)),
        Route("/search/read", answering(project, _terms)),
        Route("/search/spread", answering(project, _spread)),
    ]


class AddressRequest(RequestBody):
    """The body of ``POST /search/address``."""

    address: Text


def _upload(project: Project, request: Request) -> Response:
    return _keep(project, request, _body(request, query_images.MAX_BYTES))


def _fetch(project: Project, request: Request) -> Response:
    try:
        address = validate(AddressRequest, _body(request, ADDRESS_BYTES)).address
    except InvalidBodyError:
        raise InvalidAddress("address", address="") from None
    return _keep(project, request, download.fetch(address))


def _keep(project: Project, request: Request, data: bytes) -> Response:
    """Keep the bytes of a query image; answer with the term that searches with it."""
    try:
        digest = query_images.keep(project, data)
    except UnreadableImage as error:
        # Its reason in the language of the page.
        text = translate(f"reason.{error.reason}", language(request))
        return JSONResponse({"error": error.key, "message": text}, 400)
    known = project.database().take("images", [digest], ["sha1"])
    payload = {"term": f"file:{digest}", "image": digest if len(known) else None}
    return JSONResponse(payload, headers=NO_STORE)


def _body(request: Request, limit: int) -> bytes:
    """Read the body of a request. Raises InvalidAddress beyond ``limit`` bytes."""
    try:
        return anyio.from_thread.run(read_bytes, request, limit)
    except BodyTooLargeError:
        raise InvalidAddress("too_large", most=limit // 2**20) from None


def _thumbnail(project: Project, request: Request) -> Response:
    try:
        [term] = search_expression.parse(f"file:{request.path_params['digest']}").terms
        data = query_images.read(project, term.value)
    except (InvalidExpression, ValueError):
        return Response(status_code=404)
    image = decode.open_image(data, metadata.THUMBNAIL_SHORT_SIDE)
    return Response(metadata.thumbnail(image), media_type="image/jpeg", headers=_IMMUTABLE)


def _terms(project: Project, request: Request) -> Response:
    from panoptic_data.vectors import query_vectors

    spoken = language(request)
    try:
        expression = search_expression.parse(request.query_params.get("text", ""))
    except InvalidExpression as error:
        refusal = {"error": error.key, "message": error.message(spoken), "span": error.span}
        return JSONResponse(refusal, 400)
    terms: list[dict[str, Any]] = [
        {
            "text": str(term),
            "label": similarity.term_label(term, spoken),
            "kind": term.kind,
            "weight": term.weight,
            "without": str(expression.without(index) or ""),
        }
        for index, term in enumerate(expression.terms)
    ]
    payload = {
        "text": str(expression),
        "terms": terms,
        "needs_words": expression.reads_text,
        "warm": query_vectors.is_warm(project, request.query_params.get("encoder", "")),
    }
    return JSONResponse(payload, headers=NO_STORE)


def _spread(project: Project, request: Request) -> Response:
    view = model.from_address(request.query_params.get("view", ""))
    histogram = similarity_stats.histogram(registry.get(project), view)
    payload = histogram and {
        "encoder": histogram.encoder,
        "counts": histogram.counts,
        "edges": histogram.edges,
        "percentiles": histogram.percentiles,
        "least": histogram.threshold,
        "likely": histogram.default_threshold,
        "levels": [
            # The closest can be closer than its percentile: only the cosine says it.
            {"name": name, "cosine": cosine, "percentile": None if name == "same" else LEVELS[name]}
            for name, cosine in histogram.levels.items()
        ],
    }
    return JSONResponse(payload, headers=NO_STORE)
