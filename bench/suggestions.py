"""Suggestions: their precision by number of answers, and the time of a page.

    python -m bench.suggestions [loop|prototypes|settings|left|mixed|similar|classes|time] …

Labels of the shared corpora simulate the person: every label of 80 to 1,500 images is a tag, 5
random images have it already, and each answer is that of the label. Images are selected from one
half of a corpus. Measured are the next page of 20 of that half, and the best 20 of the other half,
of which nothing is ever selected. `loop`: selection modes and models. `prototypes`: several
prototypes instead of one, for tags of one label and of two. `settings`: regularisation and weight
of the background. `left`: the estimate of how many are left. `mixed`: the same with some unsure
images on each likely page. `similar`: labels of the 10 nearest neighbours. `classes`: zero-shot
classification by the tags' names. `time`: processor seconds a page.
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
from panoptic_data.labelling.active_learning import Examples, Model, Space
from panoptic_data.vectors.matrix import Matrix

CORPORA = ("clothing-1k", "usda")
LABEL_SIZE = (80, 1_500)
GIVEN = 5
PAGE = 20
ANSWERED = 10
ANSWERS = (0, 10, 30)
SEEDS = 3
NEAREST = 10
# How many of a page of suggestions are unsure ones.
UNSURE = (0, 3, 5, 20)
Fit = Callable[[Space, Examples], Model]


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
        for part in chosen.what:
            parts[part](chosen.encoder)


def _loop(encoder: str) -> None:
    _print_header(
        f"precision of 20, {encoder}: by answers, offered next | of the half never offered"
    )
    ways = {
        "likely asked (ours)": (active_learning.fit, "likely"),
        "unsure asked (ours)": (active_learning.fit, "unsure"),
        "half and half (ours)": (active_learning.fit, "both"),
        "improbable drawn by chance, ours learnt": (active_learning.fit, "improbable"),
        "likely asked, prototype alone": (prototype, "likely"),
        "likely asked, prototype less that of the refused": (rocchio, "likely"),
    }
    for name in CORPORA:
        seen = corpora.embedded(name, encoder)
        for way, (fit_model, mode) in ways.items():
            _print_row(name, way, _simulate(seen, fit_model, mode))


def _prototypes(encoder: str) -> None:
    _print_header(
        f"20 given, none answered, {encoder}: tags of one kind, then of two: next | other half"
    )
    ways = {
        "one prototype": prototype,
        "two prototypes": partial(prototypes, 2),
        "three prototypes": partial(prototypes, 3),
        "classifier (ours)": active_learning.fit,
    }
    for name in CORPORA:
        seen = corpora.embedded(name, encoder)
        for pairs in (False, True):
            for way, fit_model in ways.items():
                precisions = _simulate(seen, fit_model, "likely", (0,), given=20, pairs=pairs)
                _print_row(f"{name}{', two kinds' if pairs else ''}", way, precisions)


def _settings(encoder: str) -> None:
    _print_header(f"C, weight of what is drawn by chance, {encoder}: by answers: next | other half")
    before = active_learning.STRENGTH, active_learning.BACKGROUND_WEIGHT
    for name in CORPORA:
        seen = corpora.embedded(name, encoder)
        for strength in (0.1, 1.0, 10.0):
            for weight in (0.01, 0.05, 0.5):
                active_learning.STRENGTH, active_learning.BACKGROUND_WEIGHT = strength, weight
                precisions = _simulate(seen, active_learning.fit, "likely")
                _print_row(name, f"C = {strength}, {weight}", precisions)
    active_learning.STRENGTH, active_learning.BACKGROUND_WEIGHT = before


def _left(encoder: str) -> None:
    print(
        f"\nHow many are left, {encoder}: median of estimate / truth, of |log2| of it, of most / "
        "least; share of ranges that hold the truth\n"
    )
    print("| corpus | asked | answers | estimates | ratio | off by 2^ | range | holds |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in CORPORA:
        seen = corpora.embedded(name, encoder)
        for mode in ("likely", "unsure"):
            rows = np.array(
                [
                    (answers, *estimate)
                    for label in _labels(seen.labels)
                    for seed in range(SEEDS)
                    for answers, estimate in _estimates(seen, label, mode, seed)
                ]
            )
            for low, high in ((1, 30), (31, 60)):
                _print_estimates(
                    name, mode, low, high, rows[(rows[:, 0] >= low) & (rows[:, 0] <= high)]
                )


def _print_estimates(name: str, mode: str, low: int, high: int, rows: np.ndarray) -> None:
    _, left, count, least, most = rows.T
    ratio, is_within = count / left, (least - 0.5 <= left) & (left <= most + 0.5)
    print(
        f"| {name} | {mode} | {low} to {high} | {len(rows)} | {np.median(ratio):.2f} | "
        f"{np.median(np.abs(np.log2(ratio))):.2f} | {np.median(most / np.maximum(least, 1)):.1f} | "
        f"{is_within.mean():.2f} |",
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
        seen = corpora.embedded(name, encoder)
        for unsure in UNSURE:
            rows = np.array(
                [
                    row
                    for label in _labels(seen.labels)
                    for seed in range(SEEDS)
                    for row in _mixtures(seen, label, unsure, seed)
                ]
            )
            for low, high in ((20, 40), (60, 80)):
                some = rows[(rows[:, 0] >= low) & (rows[:, 0] <= high)]
                _, left, count, least, most, likely, right = some.T
                is_known = ~np.isnan(count) & (left > 0)
                left, count, least, most = (
                    values[is_known] for values in (left, count, least, most)
                )
                is_within = (least - 0.5 <= left) & (left <= most + 0.5)
                off = np.abs(np.log2(np.maximum(count, 1e-3) / left))
                print(
                    f"| {name} | {unsure} | {low} to {high} | {np.median(off):.2f} | "
                    f"{np.median(most / np.maximum(least, 1)):.0f} | {is_within.mean():.2f} | "
                    f"{np.nanmean(likely):.2f} | {right.mean():.1f} |",
                    flush=True,
                )


def _mixtures(
    seen: corpora.EmbeddedCorpus, label: str, unsure: int, seed: int
) -> list[tuple[float, ...]]:
    """Return, page after page: answers, how many are left, the estimate, how many are right."""
    space, truth = Space.of(Matrix.of(seen.vectors)), seen.labels == label
    random = np.random.default_rng(seed)
    examples = Examples(random.choice(np.flatnonzero(truth), GIVEN, replace=False))
    is_candidate, pages = np.ones(len(truth), dtype=bool), []
    for answers in range(0, 81, PAGE):
        selection = active_learning.select(space, examples, is_candidate, PAGE)
        estimate = selection.estimate
        likely, others = selection.rows, np.empty(0, np.intp)
        if estimate is not None and unsure:
            likely = likely[: PAGE - unsure]
            rest = is_candidate.copy()
            rest[likely] = False
            others = active_learning.select(space, examples, rest, unsure, "unsure").rows
        estimated = (np.nan,) * 3
        if estimate is not None:
            estimated = (estimate.count, estimate.least, estimate.most)
        left = float(truth.sum() - len(examples.inside))
        rows = np.concatenate([likely, others])
        is_right = truth[likely].mean() if len(likely) else np.nan
        page = (float(answers), left, *estimated, float(is_right), float(truth[rows].sum()))
        pages.append(page)
        examples = _with_answers(examples, rows, truth)
    return pages


def _similar(_encoder: str) -> None:
    print(f"\nShare of the {NEAREST} nearest that have the image's label\n")
    print("| corpus | encoder | images | mean | worst kind |")
    print("| --- | --- | --- | --- | --- |")
    for name in CORPORA:
        for encoder in ("mobilenet", "tiny-clip", "visual"):
            seen = corpora.embedded(name, encoder)
            vectors = seen.vectors.astype(np.float32)
            shares = np.empty(len(vectors))
            for start in range(0, len(vectors), 1_000):
                cosines = vectors[start : start + 1_000] @ vectors.T
                cosines[np.arange(len(cosines)), start + np.arange(len(cosines))] = -2
                rows = np.argpartition(-cosines, NEAREST, axis=1)[:, :NEAREST]
                own = seen.labels[start : start + 1_000, None]
                shares[start : start + 1_000] = (seen.labels[rows] == own).mean(axis=1)
            by_label = {
                label: shares[seen.labels == label].mean() for label in _labels(seen.labels)
            }
            worst = min(by_label, key=lambda label: by_label[label])
            print(
                f"| {name} | {encoder} | {len(vectors)} | {shares.mean():.3f} | "
                f"{worst}: {by_label[worst]:.3f} |",
                flush=True,
            )


def _classes(_encoder: str) -> None:
    seen = corpora.embedded("clothing-1k", "tiny-clip")
    encoder = encoders.load(corpora.specs()["tiny-clip"])
    names = sorted(set(seen.labels))
    prompts = [f"a photo of {KINDS.get(name, name)}" for name in names]
    text_vectors = encoder.encode_text(prompts)
    labels = np.searchsorted(names, seen.labels)
    cosines = seen.vectors.astype(np.float32) @ text_vectors.T
    print("\nClasses by words, clothing-1k, small CLIP: right, mean probability, error of it\n")
    print("| scale | of all | mean probability | calibration error | right of those ≥ 0.8 |")
    print("| --- | --- | --- | --- | --- |")
    scales = {f"the model's own, {encoder.scale:.1f}": encoder.scale}
    for count in (30, 100):
        some = np.random.default_rng(0).permutation(len(labels))[:count]
        scale = zero_shot.fit_scale(cosines[some], labels[some], encoder.scale)
        scales[f"from {count} tagged, {scale:.1f}"] = scale
    for name, scale in scales.items():
        best = zero_shot.best_classes(
            Matrix.of(seen.vectors), text_vectors, scale, np.arange(len(labels))
        )
        right, sure = best.classes == labels, best.probabilities >= 0.8
        share = f"{right[sure].mean():.2f} of {sure.sum()}" if sure.any() else "none"
        error = _calibration_error(best.probabilities, right)
        print(
            f"| {name} | {right.mean():.3f} | {best.probabilities.mean():.3f} | {error:.3f} | "
            f"{share} |",
            flush=True,
        )


def _calibration_error(likely: np.ndarray, right: np.ndarray) -> float:
    bins = np.minimum((likely * 10).astype(int), 9)
    parts = [bins == index for index in range(10) if (bins == index).any()]
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
        examples = Examples(inside, accepted=inside, refused=refused)
        spent = []
        began = time.process_time()
        space = Space.of(Matrix.of(vectors))
        spent.append(time.process_time() - began)
        is_candidate = np.ones(size, dtype=bool)
        active_learning.select(space, Examples(inside[:9]), is_candidate, PAGE)
        for mode in active_learning.MODES:
            began = time.process_time()
            active_learning.select(space, examples, is_candidate, PAGE, mode)
            spent.append(time.process_time() - began)
        print(f"| {size:,} | {' | '.join(f'{seconds:.2f}' for seconds in spent)} |", flush=True)


def prototype(space: Space, examples: Examples) -> Model:
    """Return the mean of the positive examples; refused ones are ignored."""
    mean = space.take(examples.inside).mean(axis=0)
    return Model("prototype", mean / np.linalg.norm(mean), 0.0)


def rocchio(space: Space, examples: Examples) -> Model:
    """Return the mean of the positive examples less half that of the refused (Rocchio, 1971)."""
    inside = prototype(space, examples)
    if not len(examples.refused):
        return inside
    outside = prototype(space, Examples(examples.refused))
    return replace(inside, direction=inside.direction - outside.direction / 2)


def prototypes(count: int, space: Space, examples: Examples) -> Model:
    """Return several prototypes at once; a score is that of the nearest."""
    from sklearn.cluster import KMeans

    clustering = KMeans(count, n_init=3, random_state=0).fit(space.take(examples.inside))
    centres = clustering.cluster_centers_
    means = centres / np.linalg.norm(centres, axis=1, keepdims=True)
    return _NearestPrototype(
        "prototype", means[0].astype(np.float32), 0.0, None, means.astype(np.float32)
    )


class _NearestPrototype(Model):
    def __init__(self, kind, direction, offset, calibration, means) -> None:
        super().__init__(kind, direction, offset, calibration)
        object.__setattr__(self, "means", means)

    def scores(self, space: Space, check=lambda: None) -> np.ndarray:
        return np.max([space.dot(mean, check) for mean in self.means], axis=0)


def _labels(labels: np.ndarray) -> list[str]:
    names, counts = np.unique(labels, return_counts=True)
    return [
        str(n)
        for n, c in zip(names, counts, strict=True)
        if n and LABEL_SIZE[0] <= c <= LABEL_SIZE[1]
    ]


def _simulate(
    seen: corpora.EmbeddedCorpus,
    fit_model: Fit,
    mode: str,
    answers: tuple[int, ...] = ANSWERS,
    given: int = GIVEN,
    pairs: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the precision of the next page and of the other half, by number of answers."""
    space, labels = Space.of(Matrix.of(seen.vectors)), _labels(seen.labels)
    precisions = []
    for index, label in enumerate(labels):
        tagged = {label, labels[(index + len(labels) // 3) % len(labels)]} if pairs else {label}
        truth = np.isin(seen.labels, list(tagged))
        for seed in range(SEEDS):
            precisions.append(_simulate_tag(space, truth, fit_model, mode, answers, given, seed))
    means = np.mean(precisions, axis=0)
    return means[0], means[1]


def _simulate_tag(
    space: Space,
    truth: np.ndarray,
    fit_model: Fit,
    mode: str,
    answers: tuple[int, ...],
    given: int,
    seed: int,
) -> tuple[list[float], list[float]]:
    random = np.random.default_rng(seed)
    pool = random.random(len(truth)) < 0.5
    first = random.choice(np.flatnonzero(truth & pool), given, replace=False)
    examples = Examples(first)
    next_page, other_half, answered = [], [], 0
    for target in answers:
        while answered < target:
            rows = _select(space, examples, pool, fit_model, mode, random)[: target - answered]
            examples = _with_answers(examples, rows, truth)
            answered += len(rows)
        scores = fit_model(space, examples).scores(space)
        next_page.append(truth[_top(scores, _free(pool, examples), PAGE)].mean())
        other_half.append(truth[_top(scores, ~pool, PAGE)].mean())
    return next_page, other_half


def _select(
    space: Space,
    examples: Examples,
    pool: np.ndarray,
    fit_model: Fit,
    mode: str,
    random: np.random.Generator,
) -> np.ndarray:
    if mode in active_learning.MODES and fit_model is active_learning.fit:
        return active_learning.select(space, examples, pool, ANSWERED, mode).rows
    if mode == "both":
        likely = active_learning.select(space, examples, pool, ANSWERED // 2, "likely").rows
        unsure = active_learning.select(space, examples, pool, ANSWERED, "unsure").rows
        return np.concatenate([likely, np.setdiff1d(unsure, likely)])[:ANSWERED]
    scores, free = fit_model(space, examples).scores(space), _free(pool, examples)
    if mode == "likely":
        return _top(scores, free, ANSWERED)
    rows = np.flatnonzero(free)
    improbable = rows[np.argsort(scores[rows])[: len(rows) // 2]]
    return random.choice(improbable, ANSWERED, replace=False)


def _with_answers(examples: Examples, rows: np.ndarray, truth: np.ndarray) -> Examples:
    right, wrong = rows[truth[rows]], rows[~truth[rows]]
    return Examples(
        np.concatenate([examples.inside, right]),
        accepted=np.concatenate([examples.accepted, right]),
        refused=np.concatenate([examples.refused, wrong]),
    )


def _estimates(
    seen: corpora.EmbeddedCorpus, label: str, mode: str, seed: int
) -> list[tuple[int, tuple[float, float, float, float]]]:
    """Return, page after page: answers, how many are left, and the estimate."""
    space, truth = Space.of(Matrix.of(seen.vectors)), seen.labels == label
    random = np.random.default_rng(seed)
    examples = Examples(random.choice(np.flatnonzero(truth), GIVEN, replace=False))
    is_candidate, pages = np.ones(len(truth), dtype=bool), []
    for answers in range(0, 61, ANSWERED):
        selection = active_learning.select(space, examples, is_candidate, ANSWERED, mode)
        left = float(truth.sum() - len(examples.inside))
        if selection.estimate is not None and left:
            estimate = selection.estimate
            pages.append((answers, (left, estimate.count, estimate.least, estimate.most)))
        examples = _with_answers(examples, selection.rows, truth)
    return pages


def _free(pool: np.ndarray, examples: Examples) -> np.ndarray:
    is_free = pool.copy()
    is_free[examples.inside] = is_free[examples.refused] = False
    return is_free


def _top(scores: np.ndarray, among: np.ndarray, count: int) -> np.ndarray:
    rows = np.flatnonzero(among)
    return rows[np.argsort(-scores[rows], kind="stable")[:count]]


def _print_header(what: str) -> None:
    print(f"\n{what}\n\n| corpus | way | next | other half |\n| --- | --- | --- | --- |")


def _print_row(name: str, way: str, precisions: tuple[np.ndarray, np.ndarray]) -> None:
    cells = (", ".join(f"{share:.3f}" for share in part) for part in precisions)
    print(f"| {name} | {way} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
