"""The command line of the pipeline as a process of its own.

Not here: starting it (``notebook``, ``jobs``, ``app.commands``), what it does (``pipelines``).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

__all__ = ["merge_command", "process_command"]


def process_command(
    root: Path,
    *,
    sources: Sequence[str] = (),
    retry: bool = False,
    refit: bool = False,
    json: bool = False,
    clusters: str | None = None,
    k: int | None = None,
    reread: Sequence[str] = (),
    accept_missing: Sequence[str] = (),
    version: str | None = None,
    note: str = "",
    stages: Sequence[str] = (),
    dry_run: bool = False,
) -> list[str]:
    """Return the arguments that compute what a project, by its folder, is missing.

    ``sources`` limits it to some sources by name; ``json`` prints the summary as JSON alone;
    ``clusters`` is a method of clustering and ``k`` a number of clusters, which find them anew.
    ``reread`` are sources of which every file is read again ('' for all), ``accept_missing``
    those of which many files may be marked as missing. ``version`` is the name of the corpus
    version that is made when all is done, ``note`` what it is for. ``stages`` limits it to some
    stages and what is made from them; with ``dry_run`` it only says what it would do and what that
    costs.
    """
    options = [part for source in sources for part in ("--source", source)]
    switches = (("--retry", retry), ("--refit", refit), ("--json", json))
    options += [option for option, is_on in switches if is_on]
    options += [part for name in reread for part in ("--reread", *([name] if name else []))]
    options += [part for name in accept_missing for part in ("--accept-missing", name)]
    options += [part for name in stages for part in ("--stage", name)]
    options += ["--dry-run"] if dry_run else []
    options += ["--clusters", clusters] if clusters else []
    options += ["--k", str(k)] if k is not None else []
    # As one word each: a name may begin with a dash.
    options += [f"--version={version}"] if version is not None else []
    options += [f"--note={note}"] if note else []
    return [*_command("process", root), *options]


def merge_command(root: Path, *, versions: bool = False) -> list[str]:
    """Return the arguments that merge the annotations of a project, by its folder.

    With ``versions`` Dagster is told of new corpus versions, even where nothing is to be merged.
    """
    return [*_command("merge", root), *(["--versions"] if versions else [])]


def _command(name: str, root: Path) -> list[str]:
    # -P: a folder called `pipelines` in the working directory must not be imported for ours.
    return [sys.executable, "-P", "-m", "pipelines", name, "--project", str(root)]
