"""The visual words of a project's images, kept in tables, and the index that is made of them.

The vocabulary is fitted once, on images of the corpus itself, and again when the corpus has grown
to a multiple: then all words are made again. Not here: what words are (``words``), what they are
for (``detect``, ``find``).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from cachetools import LRUCache
from threadpoolctl import threadpool_limits

from panoptic_data.media.local_features import LocalFeatures, local_features
from panoptic_data.parts import words
from panoptic_data.parts.word_index import WordIndex, joined
from panoptic_data.parts.words import Vocabulary, Words
from panoptic_data.storage.schema import arrow

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project
    from panoptic_data.storage.tables import Database

__all__ = [
    "VOCABULARY",
    "WORDS",
    "ImageIndex",
    "features_of",
    "index_of",
    "update_vocabulary",
    "update_words",
    "vocabulary_of",
]

VOCABULARY, WORDS = "visual_vocabulary", "visual_words"

Progress = Callable[[int, int], None]

# Images that a vocabulary is fitted on, the first by sha1: some 100,000 points of them.
FITTED_ON = 250
# With so many times the images that a smaller vocabulary was fitted on, it is fitted again.
GROWN = 4
IMAGES_AT_ONCE = 500
_PICTURE = ["sha1", "thumbnail"]
# How the numbers of a picture's points are stored, by column.
_BINARY = {"words": "u2", "signatures": "u8", "places": "u2", "turns": "u1", "sizes": "u1"}

_lock = threading.Lock()
# Of the last projects looked at, by their version: some 70 MB for 10,000 images.
_indexes: LRUCache[tuple[str, int, int], ImageIndex] = LRUCache(2)


@dataclass(frozen=True)
class ImageIndex:
    """The index of a project's images: ``sha1s`` sorted, in the order of ``words``."""

    sha1s: npt.NDArray[np.str_]
    words: WordIndex
    vocabulary: Vocabulary


def index_of(project: Project) -> ImageIndex | None:
    """Return the index of all images that have words; None where there is no vocabulary.

    The same object as long as the tables stay the same.
    """
    database = project.database()
    key = (database.uri, database.version(VOCABULARY), database.version(WORDS))
    with _lock:
        known = _indexes.get(key)
    if known is not None:
        return known
    vocabulary = vocabulary_of(database)
    if vocabulary is None:
        return None
    rows = database.frame(WORDS).filter(pl.col("fit") == vocabulary.fit).sort("sha1")
    sha1s = np.array(rows["sha1"].to_list(), np.str_)
    result = ImageIndex(sha1s, joined(list(_read_words(rows))), vocabulary)
    with _lock:
        _indexes[key] = result
    return result


def vocabulary_of(database: Database) -> Vocabulary | None:
    """Return the vocabulary; None where none was fitted by this code."""
    rows = database.frame(VOCABULARY).sort("word")
    if rows.is_empty():
        return None
    centres, medians = (
        np.array(rows[name].to_list(), np.float32) for name in ("centre", "medians")
    )
    return Vocabulary(centres, medians, rows["fit"][0])


def update_vocabulary(project: Project, images: pl.DataFrame, run: str) -> Vocabulary:
    """Return the vocabulary, fitted anew where there is none, or one of a much smaller corpus.

    ``images`` has sha1. The images that it is fitted on are chosen by their sha1, not by chance.
    """
    database = project.database()
    known, fitted_on = vocabulary_of(database), database.frame(VOCABULARY, ["fitted_on"])
    chosen = images["sha1"].sort()[:FITTED_ON].to_list()
    if known is not None and len(chosen) < GROWN * fitted_on["fitted_on"][0]:
        return known
    descriptors = [features.descriptors for _, features in _features(database, chosen)]
    fitted = words.fit(descriptors)
    rows = pl.DataFrame(
        {
            "word": np.arange(len(fitted.centres), dtype=np.int32),
            "centre": fitted.centres,
            "medians": fitted.medians,
            "fitted_on": np.full(len(fitted.centres), len(chosen), np.int32),
            "fit": fitted.fit,
            "run": run,
        }
    )
    database.replace(VOCABULARY, rows.to_arrow().cast(arrow(VOCABULARY)))
    return fitted


def update_words(
    project: Project, images: pl.DataFrame, vocabulary: Vocabulary, run: str, report: Progress
) -> int:
    """Make the words of images that have none, and drop those of others; return how many.

    ``images`` has sha1 and digest, of its row in ``images`` and of the code. Words are written as
    the work goes on.
    """
    database = project.database()
    stored = database.frame(WORDS, ["sha1", "image_digest", "fit"])
    current = stored.join(
        images.rename({"digest": "image_digest"}), on=["sha1", "image_digest"], how="semi"
    ).filter(pl.col("fit") == vocabulary.fit)
    gone = stored.join(images, on="sha1", how="anti")["sha1"].to_list()
    if gone:
        database.delete(WORDS, gone)
    missing = images.join(current, on="sha1", how="anti").sort("sha1")
    done = 0
    for part in missing.iter_slices(IMAGES_AT_ONCE):
        rows = [
            {"sha1": sha1, "fit": vocabulary.fit, "run": run}
            | _as_row(words.words_of(features, vocabulary))
            for sha1, features in _features(database, part["sha1"].to_list())
        ]
        digests = dict(part.select("sha1", "digest").iter_rows())
        rows = [row | {"image_digest": digests[str(row["sha1"])]} for row in rows]
        database.upsert(WORDS, pa.Table.from_pylist(rows, schema=arrow(WORDS)))
        done += len(part)
        report(done, len(missing))
    return len(missing)


def features_of(database: Database, sha1s: Sequence[str]) -> dict[str, LocalFeatures]:
    """Return the local features of images, those that words are made of, by sha1."""
    return dict(_features(database, sha1s))


def _features(database: Database, sha1s: Sequence[str]) -> Iterator[tuple[str, LocalFeatures]]:
    """Yield the features of images, in their order; those that there are not are left out."""
    with (
        threadpool_limits(1, user_api="blas"),
        ThreadPoolExecutor(os.cpu_count() or 1) as threads,
    ):
        for start in range(0, len(sha1s), IMAGES_AT_ONCE):
            rows = database.take("images", sha1s[start : start + IMAGES_AT_ONCE], _PICTURE)
            pictures = sorted(zip(*(rows[name].to_pylist() for name in _PICTURE), strict=True))
            features = threads.map(lambda it: local_features(it[1], words.POINTS), pictures)
            yield from zip((sha1 for sha1, _ in pictures), features, strict=True)


def _as_row(made: Words) -> dict[str, bytes]:
    return {
        name: getattr(made, name).astype(f"<{kind}").tobytes() for name, kind in _BINARY.items()
    }


def _read_words(rows: pl.DataFrame) -> Iterator[Words]:
    for row in rows.select(*_BINARY).iter_rows():
        parts = [
            np.frombuffer(held, f"<{kind}")
            for held, kind in zip(row, _BINARY.values(), strict=True)
        ]
        parts[2] = parts[2].reshape(-1, 2)
        yield Words(*parts)
