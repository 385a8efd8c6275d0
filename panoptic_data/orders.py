"""Orders of rows: what each sort looks at, and ranks that several sorts combine.

Pure, on frames and arrays. Not here: which rows a view shows (``conditions``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

__all__ = ["dense", "sort_values", "sorted_by", "turned"]

Ranks = npt.NDArray[np.int64]
_LAST = np.iinfo(np.int64).max


def sort_values(frame: pl.DataFrame, field: str) -> pl.Series:
    """Return what a sort of ``views.SORTS`` looks at, one value a row."""
    if field == "path":
        return pl.Series(np.arange(frame.height))
    if field == "name":
        return frame["place"].str.split("/").list.last().str.to_lowercase()
    if field == "colour":
        return _hue(frame["colour"])
    return frame[field]


def dense(values: pl.Series) -> Ranks:
    """Return the rank of each of n values, 1 for the smallest, n + 1 for none."""
    return values.rank("dense").cast(pl.Int64).fill_null(len(values) + 1).to_numpy()


def turned(ranks: Ranks, descending: bool) -> Ranks:
    """Return ranks as they are, or largest first; what has no value stays last."""
    if not descending:
        return ranks
    last = len(ranks) + 1
    return np.where(ranks == last, last, last - 1 - ranks)


def sorted_by(ranks: Sequence[Ranks]) -> npt.NDArray[np.intp]:
    """Sort by the first rank, then the next; rows that are equal in all keep their order."""
    combined = ranks[0]
    for rank in ranks[1:]:
        if combined.max(initial=0) > _LAST // (int(rank.max(initial=0)) + 1):
            return np.lexsort(tuple(reversed(ranks)))
        combined = combined * (rank.max(initial=0) + 1) + rank
    return np.argsort(combined, kind="stable")


def _hue(colours: pl.Series) -> pl.Series:
    """Rank colours as a rainbow, greys before it by lightness; null stays null."""
    distinct = colours.drop_nulls().unique().sort()
    ranks = pl.Series([_rainbow(one) for one in distinct], dtype=pl.Int64)
    return colours.replace_strict(distinct, ranks, default=None, return_dtype=pl.Int64)


def _rainbow(colour: str) -> int:
    import colorsys

    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    # Below this a hue is noise to the eye.
    is_grey = saturation < 0.12 or not 0.06 < lightness < 0.96
    return int(lightness * 1000) if is_grey else 1000 + int(hue * 360) * 1000 + int(lightness * 999)
