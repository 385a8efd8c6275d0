"""Colours as people see them: how far two are apart, and what a hue is called.

Pure, on Polars series and arrays. Not here: which colour a picture has
(``hashes.dominant_colour``).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

__all__ = ["HUES", "HUE_NAMES", "hues", "lab"]

# In the order in which groups of colours are shown.
HUES = (
    "black",
    "grey",
    "white",
    "red",
    "orange",
    "yellow",
    "green",
    "cyan",
    "blue",
    "purple",
    "pink",
)
# What people type, in English and French, without accents and capitals.
HUE_NAMES: Mapping[str, str] = {
    "black": "black",
    "noir": "black",
    "grey": "grey",
    "gray": "grey",
    "gris": "grey",
    "white": "white",
    "blanc": "white",
    "red": "red",
    "rouge": "red",
    "orange": "orange",
    "yellow": "yellow",
    "jaune": "yellow",
    "green": "green",
    "vert": "green",
    "cyan": "cyan",
    "turquoise": "cyan",
    "blue": "blue",
    "bleu": "blue",
    "purple": "purple",
    "violet": "purple",
    "pink": "pink",
    "rose": "pink",
}

# Chroma, of 128, below which a hue is noise to the eye.
_GREY_BELOW = 10.0
_DARK_BELOW, _LIGHT_ABOVE = 20.0, 90.0
# sRGB to XYZ under D65, divided by the white point (IEC 61966-2-1), to seven decimals.
# skimage.color.rgb2lab takes other decimals: its results differ by up to 0.005, which would give
# 860 of the 16.8 million colours another hue, and importing it takes 0.2 s.
_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
) / np.array([[0.95047], [1.0], [1.08883]])


# Where each hue ends around the circle of CIELAB, in degrees, and which one it is.
_LAB_ENDS = (20.0, 55.0, 85.0, 115.0, 175.0, 225.0, 310.0, 340.0)
_LAB_HUES = tuple(
    HUES.index(name)
    for name in ("pink", "red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink")
)


def lab(colours: pl.Series) -> npt.NDArray[np.float32]:
    """Return CIELAB coordinates of "#rrggbb" texts: (n, 3) float32, NaN where null."""
    linear = _rgb(colours)
    linear = np.where(linear <= 0.04045, linear / 12.92, ((linear + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _TO_XYZ.T
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = f.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1).astype(np.float32)


def hues(colours: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:
    """Return the index in ``HUES`` of each CIELAB colour: (n,) int32, -1 where NaN."""
    lightness, a, b = colours.T
    angle = np.degrees(np.arctan2(b, a)) % 360
    named = np.searchsorted(_LAB_ENDS, angle, side="right")
    hue = np.array(_LAB_HUES, dtype=np.int32)[named]
    grey = np.where(lightness < _DARK_BELOW, 0, np.where(lightness > _LIGHT_ABOVE, 2, 1))
    result = np.where(np.hypot(a, b) < _GREY_BELOW, grey, hue)
    result = np.where(lightness < _DARK_BELOW / 2, 0, result)
    return np.where(np.isnan(lightness), -1, result).astype(np.int32)


def _rgb(colours: pl.Series) -> npt.NDArray[np.float64]:
    number = colours.str.strip_prefix("#").str.to_integer(base=16, strict=False)
    values = number.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    known = np.nan_to_num(values).astype(np.int64)
    channels = np.stack([known >> 16 & 255, known >> 8 & 255, known & 255], axis=1) / 255
    channels[np.isnan(values)] = np.nan
    return channels
