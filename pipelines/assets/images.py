"""The assets `files` and `images`, computed in one pass over a source.

Not here: walking, hashing, decoding (``panoptic_data.ingest.images``).
"""

from collections.abc import Iterator

import dagster as dg

from panoptic_data.errors import UnknownSource
from panoptic_data.ingest import images, sources
from panoptic_data.ingest.sources import Source
from panoptic_data.provenance.stages import CODE_VERSIONS
from panoptic_data.storage.project import Project
from pipelines import metadata
from pipelines.partitions import SOURCES
from pipelines.provenance import computing, record_stage
from pipelines.resources import Work

__all__ = ["FILES", "IMAGES", "read", "sources_spec"]

FILES = dg.AssetKey("files")
IMAGES = dg.AssetKey("images")

sources_spec = dg.AssetSpec(
    "sources",
    description="The folders of images that a person registered. Read-only for us, always.",
    partitions_def=SOURCES,
    group_name="corpus",
)


@dg.multi_asset(
    name="read",
    partitions_def=SOURCES,
    required_resource_keys={"work"},
    specs=[
        dg.AssetSpec(
            FILES,
            deps=["sources"],
            description="One row a path of a source: size, time, sha1, status and reason.",
            code_version=CODE_VERSIONS["files"],
            group_name="corpus",
            kinds={"lancedb"},
        ),
        dg.AssetSpec(
            IMAGES,
            deps=[FILES],
            description="One row a content: EXIF, hashes, colour, thumbnail.",
            code_version=CODE_VERSIONS["images"],
            group_name="corpus",
            kinds={"lancedb"},
        ),
    ],
)
def read(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
    """Read each new or changed file of a source once."""
    work: Work = context.resources.work
    name = context.partition_key
    source = _source(work.project, name)
    with computing(work, [f"files/{name}", f"images/{name}"]):
        files_result, images_result = images.ingest(
            work.project,
            source,
            work.run.id,
            work.stage_reporter(f"images/{name}"),
            retry=work.request.retry,
            reread=name in work.request.reread or _is_made_otherwise(work, name),
            thumbnail=work.value_of("images.thumbnail"),
            first=work.first_of(name),
        )
    for key, result in ((FILES, files_result), (IMAGES, images_result)):
        stage = f"{key.to_user_string()}/{name}"
        yield metadata.materialize_result(work, key, stage, record_stage(work, stage, result))


def _is_made_otherwise(work: Work, source: str) -> bool:
    return any(work.is_made_otherwise(f"{kind}/{source}") for kind in ("files", "images"))


def _source(project: Project, name: str) -> Source:
    listing = sources.listing(project)
    for source in listing:
        if source.name == name:
            return source
    raise UnknownSource(name=name, known=", ".join(source.name for source in listing))
