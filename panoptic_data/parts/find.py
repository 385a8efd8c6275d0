"""Where a part of an image occurs in others: a rectangle that a person draws, answered on demand.

The rectangle's points are looked up among the visual words of all images, and the pictures that
most of them lead to are laid over it. Not here: parts that were found for all images (``detect``,
``shared``).
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from panoptic_data.errors import InvalidExpression, SharedPartsNotMade, UnknownImage, UsageError
from panoptic_data.media.local_features import LocalFeatures, local_features
from panoptic_data.messages import terminal_language, translate
from panoptic_data.parts import index, shared, words
from panoptic_data.parts.same_part import SamePart, same_part
from panoptic_data.parts.shared import SharedPart
from panoptic_data.storage.sql import literal

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["Rectangle", "full_sha1", "part_of"]

Rectangle = tuple[float, float, float, float]

# Pictures that are laid over the rectangle, of those that its words lead to: 30 take a second.
CANDIDATES = 30
# A rectangle has fewer points than a picture, and that it is meant is known.
FEWEST_POINTS, FEWEST_INLIERS = 4, 10
# Edges that were rounded may add up to a little over the whole.
ROUNDING = 1e-6
_SHA1_DIGITS = 40


def part_of(
    project: Project, image: str, rectangle: Sequence[float] | None = None
) -> list[SharedPart]:
    """Return where a part of an image occurs in other images, the surest first.

    ``image`` is a sha1 or its beginning. ``rectangle`` is left, top, width and height in fractions
    of the upright picture: it is sought now, and copies of the image are among the answers, too.
    Without one, the parts that the image shares as they were found for all images. Raises
    UnknownImage, InvalidExpression where several images begin so, SharedPartsNotMade, and
    UsageError for a rectangle that does not lie in the picture.
    """
    box = None if rectangle is None else _checked(rectangle)
    sha1 = full_sha1(project, image)
    if not shared.is_made(project):
        raise SharedPartsNotMade
    if box is None:
        return shared.parts_of_image(project, sha1)
    return _sought(project, sha1, box)


def full_sha1(project: Project, name: str) -> str:
    """Return the sha1 of an image from its beginning.

    Raises UnknownImage, and InvalidExpression where several images begin so.
    """
    if len(name) > _SHA1_DIGITS or not name or set(name.lower()) - set("0123456789abcdef"):
        raise UnknownImage(name=name)
    where = f"sha1 LIKE {literal(f'{name.lower()}%')}"
    sha1s = project.database().read("images", ["sha1"], where)["sha1"].to_pylist()
    if not sha1s:
        raise UnknownImage(name=name)
    if len(sha1s) > 1:
        raise InvalidExpression("several", part=name)
    return str(sha1s[0])


def _checked(rectangle: Sequence[float]) -> Rectangle:
    numbers = tuple(map(float, rectangle))
    if len(numbers) == 4 and all(map(math.isfinite, numbers)):
        left, top, width, height = numbers
        ends = max(left + width, top + height)
        if min(left, top) >= 0 and min(width, height) > 0 and ends <= 1 + ROUNDING:
            return left, top, width, height
    raise UsageError(problem=translate("arguments.rectangle", terminal_language()))


def _sought(project: Project, sha1: str, box: Rectangle) -> list[SharedPart]:
    held = index.index_of(project)
    database = project.database()
    pictures = database.take("images", [sha1], ["thumbnail"])["thumbnail"].to_pylist()
    if held is None or not len(held.sha1s) or not pictures:
        return []
    features = _cropped(pictures[0], box)
    queries = [
        words.words_of(features, held.vocabulary, is_mirrored=is_mirrored)
        for is_mirrored in (False, True)
    ]
    position = int(np.searchsorted(held.sha1s, sha1))
    is_there = position < len(held.sha1s) and held.sha1s[position] == sha1
    likely = held.words.candidates(
        queries, CANDIDATES, position if is_there else None, FEWEST_POINTS, least_votes=0
    )
    others = index.features_of(database, held.sha1s[likely.pictures].tolist())
    with ThreadPoolExecutor() as threads:
        answers = threads.map(
            lambda other: same_part(
                features, other, likely.is_common, FEWEST_INLIERS, may_be_whole=True
            ),
            others.values(),
        )
        parts = [
            _seen(other, answer, box)
            for other, answer in zip(others, answers, strict=True)
            if answer is not None
        ]
    return sorted(parts, key=lambda part: (-part.sureness, -part.inliers, part.other))


def _cropped(picture: bytes, box: Rectangle) -> LocalFeatures:
    """Return the features of a rectangle of a picture, enlarged where it is small."""
    with Image.open(io.BytesIO(picture)) as opened:
        image = opened.convert("RGB")
    left, top = int(box[0] * image.width), int(box[1] * image.height)
    right = max(left + 1, math.ceil((box[0] + box[2]) * image.width))
    bottom = max(top + 1, math.ceil((box[1] + box[3]) * image.height))
    written = io.BytesIO()
    image.crop((left, top, min(right, image.width), min(bottom, image.height))).save(written, "PNG")
    return local_features(written.getvalue(), words.POINTS)


def _seen(other: str, answer: SamePart, box: Rectangle) -> SharedPart:
    """Return a part of the rectangle as one of the whole picture."""
    start, size = np.array(box[:2]), np.array(box[2:])
    matrix = answer.matrix * size[:, None]
    matrix[:, 2] += start
    ours = start + answer.left_outline * size
    return SharedPart(
        other,
        tuple((float(x), float(y)) for x, y in ours),
        tuple((float(x), float(y)) for x, y in answer.right_outline),
        tuple(matrix.ravel().tolist()),
        answer.inliers,
        answer.sureness,
        None,
    )
