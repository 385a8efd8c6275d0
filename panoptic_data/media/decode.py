"""Decode an image file's bytes into an upright RGB picture, or say why they cannot be decoded.

Pure: no file is opened here. Not here: recognising formats (``formats``) and opening them
(``decoders``), bringing pixel values to 8-bit sRGB (``tonemap``), EXIF (``exif``), captions and
dates (``description``), what is computed from pixels (``hashes``, ``metadata``).
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
from io import BytesIO

from PIL import Image, ImageFile, JpegImagePlugin

from panoptic_data.errors import UnreadableImage
from panoptic_data.media import (
    decoders,
    description,
    exif,
    formats,
    iptc,
    main_picture,
    tiff,
    tonemap,
)
from panoptic_data.media.description import Description
from panoptic_data.media.formats import probe

__all__ = ["MAX_MEMORY_BYTES", "MAX_PIXELS", "REASONS", "Picture", "decode", "open_image", "probe"]

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
    "purged",
    "read_error",
    "too_large",
    "too_many_pixels",
    "truncated",
    "unsupported",
)
"""Every code that a file's ``reason`` can hold."""

# A sheet of 1 m² scanned at 440 dpi. JPEG and JPEG 2000 are decoded at a fraction of their size
# and may be larger: what counts is what has to be decoded.
MAX_PIXELS = 300_000_000
# Bytes that all decoding in this process may take at one time, the files included. With the
# libraries of the tables a run then stays under 2 GB.
MAX_MEMORY_BYTES = 1_300_000_000

# Bytes per pixel at the peak of decoding and reducing, measured on pictures of 24 million pixels:
# by format where the decoder keeps more than the picture, else by mode. A palette may hold a
# transparent colour, and transparent pictures are premultiplied in a copy.
_FORMAT_BYTES = {"AVIF": 10, "HEIF": 8, "JPEG2000": 20, "WEBP": 16}
_MODE_BYTES = {"1": 2, "L": 1, "P": 9, "LA": 8, "PA": 9, "RGBA": 8, "I": 6, "F": 18}
_DEFAULT_BYTES = 4
# Of colours of 16 bits that may have to be read twice, where there is room for it.
_WIDE_COLOUR_BYTES = 16

_TRANSPOSITIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ORIENTATION_TAG = 274

# Added to the process's filters and never removed: warnings.catch_warnings replaces the filters
# of all threads, whereas this one concerns only the warnings that Pillow itself raises.
_WARNINGS_FILTER = ("ignore", None, Warning, re.compile(r"(PIL|pillow_heif)\."), 0)
_TRUNCATED_MESSAGE = re.compile(
    r"truncat|unexpected end|not enough|premature|end of file", re.IGNORECASE
)
_UNSUPPORTED_MESSAGE = re.compile(r"unsupported|not supported|unknown pixel mode|not available")
_MEMORY_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


@dataclass(frozen=True)
class Picture:
    """One decoded image. ``pixels`` are RGB, upright and sRGB, possibly reduced.

    ``width`` and ``height``, in pixels, are those of the full upright picture; ``mode`` is
    Pillow's mode of the stored pixels; the rest is as in the table ``images``.
    """

    pixels: Image.Image
    format: str
    mode: str
    width: int
    height: int
    frames: int
    orientation: int
    camera: str | None
    lat: float | None
    lon: float | None
    exif: str
    description: Description

    @property
    def taken_at(self) -> datetime | None:
        """The first moment of when it was taken, by the camera's own clock."""
        return self.description.taken.at if self.description.taken else None


def decode(data: bytes, short_side: int | None = None) -> Picture:
    """Decode the main picture of a file's bytes: the first that is no preview and not blank.

    With ``short_side`` (pixels) the picture is reduced while it is decoded, at a fraction of the
    cost: its short side is then at least that long, or as long as it is stored. The format is
    recognised from the bytes alone. Raises UnreadableImage with one of :data:`REASONS`. Safe to
    call from many threads, which wait for each other where their pictures together would exceed
    :data:`MAX_MEMORY_BYTES`.
    """
    if not data:
        raise UnreadableImage("empty")
    kind = probe(data)
    if kind is None:
        raise UnreadableImage("not_an_image")
    if _WARNINGS_FILTER not in warnings.filters:
        warnings.filterwarnings("ignore", category=Warning, module=_WARNINGS_FILTER[3].pattern)
    try:
        return _decode(kind, data, short_side)
    except UnreadableImage:
        raise
    except (MemoryError, Image.DecompressionBombError) as error:
        raise UnreadableImage("too_many_pixels", _error_text(error)) from error
    except Exception as error:
        # Decoders raise any type on hostile bytes: struct.error, OverflowError, SyntaxError…
        raise UnreadableImage(_reason(kind, data, error), _error_text(error)) from error


def open_image(data: bytes, short_side: int | None = None) -> Image.Image:
    """Return just the pixels of :func:`decode`."""
    return decode(data, short_side).pixels


def _decode(kind: str, data: bytes, short_side: int | None) -> Picture:
    image = decoders.open_as(kind, data)
    mode, size = image.mode, image.size
    if not min(size):
        raise UnreadableImage("damaged", f"{size[0]} × {size[1]}")
    applied_orientation = exif.attempt(lambda: _orientation_applied_by_decoder(image), 1)
    halvings = _reduce_in_decoder(kind, image, data, short_side) if short_side else 0
    # Known by the tiles, which loading consumes.
    is_wide_colour = _is_wide_colour(image)
    with _memory_limit.reserve(_memory_needed(kind, image, size, halvings) + len(data)):
        image.load()
        metadata, described = _metadata(kind, image, data)
        main_picture.seek_frame_with_content(kind, image)
        pixels = _pixels(image, data if is_wide_colour else None, short_side)
    if metadata.orientation in _TRANSPOSITIONS:
        pixels = pixels.transpose(_TRANSPOSITIONS[metadata.orientation])
    width, height = size[::-1] if metadata.orientation >= 5 else size
    return Picture(
        pixels=pixels,
        format=kind,
        mode=mode,
        width=width,
        height=height,
        frames=exif.attempt(lambda: decoders.count_frames(kind, image, data), 1),
        orientation=applied_orientation
        if applied_orientation in _TRANSPOSITIONS
        else metadata.orientation,
        camera=metadata.camera,
        lat=metadata.lat,
        lon=metadata.lon,
        exif=metadata.exif,
        description=described,
    )


def _metadata(
    kind: str, image: ImageFile.ImageFile, data: bytes
) -> tuple[exif.Metadata, Description]:
    """Read what the main picture says; of a TIFF that begins with a preview, what that says too."""
    metadata = exif.read(image)
    holder: Image.Image = image
    if isinstance(image, tiff.Tiff) and image.tell():
        first = exif.attempt(lambda: tiff.Tiff(BytesIO(data)), image)
        metadata = exif.merged(metadata, exif.read(first))
        holder = image if image.info.get("xmp") or iptc.has_block(image) else first
    return metadata, description.embedded(holder, kind, data, metadata.tags)


def _orientation_applied_by_decoder(image: ImageFile.ImageFile) -> int:
    # Pillow turns TIFFs, and libheif turns HEIFs, while they load; both then drop the orientation.
    if isinstance(image, tiff.Tiff):
        return int(image.tag_v2.get(_ORIENTATION_TAG, 1))
    return int(image.info.get("original_orientation") or 1)


def _reduce_in_decoder(kind: str, image: ImageFile.ImageFile, data: bytes, short_side: int) -> int:
    """Tell the decoders that can reduce to skip detail that would be averaged away later.

    Returns how many times the picture will be halved in addition to what ``image.size`` then says.
    """
    current_short_side = min(image.size)
    if current_short_side <= short_side:
        return 0
    if kind == "JPEG":
        share = short_side / current_short_side
        image.draft(None, (math.ceil(image.width * share), math.ceil(image.height * share)))
    if kind != "JPEG2000":
        return 0
    halvings = min(int(math.log2(current_short_side / short_side)), formats.halvings(kind, data))
    image.reduce = halvings  # type: ignore[method-assign, assignment]
    return halvings


def _memory_needed(
    kind: str, image: ImageFile.ImageFile, declared_size: tuple[int, int], halvings: int
) -> int:
    """Return the bytes that decoding takes at its peak; raise UnreadableImage when it is too much.

    ``declared_size`` is the size in pixels that the file declares, ``image.size`` the part of it
    that will be decoded.
    """
    pixels = (image.width * image.height) >> (2 * halvings)
    stored = image.mode.partition(";")[0]
    needed = pixels * (_FORMAT_BYTES.get(kind) or _MODE_BYTES.get(stored, _DEFAULT_BYTES))
    if _is_wide_colour(image):
        needed = pixels * _WIDE_COLOUR_BYTES
    if isinstance(image, JpegImagePlugin.JpegImageFile) and "progressive" in image.info:
        # Kept whole as 16-bit coefficients, whatever part of it is asked for.
        needed += declared_size[0] * declared_size[1] * 2 * len(image.getbands())
    if pixels > MAX_PIXELS or needed > MAX_MEMORY_BYTES:
        raise UnreadableImage("too_many_pixels", f"{declared_size[0]} × {declared_size[1]}")
    return needed


def _is_wide_colour(image: ImageFile.ImageFile) -> bool:
    pixels = image.width * image.height
    fits = pixels * _WIDE_COLOUR_BYTES <= MAX_MEMORY_BYTES
    return fits and not image.info.get("icc_profile") and tiff.has_wide_colours(image)


def _pixels(image: ImageFile.ImageFile, wide: bytes | None, short_side: int | None) -> Image.Image:
    """Return the pixels as sRGB; ``wide`` are the file's bytes where colours have 16 bits."""
    profile = image.info.get("icc_profile")
    image_8bit = _byte_image(image, wide)
    # Averaging down to twice the size asked for loses nothing that the last resampling keeps.
    factor = min(image_8bit.size) // (2 * short_side) if short_side else 1
    if factor > 1:
        image_8bit = Image.Image.reduce(image_8bit, factor)
    return tonemap.to_srgb(image_8bit, profile if isinstance(profile, bytes) else None)


def _byte_image(image: ImageFile.ImageFile, wide: bytes | None) -> Image.Image:
    if wide is not None and tonemap.is_dark_in_sixteen_bits(image):
        low = tiff.low_bytes(image, wide)
        if low is not None:
            return tonemap.with_low_bytes(image, low)
    return tonemap.byte_image(image, tiff.stored_tones(image))


def _reason(kind: str, data: bytes, error: Exception) -> str:
    if _TRUNCATED_MESSAGE.search(str(error)) or formats.is_cut(kind, data):
        return "truncated"
    return "unsupported" if _UNSUPPORTED_MESSAGE.search(str(error).lower()) else "damaged"


def _error_text(error: Exception) -> str:
    argument = error.args[0] if error.args else ""
    text = argument.decode(errors="replace") if isinstance(argument, bytes) else str(error)
    return exif.clean(_MEMORY_ADDRESS.sub("", text) or type(error).__name__)


class _MemoryLimit:
    """Makes threads wait while the pictures being decoded would exceed a limit, in bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._used = 0
        self._changed = threading.Condition()

    @contextmanager
    def reserve(self, amount: int) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._used or self._used + amount <= self._limit)
            self._used += amount
        try:
            yield
        finally:
            with self._changed:
                self._used -= amount
                self._changed.notify_all()


_memory_limit = _MemoryLimit(MAX_MEMORY_BYTES)
