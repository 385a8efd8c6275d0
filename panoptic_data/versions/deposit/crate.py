"""A deposit as an RO-Crate 1.2 that follows the profile Process Run Crate 0.5: `ro-crate-metadata`.

Each run is a ``CreateAction``: the program and the encoders (its instruments), the sources (its
objects), the archive (its result), who, when. Not here: what is known (``facts``), what a person
says (``description``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from panoptic_data.versions.deposit.description import Author, Description
from panoptic_data.versions.deposit.facts import EncoderFacts, Facts, RunFacts

__all__ = ["FILE_NAME", "crate"]

FILE_NAME = "ro-crate-metadata.json"
_SPECIFICATION = "https://w3id.org/ro/crate/1.2"
_PROCESS = "https://w3id.org/ro/wfrun/process/0.5"
_PROGRAM = "#panoptic-data"

Entity = dict[str, Any]


def crate(
    facts: Facts, description: Description, files: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    """Return the metadata file; ``files``: path → name, encodingFormat, contentSize, sha256."""
    entities = [
        _descriptor(),
        _root(facts, description, files),
        *({"@id": path, "@type": "File", **about} for path, about in files.items()),
        *map(_person, description.authors),
        *_annotators(facts),
        _license(description),
        *_publisher(description),
        *_identifiers(facts, description),
        _program(facts),
        *map(_encoder, facts.encoders),
        *(_source(name) for name in facts.sources),
        *(_action(run, facts) for run in facts.runs),
        _profile(),
    ]
    return {"@context": f"{_SPECIFICATION}/context", "@graph": entities}


def _profile() -> Entity:
    return {
        "@id": _PROCESS,
        "@type": ["CreativeWork", "Profile"],
        "name": "Process Run Crate",
        "version": "0.5",
    }


def _single(items: Sequence[Any]) -> Any:
    """Return a single value alone, as RO-Crate recommends, else all."""
    return items[0] if len(items) == 1 else list(items)


def _descriptor() -> Entity:
    return {
        "@id": FILE_NAME,
        "@type": "CreativeWork",
        "conformsTo": {"@id": _SPECIFICATION},
        "about": {"@id": "./"},
    }


def _root(facts: Facts, description: Description, files: Mapping[str, Mapping[str, str]]) -> Entity:
    version = facts.version
    identifiers = [{"@id": "#digest"}]
    if description.doi:
        identifiers.insert(0, {"@id": f"https://doi.org/{description.doi}"})
    root: Entity = {
        "@id": "./",
        "@type": "Dataset",
        "name": description.title,
        "description": description.text,
        "datePublished": _date(version.at),
        "version": version.name,
        "identifier": _single(identifiers),
        "license": {"@id": description.license},
        "author": _single([{"@id": _author_id(author)} for author in description.authors]),
        "conformsTo": {"@id": _PROCESS},
        "hasPart": [{"@id": path} for path in files],
        "mentions": _single([{"@id": _run_id(run)} for run in facts.runs]),
        "keywords": ", ".join(description.keywords) or "images",
    }
    if description.publisher:
        root["publisher"] = {"@id": "#publisher"}
    if description.derived_from:
        root["isBasedOn"] = list(description.derived_from)
    return root


def _person(author: Author) -> Entity:
    return {"@id": _author_id(author), "@type": "Person", "name": author.name}


def _author_id(author: Author) -> str:
    return author.orcid or f"#author-{_slug(author.name)}"


def _annotators(facts: Facts) -> Iterable[Entity]:
    """Yield who ran something or annotated, as their system names them."""
    names = {run.who for run in facts.runs} | set(facts.authors)
    for name in sorted(names):
        count = facts.authors.get(name, 0)
        yield {
            "@id": f"#person-{_slug(name)}",
            "@type": "Person",
            "name": name,
            "description": f"set {count} values",
        }


def _license(description: Description) -> Entity:
    return {
        "@id": description.license,
        "@type": "CreativeWork",
        "name": description.license,
        "description": "The terms under which this corpus may be used.",
    }


def _publisher(description: Description) -> Iterable[Entity]:
    if description.publisher:
        yield {"@id": "#publisher", "@type": "Organization", "name": description.publisher}


def _identifiers(facts: Facts, description: Description) -> Iterable[Entity]:
    yield {
        "@id": "#digest",
        "@type": "PropertyValue",
        "propertyID": "digest of all that the corpus holds",
        "name": "digest",
        "value": facts.version.digest,
    }
    if description.doi:
        yield {
            "@id": f"https://doi.org/{description.doi}",
            "@type": "PropertyValue",
            "propertyID": "https://registry.identifiers.org/registry/doi",
            "name": "DOI",
            "value": f"doi:{description.doi}",
            "url": f"https://doi.org/{description.doi}",
        }


def _program(facts: Facts) -> Entity:
    version = facts.version
    return {
        "@id": _PROGRAM,
        "@type": "SoftwareApplication",
        "name": "Panoptic Data",
        "softwareVersion": version.code_version,
        "version": version.code_version,
        "softwareRequirements": [
            f"{package} {release}" for package, release in sorted(version.packages.items())
        ],
        "url": "https://pypi.org/project/panoptic-data/",
    }


def _encoder(encoder: EncoderFacts) -> Entity:
    return {
        "@id": f"#encoder-{encoder.slug}",
        "@type": "SoftwareApplication",
        "name": encoder.label,
        "softwareVersion": encoder.fingerprint,
        "version": encoder.fingerprint,
        "identifier": encoder.weights or encoder.fingerprint,
        "description": f"{encoder.text}: vectors of {encoder.dim} numbers for {encoder.images} "
        "images",
        "url": "https://pypi.org/project/panoptic-data/",
    }


def _source(name: str) -> Entity:
    return {
        "@id": f"#source-{_slug(name)}",
        "@type": "Collection",
        "name": name,
        "description": "A folder of images; its files stand in the table `files`.",
    }


def _action(run: RunFacts, facts: Facts) -> Entity:
    slugs = {stage.split("/")[1] for stage in run.stages if "/" in stage}
    encoders = [encoder for encoder in facts.encoders if encoder.slug in slugs]
    end = run.finished_at or run.started_at
    return {
        "@id": _run_id(run),
        "@type": "CreateAction",
        "name": f"{run.what}: {', '.join(_kinds(run.stages))}",
        "description": f"parameters {run.parameters}; code {run.code_version}",
        "startTime": _time(run.started_at),
        "endTime": _time(end),
        "agent": {"@id": f"#person-{_slug(run.who)}"},
        "instrument": [
            {"@id": _PROGRAM},
            *({"@id": f"#encoder-{encoder.slug}"} for encoder in encoders),
        ],
        "object": _single([{"@id": f"#source-{_slug(name)}"} for name in facts.sources]),
        "result": {"@id": "corpus.zip"},
        "actionStatus": "http://schema.org/CompletedActionStatus",
    }


def _kinds(stages: Sequence[str]) -> list[str]:
    return sorted({stage.partition("/")[0] for stage in stages}) or ["nothing"]


def _run_id(run: RunFacts) -> str:
    return f"#run-{run.id}"


def _slug(text: str) -> str:
    return "-".join("".join(sign if sign.isalnum() else " " for sign in text).split()) or "unknown"


def _time(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _date(at: datetime) -> str:
    return at.date().isoformat()
