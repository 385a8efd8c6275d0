"""The assets of one encoder over the whole corpus, from its vectors to map and clusters.

``embeddings → vector_index, neighbours → projection, clusters``: the same four for every encoder.
Not here: computing index, neighbours, map and clusters (``panoptic_data.vectors``).
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, cast

import dagster as dg

from panoptic_data.encoders import EncoderSpec
from panoptic_data.provenance.stages import CODE_VERSIONS, PER_ENCODER, StageResult
from pipelines import metadata
from pipelines.assets import embeddings
from pipelines.assets.corpus import CORPUS
from pipelines.automation import EAGER
from pipelines.provenance import computing, record_stage
from pipelines.resources import Work

__all__ = ["build", "key_of"]

_DESCRIPTIONS = {
    "vector_index": "An index of the vectors, made above a measured size.",
    "neighbours": "Each image's nearest images: computed once, read by map and clusters.",
    "projection": "Where each image stands on the map.",
    "clusters": "The group that each image belongs to, at each level.",
}


def key_of(name: str, slug: str) -> dg.AssetKey:
    """Return the asset key of one of the four: the encoder first, so that its box says which."""
    return dg.AssetKey([slug, name])


def build(spec: EncoderSpec) -> list[dg.AssetsDefinition]:
    """Return the four assets of one encoder."""
    return [_build(name, spec) for name in PER_ENCODER]


def _build(name: str, spec: EncoderSpec) -> dg.AssetsDefinition:
    key = key_of(name, spec.slug)
    stage = f"{name}/{spec.slug}"

    @dg.asset(
        key=key,
        deps=_upstream(name, spec.slug),
        description=f"{_DESCRIPTIONS[name]} Encoder: {spec.text}.",
        code_version=CODE_VERSIONS[name],
        group_name=metadata.group_name(spec.slug),
        kinds={"lancedb"},
        required_resource_keys={"work"},
        automation_condition=EAGER,
    )
    def materialize(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        work: Work = context.resources.work
        with computing(work, [stage]):
            result = _update(name)(
                work.project,
                spec.slug,
                work.run.id,
                work.stage_reporter(stage),
                **_options(name, work),
                anew=work.is_made_otherwise(stage),
            )
        return metadata.materialize_result(work, key, stage, record_stage(work, stage, result))

    return materialize


def _upstream(name: str, slug: str) -> Sequence[dg.AssetDep]:
    if name in ("projection", "clusters"):
        return [dg.AssetDep(key_of("neighbours", slug))]
    every_source = dg.AllPartitionMapping()
    return [
        dg.AssetDep(embeddings.key_of(slug), partition_mapping=every_source),
        dg.AssetDep(CORPUS),
    ]


def _update(name: str) -> Callable[..., StageResult]:
    # Imported when it runs: umap and pynndescent take 6 to 9 s to import, which a run that has
    # nothing to do for them should not wait for.
    return cast(Callable[..., StageResult], import_module(f"panoptic_data.vectors.{name}").update)


def _options(name: str, work: Work) -> dict[str, Any]:
    request = work.request
    if name == "neighbours":
        return {"k": work.value_of("neighbours.k")}
    if name == "projection":
        return {"refit": request.refit, "min_dist": work.value_of("projection.min_dist")}
    if name == "clusters":
        # Those that are set; else those that were recorded, as of releases without settings.
        settings = dict(work.project.parameters)
        method = request.method or settings.get("clusters.method")
        k = request.k or settings.get("clusters.k")
        return {"refit": request.refit, "method": method, "k": k}
    return {}
