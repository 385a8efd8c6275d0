"""Convert stored pixel values of any Pillow mode to 8-bit sRGB, as a screen shows them.

Not here: opening and reducing files (``decode``), what a TIFF says of its tones (``tiff``), the
ground behind a transparent picture (``ground``).

Eight bits are shown as they are. Ranges of values that are not stored in 8 bits, where the file
does not say which values are black and white:

- whole numbers: the full scale is the least of 8, 10, 12, 14 and 16 bits that holds the values, for
  cameras and scanners write fewer bits into sixteen. Beyond that, and below zero, from the smallest
  value to the largest.
- floating point: 0 to 1 is the full scale; where values exceed it, 0 to 255; where they exceed
  that too, smallest to largest. NaN and infinities become the smallest value.
- greys that use less than half of the scale, and more than noise does, are measurements and not
  photographs: they are stretched, unless an embedded profile says what the values mean.

Smallest and largest are those of all pixels but one in 2,000 at each end: one hot pixel must not
blacken the others.
"""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

from panoptic_data.media.ground import on_ground
from panoptic_data.media.tiff import Tones

__all__ = ["byte_image", "is_dark_in_sixteen_bits", "to_srgb", "with_low_bytes"]

Values = npt.NDArray[Any]

_INTEGER_SCALES = tuple(2**bits - 1 for bits in (8, 10, 12, 14, 16))
_FLOAT_SCALES = (1, 255)
# Pixels at each end that do not count, of those that are looked at.
_OUTLIERS = 1 / 2000
_FEWEST_FOR_OUTLIERS = 256
_LOOKED_AT = 1 << 21
# Values that are converted at one time: a wide copy of a large picture would be gigabytes.
_AT_ONCE = 1 << 20
# What share of the scale a measurement uses at least: less is the noise of an empty page.
_LEAST_USED, _MOST_USED = 1 / 128, 1 / 2
# Of 16 bits, the higher byte below which a picture may have 14 bits or fewer.
_DARK_BELOW = 64


def byte_image(image: Image.Image, tones: Tones = Tones()) -> Image.Image:  # noqa: B008 - frozen
    """Return the picture in a mode of 8 bits a channel that can be averaged, alpha kept.

    Modes L, LA, RGB, RGBA, CMYK, YCbCr, LAB or HSV; palettes are resolved.
    """
    mode = image.mode
    if mode[0] in "IF":
        return _from_wide(image, tones)
    if tones.is_signed_byte:
        # Two's complement: -128 is black, 127 white.
        flipped = np.asarray(image) ^ (0x7F if tones.is_inverted else 0x80)
        return Image.fromarray(flipped)
    if mode == "1":
        return image.convert("L")
    if mode == "PA" or "transparency" in image.info:
        return image.convert("RGBA")
    if mode == "P":
        return image.convert("RGB")
    return image


def is_dark_in_sixteen_bits(high: Image.Image) -> bool:
    """Whether colours of 16 bits may have 14 or fewer: ``high`` has their higher bytes."""
    bands = high.split()[: 4 if high.mode == "CMYK" else 3]
    return max(_highest(band) for band in bands) < _DARK_BELOW


def with_low_bytes(high: Image.Image, low: Image.Image) -> Image.Image:
    """Return colours of 16 bits on the scale of the bits that they use, 8 bits a channel."""
    colours = range(4 if high.mode == "CMYK" else 3)
    highest = max(_range(_wide_band(high, low, number))[1] for number in colours)
    scale = int(_scale(highest, _INTEGER_SCALES) or _INTEGER_SCALES[-1])
    bands = [
        Image.fromarray(_on_scale(_wide_band(high, low, number), scale))
        for number in range(len(high.getbands()))
    ]
    return Image.merge(high.mode, bands)


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the picture of :func:`byte_image` as RGB: alpha on a ground, ``profile`` applied.

    ``profile`` is an embedded ICC profile; it is ignored when it is sRGB already, broken or made
    for another mode.
    """
    opaque = on_ground(image)
    convert = _conversion(profile, opaque.mode) if profile else None
    if convert is not None:
        return _applied(convert, opaque)
    if opaque.mode == "LAB":
        return _applied(_from_lab(), opaque)
    return opaque if opaque.mode == "RGB" else opaque.convert("RGB")


def _wide_band(high: Image.Image, low: Image.Image, number: int) -> Values:
    values = np.asarray(high.getchannel(number)).astype(np.uint16)
    values <<= 8
    values |= np.asarray(low.getchannel(number))
    return values


def _from_wide(image: Image.Image, tones: Tones) -> Image.Image:
    values = np.asarray(image)
    if values.dtype == np.int32 and tones.is_unsigned:
        values = values.view(np.uint32)
    has_profile = bool(image.info.get("icc_profile"))
    if values.dtype.kind == "f":
        scaled = _from_floats(values, tones, has_profile=has_profile)
    else:
        scaled = _from_integers(values, tones, has_profile=has_profile)
    if tones.is_inverted:
        scaled = ~scaled
    return Image.fromarray(scaled)


def _from_integers(values: Values, tones: Tones, *, has_profile: bool) -> npt.NDArray[np.uint8]:
    lowest, highest = _range(values, tones.no_data)
    declared = _declared(tones, lowest, highest, 2.0 ** (8 * values.itemsize) - 1)
    if declared is not None:
        return _stretched(values, *declared)
    scale = _scale(highest, _INTEGER_SCALES)
    if lowest < 0 or scale is None:
        return _stretched(values, lowest, highest)
    if not has_profile and _is_narrow(lowest, highest, scale):
        return _stretched(values, lowest, highest)
    return _on_scale(values, int(scale))


def _from_floats(values: Values, tones: Tones, *, has_profile: bool) -> npt.NDArray[np.uint8]:
    lowest, highest = _range(values, tones.no_data)
    is_finite = np.isfinite(values)
    if not is_finite.all():
        values = np.where(is_finite, values, lowest)
    declared = _declared(tones, lowest, highest, np.inf)
    scale = _scale(highest, _FLOAT_SCALES) if lowest >= 0 else None
    if declared is not None:
        lowest, highest = declared
    elif scale is not None and (has_profile or not _is_narrow(lowest, highest, scale)):
        lowest, highest = 0.0, scale
    return _stretched(values, lowest, highest)


def _declared(
    tones: Tones, lowest: float, highest: float, full: float
) -> tuple[float, float] | None:
    """Return the values of black and white that a file names, where they fit what it holds."""
    if tones.largest is None or tones.largest in (0, full):
        return None
    black = tones.smallest if tones.smallest is not None else 0.0
    fits = black <= lowest and highest <= tones.largest and black < tones.largest
    return (black, tones.largest) if fits else None


def _range(values: Values, no_data: float | None = None) -> tuple[float, float]:
    """Return the smallest and the largest value, without outliers."""
    step = max(1, int((values.size / _LOOKED_AT) ** 0.5))
    some = values[::step, ::step].ravel()
    if some.dtype.kind == "f":
        some = some[np.isfinite(some)]
    if no_data is not None:
        some = some[some != no_data]
    if not some.size:
        return 0.0, 0.0
    at_ends = max(1, int(some.size * _OUTLIERS)) if some.size >= _FEWEST_FOR_OUTLIERS else 0
    last = some.size - 1
    parted = np.partition(some, (at_ends, last - at_ends))
    lowest, highest = parted[at_ends], parted[last - at_ends]
    if lowest == highest:
        # Lines so thin that nearly all is ground.
        lowest, highest = some.min(), some.max()
    return float(lowest), float(highest)


def _highest(band: Image.Image) -> int:
    counts = np.array(band.histogram())
    beyond = counts[::-1].cumsum()[::-1]
    return int(np.flatnonzero(beyond > counts.sum() * _OUTLIERS).max(initial=0))


def _scale(highest: float, scales: tuple[int, ...]) -> float | None:
    return next((float(scale) for scale in scales if highest <= scale), None)


def _is_narrow(lowest: float, highest: float, scale: float) -> bool:
    return scale * _LEAST_USED < highest - lowest < scale * _MOST_USED


def _on_scale(values: Values, scale: int) -> npt.NDArray[np.uint8]:
    # A table of all values needs no wider copy of the pixels.
    table = np.full(max(scale, 65535) + 1, 255, np.uint8)
    table[: scale + 1] = (np.arange(scale + 1) * 255 + scale // 2) // scale
    return table[np.minimum(values, 65535) if values.itemsize > 2 else values]


def _stretched(values: Values, lowest: float, highest: float) -> npt.NDArray[np.uint8]:
    width = highest - lowest or 1.0
    result = np.empty(values.shape, np.uint8)
    rows = max(1, _AT_ONCE // values.shape[1])
    for start in range(0, len(values), rows):
        # In float64: the width of a float32 picture's range may not fit a float32.
        scaled = values[start : start + rows].astype(np.float64)
        scaled -= lowest
        scaled *= 255 / width
        scaled += 0.5
        result[start : start + rows] = scaled.clip(0, 255, out=scaled)
    return result


@lru_cache(maxsize=32)
def _conversion(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    # Cached: a camera writes the same profile into every picture, and parsing it costs 0.3 ms.
    try:
        parsed = ImageCms.ImageCmsProfile(BytesIO(profile))
        if "srgb" in (parsed.profile.profile_description or "").lower():
            return None
        return ImageCms.buildTransform(parsed, _srgb(), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


@lru_cache(maxsize=1)
def _from_lab() -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(ImageCms.createProfile("LAB"), _srgb(), "LAB", "RGB")


@lru_cache(maxsize=1)
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _applied(convert: ImageCms.ImageCmsTransform, image: Image.Image) -> Image.Image:
    converted = ImageCms.applyTransform(image, convert)
    assert converted is not None  # only in-place conversion returns nothing
    return converted
