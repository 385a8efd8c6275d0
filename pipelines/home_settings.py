"""The settings in a project's Dagster home: those of this release, unless a person edited them.

Recognised by their content: a file that an earlier release wrote and nobody changed is replaced.
Not here: opening the instance (``instance``).
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from dagster_shared.yaml_utils import load_yaml_from_path

from panoptic_data.storage.folder import write_in_one_step

__all__ = ["FILE", "OURS", "lacking", "sync"]

FILE = "dagster.yaml"
# Beside this module in a wheel, at the top of a checkout.
_PATHS = tuple(Path(__file__).parents[up] / FILE for up in (0, 1))
# SHA-256 of every text that a release wrote, oldest first; the last is that of this one.
OURS = (
    "7e521c957da239564795181e14eb1c32f89877c160a6ec5300978b9a9f1cc3c5",
    "d1f47051e9bce12b17ae1b2bcbaa932d8af9af42d13facbc10d02b39bd08b8bc",
    "c866fb21639616e75c524966ec52777aab86c5ac1ec9817d3eeb380afd989fd0",
)


def sync(home: Path) -> None:
    """Write the settings of this release where there are none, or those of an earlier release.

    Raises OSError.
    """
    path = home / FILE
    # A file that was cut to nothing would mean Dagster's own settings.
    content = path.read_bytes().strip() if path.exists() else b""
    if not content or _digest(path) in OURS[:-1]:
        write_in_one_step(path, _ours().read_bytes())


def lacking(home: Path) -> tuple[str, ...]:
    """Return which settings of this release the home's file, which a person edited, does not have.

    Their names are those of the top level, such as ``run_retries``, sorted.
    """
    if _digest(home / FILE) in OURS:
        return ()
    return tuple(sorted(_settings(_ours()).keys() - _settings(home / FILE).keys()))


def _ours() -> Path:
    return next(filter(Path.is_file, _PATHS))


def _settings(path: Path) -> dict[str, Any]:
    settings = load_yaml_from_path(str(path))
    return settings if isinstance(settings, dict) else {}


def _digest(path: Path) -> str:
    # Git and editors may have changed how lines end.
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
