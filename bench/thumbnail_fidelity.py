"""What a thumbnail keeps of its original for an encoder, by how it is scaled and compressed.

    python -m bench.thumbnail_fidelity [images]

For each way: kilobytes and processor milliseconds an image, the cosine of its vector to that of
the original (mean and 1st centile), how many of the 5 nearest are shared, and how often the words
for its kind are the nearest of ten (R@1 of words). On `clothing-1k`, under the small CLIP of the
test data in float32. Not here: quality of encoders (``encoders``).
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from bench import corpora
from panoptic_data import encoders
from panoptic_data.media import decode, metadata

Filter = Image.Resampling
Vectors = npt.NDArray[np.float32]
KINDS = {"longsleeve": "long sleeve shirt", "outwear": "jacket"}
NEAREST = 5


@dataclass(frozen=True)
class Way:
    """One way of making a thumbnail; ``options`` are Pillow's."""

    name: str
    filter: Filter
    format: str = "JPEG"
    side: int = metadata.THUMBNAIL_SHORT_SIDE
    options: tuple[tuple[str, int], ...] = ()

    def make(self, picture: Image.Image) -> bytes:
        """Return the thumbnail of a decoded picture."""
        size = metadata._thumbnail_size(*picture.size, self.side)
        file = BytesIO()
        small = picture.resize(size, self.filter)
        small.save(file, self.format, **dict(self.options))
        return file.getvalue()


def jpeg(filter: Filter, quality: int, subsampling: int, side: int = 256) -> Way:
    colours = {0: "4:4:4", 2: "4:2:0"}[subsampling]
    name = f"{filter.name.lower()}, {side}, JPEG {quality} {colours}"
    options = (("quality", quality), ("subsampling", subsampling))
    return Way(name, filter, side=side, options=options)


WAYS = (
    jpeg(Filter.HAMMING, 85, 2),
    jpeg(Filter.HAMMING, 85, 0),
    jpeg(Filter.HAMMING, 95, 0),
    jpeg(Filter.HAMMING, 90, 0, 320),
    Way("hamming, 256, WebP 90", Filter.HAMMING, "WEBP", options=(("quality", 90),)),
    Way("hamming, 256, lossless", Filter.HAMMING, "PNG"),
    jpeg(Filter.BICUBIC, 92, 0),
    jpeg(Filter.LANCZOS, 85, 2),
    jpeg(Filter.LANCZOS, 88, 0),
    jpeg(Filter.LANCZOS, 90, 2),
    jpeg(Filter.LANCZOS, 90, 0),
    jpeg(Filter.LANCZOS, 92, 0),
    jpeg(Filter.LANCZOS, 95, 0),
    Way("lanczos, 256, lossless", Filter.LANCZOS, "PNG"),
)


def main() -> None:
    """Print a row a way."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    paths = sorted((corpora.DATA / "clothing-1k").glob("*/*.jpg"))
    paths = paths[:: max(1, len(paths) // count)]
    encoder = encoders.load(corpora.specs()["tiny-clip"], dtype="float32", batch=16)
    labels = np.array([path.parent.name for path in paths])
    words = np.unique(labels)
    texts = encoder.encode_text([KINDS.get(word, word) for word in words])
    originals = embed(encoder, [decode.open_image(path.read_bytes()) for path in paths])
    print(f"{'':32}{'KB':>6}{'ms':>6}{'mean':>8}{'1st':>8}{'shared':>8}{'R@1':>8}")
    print_row("original", originals, originals, words[nearest_words(originals, texts)] == labels)
    for way in WAYS:
        pictures = [decode.open_image(path.read_bytes(), way.side) for path in paths]
        began = time.process_time()
        thumbnails = [way.make(picture) for picture in pictures]
        milliseconds = (time.process_time() - began) * 1e3 / len(paths)
        vectors = embed(encoder, [Image.open(BytesIO(thumbnail)) for thumbnail in thumbnails])
        is_named = words[nearest_words(vectors, texts)] == labels
        cost = f"{np.mean([*map(len, thumbnails)]) / 1e3:6.1f}{milliseconds:6.1f}"
        print_row(way.name, vectors, originals, is_named, cost)


def embed(encoder: encoders.Encoder, pictures: list[Image.Image]) -> Vectors:
    return encoder.encode(np.stack([encoder.prepare(picture) for picture in pictures]))


def nearest_words(vectors: Vectors, texts: Vectors) -> npt.NDArray[np.intp]:
    return (vectors @ texts.T).argmax(axis=1)


def nearest(vectors: Vectors) -> npt.NDArray[np.intp]:
    similarities = vectors @ vectors.T
    np.fill_diagonal(similarities, -2)
    return np.argsort(-similarities, axis=1, kind="stable")[:, :NEAREST]


def print_row(
    name: str,
    vectors: Vectors,
    originals: Vectors,
    is_named: npt.NDArray[np.bool_],
    cost: str = " " * 12,
) -> None:
    cosines = np.sort((vectors * originals).sum(axis=1))
    pairs = zip(nearest(vectors), nearest(originals), strict=True)
    shared = np.mean([len(set(own) & set(other)) / NEAREST for own, other in pairs])
    low = cosines[len(cosines) // 100]
    figures = f"{cosines.mean():8.4f}{low:8.4f}{shared:8.1%}{is_named.mean():8.1%}"
    print(f"{name:32}{cost}{figures}", flush=True)


if __name__ == "__main__":
    main()
