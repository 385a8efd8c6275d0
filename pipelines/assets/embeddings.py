"""The asset `<encoder>/embeddings`: a vector for each image of a source.

Not here: encoders and batches (``panoptic_data.vectors.embeddings``).
"""

from collections.abc import Mapping

import dagster as dg

from panoptic_data.encoders import EncoderSpec
from panoptic_data.errors import WeightsUnavailable
from panoptic_data.provenance import stages
from panoptic_data.provenance.stages import CODE_VERSIONS, StageResult
from panoptic_data.vectors import embeddings, encoder_state
from pipelines import metadata
from pipelines.assets.images import IMAGES
from pipelines.automation import EAGER
from pipelines.partitions import SOURCES
from pipelines.provenance import computing, record_stage
from pipelines.resources import Work

__all__ = ["build", "key_of"]


def key_of(slug: str) -> dg.AssetKey:
    """Return the asset key of an encoder's vectors."""
    return dg.AssetKey([slug, "embeddings"])


def build(spec: EncoderSpec) -> dg.AssetsDefinition:
    """Return the asset of one encoder."""

    @dg.asset(
        key=key_of(spec.slug),
        deps=[IMAGES],
        partitions_def=SOURCES,
        description=f"The vector of each image under {spec.text}, unit length.",
        code_version=CODE_VERSIONS["embeddings"],
        group_name=metadata.group_name(spec.slug),
        kinds={"lancedb"},
        required_resource_keys={"work"},
        automation_condition=EAGER,
    )
    def embed(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        work: Work = context.resources.work
        source = context.partition_key
        stage = f"embeddings/{spec.slug}/{source}"
        with computing(work, [stage]):
            result, settings = _update(work, spec, source, stage)
        recorded = record_stage(work, stage, result, settings=settings)
        return metadata.materialize_result(work, key_of(spec.slug), stage, recorded)

    return embed


def _update(
    work: Work, spec: EncoderSpec, source: str, stage: str
) -> tuple[StageResult, Mapping[str, object]]:
    """Embed what can be embedded: weights that cannot be had are waited for.

    Returns also the settings that the vectors are made with.
    """
    project, run = work.project, work.run.id
    before, settings = work.settings_before(stage), work.settings(stage)
    try:
        if work.is_made_otherwise(stage):
            # First, as without weights the older vectors go on serving.
            encoder_state.load(project, spec, run)
            embeddings.forget(project, spec.slug, source, run)
            stages.restart(project, stage, settings, run)
        report = work.stage_reporter(stage)
        return embeddings.update(project, spec, run, source=source, report=report), settings
    except WeightsUnavailable as error:
        return embeddings.stored_result(project, spec, error.cause, source), before
