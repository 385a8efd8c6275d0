"""Bytes to an upright RGB picture and what is known of it, or the reason why there is none.

Pure: no file is opened here. Not here: which formats there are (``formats``, ``decoders``), how
pixel values become 8-bit sRGB (``tones``), metadata (``exif``), what is computed from pixels
(``hashes``, ``describe``).
"""

from __future__ import annotations

import math
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from PIL import Image, ImageFile, JpegImagePlugin

from panoptic_data.errors import UnreadableImage
from panoptic_data.media import decoders, exif, formats, tonemap
from panoptic_data.media.formats import probe

__all__ = ["MOST_MEMORY", "MOST_PIXELS", "REASONS", "Picture", "decode", "open_image", "probe"]

REASONS: tuple[str, ...] = (
    "broken_link",
    "camera_raw",
    "changed_while_read",
    "damaged",
    "empty",
    "folder_denied",
    "link_loop",
    "missing",
    "moved",
    "not_a_file",
    "not_an_image",
    "permission_denied",
    "read_error",
    "too_large",
    "too_many_pixels",
    "truncated",
    "unsupported",
)
"""Every code that a file's ``reason`` can hold."""

# A sheet of 1 m² scanned at 440 dpi. JPEG and JPEG 2000 are decoded at a fraction of their size
# and may be larger: what counts is what has to be decoded.
MOST_PIXELS = 300_000_000
# What decoding may take at one time in the whole process, file included. With the tables'
# libraries that leaves a run under 2 GB.
MOST_MEMORY = 1_300_000_000

# Bytes a pixel at the peak of decoding and reducing, measured on pictures of 24 million pixels:
# by format where the decoder keeps more than the picture, else by mode. A palette may hold a
# transparent colour; what is transparent is premultiplied in a copy.
_FORMAT_BYTES = {"AVIF": 10, "HEIF": 8, "JPEG2000": 20, "WEBP": 16}
_MODE_BYTES = {"1": 2, "L": 1, "P": 9, "LA": 8, "PA": 9, "RGBA": 8, "I": 6, "F": 18}
_OTHER_BYTES = 4

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ORIENTATION_TAG = 274

# Added to the process's filters and never taken out again: warnings.catch_warnings swaps the
# filters of all threads, this touches only what Pillow says of itself.
_SILENCE = ("ignore", None, Warning, re.compile(r"(PIL|pillow_heif)\."), 0)
_TRUNCATION = re.compile(r"truncat|unexpected end|not enough|premature|end of file", re.IGNORECASE)
_UNSUPPORTED = re.compile(r"unsupported|not supported|unknown pixel mode|not available")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


@dataclass(frozen=True)
class Picture:
    """One decoded image. ``pixels`` are RGB, upright and sRGB, possibly reduced.

    ``width`` and ``height`` are those of the whole upright picture; ``mode`` is Pillow's word
    for the stored pixels; the rest is as in the table ``images``.
    """

    pixels: Image.Image
    format: str
    mode: str
    width: int
    height: int
    frames: int
    orientation: int
    taken_at: datetime | None
    camera: str | None
    lat: float | None
    lon: float | None
    exif: str


def decode(data: bytes, short_side: int | None = None) -> Picture:
    """Decode the first frame of a file's bytes.

    With ``short_side``, the picture comes reduced, its short side at least that long (or as
    long as it is stored), at a fraction of the cost. Content alone decides the format. Raises
    UnreadableImage with one of :data:`REASONS`; safe to call from many threads, which wait for
    each other where their pictures together would exceed :data:`MOST_MEMORY`.
    """
    if not data:
        raise UnreadableImage("empty")
    kind = probe(data)
    if kind is None:
        raise UnreadableImage("not_an_image")
    if _SILENCE not in warnings.filters:
        warnings.filterwarnings("ignore", category=Warning, module=_SILENCE[3].pattern)
    try:
        return _decode(kind, data, short_side)
    except UnreadableImage:
        raise
    except (MemoryError, Image.DecompressionBombError) as error:
        raise UnreadableImage("too_many_pixels", _said(error)) from error
    except Exception as error:
        # Decoders raise any type on hostile bytes: struct.error, OverflowError, SyntaxError…
        raise UnreadableImage(_reason(kind, data, error), _said(error)) from error


def open_image(data: bytes, short_side: int | None = None) -> Image.Image:
    """Return just the pixels of :func:`decode`."""
    return decode(data, short_side).pixels


def _decode(kind: str, data: bytes, short_side: int | None) -> Picture:
    image = decoders.open_as(kind, data)
    mode, size = image.mode, image.size
    if not min(size):
        raise UnreadableImage("damaged", f"{size[0]} × {size[1]}")
    turned_by_decoder = exif.attempt(lambda: _turned_by_decoder(image), 1)
    halved = _ask_for_less(kind, image, data, short_side) if short_side else 0
    with _memory.taken(_needed(kind, image, size, halved) + len(data)):
        image.load()
        about = exif.read(image)
        pixels = _pixels(image, short_side)
    if about.orientation in _TURNS:
        pixels = pixels.transpose(_TURNS[about.orientation])
    width, height = size[::-1] if about.orientation >= 5 else size
    return Picture(
        pixels=pixels,
        format=kind,
        mode=mode,
        width=width,
        height=height,
        frames=exif.attempt(lambda: decoders.count_frames(kind, image, data), 1),
        orientation=turned_by_decoder if turned_by_decoder in _TURNS else about.orientation,
        taken_at=about.taken_at,
        camera=about.camera,
        lat=about.lat,
        lon=about.lon,
        exif=about.exif,
    )


def _turned_by_decoder(image: ImageFile.ImageFile) -> int:
    # Pillow turns TIFFs, and libheif turns HEIFs, while they load; both forget how they stood.
    if isinstance(image, decoders.Tiff):
        return int(image.tag_v2.get(_ORIENTATION_TAG, 1))
    return int(image.info.get("original_orientation") or 1)


def _ask_for_less(kind: str, image: ImageFile.ImageFile, data: bytes, short_side: int) -> int:
    """Let the decoders that can do it skip detail that would be averaged away.

    Returns how many times the picture will be halved beyond what ``image.size`` then says.
    """
    short = min(image.size)
    if short <= short_side:
        return 0
    if kind == "JPEG":
        share = short_side / short
        image.draft(None, (math.ceil(image.width * share), math.ceil(image.height * share)))
    if kind != "JPEG2000":
        return 0
    halved = min(int(math.log2(short / short_side)), formats.halvings(kind, data))
    image.reduce = halved  # type: ignore[method-assign, assignment]
    return halved


def _needed(kind: str, image: ImageFile.ImageFile, whole: tuple[int, int], halved: int) -> int:
    """Return the bytes that decoding takes at its peak; raise when that is too much.

    ``whole`` is the size that the file declares, ``image.size`` what will be decoded of it.
    """
    pixels = (image.width * image.height) >> (2 * halved)
    stored = image.mode.partition(";")[0]
    needed = pixels * (_FORMAT_BYTES.get(kind) or _MODE_BYTES.get(stored, _OTHER_BYTES))
    if isinstance(image, JpegImagePlugin.JpegImageFile) and "progressive" in image.info:
        # Kept whole as 16-bit coefficients, whatever part of it is asked for.
        needed += whole[0] * whole[1] * 2 * len(image.getbands())
    if pixels > MOST_PIXELS or needed > MOST_MEMORY:
        raise UnreadableImage("too_many_pixels", f"{whole[0]} × {whole[1]}")
    return needed


def _pixels(image: Image.Image, short_side: int | None) -> Image.Image:
    profile = image.info.get("icc_profile")
    plain = tonemap.byte_image(image)
    # Averaging down to twice the size asked for loses nothing that the last resampling keeps.
    factor = min(plain.size) // (2 * short_side) if short_side else 1
    if factor > 1:
        plain = Image.Image.reduce(plain, factor)
    return tonemap.to_srgb(plain, profile if isinstance(profile, bytes) else None)


def _reason(kind: str, data: bytes, error: Exception) -> str:
    if _TRUNCATION.search(str(error)) or formats.is_cut(kind, data):
        return "truncated"
    return "unsupported" if _UNSUPPORTED.search(str(error).lower()) else "damaged"


def _said(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(error)
    return exif.clean(_ADDRESS.sub("", text) or type(error).__name__)


class _Memory:
    """Lets pictures in while what they take together stays under a limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._used = 0
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, amount: int) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._used or self._used + amount <= self._limit)
            self._used += amount
        try:
            yield
        finally:
            with self._changed:
                self._used -= amount
                self._changed.notify_all()


_memory = _Memory(MOST_MEMORY)
