"""What pages read and write of annotations, over HTTP: a press is stored before a page is drawn.

Not here: what a change is and where it is kept (``panoptic_data.annotations.edits``,
``annotations``), who may ask (``guard``), who asks (``author``), undo and history (``undoing``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio.from_thread
import polars as pl
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.api.endpoint import Answer, answering, language
from app.api.request_body import UnreadableBodyError, is_longer, parsed, unreadable
from app.server import identity as author
from app.services import group_names
from panoptic_data.annotations import edits, properties, tags
from panoptic_data.annotations.log import CHANGE_SCHEMA, Change, as_frame
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import frozen_results, registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.errors import InvalidProperty, InvalidTag
from panoptic_data.views import model

if TYPE_CHECKING:
    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.state import State
    from panoptic_data.annotations.store import Store
    from panoptic_data.storage.project import Project

__all__ = ["routes"]

# A million sha1s as JSON.
BODY_AT_MOST = 64 * 2**20
# Files of so few images are asked for by name, those of more are sought among all.
NAMED_AT_MOST = 200
# What a batch was about is read in one line of the history.
ABOUT_AT_MOST = 80
OPS = ("set", "add", "remove", "toggle")
_NEVER_KEPT = {"Cache-Control": "no-store"}
_NO_FILES = pl.DataFrame(schema={"file_id": pl.String, "place": pl.String})


def routes(project: Project) -> list[Route]:
    """Return the routes of annotations; all but the first two take a JSON object.

    - ``GET /annotations?sha1=&known=``: ``position`` in the log; what is defined, as ``version``,
      ``properties`` and ``tags`` (left out where ``known`` is that version); with ``sha1`` what is
      said of it: ``excluded`` and ``values``, property → ``texts`` (canonical), ``author``,
      ``at``, ``mixed`` (whether its files differ) and, where a property is one of files,
      ``files``: the same of each by its place. ``files`` are the places of all that hold it, where
      there are such properties. Deleted things are left out.
    - ``GET /annotations/position``: ``position`` and ``version`` alone.
    - ``POST /annotate``: ``targets``, and ``property``, ``op`` (set, add, remove; toggle takes
      tags off where all have them) with ``value``, or ``values`` or ``names`` of tags; names
      that are not there are made. Several such as ``edits`` are one batch. ``act`` names it.
    - ``POST /copy``: the values of ``source`` to ``targets``, of ``properties``.
    - ``POST /exclude``: ``targets`` out of the corpus, or back with ``excluded`` false.
    - ``POST /properties``: a new one, of ``name`` and ``type``; with ``target``, ``options``.
    - ``GET /levels?view=&lang=``: what a view is grouped by, as ``levels`` (``naming.levels``).
    - ``POST /names``: the names of the groups of a ``view`` at a ``level`` to its images, as
      values of ``property``, or of a ``new`` one (``name``, ``type``, ``target``). ``way`` is one
      of ``edits.WAYS``, ``short`` takes of folders the last part. Tells ``names``, ``targets``,
      ``tags`` (new ones) and ``replaced``, too; with ``dry`` it writes nothing.

    ``targets`` are ``sha1s`` (with ``places``, of their files only these), or ``view`` (an
    address) and ``selection``: ``all`` of it but ``except``, or ``ids``; ``held`` in it names a
    hold of the view, if there is one. What is written is answered with ``batch`` (null where
    nothing changed), ``position``, ``version``, ``changed`` (how many images or files) and ``op``.
    """
    posted = {
        "/annotate": _annotate,
        "/copy": _copy,
        "/exclude": _exclude,
        "/properties": _make_property,
        "/names": _names,
    }
    return [
        Route("/annotations", answering(project, _annotations)),
        Route("/levels", answering(project, _levels)),
        Route("/annotations/position", answering(project, _position)),
        *(
            Route(path, answering(project, _written(act)), methods=["POST"])
            for path, act in posted.items()
        ),
    ]


@dataclass(frozen=True)
class _Asked:
    """One request that writes: its body, and the annotations as they are now."""

    project: Project
    body: Mapping[str, Any]
    author: str
    language: str
    store: Store
    state: State

    @cached_property
    def targets(self) -> _Targets:
        """The images that are meant."""
        return _targets(self.project, _object(self.body, "targets"))

    def targets_of(self, property: str) -> list[str]:
        """Return what is meant of a property: images, or the files that hold them."""
        is_of_files = self.state.target_kind(property) == "file"
        return self.targets.files if is_of_files else self.targets.sha1s

    def commit(
        self, changes: pl.DataFrame, act: str, about: str | None = None, **more: Any
    ) -> dict[str, Any]:
        """Write changes as one batch; return what is answered."""
        batch = self.store.commit(changes, act, about=about, author=self.author)
        of_values = changes.filter(pl.col("kind").is_in(["image", "file"]))
        return {
            "batch": batch.id if changes.height else None,
            **_at(self.project, self.store.state()),
            "changed": of_values["target"].n_unique(),
            **more,
        }


@dataclass(frozen=True)
class _Targets:
    """Images, and where only some of their files are meant, the places of these."""

    project: Project
    sha1s: list[str]
    places: pl.Series | None

    @cached_property
    def files(self) -> list[str]:
        """The ids of their files that are meant."""
        found = _files(self.project, self.sha1s)
        if self.places is not None:
            found = found.filter(pl.col("place").is_in(self.places.implode()))
        ids: list[str] = found["file_id"].to_list()
        return ids


def _written(act: Callable[[_Asked], dict[str, Any]]) -> Answer:
    """Read the body of a request and answer it with what was written."""

    def answered(project: Project, request: Request) -> Response:
        if is_longer(request, BODY_AT_MOST):
            return Response(status_code=413)
        store = annotations_of(project)
        try:
            body = parsed(anyio.from_thread.run(request.body))
            who = author.of_request(request)
            state = store.state(fresh=True)
            told = act(_Asked(project, body, who, language(request), store, state))
        except UnreadableBodyError:
            return unreadable(language(request))
        return JSONResponse(told, headers=_NEVER_KEPT)

    return answered


def _annotate(asked: _Asked) -> dict[str, Any]:
    listed = asked.body.get("edits", [asked.body])
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise UnreadableBodyError
    parts, abouts, ops = [pl.DataFrame(schema=CHANGE_SCHEMA)], [], []
    for edit in listed:
        one = _property(asked.state, edit)
        op = _op(asked, one, edit)
        parts.append(_changes(asked, one, op, edit))
        abouts.append(_about(asked.state, one, edit))
        ops.append(op)
    act = asked.body.get("act")
    done = act if act == "stamp" else _act(listed, ops)
    about = ", ".join(abouts) if len(abouts) == 1 else _cut(", ".join(abouts))
    return asked.commit(pl.concat(parts), done, about, op=ops[0] if len(ops) == 1 else None)


def _copy(asked: _Asked) -> dict[str, Any]:
    source = _text(asked.body, "source")
    chosen = [_known(asked.state, id) for id in _texts(asked.body, "properties")]
    images = [one.id for one in chosen if one.target == "image"]
    parts = [edits.copy_values(asked.state, source, asked.targets.sha1s, images)]
    of_files = [one.id for one in chosen if one.target == "file"]
    files = _files(asked.project, [source])["file_id"].to_list() if of_files else []
    if files:
        parts.append(edits.copy_values(asked.state, files[0], asked.targets.files, of_files))
    about = _cut(", ".join(one.name for one in chosen))
    return asked.commit(pl.concat(parts), "copy", about)


def _exclude(asked: _Asked) -> dict[str, Any]:
    is_out = asked.body.get("excluded", True) is not False
    changes = edits.exclude(asked.state, asked.targets.sha1s, is_out)
    return asked.commit(changes, "exclude" if is_out else "include")


def _make_property(asked: _Asked) -> dict[str, Any]:
    options = asked.body.get("options")
    made, changes = properties.create(
        asked.state.properties,
        _text(asked.body, "name"),
        _text(asked.body, "type"),
        target=str(asked.body.get("target", "image")),
        options=options if isinstance(options, dict) else None,
    )
    return asked.commit(as_frame(changes), "property", made.name, property=made.id)


def _names(asked: _Asked) -> dict[str, Any]:
    """Make the names of groups values of their images."""
    body, state = asked.body, asked.state
    making: list[Change] = []
    if "new" in body:
        new = _object(body, "new")
        one, making = properties.create(
            state.properties,
            _text(new, "name"),
            _text(new, "type"),
            target=str(new.get("target", "image")),
        )
        state = replace(state, properties={**state.properties, one.id: one})
    else:
        one = _property(state, body)
    view, level = model.from_address(_text(body, "view")), body.get("level", 0)
    # The groups are those that the person sees.
    current, _ = frozen_results.shown(registry.get(asked.project), view, body.get("held"))
    if not isinstance(level, int) or body.get("way", "set") not in edits.WAYS:
        raise UnreadableBodyError
    given = group_names.names(
        current,
        view,
        level,
        asked.language,
        by_file=one.target == "file",
        is_short=body.get("short") is True,
    )
    changes = edits.assign_by_name(state, one.id, given, body.get("way", "set"))
    of_values = pl.col("kind") == one.target
    told = {
        "names": given["name"].n_unique(),
        "targets": given["target"].n_unique(),
        "tags": changes.filter((pl.col("kind") == "tag") & (pl.col("property") == "name")).height,
        "replaced": changes.filter(of_values & pl.col("old").is_not_null()).height,
        "property": one.id,
    }
    if body.get("dry") is True:
        return {"changed": changes.filter(of_values)["target"].n_unique(), **told}
    is_folder = len(view.group) > level and view.group[level].field == "folder"
    # Without a name to give there is no property to make.
    written = pl.concat([as_frame(making), changes]) if given.height else changes
    return asked.commit(written, "folders" if is_folder else "names", one.name, **told)


def _levels(project: Project, request: Request) -> Response:
    view = model.from_address(request.query_params.get("view", ""))
    told = group_names.levels(registry.get(project), view, language(request))
    return JSONResponse({"levels": told}, headers=_NEVER_KEPT)


def _annotations(project: Project, request: Request) -> Response:
    state = annotations_of(project).state()
    told: dict[str, Any] = {"position": state.position, **_defined(project, state)}
    if request.query_params.get("known") == told["version"]:
        del told["properties"], told["tags"]
    sha1 = request.query_params.get("sha1")
    if sha1:
        told |= {"sha1": sha1, **_said(project, state, sha1)}
    return JSONResponse(told, headers=_NEVER_KEPT)


def _position(project: Project, _: Request) -> Response:
    told = _at(project, annotations_of(project).state())
    return JSONResponse(told, headers=_NEVER_KEPT)


def _at(project: Project, state: State) -> dict[str, Any]:
    return {"position": state.position, "version": _defined(project, state)["version"]}


# What is defined changes seldom and is asked for with each image. A state keeps its frame of
# definitions until something in it changes.
_defined_of: dict[Path, tuple[pl.DataFrame, dict[str, Any]]] = {}


def _defined(project: Project, state: State) -> dict[str, Any]:
    """Return the properties and tags that are not deleted, and a text that names their state."""
    known = _defined_of.get(project.root)
    if known is None or known[0] is not state.definitions:
        known = _defined_of[project.root] = (state.definitions, _define(state))
    return dict(known[1])


def _define(state: State) -> dict[str, Any]:
    shown = state.live_properties
    ids = {one.id for one in shown}
    told = {
        "properties": [
            {
                "id": one.id,
                "name": one.name,
                "type": one.type,
                "target": one.target,
                "folder": one.folder,
                "options": dict(one.options),
                "hidden": one.hidden,
            }
            for one in shown
        ],
        "tags": [
            {
                "id": one.id,
                "property": one.property,
                "name": one.name,
                "colour": one.colour,
                "parents": list(one.parents),
                "key": one.key,
            }
            for one in state.tags.values()
            if one.property in ids and not one.deleted
        ],
    }
    version = blake2b(json.dumps(told).encode(), digest_size=8).hexdigest()
    return {"version": version, **told}


def _said(project: Project, state: State, sha1: str) -> dict[str, Any]:
    """Return what is said of an image, and of its files where they all say the same."""
    shown = {one.id: one for one in state.live_properties}
    found = {id: held for id, held in state.values_of_target(sha1).items() if id in shown}
    values = {id: _cell(state, shown[id], held) for id, held in found.items()}
    of_files = [one for one in shown.values() if one.target == "file"]
    files = _files(project, [sha1]) if of_files else _NO_FILES
    for one in of_files:
        held = state.property_values(one.id).take(files["file_id"])
        if held.height:
            values[one.id] = _cell_of_files(state, one, held, files)
    return {
        "excluded": state.excluded.take([sha1]).height > 0,
        "files": files["place"].to_list(),
        "values": values,
    }


def _cell_of_files(
    state: State, one: Property, held: pl.DataFrame, files: pl.DataFrame
) -> dict[str, Any]:
    """Return what the files of an image say together, and each of them."""
    each = held.group_by("target").agg(pl.col("value").sort())
    cells = {
        place: _cell(state, one, own)
        for id, place in files.iter_rows()
        if (own := held.filter(pl.col("target") == id)).height
    }
    is_mixed = each.height < files.height or each["value"].n_unique() > 1
    return {**_cell(state, one, held), "mixed": is_mixed, "files": cells}


def _cell(state: State, one: Property, held: pl.DataFrame) -> dict[str, Any]:
    texts = held["value"].unique(maintain_order=True).to_list()
    if one.has_tags:
        # In the order of the tags; those that were deleted are seen no more.
        there = set(texts)
        texts = [tag.id for tag in state.tags_of(one.id) if tag.id in there]
    last = held.row(int(held["at"].arg_max() or 0), named=True)
    return {
        "texts": texts,
        "author": last["author"],
        "at": f"{last['at']:%Y-%m-%dT%H:%M:%SZ}",
        "mixed": False,
    }


def _op(asked: _Asked, one: Property, edit: Mapping[str, Any]) -> str:
    """Return what an edit does: a toggle adds, unless there is nothing to add."""
    op = edit.get("op", "set")
    if op not in OPS:
        raise UnreadableBodyError
    if op != "toggle":
        return str(op)
    return "add" if _changes(asked, one, "add", edit).height else "remove"


def _changes(asked: _Asked, one: Property, op: str, edit: Mapping[str, Any]) -> pl.DataFrame:
    state, targets = asked.state, asked.targets_of(one.id)
    if "names" in edit:
        return _by_names(state, one, op, targets, _texts(edit, "names"))
    if op == "set":
        value = edit["values"] if "values" in edit else edit.get("value")
        if one.has_tags:
            value = _ids(edit)
        elif isinstance(value, list | dict):
            raise UnreadableBodyError
        return edits.set_value(state, one.id, targets, value)
    change = edits.add_tags if op == "add" else edits.remove_tags
    return change(state, one.id, targets, _ids(edit))


def _by_names(
    state: State, one: Property, op: str, targets: list[str], names: list[str]
) -> pl.DataFrame:
    if op == "remove":
        known = tags.by_name(state.tags, one.id)
        ids = [known[name].id for name in map(_spelled, names) if name in known]
        return edits.remove_tags(state, one.id, targets, ids)
    if op == "set" and not names:
        return edits.set_value(state, one.id, targets, None)
    rows = pl.DataFrame({"target": targets}, schema={"target": pl.String}).join(
        pl.DataFrame({"name": names}, schema={"name": pl.String}), how="cross"
    )
    return edits.tag_by_name(state, one.id, rows, add=op == "add")


def _act(listed: list[Mapping[str, Any]], ops: list[str]) -> str:
    if len(ops) != 1:
        return "set"
    if ops[0] == "remove":
        return "untag"
    if ops[0] == "add":
        return "tag"
    [edit] = listed
    is_empty = not any(
        edit.get(name) not in (None, "", []) for name in ("value", "values", "names")
    )
    return "clear" if is_empty else "set"


def _about(state: State, one: Property, edit: Mapping[str, Any]) -> str:
    """Say in a line what an edit is about: the property, and the value as a person knows it."""
    if "names" in edit:
        said = [str(name) for name in edit["names"]]
    elif one.has_tags:
        said = [state.tags[id].name for id in _ids(edit) if id in state.tags]
    else:
        value = edit.get("value")
        said = [] if value in (None, "") else [str(value)]
    return _cut(f"{one.name}: {', '.join(said)}" if said else one.name)


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= ABOUT_AT_MOST else f"{line[:ABOUT_AT_MOST]}…"


def _spelled(name: str) -> str:
    return " ".join(name.split()).casefold()


def _targets(project: Project, told: Mapping[str, Any]) -> _Targets:
    current = registry.get(project)
    if "sha1s" in told:
        named = _texts(told, "sha1s")
        places = pl.Series(_texts(told, "places"), dtype=pl.String) if "places" in told else None
        return _Targets(project, current.sha1s(current.rows_of(_ascii(named))), places)
    view = model.from_address(str(told.get("view", "")))
    selection = _object(told, "selection")
    held = selection.get("held")
    # What is meant is what the person sees.
    current, _ = frozen_results.shown(current, view, held if isinstance(held, str) else None)
    found = run_view(current, view)
    places = None
    if found.files is not None:
        places = current.corpus.files["place"].gather(found.files)
    if selection.get("all") is not True:
        sha1s = current.sha1s(current.rows_of(_ascii(_texts(selection, "ids"))))
        return _Targets(project, sha1s, places)
    left = frozenset(_texts(selection, "except"))
    shown = dict.fromkeys(current.sha1s(found.rows))
    return _Targets(project, [one for one in shown if one not in left], places)


def _files(project: Project, sha1s: list[str]) -> pl.DataFrame:
    """Return the files that hold some images: file_id, place."""
    columns = ("file_id", "source", "path", "sha1")
    where = None
    if len(sha1s) <= NAMED_AT_MOST:
        listed = ", ".join(f"'{one}'" for one in _ascii(sha1s)) or "''"
        where = f"sha1 IN ({listed})"
    rows = project.database().frame("files", columns, where)
    rows = rows.filter(pl.col("sha1").is_in(pl.Series(sha1s, dtype=pl.String).implode()))
    place = pl.concat_str("source", "path", separator="/")
    return rows.sort("source", "path").select("file_id", place=place)


def _property(state: State, edit: Mapping[str, Any]) -> Property:
    return _known(state, _text(edit, "property"))


def _known(state: State, id: str) -> Property:
    one = state.properties.get(id)
    if one is None or one.deleted:
        raise InvalidProperty("unknown", name=id)
    return one


def _ids(edit: Mapping[str, Any]) -> list[str]:
    """Return ids of tags, given as a list or as one."""
    told = edit.get("values", edit.get("value"))
    listed = told if isinstance(told, list) else [] if told in (None, "") else [told]
    if not all(isinstance(one, str) for one in listed):
        raise InvalidTag("unknown", name=str(listed)[:40])
    return listed


def _ascii(sha1s: Iterable[str]) -> list[str]:
    """Leave out what can be no sha1."""
    return [one for one in sha1s if one.isascii() and one.isalnum()]


def _object(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name)
    if not isinstance(value, dict):
        raise UnreadableBodyError
    return value


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise UnreadableBodyError
    return value


def _texts(body: Mapping[str, Any], name: str) -> list[str]:
    value = body.get(name)
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise UnreadableBodyError
    return value
