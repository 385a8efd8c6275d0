"""How often each value of a property occurs under a view, and choosing among its values.

Counts leave out what was chosen of the property itself, so that what else could be chosen shows
its number. In mode "image" an image counts once for a value, in mode "file" each file that is
shown. Not here: folders, clusters, formats (``field_counts``), drawing (the app).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.annotations.properties import EXCLUDED
from panoptic_data.catalogue.corpus import NO_TIME
from panoptic_data.catalogue.execute import run_view
from panoptic_data.catalogue.groups import condition
from panoptic_data.views.fields import FIELDS
from panoptic_data.views.model import Clause, Condition, Level, View

if TYPE_CHECKING:
    from panoptic_data.annotations.tags import Tag
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.catalogue.view_result import ViewResult

__all__ = [
    "Counted",
    "authors",
    "choose",
    "chosen",
    "excluded",
    "months",
    "numbers",
    "others",
    "tags",
    "values",
]

# More values than this nobody reads through: there is a search for them.
MOST_VALUES = 50
# Kinds of fields that are asked for by a range, not value by value.
_RANGES = ("number", "date")

Units = npt.NDArray[Any]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Counted:
    """Counts by value, and of what has none; ``more`` values are not among them."""

    counts: dict[str, int]
    empty: int = 0
    more: int = 0


def chosen(view: View, field: str) -> list[Any]:
    """Return the values that were chosen of a field, None for what has none."""
    found = (_chosen(part, field) for part in view.where)
    return next((values for values in found if values is not None), [])


def choose(view: View, field: str, values: Sequence[Any]) -> View:
    """Return the view with these values chosen of a field: any of them, None for having none."""
    kept = [part for part in view.where if _chosen(part, field) is None]
    known = [value for value in values if value is not None]
    parts: list[Condition | Clause] = []
    if known and field == "author":
        parts.append(Condition(field, "in", {"authors": known}))
    elif known and FIELDS[field].kind in ("tags", "link"):
        parts.append(Condition(field, "in", known))
    else:
        parts += [condition(Level(field), value) for value in known]
    if len(known) < len(values):
        parts.append(Condition(field, "is empty"))
    made = parts if len(parts) < 2 else [Clause("any", tuple(parts))]
    return replace(view, where=(*kept, *made))


def others(view: View, field: str) -> View:
    """Return what a view asks besides a choice or a range of a field, without its groups."""
    is_range = FIELDS[field].kind in _RANGES
    asked = view.without(field) if is_range else choose(view, field, ())
    # Where an image stands in several groups it would count for each.
    return asked.grouped_by()


def tags(catalogue: Catalogue, view: View, field: str) -> Counted:
    """Count each tag with all below it, in the order of the tags."""
    one, column = catalogue.property(field), catalogue.column(field)
    assert column.units is not None
    assert column.tags is not None
    shown = _Shown.of(catalogue, run_view(catalogue, others(view, field)), column.by_file)
    above = _above(catalogue, one.id)
    place = np.array([above.place[id] for id in column.ids] or [0], dtype=np.int64)
    is_seen = shown.weights[shown.unit(column.units)] > 0
    units, codes = column.units[is_seen], place[column.tags[is_seen]]
    if shown.rows is not None:
        # Two files of an image may have the same tag.
        units, codes = _once(shown.rows[units], codes)
    counts = above.count(units, codes, shown.weights)
    return Counted(dict(zip(above.ids, counts.tolist(), strict=True)), shown.without(column.filled))


def values(catalogue: Catalogue, view: View, field: str, most: int = MOST_VALUES) -> Counted:
    """Count the values of a property that is no tag, most frequent first, what is chosen too."""
    column = catalogue.column(field)
    texts, places = catalogue.texts(field)
    shown = _Shown.of(catalogue, run_view(catalogue, others(view, field)), column.by_file)
    units = np.flatnonzero(places >= 0)
    counts = shown.count(units, places[units], len(texts))
    wanted = _most(counts, most)
    picked = texts.is_in(pl.Series(_texts(chosen(view, field)), dtype=pl.String).implode())
    kept = np.concatenate([wanted, np.setdiff1d(picked.arg_true().to_numpy(), wanted)])
    found = zip(texts.gather(kept).to_list(), counts[kept].tolist(), strict=True)
    more = int(np.count_nonzero(counts)) - int(np.count_nonzero(counts[kept]))
    return Counted(dict(found), shown.without(column.filled), more)


def numbers(
    catalogue: Catalogue, view: View, field: str, bins: int
) -> tuple[list[int], list[float], bool]:
    """Count a property of numbers: counts, edges, and whether each bar is one whole number."""
    column, found = catalogue.numbers(field), run_view(catalogue, others(view, field))
    shown = _Shown.of(catalogue, found, catalogue.is_of_files(field))
    units = np.flatnonzero(~np.isnan(column) & (shown.weights[shown.unit(None)] > 0))
    known = column[units]
    if not len(known):
        return [], [], False
    low, high = float(known.min()), float(known.max())
    is_whole = high - low < bins and bool(np.all(known == np.floor(known)))
    count = int(high - low) + 1 if is_whole else bins
    edges = np.linspace(low, low + count if is_whole else high, count + 1)
    if high == low and not is_whole:
        edges, count = np.array([low, high]), 1
    width = (edges[-1] - edges[0]) / count or 1.0
    codes = np.clip(((known - low) / width).astype(np.int64), 0, count - 1)
    return shown.count(units, codes, count).tolist(), edges.tolist(), is_whole


def months(catalogue: Catalogue, view: View, field: str) -> dict[int, int]:
    """Count a property of dates by month, numbered from year 0, in order of time."""
    times = catalogue.times(field)
    shown = _Shown.of(
        catalogue, run_view(catalogue, others(view, field)), catalogue.is_of_files(field)
    )
    units = np.flatnonzero((times != NO_TIME) & (shown.weights[shown.unit(None)] > 0))
    if not len(units):
        return {}
    dates = pl.Series(times[units]).cast(pl.Datetime("us"))
    number = (dates.dt.year().cast(pl.Int64) * 12 + dates.dt.month() - 1).to_numpy()
    first = int(number.min())
    counts = shown.count(units, number - first, int(number.max()) - first + 1)
    return {first + int(place): int(counts[place]) for place in np.flatnonzero(counts)}


def authors(catalogue: Catalogue, view: View) -> Counted:
    """Count the images of which each author said something that holds now."""
    rows, codes, names = catalogue.authors()
    shown = _Shown.of(catalogue, run_view(catalogue, others(view, "author")), by_file=False)
    counts = shown.count(rows, codes, len(names)).tolist()
    is_said = np.zeros(len(catalogue), dtype=bool)
    is_said[rows] = True
    pairs = sorted(zip(names, counts, strict=True), key=lambda pair: -pair[1])
    return Counted(dict(pairs), shown.without(is_said))


def excluded(catalogue: Catalogue) -> int:
    """Count the images that were taken out of the corpus."""
    if not catalogue.annotations.excluded.frame().height:
        return 0
    return int(np.count_nonzero(catalogue.column(EXCLUDED).filled))


def _chosen(part: Condition | Clause, field: str) -> list[Any] | None:
    """Return the values that a part chooses of a field; None where it asks something else."""
    if isinstance(part, Clause):
        found = [_chosen(one, field) for one in part.parts if isinstance(one, Condition)]
        if part.kind != "any" or len(found) < len(part.parts):
            return None
        known = [values for values in found if values is not None]
        return [one for values in known for one in values] if len(known) == len(found) else None
    if part.field != field:
        return None
    match part.op, part.value:
        case "is empty", _:
            return [None]
        case "in", {"authors": [*names], **more} if not more:
            return names
        case "in", [*values]:
            return values
        case "=", str(value):
            return [value]
        case "is", bool(value):
            return ["true" if value else "false"]
        case "near", {"colour": colour, "distance": 0}:
            return [colour]
    return None


def _texts(values: Sequence[Any]) -> list[str]:
    return [value for value in values if isinstance(value, str)]


def _most(counts: Counts, most: int) -> Counts:
    """Return the places of the largest counts, largest first, without those of 0."""
    places = np.flatnonzero(counts)
    if len(places) > most:
        places = places[np.argpartition(-counts[places], most - 1)[:most]]
    # Equal ones stay in the order of their values.
    return places[np.lexsort([places, -counts[places]])]


@dataclass(frozen=True)
class _Shown:
    """What a view shows, as weights of the units that count: images or files.

    ``rows`` leads from the units of the property to those that count where they differ.
    """

    weights: npt.NDArray[np.int64]
    rows: Units | None

    @classmethod
    def of(cls, catalogue: Catalogue, result: ViewResult, by_file: bool) -> _Shown:
        corpus = catalogue.corpus
        if by_file and result.files is not None:
            return cls(np.bincount(result.files, minlength=corpus.files.height), None)
        # An image weighs as many files as are shown of it.
        weights = np.bincount(result.rows, minlength=len(catalogue))
        return cls(weights, corpus.file_row if by_file else None)

    def unit(self, units: Units | None) -> Any:
        """Return the units that count for some of the property's (None: all of them)."""
        if self.rows is None:
            return slice(None) if units is None else units
        return self.rows if units is None else self.rows[units]

    def count(self, units: Units, codes: Units, size: int) -> Counts:
        """Count the codes of units, each once a unit that counts."""
        if self.rows is not None:
            units, codes = _once(self.rows[units], codes)
        # Sums below 2**53 are exact in float64.
        counts = np.bincount(codes, weights=self.weights[units], minlength=size)
        return counts.astype(np.int64)

    def without(self, filled: npt.NDArray[np.bool_]) -> int:
        """Count what has no value."""
        is_filled = filled
        if self.rows is not None:
            is_filled = np.zeros(len(self.weights), dtype=bool)
            is_filled[self.rows[filled]] = True
        return int(self.weights[~is_filled].sum())


@dataclass(frozen=True)
class _Above:
    """A property's tags in their order, and for each itself and all tags above it.

    ``slots`` (s, tags) int32 holds their places in ``ids``, -1 for none. A tag has the same slot
    wherever it stands, so that what comes twice for a unit does so within one slot.
    """

    ids: list[str]
    place: Mapping[str, int]
    slots: npt.NDArray[np.int32]

    def count(self, units: Units, codes: Units, weights: Counts) -> Counts:
        """Count each tag with all below it, once a unit; units are sorted, each pair there once."""
        counts = np.zeros(len(self.ids), dtype=np.int64)
        later = _later(units)
        weighed = weights[units] if weights.max(initial=0) > 1 else None
        for slot in self.slots:
            held = slot[codes]
            is_counted = held >= 0
            for back, places in later:
                is_counted[places[held[places] == held[places - back]]] = False
            some = None if weighed is None else weighed[is_counted]
            # Sums below 2**53 are exact in float64.
            found = np.bincount(held[is_counted], weights=some, minlength=len(self.ids))
            counts += found.astype(np.int64)
        return counts


def _later(units: Units) -> list[tuple[int, Counts]]:
    """Return, for 1, 2, … places back, the places where the unit is still the same there."""
    found: list[tuple[int, Counts]] = []
    places = np.flatnonzero(units[1:] == units[:-1]) + 1
    while len(places):
        back = len(found) + 1
        found.append((back, places))
        places = places[places > back]
        places = places[units[places] == units[places - back - 1]]
    return found


def _once(units: Units, codes: Units) -> tuple[Units, Units]:
    """Return each pair of unit and code once, in the order of the units."""
    size = int(codes.max(initial=0)) + 1
    keys = units.astype(np.int64) * size + codes
    distinct = pl.Series(keys).unique().sort().to_numpy()
    return distinct // size, distinct % size


# Tags change seldom beside the values: a state keeps its tags until one of them changes.
_above_of: dict[tuple[Path, str], tuple[Mapping[str, Tag], _Above]] = {}


def _above(catalogue: Catalogue, property: str) -> _Above:
    known = catalogue.annotations.tags
    key = (catalogue.project.root, property)
    kept = _above_of.get(key)
    if kept is None or kept[0] is not known:
        kept = _above_of[key] = (known, _climbed(catalogue, property))
    return kept[1]


def _climbed(catalogue: Catalogue, property: str) -> _Above:
    state = catalogue.annotations
    ids = [tag.id for tag in state.tags_of(property)]
    place = {id: number for number, id in enumerate(ids)}
    above: dict[str, frozenset[str]] = {}
    for id in ids:
        _climb(state.tags, id, above)
    held = [[place[one] for one in above[id] if one in place] for id in ids]
    slot_of = _slots(held)
    slots = np.full((max(slot_of, default=0) + 1, max(len(ids), 1)), -1, dtype=np.int32)
    for number, some in enumerate(held):
        for one in some:
            slots[slot_of[one], number] = one
    return _Above(ids, place, slots)


def _slots(held: Sequence[Sequence[int]]) -> list[int]:
    """Return a slot for each tag, another one than all have that stand above a tag with it."""
    # In a tree that is how deep it stands.
    found = [len(some) - 1 for some in held]
    if all(len({found[one] for one in some}) == len(some) for some in held):
        return found
    beside: list[set[int]] = [set() for _ in held]
    for some in held:
        for one in some:
            beside[one].update(some)
    found = [-1] * len(held)
    for one in sorted(range(len(held)), key=lambda one: -len(beside[one])):
        taken = {found[other] for other in beside[one]}
        found[one] = next(slot for slot in range(len(held)) if slot not in taken)
    return found


def _climb(known: Mapping[str, Tag], id: str, above: dict[str, frozenset[str]]) -> None:
    """Note of a tag, and of all that it leads to, what is above each with itself."""
    waiting = [id]
    while waiting:
        one = waiting[-1]
        parents = [parent for parent in known[one].parents if parent in known]
        missing = [parent for parent in parents if parent not in above]
        waiting += missing
        if missing:
            continue
        above[one] = frozenset([one]).union(*(above[parent] for parent in parents))
        waiting.pop()
