"""The asset `annotations`: the values, properties and tags that follow from the log of changes.

It is materialized in each run, and after activity by ``pipelines.merge``. Not here: how values
follow from the log (``panoptic_data.annotations.materialize``).
"""

import dagster as dg

from panoptic_data.annotations import materialize
from panoptic_data.provenance.stages import CODE_VERSIONS, LOG
from pipelines import metadata
from pipelines.provenance import computing, record_stage
from pipelines.resources import Work

__all__ = ["ANNOTATIONS", "annotations", "log_spec", "merge_annotations"]

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
    """Merge the events since the last merge."""
    return merge_annotations(context.resources.work)


def merge_annotations(work: Work) -> dg.MaterializeResult[None]:
    """Merge the log, record the stage and return its materialization."""
    with computing(work, [materialize.STAGE]):
        result = materialize.update(
            work.project,
            work.stage_reporter(materialize.STAGE),
            anew=work.is_made_otherwise(materialize.STAGE),
        )
    # Events that arrive during the merge are left for the next one.
    inputs = {LOG: str(result.parameters["events"])}
    recorded = record_stage(work, materialize.STAGE, result, inputs)
    materialization = metadata.materialize_result(work, ANNOTATIONS, materialize.STAGE, recorded)
    materialize.clean(work.project)
    return materialization
