"""``panoptic up``: add folders, process what is new, open the dashboard at once."""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import threading

from app.language import number, say
from panoptic_data import encoders, sources
from panoptic_data import project as projects
from panoptic_data.errors import UsageError
from panoptic_data.project import Project

__all__ = ["process_and_serve", "run"]


def run(chosen: argparse.Namespace) -> int:
    """Create or open the project, register the folders, process, serve."""
    project = with_wished_encoder(projects.create(chosen.project), chosen.encoder)
    for folder in chosen.folders:
        source = sources.add(project, folder)
        print(say("source_added", name=source.name, path=source.root))
    if not sources.listing(project):
        raise UsageError(problem=say("no_sources"))
    print(say("project_line", path=project.root))
    return process_and_serve(project, chosen)


def with_wished_encoder(project: Project, wish: str | None) -> Project:
    """Return the project with the encoder that was asked for, first in its list."""
    if wish is None:
        return project
    text = encoders.parse(wish).text
    if not project.database().count("images"):
        return projects.with_encoders(project, (text,))
    return projects.with_encoder(project, text, first=True)


def process_and_serve(project: Project, chosen: argparse.Namespace) -> int:
    """Start the run; wait for it, or serve the dashboard while it works."""
    from app.launcher import start_processing

    process = start_processing(project)
    if chosen.no_serve:
        return _wait(project, process)
    return _serve(project, process, chosen)


def _wait(project: Project, process: subprocess.Popen[bytes]) -> int:
    from app.follow import follow

    try:
        follow(project, process, threading.Event())
    except KeyboardInterrupt:
        # It runs in a session of its own and did not get the terminal's signal.
        process.send_signal(signal.SIGINT)
        process.wait()
    _summarise(project)
    return process.wait()


def _serve(project: Project, process: subprocess.Popen[bytes], chosen: argparse.Namespace) -> int:
    from app.follow import follow
    from app.launcher import serve

    closed = threading.Event()

    def watch() -> None:
        follow(project, process, closed)
        if not closed.is_set():
            _summarise(project)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        serve(project, port=chosen.port, browser=not chosen.no_browser)
    finally:
        closed.set()
        watcher.join()
    if process.poll() is None:
        print(say("run_goes_on", path=project.root))
    return 0


def _summarise(project: Project) -> None:
    from panoptic_data import runs

    last = runs.listing(project, 1).to_dicts()
    if not last:
        return
    row = last[0]
    if row["error"]:
        print(row["error"])
    counts = json.loads(row["counts"] or "{}")
    summary = counts.get("summary")
    if summary:
        print(summarise(summary))


def summarise(summary: dict[str, float]) -> str:
    """Say in one sentence what a run did."""
    shown = {name: number(summary[name]) for name in ("files", "new", "unchanged", "unreadable")}
    key = "summary_one" if summary["images"] == 1 else "summary_other"
    seconds = f"{summary['seconds']:.1f}"
    return say(key, count=number(summary["images"]), seconds=seconds, **shown)
