"""What a search looks for as one vector under an encoder: the sum of its terms' vectors.

Vector arithmetic as rclip offers it for CLIP (Mikhalevich, github.com/yurijmikhalevich/rclip),
after that of word vectors (Mikolov et al., 2013): each term's vector of unit length times its
weight, added up, brought to unit length. Pictures pass through the same thumbnail and the same
preparation as those of the corpus; images of the corpus are not encoded again. Not here: reading
the text of a search (``expressions``), what lies near the vector (``search``).
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
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

__all__ = ["Aim", "aim", "encoded", "is_warm", "unit", "whole", "words"]

# Terms that cost an encoder some work, remembered; 4 kB each at most.
REMEMBERED = 2_000
# Shorter than this, what is left of terms that oppose each other is the rounding of float16.
LEAST = 1e-3
_HEX = 40


@dataclass(frozen=True)
class Aim:
    """Where a search aims: ``vector`` (d,) float32 of unit length, and what it was made of.

    ``parts`` are the lengths of what pictures and what words add to it, and take from it: pictures
    for, pictures against, words for, words against.
    """

    vector: Vector
    parts: tuple[float, float, float, float]


def aim(project: Project, expression: Expression, slug: str) -> Aim:
    """Return where an expression aims under an encoder.

    Raises NoEmbeddings, TextNotSupported, WeightsUnavailable, UnknownImage where none of the
    images has a vector, InvalidExpression where nothing is left or an upload is gone.
    """
    expression = whole(project, expression)
    found = _vectors(project, expression.terms, slug)
    sums = np.zeros((4, found[0][1].size), np.float32)
    for term, vector in found:
        sums[2 * (term.kind == "text") + (term.weight < 0)] += abs(term.weight) * vector
    total = sums[0] - sums[1] + sums[2] - sums[3]
    heaviest = max(abs(term.weight) for term in expression.terms)
    if float(np.linalg.norm(total)) < LEAST * heaviest:
        raise InvalidExpression("nothing_left", part=str(expression))
    lengths = [float(length) for length in np.linalg.norm(sums, axis=1)]
    return Aim(unit(total), (lengths[0], lengths[1], lengths[2], lengths[3]))


def whole(project: Project, expression: Expression) -> Expression:
    """Return the expression with whole sha1s in place of their beginnings.

    Raises UnknownImage, and InvalidExpression where several begin so.
    """
    terms = tuple(_whole(project, term) for term in expression.terms)
    return expression if terms == expression.terms else Expression(terms)


def words(project: Project, texts: Sequence[str], slug: str) -> Vector:
    """Return texts as an encoder reads them: (n, d) float32, unit length."""
    terms = [Term("text", text) for text in texts]
    return np.stack([vector for _, vector in _vectors(project, terms, slug)])


def encoded(project: Project, image: Image.Image, slug: str) -> Vector:
    """Return the vector of an upright RGB picture, as if it were stored: (d,) float32."""
    return _of_picture(_encoder(_encoder_row(project, slug)), image)


def unit(vector: Vector) -> Vector:
    """Return a vector with unit length."""
    scaled: Vector = vector / max(float(np.linalg.norm(vector)), 1e-12)
    return scaled


def is_warm(project: Project, slug: str) -> bool:
    """Whether the encoder was loaded in this process: a search with words is answered at once."""
    return (str(project.root), slug) in _loaded


def _encoder_row(project: Project, slug: str) -> dict[str, Any]:
    database = project.database()
    rows = database.take("encoders", [slug]).to_pylist()
    if not rows or not database.count(table_name("embeddings", slug)):
        raise NoEmbeddings(encoder=slug)
    return dict(rows[0])


def _whole(project: Project, term: Term) -> Term:
    if term.kind not in ("image", "crop") or len(term.value) == _HEX:
        return term
    where = f"sha1 LIKE '{term.value}%'"
    found = project.database().read("images", ["sha1"], where)["sha1"].to_pylist()
    if not found:
        raise UnknownImage(name=term.value)
    if len(found) > 1:
        raise InvalidExpression("several", part=term.value)
    return replace(term, value=found[0])


_Found = list[tuple[Term, "Vector"]]


def _vectors(project: Project, terms: Sequence[Term], slug: str) -> _Found:
    """Return each term with its vector; images that have none are left out while others have."""
    named = [one.value for one in terms if one.kind == "image"]
    stored = _of_images(project, named, slug) if named else {}
    if named and not stored:
        raise UnknownImage(name=named[0])
    others = [one for one in terms if one.kind != "image"]
    made = _made(project, others, _encoder_row(project, slug)) if others else {}
    found: _Found = []
    for term in terms:
        vector = stored.get(term.value) if term.kind == "image" else made[term.name]
        if vector is not None:
            found.append((term, vector))
    return found


def _of_images(project: Project, sha1s: Sequence[str], slug: str) -> dict[str, Vector]:
    database = project.database()
    name = table_name("embeddings", slug)
    rows = database.take(name, sha1s, ["sha1", "vector"])
    if not len(rows):
        if not database.count(name):
            raise NoEmbeddings(encoder=slug)
        return {}
    values = rows["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    vectors = values.reshape(len(rows), -1).astype(np.float32)
    return dict(zip(rows["sha1"].to_pylist(), map(unit, vectors), strict=True))


_lock = threading.Lock()
_made_before: OrderedDict[tuple[str, str, str, str], Vector] = OrderedDict()
_loaded: set[tuple[str, str]] = set()


def _made(project: Project, terms: Sequence[Term], row: dict[str, Any]) -> dict[str, Vector]:
    """Return the vector of each term that the encoder has to work for, by the term's name."""
    of = {(str(project.root), row["slug"], row["fingerprint"], one.name): one for one in terms}
    with _lock:
        known = {key: _made_before[key] for key in of if key in _made_before}
    new = {key: one for key, one in of.items() if key not in known}
    if new:
        encoder = _loaded_encoder(project, new.values(), row)
        texts = {key: one.value for key, one in new.items() if one.kind == "text"}
        if texts:
            known.update(zip(texts, encoder.encode_text(list(texts.values())), strict=True))
        for key, one in new.items():
            if one.kind != "text":
                picture = _picture(project, one, encoder.input_size)
                known[key] = _of_picture(encoder, picture)
    with _lock:
        for key, vector in known.items():
            _made_before[key] = vector
            _made_before.move_to_end(key)
        while len(_made_before) > REMEMBERED:
            _made_before.popitem(last=False)
    return {one.name: known[key] for key, one in of.items()}


def _loaded_encoder(
    project: Project, terms: Iterable[Term], row: dict[str, Any]
) -> encoders.Encoder:
    # Known without loading it: nobody waits for a model that cannot do it.
    if any(one.kind == "text" for one in terms) and not row["reads_text"]:
        raise TextNotSupported(encoder=row["text"])
    encoder = _encoder(row)
    _loaded.add((str(project.root), row["slug"]))
    return encoder


def _encoder(row: dict[str, Any]) -> encoders.Encoder:
    """Return the encoder, kept warm in this process; a query is a batch of one."""
    if row["status"] == "waiting":
        raise WeightsUnavailable(row["text"], *row["cause"].split(": ", 1))
    return encoders.warm(encoders.parse(row["text"]), row["dtype"], 1)


def _picture(project: Project, term: Term, side: int) -> Image.Image:
    """Return what a crop or an upload shows, at least as large as a thumbnail where it can be."""
    side = max(side, metadata.THUMBNAIL_SHORT_SIDE)
    if term.box is None:
        return decode.open_image(query_images.read(project, term.value), side)
    smallest = min(term.box[2:])
    whole = images.pixels(project, term.value, math.ceil(side / smallest))
    return _cropped(whole, term.box)


def _cropped(image: Image.Image, box: Box) -> Image.Image:
    """Return a rectangle of a picture, of one pixel at least."""
    left, top = int(box[0] * image.width), int(box[1] * image.height)
    left, top = min(left, image.width - 1), min(top, image.height - 1)
    right = max(left + 1, min(image.width, round((box[0] + box[2]) * image.width)))
    bottom = max(top + 1, min(image.height, round((box[1] + box[3]) * image.height)))
    return image.crop((left, top, right, bottom))


def _of_picture(encoder: encoders.Encoder, image: Image.Image) -> Vector:
    seen: Image.Image = Image.open(BytesIO(metadata.thumbnail(image)))
    if min(seen.size) < min(encoder.input_size, *image.size):
        seen = image
    vector: Vector = encoder.encode(encoder.prepare(seen)[None])[0]
    return vector
