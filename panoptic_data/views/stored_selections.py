"""Selections that are too long to be written out in a view: kept with the project under a key.

The key is made of what is selected, so the same images have the same key, whoever selects them,
and a view that names it always means them. Not here: what a view is (``model``), what is selected
in a browser.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from panoptic_data.errors import InvalidView
from panoptic_data.storage.schema import arrow
from panoptic_data.views.model import Clause, Condition

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project
    from panoptic_data.views.model import View

__all__ = ["MAX_WRITTEN_OUT", "read", "shorten", "store"]

TABLE = "selections"
FIELD = "selection"
# With so many images an address is short enough for a mail or a chat: 2,000 characters.
MAX_WRITTEN_OUT = 50
# Of a million images each takes 90 MB.
CACHED_SELECTIONS = 4
COMPACT_VERSIONS = 100


def store(project: Project, sha1s: Iterable[str]) -> dict[str, Any]:
    """Store a selection with the project; return the value of a condition that names it."""
    sorted_sha1s = sorted(set(sha1s))
    key = hashlib.blake2b("\n".join(sorted_sha1s).encode(), digest_size=10).hexdigest()
    # Keys say what is selected: a corpus version reads and adds to those of the project.
    database = project.now.database()
    if not database.take(TABLE, [key], ("key",)).num_rows:
        row = {"key": key, "sha1s": sorted_sha1s, "at": datetime.now(UTC)}
        version = database.upsert(TABLE, pa.Table.from_pylist([row], schema=arrow(TABLE)))
        if version % COMPACT_VERSIONS == 0:
            database.compact(TABLE)
    return {"key": key, "count": len(sorted_sha1s)}


@lru_cache(maxsize=CACHED_SELECTIONS)
def read(project: Project, key: str) -> tuple[str, ...]:
    """Return the sha1s of a selection. Raises InvalidView where this project does not have it."""
    rows = project.now.database().take(TABLE, [key], ("sha1s",))
    if not rows.num_rows:
        raise InvalidView(FIELD, "not_kept")
    return tuple(rows["sha1s"][0].as_py())


def shorten(project: Project, view: View) -> View:
    """Return an equal view in which each long selection is stored and named by its key."""
    return replace(view, where=tuple(_shorten(project, part) for part in view.where))


def _shorten(project: Project, part: Condition | Clause) -> Condition | Clause:
    if isinstance(part, Clause):
        return replace(part, parts=tuple(_shorten(project, child) for child in part.parts))
    is_long = isinstance(part.value, list) and len(part.value) > MAX_WRITTEN_OUT
    if part.field != FIELD or not is_long:
        return part
    return replace(part, value=store(project, part.value))
