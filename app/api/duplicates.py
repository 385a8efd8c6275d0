"""What the page of duplicates reads over HTTP: open groups, one of them, copies of files.

Not here: merging them (``duplicate_merges``), which groups are open
(``panoptic_data.duplicates.review``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.api import duplicate_merges, shared_parts
from app.api.endpoint import NO_STORE, answering, language, spreadsheet, whole_number
from panoptic_data.catalogue import registry
from panoptic_data.catalogue.embedded import dates_as_texts
from panoptic_data.duplicates import keepers, review
from panoptic_data.duplicates.beside import beside
from panoptic_data.duplicates.same_picture import reversed_edits
from panoptic_data.duplicates.sureness import sureness
from panoptic_data.messages import translate
from panoptic_data.parts import shared
from panoptic_data.views import model

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.duplicates.review import OpenGroups
    from panoptic_data.storage.project import Project

__all__ = ["routes"]

LISTED = 100
LISTED_AT_MOST = 1_000
# Images of a group that the list shows.
LISTED_IMAGES = 4
# So many positions has the slider of how alike groups are.
SLIDER_STEPS = 12


def routes(project: Project) -> list[Route]:
    """Return the routes of duplicates, those that merge them (``duplicate_merges``) among them.

    ``view=`` is the address of what is compared, else all; ``first=`` (``keepers.CRITERIA``)
    decides before all else which image of a group is suggested as the keeper.

    - ``GET /clearing/groups?kind=&order=&start=&count=&view=&at=``: ``kinds``, each with its open
      ``groups``, how many images would be ``leaving``, ``bytes`` that copies take up, the
      ``distances`` from which its groups are merged (each with how many there are), how sure it is
      (``sureness``, of ``sureness.LEVELS`` or null) that groups within each are one picture, how
      many are ``closed``;
      ``found`` (null before duplicates were looked for, else how many groups there are in all),
      ``position`` of the log; of ``kind`` some ``groups`` from ``start`` on: ``group``, ``count``,
      ``distance``, ``bytes``, ``place`` and some ``sha1s``, the keeper first; ``at``, the position
      of the first of the groups named (by commas) that is open, else null. ``parts`` has how many
      ``groups`` share a part and whether they were looked for (``isMade``); of the kind "part"
      these are listed, with ``sure`` in place of distances.
    - ``GET /clearing/group?group=&view=``: its ``members``, the suggested keeper first, and why it
      is (``reason``), with what ``/clearing/preview`` answers; of copies of one file the
      ``files``, the one to keep first; of a shared part the ``images`` (``shared_parts``). 404 for
      one that is not open.
    - ``GET /clearing/beside?group=&left=&right=&lang=``: what two images of a group are beside each
      other: ``left`` and ``right``, each with ``edits`` (in words) and the ``outline`` of what both
      show (corners, in fractions of its width and height); null where that is not known.
    - ``GET /clearing/copies.csv?view=&lang=``: files that hold the same bytes as another one.
    - ``POST /clearing/preview``, ``merge``, ``plan``, ``merge-all``: see ``duplicate_merges``.
    - ``/clearing/parts``: whether shared parts were looked for, and doing it: see ``shared_parts``.
    """
    return [
        Route("/clearing/groups", answering(project, _groups)),
        Route("/clearing/group", answering(project, _group)),
        Route("/clearing/beside", answering(project, _beside)),
        Route("/clearing/copies.csv", answering(project, _copies)),
        *duplicate_merges.routes(project),
        *shared_parts.routes(project),
    ]


def _groups(project: Project, request: Request) -> Response:
    query = request.query_params
    order = query.get("order", review.ORDERS[0])
    if order not in review.ORDERS:
        return Response(status_code=400)
    current = registry.get(project)
    address = query.get("view")
    view = model.from_address(address) if address else None
    first = duplicate_merges.first_criterion(query.get("first"))
    parts = shared_parts.groups(current, view)
    opened = {
        kind: review.open_groups(current, kind, view, first) for kind in review.kinds(current)
    }
    payload: dict[str, Any] = {
        "position": current.annotations.position,
        "found": _count_groups(project, current),
        "kinds": [_kind(current, groups) for groups in opened.values()],
        "parts": {"groups": parts.height, "isMade": shared.is_made(project)},
        "total": 0,
        "start": 0,
        "at": None,
        "groups": [],
    }
    groups = opened.get(query.get("kind", ""))
    if query.get("kind") == shared_parts.KIND:
        place, rows = _sliced(query, parts)
        payload |= place | {"groups": shared_parts.listed(current, rows)}
    elif groups is not None:
        place, rows = _sliced(query, groups.ordered(order))
        payload |= place | {"groups": [_listed(row) for row in rows.iter_rows(named=True)]}
    return JSONResponse(payload, headers=NO_STORE)


def _sliced(
    query: Mapping[str, str], ordered: pl.DataFrame
) -> tuple[dict[str, int | None], pl.DataFrame]:
    """Return where the listed groups begin, of how many, and those that are asked for."""
    start = whole_number(query.get("start"), 0)
    at = _position(ordered, query.get("at", "").split(","))
    if at is not None and "start" not in query:
        start = at - at % LISTED
    count = min(whole_number(query.get("count"), LISTED), LISTED_AT_MOST)
    return {"total": ordered.height, "start": start, "at": at}, ordered.slice(start, count)


def _count_groups(project: Project, current: Catalogue) -> int | None:
    """Return how many groups there are, closed ones too; None before they were looked for."""
    database = project.database()
    # Where there are no duplicates there is no table, but the record that they were looked for.
    if not database.version("duplicates"):
        return 0 if database.count("stages", "stage = 'duplicates'") else None
    return int(current.duplicates()["group"].n_unique())


def _kind(current: Catalogue, groups: OpenGroups) -> dict[str, Any]:
    of_kind = current.duplicates().filter(pl.col("kind") == groups.kind)
    counts = groups.frame.group_by("step").len().sort("step")
    steps = _slider_steps(counts) if groups.kind != review.COPIES else []
    return {
        "kind": groups.kind,
        "groups": len(groups),
        "closed": of_kind["group"].n_unique() - len(groups),
        "leaving": groups.leaving,
        "bytes": groups.bytes,
        "distances": steps,
        "sureness": sureness(current.project, groups, [distance for distance, _ in steps]),
    }


def _slider_steps(counts: pl.DataFrame) -> list[list[float]]:
    """Return some distances, each with how many groups are within it, for a slider."""
    within = counts.with_columns(pl.col("len").cum_sum())
    if within.height > SLIDER_STEPS:
        steps = range(1, SLIDER_STEPS + 1)
        within = within[[round(step * within.height / SLIDER_STEPS) - 1 for step in steps]]
    return [[distance, count] for distance, count in within.iter_rows()]


def _position(ordered: pl.DataFrame, ids: Sequence[str]) -> int | None:
    """Return the position of the first of some groups that is there."""
    for group in ids:
        position = ordered["group"].index_of(group) if group else None
        if position is not None:
            return int(position)
    return None


def _listed(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "group": row["group"],
        "count": row["count"],
        "distance": row["distance"],
        "bytes": row["bytes"],
        "place": row["place"],
        "sha1s": [row["keeper"], *row["others"][: LISTED_IMAGES - 1]],
    }


def _group(project: Project, request: Request) -> Response:
    query = request.query_params
    group = query.get("group", "")
    kind = group.rpartition(":")[0]
    current = registry.get(project)
    if kind == shared_parts.KIND:
        return _shared_part(current, group, query.get("view"))
    if kind not in review.kinds(current):
        return Response(status_code=404)
    first = duplicate_merges.first_criterion(query.get("first"))
    address = query.get("view")
    view = model.from_address(address) if address else None
    opened = review.open_groups(current, kind, view, first)
    rows = opened.frame.filter(pl.col("group") == group)
    if rows.is_empty():
        return Response(status_code=404)
    row = rows.row(0, named=True)
    payload = {"group": group, "kind": kind, "place": row["place"]}
    if kind == review.COPIES:
        return JSONResponse(payload | _files(project, row["keeper"]), headers=NO_STORE)
    payload |= {
        "reason": keepers.reason_text(row["reason"], language(request), first),
        "members": _members(current, opened, [row["keeper"], *row["others"]]),
        **duplicate_merges.preview(project, language(request), row["keeper"], row["others"]),
    }
    return JSONResponse(payload, headers=NO_STORE)


def _shared_part(current: Catalogue, group: str, address: str | None) -> Response:
    view = model.from_address(address) if address else None
    group_data = shared_parts.group(current, group, view)
    return JSONResponse(group_data, 200 if group_data else 404, headers=NO_STORE)


def _beside(project: Project, request: Request) -> Response:
    group, left, right = (request.query_params.get(name, "") for name in ("group", "left", "right"))
    known = beside(project, group, left, right)
    if known is None:
        return JSONResponse({"left": None, "right": None}, headers=NO_STORE)
    spoken = language(request)
    sides = {
        "left": (reversed_edits(known.edits), known.left_outline),
        "right": (known.edits, known.right_outline),
    }
    payload = {
        side: {"edits": _in_words(edits, spoken), "outline": outline}
        for side, (edits, outline) in sides.items()
    }
    return JSONResponse(payload, headers=NO_STORE)


def _in_words(edits: Sequence[str], language: str) -> str:
    return ", ".join(translate(f"duplicates.edit_{edit}", language) for edit in edits or ("none",))


def _members(current: Catalogue, opened: OpenGroups, sha1s: list[str]) -> list[dict[str, Any]]:
    """Return what is compared of each image of a group, in this order."""
    rows = current.rows_of(sha1s)
    images = current.frame[rows].select(
        "sha1",
        "width",
        "height",
        pl.col("format").cast(pl.String),
        "copies",
        bytes="size",
        place=pl.col("place").cast(pl.String),
        taken=dates_as_texts("taken_at", " ").str.head(len("2000-01-01 00:00")),
    )
    facts = review.keeper_criteria(current, rows).select("sha1", "annotated", "oldest")
    distances = opened.distances.filter(pl.col("sha1").is_in(sha1s))
    for other in (facts, distances):
        images = images.join(other, on="sha1", how="left", maintain_order="left")
    return (
        images.with_columns(
            name=pl.col("place").str.replace(r"^.*/", ""),
            modified=pl.from_epoch(pl.col("oldest"), time_unit="ns").dt.strftime("%Y-%m-%d %H:%M"),
        )
        .drop("oldest")
        .to_dicts()
    )


def _files(project: Project, sha1: str) -> dict[str, Any]:
    """Return the files that hold the same bytes, the one to keep first."""
    copies = review.copies_of(project, [sha1])
    if copies.is_empty():
        return {"sha1": sha1, "bytes": 0, "files": []}
    return {
        "sha1": sha1,
        "bytes": copies["bytes"][0],
        "files": [
            {"path": path, "isKept": is_kept, "isCopy": is_copy, "modified": _minute(modified)}
            for path, is_kept, is_copy, modified in copies.select(
                "path", "is_kept", "is_copy", "modified"
            ).iter_rows()
        ],
    }


def _minute(nanoseconds: int | None) -> str:
    if nanoseconds is None:
        return ""
    return f"{datetime.fromtimestamp(nanoseconds / 1e9, UTC):%Y-%m-%d %H:%M}"


def _copies(project: Project, request: Request) -> Response:
    current = registry.get(project)
    address = request.query_params.get("view")
    view = model.from_address(address) if address else None
    opened = review.open_groups(current, review.COPIES, view)
    copies = review.copies_of(project, opened.frame["keeper"].to_list()).filter("is_copy")
    names = ("kept", "copy", "bytes")
    head = [translate(f"duplicates.csv_{name}", language(request)) for name in names]
    return spreadsheet("copies.csv", head, copies.select("kept", "path", "bytes").iter_rows())
