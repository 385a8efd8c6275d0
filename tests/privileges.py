"""A folder seen with the rights of an ordinary user, also where the tests run as root."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["ordinary_user"]

NOBODY = 65534


@contextmanager
def ordinary_user() -> Iterator[Path]:
    """Give a folder of one's own, outside pytest's (which only root may enter)."""
    folder = Path(tempfile.mkdtemp(prefix="panoptic-"))
    is_root = os.geteuid() == 0
    if is_root:
        os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
    try:
        yield folder
    finally:
        if is_root:
            os.seteuid(0)
        shutil.rmtree(folder)
