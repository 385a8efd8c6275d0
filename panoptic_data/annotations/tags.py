"""Tags: the values of tag properties, in a graph where a tag can have several parents.

Here: what a tag is, the graph, and the changes that make, alter, link, merge and delete tags.
Not here: which images have a tag (``annotations``). Every function returns changes that have
not been written: ``store.commit`` does that.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from panoptic_data.annotations.log import Change
from panoptic_data.annotations.properties import new_id
from panoptic_data.errors import InvalidTag

__all__ = [
    "Tag",
    "ancestors",
    "by_name",
    "children",
    "create",
    "descendants",
    "find_or_create",
    "link",
    "reachable",
    "read",
    "reorder",
    "unlink",
    "update",
    "with_parent",
]

LONGEST_NAME = 500
_PARTS = ("property", "name", "colour", "place", "key", "deleted")


@dataclass(frozen=True)
class Tag:
    """One tag. ``parents`` are ids of tags of the same property; ``key`` applies it."""

    id: str
    property: str
    name: str
    colour: str | None = None
    parents: tuple[str, ...] = ()
    place: float = 0.0
    key: str | None = None
    deleted: bool = False


def create(
    known: Mapping[str, Tag],
    property: str,
    name: str,
    *,
    parents: Sequence[str] = (),
    colour: str | None = None,
) -> tuple[Tag, list[Change]]:
    """Return a new tag and the changes that make it. Raises InvalidTag."""
    name = _checked_name(known, property, name)
    for parent in parents:
        _checked_parent(known, property, parent)
    last = max((one.place for one in known.values() if one.property == property), default=0.0)
    made = Tag(new_id(), property, name, colour, tuple(parents), last + 1)
    parts = {part: getattr(made, part) for part in _PARTS if getattr(made, part)}
    changes = [_change(made.id, part, value) for part, value in parts.items()]
    return made, [*changes, *(Change("tag", made.id, "parents", "add", one) for one in parents)]


def find_or_create(
    known: Mapping[str, Tag], property: str, names: Iterable[str]
) -> tuple[dict[str, str], list[Change]]:
    """Return the id of the tag that each name means, and the changes that make those missing.

    Names are compared without regard to case and to spaces around and between words; each is
    found again in the answer as it was given. Raises InvalidTag.
    """
    ids = {spelled: one.id for spelled, one in by_name(known, property).items()}
    last = max((one.place for one in known.values() if one.property == property), default=0.0)
    found: dict[str, str] = {}
    changes: list[Change] = []
    for name in names:
        spelled = " ".join(str(name).split())
        if spelled.casefold() not in ids:
            made, making = create({}, property, spelled)
            last += 1
            ids[spelled.casefold()] = made.id
            changes += [one for one in making if one.property != "place"]
            changes.append(_change(made.id, "place", last))
        found[name] = ids[spelled.casefold()]
    return found, changes


def update(known: Mapping[str, Tag], id: str, **parts: Any) -> list[Change]:
    """Return the changes that give a tag another name, colour, place, key or state.

    A key that another tag has is taken from it. Raises InvalidTag.
    """
    one = _checked(known, id)
    unknown = set(parts) - set(_PARTS) | set(parts) & {"property"}
    if unknown:
        raise InvalidTag("part", name=min(unknown))
    changes = []
    if "name" in parts:
        parts["name"] = _checked_name(known, one.property, parts["name"], id)
    if parts.get("key"):
        key = parts["key"] = parts["key"].casefold()
        if len(key) != 1 or not key.isalnum():
            raise InvalidTag("key", name=key)
        others = [it for it in known.values() if it.key == key and it.id != id]
        changes = [_change(other.id, "key", None, key) for other in others]
    return changes + [
        _change(id, part, value, getattr(one, part))
        for part, value in parts.items()
        if value != getattr(one, part)
    ]


def link(known: Mapping[str, Tag], id: str, parent: str) -> list[Change]:
    """Return the change that puts a tag under another one. Raises InvalidTag, for a cycle too."""
    one = _checked(known, id)
    _checked_parent(known, one.property, parent)
    if parent == id or parent in descendants(known, [id]):
        raise InvalidTag("cycle", name=one.name, parent=known[parent].name)
    return [] if parent in one.parents else [Change("tag", id, "parents", "add", parent)]


def unlink(known: Mapping[str, Tag], id: str, parent: str) -> list[Change]:
    """Return the change that takes a tag from under another one."""
    one = _checked(known, id)
    return [Change("tag", id, "parents", "remove", parent)] if parent in one.parents else []


def reorder(known: Mapping[str, Tag], order: Sequence[str], moved: Iterable[str]) -> list[Change]:
    """Return the changes that put tags in this order among themselves.

    ``order`` are the tags that stand together, ``moved`` those that went elsewhere: where the
    others are in this order already, only these get other places, between their neighbours.
    """
    ids = [_checked(known, id).id for id in dict.fromkeys(order)]
    gone = set(moved)
    stay = [known[id].place for id in ids if id not in gone]
    new = _between(known, ids, gone) if _is_growing(stay) else []
    if not _is_growing(new):
        first = min((known[id].place for id in ids), default=0.0)
        new = [first + number for number in range(len(ids))]
    return [
        _change(id, "place", place, known[id].place)
        for id, place in zip(ids, new, strict=True)
        if place != known[id].place
    ]


def _between(known: Mapping[str, Tag], ids: Sequence[str], moved: set[str]) -> list[float]:
    """Return a place for each tag: its own, or where it was moved, one between its neighbours."""
    found: list[float] = []
    for at, id in enumerate(ids):
        if id not in moved:
            found.append(known[id].place)
            continue
        after = next((known[it].place for it in ids[at:] if it not in moved), None)
        before = found[-1] if found else None
        if before is None:
            found.append(0.0 if after is None else after - len(ids))
        else:
            found.append(before + 1 if after is None else (before + after) / 2)
    return found


def _is_growing(places: Sequence[float]) -> bool:
    return bool(places) and all(one < other for one, other in pairwise(places))


def children(known: Mapping[str, Tag]) -> dict[str, list[str]]:
    """Return the tags right below each tag, in their order."""
    found: dict[str, list[str]] = defaultdict(list)
    for one in known.values():
        for parent in one.parents:
            found[parent].append(one.id)
    return found


def descendants(known: Mapping[str, Tag], ids: Iterable[str]) -> set[str]:
    """Return all tags below some, without these (unless one is below another)."""
    return reachable(children(known), ids)


def ancestors(known: Mapping[str, Tag], ids: Iterable[str]) -> set[str]:
    """Return all tags above some, without these (unless one is above another)."""
    return reachable({id: one.parents for id, one in known.items()}, ids)


def by_name(known: Mapping[str, Tag], property: str) -> dict[str, Tag]:
    """Return a property's tags by their names in lower case."""
    return {
        one.name.casefold(): one
        for one in known.values()
        if one.property == property and not one.deleted
    }


def read(parts: Mapping[str, Mapping[str, Any]]) -> dict[str, Tag]:
    """Return tags from the texts of their parts (``parents``: a list of ids), in their order.

    Two people may have made a cycle between them, each half of it right when it was written: a
    link that would close one is left out, the later ids' first.
    """
    found: dict[str, Tag] = {}
    for id in sorted(parts):
        texts = parts[id]
        values = {part: json.loads(texts[part]) for part in _PARTS if part in texts}
        if "name" in values and "property" in values:
            found[id] = Tag(id, **values)
    links: dict[str, tuple[str, ...]] = {id: () for id in found}
    for id, one in found.items():
        for parent in sorted(set(parts[id].get("parents", ()))):
            is_right = parent in found and found[parent].property == one.property
            if is_right and parent != id and id not in reachable(links, [parent]):
                links[id] += (parent,)
    ordered = sorted(found.values(), key=lambda one: (one.property, one.place, one.id))
    return {one.id: _with_parents(one, links[one.id]) for one in ordered}


def with_parent(one: Tag, parent: str) -> Tag:
    """Return a tag with one more parent."""
    return _with_parents(one, (*one.parents, parent))


def _with_parents(one: Tag, parents: tuple[str, ...]) -> Tag:
    return Tag(one.id, one.property, one.name, one.colour, parents, one.place, one.key, one.deleted)


def reachable(next_of: Mapping[str, Iterable[str]], ids: Iterable[str]) -> set[str]:
    """Return all that some lead to, one after the other, without these unless they do too."""
    found: set[str] = set()
    waiting = list(ids)
    while waiting:
        for one in next_of.get(waiting.pop(), ()):
            if one not in found:
                found.add(one)
                waiting.append(one)
    return found


def _checked(known: Mapping[str, Tag], id: str) -> Tag:
    one = known.get(id)
    if one is None:
        raise InvalidTag("unknown", name=id)
    return one


def _checked_parent(known: Mapping[str, Tag], property: str, parent: str) -> None:
    if _checked(known, parent).property != property:
        raise InvalidTag("property", name=known[parent].name)


def _checked_name(known: Mapping[str, Tag], property: str, name: str, id: str | None = None) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise InvalidTag("name", name=name[:40], most=LONGEST_NAME)
    same = by_name(known, property).get(name.casefold())
    if same is not None and same.id != id:
        raise InvalidTag("taken", name=name)
    return name


def _change(id: str, part: str, value: Any, old: Any = None) -> Change:
    texts = [None if one is None else json.dumps(one, ensure_ascii=False) for one in (value, old)]
    return Change("tag", id, part, "set", *texts)
