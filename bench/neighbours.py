"""Neighbours, map and vector index on real vectors: seconds, recall and stability.

    python -m bench.neighbours [--encoder mobilenet] [lists|added|map|large|index] …

`lists`: exact lists against NN-Descent by size. `added`: 100 images more, and 100 fewer, in a
corpus. `large`: neighbours, map and clusters of `--images`. `map`: epochs, where new images
land, how far a refit moves the others. `index`: exact search and the indices of Lance. Corpora
larger than the real ones are mixtures of real vectors with a little noise.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa

from bench import corpora
from panoptic_data.storage.project import Project, create_project
from panoptic_data.vectors import clusters, knn, neighbours, projection, refit
from panoptic_data.vectors.knn import NeighbourLists
from tests.vectors import embed

K = neighbours.K
CORPORA = ("clothing-1k", "usda")
N_RESULTS = 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", default=["lists", "added", "map"])
    parser.add_argument("--encoder", default="mobilenet")
    parser.add_argument("--images", type=int, nargs="+", default=[10_000, 20_000, 40_000])
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    parts = {
        "lists": _exact_or_descent,
        "added": _added,
        "map": _map,
        "large": _large,
        "index": _index,
    }
    for what in chosen.what:
        parts[what](chosen.encoder, chosen.images)


def _exact_or_descent(encoder: str, sizes: list[int]) -> None:
    real = corpora.embedded("usda", encoder).vectors
    _, spent = _timed(lambda: knn.nn_descent(real[:500], K))
    print(f"\nNN-Descent: {spent:.0f} s of processor to import and compile, in every process\n")
    print("| images × dimensions | exact, cpu s | NN-Descent, cpu s | recall |")
    print("| --- | --- | --- | --- |")
    for size in sizes:
        vectors = _enlarged(real, size)
        sampled = np.arange(0, size, max(1, size // 1000), dtype=np.int32)
        true, part = _timed(lambda v=vectors, s=sampled: knn.exact(v[s], v, K, s))
        approximate, descent = _timed(lambda v=vectors: knn.nn_descent(v, K))
        shared = [
            len(set(a) & set(b)) / K
            for a, b in zip(approximate.ids[sampled], true.ids, strict=True)
        ]
        shape = f"{size:,} × {vectors.shape[1]}"
        exact_seconds = part * size / len(sampled)
        print(
            f"| {shape} | {exact_seconds:.1f} | {descent:.1f} | {np.mean(shared):.3f} |", flush=True
        )


def _added(encoder: str, _sizes: list[int]) -> None:
    print(f"\n100 images more or fewer, {encoder}: seconds (processor seconds)\n")
    print("| corpus | stage | all at once | nothing new | 100 more | 100 fewer | 100 alone |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name in CORPORA:
        seconds_by_stage = _steps(corpora.embedded(name, encoder))
        for stage, figures in seconds_by_stage.items():
            print(f"| {name} | {stage} | {' | '.join(figures)} |", flush=True)


def _steps(seen: corpora.EmbeddedCorpus) -> dict[str, list[str]]:
    order = np.random.default_rng(0).permutation(len(seen.sha1s))
    sha1s, vectors = [seen.sha1s[at] for at in order], seen.vectors[order]
    seconds_by_stage: dict[str, list[str]] = {
        stage: [] for stage in ("neighbours", "projection", "clusters")
    }
    with tempfile.TemporaryDirectory() as directory:
        complete = create_project(Path(directory) / "whole")
        alone = create_project(Path(directory) / "alone")
        # What is compiled in a process is compiled before anything is timed.
        _embed(alone, sha1s[:100], vectors[:100])
        _chain(alone, {stage: [] for stage in seconds_by_stage})
        steps = (
            lambda: _embed(complete, sha1s[100:], vectors[100:]),
            lambda: None,
            lambda: _embed(complete, sha1s[:100], vectors[:100]),
            lambda: complete.database().delete("embeddings__bench", sha1s[200:300]),
        )
        for step in steps:
            step()
            _chain(complete, seconds_by_stage)
        for name in seconds_by_stage:
            alone.database().drop(f"{name}__bench")
        _chain(alone, seconds_by_stage)
    return seconds_by_stage


def _large(encoder: str, sizes: list[int]) -> None:
    real = corpora.embedded("usda", encoder).vectors
    print("\n| images × dimensions | stage | seconds (cpu) | peak memory |")
    print("| --- | --- | --- | --- |")
    for size in sizes:
        vectors = _enlarged(real, size)
        seconds_by_stage: dict[str, list[str]] = {
            name: [] for name in ("neighbours", "projection", "clusters")
        }
        with tempfile.TemporaryDirectory() as directory:
            project = create_project(Path(directory) / "large")
            _embed(project, [f"{number:040x}" for number in range(size)], vectors)
            shape = f"{size:,} × {vectors.shape[1]}"
            del vectors
            _chain(project, seconds_by_stage)
            for stage, (seconds,) in seconds_by_stage.items():
                print(f"| {shape} | {stage} | {seconds} | {_peak()} MB |", flush=True)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _chain(project: Project, seconds_by_stage: dict[str, list[str]]) -> None:
    updates = {
        "neighbours": neighbours.update,
        "projection": projection.update,
        "clusters": clusters.update,
    }
    for stage, update in updates.items():
        began = time.perf_counter()
        _, spent = _timed(lambda u=update: u(project, "bench", "run"))
        seconds_by_stage[stage].append(f"{time.perf_counter() - began:.2f} ({spent:.2f})")


def _map(encoder: str, _sizes: list[int]) -> None:
    for name in CORPORA:
        seen = corpora.embedded(name, encoder)
        vectors, labels, count = seen.vectors, seen.labels, len(seen.sha1s)
        lists = _all_lists(vectors)
        print(f"\nThe map of {name}, {encoder}: {count} images\n")
        print(
            "| epochs | cpu s | 10 nearest on the map of the same label | of the 15 nearest among "
            "30 on the map |\n| --- | --- | --- | --- |"
        )
        for epochs in (100, 200, 500):
            projection.EPOCHS = epochs
            coordinates, spent = _timed(
                lambda v=vectors, n=lists: projection.normalised(projection.layout(v, n))
            )
            same_label = _share_with_same_label(coordinates, labels)
            kept = _share_of_neighbours_kept(coordinates, lists)
            print(f"| {epochs} | {spent:.1f} | {same_label:.3f} | {kept:.3f} |", flush=True)
        projection.EPOCHS = 200
        _placing_and_refits(vectors, labels, lists)


def _placing_and_refits(vectors: np.ndarray, labels: np.ndarray, lists: NeighbourLists) -> None:
    count = len(vectors)
    fitted = np.random.default_rng(0).random(count) < 0.9
    new = np.flatnonzero(~fitted).astype(np.int32)
    old = projection.normalised(projection.layout(vectors[fitted], _all_lists(vectors[fitted])))
    coordinates = np.zeros((count, 2), np.float32)
    coordinates[fitted] = old
    print("\n| one image in ten placed later, at | 10 nearest of the same label |\n| --- | --- |")
    near = refit.nearest_fitted(vectors, fitted, new, K)
    for name, placed in _placements(coordinates, near).items():
        nearest = np.linalg.norm(placed[:, None] - old[None], axis=2).argsort(axis=1)[:, :10]
        same = labels[fitted][nearest] == labels[new][:, None]
        print(f"| {name} | {same.mean():.3f} |")
    coordinates[new] = np.median(coordinates[near.ids[:, :5]], axis=1)
    print("\n| refit | moved, median | 9 in 10 within | same label |\n| --- | --- | --- | --- |")
    for name, start in (("begun anew, turned", None), ("begun at the old map", coordinates)):
        refitted = projection.normalised(projection.layout(vectors, lists, start))
        turned = projection.aligned(refitted, coordinates, fitted)
        moved = np.hypot(*(turned - coordinates)[fitted].T)
        far = np.percentile(moved, 90)
        same_label = _share_with_same_label(turned, labels)
        print(f"| {name} | {np.median(moved):.3f} | {far:.3f} | {same_label:.3f} |")


def _placements(coordinates: np.ndarray, near: NeighbourLists) -> dict[str, np.ndarray]:
    distances = 1 - near.similarities
    weights = np.exp(
        -(distances - distances[:, :1]) / (distances - distances[:, :1]).mean(axis=1, keepdims=True)
    )
    weighted = (coordinates[near.ids] * weights[..., None]).sum(axis=1) / weights.sum(axis=1)[
        :, None
    ]
    return {
        "the nearest": coordinates[near.ids[:, 0]],
        "the mean of 15": coordinates[near.ids].mean(axis=1),
        "their weighted mean": weighted,
        "the median of 5": np.median(coordinates[near.ids[:, :5]], axis=1),
        "the median of 15": np.median(coordinates[near.ids], axis=1),
    }


def _index(encoder: str, sizes: list[int]) -> None:
    import lancedb
    from lancedb import index as kinds

    real = corpora.embedded("usda", encoder).vectors
    print("\n| vectors | search | build, s (cpu s) | median ms | p95 ms | recall@100 |")
    print("| --- | --- | --- | --- | --- | --- |")
    for size in sizes:
        vectors = _enlarged(real, size)
        queries = np.random.default_rng(1).choice(size, 20, replace=False)
        true = knn.exact(vectors[queries], vectors, N_RESULTS).ids
        shape = f"{size:,} × {vectors.shape[1]}"
        with tempfile.TemporaryDirectory() as directory:
            table = lancedb.connect(directory).create_table("vectors", _rows(range(size), vectors))
            _print_search(shape, "Lance, no index", "", vectors, queries, true, table)
            for kind in ("IvfSq", "IvfRq", "IvfFlat"):
                began = time.perf_counter()
                config = getattr(kinds, kind)(distance_type="cosine")
                _, spent = _timed(lambda t=table, c=config: t.create_index("vector", config=c))
                built = f"{time.perf_counter() - began:.1f} ({spent:.1f})"
                for refine in (None, 2, 5):
                    name = kind + (f", {refine} × refined" if refine else "")
                    _print_search(shape, name, built, vectors, queries, true, table, refine)


def _print_search(shape, name, built, vectors, queries, true, table, refine=None) -> None:
    spent, shared = [], []
    for query, expected in zip(queries, true, strict=True):
        query_builder = table.search(vectors[query].astype(np.float32)).distance_type("cosine")
        query_builder = query_builder.limit(N_RESULTS).select(["sha1", "_distance"])
        query_builder = query_builder.refine_factor(refine) if refine else query_builder
        began = time.perf_counter()
        results = query_builder.to_arrow()["sha1"].to_pylist()
        spent.append(1000 * (time.perf_counter() - began))
        shared.append(len({int(sha1) for sha1 in results} & set(expected.tolist())) / N_RESULTS)
    figures = f"{np.median(spent):.1f} | {np.percentile(spent, 95):.1f} | {np.mean(shared):.3f}"
    print(f"| {shape} | {name} | {built} | {figures} |", flush=True)


def _enlarged(real: np.ndarray, size: int) -> np.ndarray:
    random = np.random.default_rng(0)
    first, second = random.integers(0, len(real), (2, size))
    share = random.random((size, 1), np.float32) * 0.6
    vectors = real[first] * (1 - share) + real[second] * share
    vectors += 0.3 / np.sqrt(real.shape[1]) * random.standard_normal(vectors.shape, np.float32)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)


def _all_lists(vectors: np.ndarray) -> NeighbourLists:
    return knn.exact(vectors, vectors, K, np.arange(len(vectors), dtype=np.int32))


def _embed(project: Project, names: list[str], vectors: np.ndarray) -> None:
    embed(project, names, vectors, "bench")


def _rows(names, vectors: np.ndarray) -> pa.Table:
    flat = pa.array(np.ascontiguousarray(vectors).ravel())
    vectors = pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])
    return pa.table({"sha1": [str(name) for name in names], "vector": vectors})


def _share_with_same_label(coordinates: np.ndarray, labels: np.ndarray) -> float:
    return float((labels[_nearest_on_map(coordinates, 10)] == labels[:, None]).mean())


def _share_of_neighbours_kept(coordinates: np.ndarray, lists: NeighbourLists) -> float:
    around = _nearest_on_map(coordinates, 30)
    return float(
        np.mean([len(set(a) & set(b)) / K for a, b in zip(around, lists.ids, strict=True)])
    )


def _nearest_on_map(coordinates: np.ndarray, count: int) -> np.ndarray:
    from scipy.spatial import cKDTree

    return cKDTree(coordinates).query(coordinates, count + 1)[1][:, 1:]


def _timed(function: Callable):
    began = time.process_time()
    result = function()
    return result, time.process_time() - began


if __name__ == "__main__":
    main()
