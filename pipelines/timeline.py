"""Runs of `panoptic process` as Dagster's own pages show them: on the timeline, under their job.

Dagster lists a run there only if it knows from which code location it was started. Not here: what
a run does (``process``).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import dagster as dg
from dagster._core.remote_origin import (
    ManagedGrpcPythonEnvCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

__all__ = ["LOCATION", "REPOSITORY", "as_of_job"]

# What `dagster dev -m pipelines.definitions` calls our graph.
LOCATION = "pipelines.definitions"
REPOSITORY = "__repository__"


@contextmanager
def as_of_job(instance: dg.DagsterInstance, job: str) -> Iterator[dict[str, str]]:
    """Let the instance create runs as of this job; yield the tags that they need, too."""
    create = instance.create_run_for_job
    # Executing in process offers no argument for it.
    instance.create_run_for_job = partial(create, remote_job_origin=_origin(job))  # type: ignore[method-assign]
    try:
        yield {".dagster/repository": f"{REPOSITORY}@{LOCATION}"}
    finally:
        del instance.create_run_for_job


def _origin(job: str) -> RemoteJobOrigin:
    target = LoadableTargetOrigin(executable_path=sys.executable, module_name=LOCATION)
    location = ManagedGrpcPythonEnvCodeLocationOrigin(target, LOCATION)
    return RemoteJobOrigin(RemoteRepositoryOrigin(location, REPOSITORY), job)
