"""Which images were compared with which, and the pairs that share a part, as they are found.

The table ``part_comparisons`` says of each image with which it was compared; what came of it is
written before. So a run that is killed is continued. Not here: which pairs are compared
(``detect``), whether they share a part (``same_part``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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

__all__ = ["COMPARISONS", "Known", "forget_others", "known_of", "record"]

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


@dataclass
class Known:
    """What was compared of images, by their positions among those that take part.

    ``others`` are by position the later images that each was compared with, ``is_complete`` (n,)
    which were compared with all that may share a part with them.
    """

    others: dict[int, set[int]]
    is_complete: npt.NDArray[np.bool_]

    def pairs(self) -> npt.NDArray[np.int64]:
        """Return the pairs that were compared, as ``listed_pairs`` numbers them."""
        count = len(self.is_complete)
        numbers = [at * count + other for at, others in self.others.items() for other in others]
        return np.unique(np.array(numbers, np.int64))


def known_of(database: Database, sha1s: Sequence[str]) -> Known:
    """Return what is known of images: ``sha1s``, sorted."""
    position = {sha1[:NAMED_BY]: at for at, sha1 in enumerate(sha1s)}
    known = Known(defaultdict(set), np.zeros(len(sha1s), bool))
    rows = database.frame(COMPARISONS, ["sha1", "others", "is_complete"])
    for sha1, others, is_complete in rows.iter_rows():
        at = position.get(sha1[:NAMED_BY])
        if at is not None:
            known.is_complete[at] = is_complete
            known.others[at].update(position[name] for name in others if name in position)
    return known


def record(
    database: Database,
    images: Mapping[str, str],
    matches: Mapping[tuple[str, str], SamePart],
    compared: Mapping[str, tuple[Sequence[str], bool]],
    run: str,
) -> None:
    """Write the pairs (left, right) that share a part, then that images were compared.

    ``images`` are digests by sha1, ``compared`` by sha1 the later images that each was compared
    with so far, and whether these are all.
    """
    rows = [_row(*pair, match) | {"run": run} for pair, match in matches.items()]
    if rows:
        database.upsert(PAIRS, pa.Table.from_pylist(rows, schema=arrow(PAIRS)))
    notes = [
        {
            "sha1": sha1,
            "image_digest": images[sha1],
            "others": sorted(other[:NAMED_BY] for other in others),
            "is_complete": is_complete,
            "run": run,
        }
        for sha1, (others, is_complete) in sorted(compared.items())
    ]
    # Last: of an image that is noted as compared, the pairs are written.
    database.upsert(COMPARISONS, pa.Table.from_pylist(notes, schema=arrow(COMPARISONS)))


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
