"""What pages ask of suggestions over HTTP: images for a tag, and answers to them.

Not here: classes by words (``class_suggestions``), the status of a tag (``tag_status``), how
images are chosen (``panoptic_data.labelling.suggest``), undo (``history``).
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import polars as pl
from pydantic import Field, model_validator
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.api import class_suggestions
from app.api.cancellable import SpokenRequest, cancellable
from app.api.endpoint import NO_STORE, Caller, answering, whole_number
from app.api.request_body import Address, Id, KeptRequest, RequestBody, Sha1s, one_of
from app.api.suggestion_answers import TagAnswers, in_corpus, write_answers
from panoptic_data.annotations.log import REFUSED
from panoptic_data.annotations.proposals import Proposed
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.labelling import active_learning, answers, likely_wrong, suggest
from panoptic_data.search.request import encoder_for
from panoptic_data.views import model

if TYPE_CHECKING:
    from panoptic_data.annotations.state import State
    from panoptic_data.labelling.active_learning import Check
    from panoptic_data.storage.project import Project

__all__ = ["AnswersRequest", "SuggestionsRequest", "routes"]

MODES = (*active_learning.MODES, likely_wrong.MODE)
SUGGESTED = 20
SUGGESTED_AT_MOST = 1_000
LISTED = 50
LISTED_AT_MOST = 100_000
ANSWERS_AT_MOST = 10_000


def routes(project: Project) -> list[Route]:
    """Return the routes of suggestions, those of classes (``class_suggestions``) among them.

    - ``POST /suggestions``: ``tag``; ``view`` (an address: what may be offered; all where it is
      left out), ``encoder`` (a slug; else the project's first), ``mode`` ("likely", "unsure",
      "wrong"), ``count``, and for a tag without images ``examples``: ``{"sha1s": […]}`` or
      ``{"view": …}`` with ``except``. Answers ``images`` (``sha1``; ``similarity``, the cosine to
      ``why``, the image of the group that it is most like; ``probability``, null while answers of
      both kinds are too few; ``has_tag``, true for some of "wrong"), ``estimate`` of how many are
      left (``count``, ``least``, ``most``; or null), ``progress`` (``inside``, ``accepted``,
      ``refused``, ``candidates``), ``kind`` (prototype, classifier, doubts, or none: no example
      yet), ``encoder`` and ``position`` of the log.
    - ``POST /suggestions/answers``: ``tag`` with ``accepted``, ``refused``, ``forgotten`` (sha1s;
      ``tagged`` are those of the last that had the tag before they were asked about); or several
      such as ``answers``. One batch: ``batch`` (null where nothing changed), ``position`` and
      ``changed`` (how many images).
    - ``GET /suggestions/refused?tag=&start=&count=``: ``total`` and ``sha1s``, the last first.
    - ``POST /suggestions/classes`` and ``/suggestions/classes/answers``: see
      ``class_suggestions``.
    """
    suggestions = cancellable(project, SuggestionsRequest, _suggest)
    answer = cancellable(project, AnswersRequest, _answer)
    return [
        Route("/suggestions/refused", answering(project, _refused)),
        Route("/suggestions", suggestions, methods=["POST"]),
        Route("/suggestions/answers", answer, methods=["POST"]),
        *class_suggestions.routes(project),
    ]


Score = Annotated[float, Field(ge=0, le=1)]


class ExamplesRequest(RequestBody):
    """Images that are examples beside those of the tag: some, or those of a ``view``."""

    sha1s: Sha1s | None = None
    view: Address | None = None
    left_out: Sha1s = Field(default_factory=list, alias="except")


class SuggestionsRequest(SpokenRequest):
    """The body of ``POST /suggestions``."""

    tag: Id
    view: Address | None = None
    encoder: Id | None = None
    mode: Annotated[str, one_of(MODES)] = active_learning.MODES[0]
    count: int = SUGGESTED
    examples: ExamplesRequest = ExamplesRequest()


class TagAnswersRequest(RequestBody):
    """Answers of one tag, as sha1s."""

    tag: Id
    accepted: Sha1s = Field(default_factory=list)
    refused: Sha1s = Field(default_factory=list)
    forgotten: Sha1s = Field(default_factory=list)
    tagged: Sha1s = Field(default_factory=list)
    encoder: Id | None = None
    scores: dict[Id, Score] = Field(default_factory=dict)


class AnswersRequest(SpokenRequest, KeptRequest):
    """The body of ``POST /suggestions/answers``: the fields of one tag, or ``answers`` of some."""

    answers: Annotated[list[TagAnswersRequest], Field(max_length=ANSWERS_AT_MOST)] | None = None
    tag: Id | None = None
    accepted: Sha1s = Field(default_factory=list)
    refused: Sha1s = Field(default_factory=list)
    forgotten: Sha1s = Field(default_factory=list)
    tagged: Sha1s = Field(default_factory=list)
    encoder: Id | None = None
    scores: dict[Id, Score] = Field(default_factory=dict)
    moved: bool = False

    @model_validator(mode="after")
    def _has_answers(self) -> AnswersRequest:
        if self.answers is None and self.tag is None:
            raise ValueError("needs a tag, or answers")
        return self

    def all_answers(self) -> list[TagAnswersRequest]:
        """Return the answers of each tag; there may be one in the fields of the body itself."""
        if self.answers is not None:
            return self.answers
        assert self.tag is not None
        return [
            TagAnswersRequest(
                tag=self.tag,
                accepted=self.accepted,
                refused=self.refused,
                forgotten=self.forgotten,
                tagged=self.tagged,
                encoder=self.encoder,
                scores=self.scores,
            )
        ]


def _suggest(
    project: Project, request: SuggestionsRequest, _: Caller, check: Check
) -> dict[str, Any]:
    slug = encoder_for(project, reads_text=False, requested=request.encoder)
    view = None if request.view is None else model.from_address(request.view)
    count = max(0, min(request.count, SUGGESTED_AT_MOST))
    if request.mode == likely_wrong.MODE:
        result = likely_wrong.likely_wrong(
            project, request.tag, slug, view=view, count=count, check=check
        )
    else:
        result = suggest.suggest(
            project,
            request.tag,
            slug,
            view=view,
            mode=request.mode,
            count=count,
            examples=_examples(project, request.examples),
            check=check,
        )
    position = annotations_of(project).state().position
    return {**asdict(result), "encoder": slug, "position": position}


def _examples(project: Project, request: ExamplesRequest) -> list[str]:
    """Return the sha1s of the images that are examples beside those of the tag."""
    if request.sha1s is not None:
        return in_corpus(project, request.sha1s)
    if request.view is None:
        return []
    current = registry.get(project)
    result = run_view(current, model.from_address(request.view))
    left_out = frozenset(request.left_out)
    return [sha1 for sha1 in current.sha1s(np.unique(result.rows)) if sha1 not in left_out]


def _answer(project: Project, request: AnswersRequest, caller: Caller, _: Check) -> dict[str, Any]:
    request.check_project(project)
    given = [_tag_answers(project, answer) for answer in request.all_answers()]
    # A tag that a person chose instead of the one that was suggested is that person's.
    act = "tag" if request.moved else "answer"
    return write_answers(project, caller.author, given, request.sent_edit(), act=act)


def _tag_answers(project: Project, answer: TagAnswersRequest) -> TagAnswers:
    sha1s = (answer.accepted, answer.refused, answer.forgotten, answer.tagged)
    accepted, refused, forgotten, tagged = (in_corpus(project, some) for some in sha1s)
    made = {}
    if answer.encoder is not None:
        made = {sha1: Proposed(answer.encoder, answer.scores.get(sha1)) for sha1 in accepted}
    return TagAnswers(answer.tag, accepted, refused, forgotten, tagged, made)


def _refused(project: Project, request: Request) -> Response:
    query = request.query_params
    state: State = annotations_of(project).state()
    tag, _ = answers.tag_and_property(state, query.get("tag", ""))
    refused = answers.answers_of(state, tag.id).filter(pl.col("value") == REFUSED)
    latest_first = refused.sort("at", "target", descending=[True, False])["target"]
    start = whole_number(query.get("start"), 0)
    count = min(whole_number(query.get("count"), LISTED), LISTED_AT_MOST)
    payload = {"total": len(latest_first), "sha1s": latest_first.slice(start, count).to_list()}
    return JSONResponse(payload, headers=NO_STORE)
