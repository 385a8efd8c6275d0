"""The asset `annotations`: what people said of images, as tables that follow from the log.

It is made in a run like every asset, and by itself after activity (``pipelines.merge``). Not
here: how values follow from the log (``panoptic_data.annotations.materialize``).
"""

import dagster as dg

from panoptic_data.annotations import materialize
from panoptic_data.provenance.stages import CODE_VERSIONS, LOG
from pipelines import metadata
from pipelines.provenance import keep, making
from pipelines.resources import Work

__all__ = ["ANNOTATIONS", "annotations", "log_spec", "make"]

ANNOTATIONS = dg.AssetKey("annotations")

log_spec = dg.AssetSpec(
    LOG,
    description="Every change that a person made of a value, a property or a tag; only added to.",
    group_name="annotations",
    kinds={"lancedb"},
)


@dg.asset(
    key=ANNOTATIONS,
    deps=[LOG],
    description="What people said of each image, their properties and tags: merged from the log.",
    code_version=CODE_VERSIONS["annotations"],
    group_name="annotations",
    kinds={"lancedb"},
    required_resource_keys={"work"},
)
def annotations(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Merge what came since the last time."""
    return make(context.resources.work)


def make(work: Work) -> dg.MaterializeResult[None]:
    """Merge, record the stage, and return what Dagster is told of it."""
    with making(work, [materialize.STAGE]):
        result = materialize.update(work.project, work.reporting(materialize.STAGE))
    # What came while it was made is for the next.
    inputs = {LOG: str(result.parameters["events"])}
    made = keep(work, materialize.STAGE, result, inputs)
    told = metadata.materialized(work, ANNOTATIONS, materialize.STAGE, made)
    materialize.clean(work.project)
    return told
