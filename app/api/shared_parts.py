"""Groups of images that share a part, over HTTP, and how far finding them is.

Not here: finding them, what is stored of them (``panoptic_data.parts``), the routes of groups of
duplicates, which list these as well (``duplicates``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.api.endpoint import NO_STORE, answering, language
from app.services import jobs, shared_parts_run
from panoptic_data.catalogue.execute import run_view
from panoptic_data.duplicates import review
from panoptic_data.parts import shared
from panoptic_data.provenance import costs
from panoptic_data.vectors import outdated
from panoptic_data.views.model import View

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.storage.project import Project

__all__ = [
    "KIND",
    "group",
    "groups",
    "image_facts",
    "listed",
    "parts_of",
    "routes",
    "stored_group",
]

KIND = "part"
# Images of a group that the list shows.
LISTED_IMAGES = 4
# From this sureness on: 40 and 23 points that agree, of 16 at least.
_LEVELS = ((0.8, "high"), (0.65, "medium"), (0.0, "low"))


def routes(project: Project) -> list[Route]:
    """Return the routes of what is done about shared parts.

    - ``GET /clearing/parts?lang=``: whether they were found (``isMade``), a ``version`` that
      differs where other groups are stored, ``outdated`` (why, in words, or ""), whether a run is
      at work on them (``isRunning``, with ``done`` of ``total``) or on anything else (``isBusy``),
      what finding them costs (``cost``: ``images``, ``time`` in words, ``bytes``, each null where
      not known; null while that is found out), and why the last run did not begin (``problem``).
    - ``POST /clearing/parts/start`` and ``/stop``: begin to find them; stop. Answers the same.
    """
    return [
        Route("/clearing/parts", answering(project, _state)),
        Route("/clearing/parts/start", answering(project, _start), methods=["POST"]),
        Route("/clearing/parts/stop", answering(project, _stop), methods=["POST"]),
    ]


def stored_group(group: str) -> str:
    """Return the stored name of a group that the page calls "part:…"; "" for any other."""
    kind, _, name = group.partition(":")
    return name if kind == KIND else ""


def _level(sureness: float) -> str:
    """Return how sure it is that a part is shared: "high", "medium", "low"."""
    return next(name for least, name in _LEVELS if sureness >= least)


def groups(current: Catalogue, view: View | None = None) -> pl.DataFrame:
    """Return the groups of which a view shows at least two images, the largest first.

    Columns: group ("part:" and its stored name), sha1s (the hub first, then the surest),
    count, sureness.
    """
    columns = ["group", "sha1", "hub", "sureness"]
    members = current.project.database().frame(shared.GROUPS, columns)
    is_shown = pl.Series(_shown(current, members["sha1"].to_list(), view), dtype=pl.Boolean)
    members = members.filter(is_shown).with_columns(is_hub=pl.col("sha1") == pl.col("hub"))
    return (
        members.sort(["is_hub", "sureness", "sha1"], descending=[True, True, False])
        .group_by(pl.format("{}:{}", pl.lit(KIND), "group").alias("group"), maintain_order=True)
        .agg(
            sha1s=pl.col("sha1"),
            count=pl.len().cast(pl.Int64),
            sureness=pl.col("sureness").min(),
        )
        .filter(pl.col("count") > 1)
        .sort(["count", "sureness", "group"], descending=[True, True, False])
    )


def listed(current: Catalogue, rows: pl.DataFrame) -> list[dict[str, Any]]:
    """Return rows of :func:`groups` as the page lists them."""
    first = rows["sha1s"].list.first().to_list()
    places = dict(zip(first, _facts(current, first)["place"], strict=True))
    return [
        {
            "group": row["group"],
            "count": row["count"],
            "place": places[row["sha1s"][0]],
            "sha1s": row["sha1s"][:LISTED_IMAGES],
            "sure": _level(row["sureness"]),
            "distance": 0,
            "bytes": 0,
        }
        for row in rows.iter_rows(named=True)
    ]


def group(current: Catalogue, name: str, view: View | None = None) -> dict[str, Any] | None:
    """Return a group by its name, with its images that a view shows; None where it shows none.

    Each has ``sha1``, ``name``, ``place``, ``width``, ``height``, ``outline`` (corners in
    fractions), ``onHub`` (the same on the hub), ``isHub``, ``inliers``, ``sure``; the hub is first.
    """
    members = shared.members_of(current.project, stored_group(name))
    kept = _shown(current, [member.sha1 for member in members], view)
    members = [member for member, is_kept in zip(members, kept, strict=True) if is_kept]
    if not members:
        return None
    facts = image_facts(current, [member.sha1 for member in members])
    hub = members[0]
    pairs = shared.parts_of_image(current.project, hub.sha1) if hub.is_hub else []
    on_hub = {part.other: part.outline for part in pairs}
    images = [
        {
            **fact,
            "outline": member.outline,
            "onHub": on_hub.get(member.sha1, hub.outline),
            "isHub": member.is_hub,
            "inliers": member.inliers,
            "sure": _level(member.sureness),
        }
        for member, fact in zip(members, facts, strict=True)
    ]
    return {"group": name, "kind": KIND, "images": images}


def parts_of(current: Catalogue, sha1: str) -> list[dict[str, Any]]:
    """Return the images of the corpus that share a part with one, the surest first.

    Each has ``sha1``, ``name``, ``place``, ``width``, ``height``, ``outline`` (on it), ``ours`` (on
    the other), ``inliers``, ``sure``.
    """
    parts = shared.parts_of_image(current.project, sha1)
    kept = _shown(current, [part.other for part in parts], None)
    parts = [part for part, is_kept in zip(parts, kept, strict=True) if is_kept]
    facts = image_facts(current, [part.other for part in parts])
    return [
        {
            **fact,
            "outline": part.other_outline,
            "ours": part.outline,
            "inliers": part.inliers,
            "sure": _level(part.sureness),
        }
        for part, fact in zip(parts, facts, strict=True)
    ]


def image_facts(current: Catalogue, sha1s: Sequence[str]) -> list[dict[str, Any]]:
    """Return ``sha1``, ``name``, ``place``, ``width`` and ``height`` of images of the corpus."""
    return _facts(current, sha1s).to_dicts()


def _shown(current: Catalogue, sha1s: Sequence[str], view: View | None) -> list[bool]:
    """Return which images are in the corpus and in a view."""
    if not sha1s:
        return []
    rows_of_view = run_view(current, View(where=view.where) if view else View()).rows
    mask = review.shown_mask(current, rows_of_view)
    unique = list(dict.fromkeys(sha1s))
    rows = current.rows_of(unique)
    there = current.frame["sha1"].gather(rows).to_list()
    shown = {sha1 for sha1, is_shown in zip(there, mask[rows], strict=True) if is_shown}
    return [sha1 in shown for sha1 in sha1s]


def _facts(current: Catalogue, sha1s: Sequence[str]) -> pl.DataFrame:
    """Return sha1, name, place, width and height of images that are there."""
    return current.frame[current.rows_of(sha1s)].select(
        "sha1",
        "width",
        "height",
        place=pl.col("place").cast(pl.String),
        name=pl.col("place").cast(pl.String).str.replace(r"^.*/", ""),
    )


def _start(project: Project, request: Request) -> Response:
    project.require_now()
    if not jobs.is_processing(project):
        shared_parts_run.start(project)
    return _state(project, request)


def _stop(project: Project, request: Request) -> Response:
    project.require_now()
    jobs.stop_processing(project)
    return _state(project, request)


def _state(project: Project, request: Request) -> Response:
    spoken = language(request)
    is_made = shared.is_made(project)
    answer: dict[str, Any] = {"isMade": is_made, "outdated": "", "cost": None, "problem": ""}
    answer |= {
        "version": project.database().version(shared.GROUPS),
        "isRunning": False,
        "isBusy": False,
        "done": 0,
        "total": 0,
    }
    if project.version:
        return JSONResponse(answer, headers=NO_STORE)
    answer |= _work(project)
    if answer["isRunning"] or answer["isBusy"]:
        return JSONResponse(answer, headers=NO_STORE)
    answer["problem"] = shared_parts_run.problem(project)
    if is_made:
        answer["outdated"] = _outdated(project, spoken)
    if answer["outdated"] or not is_made:
        answer["cost"] = _cost(project, spoken)
    return JSONResponse(answer, headers=NO_STORE)


def _work(project: Project) -> Mapping[str, Any]:
    """Return whether a run finds shared parts now, how far it is, or whether it does other work."""
    running = jobs.current_run(project)
    if running is None:
        is_starting = shared_parts_run.is_starting(project)
        return {"isRunning": is_starting, "isBusy": jobs.is_processing(project) and not is_starting}
    progress = json.loads(running["progress"] or "{}")
    step = progress.get(shared.STAGE)
    is_ours = step is not None or shared_parts_run.is_starting(project)
    return {"isRunning": is_ours, "isBusy": not is_ours, **(step or {"done": 0, "total": 0})}


def _outdated(project: Project, spoken: str) -> str:
    """Return in words why shared parts are not up to date; "" where they are."""
    late = outdated.outdated_stages(project, outdated.used_slugs(project))
    return next((outdated.reason(it, spoken) for it in late if it.name == shared.STAGE), "")


def _cost(project: Project, spoken: str) -> dict[str, Any] | None:
    known = shared_parts_run.cost(project)
    if known is None:
        return None
    time = None if known.seconds is None else costs.duration(known.seconds, spoken)
    return {"images": known.images, "time": time, "bytes": known.bytes}
