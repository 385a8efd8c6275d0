"""What a run will do and what that will take, before it does it: `process --dry-run`.

Not here: which stages have work (``plan``), past rates (``panoptic_data.provenance.costs``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from panoptic_data.messages import translate
from panoptic_data.provenance import costs, overview, parameters, stages
from panoptic_data.provenance.costs import Cost
from panoptic_data.storage.project import Project
from panoptic_data.vectors import outdated
from pipelines import encoders
from pipelines.plan import RECHECK, PlannedStage, plan_project
from pipelines.request import Request, with_requested

__all__ = ["Estimate", "describe", "estimate"]


# Reasons for which all images of a stage are done; code, where nothing of the stage is kept.
_WHOLE = ("parameters", "weights", "asked", "table", "never")


@dataclass(frozen=True)
class Estimate:
    """What one planned stage costs: ``images`` to do, and ``why`` in words."""

    stage: str
    reason: str
    images: int
    cost: Cost


def describe(project: Project, request: Request, language: str) -> tuple[dict[str, Any], list[str]]:
    """Return what a run would do as JSON values, and as lines for a person; changes nothing.

    ``stages`` (each with stage, reason, why, images, seconds, and bytes that it takes on disk for
    those that are only made on request), ``seconds`` of all of them (None:
    not known) and ``unknown``, the stages of which nothing is known yet. Raises UnknownSource,
    UsageError.
    """
    parameters.require_valid(project)
    project = with_requested(project, request, save=False)
    planned = plan_project(project, request.only, request)
    known = encoders.last_known(project)
    slugs = [encoder.spec.slug for encoder in known if encoder.is_used or encoder.is_new]
    each, whole = estimate(project, slugs, planned)
    late = {stage.name: stage for stage in outdated.outdated_stages(project, slugs)}
    why = {item.stage: _why(item, late, language) for item in each}
    values = {
        "stages": [
            {
                "stage": item.stage,
                "reason": item.reason,
                "why": why[item.stage],
                "images": item.images,
                "seconds": item.cost.seconds,
                **_disk(item),
            }
            for item in each
        ],
        "seconds": whole.seconds,
        "unknown": list(whole.unknown),
    }
    if not each:
        return values, [translate("process.nothing", language)]
    missing = overview.image_counts(project)["missing"]
    lines = [_line(item, why[item.stage], language) for item in each]
    if any(item.reason == RECHECK for item in each):
        lines.append(translate("process.recheck_follows", language))
    if missing and any(item.images and not _reads(item) for item in each):
        params = {"count": missing, "shown": f"{missing:,}"}
        lines.append(translate("process.with_missing", language, **params))
    return values, [*lines, _sum(whole, language)]


def _reads(item: Estimate) -> bool:
    """Whether a stage reads files: of missing images there are none."""
    return stages.stage_kind(item.stage) in ("files", "images")


def _why(item: Estimate, late: Mapping[str, outdated.Outdated], language: str) -> str:
    stage = late.get(costs.name_of(item.stage))
    if stage is not None and stage.why == item.reason:
        return outdated.reason(stage, language)
    return translate(f"process.why_{item.reason}", language)


def _line(item: Estimate, why: str, language: str) -> str:
    cost = costs.text(item.cost, language)
    values = {"stage": item.stage, "why": why, "images": f"{item.images:,}", "cost": cost}
    taken = _disk(item).get("bytes")
    if taken is None:
        return translate("process.would", language, **values)
    size = f"{max(1, round(taken / 1e6)):,}"
    return translate("process.would_take", language, **values, size=size)


def _disk(item: Estimate) -> dict[str, int]:
    taken = costs.disk_bytes(item.stage, item.images)
    return {} if taken is None else {"bytes": taken}


def _sum(whole: Cost, language: str) -> str:
    return translate("parameters.line_cost", language, cost=costs.text(whole, language))


def estimate(
    project: Project, slugs: Sequence[str], planned: Sequence[PlannedStage]
) -> tuple[list[Estimate], Cost]:
    """Return what each planned stage costs, in their order, and all of them together."""
    rates = costs.rates(project)
    listed = list(_with_images(project, slugs, planned))
    each = [
        Estimate(item.stage, item.reason, images, costs.total({_name(item): images}, rates))
        for item, images in listed
    ]
    images_of: dict[str, int] = {}
    for item, images in listed:
        images_of[_name(item)] = images_of.get(_name(item), 0) + images
    return each, costs.total(images_of, rates)


def _with_images(
    project: Project, slugs: Sequence[str], planned: Sequence[PlannedStage]
) -> Iterator[tuple[PlannedStage, int]]:
    """Yield each stage that can be made, and how many images it has to do."""
    whole = outdated.whole_counts(project, slugs)
    rows = {row["stage"]: row for row in project.database().frame("stages").to_dicts()}
    new = sum(item.images for item in planned if stages.stage_kind(item.stage) == "images")
    for item in planned:
        if not item.is_work:
            continue
        row = rows.get(item.stage)
        settings = parameters.settings_of(project, stages.stage_kind(item.stage))
        is_anew = row is None or stages.is_made_otherwise(row, item.stage, settings)
        is_whole = is_anew or item.reason in _WHOLE
        images = item.images or (whole.get(_name(item), 0) if is_whole else new)
        yield item, max(images, new) if is_whole else images


def _name(item: PlannedStage) -> str:
    return costs.name_of(item.stage)
