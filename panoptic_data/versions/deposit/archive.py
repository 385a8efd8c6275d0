"""All tables of a corpus version in one zip of Parquet files, which any program can read.

``version.json`` is the version's row, ``format.json`` the release that wrote it and the sources'
names, ``tables/<name>.parquet`` a table as it was, ``splits.parquet`` which images are for training
and test, where a property says it. Paths of the machine are left out: a source has its name and no
folder, weights have the last part of their path (``local_paths``). Not here: the project made of
one (``imported``).
"""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from panoptic_data.annotations.store import annotations_of
from panoptic_data.errors import InvalidVersion
from panoptic_data.storage.added_columns import complete, missing_fields
from panoptic_data.storage.schema import TABLES, arrow, table_of, vector_length
from panoptic_data.versions import record
from panoptic_data.versions.deposit import local_paths
from panoptic_data.versions.deposit.local_paths import LocalPaths
from panoptic_data.versions.deposit.splits import FILE_NAME, splits_of
from panoptic_data.versions.opened import at_version
from panoptic_data.versions.record import CorpusVersion

if TYPE_CHECKING:
    from panoptic_data.provenance.stages import ReportProgress
    from panoptic_data.storage.project import Project

__all__ = ["FORMAT", "Archive", "read", "rows_of", "write"]

FORMAT = 1
STAGE = "archive"
_TABLES = "tables/"
_ENCODERS = "encoders"


@dataclass(frozen=True)
class Archive:
    """What an archive says of itself: the version, the project's name, the tables in it."""

    path: Path
    project: str
    version: CorpusVersion
    tables: tuple[str, ...]


def write(project: Project, version: CorpusVersion, path: Path, report: ReportProgress) -> None:
    """Write the archive of a version. Raises DataUnavailable."""
    opened = at_version(project, version)
    database = opened.database()
    splits = splits_of(annotations_of(opened).state())
    paths = local_paths.of_project(opened)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        about = {"format": FORMAT, "project": project.name}
        archive.writestr("format.json", json.dumps(about, ensure_ascii=False, indent=1))
        row = record.to_rows(paths.in_version(version)).to_pylist()[0]
        archive.writestr("version.json", json.dumps(row, ensure_ascii=False, indent=1, default=str))
        if splits is not None:
            archive.writestr(FILE_NAME, splits.parquet())
        for done, name in enumerate(sorted(version.tables), 1):
            schema = arrow(name, database.dim(name) if _has_vectors(name) else None)
            with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".parquet") as draft:
                with pq.ParquetWriter(draft, schema, compression="zstd") as writer:
                    for batch in database.batches(name, schema.names):
                        rows = pa.Table.from_batches([batch])
                        writer.write_table(_written(name, rows, schema, paths))
                draft.flush()
                archive.write(draft.name, f"{_TABLES}{name}.parquet")
            report(STAGE, done, len(version.tables))


def read(path: Path) -> Archive:
    """Return what an archive says of itself. Raises InvalidVersion where it is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            about = json.loads(archive.read("format.json"))
            row = json.loads(archive.read("version.json"))
            names = tuple(
                name.removeprefix(_TABLES).removesuffix(".parquet")
                for name in archive.namelist()
                if name.startswith(_TABLES)
            )
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise InvalidVersion("no_archive", path=path, cause=_cause(error)) from error
    if about["format"] > FORMAT:
        raise InvalidVersion("too_new", path=path)
    unknown = [name for name in names if name.partition("__")[0] not in TABLES]
    if unknown:
        raise InvalidVersion("too_new", path=path)
    return Archive(path, str(about["project"]), record.from_json(row), names)


def _cause(error: Exception) -> str:
    if isinstance(error, OSError):
        # Without the number and the path.
        return error.strerror or type(error).__name__
    return str(error.args[0] if error.args else error)


def rows_of(archive: Archive, name: str, folder: Path) -> Iterator[pa.Table]:
    """Yield the rows of a table in parts; ``folder`` takes a file for as long as that lasts."""
    with zipfile.ZipFile(archive.path) as zipped:
        path = Path(zipped.extract(f"{_TABLES}{name}.parquet", folder))
    try:
        file = pq.ParquetFile(path)
        schema = arrow(name, vector_length(file.schema_arrow))
        for batch in file.iter_batches(65_536):
            rows = pa.Table.from_batches([batch])
            missing = missing_fields(name, rows.schema)
            yield complete(name, rows, schema.names, missing).cast(schema)
        file.close()
    finally:
        path.unlink()


def _written(name: str, rows: pa.Table, schema: pa.Schema, paths: LocalPaths) -> pa.Table:
    if name in local_paths.TABLES:
        rows = paths.in_table(rows)
    if name == "sources":
        rows = rows.set_column(
            rows.schema.get_field_index("uri"), "uri", pa.array([""] * rows.num_rows, pa.string())
        )
    if name == "runs":
        # Who, without the machine.
        people = [str(who or "").partition("@")[0] for who in rows["who"].to_pylist()]
        index = rows.schema.get_field_index("who")
        rows = rows.set_column(index, "who", pa.array(people, pa.string()))
    return rows.cast(schema)


def _has_vectors(name: str) -> bool:
    return any(column.type is None for column in table_of(name).columns)
