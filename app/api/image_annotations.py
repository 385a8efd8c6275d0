"""What pages read of annotations: what is defined, and the values of one image and its files.

Not here: writing values (``annotations``), definitions with their use (``properties``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.api import definition_changes
from app.api.endpoint import NO_STORE, Caller, answering
from app.api.request_body import Ids, RequestBody, with_body
from app.api.targets import Targets, TargetsRequest, files_of
from panoptic_data.annotations.deleted import live_property
from panoptic_data.annotations.store import annotations_of

if TYPE_CHECKING:
    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.state import State
    from panoptic_data.storage.project import Project

__all__ = ["ExistingRequest", "position_and_version", "routes"]

_NO_FILES = pl.DataFrame(schema={"file_id": pl.String, "path": pl.String})


def routes(project: Project) -> list[Route]:
    """Return the routes that read annotations.

    - ``GET /annotations?sha1=&known=``: ``position`` in the log; what is defined, as ``version``,
      ``properties`` and ``tags`` (only what is another than at the version ``known``: see
      ``definition_changes.definitions_since``); with ``sha1`` its
      annotations: ``excluded`` and ``values``, property → ``texts`` (canonical), ``author``,
      ``at``, ``mixed`` (whether its files differ) and, where a property is one of files,
      ``files``: the same of each by its path. ``files`` are the paths of all its files, where
      there are such properties. Deleted things are left out.
    - ``GET /annotations/position``: ``position`` and ``version`` alone.
    - ``POST /annotations/existing``: of ``targets`` (as ``/annotate`` takes them) and
      ``properties``: ``counts``, property → how many of these images or files have a value.
    """
    existing = with_body(ExistingRequest, _existing)
    return [
        Route("/annotations", answering(project, _annotations)),
        Route("/annotations/position", answering(project, _position)),
        Route("/annotations/existing", answering(project, existing), methods=["POST"]),
    ]


class ExistingRequest(RequestBody):
    """The body of ``POST /annotations/existing``."""

    targets: TargetsRequest
    properties: Ids


def _existing(project: Project, request: ExistingRequest, _: Caller) -> dict[str, Any]:
    """Say how many values an edit would replace, before it is made."""
    state = annotations_of(project).state()
    targets = Targets.of(project, request.targets)
    counts = {}
    for id in request.properties:
        prop = live_property(state, id)
        target_ids = targets.file_ids if prop.target == "file" else targets.sha1s
        counts[id] = state.property_values(id).take(target_ids)["target"].n_unique()
    return {"counts": counts}


def position_and_version(project: Project, state: State) -> dict[str, Any]:
    """Return the ``position`` in the log, and the ``version`` of what is defined."""
    version = definition_changes.definitions(project, state)["version"]
    return {"position": state.position, "version": version}


def _annotations(project: Project, request: Request) -> Response:
    state = annotations_of(project).state()
    known = request.query_params.get("known")
    defined = definition_changes.definitions_since(project, state, known)
    payload: dict[str, Any] = {"position": state.position, **defined}
    sha1 = request.query_params.get("sha1")
    if sha1:
        payload |= {"sha1": sha1, **_of_image(project, state, sha1)}
    return JSONResponse(payload, headers=NO_STORE)


def _position(project: Project, _: Request) -> Response:
    payload = position_and_version(project, annotations_of(project).state())
    return JSONResponse(payload, headers=NO_STORE)


def _of_image(project: Project, state: State, sha1: str) -> dict[str, Any]:
    """Return the values of an image, and of its files: one value where they all have the same."""
    shown = {prop.id: prop for prop in state.live_properties}
    rows_by_property = state.values_of_target(sha1).items()
    values = {id: _cell(state, shown[id], rows) for id, rows in rows_by_property if id in shown}
    of_files = [prop for prop in shown.values() if prop.target == "file"]
    files = files_of(project, [sha1]) if of_files else _NO_FILES
    for prop in of_files:
        rows = state.property_values(prop.id).take(files["file_id"])
        if rows.height:
            values[prop.id] = _cell_of_files(state, prop, rows, files)
    return {
        "excluded": state.excluded.take([sha1]).height > 0,
        "files": files["path"].to_list(),
        "values": values,
    }


def _cell_of_files(
    state: State, prop: Property, rows: pl.DataFrame, files: pl.DataFrame
) -> dict[str, Any]:
    """Return the values that the files of an image have together, and those of each."""
    per_file = rows.group_by("target").agg(pl.col("value").sort())
    cells = {
        path: _cell(state, prop, own)
        for id, path in files.iter_rows()
        if (own := rows.filter(pl.col("target") == id)).height
    }
    is_mixed = per_file.height < files.height or per_file["value"].n_unique() > 1
    return {**_cell(state, prop, rows), "mixed": is_mixed, "files": cells}


def _cell(state: State, prop: Property, rows: pl.DataFrame) -> dict[str, Any]:
    texts = rows["value"].unique(maintain_order=True).to_list()
    if prop.has_tags:
        # In the order of the tags; deleted ones are not shown.
        values = set(texts)
        texts = [tag.id for tag in state.tags_of(prop.id) if tag.id in values]
    last = rows.row(int(rows["at"].arg_max() or 0), named=True)
    return {
        "texts": texts,
        "author": last["author"],
        "at": f"{last['at']:%Y-%m-%dT%H:%M:%SZ}",
        "mixed": False,
    }
