"""``panoptic status``: what the project contains, what is running, what went wrong."""

from __future__ import annotations

import argparse
import json
from typing import Any

from app.commands.encoders import describe, encoder_rows
from app.commands.parameters import outdated_values, print_outdated
from app.commands.storage_warning import warn_of_broken_log
from app.session.language import cli_text, image_count, number, terminal_language
from panoptic_data.annotations import materialize
from panoptic_data.errors import DataUnavailable
from panoptic_data.ingest import sources
from panoptic_data.messages import translate
from panoptic_data.provenance import overview, runs
from panoptic_data.storage.project import Project, open_project
from panoptic_data.vectors import outdated

__all__ = ["run"]


def run(args: argparse.Namespace) -> int:
    """Print the state of the project."""
    project = open_project(args.project)
    warn_of_broken_log(project)
    state = _state(project)
    if args.json:
        print(json.dumps(state, ensure_ascii=False, default=str))
        return 0
    _print(project, state)
    return 0


def _state(project: Project) -> dict[str, Any]:
    database = project.database()
    files = database.frame("files", ["status", "reason"])
    reasons = files.filter(files["status"] == "unreadable").group_by("reason").len()
    last = runs.recent(project, 1).to_dicts()
    return {
        "project": str(project.root),
        "images": database.count("images"),
        "files": overview.file_counts(project),
        "images_by_status": overview.image_counts(project),
        "reasons": dict(sorted(reasons.iter_rows())),
        "sources": _sources(project),
        "encoders": encoder_rows(project),
        "annotations": materialize.counts(project),
        "outdated": outdated_values(_late(project)),
        "running": runs.current(project),
        "last_run": last[0] if last else None,
    }


def _late(project: Project) -> list[outdated.Outdated]:
    try:
        return outdated.outdated_stages(project, outdated.used_slugs(project))
    except DataUnavailable:
        # A table is gone or damaged, which is said already.
        return []


def _sources(project: Project) -> list[dict[str, Any]]:
    problem_of = sources.absences(project, terminal_language())
    return [
        {
            "name": summary.name,
            "path": summary.uri,
            **{status: getattr(summary, status) for status in overview.STATUSES},
            "problem": problem_of.get(summary.name),
        }
        for summary in overview.source_summaries(project)
    ]


def _print(project: Project, state: dict[str, Any]) -> None:
    print(cli_text("project_line", path=project.root))
    files = state["files"]
    print(
        f"{image_count(state['images'], state['images_by_status']['missing'])}; "
        f"{cli_text('status_files')}: " + _statuses(files, state["images_by_status"])
    )
    for source in state["sources"]:
        counts = {status: source[status] for status in overview.STATUSES}
        print(f"  {source['name']}  {_statuses(counts)}  {source['path']}")
        if source["problem"]:
            print(f"    {source['problem']}")
    if state["reasons"]:
        print(cli_text("status_problems"))
    for reason, count in state["reasons"].items():
        print(f"  {number(count)}  {translate(f'reason.{reason}', terminal_language())}")
    print(cli_text("status_encoders"))
    for row in state["encoders"]:
        print(f"  {describe(row)}")
    _print_annotations(state["annotations"])
    print_outdated(_late(project))
    _print_runs(state)


def _statuses(counts: dict[str, int], images: dict[str, int] | None = None) -> str:
    """Return the counts of files in words, of some how many images they are.

    Those that are rarely anything only where they are.
    """
    shown = [s for s, count in counts.items() if count or s not in ("away", "purged")]
    parts = []
    for status in shown:
        text = f"{number(counts[status])} {cli_text(f'status_{status}')}"
        if counts[status] and images is not None and status in images:
            of = number(images[status])
            text += f" ({cli_text('status_of_images', count=images[status], shown=of)})"
        parts.append(text)
    return ", ".join(parts)


def _print_annotations(counts: dict[str, Any]) -> None:
    parts = [
        f"{number(counts[name])} {cli_text(f'status_{name}')}"
        for name in ("values", "properties", "tags", "unmerged")
        if counts[name]
    ]
    if parts:
        print(f"{cli_text('status_annotations')}: {', '.join(parts)}")
    for author, count in counts["authors"].items():
        print(f"  {number(count)}  {author}")


def _print_runs(state: dict[str, Any]) -> None:
    if state["running"]:
        progress = json.loads(state["running"]["progress"] or "{}")
        steps = ", ".join(f"{k} {v['done']}/{v['total']}" for k, v in progress.items())
        print(f"{cli_text('status_running')}: {steps}")
        return
    last = state["last_run"]
    if last is None:
        print(f"{cli_text('status_last_run')}: {cli_text('status_never')}")
        return
    when = f"{last['started_at']:%Y-%m-%d %H:%M}"
    print(f"{cli_text('status_last_run')}: {when} UTC, {cli_text('outcome_' + last['outcome'])}")
    if last["error"]:
        print(f"  {last['error']}")
