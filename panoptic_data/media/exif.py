"""Read EXIF: camera, GPS position, orientation and all readable tags.

Broken metadata never fails an image: what can be read is kept, the rest is left out. Not here:
pixels (``decode``), dates, captions and what else people write (``description``).
"""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from PIL import ExifTags, Image, TiffImagePlugin

__all__ = ["MAX_TEXT_LENGTH", "Metadata", "attempt", "clean", "merged", "read"]

T = TypeVar("T")

MAX_TEXT_LENGTH = 500
MAX_VALUES = 16
MAX_TAGS = 200

# Structure of the file, pointers and blobs: nothing that a person would read.
_OMITTED_TAGS = frozenset(
    (
        *("StripOffsets", "StripByteCounts", "TileOffsets", "TileByteCounts", "FreeOffsets"),
        *("FreeByteCounts", "SubIFDs", "JPEGTables", "JpegIFOffset", "JpegIFByteCount"),
        *("ExifOffset", "GPSInfo", "ExifInteroperabilityOffset", "MakerNote", "XMLPacket"),
        *("InterColorProfile", "PrintImageMatching", "ImageResources", "IPTCNAA", "ColorMap"),
        *("TransferFunction", "CFAPattern"),
    )
)
_NO_TAGS: dict[int, Any] = {}
_NO_POSITION: tuple[float | None, float | None] = (None, None)
# Windows writes these as UTF-16 without saying so.
_WINDOWS_TAGS = ("XPTitle", "XPComment", "XPAuthor", "XPKeywords", "XPSubject")
_CHARSETS = (
    (b"ASCII\0\0\0", "latin-1"),
    (b"UNICODE\0", "utf-16"),
    (b"JIS\0\0\0\0\0", "iso2022_jp"),
    (b"\0" * 8, "latin-1"),
)


@dataclass(frozen=True)
class Metadata:
    """What is known of how a picture was taken.

    ``orientation`` is 1 to 8; ``lat`` and ``lon`` are degrees north and east; ``tags`` are numbers,
    texts and lists of them by name of tag, and ``exif`` the same as a JSON object.
    """

    orientation: int = 1
    camera: str | None = None
    lat: float | None = None
    lon: float | None = None
    tags: Mapping[str, Any] = field(default_factory=dict)

    @property
    def exif(self) -> str:
        """The tags as a JSON object."""
        return json.dumps(self.tags, ensure_ascii=False, sort_keys=True)


def read(image: Image.Image) -> Metadata:
    """Read an opened image's EXIF; every field that cannot be read has its default."""
    exif = attempt(image.getexif, Image.Exif())
    tags = _named(attempt(lambda: dict(exif), _NO_TAGS), ExifTags.TAGS)
    tags |= _named(attempt(lambda: exif.get_ifd(ExifTags.IFD.Exif), _NO_TAGS), ExifTags.TAGS)
    gps = _named(attempt(lambda: exif.get_ifd(ExifTags.IFD.GPSInfo), _NO_TAGS), ExifTags.GPSTAGS)
    lat, lon = attempt(lambda: _position(gps), _NO_POSITION)
    return Metadata(
        orientation=_orientation(tags.get("Orientation")),
        camera=_camera(tags),
        lat=lat,
        lon=lon,
        tags=_readable_tags(tags | gps),
    )


def merged(metadata: Metadata, other: Metadata) -> Metadata:
    """Return metadata, and what another says of what it leaves open; its own orientation."""
    place = metadata if metadata.lat is not None else other
    return replace(
        metadata,
        camera=metadata.camera or other.camera,
        lat=place.lat,
        lon=place.lon,
        tags={**other.tags, **metadata.tags},
    )


def attempt(read_value: Callable[[], T], default: T) -> T:
    """Return ``read_value()``, or ``default`` where it raises: for optional metadata."""
    try:
        return read_value()
    except Exception:  # noqa: BLE001 - Pillow's parsers raise any type on hostile metadata
        return default


def clean(text: str, longest: int = MAX_TEXT_LENGTH) -> str:
    """Return text without control characters or lone surrogates, which tables and pages refuse.

    Cut at ``longest`` characters.
    """
    sound = text.encode("utf-8", "replace").decode()
    shown = "".join(" " if unicodedata.category(c) == "Cc" else c for c in sound[: 4 * longest])
    return shown.strip()[:longest].strip()


def _named(values: Mapping[int, Any], names: Mapping[int, str]) -> dict[str, Any]:
    kept = list(values.items())[:MAX_TAGS]
    return {names[tag]: value for tag, value in kept if tag in names}


def _orientation(value: Any) -> int:
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _camera(tags: Mapping[str, Any]) -> str | None:
    make, model = (str(_readable(tags.get(name)) or "") for name in ("Make", "Model"))
    if make and model.casefold().startswith(make.split()[0].casefold()):
        make = ""
    return f"{make} {model}".strip() or None


def _position(gps: Mapping[str, Any]) -> tuple[float | None, float | None]:
    lat = _degrees(gps.get("GPSLatitude"), gps.get("GPSLatitudeRef"), "S")
    lon = _degrees(gps.get("GPSLongitude"), gps.get("GPSLongitudeRef"), "W")
    # Receivers without a fix write zeros: a point in the Atlantic where no one took pictures.
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180 or lat == lon == 0:
        return _NO_POSITION
    return lat, lon


def _degrees(parts: Any, hemisphere: Any, negative: str) -> float | None:
    values = [float(part) for part in parts] if isinstance(parts, tuple) else []
    if not values or not all(math.isfinite(value) for value in values):
        return None
    degrees = math.fsum(value / 60.0**power for power, value in enumerate(values[:3]))
    return -degrees if str(_readable(hemisphere)).upper().startswith(negative) else degrees


def _readable_tags(tags: Mapping[str, Any]) -> dict[str, Any]:
    windows = {name: _utf_16(tags[name]) for name in _WINDOWS_TAGS if name in tags}
    readable = {name: _readable(value) for name, value in tags.items() if name not in _OMITTED_TAGS}
    readable |= windows
    return {name: value for name, value in readable.items() if value not in (None, "", [])}


def _utf_16(value: Any) -> str | None:
    stored = attempt(lambda: bytes(value), b"") if not isinstance(value, int) else b""
    return clean(stored[: 4 * MAX_TEXT_LENGTH].decode("utf-16-le", "ignore").rstrip("\0"))


def _readable(value: Any) -> Any:
    """Return a value that JSON can hold; None for a value without a readable form."""
    if isinstance(value, bytes):
        return _text(value)
    if isinstance(value, str):
        return clean(_decoded_as_utf8(value))
    if isinstance(value, int):
        return value
    if isinstance(value, float | TiffImagePlugin.IFDRational):
        number = attempt(lambda: float(value), math.nan)
        return round(number, 9) if math.isfinite(number) else None
    if isinstance(value, tuple | list):
        return [_readable(part) for part in value[:MAX_VALUES]]
    return None


def _text(value: bytes) -> str | None:
    """Decode a comment (EXIF 2.32, table 9: eight bytes name the character set) or short bytes."""
    for prefix, charset in _CHARSETS:
        if value.startswith(prefix):
            return clean(value[8 : 8 + 8 * MAX_TEXT_LENGTH].decode(charset, "replace"))
    text = value[: 4 * MAX_TEXT_LENGTH].rstrip(b"\0").decode("utf-8", "replace")
    return clean(text) if "\N{REPLACEMENT CHARACTER}" not in text else None


def _decoded_as_utf8(text: str) -> str:
    # Pillow reads EXIF texts as Latin-1, as they should be; most programs write UTF-8.
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text
