"""Nearest neighbours of a query: exact in memory, by each index of Lance, by faiss and by numpy.

    python -m bench.search [--images 10000 100000] [--only exact numpy IvfSq …]
    python -m bench.search --words

Vectors are mixtures of real ones (the small CLIP's of `usda`, 512 dimensions) with a little noise;
queries are other mixtures. For each method: seconds to build (CPU seconds), milliseconds a query,
their 95th percentile, CPU milliseconds, recall@100 against exact; then the same within a filter
that one image in a hundred passes. Ratios are of CPU time, to exact search in memory in the same
run: other programs hardly change them.

Faiss takes part where it can be imported; it is not a dependency of the project:

    uv pip install --target /tmp/faiss faiss-cpu --no-deps
    PYTHONPATH=/tmp/faiss python -m bench.search --images 10000 100000 1000000
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bench import absent_words, corpora
from panoptic_data.vectors import scores
from panoptic_data.vectors.matrix import Matrix

K = 100
QUERIES = 50
ONE_IN = 100
PASSING_PART = 7
CHUNK = 50_000
# Faiss trains its lists with so many vectors each.
TRAINING_PER_LIST = 64
# For each kind of Lance index: settings of a query, fastest first. Product quantisation, which
# takes minutes to build, comes last.
KINDS: dict[str, tuple[dict[str, int], ...]] = {
    "IvfSq": ({}, {"refine_factor": 2}),
    "IvfFlat": ({}, {"nprobes": 40}),
    "IvfRq": ({"refine_factor": 2}, {"refine_factor": 5}),
    "IvfHnswSq": ({}, {"refine_factor": 2}, {"refine_factor": 2, "ef": 400}),
    "IvfHnswFlat": ({}, {"ef": 400}),
    "IvfPq": ({"refine_factor": 5}, {"refine_factor": 10}),
    "IvfHnswPq": ({"refine_factor": 5}, {"refine_factor": 10}),
}
NAMES = ("exact", "numpy", "faiss", "scan", *KINDS)

Vectors = npt.NDArray[np.float16]
SearchFunction = Callable[[npt.NDArray[np.float32]], Any]


@dataclass(frozen=True)
class Corpus:
    """Vectors (n, d), which of them pass the filter, queries, and the true results of each."""

    vectors: Vectors
    passes: npt.NDArray[np.bool_]
    queries: npt.NDArray[np.float32]
    true: list[set[int]]
    passing: list[set[int]]


@dataclass(frozen=True)
class SearchMethod:
    """One search method: its function over all vectors, and within the filter (None: cannot)."""

    name: str
    build_seconds: str
    search: SearchFunction
    filtered_search: SearchFunction | None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES)
    parser.add_argument("--words", action="store_true", help="words of what is not there")
    chosen = parser.parse_args()
    if chosen.words:
        absent_words.print_tables()
        return
    warnings.simplefilter("ignore")
    real = corpora.embedded("usda", "tiny-clip").vectors.astype(np.float32)
    for size in chosen.images:
        corpus = _corpus(real, size)
        print(f"\n{size:,} × {corpus.vectors.shape[1]}\n")
        print("| search | build, s | ms | p95 | CPU-ms | recall | / exact ", end="")
        print("| 1 %: ms | p95 | recall |\n| --- " + "| ---: " * 9 + "|", flush=True)
        unit = None
        for method in _methods(corpus, chosen.only):
            unit = _print_row(method, corpus, unit)


def _corpus(real: npt.NDArray[np.float32], size: int) -> Corpus:
    vectors = np.concatenate(list(_mixtures(real, size, seed=0)))
    [queries] = _mixtures(real, QUERIES, seed=1)
    passes = np.arange(size) % ONE_IN == PASSING_PART
    query_vectors = queries.astype(np.float32)
    true, passing = [], []
    for query in query_vectors:
        similar = np.concatenate(
            [
                vectors[start : start + CHUNK].astype(np.float32) @ query
                for start in range(0, size, CHUNK)
            ]
        )
        true.append(_best(similar))
        passing.append(_best(np.where(passes, similar, -2)))
    return Corpus(vectors, passes, query_vectors, true, passing)


def _mixtures(real: npt.NDArray[np.float32], size: int, seed: int) -> Iterator[Vectors]:
    random = np.random.default_rng(seed)
    for start in range(0, size, CHUNK):
        count = min(CHUNK, size - start)
        first, second = random.integers(0, len(real), (2, count))
        share = random.random((count, 1), np.float32) * 0.6
        vectors = real[first] * (1 - share) + real[second] * share
        vectors += 0.3 / np.sqrt(real.shape[1]) * random.standard_normal(vectors.shape, np.float32)
        yield (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)


def _best(similar: npt.NDArray[np.float32]) -> set[int]:
    return set(np.argpartition(-similar, K)[:K].tolist())


def _methods(corpus: Corpus, only: list[str]) -> Iterator[SearchMethod]:
    # First, because all others are compared with it.
    yield _exact(corpus)
    if "numpy" in only:
        yield _numpy(corpus)
    if "faiss" in only and find_spec("faiss") is None:
        print("| faiss: cannot be imported here, see the top of bench/search.py |")
    elif "faiss" in only:
        yield from _faiss(corpus)
    if {"scan", *KINDS} & set(only):
        yield from _lance(corpus, only)


def _exact(corpus: Corpus) -> SearchMethod:
    """As the project searches: vectors in memory, in order of their sha1."""
    names = np.array([f"{number:040}" for number in range(len(corpus.vectors))], dtype="S40")
    vectors = Matrix.of(corpus.vectors.copy())
    loaded = scores._LoadedVectors(names, vectors, np.ones(len(names), dtype=bool))

    def search(query: npt.NDArray[np.float32]) -> list[int]:
        results = scores.Scores(names, loaded.similarity(query))
        return [int(hit.sha1) for hit in results.best(K)]

    passing = np.flatnonzero(corpus.passes)
    is_large = len(names) > scores.EXACT_UP_TO

    def filtered_search(query: npt.NDArray[np.float32]) -> list[int]:
        similar = loaded.similarity_of(passing, query) if is_large else loaded.similarity(query)
        results = scores.Scores(names, similar)
        return [int(hit.sha1) for hit in results.best(K, mask=corpus.passes)]

    return SearchMethod(f"exact in memory, {vectors.numbers.dtype}", "", search, filtered_search)


def _numpy(corpus: Corpus) -> SearchMethod:
    vectors = corpus.vectors.astype(np.float32)
    rows = np.flatnonzero(corpus.passes)

    def nearest(candidates: npt.NDArray[np.float32], query: npt.NDArray[np.float32]) -> Any:
        similar = candidates @ query
        best = np.argpartition(-similar, min(K, len(candidates) - 1))[:K]
        return best[np.argsort(-similar[best])]

    return SearchMethod(
        "numpy, float32",
        "",
        lambda query: nearest(vectors, query).tolist(),
        lambda query: rows[nearest(vectors[rows], query)].tolist(),
    )


def _faiss(corpus: Corpus) -> Iterator[SearchMethod]:
    import faiss

    vectors = corpus.vectors.astype(np.float32)
    size, dim = vectors.shape
    lists = int(4 * np.sqrt(size))
    rows = faiss.IDSelectorBatch(np.flatnonzero(corpus.passes))
    coarse = faiss.IndexFlatIP(dim)
    kinds = {
        "flat": (faiss.IndexFlatIP(dim), (None,)),
        "IVF, flat": (
            faiss.IndexIVFFlat(coarse, dim, lists, faiss.METRIC_INNER_PRODUCT),
            (8, 32, 128),
        ),
        "IVF, 8 bits": (
            faiss.IndexIVFScalarQuantizer(
                coarse, dim, lists, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
            ),
            (8, 32, 128),
        ),
    }
    for name, (index, probes) in kinds.items():
        if hasattr(index, "cp"):
            # Training with a million vectors would take twenty minutes of k-means.
            index.cp.max_points_per_centroid = TRAINING_PER_LIST
        built = _time_build(
            lambda faiss_index=index: (faiss_index.train(vectors), faiss_index.add(vectors))
        )
        for probe in probes:
            settings = [{}, {"sel": rows}]
            if probe is None:
                parameters = [faiss.SearchParameters(**setting) for setting in settings]
            else:
                parameters = [
                    faiss.SearchParametersIVF(nprobe=probe, **setting) for setting in settings
                ]

            def search(query: Any, faiss_index: Any = index, how: Any = parameters[0]) -> list[int]:
                return list(faiss_index.search(query[None], K, params=how)[1][0].tolist())

            def filtered_search(
                query: Any, faiss_index: Any = index, how: Any = parameters[1]
            ) -> list[int]:
                return list(faiss_index.search(query[None], K, params=how)[1][0].tolist())

            label = f"faiss {name}" + (f", {probe} of {lists} lists" if probe else "")
            yield SearchMethod(label, built, search, filtered_search)


def _lance(corpus: Corpus, only: list[str]) -> Iterator[SearchMethod]:
    import lancedb
    from lancedb import index as kinds

    with tempfile.TemporaryDirectory() as directory:
        connection = lancedb.connect(directory)
        batches = pa.RecordBatchReader.from_batches(_schema(corpus), _batches(corpus))
        table = connection.create_table("vectors", batches)
        table.create_index("part", config=kinds.Bitmap())
        if "scan" in only:
            yield _of_table("Lance, no index", "", table, {})
        for kind, settings in KINDS.items():
            if kind not in only or not hasattr(kinds, kind):
                continue
            config = getattr(kinds, kind)(distance_type="cosine")
            built = _time_build(lambda how=config: table.create_index("vector", config=how))
            for setting in settings:
                label = ", ".join([f"Lance {kind}", *(f"{k} {v}" for k, v in setting.items())])
                yield _of_table(label, built, table, setting)
            table.drop_index("vector_idx")


def _schema(corpus: Corpus) -> pa.Schema:
    vector = pa.list_(pa.float16(), corpus.vectors.shape[1])
    return pa.schema([("row", pa.int32()), ("part", pa.int8()), ("vector", vector)])


def _batches(corpus: Corpus) -> Iterator[pa.RecordBatch]:
    dim = corpus.vectors.shape[1]
    for start in range(0, len(corpus.vectors), CHUNK):
        block = corpus.vectors[start : start + CHUNK]
        rows = np.arange(start, start + len(block), dtype=np.int32)
        vectors = pa.FixedSizeListArray.from_arrays(pa.array(block.ravel()), dim)
        columns = [pa.array(rows), pa.array((rows % ONE_IN).astype(np.int8)), vectors]
        yield pa.record_batch(columns, schema=_schema(corpus))


def _of_table(name: str, built: str, table: Any, settings: dict[str, int]) -> SearchMethod:
    def query_builder(query: npt.NDArray[np.float32]) -> Any:
        builder = table.search(query).distance_type("cosine").limit(K)
        for setting, value in settings.items():
            builder = getattr(builder, setting)(value)
        return builder.select(["row", "_distance"])

    def search(query: npt.NDArray[np.float32]) -> list[int]:
        return list(query_builder(query).to_arrow()["row"].to_pylist())

    def filtered_search(query: npt.NDArray[np.float32]) -> list[int]:
        only = query_builder(query).where(f"part = {PASSING_PART}", prefilter=True)
        return list(only.to_arrow()["row"].to_pylist())

    return SearchMethod(name, built, search, filtered_search)


def _time_build(build: Callable[[], object]) -> str:
    began, spent = time.perf_counter(), time.process_time()
    build()
    return f"{time.perf_counter() - began:.1f} ({time.process_time() - spent:.1f})"


def _print_row(method: SearchMethod, corpus: Corpus, unit: float | None) -> float:
    """Print one row; return the CPU milliseconds of the first, to which the others are compared."""
    median, p95, spent, recall = _measure(method.search, corpus.queries, corpus.true)
    unit = unit or spent
    line = f"| {method.name} | {method.build_seconds} | {median:.1f} | {p95:.1f} | {spent:.1f} "
    line += f"| {recall:.3f} "
    line += f"| {spent / unit:.2f} "
    if method.filtered_search is not None:
        median, p95, _, recall = _measure(method.filtered_search, corpus.queries, corpus.passing)
        line += f"| {median:.1f} | {p95:.1f} | {recall:.3f} |"
    print(line, flush=True)
    return unit


def _measure(
    search: SearchFunction, queries: npt.NDArray[np.float32], true: list[set[int]]
) -> tuple[float, float, float, float]:
    search(queries[0])
    seconds, shared = [], []
    spent = time.process_time()
    for query, expected in zip(queries, true, strict=True):
        began = time.perf_counter()
        results = search(query)
        seconds.append(time.perf_counter() - began)
        shared.append(len(set(results) & expected) / len(expected))
    spent = (time.process_time() - spent) / len(queries)
    median, p95 = np.percentile(seconds, (50, 95)) * 1000
    return float(median), float(p95), spent * 1000, float(np.mean(shared))


if __name__ == "__main__":
    main()
