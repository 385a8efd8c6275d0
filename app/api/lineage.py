"""Why an image has a value, over HTTP: the sentence, the steps with their facts, the graph.

Not here: finding that out (``panoptic_data.tracing``), drawing it (``components.lineage``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.api.endpoint import NO_STORE, answering, language
from app.services import dagster_page
from panoptic_data.tracing.facts import facts, label, title
from panoptic_data.tracing.model import as_json
from panoptic_data.tracing.sentences import sentence
from panoptic_data.tracing.trace import trace, trace_group

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project
    from panoptic_data.tracing.model import Lineage

__all__ = ["routes"]


def routes(project: Project) -> list[Route]:
    """Return the route ``GET /lineage``.

    It takes ``image`` (a sha1, the id of a file, or ``source/path``) and ``of`` as
    ``panoptic lineage --of``, or ``group`` (``cluster:visual:3``, ``tag:War``); and ``lang``. It
    answers ``values``, each as ``panoptic_data.lineage`` returns it, with of each step its
    ``title``, ``label`` (its name for people) and ``facts``, pairs of a name and a text; and
    ``dagster``, the address of Dagster's page of the project, or null.
    """
    return [Route("/lineage", answering(project, _lineage))]


def _lineage(project: Project, request: Request) -> Response:
    query = request.query_params
    in_language = language(request)
    if query.get("group"):
        lineages = [trace_group(project, query["group"])]
    else:
        lineages = trace(project, query.get("image", ""), query.get("of") or None)
    values = [_value(value, in_language) for value in lineages]
    return JSONResponse({"values": values, "dagster": dagster_page.page(project)}, headers=NO_STORE)


def _value(value: Lineage, in_language: str) -> dict[str, Any]:
    answer = as_json(value, sentence(value, in_language))
    for step, described in zip(value.steps, answer["steps"], strict=True):
        described["title"] = title(step, in_language)
        described["label"] = label(step, in_language)
        described["facts"] = [list(pair) for pair in facts(step, in_language)]
    return answer
