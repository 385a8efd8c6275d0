"""Tags: the values of tag properties, in a graph where a tag can have several parents.

Here: what a tag is, the graph, and the changes that create, update, link and reorder tags.
Not here: which images have a tag (``state``), tagging and merging (``edits``). The functions
that change tags write nothing: they return changes for ``Store.commit``.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from panoptic_data.annotations import identifiers
from panoptic_data.annotations.log import Change
from panoptic_data.annotations.properties import new_id
from panoptic_data.errors import InvalidTag
from panoptic_data.text import name_key

__all__ = [
    "SEPARATOR",
    "Tag",
    "ancestors",
    "by_label",
    "by_name",
    "children",
    "create",
    "descendants",
    "find_or_create",
    "labels",
    "link",
    "reachable",
    "read",
    "reorder",
    "unlink",
    "update",
    "with_parent",
]

LONGEST_NAME = 500
SEPARATOR = " › "
"""What stands between the names of a label."""
_DEEPEST_LABEL = 5
_PARTS = ("property", "name", "colour", "place", "key", "deleted", "identifier")


@dataclass(frozen=True)
class Tag:
    """One tag.

    ``parents`` are ids of tags of the same property, ``place`` is its order among them, ``key`` a
    digit or letter that applies it, ``identifier`` what it is in a vocabulary that others share
    (canonical, as ``identifiers`` reads it).
    """

    id: str
    property: str
    name: str
    colour: str | None = None
    parents: tuple[str, ...] = ()
    place: float = 0.0
    key: str | None = None
    deleted: bool = False
    identifier: str | None = None


def create(
    known: Mapping[str, Tag],
    property: str,
    name: str,
    *,
    parents: Sequence[str] = (),
    colour: str | None = None,
    is_namesake: bool = False,
) -> tuple[Tag, list[Change]]:
    """Return a new tag and the changes that create it. Raises InvalidTag.

    Only a tag that a file holds as another than its namesakes (``is_namesake``) may have a name
    that is taken; the two are told apart by their parents (:func:`labels`).
    """
    name = _checked_name({} if is_namesake else known, property, name)
    for parent in parents:
        _checked_parent(known, property, parent)
    tag = Tag(new_id(), property, name, colour, tuple(parents), _last_place(known, property) + 1)
    parts = {part: getattr(tag, part) for part in _PARTS if getattr(tag, part)}
    changes = [_change(tag.id, part, value) for part, value in parts.items()]
    links = [Change("tag", tag.id, "parents", "add", parent) for parent in parents]
    return tag, [*changes, *links]


def find_or_create(
    known: Mapping[str, Tag], property: str, names: Iterable[str]
) -> tuple[dict[str, str], list[Change]]:
    """Return name → id of the tag with this name, and the changes that create those missing.

    Names are compared by ``text.name_key``, and returned as they were given. Raises InvalidTag.
    """
    id_of_key = {key: tag.id for key, tag in by_name(known, property).items()}
    last_place = _last_place(known, property)
    ids: dict[str, str] = {}
    changes: list[Change] = []
    for name in names:
        key = name_key(str(name))
        if key not in id_of_key:
            tag, creation = create({}, property, str(name))
            last_place += 1
            id_of_key[key] = tag.id
            changes += [change for change in creation if change.property != "place"]
            changes.append(_change(tag.id, "place", last_place))
        ids[name] = id_of_key[key]
    return ids, changes


def update(known: Mapping[str, Tag], id: str, **parts: Any) -> list[Change]:
    """Return the changes that give a tag another name, colour, place, key, state, identifier.

    A key that another tag has is taken from it. Raises InvalidTag.
    """
    tag = _checked(known, id)
    unknown = set(parts) - set(_PARTS) | set(parts) & {"property"}
    if unknown:
        raise InvalidTag("part", name=min(unknown))
    changes = []
    if parts.get("identifier"):
        given = str(parts["identifier"])
        parts["identifier"] = identifiers.parse(given)
        if parts["identifier"] is None:
            raise InvalidTag("identifier", name=given[:80])
    if "name" in parts:
        parts["name"] = _checked_name(known, tag.property, parts["name"], id)
    if parts.get("key"):
        key = parts["key"] = parts["key"].casefold()
        if len(key) != 1 or not key.isalnum():
            raise InvalidTag("key", name=key)
        others = [other for other in known.values() if other.key == key and other.id != id]
        changes = [_change(other.id, "key", None, key) for other in others]
    return changes + [
        _change(id, part, value, getattr(tag, part))
        for part, value in parts.items()
        if value != getattr(tag, part)
    ]


def link(known: Mapping[str, Tag], id: str, parent: str) -> list[Change]:
    """Return the change that puts a tag under another one. Raises InvalidTag, for a cycle too."""
    tag = _checked(known, id)
    _checked_parent(known, tag.property, parent)
    if parent == id or parent in descendants(known, [id]):
        raise InvalidTag("cycle", name=tag.name, parent=known[parent].name)
    return [] if parent in tag.parents else [Change("tag", id, "parents", "add", parent)]


def unlink(known: Mapping[str, Tag], id: str, parent: str) -> list[Change]:
    """Return the change that takes a tag from under another one."""
    tag = _checked(known, id)
    return [Change("tag", id, "parents", "remove", parent)] if parent in tag.parents else []


def reorder(known: Mapping[str, Tag], order: Sequence[str], moved: Iterable[str]) -> list[Change]:
    """Return the changes that put tags in this order.

    ``order`` are tags in their new order, ``moved`` those that were moved: where the others are in
    this order already, only these get new places, between their neighbours.
    """
    ids = [_checked(known, id).id for id in dict.fromkeys(order)]
    moved_ids = set(moved)
    unmoved = [known[id].place for id in ids if id not in moved_ids]
    places = _places_between(known, ids, moved_ids) if _is_increasing(unmoved) else []
    if not _is_increasing(places):
        first = min((known[id].place for id in ids), default=0.0)
        places = [first + number for number in range(len(ids))]
    return [
        _change(id, "place", place, known[id].place)
        for id, place in zip(ids, places, strict=True)
        if place != known[id].place
    ]


def _places_between(known: Mapping[str, Tag], ids: Sequence[str], moved: set[str]) -> list[float]:
    """Return a place for each tag: its own, or one between its neighbours where it was moved."""
    places: list[float] = []
    for index, id in enumerate(ids):
        if id not in moved:
            places.append(known[id].place)
            continue
        after = next((known[later].place for later in ids[index:] if later not in moved), None)
        before = places[-1] if places else None
        if before is None:
            places.append(0.0 if after is None else after - len(ids))
        else:
            places.append(before + 1 if after is None else (before + after) / 2)
    return places


def _is_increasing(places: Sequence[float]) -> bool:
    return bool(places) and all(place < following for place, following in pairwise(places))


def _last_place(known: Mapping[str, Tag], property: str) -> float:
    return max((tag.place for tag in known.values() if tag.property == property), default=0.0)


def children(known: Mapping[str, Tag]) -> dict[str, list[str]]:
    """Return the tags right below each tag, in their order."""
    by_parent: dict[str, list[str]] = defaultdict(list)
    for tag in known.values():
        for parent in tag.parents:
            by_parent[parent].append(tag.id)
    return by_parent


def descendants(known: Mapping[str, Tag], ids: Iterable[str]) -> set[str]:
    """Return all tags below some, without these (unless one is below another)."""
    return reachable(children(known), ids)


def ancestors(known: Mapping[str, Tag], ids: Iterable[str]) -> set[str]:
    """Return all tags above some, without these (unless one is above another)."""
    return reachable({id: tag.parents for id, tag in known.items()}, ids)


def by_name(known: Mapping[str, Tag], property: str) -> dict[str, Tag]:
    """Return a property's tags by the ``name_key`` of their names; of namesakes the first."""
    first: dict[str, Tag] = {}
    for tag in known.values():
        if tag.property == property and not tag.deleted:
            first.setdefault(name_key(tag.name), tag)
    return first


def by_label(known: Mapping[str, Tag], property: str) -> dict[str, Tag]:
    """Return a property's tags by the ``name_key`` of their labels, and of their names."""
    own = {tag.id: tag for tag in known.values() if tag.property == property}
    return by_name(own, property) | {
        name_key(label): own[id] for id, label in labels(own.values()).items()
    }


def labels(known: Iterable[Tag]) -> dict[str, str]:
    """Return what tells each tag of one property from the others, by id.

    That is its name; for tags of one name also those above it ("Sea › Other"), and a number where
    these are equal too.
    """
    live = {tag.id: tag for tag in known if not tag.deleted}
    namesakes: dict[str, list[Tag]] = defaultdict(list)
    for tag in live.values():
        namesakes[name_key(tag.name)].append(tag)
    texts: dict[str, str] = {}
    taken = {key for key, some in namesakes.items() if len(some) == 1}
    for some in namesakes.values():
        for tag, text in zip(some, _paths(live, some), strict=True):
            texts[tag.id] = text if len(some) == 1 else _free_label(text, taken)
            taken.add(name_key(texts[tag.id]))
    return {id: texts[id] for id in live}


def _paths(live: Mapping[str, Tag], namesakes: Sequence[Tag]) -> list[str]:
    """Return names with as many of the names above them as it takes to tell them apart."""
    paths = [tag.name for tag in namesakes]
    if len(namesakes) == 1:
        return paths
    for depth in range(1, _DEEPEST_LABEL):
        paths = [SEPARATOR.join(_way(live, tag, depth)) for tag in namesakes]
        if len({name_key(path) for path in paths}) == len(paths):
            break
    return paths


def _way(live: Mapping[str, Tag], tag: Tag, depth: int) -> list[str]:
    above = next((live[id] for id in tag.parents if id in live), None)
    if above is None or not depth:
        return [tag.name]
    return [*_way(live, above, depth - 1), tag.name]


def _free_label(text: str, taken: Collection[str]) -> str:
    label, number = text, 2
    while name_key(label) in taken:
        label, number = f"{text} ({number})", number + 1
    return label


def read(parts: Mapping[str, Mapping[str, Any]]) -> dict[str, Tag]:
    """Return tags from the JSON texts of their parts (``parents``: a list of ids), in their order.

    Two people may have made a cycle, each link of it valid when it was written: links that would
    close a cycle are left out, in the order of the ids.
    """
    known: dict[str, Tag] = {}
    for id in sorted(parts):
        texts = parts[id]
        values = {part: json.loads(texts[part]) for part in _PARTS if part in texts}
        if "name" in values and "property" in values:
            known[id] = Tag(id, **values)
    links: dict[str, tuple[str, ...]] = {id: () for id in known}
    for id, tag in known.items():
        for parent in sorted(set(parts[id].get("parents", ()))):
            is_valid = parent in known and known[parent].property == tag.property
            if is_valid and parent != id and id not in reachable(links, [parent]):
                links[id] += (parent,)
    ordered = sorted(known.values(), key=lambda tag: (tag.property, tag.place, tag.id))
    return {tag.id: _with_parents(tag, links[tag.id]) for tag in ordered}


def with_parent(tag: Tag, parent: str) -> Tag:
    """Return a tag with one more parent."""
    return _with_parents(tag, (*tag.parents, parent))


def _with_parents(tag: Tag, parents: tuple[str, ...]) -> Tag:
    # Faster than ``replace``: a project may have tens of thousands of tags.
    return Tag(
        tag.id, tag.property, tag.name, tag.colour, parents, tag.place, tag.key, tag.deleted,
        tag.identifier,
    )  # fmt: skip


def reachable(edges: Mapping[str, Iterable[str]], ids: Iterable[str]) -> set[str]:
    """Return all nodes that edges lead to from some; these only where a cycle leads back."""
    reached: set[str] = set()
    waiting = list(ids)
    while waiting:
        for node in edges.get(waiting.pop(), ()):
            if node not in reached:
                reached.add(node)
                waiting.append(node)
    return reached


def _checked(known: Mapping[str, Tag], id: str) -> Tag:
    tag = known.get(id)
    if tag is None:
        raise InvalidTag("unknown", name=id)
    return tag


def _checked_parent(known: Mapping[str, Tag], property: str, parent: str) -> None:
    if _checked(known, parent).property != property:
        raise InvalidTag("property", name=known[parent].name)


def _checked_name(known: Mapping[str, Tag], property: str, name: str, id: str | None = None) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise InvalidTag("name", name=name[:40], most=LONGEST_NAME)
    namesake = by_name(known, property).get(name_key(name))
    if namesake is not None and namesake.id != id:
        raise InvalidTag("taken", name=name)
    return name


def _change(id: str, part: str, value: Any, old: Any = None) -> Change:
    return Change("tag", id, part, "set", _json(value), _json(old))


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)
