"""The summary of a run, as one JSON object. Not here: printing it (``__main__``)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from panoptic_data.errors import weights_cause
from panoptic_data.ingest.scan import TRANSIENT_REASONS
from panoptic_data.messages import terminal_language, translate
from panoptic_data.provenance import overview, stages
from panoptic_data.provenance.stages import StageResult
from panoptic_data.storage.sql import literals
from panoptic_data.versions.record import CorpusVersion
from pipelines.encoders import ProjectEncoder
from pipelines.request import Problem
from pipelines.resources import Work

__all__ = ["counts_only", "encoder_problem", "is_complete", "run_summary"]

_READING = ("images", "embeddings")
# Problems that leave nothing undone that the next run could do.
_HARMLESS = ("encoder", "history", "parameter", "sidecar")


def run_summary(work: Work) -> dict[str, Any]:
    """Return the summary of a run.

    ``files`` counts the files that are there or away with their source, ``away`` the readable of
    the latter, ``missing`` those that are gone, ``unreadable`` all unreadable files, and
    ``images`` the different readable contents. Of this run: ``new``, ``moved``,
    ``moved_uncertain`` (another file could have been meant), ``changed``, ``removed``, ``unread``
    (deleted before their turn) and ``unchanged`` files, and ``embedded``, the vectors computed.
    ``images_per_second`` is over the time spent reading and embedding. ``version`` is the corpus
    version that was made, None where none was.
    """
    changes = {name: _total(work, "files", name) for name in ("new", "changed", "removed")}
    moves = {name: _extra(work, name) for name in ("moved", "moved_uncertain", "unread")}
    # A stage counts what moved among what changed.
    changes["changed"] -= moves["moved"]
    stored = overview.file_counts(work.project)
    files = sum(stored[status] for status in ("ok", "away", "unreadable"))
    readable = work.project.database().frame("files", ["sha1"], "status = 'ok'")
    embedded = sum(_total(work, "embeddings", name) for name in ("new", "changed"))
    return {
        "project": str(work.project.root),
        "run": work.run.id,
        "outcome": work.run.outcome,
        "files": files,
        "images": readable["sha1"].n_unique(),
        **changes,
        **moves,
        "away": stored["away"],
        "missing": stored["missing"],
        "unchanged": files - changes["new"] - changes["changed"] - moves["moved"],
        "unreadable": stored["unreadable"],
        "embedded": embedded,
        "images_per_second": _images_per_second(work),
        "seconds": round(work.run.seconds, 3),
        "stage_seconds": {name: round(result.seconds, 3) for name, result in work.results.items()},
        "encoders": [_encoder(encoder) for encoder in work.encoders],
        "stages": _stages(work),
        "problems": [vars(problem) for problem in work.problems],
        "version": _version(work.version),
    }


def counts_only(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return the counts of a summary, which the table `runs` stores."""
    left_out = ("project", "run", "outcome", "stages", "problems", "encoders", "version")
    return {name: value for name, value in summary.items() if name not in left_out}


def encoder_problem(encoder: ProjectEncoder, ready: Sequence[ProjectEncoder]) -> Problem | None:
    """Return what a person should know of an encoder: it waits, or its weights were replaced."""
    language = terminal_language()
    params: dict[str, object] = {
        "encoder": encoder.text,
        "cause": weights_cause(encoder.cause or "", language),
        "instead": ", ".join(other.text for other in ready),
        "count": encoder.vectors,
    }
    if encoder.replaced:
        key = "weights_changed"
    elif encoder.is_ready:
        return None
    else:
        key = "encoder_away" if encoder.vectors else _waiting_key(encoder)
    return Problem("encoder", encoder.text, translate(f"process.{key}", language, **params))


def _waiting_key(encoder: ProjectEncoder) -> str:
    reason = (encoder.cause or "").partition(": ")[0]
    # No connection to the internet helps these.
    is_beyond = reason in ("unknown", "option", "absent", "misfit", "unpublished", "not_square")
    return "encoder_unusable" if is_beyond else "encoder_waits"


def is_complete(work: Work) -> bool:
    """Whether the run did everything, except for encoders that wait.

    A file that was unreadable for a transient reason has to be read again, and one that was
    deleted before its turn, should it come back.
    """
    has_problems = any(problem.about not in _HARMLESS for problem in work.problems)
    if work.run.outcome != "done" or has_problems or work.request.only or work.request.stages:
        return False
    if _extra(work, "unread"):
        return False
    transient = literals(TRANSIENT_REASONS)
    return not work.project.database().count("files", f"reason IN ({transient})")


def _version(version: CorpusVersion | None) -> dict[str, str] | None:
    if version is None:
        return None
    return {"id": version.id, "name": version.name, "digest": version.digest}


def _total(work: Work, kind: str, count: str) -> int:
    return sum(
        getattr(result, count)
        for stage, result in work.results.items()
        if stages.stage_kind(stage) == kind
    )


def _extra(work: Work, count: str) -> int:
    """Return a count that the stages ``files`` give besides the usual ones."""
    counts: list[Any] = [
        result.extra.get(count, 0)
        for stage, result in work.results.items()
        if stages.stage_kind(stage) == "files"
    ]
    return sum(counts)


def _images_per_second(work: Work) -> float:
    results = [
        result for stage, result in work.results.items() if stages.stage_kind(stage) in _READING
    ]
    seconds = sum(result.seconds for result in results)
    done = _total(work, "images", "new") + _total(work, "images", "changed")
    return round(done / seconds, 1) if seconds and done else 0.0


def _encoder(encoder: ProjectEncoder) -> dict[str, object]:
    status = "ready" if encoder.is_ready else "waiting"
    return {
        "encoder": encoder.text,
        "slug": encoder.spec.slug,
        "status": status,
        "cause": encoder.cause,
    }


def _stages(work: Work) -> dict[str, dict[str, object]]:
    latest = stages.latest(work.project)
    records = {row["stage"]: row for row in latest.to_dicts()}
    # Of what nobody asked for there is nothing to say.
    idle = stages.never_made(latest) - work.failed - work.results.keys()
    return {
        stage: _stage(work, stage, records.get(stage))
        for stage in stages.expected(work.sources, work.slugs)
        if stage not in idle
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
    earlier = StageResult(rows=rows, unchanged=rows, data_version=record["data_version"])
    return {"status": "unchanged", **_counts(earlier), "data_version": earlier.data_version}


def _counts(result: StageResult) -> dict[str, object]:
    return {name: value for name, value in stages.counts(result).items() if name != "extra"}
