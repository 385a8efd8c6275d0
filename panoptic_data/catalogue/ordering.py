"""Orders of rows: what each sort looks at, and ranks that several sorts combine.

Pure, on frames and arrays. Not here: which rows a view shows (``filters``), which of its sorts
apply (``execute``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

__all__ = ["dense_ranks", "directed", "order_by", "similarity_ranks", "sort_values"]

Ranks = npt.NDArray[np.int64]
# So many bits of ranks are put together before they are sorted.
_BITS = 62
# NumPy sorts 16 bits by radix, ten times as fast as 64 by comparing.
_DIGIT = 16
_MILLION = 1_000_000


def sort_values(frame: pl.DataFrame, field: str) -> pl.Series:
    """Return the values that a sort of ``views.model.SORTS`` orders by, one a row."""
    if field == "path":
        # An image that has lost its last file has no path.
        rows = pl.Series(np.arange(frame.height))
        return rows.set(frame["place"] == "", None)
    if field == "colour":
        return _hue(frame["colour"])
    return frame[field]


def dense_ranks(values: pl.Series) -> Ranks:
    """Return the rank of each of n values, 1 for the smallest, n + 1 for none."""
    return values.rank("dense").cast(pl.Int64).fill_null(len(values) + 1).to_numpy()


def similarity_ranks(similarity: npt.NDArray[np.float32], descending: bool) -> Ranks:
    """Return the rank of each similarity, a cosine, to six digits; what has none (NaN) is last.

    Unlike those of ``dense_ranks``, ranks have gaps: finding them takes twenty times as long.
    """
    rounded = np.rint(similarity.astype(np.float64) * _MILLION)
    ranks = np.clip(_MILLION - rounded if descending else _MILLION + rounded, 0, 2 * _MILLION)
    return np.where(np.isnan(ranks), 2 * _MILLION + 1, ranks).astype(np.int64)


def directed(ranks: Ranks, descending: bool) -> Ranks:
    """Return ranks as they are, or largest first; what has no value stays last."""
    if not descending:
        return ranks
    last = len(ranks) + 1
    return np.where(ranks == last, last, last - 1 - ranks)


def order_by(ranks: Sequence[npt.NDArray[np.integer]]) -> npt.NDArray[np.intp]:
    """Sort by the first rank, then the next; rows that are equal in all keep their order.

    Ranks are 0 or more.
    """
    order = np.arange(len(ranks[0]), dtype=np.intp)
    for number, bits in reversed(_packed(ranks)):
        for shift in range(0, bits, _DIGIT):
            digit = (number >> shift).astype(np.uint16)
            order = order[np.argsort(digit[order], kind="stable")]
    return order


def _packed(ranks: Sequence[npt.NDArray[np.integer]]) -> list[tuple[Ranks, int]]:
    """Put ranks side by side into as few numbers as hold them, each with its bits."""
    packed: list[tuple[Ranks, int]] = []
    for rank in ranks:
        bits = int(rank.max(initial=0)).bit_length()
        if packed and packed[-1][1] + bits <= _BITS:
            number, before = packed[-1]
            packed[-1] = ((number << bits) | rank, before + bits)
        else:
            packed.append((rank.astype(np.int64), bits))
    return packed


def _hue(colours: pl.Series) -> pl.Series:
    """Rank colours as a rainbow, greys before it by lightness; null stays null."""
    numbers = colours.str.strip_prefix("#").str.to_integer(base=16, dtype=pl.Int64, strict=False)
    known = numbers.fill_null(0).to_numpy()
    return pl.Series(_rainbow(known)).set(numbers.is_null(), None)


def _rainbow(colours: npt.NDArray[np.int64]) -> Ranks:
    """Rank colours by whole degrees of hue, then by lightness (HLS)."""
    channels = np.stack([colours >> 16 & 255, colours >> 8 & 255, colours & 255]) / 255
    high, low = channels.max(axis=0), channels.min(axis=0)
    spread, lightness = high - low, (high + low) / 2
    # A black, a white and the greys between are divided by 1 and have no hue.
    reach = np.where(lightness <= 0.5, high + low, 2.0 - high - low)
    saturation = spread / np.where(spread == 0, 1, reach)
    red, green, blue = (high - channels) / np.where(spread == 0, 1, spread)
    third = np.where(channels[1] == high, 2.0 + red - blue, 4.0 + green - red)
    hue = np.where(channels[0] == high, blue - green, third) / 6.0 % 1.0
    # Below this a hue is noise to the eye.
    is_grey = (saturation < 0.12) | (lightness <= 0.06) | (lightness >= 0.96)
    coloured = 1001 + (hue * 360).astype(np.int64) * 1000 + (lightness * 999).astype(np.int64)
    ranks: Ranks = np.where(is_grey, (lightness * 1000).astype(np.int64), coloured)
    return ranks
