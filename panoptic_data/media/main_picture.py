"""Which of a file's pictures is shown: never a preview, nor the blank frame a film begins with.

Not here: counting pages (``formats``), decoding (``decode``).
"""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from PIL import Image, ImageFile

from panoptic_data.media import formats
from panoptic_data.media.formats import TiffPage

__all__ = ["number_of_page", "seek_frame_with_content"]

# A first page so much smaller than another of the same shape is its preview, flagged or not.
_PREVIEW_SIDES = 4
_SAME_SHAPE = 0.03
_FILMS = ("GIF", "WEBP", "PNG", "AVIF")
_MOST_FRAMES_TRIED = 60
# Standard deviations in grey levels: below the first a frame is blank, at the second it shows.
_BLANK_BELOW, _SHOWS_FROM = 4.0, 20.0
_LOOKED_AT = (64, 64)


def number_of_page(data: bytes) -> int:
    """Return which page of a TIFF is its main picture, counted from 0 with previews."""
    pages = formats.tiff_pages(data)
    if not pages:
        return 0
    full = [number for number, page in enumerate(pages) if not page.is_reduced]
    first = full[0] if full else 0
    largest = max(full or [0], key=lambda number: pages[number].width)
    return largest if _is_preview_of(pages[first], pages[largest]) else first


def seek_frame_with_content(kind: str, image: ImageFile.ImageFile) -> None:
    """Go on from a blank first frame of a film to one that shows something. ``image`` is loaded.

    Of frames that all show little the one with most contrast is taken.
    """
    if kind not in _FILMS or int(getattr(image, "n_frames", 1)) < 2:
        return
    best = _contrast(image)
    if best >= _BLANK_BELOW:
        return
    best_number = 0
    # A broken frame ends the film there.
    with suppress(Exception):
        for number in range(1, min(image.n_frames, _MOST_FRAMES_TRIED)):  # type: ignore[attr-defined]
            image.seek(number)
            contrast = _contrast(image)
            if contrast > best:
                best, best_number = contrast, number
            if best >= _SHOWS_FROM:
                break
    image.seek(best_number)
    image.load()


def _is_preview_of(page: TiffPage, other: TiffPage) -> bool:
    if 0 in (page.width, page.height, other.width, other.height):
        return False
    shape = page.width / page.height * other.height / other.width
    return other.width >= _PREVIEW_SIDES * page.width and abs(shape - 1) <= _SAME_SHAPE


def _contrast(image: Image.Image) -> float:
    small = image.convert("RGBA").resize(_LOOKED_AT, Image.Resampling.BOX)
    grey = np.asarray(small.convert("L"), np.float32)
    # What is transparent shows nothing.
    return float((grey * (np.asarray(small.getchannel("A")) / 255)).std())
