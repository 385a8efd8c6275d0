"""The asset `corpus_versions`: the whole corpus kept under a name, downstream of all that is made.

It is made by hand, or after a run that was asked for one, never automatically. Not here: making one
(``panoptic_data.versions``), telling Dagster of those that were made elsewhere (``observations``).
"""

from collections.abc import Sequence
from datetime import datetime

import dagster as dg

from panoptic_data.annotations import materialize
from panoptic_data.provenance.stages import PER_ENCODER
from panoptic_data.versions import create
from panoptic_data.versions.record import CorpusVersion
from pipelines import observations
from pipelines.assets import chain
from pipelines.assets.annotations import ANNOTATIONS
from pipelines.assets.corpus import CORPUS
from pipelines.assets.duplicates import DUPLICATES
from pipelines.observations import VERSIONS_KEY
from pipelines.resources import Work

__all__ = ["STAGE", "VERSION_CONFIG", "build"]

STAGE = VERSIONS_KEY.to_user_string()
VERSION_CONFIG = {
    "name": dg.Field(
        str, default_value="", description="Name of the version; by default the present time."
    ),
    "note": dg.Field(str, default_value="", description="What it is made for."),
    "author": dg.Field(str, default_value="", description="By default who runs Dagster."),
}
"""What the asset may be asked for, as run config of Dagster."""


def build(slugs: Sequence[str], requested: Sequence[str] = ()) -> dg.AssetsDefinition:
    """Return the asset, which depends on everything that is made of the whole corpus.

    ``requested`` are the stages of ``ON_REQUEST`` that were made.
    """
    per_encoder = [chain.key_of(name, slug) for slug in slugs for name in PER_ENCODER]

    @dg.asset(
        key=VERSIONS_KEY,
        deps=[CORPUS, *per_encoder, DUPLICATES, *map(dg.AssetKey, requested), ANNOTATIONS],
        description="Versions of the whole corpus, each under a name. Materialize makes one of "
        "what the corpus is now; its name, note and author are run config.",
        code_version=observations.VERSIONS_CODE,
        group_name="corpus",
        kinds={"lancedb"},
        required_resource_keys={"work"},
        config_schema=VERSION_CONFIG,
    )
    def corpus_versions(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        work: Work = context.resources.work
        config = context.op_execution_context.op_config
        try:
            version = _create(work, config["name"], config["note"], config["author"] or None)
        except Exception as error:
            raise dg.Failure(work.fail_stages([STAGE], error)) from error
        work.version = version
        return dg.MaterializeResult(
            data_version=dg.DataVersion(version.digest), metadata=observations.metadata_of(version)
        )

    return corpus_versions


def _create(work: Work, name: str, note: str, author: str | None) -> CorpusVersion:
    work.require_complete()
    name = create.checked_name(work.project, name or f"{datetime.now():%Y-%m-%d %H:%M:%S}")
    if materialize.behind(work.project):
        create.merge_in_run(work.project, work.run.id)
    return create.create_in_run(work.project, name, note, author)
