"""XMP packets: the names of what they hold, and what one of them says of its picture.

Pure. Keywords come as ways down a tree (``lr:hierarchicalSubject`` of Lightroom and digiKam, else
what digiKam and Windows write) and as plain words (``dc:subject``). Not here: folders of sidecars
to import (``exchange.sidecars``), writing packets (``exchange.exports.xmp``), which of several
texts counts (``description``).
"""

from __future__ import annotations

import json
import math
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["NAMESPACES", "Packet", "clean", "parse", "path_name"]

NAMESPACES: Mapping[str, str] = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "xmpDM": "http://ns.adobe.com/xmp/1.0/DynamicMedia/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
    "stArea": "http://ns.adobe.com/xmp/sType/Area#",
    "stDim": "http://ns.adobe.com/xap/1.0/sType/Dimensions#",
}
_READ: Mapping[str, str] = {
    **NAMESPACES,
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "digiKam": "http://www.digikam.org/ns/1.0/",
    "MicrosoftPhoto": "http://ns.microsoft.com/photo/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
}
# Where keywords stand with those above them, and what parts them: the first that is there counts.
_WAYS = (
    ("lr:hierarchicalSubject", "|"),
    ("digiKam:TagsList", "/"),
    ("MicrosoftPhoto:LastKeywordXMP", "/"),
)
_PICKED, _REJECTED = "1", "-1"
# Flags of digiKam (0 none, 2 pending) as Lightroom has them.
_PICK_LABELS = {"1": _REJECTED, "3": _PICKED}
_PLACES = ("Iptc4xmpCore:Location", "photoshop:City", "photoshop:State", "photoshop:Country")
# What a packet says of a region, and the member that it becomes.
_REGION_TEXTS = (("name", "mwg-rs:Name"), ("type", "mwg-rs:Type"), ("text", "mwg-rs:Description"))
_REGION_SIDES = tuple((side, f"stArea:{side}") for side in ("x", "y", "w", "h", "d"))
_SHA1 = re.compile(r"urn:sha1:([0-9a-fA-F]{40})")
# What XML cannot hold, even escaped.
_INVALID = {code: None for code in (*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF)}
_DOCUMENT_TYPES = (b"<!DOCTYPE", b"<!ENTITY")


@dataclass(frozen=True)
class Packet:
    """What a packet says; None, or nothing, where it does not.

    ``ways`` are keywords, each after those above it; ``subjects`` are words. ``rating`` and
    ``date`` are texts as they stand, ``regions`` a JSON list of named rectangles and circles in
    parts of the picture's sides. ``places`` are from the nearest to the country. ``taken`` is when
    a camera took it, ``created`` when the work was made, ``digitised`` when this picture of it was,
    all as they stand. ``rating`` is -1 where a flag rejects a picture without stars, ``pick`` is
    "true" where one picks it. ``path`` and ``sha1`` are what an export of ours says of the file.
    """

    ways: tuple[tuple[str, ...], ...] = ()
    subjects: tuple[str, ...] = ()
    rating: str | None = None
    date: str | None = None
    title: str | None = None
    description: str | None = None
    label: str | None = None
    creators: tuple[str, ...] = ()
    regions: str | None = None
    path: str | None = None
    sha1: str | None = None
    headline: str | None = None
    credit: str | None = None
    rights: str | None = None
    places: tuple[str, ...] = ()
    taken: str | None = None
    created: str | None = None
    digitised: str | None = None
    pick: str | None = None

    @property
    def region_names(self) -> tuple[str, ...]:
        """The names of the regions, each once."""
        regions = json.loads(self.regions) if self.regions else []
        return tuple(dict.fromkeys(r["name"] for r in regions if r.get("name")))


def clean(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return text.translate(_INVALID)


def path_name(name: str) -> str:
    """Return a name as it stands in a way down a tree, whose parts are parted by bars."""
    return clean(name).replace("|", "¦")


def parse(data: bytes) -> Packet:
    """Read a packet. Raises ValueError, with what is wrong, for what is none."""
    if any(mark in data for mark in _DOCUMENT_TYPES):
        # A packet has none, and one could name files or grow without end.
        raise ValueError("it declares a document type")
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise ValueError(str(error)) from None
    described = list(root.iter(_name("rdf:Description")))
    if not described and root.find(f".//{_name('rdf:RDF')}") is None and not _is_rdf(root):
        raise ValueError("it holds no XMP")
    return Packet(
        _ways(described),
        _texts(described, "dc:subject"),
        _rating(described),
        _first(described, "photoshop:DateCreated") or _first(described, "dc:date"),
        _first(described, "dc:title"),
        _first(described, "dc:description"),
        _first(described, "xmp:Label"),
        _texts(described, "dc:creator"),
        _regions(root),
        _first(described, "xmpMM:PreservedFileName"),
        _sha1(_texts(described, "dc:identifier")),
        _first(described, "photoshop:Headline"),
        _first(described, "photoshop:Credit"),
        _first(described, "dc:rights"),
        tuple(text for name in _PLACES if (text := _first(described, name))),
        _first(described, "exif:DateTimeOriginal"),
        _first(described, "photoshop:DateCreated"),
        _first(described, "exif:DateTimeDigitized") or _first(described, "xmp:CreateDate"),
        "true" if _flag(described) == _PICKED else None,
    )


def _rating(described: Sequence[ElementTree.Element]) -> str | None:
    """Return the rating; where there are no stars, a flag that rejects is one of -1."""
    rating = _first(described, "xmp:Rating")
    is_rejected = rating in (None, "0") and _flag(described) == _REJECTED
    return "-1" if is_rejected else rating


def _flag(described: Sequence[ElementTree.Element]) -> str | None:
    """Return the flag as Lightroom has it: "1" picked, "-1" rejected; digiKam's in its place."""
    label = _first(described, "digiKam:PickLabel")
    return _first(described, "xmpDM:pick") or _PICK_LABELS.get(label or "")


def _is_rdf(root: ElementTree.Element) -> bool:
    return root.tag == _name("rdf:RDF")


def _name(short: str) -> str:
    prefix, _, name = short.partition(":")
    return f"{{{_READ[prefix]}}}{name}"


def _ways(described: Sequence[ElementTree.Element]) -> tuple[tuple[str, ...], ...]:
    for name, sign in _WAYS:
        texts = _texts(described, name)
        if texts:
            ways = (tuple(" ".join(part.split()) for part in text.split(sign)) for text in texts)
            return tuple(tuple(part for part in way if part) for way in ways if any(way))
    return ()


def _texts(described: Sequence[ElementTree.Element], name: str) -> tuple[str, ...]:
    """Return the texts of a property: of its list, else its only one."""
    full = _name(name)
    texts: list[str] = []
    for description in described:
        if full in description.attrib:
            texts.append(description.attrib[full])
        for element in description.findall(full):
            texts += _of_element(element)
    return tuple(text for text in texts if text.strip())


def _first(described: Sequence[ElementTree.Element], name: str) -> str | None:
    return next(iter(_texts(described, name)), None)


def _of_element(element: ElementTree.Element) -> list[str]:
    items = element.findall(f"*/{_name('rdf:li')}")
    if not items:
        return [element.text or ""]
    # Of texts in several languages the one for all others comes first.
    language = "{http://www.w3.org/XML/1998/namespace}lang"
    items.sort(key=lambda item: item.get(language, "x-default") != "x-default")
    return [item.text or "" for item in items]


def _sha1(texts: Sequence[str]) -> str | None:
    matches = (_SHA1.fullmatch(text.strip()) for text in texts)
    return next((match[1].lower() for match in matches if match), None)


def _regions(root: ElementTree.Element) -> str | None:
    regions = [
        region
        for item in root.iterfind(f".//{_name('mwg-rs:RegionList')}/*/{_name('rdf:li')}")
        if (region := _region(item))
    ]
    return json.dumps(regions, ensure_ascii=False) if regions else None


def _region(item: ElementTree.Element) -> dict[str, object]:
    region: dict[str, object] = {}
    for member, name in _REGION_TEXTS:
        text = _member(item, name)
        if text and text.strip():
            region[member] = " ".join(text.split())
    for side, name in _REGION_SIDES:
        number = _number(_member(item, name))
        if number is not None:
            region[side] = number
    return region


def _member(item: ElementTree.Element, name: str) -> str | None:
    """Return a member of a structure, however deep and whether it is an attribute or an element."""
    full = _name(name)
    for element in item.iter():
        if full in element.attrib:
            return element.attrib[full]
        if element.tag == full:
            return element.text
    return None


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None
