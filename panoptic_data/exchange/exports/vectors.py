"""Embeddings: ``vectors.npy`` with ``ids.csv``, a line a row of it; or one Parquet file.

Unit length, float16 as stored in NumPy's file, float32 in Parquet. Images without a vector are left
out, and listed as problems.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from panoptic_data.errors import NoEmbeddings
from panoptic_data.exchange.exports.report import Problem
from panoptic_data.search.request import encoder_for
from panoptic_data.storage.schema import table_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from panoptic_data.exchange.exports.job import ExportJob
    from panoptic_data.exchange.exports.options import Options
    from panoptic_data.exchange.exports.selection import Selection
    from panoptic_data.exchange.exports.target import Draft
    from panoptic_data.storage.project import Project

__all__ = ["needed_bytes", "write"]

BATCH = 5_000
_Vectors = npt.NDArray[np.float16]


def needed_bytes(project: Project, selection: Selection, options: Options) -> int:
    """Return about how many bytes it takes. Raises NoEmbeddings, UnknownEncoder."""
    slug = encoder_for(project, reads_text=False, requested=options.encoder)
    name = table_name("embeddings", slug)
    if not project.database().count(name):
        raise NoEmbeddings(encoder=slug)
    return len(selection) * ((project.database().dim(name) or 0) * 4 + 150)


def write(job: ExportJob) -> tuple[list[Problem], dict[str, int]]:
    """Write the vectors of one encoder and the images they are of."""
    project, draft = job.project, job.draft
    slug = encoder_for(project, reads_text=False, requested=job.options.encoder)
    dim = project.database().dim(table_name("embeddings", slug)) or 0
    problems: list[Problem] = []
    parts = _parts(job, slug, problems)
    count = (
        _write_npy(draft, parts, dim)
        if draft.is_folder
        else _write_parquet(draft, parts, dim, slug)
    )
    return problems, {"vectors": count}


def _parts(
    job: ExportJob, slug: str, problems: list[Problem]
) -> Iterator[tuple[list[str], list[str], _Vectors]]:
    """Yield sha1s, paths and vectors (n, d); images without a vector go to ``problems``."""
    database, name = job.project.database(), table_name("embeddings", slug)
    for part in job.parts(BATCH):
        sha1s, paths = part.sha1s(), part.paths()
        rows = database.take(name, sha1s, ("sha1", "vector"))
        row_of = {sha1: number for number, sha1 in enumerate(rows["sha1"].to_pylist())}
        has_vector = [sha1 in row_of for sha1 in sha1s]
        problems += [
            Problem(sha1, path, "no_vector", slug)
            for sha1, path, has in zip(sha1s, paths, has_vector, strict=True)
            if not has
        ]
        kept = [(s, p) for s, p, has in zip(sha1s, paths, has_vector, strict=True) if has]
        if kept:
            vectors = rows["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
            order = [row_of[sha1] for sha1, _ in kept]
            yield [s for s, _ in kept], [p for _, p in kept], vectors.reshape(len(rows), -1)[order]


def _write_npy(
    draft: Draft, parts: Iterator[tuple[list[str], list[str], _Vectors]], dim: int
) -> int:
    count = 0
    data = draft.held / "content" / "data"
    with (
        (draft.path / "ids.csv").open("w", encoding="utf-8", newline="") as ids,
        data.open("w+b") as waiting,
    ):
        rows = csv.writer(ids)
        rows.writerow(("row", "sha1", "path"))
        for sha1s, paths, vectors in parts:
            names = enumerate(zip(sha1s, paths, strict=True), count)
            rows.writerows((number, sha1, path) for number, (sha1, path) in names)
            vectors.astype(np.float16).tofile(waiting)
            count += len(sha1s)
    # The header says how many there are, which is known only now.
    with (draft.path / "vectors.npy").open("wb") as file, data.open("rb") as waiting:
        header = {"descr": "<f2", "fortran_order": False, "shape": (count, dim)}
        np.lib.format.write_array_header_1_0(file, header)
        while chunk := waiting.read(1 << 24):
            file.write(chunk)
    data.unlink()
    return count


def _write_parquet(
    draft: Draft, parts: Iterator[tuple[list[str], list[str], _Vectors]], dim: int, slug: str
) -> int:
    fields = [
        pa.field("sha1", pa.string()),
        pa.field("path", pa.string()),
        pa.field("vector", pa.list_(pa.float32(), dim)),
    ]
    schema, count = pa.schema(fields, metadata={"encoder": slug}), 0
    with pq.ParquetWriter(draft.path, schema) as writer:
        for sha1s, paths, vectors in parts:
            flat = pa.array(vectors.astype(np.float32).ravel(), pa.float32())
            lists = pa.FixedSizeListArray.from_arrays(flat, dim)
            writer.write_table(pa.table([pa.array(sha1s), pa.array(paths), lists], schema=schema))
            count += len(sha1s)
    return count
