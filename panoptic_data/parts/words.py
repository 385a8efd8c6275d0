"""Visual words of pictures, and which points of two pictures look alike by them: pure.

Each local feature is the number of the nearest of some thousand centres, its visual word, and 64
bits that say on which side of the word's medians it lies (Hamming embedding; Jégou, Douze and
Schmid, 2008): two points of one word whose bits are close look alike. Place, turn and size of a
point are kept too, so that every pair of points proposes how one picture lies on the other. Not
here: where words are kept (``index``), comparing the pictures themselves (``same_part``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from panoptic_data.media.local_features import DESCRIPTOR_LENGTH, LocalFeatures, mirrored, rooted
from panoptic_data.provenance.stages import digest

__all__ = ["BITS", "CODE_VERSION", "POINTS", "Vocabulary", "Words", "fit", "words_of"]

CODE_VERSION = "1"
"""Changed when a picture may get other words than before: all are made again."""

POINTS = 500
"""Points of a picture that words are made of, the strongest."""

BITS = 64

Floats = npt.NDArray[np.float32]

# So many descriptors for each word, up to the most words; fewer tell nothing of a median.
DESCRIPTORS_A_WORD, MOST_WORDS, FEWEST_WORDS = 16, 4_096, 16
ROUNDS = 5
SEED = 20_081
# Distances are computed for so many descriptors at once.
AT_ONCE = 8_192
# Sizes of points are kept in steps of a 24th of an octave, from a 1,024th of the longer side on.
STEPS, SMALLEST = 24, 10


@dataclass(frozen=True)
class Vocabulary:
    """``centres`` (k, 128) float32 of length 1, ``medians`` (k, 64) of the projected descriptors.

    ``fit`` names the fit.
    """

    centres: Floats
    medians: Floats
    fit: str


@dataclass(frozen=True)
class Words:
    """The points of one picture: ``words`` (n,) uint16 and ``signatures`` (n,) uint64.

    ``places`` (n, 2) uint16 are x and y in 65,535ths of the longer side, ``turns`` (n,) uint8 in
    256ths of a circle, ``sizes`` (n,) uint8 in steps of a 24th of an octave.
    """

    words: npt.NDArray[np.uint16]
    signatures: npt.NDArray[np.uint64]
    places: npt.NDArray[np.uint16]
    turns: npt.NDArray[np.uint8]
    sizes: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.words)

    def __getitem__(self, chosen: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> Words:
        return Words(
            self.words[chosen],
            self.signatures[chosen],
            self.places[chosen],
            self.turns[chosen],
            self.sizes[chosen],
        )


def fit(pictures: list[npt.NDArray[np.uint8]]) -> Vocabulary:
    """Return the vocabulary of the descriptors, (n, 128) uint8 each, of some pictures.

    The same pictures give the same vocabulary (k-means from a seeded start).
    """
    none = np.zeros((0, DESCRIPTOR_LENGTH), np.uint8)
    rows = rooted(_chosen(np.concatenate([none, *pictures])))
    count = int(np.clip(len(rows) // DESCRIPTORS_A_WORD, FEWEST_WORDS, MOST_WORDS))
    centres = _centres(rows, count)
    words = _nearest(rows, centres)
    projected = rows @ _projection()
    medians = np.zeros((len(centres), BITS), np.float32)
    order = np.argsort(words, kind="stable")
    starts = np.searchsorted(words[order], np.arange(len(centres) + 1))
    for word in range(len(centres)):
        members = order[starts[word] : starts[word + 1]]
        if len(members):
            medians[word] = np.median(projected[members], axis=0)
    name = digest([CODE_VERSION, centres.tobytes().hex(), medians.tobytes().hex()])
    return Vocabulary(centres, medians, name)


def words_of(
    features: LocalFeatures, vocabulary: Vocabulary, *, is_mirrored: bool = False
) -> Words:
    """Return the words of a picture's features, in their order; of its mirror image if asked."""
    points, descriptors, turns = features.points, features.descriptors, features.turns
    if is_mirrored:
        points, descriptors, turns = mirrored(features)
    rows = rooted(descriptors)
    words = _nearest(rows, vocabulary.centres)
    above = rows @ _projection() > vocabulary.medians[words]
    signatures = np.packbits(above, axis=1).view(np.uint64).ravel()
    longer = max(features.size)
    sizes = STEPS * (np.log2(np.maximum(features.sizes, 1e-6) / longer) + SMALLEST)
    return Words(
        words.astype(np.uint16),
        signatures,
        np.clip(np.rint(points / longer * 65_535), 0, 65_535).astype(np.uint16),
        (np.rint(turns / 360 * 256).astype(np.int64) % 256).astype(np.uint8),
        np.clip(np.rint(sizes), 0, 255).astype(np.uint8),
    )


def _chosen(rows: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    most = DESCRIPTORS_A_WORD * MOST_WORDS
    if len(rows) <= most:
        return rows
    return rows[np.sort(np.random.default_rng(SEED).choice(len(rows), most, replace=False))]


def _centres(rows: Floats, count: int) -> Floats:
    random = np.random.default_rng(SEED)
    if len(rows) <= count:
        return rows if len(rows) else np.full((1, DESCRIPTOR_LENGTH), 128**-0.5, np.float32)
    centres = rows[np.sort(random.choice(len(rows), count, replace=False))]
    for _ in range(ROUNDS):
        words = _nearest(rows, centres)
        order = np.argsort(words, kind="stable")
        used, starts = np.unique(words[order], return_index=True)
        centres = centres.copy()
        centres[used] = np.add.reduceat(rows[order], starts, axis=0)
        centres /= np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-9)
    return centres


def _nearest(rows: Floats, centres: Floats) -> npt.NDArray[np.intp]:
    parts = [
        (rows[start : start + AT_ONCE] @ centres.T).argmax(axis=1)
        for start in range(0, len(rows), AT_ONCE)
    ]
    return np.concatenate([np.empty(0, np.intp), *parts])


def _projection() -> Floats:
    """Return (128, 64) directions at right angles, the same everywhere."""
    random = np.random.default_rng(SEED)
    directions, _ = np.linalg.qr(random.standard_normal((DESCRIPTOR_LENGTH, DESCRIPTOR_LENGTH)))
    return np.asarray(directions[:, :BITS], np.float32)
