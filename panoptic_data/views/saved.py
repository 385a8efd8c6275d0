"""Views that are kept with the project: their names, and which of them are open as tabs.

Not here: what a view is (``views``), running one (``catalogue``), when a tab's view is written
(the dashboard). Several processes may write at once: each change reads and writes under a lock.
A view that this release cannot read stays in the table as it is and is listed with its problem.
"""

from __future__ import annotations

import getpass
import json
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from panoptic_data.errors import InvalidView, WriteConflict
from panoptic_data.storage.project import Project
from panoptic_data.views import model
from panoptic_data.views.model import View

__all__ = [
    "LAST",
    "LOCK",
    "Saved",
    "close",
    "duplicate",
    "get",
    "listing",
    "remove",
    "rename",
    "reopen",
    "reorder",
    "restore",
    "save",
    "update",
]

TABLE = "views"
LOCK = "views.lock"
# Held for a read and a write of a small table.
LOCK_SECONDS = 10.0
# After all tabs that are open.
LAST = 2**31 - 1
LONGEST_NAME = 200
# A tab in use is written every few seconds, and each write leaves a version behind.
COMPACT_VERSIONS = 100
DELETED_KEPT_FOR = timedelta(days=30)

_Rows = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Saved:
    """One saved view. ``view`` is None where it cannot be read: ``problem`` then says why.

    ``place`` is its order among the open tabs; None where it is not open.
    """

    id: str
    name: str
    view: View | None
    problem: InvalidView | None
    author: str | None
    at: datetime
    place: int | None

    @property
    def is_open(self) -> bool:
        """Whether it is open as a tab."""
        return self.place is not None


@dataclass(frozen=True)
class _Listed:
    version: int
    saved: tuple[Saved, ...]


_listed: dict[Path, _Listed] = {}
_listed_lock = threading.Lock()


def listing(project: Project) -> list[Saved]:
    """Return the open tabs in their order, then the other views, the last changed first."""
    database = project.database()
    version = database.version(TABLE)
    with _listed_lock:
        known = _listed.get(project.root)
    if known is not None and known.version == version:
        return list(known.saved)
    rows = database.read(TABLE, version=version or None).to_pylist()
    shown = [_saved(row) for row in rows if not row["deleted"]]
    opened = sorted((one for one in shown if one.is_open), key=_tab_order)
    others = sorted((one for one in shown if not one.is_open), key=lambda one: one.at, reverse=True)
    with _listed_lock:
        _listed[project.root] = _Listed(version, (*opened, *others))
    return [*opened, *others]


def get(project: Project, id: str) -> Saved | None:
    """Return one saved view, or None where there is none of this id."""
    return next((one for one in listing(project) if one.id == id), None)


def save(project: Project, name: str, view: View, place: int | None = None) -> Saved:
    """Keep a view under a name; with a place (``LAST``: after the others) it is open as a tab."""
    row = _row(name, _written(view))
    with _held(project) as rows:
        rows[row["id"]] = row
        _put(rows, row["id"], place)
    return _saved(row)


def update(project: Project, id: str, view: View) -> Saved | None:
    """Put another view under a saved name; nothing is written where it is the same.

    Returns None where the saved view is gone. Raises InvalidView where what is kept cannot be
    read: it is not ours to write over.
    """
    with _held(project) as rows:
        row = _found(rows, id)
        if row is None:
            return None
        if model.from_json(row["view"]) != view:
            row.update(view=_written(view), at=_now())
    return _saved(row)


def rename(project: Project, id: str, name: str) -> Saved | None:
    """Give a saved view another name; an empty one changes nothing. None where it is gone."""
    with _held(project) as rows:
        row = _found(rows, id)
        if row is None:
            return None
        wanted = _fit(name)
        if wanted and wanted != row["name"]:
            row.update(name=wanted, at=_now())
    return _saved(row)


def duplicate(project: Project, id: str, name: str | None = None) -> Saved | None:
    """Keep the same view once more, as a tab beside the first. None where that is gone."""
    with _held(project) as rows:
        row = _found(rows, id)
        if row is None:
            return None
        copied = _row(name or row["name"], row["view"])
        rows[copied["id"]] = copied
        _put(rows, copied["id"], LAST if row["place"] is None else row["place"] + 1)
    return _saved(copied)


def reorder(project: Project, ids: list[str]) -> None:
    """Put the open tabs in this order; those that are not named follow in their own."""
    with _held(project) as rows:
        named = [id for id in dict.fromkeys(ids) if id in _opened(rows)]
        _number(rows, [*named, *(id for id in _opened(rows) if id not in named)])


def reopen(project: Project, id: str, place: int = LAST) -> Saved | None:
    """Open a saved view as a tab, or move its tab. None where it is gone."""
    with _held(project) as rows:
        row = _found(rows, id)
        if row is not None:
            _put(rows, id, place)
    return None if row is None else _saved(row)


def close(project: Project, id: str) -> None:
    """Take a view from the tabs; it stays saved."""
    with _held(project) as rows:
        if _found(rows, id) is not None:
            _put(rows, id, None)


def remove(project: Project, id: str) -> None:
    """Delete a saved view; :func:`restore` brings it back within a month."""
    with _held(project) as rows:
        row = _found(rows, id)
        if row is not None:
            _put(rows, id, None)
            row.update(deleted=True, at=_now())


def restore(project: Project, id: str, place: int | None = None) -> Saved | None:
    """Bring back a saved view that was removed, as a tab where a place is given."""
    with _held(project) as rows:
        row = rows.get(id)
        if row is not None:
            row.update(deleted=False, at=_now())
            _put(rows, id, place)
    return None if row is None else _saved(row)


@contextmanager
def _held(project: Project) -> Iterator[_Rows]:
    """Give the rows by their ids to one writer at a time; write in one commit what it changes."""
    try:
        lock = FileLock(project.root / LOCK).acquire(timeout=LOCK_SECONDS)
    except Timeout:
        raise WriteConflict(table=TABLE) from None
    with lock:
        stored = project.database().read(TABLE).to_pylist()
        rows = {row["id"]: dict(row) for row in stored}
        yield rows
        before = {row["id"]: row for row in stored}
        changed = [row for id, row in rows.items() if row != before.get(id)]
        if changed:
            _write(project, changed)


def _write(project: Project, rows: list[dict[str, Any]]) -> None:
    import pyarrow as pa

    from panoptic_data.storage.schema import arrow

    database = project.database()
    version = database.upsert(TABLE, pa.Table.from_pylist(rows, schema=arrow(TABLE)))
    if version % COMPACT_VERSIONS == 0:
        _tidy(project)


def _tidy(project: Project) -> None:
    """Forget what was deleted long ago, and the versions past their time."""
    database = project.database()
    deleted = database.read(TABLE, ["id", "at"], "deleted").to_pylist()
    old = [row["id"] for row in deleted if row["at"] < _now() - DELETED_KEPT_FOR]
    if old:
        database.delete(TABLE, old)
    database.compact(TABLE)


def _found(rows: _Rows, id: str) -> dict[str, Any] | None:
    row = rows.get(id)
    return None if row is None or row["deleted"] else row


def _opened(rows: _Rows) -> list[str]:
    shown = [row for row in rows.values() if row["place"] is not None and not row["deleted"]]
    return [row["id"] for row in sorted(shown, key=lambda row: (row["place"], row["at"]))]


def _put(rows: _Rows, id: str, place: int | None) -> None:
    """Put one among the open tabs, or take it from them; the others keep their order."""
    order = [other for other in _opened(rows) if other != id]
    rows[id]["place"] = None
    if place is not None:
        order.insert(max(0, place), id)
    _number(rows, order)


def _number(rows: _Rows, order: list[str]) -> None:
    for place, id in enumerate(order):
        rows[id]["place"] = place


def _row(name: str, view: str) -> dict[str, Any]:
    return {
        "id": secrets.token_hex(4),
        "name": _fit(name),
        "view": view,
        "author": _author(),
        "at": _now(),
        "place": None,
        "deleted": False,
    }


def _saved(row: Mapping[str, Any]) -> Saved:
    view: View | None = None
    problem: InvalidView | None = None
    try:
        view = model.from_json(row["view"])
    except InvalidView as error:
        problem = error
    return Saved(row["id"], row["name"], view, problem, row["author"], row["at"], row["place"])


def _tab_order(saved: Saved) -> tuple[int, datetime]:
    return saved.place or 0, saved.at


def _written(view: View) -> str:
    return json.dumps(model.to_json(view), ensure_ascii=False, separators=(",", ":"))


def _fit(name: str) -> str:
    """Make one line of a name."""
    return " ".join(name.split())[:LONGEST_NAME].rstrip()


def _author() -> str | None:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        # A container's user may have no name.
        return None


def _now() -> datetime:
    return datetime.now(UTC)
