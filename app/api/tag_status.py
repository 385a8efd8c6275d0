"""How a tag stands while images are suggested for it: its images, and what was answered of some.

Not here: offering images, writing answers (``suggesting``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio.from_thread
import numpy as np
import polars as pl
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.api.endpoint import answering, language
from app.api.request_body import UnreadableBodyError, parsed
from panoptic_data.annotations.log import ACCEPTED
from panoptic_data.catalogue import registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.errors import InvalidTag
from panoptic_data.labelling import answers
from panoptic_data.views.fields import property_field
from panoptic_data.views.model import Condition, View

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.storage.project import Project

__all__ = ["routes"]

# Images of a tag that are named: as many as a page shows beside what it asks.
NAMED = 60
ASKED_AT_MOST = 10_000
_NEVER_KEPT = {"Cache-Control": "no-store"}


def routes(project: Project) -> list[Route]:
    """Return the route ``POST /suggestions/standing``.

    It takes ``tag`` and some ``sha1s``. It answers ``name``; ``inside``, how many images have the
    tag or one below it, and ``examples``, some of them, the last accepted first; ``accepted`` and
    ``refused``, how many were; and ``answers``, of those that were named: true or false.
    """
    return [Route("/suggestions/standing", answering(project, _standing), methods=["POST"])]


def _standing(project: Project, request: Request) -> Response:
    try:
        told = parsed(anyio.from_thread.run(request.body))
        tag, sha1s = str(told["tag"]), [str(one) for one in told.get("sha1s", [])]
    except (UnreadableBodyError, TypeError, KeyError):
        return Response(status_code=400)
    if len(sha1s) > ASKED_AT_MOST:
        return Response(status_code=413)
    try:
        return JSONResponse(_told(project, tag, sha1s), headers=_NEVER_KEPT)
    except InvalidTag as error:
        spoken = language(request)
        return JSONResponse({"error": error.key, "message": error.message(spoken)}, 404)


def _told(project: Project, tag: str, sha1s: list[str]) -> dict[str, Any]:
    current = registry.get(project)
    one, property = answers.tag_and_property(current.annotations, tag)
    asked = Condition(property_field(property.type, property.id), "in", [one.id])
    rows = np.unique(run_view(current, View(where=(asked,))).rows)
    said = answers.answers_of(current.annotations, tag)
    is_accepted = pl.col("value") == ACCEPTED
    accepted = said.filter(is_accepted)
    named = said.filter(pl.col("target").is_in(pl.Series(sha1s, dtype=pl.String).implode()))
    return {
        "name": one.name,
        "inside": len(rows),
        "examples": _examples(current, rows, accepted),
        "accepted": accepted.height,
        "refused": said.height - accepted.height,
        "answers": dict(named.select("target", is_accepted).iter_rows()),
    }


def _examples(current: Catalogue, rows: Any, accepted: pl.DataFrame) -> list[str]:
    """Return the images of a tag, the last accepted first."""
    last = current.rows_of(accepted.sort("at", "target", descending=True)["target"].to_list())
    first = last[np.isin(last, rows)][:NAMED]
    others = rows[~np.isin(rows, first)][: NAMED - len(first)]
    return current.sha1s(np.concatenate([first, others]))
