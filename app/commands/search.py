"""``panoptic search``: find images by words or by a picture."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.language import say, terminal_language
from panoptic_data import project as projects
from panoptic_data.errors import NoEmbeddings, TextNotSupported, UsageError, weights_cause
from panoptic_data.project import Project

if TYPE_CHECKING:
    from panoptic_data.search import Hit

__all__ = ["run"]


def run(chosen: argparse.Namespace) -> int:
    """Print the nearest images, nearest first: similarity and path."""
    project = projects.open_project(chosen.project)
    picture = Path(chosen.query).expanduser()
    by_picture = _is_picture(picture)
    slug = _encoder(project, chosen.encoder, reads_text=not by_picture)
    found = (
        _by_picture(project, picture, slug, chosen.k)
        if by_picture
        else _by_text(project, chosen, slug)
    )
    if chosen.json:
        print(json.dumps({"encoder": slug, "results": found}, ensure_ascii=False))
        return 0
    for row in found:
        print(f"{row['similarity']:.4f}  {row['path']}")
    if not found:
        print(say("search_none"))
    return 0


def _is_picture(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        # A sentence can be too long, or hold a NUL, for a file's name.
        return False


def _encoder(project: Project, asked: str | None, *, reads_text: bool) -> str:
    from panoptic_data import encoders

    if asked:
        return encoders.parse(asked).slug
    database = project.database()
    rows = database.frame("encoders").to_dicts()
    order = [encoders.parse(text).slug for text in project.encoders]
    rows.sort(key=lambda row: order.index(row["slug"]) if row["slug"] in order else len(order))
    ready = [row for row in rows if row["status"] == "ready"]
    fit = [row["slug"] for row in ready if row["reads_text"] or not reads_text]
    if fit:
        return str(fit[0])
    if not ready:
        raise NoEmbeddings(encoder=", ".join(order))
    causes = [row["cause"] for row in rows if row["status"] == "waiting"]
    why = say("search_needs_text_none")
    if causes:
        why = weights_cause(str(causes[0]), terminal_language())
    raise UsageError(problem=say("search_needs_text", why=why)) from TextNotSupported(
        encoder=order[0]
    )


def _by_picture(project: Project, picture: Path, slug: str, k: int) -> list[dict[str, object]]:
    from panoptic_data import search
    from panoptic_data.decode import open_image

    image = open_image(picture.read_bytes(), short_side=512)
    return _rows(project, search.by_image(project, image, slug, k=k))


def _by_text(project: Project, chosen: argparse.Namespace, slug: str) -> list[dict[str, object]]:
    from panoptic_data import search

    return _rows(project, search.by_text(project, chosen.query, slug, k=chosen.k))


def _rows(project: Project, hits: Sequence[Hit]) -> list[dict[str, object]]:
    from panoptic_data import sources

    roots = {source.name: source.root for source in sources.listing(project)}
    wanted = ", ".join(f"'{hit.sha1}'" for hit in hits) or "''"
    columns = ["sha1", "source", "path"]
    files = project.database().frame("files", columns, f"status = 'ok' AND sha1 IN ({wanted})")
    first: dict[str, str] = {}
    for row in files.sort("source", "path").to_dicts():
        first.setdefault(row["sha1"], str(roots[row["source"]] / row["path"]))
    return [
        {"sha1": hit.sha1, "similarity": hit.similarity, "path": first.get(hit.sha1)}
        for hit in hits
    ]
