"""``panoptic search``: find images by words, by pictures, or by both together."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.language import say, terminal_language
from panoptic_data import expressions
from panoptic_data import project as projects
from panoptic_data.errors import TextNotSupported, UsageError, weights_cause
from panoptic_data.expressions import Expression
from panoptic_data.project import Project

if TYPE_CHECKING:
    from PIL.Image import Image

    from panoptic_data.search import Hit
    from panoptic_data.views import View

__all__ = ["run"]

_WEB = re.compile(r"https?://", re.IGNORECASE)
# As large as encoders look at.
_SIDE = 512


def run(chosen: argparse.Namespace) -> int:
    """Print the most similar images, best first: similarity, percentile and path."""
    project = projects.open_project(chosen.project)
    query = _query(chosen.query)
    # Brings lancedb: what cannot be read is told before.
    from panoptic_data import search

    slug = _encoder(project, chosen.encoder, query)
    hits = search.find(project, query, slug, _view(project, chosen.view), chosen.k)
    found = _rows(project, hits)
    if chosen.json:
        said = str(query) if isinstance(query, Expression) else chosen.query
        answer = {"encoder": slug, "query": said, "results": found}
        print(json.dumps(answer, ensure_ascii=False))
        return 0
    for row in found:
        rank = "" if row["percentile"] is None else f"{row['percentile']:6.2f} %"
        print(f"{row['similarity']:.6f}  {rank:>8}  {row['path']}")
    if not found:
        print(say("search_none"))
    return 0


def _query(text: str) -> Expression | Image:
    """Read what is searched for: the path of a picture, its address on the web, or a search."""
    path = Path(text).expanduser()
    if _is_picture(path):
        return _opened(path.read_bytes())
    if _WEB.match(text):
        from panoptic_data import remote

        return _opened(remote.fetch(text))
    return expressions.parse(text)


def _opened(data: bytes) -> Image:
    from panoptic_data.decode import open_image

    return open_image(data, short_side=_SIDE)


def _is_picture(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        # A sentence can be too long, or hold a NUL, for a file's name.
        return False


def _encoder(project: Project, asked: str | None, query: Expression | Image) -> str:
    """Return the encoder to search with; say what is missing where none reads words."""
    from panoptic_data import search

    reads_text = isinstance(query, Expression) and query.reads_text
    try:
        return search.encoder_for(project, reads_text=reads_text, asked=asked)
    except TextNotSupported as error:
        rows = project.database().frame("encoders", ["status", "cause"]).to_dicts()
        causes = [row["cause"] for row in rows if row["status"] == "waiting"]
        why = say("search_needs_text_none")
        if causes:
            why = weights_cause(str(causes[0]), terminal_language())
        raise UsageError(problem=say("search_needs_text", why=why)) from error


def _view(project: Project, text: str | None) -> View | None:
    if text is None:
        return None
    from app.commands import query
    from panoptic_data import catalogue

    return query.read(text, catalogue.get(project, fresh=True))


def _rows(project: Project, hits: Sequence[Hit]) -> list[dict[str, Any]]:
    from panoptic_data import sources

    roots = {source.name: source.root for source in sources.listing(project)}
    wanted = ", ".join(f"'{hit.sha1}'" for hit in hits) or "''"
    columns = ["sha1", "source", "path"]
    files = project.database().frame("files", columns, f"status = 'ok' AND sha1 IN ({wanted})")
    first: dict[str, str] = {}
    for row in files.sort("source", "path").to_dicts():
        first.setdefault(row["sha1"], str(roots[row["source"]] / row["path"]))
    return [
        {
            "sha1": hit.sha1,
            "similarity": hit.similarity,
            "percentile": hit.percentile,
            "path": first.get(hit.sha1),
        }
        for hit in hits
    ]
