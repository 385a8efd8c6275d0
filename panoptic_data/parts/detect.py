"""Find the images that share a part, looking only at what came since the last time.

Every image is compared with those in which its visual words propose the same turn, scale and
shift, and with its neighbours under each encoder. Answers are written as the work goes on: a run
that is killed is continued, and ends in the same rows. Not here: whether two pictures share a part
(``same_part``), groups (``groups``), reading them (``shared``).
"""

from __future__ import annotations

import os
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl
from threadpoolctl import threadpool_limits

from panoptic_data.ingest.images import taking_part
from panoptic_data.media.local_features import LocalFeatures
from panoptic_data.parts import comparisons, index, same_part, words
from panoptic_data.parts.groups import grouped
from panoptic_data.parts.index import ImageIndex
from panoptic_data.parts.same_part import SamePart
from panoptic_data.parts.shared import GROUPS, PAIRS, STAGE
from panoptic_data.provenance.stages import ReportProgress, StageResult, digest, ignore_progress
from panoptic_data.storage.project import Project
from panoptic_data.storage.sync import sync_table
from panoptic_data.vectors.listed_pairs import listed_pairs
from panoptic_data.vectors.pair_order import in_batches, in_order

__all__ = ["update"]

Progress = Callable[[int, int], None]

# Pictures that are compared with one, of those that its words lead to.
CANDIDATES = 40
IMAGES_AT_ONCE, PAIRS_AT_ONCE = 500, 8_000
# Features of an image take 200 KB: some 200 MB.
FEATURES_HELD = 1_000


def update(
    project: Project, run: str, slugs: Sequence[str], report: ReportProgress = ignore_progress
) -> StageResult:
    """Compare the images that are new, and write pairs and groups that changed.

    ``slugs`` are the encoders whose neighbours are compared. Raises what reading tables does.
    """
    began = time.monotonic()
    database = project.database()
    before = set(database.frame(PAIRS, ["pair"])["pair"])
    images = _images(project)
    comparisons.forget_others(database, images)
    vocabulary = index.update_vocabulary(project, images, run)
    # All steps are reported as one: words are a third of the work.
    count = images.height
    index.update_words(
        project,
        images,
        vocabulary,
        run,
        lambda done, of: report(STAGE, done * count // of, 3 * count),
    )
    held = index.index_of(project)
    compared = 0
    if held is not None and len(held.sha1s):
        compared = _compare(
            project,
            images,
            held,
            slugs,
            run,
            lambda done, of: report(STAGE, count + done * 2 * count // of, 3 * count),
        )
    return _grouped(project, run, before, compared, images.height, began)


def _images(project: Project) -> pl.DataFrame:
    """Return the images that take part, sorted: sha1, and digest of the row and of the code."""
    rows = project.database().frame("images", ["sha1", "phash", "digest"])
    # Rows of an earlier release have no digest.
    made_of = pl.coalesce("digest", pl.col("phash").cast(pl.String))
    code = f"{words.CODE_VERSION}.{same_part.CODE_VERSION}"
    here = rows.filter(pl.col("sha1").is_in(taking_part(project).implode()))
    return here.select("sha1", digest=pl.format("{} {}", pl.lit(code), made_of)).sort("sha1")


def _compare(
    project: Project,
    images: pl.DataFrame,
    held: ImageIndex,
    slugs: Sequence[str],
    run: str,
    report: Progress,
) -> int:
    """Compare the images that were not yet, and return how many these are."""
    known = comparisons.known_of(project.database(), held.sha1s.tolist())
    work = _Work(project, dict(images.iter_rows()), held, known, run)
    waiting = np.flatnonzero(~known.is_complete).tolist()
    count = len(held.sha1s)
    with (
        threadpool_limits(1, user_api="blas"),
        ThreadPoolExecutor(os.cpu_count() or 1) as threads,
    ):
        pairs = [listed_pairs(project, slugs, held.sha1s)]
        for start in range(0, len(waiting), IMAGES_AT_ONCE):
            part = waiting[start : start + IMAGES_AT_ONCE]
            pairs += threads.map(work.likely, part)
            report(start + len(part), 2 * len(waiting))
        numbers = np.setdiff1d(np.unique(np.concatenate(pairs)), known.pairs())
        work.begin(waiting, numbers)
        if not len(numbers):
            return len(waiting)
        done = 0
        for batch in in_batches(in_order(numbers, count), count, FEATURES_HELD, PAIRS_AT_ONCE):
            work.compare(batch, threads)
            done += len(batch)
            share = done / max(1, len(numbers))
            report(len(waiting) + int(share * len(waiting)), 2 * len(waiting))
    return len(waiting)


@dataclass
class _Work:
    """Images that are compared, with the features held that were read last.

    ``digests`` are by sha1, ``common`` by position the points of an image that count for nothing,
    ``left`` by position how many of its pairs are not compared yet.
    """

    project: Project
    digests: Mapping[str, str]
    held: ImageIndex
    known: comparisons.Known
    run: str
    common: dict[int, npt.NDArray[np.bool_]] = field(default_factory=dict)
    left: Counter[int] = field(default_factory=Counter)
    features: OrderedDict[int, LocalFeatures] = field(default_factory=OrderedDict)

    def likely(self, at: int) -> npt.NDArray[np.int64]:
        """Return the pairs of an image that its words lead to, and note its common points."""
        index = self.held.words
        candidates = index.candidates([index.of_picture(at)], CANDIDATES, at)
        if candidates.is_common.any():
            self.common[at] = candidates.is_common
        others = candidates.pictures
        return np.minimum(others, at) * len(index) + np.maximum(others, at)

    def begin(self, waiting: Sequence[int], pairs: npt.NDArray[np.int64]) -> None:
        """Count what is to be done, and note the images of which there is nothing."""
        for side in np.divmod(pairs, len(self.held.sha1s)):
            self.left.update(side.tolist())
        self._record([at for at in waiting if not self.left[at]], {})

    def compare(self, batch: npt.NDArray[np.int64], threads: ThreadPoolExecutor) -> None:
        """Compare some pairs and write the answers."""
        sides = np.divmod(batch, len(self.held.sha1s))
        images = np.unique(np.concatenate(sides)).tolist()
        self._read(images)
        pairs = list(zip(*(side.tolist() for side in sides), strict=True))
        answers = threads.map(self._answer, pairs)
        matches: dict[tuple[str, str], SamePart] = {}
        for (left, right), answer in zip(pairs, answers, strict=True):
            self.known.others[left].add(right)
            self.left.subtract((left, right))
            if answer is not None:
                matches[str(self.held.sha1s[left]), str(self.held.sha1s[right])] = answer
        self._record(images, matches)

    def _record(self, images: Sequence[int], matches: Mapping[tuple[str, str], SamePart]) -> None:
        if not images:
            return
        sha1s = self.held.sha1s
        compared = {
            str(sha1s[at]): (
                [str(sha1s[other]) for other in self.known.others[at]],
                not self.left[at],
            )
            for at in images
        }
        database = self.project.database()
        comparisons.record(database, self.digests, matches, compared, self.run)

    def _answer(self, pair: tuple[int, int]) -> SamePart | None:
        ours, theirs = (self.features.get(at) for at in pair)
        # An image that was purged meanwhile.
        if ours is None or theirs is None:
            return None
        left, right = pair
        if left not in self.common and right in self.common:
            answer = same_part.same_part(theirs, ours, self.common[right])
            return None if answer is None else answer.reversed()
        return same_part.same_part(ours, theirs, self.common.get(left))

    def _read(self, wanted: Sequence[int]) -> None:
        """Hold the features of all wanted images, of others those read last."""
        for at in wanted:
            if at in self.features:
                self.features.move_to_end(at)
        absent = {str(self.held.sha1s[at]): at for at in wanted if at not in self.features}
        read = index.features_of(self.project.database(), list(absent))
        self.features.update((absent[sha1], features) for sha1, features in read.items())
        while len(self.features) > max(FEATURES_HELD, len(wanted)):
            self.features.popitem(last=False)


def _grouped(
    project: Project, run: str, before: set[str], compared: int, images: int, began: float
) -> StageResult:
    """Write the groups of all pairs, and return what the stage did since ``before``."""
    database = project.database()
    pairs = database.frame(PAIRS).sort("pair")
    members, names = grouped(pairs)
    changes = [
        # The name of its group follows from all pairs.
        sync_table(
            database,
            PAIRS,
            pairs.drop("run").with_columns(names).to_arrow(),
            run,
            derived=("group",),
        ),
        sync_table(database, GROUPS, members.to_arrow(), run),
    ]
    now = set(pairs["pair"])
    return StageResult(
        rows=len(now),
        data_version=digest([change.data_version for change in changes]),
        new=len(now - before),
        removed=len(before - now),
        changed=changes[0].changed,
        unchanged=len(now & before) - changes[0].changed,
        seconds=time.monotonic() - began,
        extra={
            "groups": members["group"].n_unique(),
            # Of few there is no telling how long all would take.
            "computed": compared if 2 * compared > images else 0,
        },
    )
