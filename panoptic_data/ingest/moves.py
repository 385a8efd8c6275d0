"""Recognise files that moved: pair files that are new at their path with files that are gone.

Content decides, then nearness of the paths. Also of files that exchanged their paths or shifted
along a row of numbers, where each path still has a file but another one. Pure. Not here: reading
the files (``source_update``), which files of other sources are gone (``departures``).
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from panoptic_data.messages import translate

__all__ = ["Arrival", "Departure", "Move", "moves_text", "pair_moves"]

# Pairs of one content that are compared each with each; with more, names decide, then the order.
COMPARED_EACH = 10_000


@dataclass(frozen=True)
class Arrival:
    """A file with a content that is new at its path.

    ``file_id`` is that of the row of this path, None where there is none. ``is_reusable``: that
    row is of a file that was missing, which can be kept under another path.
    """

    path: str
    sha1: str
    file_id: str | None = None
    is_reusable: bool = False


@dataclass(frozen=True)
class Departure:
    """A file that is no longer at its path.

    ``is_overwritten``: another content is at its path now; else nothing is there. ``rank`` orders
    candidates before nearness: 0 for one that was there at the last look, 1 for one of another
    source, 2 for one that was missing before.
    """

    file_id: str
    source: str
    path: str
    sha1: str
    rank: int = 0
    is_overwritten: bool = False


@dataclass(frozen=True)
class Move:
    """Where a file went. ``is_certain``: no other file could have been meant as well."""

    arrival: Arrival
    departure: Departure
    is_certain: bool


def pair_moves(arrivals: Iterable[Arrival], departures: Iterable[Departure]) -> list[Move]:
    """Return which departure each arrival is, by its path; arrivals that are none are left out.

    An arrival at the path of another file takes part only where that file moved as well: a file
    that was overwritten keeps its identity.
    """
    arriving, leaving = list(arrivals), list(departures)
    moves = _consistent(_nearest(arriving, leaving))
    # What took no part in an exchange may still be a plain move.
    arrived = {move.arrival.path for move in moves}
    left = {move.departure.file_id for move in moves}
    plain = _nearest(
        [new for new in arriving if new.path not in arrived and _may_take(new)],
        [gone for gone in leaving if gone.file_id not in left and not gone.is_overwritten],
    )
    return sorted([*moves, *plain], key=lambda move: move.arrival.path)


def moves_text(moved: int, uncertain: int, language: str) -> str:
    """Return in a sentence how many files moved, and of how many it is not certain; else ''."""
    if not moved:
        return ""
    parts = [("moved", moved), *([("moved_uncertain", uncertain)] if uncertain else [])]
    keys = [(f"sources.{key}_{'one' if count == 1 else 'other'}", count) for key, count in parts]
    return " ".join(translate(key, language, count=count) for key, count in keys)


def _may_take(arrival: Arrival) -> bool:
    return arrival.file_id is None or arrival.is_reusable


def _consistent(moves: Sequence[Move]) -> list[Move]:
    """Drop moves to a path whose own file stays, and of files whose path gets no moved one."""
    move_of = {move.departure.file_id: move for move in moves}
    move_to = {move.arrival.file_id: move for move in moves if move.arrival.file_id}
    doubtful = list(moves)
    while doubtful:
        move = doubtful.pop()
        arrival, departure = move.arrival, move.departure
        is_dropped = move_of.get(departure.file_id) is not move
        own_stays = not _may_take(arrival) and arrival.file_id not in move_of
        no_successor = departure.is_overwritten and departure.file_id not in move_to
        if is_dropped or not (own_stays or no_successor):
            continue
        del move_of[departure.file_id]
        move_to.pop(arrival.file_id or "", None)
        # Those that relied on this one: to the path that it leaves, and from the one it comes to.
        relying = move_to.get(departure.file_id), move_of.get(arrival.file_id or "")
        doubtful += [other for other in relying if other is not None]
    return list(move_of.values())


def _nearest(arrivals: Sequence[Arrival], departures: Sequence[Departure]) -> list[Move]:
    arriving: dict[str, list[Arrival]] = defaultdict(list)
    for arrival in arrivals:
        arriving[arrival.sha1].append(arrival)
    leaving: dict[str, list[Departure]] = defaultdict(list)
    for departure in departures:
        leaving[departure.sha1].append(departure)
    moves: list[Move] = []
    for sha1, group in arriving.items():
        if sha1 in leaving:
            moves += _nearest_of_same_content(group, leaving[sha1])
    return moves


def _nearest_of_same_content(
    arrivals: Sequence[Arrival], departures: Sequence[Departure]
) -> list[Move]:
    names = (
        Counter(_name(new.path) for new in arrivals),
        Counter(_name(gone.path) for gone in departures),
    )
    is_single = len(arrivals) == len(departures) == 1
    moves, arrived, left = [], set(), set()
    for arrival, departure in _candidates(arrivals, departures):
        if arrival.path in arrived or departure.file_id in left:
            continue
        arrived.add(arrival.path)
        left.add(departure.file_id)
        name = _name(arrival.path)
        is_only_name = name == _name(departure.path) and names[0][name] == names[1][name] == 1
        moves.append(Move(arrival, departure, is_single or is_only_name))
    return moves


def _candidates(
    arrivals: Sequence[Arrival], departures: Sequence[Departure]
) -> Iterable[tuple[Arrival, Departure]]:
    """Return pairs, the nearest first: by rank, same name, shared folders, then by path."""
    if len(arrivals) * len(departures) <= COMPARED_EACH:
        pairs = [(arrival, departure) for arrival in arrivals for departure in departures]
        return sorted(pairs, key=lambda pair: _distance(*pair))
    by_name: dict[str, list[Departure]] = defaultdict(list)
    for departure in sorted(departures, key=lambda gone: (gone.rank, gone.path), reverse=True):
        by_name[_name(departure.path)].append(departure)
    ordered = sorted(arrivals, key=lambda new: new.path)
    named = [(new, by_name[_name(new.path)].pop()) for new in ordered if by_name[_name(new.path)]]
    rest = _without(ordered, {arrival.path for arrival, _ in named})
    others = sorted(
        (gone for group in by_name.values() for gone in group),
        key=lambda gone: (gone.rank, gone.path),
    )
    return [*named, *zip(rest, others, strict=False)]


def _without(arrivals: Sequence[Arrival], paths: set[str]) -> list[Arrival]:
    return [arrival for arrival in arrivals if arrival.path not in paths]


def _distance(arrival: Arrival, departure: Departure) -> tuple[int, bool, int, str, str]:
    folders, others = (_folders(path) for path in (arrival.path, departure.path))
    shared = max(_shared(folders, others), _shared(folders[::-1], others[::-1]))
    is_renamed = _name(arrival.path) != _name(departure.path)
    return departure.rank, is_renamed, -shared, arrival.path, departure.path


def _shared(folders: Sequence[str], others: Sequence[str]) -> int:
    count = 0
    for folder, other in zip(folders, others, strict=False):
        if folder != other:
            break
        count += 1
    return count


def _folders(path: str) -> list[str]:
    return _plain(path).split("/")[:-1]


def _name(path: str) -> str:
    return _plain(path).rpartition("/")[2]


def _plain(path: str) -> str:
    # Disks differ in whether they keep case and composed letters.
    return unicodedata.normalize("NFC", path).casefold()
