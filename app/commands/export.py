"""``panoptic export``: a view, a selection or all of a project as files.

Not here: the formats and how they are written (``panoptic_data.exchange.exports``).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands import query
from app.commands.progress import create_bars
from app.commands.project_at import open_at
from app.commands.storage_warning import warn_of_broken_log
from app.session.language import number, terminal_language
from panoptic_data.catalogue import registry
from panoptic_data.errors import InvalidExport
from panoptic_data.exchange.exports import run as exports
from panoptic_data.exchange.exports.options import Options
from panoptic_data.exchange.exports.report import FILE
from panoptic_data.exchange.exports.selection import saved_view
from panoptic_data.messages import translate
from panoptic_data.storage.project import Project

if TYPE_CHECKING:
    from panoptic_data.exchange.exports.options import ReportProgress
    from panoptic_data.exchange.exports.run import Exported
    from panoptic_data.views.model import View

__all__ = ["run"]

# So many images that are not as requested are listed.
_MOST_PROBLEMS = 10


def run(args: argparse.Namespace) -> int:
    """Export what is asked for and say what came of it."""
    project = open_at(args)
    options = Options(
        columns=_columns(args.columns),
        files=args.files,
        size=args.size,
        link=args.link,
        by=args.by,
        names=args.names,
        encoder=args.encoder,
        rating=args.rating,
        date=args.date,
        address=args.address,
    )
    with _progress(args.json) as progress:
        exported = exports.export(
            project,
            args.format,
            args.target,
            _view(project, args),
            _images(args.images),
            options,
            overwrite=args.overwrite,
            progress=progress,
        )
    warn_of_broken_log(project)
    if args.json:
        print(json.dumps(_answer(exported), ensure_ascii=False))
    else:
        print("\n".join(_lines(exported)))
    return 0


def _columns(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    from panoptic_data.exchange.tables import split

    return tuple(split(text))


def _view(project: Project, args: argparse.Namespace) -> View | None:
    if args.saved is not None:
        return saved_view(project, args.saved)
    if args.view is None:
        return None
    return query.read(args.view, registry.get(project, fresh=True))


def _images(file: str | None) -> list[str] | None:
    """Return the sha1s that a file lists, or standard input. Raises InvalidExport."""
    if file is None:
        return None
    try:
        text = sys.stdin.read() if file == "-" else Path(file).expanduser().read_text("utf-8")
    except (OSError, ValueError):
        raise InvalidExport("no_list", path=file) from None
    return [line.strip().lower() for line in text.splitlines() if line.strip()]


@contextmanager
def _progress(is_quiet: bool) -> Iterator[ReportProgress | None]:
    """Yield what draws a bar on standard error, where that is a terminal."""
    if is_quiet or not sys.stderr.isatty():
        yield None
        return
    with create_bars() as bars:
        task = bars.add_task(_text("progress"), total=None)
        yield lambda done, of: bars.update(task, completed=done, total=of)


def _answer(exported: Exported) -> dict[str, object]:
    language = terminal_language()
    return {
        "format": exported.format,
        "target": str(exported.target),
        "rows": exported.rows,
        "of": "files" if exported.by_file else "images",
        "began_again": exported.began_again,
        "unclear": exported.is_unclear,
        **exported.counts,
        "problems": [
            {
                "sha1": problem.sha1,
                "path": problem.path,
                "problem": problem.why,
                "text": problem.text(language),
            }
            for problem in exported.problems
        ],
    }


def _lines(exported: Exported) -> Iterator[str]:
    if exported.began_again:
        kept = exported.counts.get("kept", 0)
        yield _text("went_on", count=kept, shown=number(kept)) if kept else _text("began_again")
    count = exported.rows
    kind = "done_files" if exported.by_file else "done_images"
    yield _text(kind, count=count, shown=number(count), path=exported.target)
    if exported.is_unclear:
        yield translate("like.unclear", terminal_language())
    copies = exported.counts.get("copies", 0)
    if copies:
        yield _text("copies", count=copies, shown=number(copies))
    problems = exported.problems
    if not problems:
        return
    yield _text("problems", count=len(problems), shown=number(len(problems)))
    for problem in problems[:_MOST_PROBLEMS]:
        yield f"  {problem.path or problem.sha1}: {problem.text(terminal_language())}"
    if exported.target.is_dir():
        yield _text("problems_listed", path=exported.target / FILE)


def _text(key: str, **params: object) -> str:
    return translate(f"export.{key}", terminal_language(), **params)
