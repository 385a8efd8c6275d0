"""Carry the table ``neighbours`` forward where few images came, went or changed.

New vectors are compared with all; of the stored rows only narrow columns are read (the weakest
similarity of each list says which new image enters it), and only the lists that change are read
and written. Not here: computing all lists (``neighbours``), the arithmetic (``screening``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from panoptic_data.storage.digests import row_digests, table_digest
from panoptic_data.storage.sync import TableChanges, content_columns, write_changes
from panoptic_data.vectors import screening
from panoptic_data.vectors.knn import Progress

if TYPE_CHECKING:
    from panoptic_data.storage.tables import Database
    from panoptic_data.vectors.stored_vectors import StoredVectors

__all__ = ["DERIVED", "Vectors", "carry_forward", "with_derived"]

DERIVED = ("length", "nearest", "weakest", "vector_run", "row_digest")
"""Columns that follow from the others and from the vectors."""

_NARROW = ("sha1", "length", "weakest", "vector_run", "row_digest")

Rows = npt.NDArray[np.int64]

_NO_PAIRS = pl.DataFrame(schema={"sha1": pl.String, "id": pl.String, "similarity": pl.Float32})


@dataclass(frozen=True)
class Vectors:
    """The stored vectors of an encoder; ``takes_part`` (n,): whether each image has a file."""

    stored: StoredVectors
    takes_part: npt.NDArray[np.bool_]

    @property
    def sha1s(self) -> pa.Array:
        """The images (n,), in the order of the vectors."""
        return self.stored.sha1s


@dataclass(frozen=True)
class _Stored:
    """The narrow columns of the stored rows, with each row's position in ``Vectors`` (-1: none)."""

    rows: pl.DataFrame
    positions: Rows


def carry_forward(
    database: Database,
    name: str,
    seen: Vectors,
    k: int,
    run: str,
    most: int,
    progress: Progress,
) -> tuple[TableChanges, int] | None:
    """Update a table of neighbours by what changed; return changes and how many lists were made.

    None, with nothing written, where all lists have to be computed: the table was made with
    another k or by an earlier release, or more than ``most`` lists are to be made.
    """
    stored = _stored(database, name, seen)
    count = int(seen.takes_part.sum())
    if not _is_complete(stored, k, count):
        return None
    is_current = _is_current(stored, seen)
    lost = stored.rows.filter(~pl.Series(is_current)).get_column("sha1")
    has_row = np.zeros(len(seen.sha1s), bool)
    has_row[stored.positions[is_current]] = True
    new = np.flatnonzero(seen.takes_part & ~has_row)
    if len(new) > most:
        return None
    incomplete = _rows_that_hold(database, name, stored, is_current, lost)
    queries = np.concatenate([new, stored.positions[incomplete]])
    if len(queries) > most:
        return None
    try:
        lists = _lists(seen, stored, is_current, incomplete, queries, k, progress)
    except screening.TooManyPairs:
        return None
    entering, own = lists
    entered = _with_entered(database, name, stored, entering, k)
    rows = with_derived(pl.concat([own, entered]).to_arrow(), seen)
    return _written(database, name, stored, is_current, rows, run), len(queries)


def with_derived(rows: pa.Table, seen: Vectors) -> pa.Table:
    """Add to rows of sha1, ids and similarities the columns ``DERIVED``."""
    rows = rows.cast(
        pa.schema(
            [
                ("sha1", pa.string()),
                ("ids", pa.list_(pa.string())),
                ("similarities", pa.list_(pa.float32())),
            ]
        )
    ).combine_chunks()
    lengths = pc.list_value_length(rows["ids"]).cast(pa.int32())
    similarities = pl.Series(pl.from_arrow(rows["similarities"]))
    positions = pc.index_in(rows["sha1"], value_set=seen.sha1s).combine_chunks()
    columns = {
        "length": lengths,
        "nearest": pa.array(similarities.list.first(), pa.float32()),
        "weakest": pa.array(similarities.list.last(), pa.float32()),
        "vector_run": seen.stored.runs.take(positions),
        "row_digest": pa.array(row_digests(rows).view(np.int64)),
    }
    for column, values in columns.items():
        rows = rows.append_column(column, values)
    return rows


def _stored(database: Database, name: str, seen: Vectors) -> _Stored:
    rows = database.read_addressed(name, _NARROW)
    positions = pc.index_in(rows["sha1"].to_arrow().cast(pa.string()), value_set=seen.sha1s)
    return _Stored(rows, positions.fill_null(-1).to_numpy().astype(np.int64))


def _is_complete(stored: _Stored, k: int, count: int) -> bool:
    """Whether every stored list is full, the only one of its image, and says what it is of."""
    if stored.rows.is_empty() or count <= k + 1:
        return False
    complete = (pl.col("length") == k) & pl.col("vector_run").is_not_null()
    # Rows without a vector are deleted, however many there are of an image.
    of_image = np.bincount(stored.positions + 1)[1:]
    return bool(stored.rows.select(complete.all()).item()) and of_image.max(initial=0) <= 1


def _is_current(stored: _Stored, seen: Vectors) -> npt.NDArray[np.bool_]:
    """Return which stored rows are of an image that takes part and has the same vector."""
    at = stored.positions
    if not len(at) or not len(seen.sha1s):
        return np.zeros(len(at), bool)
    runs = stored.rows["vector_run"].to_arrow().cast(pa.string())
    is_same = pc.equal(seen.stored.runs.take(pa.array(np.maximum(at, 0))), runs)
    return np.asarray((at >= 0) & seen.takes_part[at] & is_same.to_numpy(zero_copy_only=False))


def _rows_that_hold(
    database: Database,
    name: str,
    stored: _Stored,
    is_current: npt.NDArray[np.bool_],
    lost: pl.Series,
) -> Rows:
    """Return which current rows have a lost image in their list: all lists are read for it."""
    if lost.is_empty():
        return np.empty(0, np.int64)
    gone = lost.to_arrow().cast(pa.string())
    holders: list[pa.Array] = []
    for batch in database.batches(name, ["sha1", "ids"]):
        is_gone = pc.is_in(pc.list_flatten(batch["ids"]), value_set=gone)
        parents = pc.unique(pc.list_parent_indices(batch["ids"]).filter(is_gone))
        holders.append(batch["sha1"].take(parents))
    held = pl.Series(pl.from_arrow(pa.chunked_array(holders, pa.string())))
    return np.flatnonzero(stored.rows["sha1"].is_in(held.implode()).to_numpy() & is_current)


def _lists(
    seen: Vectors,
    stored: _Stored,
    is_current: npt.NDArray[np.bool_],
    incomplete: Rows,
    queries: Rows,
    k: int,
    progress: Progress,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return (sha1, id, similarity) of images that may enter a list, and the queries' own lists."""
    if not len(queries):
        return _NO_PAIRS, _grouped(_NO_PAIRS, k)
    weakest = np.full(len(seen.sha1s), np.inf, np.float32)
    weakest[stored.positions[is_current]] = stored.rows["weakest"].to_numpy()[is_current]
    weakest[stored.positions[incomplete]] = np.inf
    vectors = seen.stored.take(queries)
    near, entering = screening.nearest_pairs(
        vectors, seen.stored.blocks(), k, queries, seen.takes_part, weakest, progress
    )
    own = _pairs_frame(seen, vectors, queries, near).rename({"query": "sha1", "row": "id"})
    entered = _pairs_frame(seen, vectors, queries, entering).rename({"row": "sha1", "query": "id"})
    return entered, _grouped(own, k)


def _pairs_frame(
    seen: Vectors, vectors: npt.NDArray[np.float16], queries: Rows, pairs: screening.Pairs
) -> pl.DataFrame:
    similarities = screening.exact_cosines(vectors, pairs)
    frame = pl.DataFrame(
        {
            "query": pl.from_arrow(seen.sha1s.take(pa.array(queries[pairs.queries]))),
            "row": pl.from_arrow(seen.sha1s.take(pa.array(pairs.rows))),
            "similarity": similarities,
        },
        schema={"query": pl.String, "row": pl.String, "similarity": pl.Float32},
    )
    # A vector that is not finite is near to nothing.
    return frame.filter(pl.col("similarity").is_finite())


def _grouped(pairs: pl.DataFrame, k: int) -> pl.DataFrame:
    """Return the k nearest of each sha1, ties in order of id: sha1, ids, similarities."""
    return (
        pairs.unique(["sha1", "id"], keep="first")
        .sort("sha1", "similarity", "id", descending=[False, True, False])
        .group_by("sha1", maintain_order=True)
        .agg(ids=pl.col("id").head(k), similarities=pl.col("similarity").head(k))
        .select("sha1", "ids", "similarities")
    )


def _with_entered(
    database: Database, name: str, stored: _Stored, entering: pl.DataFrame, k: int
) -> pl.DataFrame:
    """Return the lists that some image enters, with it."""
    affected = stored.rows.filter(pl.col("sha1").is_in(entering["sha1"].unique().implode()))
    addresses = affected["address"].to_list()
    rows = pl.from_arrow(database.take_at(name, addresses, ["sha1", "ids", "similarities"]))
    assert isinstance(rows, pl.DataFrame)
    before = rows.explode("ids", "similarities").select(
        "sha1", id="ids", similarity=pl.col("similarities")
    )
    return _grouped(pl.concat([before, entering.select("sha1", "id", "similarity")]), k)


def _written(
    database: Database,
    name: str,
    stored: _Stored,
    is_current: npt.NDArray[np.bool_],
    rows: pa.Table,
    run: str,
) -> TableChanges:
    before = stored.rows.select("sha1", stored_digest="row_digest", current=pl.Series(is_current))
    made = pl.DataFrame({"sha1": pl.from_arrow(rows["sha1"]), "digest": rows["row_digest"]})
    of_made = before.filter(pl.col("sha1").is_in(made["sha1"].implode()))
    joined = made.join(of_made, on="sha1", how="left", maintain_order="left")
    # A row whose vector changed has the digest of that vector to write, whatever its list.
    differs = joined.select(
        (pl.col("digest").ne_missing(pl.col("stored_digest"))) | ~pl.col("current").fill_null(False)
    ).to_series()
    written = rows.filter(differs.to_arrow())
    is_written = pl.col("sha1").is_in(made.filter(differs)["sha1"].implode())
    kept = before.filter(pl.col("current") & ~is_written)
    removed = before.filter(~pl.col("current")).join(made, on="sha1", how="anti")["sha1"].to_list()
    write_changes(database, name, written, removed, run)
    digests = np.concatenate(
        [kept["stored_digest"].to_numpy(), written["row_digest"].to_numpy()]
    ).view(np.uint64)
    new = int(joined.filter(pl.col("stored_digest").is_null()).height)
    return TableChanges(
        rows=len(digests),
        new=new,
        changed=written.num_rows - new,
        unchanged=len(digests) - written.num_rows,
        removed=len(removed),
        data_version=table_digest(content_columns(name, DERIVED), digests),
    )
