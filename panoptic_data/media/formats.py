"""Recognise image formats by their bytes, detect truncated files, count frames.

Not here: anything that decodes (``decoders``, ``decode``). This module imports no imaging
library, so that walking a folder imports none either.
"""

from __future__ import annotations

import re
import struct
from contextlib import suppress
from typing import NamedTuple

__all__ = [
    "IMAGE_EXTENSIONS",
    "MAX_FRAMES",
    "MEDIA_TYPES",
    "PROBED_BYTES",
    "TiffPage",
    "count_frames",
    "halvings",
    "is_cut",
    "probe",
    "tiff_pages",
]

# Enough for every signature below, the brands of an ISO container included.
PROBED_BYTES = 64
# Frames are counted up to this number: a hostile file can hold millions of empty frames.
MAX_FRAMES = 100_000

# A file with one of these extensions gets a row even when its content cannot be read: people take
# it for an image and must learn that it is not shown.
IMAGE_EXTENSIONS = frozenset(
    (
        *("jpg", "jpeg", "jpe", "jfif", "jif", "mpo", "png", "apng", "webp", "gif", "tif", "tiff"),
        *("bmp", "dib", "avif", "avifs", "heic", "heif", "hif", "heics", "heifs"),
        *("jp2", "j2k", "j2c", "jpc", "jpf", "jpx", "jpm", "pbm", "pgm", "ppm", "pnm", "pfm"),
        # Formats that are not supported.
        *("psd", "psb", "xcf", "svg", "svgz", "ico", "cur", "tga", "exr", "hdr", "ff", "qoi"),
        *("dds", "pcx", "sgi", "jxl", "djvu", "cr2", "cr3", "crw", "nef", "nrw", "arw", "dng"),
        *("orf", "rw2", "raf", "pef", "srw"),
    )
)

MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "TIFF": "image/tiff",
    "BMP": "image/bmp",
    "AVIF": "image/avif",
    "HEIF": "image/heif",
    "JPEG2000": "image/jp2",
}
"""What the web calls a format."""

_SIGNATURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG2000"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),
)
# NewSubfileType, SubfileType, ImageWidth, ImageLength; they come first in a directory.
_PAGE_TAGS = (254, 255, 256, 257)
_FIRST_ENTRIES = 16
# By the type of a field: bytes, shorts, longs, long longs.
_INTEGERS = {1: "B", 3: "H", 4: "I", 16: "Q"}
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIF_BRANDS = frozenset(
    {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1"}
)
_BMP_HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
_PNM = re.compile(rb"P(?:[1-6]\s+(?:#|\d)|f\s+\d)")


class TiffPage(NamedTuple):
    """One directory of a TIFF; ``is_reduced``: only a preview or mask of another. 0: not known."""

    is_reduced: bool
    width: int
    height: int


def probe(data: bytes) -> str | None:
    """Return the format that the first bytes name (:data:`PROBED_BYTES` suffice), or None.

    One of AVIF, BMP, GIF, HEIF, JPEG, JPEG2000, PNG, PPM, TIFF, WEBP.
    """
    for signature, name in _SIGNATURES:
        if data.startswith(signature):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        return _iso_format(data)
    if _is_bmp(data):
        return "BMP"
    return "PPM" if _PNM.match(data[:PROBED_BYTES]) else None


def count_frames(kind: str, data: bytes) -> int | None:
    """Return how many frames a GIF or pages a TIFF has, at most :data:`MAX_FRAMES`.

    Previews, smaller versions and masks of pages are no pages.
    None for other formats, whose decoders know it without parsing every frame.
    """
    if kind == "GIF":
        return _gif_frames(data)
    if kind != "TIFF":
        return None
    return max(sum(not page.is_reduced for page in tiff_pages(data)), 1)


def is_cut(kind: str, data: bytes) -> bool:
    """Return whether the end of the file is missing, as far as its container format tells."""
    if kind == "JPEG":
        return b"\xff\xd9" not in data[-1024:]
    if kind == "PNG":
        return b"IEND" not in data[-1024:]
    if kind == "GIF":
        return b"\x3b" not in data[-1024:]
    if kind == "WEBP":
        return int.from_bytes(data[4:8], "little") + 8 > len(data)
    if kind == "BMP":
        return int.from_bytes(data[2:6], "little") > len(data)
    if kind == "TIFF":
        return not tiff_pages(data)
    return kind in ("AVIF", "HEIF", "JPEG2000") and _boxes_are_cut(data)


def halvings(kind: str, data: bytes) -> int:
    """Return how many times a JPEG 2000 can be halved while decoding; 0 for other formats.

    The number of resolution levels stands in the COD segment (ISO/IEC 15444-1, A.6.1).
    """
    start = data.find(b"\xff\x4f\xff\x51") if kind == "JPEG2000" else -1
    at = start + 2
    while start >= 0 and at + 10 <= len(data) and data[at] == 0xFF:
        if data[at + 1] == 0x52:
            return data[at + 9]
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return 0


def _iso_format(data: bytes) -> str | None:
    end = min(int.from_bytes(data[:4], "big"), len(data))
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, end, 4))}
    if brands & _AVIF_BRANDS:
        return "AVIF"
    return "HEIF" if brands & _HEIF_BRANDS else None


def _is_bmp(data: bytes) -> bool:
    # "BM" begins many a text; the size of the second header does not.
    return data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in _BMP_HEADERS


def _gif_frames(data: bytes) -> int:
    """Walk the blocks (GIF89a specification, sections 15 to 27) and count the descriptors."""
    at = 13 + _colour_table(data[10])
    frames = 0
    while at < len(data) and frames < MAX_FRAMES:
        block = data[at]
        if block == 0x2C and at + 10 <= len(data):
            frames += 1
            at = _after_sub_blocks(data, at + 11 + _colour_table(data[at + 9]))
        elif block == 0x21:
            at = _after_sub_blocks(data, at + 2)
        else:
            break
    return max(frames, 1)


def _colour_table(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_sub_blocks(data: bytes, at: int) -> int:
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return at + 1


def tiff_pages(data: bytes) -> list[TiffPage]:
    """Follow the chain of directories (TIFF 6.0, section 2; BigTIFF has wider fields)."""
    order = "<" if data[:2] == b"II" else ">"
    big = data[2:4] in (b"+\0", b"\0+")
    first, count, entry, link = (8, "Q", 20, "Q") if big else (4, "H", 12, "I")
    pages: dict[int, TiffPage] = {}
    # A chain that leaves the file ends there: the pages met so far are the pages there are.
    with suppress(struct.error, OverflowError):
        (at,) = struct.unpack_from(order + link, data, first)
        while at and at not in pages and len(pages) < MAX_FRAMES:
            (entries,) = struct.unpack_from(order + count, data, at)
            start = at + struct.calcsize("=" + count)
            (following,) = struct.unpack_from(order + link, data, start + entries * entry)
            pages[at] = _tiff_page(data, order, start, min(entries, _FIRST_ENTRIES), entry)
            at = following
    return list(pages.values())


def _tiff_page(data: bytes, order: str, start: int, entries: int, length: int) -> TiffPage:
    """Read the size and kind of a page; entries come in the order of their tags."""
    values = dict.fromkeys(_PAGE_TAGS, 0)
    for at in range(start, start + entries * length, length):
        tag, type = struct.unpack_from(order + "HH", data, at)
        if tag in values and type in _INTEGERS:
            where = at + (12 if length == 20 else 8)
            (values[tag],) = struct.unpack_from(order + _INTEGERS[type], data, where)
    kind, old_kind, width, height = values.values()
    # A smaller version of another page, or a mask for it.
    return TiffPage(bool(kind & 0b101) or old_kind == 2, width, height)


def _boxes_are_cut(data: bytes) -> bool:
    """Walk the outer boxes (ISO/IEC 14496-12, 4.2): the last must end within the file."""
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size < 8:
            # 0 reaches to the end of the file; anything else is no box.
            return False
        at += size
    return at > len(data)
