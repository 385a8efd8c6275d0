"""`python -m pipelines …`: the commands that the dashboard and `panoptic` start.

Nothing heavy is imported at the top: with nothing to do, neither lancedb nor dagster is imported.
Not here: the work itself (``process``, ``plan``, ``merge``).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from panoptic_data.errors import PanopticError
from panoptic_data.ingest import freshness
from panoptic_data.ingest.moves import moves_text
from panoptic_data.messages import terminal_language, translate
from panoptic_data.storage.project import Project, open_project
from pipelines.interrupts import raise_when_stopped
from pipelines.options import check

if TYPE_CHECKING:
    from pipelines.request import Request

__all__ = ["main"]

# Copied from `panoptic_data.vectors.clusters`, which takes seconds to import; a test compares them.
METHODS = ("levels", "kmeans")
INTERRUPTED = 130
REDRAW_SECONDS = 0.2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    0: everything possible is done (encoders that wait for their weights and missing folders are
    reported on stderr); 1: a stage failed; 2: wrong argument; 3: another run is active; 130:
    interrupted.
    """
    started = time.perf_counter()
    options = _parser().parse_args(arguments)
    # A service manager stops a run as a person does: it ends as interrupted.
    raise_when_stopped()
    try:
        project = open_project(options.project)
        command: Callable[..., int] = {
            "process": _process,
            "plan": _plan,
            "merge": _merge,
        }[options.command]
        return command(project, options, started)
    except PanopticError as error:
        print(error.message(terminal_language()), file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(translate("process.interrupted", terminal_language()), file=sys.stderr)
        return INTERRUPTED


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Report a wrong argument in one sentence and exit with code 2."""
        self.exit(2, f"{self.prog}: {message} ({self.prog} --help)\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m pipelines",
        description="Compute what a project lacks.",
        epilog="example: python -m pipelines process --project ~/corpus --json",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    process = commands.add_parser("process", help="compute what is missing, then exit")
    plan = commands.add_parser("plan", help="say what process would do, and why")
    merge = commands.add_parser("merge", help="merge what people annotated, then exit")
    merge.add_argument("--project", type=Path, help="the project's directory")
    merge.add_argument(
        "--versions", action="store_true", help="tell Dagster of new corpus versions, too"
    )
    for command in (process, plan):
        command.add_argument("--project", type=Path, help="the project's directory")
        command.add_argument("--json", action="store_true", help="print one JSON object")
        command.add_argument(
            "--source", nargs="+", action="extend", default=[], help="only these sources"
        )
    process.add_argument(
        "--retry",
        action="store_true",
        help="retry encoders whose weights were not available, and files that could not be read",
    )
    process.add_argument(
        "--reread",
        nargs="?",
        action="append",
        const="",
        metavar="SOURCE",
        help="read every file again, of all sources or of this one",
    )
    process.add_argument(
        "--accept-missing",
        action="append",
        default=[],
        metavar="SOURCE",
        help="mark the files of this source that are not there as missing, many though they are",
    )
    process.add_argument(
        "--stage",
        nargs="+",
        action="extend",
        default=[],
        help="only these stages (clusters, clusters/clip) and what is made from them",
    )
    process.add_argument(
        "--dry-run", action="store_true", help="say what would be done and what it costs"
    )
    process.add_argument("--refit", action="store_true", help="recompute map and clusters")
    process.add_argument("--clusters", choices=METHODS, help="how to find clusters")
    process.add_argument("--version", help="name of the version to make when all is done")
    process.add_argument("--note", default="", help="what the version is made for")
    process.add_argument("--k", type=_positive, help="number of clusters, for kmeans")
    return parser


def _positive(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of 1 or more, not {text}")
    return number


def _process(project: Project, options: argparse.Namespace, started: float) -> int:
    check(project, options)
    if options.dry_run:
        return _dry_run(project, options)
    requested = (options.retry, options.refit, options.clusters, options.k, options.source)
    other = (options.stage, options.reread, options.accept_missing)
    has_request = any((*requested, *other)) or options.version is not None
    summary = None if has_request else _unchanged(project, started)
    if summary is None:
        summary = _run(project, options)
    for problem in summary["problems"]:
        print(problem["text"], file=sys.stderr)
    _print_summary(summary, options.json)
    return 1 if summary["outcome"] == "failed" else 0


def _unchanged(project: Project, started: float) -> dict[str, Any] | None:
    """Return the summary of a run that has nothing to do, or None when there may be work."""
    last = freshness.unchanged_summary(project)
    if last is None:
        return None
    nothing = {"new": 0, "changed": 0, "removed": 0, "failed": 0, "seconds": 0.0}
    moves = {"moved": 0, "moved_uncertain": 0, "unread": 0}
    stages = {
        name: {**stage, **nothing, "status": "unchanged", "unchanged": stage["rows"]}
        for name, stage in last["stages"].items()
    }
    seconds = round(time.perf_counter() - started, 3)
    return {
        **last,
        **moves,
        "version": None,
        "project": str(project.root),
        "run": None,
        "new": 0,
        "changed": 0,
        "removed": 0,
        "unchanged": last["files"],
        "embedded": 0,
        "images_per_second": 0.0,
        "seconds": seconds,
        "stage_seconds": {},
        "stages": stages,
    }


def _run(project: Project, options: argparse.Namespace) -> dict[str, Any]:
    # dagster and lancedb take 3 to 8 s to import: only when there is something to do.
    from panoptic_data.ingest import sources
    from panoptic_data.provenance import stages
    from pipelines.process import process

    for name in options.accept_missing:
        sources.accept_missing(project, name)
    request = _request(project, options)
    listener = _progress_line() if sys.stderr.isatty() else stages.ignore_progress
    # Stdout gets the summary alone, whatever libraries print.
    with contextlib.redirect_stdout(sys.stderr):
        return process(project, request, listener)


def _request(project: Project, options: argparse.Namespace) -> Request:
    from pipelines.request import Request

    return Request(
        only=tuple(options.source),
        retry=options.retry,
        refit=options.refit,
        method=options.clusters,
        k=options.k,
        reread=_reread(project, options.reread or ()),
        version=options.version,
        note=options.note,
        stages=tuple(options.stage),
    )


def _dry_run(project: Project, options: argparse.Namespace) -> int:
    """Say what a run would do and what that costs; nothing is changed."""
    from pipelines.estimate import describe

    plan, lines = describe(project, _request(project, options), terminal_language())
    print(json.dumps(plan, ensure_ascii=False) if options.json else "\n".join(lines))
    return 0


def _reread(project: Project, names: Sequence[str]) -> tuple[str, ...]:
    """Return the sources to read again: those named, or all where one name is empty."""
    from panoptic_data.ingest import sources

    if not names:
        return ()
    chosen = sources.select(project, () if "" in names else tuple(names))
    return tuple(source.name for source in chosen)


def _progress_line() -> Callable[[str, int, int], None]:
    last = 0.0

    def report(stage: str, done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < REDRAW_SECONDS and done < total:
            return
        last = now
        end = "\n" if done == total else ""
        print(f"\r\x1b[K{stage}: {done:,} / {total:,}", end=end, file=sys.stderr, flush=True)

    return report


def _plan(project: Project, options: argparse.Namespace, _: float) -> int:
    from pipelines.plan import plan_project

    planned = plan_project(project, tuple(options.source))
    if options.json:
        print(json.dumps({item.stage: item.reason for item in planned}, ensure_ascii=False))
        return 0
    for item in planned:
        print(f"{item.stage}: {translate(f'process.why_{item.reason}', terminal_language())}")
    if not any(item.is_work for item in planned):
        print(translate("process.nothing", terminal_language()))
    return 0


def _merge(project: Project, options: argparse.Namespace, _: float) -> int:
    from panoptic_data.annotations import materialize

    if not options.versions and not materialize.behind(project):
        return 0
    # Nobody waits for it, and people who annotate should not notice it.
    if hasattr(os, "nice"):
        os.nice(10)
    with contextlib.redirect_stdout(sys.stderr):
        from pipelines.merge import merge, report_versions

        if materialize.behind(project):
            merge(project)
        else:
            report_versions(project)
    return 0


def _print_summary(summary: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(summary, ensure_ascii=False))
        return
    names = ("files", "images", "new", "changed", "removed", "unreadable", "embedded", "seconds")
    counts = {name: summary[name] for name in names}
    print(translate("process.summary", terminal_language(), **counts))
    moved = moves_text(summary["moved"], summary["moved_uncertain"], terminal_language())
    if moved:
        print(moved)
    if summary["version"]:
        print(translate("process.version", terminal_language(), **summary["version"]))


if __name__ == "__main__":
    sys.exit(main())
