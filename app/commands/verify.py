"""``panoptic verify``: read every file and compare it with what is stored."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from dataclasses import asdict

from app.session.language import number, terminal_language
from panoptic_data.ingest.fixity import OUTCOMES, CheckedFile, check_files
from panoptic_data.messages import translate
from panoptic_data.storage.project import open_project

__all__ = ["run"]

REDRAW_SECONDS = 0.2


def run(args: argparse.Namespace) -> int:
    """Print what differs; the exit code is 1 where anything does."""
    project = open_project(args.project)
    progress = _Progress() if sys.stderr.isatty() else None
    checked = check_files(project, args.sources, progress or (lambda *_: None))
    counts = Counter(file.outcome for file in checked)
    differing = [file for file in checked if file.differs]
    if args.json:
        state = {
            "project": str(project.root),
            "counts": {name: counts[name] for name in OUTCOMES},
            "differing": [asdict(file) for file in differing],
        }
        print(json.dumps(state, ensure_ascii=False))
    else:
        for file in differing:
            print(_line(file))
        parts = {name: number(counts[name]) for name in OUTCOMES}
        print(_text("verified", **parts))
        if differing:
            print(_text("verify_next"))
    return 1 if differing else 0


class _Progress:
    """A line on the terminal that shows how many files were read."""

    def __init__(self) -> None:
        self._last = 0.0

    def __call__(self, _: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._last < REDRAW_SECONDS and done < total:
            return
        self._last = now
        end = "\n" if done == total else ""
        print(f"\r\x1b[K{done:,} / {total:,}", end=end, file=sys.stderr, flush=True)


def _line(file: CheckedFile) -> str:
    line = f"{_text(f'verify_{file.outcome}')}  {file.source}/{file.path}"
    if file.outcome == "changed":
        return f"{line}  {file.sha1} → {file.sha1_now}"
    return f"{line}  {file.detail}" if file.detail else line


def _text(key: str, /, **params: str) -> str:
    return translate(f"sources.{key}", terminal_language(), **params)
