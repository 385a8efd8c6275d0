"""What the page Properties asks and does over HTTP: definitions, their use, their changes.

A press is stored by one ``POST /define`` as one batch that undo takes back. Not here: values of
images (``annotating``), undo (``undoing``), counting (``uses``), what a definition is
(``panoptic_data.annotations.properties``, ``tags``).
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio.from_thread
import polars as pl
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from app.api.endpoint import answering, language
from app.api.request_body import UnreadableBodyError, parsed
from app.server import identity
from app.services import property_stats
from panoptic_data.annotations import edits, properties, tags
from panoptic_data.annotations.log import CHANGE_SCHEMA, Change, as_frame
from panoptic_data.annotations.store import annotations_of
from panoptic_data.errors import InvalidProperty, InvalidTag
from panoptic_data.messages import translate
from panoptic_data.views import model
from panoptic_data.views.model import Condition, View

if TYPE_CHECKING:
    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.state import PropertyValues, State
    from panoptic_data.storage.project import Project

__all__ = ["routes", "view_of"]

PICTURES = 24
VALUES = 200
# Of values that another type cannot hold so many different ones are listed.
LOST = 200
# One body defines a few things, or pastes a list of tags.
BODY_AT_MOST = 4 * 2**20
# The parts that can be changed, and what a change of each is called in the history.
PARTS = {"name": "rename", "folder": "place", "hidden": "property", "options": "property"}
TAG_PARTS = {"name": "rename", "colour": "colour", "key": "key"}
_ASK_AGAIN = "private, no-cache"


def routes(project: Project) -> list[Route]:
    """Return the routes of definitions.

    - ``/definitions``: ``position`` of the log and all ``properties`` that are not deleted, each
      with how many ``targets`` have a value and how many ``tags`` it has. 304 where nothing
      happened since.
    - ``/definitions/{id}/tags``: its tags as lists beside each other: ``id``, ``name``,
      ``colour``, ``key``, ``parents``, ``all`` (targets that have it or one below it),
      ``itself``, ``made`` (seconds). 304 where neither the tags nor their use changed.
    - ``/definitions/{id}/values``: how its values are spread (``uses``).
    - ``/definitions/{id}/pictures?tag=``: the first images of these tags and of those below as
      ``sha1s``; how many have one of these tags (``itself``), or one but the first (``others``).
    - ``/definitions/{id}/conversion?type=``: what a change of type would keep and lose.
    - ``/definitions/{id}/explore?tag=``: leads to the images of these tags, or to all that have
      a value.
    - ``POST /define``: ``{"do": …}`` and what it needs (``_ACTS``); answers ``batch`` (null
      where nothing changed), ``position`` and ``id`` or ``ids`` of what was made.
    """
    read = {
        "tags": _tags,
        "values": _values,
        "pictures": _pictures,
        "conversion": _conversion,
        "explore": _explore,
    }
    return [
        Route("/definitions", answering(project, _definitions)),
        *(
            Route(f"/definitions/{{id}}/{name}", answering(project, partial(_of_property, one)))
            for name, one in read.items()
        ),
        Route("/define", answering(project, _define), methods=["POST"]),
    ]


def view_of(one: Property, ids: Sequence[str] = ()) -> View:
    """Return the view of the images that have these tags, or any value, of a property."""
    name = f"p:{one.type}:{one.id}"
    asked = Condition(name, "in", list(ids)) if ids else Condition(name, "is not empty")
    return View(where=(asked,))


# Reading


def _definitions(project: Project, request: Request) -> Response:
    state = annotations_of(project).state()
    headers = _headers(f"{state.position}")
    if _is_known(request, headers):
        return Response(status_code=304, headers=headers)
    many = Counter(tag.property for tag in state.tags.values() if not tag.deleted)
    body = {
        "position": state.position,
        "properties": [
            {
                **{name: value for name, value in asdict(one).items() if name != "deleted"},
                "targets": _targets(project, state, one.id),
                "tags": many[one.id],
            }
            for one in state.live_properties
        ],
    }
    return JSONResponse(body, headers=headers)


def _of_property(
    answer: Callable[[Project, State, Property, Request], Response],
    project: Project,
    request: Request,
) -> Response:
    state = annotations_of(project).state()
    one = state.properties.get(request.path_params["id"])
    if one is None or one.deleted:
        return Response(status_code=404)
    return answer(project, state, one, request)


def _tags(project: Project, state: State, one: Property, request: Request) -> Response:
    known = _remembered(project, f"tags {one.id}", state, one.id, partial(_tag_lists, state, one))
    headers = _headers(f"{one.id}-{known.position}")
    if _is_known(request, headers):
        return Response(status_code=304, headers=headers)
    return Response(known.answer, media_type="application/json", headers=headers)


def _tag_lists(state: State, one: Property) -> bytes:
    shown = state.tags_of(one.id)
    used = property_stats.of_tags(shown, state.values(one.id))
    made = _made(state)
    living = {tag.id for tag in shown}
    lists = {
        **{name: [getattr(tag, name) for tag in shown] for name in ("id", "name", "colour", "key")},
        "parents": [[up for up in tag.parents if up in living] for tag in shown],
        "all": [used[tag.id][0] for tag in shown],
        "itself": [used[tag.id][1] for tag in shown],
        "made": [made.get(tag.id, 0) for tag in shown],
    }
    return json.dumps(lists, ensure_ascii=False, separators=(",", ":")).encode()


def _made(state: State) -> dict[str, int]:
    """Return when each tag was made, in seconds: when it was said whose tag it is."""
    rows = state.definitions.filter((pl.col("kind") == "tag") & (pl.col("property") == "property"))
    seconds = rows["at"].dt.epoch("s").to_list()
    return dict(zip(rows["target"].to_list(), seconds, strict=True))


def _values(project: Project, state: State, one: Property, _: Request) -> Response:
    values = state.values(one.id)
    first = property_stats.listed(values, VALUES)
    shown = _images(project, one, first["target"].to_list())
    body = {
        **asdict(property_stats.summary(one.type, values)),
        "bars": [asdict(bar) for bar in property_stats.bars(one.type, values)],
        "values": [
            {"value": row["value"], "count": row["count"], "sha1": shown.get(row["target"])}
            for row in first.to_dicts()
        ],
    }
    return JSONResponse(body, headers={"Cache-Control": "no-store"})


def _pictures(project: Project, state: State, one: Property, request: Request) -> Response:
    asked = request.query_params.getlist("tag")
    ids = {*asked, *state.descendants(asked)}
    held = state.values(one.id).filter(pl.col("value").is_in(list(ids)))
    targets = held["target"].unique(maintain_order=True)
    shown = _images(project, one, targets.head(PICTURES).to_list())
    body = {
        "sha1s": list(dict.fromkeys(shown.values())),
        "itself": held.filter(pl.col("value").is_in(asked))["target"].n_unique(),
        "others": held.filter(pl.col("value").is_in(asked[1:]))["target"].n_unique(),
    }
    return JSONResponse(body, headers={"Cache-Control": "no-store"})


def _conversion(_: Project, state: State, one: Property, request: Request) -> Response:
    changes, lost = edits.convert(state, one.id, request.query_params.get("type", ""))
    is_new = (pl.col("kind") == "tag") & (pl.col("property") == "name")
    listed = property_stats.listed(lost, LOST)
    body = {
        "kept": state.values(one.id)["target"].n_unique() - lost["target"].n_unique(),
        "lost": lost["target"].n_unique(),
        "tags": changes.filter(is_new).height,
        "distinct": lost["value"].n_unique(),
        "values": listed.select("value", "count").to_dicts(),
    }
    return JSONResponse(body, headers={"Cache-Control": "no-store"})


def _explore(_: Project, __: State, one: Property, request: Request) -> Response:
    view = view_of(one, request.query_params.getlist("tag"))
    return RedirectResponse(f"/?view={model.to_address(view)}", 303)


def _images(project: Project, one: Property, targets: list[str]) -> dict[str, str]:
    """Return the image of each target: itself, or what a file holds."""
    if one.target == "image" or not targets:
        return {sha1: sha1 for sha1 in targets}
    named = ", ".join(f"'{id}'" for id in targets if id.isalnum())
    files = project.database().frame("files", ["file_id", "sha1"], f"file_id IN ({named})")
    found = dict(files.drop_nulls().iter_rows())
    return {id: found[id] for id in targets if id in found}


@dataclass(frozen=True)
class _Known:
    """An answer, and what it was made of."""

    tags: Mapping[str, tags.Tag]
    cells: PropertyValues
    position: int
    answer: Any


_known: dict[tuple[Path, str], _Known] = {}


def _remembered(
    project: Project, name: str, state: State, property: str, make: Callable[[], Any]
) -> _Known:
    """Return an answer anew only where the tags or the values it was made of are others."""
    key = (project.root, name)
    known = _known.get(key)
    cells = state.property_values(property)
    if known is None or known.tags is not state.tags or known.cells is not cells:
        known = _known[key] = _Known(state.tags, cells, state.position, make())
    return known


def _targets(project: Project, state: State, property: str) -> int:
    """Return how many images or files have a value; counted anew where values changed."""
    cells = state.property_values(property)
    known = _counted.get((project.root, property))
    if known is None or known[0] is not cells:
        known = _counted[project.root, property] = (cells, cells.frame()["target"].n_unique())
    return known[1]


_counted: dict[tuple[Path, str], tuple[PropertyValues, int]] = {}


def _headers(tag: str) -> dict[str, str]:
    return {"ETag": f'"{tag}"', "Cache-Control": _ASK_AGAIN}


def _is_known(request: Request, headers: Mapping[str, str]) -> bool:
    return headers["ETag"] in request.headers.get("if-none-match", "")


# Writing


@dataclass(frozen=True)
class _Done:
    """Changes to write, what they are called in the history, and what was made."""

    changes: Iterable[Change] | pl.DataFrame
    act: str
    about: str | None = None
    made: Mapping[str, Any] = field(default_factory=dict)


# One at a time: a name that two choose at once is taken by the first.
_writing = threading.Lock()


def _define(project: Project, request: Request) -> Response:
    told = _told(request)
    store = annotations_of(project)
    who = identity.of_request(request)
    try:
        with _writing:
            done = _ACTS[told["do"]](store.state(fresh=True), told)
            batch = store.commit(done.changes, done.act, about=done.about, author=who)
    except (KeyError, TypeError, ValueError):
        # Not of our pages: they send what the acts need.
        text = translate("annotate.unreadable", language(request))
        return JSONResponse({"error": "request", "message": text}, 400)
    body = {
        "batch": batch.id if batch.changes.height else None,
        "position": store.state().position,
        **done.made,
    }
    return JSONResponse(body, headers={"Cache-Control": "no-store"})


def _told(request: Request) -> Mapping[str, Any]:
    body = anyio.from_thread.run(request.body)
    try:
        told = parsed(body) if len(body) <= BODY_AT_MOST else {}
    except UnreadableBodyError:
        told = {}
    return told if "do" in told else {"do": None}


def _create(state: State, told: Mapping[str, Any]) -> _Done:
    one, changes = properties.create(
        state.properties,
        str(told["name"]),
        str(told["type"]),
        target=told.get("target", "image"),
        folder=_heading(told.get("folder")),
        options=told.get("options"),
    )
    return _Done(changes, "property", one.name, {"id": one.id})


def _alter(state: State, told: Mapping[str, Any]) -> _Done:
    one = _property(state, told)
    parts = {name: value for name, value in told["parts"].items() if name in PARTS}
    if "folder" in parts:
        parts["folder"] = _heading(parts["folder"])
    act = PARTS[min(parts)] if parts else "property"
    return _Done(properties.update(state.properties, one.id, **parts), act, one.name)


def _delete(state: State, told: Mapping[str, Any]) -> _Done:
    one = _property(state, told)
    gone = properties.update(state.properties, one.id, deleted=True)
    return _Done(gone, "delete", one.name)


def _place(state: State, told: Mapping[str, Any]) -> _Done:
    """Put properties in an order; those named in ``folders`` go under another heading."""
    changes = properties.reorder(state.properties, [str(id) for id in told["order"]])
    for id, folder in told.get("folders", {}).items():
        changes += properties.update(state.properties, id, folder=_heading(folder))
    return _Done(changes, "place")


def _rename_heading(state: State, told: Mapping[str, Any]) -> _Done:
    name = _heading(told["to"])
    changes = [
        change
        for one in state.live_properties
        if one.folder == told["from"]
        for change in properties.update(state.properties, one.id, folder=name)
    ]
    return _Done(changes, "rename", name)


def _convert(state: State, told: Mapping[str, Any]) -> _Done:
    one = _property(state, told)
    changes, _ = edits.convert(state, one.id, str(told["type"]))
    return _Done(changes, "convert", one.name)


def _tag(state: State, told: Mapping[str, Any]) -> _Done:
    """Make tags; of several that are pasted, those that are there already are left out."""
    one = _property(state, told)
    if not one.has_tags:
        raise InvalidProperty("holds_no_tags", name=one.name)
    names = [str(name) for name in told["names"]]
    known = dict(state.tags)
    made: list[tags.Tag] = []
    changes: list[Change] = []
    for name in names:
        try:
            new, steps = tags.create(known, one.id, name, parents=told.get("parents", ()))
        except InvalidTag:
            if len(names) == 1:
                raise
            continue
        known[new.id] = new
        made.append(new)
        changes += steps
    return _Done(changes, "tag", _named(made), {"ids": [tag.id for tag in made]})


def _alter_tags(state: State, told: Mapping[str, Any]) -> _Done:
    parts = {name: one for name, one in told["parts"].items() if name in TAG_PARTS}
    chosen = [_tag_of(state, id) for id in told["ids"]]
    changes = [
        change for tag in chosen for change in tags.update(state.tags, tag.id, **dict(parts))
    ]
    return _Done(changes, TAG_PARTS[min(parts)] if parts else "tag", _named(chosen))


def _put(state: State, told: Mapping[str, Any]) -> _Done:
    """Put tags under another one, or under none; ``from`` is the tag each was taken from.

    ``order`` puts them among those that stand there. ``moves`` without a parent that is told are
    an order alone.
    """
    changes = _linked(state, told) if "parent" in told else []
    ids = [_tag_of(state, move["id"]).id for move in told["moves"]]
    moved = [state.tags[id] for id in ids]
    act = "link" if told.get("parent") is not None else "unlink"
    if "order" in told:
        order = [_tag_of(state, id).id for id in told["order"]]
        act = act if changes else "order"
        changes += tags.reorder(state.tags, order, ids)
    return _Done(changes, act, _named(moved))


def _linked(state: State, told: Mapping[str, Any]) -> list[Change]:
    """Return the links that put tags elsewhere, and take them from where they were."""
    parent, keep = told["parent"], told.get("keep") is True
    known = dict(state.tags)
    changes: list[Change] = []
    for move in told["moves"]:
        tag = _tag_of(state, move["id"])
        left = tag.parents if parent is None else [move.get("from")]
        if parent is not None:
            link = tags.link(known, tag.id, parent)
            changes += link
            known[tag.id] = tags.with_parent(known[tag.id], parent) if link else known[tag.id]
        for old in left:
            if old is not None and old != parent and not keep:
                changes += tags.unlink(state.tags, tag.id, old)
    return changes


def _unlink(state: State, told: Mapping[str, Any]) -> _Done:
    tag = _tag_of(state, told["id"])
    return _Done(tags.unlink(state.tags, tag.id, told["parent"]), "unlink", tag.name)


def _merge(state: State, told: Mapping[str, Any]) -> _Done:
    keep = _tag_of(state, told["keep"])
    others = [str(id) for id in told["others"]]
    return _Done(edits.merge_tags(state, keep.id, others), "merge", keep.name)


def _delete_tags(state: State, told: Mapping[str, Any]) -> _Done:
    """Delete tags: images lose them, what stood below moves up."""
    gone = [_tag_of(state, id) for id in told["ids"]]
    one = state.properties[gone[0].property]
    ids = [tag.id for tag in gone]
    steps = [one for id in ids for one in tags.update(state.tags, id, deleted=True, key=None)]
    steps += _moved_up(state, set(ids))
    held = state.values(one.id).filter(pl.col("value").is_in(ids))
    none = pl.lit(None, dtype=pl.String)
    taken = held.select(
        kind=pl.lit(one.target),
        target="target",
        property=pl.lit(one.id),
        op=pl.lit("remove" if one.holds_several else "set"),
        old=none if one.holds_several else pl.col("value"),
        new=pl.col("value") if one.holds_several else none,
    )
    changes = pl.concat([as_frame(steps), taken.select(list(CHANGE_SCHEMA))])
    return _Done(changes, "delete", _named(gone))


def _moved_up(state: State, gone: set[str]) -> list[Change]:
    """Return the links that put what stood below deleted tags under what stood above them."""
    changes: list[Change] = []
    for id, tag in state.tags.items():
        if tag.deleted or id in gone or gone.isdisjoint(tag.parents):
            continue
        changes += [Change("tag", id, "parents", "remove", up) for up in tag.parents if up in gone]
        new = _above(state, tag, gone) - set(tag.parents)
        changes += [Change("tag", id, "parents", "add", up) for up in sorted(new)]
    return changes


def _above(state: State, tag: tags.Tag, gone: set[str]) -> set[str]:
    """Return the nearest tags above one that stay."""
    found: set[str] = set()
    waiting = [up for up in tag.parents if up in gone]
    seen = set(waiting)
    while waiting:
        for up in state.tags[waiting.pop()].parents:
            if up not in gone:
                found.add(up)
            elif up not in seen:
                seen.add(up)
                waiting.append(up)
    return found


_ACTS: Mapping[Any, Callable[[State, Mapping[str, Any]], _Done]] = {
    "create": _create,
    "alter": _alter,
    "delete": _delete,
    "place": _place,
    "heading": _rename_heading,
    "convert": _convert,
    "tag": _tag,
    "tag_alter": _alter_tags,
    "tag_put": _put,
    "tag_unlink": _unlink,
    "tag_merge": _merge,
    "tag_delete": _delete_tags,
}


def _property(state: State, told: Mapping[str, Any]) -> Property:
    one = state.properties.get(told["id"])
    if one is None or one.deleted:
        raise InvalidProperty("unknown", name=str(told["id"]))
    return one


def _tag_of(state: State, id: Any) -> tags.Tag:
    one = state.tags.get(id)
    if one is None or one.deleted:
        raise InvalidTag("unknown", name=str(id))
    return one


def _heading(text: Any) -> str | None:
    """Return the name of a heading as it is kept; None for none."""
    return " ".join(str(text or "").split())[: properties.LONGEST_NAME] or None


def _named(some: Sequence[tags.Tag]) -> str | None:
    return ", ".join(tag.name for tag in some[:3]) + ("…" if len(some) > 3 else "") or None
