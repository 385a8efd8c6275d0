"""The asset `corpus`: the images of all sources together, without those that no file has.

Every stage of the whole corpus depends on it. Not here: how images are forgotten
(``panoptic_data.ingest.corpus``).
"""

import dagster as dg

from panoptic_data.ingest.corpus import update
from panoptic_data.provenance.stages import CODE_VERSIONS
from pipelines import metadata
from pipelines.assets.images import FILES, IMAGES
from pipelines.automation import EAGER
from pipelines.provenance import computing, record_stage
from pipelines.resources import Work

__all__ = ["CORPUS", "corpus"]

CORPUS = dg.AssetKey("corpus")


@dg.asset(
    key=CORPUS,
    deps=[
        dg.AssetDep(FILES, partition_mapping=dg.AllPartitionMapping()),
        dg.AssetDep(IMAGES, partition_mapping=dg.AllPartitionMapping()),
    ],
    description="The images of all sources; those that no file holds any more are forgotten.",
    code_version=CODE_VERSIONS["corpus"],
    group_name="corpus",
    kinds={"lancedb"},
    required_resource_keys={"work"},
    automation_condition=EAGER,
)
def corpus(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Remove images that no file has, and record which remain."""
    work: Work = context.resources.work
    with computing(work, ["corpus"]):
        result = update(work.project, work.run.id)
    return metadata.materialize_result(work, CORPUS, "corpus", record_stage(work, "corpus", result))
