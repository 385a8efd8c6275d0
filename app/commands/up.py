"""``panoptic up``: add folders, process what is new, open the dashboard at once."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
from contextlib import suppress
from tempfile import TemporaryFile
from typing import IO

from app.commands.argument_types import not_together, only_with
from app.session.language import cli_text, number
from panoptic_data import encoders
from panoptic_data.errors import UsageError
from panoptic_data.ingest import source_changes, sources
from panoptic_data.provenance.command_line import process_command
from panoptic_data.storage.project import Project, create_project, set_encoders

__all__ = ["process_and_serve", "require_dashboard", "run", "with_requested_encoder"]


def run(args: argparse.Namespace) -> int:
    """Create or open the project, register the folders, process, serve."""
    if args.new and not args.folders:
        raise only_with("--new", "FOLDER", "why_new")
    require_dashboard(args)
    # Before a project is made for them.
    for folder in args.folders:
        sources.existing_folder(folder)
    project = with_requested_encoder(create_project(args.project), args.encoder)
    for folder in args.folders:
        source = source_changes.add(project, folder, is_new=args.new)
        print(cli_text("source_added", name=source.name, path=source.root))
    if not sources.listing(project):
        raise UsageError(problem=cli_text("no_sources"))
    print(cli_text("project_line", path=project.root))
    return process_and_serve(project, args)


def require_dashboard(args: argparse.Namespace) -> None:
    """Raise UsageError for a port of the dashboard where none is served."""
    if args.no_serve and args.port is not None:
        raise not_together("--no-serve", "--port", "why_port")


def with_requested_encoder(project: Project, requested: str | None) -> Project:
    """Return the project with the requested encoder first in its list."""
    if requested is None:
        return project
    from panoptic_data.vectors import encoder_changes

    spec = encoders.parse(requested)
    if project.database().count("images"):
        return encoder_changes.add(project, spec.text, first=True).project
    if spec.text not in project.encoders:
        encoder_changes.require_makeable(spec)
    return set_encoders(project, (spec.text,))


def process_and_serve(project: Project, args: argparse.Namespace) -> int:
    """Process and wait, or serve the dashboard while another process works."""
    return _process(project) if args.no_serve else _serve(project, args)


def _process(project: Project) -> int:
    from app.commands.progress import follow

    command = process_command(project.root, json=True)
    # Files, not pipes: a pipe that is not read while the bars are drawn would fill and block.
    with TemporaryFile() as output, TemporaryFile() as errors:
        process = subprocess.Popen(command, stdout=output, stderr=errors)
        # The terminal sends an interruption to the child too, which ends its run cleanly.
        with suppress(KeyboardInterrupt):
            follow(project, process, threading.Event())
        process.wait()
        sys.stderr.write(_content(errors))
        summary = _content(output)
    if summary:
        print(summarise(json.loads(summary)))
    return process.returncode


def _content(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


def _serve(project: Project, args: argparse.Namespace) -> int:
    from app.commands.progress import follow
    from app.server.serve import serve
    from app.services.jobs import start_processing

    process = start_processing(project)
    closed = threading.Event()
    watcher = threading.Thread(target=follow, args=(project, process, closed), daemon=True)
    watcher.start()
    try:
        serve(project, port=args.port, browser=not args.no_browser)
    finally:
        closed.set()
        watcher.join()
    if process.poll() is None:
        print(cli_text("run_goes_on", path=project.root))
    return 0


def summarise(summary: dict[str, float]) -> str:
    """Return in one sentence what a run did."""
    counts = {name: number(summary[name]) for name in ("files", "new", "unchanged", "unreadable")}
    key = "summary_one" if summary["images"] == 1 else "summary_other"
    seconds = f"{summary['seconds']:.1f}"
    return cli_text(key, count=number(summary["images"]), seconds=seconds, **counts)
