"""The records of what each stage of the pipeline made: counts, data version, inputs.

The table `stages` has the last record of each, `materializations` every one that there was.

A stage is one Dagster asset (or one partition of it): ``files/<source>``, ``images/<source>``,
``embeddings/<encoder>/<source>``, ``corpus``, ``vector_index/<encoder>``,
``neighbours/<encoder>``, ``projection/<encoder>``, ``clusters/<encoder>``, ``duplicates``,
``shared_parts``, ``annotations``. Their order is here too, so that a page can show what is stale
without Dagster. Not here: what stages do (each in its package), when they run (``pipelines``).
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from panoptic_data.storage.ledger import stage_table
from panoptic_data.storage.sql import literal

if TYPE_CHECKING:
    import polars as pl

    from panoptic_data.storage.project import Project

__all__ = [
    "ANEW",
    "AWAY",
    "CODE_VERSIONS",
    "LOG",
    "ON_REQUEST",
    "PER_ENCODER",
    "SETTINGS",
    "ReportProgress",
    "StageResult",
    "begin",
    "counts",
    "digest",
    "expected",
    "follow",
    "ignore_progress",
    "is_made_otherwise",
    "latest",
    "materializations",
    "named",
    "never_made",
    "of_source",
    "record",
    "restart",
    "stage_kind",
    "stage_table",
    "stale",
    "upstream",
]

ReportProgress = Callable[[str, int, int], None]
"""Called with (stage, done, total) as work goes on; cheap to call often."""

CODE_VERSIONS: Mapping[str, str] = {
    "files": "1",
    "images": "3",
    "embeddings": "1",
    "corpus": "1",
    "vector_index": "1",
    "neighbours": "1",
    "projection": "1",
    "clusters": "1",
    "duplicates": "4",
    "shared_parts": "1",
    "annotations": "1",
}
"""By kind of stage; changed when the same input would give other rows than before."""

PER_ENCODER = ("vector_index", "neighbours", "projection", "clusters")
"""Kinds of stage that see the whole corpus through one encoder, in order."""

ON_REQUEST = ("shared_parts",)
"""Stages that cost, and are first made when a person asks for them. Once made they are kept up as
all others are: of an image that came since, an answer that leaves it out would be wrong."""

AWAY = "away"
"""Why a stage is stale that cannot be made now: the folder that it reads is not there."""

SETTINGS = "settings"
"""Among the parameters of a record: what was set of it then (``parameters.settings_of``)."""

ANEW = ("code", "parameters", "weights")
"""Reasons for which a stage keeps nothing of what it holds."""

LOG = "annotation_events"
"""The table that ``annotations`` is made from: people write it, no stage does."""


TABLE_GONE = "table gone"
"""The data version of a stage whose table is no longer there."""


def ignore_progress(stage: str, done: int, total: int) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class StageResult:
    """What a stage did: counts of rows, and the data version of all that it holds now.

    ``new + changed + removed == 0`` means that the stage was up to date. ``parameters`` and
    ``extra`` hold JSON values.
    """

    rows: int
    data_version: str
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: int = 0
    seconds: float = 0.0
    parameters: Mapping[str, object] = field(default_factory=dict)
    extra: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_unchanged(self) -> bool:
        """Whether the stage found nothing to do."""
        return not (self.new or self.changed or self.removed)


# Texts that are digested in one call: one by one a million take a second.
_PARTS_AT_ONCE = 10_000


def digest(parts: Iterable[str]) -> str:
    """Return 16 hex digits that identify a sequence of texts."""
    state = hashlib.blake2b(digest_size=8)
    rest = iter(parts)
    while some := list(islice(rest, _PARTS_AT_ONCE)):
        state.update("\0".join([*some, ""]).encode())
    return state.hexdigest()


def stage_kind(stage: str) -> str:
    """Return a stage without its encoder and source: ``clusters/clip`` is clusters."""
    return stage.partition("/")[0]


def expected(sources: Sequence[str], slugs: Sequence[str]) -> tuple[str, ...]:
    """Return every stage that these sources and encoders should have, in order of making."""
    read = [f"{name}/{source}" for source in sources for name in ("files", "images")]
    embedded = [f"embeddings/{slug}/{source}" for source in sources for slug in slugs]
    seen = [f"{name}/{slug}" for slug in slugs for name in PER_ENCODER]
    return (*read, *embedded, "corpus", *seen, "duplicates", *ON_REQUEST, "annotations")


def upstream(stage: str, sources: Sequence[str], slugs: Sequence[str]) -> tuple[str, ...]:
    """Return the stages that a stage is made from."""
    name, _, rest = stage.partition("/")
    if name == "files":
        return ()
    if name == "annotations":
        return (LOG,)
    if name == "images":
        return (f"files/{rest}",)
    if name == "embeddings":
        return (f"images/{rest.partition('/')[2]}",)
    if name == "corpus":
        return tuple(f"{part}/{source}" for source in sources for part in ("files", "images"))
    if name in ("vector_index", "neighbours"):
        return (*(f"embeddings/{rest}/{source}" for source in sources), "corpus")
    if name == "shared_parts":
        return ("corpus", *(f"neighbours/{slug}" for slug in slugs))
    if name == "duplicates":
        # Copies are files of one image: the corpus does not change with them.
        files = (f"files/{source}" for source in sources)
        return (*files, "corpus", *(f"neighbours/{slug}" for slug in slugs))
    return (f"neighbours/{rest}",)


def of_source(source: str, slugs: Sequence[str]) -> tuple[str, ...]:
    """Return the stages of one source."""
    embedded = (f"embeddings/{slug}/{source}" for slug in slugs)
    return (f"files/{source}", f"images/{source}", *embedded)


def named(name: str, sources: Sequence[str], slugs: Sequence[str]) -> tuple[str, ...]:
    """Return the stages of a name: ``clusters``, ``clusters/clip``, ``images/posters``.

    Files and images are read together. Empty where there is none.
    """
    wanted = "files" if name == "images" else name.replace("images/", "files/", 1)
    prefix = f"{wanted}/"
    chosen = [s for s in expected(sources, slugs) if s == wanted or s.startswith(prefix)]
    read = [f"images/{s.partition('/')[2]}" for s in chosen if s.startswith("files/")]
    return (*chosen, *read)


def follow(chosen: Collection[str], sources: Sequence[str], slugs: Sequence[str]) -> frozenset[str]:
    """Return these stages and all that are made from them, directly or not."""
    reached = set(chosen)
    for stage in expected(sources, slugs):
        if reached.intersection(upstream(stage, sources, slugs)):
            reached.add(stage)
    return frozenset(reached)


def begin(project: Project, stage: str, run: str) -> None:
    """Mark a stage as being made: until :func:`record`, it counts as stale.

    Without this mark a run killed between the stage's last row and its record would leave
    new rows, and downstream stages would not be stale.
    """
    before = project.database().take("stages", [stage]).to_pylist()
    row = before[0] if before else {**_BLANK, "stage": stage}
    _write(project, {**row, "data_version": "", "at": datetime.now(UTC), "run": run})


def restart(project: Project, stage: str, settings: Mapping[str, object], run: str) -> None:
    """Mark a stage as being made with other code or settings, all that it held being gone.

    After a kill the next run does what is missing, and not all of it again.
    """
    row = {**_BLANK, "stage": stage, "code_version": CODE_VERSIONS[stage_kind(stage)], "run": run}
    row |= {"parameters": _json({SETTINGS: dict(settings)} if settings else {})}
    _write(project, {**row, "at": datetime.now(UTC)})


def record(
    project: Project,
    stage: str,
    result: StageResult,
    inputs: Mapping[str, str],
    code_version: str,
    run: str,
) -> None:
    """Write what a stage made. ``inputs``: stage → data version that it was made from.

    All records are kept but those of merges of annotations that changed nothing: there may be one
    a minute.
    """
    row = {
        "stage": stage,
        "data_version": result.data_version,
        "inputs": _json(inputs),
        "code_version": code_version,
        "parameters": _json(result.parameters),
        "counts": _json(counts(result)),
        "lance_version": project.database().version(stage_table(stage)),
        "at": datetime.now(UTC),
        "run": run,
    }
    # In this order: killed in between, the stage is unfinished and is recorded again.
    if stage != "annotations" or _changes_last(project, row):
        _append(project, row)
    _write(project, row)


def materializations(project: Project, stage: str | None = None) -> pl.DataFrame:
    """Return all records of a stage, or of all stages, newest first; columns as in the table.

    Those of releases that kept only the last are not among them.
    """
    where = None if stage is None else f"stage = {literal(stage)}"
    records = project.database().frame("materializations", where=where)
    return records.sort("at", maintain_order=True, descending=True)


def latest(project: Project) -> pl.DataFrame:
    """Return the last record of each stage, sorted by stage; columns as in the table.

    The log of annotations comes after them: its data version is how many events it holds, so
    that what is made from it is compared as everything else is.
    """
    import polars as pl

    database = project.database()
    records = database.frame("stages").sort("stage")
    records = _without_lost_tables(records, database.names())
    log = {"stage": LOG, "data_version": str(database.count(LOG))}
    row = pl.DataFrame([{**_BLANK, **log}]).cast({"lance_version": pl.Int64})
    return pl.concat([records, row], how="diagonal")


def stale(
    records: pl.DataFrame,
    sources: Sequence[str],
    slugs: Sequence[str],
    away: Collection[str] = (),
    wanted: Mapping[str, Mapping[str, object]] | None = None,
    requested: Collection[str] = (),
) -> dict[str, str]:
    """Return the stages that are not up to date, in order of making, with why.

    ``never`` made, ``unfinished`` (a run was stopped in it), ``inputs`` (what it was made from
    has changed, or is itself stale), ``code`` (made by an older version of the code),
    ``parameters`` and ``weights`` (made with others than those in ``wanted``, by stage), ``table``
    (its table is gone), ``away`` (one of these, but it reads the folder of a source in ``away``,
    which is not there: nothing can be done about it now, and what is made from it is made from
    what is stored). One of ``ON_REQUEST`` that was never made to the end is stale only where it is
    among ``requested``. Whether the folders themselves have changed, ``ingest.scan`` finds out.
    """
    known = {row["stage"]: row for row in records.to_dicts()}
    unread = {f"{kind}/{source}" for source in away for kind in ("files", "images")}
    reasons: dict[str, str] = {}
    idle = never_made(records) - set(requested)
    for stage in expected(sources, slugs):
        if stage in idle:
            continue
        before = upstream(stage, sources, slugs)
        hindered = {name for name, reason in reasons.items() if reason == AWAY}
        now = (wanted or {}).get(stage, {})
        reason = _why(stage, known, before, reasons.keys() - hindered, now)
        if reason is not None:
            reasons[stage] = AWAY if stage in unread else reason
    return reasons


def never_made(records: pl.DataFrame) -> frozenset[str]:
    """Return the stages of ``ON_REQUEST`` that no run has made to the end."""
    made = {row["stage"] for row in records.to_dicts() if row["code_version"]}
    return frozenset(ON_REQUEST) - made


def counts(result: StageResult) -> dict[str, object]:
    """Return the counts of a result as JSON values, seconds rounded to milliseconds."""
    return {
        "rows": result.rows,
        "new": result.new,
        "changed": result.changed,
        "unchanged": result.unchanged,
        "removed": result.removed,
        "failed": result.failed,
        "seconds": round(result.seconds, 3),
        **({"extra": dict(result.extra)} if result.extra else {}),
    }


_BLANK: Mapping[str, object] = {
    "data_version": "",
    "inputs": "{}",
    "code_version": "",
    "parameters": "{}",
    "counts": "{}",
    "lance_version": 0,
}


def _without_lost_tables(records: pl.DataFrame, present: frozenset[str]) -> pl.DataFrame:
    """Return records in which the stages that wrote a table that is gone hold nothing."""
    import polars as pl

    tables = pl.col("stage").map_elements(stage_table, pl.String)
    is_gone = (pl.col("lance_version") > 0) & ~tables.is_in(list(present))
    holds = pl.when(is_gone & (pl.col("data_version") != "")).then(pl.lit(TABLE_GONE))
    return records.with_columns(data_version=holds.otherwise("data_version"))


def _why(
    stage: str,
    known: Mapping[str, Mapping[str, Any]],
    before: Sequence[str],
    stale_before: Collection[str],
    wanted: Mapping[str, object],
) -> str | None:
    row = known.get(stage)
    if row is None or (not row["data_version"] and not row["code_version"]):
        return "never"
    if not row["data_version"]:
        return "unfinished"
    if row["data_version"] == TABLE_GONE:
        return "table"
    if row["code_version"] != CODE_VERSIONS[stage_kind(stage)]:
        return "code"
    other = _made_with_others(stage, row, wanted)
    if other is not None:
        return other
    if any(name in stale_before for name in before):
        return "inputs"
    made_from = json.loads(row["inputs"])
    current = {name: known[name]["data_version"] if name in known else "" for name in before}
    return "inputs" if made_from != current else None


def is_made_otherwise(row: Mapping[str, Any], stage: str, settings: Mapping[str, object]) -> bool:
    """Whether a record is of other code or other settings: then nothing of its stage is kept.

    Also where the stage was only begun since: the record is of the time before. Vectors are made
    by the code of their encoder, which its fingerprint names: of newer code here they are kept.
    """
    if not row["code_version"]:
        return False
    kind = stage_kind(stage)
    if kind != "embeddings" and row["code_version"] != CODE_VERSIONS[kind]:
        return True
    recorded: Mapping[str, object] = json.loads(row["parameters"] or "{}").get(SETTINGS, {})
    return recorded != settings


def _made_with_others(
    stage: str, row: Mapping[str, Any], wanted: Mapping[str, object]
) -> str | None:
    """Return ``parameters``, ``weights`` or, for what it is made of, ``inputs``; None: the same."""
    recorded = json.loads(row["parameters"] or "{}")
    kind = stage_kind(stage)
    for name in ("weights", "fingerprint"):
        # An earlier release recorded none; of weights that are not there, nothing is known.
        if name in wanted and recorded.get(name) and recorded[name] != wanted[name]:
            return "weights" if kind == "embeddings" else "inputs"
    before, now = recorded.get(SETTINGS, {}), wanted.get(SETTINGS)
    if not isinstance(now, Mapping) or before == now:
        return None
    own = [name for name in {*before, *now} if name.startswith(f"{kind}.")]
    return "parameters" if any(before.get(name) != now.get(name) for name in own) else "inputs"


def _write(project: Project, row: Mapping[str, object]) -> None:
    import pyarrow as pa

    from panoptic_data.storage.schema import arrow

    project.database().upsert("stages", pa.Table.from_pylist([row], schema=arrow("stages")))


def _append(project: Project, row: Mapping[str, object]) -> None:
    import pyarrow as pa

    from panoptic_data.storage.schema import arrow

    table = pa.Table.from_pylist([{"id": uuid.uuid4().hex, **row}], arrow("materializations"))
    project.database().append("materializations", table)


def _changes_last(project: Project, row: Mapping[str, object]) -> bool:
    """Whether a record is of other data, or of other code, than the last one of its stage."""
    last = materializations(project, str(row["stage"])).head(1).to_dicts()
    made = ("data_version", "code_version")
    return not last or any(last[0][name] != row[name] for name in made)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
