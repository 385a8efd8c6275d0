"""TIFFs, opened so that their tones come out as the tags say.

Pillow ignores some of what a TIFF says of its tones: that white is zero where a tone has more than
eight bits, that numbers are unsigned, that planes of sixteen bits stand apart, that a compressed
file of the other byte order comes from libtiff in this machine's. Not here: bringing the tones to
eight bits (``tonemap``), which of a file's pictures is shown (``main_picture``).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image, ImageFile, TiffImagePlugin

__all__ = ["Tiff", "Tones", "has_wide_colours", "low_bytes", "stored_tones"]

_PHOTOMETRIC, _BITS, _SAMPLE_FORMAT, _PLANES = 262, 258, 339, 284
# Of whole numbers, of all numbers; and what GDAL writes where nothing was measured.
_SMALLEST_TAGS, _LARGEST_TAGS, _NO_DATA = (280, 340), (281, 341), 42113
_WHITE_IS_ZERO, _UNSIGNED, _SIGNED, _APART = 0, 1, 2, 2
_II, _MM = b"II", b"MM"

# What Pillow can unpack, and does not say of TIFFs: by byte order, white is zero or black,
# format of samples, fill order, bits and extra samples, the mode and how to unpack it.
_ALSO_READ: Mapping[tuple[Any, ...], tuple[str, str]] = {
    (_MM, 0, (1,), 1, (16,), ()): ("I;16B", "I;16B"),
    (_II, 0, (1,), 1, (12,), ()): ("I;16", "I;12"),
    (_II, 0, (2,), 1, (16,), ()): ("I", "I;16S"),
    (_MM, 0, (2,), 1, (16,), ()): ("I", "I;16BS"),
    (_II, 0, (1,), 1, (32,), ()): ("I", "I;32"),
    (_MM, 0, (1,), 1, (32,), ()): ("I", "I;32B"),
    (_MM, 1, (1,), 1, (32,), ()): ("I", "I;32B"),
    (_II, 0, (2,), 1, (32,), ()): ("I", "I;32S"),
    (_MM, 0, (2,), 1, (32,), ()): ("I", "I;32BS"),
    (_II, 0, (2,), 1, (8,), ()): ("L", "L"),
    (_MM, 0, (2,), 1, (8,), ()): ("L", "L"),
    (_II, 0, (3,), 1, (64,), ()): ("F", "F;64F"),
    (_MM, 0, (3,), 1, (64,), ()): ("F", "F;64BF"),
    (_II, 1, (3,), 1, (64,), ()): ("F", "F;64F"),
    (_MM, 1, (3,), 1, (64,), ()): ("F", "F;64BF"),
}
for _key, _modes in _ALSO_READ.items():
    TiffImagePlugin.OPEN_INFO.setdefault(_key, _modes)
# libtiff hands out numbers in this machine's byte order, whatever the file's.
_NATIVE: Mapping[str, str] = {
    **{name: "I;16NS" for name in ("I;16S", "I;16BS")},
    **{name: "I;32N" for name in ("I;32", "I;32B")},
    **{name: "I;32NS" for name in ("I;32S", "I;32BS")},
    **{name: "F;32NF" for name in ("F;32F", "F;32BF")},
    **{name: "F;64NF" for name in ("F;64F", "F;64BF")},
}
_HIGH_BYTES = {"L": "B", "B": "L", "N": "B" if sys.byteorder == "little" else "L"}


@dataclass(frozen=True)
class Tones:
    """What a file says of its tones, beyond Pillow's mode.

    ``smallest`` and ``largest`` are the values of black and white, None where it does not say;
    ``no_data`` is a value that stands for nothing measured.
    """

    is_inverted: bool = False
    is_unsigned: bool = False
    is_signed_byte: bool = False
    smallest: float | None = None
    largest: float | None = None
    no_data: float | None = None


class Tiff(TiffImagePlugin.TiffImageFile):
    """A TIFF without Pillow's own limit of 179 million pixels: ``decode`` has its own, wider."""

    def load_prepare(self) -> None:
        """Allocate the pixels without the size check of Pillow's own ``load_prepare``."""
        if self._im is None:
            self.im = Image.core.new(self.mode, self._tile_size)  # type: ignore[attr-defined]
        super().load_prepare()

    def _setup(self) -> None:
        super()._setup()
        if self.use_load_libtiff:
            self.tile = [_with_rawmode(tile, _native(_rawmode(tile))) for tile in self.tile]
        elif self.tag_v2.get(_PLANES) == _APART and self._has_wide_colours():
            order = "L" if self.tag_v2.prefix == _II else "B"
            self.tile = [_with_rawmode(t, _plane(_rawmode(t), order)) for t in self.tile]

    def _has_wide_colours(self) -> bool:
        bits = _numbers(self.tag_v2.get(_BITS, 1))
        return len(self.getbands()) > 1 and set(bits) == {16}


def stored_tones(image: Image.Image) -> Tones:
    """Return what a file says of its tones; only TIFFs say anything."""
    if not isinstance(image, Tiff):
        return Tones()
    tags = image.tag_v2
    format = next(iter(_numbers(tags.get(_SAMPLE_FORMAT, _UNSIGNED))), _UNSIGNED)
    # Pillow has inverted what has eight bits and fewer.
    is_wide = image.mode[0] in "IF" or format == _SIGNED
    return Tones(
        is_inverted=is_wide and tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO,
        is_unsigned=format == _UNSIGNED,
        is_signed_byte=format == _SIGNED and image.mode == "L",
        smallest=_number(tags, _SMALLEST_TAGS),
        largest=_number(tags, _LARGEST_TAGS),
        no_data=_number(tags, (_NO_DATA,)),
    )


def has_wide_colours(image: ImageFile.ImageFile) -> bool:
    """Whether an opened file that is not yet loaded has colours of 16 bits (TIFF and PNG)."""
    return len(image.getbands()) > 1 and any(";16" in _rawmode(tile) for tile in image.tile[:1])


def low_bytes(image: ImageFile.ImageFile, data: bytes) -> Image.Image | None:
    """Return the lower bytes of colours of 16 bits, of which Pillow keeps the higher ones.

    None where they cannot be had.
    """
    again = type(image)(BytesIO(data))
    if image.tell():
        again.seek(image.tell())
    tiles = []
    for tile in again.tile:
        start, bits, order = _rawmode(tile).partition(";16")
        is_apart = tile.codec_name == "libtiff" and again.tag_v2.get(_PLANES) == _APART  # type: ignore[attr-defined]
        if not bits or is_apart or order not in _HIGH_BYTES:
            return None
        tiles.append(_with_rawmode(tile, f"{start};16{_HIGH_BYTES[order]}"))
    again.tile = tiles
    again.load()
    return again


def _rawmode(tile: ImageFile._Tile) -> str:
    return str(tile.args if isinstance(tile.args, str) else (tile.args or ("",))[0])


def _with_rawmode(tile: ImageFile._Tile, rawmode: str) -> ImageFile._Tile:
    args = rawmode if isinstance(tile.args, str) else (rawmode, *(tile.args or ())[1:])
    return tile._replace(args=args)


def _native(rawmode: str) -> str:
    return _NATIVE.get(rawmode, rawmode)


def _plane(rawmode: str, order: str) -> str:
    return rawmode if ";" in rawmode else f"{rawmode};16{order}"


def _numbers(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _number(tags: Mapping[int, Any], names: tuple[int, ...]) -> float | None:
    for name in names:
        value = next(iter(_numbers(tags.get(name))), None)
        try:
            number = float(str(value).strip("\0 ")) if isinstance(value, str) else float(value or 0)
        except (TypeError, ValueError):
            continue
        if value is not None and math.isfinite(number):
            return number
    return None
