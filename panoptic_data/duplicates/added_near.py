"""Find the pairs of images that are one picture, looking only at what came since the last time.

Which pairs are looked at depends on the images of these hashes and on each one's neighbours; the
answer for a pair on these two images alone, and it is kept (``verdicts``). So the pairs are those
of a comparison of all. The table ``compared_images`` says which images the groups were made of.
Not here: grouping (``near``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pyarrow as pa

from panoptic_data.duplicates import same_picture, verdicts
from panoptic_data.duplicates.candidates import HashedImages
from panoptic_data.storage.schema import arrow
from panoptic_data.storage.sync import sync_table, write_changes
from panoptic_data.vectors.listed_pairs import listed_pairs

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project
    from panoptic_data.storage.tables import Database

__all__ = ["Comparison", "compare", "record_compared", "same_pictures"]

TABLE = "compared_images"
# When more than this share came or left, the pairs of all hashes are listed.
MOST = 0.2

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Comparison:
    """The images that take part (sha1, phash, digest; sorted) beside those of the stored groups.

    ``digest`` is of the image's row and of the code that looks at it.
    ``before`` are the images of the stored groups; ``added`` and ``removed`` came and left since:
    one with another hash did both.
    """

    images: pl.DataFrame
    before: pl.DataFrame
    added: pl.DataFrame
    removed: pl.DataFrame


def compare(database: Database, files: pl.DataFrame) -> Comparison:
    """Compare the images that these files hold with those of the stored groups."""
    images = database.frame("images", ["sha1", "phash", "digest"])
    images = images.join(files, on="sha1", how="semi").sort("sha1")
    # Rows of an earlier release have no digest. Other code may answer otherwise.
    digest = pl.coalesce("digest", pl.col("phash").cast(pl.String))
    code = pl.lit(same_picture.CODE_VERSION)
    images = images.with_columns(digest=pl.format("{} {}", code, digest))
    before = database.frame(TABLE, ["sha1", "phash"])
    joined = images.join(before, on="sha1", how="left", suffix="_before", maintain_order="left")
    is_same = joined["phash"] == joined["phash_before"]
    added = joined.filter(~is_same.fill_null(False)).select(before.columns)
    if int(is_same.sum()) == before.height:
        return Comparison(images, before, added, before.clear())
    return Comparison(images, before, added, before.join(images, on=before.columns, how="anti"))


def same_pictures(
    project: Project,
    comparison: Comparison,
    slugs: Sequence[str],
    radius: int,
    recorded_radius: int | None,
    run: str,
    report: Progress,
) -> tuple[pl.DataFrame, int]:
    """Return the pairs of images that are one picture, as ``verdicts.pairs_of`` does.

    Also of how many images pairs were looked at.

    ``radius`` is in bits; ``recorded_radius`` is that of the stored groups, None where they cannot
    be relied on. Pairs are written as they are found.
    """
    database, images = project.database(), comparison.images
    hashed = HashedImages(images["phash"].to_numpy(), radius)
    listed = listed_pairs(project, slugs, np.array(images["sha1"].to_list(), np.str_))
    known = verdicts.known_of(database, images)
    touched = _touched(comparison, known.changed) if recorded_radius == radius else None
    near = hashed.pairs(touched)
    looked_at = verdicts.look_at(database, images, known, np.union1d(listed, near), run, report)
    pairs = verdicts.pairs_of(database, images)
    left, right = pairs["a"].to_numpy(), pairs["b"].to_numpy()
    # A pair that was found once counts while anything leads to it.
    is_listed = np.isin(left * images.height + right, listed)
    return pairs.filter(pl.Series(is_listed | hashed.are_near(left, right))), looked_at


def _touched(comparison: Comparison, changed: list[str]) -> np.ndarray | None:
    """Return the hashes of images that came, left or changed; None where they are many."""
    added, removed = comparison.added, comparison.removed
    if added.height + removed.height + len(changed) > MOST * comparison.images.height:
        return None
    again = comparison.images.filter(pl.col("sha1").is_in(changed)).select(added.columns)
    return pl.concat([added, removed, again])["phash"].unique().sort().to_numpy()


def record_compared(database: Database, comparison: Comparison, run: str) -> None:
    """Note which images the groups are made of, once they are written."""
    added, removed = comparison.added, comparison.removed
    _forget_purged(database, removed)
    if len(added) + len(removed) > MOST * comparison.images.height:
        rows = comparison.images.select("sha1", "phash").to_arrow().cast(_schema())
        sync_table(database, TABLE, rows, run)
        return
    gone = removed.filter(~pl.col("sha1").is_in(added["sha1"].implode()))["sha1"].to_list()
    # One with another hash would be among the removed too.
    rows, are_new = added.to_arrow().cast(_schema()), removed.is_empty()
    write_changes(database, TABLE, rows, gone, run, are_new=are_new)


def _forget_purged(database: Database, removed: pl.DataFrame) -> None:
    """Forget answers about images that are gone for good, and not only their files for now."""
    names = removed["sha1"].to_list()
    known = database.take("images", names, ["sha1"]) if names else None
    if known is not None:
        verdicts.forget_images(database, sorted(set(names) - set(known["sha1"].to_pylist())))


def _schema() -> pa.Schema:
    return pa.schema([column for column in arrow(TABLE) if column.name != "run"])
