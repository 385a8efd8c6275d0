"""How often each value of a property occurs under a view, and choosing among its values.

Counts leave out what is chosen of the property itself, so that each other value has the number it
would show. In mode "image" an image counts once for a value, in mode "file" each file that is
shown. Not here: folders, clusters, formats (``field_counts``), a tag with all below it
(``tag_counts``), drawing (the app).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.annotations.properties import EXCLUDED
from panoptic_data.catalogue.corpus import NO_TIME
from panoptic_data.catalogue.execute import run_view
from panoptic_data.catalogue.groups import condition
from panoptic_data.catalogue.tag_counts import tag_hierarchy
from panoptic_data.media.embedded_texts import KEYWORDS
from panoptic_data.views.fields import FIELDS, WHO_FIELDS
from panoptic_data.views.model import Clause, Condition, Level, View

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue

__all__ = [
    "ValueCounts",
    "authors",
    "choose",
    "chosen",
    "described",
    "excluded",
    "months",
    "numbers",
    "tags",
    "values",
    "without_choice",
]

# More values than this are too many to read through: there is a search for them.
MAX_VALUES = 50
# Of a date that goes on without an end, in microseconds since 1970.
_FIRST_MOMENT = (date.min.toordinal() - date(1970, 1, 1).toordinal()) * 86_400_000_000
_LAST_MOMENT = (date.max.toordinal() - date(1970, 1, 1).toordinal()) * 86_400_000_000
# Kinds of fields that are chosen by a range, not value by value.
_RANGES = ("number", "date")

Units = npt.NDArray[Any]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ValueCounts:
    """Counts by value, and of what has no value; ``more`` values are not in ``counts``."""

    counts: dict[str, int]
    empty: int = 0
    more: int = 0


def chosen(view: View, field: str) -> list[Any]:
    """Return the values that were chosen of a field, None for what has none."""
    choices = (_chosen(part, field) for part in view.where)
    return next((values for values in choices if values is not None), [])


def choose(view: View, field: str, values: Sequence[Any]) -> View:
    """Return the view with these values chosen of a field: any of them, None for having none."""
    other_parts = [part for part in view.where if _chosen(part, field) is None]
    filled = [value for value in values if value is not None]
    parts: list[Condition | Clause] = []
    if filled and field in WHO_FIELDS:
        parts.append(Condition(field, "in", {WHO_FIELDS[field]: filled}))
    elif filled and FIELDS[field].kind in ("tags", "link"):
        parts.append(Condition(field, "in", filled))
    else:
        parts += [condition(Level(field), value) for value in filled]
    if len(filled) < len(values):
        parts.append(Condition(field, "is empty"))
    combined = parts if len(parts) < 2 else [Clause("any", tuple(parts))]
    return replace(view, where=(*other_parts, *combined))


def without_choice(view: View, field: str) -> View:
    """Return the view without a choice or a range of a field, and without groups."""
    is_range = FIELDS[field].kind in _RANGES
    remaining = view.without(field) if is_range else choose(view, field, ())
    # An image in several groups would count for each.
    return remaining.grouped_by()


def tags(catalogue: Catalogue, view: View, field: str) -> ValueCounts:
    """Count each tag with all below it, in the order of the tags."""
    property, column = catalogue.property(field), catalogue.column(field)
    assert column.units is not None
    assert column.tags is not None
    shown = _ShownUnits.of(catalogue, view, field, column.by_file)
    hierarchy = tag_hierarchy(catalogue, property.id)
    codes_of_ids = np.array([hierarchy.code_of[id] for id in column.ids] or [0], dtype=np.int64)
    is_shown = shown.weights[shown.unit(column.units)] > 0
    units, codes = column.units[is_shown], codes_of_ids[column.tags[is_shown]]
    if shown.rows is not None:
        # Two files of an image may have the same tag.
        units, codes = _distinct_pairs(shown.rows[units], codes)
    counts = hierarchy.count(units, codes, shown.weights)
    return ValueCounts(
        dict(zip(hierarchy.ids, counts.tolist(), strict=True)), shown.without(column.filled)
    )


def values(
    catalogue: Catalogue,
    view: View,
    field: str,
    max_values: int = MAX_VALUES,
    *,
    by_name: bool = False,
) -> ValueCounts:
    """Count the values of a property without tags, most frequent first, then other chosen ones.

    ``by_name``: in the order of the values instead, from the first.
    """
    column = catalogue.column(field)
    texts, all_codes = catalogue.texts(field)
    shown = _ShownUnits.of(catalogue, view, field, column.by_file)
    units = np.flatnonzero(all_codes >= 0)
    counts = shown.count(units, all_codes[units], len(texts))
    empty = shown.without(column.filled)
    return _listed(view, field, texts, counts, empty, max_values, by_name=by_name)


def _listed(
    view: View,
    field: str,
    texts: pl.Series,
    counts: Counts,
    empty: int,
    max_values: int,
    *,
    by_name: bool,
) -> ValueCounts:
    """Return the most frequent texts, or the first by name, then other chosen ones."""
    largest = np.flatnonzero(counts)[:max_values] if by_name else _largest(counts, max_values)
    is_chosen = texts.is_in(pl.Series(_texts(chosen(view, field)), dtype=pl.String).implode())
    listed = np.concatenate([largest, np.setdiff1d(is_chosen.arg_true().to_numpy(), largest)])
    if by_name:
        listed = np.sort(listed)
    pairs = zip(texts.gather(listed).to_list(), counts[listed].tolist(), strict=True)
    more = int(np.count_nonzero(counts)) - int(np.count_nonzero(counts[listed]))
    return ValueCounts(dict(pairs), empty, more)


def described(
    catalogue: Catalogue,
    view: View,
    field: str,
    max_values: int = MAX_VALUES,
    *,
    by_name: bool = False,
) -> ValueCounts:
    """Count the texts that files hold of themselves (``embedded_texts``), as :func:`values` does.

    An image counts for each of its keywords.
    """
    rows: Units
    if field == KEYWORDS:
        texts, rows, codes = catalogue.corpus.keywords
    else:
        texts, all_codes = catalogue.texts(field)
        rows = np.flatnonzero(all_codes >= 0)
        codes = all_codes[rows]
    shown = _ShownUnits.of(catalogue, view, field, by_file=False)
    filled = np.zeros(len(catalogue), dtype=bool)
    filled[rows] = True
    counts = shown.count(rows, codes, len(texts))
    return _listed(view, field, texts, counts, shown.without(filled), max_values, by_name=by_name)


def numbers(
    catalogue: Catalogue, view: View, field: str, bins: int
) -> tuple[list[int], list[float], bool]:
    """Count a property of numbers: counts, edges, and whether each bar is one whole number."""
    column = catalogue.numbers(field)
    shown = _ShownUnits.of(catalogue, view, field, catalogue.is_of_files(field))
    units = np.flatnonzero(~np.isnan(column) & (shown.weights[shown.unit(None)] > 0))
    filled = column[units]
    if not len(filled):
        return [], [], False
    low, high = float(filled.min()), float(filled.max())
    are_integers = high - low < bins and bool(np.all(filled == np.floor(filled)))
    count = int(high - low) + 1 if are_integers else bins
    edges = np.linspace(low, low + count if are_integers else high, count + 1)
    if high == low and not are_integers:
        edges, count = np.array([low, high]), 1
    width = (edges[-1] - edges[0]) / count or 1.0
    codes = np.clip(((filled - low) / width).astype(np.int64), 0, count - 1)
    return shown.count(units, codes, count).tolist(), edges.tolist(), are_integers


def months(catalogue: Catalogue, view: View, field: str) -> dict[tuple[int, int], int]:
    """Count a field of dates by the first and the last month that each may mean.

    Months are numbered from year 0; in order of time. A date with an open end counts at the other,
    and one that is open at both ends does not count.
    """
    times, (begins, ends) = catalogue.times(field), catalogue.spans(field)
    shown = _ShownUnits.of(catalogue, view, field, catalogue.is_of_files(field))
    is_open, is_unending = begins < _FIRST_MOMENT, ends > _LAST_MOMENT
    is_counted = (times != NO_TIME) & ~(is_open & is_unending)
    units = np.flatnonzero(is_counted & (shown.weights[shown.unit(None)] > 0))
    if not len(units):
        return {}
    firsts = np.where(is_open, ends - 1, times)
    lasts = np.where(is_unending, times, np.maximum(ends - 1, times))
    pairs = pl.DataFrame({"first": _months(firsts[units]), "last": _months(lasts[units])})
    distinct = pairs.unique().sort("first", "last").with_row_index("code")
    codes = pairs.join(distinct, on=["first", "last"], how="left", maintain_order="left")["code"]
    counts = shown.count(units, codes.to_numpy().astype(np.int64), distinct.height).tolist()
    spans = distinct.select("first", "last").rows()
    return {span: count for span, count in zip(spans, counts, strict=True) if count}


def _months(times: npt.NDArray[np.int64]) -> pl.Series:
    dates = pl.Series(times).cast(pl.Datetime("us"))
    return dates.dt.year().cast(pl.Int64) * 12 + dates.dt.month() - 1


def authors(catalogue: Catalogue, view: View) -> ValueCounts:
    """Count the images of which each author set a value that they have now."""
    return people(catalogue, view, "author")


def people(catalogue: Catalogue, view: View, field: str) -> ValueCounts:
    """Count the images by who set, or proposed, a value of them: one of ``WHO_FIELDS``."""
    rows, codes, names = catalogue.people(field)
    shown = _ShownUnits.of(catalogue, view, field, by_file=False)
    counts = shown.count(rows, codes, len(names)).tolist()
    has_author = np.zeros(len(catalogue), dtype=bool)
    has_author[rows] = True
    pairs = sorted(zip(names, counts, strict=True), key=lambda pair: -pair[1])
    return ValueCounts(dict(pairs), shown.without(has_author))


def excluded(catalogue: Catalogue) -> int:
    """Count the images that were taken out of the corpus."""
    if not catalogue.annotations.excluded.frame().height:
        return 0
    return int(np.count_nonzero(catalogue.column(EXCLUDED).filled))


def _chosen(part: Condition | Clause, field: str) -> list[Any] | None:
    """Return the values that a part chooses of a field; None where it is no such choice."""
    if isinstance(part, Clause):
        return _chosen_in_clause(part, field)
    if part.field != field:
        return None
    match part.op, part.value:
        case "is empty", _:
            return [None]
        case "in", ({"authors": [*names], **more} | {"proposers": [*names], **more}) if not more:
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


def _chosen_in_clause(clause: Clause, field: str) -> list[Any] | None:
    choices = [_chosen(part, field) for part in clause.parts if isinstance(part, Condition)]
    of_field = [values for values in choices if values is not None]
    if clause.kind != "any" or len(of_field) < len(clause.parts):
        return None
    return [value for values in of_field for value in values]


def _texts(values: Sequence[Any]) -> list[str]:
    return [value for value in values if isinstance(value, str)]


def _largest(counts: Counts, limit: int) -> Counts:
    """Return the indices of the largest counts, largest first, without those of 0."""
    indices = np.flatnonzero(counts)
    if len(indices) > limit:
        indices = indices[np.argpartition(-counts[indices], limit - 1)[:limit]]
    # Equal ones stay in the order of their values.
    return indices[np.lexsort([indices, -counts[indices]])]


@dataclass(frozen=True)
class _ShownUnits:
    """What a view shows, as weights of the units that count: images or files.

    ``rows`` leads from the units of the property to those that count where they differ.
    """

    weights: npt.NDArray[np.int64]
    rows: Units | None

    @classmethod
    def of(cls, catalogue: Catalogue, view: View, field: str, by_file: bool) -> _ShownUnits:
        """Return what a view shows without what is chosen of a field.

        ``by_file``: the field has a value for each file.
        """
        result, corpus = run_view(catalogue, without_choice(view, field)), catalogue.corpus
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
            units, codes = _distinct_pairs(self.rows[units], codes)
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


def _distinct_pairs(units: Units, codes: Units) -> tuple[Units, Units]:
    """Return each pair of unit and code once, in the order of the units."""
    size = int(codes.max(initial=0)) + 1
    keys = units.astype(np.int64) * size + codes
    distinct = pl.Series(keys).unique().sort().to_numpy()
    return distinct // size, distinct % size
