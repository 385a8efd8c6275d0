"""Precision and recall of similar images: the nearest ten, and all above a percentile.

    python -m bench.similarity

An image is right when it has the label of the query image, or is of the kind that words name.
Not here: how long a search takes (``bench.search``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from bench import corpora
from panoptic_data import encoders
from panoptic_data.vectors import calibration
from panoptic_data.vectors.matrix import Matrix

CORPORA = ("clothing-1k", "usda")
ENCODERS = ("mobilenet", "visual", "tiny-clip")
QUERIES = 1_000
PERCENTILES = (90, 95, 97, 98, 99, 99.5, 99.9)
FIXED = 0.3

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


def main() -> None:
    print("| corpus | encoder | right of the nearest 10 | by chance |\n| --- | --- | ---: | ---: |")
    tables = []
    for corpus in CORPORA:
        for encoder in ENCODERS:
            seen = corpora.embedded(corpus, encoder)
            similar, right = _images(seen)
            nearest = np.argsort(-similar, axis=1)[:, :10]
            precision = np.take_along_axis(right, nearest, axis=1).mean()
            print(f"| {corpus} | {encoder} | {precision:.3f} | {right.mean():.3f} |", flush=True)
            vectors = seen.vectors.astype(np.float32)
            scale = calibration.sample(Matrix.of(vectors), np.arange(len(vectors)))
            tables.append((f"{corpus}, {encoder}", scale, similar, right))
    seen = corpora.embedded("clothing-1k", "tiny-clip")
    tables.append(("clothing-1k, words to tiny-clip", *_words(seen)))
    for name, scale, similar, right in tables:
        _table(name, scale, similar, right)


def _images(seen: corpora.EmbeddedCorpus) -> tuple[Floats, Mask]:
    """Return cosines (q, n) of some images with all, and which of these have their label."""
    vectors = seen.vectors.astype(np.float32)
    queries = np.random.default_rng(0).permutation(len(vectors))[:QUERIES]
    similar: Floats = vectors[queries] @ vectors.T
    right = seen.labels[queries][:, None] == seen.labels[None, :]
    own = np.arange(len(queries)), queries
    similar[own], right[own] = -2, False
    return similar, right


def _words(seen: corpora.EmbeddedCorpus) -> tuple[calibration.Scale, Floats, Mask]:
    vectors = seen.vectors.astype(np.float32)
    encoder = encoders.warm(corpora.specs()["tiny-clip"], "float32", 1)
    chance = encoder.encode_text(list(calibration.CHANCE_WORDS))
    scale = calibration.sample(Matrix.of(vectors), np.arange(len(vectors)), chance, (0, 0, 1, 0))
    labels = sorted(set(seen.labels.tolist()))
    word_vectors: Floats = encoder.encode_text([label.replace("-", " ") for label in labels])
    return scale, word_vectors @ vectors.T, np.array([seen.labels == label for label in labels])


def _table(name: str, scale: calibration.Scale, similar: Floats, right: Mask) -> None:
    print(f"\n{name}\n\n| from | cosine | found, median | nothing | right | of all that is right |")
    print("| ---: " * 6 + "|")
    for label, least in _limits(scale):
        is_found = similar >= least
        n_found = is_found.sum(axis=1)
        true = (is_found & right).sum(axis=1)
        precise = (true[n_found > 0] / n_found[n_found > 0]).mean() if n_found.any() else np.nan
        recalled = (true / np.maximum(1, right.sum(axis=1))).mean()
        figures: Sequence[str] = (
            f"{least:.3f}",
            f"{np.median(n_found):.0f}",
            f"{(n_found == 0).mean():.1%}",
            f"{precise:.3f}",
            f"{recalled:.3f}",
        )
        print(f"| {label} | {' | '.join(figures)} |", flush=True)


def _limits(scale: calibration.Scale) -> Iterator[tuple[str, float]]:
    yield f"fixed ({scale.percentile(FIXED):.1f} %)", FIXED
    for percentile in PERCENTILES:
        yield f"{percentile} %", scale.cosine(percentile)


if __name__ == "__main__":
    main()
