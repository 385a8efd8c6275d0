"""``panoptic search``: find images by words, by pictures, or by both together."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.session.language import say, terminal_language
from panoptic_data.errors import TextNotSupported, UsageError, weights_cause
from panoptic_data.storage.project import Project, open_project
from panoptic_data.views import search_expression
from panoptic_data.views.search_expression import Expression

if TYPE_CHECKING:
    from PIL.Image import Image

    from panoptic_data.search.compare import Comparison, Rank
    from panoptic_data.vectors.scores import Hit
    from panoptic_data.views.model import View

__all__ = ["run"]

_WEB = re.compile(r"https?://", re.IGNORECASE)
# As large as encoders look at.
_SIDE = 512


def run(chosen: argparse.Namespace) -> int:
    """Print the most similar images, best first: similarity, percentile and path.

    Under several encoders the rank of each image by each of them.
    """
    project = open_project(chosen.project)
    query = _query(chosen.query)
    # Brings lancedb: what cannot be read is told before.
    from panoptic_data.search.compare import compare
    from panoptic_data.search.find import find

    said = str(query) if isinstance(query, Expression) else chosen.query
    asked = list(dict.fromkeys(chosen.encoder or ()))
    slugs = list(dict.fromkeys(_encoder(project, one, query) for one in asked or [None]))
    view = _view(project, chosen.view)
    if len(slugs) > 1:
        told = compare(project, query, slugs, view, chosen.k)
        _print_compared(project, told, said if chosen.json else None)
        return 0
    [slug] = slugs
    found = _rows(project, find(project, query, slug, view, chosen.k))
    if chosen.json:
        answer = {"encoder": slug, "query": said, "results": found}
        print(json.dumps(answer, ensure_ascii=False))
        return 0
    for row in found:
        rank = "" if row["percentile"] is None else f"{row['percentile']:6.2f} %"
        print(f"{row['similarity']:.6f}  {rank:>8}  {row['path']}")
    if not found:
        print(say("search_none"))
    return 0


def _print_compared(project: Project, told: Comparison, said: str | None) -> None:
    """Print what several encoders find, their ranks beside each other.

    As JSON with what was ``said``, as a table without it.
    """
    first = _paths(project, [one.sha1 for one in told.images])
    if said is not None:
        rows = [
            {"sha1": one.sha1, "ranks": [rank and asdict(rank) for rank in one.ranks]}
            for one in told.images
        ]
        answer = {
            "encoders": told.encoders,
            "query": said,
            "common": told.common,
            "of": told.of,
            "results": [{**row, "path": first.get(str(row["sha1"]))} for row in rows],
        }
        print(json.dumps(answer, ensure_ascii=False))
        return
    for number, slug in enumerate(told.encoders, 1):
        print(f"{number}: {slug}")
    for one in told.images:
        ranks = "  ".join(map(_said_rank, one.ranks))
        print(f"{ranks}  {first.get(one.sha1)}")
    print(
        say("search_common", count=told.common, of=told.of) if told.images else say("search_none")
    )


def _said_rank(rank: Rank | None) -> str:
    if rank is None:
        return f"{'–':>7}  {'':8}"
    return f"{rank.rank:>7}  {rank.similarity:8.6f}"


def _query(text: str) -> Expression | Image:
    """Read what is searched for: the path of a picture, its address on the web, or a search."""
    path = Path(text).expanduser()
    if _is_picture(path):
        return _opened(path.read_bytes())
    if _WEB.match(text):
        from panoptic_data.media import download

        return _opened(download.fetch(text))
    return search_expression.parse(text)


def _opened(data: bytes) -> Image:
    from panoptic_data.media.decode import open_image

    return open_image(data, short_side=_SIDE)


def _is_picture(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        # A sentence can be too long, or hold a NUL, for a file's name.
        return False


def _encoder(project: Project, asked: str | None, query: Expression | Image) -> str:
    """Return the encoder to search with; say what is missing where none reads words."""
    from panoptic_data.search.request import encoder_for

    reads_text = isinstance(query, Expression) and query.reads_text
    try:
        return encoder_for(project, reads_text=reads_text, requested=asked)
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
    from panoptic_data.catalogue import registry

    return query.read(text, registry.get(project, fresh=True))


def _rows(project: Project, hits: Sequence[Hit]) -> list[dict[str, Any]]:
    first = _paths(project, [hit.sha1 for hit in hits])
    return [
        {
            "sha1": hit.sha1,
            "similarity": hit.similarity,
            "percentile": hit.percentile,
            "path": first.get(hit.sha1),
        }
        for hit in hits
    ]


def _paths(project: Project, sha1s: Sequence[str]) -> dict[str, str]:
    """Return the path of the first file of each image."""
    from panoptic_data.ingest import sources

    roots = {source.name: source.root for source in sources.listing(project)}
    wanted = ", ".join(f"'{sha1}'" for sha1 in sha1s) or "''"
    columns = ["sha1", "source", "path"]
    files = project.database().frame("files", columns, f"status = 'ok' AND sha1 IN ({wanted})")
    first: dict[str, str] = {}
    for row in files.sort("source", "path").to_dicts():
        first.setdefault(row["sha1"], str(roots[row["source"]] / row["path"]))
    return first
