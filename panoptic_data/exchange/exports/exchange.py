"""Two folders exchanged in one step, where the system can do that (Linux, macOS)."""

from __future__ import annotations

import ctypes
import os
import platform
from pathlib import Path

__all__ = ["exchange"]

_HERE = -100
"""Paths are taken as they stand (``AT_FDCWD``)."""
_EXCHANGE = 2
"""``RENAME_EXCHANGE`` of Linux, ``RENAME_SWAP`` of macOS."""


def exchange(first: Path, second: Path) -> bool:
    """Exchange two files or folders of one disk; return False, with nothing done, where it cannot.

    No process ever sees one of the two missing.
    """
    name = platform.system()
    if name not in ("Linux", "Darwin"):
        return False
    system = ctypes.CDLL(None, use_errno=True)
    paths = os.fsencode(first), os.fsencode(second)
    try:
        if name == "Linux":
            return bool(system.renameat2(_HERE, paths[0], _HERE, paths[1], _EXCHANGE) == 0)
        return bool(system.renamex_np(*paths, _EXCHANGE) == 0)
    except AttributeError:
        # A library of before 2018.
        return False
