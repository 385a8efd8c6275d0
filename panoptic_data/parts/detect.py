"""Find the images that share a part, looking only at what came since the last time.

Every image is compared with those in which its visual words propose the same turn, scale and
shift, and with its neighbours under each encoder. Answers are written as the work goes on: a run
that is killed is continued, and ends in the same rows. Not here: whether two pictures share a part
(``same_part``), groups (``groups``), reading them (``shared``).
"""

from __future__ import annotations

import os
import time
from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from panoptic_data.ingest.images import taking_part
from panoptic_data.media.local_features import LocalFeatures
from panoptic_data.parts import comparisons, index, same_part, words
from panoptic_data.parts.groups import grouped
from panoptic_data.parts.index import ImageIndex
from panoptic_data.parts.same_part import SamePart
from panoptic_data.parts.shared import GROUPS, PAIRS, STAGE
from panoptic_data.parts.word_index import Candidates
from panoptic_data.provenance.stages import ReportProgress, StageResult, digest, ignore_progress
from panoptic_data.storage.project import Project
from panoptic_data.storage.sync import sync_table
from panoptic_data.vectors.listed_pairs import listed_pairs

__all__ = ["update"]

# Pictures that are compared with one, of those that its words lead to.
CANDIDATES = 40
IMAGES_AT_ONCE = 200
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
    # Both steps are reported as one: an image counts in each.
    total = images.height
    index.update_words(
        project, images, vocabulary, run, lambda done, of: report(STAGE, done, of + total)
    )
    held = index.index_of(project)
    compared = 0
    if held is not None and len(held.sha1s):
        compared = _compare(project, images, held, slugs, run, report)
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
    report: ReportProgress,
) -> int:
    """Compare the images that were not yet, and return how many these are."""
    database = project.database()
    is_compared, seen = comparisons.seen_pairs(database, held.sha1s.tolist())
    count = len(held.sha1s)
    listed = np.setdiff1d(listed_pairs(project, slugs, held.sha1s), seen)
    of_image: dict[int, list[int]] = defaultdict(list)
    for left, right in zip(*(side.tolist() for side in np.divmod(listed, count)), strict=True):
        # Of the one that is new, or of both.
        of_image[right if is_compared[left] and not is_compared[right] else left].append(
            left if is_compared[left] and not is_compared[right] else right
        )
    waiting = sorted({*np.flatnonzero(~is_compared).tolist(), *of_image})
    work = _Work(project, images, held, of_image, set(seen.tolist()), run)
    with (
        threadpool_limits(1, user_api="blas"),
        ThreadPoolExecutor(os.cpu_count() or 1) as threads,
    ):
        for start in range(0, len(waiting), IMAGES_AT_ONCE):
            work.compare(waiting[start : start + IMAGES_AT_ONCE], threads)
            done = min(start + IMAGES_AT_ONCE, len(waiting))
            report(STAGE, count + done, count + len(waiting))
    return len(waiting)


@dataclass
class _Work:
    """Images that are compared, with the features held that were read last.

    ``listed`` are by position those to compare an image with beside what its words lead to,
    ``seen`` the pairs that need no second look, as ``listed_pairs`` numbers them.
    """

    project: Project
    images: pl.DataFrame
    held: ImageIndex
    listed: Mapping[int, Sequence[int]]
    seen: set[int]
    run: str
    features: OrderedDict[str, LocalFeatures] = field(default_factory=OrderedDict)

    def compare(self, batch: Sequence[int], threads: ThreadPoolExecutor) -> None:
        """Compare some images, by their positions, and write the answers."""
        sha1s = self.held.sha1s
        self._read(sha1s[list(batch)].tolist())
        likely = dict(zip(batch, threads.map(self._candidates, batch), strict=True))
        pairs: list[tuple[int, int]] = []
        for at in batch:
            others = {*likely[at].pictures.tolist(), *self.listed.get(at, ())}
            for other in sorted(others):
                number = min(at, other) * len(sha1s) + max(at, other)
                if number not in self.seen:
                    self.seen.add(number)
                    pairs.append((at, other))
        matches: dict[tuple[str, str], SamePart | None] = {}
        compared: dict[str, list[str]] = {str(sha1s[at]): [] for at in batch}
        for part in _parts(pairs):
            self._read(sorted({str(sha1s[at]) for pair in part for at in pair}))
            answers = threads.map(lambda pair: self._answer(pair[0], pair[1], likely), part)
            for (at, other), answer in zip(part, answers, strict=True):
                ours, theirs = str(sha1s[at]), str(sha1s[other])
                compared[ours].append(theirs)
                if answer is not None and ours > theirs:
                    matches[theirs, ours] = answer.reversed()
                else:
                    matches[min(ours, theirs), max(ours, theirs)] = answer
        database = self.project.database()
        comparisons.record(database, self.images, matches, compared, self.run)

    def _candidates(self, at: int) -> Candidates:
        features = self.features.get(str(self.held.sha1s[at]))
        queries = [self.held.words.of_picture(at)]
        if features is not None:
            vocabulary = self.held.vocabulary
            queries.append(words.words_of(features, vocabulary, is_mirrored=True))
        return self.held.words.candidates(queries, CANDIDATES, at)

    def _answer(self, at: int, other: int, likely: Mapping[int, Candidates]) -> SamePart | None:
        ours, theirs = (self.features.get(str(self.held.sha1s[it])) for it in (at, other))
        # An image that was purged meanwhile.
        if ours is None or theirs is None:
            return None
        return same_part.same_part(ours, theirs, likely[at].is_common)

    def _read(self, wanted: Sequence[str]) -> None:
        """Hold the features of all wanted images, of others those read last."""
        for sha1 in wanted:
            if sha1 in self.features:
                self.features.move_to_end(sha1)
        absent = [sha1 for sha1 in wanted if sha1 not in self.features]
        if absent:
            self.features.update(index.features_of(self.project.database(), absent))
        while len(self.features) > max(FEATURES_HELD, len(wanted)):
            self.features.popitem(last=False)


def _parts(pairs: Sequence[tuple[int, int]]) -> Iterator[Sequence[tuple[int, int]]]:
    """Yield pairs in turn, as many as have together no more images than are held."""
    start, images = 0, set[int]()
    for at, pair in enumerate(pairs):
        if len(images.union(pair)) > FEATURES_HELD:
            yield pairs[start:at]
            start, images = at, set()
        images.update(pair)
    if pairs:
        yield pairs[start:]


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
