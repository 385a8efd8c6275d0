"""How near is near in a corpus: from which similarity two images are unusually alike.

Under one encoder photographs of garments are .6 alike and pages of one manuscript .99: one cosine
for both puts all pages together. Two images are unusually near where the distance between them is
a small part of what lies between images and the last of their neighbours: in the corpus by its
median, and for both images by their own, as a corpus can hold photographs and manuscripts. Not
here: groups of alike images (``duplicates.detect``), computing neighbours (``neighbours``).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from panoptic_data.storage.project import Project
from panoptic_data.storage.schema import table_name

__all__ = ["NEARER", "Limit", "limit"]

NEARER = 0.35
"""So much of the distance to the last neighbour two unusually near images may be apart; measured
(``bench/duplicates.py alike``)."""

# Of fewer images, or with shorter lists, the last neighbour says nothing of the corpus.
MIN_IMAGES = 50
MIN_NEIGHBOURS = 10
# Cosines of 16-bit vectors are exact to about so much.
ROUNDING = 1e-4
_DIGITS = 4


@dataclass(frozen=True)
class Limit:
    """From which similarity images are unusually near: ``threshold``, a cosine.

    ``own`` has the distance (1 - cosine) that each image allows: sha1, most (Float64). It is
    empty where the corpus is too small to tell.
    """

    threshold: float
    own: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema={"sha1": pl.String, "most": pl.Float64})
    )

    def allowed(self, sha1s: list[str]) -> npt.NDArray[np.float64]:
        """Return the distance that each of some images allows, (n,); infinite where unknown."""
        wanted = pl.DataFrame({"sha1": sha1s}, schema={"sha1": pl.String})
        most = wanted.join(self.own, on="sha1", how="left", maintain_order="left")["most"]
        return most.fill_null(np.inf).to_numpy()


def limit(project: Project, slug: str, usual: float) -> Limit:
    """Return the limit of a corpus under an encoder; never below the ``usual`` cosine.

    The same for the same neighbours, whatever the order in which images came.
    """
    rows = _last_neighbours(project, slug)
    longest = rows["length"].max()
    if rows.height < MIN_IMAGES or not isinstance(longest, int) or longest < MIN_NEIGHBOURS:
        return Limit(usual)
    whole = rows.filter(pl.col("length") == longest)
    most = (1 - pl.col("weakest").cast(pl.Float64)) * NEARER
    own = whole.select("sha1", most=pl.max_horizontal(most, pl.lit(ROUNDING)))
    median = float(np.median(own["most"].to_numpy()))
    return Limit(max(usual, round(1 - median, _DIGITS)), own)


def _last_neighbours(project: Project, slug: str) -> pl.DataFrame:
    """Return of each image how many neighbours it has, and how alike the last is: length, weakest.

    An earlier release did not store these two: they are read from the lists.
    """
    database, name = project.database(), table_name("neighbours", slug)
    if not database.count(name, "length IS NULL"):
        rows = database.read(name, ["sha1", "length", "weakest"])
    else:
        lists = database.read(name, ["sha1", "similarities"])
        length = pc.list_value_length(lists["similarities"])
        last = [similar[-1] if similar else None for similar in lists["similarities"].to_pylist()]
        rows = pa.table(
            {"sha1": lists["sha1"], "length": length, "weakest": pa.array(last, pa.float32())}
        )
    frame = pl.DataFrame(pl.from_arrow(rows))
    return frame.filter(pl.col("length") > 0).sort("sha1")
