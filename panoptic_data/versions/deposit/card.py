"""The data card of a deposit (README.md): what a reader must know before using the corpus.

The facts fill themselves; what only people know stands as a question, to be answered by hand before
publishing. The questions follow what heritage collections ask of datasets of theirs: coverage,
gaps, selection, rights, who described and how.
"""

from __future__ import annotations

from collections.abc import Iterator

from panoptic_data.versions.deposit.citation import citation_text
from panoptic_data.versions.deposit.description import Description
from panoptic_data.versions.deposit.facts import EncoderFacts, Facts

__all__ = ["FILE_NAME", "card"]

FILE_NAME = "README.md"
_UNSEEN = {
    "visual": "colours, tones and shapes of the whole picture; it knows nothing of what is shown",
    "clip": "what models trained on pictures and captions of the web see: common things and "
    "scenes. Small details, text, numbers, faces and what is rare on the web are seen badly or "
    "with the web's prejudices",
    "timm": "what its training saw, most often photographs of common things; drawings, prints and "
    "documents less well",
}


def card(facts: Facts, description: Description) -> str:
    """Return the text of the card."""
    return "\n".join([*_head(facts, description), *_coverage(facts), *_made(facts), *_end()])


def _head(facts: Facts, description: Description) -> Iterator[str]:
    version = facts.version
    yield f"# {description.title}\n"
    yield f"{description.text}\n"
    yield f"Version “{version.name}” of {version.at.date().isoformat()}, digest `{version.digest}`."
    if version.note:
        yield f"Note: {version.note}"
    yield f"\nLicence: {description.license}\n"
    yield f"Cite as: {citation_text(facts, description)}\n"
    yield "## Open it\n"
    yield "`corpus.zip` holds every table as a Parquet file, thumbnails among them: any program"
    yield "reads it, and `panoptic version import` makes a project of this folder in which"
    yield "everything is as it was.\n"


def _coverage(facts: Facts) -> Iterator[str]:
    formats = ", ".join(f"{name} {count:,}" for name, count in facts.formats.items())
    yield "## What it holds\n"
    yield f"- {facts.images:,} images from: {', '.join(facts.sources) or 'no source'}"
    yield f"- formats: {formats or 'none'}"
    yield f"- longest sides from {facts.pixels[0]:,} to {facts.pixels[1]:,} pixels"
    if facts.years is not None:
        yield f"- dates in the files from {facts.years[0]} to {facts.years[1]}"
    for prop in facts.properties:
        tags = f", {prop.tags:,} tags" if prop.tags else ""
        yield (
            f"- property “{prop.name}” ({prop.type}{tags}): a value for {prop.count:,} "
            f"{'files' if prop.target == 'file' else 'images'}"
        )
    yield "\n## Gaps\n"
    yield f"- {facts.without_date:,} images without a date in the file"
    yield f"- {facts.without_location:,} images without a place in the file"
    for prop in facts.properties:
        if prop.target == "image" and prop.count < facts.images:
            yield f"- {facts.images - prop.count:,} images without “{prop.name}”"
    yield f"- {facts.unreadable:,} files that could not be read, {facts.missing:,} that are gone"
    yield f"- {facts.excluded:,} images taken out of the corpus by hand"
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in facts.duplicates.items())
    yield f"- groups of duplicates: {kinds or 'none'}\n"


def _made(facts: Facts) -> Iterator[str]:
    yield "## What computed it, and what that does not see\n"
    for encoder in facts.encoders:
        yield f"- {_encoder(encoder)}"
    if not facts.encoders:
        yield "- no encoder"
    yield f"\nRuns: {len(facts.runs)}, with code {facts.version.code_version}. Each row of a table"
    yield "names the run that made it; `ro-crate-metadata.json` describes the runs.\n"
    yield "## Who described it\n"
    for name, count in facts.authors.items():
        yield f"- {name}: {count:,} values"
    if not facts.authors:
        yield "- nobody yet"
    yield ""


def _encoder(encoder: EncoderFacts) -> str:
    unseen = _UNSEEN.get(encoder.kind, "what its training saw")
    weights = f", weights `{encoder.weights}`" if encoder.weights else ""
    return (
        f"{encoder.label} (`{encoder.text}`, fingerprint `{encoder.fingerprint}`{weights}), "
        f"{encoder.images:,} images: sees {unseen}"
    )


def _end() -> Iterator[str]:
    yield "## To be answered by hand\n"
    yield "- How were these images chosen, and what was left out?"
    yield "- Who holds the rights of the images, and who is shown in them?"
    yield "- What do the values mean, and how was agreement on them reached?"
    yield "- For what should this corpus not be used?"
    yield ""
