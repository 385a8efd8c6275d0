"""What was noted of an image is offered to the one that overwrote its file.

An offer follows from the tables and the log: it is open while the new image lacks a value or tag
that an earlier one has, and nobody said to leave it. Taking over is one batch, and undone as one.
Not here: keeping the earlier images (``ingest.overwritten``), what is handed over (``merge``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from panoptic_data.annotations import edits
from panoptic_data.annotations.decisions import Decided, Decision
from panoptic_data.annotations.log import CHANGE_SCHEMA, LEFT
from panoptic_data.annotations.store import annotations_of
from panoptic_data.duplicates import merge
from panoptic_data.ingest import overwritten

if TYPE_CHECKING:
    from panoptic_data.annotations.state import State
    from panoptic_data.storage.project import Project

__all__ = ["Offer", "forget_unnoted", "leave", "offers", "take_over"]


@dataclass(frozen=True)
class Offer:
    """Values of earlier images, offered to the one that is now at their path.

    ``earlier`` are sha1s, the latest first; ``source`` and ``path`` of the file, or of one of
    them. ``given`` are the changes that would be made (``log.CHANGE_SCHEMA``), ``kept_back`` the
    values that the new image has its own of: property, keeper, sha1, value.
    """

    sha1: str
    earlier: tuple[str, ...]
    source: str
    path: str
    given: pl.DataFrame
    kept_back: pl.DataFrame


def offers(project: Project, sources: Collection[str] = ()) -> list[Offer]:
    """Return the open offers, of all sources or of some, in the order of their paths."""
    rows = overwritten.rows(project)
    if sources:
        rows = rows.filter(pl.col("source").is_in(list(sources)))
    return _open(annotations_of(project).state(), rows) if rows.height else []


def take_over(
    project: Project, sha1s: Collection[str] | None = None, author: str | None = None
) -> Decided[int]:
    """Give new images the values of those that they overwrote, as one batch.

    ``sha1s`` are new images; None: all that are offered something. ``result`` is how many were
    given something.
    """
    rows = overwritten.rows(project)

    def choose(state: State) -> Decision[int]:
        chosen = _chosen(_open(state, rows), sha1s)
        parts = [pl.DataFrame(schema=CHANGE_SCHEMA), *(offer.given for offer in chosen)]
        return Decision(pl.concat(parts), "take_over", _about(chosen), result=len(chosen))

    return annotations_of(project).decide(choose, author=author)


def leave(
    project: Project, sha1s: Collection[str] | None = None, author: str | None = None
) -> Decided[int]:
    """Say that new images take nothing over; arguments and result as of :func:`take_over`."""
    rows = overwritten.rows(project)

    def choose(state: State) -> Decision[int]:
        chosen = _chosen(_open(state, rows), sha1s)
        marks = {"target": [o.sha1 for o in chosen], "value": [_mark(o.earlier) for o in chosen]}
        marked = pl.DataFrame(marks, schema={"target": pl.String, "value": pl.String})
        changes = edits.assign(state, LEFT, marked)
        return Decision(changes, "leave", _about(chosen), result=len(chosen))

    return annotations_of(project).decide(choose, author=author)


def forget_unnoted(project: Project) -> int:
    """Forget the overwritten images that have no value to offer; return how many rows went."""
    sha1s = project.database().frame(overwritten.TABLE, ["sha1"])["sha1"].unique()
    if sha1s.is_empty():
        return 0
    state = annotations_of(project).state()
    noted: set[str] = set()
    for property in state.properties.values():
        if property.target == "image":
            noted.update(state.property_values(property.id).take(sha1s)["target"])
    return overwritten.forget(project, noted) if len(sha1s) > len(noted) else 0


def _chosen(listed: Sequence[Offer], sha1s: Collection[str] | None) -> list[Offer]:
    return [offer for offer in listed if sha1s is None or offer.sha1 in sha1s]


def _about(chosen: Sequence[Offer]) -> str | None:
    return f"{chosen[0].source}/{chosen[0].path}" if len(chosen) == 1 else None


def _mark(earlier: Sequence[str]) -> str:
    """Return a digest of exactly these images: once another joins them it is another."""
    return hashlib.blake2b("".join(sorted(earlier)).encode(), digest_size=8).hexdigest()


def _open(state: State, rows: pl.DataFrame) -> list[Offer]:
    by_image = rows.group_by("now", maintain_order=True).agg(
        pl.col("sha1").unique(maintain_order=True), pl.col("source", "path").first()
    )
    left = dict(state.property_values(LEFT).take(by_image["now"])["target", "value"].iter_rows())
    candidates = [
        (now, tuple(sha1s), source, path)
        for now, sha1s, source, path in by_image.sort("source", "path").iter_rows()
        if left.get(now) != _mark(sha1s)
    ]
    listed: list[Offer] = []
    for keep in _without_overlap([(now, sha1s) for now, sha1s, _, _ in candidates]):
        changes, kept_back = merge.merge_changes(state, keep, exclude=False)
        given = changes.partition_by("target", as_dict=True)
        own = kept_back.partition_by("keeper", as_dict=True)
        listed += [
            Offer(now, sha1s, source, path, given[now,], own.get((now,), kept_back.clear()))
            for now, sha1s, source, path in candidates
            if now in keep and (now,) in given
        ]
    return sorted(listed, key=lambda offer: (offer.source, offer.path))


def _without_overlap(
    candidates: Sequence[tuple[str, tuple[str, ...]]],
) -> Iterator[dict[str, tuple[str, ...]]]:
    """Yield all candidates in parts in which no image is named twice: most often one part.

    Within one part ``merge_changes`` would hand on what an image in the middle is given.
    """
    left = list(candidates)
    while left:
        part: dict[str, tuple[str, ...]] = {}
        seen: set[str] = set()
        later = []
        for now, sha1s in left:
            if seen.isdisjoint((now, *sha1s)):
                part[now] = sha1s
                seen.update((now, *sha1s))
            else:
                later.append((now, sha1s))
        yield part
        left = later
