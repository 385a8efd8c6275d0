"""What components read of a view over HTTP: its rows, its groups, shapes of its images, its map.

Not here: what a view is and how it is run (``panoptic_data.views``, ``panoptic_data.catalogue``),
the images themselves (``images``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import anyio.from_thread
import numpy as np
import numpy.typing as npt
import polars as pl
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.api.endpoint import NO_STORE, REVALIDATE, Answer, answering, language, whole_number
from app.api.request_body import BodyTooLargeError, read_bytes
from app.services.group_labels import labels
from panoptic_data.catalogue import (
    frozen_results,
    map_data,
    registry,
    row_values,
    similarity_stats,
)
from panoptic_data.catalogue.away import away_folders
from panoptic_data.catalogue.execute import index_of, run_view, window
from panoptic_data.media.colour import HUES, hues, lab
from panoptic_data.views import model
from panoptic_data.views.fields import FIELDS, is_property

if TYPE_CHECKING:
    from app.api.images import Thumbnails
    from panoptic_data.catalogue.corpus import Rows
    from panoptic_data.catalogue.frozen_results import FrozenResult
    from panoptic_data.catalogue.groups import Groups
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.catalogue.view_result import ViewResult
    from panoptic_data.storage.project import Project
    from panoptic_data.views.model import View

__all__ = ["routes"]

ROWS_AT_ONCE = 1_000
SHA1S_AT_ONCE = 100_000
# With a line end after each.
SHA1S_BYTES = 8 * 2**20
# Of windows of at most so many rows the thumbnails are prefetched.
PREFETCHED_AT_MOST = 200
# Sha1s whose position in a view is looked for.
LOCATED_AT_MOST = 200
# A square in ``/aspects``, and how many steps make an image twice as wide.
SQUARE = 128
DOUBLE = 32

# The byte of each row's shape, made once a catalogue.
_shapes_of: WeakKeyDictionary[Catalogue, npt.NDArray[np.uint8]] = WeakKeyDictionary()


def routes(project: Project, thumbnails: Thumbnails) -> list[Route]:
    """Return the routes that read a view.

    Whatever takes a ``view=`` takes ``held=`` too, the key of a frozen result of it
    (``frozen_results``): where it is known no more, the view is shown as it is now.

    - ``/rows?view=&start=&count=``: a window of a view as JSON: ``version`` of the catalogue,
      ``total``, ``start`` and ``rows`` (``catalogue.execute.window``). With ``only=sha1``
      the rows are sha1s, and a window may be longer. With ``at=`` a list of sha1s, ``at`` is the
      position of the first of them that the view shows, the one nearest to ``near=`` where it has
      several, and ``of`` which one it is in the list; both null where it shows none.
      Rows of a view that finds nothing clearly are ``unclear``; those that only a frozen result
      still shows are ``gone``; those of which no file is there,
      as the folder of their source is not, have that folder as ``away``.
      With ``also=`` a list of ``hue`` (a name of ``colour.HUES``) and ``cluster`` (its number, of
      ``encoder=``), each row has these as well, null where there is none; with fields of
      properties (``p:tags:k3x9``), each has ``values``, property → text
      (``row_values.property_texts``); with fields of what files say of themselves (``caption``),
      ``described``, field → text (``row_values.described_texts``).
      With ``beside=`` another view, each has its ranks by similarity: ``here`` in this view, and
      ``there`` in that, among all that each could show; 0 where it has none
      (``similarity_stats.ranks``).
    - ``POST /among?view=``: which of the sha1s in the body, one a line, the view shows:
      ``version``, ``total`` of the view, and ``sha1s``.
    - ``/seen?view=&known=``: all images of a view as JSON: ``digest``, ``sha1s`` (one text, forty
      digits each, in the view's order) and, of a view of files, ``places`` (a list). Without
      these two where ``known`` is their digest. What is done to all of a view is done to those
      that were seen.
    - ``/groups?view=&lang=``: the groups of a view as lists beside each other, a parent before its
      children: ``depth``, ``start``, ``count``, ``label`` and ``unset`` (whether of what has no
      value); empty where it has no groups.
    - ``/aspects?view=``: one byte an image, in the view's order: 128 for a square (or not
      known), 32 more for twice as wide as high, 32 less for half.
    - ``/map/{slug}?view=&colour=``: what a map draws, in the bytes of ``map_data.encode``.
    """
    return [
        Route("/rows", answering(project, _of_view(partial(_rows, thumbnails)))),
        Route("/among", answering(project, _of_view(_among)), methods=["POST"]),
        Route("/seen", answering(project, _of_view(_seen))),
        Route("/groups", answering(project, _of_view(_groups))),
        Route("/aspects", answering(project, _of_view(_aspects))),
        Route("/map/{slug}", answering(project, _of_view(_map))),
    ]


@dataclass(frozen=True)
class _ViewRequest:
    """The view that a request names, and the catalogue that it is run on.

    ``frozen`` is the frozen result that is shown of it, if any, and ``latest`` the catalogue that
    this is compared with.
    """

    view: View
    current: Catalogue
    etag: str
    frozen: FrozenResult | None
    latest: Catalogue

    @property
    def headers(self) -> dict[str, str]:
        return {"ETag": self.etag, "Cache-Control": REVALIDATE}


def _of_view(answer: Callable[[_ViewRequest, Request], Response]) -> Answer:
    """Read the view of a request; answer 304 where the catalogue has not changed since."""

    def of_view(project: Project, request: Request) -> Response:
        view = model.from_address(request.query_params.get("view", ""))
        latest = registry.get(project)
        current, frozen = frozen_results.displayed(latest, view, request.query_params.get("held"))
        version = latest.version if frozen is None else f"{latest.version}.{frozen.key}"
        view_request = _ViewRequest(view, current, f'"{version}"', frozen, latest)
        if view_request.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=view_request.headers)
        return answer(view_request, request)

    return of_view


def _rows(thumbnails: Thumbnails, view_request: _ViewRequest, request: Request) -> Response:
    current, query = view_request.current, request.query_params
    only_sha1s = query.get("only") == "sha1"
    start = whole_number(query.get("start"), 0)
    count = min(
        whole_number(query.get("count"), 200), SHA1S_AT_ONCE if only_sha1s else ROWS_AT_ONCE
    )
    result = run_view(current, view_request.view)
    numbers = result.rows[start : start + count]
    rows: list[Any]
    if only_sha1s:
        rows = current.sha1s(numbers)
    else:
        rows = window(current, result, start, count)
        _add_hues_and_clusters(current, numbers, rows, request)
        _add_property_values(current, result, start, rows, request)
        _add_described(current, result, start, rows, request)
        _mark_unclear(result, rows)
        _mark_gone(view_request, numbers, rows)
        _mark_away(current, result, start, rows)
        _add_ranks(view_request, numbers, rows, request)
    payload = {"version": current.version, "total": len(result), "start": start, "rows": rows}
    if "at" in query:
        payload["at"], payload["of"] = _first_position(current, result, request)
    # The thumbnails of these rows are requested next, a few at a time: one look-up reads them all.
    prefetched = numbers[:0] if only_sha1s or count > PREFETCHED_AT_MOST else numbers
    addresses = dict(current.frame[prefetched].select("sha1", "address").iter_rows())
    # Starlette's own encoder refuses NaN, as it should; ours has none.
    return JSONResponse(
        payload,
        headers=view_request.headers,
        background=BackgroundTask(thumbnails.prefetch, addresses),
    )


def _add_hues_and_clusters(
    current: Catalogue, numbers: Rows, rows: list[dict[str, Any]], request: Request
) -> None:
    names = request.query_params.get("also", "").split(",")
    if "hue" in names:
        # Of these rows alone: the hues of a whole corpus take a moment.
        indices = hues(lab(pl.Series([row["colour"] for row in rows], dtype=pl.String)))
        for row, index in zip(rows, indices.tolist(), strict=True):
            row["hue"] = HUES[index] if index >= 0 else None
    if "cluster" in names:
        clusters = current.clusters(request.query_params.get("encoder", ""))
        of_rows = [-1] * len(rows) if clusters is None else clusters[numbers].tolist()
        for row, cluster in zip(rows, of_rows, strict=True):
            row["cluster"] = cluster if cluster >= 0 else None


def _add_property_values(
    current: Catalogue, result: ViewResult, start: int, rows: list[dict[str, Any]], request: Request
) -> None:
    names = request.query_params.get("also", "").split(",")
    fields = [name for name in names if is_property(name)]
    if not fields:
        return
    texts = row_values.property_texts(current, result, start, len(rows), fields)
    for row, values in zip(rows, texts, strict=True):
        row["values"] = values


def _add_described(
    current: Catalogue, result: ViewResult, start: int, rows: list[dict[str, Any]], request: Request
) -> None:
    names = request.query_params.get("also", "").split(",")
    if not set(names).intersection(row_values.DESCRIBED):
        return
    texts = row_values.described_texts(current, result, start, len(rows), names)
    for row, described in zip(rows, texts, strict=True):
        row["described"] = described


def _mark_unclear(result: ViewResult, rows: list[dict[str, Any]]) -> None:
    """Mark what is shown although nothing is clearly like the words searched for."""
    if result.is_unclear:
        for row in rows:
            row["unclear"] = True


def _mark_gone(view_request: _ViewRequest, numbers: Rows, rows: list[dict[str, Any]]) -> None:
    """Mark what no longer matches and is shown because the result is frozen."""
    if view_request.frozen is None:
        return
    gone = view_request.frozen.changes(view_request.latest).gone[numbers].tolist()
    for row, is_gone in zip(rows, gone, strict=True):
        if is_gone:
            row["gone"] = True


def _mark_away(
    current: Catalogue, result: ViewResult, start: int, rows: list[dict[str, Any]]
) -> None:
    folders = away_folders(current, result, start, len(rows))
    for row, folder in zip(rows, folders, strict=True):
        if folder is not None:
            row["away"] = folder


def _add_ranks(
    view_request: _ViewRequest, numbers: Rows, rows: list[dict[str, Any]], request: Request
) -> None:
    """Write into rows their ranks by similarity, in this view and in another."""
    if "beside" not in request.query_params:
        return
    other = model.from_address(request.query_params["beside"])
    here, there = (
        similarity_stats.ranks(view_request.current, view) for view in (view_request.view, other)
    )
    for row, number in zip(rows, numbers.tolist(), strict=True):
        row["here"], row["there"] = int(here[number]), int(there[number])


def _first_position(
    current: Catalogue, result: ViewResult, request: Request
) -> tuple[int | None, int | None]:
    """Return the position of the first sha1 that the view shows, and its index in the list."""
    near = whole_number(request.query_params.get("near"), 0)
    sha1s = request.query_params["at"].split(",")[:LOCATED_AT_MOST]
    for index, sha1 in enumerate(sha1s):
        position = index_of(current, result, sha1, near)
        if position is not None:
            return position, index
    return None, None


def _among(view_request: _ViewRequest, request: Request) -> Response:
    try:
        body = anyio.from_thread.run(read_bytes, request, SHA1S_BYTES)
    except BodyTooLargeError:
        return Response(status_code=413)
    sha1s = body.decode("ascii", "ignore").split()
    if len(sha1s) > SHA1S_AT_ONCE:
        return Response(status_code=413)
    current = view_request.current
    result = run_view(current, view_request.view)
    is_shown = np.zeros(len(current), dtype=bool)
    is_shown[result.rows] = True
    rows = current.rows_of(sha1s)
    payload = {
        "version": current.version,
        "total": result.images,
        "sha1s": current.sha1s(rows[is_shown[rows]]),
    }
    return JSONResponse(payload, headers=NO_STORE)


def _seen(view_request: _ViewRequest, request: Request) -> Response:
    current = view_request.current
    result = run_view(current, view_request.view)
    sha1s = "".join(dict.fromkeys(current.sha1s(result.rows)))
    places = None
    if result.files is not None:
        places = current.corpus.files["place"].gather(result.files).to_list()
    digest = hashlib.blake2b(sha1s.encode(), digest_size=10)
    digest.update("\n".join(places or ()).encode())
    payload: dict[str, Any] = {"digest": digest.hexdigest()}
    if request.query_params.get("known") != payload["digest"]:
        payload |= {"sha1s": sha1s} if places is None else {"sha1s": sha1s, "places": places}
    return JSONResponse(payload, headers=NO_STORE)


def _groups(view_request: _ViewRequest, request: Request) -> Response:
    current = view_request.current
    result = run_view(current, view_request.view)
    groups = result.groups
    payload = {
        "version": current.version,
        "total": len(result),
        "depth": [] if groups is None else groups.depth.tolist(),
        "start": [] if groups is None else groups.start.tolist(),
        "count": [] if groups is None else groups.count.tolist(),
        "label": labels(current, result, language(request)),
        "unset": [] if groups is None else [value is None for value in groups.values],
        "why": [] if groups is None else [_why(groups, index) for index in range(len(groups))],
    }
    return JSONResponse(payload, headers=view_request.headers)


def _why(groups: Groups, index: int) -> str | None:
    """Return the group as ``tracing.trace.trace_group`` takes it; None of those it cannot trace."""
    level, value = groups.levels[groups.depth[index]], groups.values[index]
    if value is None:
        return None
    if level.field == "cluster" and level.by:
        return f"cluster:{level.by}:{value}"
    is_tag = is_property(level.field) and FIELDS[level.field].kind == "tags"
    return f"tag:{value}" if is_tag else None


def _aspects(view_request: _ViewRequest, _: Request) -> Response:
    current = view_request.current
    body = _shapes(current)[run_view(current, view_request.view).rows].tobytes()
    return Response(body, media_type="application/octet-stream", headers=view_request.headers)


def _shapes(current: Catalogue) -> npt.NDArray[np.uint8]:
    """Return each row's shape in a byte: (n,) uint8."""
    shapes = _shapes_of.get(current)
    if shapes is None:
        width, height = (current.frame[side].to_numpy() for side in ("width", "height"))
        with np.errstate(divide="ignore", invalid="ignore"):
            doublings = np.log2(width / height)
        scaled = np.clip(np.round(SQUARE + DOUBLE * doublings), 1, 255)
        shapes = np.where(np.isfinite(doublings), scaled, SQUARE).astype(np.uint8)
        _shapes_of[current] = shapes
    return shapes


def _map(view_request: _ViewRequest, request: Request) -> Response:
    name = request.query_params.get("colour", "")
    colouring = name if name in map_data.COLOURINGS else map_data.COLOURINGS[0]
    slug = request.path_params["slug"]
    drawn = map_data.picture(view_request.current, slug, view_request.view, colouring)
    if drawn is None:
        return Response(status_code=404)
    body = map_data.encode(drawn)
    return Response(body, media_type="application/octet-stream", headers=view_request.headers)
