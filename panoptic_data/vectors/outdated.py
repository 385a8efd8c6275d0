"""Which stages are out of date, why, and what making them anew costs: for runs, pages, commands.

Not here: comparing records (``provenance.stages``), what is set (``provenance.parameters``), rates
(``provenance.costs``), what a run does about it (``pipelines``).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from panoptic_data import encoders
from panoptic_data.ingest import sources
from panoptic_data.messages import translate
from panoptic_data.provenance import costs, overview, parameters, stages
from panoptic_data.provenance.parameters import Difference
from panoptic_data.vectors import encoder_state

if TYPE_CHECKING:
    from panoptic_data.provenance.costs import Cost
    from panoptic_data.provenance.overview import StageSummary
    from panoptic_data.storage.project import Project

__all__ = [
    "Outdated",
    "listed",
    "outdated_stages",
    "reason",
    "stale",
    "summaries",
    "used_slugs",
    "wanted",
    "whole_counts",
]

# Nothing was made that could be out of date, or nothing can be done about it.
_ELSE = ("never", stages.AWAY)


@dataclass(frozen=True)
class Outdated:
    """One kind of stage (of one encoder) that is out of date.

    ``name`` is that of the table of progress (``clusters/clip``), ``why`` a reason of
    ``stages.stale``; ``differences`` are what it was made with otherwise, ``made_at`` when and
    ``code`` by which release and commit. ``after`` are the names of what is out of date and made
    from it, ``is_first`` whether nothing that it is made from is out of date. ``cost`` is that of
    making it and all of ``after``.
    """

    name: str
    why: str
    differences: tuple[Difference, ...]
    made_at: datetime | None
    code: str | None
    after: tuple[str, ...]
    is_first: bool
    cost: Cost


def stale(
    project: Project,
    names: Sequence[str],
    slugs: Sequence[str],
    away: Collection[str] = (),
    requested: Collection[str] = (),
) -> dict[str, str]:
    """Return the stages that are not up to date, with why; ``names`` are the sources' names.

    ``requested`` are those that a person asks for by name.
    """
    records = stages.latest(project)
    now = wanted(project, names, slugs)
    return stages.stale(records, names, slugs, away, now, requested)


def wanted(
    project: Project, names: Sequence[str], slugs: Sequence[str]
) -> dict[str, dict[str, object]]:
    """Return, by stage, what it is to be made with: its settings and its encoder's weights."""
    result = parameters.wanted(project, stages.expected(names, slugs))
    for text in project.encoders:
        spec = encoders.parse(text)
        if spec.slug not in slugs:
            continue
        row = encoder_state.row_of(project, spec)
        now: dict[str, object] = {}
        if row.get("fingerprint") and encoder_state.has_other_weights(project, spec):
            now = {"weights": encoder_state.weights_now(project, spec)}
            if not str(row["fingerprint"]).startswith(encoders.code_version(spec)):
                now = {"fingerprint": encoders.code_version(spec)}
        for name in names:
            stage = f"embeddings/{spec.slug}/{name}"
            # While it waits nothing can be done about it: its vectors serve as they are.
            result[stage] = {} if row.get("cause") else {**result[stage], **now}
    return result


def listed(project: Project, slugs: Sequence[str]) -> dict[str, str]:
    """Return the stages of all sources that are not up to date, as the tables have it."""
    listing = sources.listing(project)
    away = [source.name for source in listing if source.presence.is_away]
    return stale(project, [source.name for source in listing], slugs, away)


def used_slugs(project: Project) -> list[str]:
    """Return the slugs of the encoders whose vectors serve."""
    rows = project.database().frame("encoders", ["slug", "status"])
    return rows.filter(status="ready")["slug"].sort().to_list()


def summaries(project: Project, slugs: Sequence[str]) -> list[StageSummary]:
    """Return every stage that the project has or should have, with why it is not up to date."""
    names = [source.name for source in sources.listing(project)]
    return overview.stage_summaries(project, slugs, wanted(project, names, slugs))


def outdated_stages(
    project: Project, slugs: Sequence[str], known: Sequence[StageSummary] | None = None
) -> list[Outdated]:
    """Return what was made and is out of date, in order of making.

    ``known`` are the project's :func:`summaries`, where they were made already.
    """
    every = summaries(project, slugs) if known is None else known
    late = {summary.name: summary for summary in every if summary.why not in (None, *_ELSE)}
    if not late:
        return []
    names = [source.name for source in sources.listing(project)]
    now = wanted(project, names, slugs)
    rows = {row["stage"]: row for row in stages.latest(project).to_dicts()}
    codes = dict(project.database().frame("runs", ["run", "code_version"]).iter_rows())
    rates, counts = costs.rates(project), whole_counts(project, slugs)
    listed: list[Outdated] = []
    for name, summary in late.items():
        follow = stages.follow(summary.parts, names, slugs) - set(summary.parts)
        after = tuple(other for other, s in late.items() if follow.intersection(s.parts))
        before = {stage for part in summary.parts for stage in _before(part, names, slugs)}
        made = [rows[part] for part in summary.parts if part in rows]
        images = {
            other: counts.get(other, 0)
            for other in (name, *after)
            # Of newer code vectors are kept but those of pictures that it reads otherwise.
            if stages.stage_kind(other) != "embeddings" or late[other].why != "code"
        }
        listed.append(
            Outdated(
                name,
                str(summary.why),
                _differences(made, now),
                summary.at,
                next((codes.get(row["run"]) for row in made), None),
                after,
                not any(before.intersection(s.parts) for s in late.values() if s != summary),
                costs.total(images, rates),
            )
        )
    return listed


def whole_counts(project: Project, slugs: Sequence[str]) -> dict[str, int]:
    """Return how many images each stage has to do where it is made anew, by its name."""
    database = project.database()
    files, images = database.count("files"), database.count("images")
    counts = {"files": files, "images": files, "corpus": images, "duplicates": images}
    counts |= dict.fromkeys(stages.ON_REQUEST, images)
    for slug in slugs:
        counts[f"embeddings/{slug}"] = images
        vectors = overview.vector_count(project, slug)
        counts |= {f"{kind}/{slug}": vectors or images for kind in stages.PER_ENCODER}
    return counts


def reason(stage: Outdated, language: str) -> str:
    """Return in words why a stage is out of date: “made with k = 15, now 20”."""
    if stage.why == "code":
        day = f"{stage.made_at:%Y-%m-%d}" if stage.made_at else "?"
        return translate("parameters.code", language, day=day, code=stage.code or "?")
    if stage.why in ("parameters", "inputs") and stage.differences:
        return "; ".join(_difference(item, language) for item in stage.differences)
    return translate(f"parameters.{stage.why}", language)


def _difference(difference: Difference, language: str) -> str:
    name = difference.name
    if name.endswith(".code"):
        return translate(
            "parameters.code_before", language, kind=_kind(name, language), **_pair(difference)
        )
    what = translate(f"parameters.name_{name.replace('.', '_')}", language)
    before, now = (_value(value, language) for value in (difference.before, difference.now))
    return translate("parameters.made_with", language, name=what, before=before, now=now)


def _pair(difference: Difference) -> dict[str, object]:
    return {"before": difference.before, "now": difference.now}


def _kind(name: str, language: str) -> str:
    return translate(f"pipeline.kind_{name.partition('.')[0]}", language)


def _value(value: Any, language: str) -> str:
    if value is None:
        return translate("parameters.chosen", language)
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text.replace(".", ",") if language == "fr" else text


def _before(stage: str, names: Sequence[str], slugs: Sequence[str]) -> set[str]:
    """Return all that a stage is made from, directly or not."""
    reached: set[str] = set()
    waiting = list(stages.upstream(stage, names, slugs))
    while waiting:
        other = waiting.pop()
        if other not in reached and other != stages.LOG:
            reached.add(other)
            waiting += stages.upstream(other, names, slugs)
    return reached


def _differences(
    made: Sequence[Mapping[str, Any]], now: Mapping[str, Mapping[str, object]]
) -> tuple[Difference, ...]:
    for row in made:
        settings = now.get(row["stage"], {}).get(stages.SETTINGS)
        before = json.loads(row["parameters"] or "{}").get(stages.SETTINGS, {})
        if isinstance(settings, Mapping) and before != settings:
            return tuple(parameters.differences(row["stage"], before, settings))
    return ()
