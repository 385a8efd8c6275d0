"""What a run did, as one JSON object. Not here: printing it (``__main__``)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from panoptic_data.errors import weights_cause
from panoptic_data.ingest.scan import TRANSIENT_REASONS
from panoptic_data.messages import terminal_language, translate
from panoptic_data.provenance import stages
from panoptic_data.provenance.stages import StageResult
from pipelines.encoders import Prepared
from pipelines.resources import Problem, Work

__all__ = ["is_settled", "of", "short", "waits"]

_READING = ("images", "embeddings")


def of(work: Work) -> dict[str, Any]:
    """Return the summary of a run.

    ``files`` are those that are there now, ``images`` the contents that can be seen in them;
    ``new``, ``changed``, ``removed`` and ``unchanged`` count files, ``unreadable`` all that are,
    and ``embedded`` the vectors computed in this run. ``images_per_second`` is over the seconds
    spent reading and embedding.
    """
    told = {name: _total(work, "files", name) for name in ("new", "changed", "removed")}
    there = work.project.database().frame("files", ["sha1", "status"], "status != 'missing'")
    files = there.height
    readable = there.filter(status="ok")
    embedded = sum(_total(work, "embeddings", name) for name in ("new", "changed"))
    return {
        "project": str(work.project.root),
        "run": work.run.id,
        "outcome": work.run.outcome,
        "files": files,
        "images": readable["sha1"].n_unique(),
        **told,
        "unchanged": files - told["new"] - told["changed"],
        "unreadable": files - readable.height,
        "embedded": embedded,
        "images_per_second": _pace(work),
        "seconds": round(work.run.seconds, 3),
        "stage_seconds": {name: round(r.seconds, 3) for name, r in work.results.items()},
        "encoders": [_encoder(one) for one in work.encoders],
        "stages": _stages(work),
        "problems": [vars(problem) for problem in work.problems],
    }


def short(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the table `runs` keeps of a summary: the counts, without the stages."""
    left_out = ("project", "run", "outcome", "stages", "problems", "encoders")
    return {name: value for name, value in told.items() if name not in left_out}


def waits(one: Prepared, ready: Sequence[Prepared]) -> Problem:
    """Say that an encoder waits for its weights, and what is used meanwhile."""
    language = terminal_language()
    params = {
        "encoder": one.text,
        "cause": weights_cause(one.cause or "", language),
        "instead": ", ".join(other.text for other in ready),
    }
    return Problem("encoder", one.text, translate("process.encoder_waits", language, **params))


def is_settled(work: Work) -> bool:
    """Whether the run did all there was to do, but for encoders that wait.

    A file that could not be read for a reason that passes asks for another look.
    """
    others = any(problem.about != "encoder" for problem in work.problems)
    if work.run.outcome != "done" or others or work.request.only:
        return False
    passing = ", ".join(f"'{reason}'" for reason in TRANSIENT_REASONS)
    return not work.project.database().count("files", f"reason IN ({passing})")


def _total(work: Work, name: str, count: str) -> int:
    return sum(
        getattr(result, count)
        for stage, result in work.results.items()
        if stages.stage_kind(stage) == name
    )


def _pace(work: Work) -> float:
    reading = [r for stage, r in work.results.items() if stages.stage_kind(stage) in _READING]
    seconds = sum(result.seconds for result in reading)
    done = _total(work, "images", "new") + _total(work, "images", "changed")
    return round(done / seconds, 1) if seconds and done else 0.0


def _encoder(one: Prepared) -> dict[str, object]:
    status = "ready" if one.ready else "waiting"
    return {"encoder": one.text, "slug": one.spec.slug, "status": status, "cause": one.cause}


def _stages(work: Work) -> dict[str, dict[str, object]]:
    records = {row["stage"]: row for row in stages.latest(work.project).to_dicts()}
    return {
        stage: _stage(work, stage, records.get(stage))
        for stage in stages.expected(work.sources, work.slugs)
    }


def _stage(work: Work, stage: str, record: Mapping[str, Any] | None) -> dict[str, object]:
    if stage in work.failed:
        return {"status": "failed"}
    result = work.results.get(stage)
    if result is not None:
        status = "unchanged" if result.is_unchanged else "made"
        return {"status": status, **_counts(result), "data_version": result.data_version}
    if record is None or not record["data_version"]:
        return {"status": "skipped"}
    rows = json.loads(record["counts"])["rows"]
    still = StageResult(rows=rows, unchanged=rows, data_version=record["data_version"])
    return {"status": "unchanged", **_counts(still), "data_version": still.data_version}


def _counts(result: StageResult) -> dict[str, object]:
    return {name: n for name, n in stages.counts(result).items() if name != "extra"}
