"""``panoptic query``: the images of a view, for scripts. Not here: the language (``query``)."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from app.session.language import say, terminal_language
from panoptic_data.catalogue import registry
from panoptic_data.catalogue.execute import run_view, window
from panoptic_data.encoders import parse
from panoptic_data.errors import InvalidView, UsageError
from panoptic_data.ingest import sources
from panoptic_data.query import parser
from panoptic_data.storage.project import open_project
from panoptic_data.views import model

if TYPE_CHECKING:
    from panoptic_data.catalogue.groups import Groups
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.catalogue.view_result import ViewResult
    from panoptic_data.storage.project import Project
    from panoptic_data.views.model import View

__all__ = ["read", "run"]

DASHBOARD = "http://127.0.0.1:8501"
# What an address packs begins like this; a word that does so too unpacks to nothing.
_PACKED = re.compile(r"eN[\w-]{6,}")


def run(chosen: argparse.Namespace) -> int:
    """Print what a view shows, as paths or one JSON object; or the view's address."""
    project = open_project(chosen.project)
    current = registry.get(project, fresh=True)
    view = read(chosen.view, current)
    if chosen.address:
        print(f"{DASHBOARD}/?view={model.to_address(view)}")
        return 0
    found = run_view(current, view)
    count = len(found) if chosen.k is None else min(chosen.k, len(found))
    if chosen.json:
        print(json.dumps(_answer(current, view, found, count), ensure_ascii=False))
        return 0
    sys.stdout.writelines(f"{path}\n" for path in _paths(current, found, count))
    return 0


def read(text: str, current: Catalogue) -> View:
    """Read a view from its file, its JSON, an address or a query."""
    if text.startswith("@"):
        return model.from_json(_content(Path(text[1:]).expanduser()))
    if text.startswith("{"):
        return model.from_json(text)
    packed = _packed(text)
    if packed is not None:
        return model.from_address(packed)
    return _asked(text, current)


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        raise UsageError(problem=say("query_no_file", path=path)) from None


def _packed(text: str) -> str | None:
    """Return the part of an address that holds a view; None where a text is no address."""
    if re.match(r"https?://|/\?", text):
        return parse_qs(urlsplit(text).query).get("view", [""])[0]
    if not _PACKED.fullmatch(text):
        return None
    try:
        model.from_address(text)
    except InvalidView:
        return None
    return text


def _asked(text: str, current: Catalogue) -> View:
    encoder, reader = _encoders(current.project)
    parsed = parser.parse(
        text,
        encoder=encoder,
        text_encoder=reader,
        folders=current.corpus.folders.to_list(),
        formats=current.frame["format"].unique().drop_nulls().cast(str).to_list(),
        state=current.annotations,
    )
    if parsed.problems:
        raise UsageError(problem=parsed.problems[0].message(terminal_language()))
    return parser.to_view(parsed)


def _encoders(project: Project) -> tuple[str | None, str | None]:
    """Return the project's first encoder that is ready, and the first that reads words."""
    rows = project.database().frame("encoders", ["slug", "status", "reads_text"]).to_dicts()
    order = [parse(text).slug for text in project.encoders]
    rows.sort(key=lambda row: order.index(row["slug"]) if row["slug"] in order else len(order))
    ready = [row for row in rows if row["status"] == "ready"]
    readers = [row["slug"] for row in ready if row["reads_text"]]
    return (ready[0]["slug"] if ready else None), (readers[0] if readers else None)


def _answer(current: Catalogue, view: View, found: ViewResult, count: int) -> dict[str, Any]:
    answer = {
        "project": str(current.project.root),
        "version": current.version,
        "total": len(found),
        "view": model.to_json(view),
        "rows": window(current, found, 0, count),
    }
    if found.groups is not None:
        answer["groups"] = _groups(found.groups)
    return answer


def _groups(groups: Groups) -> list[dict[str, Any]]:
    """Return each group, a parent before its children; ``start`` is its first row's place."""
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


def _paths(current: Catalogue, found: ViewResult, count: int) -> Iterator[str]:
    """Yield where each image, or each file, lies. What has no file has no place."""
    roots = {source.name: source.root for source in sources.listing(current.project)}
    if found.files is None:
        places = current.frame["place"].gather(found.rows[:count])
    else:
        places = current.corpus.files["place"].gather(found.files[:count])
    for place in places:
        name, _, path = place.partition("/")
        if name:
            yield str(roots[name] / path) if name in roots else place
