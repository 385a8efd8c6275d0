"""Which images were compared with which, and the pairs that share a part, as they are found.

The table ``part_comparisons`` has a row for each image that was compared with all that may share
a part with it; what was found of it is written before. So a run that is killed is continued. Not
here: which pairs are compared (``detect``), whether they share a part (``same_part``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from panoptic_data.parts.same_part import SamePart
from panoptic_data.parts.shared import PAIRS
from panoptic_data.storage.schema import arrow

if TYPE_CHECKING:
    from panoptic_data.storage.tables import Database

__all__ = ["COMPARISONS", "forget_others", "record", "seen_pairs"]

COMPARISONS = "part_comparisons"
# So much of an image's sha1 names it among those that it was compared with.
NAMED_BY = 16


def forget_others(database: Database, images: pl.DataFrame) -> None:
    """Forget what is known of images that do not take part, or are another row now.

    ``images`` are those that take part: sha1, and digest of the row and of the code.
    """
    rows = database.frame(COMPARISONS)
    current = images.select("sha1", image_digest="digest")
    forgotten = rows.join(current, on=["sha1", "image_digest"], how="anti")["sha1"].to_list()
    if forgotten:
        names = [sha1[:NAMED_BY] for sha1 in forgotten]
        kept = rows.filter(~pl.col("sha1").is_in(forgotten))
        # First: an image that comes back is compared with all others again.
        lost = kept.filter(pl.col("others").list.eval(pl.element().is_in(names)).list.any())
        if not lost.is_empty():
            others = lost.with_columns(others=pl.col("others").list.set_difference(names))
            database.upsert(COMPARISONS, others.to_arrow().cast(arrow(COMPARISONS)))
        database.delete(COMPARISONS, forgotten)
    pairs = database.frame(PAIRS, ["pair", "left", "right"])
    known = pl.Series([*forgotten], dtype=pl.String)
    ends = [pl.col(side) for side in ("left", "right")]
    here = images["sha1"].implode()
    is_gone = pl.any_horizontal(~end.is_in(here) | end.is_in(known.implode()) for end in ends)
    database.delete(PAIRS, pairs.filter(is_gone)["pair"].to_list())


def seen_pairs(
    database: Database, sha1s: Sequence[str]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """Return which images were compared, and with which: pairs as ``listed_pairs`` numbers them.

    ``sha1s`` are those that take part, sorted.
    """
    position = {sha1[:NAMED_BY]: at for at, sha1 in enumerate(sha1s)}
    is_compared = np.zeros(len(sha1s), bool)
    pairs: list[int] = []
    for sha1, others in database.frame(COMPARISONS, ["sha1", "others"]).iter_rows():
        at = position.get(sha1[:NAMED_BY])
        if at is None:
            continue
        is_compared[at] = True
        known = (position[name] for name in others if name in position)
        pairs += [min(at, other) * len(sha1s) + max(at, other) for other in known]
    return is_compared, np.unique(np.array(pairs, np.int64))


def record(
    database: Database,
    images: pl.DataFrame,
    matches: Mapping[tuple[str, str], SamePart | None],
    others: Mapping[str, Sequence[str]],
    run: str,
) -> None:
    """Write what came of comparing pairs (left, right), then that images were compared.

    ``others`` are by image all that it was compared with, ``images`` as of :func:`forget_others`.
    """
    rows = [_row(*pair, match) | {"run": run} for pair, match in matches.items() if match]
    if rows:
        database.upsert(PAIRS, pa.Table.from_pylist(rows, schema=arrow(PAIRS)))
    digests = images.filter(pl.col("sha1").is_in(list(others)))
    compared = [
        {
            "sha1": sha1,
            "image_digest": digest,
            "others": sorted(other[:NAMED_BY] for other in others[sha1]),
            "run": run,
        }
        for sha1, digest in digests.select("sha1", "digest").iter_rows()
    ]
    # Last: of an image that is noted as compared, the pairs are written.
    database.upsert(COMPARISONS, pa.Table.from_pylist(compared, schema=arrow(COMPARISONS)))


def _row(left: str, right: str, match: SamePart) -> dict[str, object]:
    return {
        "pair": f"{left}/{right}",
        "left": left,
        "right": right,
        "inliers": match.inliers,
        # Rounded, so that another machine's last digits are no other answer.
        "matrix": np.round(match.matrix.ravel(), 4).tolist(),
        "left_outline": np.round(match.left_outline.ravel(), 4).tolist(),
        "right_outline": np.round(match.right_outline.ravel(), 4).tolist(),
        "sureness": round(match.sureness, 3),
        "group": None,
    }
