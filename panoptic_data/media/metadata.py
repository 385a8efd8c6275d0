"""Compute an image's row of the table ``images``, thumbnail included, from its file's bytes.

Pure. Not here: decoding (``decode``), reading files and writing rows (``ingest.images``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from PIL import Image

from panoptic_data.media import decode, hashes
from panoptic_data.media.embedded_texts import TEXTS

__all__ = ["THUMBNAIL_LONG_SIDE", "THUMBNAIL_SHORT_SIDE", "ImageRow", "describe", "thumbnail"]

# Pixels. Encoders read 224 to 256; the long side of a panorama is limited to four times that.
THUMBNAIL_SHORT_SIDE = 256
THUMBNAIL_LONG_SIDE = 1024
# Encoders see what JPEG leaves out: at 90 with all of the colours, and scaled by the filter that
# keeps most detail, a vector is that of the original to .993 (docs/performance/encoders.md).
THUMBNAIL_QUALITY = 90
_WHOLE_COLOURS = 0
_FILTER = Image.Resampling.LANCZOS


@dataclass(frozen=True)
class ImageRow:
    """Every column of the table ``images`` but the run."""

    sha1: str
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
    colour: str
    ahash: int
    phash: int
    dhash: int
    thumbnail: bytes
    sha256: str
    taken_precision: str | None
    taken_from: str | None
    digitised_at: datetime | None
    digitised_precision: str | None
    title: str | None
    headline: str | None
    caption: str | None
    keywords: tuple[str, ...] | None
    creator: str | None
    credit: str | None
    rights: str | None
    location: str | None


def describe(
    data: bytes, sha1: str | None = None, short_side: int = THUMBNAIL_SHORT_SIDE
) -> ImageRow:
    """Return the row of ``images`` for a file's bytes; with ``sha1`` it is not computed again.

    ``short_side`` is that of the thumbnail, in pixels. Raises UnreadableImage.
    """
    picture = decode.decode(data, short_side)
    size = _thumbnail_size(picture.width, picture.height, short_side)
    small = picture.pixels.resize(size, _FILTER)
    perceptual = hashes.perceptual(small)
    description = picture.description
    return ImageRow(
        sha1=sha1 or hashes.sha1(data),
        format=picture.format,
        mode=picture.mode,
        width=picture.width,
        height=picture.height,
        frames=picture.frames,
        orientation=picture.orientation,
        taken_at=picture.taken_at,
        camera=picture.camera,
        lat=picture.lat,
        lon=picture.lon,
        exif=picture.exif,
        colour=hashes.dominant_colour(small),
        ahash=perceptual.ahash,
        phash=perceptual.phash,
        dhash=perceptual.dhash,
        thumbnail=_jpeg(small),
        sha256=hashes.sha256(data),
        taken_precision=description.taken.precision if description.taken else None,
        taken_from=description.taken_from,
        digitised_at=description.digitised.at if description.digitised else None,
        digitised_precision=description.digitised.precision if description.digitised else None,
        keywords=description.keywords or None,
        **{name: getattr(description, name) for name in TEXTS},
    )


def thumbnail(image: Image.Image) -> bytes:
    """Return the JPEG thumbnail of an upright RGB picture, as ``describe`` makes it."""
    return _jpeg(image.resize(_thumbnail_size(*image.size), _FILTER))


def _thumbnail_size(
    width: int, height: int, short_side: int = THUMBNAIL_SHORT_SIDE
) -> tuple[int, int]:
    short, long = sorted((width, height))
    long_side = THUMBNAIL_LONG_SIDE * short_side // THUMBNAIL_SHORT_SIDE
    scale = min(1.0, short_side / short, long_side / long)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _jpeg(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, "JPEG", quality=THUMBNAIL_QUALITY, subsampling=_WHOLE_COLOURS)
    return file.getvalue()
