"""Which images may belong to a group, too, learnt from its images and from refused ones: pure.

Arrays in, arrays out, deterministic. With few examples the images nearest to their mean are
selected (a prototype); from ``CLASSIFIER_FROM`` examples on, or once an image was refused, a
logistic regression separates the examples from refused images and from a random background. The
background has little weight: most of it does not belong, but nobody said so. Vectors are centred
on their mean, since encoders place all photographs on one side of the sphere. Every choice was
measured (``bench/suggestions.py``).

Not here: a project's images and their tags (``suggest``), answers (``answers``), predictions from
names (``zero_shot``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from panoptic_data.vectors.matrix import Matrix

__all__ = [
    "MODES",
    "Check",
    "Estimate",
    "Examples",
    "Model",
    "Selection",
    "Space",
    "fit",
    "nearest",
    "select",
]

Rows = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Check = Callable[[], object]
"""Called repeatedly during long work; cancels it by raising."""

MODES = ("likely", "unsure")
# With fewer examples a regression is worse than their mean.
CLASSIFIER_FROM = 5
# Training examples of each kind: bounds the training time, whatever the size of the corpus.
MAX_TRAINING = 500
# The weight of a background image relative to a refused one.
BACKGROUND_WEIGHT = 0.05
# Inverse regularisation strength, for vectors of unit length.
STRENGTH = 1.0
MAX_ITERATIONS = 200
FOLDS = 3
# With fewer answers of one kind scores are not calibrated.
CALIBRATED_FROM = 3
# Background images count as outside where they score below this quantile of those that belong.
LOW_QUANTILE = 0.25
# Standard deviations of the prior of slope and offset, around (1, 0): a score is its own logit.
PRIOR_DEVIATION = (1.0, 2.0)
NEWTON_STEPS = 50
# Draws from the posterior that give the range of the estimate, and the quantiles of its ends.
DRAWS = 400
RANGE_QUANTILES = (0.01, 0.99)
# The most diverse images are chosen from so many times as many nearest to the margin.
POOL = 6
BLOCK_ROWS = 16_384


def _never() -> None:
    pass


@dataclass(frozen=True)
class Space:
    """Vectors centred on their mean and scaled to unit length, computed on the fly.

    ``vectors`` (n, d) are the original ones, of unit length and not copied; ``mean`` (d,) float32;
    ``inverse`` (n,) float32 is one over the length of each centred vector.
    """

    vectors: Matrix
    mean: Floats
    inverse: Floats

    @classmethod
    def of(cls, vectors: Matrix, check: Check = _never) -> Space:
        """Return the space of vectors (n, d) of unit length."""
        total = np.zeros(vectors.shape[1], np.float64)
        for block in _blocks(vectors, check):
            total += block.sum(axis=0, dtype=np.float64)
        mean = (total / max(1, len(vectors))).astype(np.float32)
        squares = [
            np.einsum("ij,ij->i", block, block) - 2 * (block @ mean) + mean @ mean
            for block in _blocks(vectors, check)
        ]
        lengths = np.sqrt(np.maximum(np.concatenate([*squares, np.empty(0, np.float32)]), 1e-12))
        return cls(vectors, mean, (1 / lengths).astype(np.float32))

    def take(self, rows: Rows) -> Floats:
        """Return some rows: (len(rows), d) float32."""
        taken: Floats = (self.vectors[rows] - self.mean) * self.inverse[rows, None]
        return taken

    def dot(self, direction: Floats, check: Check = _never) -> Floats:
        """Return the scalar product of each row and a direction (d,): (n,) float32."""
        check()
        products: Floats = (self.vectors.dot(direction) - self.mean @ direction) * self.inverse
        return products


@dataclass(frozen=True)
class Examples:
    """The labelled rows of a space.

    ``inside`` belong to the group, ``outside`` do not. ``accepted`` are the rows of ``inside``, and
    ``refused`` further rows outside, that were answered by people when suggested: calibration uses
    only these.
    """

    inside: Rows
    outside: Rows = field(default_factory=lambda: np.empty(0, np.intp))
    accepted: Rows = field(default_factory=lambda: np.empty(0, np.intp))
    refused: Rows = field(default_factory=lambda: np.empty(0, np.intp))


@dataclass(frozen=True)
class Curve:
    """Calibration of scores: ``line`` is slope and offset of the logit, with covariance (2, 2)."""

    line: Doubles
    covariance: Doubles

    def logits(self, scores: npt.NDArray[Any]) -> Doubles:
        """Return the logits of scores; they never decrease as scores rise."""
        return np.asarray(max(self.line[0], 0.0) * scores + self.line[1], np.float64)

    def sums(self, scores: Doubles, counts: npt.NDArray[np.intp]) -> Doubles:
        """Return the expected number of members under each of ``DRAWS`` curves: (DRAWS,)."""
        drawn = np.random.default_rng(3).multivariate_normal(self.line, self.covariance, DRAWS)
        logits = np.maximum(drawn[:, :1], 0.0) * scores + drawn[:, 1:]
        return np.asarray(_logistic(logits) @ counts, np.float64)


@dataclass(frozen=True)
class Model:
    """A linear model and the calibration of its scores.

    ``kind`` is "prototype" or "classifier"; a score is ``dot(direction) + offset``, 0 at the
    margin. ``calibration`` is None while there are too few answers of both kinds; its first curve
    overestimates how many belong, its second underestimates.
    """

    kind: str
    direction: Floats
    offset: float
    calibration: tuple[Curve, Curve] | None = None

    def scores(self, space: Space, check: Check = _never) -> Floats:
        """Return the score of every row: (n,) float32."""
        scores: Floats = space.dot(self.direction, check) + np.float32(self.offset)
        return scores

    def probabilities(self, scores: npt.NDArray[Any]) -> Floats | None:
        """Return the probabilities that images of these scores belong; None if not calibrated."""
        if self.calibration is None:
            return None
        high, low = self.calibration
        mean = (high.logits(scores) + low.logits(scores)) / 2
        probabilities: Floats = _logistic(mean).astype(np.float32)
        return probabilities


@dataclass(frozen=True)
class Estimate:
    """How many of the candidates belong: the sum of their probabilities, and a range.

    The range is wide as long as only likely images were answered, since images that were never
    suggested may all belong or not. Answers near the margin ("unsure") narrow it.
    """

    count: float
    least: float
    most: float


@dataclass(frozen=True)
class Selection:
    """Images to ask about next, in order: ``rows``, their scores, and probabilities if known."""

    rows: Rows
    scores: Floats
    probabilities: Floats | None
    estimate: Estimate | None
    kind: str


def select(
    space: Space,
    examples: Examples,
    candidates: npt.NDArray[np.bool_],
    count: int,
    mode: str = "likely",
    check: Check = _never,
) -> Selection:
    """Return the images to ask about next, of those in the mask ``candidates`` (n,).

    "likely": the most probable, in descending order. "unsure": those nearest to the margin and
    unlike each other. Examples are never selected; there must be one inside.
    """
    model = fit(space, examples, check)
    scores = model.scores(space, check)
    is_free = candidates.copy()
    for labelled in (examples.inside, examples.outside, examples.refused):
        is_free[labelled] = False
    rows = np.flatnonzero(is_free)
    estimate = _estimate(model, scores[rows])
    selected = (
        _most_likely(scores, rows, count)
        if mode == "likely"
        else _least_certain(space, model, scores, rows, count)
    )
    probabilities = model.probabilities(scores[selected])
    return Selection(selected, scores[selected], probabilities, estimate, model.kind)


def fit(space: Space, examples: Examples, check: Check = _never) -> Model:
    """Return the model of some examples."""
    inside = _sample(examples.inside)
    outside = _sample(np.union1d(examples.outside, examples.refused))
    # Of few images half are left out, for calibration.
    background = _background(len(space.vectors), np.concatenate([inside, outside]), share=0.5)
    if len(inside) < CLASSIFIER_FROM and not len(outside):
        return _prototype(space, inside, background)
    check()
    model = _classifier(space, inside, outside, background)
    calibration = _calibrate(space, examples, inside, outside, background, check)
    return replace(model, calibration=calibration)


def nearest(space: Space, rows: Rows, among: Rows) -> tuple[Rows, Floats]:
    """Return, for each of ``rows``, the most similar of the rows ``among``, and their cosine."""
    queries = space.vectors[rows]
    best = np.zeros(len(rows), np.intp)
    best_cosines = np.full(len(rows), -np.inf, np.float32)
    for start in range(0, len(among), BLOCK_ROWS):
        block = among[start : start + BLOCK_ROWS]
        cosines = queries @ space.vectors[block].T
        columns = cosines.argmax(axis=1)
        highest = cosines[np.arange(len(rows)), columns]
        is_better = highest > best_cosines
        best[is_better], best_cosines[is_better] = block[columns[is_better]], highest[is_better]
    return best, best_cosines


def _blocks(vectors: Matrix, check: Check) -> Iterator[Floats]:
    for start in range(0, len(vectors), BLOCK_ROWS):
        check()
        yield vectors[start : start + BLOCK_ROWS]


def _sample(rows: Rows) -> Rows:
    """Return unique rows; of too many a random sample, always the same."""
    rows = np.unique(rows).astype(np.intp)
    if len(rows) <= MAX_TRAINING:
        return rows
    drawn: Rows = np.sort(np.random.default_rng(0).permutation(rows)[:MAX_TRAINING])
    return drawn


def _background(size: int, labelled: Rows, share: float = 1.0) -> Rows:
    """Return random unlabelled rows, at most this share of them."""
    wanted = min(size, MAX_TRAINING + len(labelled))
    drawn = np.random.default_rng(1).choice(size, wanted, replace=False)
    most = min(MAX_TRAINING, int((size - len(labelled)) * share))
    unlabelled: Rows = drawn[~np.isin(drawn, labelled)][:most]
    return unlabelled


def _prototype(space: Space, inside: Rows, background: Rows) -> Model:
    direction = space.take(inside).sum(axis=0)
    direction /= max(float(np.linalg.norm(direction)), 1e-12)
    inside_mean = float((space.take(inside) @ direction).mean())
    background_mean = float((space.take(background) @ direction).mean()) if len(background) else 0.0
    # The margin is half way between the examples and the background.
    return Model("prototype", direction, -(inside_mean + background_mean) / 2)


def _classifier(space: Space, inside: Rows, outside: Rows, background: Rows) -> Model:
    # Takes 1 s to import, so only when it is needed.
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    rows = np.concatenate([inside, outside, background])
    belongs = np.arange(len(rows)) < len(inside)
    negative_weights = np.r_[np.ones(len(outside)), np.full(len(background), BACKGROUND_WEIGHT)]
    weights = np.r_[
        np.full(len(inside), len(rows) / 2 / len(inside)),
        negative_weights * len(rows) / 2 / negative_weights.sum(),
    ]
    # Matrices this small are slower on several threads, and much slower on a busy machine.
    with threadpool_limits(1):
        model = LogisticRegression(C=STRENGTH, max_iter=MAX_ITERATIONS)
        model.fit(space.take(rows), belongs, sample_weight=weights)
    direction = model.coef_[0].astype(np.float32)
    return Model("classifier", direction, float(model.intercept_[0]))


def _calibrate(
    space: Space, examples: Examples, inside: Rows, outside: Rows, background: Rows, check: Check
) -> tuple[Curve, Curve] | None:
    """Return two calibration curves, cross-validated on answers; None if these are too few.

    Two, because answers tell little of images that are never suggested: the first extrapolates
    from the answers, the second also counts background images with low scores as outside. The
    first overestimates how many belong, the second underestimates.
    """
    accepted, refused = np.intersect1d(examples.accepted, inside), _sample(examples.refused)
    if min(len(accepted), len(refused)) < CALIBRATED_FROM:
        return None
    held_out = np.random.default_rng(2).permutation(np.concatenate([inside, refused]))
    drawn = _background(len(space.vectors), np.concatenate([inside, outside, background]))
    scores, drawn_scores = np.empty(len(held_out)), np.zeros(len(drawn))
    for fold in range(FOLDS):
        check()
        in_fold = np.arange(len(held_out)) % FOLDS == fold
        test = held_out[in_fold]
        train = inside[~np.isin(inside, test)], outside[~np.isin(outside, test)]
        model = _classifier(space, *train, background)
        scores[in_fold] = space.take(test) @ model.direction + model.offset
        drawn_scores += (space.take(drawn) @ model.direction + model.offset) / FOLDS
    belongs = np.isin(held_out, inside)
    answered = np.isin(held_out, accepted) | ~belongs
    first = _curve(scores[answered], belongs[answered])
    low = drawn_scores[drawn_scores < np.quantile(scores[belongs], LOW_QUANTILE)]
    second = _curve(
        np.r_[scores[answered], low], np.r_[belongs[answered], np.zeros(len(low), bool)]
    )
    return first, second


def _curve(scores: Doubles, belongs: npt.NDArray[np.bool_]) -> Curve:
    """Return the logistic curve fitted to answers.

    Platt scaling (1999), as a posterior: Gaussian prior around a score that is its own logit,
    Laplace's approximation around the maximum.
    """
    design = np.column_stack([scores, np.ones(len(scores))])
    prior = np.diag(1 / np.square(PRIOR_DEVIATION))
    line, hessian = np.array([1.0, 0.0]), prior
    for _ in range(NEWTON_STEPS):
        likely = _logistic(design @ line)
        gradient = design.T @ (likely - belongs) + prior @ (line - (1.0, 0.0))
        hessian = design.T @ (design * (likely * (1 - likely))[:, None]) + prior
        step = np.linalg.solve(hessian, gradient)
        # Far from the maximum a full step may overshoot it.
        line = line - np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-9:
            break
    return Curve(line, np.asarray(np.linalg.inv(hessian), np.float64))


def _estimate(model: Model, scores: Floats) -> Estimate | None:
    if model.calibration is None:
        return None
    # Scores rounded to hundredths are as good as a million different ones, and fast.
    rounded = np.asarray(np.round(scores.astype(np.float64), 2), np.float64)
    values, counts = np.unique(rounded, return_counts=True)
    high, low = (curve.sums(values, counts) for curve in model.calibration)
    probabilities = model.probabilities(values)
    assert probabilities is not None
    count = float(probabilities @ counts)
    first, last = RANGE_QUANTILES
    ends = float(np.quantile(low, first)), float(np.quantile(high, last))
    return Estimate(count, min(*ends, count), max(*ends, count))


def _logistic(logits: Doubles) -> Doubles:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -500, 500))), np.float64)


def _most_likely(scores: Floats, rows: Rows, count: int) -> Rows:
    selected: Rows = rows[np.argsort(-scores[rows], kind="stable")[:count]]
    return selected


def _least_certain(space: Space, model: Model, scores: Floats, rows: Rows, count: int) -> Rows:
    probabilities = model.probabilities(scores[rows])
    distances = np.abs(scores[rows]) if probabilities is None else np.abs(probabilities - 0.5)
    pool = rows[np.argsort(distances, kind="stable")[: POOL * count]]
    if not len(pool):
        return pool
    vectors = space.take(pool)
    # Farthest-first traversal (Gonzalez, 1985).
    selected = [0]
    closest = vectors @ vectors[0]
    while len(selected) < min(count, len(pool)):
        closest[selected[-1]] = np.inf
        selected.append(int(closest.argmin()))
        closest = np.maximum(closest, vectors @ vectors[selected[-1]])
    diverse: Rows = pool[np.array(selected)]
    return diverse
