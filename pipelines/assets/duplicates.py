"""The asset `duplicates`: groups of identical, nearly identical and similar images.

Not here: how they are detected (``panoptic_data.duplicates.detect``).
"""

from collections.abc import Sequence

import dagster as dg

from panoptic_data.provenance.stages import CODE_VERSIONS
from pipelines import metadata
from pipelines.assets import chain
from pipelines.assets.corpus import CORPUS
from pipelines.assets.images import FILES
from pipelines.automation import EAGER
from pipelines.provenance import computing, record_stage
from pipelines.resources import Work

__all__ = ["DUPLICATES", "build"]

DUPLICATES = dg.AssetKey("duplicates")


def build(slugs: Sequence[str]) -> dg.AssetsDefinition:
    """Return the asset, which depends on the neighbours of every encoder."""

    @dg.asset(
        key=DUPLICATES,
        deps=[
            dg.AssetDep(FILES, partition_mapping=dg.AllPartitionMapping()),
            dg.AssetDep(CORPUS),
            *(dg.AssetDep(chain.key_of("neighbours", slug)) for slug in slugs),
        ],
        description="Groups of images that are the same, nearly the same, or alike.",
        code_version=CODE_VERSIONS["duplicates"],
        group_name="corpus",
        kinds={"lancedb"},
        required_resource_keys={"work"},
        automation_condition=EAGER,
    )
    def duplicates(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        work: Work = context.resources.work
        with computing(work, ["duplicates"]):
            from panoptic_data.duplicates import detect

            result = detect.update(
                work.project,
                work.run.id,
                work.slugs,
                work.stage_reporter("duplicates"),
                radius=work.value_of("duplicates.radius"),
            )
        recorded = record_stage(work, "duplicates", result)
        return metadata.materialize_result(work, DUPLICATES, "duplicates", recorded)

    return duplicates
