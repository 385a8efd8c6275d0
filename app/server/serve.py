"""Start what runs: the server of the dashboard, and processing as a process of its own.

Not here: what the server answers (``asgi``), what processing does (``python -m pipelines``).
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import webbrowser
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.session.language import terminal_language
from panoptic_data.errors import UsageError
from panoptic_data.messages import translate
from panoptic_data.provenance import runs

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = [
    "DEFAULT_PORT",
    "last_words",
    "log_file",
    "process_next",
    "progress",
    "serve",
    "start_merging",
    "start_processing",
    "stop_processing",
]

HOST = "127.0.0.1"
DEFAULT_PORT = 8501
PORTS_TRIED = 50
# A page that is open keeps its connection; the terminal should not wait for it.
FAREWELL_SECONDS = 2
# What one message from a page may hold; uploads go over HTTP.
MESSAGE_BYTES = 16 * 2**20
LOOK_EVERY = 1.0

_waiting: set[Path] = set()
_waiting_lock = threading.Lock()


def serve(project: Project, port: int | None = None, browser: bool = True) -> None:
    """Serve a project's dashboard on this machine until interrupted; print its address.

    Without ``port``, the default one or the next that is free. Raises UsageError when the
    port asked for is taken.
    """
    listening = _listening(port)
    # Pages run in threads of this process and find their project here.
    os.environ["PANOPTIC_PROJECT"] = str(project.root)
    # streamlit and uvicorn: 1 s of imports that `start_processing` does without.
    import uvicorn

    from app.server import merge_scheduler
    from app.server.asgi import create

    config = uvicorn.Config(
        create(project),
        access_log=False,
        proxy_headers=False,
        log_level="warning",
        timeout_graceful_shutdown=FAREWELL_SECONDS,
        ws="websockets-sansio",
        ws_max_size=MESSAGE_BYTES,
    )
    server = uvicorn.Server(config)
    address = f"http://{HOST}:{listening.getsockname()[1]}"
    announcer = threading.Thread(
        target=_announce, args=(server, project, address, browser), daemon=True
    )
    announcer.start()
    merge_scheduler.watch(project)
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listening])


def start_processing(
    project: Project,
    *,
    sources: Sequence[str] = (),
    retry: bool = False,
    refit: bool = False,
) -> subprocess.Popen[bytes]:
    """Start ``python -m pipelines process`` on its own: it outlives this process.

    What it says is appended to :func:`log_file`. Another run at work makes it exit at once.
    """
    options = [part for source in sources for part in ("--source", source)]
    options += [option for option, wanted in (("--retry", retry), ("--refit", refit)) if wanted]
    return _start(project, "process", options)


def start_merging(project: Project) -> subprocess.Popen[bytes]:
    """Start ``python -m pipelines merge`` as a process of its own, as processing is."""
    return _start(project, "merge")


def _start(project: Project, what: str, options: Sequence[str] = ()) -> subprocess.Popen[bytes]:
    # -P: a folder called `pipelines` where the person stands must not be taken for ours.
    command = [sys.executable, "-P", "-m", "pipelines", what, "--project", str(project.root)]
    command += options
    log = log_file(project)
    log.parent.mkdir(exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, **_detached()
        )
    # Collected when it ends, or it would stay a zombie that looks like a run at work.
    threading.Thread(target=process.wait, daemon=True).start()
    return process


def process_next(project: Project) -> None:
    """Start processing now or, while a run is at work, as soon as it has ended.

    Waiting ends with this process: what is left is then found by the next run, whoever starts it.
    """
    if progress(project) is None:
        start_processing(project)
        return
    with _waiting_lock:
        if project.root in _waiting:
            return
        _waiting.add(project.root)
    threading.Thread(target=_process_after, args=(project,), daemon=True).start()


def stop_processing(project: Project) -> bool:
    """Ask the run at work to stop; it ends cleanly and goes on from there the next time.

    Returns whether there was one on this machine.
    """
    running = progress(project)
    if running is None:
        return False
    try:
        # SIGINT may be ignored by a child of a background shell; SIGTERM ends a run as cleanly.
        os.kill(running["pid"], signal.SIGTERM)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def progress(project: Project) -> dict[str, Any] | None:
    """Return the run at work on a project, as its row in ``runs``, or None."""
    return runs.running(project)


def log_file(project: Project) -> Path:
    """Return where processing writes what it says."""
    return project.root / "logs" / "process.log"


def last_words(project: Project) -> str:
    """Return the last line that processing said."""
    said = log_file(project).read_text("utf-8", errors="replace").strip()
    return said.rpartition("\n")[2]


def _process_after(project: Project) -> None:
    while progress(project) is not None:
        time.sleep(LOOK_EVERY)
    with _waiting_lock:
        _waiting.discard(project.root)
    start_processing(project)


def _listening(port: int | None) -> socket.socket:
    wanted = [port] if port is not None else range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TRIED)
    for number in wanted:
        listening = socket.socket(socket.AF_INET)
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, number))
            listening.listen(2048)
        except OSError:
            listening.close()
            continue
        return listening
    raise UsageError(problem=translate("launcher.port_taken", terminal_language(), port=wanted[0]))


def _announce(server: Any, project: Project, address: str, browser: bool) -> None:
    while not server.started:
        if server.should_exit:
            return
        time.sleep(0.05)
    language = terminal_language()
    print(translate("launcher.address", language, name=project.name, address=address), flush=True)
    if browser:
        webbrowser.open(address)
    # The first page finds the corpus in memory.
    from panoptic_data.catalogue import snapshot

    snapshot.get(project)


def _detached() -> dict[str, Any]:
    """Return what makes a child outlive its parent and its terminal."""
    if os.name == "posix":
        return {"start_new_session": True}
    flags = "CREATE_NEW_PROCESS_GROUP", "DETACHED_PROCESS"
    return {"creationflags": sum(getattr(subprocess, flag) for flag in flags)}
