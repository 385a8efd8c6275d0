"""What pages send and ask about a search, over HTTP: brought pictures, how it reads, its scale.

Results are rows of a view (``routes``). Not here: what a search means (``panoptic_data``), who may
ask (``guard``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import anyio.from_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.api.endpoint import answering, language
from app.api.request_body import is_longer
from panoptic_data.catalogue import registry, similarity, similarity_stats
from panoptic_data.errors import InvalidAddress, InvalidExpression, UnreadableImage
from panoptic_data.media import decode, download, metadata, query_images
from panoptic_data.messages import translate
from panoptic_data.views import model, search_expression

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["routes"]

# An address, as JSON.
ADDRESS_BYTES = 16_384
_NEVER_KEPT = {"Cache-Control": "no-store"}
_FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}


def routes(project: Project) -> list[Route]:
    """Return the routes of searches.

    - ``POST /search/picture``, the bytes of a picture: kept, and answered with the ``term`` that
      searches with it (``file:`` and its digest) and ``image``, its sha1 where the corpus has it,
      else null.
    - ``POST /search/address``, ``{"address": …}``: the same of a picture on the web, fetched now.
    - ``GET /search/picture/{digest}``: a small JPEG of a picture that was brought.
    - ``GET /search/read?text=&encoder=&lang=``: ``text`` as it is written, its ``terms`` (``text``,
      ``label``, ``kind``, ``weight``, ``without``: the search without it), ``needs_words``, and
      whether ``encoder`` is ``warm``. What cannot be read is told with its place: ``span``.
    - ``GET /search/spread?view=``: how the similarities of a view's search lie: the lists and
      numbers of ``similarity_stats.SimilarityHistogram``; null where it has none.
    """
    return [
        Route("/search/picture", answering(project, _bring), methods=["POST"]),
        Route("/search/address", answering(project, _fetch), methods=["POST"]),
        Route("/search/picture/{digest}", answering(project, _picture)),
        Route("/search/read", answering(project, _read)),
        Route("/search/spread", answering(project, _spread)),
    ]


def _bring(project: Project, request: Request) -> Response:
    return _kept(project, request, _body(request, query_images.MAX_BYTES))


def _fetch(project: Project, request: Request) -> Response:
    try:
        body = json.loads(_body(request, ADDRESS_BYTES))
    except ValueError:
        body = None
    address = body.get("address") if isinstance(body, Mapping) else None
    if not isinstance(address, str):
        raise InvalidAddress("address", address="")
    return _kept(project, request, download.fetch(address))


def _kept(project: Project, request: Request, data: bytes) -> Response:
    try:
        digest = query_images.keep(project, data)
    except UnreadableImage as error:
        # Its reason in the language of the page.
        text = translate(f"reason.{error.reason}", language(request))
        return JSONResponse({"error": error.key, "message": text}, 400)
    known = project.database().take("images", [digest], ["sha1"])
    told = {"term": f"file:{digest}", "image": digest if len(known) else None}
    return JSONResponse(told, headers=_NEVER_KEPT)


def _body(request: Request, most: int) -> bytes:
    """Read a request's body, no further than ``most`` bytes."""

    async def read() -> bytes:
        data = bytearray()
        async for chunk in request.stream():
            data += chunk
            if len(data) > most:
                raise InvalidAddress("too_large", most=most // 2**20)
        return bytes(data)

    if is_longer(request, most):
        raise InvalidAddress("too_large", most=most // 2**20)
    return anyio.from_thread.run(read)


def _picture(project: Project, request: Request) -> Response:
    try:
        [term] = search_expression.parse(f"file:{request.path_params['digest']}").terms
        data = query_images.read(project, term.value)
    except (InvalidExpression, ValueError):
        return Response(status_code=404)
    image = decode.open_image(data, metadata.THUMBNAIL_SHORT_SIDE)
    return Response(metadata.thumbnail(image), media_type="image/jpeg", headers=_FOREVER)


def _read(project: Project, request: Request) -> Response:
    from panoptic_data.vectors import query_vectors

    spoken = language(request)
    try:
        read = search_expression.parse(request.query_params.get("text", ""))
    except InvalidExpression as error:
        told = {"error": error.key, "message": error.message(spoken), "span": error.span}
        return JSONResponse(told, 400)
    terms: list[dict[str, Any]] = [
        {
            "text": str(term),
            "label": similarity.term_label(term, spoken),
            "kind": term.kind,
            "weight": term.weight,
            "without": str(read.without(place) or ""),
        }
        for place, term in enumerate(read.terms)
    ]
    body = {
        "text": str(read),
        "terms": terms,
        "needs_words": read.reads_text,
        "warm": query_vectors.is_warm(project, request.query_params.get("encoder", "")),
    }
    return JSONResponse(body, headers=_NEVER_KEPT)


def _spread(project: Project, request: Request) -> Response:
    view = model.from_address(request.query_params.get("view", ""))
    histogram = similarity_stats.histogram(registry.get(project), view)
    body = histogram and {
        "encoder": histogram.encoder,
        "counts": histogram.counts,
        "edges": histogram.edges,
        "percentiles": histogram.percentiles,
        "least": histogram.threshold,
        "likely": histogram.default_threshold,
    }
    return JSONResponse(body, headers=_NEVER_KEPT)
