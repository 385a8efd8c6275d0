"""The asset `<encoder>/embeddings`: a vector for each image of a source.

Not here: encoders and batches (``panoptic_data.vectors.embeddings``).
"""

import dagster as dg

from panoptic_data.encoders import EncoderSpec
from panoptic_data.errors import WeightsUnavailable
from panoptic_data.provenance.stages import CODE_VERSIONS, StageResult
from panoptic_data.vectors import embeddings
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
            result = _update(work, spec, source, stage)
        return metadata.materialize_result(
            work, key_of(spec.slug), stage, record_stage(work, stage, result)
        )

    return embed


def _update(work: Work, spec: EncoderSpec, source: str, stage: str) -> StageResult:
    """Embed what can be embedded: weights that cannot be had are waited for."""
    report = work.stage_reporter(stage)
    try:
        return embeddings.update(work.project, spec, work.run.id, source=source, report=report)
    except WeightsUnavailable as error:
        return embeddings.stored_result(work.project, spec, error.cause, source)
