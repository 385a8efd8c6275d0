"""How what people defined is used: values counted for the page that defines them.

Pure: frames in, numbers out, each in one pass over the values whatever the number of tags. Not
here: the facets of a view (``widgets.facet_panel``), where values are kept (``annotations``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from panoptic_data.annotations.dates import day_range
from panoptic_data.annotations.tags import Tag

__all__ = ["Bar", "Use", "bars", "listed", "of_tags", "summary"]

BARS = 24
# Figures up to so many are each a bar of their own; more are put together.
FIGURES = 16
PERIODS = (1, 10, 100)


@dataclass(frozen=True)
class Use:
    """How many images (or files) have a value, how many different ones, the least and most."""

    targets: int
    distinct: int
    least: str | None = None
    most: str | None = None


@dataclass(frozen=True)
class Bar:
    """How many values lie from ``start`` up to ``end``; both alike for one value alone."""

    start: float
    end: float
    count: int


def of_tags(tags: Sequence[Tag], values: pl.DataFrame) -> dict[str, tuple[int, int]]:
    """Return how many targets have each tag or one below it, and how many the tag itself."""
    known = {tag.id: tag for tag in tags}
    numbered = _numbered(known, values)
    itself = _counted(numbered["tag"], len(known))
    with_below = itself
    if any(tag.parents for tag in tags):
        pairs = [
            (index, above)
            for index, all_above in _with_ancestors(known, itself).items()
            for above in all_above
        ]
        ancestors = pl.DataFrame(pairs, {"tag": pl.UInt32, "above": pl.UInt32}, orient="row")
        # A target with two tags below another counts once.
        joined = numbered.join(ancestors, on="tag")
        pair = (joined["target"].cast(pl.UInt64) * len(known) + joined["above"]).unique()
        with_below = _counted(pair % len(known), len(known))
    return {id: (with_below[index], itself[index]) for index, id in enumerate(known)}


def summary(type: str, values: pl.DataFrame) -> Use:
    """Return what can be said of all values of a property that holds no tags."""
    texts = values["value"]
    targets, distinct = values["target"].n_unique(), texts.n_unique()
    if not values.height:
        return Use(0, 0)
    if type == "number":
        ordered = texts.gather(texts.cast(pl.Float64).arg_sort())
        return Use(targets, distinct, ordered[0], ordered[-1])
    if type == "date":
        return Use(targets, distinct, str(texts.min()), str(texts.max()))
    return Use(targets, distinct)


def bars(type: str, values: pl.DataFrame) -> list[Bar]:
    """Return where numbers lie, or dates by their years; none for other types."""
    if not values.height or type not in ("number", "date"):
        return []
    if type == "number":
        return _of_numbers(values["value"].cast(pl.Float64))
    years = values["value"].unique().to_list()
    year_of = {text: day_range(text)[0].year for text in years}
    return _of_years(values["value"].replace_strict(year_of, return_dtype=pl.Int64))


def listed(values: pl.DataFrame, count: int) -> pl.DataFrame:
    """Return the values that most targets have: value, count, and one target that has it."""
    return (
        values.group_by("value")
        .agg(pl.len().alias("count"), pl.col("target").first())
        .sort(["count", "value"], descending=[True, False])
        .head(count)
    )


def _numbered(known: Mapping[str, Tag], values: pl.DataFrame) -> pl.DataFrame:
    """Return which target has which tag, once each, both by numbers: target, tag."""
    ids = pl.DataFrame({"value": list(known)}, {"value": pl.String}).with_row_index("tag")
    rows = values.select("target", "value").join(ids, on="value")
    return rows.select(pl.col("target").rank("dense").cast(pl.UInt32), "tag").unique()


def _counted(indices: pl.Series, length: int) -> list[int]:
    return np.bincount(indices.to_numpy(), minlength=length).tolist()  # type: ignore[no-any-return]


def _with_ancestors(known: Mapping[str, Tag], used: Sequence[int]) -> dict[int, frozenset[int]]:
    """Return each used tag and all above it, itself included, by their indices."""
    index_of = {id: index for index, id in enumerate(known)}
    parents = [[index_of[up] for up in tag.parents if up in index_of] for tag in known.values()]
    ancestors: dict[int, frozenset[int]] = {}
    for used_index, count in enumerate(used):
        to_visit = [used_index] if count else []
        while to_visit:
            index = to_visit[-1]
            missing = [up for up in parents[index] if up not in ancestors]
            if missing:
                to_visit += missing
                continue
            ancestors[index] = frozenset({index}).union(*(ancestors[up] for up in parents[index]))
            to_visit.pop()
    return ancestors


def _of_numbers(figures: pl.Series) -> list[Bar]:
    counts = figures.value_counts().sort(figures.name)
    if counts.height <= FIGURES:
        return [Bar(value, value, count) for value, count in counts.iter_rows()]
    low, high = counts[figures.name][0], counts[figures.name][-1]
    step = (high - low) / BARS
    indices = ((figures - low) / step).floor().clip(0, BARS - 1).cast(pl.Int64)
    return _bars_of(indices, low, step)


def _of_years(years: pl.Series) -> list[Bar]:
    first, last = int(years.min()), int(years.max())  # type: ignore[arg-type]
    period = next((length for length in PERIODS if (last - first) // length < BARS), PERIODS[-1])
    begin = first // period * period
    return _bars_of((years - begin) // period, begin, period)


def _bars_of(indices: pl.Series, begin: float, step: float) -> list[Bar]:
    count_of = dict(indices.value_counts().iter_rows())
    return [
        Bar(begin + index * step, begin + (index + 1) * step, count_of.get(index, 0))
        for index in range(int(indices.max()) + 1)  # type: ignore[arg-type]
    ]
