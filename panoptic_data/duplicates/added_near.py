"""Carry near groups forward by the images that came and left.

Whether two images are a pair depends on these two alone, and a group on the images that pairs
connect. So the images that came or left, and all that pairs connect with them, are grouped again;
the other groups stay. The table ``compared_images`` says which images the groups were made of.
Not here: grouping (``near``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from panoptic_data.duplicates import hamming
from panoptic_data.duplicates.near import (
    Progress,
    all_groups,
    fingerprints_of,
    group_rows,
    leader_pairs,
    leaders,
)
from panoptic_data.storage.schema import arrow
from panoptic_data.storage.sync import sync_table, write_changes

if TYPE_CHECKING:
    from panoptic_data.storage.tables import Database

__all__ = ["Comparison", "compare", "groups", "record_compared"]

TABLE = "compared_images"
# When more than this share came, left or is connected with these, all are compared.
MOST = 0.2

Hashes = npt.NDArray[np.uint64]
Edges = set[tuple[str, str]]


@dataclass(frozen=True)
class Comparison:
    """The images that take part (sha1, phash; in no order) beside those of the stored groups.

    ``before`` are the images of the stored groups; ``added`` and ``removed`` came and left since:
    one with another hash did both.
    """

    images: pl.DataFrame
    before: pl.DataFrame
    added: pl.DataFrame
    removed: pl.DataFrame


def compare(database: Database, files: pl.DataFrame) -> Comparison:
    """Compare the images that these files hold with those of the stored groups."""
    images = database.frame("images", ["sha1", "phash"])
    images = images.join(files, on="sha1", how="semi")
    before = database.frame(TABLE, ["sha1", "phash"])
    joined = images.join(before, on="sha1", how="left", suffix="_before")
    is_same = joined["phash"] == joined["phash_before"]
    added = joined.filter(~is_same.fill_null(False)).select(images.columns)
    if int(is_same.sum()) == before.height:
        return Comparison(images, before, added, before.clear())
    return Comparison(images, before, added, before.join(images, on=before.columns, how="anti"))


def groups(
    database: Database,
    comparison: Comparison,
    radius: int,
    report: Progress,
    recorded_radius: int | None,
) -> pl.DataFrame:
    """Return the rows of all near groups of the images that take part.

    ``recorded_radius`` is that of the stored groups, None where they cannot be relied on.
    """
    if recorded_radius == radius:
        carried = _carried(database, comparison, radius, report)
        if carried is not None:
            return carried
    return all_groups(database, comparison.images.sort("sha1"), radius, report)


def record_compared(database: Database, comparison: Comparison, run: str) -> None:
    """Note which images the groups are made of, once they are written."""
    added, removed = comparison.added, comparison.removed
    if len(added) + len(removed) > MOST * comparison.images.height:
        sync_table(database, TABLE, comparison.images.to_arrow().cast(_schema()), run)
        return
    gone = removed.filter(~pl.col("sha1").is_in(added["sha1"].implode()))["sha1"].to_list()
    # One with another hash would be among the removed too.
    rows, are_new = added.to_arrow().cast(_schema()), removed.is_empty()
    write_changes(database, TABLE, rows, gone, run, are_new=are_new)


def _schema() -> pa.Schema:
    return pa.schema([column for column in arrow(TABLE) if column.name != "run"])


def _carried(
    database: Database, comparison: Comparison, radius: int, report: Progress
) -> pl.DataFrame | None:
    """Return the rows of all groups from the stored ones; None where all have to be compared."""
    added, removed = comparison.added, comparison.removed
    most = int(MOST * comparison.images.height)
    if comparison.before.is_empty() or added.height + removed.height > most:
        return None
    stored = database.frame("duplicates", where="kind = 'near'").drop("run")
    if added.is_empty() and removed.is_empty():
        return stored
    touched = pl.concat([added, removed])["phash"].unique().sort().to_numpy()
    pictures = _Pictures(database, report)
    try:
        # Also of images that only came: one may lead those of its hash, in place of another.
        seeds = _partners(_Corpus(comparison.before), pictures, touched, radius)
        corpus = _Corpus(comparison.images)
        seeds |= set(corpus.of(touched)["sha1"])
        members, edges = _connected(corpus, pictures, seeds, radius, most)
    except KeyError:
        # The thumbnail of an image that left is gone.
        return None
    if members is None:
        return None
    again = set(members["sha1"]) | set(removed["sha1"])
    rest = stored.filter(~pl.col("sha1").is_in(list(again)))
    return pl.concat([rest, _regrouped(members, pictures, edges)])


@dataclass(frozen=True)
class _Corpus:
    """Images (sha1, phash) by their hash."""

    images: pl.DataFrame

    @cached_property
    def hashes(self) -> Hashes:
        """The hashes of all images, each once, sorted."""
        return self.images["phash"].unique().sort().to_numpy()

    def of(self, hashes: Hashes) -> pl.DataFrame:
        """Return the images with these hashes."""
        return self.images.filter(pl.col("phash").is_in(pl.Series(hashes).implode()))

    def near(self, hashes: Hashes, radius: int) -> tuple[Hashes, Hashes]:
        """Return pairs (a given hash, another that is within the radius of it)."""
        given, other = hamming.near_to(self.hashes, hashes, radius)
        differ = hashes[given] != self.hashes[other]
        return hashes[given][differ], self.hashes[other][differ]


@dataclass
class _Pictures:
    """Fingerprints of images, read when they are first needed."""

    database: Database
    report: Progress
    prints: dict[str, npt.NDArray[np.int8]] = field(default_factory=dict)

    def of(self, sha1s: list[str]) -> npt.NDArray[np.int8]:
        """Return the fingerprints of some images. Raises KeyError for one without thumbnail."""
        absent = sorted(set(sha1s) - self.prints.keys())
        if absent:
            computed = fingerprints_of(self.database, absent, self.report)
            self.prints.update(zip(absent, computed, strict=True))
        return np.stack([self.prints[sha1] for sha1 in sha1s])


@dataclass(frozen=True)
class _Compared:
    """Images of some hashes, sorted by sha1: each one's leader, and pairs of leaders."""

    images: pl.DataFrame
    leader_of: npt.NDArray[np.int64]
    edges: Edges

    @property
    def leaders(self) -> list[str]:
        """The leader of each image."""
        return self.images["sha1"].gather(self.leader_of).to_list()


def _compare(corpus: _Corpus, pictures: _Pictures, hashes: Hashes, radius: int) -> _Compared:
    """Compare the images of these hashes with all that are within the radius of them."""
    given, other = corpus.near(hashes, radius)
    every = corpus.of(np.concatenate([hashes, other])).sort("sha1")
    # An image that has its hash alone, and none near it, is never looked at.
    is_alone = ~pl.col("phash").is_in(pl.Series(np.concatenate([given, other])).implode())
    images = every.filter(~(is_alone & (pl.len().over("phash") == 1)))
    if images.is_empty():
        return _Compared(images, np.empty(0, np.int64), set())
    prints = pictures.of(images["sha1"].to_list())
    numbers, bucket = np.unique(images["phash"].to_numpy(), return_inverse=True)
    leader_of = leaders(bucket, prints)
    sides = np.sort(np.stack([given, other], axis=1), axis=1)
    sides = np.unique(sides, axis=0).reshape(-1, 2)
    left, right = leader_pairs(
        leader_of,
        bucket,
        prints,
        np.searchsorted(numbers, sides[:, 0]),
        np.searchsorted(numbers, sides[:, 1]),
    )
    sha1s = images["sha1"].to_list()
    edges = {tuple(sorted((sha1s[a], sha1s[b]))) for a, b in zip(left, right, strict=True)}
    return _Compared(images, leader_of, edges)


def _partners(corpus: _Corpus, pictures: _Pictures, hashes: Hashes, radius: int) -> set[str]:
    """Return the images that pairs connected with those of these hashes before."""
    touched = corpus.of(hashes)
    if touched.is_empty():
        return set()
    compared = _compare(corpus, pictures, touched["phash"].unique().sort().to_numpy(), radius)
    is_touched = set(touched["sha1"])
    return {name for edge in compared.edges if is_touched & set(edge) for name in edge}


def _connected(
    corpus: _Corpus, pictures: _Pictures, seeds: set[str], radius: int, most: int
) -> tuple[pl.DataFrame | None, Edges]:
    """Return the images that pairs connect with the seeds, those of their hashes, and the pairs.

    None where there are more than ``most``.
    """
    known: set[str] = set()
    edges: Edges = set()
    hashes_seen: set[int] = set()
    frontier = seeds
    while frontier:
        of_frontier = corpus.images.filter(pl.col("sha1").is_in(list(frontier)))
        hashes = np.array(sorted(set(of_frontier["phash"]) - hashes_seen), np.uint64)
        hashes_seen |= set(hashes.tolist())
        known |= set(corpus.of(hashes)["sha1"])
        if len(known) > most:
            return None, edges
        compared = _compare(corpus, pictures, hashes, radius) if len(hashes) else None
        if compared is None:
            break
        edges |= compared.edges
        frontier = {name for edge in compared.edges if known & set(edge) for name in edge} - known
    members = corpus.images.filter(pl.col("sha1").is_in(list(known)))
    return members, {edge for edge in edges if set(edge) <= known}


def _regrouped(members: pl.DataFrame, pictures: _Pictures, edges: Edges) -> pl.DataFrame:
    """Return the rows of the groups that pairs make among ``members``."""
    connected = {name for edge in edges for name in edge}
    shares_hash = pl.len().over("phash") > 1
    images = members.filter(shares_hash | pl.col("sha1").is_in(list(connected))).sort("sha1")
    if images.is_empty():
        return group_rows(
            images, np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64)
        )
    _, bucket = np.unique(images["phash"].to_numpy(), return_inverse=True)
    leader_of = leaders(bucket, pictures.of(images["sha1"].to_list()))
    position = {sha1: at for at, sha1 in enumerate(images["sha1"])}
    pairs = np.array(
        [(position[left], position[right]) for left, right in sorted(edges)], np.int64
    ).reshape(-1, 2)
    return group_rows(images, leader_of, pairs[:, 0], pairs[:, 1])
