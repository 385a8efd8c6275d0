"""Views that are kept with the project: their names, and which of them are open as tabs.

Not here: what a view is (``model``), running one (``catalogue.execute``), when a tab's view is
written (``app.widgets.view_tabs``). Several processes may write at once: each change reads and
writes under a lock. A view that this release cannot read stays in the table as it is and is listed
with its problem.
"""

from __future__ import annotations

import getpass
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from filelock import FileLock, Timeout

from panoptic_data.errors import InvalidView, WriteConflict
from panoptic_data.storage.per_project import PerProject
from panoptic_data.storage.project import Project
from panoptic_data.views import model
from panoptic_data.views.model import View

__all__ = [
    "LAST",
    "LOCK",
    "SavedView",
    "close",
    "duplicate",
    "get",
    "list_views",
    "remove",
    "rename",
    "reopen",
    "reorder",
    "restore",
    "rewrite",
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
class SavedView:
    """One saved view. ``view`` is None where it cannot be read: ``problem`` then says why.

    ``position`` is its order among the open tabs, from 0 on; None where it is not open.
    ``changed_at`` is when its name or its view was last changed.
    """

    id: str
    name: str
    view: View | None
    problem: InvalidView | None
    author: str | None
    changed_at: datetime
    position: int | None

    @property
    def is_open(self) -> bool:
        """Whether it is open as a tab."""
        return self.position is not None


@dataclass(frozen=True)
class _CachedList:
    version: int
    saved: tuple[SavedView, ...]


# Each holds the last list that was read, if any.
_cached_lists: PerProject[list[_CachedList]] = PerProject()


def list_views(project: Project) -> list[SavedView]:
    """Return the open tabs in their order, then the other views, the last changed first."""
    database = project.database()
    version = database.version(TABLE)
    held = _cached_lists.of(project.folder, list)
    for cached in held[:1]:
        if cached.version == version:
            return list(cached.saved)
    rows = database.read(TABLE, version=version or None).to_pylist()
    views = [_from_row(row) for row in rows if not row["deleted"]]
    opened = sorted((view for view in views if view.is_open), key=_tab_order)
    others = sorted(
        (view for view in views if not view.is_open), key=lambda view: view.changed_at, reverse=True
    )
    held[:] = [_CachedList(version, (*opened, *others))]
    return [*opened, *others]


def get(project: Project, id: str) -> SavedView | None:
    """Return one saved view, or None where there is none of this id."""
    return next((view for view in list_views(project) if view.id == id), None)


def save(
    project: Project,
    name: str | Callable[[frozenset[str]], str],
    view: View,
    position: int | None = None,
) -> SavedView:
    """Save a view under a name; with a position (``LAST``: after the others) it is an open tab.

    A ``name`` that depends on the names that there are is a function from these to a new one.
    """
    text = _to_text(view)
    with _locked_rows(project) as rows:
        if not isinstance(name, str):
            name = name(frozenset(row["name"] for row in rows.values() if not row["deleted"]))
        row = _new_row(name, text)
        rows[row["id"]] = row
        _set_position(rows, row["id"], position)
    return _from_row(row)


def update(project: Project, id: str, view: View) -> SavedView | None:
    """Put another view under a saved name; nothing is written where it is the same.

    Returns None where the saved view is gone. Raises InvalidView where what is kept cannot be
    read: it is not ours to write over.
    """
    with _locked_rows(project) as rows:
        row = _existing(rows, id)
        if row is None:
            return None
        if model.from_json(row["view"]) != view:
            row.update(view=_to_text(view), at=_now())
    return _from_row(row)


def rename(project: Project, id: str, name: str) -> SavedView | None:
    """Give a saved view another name; an empty one changes nothing. None where it is gone."""
    with _locked_rows(project) as rows:
        row = _existing(rows, id)
        if row is None:
            return None
        new_name = _single_line(name)
        if new_name and new_name != row["name"]:
            row.update(name=new_name, at=_now())
    return _from_row(row)


def duplicate(project: Project, id: str, name: str | None = None) -> SavedView | None:
    """Keep the same view once more, as a tab beside the first. None where that is gone."""
    with _locked_rows(project) as rows:
        row = _existing(rows, id)
        if row is None:
            return None
        copy = _new_row(name or row["name"], row["view"])
        rows[copy["id"]] = copy
        _set_position(rows, copy["id"], LAST if row["place"] is None else row["place"] + 1)
    return _from_row(copy)


def reorder(project: Project, ids: list[str]) -> None:
    """Put the open tabs in this order; those that are not named follow in their own."""
    with _locked_rows(project) as rows:
        known_ids = [id for id in dict.fromkeys(ids) if id in _open_ids(rows)]
        _assign_positions(
            rows, [*known_ids, *(id for id in _open_ids(rows) if id not in known_ids)]
        )


def reopen(project: Project, id: str, position: int = LAST) -> SavedView | None:
    """Open a saved view as a tab, or move its tab. None where it is gone."""
    with _locked_rows(project) as rows:
        row = _existing(rows, id)
        if row is not None:
            _set_position(rows, id, position)
    return None if row is None else _from_row(row)


def close(project: Project, id: str) -> None:
    """Take a view from the tabs; it stays saved."""
    with _locked_rows(project) as rows:
        if _existing(rows, id) is not None:
            _set_position(rows, id, None)


def remove(project: Project, id: str) -> None:
    """Delete a saved view; :func:`restore` brings it back within a month."""
    with _locked_rows(project) as rows:
        row = _existing(rows, id)
        if row is not None:
            _set_position(rows, id, None)
            row.update(deleted=True, at=_now())


def restore(project: Project, id: str, position: int | None = None) -> SavedView | None:
    """Bring back a saved view that was removed, as a tab where a position is given."""
    with _locked_rows(project) as rows:
        row = rows.get(id)
        if row is not None:
            row.update(deleted=False, at=_now())
            _set_position(rows, id, position)
    return None if row is None else _from_row(row)


def rewrite(project: Project, change: Callable[[View], View]) -> None:
    """Change every view that can be read, deleted ones too, in one commit."""
    with _locked_rows(project) as rows:
        for row in rows.values():
            view = _from_row(row).view
            if view is None:
                continue
            changed = change(view)
            if changed != view:
                row.update(view=_to_text(changed), at=_now())


@contextmanager
def _locked_rows(project: Project) -> Iterator[_Rows]:
    """Yield the rows by their ids to a single writer; write in one commit what it changes."""
    try:
        with project.anchored() as root:
            lock = FileLock(root / LOCK).acquire(timeout=LOCK_SECONDS)
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
        _forget_deleted(project)


def _forget_deleted(project: Project) -> None:
    """Forget what was deleted long ago, and the versions past their time."""
    database = project.database()
    deleted = database.read(TABLE, ["id", "at"], "deleted").to_pylist()
    old = [row["id"] for row in deleted if row["at"] < _now() - DELETED_KEPT_FOR]
    if old:
        database.delete(TABLE, old)
    database.compact(TABLE)


def _existing(rows: _Rows, id: str) -> dict[str, Any] | None:
    row = rows.get(id)
    return None if row is None or row["deleted"] else row


def _open_ids(rows: _Rows) -> list[str]:
    open_rows = [row for row in rows.values() if row["place"] is not None and not row["deleted"]]
    return [row["id"] for row in sorted(open_rows, key=lambda row: (row["place"], row["at"]))]


def _set_position(rows: _Rows, id: str, position: int | None) -> None:
    """Put a view among the open tabs, or take it from them; the others keep their order."""
    order = [other for other in _open_ids(rows) if other != id]
    rows[id]["place"] = None
    if position is not None:
        order.insert(max(0, position), id)
    _assign_positions(rows, order)


def _assign_positions(rows: _Rows, order: list[str]) -> None:
    for position, id in enumerate(order):
        rows[id]["place"] = position


def _new_row(name: str, view: str) -> dict[str, Any]:
    return {
        "id": secrets.token_hex(4),
        "name": _single_line(name),
        "view": view,
        "author": _user_name(),
        "at": _now(),
        "place": None,
        "deleted": False,
    }


def _from_row(row: Mapping[str, Any]) -> SavedView:
    view: View | None = None
    problem: InvalidView | None = None
    try:
        view = model.from_json(row["view"])
    except InvalidView as error:
        problem = error
    return SavedView(row["id"], row["name"], view, problem, row["author"], row["at"], row["place"])


def _tab_order(saved: SavedView) -> tuple[int, datetime]:
    return saved.position or 0, saved.changed_at


def _to_text(view: View) -> str:
    return json.dumps(model.to_json(view), ensure_ascii=False, separators=(",", ":"))


def _single_line(name: str) -> str:
    """Return a name as one line of at most ``LONGEST_NAME`` characters."""
    return " ".join(name.split())[:LONGEST_NAME].rstrip()


def _user_name() -> str | None:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        # A container's user may have no name.
        return None


def _now() -> datetime:
    return datetime.now(UTC)
