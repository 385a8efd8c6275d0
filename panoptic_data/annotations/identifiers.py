"""Identifiers of tags in vocabularies that others share: Wikidata, Getty's, Iconclass, or any link.

Pure. The canonical text is ``wikidata:Q42``, ``aat:300033973``, ``iconclass:45C1`` or an address;
its label and its link follow from it. Not here: tags (``tags``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from panoptic_data.annotations.parsing import is_web_address

__all__ = ["label", "link", "parse"]


@dataclass(frozen=True)
class _Vocabulary:
    """A vocabulary: its name, what its ids look like, and where one is found and described."""

    name: str
    id: str
    addresses: str
    link: str


_NUMBER = r"[1-9][0-9]{3,11}"
_VOCABULARIES: Mapping[str, _Vocabulary] = {
    "wikidata": _Vocabulary(
        "Wikidata", r"[QP][1-9][0-9]{0,11}", r"(?:www\.)?wikidata\.org/(?:wiki|entity)/",
        "https://www.wikidata.org/wiki/{}",
    ),
    **{
        name: _Vocabulary(
            name.upper(), _NUMBER, rf"vocab\.getty\.edu/(?:page/)?{name}/",
            f"https://vocab.getty.edu/page/{name}/{{}}",
        )
        for name in ("aat", "tgn", "ulan")
    },
    "iconclass": _Vocabulary(
        "Iconclass", r"[0-9](?:[0-9](?:[A-Z]{1,2}[0-9]*)?)?(?:\([^()]{1,80}\)[0-9]*)*",
        r"(?:www\.)?iconclass\.org/(?:rkd/)?", "https://iconclass.org/{}",
    ),
    "geonames": _Vocabulary(
        "GeoNames", r"[1-9][0-9]{0,11}", r"(?:www\.|sws\.)?geonames\.org/",
        "https://www.geonames.org/{}",
    ),
    "viaf": _Vocabulary(
        "VIAF", r"[1-9][0-9]{3,24}", r"(?:www\.)?viaf\.org/viaf/", "https://viaf.org/viaf/{}"
    ),
    "gnd": _Vocabulary(
        "GND", r"[0-9X-]{4,14}", r"(?:www\.)?d-nb\.info/gnd/", "https://d-nb.info/gnd/{}"
    ),
}  # fmt: skip
_PREFIXED = re.compile(r"([A-Za-z]+)\s*:\s*(.+)")
_WIKIDATA = re.compile(r"[Qq][1-9][0-9]{0,11}")


def parse(text: str) -> str | None:
    """Return the canonical text of an identifier; None where it is none.

    Read are ids with the name of their vocabulary ("aat:300033973", "wd:" too), Wikidata's alone
    ("Q42"), and addresses.
    """
    text = text.strip()
    if _WIKIDATA.fullmatch(text):
        return f"wikidata:{text.upper()}"
    for scheme, vocabulary in _VOCABULARIES.items():
        match = re.fullmatch(rf"https?://{vocabulary.addresses}([^?#]+?)/?", text, re.IGNORECASE)
        id = unquote(match[1]) if match else ""
        if re.fullmatch(vocabulary.id, id):
            return f"{scheme}:{id}"
    if is_web_address(text):
        return text
    prefixed = _PREFIXED.fullmatch(text)
    if prefixed is None:
        return None
    scheme = {"wd": "wikidata"}.get(prefixed[1].lower(), prefixed[1].lower())
    known = _VOCABULARIES.get(scheme)
    id = prefixed[2].strip()
    id = id.upper() if scheme == "wikidata" else id
    return f"{scheme}:{id}" if known and re.fullmatch(known.id, id) else None


def label(identifier: str) -> str:
    """Return a canonical identifier as people read it: "Wikidata Q42", or the address's host."""
    scheme, _, id = identifier.partition(":")
    if scheme in _VOCABULARIES:
        return f"{_VOCABULARIES[scheme].name} {id}"
    host = re.sub(r"^[a-z]+://", "", identifier).partition("/")[0]
    return host.removeprefix("www.")


def link(identifier: str) -> str:
    """Return the address of a canonical identifier."""
    scheme, _, id = identifier.partition(":")
    if scheme in _VOCABULARIES:
        return _VOCABULARIES[scheme].link.format(quote(id, safe="()"))
    return identifier if "://" in identifier else f"https://{identifier}"
