"""Every route of ours, and the two that are about no view: the drawing library, the problems.

Not here: what the other routes answer (the modules that are named in :func:`routes`), who may
ask (``app.server.host_check``).
"""

from importlib.util import find_spec
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.api import (
    annotations,
    duplicates,
    exports,
    history,
    images,
    imports,
    lineage,
    properties,
    ratings,
    sampling,
    search,
    search_box,
    state_digest,
    suggestions,
    tag_status,
    version_routes,
    view_data,
)
from app.api.endpoint import REVALIDATE, answering, language, spreadsheet
from panoptic_data.messages import translate
from panoptic_data.provenance import overview
from panoptic_data.storage.project import Project

__all__ = ["routes"]


def routes(project: Project) -> list[BaseRoute]:
    """Return every route of ours; each once more at every corpus version: see ``version_routes``.

    - ``/thumb``, ``/thumbs``, ``/image`` and ``/file``: see ``images``.
    - ``/rows``, ``/among``, ``/groups``, ``/aspects`` and ``/map``: see ``view_data``.
    - ``/plotly.js``: the drawing library that the Python package brings.
    - ``/problems.csv?lang=``: files that cannot be read or are missing, with reasons.
    - ``/pulse``: see ``state_digest``.
    - ``/annotate`` and what reads and writes annotations: see ``annotations``.
    - ``/define`` and what reads definitions: see ``properties``.
    - ``/imports`` and what imports files: see ``imports``.
    - ``/exports/…``: what was exported to be downloaded: see ``exports``.
    - ``/batches``, ``/steps``, ``/undo``, ``/redo`` and ``/switch``: see ``history``.
    - ``/lineage``: why an image has a value: see ``lineage``.
    - ``/search/…``: query images, the terms of a search, its scale: see ``search``; what the
      search box asks while someone types: see ``search_box``.
    - ``/rate``: stars and flags: see ``ratings``.
    - ``/sampling``: samples of a view, and its parts for training: see ``sampling``.
    - ``/clearing/…``: groups of duplicates and their merges: see ``duplicates``.
    - ``/suggestions`` and what answers them: see ``suggestions`` and ``tag_status``.
    """
    return [*_routes_at(project), version_routes.mount(project, _routes_at)]


def _routes_at(project: Project) -> list[Route]:
    """Return the routes of a project as it is now, or was at a version."""
    thumbnails = images.Thumbnails(project)
    return [
        # The first that matches answers: those that are requested most come first.
        *images.routes(project, thumbnails),
        *view_data.routes(project, thumbnails),
        Route("/plotly.js", answering(project, _plotly)),
        Route("/problems.csv", answering(project, _problems)),
        *state_digest.routes(project),
        *annotations.routes(project),
        *properties.routes(project),
        *imports.routes(project),
        *exports.routes(project),
        *history.routes(project),
        *lineage.routes(project),
        *duplicates.routes(project),
        *suggestions.routes(project),
        *tag_status.routes(project),
        *search.routes(project),
        *search_box.routes(project),
        *sampling.routes(project),
        *ratings.routes(project),
    ]


def _plotly(_: Project, request: Request) -> Response:
    # Importing plotly takes 1 s; only its file is needed.
    package = find_spec("plotly")
    assert package is not None
    assert package.origin is not None
    script = Path(package.origin).parent / "package_data" / "plotly.min.js"
    tag = f'"{script.stat().st_mtime_ns:x}"'
    headers = {"ETag": tag, "Cache-Control": REVALIDATE}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(script.read_bytes(), media_type="text/javascript", headers=headers)


def _problems(project: Project, request: Request) -> Response:
    columns = ("source", "path", "status", "reason", "detail", "size", "first_seen")
    rows = []
    for problem in overview.problem_files(project, limit=None):
        key = "image.sidecar_unread" if problem.reason == overview.SIDECAR else None
        key = key or (problem.reason and f"reason.{problem.reason}")
        row = {**vars(problem), "reason": translate(key, language(request)) if key else ""}
        rows.append([row[name] for name in columns])
    return spreadsheet("problems.csv", columns, rows)
