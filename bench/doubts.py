"""Likely wrong tags: how many of flipped labels are among the first that are shown.

    python -m bench.doubts [--encoder mobilenet] [--share 0.05]

Of each labelled corpus a share of the images gets another label, by chance. For each label the
most doubtful images are listed, as the page *Suggestions* shows them. Measured are the flipped
images that are among the first n of the lists of all labels together (a flipped image may be in
two: of the label that it has, and of the one that it lost), and how many of the shown are flipped.
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np

from bench import corpora
from panoptic_data.labelling import doubts
from panoptic_data.labelling.active_learning import Space
from panoptic_data.vectors.matrix import Matrix

CORPORA = ("clothing-1k", "usda")
LABEL_SIZE = (80, 1_500)
SHOWN = (10, 20, 40)
SEEDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--encoder", default="mobilenet")
    parser.add_argument("--share", type=float, default=0.05)
    args = parser.parse_args()
    warnings.filterwarnings("ignore")
    for name in CORPORA:
        found = [
            _measure(corpora.embedded(name, args.encoder), args.share, seed)
            for seed in range(SEEDS)
        ]
        for index, shown in enumerate(SHOWN):
            recall, precision, images, flipped = np.mean([one[index] for one in found], axis=0)
            print(
                f"{name}, {args.encoder}: first {shown} of each label ({images:.0f} images): "
                f"{recall:.0%} of {flipped:.0f} flipped, {precision:.0%} of what is shown"
            )


def _measure(seen: corpora.EmbeddedCorpus, share: float, seed: int) -> list[tuple[float, ...]]:
    labels, counts = np.unique(seen.labels, return_counts=True)
    kept = labels[(counts >= LABEL_SIZE[0]) & (counts <= LABEL_SIZE[1])]
    rows = np.flatnonzero(np.isin(seen.labels, kept))
    truth = seen.labels[rows]
    random = np.random.default_rng(seed)
    flipped = random.permutation(len(rows))[: round(share * len(rows))]
    given = truth.copy()
    for row in flipped:
        given[row] = random.choice(kept[kept != truth[row]])
    space = Space.of(Matrix.of(seen.vectors[rows]))
    every = np.ones(len(rows), bool)
    listed = {
        label: doubts.doubts(
            space, np.flatnonzero(given == label), np.flatnonzero(given != label), every, SHOWN[-1]
        ).rows
        for label in kept
    }
    results = []
    for shown in SHOWN:
        images = set(np.concatenate([rows_of[:shown] for rows_of in listed.values()]).tolist())
        right = len(images & set(flipped.tolist()))
        results.append((right / len(flipped), right / len(images), len(images), len(flipped)))
    return results


if __name__ == "__main__":
    main()
