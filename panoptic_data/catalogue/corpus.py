"""The images and their files as one frame: read from the tables, kept on disk where that pays.

A row is an image, in the order of its path without regard to case. What counts as the files
of an image are those that share its status: an image with one readable file is "ok", and its
missing copies do not lend it their folders. Not here: clusters, maps and views (``catalogue``).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.catalogue.ordering import sorted_by
from panoptic_data.media.colour import hues, lab
from panoptic_data.views.fields import STATUSES

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project
    from panoptic_data.storage.tables import Database

__all__ = [
    "NO_TIME",
    "Corpus",
    "Rows",
    "folded",
    "folder_counts",
    "occurring",
    "read",
    "read_columns",
]

Rows = npt.NDArray[np.uint32]
# Stands for no time among microseconds: before every other.
NO_TIME = np.iinfo(np.int64).min
NO_LATER = np.iinfo(np.int64).max

# Raised when the frames below change, so that what an older release kept is not read.
KEPT_FORMAT = 5
# A corpus that is read in less is read again: nothing on disk can then be out of date.
KEPT_ABOVE_SECONDS = 1.0
_FILES = ("file_id", "source", "path", "folder", "sha1", "size", "status", "first_seen")
_IMAGES = ("sha1", "format", "width", "height", "frames", "taken_at", "camera", "colour")


@dataclass(frozen=True)
class Corpus:
    """``frame`` has one row an image: sha1, place, status, format, width, height, taken_at, ….

    ``address`` says where it lay in its table when it was read (null for what is no picture).

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
    def above(self) -> tuple[list[str], npt.NDArray[np.int64]]:
        """Every folder and every one above, sorted, and where those of ``folders`` are.

        The second is (folders, depth): a folder's outermost first, filled up with the last.
        """
        ups = [_upwards(name) for name in self.folder_names]
        names = sorted({up for some in ups for up in some})
        place = {name: number for number, name in enumerate(names)}
        deepest = max(map(len, ups), default=1)
        filled = [[place[up] for up in (some + some[-1:] * deepest)[:deepest]] for some in ups]
        return names, np.array(filled, dtype=np.int64).reshape(len(ups), deepest)

    @cached_property
    def file_names(self) -> pl.Series:
        """The name of each file without its folder, as ``folded`` spells it."""
        folder = (folded(self.folders) + "/").gather(self.file_folder)
        both = pl.DataFrame({"text": self.files["text"], "folder": folder})
        return both.select(pl.col("text").str.strip_prefix(pl.col("folder"))).to_series()

    @cached_property
    def names(self) -> pl.Series:
        """The name of each row's first file, as ``folded`` spells it; null where there is none."""
        held, first = np.unique(self.file_row, return_index=True)
        names = pl.Series([None], dtype=pl.String).new_from_index(0, self.frame.height)
        return names.scatter(held, self.file_names.gather(first))

    @cached_property
    def files_by_place(self) -> npt.NDArray[np.intp]:
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

    def rows_of_sha1(self, sha1s: pl.Series) -> npt.NDArray[np.int64]:
        """Return the row of each sha1: (n,) int64, -1 where there is none."""
        known, rows = self.by_sha1
        if not len(known) or not len(sha1s):
            return np.full(len(sha1s), -1, dtype=np.int64)
        asked = sha1s.to_numpy().astype("S40")
        places = np.minimum(np.searchsorted(known, asked), len(known) - 1)
        return np.where(known[places] == asked, rows[places].astype(np.int64), -1)

    def positions_of_files(self, ids: pl.Series) -> npt.NDArray[np.int64]:
        """Return the position in ``files`` of each file id: (n,) int64, -1 where there is none."""
        numbers = ids.str.to_integer(base=16, dtype=pl.UInt64, strict=False).to_frame("file")
        held = self.files.select("file", at=pl.int_range(pl.len(), dtype=pl.Int64))
        found = numbers.join(held, on="file", how="left", maintain_order="left")
        return found["at"].fill_null(-1).to_numpy().copy()

    @cached_property
    def statuses(self) -> npt.NDArray[np.uint8]:
        """Each row's position in ``views.STATUSES``."""
        return self.frame["status"].to_physical().to_numpy().astype(np.uint8)

    def numbers(self, field: str) -> npt.NDArray[np.float64]:
        """Return a column of numbers: (n,) float64, NaN where there is none."""
        numbers: npt.NDArray[np.float64] = self._kept(
            f"numbers {field}",
            lambda: self.frame[field].cast(pl.Float64).fill_null(float("nan")).to_numpy(),
        )
        return numbers

    def times(self, field: str) -> npt.NDArray[np.int64]:
        """Return a column of times: (n,) int64 microseconds since 1970, ``NO_TIME`` for none."""
        times: npt.NDArray[np.int64] = self._kept(
            f"times {field}",
            lambda: self.frame[field].cast(pl.Int64).fill_null(NO_TIME).to_numpy(),
        )
        return times

    def texts(self, field: str) -> tuple[pl.Series, npt.NDArray[np.int32]]:
        """Return the values of a column of few texts, sorted, and each row's place in them.

        Places are (n,) int32, -1 where there is no text.
        """
        texts: tuple[pl.Series, npt.NDArray[np.int32]] = self._kept(
            f"texts {field}", lambda: _texts(self.frame[field])
        )
        return texts

    @cached_property
    def _columns(self) -> dict[str, Any]:
        return {}

    def _kept(self, key: str, make: Callable[[], Any]) -> Any:
        # Two threads that ask at once may both make it: the first is kept.
        known = self._columns.get(key)
        return self._columns.setdefault(key, make()) if known is None else known

    @cached_property
    def alone(self) -> npt.NDArray[np.bool_]:
        """Whether a file's image has no other file that counts."""
        counts = np.bincount(self.file_row, minlength=self.frame.height)
        alone: npt.NDArray[np.bool_] = counts[self.file_row] == 1
        return alone


def read(project: Project, versions: Mapping[str, int]) -> Corpus:
    """Read the corpus at these versions of ``files`` and ``images``."""
    place = _kept_place(project, versions)
    kept = _recall(place)
    if kept is not None:
        return kept
    began = time.monotonic()
    corpus = _read(project.database(), versions)
    if time.monotonic() - began > KEPT_ABOVE_SECONDS:
        _keep(corpus, place)
    return corpus


def read_columns(
    database: Database, name: str, version: int, columns: Sequence[str]
) -> pl.DataFrame:
    """Read columns of a table at a version; version 0 is a table that is not there yet."""
    return database.frame(name, columns, version=version or None)


def folded(texts: pl.Series) -> pl.Series:
    """Spell texts so that their other cases and their other spellings are equal.

    é is one letter or two, as file systems write it, and ς is σ. Few texts need more than lower
    case.
    """
    lower = texts.str.to_lowercase()
    # Latin letters with their accents have one spelling already, unless an accent is apart.
    foreign = lower.str.contains(r"[^\x{0}-\x{2ff}]").fill_null(False).arg_true()
    if not len(foreign):
        return lower
    composed = lower.gather(foreign).str.normalize("NFC").str.replace_all("ς", "σ", literal=True)
    return lower.scatter(foreign, composed)


def folder_counts(corpus: Corpus, rows: Rows) -> dict[str, int]:
    """Count distinct images per folder and per folder above it."""
    wanted = np.zeros(corpus.frame.height, dtype=bool)
    wanted[rows] = True
    chosen = wanted[corpus.file_row]
    names, above = corpus.above
    counts = np.zeros(len(names), dtype=np.int64)
    # Most images have one file: these are added up; the others count once per folder above.
    alone = np.bincount(corpus.file_folder[chosen & corpus.alone], minlength=len(above))
    several = chosen & ~corpus.alone
    row, held = corpus.file_row[several].astype(np.int64), above[corpus.file_folder[several]]
    for depth in range(above.shape[1]):
        is_deeper = depth == 0 or above[:, depth] != above[:, depth - 1]
        np.add.at(counts, above[:, depth], alone * is_deeper)
    pairs = occurring((row[:, None] * len(names) + held).ravel())
    counts += np.bincount(pairs % max(len(names), 1), minlength=len(names))
    return dict(zip(names, counts.tolist(), strict=True))


def _read(database: Database, versions: Mapping[str, int]) -> Corpus:
    with ThreadPoolExecutor(1) as beside:
        reading = beside.submit(
            database.read_addressed, "images", _IMAGES, versions["images"] or None
        )
        files = _files(read_columns(database, "files", versions["files"], _FILES))
        images = reading.result()
    numbered = images.select("sha1", image=pl.int_range(pl.len(), dtype=pl.UInt32))
    # Joining million-long texts is dear: once, and by number from here on.
    files = files.join(numbered, on="sha1", how="left", maintain_order="left")
    files = _counting(_with_damaged(files, images.height))
    held = files["image"].to_numpy()
    is_first = _is_first(held)
    row_of = np.zeros(int(held.max(initial=0)) + 1, dtype=np.uint32)
    row_of[held[is_first]] = np.arange(np.count_nonzero(is_first))
    return Corpus(_frame(images, files, is_first), _by_row(files, row_of[held]))


def _files(files: pl.DataFrame) -> pl.DataFrame:
    known = files.filter(pl.col("sha1").is_not_null())
    place = pl.concat_str("source", "path", separator="/")
    top = pl.when(pl.col("folder") == "").then(pl.col("source"))
    placed = known.select(
        "sha1",
        "size",
        "first_seen",
        file=pl.col("file_id").str.to_integer(base=16, dtype=pl.UInt64, strict=False),
        status=pl.col("status").cast(pl.Enum(STATUSES)),
        place=place,
        folder=top.otherwise(pl.concat_str("source", "folder", separator="/")),
    )
    return placed.with_columns(text=folded(placed["place"]))


def _with_damaged(files: pl.DataFrame, images: int) -> pl.DataFrame:
    """Give numbers after the images' to contents that are no picture."""
    damaged = files.filter(pl.col("image").is_null() & (pl.col("status") == "unreadable"))
    known = files.filter(pl.col("image").is_not_null())
    numbers = damaged.select(pl.col("sha1").unique().sort()).with_columns(
        image=(pl.int_range(pl.len()) + images).cast(pl.UInt32)
    )
    numbered = damaged.drop("image").join(numbers, on="sha1", how="left")
    return pl.concat([known, numbered.select(known.columns)]).sort("text", "place")


def _counting(files: pl.DataFrame) -> pl.DataFrame:
    """Return the files that share their image's best status."""
    image, status = files["image"].to_numpy(), files["status"].to_physical().to_numpy()
    best = np.full(int(image.max(initial=0)) + 1, len(STATUSES), dtype=status.dtype)
    np.minimum.at(best, image, status)
    return files.filter(pl.Series(status == best[image]))


def _is_first(images: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
    """Tell where each image's number comes for the first time."""
    places = np.arange(len(images))
    first = np.zeros(int(images.max(initial=0)) + 1, dtype=np.int64)
    first[images[::-1]] = places[::-1]
    is_first: npt.NDArray[np.bool_] = first[images] == places
    return is_first


def _frame(
    images: pl.DataFrame, files: pl.DataFrame, is_first: npt.NDArray[np.bool_]
) -> pl.DataFrame:
    """Return a row for each image in the order of its first file, then those without any."""
    held = files["image"].to_numpy()
    shown = files.filter(pl.Series(is_first))
    number = shown["image"].to_numpy()
    seen = files["first_seen"].to_physical().fill_null(NO_LATER).to_numpy()
    added = np.full(int(held.max(initial=0)) + 1, NO_LATER, dtype=np.int64)
    np.minimum.at(added, held, seen)
    # An image may outlive its last file for the time of one run.
    is_orphan = np.bincount(held, minlength=images.height)[: images.height] == 0
    orphans = images.filter(pl.Series(is_orphan)).sort("sha1")
    # The numbers after the images' are those of contents that are no picture.
    at = pl.Series(number).set(pl.Series(number >= images.height), None)
    described = images.select(pl.exclude("sha1").gather(at)).with_columns(
        shown["sha1", "status", "place", "size"],
        copies=pl.Series(np.bincount(held)[number], dtype=pl.UInt32),
        added=pl.Series(added[number]).replace(NO_LATER, None).cast(files["first_seen"].dtype),
    )
    formats = pl.Enum(images["format"].unique().drop_nulls().sort())
    return (
        pl.concat([described, orphans], how="diagonal")
        .select(
            "sha1",
            pl.col("place").fill_null(""),
            pl.col("status").fill_null("missing"),
            pl.col("format").cast(formats),
            "width",
            "height",
            (pl.col("width").cast(pl.Int64) * pl.col("height")).alias("pixels"),
            "frames",
            "taken_at",
            "camera",
            "size",
            "colour",
            "added",
            pl.col("copies").fill_null(0),
            "address",
        )
        .rechunk()
    )


def _by_row(files: pl.DataFrame, row: npt.NDArray[np.uint32]) -> pl.DataFrame:
    """Put files, which come by place, in the order of their images' rows."""
    folders = files["folder"].unique().sort()
    return files.select(
        pl.Series("row", row, dtype=pl.UInt32),
        pl.col("folder").cast(pl.Enum(folders)),
        "place",
        "text",
        "file",
        by_place=pl.int_range(pl.len(), dtype=pl.UInt32),
    )[sorted_by([row])].rechunk()


def _texts(column: pl.Series) -> tuple[pl.Series, npt.NDArray[np.int32]]:
    texts = column.cast(pl.String)
    values = texts.drop_nulls().unique().sort()
    places = texts.cast(pl.Enum(values)).to_physical().cast(pl.Int32).fill_null(-1)
    return values, places.to_numpy()


def occurring(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the numbers that occur, smallest first; all are 0 or more."""
    ordered = np.sort(numbers)
    return ordered[np.diff(ordered, prepend=-1) > 0]


def _upwards(folder: str) -> list[str]:
    parts = folder.split("/")
    return ["/".join(parts[: depth + 1]) for depth in range(len(parts))]


def _kept_place(project: Project, versions: Mapping[str, int]) -> Path:
    database = project.database()
    # The counts as well: tables put back from a copy may bear the same numbers.
    marks = [f"{versions[name]}-{database.count(name)}" for name in ("files", "images")]
    return project.root / "cache" / f"corpus-{KEPT_FORMAT}-{'-'.join(marks)}"


def _recall(place: Path) -> Corpus | None:
    if not place.is_dir():
        return None
    try:
        frame, files = (pl.read_ipc(place / f"{name}.arrow") for name in ("frame", "files"))
    except (OSError, pl.exceptions.PolarsError):
        return None
    return Corpus(frame, files)


def _keep(corpus: Corpus, place: Path) -> None:
    """Write the frames in one step, and drop those of other versions. Only a help: may fail."""
    draft = place.with_name(f".{place.name}.{os.getpid()}")
    with suppress(OSError):
        draft.mkdir(parents=True, exist_ok=True)
        corpus.frame.write_ipc(draft / "frame.arrow")
        corpus.files.write_ipc(draft / "files.arrow")
        draft.rename(place)
        for other in place.parent.glob("corpus-*"):
            if other != place:
                _remove(other)


def _remove(kept: Path) -> None:
    # Another process may still have it mapped, which Windows forbids to delete.
    with suppress(OSError):
        for part in kept.iterdir():
            part.unlink()
        kept.rmdir()
