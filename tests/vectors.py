"""Vectors that stand in groups, and projects that hold them: for what is computed from vectors."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import lancedb
import numpy as np
import polars as pl
import pyarrow as pa

from panoptic_data.storage.project import Project
from panoptic_data.storage.schema import arrow
from tests.synthetic import file, image, write

SLUG = "visual"


def sha1s(count: int, word: str = "image") -> list[str]:
    """Sorted, so that position and order of sha1 are the same."""
    return sorted(hashlib.sha1(f"{word} {number}".encode()).hexdigest() for number in range(count))


def grouped(count: int, groups: int = 4, dim: int = 24, seed: int = 0, width: float = 0.3) -> Any:
    """(count, dim) float16 of unit length around ``groups`` directions, and each one's group."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(size=(groups, dim))
    kinds = random.integers(0, groups, count)
    vectors = centres[kinds] + width * random.normal(size=(count, dim))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float16), kinds


def embed(project: Project, names: Sequence[str], vectors: Any, slug: str = SLUG) -> None:
    """Write vectors, and a readable file for each image that has no file."""
    have_file = set(project.database().frame("files", ["sha1"])["sha1"])
    rows = [file(f"s/{name}.jpg", None, sha1=name) for name in names if name not in have_file]
    if rows:
        write(project, "files", rows)
    flat = pa.array(np.ascontiguousarray(vectors, np.float16).ravel())
    columns = {
        "sha1": pa.array(list(names), pa.string()),
        "vector": pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1]),
        # A run that makes other vectors is another run.
        "run": pa.array([hashlib.sha1(flat.buffers()[1]).hexdigest()] * len(names), pa.string()),
    }
    project.database().upsert(f"embeddings__{slug}", pa.table(columns))


def lose_files(project: Project, names: Sequence[str], status: str = "missing") -> None:
    """Mark the files of these images as missing, or as there again (``ok``)."""
    rows = project.database().frame("files").filter(pl.col("sha1").is_in(list(names)))
    rows = rows.with_columns(status=pl.lit(status))
    project.database().upsert("files", rows.to_arrow().cast(arrow("files")))


def forget(project: Project, names: Sequence[str], slug: str = SLUG) -> None:
    project.database().delete(f"embeddings__{slug}", names)


def table(project: Project, name: str, key: str = "sha1") -> pl.DataFrame:
    """What a table says, without which runs said it."""
    return project.database().frame(name).drop("run", "vector_run", strict=False).sort(key)


def drop_columns(project: Project, name: str, columns: Sequence[str]) -> None:
    """Leave a table as an earlier release made it, without columns that were declared since."""
    lancedb.connect(str(project.lance)).open_table(name).drop_columns(list(columns))


def embed_with_files(project: Project, names: Sequence[str], vectors: Any) -> None:
    """Images with vectors, each with one readable file."""
    add_files(project, names)
    embed(project, names, vectors)


def add_files(project: Project, names: Sequence[str], status: str = "ok") -> None:
    write(project, "images", [image(name, sha1=name) for name in names])
    rows = [file(f"s/{name}.jpg", None, sha1=name, status=status) for name in names]
    project.database().delete("files", [row["file_id"] for row in rows])
    write(project, "files", rows)
