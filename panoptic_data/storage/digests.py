"""Digests of rows, and of a table as the sum of its rows' digests: pure.

A sum does not depend on the order of rows and can be carried forward by what changed, so that the
digest of a table of a million rows costs as much as its new rows. Not here: which rows changed
(``sync``, the stages).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["EMPTY", "digest_of_sum", "row_digests", "table_digest"]

Digests = npt.NDArray[np.uint64]

EMPTY: Digests = np.zeros(0, np.uint64)
# Rows are digested so many at a time: the lists of a million rows hold 15 million texts.
ROWS_AT_ONCE = 65_536
# Of 512 numbers of 16 bits: what is computed of them stays in the processor's memory.
VECTORS_AT_ONCE = 512
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_SHIFT = np.uint64(29)


def row_digests(rows: pa.Table) -> Digests:
    """Return a number for each row, (n,) uint64, of its columns' names and values.

    Columns hold texts, numbers, booleans, lists of these, or vectors of one length. The same in
    every release.
    """
    parts = [
        _digests(rows.slice(start, ROWS_AT_ONCE)) for start in range(0, rows.num_rows, ROWS_AT_ONCE)
    ]
    return np.concatenate(parts) if parts else EMPTY


def table_digest(names: Sequence[str], digests: Digests) -> str:
    """Return 16 hex digits that identify a table by its columns and its rows' digests."""
    total = int(digests.sum(dtype=np.uint64)) if len(digests) else 0
    return digest_of_sum(names, len(digests), total)


def digest_of_sum(names: Sequence[str], count: int, total: int) -> str:
    """Return the digest of a table of ``count`` rows whose digests have the sum ``total``."""
    state = hashlib.blake2b(digest_size=8)
    state.update(f"{' '.join(sorted(names))}\0{count}\0{total}".encode())
    return state.hexdigest()


def _digests(rows: pa.Table) -> Digests:
    total = np.zeros(rows.num_rows, np.uint64)
    for name in rows.column_names:
        values = pa.concat_arrays(rows[name].chunks or [pa.array([], rows[name].type)])
        total += _mixed(_values(values) + _of_name(name))
    return _mixed(total)


def _values(values: pa.Array) -> Digests:
    is_valid = pc.is_valid(values).to_numpy(zero_copy_only=False)
    if pa.types.is_fixed_size_list(values.type):
        digests = _vectors(values)
    elif pa.types.is_list(values.type):
        digests = _lists(values)
    elif pa.types.is_string(values.type):
        digests = _texts(values)
    else:
        digests = _numbers(values)
    return np.where(is_valid, digests, np.uint64(1))


def _lists(values: pa.Array) -> Digests:
    lengths = pc.list_value_length(values).fill_null(0).to_numpy()
    items = _values(values.flatten())
    starts = np.cumsum(lengths) - lengths
    places = np.arange(len(items)) - np.repeat(starts, lengths)
    weighted = _mixed(items) * _weights(int(places.max(initial=0)) + 1)[places]
    digests: Digests = _sums(weighted, lengths) + lengths.astype(np.uint64)
    return digests


def _texts(values: pa.Array) -> Digests:
    _, offsets, data = values.buffers()
    bounds = np.frombuffer(offsets, np.int32)[values.offset : values.offset + len(values) + 1]
    content = np.frombuffer(data or b"", np.uint8)[bounds[0] : bounds[-1]]
    lengths = np.diff(bounds)
    starts = bounds[:-1] - bounds[0]
    digests = np.zeros(len(lengths), np.uint64)
    for width in np.unique(lengths):
        has_width = lengths == width
        if has_width.all():
            texts = content.reshape(len(lengths), width)
        else:
            texts = content[starts[has_width, None] + np.arange(width)]
        digests[has_width] = _of_width(texts)
    return digests


def _of_width(texts: npt.NDArray[np.uint8]) -> Digests:
    """Return the digests of texts of one length (m, width), eight bytes at a time."""
    count, width = texts.shape
    padded = -(-width // 8) * 8
    if padded != width:
        texts = np.concatenate([texts, np.zeros((count, padded - width), np.uint8)], axis=1)
    words = np.ascontiguousarray(texts).view(np.dtype("<u8")).reshape(count, padded // 8)
    digests: Digests = (_mixed(words) * _weights(padded // 8)).sum(axis=1, dtype=np.uint64)
    return digests + np.uint64(width)


def _vectors(values: pa.Array) -> Digests:
    """Return the digests of vectors by their bits, which are stored as they are."""
    numbers = values.flatten().to_numpy(zero_copy_only=False)
    texts = np.ascontiguousarray(numbers.reshape(len(values), -1)).view(np.uint8)
    return np.concatenate(
        [
            _of_width(texts[start : start + VECTORS_AT_ONCE])
            for start in range(0, len(texts), VECTORS_AT_ONCE)
        ]
        or [EMPTY]
    )


def _numbers(values: pa.Array) -> Digests:
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.uint8())
    elif pa.types.is_temporal(values.type):
        values = values.cast(pa.int64())
    numbers = values.fill_null(0).to_numpy(zero_copy_only=False)
    if numbers.dtype.kind == "f":
        # Adding zero turns -0.0 into 0.0, which has other bits.
        wide = numbers.astype(np.float64) + 0.0
        return _mixed(wide.view(np.uint64))
    return _mixed(numbers.astype(np.int64).view(np.uint64))


def _sums(values: Digests, lengths: npt.NDArray[np.integer]) -> Digests:
    ends = np.cumsum(lengths)
    running = np.concatenate([[np.uint64(0)], np.cumsum(values, dtype=np.uint64)])
    sums: Digests = running[ends] - running[ends - lengths]
    return sums


def _mixed(values: Digests) -> Digests:
    mixed: Digests = (values ^ (values >> _SHIFT)) * _MIX
    mixed ^= mixed >> np.uint64(32)
    return mixed


@cache
def _weights(count: int) -> Digests:
    """Return ``count`` odd numbers, one for each place of a list or text."""
    return _mixed(_mixed(np.arange(1, count + 1, dtype=np.uint64) * _GOLDEN)) | np.uint64(1)


@cache
def _of_name(name: str) -> np.uint64:
    return np.uint64(int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest()))
