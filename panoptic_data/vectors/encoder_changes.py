"""Add, move and remove the encoders of a project: what goes and what stays.

Weights that were moved are recognised by their content, so that their vectors go on serving. Not
here: whether an encoder can embed now (``encoder_state``), reading its text (``encoders``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from panoptic_data import encoders
from panoptic_data.encoders import EncoderSpec, content
from panoptic_data.errors import OtherWeights, UnknownEncoder, UsageError, WeightsUnavailable
from panoptic_data.messages import terminal_language, translate
from panoptic_data.provenance import runs, stages
from panoptic_data.storage.project import Project, add_encoder, open_project, set_encoders
from panoptic_data.storage.schema import TABLES, table_name
from panoptic_data.vectors import encoder_state

__all__ = [
    "Addition",
    "Removal",
    "add",
    "find",
    "recognise",
    "relink",
    "removal",
    "remove",
    "require_makeable",
]

# The ``what`` of the run that removes an encoder.
REMOVE = "remove encoder"


@dataclass(frozen=True)
class Addition:
    """What adding an encoder did: ``way`` is added, moved (its weights), copy or known."""

    project: Project
    spec: EncoderSpec
    way: str


@dataclass(frozen=True)
class Removal:
    """What removing an encoder takes away: its vectors, and the tables that are there."""

    spec: EncoderSpec
    vectors: int
    tables: tuple[str, ...]


def find(project: Project, name: str) -> EncoderSpec:
    """Return the encoder of this text or slug: the project's, or one half removed.

    Raises UnknownEncoder.
    """
    rows = project.database().frame("encoders", ["text"])["text"].sort().to_list()
    specs = [encoders.parse(text) for text in (*project.encoders, *rows)]
    for spec in specs:
        if name in (spec.slug, spec.text):
            return spec
    try:
        slug = encoders.parse(name).slug
    except UnknownEncoder:
        slug = ""
    match = next((spec for spec in specs if spec.slug == slug), None)
    if match is not None:
        return match
    raise UnknownEncoder(name=name, known=", ".join(project.encoders) or "–")


def add(project: Project, text: str, *, first: bool = False) -> Addition:
    """Add an encoder, or see that the project has it: by its text or by its weights' content.

    Weights that the project knows at a path where they no longer lie were moved: the encoder keeps
    its slug and its vectors. Raises UnknownEncoder and UnknownEncoderOption; UsageError where its
    weights should lie on this machine and do not.
    """
    spec = encoders.parse(text)
    if spec.slug in _slugs(project):
        return Addition(project, spec, "known")
    require_makeable(spec)
    row = _twin(project, spec)
    if row is None:
        return Addition(add_encoder(project, spec.text, first=first), spec, "added")
    before = encoders.parse(row["text"])
    if _lies_there(before) and before.slug in _slugs(project):
        return Addition(project, before, "copy")
    moved = encoders.kept(spec, row["slug"])
    return Addition(_placed(project, moved, row, first=first), moved, "moved")


def require_makeable(spec: EncoderSpec) -> None:
    """Raise UnknownEncoder or UsageError where no such model, weights or local file exists.

    Whether the hub can be reached is not asked. Imports the library of a model that is not in
    ``encoders.KNOWN``: seconds.
    """
    if spec.local_path is not None and not spec.local_path.exists():
        text = translate("encoder.nothing_there", terminal_language(), path=spec.local_path)
        raise UsageError(problem=text)
    is_named_elsewhere = spec.family == "clip" and (spec.local_path or "hf-hub:" in spec.model)
    if spec not in encoders.KNOWN and not is_named_elsewhere:
        encoders.validate(spec)


def recognise(project: Project) -> Project:
    """Return the project with encoders whose weights were moved under the slugs they had."""
    for text in project.encoders:
        spec = encoders.parse(text)
        row = _twin(project, spec)
        if row is None:
            continue
        before = encoders.parse(row["text"])
        if before.slug in _slugs(project) and _lies_there(before):
            # Two copies that a person listed.
            continue
        left = tuple(other for other in project.encoders if other != text)
        replaced = before.slug in {encoders.parse(other).slug for other in left}
        moved = encoders.kept(spec, row["slug"])
        kept = left if replaced else tuple(moved.text if o == text else o for o in project.encoders)
        project = _placed(set_encoders(project, kept), moved, row)
    return project


def relink(project: Project, name: str, path: Path) -> Project:
    """Give the path where an encoder's weights lie now; nothing is computed again.

    Raises UnknownEncoder, WeightsUnavailable where nothing lies there, OtherWeights where others
    do.
    """
    spec = find(project, name)
    if spec.local_path is None:
        raise UnknownEncoder(name=name, known=", ".join(_with_paths(project)) or "–")
    moved = encoders.at_path(spec, path)
    if not _lies_there(moved):
        raise WeightsUnavailable(spec.text, "absent", str(moved.local_path))
    row = encoder_state.row_of(project, spec)
    if row.get("fingerprint") and not _is_same(moved, row):
        count = project.database().count(table_name("embeddings", spec.slug))
        text = replace(moved, kept_slug="").text
        raise OtherWeights(path=moved.local_path, encoder=spec.text, count=count, text=text)
    return _placed(project, moved, row)


def removal(project: Project, name: str) -> Removal:
    """Return what removing an encoder would take away. Raises UnknownEncoder."""
    spec = find(project, name)
    database = project.database()
    there = database.names()
    names = (table_name(table.name, spec.slug) for table in TABLES.values() if table.per_encoder)
    tables = tuple(name for name in names if name in there)
    return Removal(spec, database.count(table_name("embeddings", spec.slug)), tables)


def remove(project: Project, name: str) -> Project:
    """Remove an encoder with all that was computed with it. Raises UnknownEncoder, ProjectBusy.

    Its weights are not touched. Killed meanwhile, it can be removed again.
    """
    planned = removal(project, name)
    slug = planned.spec.slug
    with runs.start(project, REMOVE, {"encoder": planned.spec.text}):
        # First, so that no run computes again what goes; its row last, by which it is found again.
        project = open_project(project.root)
        left = tuple(t for t in project.encoders if encoders.parse(t).slug != slug)
        project = set_encoders(project, left)
        database = project.database()
        for table in planned.tables:
            database.drop(table)
        similar = database.read("duplicates", ["member"], f"kind = 'semantic:{slug}'")
        database.delete("duplicates", similar["member"].to_pylist())
        database.delete("stages", _stages_of(project, slug))
        database.delete("encoders", [slug])
    return project


def _slugs(project: Project) -> set[str]:
    return {encoders.parse(text).slug for text in project.encoders}


def _with_paths(project: Project) -> Iterator[str]:
    return (text for text in project.encoders if encoders.parse(text).local_path is not None)


def _lies_there(spec: EncoderSpec) -> bool:
    return spec.local_path is not None and spec.local_path.exists()


def _twin(project: Project, spec: EncoderSpec) -> dict[str, Any] | None:
    """Return the row of the encoder that has this model and these weights under another path."""
    if not _lies_there(spec) or encoder_state.row_of(project, spec).get("fingerprint"):
        return None
    rows = project.database().frame("encoders").sort("slug").to_dicts()
    alike = [row for row in rows if row["slug"] != spec.slug and _is_alike(spec, row)]
    return next((row for row in alike if _is_same(spec, row)), None)


def _is_alike(spec: EncoderSpec, row: dict[str, Any]) -> bool:
    """Whether only the path differs, as far as the texts say."""
    other = encoders.parse(row["text"])
    if not row["fingerprint"] or other.local_path is None:
        return False
    return encoders.at_path(encoders.kept(other, row["slug"]), spec.local_path or Path()) == (
        encoders.kept(spec, row["slug"])
    )


def _is_same(spec: EncoderSpec, row: dict[str, Any]) -> bool:
    """Whether the weights of ``spec`` are those that made the vectors of this row."""
    assert spec.local_path is not None
    try:
        if row["weights"] == content.read(spec.local_path).digest:
            return True
        # A release that kept no content, or a file beside the weights that differs.
        if row["weights"] and not spec.local_path.is_dir():
            return False
        return bool(encoders.load(spec, dtype="float32", batch=1).fingerprint == row["fingerprint"])
    except (OSError, WeightsUnavailable):
        return False


def _placed(
    project: Project, moved: EncoderSpec, row: dict[str, Any], *, first: bool = False
) -> Project:
    """Save the text with the new path in the settings and in the table."""
    if row:
        # The stamp is of the file at the old path.
        encoder_state.write_row(project, moved, row["run"], {**row, "weights_stamp": None})
    texts = [moved.text if encoders.parse(t).slug == moved.slug else t for t in project.encoders]
    if moved.text not in texts:
        texts.insert(0 if first else len(texts), moved.text)
    return set_encoders(project, tuple(texts))


def _stages_of(project: Project, slug: str) -> Sequence[str]:
    kinds = ("embeddings", *stages.PER_ENCODER)
    names = stages.latest(project)["stage"].to_list()
    return [name for name in names if name.split("/")[:2] in [[kind, slug] for kind in kinds]]
