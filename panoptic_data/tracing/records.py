"""The records by which a row's run is explained: ``runs``, ``materializations``, ``stages``.

Not here: the rows that bear a run (``computed``), writing records (``provenance``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import polars as pl

from panoptic_data.provenance import stages
from panoptic_data.tracing.model import InputVersion, Origin
from panoptic_data.vectors import outdated

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["Records"]


class Records:
    """All stage records of a project, read once, and the runs as they are asked for."""

    def __init__(self, project: Project, slugs: Sequence[str]) -> None:
        self._project = project
        self._slugs = slugs
        self._runs: dict[str, dict[str, Any] | None] = {}

    def origin(self, run: str | None, stage: str, parts: bool = False) -> Origin | None:
        """Return what is known of the run that made a row of a stage; None without a run.

        With ``parts`` the stage is one part of several (sources): where the run has no record of
        this one, its record of another part counts if there is only that one.
        """
        if not run:
            return None
        row = self._run(run)
        known: dict[str, Any] = {
            "run": run,
            "at": row and row["started_at"],
            "what": row and row["what"],
            "who": row and row["who"],
            "code": row and row["code_version"],
            "dagster_runs": tuple((row and row["dagster_runs"]) or ()),
        }
        record = self._record(run, stage, parts)
        if record is None:
            is_stopped = row is not None and row["outcome"] != "done"
            after = self._finished_by(stage, known["at"]) if is_stopped else None
            return Origin(**known, finished_by=after)
        return Origin(**{**known, "at": record["at"]}, **self._of_record(record))

    def fit(self, stage: str, fit: str | None) -> Origin | None:
        """Return what is known of a fit by its id: of the first record that bears it."""
        if not fit:
            return None
        mark = f'"fit": "{fit}"'
        made = self._all.filter(
            (pl.col("stage") == stage) & pl.col("parameters").str.contains(mark, literal=True)
        )
        first = made.sort("at").head(1).to_dicts()
        return self.origin(first[0]["run"], stage) if first else None

    def last(self, stage: str) -> Origin | None:
        """Return what last recorded a stage, or the parts of one (``embeddings/clip/``)."""
        parts = pl.col("stage") == stage.rstrip("/")
        if stage.endswith("/"):
            parts = pl.col("stage").str.starts_with(stage)
        rows = self._all.filter(parts).sort("at", descending=True).head(1).to_dicts()
        return self.origin(rows[0]["run"], rows[0]["stage"]) if rows else None

    def stale_of_any(self, prefix: str) -> str | None:
        """Return why one of the parts of a stage is not up to date, None when all are."""
        return next((why for name, why in self._stale.items() if name.startswith(prefix)), None)

    def stale(self, stage: str) -> str | None:
        """Return why a stage is not up to date, None when it is."""
        return self._stale.get(stage)

    @cached_property
    def _stale(self) -> Mapping[str, str]:
        return outdated.listed(self._project, self._slugs)

    @cached_property
    def _all(self) -> pl.DataFrame:
        """All records: those that are kept of each stage, and the last of those that kept none."""
        kept = stages.materializations(self._project)
        last = self._project.database().frame("stages")
        # Marked as begun only: their columns are those of the run before.
        last = last.filter(pl.col("data_version") != "")
        return pl.concat([kept, last.join(kept, on=["stage", "run"], how="anti")], how="diagonal")

    def _run(self, run: str) -> dict[str, Any] | None:
        if run not in self._runs:
            rows = self._project.database().take("runs", [run]).to_pylist()
            self._runs[run] = rows[0] if rows else None
        return self._runs[run]

    def _record(self, run: str, stage: str, parts: bool) -> dict[str, Any] | None:
        of_run = self._all.filter(run=run).sort("at", descending=True)
        exact = of_run.filter(stage=stage).head(1).to_dicts()
        if exact:
            return exact[0]
        if not parts:
            return None
        # A source that was renamed has its records under its former name.
        prefix = stage.rpartition("/")[0] + "/"
        others = of_run.filter(pl.col("stage").str.starts_with(prefix)).to_dicts()
        return others[0] if len({row["stage"] for row in others}) == 1 else None

    def _finished_by(self, stage: str, since: Any) -> str | None:
        later = self._all.filter(stage=stage)
        if since is not None:
            later = later.filter(pl.col("at") >= since)
        runs = later.sort("at")["run"].to_list()
        return runs[0] if runs else None

    def _of_record(self, record: Mapping[str, Any]) -> dict[str, Any]:
        inputs = json.loads(record["inputs"] or "{}")
        return {
            "stage": record["stage"],
            "stage_code": record["code_version"],
            "data_version": record["data_version"],
            "table_version": record["lance_version"],
            "parameters": json.loads(record["parameters"] or "{}"),
            "inputs": tuple(
                self._input(stage, version, record["at"])
                for stage, version in sorted(inputs.items())
                if version
            ),
        }

    def _input(self, stage: str, data_version: str, before: Any) -> InputVersion:
        made = self._all.filter(
            (pl.col("stage") == stage)
            & (pl.col("data_version") == data_version)
            & (pl.col("at") <= before)
        )
        row = made.sort("at", descending=True).head(1).to_dicts()
        if not row:
            return InputVersion(stage, data_version)
        return InputVersion(stage, data_version, row[0]["lance_version"], row[0]["run"])
