"""What a picture, or the XMP sidecar beside it, says of itself: caption, keywords, author, dates.

Of several texts the first that is there counts, in this order:

- texts: XMP, IPTC, EXIF (with what Windows writes there), texts of a PNG;
- keywords: those of XMP, with what stands above them, and any others of IPTC and EXIF;
- when it was taken: ``DateTimeOriginal`` of EXIF, of XMP; ``DateCreated`` of XMP, of IPTC; then, of
  what a camera took, the date of digitisation. EXIF's ``DateTime`` is when a file was last changed,
  and never counts;
- when it was digitised: ``DateTimeDigitized`` of EXIF, ``xmp:CreateDate``, IPTC.

Not here: reading EXIF (``exif``), IPTC (``iptc``), XMP (``xmp``), dates (``dates``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from panoptic_data.media import dates, iptc, xmp
from panoptic_data.media.dates import PictureDate
from panoptic_data.media.embedded_texts import KEYWORD_SEPARATOR, TEXTS
from panoptic_data.media.exif import attempt, clean
from panoptic_data.media.xmp import Packet

__all__ = ["Description", "embedded", "of_sidecar", "to_json"]

_LONGEST_TEXT = 4_000
_MOST_KEYWORDS = 500
# What cameras write as the caption of every picture.
_FACTORY_TEXTS = frozenset(
    {
        *("olympus digital camera", "minolta digital camera", "konica minolta digital camera"),
        *(
            "kodak digital still camera",
            "digital camera",
            "sony dsc",
            "samsung",
            "exif_jpeg_picture",
        ),
        *("jpeg", "default", "sec", "untitled", "created with gimp"),
    }
)
_PICTURES_IN_DATA = ("GIF", "JPEG2000")
_PACKET = re.compile(rb"<(x:xmpmeta|rdf:RDF)\b.*?</\1>", re.DOTALL)
# What only a camera writes: of its pictures the digitisation is when they were taken.
_EXPOSURE_TAGS = ("ExposureTime", "FNumber", "FocalLength", "ShutterSpeedValue")
# Texts of a PNG (ISO/IEC 15948, 11.3.4.2), and the tags of EXIF that say the same.
_PNG_TEXTS = {
    "Title": "XPTitle",
    "Author": "Artist",
    "Description": "ImageDescription",
    "Copyright": "Copyright",
    "Comment": "XPComment",
}
_NOTHING = Packet()
_NO_RECORDS: dict[str, list[str]] = {}


@dataclass(frozen=True)
class Description:
    """Texts are None, and ``keywords`` empty, where nothing is said.

    A keyword stands after those above it: ``Europe|France|Paris``. ``location`` goes from the
    nearest place to the country. ``taken_from`` names the field that ``taken`` was read from.
    """

    title: str | None = None
    headline: str | None = None
    caption: str | None = None
    keywords: tuple[str, ...] = ()
    creator: str | None = None
    credit: str | None = None
    rights: str | None = None
    location: str | None = None
    taken: PictureDate | None = None
    taken_from: str | None = None
    digitised: PictureDate | None = None


def embedded(image: Image.Image, kind: str, data: bytes, tags: Mapping[str, Any]) -> Description:
    """Return what is embedded in an opened picture; ``tags`` are its EXIF, by name, as texts."""
    packet = attempt(lambda: _packet(image, kind, data), _NOTHING)
    records = attempt(lambda: iptc.read(image), _NO_RECORDS)
    texts = {tag: image.info.get(name) for name, tag in _PNG_TEXTS.items()} if kind == "PNG" else {}
    return _described(packet, records, {**texts, **tags})


def of_sidecar(data: bytes) -> Description:
    """Return what an XMP sidecar says. Raises ValueError, with what is wrong, for what is none."""
    return _described(xmp.parse(data), {}, {})


def to_json(description: Description) -> str | None:
    """Return a description as a JSON object of what it says; None where it says nothing."""
    content = {
        **{name: getattr(description, name) for name in TEXTS},
        "keywords": list(description.keywords),
        "taken": description.taken.text if description.taken else None,
        "taken_from": description.taken_from,
        "digitised": description.digitised.text if description.digitised else None,
    }
    known = {name: value for name, value in content.items() if value}
    return json.dumps(known, ensure_ascii=False, sort_keys=True) if known else None


def _packet(image: Image.Image, kind: str, data: bytes) -> Packet:
    stored = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    if not stored and kind in _PICTURES_IN_DATA:
        match = _PACKET.search(data)
        stored = match[0] if match else None
    if isinstance(stored, str):
        stored = stored.encode()
    return xmp.parse(bytes(stored).strip(b"\0 \r\n\t")) if stored else _NOTHING


def _described(
    packet: Packet, records: Mapping[str, Sequence[str]], tags: Mapping[str, Any]
) -> Description:
    def first(*texts: object) -> str | None:
        cleaned = (_text(text) for text in texts)
        return next((text for text in cleaned if text), None)

    def record(name: str) -> str | None:
        return "; ".join(records.get(name, ())) or None

    taken, taken_from = _taken(packet, record, tags)
    places = [record(name) for name in ("sublocation", "city", "state", "country")]
    return Description(
        title=first(packet.title, record("title"), tags.get("XPTitle")),
        headline=first(packet.headline, record("headline")),
        caption=first(
            packet.description,
            record("caption"),
            _written_by_people(tags.get("ImageDescription")),
            tags.get("XPComment"),
            tags.get("XPSubject"),
        ),
        keywords=_keywords(packet, records.get("keywords", ()), tags.get("XPKeywords")),
        creator=first("; ".join(packet.creators), record("creator"), tags.get("Artist"))
        or first(tags.get("XPAuthor")),
        credit=first(packet.credit, record("credit")),
        rights=first(packet.rights, record("rights"), tags.get("Copyright")),
        location=first(", ".join(packet.places), ", ".join(filter(None, places))),
        taken=taken,
        taken_from=taken_from,
        digitised=_digitised(packet, record, tags),
    )


def _taken(
    packet: Packet, record: Any, tags: Mapping[str, Any]
) -> tuple[PictureDate | None, str | None]:
    fields: list[tuple[str, object]] = [
        ("EXIF DateTimeOriginal", tags.get("DateTimeOriginal")),
        ("XMP exif:DateTimeOriginal", packet.taken),
        ("XMP photoshop:DateCreated", packet.created),
        ("IPTC DateCreated", _with_time(record("date"), record("time"))),
    ]
    if any(tags.get(name) is not None for name in _EXPOSURE_TAGS):
        fields += [
            ("EXIF DateTimeDigitized", tags.get("DateTimeDigitized")),
            ("XMP xmp:CreateDate", packet.digitised),
        ]
    for name, text in fields:
        date = _date(text)
        if date is not None:
            return date, name
    return None, None


def _digitised(packet: Packet, record: Any, tags: Mapping[str, Any]) -> PictureDate | None:
    texts = (
        tags.get("DateTimeDigitized"),
        packet.digitised,
        _with_time(record("digitised_date"), record("digitised_time")),
    )
    read = (_date(text) for text in texts)
    return next((date for date in read if date is not None), None)


def _with_time(date: str | None, time: str | None) -> str | None:
    return f"{date} {time}" if date and time else date


def _date(text: object) -> PictureDate | None:
    return dates.parse(text) if isinstance(text, str) else None


def _keywords(packet: Packet, records: Iterable[str], windows: object) -> tuple[str, ...]:
    """Return keywords with those above them, each once, then other words."""
    ways = [[_word(part) for part in way] for way in packet.ways]
    placed = [KEYWORD_SEPARATOR.join(part for part in way if part) for way in ways]
    known = {part.casefold() for way in ways for part in way}
    words = [*packet.subjects, *records]
    if isinstance(windows, str):
        words += windows.split(";")
    loose = [word for word in map(_word, words) if word.casefold() not in known]
    unique: dict[str, str] = {}
    for word in filter(None, [*placed, *loose]):
        unique.setdefault(word.casefold(), word)
    return tuple(unique.values())[:_MOST_KEYWORDS]


def _word(text: str) -> str:
    # The bar parts a keyword from what is above it.
    return clean(" ".join(text.split())).strip(KEYWORD_SEPARATOR).strip()


def _written_by_people(text: object) -> object:
    is_factory = isinstance(text, str) and text.strip().casefold() in _FACTORY_TEXTS
    return None if is_factory else text


def _text(text: object) -> str | None:
    return clean(text, _LONGEST_TEXT) or None if isinstance(text, str) else None
