"""A project's Dagster instance, whose home is ``<project>/dagster``.

`dagster dev` with this DAGSTER_HOME shows the same history. Not here: its settings
(``home_settings``), a home that cannot be used (``history``), the history of runs in the project's
tables, which a copied project keeps (``panoptic_data.provenance.runs``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from panoptic_data.storage.project import Project
from pipelines import home_settings

__all__ = ["RUN_TAG", "fail_killed_runs", "open_instance"]

RUN_TAG = "panoptic/run"
_UNFINISHED = (
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)


@contextmanager
def open_instance(project: Project) -> Iterator[dg.DagsterInstance]:
    """Open the project's instance, bringing its settings up to date first (``home_settings``).

    Raises anything where its files are damaged.
    """
    home = project.dagster_home
    # No parents: where the project is gone it is not begun again.
    home.mkdir(exist_ok=True)
    home_settings.sync(home)
    with dg.DagsterInstance.from_config(str(home)) as instance:
        yield instance


def fail_killed_runs(instance: dg.DagsterInstance) -> None:
    """Mark our unfinished runs as failed: their process was killed.

    Only for the holder of the project's lock, since none of them can be active then.
    """
    unfinished = instance.get_runs(filters=dg.RunsFilter(statuses=list(_UNFINISHED)))
    for run in unfinished:
        if RUN_TAG in run.tags:
            instance.report_run_failed(run, "The process was killed.")
