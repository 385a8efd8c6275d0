"""Convert stored pixel values of any Pillow mode to 8-bit sRGB on white, as a screen shows them.

Not here: opening and reducing files (``decode``).

Ranges of values that are not stored in 8 bits:

- 16-bit and 32-bit integers: the full scale is 65535 (a value v becomes v / 257). Where no
  value is above 4095 it is 4095, and where none is above 255 it is 255: 12-bit cameras and
  8-bit scanners write into 16 bits, and would come out black. A 32-bit picture with negative
  values or values above 65535 is stretched from its smallest to its largest.
- floating point: 0 to 1 is the full scale; where values exceed it, 0 to 255; where they exceed
  that too, smallest to largest. NaN and infinities become the smallest value.
"""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms

__all__ = ["byte_image", "to_srgb"]

_INTEGER_SCALES = (255, 4095, 65535)


def byte_image(image: Image.Image) -> Image.Image:
    """Return the picture in a mode of 8 bits a channel that can be averaged, alpha kept.

    Modes L, LA, RGB, RGBA, CMYK, YCbCr, LAB or HSV; palettes are resolved.
    """
    mode = image.mode
    if mode.startswith("I"):
        return _from_integers(image)
    if mode == "F":
        return _from_floats(image)
    if mode == "1":
        return image.convert("L")
    if mode == "PA" or "transparency" in image.info:
        return image.convert("RGBA")
    if mode == "P":
        return image.convert("RGB")
    return image


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the picture of :func:`byte_image` as RGB: alpha on white, ``profile`` applied.

    ``profile`` is an embedded ICC profile; it is ignored when it is sRGB already, broken or made
    for another mode.
    """
    opaque = _on_white(image)
    convert = _conversion(profile, opaque.mode) if profile else None
    if convert is not None:
        return _applied(convert, opaque)
    if opaque.mode == "LAB":
        return _applied(_from_lab(), opaque)
    return opaque if opaque.mode == "RGB" else opaque.convert("RGB")


def _from_integers(image: Image.Image) -> Image.Image:
    values = np.asarray(image)
    lowest, highest = int(values.min()), int(values.max())
    scale = next((scale for scale in _INTEGER_SCALES if highest <= scale), None)
    if lowest < 0 or scale is None:
        return _stretched(values, lowest, highest)
    # A table of all values needs no wider copy of the pixels.
    table = ((np.arange(scale + 1) * 255 + scale // 2) // scale).astype(np.uint8)
    return Image.fromarray(table[values])


def _from_floats(image: Image.Image) -> Image.Image:
    values = np.asarray(image)
    is_finite = np.isfinite(values)
    if not is_finite.all():
        lowest = values[is_finite].min() if is_finite.any() else 0.0
        values = np.where(is_finite, values, lowest)
    lowest, highest = float(values.min()), float(values.max())
    if lowest >= 0 and highest <= 255:
        return _stretched(values, 0.0, 1.0 if highest <= 1 else 255.0)
    return _stretched(values, lowest, highest)


def _stretched(values: np.ndarray, lowest: float, highest: float) -> Image.Image:
    width = float(highest) - float(lowest) or 1.0
    # In place and in float64: the width of a float32 picture's range may not fit a float32.
    scaled = values.astype(np.float64)
    scaled -= lowest
    scaled *= 255 / width
    scaled += 0.5
    return Image.fromarray(scaled.clip(0, 255, out=scaled).astype(np.uint8))


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode not in ("LA", "RGBA"):
        return image
    opaque = image.mode.removesuffix("A")
    paper = Image.new(opaque, image.size, "white")
    paper.paste(image.convert(opaque), mask=image.getchannel("A"))
    return paper


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
