"""The table ``embeddings``: embed the images that lack a vector, in batches that survive a kill.

Not here: encoders (``encoders``), finding similar images (``search``), the vector index
(``vector_index``).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from io import BytesIO
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow as pa
from PIL import Image

from panoptic_data.encoders import Encoder, EncoderSpec
from panoptic_data.errors import UnknownImage, UnreadableImage
from panoptic_data.ingest import images
from panoptic_data.media.prefetch import in_order
from panoptic_data.provenance.stages import (
    CODE_VERSIONS,
    ReportProgress,
    StageResult,
    digest,
    ignore_progress,
)
from panoptic_data.storage.digests import row_digests, table_digest
from panoptic_data.storage.project import Project
from panoptic_data.storage.schema import arrow, table_name
from panoptic_data.storage.sql import literal
from panoptic_data.vectors import encoder_state
from panoptic_data.vectors.stored_vectors import BLOCK_ROWS

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "forget",
    "matrix",
    "missing",
    "readable",
    "stored_result",
    "update",
]

# Rows of `images` read at once: some 5 MB of thumbnails.
READ_ROWS = 256
# A kill loses at most this much work; a commit costs some 10 ms and a manifest.
COMMIT_ROWS = 512
COMMIT_SECONDS = 5.0
# Every commit lists every fragment: compacting after so many keeps the growth from being quadratic.
COMPACT_COMMITS = 100
MAX_LISTED_FAILURES = 20
# Of the encoder's row: what the vectors depend on, and how they were made.
PARAMETERS = ("text", "device", "dtype", "batch", "dim", "fingerprint", "weights")


def missing(project: Project, slug: str, source: str | None = None) -> list[str]:
    """Return, sorted, the sha1s of readable files (of one source) that have no vector yet."""
    return _without(_readable_sha1s(project, source), _embedded_sha1s(project, slug))


def readable(project: Project, source: str) -> int:
    """Return how many images a source has files of: what embedding them all would read."""
    return len(_readable_sha1s(project, source))


def update(
    project: Project,
    spec: EncoderSpec,
    run: str,
    source: str | None = None,
    report: ReportProgress = ignore_progress,
) -> StageResult:
    """Embed images that lack a vector (``source`` None: of every source), delete pruned ones.

    The encoder is loaded only when something has to be computed; when its weights or
    preprocessing have changed, every vector is computed again. An image that cannot be decoded
    counts as failed, with its reason in ``extra``. Raises WeightsUnavailable.
    """
    began = time.perf_counter()
    removed = _remove_pruned(project, spec.slug)
    if not encoder_state.is_up_to_date(spec, encoder_state.row_of(project, spec)):
        encoder_state.load(project, spec, run)
    wanted = _readable_sha1s(project, source)
    todo = _without(wanted, _embedded_sha1s(project, spec.slug))
    outcome = _Outcome()
    if todo:
        encoder = encoder_state.load(project, spec, run)
        outcome = _embed(project, encoder, todo, run, report)
    row = encoder_state.row_of(project, spec)
    embedded = _with_vector(project, spec, wanted)
    seconds = time.perf_counter() - began
    return StageResult(
        rows=len(embedded),
        data_version=_data_version(row, embedded),
        new=outcome.embedded,
        unchanged=len(embedded) - outcome.embedded,
        removed=removed,
        failed=sum(outcome.reasons.values()),
        seconds=seconds,
        parameters={key: row[key] for key in PARAMETERS},
        extra=_extra(outcome, seconds),
    )


def forget(project: Project, slug: str, source: str, run: str) -> int:
    """Delete the vectors of a source's images but those of this run; return how many.

    Images that are in another source, too, may have been embedded by this run already.
    """
    database, name = project.database(), table_name("embeddings", slug)
    older = database.frame(name, ["sha1"], f"run != {literal(run)}")["sha1"]
    gone = older.filter(older.is_in(_readable_sha1s(project, source).implode())).to_list()
    if gone:
        database.delete(name, gone)
    return len(gone)


def stored_result(
    project: Project, spec: EncoderSpec, cause: str, source: str | None = None
) -> StageResult:
    """Return what is stored of an encoder whose weights cannot be had, for ``cause``.

    Computes nothing. ``extra`` holds the cause and how many images have no vector yet.
    """
    began = time.perf_counter()
    removed = _remove_pruned(project, spec.slug)
    wanted = _readable_sha1s(project, source)
    embedded = _with_vector(project, spec, wanted)
    return StageResult(
        rows=len(embedded),
        data_version=_data_version(encoder_state.row_of(project, spec), embedded),
        unchanged=len(embedded),
        removed=removed,
        seconds=time.perf_counter() - began,
        parameters={"text": spec.text},
        extra={"waits": cause, "without_vector": len(wanted) - len(embedded)},
    )


def _with_vector(project: Project, spec: EncoderSpec, wanted: pl.Series) -> pl.Series:
    return wanted.filter(wanted.is_in(_embedded_sha1s(project, spec.slug).implode()))


def _data_version(row: dict[str, Any], embedded: pl.Series) -> str:
    sha1s = table_digest(["sha1"], row_digests(pa.table({"sha1": _texts(embedded)})))
    return digest([CODE_VERSIONS["embeddings"], row.get("fingerprint") or "", sha1s])


def matrix(project: Project, slug: str) -> tuple[list[str], NDArray[np.float16]]:
    """Return the sha1s, sorted, and their vectors: ``(n, d)`` float16, unit length."""
    database = project.database()
    name = table_name("embeddings", slug)
    dim = database.dim(name)
    if dim is None:
        return [], np.empty((0, 0), np.float16)
    version = database.version(name)
    names = database.read(name, ["sha1"], version=version)["sha1"]
    sha1s = np.sort(np.asarray(names.to_numpy(), dtype="S40"))
    vectors = np.empty((len(sha1s), dim), np.float16)
    # Batch by batch: a million vectors are never in memory twice.
    for batch in database.batches(name, ["sha1", "vector"], version, BLOCK_ROWS):
        positions = np.searchsorted(sha1s, np.asarray(batch["sha1"].to_numpy(False), dtype="S40"))
        values = batch["vector"].flatten().to_numpy(zero_copy_only=False)
        vectors[positions] = values.reshape(-1, dim)
    return sha1s.astype("U40").tolist(), vectors


def _readable_sha1s(project: Project, source: str | None) -> pl.Series:
    """Return the images of readable files (of one source), each once."""
    where = "status = 'ok' AND sha1 IS NOT NULL"
    if source is not None:
        where += f" AND source = {literal(source)}"
    return project.database().frame("files", ["sha1"], where)["sha1"].unique()


def _embedded_sha1s(project: Project, slug: str) -> pl.Series:
    return project.database().frame(table_name("embeddings", slug), ["sha1"])["sha1"]


def _without(sha1s: pl.Series, others: pl.Series) -> list[str]:
    """Return, sorted, the sha1s that are not among others."""
    return sorted(sha1s.filter(~sha1s.is_in(others.implode())).to_list())


def _texts(sha1s: pl.Series) -> pa.Array:
    return sha1s.to_arrow().cast(pa.string())


def _remove_pruned(project: Project, slug: str) -> int:
    embedded = _embedded_sha1s(project, slug)
    if embedded.is_empty():
        return 0
    database = project.database()
    gone = _without(embedded, database.frame("images", ["sha1"])["sha1"])
    if gone:
        database.delete(table_name("embeddings", slug), gone)
    return len(gone)


@dataclass
class _Outcome:
    embedded: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[str, str]] = field(default_factory=list)

    def fail(self, sha1: str, error: UnreadableImage) -> None:
        self.reasons[error.reason] += 1
        if len(self.failures) < MAX_LISTED_FAILURES:
            self.failures.append((sha1, error.reason))


def _extra(outcome: _Outcome, seconds: float) -> dict[str, object]:
    if not outcome.embedded and not outcome.reasons:
        return {}
    return {
        "images_per_second": round(outcome.embedded / seconds, 1),
        "reasons": dict(sorted(outcome.reasons.items())),
        "failures": [list(failure) for failure in outcome.failures],
    }


def _embed(
    project: Project, encoder: Encoder, todo: Sequence[str], run: str, report: ReportProgress
) -> _Outcome:
    outcome = _Outcome()
    writer = _Writer(project, encoder, run)
    done = 0
    # Closed at once when a write fails, so that no thread goes on embedding.
    with closing(_batches(project, encoder, todo)) as batches:
        for sha1s, vectors, failures in batches:
            for sha1, error in failures:
                outcome.fail(sha1, error)
            writer.add(sha1s, vectors)
            outcome.embedded += len(sha1s)
            done += len(sha1s) + len(failures)
            report("embeddings", done, len(todo))
    writer.finish()
    return outcome


class _Writer:
    """Collects vectors until a commit pays, and commits complete batches only.

    A restart after a kill then computes the same batches as an uninterrupted run.
    """

    def __init__(self, project: Project, encoder: Encoder, run: str) -> None:
        self._database = project.database()
        self._name = table_name("embeddings", encoder.spec.slug)
        self._run = run
        self._rows: list[pa.Table] = []
        self._commits = 0
        self._last = time.monotonic()

    def add(self, sha1s: list[str], vectors: NDArray[np.float32]) -> None:
        if sha1s:
            self._rows.append(_rows(self._name, sha1s, vectors, self._run))
        waiting = sum(len(rows) for rows in self._rows)
        if waiting >= COMMIT_ROWS or time.monotonic() - self._last >= COMMIT_SECONDS:
            self._commit()

    def finish(self) -> None:
        self._commit()
        if self._commits:
            self._database.compact(self._name)

    def _commit(self) -> None:
        if self._rows:
            self._database.append(self._name, pa.concat_tables(self._rows).combine_chunks())
            self._rows = []
            self._commits += 1
            if self._commits % COMPACT_COMMITS == 0:
                self._database.compact(self._name)
        self._last = time.monotonic()


def _rows(name: str, sha1s: list[str], vectors: NDArray[np.float32], run: str) -> pa.Table:
    dim = vectors.shape[1]
    values = pa.array(vectors.astype(np.float16).ravel())
    columns = [sha1s, pa.FixedSizeListArray.from_arrays(values, dim), [run] * len(sha1s)]
    return pa.table(columns, schema=arrow(name, dim))


_Batch = tuple[list[str], "NDArray[np.float32]", list[tuple[str, UnreadableImage]]]


def _batches(project: Project, encoder: Encoder, todo: Sequence[str]) -> Generator[_Batch]:
    """Yield sha1s, vectors and failures of each batch, in the order of ``todo``.

    A thread takes a batch from its thumbnails to its vectors, so that threads never wait for each
    other; there are as many batches at a time as processors.
    """

    def embed(rows: list[dict[str, Any]]) -> _Batch:
        pixels: dict[str, NDArray[np.uint8]] = {}
        failures = []
        for row in rows:
            try:
                picture = _picture(project, row, encoder.input_size)
                pixels[row["sha1"]] = encoder.prepare(picture)
            except UnreadableImage as error:
                failures.append((row["sha1"], error))
            except UnknownImage:
                failures.append((row["sha1"], UnreadableImage("missing")))
        if not pixels:
            return [], np.empty((0, encoder.dim), np.float32), failures
        return list(pixels), encoder.encode(np.stack(list(pixels.values()))), failures

    size = encoder.batch * 3 * encoder.input_size**2
    items = ((rows, size) for rows in _grouped(_thumbnails(project, todo), encoder.batch))
    yield from in_order(items, embed)


def _grouped(rows: Iterable[dict[str, Any]], count: int) -> Iterator[list[dict[str, Any]]]:
    several = iter(rows)
    while some := list(islice(several, count)):
        yield some


def _thumbnails(project: Project, todo: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield sha1, width, height and thumbnail of each, in order; thumbnail None without a row."""
    database = project.database()
    columns = ["sha1", "width", "height", "thumbnail"]
    for start in range(0, len(todo), READ_ROWS):
        some = todo[start : start + READ_ROWS]
        rows = {row["sha1"]: row for row in database.take("images", some, columns).to_pylist()}
        for sha1 in some:
            yield rows.get(sha1, {"sha1": sha1, "thumbnail": None})


def _picture(project: Project, row: dict[str, Any], short_side: int) -> Image.Image:
    """Return the thumbnail when it is as large as the encoder needs or as the original.

    Otherwise the image is read from its file.
    """
    if row["thumbnail"] is not None:
        thumbnail = Image.open(BytesIO(row["thumbnail"]))
        is_original_size = thumbnail.size == (row["width"], row["height"])
        if is_original_size or min(thumbnail.size) >= short_side:
            return thumbnail
    return images.pixels(project, row["sha1"], short_side)
