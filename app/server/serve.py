"""Serve the dashboard: the port it listens on, uvicorn, the address that is printed.

Not here: what the server answers (``asgi``), processing as a process of its own (``jobs``).
"""

from __future__ import annotations

import os
import socket
import threading
import time
import webbrowser
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from app.session.language import terminal_language
from panoptic_data.errors import UsageError
from panoptic_data.messages import translate

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["DEFAULT_PORT", "serve"]

HOST = "127.0.0.1"
DEFAULT_PORT = 8501
PORTS_TRIED = 50
# A page that is open keeps its connection; the terminal should not wait for it.
SHUTDOWN_SECONDS = 2
# The longest message of a page over its web socket; uploads go over HTTP.
MESSAGE_BYTES = 16 * 2**20


def serve(project: Project, port: int | None = None, browser: bool = True, page: str = "") -> None:
    """Serve a project's dashboard on this machine until interrupted; print its address.

    ``page`` is that of the page to open, as a path with its query.

    Without ``port``, the default one or the next that is free. Raises UsageError when the
    port that was asked for is taken.
    """
    listener = _listen(port)
    # Pages run in threads of this process and read their project here.
    os.environ["PANOPTIC_PROJECT"] = str(project.root)
    # streamlit and uvicorn take 1 s to import: not before the port is known to be free.
    import uvicorn

    from app.server.asgi import create
    from app.services import folder_watch, merge_scheduler

    config = uvicorn.Config(
        create(project),
        access_log=False,
        proxy_headers=False,
        log_level="warning",
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        ws="websockets-sansio",
        ws_max_size=MESSAGE_BYTES,
    )
    server = uvicorn.Server(config)
    address = f"http://{HOST}:{listener.getsockname()[1]}{page}"
    announcer = threading.Thread(
        target=_announce, args=(server, project, address, browser), daemon=True
    )
    announcer.start()
    merge_scheduler.watch(project)
    folder_watch.watch(project)
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


def _listen(port: int | None) -> socket.socket:
    """Return a listening socket on ``port``, or on the first free one from the default on."""
    candidates = [port] if port is not None else range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TRIED)
    for number in candidates:
        listener = socket.socket(socket.AF_INET)
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, number))
            listener.listen(2048)
        except OSError:
            listener.close()
            continue
        return listener
    raise UsageError(
        problem=translate("launcher.port_taken", terminal_language(), port=candidates[0])
    )


def _announce(server: Any, project: Project, address: str, browser: bool) -> None:
    """Print the address once the server answers, and open it in the browser."""
    while not server.started:
        if server.should_exit:
            return
        time.sleep(0.05)
    from app.components import assets

    language = terminal_language()
    print(translate("launcher.address", language, name=project.name, address=address), flush=True)
    if browser:
        webbrowser.open(address)
    assets.prepare()
    # Load the corpus into memory before the first page asks for it.
    from panoptic_data.catalogue import registry

    registry.get(project)
