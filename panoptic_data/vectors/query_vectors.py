"""The query vector of a search under an encoder: the weighted sum of its terms' vectors.

Vector arithmetic as rclip offers it for CLIP (Mikhalevich, github.com/yurijmikhalevich/rclip),
after that of word vectors (Mikolov et al., 2013): each term's vector of unit length times its
weight, added up and normalised to unit length. Pictures go through the same thumbnail and the same
preparation as stored images; stored images are not encoded again. Not here: parsing the text of a
search (``views.search_expression``), finding what is near the vector (``search``).
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from cachetools import LRUCache
from PIL import Image

from panoptic_data import encoders
from panoptic_data.errors import (
    InvalidExpression,
    NoEmbeddings,
    TextNotSupported,
    UnknownImage,
    WeightsUnavailable,
)
from panoptic_data.ingest import images
from panoptic_data.media import decode, metadata, query_images
from panoptic_data.storage.project import Project
from panoptic_data.storage.schema import table_name
from panoptic_data.views.search_expression import Box, Expression, Term

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vector = NDArray[np.float32]

__all__ = [
    "QueryVector",
    "is_warm",
    "midpoint",
    "normalised",
    "of_expression",
    "of_picture",
    "of_texts",
    "with_full_sha1s",
]

# Vectors of terms that an encoder had to compute are cached; 4 kB each at most.
MAX_REMEMBERED = 2_000
# A sum of opposed terms that is shorter than this holds nothing but the rounding of float16.
MIN_LENGTH = 1e-3
_SHA1_DIGITS = 40


@dataclass(frozen=True)
class QueryVector:
    """What a search looks for: ``vector`` (d,) float32 of unit length, and its composition.

    ``parts`` are the lengths of the sums of terms before normalisation: pictures added, pictures
    subtracted, words added, words subtracted. ``without_words`` (d,) is the sum of all terms but
    the words that are added, None where there are no others.
    """

    vector: Vector
    parts: tuple[float, float, float, float]
    without_words: Vector | None = field(default=None, repr=False, compare=False)

    @property
    def is_by_words(self) -> bool:
        """Whether only words say what to find; words and pictures may be subtracted."""
        return self.parts[2] > 0 and not self.parts[0]

    def with_words(self, words: Vector) -> Vector:
        """Return the query vectors (n, d) with other words (n, d), of unit length, in their place.

        They weigh what the words that are added weigh; everything else stays.
        """
        sums = self.parts[2] * words
        if self.without_words is not None:
            sums = sums + self.without_words
        lengths = np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)
        other: Vector = (sums / lengths).astype(np.float32)
        return other


def of_expression(project: Project, expression: Expression, slug: str) -> QueryVector:
    """Return the query vector of an expression under an encoder.

    Raises NoEmbeddings, TextNotSupported, WeightsUnavailable, UnknownImage where none of the
    images has a vector, InvalidExpression where nothing is left or an upload is gone.
    """
    expression = with_full_sha1s(project, expression)
    term_vectors = _term_vectors(project, expression.terms, slug)
    sums = np.zeros((4, term_vectors[0][1].size), np.float32)
    for term, vector in term_vectors:
        sums[2 * (term.kind == "text") + (term.weight < 0)] += abs(term.weight) * vector
    total = sums[0] - sums[1] + sums[2] - sums[3]
    heaviest = max(abs(term.weight) for term in expression.terms)
    if float(np.linalg.norm(total)) < MIN_LENGTH * heaviest:
        raise InvalidExpression("nothing_left", part=str(expression))
    lengths = [float(length) for length in np.linalg.norm(sums, axis=1)]
    others = total - sums[2] if lengths[0] or lengths[1] or lengths[3] else None
    parts = (lengths[0], lengths[1], lengths[2], lengths[3])
    return QueryVector(normalised(total), parts, others)


def with_full_sha1s(project: Project, expression: Expression) -> Expression:
    """Return the expression with sha1 prefixes replaced by full sha1s.

    Raises UnknownImage, and InvalidExpression where several images have the same prefix.
    """
    terms = tuple(_with_full_sha1(project, term) for term in expression.terms)
    return expression if terms == expression.terms else Expression(terms)


def of_texts(project: Project, texts: Sequence[str], slug: str) -> Vector:
    """Return the vectors of texts under an encoder: (n, d) float32, unit length."""
    terms = [Term("text", text) for text in texts]
    return np.stack([vector for _, vector in _term_vectors(project, terms, slug)])


def of_picture(project: Project, image: Image.Image, slug: str) -> Vector:
    """Return the vector of an upright RGB picture as if it were a stored image: (d,) float32."""
    return _encode_picture(_encoder(_encoder_row(project, slug)), image)


def normalised(vector: Vector) -> Vector:
    """Return a vector with unit length."""
    scaled: Vector = vector / max(float(np.linalg.norm(vector)), 1e-12)
    return scaled


def midpoint(project: Project, slug: str) -> float | None:
    """Return the cosine from which the encoder itself takes words to fit; None if it cannot say.

    Loads the encoder, which encoding words has done already. Raises as ``of_texts``.
    """
    return encoders.midpoint(_encoder(_encoder_row(project, slug)))


def is_warm(project: Project, slug: str) -> bool:
    """Whether the encoder is loaded in this process, so that words are encoded at once."""
    return (str(project.root), slug) in _warm_encoders


def _encoder_row(project: Project, slug: str) -> dict[str, Any]:
    database = project.database()
    rows = database.take("encoders", [slug]).to_pylist()
    if not rows or not database.count(table_name("embeddings", slug)):
        raise NoEmbeddings(encoder=slug)
    return dict(rows[0])


def _with_full_sha1(project: Project, term: Term) -> Term:
    if term.kind not in ("image", "crop") or len(term.value) == _SHA1_DIGITS:
        return term
    where = f"sha1 LIKE '{term.value}%'"
    sha1s = project.database().read("images", ["sha1"], where)["sha1"].to_pylist()
    if not sha1s:
        raise UnknownImage(name=term.value)
    if len(sha1s) > 1:
        raise InvalidExpression("several", part=term.value)
    return replace(term, value=sha1s[0])


_TermVectors = list[tuple[Term, "Vector"]]


def _term_vectors(project: Project, terms: Sequence[Term], slug: str) -> _TermVectors:
    """Return each term with its vector, without images that have none.

    Where none of the images has one: raises NoEmbeddings, or UnknownImage for what is no image.
    """
    named = [term.value for term in terms if term.kind == "image"]
    stored = _stored_vectors(project, named, slug) if named else {}
    if named and not stored:
        known = project.database().take("images", named[:1], ["sha1"])
        raise (
            NoEmbeddings(encoder=slug, name=named[0]) if len(known) else UnknownImage(name=named[0])
        )
    others = [term for term in terms if term.kind != "image"]
    computed = _computed_vectors(project, others, _encoder_row(project, slug)) if others else {}
    term_vectors: _TermVectors = []
    for term in terms:
        vector = stored.get(term.value) if term.kind == "image" else computed[term.name]
        if vector is not None:
            term_vectors.append((term, vector))
    return term_vectors


def _stored_vectors(project: Project, sha1s: Sequence[str], slug: str) -> dict[str, Vector]:
    database = project.database()
    name = table_name("embeddings", slug)
    rows = database.take(name, sha1s, ["sha1", "vector"])
    if not len(rows):
        if not database.count(name):
            raise NoEmbeddings(encoder=slug)
        return {}
    values = rows["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    vectors = values.reshape(len(rows), -1).astype(np.float32)
    return dict(zip(rows["sha1"].to_pylist(), map(normalised, vectors), strict=True))


_lock = threading.Lock()
_computed: LRUCache[tuple[str, str, str, str], Vector] = LRUCache(MAX_REMEMBERED)
_warm_encoders: set[tuple[str, str]] = set()


def _computed_vectors(
    project: Project, terms: Sequence[Term], row: dict[str, Any]
) -> dict[str, Vector]:
    """Return the vectors of terms that the encoder has to compute, by the term's name."""
    term_by_key = {
        (str(project.root), row["slug"], row["fingerprint"], term.name): term for term in terms
    }
    with _lock:
        known = {key: _computed[key] for key in term_by_key if key in _computed}
    new = {key: term for key, term in term_by_key.items() if key not in known}
    if new:
        encoder = _loaded_encoder(project, new.values(), row)
        texts = {key: term.value for key, term in new.items() if term.kind == "text"}
        if texts:
            known.update(zip(texts, encoder.encode_text(list(texts.values())), strict=True))
        for key, term in new.items():
            if term.kind != "text":
                picture = _picture(project, term, encoder.input_size)
                known[key] = _encode_picture(encoder, picture)
    with _lock:
        _computed.update(known)
    return {term.name: known[key] for key, term in term_by_key.items()}


def _loaded_encoder(
    project: Project, terms: Iterable[Term], row: dict[str, Any]
) -> encoders.Encoder:
    # Checked before loading: a model that cannot read words need not be waited for.
    if any(term.kind == "text" for term in terms) and not row["reads_text"]:
        raise TextNotSupported(encoder=row["text"])
    encoder = _encoder(row)
    _warm_encoders.add((str(project.root), row["slug"]))
    return encoder


def _encoder(row: dict[str, Any]) -> encoders.Encoder:
    """Return the encoder, kept loaded in this process; a query is a batch of one."""
    if row["status"] == "waiting":
        raise WeightsUnavailable(row["text"], *row["cause"].split(": ", 1))
    return encoders.warm(encoders.parse(row["text"]), row["dtype"], 1)


def _picture(project: Project, term: Term, side: int) -> Image.Image:
    """Return the pixels of a crop or an upload, at least as large as a thumbnail if possible."""
    side = max(side, metadata.THUMBNAIL_SHORT_SIDE)
    if term.box is None:
        return decode.open_image(query_images.read(project, term.value), side)
    crop_share = min(term.box[2:])
    picture = images.pixels(project, term.value, math.ceil(side / crop_share))
    return _cropped(picture, term.box)


def _cropped(image: Image.Image, box: Box) -> Image.Image:
    """Return a rectangle of a picture, at least one pixel wide and high."""
    left, top = int(box[0] * image.width), int(box[1] * image.height)
    left, top = min(left, image.width - 1), min(top, image.height - 1)
    right = max(left + 1, min(image.width, round((box[0] + box[2]) * image.width)))
    bottom = max(top + 1, min(image.height, round((box[1] + box[3]) * image.height)))
    return image.crop((left, top, right, bottom))


def _encode_picture(encoder: encoders.Encoder, image: Image.Image) -> Vector:
    thumbnail: Image.Image = Image.open(BytesIO(metadata.thumbnail(image)))
    if min(thumbnail.size) < min(encoder.input_size, *image.size):
        thumbnail = image
    vector: Vector = encoder.encode(encoder.prepare(thumbnail)[None])[0]
    return vector
