"""Corpus versions from a notebook or a script: made, opened, compared, restored, given away.

Each ``version`` is a name, an id or a ``CorpusVersion``. A version that is opened is a project:
every function that takes one reads it as it was then. Not here: what a version is (``versions``),
the other public functions (``notebook``).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from panoptic_data.notebook_arguments import checked

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project
    from panoptic_data.versions.delete import Freed
    from panoptic_data.versions.diff import VersionDiff
    from panoptic_data.versions.record import CorpusVersion
    from panoptic_data.versions.verify import Verified

__all__ = [
    "compare_versions",
    "create_version",
    "delete_version",
    "deposit_version",
    "export_version",
    "import_version",
    "list_versions",
    "open_version",
    "restore_version",
    "verify_version",
]

# A run at work, such as a merge of annotations, has ended by then.
WAIT_SECONDS = 60.0

# As in `notebook`, modules are imported where they are used.


@checked
def create_version(
    project: Project, name: str, *, note: str = "", author: str | None = None
) -> CorpusVersion:
    """Keep the whole corpus as it is now under a name, and return the version.

    Raises InvalidVersion (no name, or one that is used), ProjectBusy.
    """
    from panoptic_data.versions import create

    return create.create(project, name, note, author=author, wait=WAIT_SECONDS)


@checked
def list_versions(project: Project) -> list[CorpusVersion]:
    """Return all versions, the newest first."""
    from panoptic_data.versions import record

    return record.list_versions(project)


@checked
def open_version(project: Project, version: str | CorpusVersion) -> Project:
    """Return the project as it was at a version; nothing can be written into it.

    Raises UnknownVersion.
    """
    from panoptic_data.versions import opened

    return opened.at(project, _id(version))


@checked
def compare_versions(
    project: Project, before: str | CorpusVersion, after: str | CorpusVersion | None = None
) -> VersionDiff:
    """Return what differs from one version to another, or to the corpus as it is now.

    Its ``sections`` have counts, and frames of the rows that differ. Raises UnknownVersion.
    """
    from panoptic_data.versions import diff

    return diff.diff(project, _id(before), None if after is None else _id(after))


@checked
def restore_version(
    project: Project, version: str | CorpusVersion, *, author: str | None = None
) -> CorpusVersion | None:
    """Make the corpus again what it was at a version; return the version of the state before.

    Restoring that one undoes it. None where the corpus is what it was: then nothing is done. Open
    the project anew afterwards: its encoders may be others. Raises UnknownVersion, ProjectBusy.
    """
    from panoptic_data.messages import terminal_language, translate
    from panoptic_data.versions import record, restore

    wanted = record.find(project, _id(version))
    language = terminal_language()
    return restore.restore(
        project,
        wanted.id,
        restore.name_before(wanted, language),
        author=author,
        wait=WAIT_SECONDS,
        note=translate("corpus_versions.before_note", language, name=wanted.name),
    )


@checked
def verify_version(project: Project, version: str | CorpusVersion) -> Verified:
    """Read all of a version and compare it with what was recorded: ``is_whole``, or what differs.

    Raises UnknownVersion.
    """
    from panoptic_data.versions import verify

    return verify.verify(project, _id(version))


@checked
def delete_version(project: Project, version: str | CorpusVersion) -> Freed:
    """Give a version up; return how many ``bytes`` that frees. Raises UnknownVersion, ProjectBusy.

    It cannot be undone.
    """
    from panoptic_data.versions import delete

    return delete.delete(project, _id(version), wait=WAIT_SECONDS)


@checked
def export_version(project: Project, version: str | CorpusVersion, target: str | Path) -> Path:
    """Write a version as one zip, which :func:`import_version` reads, and return its path.

    Raises UnknownVersion, InvalidVersion where there is something at the target, ExportFailed.
    """
    from panoptic_data.versions.deposit import deposit

    return deposit.export(project, _id(version), Path(target))


@checked
def deposit_version(
    project: Project,
    version: str | CorpusVersion,
    target: str | Path,
    *,
    license: str,
    authors: str | Sequence[str],
    title: str | None = None,
    text: str | None = None,
    publisher: str = "",
    keywords: Sequence[str] = (),
    doi: str | None = None,
    previous_doi: str | None = None,
    derived_from: Sequence[str] = (),
    address: str | None = None,
    originals: bool = False,
) -> Path:
    """Write a version as a folder for an archive (docs/versions.md), and return its path.

    ``license`` is a short name (CC-BY-4.0) or a web address, ``authors`` are names, each with an
    ORCID in brackets if there is one; ``address`` is where the images will be on the web, for IIIF;
    ``originals`` adds the image files. Raises UnknownVersion, ExportFailed, and InvalidVersion,
    which says all that is wrong with the description at once.
    """
    from panoptic_data.versions import record
    from panoptic_data.versions.deposit import deposit, description

    wanted = record.find(project, _id(version))
    described = description.describe(
        title=title or f"{project.name}: {wanted.name}",
        text=text or wanted.note or wanted.name,
        license=license,
        authors=[authors] if isinstance(authors, str) else authors,
        publisher=publisher,
        keywords=keywords,
        doi=doi,
        previous_doi=previous_doi,
        derived_from=derived_from,
        address=address,
    )
    return deposit.deposit(project, wanted.id, Path(target), described, with_originals=originals)


@checked
def import_version(path: str | Path, target: str | Path) -> Project:
    """Make a project at ``target`` of a deposit or an exported zip, checking every byte.

    Image files in it are put beside the project; :func:`list_folders` says where. Raises
    InvalidVersion where something was changed, or there is something at the target.
    """
    from panoptic_data.versions.deposit import imported

    return imported.import_version(Path(path), Path(target))[0]


def _id(version: str | CorpusVersion) -> str:
    return version if isinstance(version, str) else version.id
