"""What the page Properties reads over HTTP: definitions, their tags and how they are used.

Not here: changing definitions (``property_changes``), values of images (``image_annotations``,
``annotations``), counting (``app.services.property_stats``).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING

import polars as pl
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from app.api import property_changes
from app.api.endpoint import NO_STORE, REVALIDATE, answering
from app.services import property_stats
from app.session import open_version
from panoptic_data.annotations import edits, identifiers
from panoptic_data.annotations.store import annotations_of
from panoptic_data.storage.per_project import PerProject
from panoptic_data.storage.sql import literals
from panoptic_data.views import model
from panoptic_data.views.model import Condition, View

if TYPE_CHECKING:
    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.state import PropertyValues, State
    from panoptic_data.annotations.tags import Tag
    from panoptic_data.storage.project import Project

__all__ = ["routes", "view_of"]

EXAMPLE_IMAGES = 24
# Different values that are listed, and of those that another type cannot hold.
LISTED = 200
LOST_LISTED = 200


def routes(project: Project) -> list[Route]:
    """Return the routes of definitions, those that change them (``property_changes``) among them.

    - ``/definitions``: ``position`` of the log and all ``properties`` that are not deleted, each
      with how many ``targets`` have a value and how many ``tags`` it has. 304 where nothing
      happened since.
    - ``/definitions/{id}/tags``: its tags as lists beside each other: ``id``, ``name``,
      ``colour``, ``key``, ``identifier`` (text, label, link; or null), ``parents``,
      ``all`` (targets that have it or one below it), ``itself``, ``made`` (seconds). 304 where
      neither the tags nor their use changed.
    - ``/definitions/{id}/values``: how its values are spread (``property_stats``).
    - ``/definitions/{id}/pictures?tag=``: the first images of these tags and of those below as
      ``sha1s``; how many have one of these tags (``itself``), or one but the first (``others``).
    - ``/definitions/{id}/conversion?type=``: what a change of type would keep and lose.
    - ``/definitions/{id}/explore?tag=``: leads to the images of these tags, or to all that have
      a value.
    - ``POST /define``: see ``property_changes``.
    """
    parts = {
        "tags": _tags,
        "values": _values,
        "pictures": _example_images,
        "conversion": _conversion,
        "explore": _explore,
    }
    return [
        Route("/definitions", answering(project, _definitions)),
        *(
            Route(f"/definitions/{{id}}/{name}", answering(project, partial(_of_property, read)))
            for name, read in parts.items()
        ),
        *property_changes.routes(project),
    ]


def view_of(prop: Property, tag_ids: Sequence[str] = ()) -> View:
    """Return the view of the images that have these tags, or any value, of a property."""
    field = f"p:{prop.type}:{prop.id}"
    has_value = (
        Condition(field, "in", list(tag_ids)) if tag_ids else Condition(field, "is not empty")
    )
    return View(where=(has_value,))


def _definitions(project: Project, request: Request) -> Response:
    state = annotations_of(project).state()
    headers = _headers(f"{state.position}")
    if _is_unchanged(request, headers):
        return Response(status_code=304, headers=headers)
    tag_counts = Counter(tag.property for tag in state.tags.values() if not tag.deleted)
    payload = {
        "position": state.position,
        "properties": [
            {
                **{part: value for part, value in asdict(prop).items() if part != "deleted"},
                "targets": _count_targets(project, state, prop.id),
                "tags": tag_counts[prop.id],
            }
            for prop in state.live_properties
        ],
    }
    return JSONResponse(payload, headers=headers)


def _of_property(
    read: Callable[[Project, State, Property, Request], Response],
    project: Project,
    request: Request,
) -> Response:
    state = annotations_of(project).state()
    prop = state.properties.get(request.path_params["id"])
    if prop is None or prop.deleted:
        return Response(status_code=404)
    return read(project, state, prop, request)


def _tags(project: Project, state: State, prop: Property, request: Request) -> Response:
    cached = _cached_tag_lists(project, state, prop)
    headers = _headers(f"{prop.id}-{cached.position}")
    if _is_unchanged(request, headers):
        return Response(status_code=304, headers=headers)
    return Response(cached.body, media_type="application/json", headers=headers)


def _tag_lists(state: State, prop: Property) -> bytes:
    shown = state.tags_of(prop.id)
    used = property_stats.of_tags(shown, state.values(prop.id))
    created = _created_seconds(state)
    ids = {tag.id for tag in shown}
    lists = {
        **{part: [getattr(tag, part) for tag in shown] for part in ("id", "name", "colour", "key")},
        # What stands for it in a vocabulary: the text of it, its label and its link.
        "identifier": [
            tag.identifier
            and [
                tag.identifier,
                identifiers.label(tag.identifier),
                identifiers.link(tag.identifier),
            ]
            for tag in shown
        ],
        "parents": [[parent for parent in tag.parents if parent in ids] for tag in shown],
        "all": [used[tag.id][0] for tag in shown],
        "itself": [used[tag.id][1] for tag in shown],
        "made": [created.get(tag.id, 0) for tag in shown],
    }
    return json.dumps(lists, ensure_ascii=False, separators=(",", ":")).encode()


def _created_seconds(state: State) -> dict[str, int]:
    """Return when each tag was made, in seconds: when its property was written."""
    rows = state.definitions.filter((pl.col("kind") == "tag") & (pl.col("property") == "property"))
    seconds = rows["at"].dt.epoch("s").to_list()
    return dict(zip(rows["target"].to_list(), seconds, strict=True))


def _values(project: Project, state: State, prop: Property, _: Request) -> Response:
    values = state.values(prop.id)
    listed = property_stats.listed(values, LISTED)
    images = _images(project, prop, listed["target"].to_list())
    payload = {
        **asdict(property_stats.summary(prop.type, values)),
        "bars": [asdict(bar) for bar in property_stats.bars(prop.type, values)],
        "values": [
            {"value": row["value"], "count": row["count"], "sha1": images.get(row["target"])}
            for row in listed.to_dicts()
        ],
    }
    return JSONResponse(payload, headers=NO_STORE)


def _example_images(project: Project, state: State, prop: Property, request: Request) -> Response:
    tag_ids = request.query_params.getlist("tag")
    with_below = {*tag_ids, *state.descendants(tag_ids)}
    values = state.values(prop.id)
    targets = values.filter(pl.col("value").is_in(list(with_below)))["target"]
    first = targets.unique(maintain_order=True).head(EXAMPLE_IMAGES).to_list()
    payload = {
        "sha1s": list(dict.fromkeys(_images(project, prop, first).values())),
        "itself": values.filter(pl.col("value").is_in(tag_ids))["target"].n_unique(),
        "others": values.filter(pl.col("value").is_in(tag_ids[1:]))["target"].n_unique(),
    }
    return JSONResponse(payload, headers=NO_STORE)


def _conversion(_: Project, state: State, prop: Property, request: Request) -> Response:
    changes, lost = edits.convert(state, prop.id, request.query_params.get("type", ""))
    is_new_tag = (pl.col("kind") == "tag") & (pl.col("property") == "name")
    listed = property_stats.listed(lost, LOST_LISTED)
    payload = {
        "kept": state.values(prop.id)["target"].n_unique() - lost["target"].n_unique(),
        "lost": lost["target"].n_unique(),
        "tags": changes.filter(is_new_tag).height,
        "distinct": lost["value"].n_unique(),
        "values": listed.select("value", "count").to_dicts(),
    }
    return JSONResponse(payload, headers=NO_STORE)


def _explore(project: Project, _: State, prop: Property, request: Request) -> Response:
    view = view_of(prop, request.query_params.getlist("tag"))
    address = open_version.page_address(project, "/", view=model.to_address(view))
    return RedirectResponse(address, 303)


def _images(project: Project, prop: Property, targets: list[str]) -> dict[str, str]:
    """Return the sha1 of each target: itself, or what a file holds."""
    if prop.target == "image" or not targets:
        return {sha1: sha1 for sha1 in targets}
    ids = literals(id for id in targets if id.isalnum())
    files = project.database().frame("files", ["file_id", "sha1"], f"file_id IN ({ids})")
    sha1_of = dict(files.drop_nulls().iter_rows())
    return {id: sha1_of[id] for id in targets if id in sha1_of}


@dataclass(frozen=True)
class _CachedTagLists:
    """The JSON of a property's tags, and what it was made of."""

    tags: Mapping[str, Tag]
    cells: PropertyValues
    position: int
    body: bytes


# By the folder of the project and the id of the property.
_tag_lists_of: PerProject[dict[str, _CachedTagLists]] = PerProject()
_target_counts: PerProject[dict[str, tuple[PropertyValues, int]]] = PerProject()


def _cached_tag_lists(project: Project, state: State, prop: Property) -> _CachedTagLists:
    """Return the JSON of a property's tags, made anew where the tags or their values changed."""
    by_property = _tag_lists_of.of(project.folder, dict)
    cached = by_property.get(prop.id)
    cells = state.property_values(prop.id)
    if cached is None or cached.tags is not state.tags or cached.cells is not cells:
        body = _tag_lists(state, prop)
        cached = by_property[prop.id] = _CachedTagLists(state.tags, cells, state.position, body)
    return cached


def _count_targets(project: Project, state: State, property: str) -> int:
    """Return how many images or files have a value; counted anew where values changed."""
    cells = state.property_values(property)
    by_property = _target_counts.of(project.folder, dict)
    cached = by_property.get(property)
    if cached is None or cached[0] is not cells:
        count = cells.frame()["target"].n_unique()
        cached = by_property[property] = (cells, count)
    return cached[1]


def _headers(tag: str) -> dict[str, str]:
    return {"ETag": f'"{tag}"', "Cache-Control": REVALIDATE}


def _is_unchanged(request: Request, headers: Mapping[str, str]) -> bool:
    return headers["ETag"] in request.headers.get("if-none-match", "")
