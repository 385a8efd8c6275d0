"""What pages write of annotations, over HTTP: a press is stored before a page is drawn.

Not here: reading them (``image_annotations``), the names of groups as values (``group_names``),
which images are meant (``targets``), what a change is and where it is kept
(``panoptic_data.annotations``), undo and history (``history``).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

import polars as pl
from pydantic import Field, model_validator
from starlette.routing import Route

from app.api import group_names, image_annotations
from app.api.annotation_writer import Writer, writing
from app.api.endpoint import answering
from app.api.request_body import (
    Id,
    Ids,
    InvalidBodyError,
    KeptRequest,
    Name,
    Names,
    RequestBody,
    Text,
    one_of,
)
from app.api.targets import Targets, TargetsRequest, files_of
from panoptic_data.annotations import edits, properties, tags
from panoptic_data.annotations.decisions import Decision
from panoptic_data.annotations.deleted import live_property
from panoptic_data.annotations.log import CHANGE_SCHEMA
from panoptic_data.errors import InvalidTag
from panoptic_data.text import name_key

if TYPE_CHECKING:
    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.state import State
    from panoptic_data.storage.project import Project

__all__ = [
    "AnnotateRequest",
    "CopyRequest",
    "EditRequest",
    "ExcludeRequest",
    "NewPropertyRequest",
    "routes",
]

EDITS_AT_MOST = 1_000
# What a batch was about is read in one line of the history.
ABOUT_AT_MOST = 80
OPS = ("set", "add", "remove", "toggle")


def routes(project: Project) -> list[Route]:
    """Return the routes of annotations, those that read them (``image_annotations``) among them.

    All take a JSON object. ``targets`` in it are ``sha1s`` (with ``places``, of their files only
    these), or ``view`` (an address) and ``selection``: ``all`` of it but ``except``, or ``ids``;
    ``held`` in it names a frozen result of the view, if there is one. What is written is answered
    with ``batch`` (null where nothing changed), ``position``, ``version``, ``changed`` (how many
    images or files) and ``op``.

    - ``POST /annotate``: ``targets``, and ``property``, ``op`` (set, add, remove; toggle takes
      tags off where all have them) with ``value``, or ``values`` (ids) and ``names`` of tags;
      names that are not there are made. Several such as ``edits`` are one batch. ``act`` names it.
    - ``POST /copy``: the values of ``source`` to ``targets``, of ``properties``.
    - ``POST /exclude``: ``targets`` out of the corpus, or back with ``excluded`` false.
    - ``POST /properties``: a new one, of ``name`` and ``type``; with ``target``, ``options``.
    - ``GET /levels`` and ``POST /names``: see ``group_names``.
    """
    posted = {
        "/annotate": writing(AnnotateRequest, _annotate),
        "/copy": writing(CopyRequest, _copy),
        "/exclude": writing(ExcludeRequest, _exclude),
        "/properties": writing(NewPropertyRequest, _make_property),
    }
    return [
        *image_annotations.routes(project),
        *group_names.routes(project),
        *(
            Route(path, answering(project, answer), methods=["POST"])
            for path, answer in posted.items()
        ),
    ]


class EditRequest(RequestBody):
    """A value of one property; of tags ids in ``value`` or ``values``, and others as ``names``."""

    property: Id
    op: Annotated[str, one_of(OPS)] = "set"
    value: Text | bool | int | float | Ids | None = None
    values: Text | bool | int | float | Ids | None = None
    names: Names | None = None

    def given(self) -> Any:
        """Return the value, whichever of the two fields it is in."""
        return self.value if self.values is None else self.values

    def is_empty(self) -> bool:
        """Whether it takes a value away."""
        return all(part in (None, "", []) for part in (self.value, self.values, self.names))


class AnnotateRequest(KeptRequest):
    """The body of ``POST /annotate``: the fields of one edit, or several ``edits``."""

    targets: TargetsRequest
    edits: Annotated[list[EditRequest], Field(max_length=EDITS_AT_MOST, fail_fast=True)] | None = (
        None
    )
    act: Name | None = None
    property: Id | None = None
    op: Annotated[str, one_of(OPS)] = "set"
    value: Text | bool | int | float | Ids | None = None
    values: Text | bool | int | float | Ids | None = None
    names: Names | None = None

    @model_validator(mode="after")
    def _has_an_edit(self) -> AnnotateRequest:
        if self.edits is None and self.property is None:
            raise ValueError("needs a property, or edits")
        return self

    def all_edits(self) -> list[EditRequest]:
        """Return the edits, of which there may be one in the fields of the body itself."""
        if self.edits is not None:
            return self.edits
        assert self.property is not None
        return [
            EditRequest(
                property=self.property,
                op=self.op,
                value=self.value,
                values=self.values,
                names=self.names,
            )
        ]


class CopyRequest(KeptRequest):
    """The body of ``POST /copy``: ``source`` is the sha1 of an image."""

    source: Id
    properties: Ids
    targets: TargetsRequest


class ExcludeRequest(KeptRequest):
    """The body of ``POST /exclude``."""

    targets: TargetsRequest
    excluded: bool = True


class NewPropertyRequest(KeptRequest):
    """The body of ``POST /properties``; ``options`` as ``properties.Property`` has them."""

    name: Name
    type: Id
    target: Id = "image"
    options: dict[Id, bool | int | float] | None = None


def _annotate(writer: Writer, request: AnnotateRequest) -> dict[str, Any]:
    edit_requests = request.all_edits()
    # What is refused is refused before the images are looked up.
    for edit in edit_requests:
        live_property(writer.state, edit.property)
    targets = Targets.of(writer.project, request.targets)

    def choose(state: State) -> Decision[dict[str, Any]]:
        parts, abouts, ops = [pl.DataFrame(schema=CHANGE_SCHEMA)], [], []
        for edit in edit_requests:
            prop = live_property(state, edit.property)
            target_ids = targets.file_ids if prop.target == "file" else targets.sha1s
            op, changes = _changes(state, prop, target_ids, edit)
            parts.append(changes)
            abouts.append(_about(state, prop, edit))
            ops.append(op)
        act = "stamp" if request.act == "stamp" else _act(edit_requests, ops)
        about = ", ".join(abouts) if len(abouts) == 1 else _shortened(", ".join(abouts))
        result = {"op": ops[0] if len(ops) == 1 else None}
        return Decision(pl.concat(parts), act, about, result=result)

    # What a toggle does depends on who has the tag.
    has_toggle = any(edit.op == "toggle" for edit in edit_requests)
    return writer.decide(choose, needs_values=has_toggle)


def _copy(writer: Writer, request: CopyRequest) -> dict[str, Any]:
    targets = Targets.of(writer.project, request.targets)

    # Read once, however often it is decided: others wait while it is decided again.
    @cache
    def source_files() -> list[str]:
        return files_of(writer.project, [request.source])["file_id"].to_list()

    def choose(state: State) -> Decision[dict[str, Any]]:
        chosen = [live_property(state, id) for id in request.properties]
        of_images = [prop.id for prop in chosen if prop.target == "image"]
        parts = [edits.copy_values(state, request.source, targets.sha1s, of_images)]
        of_files = [prop.id for prop in chosen if prop.target == "file"]
        file_ids = source_files() if of_files else []
        if file_ids:
            parts.append(edits.copy_values(state, file_ids[0], targets.file_ids, of_files))
        about = _shortened(", ".join(prop.name for prop in chosen))
        return Decision(pl.concat(parts), "copy", about)

    return writer.decide(choose)


def _exclude(writer: Writer, request: ExcludeRequest) -> dict[str, Any]:
    targets = Targets.of(writer.project, request.targets)

    def choose(state: State) -> Decision[dict[str, Any]]:
        changes = edits.exclude(state, targets.sha1s, request.excluded)
        return Decision(changes, "exclude" if request.excluded else "include")

    return writer.decide(choose, needs_values=False)


def _make_property(writer: Writer, request: NewPropertyRequest) -> dict[str, Any]:
    def choose(state: State) -> Decision[dict[str, Any]]:
        prop, changes = properties.create(
            state.properties,
            request.name,
            request.type,
            target=request.target,
            options=request.options,
        )
        return Decision(changes, "property", prop.name, result={"property": prop.id})

    return writer.decide(choose, needs_values=False)


def _changes(
    state: State, prop: Property, target_ids: list[str], edit: EditRequest
) -> tuple[str, pl.DataFrame]:
    """Return what an edit does and its changes: a toggle adds, unless there is nothing to add."""
    if edit.op != "toggle":
        return edit.op, _changes_of(state, prop, edit.op, target_ids, edit)
    added = _changes_of(state, prop, "add", target_ids, edit)
    if added.height:
        return "add", added
    return "remove", _changes_of(state, prop, "remove", target_ids, edit)


def _changes_of(
    state: State, prop: Property, op: str, target_ids: list[str], edit: EditRequest
) -> pl.DataFrame:
    if edit.names is not None:
        return _changes_by_names(state, prop, op, target_ids, _tag_ids(edit), edit.names)
    if op == "set":
        value = _tag_ids(edit) if prop.has_tags else edit.given()
        if isinstance(value, list) and not prop.has_tags:
            raise InvalidBodyError(("value", f"{prop.name} has no tags"))
        return edits.set_value(state, prop.id, target_ids, value)
    change = edits.add_tags if op == "add" else edits.remove_tags
    return change(state, prop.id, target_ids, _tag_ids(edit))


def _changes_by_names(
    state: State, prop: Property, op: str, target_ids: list[str], ids: list[str], names: list[str]
) -> pl.DataFrame:
    """Return the changes of tags of which some are named: those are made by the press."""
    if op == "remove":
        known = tags.by_name(state.tags, prop.id)
        keys = [name_key(name) for name in names]
        named = [known[key].id for key in keys if key in known]
        return edits.remove_tags(state, prop.id, target_ids, [*ids, *named])
    return edits.give_tags(state, prop.id, target_ids, ids, names, add=op == "add")


def _act(edit_requests: list[EditRequest], ops: list[str]) -> str:
    """Return what the history calls a batch of edits."""
    if len(ops) != 1:
        return "set"
    if ops[0] == "remove":
        return "untag"
    if ops[0] == "add":
        return "tag"
    return "clear" if edit_requests[0].is_empty() else "set"


def _about(state: State, prop: Property, edit: EditRequest) -> str:
    """Return a line about an edit: the property, and the value as a person knows it."""
    if prop.has_tags:
        texts = [state.tags[id].name for id in _tag_ids(edit) if id in state.tags]
        texts += edit.names or []
    else:
        texts = [] if edit.value in (None, "") else [str(edit.value)]
    return _shortened(f"{prop.name}: {', '.join(texts)}" if texts else prop.name)


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= ABOUT_AT_MOST else f"{line[:ABOUT_AT_MOST]}…"


def _tag_ids(edit: EditRequest) -> list[str]:
    """Return ids of tags, given as a list or as a single id. Raises InvalidTag."""
    given = edit.given()
    if isinstance(given, list):
        return given
    if given in (None, ""):
        return []
    if not isinstance(given, str):
        raise InvalidTag("unknown", name=str(given)[:40])
    return [given]
