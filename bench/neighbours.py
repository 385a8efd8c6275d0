"""Neighbours, map and vector index: seconds, truth and steadiness on real vectors.

    python -m bench.neighbours [--encoder mobilenet] [lists|added|map|large|index] …

`lists`: exact lists against NN-Descent by size. `added`: 100 images more, and 100 fewer, in a
corpus. `large`: neighbours, map and clusters of `--images`. `map`: epochs, where new images
land, how far a refit moves the others. `index`: exact search and the indices of Lance. Larger
corpora than there are are made of mixtures of real vectors with a little noise.
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

K = neighbours.K
CORPORA = ("clothing-1k", "usda")
WANTED = 100


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
    real = corpora.seen("usda", encoder).vectors
    _, spent = _timed(lambda: knn.nn_descent(real[:500], K))
    print(f"\nNN-Descent: {spent:.0f} s of processor to import and compile, in every process\n")
    print("| images × dimensions | exact, cpu s | NN-Descent, cpu s | recall |")
    print("| --- | --- | --- | --- |")
    for size in sizes:
        vectors = _more(real, size)
        some = np.arange(0, size, max(1, size // 1000), dtype=np.int32)
        true, part = _timed(lambda v=vectors, s=some: knn.exact(v[s], v, K, s))
        found, descent = _timed(lambda v=vectors: knn.nn_descent(v, K))
        shared = [len(set(a) & set(b)) / K for a, b in zip(found.ids[some], true.ids, strict=True)]
        shape = f"{size:,} × {vectors.shape[1]}"
        whole = part * size / len(some)
        print(f"| {shape} | {whole:.1f} | {descent:.1f} | {np.mean(shared):.3f} |", flush=True)


def _added(encoder: str, _sizes: list[int]) -> None:
    print(f"\n100 images more or fewer, {encoder}: seconds (processor seconds)\n")
    print("| corpus | stage | all at once | nothing new | 100 more | 100 fewer | 100 alone |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name in CORPORA:
        told = _steps(corpora.seen(name, encoder))
        for stage, figures in told.items():
            print(f"| {name} | {stage} | {' | '.join(figures)} |", flush=True)


def _steps(seen: corpora.Seen) -> dict[str, list[str]]:
    order = np.random.default_rng(0).permutation(len(seen.sha1s))
    sha1s, vectors = [seen.sha1s[at] for at in order], seen.vectors[order]
    told: dict[str, list[str]] = {stage: [] for stage in ("neighbours", "projection", "clusters")}
    with tempfile.TemporaryDirectory() as place:
        whole = create_project(Path(place) / "whole")
        alone = create_project(Path(place) / "alone")
        # What is compiled in a process is compiled before anything is timed.
        _embed(alone, sha1s[:100], vectors[:100])
        _chain(alone, {stage: [] for stage in told})
        steps = (
            lambda: _embed(whole, sha1s[100:], vectors[100:]),
            lambda: None,
            lambda: _embed(whole, sha1s[:100], vectors[:100]),
            lambda: whole.database().delete("embeddings__bench", sha1s[200:300]),
        )
        for step in steps:
            step()
            _chain(whole, told)
        for name in told:
            alone.database().drop(f"{name}__bench")
        _chain(alone, told)
    return told


def _large(encoder: str, sizes: list[int]) -> None:
    real = corpora.seen("usda", encoder).vectors
    print("\n| images × dimensions | stage | seconds (cpu) | peak memory |")
    print("| --- | --- | --- | --- |")
    for size in sizes:
        vectors = _more(real, size)
        told: dict[str, list[str]] = {name: [] for name in ("neighbours", "projection", "clusters")}
        with tempfile.TemporaryDirectory() as place:
            project = create_project(Path(place) / "large")
            _embed(project, [f"{number:040x}" for number in range(size)], vectors)
            shape = f"{size:,} × {vectors.shape[1]}"
            del vectors
            _chain(project, told)
            for stage, (seconds,) in told.items():
                print(f"| {shape} | {stage} | {seconds} | {_peak()} MB |", flush=True)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _chain(project: Project, told: dict[str, list[str]]) -> None:
    updates = {
        "neighbours": neighbours.update,
        "projection": projection.update,
        "clusters": clusters.update,
    }
    for stage, update in updates.items():
        began = time.perf_counter()
        _, spent = _timed(lambda u=update: u(project, "bench", "run"))
        told[stage].append(f"{time.perf_counter() - began:.2f} ({spent:.2f})")


def _map(encoder: str, _sizes: list[int]) -> None:
    for name in CORPORA:
        seen = corpora.seen(name, encoder)
        vectors, labels, count = seen.vectors, seen.labels, len(seen.sha1s)
        lists = _all_lists(vectors)
        print(f"\nThe map of {name}, {encoder}: {count} images\n")
        print(
            "| epochs | cpu s | 10 nearest on the map of the same label | of the 15 nearest among "
            "30 on the map |\n| --- | --- | --- | --- |"
        )
        for epochs in (100, 200, 500):
            projection.EPOCHS = epochs
            made, spent = _timed(
                lambda v=vectors, n=lists: projection.normalised(projection.layout(v, n))
            )
            scores = f"{_alike(made, labels):.3f} | {_kept(made, lists):.3f}"
            print(f"| {epochs} | {spent:.1f} | {scores} |", flush=True)
        projection.EPOCHS = 200
        _placing_and_refits(vectors, labels, lists)


def _placing_and_refits(vectors: np.ndarray, labels: np.ndarray, lists: NeighbourLists) -> None:
    count = len(vectors)
    fitted = np.random.default_rng(0).random(count) < 0.9
    new = np.flatnonzero(~fitted).astype(np.int32)
    old = projection.normalised(projection.layout(vectors[fitted], _all_lists(vectors[fitted])))
    places = np.zeros((count, 2), np.float32)
    places[fitted] = old
    print("\n| one image in ten placed later, at | 10 nearest of the same label |\n| --- | --- |")
    near = refit.nearest_fitted(vectors, fitted, new, K)
    for name, place in _places(places, near).items():
        apart = np.linalg.norm(place[:, None] - old[None], axis=2).argsort(axis=1)[:, :10]
        same = labels[fitted][apart] == labels[new][:, None]
        print(f"| {name} | {same.mean():.3f} |")
    projection._place(vectors, [f"{at:040x}" for at in range(count)], places, fitted, new)
    print("\n| refit | moved, median | 9 in 10 within | same label |\n| --- | --- | --- | --- |")
    for name, start in (("begun anew, turned", None), ("begun at the old map", places)):
        made = projection.normalised(projection.layout(vectors, lists, start))
        turned = projection.aligned(made, places, fitted)
        moved = np.hypot(*(turned - places)[fitted].T)
        far = np.percentile(moved, 90)
        print(f"| {name} | {np.median(moved):.3f} | {far:.3f} | {_alike(turned, labels):.3f} |")


def _places(places: np.ndarray, near: NeighbourLists) -> dict[str, np.ndarray]:
    away = 1 - near.similarities
    weights = np.exp(-(away - away[:, :1]) / (away - away[:, :1]).mean(axis=1, keepdims=True))
    weighted = (places[near.ids] * weights[..., None]).sum(axis=1) / weights.sum(axis=1)[:, None]
    return {
        "the nearest": places[near.ids[:, 0]],
        "the mean of 15": places[near.ids].mean(axis=1),
        "their weighted mean": weighted,
        "the median of 5": np.median(places[near.ids[:, :5]], axis=1),
        "the median of 15": np.median(places[near.ids], axis=1),
    }


def _index(encoder: str, sizes: list[int]) -> None:
    import lancedb
    from lancedb import index as kinds

    real = corpora.seen("usda", encoder).vectors
    print("\n| vectors | search | build, s (cpu s) | median ms | p95 ms | recall@100 |")
    print("| --- | --- | --- | --- | --- | --- |")
    for size in sizes:
        vectors = _more(real, size)
        queries = np.random.default_rng(1).choice(size, 20, replace=False)
        true = knn.exact(vectors[queries], vectors, WANTED).ids
        shape = f"{size:,} × {vectors.shape[1]}"
        with tempfile.TemporaryDirectory() as place:
            table = lancedb.connect(place).create_table("vectors", _rows(range(size), vectors))
            _searched(shape, "Lance, no index", "", vectors, queries, true, table)
            for kind in ("IvfSq", "IvfRq", "IvfFlat"):
                began = time.perf_counter()
                config = getattr(kinds, kind)(distance_type="cosine")
                _, spent = _timed(lambda t=table, c=config: t.create_index("vector", config=c))
                built = f"{time.perf_counter() - began:.1f} ({spent:.1f})"
                for refine in (None, 2, 5):
                    name = kind + (f", {refine} × refined" if refine else "")
                    _searched(shape, name, built, vectors, queries, true, table, refine)


def _searched(shape, name, built, vectors, queries, true, table, refine=None) -> None:
    spent, shared = [], []
    for query, expected in zip(queries, true, strict=True):
        asked = table.search(vectors[query].astype(np.float32)).distance_type("cosine")
        asked = asked.limit(WANTED).select(["sha1", "_distance"])
        asked = asked.refine_factor(refine) if refine else asked
        began = time.perf_counter()
        found = asked.to_arrow()["sha1"].to_pylist()
        spent.append(1000 * (time.perf_counter() - began))
        shared.append(len({int(one) for one in found} & set(expected.tolist())) / WANTED)
    figures = f"{np.median(spent):.1f} | {np.percentile(spent, 95):.1f} | {np.mean(shared):.3f}"
    print(f"| {shape} | {name} | {built} | {figures} |", flush=True)


def _more(real: np.ndarray, size: int) -> np.ndarray:
    random = np.random.default_rng(0)
    one, other = random.integers(0, len(real), (2, size))
    share = random.random((size, 1), np.float32) * 0.6
    made = real[one] * (1 - share) + real[other] * share
    made += 0.3 / np.sqrt(real.shape[1]) * random.standard_normal(made.shape, np.float32)
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float16)


def _all_lists(vectors: np.ndarray) -> NeighbourLists:
    return knn.exact(vectors, vectors, K, np.arange(len(vectors), dtype=np.int32))


def _embed(project: Project, names: list[str], vectors: np.ndarray) -> None:
    rows = _rows(names, vectors).append_column("run", pa.array(["bench"] * len(names)))
    project.database().upsert("embeddings__bench", rows)


def _rows(names, vectors: np.ndarray) -> pa.Table:
    flat = pa.array(np.ascontiguousarray(vectors).ravel())
    vectors = pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])
    return pa.table({"sha1": [str(name) for name in names], "vector": vectors})


def _alike(places: np.ndarray, labels: np.ndarray) -> float:
    return float((labels[_around(places, 10)] == labels[:, None]).mean())


def _kept(places: np.ndarray, lists: NeighbourLists) -> float:
    around = _around(places, 30)
    return float(
        np.mean([len(set(a) & set(b)) / K for a, b in zip(around, lists.ids, strict=True)])
    )


def _around(places: np.ndarray, count: int) -> np.ndarray:
    from scipy.spatial import cKDTree

    return cKDTree(places).query(places, count + 1)[1][:, 1:]


def _timed(act: Callable):
    began = time.process_time()
    made = act()
    return made, time.process_time() - began


if __name__ == "__main__":
    main()
