"""The tabs of a project of Panoptic 1.0, as views: what they are sorted and grouped by.

They are in ``project.db`` beside its values. Panoptic's filters and the look of its displays have
no exact counterpart here: what a tab says of them is listed, not guessed.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from panoptic_data.exchange.tables import LeftOut, NewView

__all__ = ["read"]

# Parts of a tab that say which images it shows; the others are how they are drawn.
_FILTERS = ("filter", "folders", "query")


def read(
    database: Path, columns: Mapping[int, str]
) -> tuple[tuple[NewView, ...], tuple[LeftOut, ...]]:
    """Return the tabs as views, and what of them comes over in no way.

    ``columns`` are names of columns by the ids of properties. Without a readable database there
    are none.
    """
    views: list[NewView] = []
    left_out: list[LeftOut] = []
    for name, state in _tabs(database, left_out):
        for part in _collections(state):
            view = NewView(name, _sort(part, columns), _group(part, columns))
            views.append(view)
            left_out += _left_out(name, part, view)
    return tuple(views), tuple(left_out)


def _tabs(database: Path, left_out: list[LeftOut]) -> Iterator[tuple[str, dict[str, Any]]]:
    if not database.is_file():
        return
    try:
        uri = f"{database.resolve().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            rows = connection.execute("SELECT id, state FROM tab_data ORDER BY rowid").fetchall()
    except sqlite3.Error as error:
        left_out.append(LeftOut("tabs", value=str(error)))
        return
    for id, text in rows:
        try:
            state = json.loads(text)
            name = " ".join(str(state.get("name") or id).split())
        except (ValueError, AttributeError, TypeError):
            left_out.append(LeftOut("tabs", value=str(id)))
            continue
        yield name, state


def _collections(state: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the parts of a tab that choose images: several where it is split."""
    parts = state.get("collections")
    listed = [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    return listed or [state]


def _sort(part: dict[str, Any], columns: Mapping[int, str]) -> tuple[tuple[str, bool], ...]:
    state = part.get("sortState")
    ids, options = part.get("sort"), None
    if isinstance(state, dict):
        ids, options = state.get("sortBy"), state.get("options")
    return tuple((columns[id], _is_descending(options, id)) for id in _ids(ids) if id in columns)


def _is_descending(options: Any, id: int) -> bool:
    option = options.get(str(id)) if isinstance(options, dict) else None
    return isinstance(option, dict) and option.get("direction") in (-1, "desc", "descending")


def _group(part: dict[str, Any], columns: Mapping[int, str]) -> tuple[str, ...]:
    state = part.get("groupState")
    ids = state.get("groupBy") if isinstance(state, dict) else part.get("group")
    return tuple(columns[id] for id in _ids(ids) if id in columns)


def _ids(value: Any) -> list[int]:
    """Return ids of properties: Panoptic writes numbers, or texts of numbers."""
    if not isinstance(value, list):
        return []
    return [
        int(id) for id in value if isinstance(id, int) or (isinstance(id, str) and id.isdigit())
    ]


def _left_out(name: str, part: dict[str, Any], view: NewView) -> Iterator[LeftOut]:
    state = part.get("filterState") if isinstance(part.get("filterState"), dict) else part
    assert isinstance(state, dict)
    for key in _FILTERS:
        if _says_something(state.get(key)):
            text = json.dumps(state[key], ensure_ascii=False)
            yield LeftOut("tab_filter", name, text)
    sort_state, group_state = part.get("sortState"), part.get("groupState")
    ids = sort_state.get("sortBy") if isinstance(sort_state, dict) else part.get("sort")
    if len(_ids(ids)) > len(view.sort):
        yield LeftOut("tab_sort", name, json.dumps(ids))
    ids = group_state.get("groupBy") if isinstance(group_state, dict) else part.get("group")
    if len(_ids(ids)) > len(view.group):
        yield LeftOut("tab_group", name, json.dumps(ids))


def _says_something(value: Any) -> bool:
    """Whether a part of a filter has any condition: Panoptic keeps empty ones."""
    if isinstance(value, dict):
        if "filters" in value:
            return bool(value["filters"])
        if "text" in value:
            return bool(value["text"])
    return bool(value)
