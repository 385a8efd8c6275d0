"""What pictures and their XMP sidecars say of themselves, as columns of the corpus.

A sidecar goes before what is embedded: people write it afterwards. Not here: reading either
(``media.description``), when sidecars are read (``ingest.source_update``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.media.dates import parse
from panoptic_data.media.embedded_texts import KEYWORDS, TEXTS

__all__ = ["COLUMNS", "DATES", "dates_as_texts", "last_moments", "rows_with", "with_sidecars"]

DATES = {"taken_at": "taken_precision", "digitised_at": "digitised_precision"}
"""Fields of dates inside pictures, and the column of how precise each is."""
COLUMNS = ("taken_precision", "digitised_at", "digitised_precision", *TEXTS, KEYWORDS)
"""Columns of the table ``images`` beside ``taken_at``."""

# By precision: how much of "1958-06-14T10:30:00" is written, and how long the date lasts.
_LENGTHS = {"year": 4, "month": 7, "day": 10, "minute": 16}
_LASTS = {"year": "1y", "month": "1mo", "day": "1d", "minute": "1m"}
_SCHEMA: dict[str, pl.DataType] = {
    "taken_at": pl.Datetime("us"),
    "taken_precision": pl.String(),
    "digitised_at": pl.Datetime("us"),
    "digitised_precision": pl.String(),
    **{name: pl.String() for name in TEXTS},
    KEYWORDS: pl.List(pl.String()),
}


def with_sidecars(images: pl.DataFrame, sidecars: pl.Series) -> pl.DataFrame:
    """Return a frame of images with what their sidecars say in place of what is embedded.

    ``sidecars`` has the JSON of each row's sidecar, null for none.
    """
    at = sidecars.is_not_null().arg_true()
    if not len(at):
        return images
    contents = [_row(json.loads(text)) for text in sidecars.gather(at)]
    positions = _positions(len(sidecars), at.to_numpy())
    spread = pl.DataFrame(contents, schema=_SCHEMA).select(pl.all().gather(positions))
    merged = [pl.coalesce(spread[name], images[name]).alias(name) for name in _SCHEMA]
    frame = images.with_columns(pl.select(merged))
    # A date and its precision come from one place.
    return frame.with_columns(
        pl.when(spread[at_name].is_not_null())
        .then(spread[precision])
        .otherwise(images[precision])
        .alias(precision)
        for at_name, precision in DATES.items()
    )


def dates_as_texts(field: str, separator: str = "T") -> pl.Expr:
    """Return a field of dates as texts with its precision: 1958, 1958-06, 1958-06-14T10:30:00."""
    text = pl.col(field).dt.strftime(f"%Y-%m-%d{separator}%H:%M:%S")
    precision = pl.col(DATES[field])
    length = precision.replace_strict(_LENGTHS, default=len("1958-06-14T10:30:00"))
    return text.str.head(length.fill_null(len("1958-06-14T10:30:00"))).alias(field)


def last_moments(frame: pl.DataFrame, field: str) -> npt.NDArray[np.int64]:
    """Return the last microsecond of each date since 1970, (n,) int64; 0 where there is none."""
    begin, precision = pl.col(field), pl.col(DATES[field])
    last = begin
    for name, lasts in _LASTS.items():
        end = begin.dt.offset_by(lasts) - pl.duration(microseconds=1)
        last = pl.when(precision == name).then(end).otherwise(last)
    return frame.select(last.cast(pl.Int64).fill_null(0)).to_series().to_numpy()


def rows_with(
    keywords: tuple[pl.Series, npt.NDArray[np.uint32], npt.NDArray[np.int32]],
    count: int,
    is_wanted: Callable[[pl.Series], npt.NDArray[np.bool_]] | None = None,
) -> npt.NDArray[np.bool_]:
    """Return which of ``count`` rows have a keyword that is wanted (None: any): (n,) bool."""
    values, rows, codes = keywords
    mask = np.zeros(count, dtype=bool)
    mask[rows if is_wanted is None else rows[is_wanted(values)[codes]]] = True
    return mask


def _row(content: dict[str, Any]) -> dict[str, Any]:
    row = {name: content.get(name) for name in (*TEXTS, KEYWORDS)}
    for name, value in zip(DATES.items(), map(content.get, ("taken", "digitised")), strict=True):
        row |= dict(zip(name, _date(value), strict=True))
    return row


def _date(text: object) -> Iterator[datetime | str | None]:
    date = parse(text) if isinstance(text, str) else None
    return iter((date.at, date.precision) if date else (None, None))


def _positions(count: int, at: npt.NDArray[np.integer]) -> pl.Series:
    positions = np.full(count, -1, dtype=np.int64)
    positions[at] = np.arange(len(at))
    series = pl.Series(positions)
    return series.set(series == -1, None).cast(pl.UInt32)
