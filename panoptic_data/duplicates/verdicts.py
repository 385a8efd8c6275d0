"""Which pairs of images were looked at, and which of them are one picture: kept between runs.

The answer for a pair depends on these two images alone, so each is laid over the other once. The
table ``aligned_images`` says for each image with which others that was done, ``aligned_pairs``
holds the pairs that are one picture. Both are written as the work goes on: a run that is killed
is continued. Not here: which pairs are looked at (``candidates``), the answer (``same_picture``).
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from threadpoolctl import threadpool_limits

from panoptic_data.duplicates.same_picture import SamePicture, same_picture
from panoptic_data.media.local_features import LocalFeatures, local_features
from panoptic_data.storage.schema import arrow
from panoptic_data.vectors.pair_order import in_batches, in_order

if TYPE_CHECKING:
    from panoptic_data.storage.tables import Database

__all__ = ["PAIRS", "SEEN", "Known", "forget_images", "known_of", "look_at", "pairs_of"]

PAIRS, SEEN = "aligned_pairs", "aligned_images"

Pairs = npt.NDArray[np.int64]
Progress = Callable[[int, int], None]

# So much of an image's sha1 names it among those that it was laid over.
NAMED_BY = 16
# Features of an image take 200 KB: some 300 MB.
FEATURES_HELD = 1_500
# Images and pairs that are looked at before the answers are written: a minute of one core.
IMAGES_AT_ONCE, PAIRS_AT_ONCE = 1_000, 8_000
THREADS = 16


def forget_images(database: Database, sha1s: list[str]) -> None:
    """Forget all answers about some images."""
    if sha1s and database.version(SEEN):
        _drop(database, database.frame(SEEN), sha1s)


def look_at(
    database: Database, images: pl.DataFrame, known: Known, pairs: Pairs, run: str, report: Progress
) -> int:
    """Lay over each other those pairs that were not yet, and return how many images these are.

    ``images`` has sha1 (sorted) and digest; ``known`` is what is known of them; ``pairs`` are
    numbers, as ``candidates`` makes them. Answers are written as they come.
    """
    open_pairs = np.setdiff1d(pairs, known.pairs, assume_unique=True)
    if not len(open_pairs):
        return 0
    ordered = in_order(open_pairs, images.height)
    answered = set(database.frame(PAIRS, ["pair"])["pair"])
    work = _Work(database, images, known, run, answered)
    done = 0
    with (
        threadpool_limits(1, user_api="blas"),
        ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1)) as threads,
    ):
        for batch in in_batches(ordered, images.height, IMAGES_AT_ONCE, PAIRS_AT_ONCE):
            work.look_at(batch, threads)
            done += len(batch)
            report(done, len(ordered))
    return len(np.unique(np.concatenate(np.divmod(open_pairs, images.height))))


def pairs_of(database: Database, images: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs that are one picture, of images (sha1, sorted) that take part.

    The columns of ``aligned_pairs``, with the positions of both images (``a`` < ``b``).
    """
    rows = database.frame(PAIRS)
    position = images.select("sha1", at=pl.int_range(pl.len(), dtype=pl.Int64))
    for side, name in (("left", "a"), ("right", "b")):
        rows = rows.join(position.rename({"sha1": side, "at": name}), on=side, how="inner")
    return rows.sort("a", "b")


@dataclass(frozen=True)
class Known:
    """``pairs`` that were looked at, and by position of each image whom it was laid over.

    ``changed`` are images that are another row now, or are looked at by other code: what was said
    of them is forgotten.
    """

    pairs: Pairs
    others: dict[int, list[str]]
    changed: list[str]


def known_of(database: Database, images: pl.DataFrame) -> Known:
    """Return what is known of images: sha1 (sorted), digest (of its row and of the code)."""
    rows = database.frame(SEEN)
    current = images.select(
        "sha1",
        "digest",
        at=pl.int_range(pl.len(), dtype=pl.Int64),
        name=pl.col("sha1").str.head(NAMED_BY),
    )
    changed = rows.join(current, on="sha1", how="inner").filter(
        pl.col("image_digest") != pl.col("digest")
    )
    if not changed.is_empty():
        rows = _drop(database, rows, changed["sha1"].to_list())
    owners = rows.join(current.select("sha1", "at"), on="sha1", how="inner")
    pairs = owners.select("at", name="others").explode("name").drop_nulls()
    pairs = pairs.join(current.select("name", other="at"), on="name", how="inner")
    numbers = pairs.select(pl.col("at") * images.height + pl.col("other")).to_series()
    others = dict(owners.select("at", "others").iter_rows())
    return Known(np.unique(numbers.to_numpy()), others, changed["sha1"].to_list())


def _drop(database: Database, rows: pl.DataFrame, changed: list[str]) -> pl.DataFrame:
    """Forget what is said of some images; return the other rows."""
    names = [sha1[:NAMED_BY] for sha1 in changed]
    kept = rows.filter(~pl.col("sha1").is_in(changed)).with_columns(
        others=pl.col("others").list.set_difference(names), before=pl.col("others")
    )
    lost = kept.filter(pl.col("others").list.len() < pl.col("before").list.len()).drop("before")
    if not lost.is_empty():
        database.upsert(SEEN, lost.to_arrow().cast(arrow(SEEN)))
    database.delete(SEEN, changed)
    touched = pl.col("left").is_in(changed) | pl.col("right").is_in(changed)
    pairs = database.frame(PAIRS, ["pair", "left", "right"]).filter(touched)
    database.delete(PAIRS, pairs["pair"].to_list())
    return kept.drop("before")


@dataclass
class _Work:
    """Pairs that are looked at, with the features of the images held that were read last."""

    database: Database
    images: pl.DataFrame
    known: Known
    run: str
    answered: set[str]
    held: OrderedDict[int, LocalFeatures] = field(default_factory=OrderedDict)

    def look_at(self, batch: Pairs, threads: ThreadPoolExecutor) -> None:
        """Look at some pairs and write the answers."""
        left, right = np.divmod(batch, self.images.height)
        self._read(np.unique(np.concatenate([left, right])), threads)
        pairs = list(zip(left.tolist(), right.tolist(), strict=True))
        answers = list(threads.map(self._answer, pairs))
        self._write(pairs, answers)
        sha1s = self.images["sha1"]
        for a, b in pairs:
            self.known.others.setdefault(a, []).append(sha1s[b][:NAMED_BY])
        # Of both, so that it is seen when either is another picture.
        owners = np.unique(np.concatenate([left, right])).tolist()
        rows = self.images[owners].select("sha1", image_digest="digest").to_dicts()
        for row, owner in zip(rows, owners, strict=True):
            row |= {"others": self.known.others.get(owner, []), "run": self.run}
        # Last: of a pair that is noted as looked at, the answer is written.
        self.database.upsert(SEEN, pa.Table.from_pylist(rows, schema=arrow(SEEN)))

    def _answer(self, pair: tuple[int, int]) -> SamePicture | None:
        return same_picture(self.held[pair[0]], self.held[pair[1]])

    def _write(self, pairs: list[tuple[int, int]], answers: list[SamePicture | None]) -> None:
        sha1s = self.images["sha1"]
        rows, refuted = [], []
        for (a, b), answer in zip(pairs, answers, strict=True):
            if answer is not None:
                rows.append(_row(sha1s[a], sha1s[b], answer) | {"run": self.run})
            elif self.answered and f"{sha1s[a]}/{sha1s[b]}" in self.answered:
                refuted.append(f"{sha1s[a]}/{sha1s[b]}")
        if rows:
            self.database.upsert(PAIRS, pa.Table.from_pylist(rows, schema=arrow(PAIRS)))
        if refuted:
            self.database.delete(PAIRS, refuted)

    def _read(self, wanted: npt.NDArray[np.int64], threads: ThreadPoolExecutor) -> None:
        """Hold the features of all wanted images, of others those read last."""
        for at in wanted.tolist():
            if at in self.held:
                self.held.move_to_end(at)
        absent = [at for at in wanted.tolist() if at not in self.held]
        if absent:
            names = self.images["sha1"][absent].to_list()
            rows = self.database.take("images", names, ["sha1", "thumbnail"])
            pictures = dict(zip(*(rows[c].to_pylist() for c in ("sha1", "thumbnail")), strict=True))
            features = threads.map(local_features, [pictures[name] for name in names])
            self.held.update(zip(absent, features, strict=True))
        while len(self.held) > max(FEATURES_HELD, len(wanted)):
            self.held.popitem(last=False)


def _row(left: str, right: str, answer: SamePicture) -> dict[str, object]:
    alignment = answer.alignment
    return {
        "pair": f"{left}/{right}",
        "left": left,
        "right": right,
        "edits": list(answer.edits),
        # Rounded, so that another machine's last digits are no other answer.
        "matrix": np.round(alignment.matrix.ravel(), 4).tolist(),
        "inliers": alignment.inliers,
        "blocks": round(answer.overlap.blocks, 3),
        "detail": round(answer.overlap.detail, 3),
    }
