"""Merging duplicates over HTTP: what a keeper takes over, one merge, and all that are alike.

Each merge is one batch of the log, undone with one press; no file is ever touched. Not here:
reading groups (``duplicates``), who stays and what is taken over
(``panoptic_data.duplicates.merge``), undo (``history``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import polars as pl
from pydantic import Field, model_validator
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.api.endpoint import Caller, answering
from app.api.request_body import (
    Address,
    Id,
    InvalidBodyError,
    KeptRequest,
    RequestBody,
    Sha1,
    Sha1List,
    with_body,
)
from app.services.history_text import Words
from panoptic_data.annotations.decisions import Decision
from panoptic_data.annotations.log import CHANGE_SCHEMA
from panoptic_data.annotations.properties import EXCLUDED
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import registry
from panoptic_data.duplicates import keepers, merge, review
from panoptic_data.messages import translate
from panoptic_data.views import model

if TYPE_CHECKING:
    from panoptic_data.annotations.log import Batch
    from panoptic_data.annotations.state import State
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.storage.project import Project

__all__ = [
    "MergeAllRequest",
    "MergeRequest",
    "PlanRequest",
    "PreviewRequest",
    "first_criterion",
    "preview",
    "routes",
]

# Values that differ, as texts: more are left out.
VALUES_AT_MOST = 40


def routes(project: Project) -> list[Route]:
    """Return the routes that merge duplicates; all take a JSON object.

    - ``POST /clearing/preview``: ``keeper``, ``out``; the values that the keeper is ``given`` and
      those that are ``lost``, each with ``property`` and ``values`` as texts; of what is lost
      also the keeper's ``own``.
    - ``POST /clearing/merge``: ``kind``, ``keeper`` and ``out`` (who leaves), ``stay`` (sha1s that
      are no duplicates of each other, the keeper among them). ``batch``, ``position`` and how many
      images ``left``. 409 where the keeper is no longer in the corpus.
    - ``POST /clearing/plan``: ``kind``, ``view``, ``first``, ``most`` (a distance; null for any),
      ``agreeing`` (groups whose values disagree are left alone): ``groups``, ``leaving``,
      ``disagreeing``, ``digest``.
    - ``POST /clearing/merge-all``: the same, with ``groups``, ``leaving`` and ``digest`` as they
      were planned; 409 where they are others by now.
    """
    posted = {
        "/clearing/preview": with_body(PreviewRequest, _preview),
        "/clearing/merge": with_body(MergeRequest, _merge),
        "/clearing/plan": with_body(PlanRequest, _plan),
        "/clearing/merge-all": with_body(MergeAllRequest, _merge_all),
    }
    return [
        Route(path, answering(project, answer), methods=["POST"]) for path, answer in posted.items()
    ]


class PreviewRequest(RequestBody):
    """The body of ``POST /clearing/preview``."""

    keeper: Sha1
    out: Sha1List = Field(default_factory=list)


class MergeRequest(KeptRequest):
    """The body of ``POST /clearing/merge``."""

    kind: Id
    keeper: Sha1 | None = None
    out: Sha1List = Field(default_factory=list)
    stay: Sha1List = Field(default_factory=list)

    @model_validator(mode="after")
    def _is_consistent(self) -> MergeRequest:
        if self.out and (self.keeper is None or self.keeper in self.out):
            raise ValueError("images that leave need a keeper that is none of them")
        if not set(self.out).isdisjoint(self.stay):
            raise ValueError("no image can leave and stay")
        return self


class PlanRequest(RequestBody):
    """The body of ``POST /clearing/plan``."""

    kind: Id
    view: Address | None = None
    first: Id | None = None
    most: float | None = None
    agreeing: bool = True


class MergeAllRequest(PlanRequest, KeptRequest):
    """The body of ``POST /clearing/merge-all``: the plan as it was answered."""

    groups: int
    leaving: int
    digest: Id


def first_criterion(name: str | None) -> str:
    """Return what decides first which image is the keeper, of ``keepers.CRITERIA``."""
    return name if name in keepers.CRITERIA else keepers.CRITERIA[0]


def preview(project: Project, language: str, keeper: str, leaving: Sequence[str]) -> dict[str, Any]:
    """Return as texts the values that a keeper takes over, and those that it cannot."""
    store = annotations_of(project)
    state = store.state()
    changes, lost = merge.merge_changes(state, {keeper: list(leaving)})
    words = Words(state, store.log() if changes.height or lost.height else changes, language)
    given = changes.filter(pl.col("property") != EXCLUDED)
    own = {
        property: state.property_values(property).take([keeper])["value"].to_list()
        for property in lost["property"].unique(maintain_order=True)
    }
    # Where it has no value it is given that of the first of the others.
    own |= {
        property: values
        for (property,), part in given.group_by("property", maintain_order=True)
        if (values := part["new"].to_list()) and property in own and not own[property]
    }
    return {
        "given": _by_property(words, given.select("property", value="new")),
        "lost": [
            {**entry, "own": _texts(words, entry["id"], own.get(entry["id"], []))}
            for entry in _by_property(words, lost.select("property", "value"))
        ],
    }


def _by_property(words: Words, values: pl.DataFrame) -> list[dict[str, Any]]:
    parts = values.unique(maintain_order=True).group_by("property", maintain_order=True)
    return [
        {"id": id, "property": words.property(id), "values": _texts(words, id, part["value"])}
        for (id,), part in parts
    ]


def _texts(words: Words, property: Any, values: Sequence[str] | pl.Series) -> list[str]:
    """Return values as people read them; of very many the first."""
    texts = [
        value.text for text in values[:VALUES_AT_MOST] for value in words.value(str(property), text)
    ]
    return texts if len(values) <= VALUES_AT_MOST else [*texts, "…"]


def _preview(project: Project, request: PreviewRequest, caller: Caller) -> dict[str, Any]:
    return preview(project, caller.language, request.keeper, list(dict.fromkeys(request.out)))


def _merge(project: Project, request: MergeRequest, caller: Caller) -> dict[str, Any] | Response:
    request.check_project(project)
    kind, keeper = request.kind, request.keeper
    out, stay = list(dict.fromkeys(request.out)), list(dict.fromkeys(request.stay))
    current = registry.get(project)
    if kind not in review.kinds(current) or kind == review.COPIES:
        raise InvalidBodyError(("kind", "is no kind of duplicates that are merged"))
    named = [*out, *stay, *([] if keeper is None else [keeper])]
    if len(current.rows_of(named)) != len(named):
        return _conflict(caller, "changed")
    if not named:
        return _written(project, None)
    about = _file_name(current, keeper or stay[0])

    def choose(state: State) -> Decision[bool]:
        """Decide on the merge; the result is whether the keeper is still in the corpus."""
        act = "duplicates" if out else "apart"
        if keeper is not None and state.excluded.take([keeper]).height:
            return Decision((), act, result=False)
        parts = [pl.DataFrame(schema=CHANGE_SCHEMA)]
        if keeper is not None and out:
            parts.append(merge.merge_changes(state, {keeper: out})[0])
        if stay:
            parts.append(merge.apart_changes(state, kind, stay))
        return Decision(pl.concat(parts), act, about, result=True)

    edit = request.sent_edit()
    decided = annotations_of(project).decide(choose, author=caller.author, edit=edit)
    if not decided.result and not decided.is_repeat:
        # Someone took it out meanwhile: without it no image of the group would be left.
        return _conflict(caller, "keeper_left")
    return _written(project, decided.batch)


def _written(project: Project, batch: Batch | None) -> dict[str, Any]:
    """Return what is answered: the batch, and how many images it took out of the corpus."""
    position = annotations_of(project).state().position
    if batch is None or batch.changes.is_empty():
        return {"batch": None, "position": position, "left": 0}
    left = batch.changes.filter(pl.col("property") == EXCLUDED).height
    return {"batch": batch.id, "position": position, "left": left}


def _file_name(current: Catalogue, sha1: str) -> str | None:
    rows = current.rows_of([sha1])
    path = current.frame["place"][int(rows[0])] if len(rows) else None
    return None if path is None else str(path).rpartition("/")[2]


def _plan(project: Project, request: PlanRequest, _: Caller) -> dict[str, Any]:
    plan = _planned(registry.get(project), request)
    return {
        "groups": plan.groups,
        "leaving": plan.leaving,
        "disagreeing": plan.disagreeing,
        "digest": plan.digest,
    }


def _planned(current: Catalogue, request: PlanRequest) -> review.MergePlan:
    if request.kind not in review.kinds(current):
        raise InvalidBodyError(("kind", "is no kind of duplicates"))
    view = model.from_address(request.view) if request.view else None
    opened = review.open_groups(current, request.kind, view, first_criterion(request.first))
    return review.plan_merge(current.annotations, opened, request.most, agreeing=request.agreeing)


def _merge_all(
    project: Project, request: MergeAllRequest, caller: Caller
) -> dict[str, Any] | Response:
    request.check_project(project)
    current = registry.get(project)
    about = translate("duplicates.about_groups", caller.language, count=request.groups)

    def choose(state: State) -> Decision[bool]:
        """Decide on all merges; the result is whether they are still those of the request."""
        plan = _planned(current.with_annotations(state), request)
        # Other images may be as many.
        planned = (plan.groups, plan.leaving, plan.digest)
        is_same = planned == (request.groups, request.leaving, request.digest)
        return Decision(plan.changes if is_same else (), "duplicates", about, result=is_same)

    edit = request.sent_edit()
    decided = annotations_of(project).decide(choose, author=caller.author, edit=edit)
    if not decided.result and not decided.is_repeat:
        return _conflict(caller, "changed")
    return _written(project, decided.batch)


def _conflict(caller: Caller, reason: str) -> Response:
    """Return the answer where the corpus is no longer as the page shows it, status 409."""
    text = translate(f"duplicates.{reason}", caller.language)
    return JSONResponse({"error": reason, "message": text}, 409)
