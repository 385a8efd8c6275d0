"""Selections that are too long to be written out in a view: kept with the project under a key.

The key is made of what is selected, so the same images have the same key, whoever selects them,
and a view that names it always means them. Not here: what a view is (``views``), what is selected
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

__all__ = ["WRITTEN_OUT", "keep", "recall", "shortened"]

TABLE = "selections"
FIELD = "selection"
# With so many images an address is short enough for a mail or a chat: 2,000 characters.
WRITTEN_OUT = 50
# Of a million images each takes 90 MB.
REMEMBERED = 4
COMPACT_VERSIONS = 100


def keep(project: Project, sha1s: Iterable[str]) -> dict[str, Any]:
    """Keep a selection with the project; return the value of a condition that names it."""
    chosen = sorted(set(sha1s))
    key = hashlib.blake2b("\n".join(chosen).encode(), digest_size=10).hexdigest()
    database = project.database()
    if not database.take(TABLE, [key], ("key",)).num_rows:
        row = {"key": key, "sha1s": chosen, "at": datetime.now(UTC)}
        version = database.upsert(TABLE, pa.Table.from_pylist([row], schema=arrow(TABLE)))
        if version % COMPACT_VERSIONS == 0:
            database.compact(TABLE)
    return {"key": key, "count": len(chosen)}


def recall(project: Project, key: str) -> tuple[str, ...]:
    """Return the sha1s of a selection. Raises InvalidView where it is not kept here."""
    return _recall(project, key)


def shortened(project: Project, view: View) -> View:
    """Return a view that means the same and names no long selection image by image."""
    return replace(view, where=tuple(_shortened(project, part) for part in view.where))


def _shortened(project: Project, part: Condition | Clause) -> Condition | Clause:
    if isinstance(part, Clause):
        return replace(part, parts=tuple(_shortened(project, one) for one in part.parts))
    is_long = isinstance(part.value, list) and len(part.value) > WRITTEN_OUT
    if part.field != FIELD or not is_long:
        return part
    return replace(part, value=keep(project, part.value))


@lru_cache(maxsize=REMEMBERED)
def _recall(project: Project, key: str) -> tuple[str, ...]:
    rows = project.database().take(TABLE, [key], ("sha1s",))
    if not rows.num_rows:
        raise InvalidView(FIELD, "not_kept")
    return tuple(rows["sha1s"][0].as_py())
