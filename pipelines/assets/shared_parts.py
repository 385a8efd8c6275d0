"""The asset `shared_parts`: images that share a part, and the groups that this makes.

It costs: no automation makes it, a person asks for it. Not here: how parts are found
(``panoptic_data.parts.detect``).
"""

from collections.abc import Sequence

import dagster as dg

from panoptic_data.provenance.stages import CODE_VERSIONS
from pipelines import metadata
from pipelines.assets import chain
from pipelines.assets.corpus import CORPUS
from pipelines.provenance import computing, record_stage
from pipelines.resources import Work

__all__ = ["SHARED_PARTS", "build"]

SHARED_PARTS = dg.AssetKey("shared_parts")


def build(slugs: Sequence[str]) -> dg.AssetsDefinition:
    """Return the asset, which depends on the neighbours of every encoder."""

    @dg.asset(
        key=SHARED_PARTS,
        deps=[
            dg.AssetDep(CORPUS),
            *(dg.AssetDep(chain.key_of("neighbours", slug)) for slug in slugs),
        ],
        description="Images that share a part: a carpet, a print, a motif, a stamp, a template.",
        code_version=CODE_VERSIONS["shared_parts"],
        group_name="corpus",
        kinds={"lancedb"},
        required_resource_keys={"work"},
    )
    def shared_parts(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        work: Work = context.resources.work
        with computing(work, ["shared_parts"]):
            from panoptic_data.parts import detect

            report = work.stage_reporter("shared_parts")
            result = detect.update(work.project, work.run.id, work.slugs, report)
        recorded = record_stage(work, "shared_parts", result)
        return metadata.materialize_result(work, SHARED_PARTS, "shared_parts", recorded)

    return shared_parts
