"""Divides things into parts of given shares, each value in each part as often, copies together.

Pure. Not here: a project's images and their copies (``split``).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

__all__ = ["divided", "linked"]


def linked(count: int, groups: Iterable[Sequence[int]]) -> list[int]:
    """Return the set of each of ``count`` positions, as its first position.

    Positions of one group are in one set, and so are those of groups that share a position.
    """
    first = list(range(count))

    def find(position: int) -> int:
        while first[position] != position:
            first[position] = first[first[position]]
            position = first[position]
        return position

    for group in groups:
        for other in group[1:]:
            lower, higher = sorted((find(group[0]), find(other)))
            first[higher] = lower
    return [find(position) for position in range(count)]


def divided(sets: Sequence[int], values: Sequence[int], shares: Sequence[float]) -> list[int]:
    """Return the part of each position: an index of ``shares``.

    Positions come in an order by chance; those of one set (``linked``) get one part. ``values``
    says which of several kinds each is (-1: none of them): each kind is divided in the shares, and
    what does not come out even goes where the whole lacks most.
    """
    members: dict[int, list[int]] = defaultdict(list)
    for position, leader in enumerate(sets):
        members[leader].append(position)
    kinds: dict[int, list[list[int]]] = defaultdict(list)
    for positions in members.values():
        kinds[_kind(values[it] for it in positions)].append(positions)
    total = sum(shares)
    parts = [0] * len(sets)
    lacking = [0.0] * len(shares)
    for kind in sorted(kinds):
        for part, share in enumerate(shares):
            lacking[part] += share / total * sum(map(len, kinds[kind]))
        _divide(kinds[kind], [share / total for share in shares], lacking, parts)
    return parts


def _kind(values: Iterable[int]) -> int:
    """Return the value that most have, of equals the lowest."""
    counts = Counter(values)
    return min(counts, key=lambda it: (-counts[it], it))


def _divide(
    units: Sequence[Sequence[int]], shares: Sequence[float], lacking: list[float], parts: list[int]
) -> None:
    """Give each unit (positions that stay together) its part, and take it off ``lacking``."""
    size = sum(map(len, units))
    room = [int(size * share) for share in shares]
    for _ in range(size - sum(room)):
        possible = [part for part, share in enumerate(shares) if share]
        least = max(possible, key=lambda part: (lacking[part] - room[part], -part))
        room[least] += 1
    # Where a unit lies on a line along which the parts follow one another: at its middle.
    ends = [sum(room[: part + 1]) for part in range(len(room))]
    done = 0
    for positions in units:
        middle = done + len(positions) / 2
        part = next(part for part, end in enumerate(ends) if middle <= end)
        for position in positions:
            parts[position] = part
        lacking[part] -= len(positions)
        done += len(positions)
