"""The jobs of assets: one reads a source, one analyses the whole corpus, one makes a version of it.

Not here: which of them has work to do (``plan``), the job that does all of it (``catch_up``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import dagster as dg

from panoptic_data.provenance.stages import ON_REQUEST, PER_ENCODER
from pipelines.assets import chain, embeddings
from pipelines.assets.annotations import ANNOTATIONS
from pipelines.assets.corpus import CORPUS
from pipelines.assets.duplicates import DUPLICATES
from pipelines.assets.images import FILES, IMAGES
from pipelines.assets.shared_parts import SHARED_PARTS
from pipelines.observations import VERSIONS_KEY
from pipelines.plan import PlannedStage

__all__ = [
    "ANALYSE",
    "NEVER_RETRIED",
    "PARTS",
    "PROCESS",
    "READ",
    "RETRIED_ONCE",
    "VERSION",
    "build",
    "by_job",
]

READ = "read_source"
ANALYSE = "see_corpus"
PARTS = "find_shared_parts"
PROCESS = "process"
VERSION = "make_version"
RETRIED_ONCE = {"dagster/max_retries": "1"}
# Of runs inside of another one, which is retried as a whole, or by the person who started it.
NEVER_RETRIED = {"dagster/max_retries": "0"}


def build(slugs: Sequence[str]) -> list[dg.UnresolvedAssetJobDefinition]:
    """Return the jobs for these encoders."""
    read = [FILES, IMAGES, *(embeddings.key_of(slug) for slug in slugs)]
    per_encoder = [chain.key_of(name, slug) for slug in slugs for name in PER_ENCODER]
    return [
        dg.define_asset_job(
            READ,
            selection=dg.AssetSelection.assets(*read),
            description="Read what is new in one source and embed it.",
            tags=RETRIED_ONCE,
        ),
        dg.define_asset_job(
            ANALYSE,
            selection=dg.AssetSelection.assets(CORPUS, *per_encoder, DUPLICATES, ANNOTATIONS),
            description="Neighbours, map, clusters and duplicates of all sources together, "
            "and what people said of them.",
            tags=RETRIED_ONCE,
        ),
        dg.define_asset_job(
            PARTS,
            selection=dg.AssetSelection.assets(SHARED_PARTS),
            description="Find the images that share a part: what costs, and is only made when a "
            "person asks for it.",
            tags=RETRIED_ONCE,
        ),
        dg.define_asset_job(
            VERSION,
            selection=dg.AssetSelection.assets(VERSIONS_KEY),
            description="Keep the corpus as it is now under a name; what it is to be called is run "
            "config.",
            tags=NEVER_RETRIED,
        ),
    ]


def by_job(planned: Sequence[PlannedStage]) -> Mapping[str, tuple[PlannedStage, ...]]:
    """Return what is planned of the whole corpus by the job that does it, in their order."""
    analysed = tuple(item for item in planned if item.stage not in ON_REQUEST)
    return {ANALYSE: analysed, PARTS: tuple(item for item in planned if item not in analysed)}
