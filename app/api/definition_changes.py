"""Properties and tags as pages keep them: whole once, then only what changed.

Of fifty thousand tags a page that knows all but one gets that one. Not here: definitions with their
use (``properties``), the routes (``image_annotations``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from panoptic_data.annotations import ratings
from panoptic_data.storage.per_project import PerProject

if TYPE_CHECKING:
    import polars as pl

    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.state import State
    from panoptic_data.storage.project import Project

__all__ = ["definitions", "definitions_since"]

LISTS = ("properties", "tags")
# Eight bytes a definition each: who is further behind reads all again.
KEPT_VERSIONS = 32

_Digests = dict[str, npt.NDArray[np.uint64]]


@dataclass
class _Known:
    """The definitions of a project at its state of now, and digests of those before."""

    frame: pl.DataFrame | None = None
    lists: dict[str, Any] = field(default_factory=dict)
    # By version, the newest last.
    digests: dict[str, _Digests] = field(default_factory=dict)


# What is defined changes seldom and is asked for with each image. A state keeps its frame of
# definitions until something in it changes.
_known_of: PerProject[_Known] = PerProject()


def definitions(project: Project, state: State) -> dict[str, Any]:
    """Return ``properties`` and ``tags`` that are not deleted, and the ``version`` of both."""
    return dict(_current(project, state).lists)


def definitions_since(project: Project, state: State, version: str | None) -> dict[str, Any]:
    """Return what a page lacks that has the definitions of a version; all, where that is too old.

    ``version`` is that of now; without more, nothing has changed. With ``since``, of each of
    ``properties`` and ``tags`` the one stretch that is another: ``start`` and ``count`` in the list
    of that version, and ``items``, which take its place.
    """
    known = _current(project, state)
    now = known.lists["version"]
    if version == now:
        return {"version": now}
    before = known.digests.get(version or "")
    if before is None:
        return dict(known.lists)
    after = known.digests[now]
    changes = {name: _change(before[name], after[name], known.lists[name]) for name in LISTS}
    return {"version": now, "since": version, **changes}


def _change(
    before: npt.NDArray[np.uint64], after: npt.NDArray[np.uint64], items: Sequence[Any]
) -> dict[str, Any]:
    start = _equal(before, after)
    end = _equal(before[start:][::-1], after[start:][::-1])
    return {
        "start": start,
        "count": len(before) - start - end,
        "items": items[start : len(after) - end],
    }


def _equal(left: npt.NDArray[np.uint64], right: npt.NDArray[np.uint64]) -> int:
    """Return how many values at the beginning of both are the same."""
    length = min(len(left), len(right))
    different = np.flatnonzero(left[:length] != right[:length])
    return int(different[0]) if len(different) else length


def _current(project: Project, state: State) -> _Known:
    known = _known_of.of(project.folder, _Known)
    if known.frame is state.definitions:
        return known
    lists = _list(state)
    digests = {name: _digests(lists[name]) for name in LISTS}
    together = blake2b(digest_size=8)
    for name in LISTS:
        together.update(digests[name].tobytes() + b"\0")
    version = together.hexdigest()
    # In one step: others may read meanwhile.
    kept = {**{name: of for name, of in known.digests.items() if name != version}, version: digests}
    kept = dict(list(kept.items())[-KEPT_VERSIONS:])
    fresh = _Known(state.definitions, {"version": version, **lists}, kept)
    known.__dict__.update(fresh.__dict__)
    return fresh


def _digests(items: Sequence[Mapping[str, Any]]) -> npt.NDArray[np.uint64]:
    data = b"".join(blake2b(json.dumps(item).encode(), digest_size=8).digest() for item in items)
    return np.frombuffer(data, dtype="<u8")


def _marks(prop: Property) -> str | None:
    """Return what a property's values are drawn as, besides their texts."""
    return "stars" if ratings.is_rating(prop) else "pick" if ratings.is_pick(prop) else None


def _list(state: State) -> dict[str, list[dict[str, Any]]]:
    shown = state.live_properties
    ids = {prop.id for prop in shown}
    return {
        "properties": [
            {
                "id": prop.id,
                "name": prop.name,
                "type": prop.type,
                "target": prop.target,
                "folder": prop.folder,
                "options": dict(prop.options),
                "marks": _marks(prop),
                "hidden": prop.hidden,
            }
            for prop in shown
        ],
        "tags": [
            {
                "id": tag.id,
                "property": tag.property,
                "name": tag.name,
                "colour": tag.colour,
                "parents": list(tag.parents),
                "key": tag.key,
            }
            for tag in state.tags.values()
            if tag.property in ids and not tag.deleted
        ],
    }
