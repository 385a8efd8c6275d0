"""Stars and flags over HTTP: one press, whatever properties they are kept in.

Not here: what a mark changes (``panoptic_data.annotations.ratings``), other values
(``annotations``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import polars as pl
from starlette.routing import Route

from app.api.annotation_writer import Writer, writing
from app.api.endpoint import answering
from app.api.request_body import KeptRequest, one_of
from app.api.targets import Targets, TargetsRequest
from panoptic_data.annotations import ratings
from panoptic_data.annotations.decisions import Decision
from panoptic_data.messages import translate

if TYPE_CHECKING:
    from panoptic_data.annotations.state import State
    from panoptic_data.storage.project import Project

__all__ = ["RateRequest", "routes"]


class RateRequest(KeptRequest):
    """The body of ``POST /rate``; ``mark`` is one of ``ratings.MARKS``."""

    targets: TargetsRequest
    mark: Annotated[str, one_of(ratings.MARKS)]


def routes(project: Project) -> list[Route]:
    """Return the route of stars and flags.

    ``POST /rate``: ``targets`` as for ``/annotate``, and ``mark``: stars ("0" to "5"), "reject",
    "pick", or "clear" for neither. Answers what ``/annotate`` does, with ``property``, its id;
    ``op`` is "remove" where values were only taken away.
    """
    answer = answering(project, writing(RateRequest, _rate))
    return [Route("/rate", answer, methods=["POST"])]


def _rate(writer: Writer, request: RateRequest) -> dict[str, Any]:
    targets = Targets.of(writer.project, request.targets)
    language = writer.caller.language
    names = (translate("ratings.rating", language), translate("ratings.pick", language))

    def choose(state: State) -> Decision[dict[str, Any]]:
        changes, prop = ratings.rate(state, targets.sha1s, request.mark, names)
        of_images = changes.filter(pl.col("kind") == "image")
        # Stars that all have are taken away: which of the two it was depends on the values.
        is_removed = of_images.height > 0 and of_images["new"].null_count() == of_images.height
        op = "remove" if is_removed else "set"
        result = {"op": op, "property": None if prop is None else prop.id}
        return Decision(changes, "rate", None if prop is None else prop.name, result=result)

    return writer.decide(choose)
