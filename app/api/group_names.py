"""The groups of a view as values of their images, over HTTP: its levels, and writing the names.

Not here: the names of the groups (``app.services.group_names``), other values (``annotations``).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import polars as pl
from pydantic import Field, model_validator
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.api.annotation_writer import Writer, writing
from app.api.endpoint import NO_STORE, answering, language
from app.api.request_body import Address, Id, KeptRequest, Name, RequestBody, one_of
from app.services import group_names
from panoptic_data.annotations import edits, properties
from panoptic_data.annotations.decisions import Decision
from panoptic_data.annotations.deleted import live_property
from panoptic_data.annotations.log import Change, as_frame
from panoptic_data.catalogue import frozen_results, registry
from panoptic_data.errors import OtherImages
from panoptic_data.views import model

if TYPE_CHECKING:
    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.state import State
    from panoptic_data.storage.project import Project

__all__ = ["GroupNamesRequest", "routes"]


def routes(project: Project) -> list[Route]:
    """Return the routes of the names of groups.

    - ``GET /levels?view=&lang=``: what a view is grouped by, as ``levels``
      (``app.services.group_names.levels``).
    - ``POST /names``: the names of the groups of a ``view`` at a ``level`` to its images, as
      values of ``property``, or of a ``new`` one (``name``, ``type``, ``target``). ``way`` is one
      of ``edits.WAYS``, ``short`` takes of folders the last part. Besides what ``/annotate``
      answers: ``names``, ``targets``, ``tags`` (new ones), ``replaced`` and ``digest``; with
      ``dry`` these alone, and it writes nothing. With a ``digest`` it is refused where other
      images would get a name, or another one, than when they were counted.
    """
    return [
        Route("/levels", answering(project, _levels)),
        Route("/names", answering(project, writing(GroupNamesRequest, _name)), methods=["POST"]),
    ]


class _NewProperty(RequestBody):
    name: Name
    type: Id
    target: Id = "image"


class GroupNamesRequest(KeptRequest):
    """The body of ``POST /names``; ``held`` is the key of the frozen result of the view."""

    view: Address
    level: Annotated[int, Field(ge=0)] = 0
    property: Id | None = None
    new: _NewProperty | None = None
    way: Annotated[str, one_of(edits.WAYS)] = "set"
    short: bool = False
    held: Id | None = None
    digest: Id | None = None
    dry: bool = False

    @model_validator(mode="after")
    def _has_a_property(self) -> GroupNamesRequest:
        if self.property is None and self.new is None:
            raise ValueError("needs a property, or a new one")
        return self


def _levels(project: Project, request: Request) -> Response:
    view = model.from_address(request.query_params.get("view", ""))
    levels = group_names.levels(registry.get(project), view, language(request))
    return JSONResponse({"levels": levels}, headers=NO_STORE)


def _name(writer: Writer, request: GroupNamesRequest) -> dict[str, Any]:
    if writer.is_stored:
        return writer.decide(lambda _: Decision((), "names"))
    prop, _, _ = _property_of(writer.state, request)
    view, level = model.from_address(request.view), request.level
    # The groups are those that the person sees.
    current, _ = frozen_results.displayed(registry.get(writer.project), view, request.held)
    names = group_names.names(
        current,
        view,
        level,
        writer.caller.language,
        by_file=prop.target == "file",
        is_short=request.short,
    )
    digest = _digest(names)
    if request.digest is not None and request.digest != digest:
        raise OtherImages
    is_folder = len(view.group) > level and view.group[level].field == "folder"

    def choose(state: State) -> Decision[dict[str, Any]]:
        prop, state, creation = _property_of(state, request)
        changes = edits.assign_by_name(state, prop.id, names, request.way)
        # Where no group has a name no property is made.
        rows = pl.concat([as_frame(creation), changes]) if names.height else changes
        counts = {**_counts(prop, names, changes), "digest": digest}
        return Decision(rows, "folders" if is_folder else "names", prop.name, result=counts)

    return choose(writer.state).result if request.dry else writer.decide(choose)


def _property_of(state: State, request: GroupNamesRequest) -> tuple[Property, State, list[Change]]:
    """Return the property that gets the names, the state with it, and what creates it."""
    new = request.new
    if new is None:
        return live_property(state, request.property or ""), state, []
    prop, creation = properties.create(state.properties, new.name, new.type, target=new.target)
    return prop, replace(state, properties={**state.properties, prop.id: prop}), creation


def _digest(names: pl.DataFrame) -> str:
    """Return a digest of which target gets which names, in whatever order they come."""
    rows = sorted(json.dumps(row) for row in names.select("target", "name").iter_rows())
    return hashlib.blake2b("\n".join(rows).encode(), digest_size=10).hexdigest()


def _counts(prop: Property, names: pl.DataFrame, changes: pl.DataFrame) -> dict[str, Any]:
    of_values = changes.filter(pl.col("kind") == prop.target)
    is_new_tag = (pl.col("kind") == "tag") & (pl.col("property") == "name")
    return {
        "changed": of_values["target"].n_unique(),
        "names": names["name"].n_unique(),
        "targets": names["target"].n_unique(),
        "tags": changes.filter(is_new_tag).height,
        "replaced": of_values.filter(pl.col("old").is_not_null()).height,
        "property": prop.id,
    }
