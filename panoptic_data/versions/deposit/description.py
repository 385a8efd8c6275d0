"""What a person says of a deposit: title, licence, authors, identifiers. Checked where it comes in.

Not here: what is known without a person (``facts``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from panoptic_data.errors import InvalidVersion
from panoptic_data.web_address import web_address

__all__ = [
    "LICENSES",
    "Author",
    "Description",
    "InvalidDescription",
    "author_of",
    "describe",
    "images_address",
    "license_address",
    "source_address",
]

T = TypeVar("T")

LICENSES = {
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-SA-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "CC-BY-NC-4.0": "https://creativecommons.org/licenses/by-nc/4.0/",
    "CC-BY-NC-SA-4.0": "https://creativecommons.org/licenses/by-nc-sa/4.0/",
    "CC-BY-ND-4.0": "https://creativecommons.org/licenses/by-nd/4.0/",
    "CC-BY-NC-ND-4.0": "https://creativecommons.org/licenses/by-nc-nd/4.0/",
    "InC-1.0": "http://rightsstatements.org/vocab/InC/1.0/",
    "NoC-NC-1.0": "http://rightsstatements.org/vocab/NoC-NC/1.0/",
    "CNE-1.0": "http://rightsstatements.org/vocab/CNE/1.0/",
    "UND-1.0": "http://rightsstatements.org/vocab/UND/1.0/",
}
"""Licences and statements of rights by their short names; any web address is taken too."""

_SPDX = (
    *("ODbL-1.0", "ODC-By-1.0", "PDDL-1.0", "CDLA-Permissive-2.0", "CDLA-Sharing-1.0"),
    *("etalab-2.0", "OGL-UK-3.0", "DL-DE-BY-2.0", "DL-DE-ZERO-2.0", "NLOD-2.0", "GFDL-1.3-only"),
    *("MIT", "Apache-2.0", "BSD-3-Clause", "GPL-3.0-only", "GPL-3.0-or-later", "EUPL-1.2"),
)
# Other ids of SPDX that are read too: earlier Creative Commons, of which a country has its own.
_EARLIER_CC = re.compile(
    r"cc-(by(?:-(?:nc|sa|nd|nc-sa|nc-nd))?)-(1\.0|2\.0|2\.5|3\.0)", re.IGNORECASE
)

_ORCID = re.compile(r"(?:https?://orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dX])")
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/)?(10\.\d{4,9}/\S+)")


@dataclass(frozen=True)
class Author:
    """Who made a corpus; ``orcid`` is the address https://orcid.org/…, or None."""

    name: str
    orcid: str | None = None


@dataclass(frozen=True)
class Description:
    """What is said of a deposit.

    ``license`` is a web address. ``doi`` is that of this deposit, ``previous_doi`` of the one it
    replaces, ``derived_from`` addresses of what it was made from, that of a DOI at doi.org.
    ``address`` is where the images
    will be on the web, for IIIF; None for no such manifests.
    """

    title: str
    text: str
    license: str
    authors: tuple[Author, ...]
    publisher: str = ""
    keywords: tuple[str, ...] = ()
    doi: str | None = None
    previous_doi: str | None = None
    derived_from: tuple[str, ...] = ()
    address: str | None = None


class InvalidDescription(InvalidVersion):
    """All that is wrong with a description, one sentence after the other."""

    def __init__(self, problems: Sequence[InvalidVersion]) -> None:
        self.problems = tuple(problems)
        super().__init__(problems[0].problem, **problems[0].params)

    def message(self, language: str) -> str:
        """Say all that is wrong, in ``language``."""
        return " ".join(problem.message(language) for problem in self.problems)


def describe(
    *,
    title: str,
    text: str,
    license: str,
    authors: Sequence[str],
    publisher: str = "",
    keywords: Sequence[str] = (),
    doi: str | None = None,
    previous_doi: str | None = None,
    derived_from: Sequence[str] = (),
    address: str | None = None,
) -> Description:
    """Return a description of what a person wrote: licence, authors and DOIs as texts.

    Raises InvalidVersion for all that is wrong at once.
    """
    problems: list[InvalidVersion] = []

    def checked(read: Callable[[str], T], given: str) -> T | None:
        try:
            return read(given)
        except InvalidVersion as error:
            problems.append(error)
            return None

    address_of_license = checked(license_address, license)
    if not authors:
        problems.append(InvalidVersion("no_author"))
    known = [author for name in authors if (author := checked(author_of, name)) is not None]
    dois = [given and checked(doi_of, given) for given in (doi, previous_doi)]
    sources = [checked(source_address, given) for given in derived_from]
    place = None if address is None else checked(images_address, address)
    if problems:
        raise InvalidDescription(problems)
    return Description(
        title=title,
        text=text,
        license=address_of_license or "",
        authors=tuple(known),
        publisher=publisher,
        keywords=tuple(keywords),
        doi=dois[0],
        previous_doi=dois[1],
        derived_from=tuple(source for source in sources if source is not None),
        address=place,
    )


def author_of(text: str) -> Author:
    """Read an author: a name and, in brackets, an ORCID. Raises InvalidVersion."""
    name, bracket, rest = text.partition("(")
    name = " ".join(name.split())
    if not name:
        raise InvalidVersion("author", text=text)
    if not bracket:
        return Author(name)
    match = _ORCID.fullmatch(rest.strip().removesuffix(")").strip())
    if match is None or not _is_orcid(match[1]):
        raise InvalidVersion("orcid", text=rest.strip().removesuffix(")"))
    return Author(name, f"https://orcid.org/{match[1]}")


def license_address(text: str) -> str:
    """Return the address of a licence given by its short name or address. Raises InvalidVersion."""
    if not text.strip():
        raise InvalidVersion("no_license", known=", ".join(LICENSES))
    name = text.strip().casefold()
    by_name = {name.casefold(): address for name, address in LICENSES.items()}
    by_name |= {id.casefold(): f"https://spdx.org/licenses/{id}.html" for id in _SPDX}
    earlier = _EARLIER_CC.fullmatch(name)
    if earlier is not None:
        return f"https://creativecommons.org/licenses/{earlier[1]}/{earlier[2]}/"
    address = by_name.get(name) or web_address(text)
    if address is None:
        raise InvalidVersion("license", text=text, known=", ".join(LICENSES))
    return address


def source_address(text: str) -> str:
    """Return the address of what a corpus was made from, given as such or as a DOI.

    Raises InvalidVersion.
    """
    match = _DOI.fullmatch(text.strip())
    address = f"https://doi.org/{match[1]}" if match else web_address(text)
    if address is None:
        raise InvalidVersion("derived_from", text=text)
    return address


def images_address(text: str) -> str:
    """Return the address at which images will be. Raises InvalidVersion."""
    address = web_address(text)
    if address is None:
        raise InvalidVersion("address", text=text)
    return address


def doi_of(text: str) -> str:
    """Return a DOI without its address. Raises InvalidVersion."""
    match = _DOI.fullmatch(text.strip())
    if match is None:
        raise InvalidVersion("doi", text=text)
    return match[1]


def _is_orcid(digits: str) -> bool:
    """Whether the last sign is the check digit (ISO 7064, mod 11-2) of the others."""
    total = 0
    others, last = digits.replace("-", "")[:-1], digits[-1]
    for digit in others:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    return last == ("X" if check == 10 else str(check))
