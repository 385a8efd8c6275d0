"""What components and scripts read over HTTP beside the pages: rows, maps, progress, problems.

Not here: pictures (``pictures``), who may ask (``guard``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
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

from app.api import annotations as annotating
from app.api import (
    duplicates,
    history,
    images,
    imports,
    properties,
    search,
    state_digest,
    suggestions,
    tag_status,
)
from app.api.endpoint import Answer, answering, language, spreadsheet
from app.services.group_labels import labels
from panoptic_data.catalogue import (
    frozen_results,
    map_data,
    registry,
    row_values,
    similarity_stats,
)
from panoptic_data.catalogue.execute import index_of, run_view, window
from panoptic_data.media.colour import HUES, hues, lab
from panoptic_data.messages import translate
from panoptic_data.views import model
from panoptic_data.views.fields import is_property

if TYPE_CHECKING:
    from panoptic_data.catalogue.corpus import Rows
    from panoptic_data.catalogue.frozen_results import FrozenResult
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.catalogue.view_result import ViewResult
    from panoptic_data.storage.project import Project
    from panoptic_data.views.model import View

__all__ = ["routes"]

ROWS_AT_ONCE = 1_000
SEEN_AT_ONCE = 200
SHA1S_AT_ONCE = 100_000
SOUGHT_AT_ONCE = 200
# A square in ``/aspects``, and how many bytes make a picture twice as wide.
SQUARE = 128
DOUBLE = 32
_ASK_AGAIN = "private, no-cache"

# The shape of each row, made once a catalogue.
_aspects_of: WeakKeyDictionary[Catalogue, npt.NDArray[np.uint8]] = WeakKeyDictionary()


def routes(project: Project) -> list[Route]:
    """Return every route of ours.

    Whatever takes a ``view=`` takes ``held=`` too, the key of what a session holds still of it
    (``frozen_results.FrozenResult``): where it is known no more, the view is shown as it is now.

    - ``/rows?view=&start=&count=``: a window of a view as JSON: ``version`` of the catalogue,
      ``total``, ``start`` and ``rows`` (``catalogue.Catalogue.window``). With ``only=sha1``
      the rows are sha1s, and a window may be longer. With ``at=`` a list of sha1s, ``at`` is the
      place of the first of them that the view shows, the one nearest to ``near=`` where it has
      several, and ``of`` which one it is in the list; both null where it shows none.
      Rows that only a hold still shows are ``gone``.
      With ``also=`` a list of ``hue`` (a name of ``colour.HUES``) and ``cluster`` (its number, of
      ``encoder=``), each row says these as well, null where there is none; with fields of
      properties (``p:tags:k3x9``), each has ``values``, property → text
      (``row_values.property_texts``).
      With ``beside=`` another view, each says its ranks by likeness: ``here`` in this view, and
      ``there`` in that, among all that each could show; 0 where it has none
      (``similarity_stats.ranks``).
    - ``POST /among?view=``: which of the sha1s in the body, one a line, the view shows:
      ``version``, ``total`` of the view, and ``sha1s``.
    - ``/groups?view=&lang=``: the groups of a view as lists beside each other, a parent before its
      children: ``depth``, ``start``, ``count``, ``label`` and ``unset`` (whether of what has no
      value); empty where it has no groups.
    - ``/aspects?view=``: one byte an image, in the view's order: 128 for a square (or not
      known), 32 more for twice as wide as high, 32 less for half.
    - ``/map/{slug}?view=&colour=``: what a map draws, in the bytes of ``maps.encode``.
    - ``/plotly.js``: the drawing library that the Python package brings.
    - ``/pulse``: see ``pulse``.
    - ``/problems.csv?lang=``: files that cannot be read or are missing, with reasons.
    - ``/annotate`` and what reads and writes annotations: see ``annotating``.
    - ``/define`` and what reads definitions: see ``defining``.
    - ``/imports`` and what brings files in: see ``importing``.
    - ``/batches``, ``/steps``, ``/undo``, ``/redo`` and ``/switch``: see ``undoing``.
    - ``/search/…``: brought pictures, how a search reads, its scale: see ``searching``.
    - ``/thumb``, ``/image`` and ``/file``: see ``pictures``.
    - ``/clearing/…``: groups of duplicates and their merges: see ``deduplicating``.
    - ``/suggestions`` and what answers them: see ``suggesting`` and ``standing``.
    """
    thumbnails = images.Thumbnails(project)
    return [
        # The first that matches answers: those that are asked most come first.
        *images.routes(project, thumbnails),
        Route("/rows", answering(project, _of_view(partial(_rows, thumbnails)))),
        Route("/among", answering(project, _of_view(_among)), methods=["POST"]),
        Route("/groups", answering(project, _of_view(_groups))),
        Route("/aspects", answering(project, _of_view(_aspects))),
        Route("/map/{slug}", answering(project, _of_view(_map))),
        Route("/plotly.js", answering(project, _plotly)),
        Route("/problems.csv", answering(project, _problems)),
        *state_digest.routes(project),
        *annotating.routes(project),
        *properties.routes(project),
        *imports.routes(project),
        *history.routes(project),
        *duplicates.routes(project),
        *suggestions.routes(project),
        *tag_status.routes(project),
        *search.routes(project),
    ]


@dataclass(frozen=True)
class _Asked:
    """The view that a request names, the catalogue that it is asked of, and its answer's tag."""

    view: View
    current: Catalogue
    tag: str
    # What is held still of the view, and what that is compared with.
    hold: FrozenResult | None
    now: Catalogue

    @property
    def headers(self) -> dict[str, str]:
        return {"ETag": self.tag, "Cache-Control": _ASK_AGAIN}


def _of_view(answer: Callable[[_Asked, Request], Response]) -> Answer:
    """Read the view of a request; answer it only where the catalogue is another one by now."""

    def answered(project: Project, request: Request) -> Response:
        view = model.from_address(request.query_params.get("view", ""))
        now = registry.get(project)
        current, hold = frozen_results.displayed(now, view, request.query_params.get("held"))
        tag = f'"{now.version}"' if hold is None else f'"{now.version}.{hold.key}"'
        asked = _Asked(view, current, tag, hold, now)
        if asked.headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=asked.headers)
        return answer(asked, request)

    return answered


def _rows(thumbnails: images.Thumbnails, asked: _Asked, request: Request) -> Response:
    current, headers = asked.current, asked.headers
    only_sha1s = request.query_params.get("only") == "sha1"
    start = _whole(request, "start", 0)
    most = SHA1S_AT_ONCE if only_sha1s else ROWS_AT_ONCE
    count = min(_whole(request, "count", 200), most)
    found = run_view(current, asked.view)
    rows: list[Any] = (
        current.sha1s(found.rows[start : start + count])
        if only_sha1s
        else window(current, found, start, count)
    )
    if not only_sha1s:
        _say_also(current, found.rows[start : start + count], rows, request)
        _say_values(current, found, start, rows, request)
        _say_gone(asked, found.rows[start : start + count], rows)
        _say_ranks(asked, found.rows[start : start + count], rows, request)
    body = {"version": current.version, "total": len(found), "start": start, "rows": rows}
    if "at" in request.query_params:
        body["at"], body["of"] = _first_of(current, found, request)
    # The pictures of these rows are asked for next, a few at a time: looked up at once, ahead.
    seen = found.rows[start : start + (0 if only_sha1s or count > SEEN_AT_ONCE else count)]
    lie = dict(current.frame[seen].select("sha1", "address").iter_rows())
    # Starlette's own encoder refuses NaN, as it should; ours has none.
    return JSONResponse(body, headers=headers, background=BackgroundTask(thumbnails.ahead, lie))


def _say_also(
    current: Catalogue, numbers: Rows, rows: list[dict[str, Any]], request: Request
) -> None:
    """Write into rows what they say only when it is asked for."""
    asked = request.query_params.get("also", "").split(",")
    if "hue" in asked:
        # Of these colours alone: those of a whole corpus take a moment.
        named = hues(lab(pl.Series([row["colour"] for row in rows], dtype=pl.String)))
        for row, hue in zip(rows, named.tolist(), strict=True):
            row["hue"] = HUES[hue] if hue >= 0 else None
    if "cluster" in asked:
        clusters = current.clusters(request.query_params.get("encoder", ""))
        found = [-1] * len(rows) if clusters is None else clusters[numbers].tolist()
        for row, cluster in zip(rows, found, strict=True):
            row["cluster"] = cluster if cluster >= 0 else None


def _say_values(
    current: Catalogue, found: ViewResult, start: int, rows: list[dict[str, Any]], request: Request
) -> None:
    asked = request.query_params.get("also", "").split(",")
    fields = [field for field in asked if is_property(field)]
    if not fields:
        return
    texts = row_values.property_texts(current, found, start, len(rows), fields)
    for row, values in zip(rows, texts, strict=True):
        row["values"] = values


def _say_gone(asked: _Asked, numbers: Rows, rows: list[dict[str, Any]]) -> None:
    """Mark what no longer matches and is shown because the view is held still."""
    if asked.hold is None:
        return
    gone = asked.hold.changes(asked.now).gone[numbers].tolist()
    for row, is_gone in zip(rows, gone, strict=True):
        if is_gone:
            row["gone"] = True


def _say_ranks(asked: _Asked, numbers: Rows, rows: list[dict[str, Any]], request: Request) -> None:
    """Write into rows where they stand by likeness, in this view and in another."""
    if "beside" not in request.query_params:
        return
    other = model.from_address(request.query_params["beside"])
    here, there = (similarity_stats.ranks(asked.current, view) for view in (asked.view, other))
    for row, number in zip(rows, numbers.tolist(), strict=True):
        row["here"], row["there"] = int(here[number]), int(there[number])


def _first_of(
    current: Catalogue, found: ViewResult, request: Request
) -> tuple[int | None, int | None]:
    near = _whole(request, "near", 0)
    for which, sha1 in enumerate(request.query_params["at"].split(",")[:SOUGHT_AT_ONCE]):
        place = index_of(current, found, sha1, near)
        if place is not None:
            return place, which
    return None, None


def _among(asked: _Asked, request: Request) -> Response:
    named = anyio.from_thread.run(request.body).decode("ascii", "ignore").split()
    if len(named) > SHA1S_AT_ONCE:
        return Response(status_code=413)
    current = asked.current
    found = run_view(current, asked.view)
    is_shown = np.zeros(len(current), dtype=bool)
    is_shown[found.rows] = True
    rows = current.rows_of(named)
    sha1s = current.sha1s(rows[is_shown[rows]])
    body = {"version": current.version, "total": found.images, "sha1s": sha1s}
    return JSONResponse(body, headers={"Cache-Control": "no-store"})


def _groups(asked: _Asked, request: Request) -> Response:
    current = asked.current
    found = run_view(current, asked.view)
    lists = {
        name: [] if found.groups is None else getattr(found.groups, name).tolist()
        for name in ("depth", "start", "count")
    }
    named = labels(current, found, language(request))
    unset = [] if found.groups is None else [value is None for value in found.groups.values]
    said = {"label": named, "unset": unset}
    body = {"version": current.version, "total": len(found), **lists, **said}
    return JSONResponse(body, headers=asked.headers)


def _aspects(asked: _Asked, _: Request) -> Response:
    body = _shapes(asked.current)[run_view(asked.current, asked.view).rows].tobytes()
    return Response(body, media_type="application/octet-stream", headers=asked.headers)


def _shapes(current: Catalogue) -> npt.NDArray[np.uint8]:
    """Return each row's shape in a byte: (n,) uint8."""
    known = _aspects_of.get(current)
    if known is None:
        width, height = (current.frame[side].to_numpy() for side in ("width", "height"))
        with np.errstate(divide="ignore", invalid="ignore"):
            doubled = np.log2(width / height)
        scaled = np.clip(np.round(SQUARE + DOUBLE * doubled), 1, 255)
        known = np.where(np.isfinite(doubled), scaled, SQUARE).astype(np.uint8)
        _aspects_of[current] = known
    return known


def _map(asked: _Asked, request: Request) -> Response:
    colouring = request.query_params.get("colour", "")
    chosen = colouring if colouring in map_data.COLOURINGS else map_data.COLOURINGS[0]
    drawn = map_data.picture(asked.current, request.path_params["slug"], asked.view, chosen)
    if drawn is None:
        return Response(status_code=404)
    body = map_data.encode(drawn)
    return Response(body, media_type="application/octet-stream", headers=asked.headers)


def _plotly(_: Project, request: Request) -> Response:
    # 1 s to import plotly itself; only its file is wanted here.
    root = find_spec("plotly")
    assert root is not None
    assert root.origin is not None
    script = Path(root.origin).parent / "package_data" / "plotly.min.js"
    tag = f'"{script.stat().st_mtime_ns:x}"'
    headers = {"ETag": tag, "Cache-Control": _ASK_AGAIN}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(script.read_bytes(), media_type="text/javascript", headers=headers)


def _problems(project: Project, request: Request) -> Response:
    spoken = language(request)
    columns = ("source", "path", "status", "reason", "detail", "size", "first_seen")
    files = project.database().frame("files", columns, "status != 'ok'").sort("source", "path")
    rows = []
    for row in files.to_dicts():
        reason = row["reason"]
        row["reason"] = translate(f"reason.{reason}", spoken) if reason else ""
        rows.append([row[name] for name in columns])
    return spreadsheet("problems.csv", columns, rows)


def _whole(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else default
