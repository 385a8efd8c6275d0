"""Follow work in the terminal: bars, those of a run read from the table ``runs``.

Not here: starting it (``commands.up``), the progress in the dashboard
(``widgets.run_progress``).
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

from app.session.language import cli_text
from panoptic_data.provenance import runs
from panoptic_data.storage.project import Project

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["BARS", "create_bars", "follow", "steps"]

# The bars, and the stages whose progress each of them adds up.
BARS = {"bar_images": ("files", "images"), "bar_vectors": ("embeddings",)}
POLL_SECONDS = 1.0


def follow(project: Project, process: subprocess.Popen[bytes], stop: threading.Event) -> None:
    """Show the progress of ``process`` until it ends or ``stop`` is set.

    Where the output is no terminal (a script, a log) nothing is drawn.
    """
    if not sys.stderr.isatty():
        while process.poll() is None and not stop.wait(POLL_SECONDS):
            pass
        return
    _draw(project, process, stop)


def _draw(project: Project, process: subprocess.Popen[bytes], stop: threading.Event) -> None:
    with create_bars() as bars:
        tasks = {bar: bars.add_task(cli_text(bar), total=None) for bar in BARS}
        while process.poll() is None and not stop.wait(POLL_SECONDS):
            for bar, (done, total) in steps(runs.current(project)).items():
                bars.update(tasks[bar], completed=done, total=total)
        last = runs.recent(project, 1).to_dicts()
        for bar, (done, total) in steps(last[0] if last else None).items():
            bars.update(tasks[bar], completed=done, total=total)


def create_bars() -> Progress:
    """Return bars for standard error, each with its count and the time that is left."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    columns = (TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn(), Remaining())
    return Progress(*columns, console=Console(stderr=True))


def steps(run: dict[str, Any] | None) -> dict[str, tuple[int, int]]:
    """Add up a run's progress: bar → (done, total). Bars that have not begun are absent."""
    progress = json.loads(run["progress"] or "{}") if run else {}
    totals: dict[str, tuple[int, int]] = {}
    for bar, stages in BARS.items():
        parts = [step for key, step in progress.items() if key.partition("/")[0] in stages]
        if parts:
            totals[bar] = (sum(s["done"] for s in parts), sum(s["total"] for s in parts))
    return totals
