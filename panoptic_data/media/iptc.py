"""IPTC of a picture: the older of the two ways in which captions and keywords are embedded.

Records of the IIM (IPTC-NAA Information Interchange Model 4.2) in a JPEG's APP13 segment, a TIFF's
tag or a PNG's text. Not here: XMP (``xmp``), which of several texts counts (``description``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from PIL import Image

from panoptic_data.media.tiff import Tiff

__all__ = ["has_block", "parse", "read"]

_MARKER = 0x1C
_APPLICATION = 2
_CHARACTER_SET, _UTF_8 = (1, 90), b"\x1b%G"
_PNG_PROFILE = "Raw profile type iptc"
_TIFF_TAG, _TIFF_RESOURCES, _RESOURCE = 33723, 34377, 0x0404
# Of record 2, which data sets are read, and how they are called here.
_NAMES: Mapping[int, str] = {
    5: "title",
    25: "keywords",
    55: "date",
    60: "time",
    62: "digitised_date",
    63: "digitised_time",
    80: "creator",
    90: "city",
    92: "sublocation",
    95: "state",
    101: "country",
    105: "headline",
    110: "credit",
    116: "rights",
    120: "caption",
}
_MOST_VALUES = 2_000


def read(image: Image.Image) -> dict[str, list[str]]:
    """Return the texts of an opened picture by name (``caption``, ``keywords`` …), each a list."""
    block = _block(image)
    return parse(block) if block else {}


def has_block(image: Image.Image) -> bool:
    """Whether an opened picture holds IPTC."""
    return bool(_block(image))


def parse(block: bytes) -> dict[str, list[str]]:
    """Return the texts of a block of data sets by name; what is broken ends it."""
    sets = list(_data_sets(block))
    is_utf_8 = any(key == _CHARACTER_SET and value.startswith(_UTF_8) for key, value in sets)
    texts: dict[str, list[str]] = {}
    for (record, number), value in sets:
        if record == _APPLICATION and number in _NAMES:
            text = _decoded(value, is_utf_8=is_utf_8).strip("\0 \r\n\t")
            if text:
                texts.setdefault(_NAMES[number], []).append(text)
    return texts


def _block(image: Image.Image) -> bytes | None:
    resources: Any = image.info.get("photoshop")
    if isinstance(resources, dict) and isinstance(resources.get(_RESOURCE), bytes):
        return bytes(resources[_RESOURCE])
    if isinstance(image, Tiff):
        # As bytes, for some programs declare numbers of four bytes.
        stored = image.tag_v2._tagdata.get(_TIFF_TAG)
        return stored or _of_resources(image.tag_v2._tagdata.get(_TIFF_RESOURCES) or b"")
    profile = image.info.get(_PNG_PROFILE)
    return _of_profile(profile) if isinstance(profile, str) else None


def _of_profile(profile: str) -> bytes | None:
    """Return the IPTC of a PNG, where it stands as a name, a length, and lines of hex digits."""
    data = bytes.fromhex("".join(profile.split("\n")[3:]))
    return _of_resources(data) or data


def _of_resources(data: bytes) -> bytes | None:
    """Return the IPTC among Photoshop's image resources: 8BIM, id, padded name, size, data."""
    at = 0
    while data[at : at + 4] == b"8BIM":
        number = int.from_bytes(data[at + 4 : at + 6], "big")
        name = data[at + 6] if at + 6 < len(data) else 0
        start = at + 6 + (name + 2) // 2 * 2
        size = int.from_bytes(data[start : start + 4], "big")
        if number == _RESOURCE:
            return data[start + 4 : start + 4 + size]
        at = start + 4 + (size + 1) // 2 * 2
    return None


def _data_sets(block: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
    at, count = 0, 0
    while at + 5 <= len(block) and block[at] == _MARKER and count < _MOST_VALUES:
        size = int.from_bytes(block[at + 3 : at + 5], "big")
        start = at + 5
        if size & 0x8000:
            # An extended data set: the size is written in that many bytes.
            length = size & 0x7FFF
            size = int.from_bytes(block[start : start + length], "big")
            start += length
        yield (block[at + 1], block[at + 2]), block[start : start + size]
        at, count = start + size, count + 1


def _decoded(value: bytes, *, is_utf_8: bool) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("utf-8" if is_utf_8 else "cp1252", "replace")
