"""Making a project of a deposit or archive: every table, the version, and nothing else.

The project is built beside its place, its digest is taken and compared, and only then is it put
there: killed before, nothing is there. Not here: writing deposits (``deposit``).
"""

from __future__ import annotations

import itertools
import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from panoptic_data.errors import InvalidVersion
from panoptic_data.provenance import parameters, runs
from panoptic_data.provenance.stages import ignore_progress, stage_table
from panoptic_data.storage import checksums
from panoptic_data.storage.project import (
    create_project,
    open_project,
    set_encoders,
    set_parameters,
)
from panoptic_data.storage.schema import arrow, table_of
from panoptic_data.versions import content, create, record
from panoptic_data.versions.deposit import archive, bag, originals
from panoptic_data.versions.deposit.deposit import ARCHIVE
from panoptic_data.versions.opened import at_version

if TYPE_CHECKING:
    from panoptic_data.provenance.stages import ReportProgress
    from panoptic_data.storage.project import Project
    from panoptic_data.versions.deposit.archive import Archive
    from panoptic_data.versions.record import CorpusVersion

__all__ = ["import_version"]


def import_version(
    path: Path, target: Path, report: ReportProgress = ignore_progress
) -> tuple[Project, CorpusVersion]:
    """Make a project at ``target`` of a deposit (a folder) or an archive (a zip).

    Files of the images, where they are in it, are put in ``<target>-images``, or where there is
    something in ``<target>-images-2``; the sources say where. Raises InvalidVersion where there is
    no deposit, something was changed, or there is something at the target.
    """
    path, target = path.expanduser().resolve(), target.expanduser().resolve()
    if not path.exists():
        raise InvalidVersion("nothing_there", path=path)
    if target.is_relative_to(path) or path.is_relative_to(target):
        raise InvalidVersion("target_inside", path=target)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InvalidVersion("target_used", path=target)
    if not target.parent.is_dir():
        raise InvalidVersion("no_target_folder", path=target.parent)
    held, images = _opened(path)
    folder = _images_folder(target, images)
    draft = target.with_name(f".{target.name}.importing")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        version = _build(held, draft / target.name, folder, report, is_away=images is None)
        if images is not None and not folder.exists():
            originals.unpack(images, draft / folder.name)
            (draft / folder.name).replace(folder)
        if target.exists():
            target.rmdir()
        (draft / target.name).replace(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return open_project(target), version


def _images_folder(target: Path, images: Path | None) -> Path:
    """Return a folder beside the project that is not there yet.

    Or the one that holds these very images: the import was killed after it was put there.
    """
    name = f"{target.name}-images"
    names = itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))
    folders = map(target.with_name, names)
    return next(
        folder
        for folder in folders
        if not folder.exists() or (images is not None and originals.is_unpacked(images, folder))
    )


def _opened(path: Path) -> tuple[Archive, Path | None]:
    """Return the archive of a deposit or archive, checked, and the zip of image files, if any."""
    if not path.is_dir():
        return archive.read(path), None
    if not bag.is_bag(path):
        raise InvalidVersion("no_bag", path=path)
    bag.check(path)
    payload = path / bag.PAYLOAD
    images = payload / originals.FILE_NAME
    has_images = images.is_file() and originals.has_files(images)
    return archive.read(payload / ARCHIVE), images if has_images else None


def _build(
    held: Archive, root: Path, folder: Path, report: ReportProgress, *, is_away: bool
) -> CorpusVersion:
    root.mkdir(parents=True)
    project = create_project(root, held.project)
    with runs.alone(project):
        for done, name in enumerate(held.tables, 1):
            _write_table(project, held, name, folder)
            if name == "sources" and is_away:
                _mark_away(project)
            report(archive.STAGE, done, len(held.tables))
        _correct_records(project)
        version = held.version
        texts = tuple(str(encoder["text"]) for encoder in version.encoders.values())
        project = set_encoders(open_project(root), texts)
        project = set_parameters(project, parameters.recorded(project))
        return _record(project, version)


def _write_table(project: Project, held: Archive, name: str, folder: Path) -> None:
    database = project.database()
    is_first = True
    for rows in archive.rows_of(held, name, project.root):
        if name == "sources":
            uris = [str(folder / source) for source in rows["name"].to_pylist()]
            index = rows.schema.get_field_index("uri")
            rows = rows.set_column(index, "uri", pa.array(uris, pa.string()))
        (database.replace if is_first else database.append)(name, rows)
        is_first = False
    # A table of vectors whose length is not known has none.
    if is_first and all(column.type for column in table_of(name).columns):
        database.append(name, arrow(name).empty_table())
    database.compact(name)


def _mark_away(project: Project) -> None:
    """Let no page count files as present that did not come with the version."""
    database = project.database()
    since = datetime.now(UTC).isoformat()
    rows = [
        {**row, "options": json.dumps({**json.loads(row["options"] or "{}"), "away_since": since})}
        for row in database.read("sources").to_pylist()
    ]
    database.replace("sources", pa.Table.from_pylist(rows, schema=arrow("sources")))


def _correct_records(project: Project) -> None:
    """Let the records of stages name the versions that tables have here; no index is here yet."""
    database = project.database()
    rows: list[dict[str, Any]] = database.read("stages").to_pylist()
    kept = []
    for row in rows:
        if row["stage"].startswith("vector_index/"):
            continue
        row["lance_version"] = database.version(stage_table(row["stage"]))
        parameters = json.loads(row["parameters"] or "{}")
        if "versions" in parameters:
            versions = {name: database.version(name) for name in parameters["versions"]}
            row["parameters"] = json.dumps({**parameters, "versions": versions})
        kept.append(row)
    database.replace("stages", pa.Table.from_pylist(kept, schema=arrow("stages")))


def _record(project: Project, version: CorpusVersion) -> CorpusVersion:
    """Pin the tables, compare the digest, and write the version's row as it was."""
    pinned = create.pin_tables(project, version.id)
    origin = {
        "digest": version.digest,
        "at": datetime.now(UTC).isoformat(),
        **(version.origin or {}),
    }
    written = replace(version, tables=pinned.tables, previous=None, origin=origin)
    parts = content.part_digests(at_version(project, written))
    differing = [name for name in version.digests if parts.get(name) != version.digests[name]]
    if differing:
        raise InvalidVersion("not_whole", parts=", ".join(sorted(differing)))
    checksums.record(project)
    record.keep(project, written)
    return written
