"""Suggestions: how often an offer is right after so many answers, and what a page of them costs.

    python -m bench.suggestions [loop|prototypes|settings|left|mixed|similar|classes|time] …

Labels of the shared corpora stand for the person: every kind of 80 to 1,500 images is a tag, 5
images drawn by chance have it already, and each answer is the label's. Half of a corpus is
learnt from; a page of 20 of it is what the person sees next, and 20 of the other half, of which
nothing was ever offered, say what was learnt. `loop`: ways of asking and of learning.
`prototypes`: several instead of one, for tags of one kind and of two. `settings`: regularisation
and how much images drawn by chance count. `left`: the estimate of how many are left. `mixed`:
the same where some of a likely page are unsure. `similar`: labels of the 10 nearest. `classes`:
tags by their names. `time`: seconds a page.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from threadpoolctl import threadpool_limits

from bench import corpora
from bench.encoders import KINDS
from panoptic_data import encoders
from panoptic_data.labelling import active_learning, zero_shot
from panoptic_data.labelling.active_learning import Examples, Learnt, Space
from panoptic_data.vectors.matrix import Matrix

CORPORA = ("clothing-1k", "usda")
KIND = (80, 1_500)
GIVEN = 5
PAGE = 20
ASKED = 10
ANSWERS = (0, 10, 30)
SEEDS = 3
NEAREST = 10
# So many of a likely page.
UNSURE = (0, 3, 5, 20)
Learn = Callable[[Space, Examples], Learnt]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = {
        "loop": _loop,
        "prototypes": _prototypes,
        "settings": _settings,
        "left": _left,
        "mixed": _mixed,
        "similar": _similar,
        "classes": _classes,
        "time": _time,
    }
    parser.add_argument("what", nargs="*", default=list(parts))
    parser.add_argument("--encoder", default="mobilenet")
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    with threadpool_limits(1):
        for what in chosen.what:
            parts[what](chosen.encoder)


def _loop(encoder: str) -> None:
    _head(f"precision of 20, {encoder}: by answers, offered next | of the half never offered")
    ways = {
        "likely asked (ours)": (active_learning.learn, "likely"),
        "unsure asked (ours)": (active_learning.learn, "unsure"),
        "half and half (ours)": (active_learning.learn, "both"),
        "improbable drawn by chance, ours learnt": (active_learning.learn, "improbable"),
        "likely asked, prototype alone": (prototype, "likely"),
        "likely asked, prototype less that of the refused": (rocchio, "likely"),
    }
    for name in CORPORA:
        seen = corpora.seen(name, encoder)
        for way, (learn, mode) in ways.items():
            _row(name, way, _simulated(seen, learn, mode))


def _prototypes(encoder: str) -> None:
    _head(f"20 given, none answered, {encoder}: tags of one kind, then of two: next | other half")
    ways = {
        "one prototype": prototype,
        "two prototypes": partial(prototypes, 2),
        "three prototypes": partial(prototypes, 3),
        "classifier (ours)": active_learning.learn,
    }
    for name in CORPORA:
        seen = corpora.seen(name, encoder)
        for pairs in (False, True):
            for way, learn in ways.items():
                made = _simulated(seen, learn, "likely", (0,), given=20, pairs=pairs)
                _row(f"{name}{', two kinds' if pairs else ''}", way, made)


def _settings(encoder: str) -> None:
    _head(f"C, weight of what is drawn by chance, {encoder}: by answers: next | other half")
    before = active_learning.STRENGTH, active_learning.BACKGROUND_WEIGHT
    for name in CORPORA:
        seen = corpora.seen(name, encoder)
        for strength in (0.1, 1.0, 10.0):
            for weight in (0.01, 0.05, 0.5):
                active_learning.STRENGTH, active_learning.BACKGROUND_WEIGHT = strength, weight
                made = _simulated(seen, active_learning.learn, "likely")
                _row(name, f"C = {strength}, {weight}", made)
    active_learning.STRENGTH, active_learning.BACKGROUND_WEIGHT = before


def _left(encoder: str) -> None:
    print(
        f"\nHow many are left, {encoder}: median of estimate / truth, of |log2| of it, of most / "
        "least; share of ranges that hold the truth\n"
    )
    print("| corpus | asked | answers | estimates | ratio | off by 2^ | range | holds |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in CORPORA:
        seen = corpora.seen(name, encoder)
        for mode in ("likely", "unsure"):
            rows = np.array(
                [
                    (answers, *told)
                    for kind in _kinds(seen.labels)
                    for seed in range(SEEDS)
                    for answers, told in _estimates(seen, kind, mode, seed)
                ]
            )
            for low, high in ((1, 30), (31, 60)):
                _estimated(name, mode, low, high, rows[(rows[:, 0] >= low) & (rows[:, 0] <= high)])


def _estimated(name: str, mode: str, low: int, high: int, rows: np.ndarray) -> None:
    _, left, count, least, most = rows.T
    ratio, holds = count / left, (least - 0.5 <= left) & (left <= most + 0.5)
    print(
        f"| {name} | {mode} | {low} to {high} | {len(rows)} | {np.median(ratio):.2f} | "
        f"{np.median(np.abs(np.log2(ratio))):.2f} | {np.median(most / np.maximum(least, 1)):.1f} | "
        f"{holds.mean():.2f} |",
        flush=True,
    )


def _mixed(encoder: str) -> None:
    print(
        f"\nPages of {PAGE}, some of them unsure, {encoder}: as above; right of the likely of a "
        "page, of all of it\n"
    )
    print("| corpus | unsure | answers | off by 2^ | range | holds | likely right | of all |")
    print("| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |")
    for name in CORPORA:
        seen = corpora.seen(name, encoder)
        for unsure in UNSURE:
            rows = np.array(
                [
                    told
                    for kind in _kinds(seen.labels)
                    for seed in range(SEEDS)
                    for told in _mixtures(seen, kind, unsure, seed)
                ]
            )
            for low, high in ((20, 40), (60, 80)):
                some = rows[(rows[:, 0] >= low) & (rows[:, 0] <= high)]
                _, left, count, least, most, likely, right = some.T
                is_told = ~np.isnan(count) & (left > 0)
                left, count, least, most = (one[is_told] for one in (left, count, least, most))
                holds = (least - 0.5 <= left) & (left <= most + 0.5)
                off = np.abs(np.log2(np.maximum(count, 1e-3) / left))
                print(
                    f"| {name} | {unsure} | {low} to {high} | {np.median(off):.2f} | "
                    f"{np.median(most / np.maximum(least, 1)):.0f} | {holds.mean():.2f} | "
                    f"{np.nanmean(likely):.2f} | {right.mean():.1f} |",
                    flush=True,
                )


def _mixtures(seen: corpora.Seen, kind: str, unsure: int, seed: int) -> list[tuple[float, ...]]:
    """Return, page after page: answers, how many are left, the estimate, and what was right."""
    space, truth = Space.of(seen.vectors), seen.labels == kind
    random = np.random.default_rng(seed)
    known = Examples(random.choice(np.flatnonzero(truth), GIVEN, replace=False))
    everything, found = np.ones(len(truth), dtype=bool), []
    for answers in range(0, 81, PAGE):
        offer = active_learning.offer(space, known, everything, PAGE)
        estimate = offer.estimate
        likely, others = offer.rows, np.empty(0, np.intp)
        if estimate is not None and unsure:
            likely = likely[: PAGE - unsure]
            rest = everything.copy()
            rest[likely] = False
            others = active_learning.offer(space, known, rest, unsure, "unsure").rows
        told = (np.nan,) * 3
        if estimate is not None:
            told = (estimate.count, estimate.least, estimate.most)
        left = float(truth.sum() - len(known.inside))
        rows = np.concatenate([likely, others])
        is_right = truth[likely].mean() if len(likely) else np.nan
        found.append((float(answers), left, *told, float(is_right), float(truth[rows].sum())))
        known = _answered(known, rows, truth)
    return found


def _similar(_encoder: str) -> None:
    print(f"\nShare of the {NEAREST} nearest that have the image's label\n")
    print("| corpus | encoder | images | mean | worst kind |")
    print("| --- | --- | --- | --- | --- |")
    for name in CORPORA:
        for encoder in ("mobilenet", "tiny-clip", "visual"):
            seen = corpora.seen(name, encoder)
            wide = seen.vectors.astype(np.float32)
            shares = np.empty(len(wide))
            for start in range(0, len(wide), 1_000):
                near = wide[start : start + 1_000] @ wide.T
                near[np.arange(len(near)), start + np.arange(len(near))] = -2
                rows = np.argpartition(-near, NEAREST, axis=1)[:, :NEAREST]
                own = seen.labels[start : start + 1_000, None]
                shares[start : start + 1_000] = (seen.labels[rows] == own).mean(axis=1)
            by_kind = {k: shares[seen.labels == k].mean() for k in _kinds(seen.labels)}
            worst = min(by_kind, key=lambda kind: by_kind[kind])
            print(
                f"| {name} | {encoder} | {len(wide)} | {shares.mean():.3f} | "
                f"{worst}: {by_kind[worst]:.3f} |",
                flush=True,
            )


def _classes(_encoder: str) -> None:
    seen = corpora.seen("clothing-1k", "tiny-clip")
    encoder = encoders.load(corpora.specs()["tiny-clip"])
    names = sorted(set(seen.labels))
    told = [f"a photo of {KINDS.get(name, name)}" for name in names]
    words = encoder.encode_text(told)
    labels = np.searchsorted(names, seen.labels)
    cosines = seen.vectors.astype(np.float32) @ words.T
    print("\nClasses by words, clothing-1k, small CLIP: right, mean probability, error of it\n")
    print("| scale | of all | mean probability | calibration error | right of those ≥ 0.8 |")
    print("| --- | --- | --- | --- | --- |")
    scales = {f"the model's own, {encoder.scale:.1f}": encoder.scale}
    for count in (30, 100):
        some = np.random.default_rng(0).permutation(len(labels))[:count]
        scale = zero_shot.fitted(cosines[some], labels[some], encoder.scale)
        scales[f"from {count} tagged, {scale:.1f}"] = scale
    for name, scale in scales.items():
        found = zero_shot.best(Matrix.of(seen.vectors), words, scale, np.arange(len(labels)))
        right, sure = found.classes == labels, found.probabilities >= 0.8
        share = f"{right[sure].mean():.2f} of {sure.sum()}" if sure.any() else "none"
        error = _calibration_error(found.probabilities, right)
        print(
            f"| {name} | {right.mean():.3f} | {found.probabilities.mean():.3f} | {error:.3f} | "
            f"{share} |",
            flush=True,
        )


def _calibration_error(likely: np.ndarray, right: np.ndarray) -> float:
    bins = np.minimum((likely * 10).astype(int), 9)
    parts = [bins == at for at in range(10) if (bins == at).any()]
    return float(sum(abs(likely[own].mean() - right[own].mean()) * own.mean() for own in parts))


def _time(_encoder: str) -> None:
    print("\nA page of 20 after 1,000 answers, of 1,280 numbers: seconds of processor\n")
    print("| images | space, once | likely | unsure |")
    print("| --- | --- | --- | --- |")
    random = np.random.default_rng(0)
    for size in (10_000, 100_000):
        vectors = random.normal(size=(size, 1_280)).astype(np.float32)
        vectors += 0.05 * random.normal(size=1_280).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        rows = random.permutation(size)[:1_000]
        inside, refused = rows[:500], rows[500:]
        vectors[inside] += 0.02 * random.normal(size=1_280).astype(np.float32)
        vectors[inside] /= np.linalg.norm(vectors[inside], axis=1, keepdims=True)
        known = Examples(inside, accepted=inside, refused=refused)
        spent = []
        began = time.process_time()
        space = Space.of(Matrix.of(vectors))
        spent.append(time.process_time() - began)
        everything = np.ones(size, dtype=bool)
        active_learning.offer(space, Examples(inside[:9]), everything, PAGE)
        for mode in active_learning.MODES:
            began = time.process_time()
            active_learning.offer(space, known, everything, PAGE, mode)
            spent.append(time.process_time() - began)
        print(f"| {size:,} | {' | '.join(f'{one:.2f}' for one in spent)} |", flush=True)


def prototype(space: Space, known: Examples) -> Learnt:
    """Return the mean of what is inside, as if nobody had refused anything."""
    mean = space.take(known.inside).mean(axis=0)
    return Learnt("prototype", mean / np.linalg.norm(mean), 0.0)


def rocchio(space: Space, known: Examples) -> Learnt:
    """Return the mean of what is inside, less half of that of the refused (Rocchio, 1971)."""
    inside = prototype(space, known)
    if not len(known.refused):
        return inside
    outside = prototype(space, Examples(known.refused))
    return replace(inside, direction=inside.direction - outside.direction / 2)


def prototypes(count: int, space: Space, known: Examples) -> Learnt:
    """Return several means at once: a score is the nearest one's."""
    from sklearn.cluster import KMeans

    found = KMeans(count, n_init=3, random_state=0).fit(space.take(known.inside)).cluster_centers_
    means = found / np.linalg.norm(found, axis=1, keepdims=True)
    return _Several("prototype", means[0].astype(np.float32), 0.0, None, means.astype(np.float32))


class _Several(Learnt):
    def __init__(self, kind, direction, offset, worth, means) -> None:
        super().__init__(kind, direction, offset, worth)
        object.__setattr__(self, "means", means)

    def scores(self, space: Space, check=lambda: None) -> np.ndarray:
        return np.max([space.along(mean, check) for mean in self.means], axis=0)


def _kinds(labels: np.ndarray) -> list[str]:
    names, counts = np.unique(labels, return_counts=True)
    return [str(n) for n, c in zip(names, counts, strict=True) if n and KIND[0] <= c <= KIND[1]]


def _simulated(
    seen: corpora.Seen,
    learn: Learn,
    mode: str,
    answers: tuple[int, ...] = ANSWERS,
    given: int = GIVEN,
    pairs: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the precision of the next page and of the other half, by number of answers."""
    space, kinds = Space.of(Matrix.of(seen.vectors)), _kinds(seen.labels)
    made = []
    for at, kind in enumerate(kinds):
        wanted = {kind, kinds[(at + len(kinds) // 3) % len(kinds)]} if pairs else {kind}
        truth = np.isin(seen.labels, list(wanted))
        for seed in range(SEEDS):
            made.append(_one(space, truth, learn, mode, answers, given, seed))
    means = np.mean(made, axis=0)
    return means[0], means[1]


def _one(
    space: Space,
    truth: np.ndarray,
    learn: Learn,
    mode: str,
    answers: tuple[int, ...],
    given: int,
    seed: int,
) -> tuple[list[float], list[float]]:
    random = np.random.default_rng(seed)
    pool = random.random(len(truth)) < 0.5
    first = random.choice(np.flatnonzero(truth & pool), given, replace=False)
    known = Examples(first)
    ahead, beyond, said = [], [], 0
    for wanted in answers:
        while said < wanted:
            asked = _asked(space, known, pool, learn, mode, random)[: wanted - said]
            known = _answered(known, asked, truth)
            said += len(asked)
        scores = learn(space, known).scores(space)
        ahead.append(truth[_top(scores, _free(pool, known), PAGE)].mean())
        beyond.append(truth[_top(scores, ~pool, PAGE)].mean())
    return ahead, beyond


def _asked(
    space: Space,
    known: Examples,
    pool: np.ndarray,
    learn: Learn,
    mode: str,
    random: np.random.Generator,
) -> np.ndarray:
    if mode in active_learning.MODES and learn is active_learning.learn:
        return active_learning.offer(space, known, pool, ASKED, mode).rows
    if mode == "both":
        likely = active_learning.offer(space, known, pool, ASKED // 2, "likely").rows
        unsure = active_learning.offer(space, known, pool, ASKED, "unsure").rows
        return np.concatenate([likely, np.setdiff1d(unsure, likely)])[:ASKED]
    scores, free = learn(space, known).scores(space), _free(pool, known)
    if mode == "likely":
        return _top(scores, free, ASKED)
    rows = np.flatnonzero(free)
    improbable = rows[np.argsort(scores[rows])[: len(rows) // 2]]
    return random.choice(improbable, ASKED, replace=False)


def _answered(known: Examples, rows: np.ndarray, truth: np.ndarray) -> Examples:
    right, wrong = rows[truth[rows]], rows[~truth[rows]]
    return Examples(
        np.concatenate([known.inside, right]),
        accepted=np.concatenate([known.accepted, right]),
        refused=np.concatenate([known.refused, wrong]),
    )


def _estimates(
    seen: corpora.Seen, kind: str, mode: str, seed: int
) -> list[tuple[int, tuple[float, float, float, float]]]:
    """Return answers, how many are left, and the estimate, page after page; all is offered."""
    space, truth = Space.of(Matrix.of(seen.vectors)), seen.labels == kind
    random = np.random.default_rng(seed)
    known = Examples(random.choice(np.flatnonzero(truth), GIVEN, replace=False))
    everything, found = np.ones(len(truth), dtype=bool), []
    for answers in range(0, 61, ASKED):
        offer = active_learning.offer(space, known, everything, ASKED, mode)
        left = float(truth.sum() - len(known.inside))
        if offer.estimate is not None and left:
            told = (left, offer.estimate.count, offer.estimate.least, offer.estimate.most)
            found.append((answers, told))
        known = _answered(known, offer.rows, truth)
    return found


def _free(pool: np.ndarray, known: Examples) -> np.ndarray:
    free = pool.copy()
    free[known.inside] = free[known.refused] = False
    return free


def _top(scores: np.ndarray, among: np.ndarray, count: int) -> np.ndarray:
    rows = np.flatnonzero(among)
    return rows[np.argsort(-scores[rows], kind="stable")[:count]]


def _head(what: str) -> None:
    print(f"\n{what}\n\n| corpus | way | next | other half |\n| --- | --- | --- | --- |")


def _row(name: str, way: str, made: tuple[np.ndarray, np.ndarray]) -> None:
    told = (", ".join(f"{share:.3f}" for share in part) for part in made)
    print(f"| {name} | {way} | {' | '.join(told)} |", flush=True)


if __name__ == "__main__":
    main()
