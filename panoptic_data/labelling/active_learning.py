"""Which images may belong to a group too, learnt from those in it and those refused: pure.

Arrays in, arrays out, and the same out for the same in. With few examples the nearest to their
mean are offered (a prototype); from ``TAUGHT_FROM`` on, or once one was refused, a logistic
regression tells them from the refused and from images drawn by chance, which count little: most
of them do not belong, but nobody said so. Vectors are seen from their mean: networks put all
photographs on one side of the sphere. Every choice was measured (``bench/suggestions.py``).

Not here: which images a project has and what was answered (``offers``), classes by words
(``zero_shot``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from panoptic_data.vectors.matrix import Matrix

__all__ = [
    "MODES",
    "Check",
    "Estimate",
    "Examples",
    "Learnt",
    "Offer",
    "Space",
    "learn",
    "nearest",
    "offer",
]

Rows = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Check = Callable[[], object]
"""Called now and then during long work; what it raises stops it."""

MODES = ("likely", "unsure")
# Fewer examples teach a regression less than their mean says.
TAUGHT_FROM = 5
# Of each kind so many are learnt from: the time to learn is then bounded, whatever the corpus.
LEARNT_AT_MOST = 500
# How much an image drawn by chance counts beside one that was refused.
BACKGROUND_WEIGHT = 0.05
# Inverse of the regularisation, for vectors of unit length.
STRENGTH = 1.0
STEPS = 200
FOLDS = 3
# Fewer answers of one kind do not tell what a score is worth.
CALIBRATED_FROM = 3
# Images drawn by chance count as outside where this share of those that belong scores lower.
LOW = 0.25
# How far slope and offset are from a score that is its own logit, before any answer.
GIVE_OR_TAKE = (1.0, 2.0)
NEWTON_STEPS = 50
# How many draws the range of the estimate is made of, and which part of them it spans.
DRAWS = 400
SPAN = (0.01, 0.99)
# Of so many times the wanted images nearest to the margin, those most unlike each other.
POOL = 6
BLOCK_ROWS = 16_384


def _never() -> None:
    pass


@dataclass(frozen=True)
class Space:
    """Vectors as the learner sees them: less their mean, of unit length.

    ``vectors`` (n, d) of unit length are held by others; ``mean`` (d,) float32, ``inverse`` (n,)
    float32, one over each length once the mean is taken off.
    """

    vectors: Matrix
    mean: Floats
    inverse: Floats

    @classmethod
    def of(cls, vectors: Matrix, check: Check = _never) -> Space:
        """Return the space of some vectors."""
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
        seen: Floats = (self.vectors[rows] - self.mean) * self.inverse[rows, None]
        return seen

    def along(self, direction: Floats, check: Check = _never) -> Floats:
        """Return how far each row lies in a direction (d,): (n,) float32."""
        check()
        found: Floats = (self.vectors.dot(direction) - self.mean @ direction) * self.inverse
        return found


@dataclass(frozen=True)
class Examples:
    """What is known, as rows of a space.

    ``inside`` belong to the group, ``outside`` do not. ``accepted`` are those inside, and
    ``refused`` those outside, that a person said of an image that was offered: only they tell
    how often an offer is right.
    """

    inside: Rows
    outside: Rows = field(default_factory=lambda: np.empty(0, np.intp))
    accepted: Rows = field(default_factory=lambda: np.empty(0, np.intp))
    refused: Rows = field(default_factory=lambda: np.empty(0, np.intp))


@dataclass(frozen=True)
class Curve:
    """What a score is worth: slope and offset of its logit, and their covariance (2, 2)."""

    line: Doubles
    covariance: Doubles

    def logits(self, scores: npt.NDArray[Any]) -> Doubles:
        """Return the logits of scores; a higher one is never less likely."""
        return np.asarray(max(self.line[0], 0.0) * scores + self.line[1], np.float64)

    def sums(self, scores: Doubles, counts: npt.NDArray[np.intp]) -> Doubles:
        """Return how many would belong under curves drawn by chance: (DRAWS,)."""
        drawn = np.random.default_rng(3).multivariate_normal(self.line, self.covariance, DRAWS)
        logits = np.maximum(drawn[:, :1], 0.0) * scores + drawn[:, 1:]
        return np.asarray(_logistic(logits) @ counts, np.float64)


@dataclass(frozen=True)
class Learnt:
    """What was learnt: a direction, and what a score along it is worth.

    ``kind`` is "prototype" or "classifier"; a score is ``along(direction) + offset``, 0 at the
    margin. ``worth`` is None while answers of both kinds are too few.
    """

    kind: str
    direction: Floats
    offset: float
    worth: tuple[Curve, Curve] | None = None

    def scores(self, space: Space, check: Check = _never) -> Floats:
        """Return the score of every row: (n,) float32."""
        scores: Floats = space.along(self.direction, check) + np.float32(self.offset)
        return scores

    def probabilities(self, scores: npt.NDArray[Any]) -> Floats | None:
        """Return how probable it is that images of these scores belong; None where unknown."""
        if self.worth is None:
            return None
        many, few = self.worth
        likely: Floats = _logistic((many.logits(scores) + few.logits(scores)) / 2).astype(
            np.float32
        )
        return likely


@dataclass(frozen=True)
class Estimate:
    """How many of the candidates belong: the sum of their probabilities, and a range.

    The range is wide as long as only likely images were answered: what was never offered may hold
    none or many. Answers near the margin ("unsure") narrow it.
    """

    count: float
    least: float
    most: float


@dataclass(frozen=True)
class Offer:
    """Images to ask about, in order: ``rows``, with their scores, and probabilities if known."""

    rows: Rows
    scores: Floats
    probabilities: Floats | None
    estimate: Estimate | None
    kind: str


def offer(
    space: Space,
    examples: Examples,
    candidates: npt.NDArray[np.bool_],
    count: int,
    mode: str = "likely",
    check: Check = _never,
) -> Offer:
    """Return the images to ask about next, of those in the mask ``candidates`` (n,).

    "likely": the likeliest, likeliest first. "unsure": those nearest to the margin, and unlike
    each other. Examples are never offered; there must be one inside.
    """
    learnt = learn(space, examples, check)
    scores = learnt.scores(space, check)
    free = candidates.copy()
    for known in (examples.inside, examples.outside, examples.refused):
        free[known] = False
    rows = np.flatnonzero(free)
    estimate = _estimate(learnt, scores[rows])
    chosen = (
        _likely(scores, rows, count)
        if mode == "likely"
        else _unsure(space, learnt, scores, rows, count)
    )
    return Offer(
        chosen, scores[chosen], learnt.probabilities(scores[chosen]), estimate, learnt.kind
    )


def learn(space: Space, examples: Examples, check: Check = _never) -> Learnt:
    """Return what some examples teach."""
    inside = _some(examples.inside)
    outside = _some(np.union1d(examples.outside, examples.refused))
    # Where there are few, half of them are left to see what a score is worth.
    background = _background(len(space.vectors), np.concatenate([inside, outside]), share=0.5)
    if len(inside) < TAUGHT_FROM and not len(outside):
        return _prototype(space, inside, background)
    check()
    learnt = _classifier(space, inside, outside, background)
    return Learnt(
        learnt.kind,
        learnt.direction,
        learnt.offset,
        _calibrated(space, examples, inside, outside, background, check),
    )


def nearest(space: Space, rows: Rows, among: Rows) -> tuple[Rows, Floats]:
    """Return, for each of some rows, which of others is most like it, and their cosine."""
    queries = space.vectors[rows]
    best = np.zeros(len(rows), np.intp)
    cosines = np.full(len(rows), -np.inf, np.float32)
    for start in range(0, len(among), BLOCK_ROWS):
        some = among[start : start + BLOCK_ROWS]
        found = queries @ space.vectors[some].T
        places = found.argmax(axis=1)
        there = found[np.arange(len(rows)), places]
        better = there > cosines
        best[better], cosines[better] = some[places[better]], there[better]
    return best, cosines


def _blocks(vectors: Matrix, check: Check) -> Iterator[Floats]:
    for start in range(0, len(vectors), BLOCK_ROWS):
        check()
        yield vectors[start : start + BLOCK_ROWS]


def _some(rows: Rows) -> Rows:
    """Return rows without repetition, of many a part drawn by chance, always the same."""
    rows = np.unique(rows).astype(np.intp)
    if len(rows) <= LEARNT_AT_MOST:
        return rows
    drawn: Rows = np.sort(np.random.default_rng(0).permutation(rows)[:LEARNT_AT_MOST])
    return drawn


def _background(size: int, known: Rows, share: float = 1.0) -> Rows:
    """Return rows drawn by chance that nobody said anything of, at most this share of them."""
    wanted = min(size, LEARNT_AT_MOST + len(known))
    drawn = np.random.default_rng(1).choice(size, wanted, replace=False)
    most = min(LEARNT_AT_MOST, int((size - len(known)) * share))
    left: Rows = drawn[~np.isin(drawn, known)][:most]
    return left


def _prototype(space: Space, inside: Rows, background: Rows) -> Learnt:
    direction = space.take(inside).sum(axis=0)
    direction /= max(float(np.linalg.norm(direction)), 1e-12)
    within = float((space.take(inside) @ direction).mean())
    beyond = float((space.take(background) @ direction).mean()) if len(background) else 0.0
    # Half way between what belongs and what is there by chance.
    return Learnt("prototype", direction, -(within + beyond) / 2)


def _classifier(space: Space, inside: Rows, outside: Rows, background: Rows) -> Learnt:
    # 1 s to import, when somebody asks first.
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    rows = np.concatenate([inside, outside, background])
    belongs = np.arange(len(rows)) < len(inside)
    against = np.r_[np.ones(len(outside)), np.full(len(background), BACKGROUND_WEIGHT)]
    weights = np.r_[
        np.full(len(inside), len(rows) / 2 / len(inside)), against * len(rows) / 2 / against.sum()
    ]
    # Products this small are slower on several threads, and much slower on a busy machine.
    with threadpool_limits(1):
        model = LogisticRegression(C=STRENGTH, max_iter=STEPS)
        model.fit(space.take(rows), belongs, sample_weight=weights)
    direction = model.coef_[0].astype(np.float32)
    return Learnt("classifier", direction, float(model.intercept_[0]))


def _calibrated(
    space: Space, examples: Examples, inside: Rows, outside: Rows, background: Rows, check: Check
) -> tuple[Curve, Curve] | None:
    """Return what scores are worth, seen on answers that had no part in what gave their score.

    Two curves, because answers say little of what is never offered: the first goes on as the
    answers have it, the second through images drawn by chance too, of which those that score
    low count as outside. The first leaves too many, the second too few.
    """
    accepted, refused = np.intersect1d(examples.accepted, inside), _some(examples.refused)
    if min(len(accepted), len(refused)) < CALIBRATED_FROM:
        return None
    known = np.random.default_rng(2).permutation(np.concatenate([inside, refused]))
    drawn = _background(len(space.vectors), np.concatenate([inside, outside, background]))
    scores, of_drawn = np.empty(len(known)), np.zeros(len(drawn))
    for fold in range(FOLDS):
        check()
        own = np.arange(len(known)) % FOLDS == fold
        kept = inside[~np.isin(inside, known[own])], outside[~np.isin(outside, known[own])]
        learnt = _classifier(space, *kept, background)
        scores[own] = space.take(known[own]) @ learnt.direction + learnt.offset
        of_drawn += (space.take(drawn) @ learnt.direction + learnt.offset) / FOLDS
    belongs = np.isin(known, inside)
    answered = np.isin(known, accepted) | ~belongs
    first = _curve(scores[answered], belongs[answered])
    below = of_drawn[of_drawn < np.quantile(scores[belongs], LOW)]
    more = np.r_[scores[answered], below], np.r_[belongs[answered], np.zeros(len(below), bool)]
    return first, _curve(*more)


def _curve(scores: Doubles, belongs: npt.NDArray[np.bool_]) -> Curve:
    """Return the logistic curve through answers.

    Platt (1999), as a posterior: a priori a score is its own logit, give or take; Laplace's
    approximation around the likeliest curve.
    """
    design = np.column_stack([scores, np.ones(len(scores))])
    prior = np.diag(1 / np.square(GIVE_OR_TAKE))
    line, hessian = np.array([1.0, 0.0]), prior
    for _ in range(NEWTON_STEPS):
        likely = _logistic(design @ line)
        slope = design.T @ (likely - belongs) + prior @ (line - (1.0, 0.0))
        hessian = design.T @ (design * (likely * (1 - likely))[:, None]) + prior
        step = np.linalg.solve(hessian, slope)
        # Far from the end a whole step may leap over it.
        line = line - np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-9:
            break
    return Curve(line, np.asarray(np.linalg.inv(hessian), np.float64))


def _estimate(learnt: Learnt, scores: Floats) -> Estimate | None:
    if learnt.worth is None:
        return None
    # A thousand steps of score are as good as a million scores, and drawn from as fast as few.
    rounded = np.asarray(np.round(scores.astype(np.float64), 2), np.float64)
    steps, of_step = np.unique(rounded, return_counts=True)
    many, few = (curve.sums(steps, of_step) for curve in learnt.worth)
    likely = learnt.probabilities(steps)
    assert likely is not None
    count = float(likely @ of_step)
    ends = float(np.quantile(few, SPAN[0])), float(np.quantile(many, SPAN[1]))
    return Estimate(count, min(*ends, count), max(*ends, count))


def _logistic(logits: Doubles) -> Doubles:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -500, 500))), np.float64)


def _likely(scores: Floats, rows: Rows, count: int) -> Rows:
    chosen: Rows = rows[np.argsort(-scores[rows], kind="stable")[:count]]
    return chosen


def _unsure(space: Space, learnt: Learnt, scores: Floats, rows: Rows, count: int) -> Rows:
    likely = learnt.probabilities(scores[rows])
    far = np.abs(scores[rows]) if likely is None else np.abs(likely - 0.5)
    order = np.argsort(far, kind="stable")
    pool = rows[order[: POOL * count]]
    if not len(pool):
        return pool
    seen = space.take(pool)
    # The farthest from those chosen, again and again (Gonzalez, 1985).
    chosen = [0]
    closest = seen @ seen[0]
    while len(chosen) < min(count, len(pool)):
        closest[chosen[-1]] = np.inf
        chosen.append(int(closest.argmin()))
        closest = np.maximum(closest, seen @ seen[chosen[-1]])
    spread: Rows = pool[np.array(chosen)]
    return spread
