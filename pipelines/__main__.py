"""`python -m pipelines …`: the door that the dashboard and the command line use.

Nothing heavy is imported here: when there is nothing to do, neither lancedb nor dagster is.
Not here: the work (``process``, ``plan``).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from panoptic_data.errors import PanopticError
from panoptic_data.ingest import freshness
from panoptic_data.messages import terminal_language, translate
from panoptic_data.storage.project import Project, open_project

__all__ = ["main"]

# Those of `panoptic_data.vectors.clusters`, which takes seconds to import; a test compares them.
METHODS = ("levels", "kmeans")
INTERRUPTED = 130
DRAW_EVERY = 0.2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    0: all that could be done was done (an encoder that waits for its weights or a folder that
    is not there is said on stderr); 1: a stage failed; 2: wrong argument; 3: another run is
    at work; 130: interrupted.
    """
    started = time.perf_counter()
    chosen = _parser().parse_args(arguments)
    # Stopped by a service manager is stopped by a person: the run ends and says so.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        project = open_project(chosen.project)
        command: Callable[..., int] = {
            "process": _process,
            "plan": _plan,
            "merge": _merge,
        }[chosen.command]
        return command(project, chosen, started)
    except PanopticError as error:
        print(error.message(terminal_language()), file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(translate("process.interrupted", terminal_language()), file=sys.stderr)
        return INTERRUPTED


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Answer a wrong argument with one sentence and exit code 2."""
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
    for command in (process, plan):
        command.add_argument("--project", type=Path, help="the project's directory")
        command.add_argument("--json", action="store_true", help="print one JSON object")
        command.add_argument(
            "--source", nargs="+", action="extend", default=[], help="only these sources"
        )
    process.add_argument(
        "--retry", action="store_true", help="try again encoders whose weights could not be had"
    )
    process.add_argument("--refit", action="store_true", help="make map and clusters anew")
    process.add_argument("--clusters", choices=METHODS, help="how to find clusters")
    process.add_argument("--k", type=_positive, help="number of clusters, for kmeans")
    return parser


def _positive(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"a whole number from 1 is needed here, not {text}")
    return number


def _process(project: Project, chosen: argparse.Namespace, started: float) -> int:
    asked = any((chosen.retry, chosen.refit, chosen.clusters, chosen.k, chosen.source))
    told = None if asked else _unchanged(project, started)
    if told is None:
        told = _work(project, chosen)
    for problem in told["problems"]:
        print(problem["text"], file=sys.stderr)
    _say(told, chosen.json)
    return 1 if told["outcome"] == "failed" else 0


def _unchanged(project: Project, started: float) -> dict[str, Any] | None:
    """Return the summary of a run that has nothing to do, or None when there may be work."""
    told = freshness.unchanged_summary(project)
    if told is None:
        return None
    nothing = {"new": 0, "changed": 0, "removed": 0, "failed": 0, "seconds": 0.0}
    stages = {
        name: {**stage, **nothing, "status": "unchanged", "unchanged": stage["rows"]}
        for name, stage in told["stages"].items()
    }
    seconds = round(time.perf_counter() - started, 3)
    return {
        **told,
        "project": str(project.root),
        "run": None,
        "new": 0,
        "changed": 0,
        "removed": 0,
        "unchanged": told["files"],
        "embedded": 0,
        "images_per_second": 0.0,
        "seconds": seconds,
        "stage_seconds": {},
        "stages": stages,
    }


def _work(project: Project, chosen: argparse.Namespace) -> dict[str, Any]:
    # dagster and lancedb: 3 to 8 s, paid only when there is something to do.
    from panoptic_data.provenance import stages
    from pipelines.process import process
    from pipelines.resources import Request

    request = Request(
        only=tuple(chosen.source),
        retry=chosen.retry,
        refit=chosen.refit,
        method=chosen.clusters,
        k=chosen.k,
    )
    listener = _draw() if sys.stderr.isatty() else stages.ignore_progress
    # Whatever a library prints, stdout holds our answer alone.
    with contextlib.redirect_stdout(sys.stderr):
        return process(project, request, listener)


def _draw() -> Callable[[str, int, int], None]:
    last = 0.0

    def report(stage: str, done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < DRAW_EVERY and done < total:
            return
        last = now
        end = "\n" if done == total else ""
        print(f"\r\x1b[K{stage}: {done:,} / {total:,}", end=end, file=sys.stderr, flush=True)

    return report


def _plan(project: Project, chosen: argparse.Namespace, _: float) -> int:
    from pipelines.plan import of_project

    wanted = of_project(project, tuple(chosen.source))
    if chosen.json:
        print(json.dumps({one.stage: one.why for one in wanted}, ensure_ascii=False))
        return 0
    for one in wanted:
        print(f"{one.stage}: {translate(f'process.why_{one.why}', terminal_language())}")
    if not wanted:
        print(translate("process.nothing", terminal_language()))
    return 0


def _merge(project: Project, _: argparse.Namespace, __: float) -> int:
    from panoptic_data.annotations import materialize

    if not materialize.behind(project):
        return 0
    # Nobody waits for it, and those who annotate should not notice.
    if hasattr(os, "nice"):
        os.nice(10)
    with contextlib.redirect_stdout(sys.stderr):
        from pipelines.merge import merge

        merge(project)
    return 0


def _say(told: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(told, ensure_ascii=False))
        return
    names = ("files", "images", "new", "changed", "removed", "unreadable", "embedded", "seconds")
    print(translate("process.summary", terminal_language(), **{name: told[name] for name in names}))


if __name__ == "__main__":
    sys.exit(main())
