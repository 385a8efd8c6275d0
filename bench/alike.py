"""Groups of alike images by one cosine for a family of encoders, and by the limit of each corpus.

    python -m bench.duplicates alike

Beside the corpora of ``bench.corpora``: 240 pages of text of one hand, 40 of them copies of others
(JPEG 85), alone and beside 1,000 photographs. What is right is known of these and of neardup.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from bench import corpora
from panoptic_data.duplicates import detect
from panoptic_data.ingest import images, sources
from panoptic_data.storage.project import Project, create_project
from panoptic_data.vectors import embeddings, neighbours, spread
from tests import text_pages

__all__ = ["print_table"]

ENCODERS = ("mobilenet", "tiny-clip", "visual")
PAGES, COPIES = 200, 40
# The first letters of a file's name that all versions of one picture share.
SHARED = {"neardup": 3, "pages": len("page_000"), "pages, photographs": len("page_000")}


@dataclass(frozen=True)
class _Grouped:
    """Groups, images in the largest, pairs in groups; of these those of one picture, if known."""

    groups: int
    largest: int
    pairs: int
    right: int | None

    def __str__(self) -> str:
        right = "?" if self.right is None else f"{self.right:,}"
        return f"{self.groups} / {self.largest} / {right} of {self.pairs:,}"


def print_table(_sizes: list[int]) -> None:
    """Print one row a corpus and encoder: groups / images in the largest / right of all pairs."""
    print("\n| corpus | encoder | usual limit | groups | limit here | groups |")
    print("| --- | --- | ---: | --- | ---: | --- |")
    for name, project in _projects():
        for encoder in ENCODERS:
            spec = corpora.specs()[encoder]
            embeddings.update(project, spec, "bench")
            neighbours.update(project, spec.slug, "bench")
            usual = detect.SIMILARITY[spec.family]
            files = project.database().frame("files", ["sha1", "path"], "status = 'ok'")
            limits = (spread.Limit(usual), spread.limit(project, spec.slug, usual))
            before, after = (
                _grouped(name, files, detect._semantic(project, spec.slug, files, limit))
                for limit in limits
            )
            print(
                f"| {name} | {encoder} | {usual} | {before} | {limits[1].threshold:.4f} "
                f"| {after} |",
                flush=True,
            )


def _projects() -> Iterator[tuple[str, Project]]:
    folder = corpora.CACHE / "text-pages"
    if not folder.is_dir():
        text_pages.write(folder, PAGES, again=COPIES)
    for name in ("pages", "pages, photographs"):
        project = create_project(corpora.CACHE / name.replace(", ", "-"))
        images.ingest(project, sources.add(project, folder), "bench")
        if name != "pages":
            photographs = corpora.DATA / corpora.FOLDERS["clothing-1k"]
            images.ingest(project, sources.add(project, photographs), "bench")
        yield name, project
    for name in ("clothing-1k", "usda", "neardup"):
        yield name, corpora.corpus(name)


def _grouped(name: str, files: pl.DataFrame, rows: pl.DataFrame) -> _Grouped:
    """Count what was grouped."""
    members = rows.join(files.unique("sha1"), on="sha1")
    pairs = _count_pairs(members, "group")
    sizes = members.group_by("group").len()["len"]
    right = None
    if name in SHARED:
        file = pl.col("path").str.replace(r"^.*/", "")
        members = members.with_columns(picture=file.str.slice(0, SHARED[name]))
        right = _count_pairs(members, "group", "picture")
    return _Grouped(len(sizes), int(sizes.max() or 0), pairs, right)  # type: ignore[arg-type]


def _count_pairs(rows: pl.DataFrame, *columns: str) -> int:
    sizes = rows.group_by(columns).len()["len"].cast(pl.Int64)
    return int((sizes * (sizes - 1) // 2).sum())
