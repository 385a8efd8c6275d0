"""Where images that come after a fit are put, on the map and among the clusters: how well.

    python -m bench.placing [--encoder mobilenet] [--corpus clothing-1k usda] [--voters 5 10 15]

Nine images in ten are fitted, the others placed: on the map at the median of their nearest fitted
images, into clusters by the votes of these. Of the placed images: `trustworthy` is the
trustworthiness (Venna and Kaski, 2001) of their 15 nearest on the map, `kept` the share of their
15 nearest images that are among the 30 nearest on the map, `same label` the share of the 10
nearest on the map. Of clusters, at the main level: `together` is the share of their 15 nearest
images that are in the same cluster, `label` the share whose label is that of most fitted images
of their cluster, `as fitted` the agreement (AMI) with clusters of all images.
"""

from __future__ import annotations

import argparse
import tempfile
import warnings
from pathlib import Path

import numpy as np
import polars as pl

from bench import corpora
from panoptic_data.storage.project import Project, create_project
from panoptic_data.storage.schema import table_name
from panoptic_data.vectors import arrivals, clusters, hierarchy, knn, neighbours, projection, refit
from tests.vectors import embed

K = neighbours.K
SLUG = "bench"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--encoder", nargs="+", default=["mobilenet", "visual"])
    parser.add_argument("--corpus", nargs="+", default=["clothing-1k", "usda"])
    parser.add_argument("--voters", type=int, nargs="+", default=[5, 10, 15])
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    for name in chosen.corpus:
        for encoder in chosen.encoder:
            seen = corpora.embedded(name, encoder)
            print(f"\n{name}, {encoder}: {len(seen.sha1s)} images", flush=True)
            _compare(seen, chosen.voters)


def _compare(seen: corpora.EmbeddedCorpus, voters: list[int]) -> None:
    vectors, labels = seen.vectors, seen.labels
    fitted = np.random.default_rng(0).random(len(vectors)) < 0.9
    new = np.flatnonzero(~fitted).astype(np.int32)
    lists = knn.exact(vectors[new], vectors, K, new)
    print("\n| voters | together | label | as fitted |\n| ---: | ---: | ---: | ---: |")
    for count, clustering in _clusterings(seen, fitted, voters).items():
        together = (clustering[lists.ids] == clustering[new, None]).mean()
        print(
            f"| {count} | {together:.3f} | {_labelled(clustering, labels, fitted):.3f} | ", end=""
        )
        print(f"{_as_fitted(vectors, clustering, new):.3f} |", flush=True)
    print("\n| median of | trustworthy | kept | same label |\n| ---: | ---: | ---: | ---: |")
    old = vectors[fitted]
    coordinates = np.zeros((len(vectors), 2), np.float32)
    own = np.arange(len(old), dtype=np.int32)
    layout = projection.layout(old, knn.exact(old, old, K, own))
    coordinates[fitted] = projection.normalised(layout)
    near = refit.nearest_fitted(vectors, fitted, new, max(voters))
    order = _order(vectors, new)
    for count in voters:
        coordinates[new] = np.median(coordinates[near.ids[:, :count]], axis=1)
        far = np.linalg.norm(coordinates[new][:, None] - coordinates[None], axis=2)
        far[np.arange(len(new)), new] = np.inf
        on_map = far.argsort(axis=1)
        kept = [
            np.isin(mine, around).mean()
            for mine, around in zip(lists.ids, on_map[:, :30], strict=True)
        ]
        same = labels[on_map[:, :10]] == labels[new][:, None]
        figures = (_trustworthiness(order, on_map), np.mean(kept), same.mean())
        print(f"| {count} | " + " | ".join(f"{f:.3f}" for f in figures) + " |", flush=True)


def _clusterings(
    seen: corpora.EmbeddedCorpus, fitted: np.ndarray, voters: list[int]
) -> dict[int, np.ndarray]:
    """Return the clusters (n,) of all images, the later ones placed, by the number of voters."""
    sha1s = np.array(seen.sha1s)
    clusterings = {}
    with tempfile.TemporaryDirectory() as directory:
        project = create_project(Path(directory) / "project")
        embed(project, sha1s[fitted].tolist(), seen.vectors[fitted], SLUG)
        neighbours.update(project, SLUG, "first")
        clusters.update(project, SLUG, "first")
        embed(project, sha1s[~fitted].tolist(), seen.vectors[~fitted], SLUG)
        neighbours.update(project, SLUG, "second")
        usual = clusters.N_VOTERS
        for count in voters:
            clusters.N_VOTERS = count
            clusterings[count] = _with_placed(project, sha1s)
        clusters.N_VOTERS = usual
    return clusterings


def _with_placed(project: Project, sha1s: np.ndarray) -> np.ndarray:
    images = pl.Series("sha1", sha1s.tolist(), pl.String)
    compared = arrivals.compare(project.database(), table_name("clusters", SLUG), images)
    placed = clusters._place(project, SLUG, compared, "fit")
    every = pl.concat([rows.select("sha1", "cluster") for rows in (compared.kept, placed)])
    joined = images.to_frame().join(every, on="sha1", how="left", maintain_order="left")
    return joined["cluster"].to_numpy()


def _labelled(clustering: np.ndarray, labels: np.ndarray, fitted: np.ndarray) -> float:
    most = {}
    for cluster in np.unique(clustering[fitted]):
        kinds, counts = np.unique(labels[fitted & (clustering == cluster)], return_counts=True)
        most[cluster] = kinds[counts.argmax()]
    pairs = zip(clustering[~fitted], labels[~fitted], strict=True)
    return float(np.mean([most[cluster] == label for cluster, label in pairs]))


def _as_fitted(vectors: np.ndarray, clustering: np.ndarray, new: np.ndarray) -> float:
    from sklearn.metrics import adjusted_mutual_info_score

    own = np.arange(len(vectors), dtype=np.int32)
    levels = hierarchy.levels(hierarchy.smoothed(vectors, knn.exact(vectors, vectors, K, own)))
    main = hierarchy.main_level([int(level.max()) + 1 for level in levels])
    return float(adjusted_mutual_info_score(levels[main][new], clustering[new]))


def _order(vectors: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return how near each image is to each of ``rows``: (m, n), 1 for the nearest other one."""
    similar = vectors[rows].astype(np.float32) @ vectors.astype(np.float32).T
    similar[np.arange(len(rows)), rows] = np.inf
    order = np.empty(similar.shape, np.int32)
    np.put_along_axis(order, (-similar).argsort(axis=1), np.arange(similar.shape[1]), axis=1)
    return order


def _trustworthiness(order: np.ndarray, on_map: np.ndarray) -> float:
    count = order.shape[1]
    far = np.maximum(0, np.take_along_axis(order, on_map[:, :K], axis=1) - K)
    return float(1 - 2 / (len(order) * K * (2 * count - 3 * K - 1)) * far.sum())


if __name__ == "__main__":
    main()
