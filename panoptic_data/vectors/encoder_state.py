"""The table ``encoders``: which of a project's encoders can embed now, and whose the vectors are.

An encoder is its model, its preparation and the content of its weights: the path is only where
they lie. One whose weights cannot be had waits; its vectors serve all the same. Not here: embedding
(``embeddings``), adding, moving and removing encoders (``encoder_changes``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa

from panoptic_data import encoders
from panoptic_data.encoders import Encoder, EncoderSpec, content
from panoptic_data.encoders.content import Content
from panoptic_data.errors import UnknownEncoder, UnknownEncoderOption, WeightsUnavailable
from panoptic_data.storage.project import Project
from panoptic_data.storage.schema import arrow, table_name

__all__ = [
    "RECHECK_AFTER",
    "has_other_weights",
    "is_up_to_date",
    "load",
    "may_recheck",
    "prepare",
    "row_of",
    "weights_now",
    "write_row",
]

# A request to the hub costs seconds: not on every run of a machine that is offline.
RECHECK_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class _Weights:
    """How the weights compare with those that made the vectors: same, other, absent, unknown."""

    state: str
    content: Content | None = None


def prepare(
    project: Project, text: str, run: str, retry: bool = False
) -> tuple[EncoderSpec, Encoder | None, str | None]:
    """Make an encoder of the project ready, or return why it has to wait.

    Returns its spec; the encoder where it had to be loaded (None where nothing had to be
    checked); and the cause where its weights are unavailable, as the table ``encoders`` stores it
    (``errors.weights_cause`` formats it). A waiting encoder is tried again with ``retry`` or after
    an hour. Raises UnknownEncoder and UnknownEncoderOption where its text cannot be read.
    """
    spec = encoders.parse(text)
    row = row_of(project, spec)
    weights = _compare(spec, row)
    if _is_current(spec, row, weights):
        _keep_content(project, spec, run, row, weights.content)
        return spec, None, None
    if row.get("cause") and not retry and not may_recheck(spec, row):
        return spec, None, row["cause"]
    try:
        return spec, load(project, spec, run), None
    except WeightsUnavailable as error:
        return spec, None, error.cause


def row_of(project: Project, spec: EncoderSpec) -> dict[str, Any]:
    """Return the encoder's row of the table ``encoders``; empty where it has none."""
    rows = project.database().take("encoders", [spec.slug]).to_pylist()
    return dict(rows[0]) if rows else {}


def is_up_to_date(spec: EncoderSpec, row: dict[str, Any]) -> bool:
    """Whether the vectors are certainly this encoder's, decided without loading it."""
    return _is_current(spec, row, _compare(spec, row))


def has_other_weights(project: Project, spec: EncoderSpec) -> bool:
    """Whether other weights lie now where those lay that made the vectors."""
    row = row_of(project, spec)
    if not row.get("fingerprint"):
        return False
    if not str(row["fingerprint"]).startswith(encoders.code_version(spec)):
        return True
    return _compare(spec, row).state == "other"


def weights_now(project: Project, spec: EncoderSpec) -> str | None:
    """Return the digest of the local weights of an encoder as they lie there now.

    None where they are not local, not there, or were never loaded.
    """
    now = _compare(spec, row_of(project, spec)).content
    return now.digest if now else None


def may_recheck(spec: EncoderSpec, row: Mapping[str, Any]) -> bool:
    """Whether it is time to try again an encoder that waits."""
    if spec.local_path is not None and spec.local_path.exists():
        return True
    reason, _, detail = str(row["cause"] or "").partition(": ")
    if reason == "package" and find_spec(detail) is not None:
        # Installed since.
        return True
    return bool(datetime.now(UTC) - row["checked_at"] > RECHECK_AFTER)


def load(project: Project, spec: EncoderSpec, run: str) -> Encoder:
    """Load the encoder and record it, or why it waits; delete vectors of other weights.

    Raises WeightsUnavailable.
    """
    row = row_of(project, spec)
    same_device = row.get("device") == encoders.device_of(spec)
    dtype, batch = (row["dtype"], row["batch"]) if same_device else (None, None)
    try:
        encoder = encoders.warm(spec, dtype, batch)
    except (UnknownEncoder, WeightsUnavailable) as unmade:
        error = _unavailable(spec, unmade)
        write_row(project, spec, run, {**row, **_waiting(project, spec, error.cause)})
        raise error from unmade
    weights = _compare(spec, row)
    is_same = row.get("fingerprint") == encoder.fingerprint
    if is_same and same_device and _is_current(spec, row, weights):
        return encoder
    if row.get("fingerprint") is not None and not is_same:
        # Before the new fingerprint is written: after a kill in between it is emptied again.
        name = table_name("embeddings", spec.slug)
        project.database().replace(name, arrow(name, encoder.dim).empty_table())
    write_row(project, spec, run, {**_ready(encoder, row), **_content_columns(spec, weights)})
    return encoder


def _unavailable(
    spec: EncoderSpec, error: UnknownEncoder | WeightsUnavailable
) -> WeightsUnavailable:
    """Return the error of an encoder that waits; one of no known model waits like the others."""
    if isinstance(error, WeightsUnavailable):
        return error
    if isinstance(error, UnknownEncoderOption):
        return WeightsUnavailable(spec.text, "option", str(error.params["option"]))
    return WeightsUnavailable(spec.text, "unknown", spec.label)


def write_row(project: Project, spec: EncoderSpec, run: str, values: dict[str, Any]) -> None:
    """Write the encoder's row, checked now."""
    row = {
        "reads_text": spec.reads_text,
        **values,
        "slug": spec.slug,
        "text": spec.text,
        "checked_at": datetime.now(UTC),
        "run": run,
    }
    project.database().upsert("encoders", pa.Table.from_pylist([row], schema=arrow("encoders")))


def _is_current(spec: EncoderSpec, row: dict[str, Any], weights: _Weights) -> bool:
    if not row.get("fingerprint") or weights.state != "same":
        return False
    if not str(row["fingerprint"]).startswith(encoders.code_version(spec)):
        return False
    # That local weights are there again is seen; whether the hub answers again is to be tried.
    return not row["cause"] or spec.local_path is not None


def _compare(spec: EncoderSpec, row: dict[str, Any]) -> _Weights:
    if not row.get("fingerprint"):
        return _Weights("unknown")
    if spec.local_path is None:
        return _Weights("same")
    try:
        if row["weights"] and row["weights_stamp"] == content.stamp(spec.local_path):
            return _Weights("same", Content(row["weights"], row["weights_stamp"]))
        if row["weights"]:
            now = _read_once(spec.local_path)
            return _Weights("same" if now.digest == row["weights"] else "other", now)
        # A row of a release that kept no content.
        if encoders.weights_changed_at(spec) >= row["checked_at"].timestamp():
            return _Weights("unknown")
        return _Weights("same", content.read(spec.local_path))
    except OSError:
        return _Weights("absent")


# What was read of weights, by path and stamp.
_read: dict[tuple[Path, str], Content] = {}


def _read_once(path: Path) -> Content:
    """Read weights unless they are the same files: pages ask often, gigabytes take seconds."""
    key = (path, content.stamp(path))
    known = _read.get(key)
    if known is None:
        known = content.read(path)
        if known.stamp:
            _read[key] = known
    return known


def _keep_content(
    project: Project, spec: EncoderSpec, run: str, row: dict[str, Any], now: Content | None
) -> None:
    """Write that the weights are there, and their content, where the row says otherwise."""
    known = (row["weights"] or None, row["weights_stamp"] or None)
    seen = (now.digest, now.stamp or None) if now else (None, None)
    if row["status"] != "ready" or row["cause"] or known != seen or row["text"] != spec.text:
        columns = {"weights": seen[0], "weights_stamp": seen[1], "status": "ready", "cause": None}
        write_row(project, spec, run, {**row, **columns})


def _waiting(project: Project, spec: EncoderSpec, cause: str | None) -> dict[str, Any]:
    has_vectors = project.database().count(table_name("embeddings", spec.slug)) > 0
    return {"status": "ready" if has_vectors else "waiting", "cause": cause}


def _ready(encoder: Encoder, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "status": "ready",
        "dim": encoder.dim,
        "reads_text": encoder.reads_text,
        "fingerprint": encoder.fingerprint,
        "device": encoder.device,
        "dtype": encoder.dtype,
        "batch": encoder.batch,
        "rate": encoder.rate or row.get("rate"),
    }


def _content_columns(spec: EncoderSpec, weights: _Weights) -> dict[str, Any]:
    if spec.local_path is None:
        return {}
    try:
        now = weights.content or content.read(spec.local_path)
    except OSError:
        # Gone since it was loaded: the next run finds out.
        return {}
    return {"weights": now.digest, "weights_stamp": now.stamp or None}
