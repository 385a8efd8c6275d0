"""``panoptic doctor``: check this machine and the project, and say how to repair them."""

from __future__ import annotations

import argparse
import importlib
import json
import platform
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands.encoders import encoder_rows
from app.session.language import cli_text, image_count, number, terminal_language
from panoptic_data.errors import (
    ProjectAway,
    ProjectIncomplete,
    ProjectNotFound,
    TableDamaged,
    TableMissing,
)
from panoptic_data.storage.project import Project, open_project

if TYPE_CHECKING:
    from panoptic_data.integrity.check import TableProblem

__all__ = ["Finding", "run"]

PACKAGES = (
    "PIL", "dagster", "imagehash", "lancedb", "open_clip", "pillow_heif", "plotly", "polars",
    "skimage", "sklearn", "streamlit", "timm", "umap",
)  # fmt: skip
GIGABYTE = 10**9
# Thumbnails, vectors and tables of 10,000 images, twice over while tables are compacted.
ENOUGH_GIGABYTES = 2


@dataclass(frozen=True)
class Finding:
    """The result of one check: ``state`` is ok, warning or failed; ``text`` says what to do."""

    state: str
    text: str


def run(args: argparse.Namespace) -> int:
    """Print the findings; exit code 1 when one of them failed."""
    findings: list[Finding] = []
    for finding in _findings(args.project):
        findings.append(finding)
        if not args.json:
            print(f"{cli_text(f'doctor_{finding.state}'):>6}  {finding.text}", flush=True)
    if args.json:
        print(json.dumps({"findings": [asdict(f) for f in findings]}, ensure_ascii=False))
    return int(any(finding.state == "failed" for finding in findings))


def _findings(root: Path | None) -> Iterator[Finding]:
    yield Finding("ok", cli_text("doctor_python", found=platform.python_version()))
    yield _vision()
    yield from _packages()
    yield _device()
    try:
        project = open_project(root)
    except ProjectNotFound as error:
        yield from _folder(Path(str(error.params["path"])))
        begin = cli_text("doctor_no_project", path=error.params["path"])
        is_away = isinstance(error, ProjectAway)
        yield Finding("warning", error.message(terminal_language()) if is_away else begin)
        return
    except ProjectIncomplete as error:
        yield Finding("failed", error.message(terminal_language()))
        return
    yield from _folder(project.root)
    yield from _stored(project)
    try:
        yield from _project(project)
    except (TableMissing, TableDamaged):
        # Said above, with what to do.
        return


def _vision() -> Finding:
    try:
        importlib.import_module("torchvision")
    except (ImportError, RuntimeError) as error:
        return Finding("failed", cli_text("doctor_vision_mismatch", cause=_first_line(error)))
    return Finding("ok", "torch, torchvision")


def _packages() -> Iterator[Finding]:
    for package in PACKAGES:
        try:
            importlib.import_module(package)
        except (ImportError, RuntimeError, OSError) as error:
            yield Finding(
                "failed",
                cli_text("doctor_package_missing", package=package, cause=_first_line(error)),
            )
    yield Finding("ok", cli_text("doctor_packages", count=len(PACKAGES)))


def _device() -> Finding:
    import torch

    if torch.cuda.is_available():
        return Finding(
            "ok", cli_text("doctor_device", device="cuda", detail=torch.cuda.get_device_name())
        )
    if torch.backends.mps.is_available():
        return Finding("ok", cli_text("doctor_device", device="mps", detail=platform.machine()))
    detail = f"{torch.get_num_threads()} threads"
    return Finding("ok", cli_text("doctor_device", device="cpu", detail=detail))


def _folder(path: Path) -> Iterator[Finding]:
    existing = next(p for p in (path, *path.parents) if p.exists())
    free = shutil.disk_usage(existing).free / GIGABYTE
    low = free < ENOUGH_GIGABYTES
    key = "doctor_disk_low" if low else "doctor_disk"
    yield Finding("warning" if low else "ok", cli_text(key, free=f"{free:.0f}", path=existing))
    yield _tables(existing)


def _tables(path: Path) -> Finding:
    from panoptic_data.storage.schema import arrow
    from panoptic_data.storage.tables import Database

    try:
        with tempfile.TemporaryDirectory(dir=path, prefix=".doctor-") as folder:
            Database(folder).append("sources", arrow("sources").empty_table())
    except (OSError, RuntimeError) as error:
        return Finding(
            "failed", cli_text("doctor_tables_failed", path=path, cause=_first_line(error))
        )
    return Finding("ok", cli_text("doctor_tables", path=path))


def _stored(project: Project) -> Iterator[Finding]:
    """Read every table in full: what is gone, damaged, or not what was written."""
    from panoptic_data.integrity import check

    failed = False
    for problem in check.check_tables(project, in_full=True):
        failed = True
        yield Finding("failed", _table_text(problem))
    incomplete = check.check_log(project)
    differing = 0 if incomplete or failed else check.differing_values(project)
    if incomplete is not None:
        yield Finding("failed", incomplete.message(terminal_language()))
    elif differing:
        yield Finding("failed", cli_text("doctor_values_differ", count=number(differing)))
    elif not failed:
        yield Finding("ok", cli_text("doctor_whole", count=len(check.tables_of(project))))


def _table_text(problem: TableProblem) -> str:
    from panoptic_data.integrity import kinds

    key = "run" if kinds.is_rebuilt(problem.table) else "repair"
    rows = cli_text("doctor_rows_unknown") if problem.rows is None else number(problem.rows)
    return cli_text(
        f"doctor_table_{problem.state}",
        table=problem.table,
        detail=problem.detail,
        rows=rows,
        remedy=cli_text(f"doctor_remedy_{key}"),
    )


def _project(project: Project) -> Iterator[Finding]:
    from panoptic_data.ingest import sources
    from panoptic_data.provenance import overview, runs

    missing = overview.image_counts(project)["missing"]
    images = image_count(project.database().count("images"), missing)
    registered = sources.listing(project)
    text = cli_text("doctor_project", path=project.root, images=images, sources=len(registered))
    yield Finding("ok", text)
    for source in registered:
        if not source.root.is_dir():
            text = cli_text("doctor_source_gone", name=source.name, path=source.root)
            yield Finding("warning", text)
    for row in encoder_rows(project):
        if row["cause"]:
            text = cli_text("doctor_encoder_waits", encoder=row["encoder"], cause=row["cause"])
            yield Finding("warning", text)
        elif row["status"] == "ready":
            yield Finding("ok", cli_text("doctor_encoder", encoder=row["encoder"]))
    if runs.current(project):
        yield Finding("ok", cli_text("doctor_busy"))


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
