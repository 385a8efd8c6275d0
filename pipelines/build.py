"""The whole graph of a project: assets, checks, jobs, sensors and their resource.

Not here: any asset's body (``assets``), which project `dagster dev` shows (``definitions``).
"""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from panoptic_data.encoders import EncoderSpec, parse
from panoptic_data.provenance import parameters, stages
from panoptic_data.storage.project import DEFAULT_ENCODERS, Project
from panoptic_data.vectors import encoder_state
from pipelines import automation, catch_up, checks, jobs, sensors
from pipelines.assets import chain, corpus_versions, duplicates, embeddings, shared_parts
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
    computed = [
        read,
        *(embeddings.build(spec) for spec in specs),
        corpus,
        *(asset for spec in specs for asset in chain.build(spec)),
        duplicates.build(slugs),
        shared_parts.build(slugs),
        merged_annotations,
    ]
    return dg.Definitions(
        assets=[
            sources_spec,
            log_spec,
            *_versioned(project, specs, computed),
            corpus_versions.build(slugs, _made_on_request(project)),
        ],
        asset_checks=checks.build(slugs),
        jobs=[*jobs.build(slugs), process_job],
        sensors=[sensors.build(project, process_job), automation.build_sensor()],
        resources={"work": work_resource(project, work)},
        # One process per run: the tables have a single writer, and models are loaded once.
        executor=dg.in_process_executor,
    )


def _versioned(
    project: Project | None, specs: Sequence[EncoderSpec], computed: Sequence[dg.AssetsDefinition]
) -> Sequence[dg.AssetsDefinition]:
    """Return the assets with what is set of them, and their weights, in the versions of their code.

    So that Dagster, too, sees that they are not up to date.
    """
    weights = {spec.slug: _weights(project, spec) for spec in specs} if project else {}

    def version(spec: dg.AssetSpec) -> dg.AssetSpec:
        kind, slug = spec.key.path[-1], spec.key.path[0]
        own = parameters.code_version(project, kind)
        if kind == "embeddings" and weights.get(slug):
            own = f"{own} weights={weights[slug]}"
        return spec.replace_attributes(code_version=own)

    return dg.map_asset_specs(version, computed)


def _made_on_request(project: Project | None) -> list[str]:
    """Return the stages that a person asked for and that were made."""
    never = stages.never_made(stages.latest(project)) if project else stages.ON_REQUEST
    return [stage for stage in stages.ON_REQUEST if stage not in never]


def _weights(project: Project, spec: EncoderSpec) -> str:
    """Return the first digits of the digest of local weights; empty where there are none."""
    return (encoder_state.weights_now(project, spec) or "")[:8]
