"""What is known of a corpus version without asking a person: the facts that every description uses.

Not here: what a person says (``description``), how each format says it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from panoptic_data.annotations.store import annotations_of
from panoptic_data.encoders.spec import parse
from panoptic_data.errors import PanopticError
from panoptic_data.versions.deposit import local_paths
from panoptic_data.versions.deposit.splits import Splits, splits_of

if TYPE_CHECKING:
    from panoptic_data.annotations.state import State
    from panoptic_data.storage.project import Project
    from panoptic_data.storage.tables import Database
    from panoptic_data.versions.deposit.local_paths import LocalPaths
    from panoptic_data.versions.record import CorpusVersion

__all__ = ["EncoderFacts", "Facts", "PropertyFacts", "RunFacts", "facts_of"]


@dataclass(frozen=True)
class PropertyFacts:
    """A property: how many images or files have a value, how many ``tags`` it has."""

    name: str
    type: str
    target: str
    count: int
    tags: int
    names: tuple[str, ...]


@dataclass(frozen=True)
class EncoderFacts:
    """An encoder that was ready; ``kind`` is visual, clip or timm.

    ``text`` names no path; ``weights`` is the hash of local ones, None for those of the hub.
    """

    slug: str
    label: str
    kind: str
    text: str
    dim: int | None
    fingerprint: str
    weights: str | None
    images: int


@dataclass(frozen=True)
class RunFacts:
    """A run that made rows of the version; ``stages`` are what it made last."""

    id: str
    what: str
    who: str
    started_at: datetime
    finished_at: datetime | None
    code_version: str
    parameters: str
    stages: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """What a version holds.

    ``formats``: format → images. ``years``: first and last year of dates in the files, None where
    there is none. ``authors``: who annotated → values. ``sources``: names.
    """

    version: CorpusVersion
    project: str
    sources: tuple[str, ...]
    formats: Mapping[str, int]
    years: tuple[int, int] | None
    without_date: int
    without_location: int
    pixels: tuple[int, int]
    unreadable: int
    missing: int
    duplicates: Mapping[str, int]
    excluded: int
    properties: tuple[PropertyFacts, ...]
    encoders: tuple[EncoderFacts, ...]
    runs: tuple[RunFacts, ...]
    authors: Mapping[str, int]
    splits: Splits | None = None

    @property
    def images(self) -> int:
        """How many images there are."""
        return int(self.version.counts["images"])


def facts_of(opened: Project, version: CorpusVersion) -> Facts:
    """Return the facts of a version, without paths; ``opened`` is the project at it."""
    database = opened.database()
    paths = local_paths.of_project(opened)
    version = paths.in_version(version)
    state = annotations_of(opened).state()
    columns = ["format", "width", "height", "taken_at", "lat"]
    images = database.frame("images", columns)
    years = images["taken_at"].dt.year().drop_nulls()
    sides = images.select(pl.max_horizontal("width", "height")).to_series().drop_nulls()
    files = version.counts["files"]
    return Facts(
        version=version,
        project=opened.name,
        sources=tuple(sorted(database.read("sources", ["name"])["name"].to_pylist())),
        formats=_counted(images["format"]),
        years=(int(years.min()), int(years.max())) if len(years) else None,  # type: ignore[arg-type]
        without_date=images["taken_at"].null_count(),
        without_location=images["lat"].null_count(),
        pixels=(int(sides.min()), int(sides.max())) if len(sides) else (0, 0),  # type: ignore[arg-type]
        unreadable=int(files["unreadable"]),
        missing=int(files["missing"]),
        duplicates=version.counts["duplicates"],
        excluded=state.excluded.frame().height,
        properties=tuple(_properties(state)),
        encoders=tuple(_encoders(database, version)),
        runs=tuple(_runs(database, version, paths)),
        authors=_authors(state),
        splits=splits_of(state),
    )


def _counted(values: pl.Series) -> dict[str, int]:
    counts = values.drop_nulls().value_counts().sort("count", values.name, descending=[True, False])
    return dict(counts.iter_rows())


def _properties(state: State) -> list[PropertyFacts]:
    rows = []
    for prop in state.live_properties:
        tags = state.tags_of(prop.id)
        count = state.values(prop.id)["target"].n_unique()
        names = tuple(tag.name for tag in tags)
        rows.append(PropertyFacts(prop.name, prop.type, prop.target, count, len(tags), names))
    return rows


def _encoders(database: Database, version: CorpusVersion) -> list[EncoderFacts]:
    rows = []
    for slug, encoder in version.encoders.items():
        if encoder.get("status") != "ready":
            continue
        text = str(encoder["text"])
        label, kind, text = _described(text)
        fingerprint = str(encoder.get("fingerprint") or "")
        images = database.count(f"embeddings__{slug}")
        dim, weights = encoder.get("dim"), encoder.get("weights")
        rows.append(EncoderFacts(slug, label, kind, text, dim, fingerprint, weights, images))
    return rows


def _described(text: str) -> tuple[str, str, str]:
    """Return an encoder's label, kind, and text; without options where its weights are local."""
    try:
        spec = parse(text)
    except PanopticError:
        return text, text, text
    kind = text.partition(":")[0]
    if spec.local_path is not None:
        text = f"{kind}:{spec.local_path.name}"
    return spec.label, kind, text


def _runs(database: Database, version: CorpusVersion, paths: LocalPaths) -> list[RunFacts]:
    by_run: dict[str, list[str]] = {}
    for stage, made in version.stages.items():
        by_run.setdefault(str(made["run"]), []).append(stage)
    rows = paths.in_table(database.take("runs", version.runs)).to_pylist()
    return [_run(row, by_run) for row in sorted(rows, key=lambda row: row["started_at"])]


def _run(row: Mapping[str, Any], by_run: Mapping[str, list[str]]) -> RunFacts:
    return RunFacts(
        id=row["run"],
        what=row["what"],
        # The name of the machine is nobody's business.
        who=str(row["who"]).partition("@")[0],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        code_version=row["code_version"],
        parameters=json.dumps(json.loads(row["parameters"] or "{}"), sort_keys=True),
        stages=tuple(sorted(by_run.get(row["run"], ()))),
    )


def _authors(state: State) -> dict[str, int]:
    authors = [pl.Series("author", [], pl.String)]
    authors += [
        held.frame()["author"]
        for id, held in state.values_by_property.items()
        if id not in state.properties or not state.properties[id].deleted
    ]
    return _counted(pl.concat(authors))
