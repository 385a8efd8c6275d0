"""Duplicates: which real edits each hash and each encoder finds, and the time and memory it takes.

    python -m bench.duplicates [hashes|groups|semantic|alike|shipped|scale] … [--images 100000]

`hashes`: share of edits within a radius of their original, and pairs of other corpora within
it, nearly all false. `groups`: the groups that `detect.update` finds in the three corpora with
MobileNet's neighbours, and with those of each encoder in neardup, by edit.
`semantic`: the same by embedding and threshold. `alike`: see `bench.alike`. `shipped`: precision
and recall of pairs by edit, for each hash, for near groups and for encoders, at the thresholds in
use. `scale`: seconds and memory of finding pairs.
"""

from __future__ import annotations

import argparse
import csv
import resource
import time

import numpy as np
import polars as pl

from bench import alike, corpora
from panoptic_data.duplicates import detect, hamming
from panoptic_data.storage.tables import Database
from panoptic_data.vectors import neighbours

HASHES = ("ahash", "phash", "dhash")
RADII = (2, 4, 6, 8, 10, 12)
ENCODERS = ("mobilenet", "tiny-clip", "visual")
THRESHOLDS = (0.8, 0.85, 0.9, 0.92, 0.95, 0.97, 0.98, 0.99)
OTHERS = ("clothing-1k", "usda")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", default=list(PARTS))
    parser.add_argument("--images", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    chosen = parser.parse_args()
    for part in chosen.what:
        PARTS[part](chosen.images)


def _truth() -> pl.DataFrame:
    """Return ``sha1, group, transform`` of every file of neardup, and its original's sha1."""
    with (corpora.DATA / "neardup" / "truth.csv").open(encoding="utf-8") as lines:
        rows = pl.DataFrame(list(csv.DictReader(lines)))
    files = corpora.corpus("neardup").database().frame("files").select("sha1", file="path")
    truth = rows.join(files, on="file")
    originals = truth.filter(transform="orig").select("group", original="sha1")
    return truth.join(originals, on="group").sort("file")


def _hashes(_sizes: list[int]) -> None:
    truth = _truth().filter(pl.col("transform") != "orig")
    images = corpora.corpus("neardup").database().frame("images")
    print("\nShare of edits within the radius of their original, and pairs in other corpora\n")
    print(
        f"| hash | radius | {' | '.join(sorted(set(truth['transform'])))} | {' | '.join(OTHERS)} |"
    )
    print("| --- " * (2 + truth["transform"].n_unique() + len(OTHERS)) + "|")
    others = {name: corpora.corpus(name).database().frame("images") for name in OTHERS}
    for kind in HASHES:
        hash_of = dict(images.select("sha1", kind).iter_rows())
        bits = [
            (hash_of[a] ^ hash_of[b]).bit_count() for a, b in truth["sha1", "original"].iter_rows()
        ]
        for radius in RADII:
            shares = truth.with_columns(near=pl.Series(bits) <= radius)
            shares = shares.group_by("transform").agg(pl.col("near").mean()).sort("transform")
            cells = [f"{share:.2f}" for share in shares["near"]]
            pairs = [str(_count(rows[kind].to_numpy(), radius)) for rows in others.values()]
            print(f"| {kind} | {radius} | {' | '.join(cells + pairs)} |", flush=True)


def _count(hashes: np.ndarray, radius: int) -> int:
    near = sum(int((np.bitwise_count(hashes ^ query) <= radius).sum()) for query in hashes)
    return (near - len(hashes)) // 2


def _groups(_sizes: list[int]) -> None:
    print("\nGroups that `detect.update` finds\n")
    print("| corpus | encoder | images | seconds (cpu) | radius used | near groups | members |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    shares = {}
    for name, encoder in (
        *(("neardup", encoder) for encoder in (None, *ENCODERS)),
        *((name, "mobilenet") for name in OTHERS),
    ):
        project = corpora.corpus(name)
        slugs = [] if encoder is None else [corpora.embedded(name, encoder).slug]
        for slug in slugs:
            neighbours.update(project, slug, "bench")
        began, spent = time.perf_counter(), time.process_time()
        result = detect.update(project, "bench", slugs)
        seconds = f"{time.perf_counter() - began:.2f} ({time.process_time() - spent:.2f})"
        rows = project.database().frame("duplicates").filter(kind="near")
        count = project.database().count("images")
        print(
            f"| {name} | {encoder} | {count} | {seconds} | {result.extra['radius_used']} | "
            f"{rows['group'].n_unique()} | {rows.height} |",
            flush=True,
        )
        if name == "neardup":
            shares[f"near, {encoder}"] = dict(rows.select("sha1", "group").iter_rows())
    for name, group_of in shares.items():
        _by_edit(name, group_of)


def _by_edit(name: str, group_of: dict[str, str]) -> None:
    """Print the share of each edit grouped with its original; precision and recall of pairs."""
    truth = _truth()
    is_grouped = [
        sha1 == original or (sha1 in group_of and group_of[sha1] == group_of.get(original))
        for sha1, original in truth["sha1", "original"].iter_rows()
    ]
    shares = truth.with_columns(found=pl.Series(is_grouped)).filter(pl.col("transform") != "orig")
    shares = shares.group_by("transform").agg(pl.col("found").mean()).sort("transform")
    images = truth.unique("sha1").with_columns(
        detected=pl.col("sha1").replace_strict(group_of, default=None, return_dtype=pl.String)
    )
    grouped = images.drop_nulls("detected")
    all_pairs = _count_pairs(grouped, "detected")
    right = _count_pairs(grouped, "detected", "group")
    print(
        f"\n{name}: precision of pairs {right / max(1, all_pairs):.3f}, "
        f"recall {right / _count_pairs(images, 'group'):.3f}\n"
    )
    print(f"| {' | '.join(shares['transform'])} |\n" + "| --- " * shares.height + "|")
    print("| " + " | ".join(f"{share:.2f}" for share in shares["found"]) + " |", flush=True)


def _count_pairs(rows: pl.DataFrame, *columns: str) -> int:
    sizes = rows.group_by(columns).len()["len"].cast(pl.Int64)
    return int((sizes * (sizes - 1) // 2).sum())


def _semantic(_sizes: list[int]) -> None:
    for encoder in ENCODERS:
        near = corpora.embedded("neardup", encoder)
        others = {name: _highest(corpora.embedded(name, encoder)) for name in OTHERS}
        row_of = {sha1: row for row, sha1 in enumerate(near.sha1s)}
        truth = _truth().filter(pl.col("transform") != "orig")
        left, right = (
            np.array([row_of[sha1] for sha1 in truth[column]]) for column in ("sha1", "original")
        )
        vectors = near.vectors.astype(np.float32)
        cosines = (vectors[left] * vectors[right]).sum(axis=1)
        print(
            f"\n{encoder}: share of edits as similar as the threshold to their original; share "
            "of images of other corpora with a neighbour as similar\n"
        )
        edits = sorted(set(truth["transform"]))
        print(f"| threshold | {' | '.join(edits)} | {' | '.join(OTHERS)} |")
        print("| --- " * (1 + len(edits) + len(OTHERS)) + "|")
        for threshold in THRESHOLDS:
            shares = truth.with_columns(near=pl.Series(cosines >= threshold))
            shares = shares.group_by("transform").agg(pl.col("near").mean()).sort("transform")
            cells = [f"{share:.2f}" for share in shares["near"]]
            similar = [f"{(top >= threshold).mean():.3f}" for top in others.values()]
            print(f"| {threshold} | {' | '.join(cells + similar)} |", flush=True)
        neighbours.update(near.project, near.slug, "bench")
        detect.update(near.project, "bench", [near.slug])
        rows = near.project.database().frame("duplicates").filter(kind=f"semantic:{near.slug}")
        _by_edit(f"groups under {encoder}", dict(rows.select("sha1", "group").iter_rows()))


def _highest(seen: corpora.EmbeddedCorpus) -> np.ndarray:
    neighbours.update(seen.project, seen.slug, "bench")
    return neighbours.read(seen.project, seen.slug).lists.similarities[:, 0]


def _shipped(_sizes: list[int]) -> None:
    truth = _truth().unique("sha1", keep="first", maintain_order=True)
    near = corpora.corpus("neardup")
    candidates = corpora.embedded("neardup", "mobilenet")
    neighbours.update(near, candidates.slug, "bench")
    detect.update(near, "bench", [candidates.slug])
    images = near.database().frame("images")
    ways = {f"{kind}, {detect.RADIUS} bits": _within_radius(truth, images, kind) for kind in HASHES}
    ways["near groups"] = _same_group(truth, near.database(), "near")
    for encoder in ENCODERS:
        seen = corpora.embedded("neardup", encoder)
        least = detect.SIMILARITY[seen.slug.partition("-")[0]]
        ways[f"{encoder}, cosine {least}"] = _within_cosine(truth, seen, least)
        neighbours.update(seen.project, seen.slug, "bench")
        detect.update(seen.project, "bench", [seen.slug])
        kind = f"semantic:{seen.slug}"
        ways[f"{encoder}, groups"] = _same_group(truth, seen.project.database(), kind)
    groups = truth["group"].to_numpy()
    same = groups[:, None] == groups
    edits = sorted(set(truth["transform"]) - {"orig"})
    original = (truth["sha1"] == truth["original"]).to_numpy()
    print(
        "\nneardup: share of edits found with their original / of an edit's pairs that are right\n"
    )
    print(f"| way | {' | '.join(edits)} | all pairs |\n" + "| --- " * (2 + len(edits)) + "|")
    for way, pairs in ways.items():
        np.fill_diagonal(pairs, val=False)
        cells = [
            _recall_and_precision(
                pairs, same, (truth["transform"] == edit).to_numpy() & ~original, original
            )
            for edit in edits
        ]
        recall = (pairs & same).sum() / (same.sum() - len(same))
        precision = (pairs & same).sum() / max(1, pairs.sum())
        print(f"| {way} | {' | '.join(cells)} | {recall:.2f} / {precision:.3f} |", flush=True)


def _recall_and_precision(
    pairs: np.ndarray, same: np.ndarray, rows: np.ndarray, original: np.ndarray
) -> str:
    """Return recall (edit and original) and precision (edit and anything) of some rows."""
    if not rows.any():
        return "–"
    recall = (pairs & same)[rows][:, original].any(axis=1).mean()
    count = pairs[rows].sum()
    precision = f"{(pairs & same)[rows].sum() / count:.2f}" if count else "–"
    return f"{recall:.2f} / {precision}"


def _within_radius(truth: pl.DataFrame, images: pl.DataFrame, kind: str) -> np.ndarray:
    joined = truth.join(images.select("sha1", kind), on="sha1", how="left", maintain_order="left")
    hashes = joined[kind].to_numpy()
    return np.bitwise_count(hashes[:, None] ^ hashes) <= detect.RADIUS


def _within_cosine(truth: pl.DataFrame, seen: corpora.EmbeddedCorpus, least: float) -> np.ndarray:
    row_of = {sha1: row for row, sha1 in enumerate(seen.sha1s)}
    vectors = seen.vectors[[row_of[sha1] for sha1 in truth["sha1"]]].astype(np.float32)
    return vectors @ vectors.T >= least


def _same_group(truth: pl.DataFrame, database: Database, kind: str) -> np.ndarray:
    rows = database.frame("duplicates").filter(kind=kind)
    group_of = dict(rows.select("sha1", "group").iter_rows())
    groups = np.array([group_of.get(sha1, sha1) for sha1 in truth["sha1"]])
    return groups[:, None] == groups


def _scale(sizes: list[int]) -> None:
    print("\nFinding the pairs of random hashes, one in a hundred planted 6 flipped bits away\n")
    print("| hashes | radius | pairs | seconds (cpu) | peak memory |")
    print("| --- | --- | --- | --- | --- |")
    for size in sizes:
        random = np.random.default_rng(0)
        hashes = random.integers(0, 2**64, size, dtype=np.uint64)
        planted = hashes[random.integers(0, size, size // 100)]
        for _ in range(6):
            planted ^= np.uint64(1) << random.integers(0, 64, len(planted), dtype=np.uint64)
        hashes[-len(planted) :] = planted
        for radius in (6, 8, 10):
            began, spent = time.perf_counter(), time.process_time()
            left, _ = hamming.pairs(hashes, radius)
            seconds = f"{time.perf_counter() - began:.1f} ({time.process_time() - spent:.1f})"
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            print(f"| {size:,} | {radius} | {len(left)} | {seconds} | {peak} MB |", flush=True)


PARTS = {
    "hashes": _hashes,
    "groups": _groups,
    "semantic": _semantic,
    "alike": alike.print_table,
    "shipped": _shipped,
    "scale": _scale,
}


if __name__ == "__main__":
    main()
