"""Exports: check what is asked for, write it, say what came of it.

    exported = export(project, "csv", Path("labels.csv"), view)

Not here: which images (``selection``), how a format is written (its module), where to
(``target``).
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from panoptic_data.catalogue import registry
from panoptic_data.errors import InvalidExport
from panoptic_data.exchange.exports import report
from panoptic_data.exchange.exports.formats import FORMATS, Format
from panoptic_data.exchange.exports.job import ExportJob
from panoptic_data.exchange.exports.options import NAMES, Options, ReportProgress
from panoptic_data.exchange.exports.selection import Selection, select
from panoptic_data.exchange.exports.target import (
    MANIFEST,
    Draft,
    check_target,
    draft_of,
    require_space,
)
from panoptic_data.text import closest
from panoptic_data.views import model
from panoptic_data.web_address import web_address

if TYPE_CHECKING:
    from panoptic_data.exchange.exports.report import Problem
    from panoptic_data.storage.project import Project
    from panoptic_data.views.model import View

__all__ = ["Estimate", "Exported", "check", "estimate", "export"]


@dataclass(frozen=True)
class Exported:
    """What came of an export: ``rows`` images (files, where ``by_file``) at ``target``.

    ``problems`` say which images are not there as asked for and why; the file ``problems.csv``
    of a folder lists them. ``began_again``: a draft that was killed had been left there.
    ``is_unclear``: nothing was clearly like the words that the view searches for.
    """

    target: Path
    format: str
    rows: int
    by_file: bool
    problems: tuple[Problem, ...] = ()
    began_again: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    is_unclear: bool = False


@dataclass(frozen=True)
class Estimate:
    """How much an export would write: ``rows`` images, files where ``by_file``; ``size`` bytes.

    ``is_unclear``: nothing is clearly like the words that the view searches for.
    """

    rows: int
    by_file: bool
    size: int
    is_unclear: bool = False


def export(
    project: Project,
    format: str,
    target: Path,
    view: View | None = None,
    images: Sequence[str] | None = None,
    options: Options | None = None,
    *,
    overwrite: bool = False,
    progress: ReportProgress | None = None,
    own_folder: Path | None = None,
) -> Exported:
    """Write a view, some images (by their sha1s) or all in a format to a file or folder.

    Originals are only read. The target appears in one step when all is written; on an error it is
    as it was. Nothing is written into the project, but into its ``own_folder`` for downloads.
    Raises InvalidExport, ExportFailed, InvalidView, NoEmbeddings.
    """
    options = options or Options()
    chosen = _checked(format, options)
    writer = _writer(chosen)
    is_folder = _is_folder(chosen, target)
    path = check(project, format, target, options, overwrite=overwrite, own_folder=own_folder)
    selection = _select(project, writer, view, images, options)
    require_space(path, writer.needed_bytes(project, selection, options))
    report_progress = progress or _silent
    with draft_of(path, is_folder=is_folder) as draft:
        report_progress(0, len(selection))
        problems, counts = writer.write(
            ExportJob(project, selection, options, draft, report_progress)
        )
        if is_folder:
            _write_manifest(project, draft, format, selection, view, options, problems)
    return Exported(
        path,
        format,
        len(selection),
        selection.by_file,
        tuple(problems),
        draft.was_left,
        counts,
        selection.is_unclear,
    )


def estimate(
    project: Project, format: str, view: View | None = None, options: Options | None = None
) -> Estimate:
    """Return how many images or files an export has, and about how many bytes it takes.

    Raises InvalidExport, InvalidView, NoEmbeddings.
    """
    options = options or Options()
    writer = _writer(_checked(format, options))
    selection = _select(project, writer, view, None, options)
    size = int(writer.needed_bytes(project, selection, options))
    return Estimate(len(selection), selection.by_file, size, selection.is_unclear)


def check(
    project: Project,
    format: str,
    target: Path,
    options: Options,
    *,
    overwrite: bool = False,
    own_folder: Path | None = None,
) -> Path:
    """Return the whole path of a target that an export may write. Raises InvalidExport."""
    chosen = _checked(format, options)
    is_folder = _is_folder(chosen, target)
    if not is_folder and target.suffix.lower() not in (chosen.suffix, *chosen.also):
        raise InvalidExport("suffix", name=format, suffix=chosen.suffix, path=target.name)
    return check_target(
        project,
        target,
        is_folder=is_folder,
        has_definitions=getattr(_writer(chosen), "HAS_DEFINITIONS", False),
        overwrite=overwrite,
        own_folder=own_folder,
    )


def _is_folder(format: Format, target: Path) -> bool:
    return format.suffix == "" and target.suffix.lower() not in format.also


def _writer(format: Format) -> Any:
    return importlib.import_module(f"{__package__}.{format.module}")


def _select(
    project: Project,
    writer: Any,
    view: View | None,
    images: Sequence[str] | None,
    options: Options,
) -> Selection:
    catalogue = registry.get(project, fresh=True)
    by_file = writer.is_by_file(catalogue, options) if hasattr(writer, "is_by_file") else False
    return select(catalogue, view, images, by_file=by_file)


def _checked(format: str, options: Options) -> Format:
    """Return a format that takes these options. Raises InvalidExport."""
    chosen = FORMATS.get(format)
    if chosen is None:
        likely = ", ".join(closest(format, FORMATS)) or ", ".join(FORMATS)
        raise InvalidExport("format", name=format, known=likely)
    for name in sorted(options.chosen() - chosen.options):
        taken = ", ".join(f"--{option}" for option in sorted(chosen.options)) or "–"
        raise InvalidExport("option", name=format, option=f"--{name}", known=taken)
    if options.names not in (None, *NAMES):
        raise InvalidExport("names", name=options.names, known=", ".join(NAMES))
    if options.size is not None and options.size < 1:
        raise InvalidExport("size", name=options.size)
    if options.size is not None and options.link:
        raise InvalidExport("size_and_link")
    if options.address is not None and web_address(options.address) is None:
        raise InvalidExport("address", name=options.address)
    return chosen


def _write_manifest(
    project: Project,
    draft: Draft,
    format: str,
    selection: Selection,
    view: View | None,
    options: Options,
    problems: Sequence[Problem],
) -> None:
    report.write(draft.path, problems)
    content: dict[str, Any] = {
        "panoptic_data": 1,
        "format": format,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "project": {"name": project.name, "id": project.id},
        "corpus": selection.catalogue.version,
        "annotations": selection.catalogue.annotations.position,
        "view": None if view is None else model.to_json(view),
        "unclear": selection.is_unclear,
        "options": {name: getattr(options, name) for name in sorted(options.chosen())},
        "images": len(selection),
        "problems": len(problems),
    }
    text = json.dumps(content, ensure_ascii=False, indent=1)
    (draft.path / MANIFEST).write_text(text + "\n", encoding="utf-8")


def _silent(_done: int, _of: int) -> None:
    """Report nothing."""
