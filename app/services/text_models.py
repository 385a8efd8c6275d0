"""The models that read words, loaded behind the pages: whoever searches later need not wait.

A model takes 5 to 40 s the first time, most of it importing torch and reading weights. Not here:
loading itself (``panoptic_data.vectors.query_vectors``), what a page shows meanwhile.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from panoptic_data.errors import PanopticError
from panoptic_data.storage import background

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["is_ready", "load", "load_soon", "wait"]

# The first page and its pictures come before.
SOON_SECONDS = 3.0
# What nobody waits for yet gives way by so much (``nice``): pages stay quick, and on a busy machine
# it comes to an end, too.
_NICENESS = 4

# The loads that were begun, by project and encoder: each is set when it has ended.
_loads: dict[tuple[str, str], threading.Event] = {}
_planned: set[tuple[str, str]] = set()
_lock = threading.Lock()


def load(project: Project, slug: str, *, gives_way: bool = False) -> None:
    """Begin to load the model of an encoder, unless that was begun before.

    ``gives_way``: nobody waits for it.
    """
    key = (str(project.root), slug)
    with _lock:
        if key in _loads:
            return
        ended = _loads[key] = threading.Event()
    background.start(_run, project, slug, ended, gives_way)


def load_soon(project: Project, slug: str) -> None:
    """Load the model of an encoder behind the first page, once; see :func:`load`."""
    key = (str(project.root), slug)
    with _lock:
        if key in _loads or key in _planned:
            return
        _planned.add(key)
    background.start(_load_later, project, slug)


def is_ready(project: Project, slug: str) -> bool:
    """Whether words are encoded at once."""
    known = _loads.get((str(project.root), slug))
    if known is not None and not known.is_set():
        return False
    from panoptic_data.vectors import query_vectors

    return query_vectors.is_warm(project, slug)


def wait(project: Project, slug: str, seconds: float) -> bool:
    """Load a model, and wait for so long at most; return whether waiting has ended.

    It has where loading failed, too: who searches then hears why.
    """
    if is_ready(project, slug):
        return True
    load(project, slug)
    return _loads[str(project.root), slug].wait(seconds)


def _load_later(project: Project, slug: str) -> None:
    deadline = time.monotonic() + SOON_SECONDS
    while time.monotonic() < deadline:
        if background.is_exiting():
            return
        time.sleep(0.1)
    load(project, slug, gives_way=True)


def _run(project: Project, slug: str, ended: threading.Event, gives_way: bool) -> None:
    if gives_way:
        _give_way()
    try:
        _encode_words(project, slug)
    finally:
        ended.set()


def _encode_words(project: Project, slug: str) -> None:
    # Encoders and lancedb take seconds to import.
    from panoptic_data.vectors import calibration, query_vectors

    # Whoever searches then hears why it failed.
    with suppress(PanopticError):
        # The words that every search is compared with: the first is answered at once, too.
        words = (*calibration.CHANCE_WORDS, *calibration.MADE_UP_WORDS)
        query_vectors.of_texts(project, words, slug)


def _give_way() -> None:
    """Let this thread, and those that it starts, run after all others."""
    with suppress(AttributeError, OSError):
        thread = threading.get_native_id()
        now = os.getpriority(os.PRIO_PROCESS, thread)
        os.setpriority(os.PRIO_PROCESS, thread, now + _NICENESS)
