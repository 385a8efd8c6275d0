"""Classes by words over HTTP: the images of each tag of a property, and answers to many at once.

Not here: suggestions for one tag (``suggestions``), how images are sorted
(``panoptic_data.labelling.zero_shot``), their status (``zero_shot_review``).
"""

from __future__ import annotations

import secrets
import threading
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from cachetools import LRUCache
from starlette.routing import Route

from app.api.cancellable import SpokenRequest, cancellable
from app.api.endpoint import Caller
from app.api.request_body import Address, Id, Ids, KeptRequest, Text, one_of
from app.api.suggestion_answers import TagAnswers, write_answers
from panoptic_data.annotations import log
from panoptic_data.annotations.proposals import Proposed
from panoptic_data.catalogue import registry
from panoptic_data.errors import SortingGone
from panoptic_data.labelling import zero_shot, zero_shot_review
from panoptic_data.labelling.zero_shot_review import Review
from panoptic_data.search.request import encoder_for
from panoptic_data.views import model

if TYPE_CHECKING:
    from panoptic_data.labelling.active_learning import Check
    from panoptic_data.labelling.zero_shot import TagPredictions
    from panoptic_data.labelling.zero_shot_review import ReviewStatus
    from panoptic_data.storage.project import Project

__all__ = ["ClassAnswersRequest", "ClassesRequest", "routes"]

# A page of a class; all of a class at once, so that it can be accepted in bulk.
LISTED = 50
LISTED_AT_MOST = 100_000
# A review of a million images takes 200 MB; of ten thousand nobody notices it.
REVIEWS_KEPT = 3


def routes(project: Project) -> list[Route]:
    """Return the routes of classes; both take a JSON object.

    - ``POST /suggestions/classes``: ``property``; ``tags`` (ids; else all), ``view``, ``encoder``
      (one that reads words), ``language`` of the prompts, ``template`` of one's own with
      ``{name}`` and ``{parent}``, ``parents`` (one of ``zero_shot.PARENTS``), ``again`` (tagged
      images too), ``least`` (a probability). Answers ``total`` and ``classes``, one a tag: ``tag``,
      ``name``, ``prompts``, ``total``, and some ``images``, surest first: ``start`` and ``count``,
      of the tag ``only`` where that is given, each with its ``answer`` (true, false, null) and
      ``other``, another tag of the property that it has. ``counts`` are how many images of a class
      are 0, 1, 2 … 100 % probable or more, ``left`` how many of these are not answered. Also
      ``scale`` and from how many tagged images it was ``fitted``, and ``sorting``: named as such
      again, the images come in the same order, however many were answered since; they are sorted
      anew under another name where it is not kept any more.
    - ``POST /suggestions/classes/answers``: ``sorting``, ``accept`` (true or false), ``least``,
      ``only``: one answer to all that is left. As ``/suggestions/answers`` answers; ``sorting`` is
      null, and nothing done, where it is not kept any more: an edit that waited in a browser is
      then refused, since which images were sorted is not known any more.
    """
    classes = cancellable(project, ClassesRequest, _classes)
    answers = cancellable(project, ClassAnswersRequest, _answer)
    return [
        Route("/suggestions/classes", classes, methods=["POST"]),
        Route("/suggestions/classes/answers", answers, methods=["POST"]),
    ]


class ClassesRequest(SpokenRequest):
    """The body of ``POST /suggestions/classes``."""

    property: Id
    tags: Ids | None = None
    view: Address | None = None
    encoder: Id | None = None
    template: Text | None = None
    parents: Annotated[str, one_of(zero_shot.PARENTS)] = zero_shot.PARENTS[0]
    again: bool = False
    least: float = 0.0
    sorting: Id | None = None
    only: Id | None = None
    start: int = 0
    count: int = LISTED


class ClassAnswersRequest(SpokenRequest, KeptRequest):
    """The body of ``POST /suggestions/classes/answers``."""

    accept: bool
    sorting: Id | None = None
    least: float = 0.0
    only: Id | None = None


def _classes(
    project: Project, request: ClassesRequest, caller: Caller, check: Check
) -> dict[str, Any]:
    slug = encoder_for(project, reads_text=True, requested=request.encoder)
    name = request.sorting
    review = _kept(project, name)
    if name is None or review is None:
        review = _sort(project, request, slug, caller.language, check)
        name = _keep(project, review)
    current = registry.get(project)
    tags = current.annotations.tags
    only = None if request.only is None else [request.only]
    return {
        "encoder": slug,
        "sorting": name,
        "scale": review.predictions.scale,
        "fitted": review.predictions.fitted,
        "total": sum(
            _count_probable(predictions, request.least) for predictions in review.predictions.tags
        ),
        "classes": [
            {
                "tag": predictions.tag,
                "name": tags[predictions.tag].name,
                "prompts": predictions.prompts,
                "total": _count_probable(predictions, request.least),
                "counts": zero_shot_review.counts_by_threshold(predictions),
                "left": zero_shot_review.counts_by_threshold(predictions, status.open),
                "images": _window(request, predictions, status),
            }
            for predictions, status in zero_shot_review.statuses(current, review, only)
        ],
    }


def _sort(
    project: Project, request: ClassesRequest, slug: str, language: str, check: Check
) -> Review:
    result = zero_shot.predict(
        project,
        request.property,
        slug,
        view=None if request.view is None else model.from_address(request.view),
        tags=request.tags,
        language=language,
        template=request.template or "",
        parents=request.parents,
        include_tagged=request.again,
        check=check,
    )
    return Review(request.property, request.again, result, slug)


def _answer(
    project: Project, request: ClassAnswersRequest, caller: Caller, _: Check
) -> dict[str, Any]:
    """Accept or refuse all images that are probable enough and not answered yet."""
    request.check_project(project)
    edit = request.sent_edit()
    review = _kept(project, request.sorting)
    if review is None:
        if not request.repeat:
            return {"sorting": None, "batch": None, "changed": 0}
        if edit is None or log.stored_batch(project, edit) is None:
            raise SortingGone
        return {**write_answers(project, caller.author, (), edit), "sorting": None}
    current = registry.get(project)
    only = None if request.only is None else [request.only]
    answers = []
    for predictions, status in zero_shot_review.statuses(current, review, only):
        unanswered = np.flatnonzero(status.open[: _count_probable(predictions, request.least)])
        sha1s = [predictions.sha1s[row] for row in unanswered]
        if not sha1s:
            continue
        scores = predictions.probabilities[unanswered].tolist()
        made = {
            sha1: Proposed(review.encoder, score) for sha1, score in zip(sha1s, scores, strict=True)
        }
        answers.append(
            TagAnswers(predictions.tag, accepted=sha1s, proposed=made)
            if request.accept
            else TagAnswers(predictions.tag, refused=sha1s)
        )
    written = write_answers(project, caller.author, answers, edit)
    return {**written, "sorting": request.sorting}


# By a name of our own: what a page goes through, so that its order stays. Of any project, with
# the address of its tables.
_reviews: LRUCache[str, tuple[str, Review]] = LRUCache(REVIEWS_KEPT)
_reviews_lock = threading.Lock()


def _keep(project: Project, review: Review) -> str:
    """Keep a review; return its name."""
    name = secrets.token_hex(8)
    with _reviews_lock:
        _reviews[name] = (project.database().uri, review)
    return name


def _kept(project: Project, name: str | None) -> Review | None:
    """Return a review of this project by its name, None where it is not kept any more."""
    if name is None:
        return None
    with _reviews_lock:
        uri, review = _reviews.get(name, (None, None))
    return review if uri == project.database().uri else None


def _count_probable(predictions: TagPredictions, least: float) -> int:
    """Return how many images of a class are so probable: they come surest first."""
    return int(np.searchsorted(-predictions.probabilities, -np.float32(least), side="right"))


def _window(
    request: ClassesRequest, predictions: TagPredictions, status: ReviewStatus
) -> list[dict[str, Any]]:
    """Return some of the images of a class that are probable enough, with their answers."""
    end = _count_probable(predictions, request.least)
    start = max(0, min(request.start, end))
    count = max(0, min(request.count, LISTED_AT_MOST))
    window = slice(start, min(end, start + count))
    columns = zip(
        predictions.sha1s[window],
        predictions.probabilities[window].tolist(),
        predictions.similarities[window].tolist(),
        status.accepted[window].tolist(),
        status.refused[window].tolist(),
        status.others[window].tolist(),
        strict=True,
    )
    return [
        {
            "sha1": sha1,
            "probability": probability,
            "similarity": similarity,
            "answer": True if is_accepted else False if is_refused else None,
            "other": None if other < 0 else status.tags[other],
        }
        for sha1, probability, similarity, is_accepted, is_refused, other in columns
    ]
