"""``panoptic repair``: make damaged tables whole again, and say first what is done and lost."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from app.session.language import cli_text, number
from panoptic_data.errors import ProjectIncomplete, TablesGone
from panoptic_data.storage.folder import SETTINGS
from panoptic_data.storage.project import open_project, root_of
from panoptic_data.storage.schema import table_of

if TYPE_CHECKING:
    from pathlib import Path

    from panoptic_data.integrity.lost_settings import LostSettings
    from panoptic_data.integrity.repair import Step
    from panoptic_data.storage.project import Project

__all__ = ["run"]

VERSIONS = "corpus_versions"


def run(args: argparse.Namespace) -> int:
    """Print what is done, and do it unless it is a dry run; exit code 0 when all is whole."""
    from panoptic_data.integrity import lost_settings

    root = root_of(args.project)
    try:
        return _repair_tables(args, open_project(root))
    except TablesGone:
        raise
    except ProjectIncomplete:
        settings = lost_settings.read(root)
    _announce_settings(args, settings)
    if args.dry_run:
        return 0
    return _repair_tables(args, lost_settings.restore(settings), settings)


def _announce_settings(args: argparse.Namespace, settings: LostSettings) -> None:
    if not args.json:
        encoders = ", ".join(settings.encoders)
        at = f"{settings.created_at:%Y-%m-%d %H:%M} UTC"
        print(cli_text("repair_settings", path=settings.root / SETTINGS, name=settings.name,
                       encoders=encoders, at=at))  # fmt: skip
        print(cli_text("repair_settings_lost"))
    elif args.dry_run:
        answer = {"settings": _settings_payload(settings, is_done=False), "steps": []}
        print(json.dumps(answer, ensure_ascii=False))


def _repair_tables(
    args: argparse.Namespace, project: Project, settings: LostSettings | None = None
) -> int:
    from panoptic_data.integrity import repair

    steps = repair.plan(project)
    if not args.json:
        _announce(steps)
    moved: dict[str, Path | None] = {}
    if not args.dry_run:
        for step, moved_to in repair.perform(project, steps) if steps else ():
            moved[step.table] = moved_to
            if not args.json:
                print(_done(step, moved_to))
    if args.json:
        answer: dict[str, object] = {"steps": [_payload(s, moved) for s in steps]}
        if settings is not None:
            answer["settings"] = _settings_payload(settings, is_done=True)
        print(json.dumps(answer, ensure_ascii=False))
    elif (steps or settings) and not args.dry_run:
        print(cli_text("repair_next", path=project.root))
    return 0


def _announce(steps: tuple[Step, ...]) -> None:
    if not steps:
        print(cli_text("repair_nothing"))
        return
    print(cli_text("repair_plan"))
    for step in steps:
        print(f"  {' '.join(filter(None, (describe(step), lost_versions(step))))}")


def describe(step: Step) -> str:
    """Return in one sentence or two what is done with a table, and what cannot be had back."""
    kept = number(step.kept)
    lost = cli_text("repair_unknown") if step.lost is None else number(step.lost)
    if step.action == "log":
        at = f"{step.merged_at:%Y-%m-%d %H:%M} UTC" if step.merged_at else cli_text("repair_never")
        key = "repair_log" if step.lost != 0 else "repair_log_whole"
        return cli_text(key, table=step.table, kept=kept, lost=lost, at=at)
    text = cli_text(f"repair_{step.action}", table=step.table, kept=kept, lost=lost)
    if step.action != "save":
        return text
    if step.table == VERSIONS and step.lost == 0:
        return cli_text("repair_versions_whole", table=step.table, kept=kept)
    return f"{text} {cli_text(f'repair_then_{table_of(step.table).name}')}"


def lost_versions(step: Step) -> str:
    """Return which versions can be opened no more afterwards; empty where all can."""
    names = ", ".join(f"“{name}”" for name in step.versions)
    return names and cli_text("repair_lost_versions", table=step.table, names=names)


def _done(step: Step, moved_to: Path | None) -> str:
    if moved_to is None:
        return cli_text("repair_done", table=step.table)
    return cli_text("repair_moved", table=step.table, place=moved_to)


def _payload(step: Step, moved: dict[str, Path | None]) -> dict[str, object]:
    moved_to = moved.get(step.table)
    return {
        **asdict(step),
        "merged_at": step.merged_at.isoformat() if step.merged_at else None,
        "is_done": step.table in moved,
        "set_aside": str(moved_to) if moved_to else None,
    }


def _settings_payload(settings: LostSettings, *, is_done: bool) -> dict[str, object]:
    return {
        **asdict(settings),
        "root": str(settings.root),
        "created_at": settings.created_at.isoformat(),
        "is_done": is_done,
    }
