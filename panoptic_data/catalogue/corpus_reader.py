"""Reads the corpus from its tables, and keeps large ones as files on disk.

Not here: what a corpus has (``corpus``), when it is read again (``registry``).
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.catalogue import embedded
from panoptic_data.catalogue.corpus import Corpus
from panoptic_data.catalogue.ordering import order_by
from panoptic_data.catalogue.spelling import folded, order_keys
from panoptic_data.storage import unread_sidecars
from panoptic_data.views.fields import STATUSES

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project
    from panoptic_data.storage.tables import Database

__all__ = ["read", "read_columns"]

NO_LATER = np.iinfo(np.int64).max
# Raised when the frames below change, so that the cache of an older release is not read.
CACHE_FORMAT = 6
# A corpus that is read faster is not cached: nothing on disk can then be out of date.
CACHE_ABOVE_SECONDS = 1.0
_FILES = ("file_id", "source", "path", "folder", "sha1", "size", "status", "first_seen", "sidecar")
_SEEN = ("sha1", "format", "width", "height", "frames", "taken_at", "camera", "colour")
_IMAGES = (*_SEEN, *embedded.COLUMNS)


def read(project: Project, versions: Mapping[str, int]) -> Corpus:
    """Read the corpus at these versions of ``files`` and ``images``."""
    cache, of_now = _cache_folders(project, versions)
    # A corpus version that was made just now has the very rows that are open.
    for folder in dict.fromkeys((cache, of_now)):
        cached = _read_cache(folder)
        if cached is not None:
            return cached
    began = time.monotonic()
    corpus = _read(project.database(), versions)
    if time.monotonic() - began > CACHE_ABOVE_SECONDS:
        _write_cache(corpus, cache)
    return corpus


def read_columns(
    database: Database, name: str, version: int, columns: Sequence[str]
) -> pl.DataFrame:
    """Read columns of a table at a version; version 0 is a table that is not there yet."""
    return database.frame(name, columns, version=version or None)


def _read(database: Database, versions: Mapping[str, int]) -> Corpus:
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(
            database.read_addressed, "images", _IMAGES, versions["images"] or None
        )
        files = _files(read_columns(database, "files", versions["files"], _FILES))
        images = reading.result()
    numbered = images.select("sha1", image=pl.int_range(pl.len(), dtype=pl.UInt32))
    # Joining millions of texts is slow: once, and by number from here on.
    files = files.join(numbered, on="sha1", how="left", maintain_order="left")
    files = _counting(_with_damaged(files, images.height))
    image_numbers = files["image"].to_numpy()
    is_first = _is_first(image_numbers)
    row_of = np.zeros(int(image_numbers.max(initial=0)) + 1, dtype=np.uint32)
    row_of[image_numbers[is_first]] = np.arange(np.count_nonzero(is_first))
    return Corpus(_frame(images, files, is_first), _by_row(files, row_of[image_numbers]))


def _files(files: pl.DataFrame) -> pl.DataFrame:
    # What a person purged is no longer of the corpus: its row only keeps it from being read.
    known = files.filter(pl.col("sha1").is_not_null() & (pl.col("status") != "purged"))
    place = pl.concat_str("source", "path", separator="/")
    top = pl.when(pl.col("folder") == "").then(pl.col("source"))
    placed = known.select(
        "sha1",
        "size",
        "first_seen",
        "sidecar",
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
    both = pl.concat([known, numbered.select(known.columns)])
    return both.with_columns(order=order_keys(both["text"])).sort("order", "place").drop("order")


def _counting(files: pl.DataFrame) -> pl.DataFrame:
    """Return the files that share their image's best status."""
    image, status = files["image"].to_numpy(), files["status"].to_physical().to_numpy()
    best = np.full(int(image.max(initial=0)) + 1, len(STATUSES), dtype=status.dtype)
    np.minimum.at(best, image, status)
    return files.filter(pl.Series(status == best[image]))


def _is_first(images: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
    """Mark where each image's number comes for the first time."""
    positions = np.arange(len(images))
    first = np.zeros(int(images.max(initial=0)) + 1, dtype=np.int64)
    first[images[::-1]] = positions[::-1]
    is_first: npt.NDArray[np.bool_] = first[images] == positions
    return is_first


def _frame(
    images: pl.DataFrame, files: pl.DataFrame, is_first: npt.NDArray[np.bool_]
) -> pl.DataFrame:
    """Return a row for each image in the order of its first file, then those without any."""
    image_numbers = files["image"].to_numpy()
    first_files = files.filter(pl.Series(is_first))
    number = first_files["image"].to_numpy()
    seen = files["first_seen"].to_physical().fill_null(NO_LATER).to_numpy()
    added = np.full(int(image_numbers.max(initial=0)) + 1, NO_LATER, dtype=np.int64)
    np.minimum.at(added, image_numbers, seen)
    # An image may outlive its last file for the time of one run.
    is_orphan = np.bincount(image_numbers, minlength=images.height)[: images.height] == 0
    orphans = images.filter(pl.Series(is_orphan)).sort("sha1")
    # The numbers after the images' are those of contents that are no picture.
    at = pl.Series(number).set(pl.Series(number >= images.height), None)
    described = images.select(pl.exclude("sha1").gather(at)).with_columns(
        first_files["sha1", "status", "place", "size"],
        copies=pl.Series(np.bincount(image_numbers)[number], dtype=pl.UInt32),
        added=pl.Series(added[number]).replace(NO_LATER, None).cast(files["first_seen"].dtype),
    )
    described = embedded.with_sidecars(described, _sidecars(files, is_first))
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
            *embedded.COLUMNS,
        )
        .rechunk()
    )


def _sidecars(files: pl.DataFrame, is_first: npt.NDArray[np.bool_]) -> pl.Series:
    """Return, for the first file of each image, the sidecar of the first file that has one.

    Those that cannot be read count for nothing.
    """
    if files["sidecar"].null_count() == files.height:
        return pl.Series([None], dtype=pl.String).new_from_index(0, int(is_first.sum()))
    # One that cannot be read says nothing.
    read = pl.when(~pl.col("sidecar").str.starts_with(unread_sidecars.BEGIN)).then("sidecar")
    by_image = files.select("image", of_image=read.drop_nulls().first().over("image"))
    return by_image.filter(pl.Series(is_first))["of_image"]


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
    )[order_by([row])].rechunk()


def _cache_folders(project: Project, versions: Mapping[str, int]) -> tuple[Path, Path]:
    """Return where the corpus of this project is kept, and that of now at the same versions."""
    database = project.database()
    # The counts as well: tables put back from a copy may bear the same numbers.
    counts = [f"{versions[name]}-{database.count(name)}" for name in ("files", "images")]
    marks = "-".join((str(CACHE_FORMAT), *counts))
    # Those of a corpus version are not dropped when the corpus of now changes.
    prefix = f"version-{project.version}" if project.version else "corpus"
    cache = project.root / "cache"
    return cache / f"{prefix}-{marks}", cache / f"corpus-{marks}"


def _read_cache(cache: Path) -> Corpus | None:
    if not cache.is_dir():
        return None
    try:
        frame, files = (pl.read_ipc(cache / f"{name}.arrow") for name in ("frame", "files"))
    except (OSError, pl.exceptions.PolarsError):
        return None
    return Corpus(frame, files)


def _write_cache(corpus: Corpus, cache: Path) -> None:
    """Write the frames in one step, and drop those of other versions. May fail: it is a cache."""
    draft = cache.with_name(f".{cache.name}.{os.getpid()}")
    with suppress(OSError):
        # Never the project itself, which may have been moved meanwhile.
        cache.parent.mkdir(exist_ok=True)
        draft.mkdir(exist_ok=True)
        corpus.frame.write_ipc(draft / "frame.arrow")
        corpus.files.write_ipc(draft / "files.arrow")
        draft.rename(cache)
        prefix = cache.name.partition(f"-{CACHE_FORMAT}-")[0]
        for old in cache.parent.glob(f"{prefix}-*"):
            if old != cache:
                _remove(old)


def _remove(cache: Path) -> None:
    # Another process may still have it mapped, which Windows forbids to delete.
    with suppress(OSError):
        for part in cache.iterdir():
            part.unlink()
        cache.rmdir()
