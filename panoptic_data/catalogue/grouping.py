"""Groups a view's rows: the value of each row at each level, and the order that puts them together.

Not here: what a group is and which condition it stands for (``groups``), which rows a view shows
(``filters``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.annotations.tags import ancestors
from panoptic_data.catalogue import periods
from panoptic_data.catalogue.corpus import NO_TIME, occurring
from panoptic_data.catalogue.groups import NO_VALUE, Groups, LevelCodes
from panoptic_data.catalogue.ordering import order_by
from panoptic_data.catalogue.spelling import folded, naturally_sorted, order_keys
from panoptic_data.errors import InvalidView, NoEmbeddings
from panoptic_data.media.colour import HUES
from panoptic_data.media.embedded_texts import KEYWORDS, TEXTS
from panoptic_data.views.fields import FIELDS, property_of

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.views.model import Level

__all__ = ["arrange", "encode_level", "explode"]

Codes = npt.NDArray[np.int32]
Positions = npt.NDArray[np.int64]
# Numbers whose range is smaller than this are counted in a table, others are sorted.
TABLE_AT_MOST = 1 << 22
BINS = 20
# A double tells whole numbers apart up to here.
_EXACT_INTEGERS = 2.0**52


def encode_level(catalogue: Catalogue, level: Level, by_file: bool) -> LevelCodes:
    """Return the value of each image (of each file, in file mode) at a level.

    Raises NoEmbeddings where an encoder has no clusters.
    """
    if level.field == "folder":
        return _folders(catalogue, level.by, by_file)
    encode = _property_encoder(level) if property_of(level.field) else _ENCODERS[level.field]
    encoded = encode(catalogue, level)
    if by_file == catalogue.is_of_files(level.field):
        return encoded
    corpus = catalogue.corpus
    if by_file:
        return _of_units(encoded, corpus.file_row)
    # An image takes the value of its first file.
    first_file = np.full(len(catalogue), NO_VALUE, dtype=np.int64)
    first_file[corpus.file_row[::-1]] = np.arange(corpus.files.height)[::-1]
    return _of_units(encoded, first_file)


def explode(
    encoded: Sequence[LevelCodes], units: npt.NDArray[Any]
) -> tuple[npt.NDArray[Any], list[LevelCodes]]:
    """Return units and their values at each level, in the units' order.

    A unit that has several values at a level is repeated, once for each of them.
    """
    positions = np.arange(len(units))
    columns: list[Codes] = []
    for level in encoded:
        if level.starts is None:
            columns.append(level.codes[units[positions]])
            continue
        begins, ends = level.starts[units[positions]], level.starts[units[positions] + 1]
        counts = np.maximum(ends - begins, 1)
        firsts = np.cumsum(counts) - counts
        offsets = np.arange(int(counts.sum())) - np.repeat(firsts, counts)
        is_none = np.repeat(ends == begins, counts)
        sources = np.repeat(begins, counts) + offsets
        codes = np.full(len(sources), NO_VALUE, dtype=np.int32)
        codes[~is_none] = level.codes[sources[~is_none]]
        columns = [np.repeat(column, counts) for column in columns]
        columns.append(codes)
        positions = np.repeat(positions, counts)
    exploded = [
        LevelCodes(column, level.values) for column, level in zip(columns, encoded, strict=True)
    ]
    return units[positions], exploded


def arrange(
    levels: Sequence[Level], encoded: Sequence[LevelCodes]
) -> tuple[npt.NDArray[np.intp], Groups]:
    """Return the order that puts n units into their groups, and the groups.

    ``encoded`` are the units' values at each level, in the order that holds inside a group.
    """
    ranks = [_ranks(level, codes) for level, codes in zip(levels, encoded, strict=True)]
    order = order_by(ranks)
    # Where each level's groups begin: where its rank changes, or that of a level above.
    is_new = np.zeros(len(order), dtype=bool)
    is_new[:1] = True
    begins = []
    for rank in ranks:
        ordered = rank[order]
        is_new[1:] |= ordered[1:] != ordered[:-1]
        begins.append(np.flatnonzero(is_new))
    firsts = [rank[order[begin]] for rank, begin in zip(ranks, begins, strict=True)]
    values = [
        _values(level, codes)[first]
        for level, codes, first in zip(levels, encoded, firsts, strict=True)
    ]
    if any(level.order == "size" for level in levels):
        order, begins, values = _by_size(levels, encoded, order, begins, firsts, values)
    return order, _tree(levels, begins, values, len(order))


def _of_units(encoded: LevelCodes, units: npt.NDArray[Any]) -> LevelCodes:
    """Return the values of some units, -1 being a unit without any."""
    if encoded.starts is None:
        codes = np.append(encoded.codes, np.int32(NO_VALUE))[units]
        return LevelCodes(codes, encoded.values)
    begins = np.append(encoded.starts[:-1], 0)[units]
    counts = np.append(np.diff(encoded.starts), 0)[units]
    starts = np.concatenate([[0], np.cumsum(counts)])
    sources = np.repeat(begins - starts[:-1], counts) + np.arange(int(starts[-1]))
    return LevelCodes(encoded.codes[sources], encoded.values, starts)


def _ranks(level: Level, encoded: LevelCodes) -> Codes:
    """Return each unit's rank among the groups of a level, what has no value last."""
    count = len(encoded.values)
    ranks = encoded.codes
    if level.descending and level.order == "value":
        ranks = (np.int32(count - 1) - ranks).astype(np.int32)
    return np.where(encoded.codes < 0, np.int32(count), ranks)


def _values(level: Level, encoded: LevelCodes) -> npt.NDArray[np.object_]:
    """Return the value of each rank."""
    values = np.empty(len(encoded.values) + 1, dtype=object)
    values[:-1] = encoded.values
    if level.descending and level.order == "value":
        values[:-1] = values[-2::-1]
    return values


def _by_size(
    levels: Sequence[Level],
    encoded: Sequence[LevelCodes],
    order: npt.NDArray[np.intp],
    begins: Sequence[Positions],
    firsts: Sequence[Codes],
    values: Sequence[npt.NDArray[np.object_]],
) -> tuple[npt.NDArray[np.intp], list[Positions], list[npt.NDArray[np.object_]]]:
    """Put groups that are in the order of their values in that of their sizes where a level says.

    ``begins`` are the positions at which the groups of each level begin, ``firsts`` their ranks.
    """
    leaves = begins[-1]
    # The index of each level's group around each leaf: the last that begins no later.
    around = [np.searchsorted(begin, leaves, side="right") - 1 for begin in begins]
    keys: list[npt.NDArray[Any]] = []
    for level, codes, begin, first, index in zip(
        levels, encoded, begins, firsts, around, strict=True
    ):
        if level.order == "size":
            sizes = np.diff(begin, append=len(order))
            most = sizes.max(initial=0)
            size_ranks = most - sizes if level.descending else sizes
            keys.append(np.where(first == len(codes.values), most + 1, size_ranks)[index])
        keys.append(first[index])
    leaf_order = order_by(keys)
    counts = np.diff(leaves, append=len(order))[leaf_order]
    new_leaves = np.cumsum(counts) - counts
    positions = np.repeat(leaves[leaf_order] - new_leaves, counts) + np.arange(len(order))
    new_begins, new_values = [], []
    for index, value in zip(around, values, strict=True):
        begun = np.flatnonzero(np.diff(index[leaf_order], prepend=-1))
        new_begins.append(new_leaves[begun])
        new_values.append(value[index[leaf_order][begun]])
    return order[positions], new_begins, new_values


def _tree(
    levels: Sequence[Level],
    begins: Sequence[Positions],
    values: Sequence[npt.NDArray[np.object_]],
    total: int,
) -> Groups:
    """Put the groups of all levels in the order in which they are shown."""
    start = np.concatenate(begins)
    count = np.concatenate([np.diff(begin, append=total) for begin in begins])
    depth = np.repeat(np.arange(len(begins), dtype=np.uint8), [len(begin) for begin in begins])
    # From the outside in where several begin.
    order = order_by([start, depth])
    return Groups(
        tuple(levels),
        depth[order],
        start[order],
        count[order],
        _parents(depth[order]),
        np.concatenate(values)[order].tolist(),
    )


def _parents(depth: npt.NDArray[np.uint8]) -> Positions:
    indices = np.arange(len(depth))
    parent = np.full(len(depth), -1, dtype=np.int64)
    for level in range(1, int(depth.max(initial=0)) + 1):
        last_above = np.maximum.accumulate(np.where(depth == level - 1, indices, 0))
        parent[depth == level] = last_above[depth == level]
    return parent


def _folders(catalogue: Catalogue, by: int | None, by_file: bool) -> LevelCodes:
    corpus = catalogue.corpus
    tops = corpus.folders
    if by is not None:
        tops = tops.str.split("/").list.head(by).list.join("/")
    names = naturally_sorted(tops.unique())
    folder_codes = tops.cast(pl.Enum(names)).to_physical().to_numpy().astype(np.int32)
    file_codes = folder_codes[corpus.file_folder]
    if by_file:
        return LevelCodes(file_codes, names.to_list())
    codes = np.full(len(catalogue), NO_VALUE, dtype=np.int32)
    # Backwards, so that an image with copies in several folders takes the first.
    codes[corpus.file_row[::-1]] = file_codes[::-1]
    return LevelCodes(codes, names.to_list())


def _property_encoder(level: Level) -> Callable[[Catalogue, Level], LevelCodes]:
    encoders = {"tags": _tags, "number": _numbers, "date": _periods}
    return encoders.get(FIELDS[level.field].kind, _texts)


def _tags(catalogue: Catalogue, level: Level) -> LevelCodes:
    """Encode the tags of each unit in the order of the tags; a unit may have several."""
    property, column = catalogue.property(level.field), catalogue.column(level.field)
    assert column.units is not None
    assert column.tags is not None
    tag_by_id = catalogue.annotations.tags
    order = [tag.id for tag in catalogue.annotations.tags_of(property.id)]
    code_of = {id: code for code, id in enumerate(order)}
    # As a condition on a tag does, its group holds what has a tag below it.
    with_ancestors = [
        sorted({code_of[it] for it in (id, *ancestors(tag_by_id, [id])) if it in code_of})
        for id in column.ids
    ]
    counts = np.array([len(ancestors) for ancestors in with_ancestors] or [0], dtype=np.int64)
    units: Positions = column.units.astype(np.int64)
    codes = np.array([ancestors[0] for ancestors in with_ancestors] or [0])[column.tags]
    if counts.max(initial=0) > 1:
        begins = (np.cumsum(counts) - counts)[column.tags]
        times = counts[column.tags]
        firsts = np.cumsum(times) - times
        sources = np.repeat(begins - firsts, times) + np.arange(int(times.sum()))
        unit_offsets = np.repeat(units, times) * len(order)
        ancestor_codes = np.concatenate([np.array(ancestors) for ancestors in with_ancestors])
        pairs = occurring(unit_offsets + ancestor_codes[sources])
        units, codes = pairs // len(order), pairs % len(order)
    sizes = np.bincount(units, minlength=column.size)
    return LevelCodes(codes.astype(np.int32), order, np.concatenate([[0], np.cumsum(sizes)]))


def _texts(catalogue: Catalogue, level: Level) -> LevelCodes:
    values, codes = catalogue.texts(level.field)
    return LevelCodes(codes, values.to_list())


def _keywords(catalogue: Catalogue, _: Level) -> LevelCodes:
    """Encode keywords as they are written; an image may have several."""
    values, rows, codes = catalogue.corpus.keywords
    sizes = np.bincount(rows, minlength=len(catalogue))
    return LevelCodes(codes, values.to_list(), np.concatenate([[0], np.cumsum(sizes)]))


def _cameras(catalogue: Catalogue, _: Level) -> LevelCodes:
    """Encode cameras, those that differ in case or spelling only as the same, as filters do."""
    values, codes = catalogue.corpus.texts("camera")
    spelled = folded(values)
    names = pl.DataFrame({"as": spelled, "name": values}).group_by("as").agg(pl.col("name").min())
    names = names.sort(order_keys(names["as"]))
    merged = spelled.cast(pl.Enum(names["as"])).to_physical().cast(pl.Int32).to_numpy()
    return LevelCodes(np.append(merged, np.int32(NO_VALUE))[codes], names["name"].to_list())


def _hues(catalogue: Catalogue, _: Level) -> LevelCodes:
    return LevelCodes(catalogue.corpus.hues.astype(np.int32), list(HUES))


def _clusters(catalogue: Catalogue, level: Level) -> LevelCodes:
    clusters = catalogue.clusters(level.by)
    if clusters is None:
        raise NoEmbeddings(encoder=level.by)
    codes = np.maximum(clusters, NO_VALUE).astype(np.int32)
    return LevelCodes(codes, list(range(int(codes.max(initial=NO_VALUE)) + 1)))


def _duplicates(catalogue: Catalogue, level: Level) -> LevelCodes:
    members = catalogue.duplicates().filter(pl.col("kind") == level.by)
    names = members["group"].unique().sort()
    codes = np.full(len(catalogue), NO_VALUE, dtype=np.int32)
    member_codes = members["group"].cast(pl.Enum(names)).to_physical().cast(pl.Int32).to_numpy()
    codes[members["row"].to_numpy()] = member_codes
    return LevelCodes(codes, names.to_list())


def _excluded(catalogue: Catalogue, _: Level) -> LevelCodes:
    return LevelCodes(catalogue.column("excluded").filled.astype(np.int32), [False, True])


def _authors(catalogue: Catalogue, level: Level) -> LevelCodes:
    """Encode who set, or proposed, a value of each image (with ``by``, of one property)."""
    rows, codes, names = catalogue.people(level.field, level.by)
    order = np.argsort(rows, kind="stable")
    counts = np.bincount(rows, minlength=len(catalogue))
    return LevelCodes(codes[order], names, np.concatenate([[0], np.cumsum(counts)]))


def _numbers(catalogue: Catalogue, level: Level) -> LevelCodes:
    numbers = catalogue.numbers(level.field)
    has_value = ~np.isnan(numbers)
    filled = numbers[has_value]
    if not len(filled):
        return LevelCodes(np.full(len(numbers), NO_VALUE, dtype=np.int32), [])
    width = _bin_width(filled) if level.by is None else float(level.by)
    if width is None:
        distinct, codes = _distinct(filled.astype(np.int64))
        values: list[Any] = distinct.tolist()
    else:
        distinct, codes = _distinct(_bins(filled, width))
        values = [[_plain(bin * width), _plain((bin + 1) * width)] for bin in distinct.tolist()]
    return LevelCodes(_scattered(codes, has_value), values)


def _bins(numbers: npt.NDArray[np.float64], width: float) -> Positions:
    """Return the number of each value's bin, by the ends that ``_plain`` gives the bin.

    Raises InvalidView where the bins are too narrow to be told apart.
    """
    if float(np.abs(numbers).max()) > width * _EXACT_INTEGERS:
        raise InvalidView("group", "by")
    bins = np.floor(numbers / width)
    bins -= bins * width > numbers
    bins += (bins + 1) * width <= numbers
    return bins.astype(np.int64)


def _distinct(numbers: Positions) -> tuple[Positions, Positions]:
    """Return the numbers that occur, smallest first, and each number's index among them."""
    least = int(numbers.min(initial=0))
    if int(numbers.max(initial=0)) - least >= TABLE_AT_MOST:
        return np.unique(numbers, return_inverse=True)
    occurs = np.bincount(numbers - least) > 0
    return np.flatnonzero(occurs) + least, (np.cumsum(occurs) - 1)[numbers - least]


def _scattered(codes: Positions, has_value: npt.NDArray[np.bool_]) -> Codes:
    scattered = np.full(len(has_value), NO_VALUE, dtype=np.int32)
    scattered[has_value] = codes
    return scattered


def _bin_width(numbers: npt.NDArray[np.float64]) -> float | None:
    """Return a round width that makes at most some twenty bins; None for few whole numbers."""
    span = float(numbers.max() - numbers.min())
    are_integers = bool((numbers == np.floor(numbers)).all())
    if span < BINS and are_integers:
        return None
    if not span:
        return 1.0
    step = 10.0 ** math.floor(math.log10(span / BINS))
    return next(step * times for times in (1, 2, 5, 10) if span / (step * times) <= BINS)


def _plain(number: float) -> int | float:
    is_integer = abs(number) < _EXACT_INTEGERS and number == int(number)
    return int(number) if is_integer else number


def _periods(catalogue: Catalogue, level: Level) -> LevelCodes:
    times = catalogue.times(level.field)
    has_value = times != NO_TIME
    dates = pl.Series(times[has_value]).cast(pl.Datetime("us"))
    precisions = catalogue.precisions(level.field)
    if precisions is not None:
        precisions = precisions.filter(pl.Series(has_value))
    distinct, codes = _distinct(periods.numbers(dates, level.by, precisions))
    names = [periods.name(level.by, number) for number in distinct.tolist()]
    return LevelCodes(_scattered(codes, has_value), names)


_ENCODERS: Mapping[str, Callable[[Catalogue, Level], LevelCodes]] = {
    "excluded": _excluded,
    "author": _authors,
    "proposed": _authors,
    "format": _texts,
    "status": _texts,
    "camera": _cameras,
    "colour": _hues,
    "taken_at": _periods,
    "digitised_at": _periods,
    **dict.fromkeys(TEXTS, _texts),
    KEYWORDS: _keywords,
    "added": _periods,
    "width": _numbers,
    "height": _numbers,
    "pixels": _numbers,
    "size": _numbers,
    "copies": _numbers,
    "cluster": _clusters,
    "duplicate": _duplicates,
}
