"""The images and their files as one frame, and columns of it as arrays.

A row is an image, in the order of its path without regard to case. What counts as the files
of an image are those that share its status: an image with one readable file is "ok", and its
missing copies do not add their folders to it. A ``place`` is a path after the name of its source.
Not here: reading it (``corpus_reader``), clusters, maps and properties (``snapshot``), views
(``execute``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.catalogue import embedded
from panoptic_data.catalogue.spelling import folded, naturally_sorted
from panoptic_data.media.colour import hues, lab
from panoptic_data.text import natural_key

if TYPE_CHECKING:
    pass

__all__ = [
    "NO_TIME",
    "Corpus",
    "Rows",
    "folder_counts",
    "occurring",
]

Rows = npt.NDArray[np.uint32]
# No time, among microseconds: before every other.
NO_TIME = np.iinfo(np.int64).min


@dataclass(frozen=True)
class Corpus:
    """``frame`` has one row an image: sha1, place, status, format, width, height, taken_at, ….

    ``address`` is its row address in the table ``images`` (null for what is no picture).

    ``files`` has one row per file that counts, sorted by ``row``: ``row`` (UInt32, a position in
    ``frame``), ``folder`` (Enum, e.g. "posters/1930"), ``place``, ``file`` (UInt64, its id),
    ``text``, its place as ``folded`` spells it, and ``by_place`` (UInt32), its position among the
    files by place.
    """

    frame: pl.DataFrame
    files: pl.DataFrame

    @cached_property
    def folders(self) -> pl.Series:
        """Every folder that holds a file that counts, sorted."""
        return pl.Series(self.files["folder"].dtype.categories)  # type: ignore[attr-defined]

    @cached_property
    def file_row(self) -> Rows:
        """The row of each file."""
        return self.files["row"].to_numpy()

    @cached_property
    def file_folder(self) -> Rows:
        """The position of each file's folder in ``folders``."""
        return self.files["folder"].to_physical().to_numpy()

    @cached_property
    def folder_names(self) -> list[str]:
        """``folders`` as a list."""
        return self.folders.to_list()

    @cached_property
    def folder_ancestors(self) -> tuple[list[str], npt.NDArray[np.int64]]:
        """Every folder and every folder above one, sorted, and those of each of ``folders``.

        The second is (folders, depth) int64, indices into the first: the outermost folder first,
        down to the folder itself, which fills up the rest.
        """
        paths = [_upwards(name) for name in self.folder_names]
        names = sorted({path for of_folder in paths for path in of_folder})
        index_of = {name: number for number, name in enumerate(names)}
        deepest = max(map(len, paths), default=1)
        filled = [
            [index_of[path] for path in (of_folder + of_folder[-1:] * deepest)[:deepest]]
            for of_folder in paths
        ]
        return names, np.array(filled, dtype=np.int64).reshape(len(paths), deepest)

    @cached_property
    def file_names(self) -> pl.Series:
        """The name of each file without its folder, as ``folded`` spells it."""
        folder = (folded(self.folders) + "/").gather(self.file_folder)
        both = pl.DataFrame({"text": self.files["text"], "folder": folder})
        return both.select(pl.col("text").str.strip_prefix(pl.col("folder"))).to_series()

    @cached_property
    def names(self) -> pl.Series:
        """The name of each row's first file, as ``folded`` spells it; null where there is none."""
        rows, first = np.unique(self.file_row, return_index=True)
        names = pl.Series([None], dtype=pl.String).new_from_index(0, self.frame.height)
        return names.scatter(rows, self.file_names.gather(first))

    @cached_property
    def files_by_path(self) -> npt.NDArray[np.intp]:
        """Positions of the files in the order of their places, without regard to case."""
        order = np.empty(self.files.height, dtype=np.intp)
        order[self.files["by_place"].to_numpy()] = np.arange(self.files.height)
        return order

    @cached_property
    def by_sha1(self) -> tuple[npt.NDArray[np.bytes_], Rows]:
        """Sha1s in order, and the row of each."""
        sha1s = self.frame["sha1"].to_numpy().astype("S40")
        order = np.argsort(sha1s)
        return sha1s[order], order.astype(np.uint32)

    @cached_property
    def lab(self) -> npt.NDArray[np.float32]:
        """Each row's dominant colour in CIELAB: (n, 3) float32, NaN for none."""
        return lab(self.frame["colour"])

    @cached_property
    def hues(self) -> npt.NDArray[np.int8]:
        """Each row's index in ``media.colour.HUES``: (n,) int8, -1 where there is no colour."""
        return hues(self.lab).astype(np.int8)

    def rows_of_sha1s(self, sha1s: pl.Series) -> npt.NDArray[np.int64]:
        """Return the row of each sha1: (n,) int64, -1 where there is none."""
        sorted_sha1s, rows = self.by_sha1
        if not len(sorted_sha1s) or not len(sha1s):
            return np.full(len(sha1s), -1, dtype=np.int64)
        wanted = sha1s.to_numpy().astype("S40")
        positions = np.minimum(np.searchsorted(sorted_sha1s, wanted), len(sorted_sha1s) - 1)
        return np.where(sorted_sha1s[positions] == wanted, rows[positions].astype(np.int64), -1)

    def positions_of_files(self, ids: pl.Series) -> npt.NDArray[np.int64]:
        """Return the position in ``files`` of each file id: (n,) int64, -1 where there is none."""
        numbers = ids.str.to_integer(base=16, dtype=pl.UInt64, strict=False).to_frame("file")
        positions = self.files.select("file", at=pl.int_range(pl.len(), dtype=pl.Int64))
        joined = numbers.join(positions, on="file", how="left", maintain_order="left")
        return joined["at"].fill_null(-1).to_numpy().copy()

    @cached_property
    def statuses(self) -> npt.NDArray[np.uint8]:
        """Each row's position in ``views.fields.STATUSES``."""
        return self.frame["status"].to_physical().to_numpy().astype(np.uint8)

    def numbers(self, field: str) -> npt.NDArray[np.float64]:
        """Return a column of numbers: (n,) float64, NaN where there is none."""
        numbers: npt.NDArray[np.float64] = self._cached(
            f"numbers {field}",
            lambda: self.frame[field].cast(pl.Float64).fill_null(float("nan")).to_numpy(),
        )
        return numbers

    def times(self, field: str) -> npt.NDArray[np.int64]:
        """Return a column of times: (n,) int64 microseconds since 1970, ``NO_TIME`` for none."""
        times: npt.NDArray[np.int64] = self._cached(
            f"times {field}",
            lambda: self.frame[field].cast(pl.Int64).fill_null(NO_TIME).to_numpy(),
        )
        return times

    def spans(self, field: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return when the dates of ``times`` begin, and before when they end.

        Dates inside pictures may be a year, a month or a day; the others are moments.
        """
        times = self.times(field)
        if field not in embedded.DATES:
            return times, np.where(times == NO_TIME, NO_TIME, times + 1)
        last: npt.NDArray[np.int64] = self._cached(
            f"last {field}", lambda: embedded.last_moments(self.frame, field)
        )
        return times, np.where(times == NO_TIME, NO_TIME, last + 1)

    def texts(self, field: str) -> tuple[pl.Series, npt.NDArray[np.int32]]:
        """Return the values of a column of few texts, sorted, and each row's index in them.

        Indices are (n,) int32, -1 where there is no text.
        """
        texts: tuple[pl.Series, npt.NDArray[np.int32]] = self._cached(
            f"texts {field}", lambda: _texts(self.frame[field])
        )
        return texts

    @cached_property
    def keywords(self) -> tuple[pl.Series, Rows, npt.NDArray[np.int32]]:
        """The distinct keywords, sorted, and pairs of a row and a position in them, by row."""
        pairs = self.frame.select(row=pl.int_range(pl.len(), dtype=pl.UInt32), word="keywords")
        pairs = pairs.explode("word").drop_nulls()
        values = pairs["word"].unique().sort()
        codes = pairs["word"].cast(pl.Enum(values)).to_physical().cast(pl.Int32)
        return values, pairs["row"].to_numpy(), codes.to_numpy()

    @cached_property
    def _columns(self) -> dict[str, Any]:
        return {}

    def _cached(self, key: str, make: Callable[[], Any]) -> Any:
        # Two threads at once may both make it: the first is kept.
        known = self._columns.get(key)
        return self._columns.setdefault(key, make()) if known is None else known

    @cached_property
    def is_single_file(self) -> npt.NDArray[np.bool_]:
        """Whether a file's image has no other file that counts."""
        counts = np.bincount(self.file_row, minlength=self.frame.height)
        alone: npt.NDArray[np.bool_] = counts[self.file_row] == 1
        return alone


def folder_counts(corpus: Corpus, rows: Rows) -> dict[str, int]:
    """Count distinct images per folder and per folder above it."""
    wanted = np.zeros(corpus.frame.height, dtype=bool)
    wanted[rows] = True
    is_wanted = wanted[corpus.file_row]
    names, ancestors = corpus.folder_ancestors
    counts = np.zeros(len(names), dtype=np.int64)
    # Most images have one file: these are added up; the others count once per folder above.
    single_file_counts = np.bincount(
        corpus.file_folder[is_wanted & corpus.is_single_file], minlength=len(ancestors)
    )
    has_several = is_wanted & ~corpus.is_single_file
    row, folders_above = (
        corpus.file_row[has_several].astype(np.int64),
        ancestors[corpus.file_folder[has_several]],
    )
    for depth in range(ancestors.shape[1]):
        is_deeper = depth == 0 or ancestors[:, depth] != ancestors[:, depth - 1]
        np.add.at(counts, ancestors[:, depth], single_file_counts * is_deeper)
    pairs = occurring((row[:, None] * len(names) + folders_above).ravel())
    counts += np.bincount(pairs % max(len(names), 1), minlength=len(names))
    counted = dict(zip(names, counts.tolist(), strict=True))
    return {name: counted[name] for name in sorted(names, key=natural_key)}


def _texts(column: pl.Series) -> tuple[pl.Series, npt.NDArray[np.int32]]:
    texts = column.cast(pl.String)
    values = naturally_sorted(texts.drop_nulls().unique())
    codes = texts.cast(pl.Enum(values)).to_physical().cast(pl.Int32).fill_null(-1)
    return values, codes.to_numpy()


def occurring(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the numbers that occur, smallest first; all are 0 or more."""
    ordered = np.sort(numbers)
    return ordered[np.diff(ordered, prepend=-1) > 0]


def _upwards(folder: str) -> list[str]:
    parts = folder.split("/")
    return ["/".join(parts[: depth + 1]) for depth in range(len(parts))]
