"""Nearest neighbours of a query: exact in memory, by each index of Lance, by faiss and by numpy.

    python -m bench.search [--images 10000 100000] [--only exact numpy IvfSq …]

Vectors are mixtures of real ones (the small CLIP's of `usda`, 512 dimensions) with a little noise;
queries are other mixtures. Of each: seconds to build (of the processors), milliseconds a query,
their 95th centile, milliseconds of the processors, recall@100 against exact; then the same within
a filter that one image in a hundred passes. Ratios are of the processors' time, to exact in
memory in the same run: other programs hardly change them.

Faiss takes part where it can be imported; it is no dependency of ours:

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

from bench import corpora
from panoptic_data.vectors import scores
from panoptic_data.vectors.matrix import Matrix

WANTED = 100
QUERIES = 50
ONE_IN = 100
PASSING = 7
CHUNK = 50_000
# Faiss learns its lists from so many vectors each.
TAUGHT_EACH = 64
# Of each kind of Lance's: settings of a query, the quickest that reaches the recall first. Product
# quantisation takes minutes to build: last.
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
Ask = Callable[[npt.NDArray[np.float32]], Any]


@dataclass(frozen=True)
class Corpus:
    """Vectors (n, d), which of them pass the filter, queries, and what each ought to find."""

    vectors: Vectors
    passes: npt.NDArray[np.bool_]
    queries: npt.NDArray[np.float32]
    true: list[set[int]]
    passing: list[set[int]]


@dataclass(frozen=True)
class Way:
    """One way to search: how to ask it, of all and within the filter (None: it cannot)."""

    name: str
    built: str
    ask: Ask
    within: Ask | None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    real = corpora.seen("usda", "tiny-clip").vectors.astype(np.float32)
    for size in chosen.images:
        corpus = _corpus(real, size)
        print(f"\n{size:,} × {corpus.vectors.shape[1]}\n")
        print("| search | build, s | ms | p95 | CPU-ms | recall | / exact ", end="")
        print("| 1 %: ms | p95 | recall |\n| --- " + "| ---: " * 9 + "|", flush=True)
        unit = None
        for way in _ways(corpus, chosen.only):
            unit = _told(way, corpus, unit)


def _corpus(real: npt.NDArray[np.float32], size: int) -> Corpus:
    vectors = np.concatenate(list(_mixtures(real, size, seed=0)))
    [queries] = _mixtures(real, QUERIES, seed=1)
    passes = np.arange(size) % ONE_IN == PASSING
    asked = queries.astype(np.float32)
    true, passing = [], []
    for query in asked:
        similar = np.concatenate(
            [vectors[at : at + CHUNK].astype(np.float32) @ query for at in range(0, size, CHUNK)]
        )
        true.append(_best(similar))
        passing.append(_best(np.where(passes, similar, -2)))
    return Corpus(vectors, passes, asked, true, passing)


def _mixtures(real: npt.NDArray[np.float32], size: int, seed: int) -> Iterator[Vectors]:
    random = np.random.default_rng(seed)
    for start in range(0, size, CHUNK):
        count = min(CHUNK, size - start)
        one, other = random.integers(0, len(real), (2, count))
        share = random.random((count, 1), np.float32) * 0.6
        made = real[one] * (1 - share) + real[other] * share
        made += 0.3 / np.sqrt(real.shape[1]) * random.standard_normal(made.shape, np.float32)
        yield (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float16)


def _best(similar: npt.NDArray[np.float32]) -> set[int]:
    return set(np.argpartition(-similar, WANTED)[:WANTED].tolist())


def _ways(corpus: Corpus, only: list[str]) -> Iterator[Way]:
    # First: what all others are compared with.
    yield _exact(corpus)
    if "numpy" in only:
        yield _numpy(corpus)
    if "faiss" in only and find_spec("faiss") is None:
        print("| faiss: cannot be imported here, see the top of bench/search.py |")
    elif "faiss" in only:
        yield from _faiss(corpus)
    if {"scan", *KINDS} & set(only):
        yield from _lance(corpus, only)


def _exact(corpus: Corpus) -> Way:
    """As the project searches: vectors held in memory, in order of their sha1."""
    names = np.array([f"{number:040}" for number in range(len(corpus.vectors))], dtype="S40")
    vectors = Matrix.of(corpus.vectors.copy())
    held = scores._LoadedVectors(names, vectors, np.ones(len(names), dtype=bool))

    def ask(query: npt.NDArray[np.float32]) -> list[int]:
        found = scores.Scores(names, held.similarity(query))
        return [int(hit.sha1) for hit in found.best(WANTED)]

    passing = np.flatnonzero(corpus.passes)
    is_large = len(names) > scores.EXACT_UP_TO

    def within(query: npt.NDArray[np.float32]) -> list[int]:
        similar = held.similarity_of(passing, query) if is_large else held.similarity(query)
        found = scores.Scores(names, similar)
        return [int(hit.sha1) for hit in found.best(WANTED, mask=corpus.passes)]

    return Way(f"exact in memory, {vectors.numbers.dtype}", "", ask, within)


def _numpy(corpus: Corpus) -> Way:
    vectors = corpus.vectors.astype(np.float32)
    rows = np.flatnonzero(corpus.passes)

    def nearest(some: npt.NDArray[np.float32], query: npt.NDArray[np.float32]) -> Any:
        similar = some @ query
        best = np.argpartition(-similar, min(WANTED, len(some) - 1))[:WANTED]
        return best[np.argsort(-similar[best])]

    return Way(
        "numpy, float32",
        "",
        lambda query: nearest(vectors, query).tolist(),
        lambda query: rows[nearest(vectors[rows], query)].tolist(),
    )


def _faiss(corpus: Corpus) -> Iterator[Way]:
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
            # All of a million would be twenty minutes of k-means.
            index.cp.max_points_per_centroid = TAUGHT_EACH
        built = _built(lambda one=index: (one.train(vectors), one.add(vectors)))
        for probe in probes:
            settings = [{}, {"sel": rows}]
            if probe is None:
                asked = [faiss.SearchParameters(**setting) for setting in settings]
            else:
                asked = [faiss.SearchParametersIVF(nprobe=probe, **setting) for setting in settings]

            def ask(query: Any, one: Any = index, how: Any = asked[0]) -> list[int]:
                return list(one.search(query[None], WANTED, params=how)[1][0].tolist())

            def within(query: Any, one: Any = index, how: Any = asked[1]) -> list[int]:
                return list(one.search(query[None], WANTED, params=how)[1][0].tolist())

            said = f"faiss {name}" + (f", {probe} of {lists} lists" if probe else "")
            yield Way(said, built, ask, within)


def _lance(corpus: Corpus, only: list[str]) -> Iterator[Way]:
    import lancedb
    from lancedb import index as kinds

    with tempfile.TemporaryDirectory() as place:
        connection = lancedb.connect(place)
        batches = pa.RecordBatchReader.from_batches(_schema(corpus), _batches(corpus))
        table = connection.create_table("vectors", batches)
        table.create_index("part", config=kinds.Bitmap())
        if "scan" in only:
            yield _of_table("Lance, no index", "", table, {})
        for kind, settings in KINDS.items():
            if kind not in only or not hasattr(kinds, kind):
                continue
            config = getattr(kinds, kind)(distance_type="cosine")
            built = _built(lambda how=config: table.create_index("vector", config=how))
            for setting in settings:
                said = ", ".join([f"Lance {kind}", *(f"{k} {v}" for k, v in setting.items())])
                yield _of_table(said, built, table, setting)
            table.drop_index("vector_idx")


def _schema(corpus: Corpus) -> pa.Schema:
    vector = pa.list_(pa.float16(), corpus.vectors.shape[1])
    return pa.schema([("row", pa.int32()), ("part", pa.int8()), ("vector", vector)])


def _batches(corpus: Corpus) -> Iterator[pa.RecordBatch]:
    dim = corpus.vectors.shape[1]
    for start in range(0, len(corpus.vectors), CHUNK):
        some = corpus.vectors[start : start + CHUNK]
        rows = np.arange(start, start + len(some), dtype=np.int32)
        vectors = pa.FixedSizeListArray.from_arrays(pa.array(some.ravel()), dim)
        columns = [pa.array(rows), pa.array((rows % ONE_IN).astype(np.int8)), vectors]
        yield pa.record_batch(columns, schema=_schema(corpus))


def _of_table(name: str, built: str, table: Any, settings: dict[str, int]) -> Way:
    def asked(query: npt.NDArray[np.float32]) -> Any:
        made = table.search(query).distance_type("cosine").limit(WANTED)
        for setting, value in settings.items():
            made = getattr(made, setting)(value)
        return made.select(["row", "_distance"])

    def ask(query: npt.NDArray[np.float32]) -> list[int]:
        return list(asked(query).to_arrow()["row"].to_pylist())

    def within(query: npt.NDArray[np.float32]) -> list[int]:
        only = asked(query).where(f"part = {PASSING}", prefilter=True)
        return list(only.to_arrow()["row"].to_pylist())

    return Way(name, built, ask, within)


def _built(act: Callable[[], object]) -> str:
    began, spent = time.perf_counter(), time.process_time()
    act()
    return f"{time.perf_counter() - began:.1f} ({time.process_time() - spent:.1f})"


def _told(way: Way, corpus: Corpus, unit: float | None) -> float:
    """Print one line; return what milliseconds are compared with, those of the first line."""
    median, late, spent, recall = _measured(way.ask, corpus.queries, corpus.true)
    unit = unit or spent
    line = f"| {way.name} | {way.built} | {median:.1f} | {late:.1f} | {spent:.1f} | {recall:.3f} "
    line += f"| {spent / unit:.2f} "
    if way.within is not None:
        median, late, _, recall = _measured(way.within, corpus.queries, corpus.passing)
        line += f"| {median:.1f} | {late:.1f} | {recall:.3f} |"
    print(line, flush=True)
    return unit


def _measured(
    ask: Ask, queries: npt.NDArray[np.float32], true: list[set[int]]
) -> tuple[float, float, float, float]:
    ask(queries[0])
    seconds, shared = [], []
    spent = time.process_time()
    for query, expected in zip(queries, true, strict=True):
        began = time.perf_counter()
        found = ask(query)
        seconds.append(time.perf_counter() - began)
        shared.append(len(set(found) & expected) / len(expected))
    spent = (time.process_time() - spent) / len(queries)
    median, late = np.percentile(seconds, (50, 95)) * 1000
    return float(median), float(late), spent * 1000, float(np.mean(shared))


if __name__ == "__main__":
    main()
