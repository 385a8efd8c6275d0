"""Counts of tags with all tags below each, of a property with some ten thousand of them.

Not here: other values of properties, which units count (``facets``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from panoptic_data.annotations.tags import Tag
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.storage.folder import ProjectFolder

__all__ = ["TagHierarchy", "tag_hierarchy"]

Units = npt.NDArray[Any]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class TagHierarchy:
    """A property's tags in their order, and for each itself with all tags above it.

    ``code_of`` has the index of each id in ``ids``. ``slots`` (s, tags) int32 holds such indices,
    -1 for none: a column has a tag and all above it. A tag is in the same slot of every column, so
    that a tag that comes twice for a unit does so within one slot.
    """

    ids: list[str]
    code_of: Mapping[str, int]
    slots: npt.NDArray[np.int32]

    def count(self, units: Units, codes: Units, weights: Counts) -> Counts:
        """Count each tag with all below it, once a unit, as many times as the unit weighs.

        ``units`` and ``codes`` (m,) are distinct pairs, sorted by unit, of units that weigh 1 or
        more.
        """
        counts = np.zeros(len(self.ids), dtype=np.int64)
        repeats = _repeats(units)
        unit_weights = weights[units] if weights.max(initial=0) > 1 else None
        for slot in self.slots:
            ancestors = slot[codes]
            is_counted = ancestors >= 0
            for distance, positions in repeats:
                is_repeated = ancestors[positions] == ancestors[positions - distance]
                is_counted[positions[is_repeated]] = False
            slot_weights = None if unit_weights is None else unit_weights[is_counted]
            # Sums below 2**53 are exact in float64.
            slot_counts = np.bincount(
                ancestors[is_counted], weights=slot_weights, minlength=len(self.ids)
            )
            counts += slot_counts.astype(np.int64)
        return counts


# Tags change seldom beside the values: a state keeps its tags until one of them changes.
_hierarchies: dict[tuple[ProjectFolder, str], tuple[Mapping[str, Tag], TagHierarchy]] = {}


def tag_hierarchy(catalogue: Catalogue, property: str) -> TagHierarchy:
    """Return the tags of a property (its id), made anew only when a tag changed."""
    tag_by_id = catalogue.annotations.tags
    key = (catalogue.project.folder, property)
    cached = _hierarchies.get(key)
    if cached is None or cached[0] is not tag_by_id:
        cached = _hierarchies[key] = (tag_by_id, _build(catalogue, property))
    return cached[1]


def _repeats(units: Units) -> list[tuple[int, Counts]]:
    """Return, for 1, 2, … positions back, the positions at which the unit is the same as there."""
    repeats: list[tuple[int, Counts]] = []
    positions = np.flatnonzero(units[1:] == units[:-1]) + 1
    while len(positions):
        distance = len(repeats) + 1
        repeats.append((distance, positions))
        positions = positions[positions > distance]
        positions = positions[units[positions] == units[positions - distance - 1]]
    return repeats


def _build(catalogue: Catalogue, property: str) -> TagHierarchy:
    state = catalogue.annotations
    ids = [tag.id for tag in state.tags_of(property)]
    code_of = {id: code for code, id in enumerate(ids)}
    with_ancestors: dict[str, frozenset[str]] = {}
    for id in ids:
        _add_ancestors(state.tags, id, with_ancestors)
    codes = [[code_of[it] for it in with_ancestors[id] if it in code_of] for id in ids]
    slot_of = _assign_slots(codes)
    slots = np.full((max(slot_of, default=0) + 1, max(len(ids), 1)), -1, dtype=np.int32)
    for column, of_tag in enumerate(codes):
        for code in of_tag:
            slots[slot_of[code], column] = code
    return TagHierarchy(ids, code_of, slots)


def _assign_slots(codes: Sequence[Sequence[int]]) -> list[int]:
    """Return a slot for each tag, another one than all have that are above a tag together with it.

    ``codes`` are, for each tag, those of itself and of all above it.
    """
    # In a tree that is how deep it lies.
    slots = [len(of_tag) - 1 for of_tag in codes]
    if all(len({slots[code] for code in of_tag}) == len(of_tag) for of_tag in codes):
        return slots
    together: list[set[int]] = [set() for _ in codes]
    for of_tag in codes:
        for code in of_tag:
            together[code].update(of_tag)
    slots = [-1] * len(codes)
    for code in sorted(range(len(codes)), key=lambda code: -len(together[code])):
        taken = {slots[other] for other in together[code]}
        slots[code] = next(slot for slot in range(len(codes)) if slot not in taken)
    return slots


def _add_ancestors(
    tag_by_id: Mapping[str, Tag], id: str, with_ancestors: dict[str, frozenset[str]]
) -> None:
    """Add a tag, and all that are above it, to ``with_ancestors``: each with all above itself."""
    waiting = [id]
    while waiting:
        tag = waiting[-1]
        parents = [parent for parent in tag_by_id[tag].parents if parent in tag_by_id]
        missing = [parent for parent in parents if parent not in with_ancestors]
        waiting += missing
        if missing:
            continue
        ancestors = (with_ancestors[parent] for parent in parents)
        with_ancestors[tag] = frozenset([tag]).union(*ancestors)
        waiting.pop()
