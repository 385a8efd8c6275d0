"""Summaries of a project for pages and commands: sources, stages, files that are not shown.

Here: reading the tables that runs write, and adding up. Not here: deciding what a run does
(``pipelines``), looking into the folders (``ingest.scan``).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from panoptic_data.provenance import stages
from panoptic_data.storage import unread_sidecars
from panoptic_data.storage.schema import table_name

if TYPE_CHECKING:
    from panoptic_data.storage.folder import ProjectFolder
    from panoptic_data.storage.project import Project

__all__ = [
    "SIDECAR",
    "STATUSES",
    "ProblemFile",
    "SourceSummary",
    "StageSummary",
    "file_counts",
    "image_counts",
    "problem_files",
    "reason_counts",
    "source_summaries",
    "stage_summaries",
    "vector_count",
]

STATUSES = ("ok", "away", "unreadable", "missing", "purged")
"""Of files, as pages and commands count them: each file once."""

SIDECAR = "sidecar"
"""Among reasons: the file is shown, and its XMP sidecar cannot be read."""

_PER_ENCODER = ("embeddings", *stages.PER_ENCODER)
# Of several files of one content the first of these is the image's.
_BEST_FIRST = {"ok": 0, "unreadable": 1, "missing": 2}
# Of the reasons of several parts, the first of these is the stage's.
_WORST_FIRST = ("never", "table", "unfinished", *stages.ANEW, "inputs", stages.AWAY)


@dataclass(frozen=True)
class SourceSummary:
    """One source and how many of its files have each status.

    ``away`` counts readable files while the source's folder is not there, and ``ok`` the others.
    ``vanished`` of them are not found and wait for a person's answer.
    """

    name: str
    uri: str
    added_at: datetime
    ok: int
    away: int
    unreadable: int
    missing: int
    purged: int
    images: int
    is_away: bool = False
    vanished: int = 0

    @property
    def files(self) -> int:
        """Files that are there, or away with their folder."""
        return self.ok + self.away + self.unreadable


@dataclass(frozen=True)
class StageSummary:
    """One kind of stage of one encoder (or of none), added up over the sources.

    ``why`` says why it is not up to date (see ``stages.stale``); None when it is. ``parts``
    are the names of its records.
    """

    kind: str
    encoder: str | None
    rows: int
    new: int
    changed: int
    removed: int
    failed: int
    seconds: float
    at: datetime | None
    version: str
    why: str | None
    parts: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its name in the table of progress: ``clusters/clip``, ``images``."""
        return f"{self.kind}/{self.encoder}" if self.encoder else self.kind

    @property
    def rate(self) -> float | None:
        """Images per second the last time; None when it had almost nothing to do."""
        done = self.new + self.changed
        return done / self.seconds if done and self.seconds >= 0.05 else None


@dataclass(frozen=True)
class ProblemFile:
    """One file that is unreadable or missing, or has such a sidecar, and why."""

    file_id: str
    source: str
    path: str
    status: str
    reason: str | None
    detail: str | None
    size: int | None
    first_seen: datetime | None


def source_summaries(project: Project) -> list[SourceSummary]:
    """Return every source with its counts, sorted by name."""
    counts = _file_counts(project)
    sources = project.database().frame("sources").sort("name")
    return [_source_summary(row, counts) for row in sources.to_dicts()]


def file_counts(project: Project) -> dict[str, int]:
    """Return how many files of all sources have each of ``STATUSES``."""
    summaries = source_summaries(project)
    return {status: sum(getattr(s, status) for s in summaries) for status in STATUSES}


def image_counts(project: Project) -> dict[str, int]:
    """Return how many images are unreadable or missing, as views count them.

    Files of one content are one image, which counts as its best file: ``is:unreadable`` and
    ``is:missing`` list as many, but for those that a person took out of the corpus.
    """
    database = project.database()
    files = database.frame("files", ["sha1", "status"])
    counts = _by_best_status(files, database.frame("images", ["sha1"])["sha1"])
    return {status: counts.get(status, 0) for status in ("unreadable", "missing")}


def stage_summaries(
    project: Project,
    slugs: Sequence[str],
    wanted: Mapping[str, Mapping[str, object]] | None = None,
) -> list[StageSummary]:
    """Return every stage that the project has or should have, in order of making.

    ``wanted`` is what each is to be made with (``vectors.outdated.wanted``).
    """
    database = project.database()
    records = stages.latest(project)
    listing = database.frame("sources", ["name", "options"]).sort("name")
    sources = listing["name"].to_list()
    away = [name for name, options in listing.rows() if _presence(options).get("away_since")]
    stale = stages.stale(records, sources, slugs, away, wanted)
    rows = {row["stage"]: row for row in records.to_dicts()}
    names = stages.expected(sources, slugs)
    listed: list[tuple[str, str | None]] = [("files", None), ("images", None)]
    listed += [(kind, slug) for slug in slugs for kind in _PER_ENCODER]
    made = [stage for stage in stages.ON_REQUEST if stage not in stages.never_made(records)]
    listed += [("duplicates", None), *((stage, None) for stage in made), ("annotations", None)]
    return [_stage(kind, slug, names, rows, stale) for kind, slug in listed]


def reason_counts(project: Project) -> dict[str, int]:
    """Return how many files are not shown, by reason (or by status without one), most first.

    Files whose XMP sidecar cannot be read are shown; they have the reason ``sidecar``.
    """
    counts = _file_counts(project).reasons
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def problem_files(
    project: Project, reason: str | None = None, limit: int | None = 200
) -> list[ProblemFile]:
    """Return files that are not shown, of one reason or of all, in order of their path.

    Also those whose sidecar cannot be read, by the reason ``sidecar``.
    """
    columns = ["file_id", "source", "path", "status", "reason", "detail", "size", "first_seen"]
    columns.append("sidecar")
    where = f"status != 'ok' OR {unread_sidecars.CONDITION}"
    files = project.database().frame("files", columns, where)
    is_sidecar = pl.col("status") == "ok"
    cause = pl.col("sidecar").str.json_path_match(f"$.{unread_sidecars.MEMBER}")
    files = files.with_columns(
        reason=pl.when(is_sidecar).then(pl.lit(SIDECAR)).otherwise("reason"),
        detail=pl.when(is_sidecar).then(cause).otherwise("detail"),
    ).drop("sidecar")
    if reason is not None:
        files = files.filter(pl.coalesce("reason", "status") == reason)
    ordered = files.sort("source", "path").head(files.height if limit is None else limit)
    return [ProblemFile(**row) for row in ordered.to_dicts()]


def vector_count(project: Project, slug: str) -> int:
    """Return how many images have a vector under an encoder."""
    return project.database().count(table_name("embeddings", slug))


def _source_summary(row: Mapping[str, Any], counts: _FileCounts) -> SourceSummary:
    presence = _presence(row["options"])
    is_away = bool(presence.get("away_since"))
    by_status = {
        status: counts.files.get((row["name"], status), 0)
        for status in ("ok", "unreadable", "missing", "purged")
    }
    readable = by_status.pop("ok")
    return SourceSummary(
        name=row["name"],
        uri=row["uri"],
        added_at=row["added_at"],
        ok=0 if is_away else readable,
        away=readable if is_away else 0,
        images=counts.images.get(row["name"], 0),
        is_away=is_away,
        vanished=int(presence.get("vanished", 0)),
        **by_status,
    )


def _presence(options: str | None) -> dict[str, Any]:
    """Return what runs noted of a source's folder, as ``ingest.presence`` writes it."""
    presence: dict[str, Any] = json.loads(options or "{}")
    return presence


@dataclass(frozen=True)
class _FileCounts:
    files: Mapping[tuple[str, str], int]
    images: Mapping[str, int]
    reasons: Mapping[str, int]


# Counting a million files takes a second, and pages refresh every other second.
_counted: dict[ProjectFolder, tuple[int, _FileCounts]] = {}
_counting = threading.Lock()


def _file_counts(project: Project) -> _FileCounts:
    database = project.database()
    version = database.version("files")
    with _counting:
        known = _counted.get(project.folder)
        if known is None or known[0] != version:
            files = database.frame("files", ["source", "status", "reason", "sha1"])
            unread = database.count("files", f"status = 'ok' AND {unread_sidecars.CONDITION}")
            known = (version, _count(files, unread))
            _counted[project.folder] = known
        return known[1]


def _count(files: pl.DataFrame, unread_sidecars: int) -> _FileCounts:
    by_status = files.group_by("source", "status").len().iter_rows()
    ok = files.filter(pl.col("status") == "ok")
    images = ok.group_by("source").agg(pl.col("sha1").n_unique())
    bad = files.filter(pl.col("status") != "ok")
    of_sidecars = {SIDECAR: unread_sidecars} if unread_sidecars else {}
    by_reason = bad.group_by(reason=pl.coalesce("reason", "status")).len()
    return _FileCounts(
        files={(source, status): count for source, status, count in by_status},
        images=dict(images.iter_rows()),
        reasons={**dict(by_reason.iter_rows()), **of_sidecars},
    )


def _by_best_status(files: pl.DataFrame, images_there: pl.Series) -> dict[str, int]:
    """Return how many contents have each status, that of their best file."""
    ranked = pl.col("status").replace_strict(_BEST_FIRST, default=None, return_dtype=pl.Int8)
    known = files.filter(pl.col("sha1").is_not_null()).with_columns(rank=ranked)
    best = known.drop_nulls("rank").group_by("sha1").agg(pl.col("rank").min())
    # What is no picture is listed while its file is there.
    is_listed = pl.col("sha1").is_in(images_there.implode())
    listed = best.filter(is_listed | (pl.col("rank") == _BEST_FIRST["unreadable"]))
    names = {rank: status for status, rank in _BEST_FIRST.items()}
    counted = listed.group_by("rank").len().iter_rows()
    by_status = {names[rank]: count for rank, count in counted}
    without_file = images_there.filter(~images_there.is_in(best["sha1"].implode()))
    by_status["missing"] = by_status.get("missing", 0) + len(without_file)
    return by_status


def _stage(
    kind: str,
    slug: str | None,
    names: Sequence[str],
    rows: Mapping[str, Mapping[str, Any]],
    stale: Mapping[str, str],
) -> StageSummary:
    prefix = f"{kind}/{slug}" if slug else kind
    parts = tuple(name for name in names if name == prefix or name.startswith(prefix + "/"))
    known = [rows[part] for part in parts if part in rows]
    counts = [json.loads(row["counts"] or "{}") for row in known]
    total = {
        name: sum(part.get(name, 0) for part in counts)
        for name in ("rows", "new", "changed", "removed", "failed", "seconds")
    }
    why = [stale[part] for part in parts if part in stale]
    return StageSummary(
        kind=kind,
        encoder=slug,
        at=max((row["at"] for row in known), default=None),
        version=_version([row["data_version"] for row in known]),
        why=min(why, key=_WORST_FIRST.index, default=None),
        parts=parts,
        **total,
    )


def _version(versions: Sequence[str]) -> str:
    """Return the one data version, or one that stands for several."""
    if len(versions) == 1:
        return versions[0]
    return stages.digest(versions) if versions else ""
