"""``panoptic query``: the images of a view, for scripts.

Not here: the language of queries (``panoptic_data.query``).
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import numpy as np

from app.commands.argument_types import not_together
from app.commands.project_at import open_at
from app.commands.storage_warning import warn_of_broken_log
from app.session import open_version
from app.session.language import cli_text, terminal_language
from panoptic_data.catalogue import registry, shown_files
from panoptic_data.catalogue.execute import run_view, window
from panoptic_data.errors import InvalidView, UsageError
from panoptic_data.ingest import sources
from panoptic_data.messages import translate
from panoptic_data.notebook import parse_view
from panoptic_data.views import model

if TYPE_CHECKING:
    from panoptic_data.catalogue.groups import Groups
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.catalogue.view_result import ViewResult
    from panoptic_data.views.model import View

__all__ = ["read", "run"]

DASHBOARD = "http://127.0.0.1:8501"
# A packed view begins like this (zlib in base64); so may a word, which then does not unpack.
_PACKED = re.compile(r"eN[\w-]{6,}")


def run(args: argparse.Namespace) -> int:
    """Print what a view shows, as paths or one JSON object; or the view's address."""
    if args.address and args.k is not None:
        raise not_together("--address", "-k", "why_address")
    project = open_at(args)
    catalogue = registry.get(project, fresh=True)
    warn_of_broken_log(project)
    view = read(args.view, catalogue)
    if args.address:
        packed = model.to_address(view)
        address = DASHBOARD + open_version.page_address(project, "/", view=packed)
        print(json.dumps({"address": address}) if args.json else address)
        return 0
    result = run_view(catalogue, view)
    count = len(result) if args.k is None else min(args.k, len(result))
    if result.is_unclear:
        print(translate("like.unclear", terminal_language()), file=sys.stderr)
    if args.json:
        print(json.dumps(_answer(catalogue, view, result, count), ensure_ascii=False))
        return 0
    sys.stdout.writelines(f"{path}\n" for path in _paths(catalogue, view, result, count))
    return 0


def read(text: str, catalogue: Catalogue) -> View:
    """Read a view from its file, its JSON, an address or a query."""
    if text.startswith("@"):
        return model.from_json(_content(Path(text[1:]).expanduser()))
    if text.startswith("{"):
        return model.from_json(text)
    packed = _packed(text)
    if packed is not None:
        return model.from_address(packed)
    return parse_view(catalogue.project, text, language=terminal_language())


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        raise UsageError(problem=cli_text("query_no_file", path=path)) from None


def _packed(text: str) -> str | None:
    """Return the packed view of an address; None where a text is no address."""
    if re.match(r"https?://|/\?", text):
        return parse_qs(urlsplit(text).query).get("view", [""])[0]
    if not _PACKED.fullmatch(text):
        return None
    try:
        model.from_address(text)
    except InvalidView:
        return None
    return text


def _answer(catalogue: Catalogue, view: View, result: ViewResult, count: int) -> dict[str, Any]:
    answer = {
        "project": str(catalogue.project.root),
        "version": catalogue.version,
        "total": len(result),
        "unclear": result.is_unclear,
        "view": model.to_json(view),
        "rows": _rows(catalogue, view, result, count),
    }
    if result.groups is not None:
        answer["groups"] = _groups(result.groups)
    return answer


def _rows(catalogue: Catalogue, view: View, result: ViewResult, count: int) -> list[dict[str, Any]]:
    """Return rows as the dashboard has them, each with the path that matched."""
    rows = window(catalogue, result, 0, count)
    for row, place in zip(rows, _places(catalogue, view, result, count), strict=True):
        row["place"], row["name"] = place, place.rpartition("/")[2]
    return rows


def _groups(groups: Groups) -> list[dict[str, Any]]:
    """Return each group, a parent before its children; ``start`` is the index of its first row."""
    columns = (groups.depth, groups.start, groups.count, groups.parent)
    return [
        {
            "field": groups.levels[depth].field,
            "value": value,
            "depth": depth,
            "start": start,
            "count": count,
            "parent": parent,
        }
        for depth, start, count, parent, value in zip(
            *(column.tolist() for column in columns), groups.values, strict=True
        )
    ]


def _paths(catalogue: Catalogue, view: View, result: ViewResult, count: int) -> Iterator[str]:
    """Yield the path of each image, or of each file; images without a file are left out."""
    roots = {name: source.root for name, source in sources.by_name(catalogue.project).items()}
    for listed in _places(catalogue, view, result, count):
        source, _, path = listed.partition("/")
        if source:
            yield str(roots[source] / path) if source in roots else listed


def _places(catalogue: Catalogue, view: View, result: ViewResult, count: int) -> list[str]:
    """Return "source/folder/name" of each file; of an image that of the first file that matches."""
    places = catalogue.corpus.files["place"]
    if result.files is not None:
        shown: list[str] = places.gather(result.files[:count]).to_list()
        return shown
    rows = result.rows[:count].astype(np.int64)
    of_images = catalogue.frame["place"].gather(rows).to_list()
    files = shown_files.first_files(catalogue, rows, view).tolist()
    return [
        of_image if file == shown_files.NO_FILE else places[file]
        for of_image, file in zip(of_images, files, strict=True)
    ]
