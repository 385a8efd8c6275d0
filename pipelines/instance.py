"""Dagster's memory of a project: an instance whose home is ``<project>/dagster``.

`dagster dev` with DAGSTER_HOME there shows the same history. Not here: our own history of
runs, which a copied project keeps (``panoptic_data.provenance.runs``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from panoptic_data.storage.project import Project

__all__ = ["RUN_TAG", "close_the_dead", "open_instance"]

RUN_TAG = "panoptic/run"
_SETTINGS = "dagster.yaml"
# In a wheel beside this module, in a checkout at the top, where people look for it.
_PLACES = tuple(Path(__file__).parents[up] / _SETTINGS for up in (0, 1))
_ALIVE = (
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)


@contextmanager
def open_instance(project: Project) -> Iterator[dg.DagsterInstance]:
    """Open the project's instance, with our settings written there the first time."""
    home = project.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    if not (home / _SETTINGS).exists():
        draft = home / f".{_SETTINGS}"
        draft.write_bytes(next(filter(Path.is_file, _PLACES)).read_bytes())
        draft.replace(home / _SETTINGS)
    with dg.DagsterInstance.from_config(str(home)) as instance:
        yield instance


def close_the_dead(instance: dg.DagsterInstance) -> None:
    """Mark as failed the runs of ours that a kill left at work.

    Only for the holder of the project's lock: then none of them can be alive.
    """
    left = instance.get_runs(filters=dg.RunsFilter(statuses=list(_ALIVE)))
    for run in left:
        if RUN_TAG in run.tags:
            instance.report_run_failed(run, "The process was killed.")
