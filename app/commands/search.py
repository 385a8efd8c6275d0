"""``panoptic search``: find images by words, by images, or by both together."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.commands.project_at import open_at
from app.session.language import cli_text, terminal_language
from panoptic_data.errors import NoEmbeddings, TextNotSupported, UnreadableImage, UsageError
from panoptic_data.media.formats import IMAGE_EXTENSIONS
from panoptic_data.messages import translate
from panoptic_data.storage.project import Project
from panoptic_data.storage.sql import literals
from panoptic_data.views import search_expression
from panoptic_data.views.search_expression import Expression

if TYPE_CHECKING:
    from PIL.Image import Image

    from panoptic_data.search.compare import Comparison, Rank
    from panoptic_data.vectors.scores import Hit
    from panoptic_data.views.model import View

__all__ = ["run"]

_WEB = re.compile(r"https?://", re.IGNORECASE)
_BEGINS_PATH = re.compile(r"(?:~|\.{1,2})?[/\\]|[a-z]:[/\\]", re.IGNORECASE)
# What only a search has: quotation marks, weights, names of kinds.
_OF_EXPRESSIONS = re.compile(r"[\"“«*×:]")
# The short side in pixels of a decoded image: encoders need no more.
_SIDE = 512


def run(args: argparse.Namespace) -> int:
    """Print the most similar images, best first: similarity, percentile and path.

    Under several encoders the rank of each image by each of them. What a run is making is
    said to be so.
    """
    project = open_at(args)
    try:
        return _search(project, args)
    except NoEmbeddings as error:
        from panoptic_data.vectors import in_making

        raise in_making.explained(project, error) from error


def _search(project: Project, args: argparse.Namespace) -> int:
    query = _query(args.query)
    # Loads lancedb, which takes seconds: a query that cannot be read is reported before.
    from panoptic_data.search.compare import compare
    from panoptic_data.search.find import find

    query_text = str(query) if isinstance(query, Expression) else args.query
    requested = dict.fromkeys(args.encoder or [None])
    slugs = list(dict.fromkeys(_encoder(project, encoder, query) for encoder in requested))
    view = _view(project, args.view)
    if len(slugs) > 1:
        comparison = compare(project, query, slugs, view, args.k)
        _print_comparison(project, comparison, query_text if args.json else None)
        return 0
    [slug] = slugs
    hits = find(project, query, slug, view, args.k)
    rows = _rows(project, hits)
    is_clear = hits[0].is_clear if hits else None
    if args.json:
        answer = {"encoder": slug, "query": query_text, "clear": is_clear, "results": rows}
        print(json.dumps(answer, ensure_ascii=False))
        return 0
    if is_clear is False:
        print(translate("like.unclear", terminal_language()), file=sys.stderr)
    for row in rows:
        rank = "" if row["percentile"] is None else f"{row['percentile']:6.2f} %"
        print(f"{row['similarity']:.6f}  {rank:>8}  {row['path']}")
    if not rows:
        print(cli_text("search_none"))
    return 0


def _print_comparison(project: Project, comparison: Comparison, query_text: str | None) -> None:
    """Print the results of several encoders, their ranks beside each other.

    As JSON where there is a ``query_text``, as a table without it.
    """
    first = _paths(project, [image.sha1 for image in comparison.images])
    if query_text is not None:
        rows = [
            {"sha1": image.sha1, "ranks": [rank and asdict(rank) for rank in image.ranks]}
            for image in comparison.images
        ]
        answer = {
            "encoders": comparison.encoders,
            "query": query_text,
            "common": comparison.common,
            "of": comparison.of,
            "clear": comparison.clear,
            "results": [{**row, "path": first.get(str(row["sha1"]))} for row in rows],
        }
        print(json.dumps(answer, ensure_ascii=False))
        return
    for number, slug in enumerate(comparison.encoders, 1):
        print(f"{number}: {slug}")
        if comparison.clear[number - 1] is False:
            print(f"{number}: {translate('like.unclear', terminal_language())}", file=sys.stderr)
    for image in comparison.images:
        ranks = "  ".join(map(_rank_text, image.ranks))
        print(f"{ranks}  {first.get(image.sha1)}")
    print(
        cli_text("search_common", count=comparison.common, of=comparison.of)
        if comparison.images
        else cli_text("search_none")
    )


def _rank_text(rank: Rank | None) -> str:
    if rank is None:
        return f"{'–':>7}  {'':8}"
    return f"{rank.rank:>7}  {rank.similarity:8.6f}"


def _query(text: str) -> Expression | Image:
    """Read a query: the path of an image, its address on the web, or a search expression."""
    path = Path(text).expanduser()
    if _is_image_file(path):
        return _open_image(path.read_bytes())
    if _WEB.match(text):
        from panoptic_data.media import download

        return _open_image(download.fetch(text))
    if _looks_like_path(text):
        raise UsageError(problem=cli_text("search_no_file", path=text))
    return search_expression.parse(text)


def _looks_like_path(text: str) -> bool:
    """Whether a text that is no file was meant as the path of a picture, not as words."""
    if _BEGINS_PATH.match(text):
        return True
    extension = text.rpartition(".")[2].lower()
    return extension in IMAGE_EXTENSIONS and _OF_EXPRESSIONS.search(text) is None


def _open_image(data: bytes) -> Image:
    from panoptic_data.media.decode import open_image

    try:
        return open_image(data, short_side=_SIDE)
    except UnreadableImage as error:
        raise UsageError(problem=error.message(terminal_language())) from error


def _is_image_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        # A sentence can be too long for the name of a file, or contain a NUL.
        return False


def _encoder(project: Project, requested: str | None, query: Expression | Image) -> str:
    """Return the slug of the encoder to search with.

    Raises UsageError where none reads words, WeightsUnavailable where one that does waits.
    """
    from panoptic_data.search.request import encoder_for

    reads_text = isinstance(query, Expression) and query.reads_text
    try:
        return encoder_for(project, reads_text=reads_text, requested=requested)
    except TextNotSupported as error:
        why = cli_text("search_needs_text_none")
        raise UsageError(problem=cli_text("search_needs_text", why=why)) from error


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

    roots = {name: source.root for name, source in sources.by_name(project).items()}
    wanted = literals(sha1s)
    columns = ["sha1", "source", "path"]
    files = project.database().frame("files", columns, f"status = 'ok' AND sha1 IN ({wanted})")
    first: dict[str, str] = {}
    for row in files.sort("source", "path").to_dicts():
        first.setdefault(row["sha1"], str(roots[row["source"]] / row["path"]))
    return first
