"""Small projects written straight into the tables, for tests of what reads them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from PIL import Image

from panoptic_data.storage import schema
from panoptic_data.storage.project import Project, create_project, open_project, set_encoders

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def sha1(name: str) -> str:
    return hashlib.sha1(name.encode()).hexdigest()


def picture(colour: str = "red", size: tuple[int, int] = (48, 32), format: str = "JPEG") -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, colour).save(written, format)
    return written.getvalue()


def project(root: Path, encoders: tuple[str, ...] = ("visual",)) -> Project:
    opened = create_project(root, "test")
    set_encoders(opened, encoders)
    return open_project(root)


def write(opened: Project, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Append rows; columns that are left out are null."""
    wanted = schema.arrow(table)
    full = [{name: row.get(name) for name in wanted.names} for row in rows]
    opened.database().append(table, pa.Table.from_pylist(full, schema=wanted))


def image(name: str, **values: Any) -> dict[str, Any]:
    defaults = {"format": "JPEG", "mode": "RGB", "width": 48, "height": 32, "colour": "#808080"}
    return {"sha1": sha1(name), **defaults, **values}


def write_files(project: Project, folder: Path) -> None:
    """Make the files of a project lie in a folder, each with bytes of its own."""
    rows = project.database().frame("files", ["source", "path"], "status = 'ok'")
    for source, path in rows.iter_rows():
        target = folder / source / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(path)
    sources = [
        {"name": name, "uri": str(folder / name), "added_at": AT, "options": "{}"}
        for name in rows["source"].unique().sort()
    ]
    write(project, "sources", sources)


def file(place: str, name: str | None, **values: Any) -> dict[str, Any]:
    """A file at "source/folder/name" that holds the image called ``name``."""
    source, _, path = place.partition("/")
    defaults = {
        "file_id": hashlib.sha1(place.encode()).hexdigest()[:16],
        "source": source,
        "path": path,
        "folder": path.rpartition("/")[0],
        "sha1": None if name is None else sha1(name),
        "size": 1000,
        "mtime_ns": 0,
        "status": "ok",
        "first_seen": AT,
    }
    return {**defaults, **values}
