"""Clustering methods on real vectors: seconds, and agreement with the labels people gave.

    python -m bench.clusters [--encoder mobilenet] [--corpus clothing-1k usda] [--cold]

Agreement: adjusted mutual information (AMI), adjusted Rand index (ARI), normalised mutual
information (NMI), purity; `none` is the share of images in no cluster, `purity in` that of the
others. `strongest` rows keep only our strongest images, as many as EVoC's level puts in clusters.
`--cold` also times each method in a process of its own with an empty cache of compiled code, as
on a machine that runs it for the first time.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator

import numpy as np

from bench import corpora
from panoptic_data.vectors import hierarchy, knn, projection

K = 15
METHODS = ("levels", "kmeans", "umap + hdbscan", "evoc")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--encoder", nargs="+", default=["mobilenet", "visual"])
    parser.add_argument("--corpus", nargs="+", default=["clothing-1k", "usda"])
    parser.add_argument("--cold", action="store_true")
    parser.add_argument("--way", choices=METHODS, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    if chosen.way:
        _time_one_way(chosen.way, chosen.corpus[0], chosen.encoder[0])
        return
    if chosen.cold:
        _cold(chosen.corpus[0], chosen.encoder[0])
    for corpus in chosen.corpus:
        for encoder in chosen.encoder:
            _compare(corpus, encoder)


def _cold(corpus: str, encoder: str) -> None:
    print(f"\nFirst and second time on a machine, {corpus}, {encoder}: processor seconds\n")
    print("| way | first | second |\n| --- | --- | --- |")
    for way in METHODS:
        with tempfile.TemporaryDirectory() as cache:
            # evoc and umap keep compiled code beside their modules unless a folder is set.
            environment = {**os.environ, "NUMBA_CACHE_DIR": cache}
            arguments = ["--way", way, "--corpus", corpus, "--encoder", encoder]
            command = [sys.executable, "-m", "bench.clusters", *arguments]
            seconds = [
                subprocess.run(
                    command, env=environment, capture_output=True, text=True, check=True
                ).stdout.strip()
                for _ in range(2)
            ]
        print(f"| {way} | {seconds[0]} | {seconds[1]} |", flush=True)


def _time_one_way(way: str, corpus: str, encoder: str) -> None:
    vectors = corpora.embedded(corpus, encoder).vectors
    lists = _lists(vectors)
    began = time.process_time()
    next(_methods(vectors, lists)[way]())
    print(f"{time.process_time() - began:.1f}")


def _compare(corpus: str, encoder: str) -> None:
    seen = corpora.embedded(corpus, encoder)
    lists = _lists(seen.vectors)
    kinds = len(set(seen.labels))
    share = np.mean(seen.labels[lists.ids[:, :5]] == seen.labels[:, None])
    print(
        f"\n{corpus}, {encoder}: {len(seen.labels)} images, {kinds} labels; "
        f"5 nearest of the same label {share:.3f}\n"
    )
    print("| way | clusters | none | AMI | ARI | NMI | purity | purity in | cpu s |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    covered = []
    for way, make in _methods(seen.vectors, lists).items():
        began = time.process_time()
        for name, labels in make():
            spent = time.process_time() - began
            print(_row(f"{way} {name}", seen.labels, labels, f"{spent:.2f}"), flush=True)
            if way == "evoc":
                covered.append((labels.max() + 1, np.mean(labels >= 0)))
            began = time.process_time()
    points = hierarchy.smoothed(seen.vectors, lists)
    for k, share in covered:
        ours = hierarchy.kmeans(points, int(k))
        same = (ours[lists.ids] == ours[:, None]).mean(axis=1)
        weak = np.argsort(-same, kind="stable")[int(share * len(ours)) :]
        ours[weak] = -1
        print(_row(f"strongest of {k}", seen.labels, ours, ""), flush=True)


def _methods(vectors: np.ndarray, lists: knn.NeighbourLists) -> dict[str, Callable[[], Iterator]]:
    counts = hierarchy.level_counts(len(vectors))

    def levels():
        clustering = hierarchy.levels(hierarchy.smoothed(vectors, lists))
        main = hierarchy.main_level([int(level.max()) + 1 for level in clustering])
        for number, level in enumerate(clustering):
            yield ("(main)" if number == main else ""), level

    def kmeans():
        from sklearn.cluster import KMeans

        for k in dict.fromkeys((*counts, 10, 20)):
            yield "", KMeans(k, n_init=1, random_state=0).fit_predict(vectors.astype(np.float32))
            yield "smoothed", hierarchy.kmeans(hierarchy.smoothed(vectors, lists), k)

    def umap():
        from sklearn.cluster import HDBSCAN

        embedded = _embedded(vectors, lists, 5)
        for size in (10, 20, 40):
            for selection in ("leaf", "eom"):
                clustering = HDBSCAN(
                    size, min_samples=5, cluster_selection_method=selection, copy=True
                )
                yield f"{selection} {size}", clustering.fit_predict(embedded)

    def evoc():
        from evoc import EVoC

        clustering = EVoC(random_state=42)
        clustering.fit_predict(vectors.astype(np.float32))
        yield from (("", level) for level in clustering.cluster_layers_)

    return dict(zip(METHODS, (levels, kmeans, umap, evoc), strict=True))


def _embedded(vectors: np.ndarray, lists: knn.NeighbourLists, dims: int) -> np.ndarray:
    umap, _ = projection._umap()
    random = np.random.RandomState(42)
    ids, distances = projection._with_self(lists)
    graph, _, _ = umap.fuzzy_simplicial_set(
        vectors, ids.shape[1], random, "cosine", knn_indices=ids, knn_dists=distances
    )
    a, b = umap.find_ab_params(1.0, 0.0)
    start = hierarchy.components(vectors, dims)
    start = (start / np.abs(start).max() * 10).astype(np.float32)
    embedded, _ = umap.simplicial_set_embedding(
        vectors, graph, dims, 1.0, a, b, 1.0, 5, 200, start, random, "cosine", {}, False, {}, False
    )
    return embedded


def _lists(vectors: np.ndarray) -> knn.NeighbourLists:
    return knn.exact(vectors, vectors, K, np.arange(len(vectors), dtype=np.int32))


def _row(way: str, truth: np.ndarray, labels: np.ndarray, seconds: str) -> str:
    from sklearn import metrics

    inside = labels >= 0
    scores = [
        metrics.adjusted_mutual_info_score(truth, labels),
        metrics.adjusted_rand_score(truth, labels),
        metrics.normalized_mutual_info_score(truth, labels),
        _purity(truth, labels),
        _purity(truth[inside], labels[inside]),
    ]
    figures = " | ".join(f"{score:.3f}" for score in scores)
    return f"| {way} | {labels.max() + 1} | {1 - inside.mean():.2f} | {figures} | {seconds} |"


def _purity(truth: np.ndarray, labels: np.ndarray) -> float:
    most = [
        np.unique(truth[labels == group], return_counts=True)[1].max()
        for group in np.unique(labels)
    ]
    return sum(most) / max(1, len(labels))


if __name__ == "__main__":
    main()
