"""Move, rename and remove a source: what a person does to one that is registered.

Not here: registering one (``sources``), reading its files (``images``).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from panoptic_data.errors import FolderLooksMoved, PanopticError, UsageError
from panoptic_data.ingest import images, sources
from panoptic_data.ingest.presence import Presence
from panoptic_data.ingest.scan import GONE, read_file
from panoptic_data.ingest.sources import Source
from panoptic_data.media import hashes
from panoptic_data.messages import terminal_language, translate
from panoptic_data.provenance import runs
from panoptic_data.storage.project import Project
from panoptic_data.storage.schema import arrow
from panoptic_data.storage.sql import literal

__all__ = [
    "Comparison",
    "Removal",
    "add",
    "compare",
    "finish_renames",
    "moved_source",
    "preview_removal",
    "relink",
    "remove",
    "rename",
]

# Files that are looked for by path and size, and those of them that are read.
SAMPLED = 60
READ = 3
# Of a folder that was moved most files are where they were: some may have changed since.
SAME_SHARE = 0.8


Follow = Callable[[str, str], None]


def _nothing(_old: str, _new: str) -> None:
    pass


@dataclass(frozen=True)
class Comparison:
    """How many of the ``sampled`` files of a source a folder holds, by path, size and content."""

    sampled: int
    present: int

    @property
    def is_same(self) -> bool:
        """Whether the folder holds what the source held."""
        return self.present > 0 and self.present >= SAME_SHARE * self.sampled


@dataclass(frozen=True)
class Removal:
    """What goes when a source is removed.

    ``files`` are its rows, ``leaving`` the sha1s of images that no other source holds,
    ``staying`` how many images others hold too.
    """

    files: int
    leaving: tuple[str, ...]
    staying: int


def add(
    project: Project, folder: str | Path, name: str | None = None, *, is_new: bool = False
) -> Source:
    """Register a folder as ``sources.add`` does, unless it seems to be a source that was moved.

    Raises what ``sources.add`` raises, and FolderLooksMoved unless ``is_new``.
    """
    root = Path(folder).expanduser().resolve()
    moved = None if is_new else moved_source(project, root)
    if moved is not None:
        raise FolderLooksMoved(path=root, source=moved.name, other=moved.root)
    return sources.add(project, root if root.is_dir() else folder, name)


def moved_source(project: Project, folder: Path) -> Source | None:
    """Return the source that is away and whose files this folder holds; None if there is none."""
    listing = sources.listing(project)
    if not folder.is_dir() or any(source.root == folder for source in listing):
        return None
    absent = [source for source in listing if not source.root.is_dir() or source.presence.vanished]
    return next((s for s in absent if compare(project, s, folder).is_same), None)


def compare(project: Project, source: Source, folder: Path) -> Comparison:
    """Look for some files of a source in a folder: by path and size, and three by content."""
    sample = _sample(project, source)
    at_new = replace(source, root=folder)
    present = [row for row in sample if _has_size(at_new, row)]
    smallest = sorted(present, key=lambda row: (row["size"], row["path"]))[:READ]
    if not all(_has_content(at_new, row) for row in smallest):
        return Comparison(len(sample), 0)
    return Comparison(len(sample), len(present))


def relink(project: Project, name: str, folder: str | Path) -> Source:
    """Say where the folder of a source is now; return the source.

    Nothing is computed again: files of the same path, size and time are not even read. Raises
    UnknownSource, FolderNotFound, FolderOverlaps, FolderHoldsProject.
    """
    root = sources.existing_folder(folder)
    with sources.locked(project):
        (source,) = sources.select(project, [name])
        others = [other for other in sources.listing(project) if other.name != name]
        sources.check_root(project, root, others)
        moved = replace(source, root=root, presence=Presence())
        sources.save(project, moved)
    return moved


def rename(project: Project, name: str, new_name: str, follow: Follow = _nothing) -> Source:
    """Call a source otherwise; its files keep who they are, and nothing is computed again.

    ``follow`` gets the old name and the new one, and does the same to what names it elsewhere;
    called again, it must do no harm. Killed at any moment, the next run finishes it. Raises
    UnknownSource, UsageError (the name is taken, or has no letter or digit), ProjectBusy.
    """
    if not any(sign.isalnum() or sign == "_" for sign in new_name):
        raise UsageError(
            problem=translate("sources.name_empty", terminal_language(), name=new_name)
        )
    with runs.start(project, "rename", {"source": name, "name": new_name}):
        finish_renames(project, follow)
        with sources.locked(project):
            (source,) = sources.select(project, [name])
            others = [other for other in sources.listing(project) if other.name != name]
            wanted = sources.unique_name(new_name, [])
            if any(other.name.casefold() == wanted.casefold() for other in others):
                text = translate("sources.name_taken", terminal_language(), name=wanted)
                raise UsageError(problem=text)
            if wanted == name:
                return source
            noted = replace(source.presence, renamed_from=name)
            sources.save(project, replace(source, name=wanted, presence=noted))
        finish_renames(project, follow)
    return next(source for source in sources.listing(project) if source.name == wanted)


def finish_renames(project: Project, follow: Follow = _nothing) -> None:
    """Rename the rows of sources whose renaming was not finished; the caller holds the run.

    ``follow`` as for ``rename``.
    """
    for source in sources.listing(project):
        old = source.presence.renamed_from
        if not old:
            continue
        _rename_files(project, old, source.name)
        _rename_stages(project, old, source.name)
        follow(old, source.name)
        with sources.locked(project):
            project.database().delete("sources", [old])
            sources.save(
                project, replace(source, presence=replace(source.presence, renamed_from=""))
            )


def preview_removal(project: Project, name: str) -> Removal:
    """Return what goes and what stays when a source is removed. Raises UnknownSource."""
    sources.select(project, [name])
    files = project.database().frame("files", ["source", "sha1", "status"])
    known = files.filter(pl.col("sha1").is_not_null() & (pl.col("status") != "purged"))
    own = known.filter(pl.col("source") == name)
    held = known.filter(pl.col("source") != name).get_column("sha1")
    sha1s = own.get_column("sha1").unique().sort()
    stored = project.database().frame("images", ["sha1"]).get_column("sha1")
    sha1s = sha1s.filter(sha1s.is_in(stored.implode()))
    leaving = sha1s.filter(~sha1s.is_in(held.implode()))
    return Removal(own.height, tuple(leaving.to_list()), len(sha1s) - len(leaving))


def remove(project: Project, name: str) -> Removal:
    """Forget a source, its files, and the images that no other source holds; return what went.

    Nothing on the disk is touched. Values that people set stay in the log: should the folder be
    added again they are back. Killed at any moment, it is finished by calling it again or by the
    next run. Raises UnknownSource, ProjectBusy.
    """
    removal = preview_removal(project, name)
    with runs.start(project, "remove", {"source": name}) as run:
        database = project.database()
        with sources.locked(project):
            database.delete("sources", [name])
        stages = database.read("stages", ["stage"])["stage"].to_pylist()
        database.delete(
            "stages", [stage for stage in stages if _renamed_stage(stage, name, "") != stage]
        )
        images.prune(project, run.id)
    return removal


def _sample(project: Project, source: Source) -> list[dict[str, Any]]:
    columns = ["path", "raw_path", "size", "sha1", "status"]
    rows = (
        project.database().frame("files", columns, f"source = {literal(source.name)}").sort("path")
    )
    known = rows.filter(~pl.col("status").is_in(GONE) & pl.col("sha1").is_not_null())
    return known.gather_every(max(1, known.height // SAMPLED)).head(SAMPLED).to_dicts()


def _has_size(source: Source, row: dict[str, Any]) -> bool:
    try:
        path = sources.absolute_path(source, row["path"], row["raw_path"])
        size: int = row["size"]
        return path.stat().st_size == size
    except (PanopticError, OSError, ValueError):
        return False


def _has_content(source: Source, row: dict[str, Any]) -> bool:
    try:
        content = read_file(sources.absolute_path(source, row["path"], row["raw_path"]))
    except (PanopticError, OSError, ValueError):
        return False
    sha1: str = row["sha1"]
    return hashes.sha1(content.data) == sha1


def _rename_files(project: Project, old: str, new: str) -> None:
    rows = project.database().read("files", where=f"source = {literal(old)}")
    if len(rows):
        column = rows.schema.get_field_index("source")
        names = pa.array([new] * len(rows), pa.string())
        rows = rows.set_column(column, "source", names).select(arrow("files").names)
        project.database().upsert("files", rows.cast(arrow("files")))


def _rename_stages(project: Project, old: str, new: str) -> None:
    """Rename the records of a source's stages, also as inputs of others: nothing is stale then."""
    database = project.database()
    rows = database.read("stages").to_pylist()
    names = {row["stage"]: _renamed_stage(row["stage"], old, new) for row in rows}
    renamed = []
    for row in rows:
        inputs = json.loads(row["inputs"] or "{}")
        made_of = {_renamed_stage(stage, old, new): version for stage, version in inputs.items()}
        text = json.dumps(made_of, ensure_ascii=False, sort_keys=True)
        if names[row["stage"]] != row["stage"] or made_of != inputs:
            renamed.append({**row, "stage": names[row["stage"]], "inputs": text})
    if renamed:
        schema = arrow("stages")
        rows_of_stage = [{name: row.get(name) for name in schema.names} for row in renamed]
        database.upsert("stages", pa.Table.from_pylist(rows_of_stage, schema=schema))
        database.delete("stages", [stage for stage, name in names.items() if stage != name])


def _renamed_stage(stage: str, old: str, new: str) -> str:
    kind, _, rest = stage.partition("/")
    if kind in ("files", "images") and rest == old:
        return f"{kind}/{new}"
    if kind == "embeddings" and rest.partition("/")[2] == old:
        return f"{kind}/{rest.partition('/')[0]}/{new}"
    return stage
