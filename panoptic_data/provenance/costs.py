"""What making a stage anew will cost, from what it took on this machine so far.

Not here: how many images a stage will have to do (``vectors.outdated``, ``pipelines.estimate``).
"""

from __future__ import annotations

import json
import os
import platform
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from panoptic_data.messages import translate
from panoptic_data.provenance import stages

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["CHEAP", "Cost", "disk_bytes", "duration", "name_of", "rates", "text", "total"]

# Of each stage the last so many runs that did something: what took long once may be quicker now.
_LAST = 5
# Images a second on one core, of a stage that no run of this code has made yet.
_USUAL = {"duplicates": 10.0, "shared_parts": 5.0}
# Bytes on disk that an image takes in a stage that is only made when it is asked for; measured.
_DISK = {"shared_parts": 8_000}
CHEAP = ("files", "corpus", "vector_index", "annotations")
"""Kinds of stage that take next to nothing beside the others: not known, they count as nothing."""


@dataclass(frozen=True)
class Cost:
    """Seconds that work will take, and the stages of which that is not known yet, by name.

    ``seconds`` is None where it is known of none.
    """

    seconds: float | None
    unknown: tuple[str, ...] = ()


def rates(project: Project) -> dict[str, float]:
    """Return images a second by stage without its source (``embeddings/clip``), of this machine.

    Runs of another machine or of other code do not count, nor those that found nothing to do.
    """
    here = f"@{platform.node()}"
    known = project.database().frame("runs", ["run", "who"])
    runs = known.filter(pl.col("who").str.ends_with(here))["run"]
    records = pl.concat(
        [
            project.database().frame(table, ["stage", "run", "counts", "at", "code_version"])
            for table in ("materializations", "stages")
        ]
    ).unique(["stage", "run"])
    done: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for row in records.filter(pl.col("run").is_in(runs.implode())).sort("at").to_dicts():
        name = name_of(row["stage"])
        if row["code_version"] != stages.CODE_VERSIONS.get(stages.stage_kind(row["stage"])):
            continue
        images, seconds = _done(name, json.loads(row["counts"] or "{}"))
        if images and seconds > 0:
            done[name].append((images, seconds))
    usual = {name: rate * (os.cpu_count() or 1) for name, rate in _USUAL.items()}
    return usual | {
        name: sum(images for images, _ in pairs[-_LAST:]) / sum(s for _, s in pairs[-_LAST:])
        for name, pairs in done.items()
    }


def name_of(stage: str) -> str:
    """Return a stage without its source: ``embeddings/clip/posters`` is ``embeddings/clip``."""
    kind, _, rest = stage.partition("/")
    if kind in ("files", "images"):
        return kind
    return f"{kind}/{rest.partition('/')[0]}" if rest else kind


def total(images: Mapping[str, int], rates: Mapping[str, float]) -> Cost:
    """Return what it costs to make stages of so many images, by the name of each."""
    known = {name: count / rates[name] for name, count in images.items() if name in rates}
    unknown = tuple(
        name
        for name, count in images.items()
        if count and name not in rates and stages.stage_kind(name) not in CHEAP
    )
    return Cost(sum(known.values()) if known or not unknown else None, unknown)


def disk_bytes(stage: str, images: int) -> int | None:
    """Return what a stage of ``ON_REQUEST`` takes on disk for so many images; None for others."""
    each = _DISK.get(stages.stage_kind(stage))
    return None if each is None else each * images


def text(cost: Cost, language: str, label: Mapping[str, str] | None = None) -> str:
    """Return a cost in words; ``label`` are names for people of stages, by name."""
    if cost.seconds is None:
        return translate("parameters.cost_unknown", language)
    about = duration(cost.seconds, language)
    if not cost.unknown:
        return about
    names = ", ".join((label or {}).get(name, name) for name in cost.unknown)
    return translate("parameters.cost_without", language, time=about, stages=names)


def duration(seconds: float, language: str) -> str:
    """Return a duration in words, no finer than an estimate is."""
    if seconds < 1:
        return translate("parameters.under_a_second", language)
    if seconds < 60:
        return translate("parameters.about_seconds", language, count=round(seconds))
    minutes = round(seconds / 60)
    if minutes < 60:
        return translate("parameters.about_minutes", language, minutes=minutes)
    hours, minutes = divmod(minutes, 60)
    return translate("parameters.about_hours", language, hours=hours, minutes=minutes)


def _done(name: str, counts: Mapping[str, Any]) -> tuple[int, float]:
    """Return how many images a stage computed the time that is counted, and in which seconds."""
    extra: Mapping[str, Any] = counts.get("extra") or {}
    kind = stages.stage_kind(name)
    seconds = float(counts.get("seconds") or 0)
    if kind in ("projection", "clusters"):
        # Images that are placed in a fit take next to no time.
        return (int(counts.get("rows") or 0) if extra.get("refitted") else 0), seconds
    if kind in ("neighbours", "duplicates", "shared_parts"):
        return int(extra.get("computed") or 0), seconds
    return int(counts.get("new") or 0) + int(counts.get("changed") or 0), seconds
