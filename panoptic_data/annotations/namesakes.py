"""Names that a switched batch brings back although another tag or property has them by now.

Somebody deletes the tag *Sea*, somebody makes a new one, and the deletion is undone: two tags of
one name would be one to whoever searches, imports or types it. What comes back is numbered, *Sea
(2)*, in the batch that brings it back; nothing is merged that a person did not ask to be. Not
here: switching (``store``), the state after it (``state``), merging tags (``edits``).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import count
from typing import TYPE_CHECKING

from panoptic_data.annotations import properties, tags
from panoptic_data.annotations.log import Change
from panoptic_data.text import name_key

if TYPE_CHECKING:
    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.state import State
    from panoptic_data.annotations.tags import Tag

__all__ = ["numbered_names"]


def numbered_names(before: State, after: State) -> list[Change]:
    """Return the changes that number what came back under a name that is taken.

    ``before`` and ``after`` are the states without and with the switch. Names that two had
    already before it stay as they are.
    """
    changes = _numbered("property", before.properties, after.properties, properties.LONGEST_NAME)
    of_returned = {after.tags[id].property for id in _returned(before.tags, after.tags)}
    for property in sorted(of_returned):
        siblings = {tag.id: tag for tag in after.tags_of(property)}
        changes += _numbered("tag", before.tags, siblings, tags.LONGEST_NAME)
    return changes


def _numbered(
    kind: str,
    before: Mapping[str, Property] | Mapping[str, Tag],
    after: Mapping[str, Property] | Mapping[str, Tag],
    longest: int,
) -> list[Change]:
    returned = list(_returned(before, after))
    if not returned:
        return []
    taken = {
        name_key(known.name)
        for id, known in after.items()
        if not known.deleted and id not in returned
    }
    changes = []
    returned_names: dict[str, set[tuple[str, ...] | None]] = defaultdict(set)
    for id in returned:
        is_same = {key for key, some in returned_names.items() if _parents(after[id]) in some}
        name = _free_name(after[id].name, taken | is_same, longest)
        # Those that came back together were told apart by their parents before.
        returned_names[name_key(name)].add(_parents(after[id]))
        if name != after[id].name:
            old, new = (json.dumps(text, ensure_ascii=False) for text in (after[id].name, name))
            changes.append(Change(kind, id, "name", "set", new, old))
    return changes


def _parents(known: Property | Tag) -> tuple[str, ...] | None:
    parents: tuple[str, ...] | None = getattr(known, "parents", None)
    return parents


def _returned(
    before: Mapping[str, Property] | Mapping[str, Tag],
    after: Mapping[str, Property] | Mapping[str, Tag],
) -> Iterable[str]:
    """Return the ids of those that have a name now and had not that name, or were deleted."""
    for id, known in after.items():
        if known.deleted:
            continue
        was = before.get(id)
        if was is None or was.deleted or was.name != known.name:
            yield id


def _free_name(name: str, taken: set[str], longest: int) -> str:
    if name_key(name) not in taken:
        return name
    for number in count(2):
        suffix = f" ({number})"
        free = name[: longest - len(suffix)] + suffix
        if name_key(free) not in taken:
            return free
    raise AssertionError
