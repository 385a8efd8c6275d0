"""The status of a tag while images are suggested for it: its images, and answers about some.

Not here: suggesting images, writing answers (``suggestions``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from pydantic import Field
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.api.endpoint import Caller, answering
from app.api.request_body import Id, RequestBody, Sha1s, with_body
from panoptic_data.annotations.log import ACCEPTED
from panoptic_data.catalogue import registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.errors import InvalidTag
from panoptic_data.labelling import answers
from panoptic_data.views.fields import property_field
from panoptic_data.views.model import Condition, View

if TYPE_CHECKING:
    from panoptic_data.catalogue.corpus import Rows
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.storage.project import Project

__all__ = ["TagStatusRequest", "routes"]

# Images of the tag that are listed: as many as a page shows beside the suggestions.
EXAMPLES_AT_MOST = 60
SHA1S_AT_MOST = 10_000


def routes(project: Project) -> list[Route]:
    """Return the route ``POST /suggestions/standing``.

    It takes ``tag`` and some ``sha1s``. It answers ``name``; ``inside``, how many images have the
    tag or one below it, and ``examples``, some of them, the last accepted first; ``accepted`` and
    ``refused``, how many were; and ``answers``, of those that were named: true or false.
    """
    status = with_body(TagStatusRequest, _tag_status)
    return [Route("/suggestions/standing", answering(project, status), methods=["POST"])]


class TagStatusRequest(RequestBody):
    """The body of ``POST /suggestions/standing``."""

    tag: Id
    sha1s: Sha1s = Field(default_factory=list)


def _tag_status(
    project: Project, request: TagStatusRequest, caller: Caller
) -> dict[str, Any] | Response:
    if len(request.sha1s) > SHA1S_AT_MOST:
        return Response(status_code=413)
    try:
        return _read(project, request)
    except InvalidTag as error:
        message = error.message(caller.language)
        return JSONResponse({"error": error.key, "message": message}, 404)


def _read(project: Project, request: TagStatusRequest) -> dict[str, Any]:
    current = registry.get(project)
    tag, prop = answers.tag_and_property(current.annotations, request.tag)
    has_tag = Condition(property_field(prop.type, prop.id), "in", [tag.id])
    rows = np.unique(run_view(current, View(where=(has_tag,))).rows)
    of_tag = answers.answers_of(current.annotations, request.tag)
    is_accepted = pl.col("value") == ACCEPTED
    accepted = of_tag.filter(is_accepted)
    sha1s = pl.Series(request.sha1s, dtype=pl.String)
    requested = of_tag.filter(pl.col("target").is_in(sha1s.implode()))
    return {
        "name": tag.name,
        "inside": len(rows),
        "examples": _examples(current, rows, accepted),
        "accepted": accepted.height,
        "refused": of_tag.height - accepted.height,
        "answers": dict(requested.select("target", is_accepted).iter_rows()),
    }


def _examples(current: Catalogue, rows: Rows, accepted: pl.DataFrame) -> list[str]:
    """Return the sha1s of some images of a tag, the last accepted first."""
    latest_first = accepted.sort("at", "target", descending=True)["target"].to_list()
    accepted_rows = current.rows_of(latest_first)
    first = accepted_rows[np.isin(accepted_rows, rows)][:EXAMPLES_AT_MOST]
    others = rows[~np.isin(rows, first)][: EXAMPLES_AT_MOST - len(first)]
    return current.sha1s(np.concatenate([first, others]))
