"""The metadata that a repository registers a DOI with: DataCite 4, as JSON.

Source of the names: DataCite Metadata Schema 4.6.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from panoptic_data.versions.deposit.description import Author, Description
from panoptic_data.versions.deposit.facts import Facts

__all__ = ["FILE_NAME", "datacite"]

FILE_NAME = "datacite.json"


def datacite(facts: Facts, description: Description, size: int) -> dict[str, Any]:
    """Return the metadata; ``size`` is that of the archive in bytes."""
    version = facts.version
    metadata: dict[str, Any] = {
        "schemaVersion": "http://datacite.org/schema/kernel-4",
        "types": {"resourceTypeGeneral": "Dataset", "resourceType": "Corpus of images"},
        "titles": [{"title": description.title}],
        "creators": [_creator(author) for author in description.authors],
        "publisher": {"name": description.publisher or "(:unav)"},
        "publicationYear": str(version.at.year),
        "dates": [{"date": version.at.date().isoformat(), "dateType": "Created"}],
        "version": version.name,
        "descriptions": [{"description": description.text, "descriptionType": "Abstract"}],
        "subjects": [{"subject": word} for word in description.keywords],
        "rightsList": [{"rightsUri": description.license}],
        "formats": ["application/zip", "application/x-parquet"],
        "sizes": [f"{facts.images} images", f"{size} bytes"],
        "identifiers": list(_identifiers(facts, description)),
        "relatedIdentifiers": list(_related(description)),
    }
    if description.doi:
        metadata["doi"] = description.doi
    return metadata


def _creator(author: Author) -> dict[str, Any]:
    creator: dict[str, Any] = {"name": author.name}
    if author.orcid:
        creator["nameType"] = "Personal"
        creator["nameIdentifiers"] = [
            {
                "nameIdentifier": author.orcid,
                "nameIdentifierScheme": "ORCID",
                "schemeUri": "https://orcid.org",
            }
        ]
    return creator


def _identifiers(facts: Facts, description: Description) -> Iterator[dict[str, str]]:
    if description.doi:
        yield {"identifier": description.doi, "identifierType": "DOI"}
    yield {"identifier": facts.version.digest, "identifierType": "Panoptic digest"}


def _related(description: Description) -> Iterator[dict[str, str]]:
    if description.previous_doi:
        yield {
            "relatedIdentifier": description.previous_doi,
            "relatedIdentifierType": "DOI",
            "relationType": "IsNewVersionOf",
        }
    for address in description.derived_from:
        doi = address.removeprefix("https://doi.org/")
        yield {
            "relatedIdentifier": doi,
            "relatedIdentifierType": "URL" if doi == address else "DOI",
            "relationType": "IsDerivedFrom",
        }
