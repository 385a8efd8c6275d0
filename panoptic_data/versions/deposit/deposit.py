"""Writing a deposit: the bag of a corpus version with all that describes it, or its archive alone.

Written beside the target and put there in one step: killed before, the target is as it was. Not
here: reading one back (``imported``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from panoptic_data.errors import InvalidVersion
from panoptic_data.exchange.exports.target import check_target, draft_of, require_space
from panoptic_data.provenance.stages import ignore_progress
from panoptic_data.storage import version_files
from panoptic_data.versions import record
from panoptic_data.versions.deposit import (
    archive,
    bag,
    card,
    citation,
    crate,
    croissant,
    datacite,
    iiif,
    originals,
)
from panoptic_data.versions.deposit.facts import Facts, facts_of
from panoptic_data.versions.opened import at_version

if TYPE_CHECKING:
    from panoptic_data.provenance.stages import ReportProgress
    from panoptic_data.storage.project import Project
    from panoptic_data.versions.deposit.description import Description
    from panoptic_data.versions.record import CorpusVersion

__all__ = ["ARCHIVE", "deposit", "export"]

ARCHIVE = "corpus.zip"
_FORMATS = {
    ".json": "application/json",
    ".zip": "application/zip",
    ".md": "text/markdown",
    ".cff": "application/yaml",
}
_ABOUT = {
    ARCHIVE: "All tables of the corpus, as Parquet files",
    originals.FILE_NAME: "The image files, as they were read",
    card.FILE_NAME: "Data card",
    citation.FILE_NAME: "How to cite this corpus",
    croissant.FILE_NAME: "Croissant description",
    datacite.FILE_NAME: "DataCite metadata",
    iiif.FILE_NAME: "IIIF manifest with annotations",
}


def export(
    project: Project, name: str, target: Path, report: ReportProgress = ignore_progress
) -> Path:
    """Write the archive of a version as one zip and return its path.

    Raises UnknownVersion, InvalidExport, ExportFailed.
    """
    version = record.find(project, name)
    path = _checked(project, version, target, is_folder=False)
    with draft_of(path, is_folder=False) as draft:
        archive.write(project, version, draft.path, report)
    return path


def deposit(
    project: Project,
    name: str,
    target: Path,
    description: Description,
    *,
    with_originals: bool = False,
    report: ReportProgress = ignore_progress,
) -> Path:
    """Write the bag of a version and return its path; ``with_originals`` adds the image files.

    Raises UnknownVersion, InvalidVersion, InvalidExport, ExportFailed.
    """
    if not description.authors:
        raise InvalidVersion("no_author")
    version = record.find(project, name)
    opened = at_version(project, version)
    path = _checked(project, version, target, is_folder=True)
    if with_originals:
        require_space(path, originals.needed_bytes(opened))
    with draft_of(path, is_folder=True) as draft:
        payload = draft.path / bag.PAYLOAD
        payload.mkdir()
        archive.write(project, version, payload / ARCHIVE, report)
        if with_originals:
            originals.write(opened, payload / originals.FILE_NAME, report)
        facts = facts_of(opened, version)
        files = _describe(opened, facts, description, payload)
        digests = {f"{bag.PAYLOAD}/{name}": about["sha256"] for name, about in files.items()}
        bag.close(draft.path, _info(facts, description), digests)
    return path


def _checked(project: Project, version: CorpusVersion, target: Path, *, is_folder: bool) -> Path:
    if target.expanduser().exists():
        raise InvalidVersion("target_used", path=target)
    path = check_target(
        project.now, target, is_folder=is_folder, has_definitions=False, overwrite=False
    )
    require_space(path, _needed_bytes(project, version))
    return path


def _needed_bytes(project: Project, version: CorpusVersion) -> int:
    total = 0
    for table, number in version.tables.items():
        folder = project.lance / f"{table}.lance"
        total += version_files.size_of(folder, version_files.files_of_version(folder, number))
    return total


def _describe(
    opened: Project, facts: Facts, description: Description, payload: Path
) -> dict[str, dict[str, str]]:
    """Write what describes the archive; return what is known of each file but the crate.

    The crate comes last: it lists the others.
    """
    held = _about(payload / ARCHIVE)
    cited = citation.citation_text(facts, description)
    described: dict[str, Any] = {
        croissant.FILE_NAME: croissant.croissant(facts, description, held, cited),
        datacite.FILE_NAME: datacite.datacite(facts, description, int(held["contentSize"])),
    }
    if description.address is not None:
        described[iiif.FILE_NAME] = iiif.manifest(opened, facts, description)
    for name, content in described.items():
        _write_json(payload / name, content)
    cff = citation.citation_file(facts, description)
    (payload / citation.FILE_NAME).write_text(cff, encoding="utf-8")
    (payload / card.FILE_NAME).write_text(card.card(facts, description), encoding="utf-8")
    files = {
        path.name: held if path.name == ARCHIVE else _about(path)
        for path in sorted(payload.iterdir())
    }
    _write_json(payload / crate.FILE_NAME, crate.crate(facts, description, files))
    return files


def _about(path: Path) -> dict[str, str]:
    return {
        "name": path.name,
        "description": _ABOUT[path.name],
        "encodingFormat": _FORMATS[path.suffix],
        "contentSize": str(path.stat().st_size),
        "sha256": bag.sha256(path),
    }


def _info(facts: Facts, description: Description) -> dict[str, str]:
    return {
        "Source-Organization": description.publisher,
        "Contact-Name": description.authors[0].name,
        "External-Description": description.title,
        "External-Identifier": description.doi or facts.version.digest,
        "Internal-Sender-Identifier": facts.version.id,
        "Internal-Sender-Description": facts.version.name,
    }


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
