"""How a deposit is cited: one line of text, and CITATION.cff (Citation File Format 1.2.0)."""

from __future__ import annotations

import json

from panoptic_data.versions.deposit.description import LICENSES, Author, Description
from panoptic_data.versions.deposit.facts import Facts

__all__ = ["FILE_NAME", "citation_file", "citation_text"]

FILE_NAME = "CITATION.cff"


def citation_text(facts: Facts, description: Description) -> str:
    """Return how to cite it: authors (year). Title, version. Publisher. Identifier."""
    version = facts.version
    names = "; ".join(author.name for author in description.authors)
    by = f" {description.publisher}." if description.publisher else ""
    identifier = f"https://doi.org/{description.doi}" if description.doi else version.digest
    title = f"{description.title}, version “{version.name}”"
    return f"{names} ({version.at.year}). {title}.{by} {identifier}"


def citation_file(facts: Facts, description: Description) -> str:
    """Return the text of CITATION.cff."""
    version = facts.version
    lines = [
        "cff-version: 1.2.0",
        "message: If you use this corpus, please cite it as below.",
        "type: dataset",
        f"title: {_quoted(description.title)}",
        f"abstract: {_quoted(description.text)}",
        f"version: {_quoted(version.name)}",
        f"date-released: {version.at.date().isoformat()}",
        "authors:",
        *(line for author in description.authors for line in _author(author)),
        "identifiers:",
        "  - type: other",
        f"    value: {_quoted(version.digest)}",
        "    description: digest of all that the corpus holds",
    ]
    names = {address: name for name, address in LICENSES.items()}
    name = names.get(description.license, "")
    if name.startswith("CC"):
        lines.append(f"license: {name}")
    else:
        lines.append(f"license-url: {_quoted(description.license)}")
    if description.doi:
        lines.append(f"doi: {_quoted(description.doi)}")
    if description.keywords:
        lines.append("keywords:")
        lines += [f"  - {_quoted(word)}" for word in description.keywords]
    return "\n".join(lines) + "\n"


def _author(author: Author) -> list[str]:
    """Return one author; a name that may be an institution's is not taken apart."""
    family, _, given = (part.strip() for part in author.name.partition(","))
    if author.orcid and not given:
        *words, family = author.name.split()
        given = " ".join(words)
    lines = [f"  - name: {_quoted(author.name)}"]
    if given:
        lines = [f"  - family-names: {_quoted(family)}", f"    given-names: {_quoted(given)}"]
    if author.orcid:
        lines.append(f"    orcid: {_quoted(author.orcid)}")
    return lines


def _quoted(text: str) -> str:
    """Return a text as YAML reads it: a text of JSON is one."""
    return json.dumps(text, ensure_ascii=False)
