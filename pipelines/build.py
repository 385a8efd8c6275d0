"""The whole graph of a project: assets, checks, jobs, sensors and their resource.

Not here: any asset's body (``assets``), which project `dagster dev` shows (``definitions``).
"""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from panoptic_data.encoders import parse
from panoptic_data.storage.project import DEFAULT_ENCODERS, Project
from pipelines import automation, catch_up, checks, jobs, sensors
from pipelines.assets import chain, corpus_versions, duplicates, embeddings
from pipelines.assets.annotations import annotations as merged_annotations
from pipelines.assets.annotations import log_spec
from pipelines.assets.corpus import corpus
from pipelines.assets.images import read, sources_spec
from pipelines.resources import Work, work_resource

__all__ = ["build_defs"]


def build_defs(
    project: Project | None = None,
    encoders: Sequence[str] | None = None,
    work: Work | None = None,
) -> dg.Definitions:
    """Return the definitions of a project.

    ``encoders`` are texts for ``encoders.parse``, by default the project's. ``work`` is the run
    that the assets belong to; by default each Dagster run opens its own. Without a project the
    graph is that of a new one, and a run opens the project when it starts.
    """
    if encoders is None:
        encoders = project.encoders if project else DEFAULT_ENCODERS
    specs = [parse(text) for text in encoders]
    slugs = [spec.slug for spec in specs]
    process_job = catch_up.build(project)
    return dg.Definitions(
        assets=[
            sources_spec,
            read,
            *(embeddings.build(spec) for spec in specs),
            corpus,
            *(asset for spec in specs for asset in chain.build(spec)),
            duplicates.build(slugs),
            log_spec,
            merged_annotations,
            corpus_versions.build(slugs),
        ],
        asset_checks=checks.build(slugs),
        jobs=[*jobs.build(slugs), process_job],
        sensors=[sensors.build(project, process_job), automation.build_sensor()],
        resources={"work": work_resource(project, work)},
        # One process per run: the tables have a single writer, and models are loaded once.
        executor=dg.in_process_executor,
    )
