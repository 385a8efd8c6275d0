"""Which image of a duplicate group to keep, and what it takes over from the others: pure.

The keeper is the one with most pixels; of equally large ones the oldest file (to the minute:
what was copied together is as old), then the one of which most was said, then the largest file,
then the first by path. Nothing is deleted: the others leave the corpus, their values go to the
keeper where it has none, and all of it is one batch of changes. Not here: finding groups
(``duplicates``), which of them are still open (``clearing``), writing changes (``annotations``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import polars as pl

from panoptic_data.annotations import edits
from panoptic_data.annotations.log import APART_PREFIX, CHANGE_SCHEMA
from panoptic_data.messages import translate

if TYPE_CHECKING:
    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.state import State
    from panoptic_data.storage.project import Project

__all__ = ["FACTS", "FIRSTS", "REASONS", "apart", "facts", "keepers", "merged", "said"]

# The order in which they count; ``descending`` where more is better.
_ORDER = (("pixels", True), ("oldest", False), ("annotated", True), ("bytes", True))
FIRSTS = tuple(name for name, _ in _ORDER)
REASONS = (*FIRSTS, "first")
_MINUTE = 60 * 10**9
FACTS = pl.Schema(
    {
        "sha1": pl.String(),
        "pixels": pl.Int64(),
        "oldest": pl.Int64(),
        "annotated": pl.Int64(),
        "bytes": pl.Int64(),
        "place": pl.String(),
    }
)


def facts(project: Project, state: State) -> pl.DataFrame:
    """Return what decides, one row a readable image: the columns of ``FACTS``.

    ``oldest`` is the time of its oldest file (nanoseconds since 1970), ``annotated`` how many
    values it has, ``bytes`` the size of its largest file, ``place`` the first by path.
    """
    database = project.database()
    images = database.frame("images", ["sha1", "width", "height"])
    columns = ["sha1", "source", "path", "size", "mtime_ns"]
    files = (
        database.frame("files", columns, "status = 'ok'")
        .group_by("sha1")
        .agg(
            oldest=pl.col("mtime_ns").min(),
            bytes=pl.col("size").max(),
            place=pl.concat_str("source", "path", separator="/").min(),
        )
    )
    values = [state.values(one.id).select("target") for one in _of_images(state)]
    count = pl.concat([pl.DataFrame(schema={"target": pl.String}), *values])
    annotated = count.group_by("target").agg(annotated=pl.len().cast(pl.Int64))
    made = images.join(files, on="sha1").join(
        annotated, left_on="sha1", right_on="target", how="left"
    )
    pixels = pl.col("width").cast(pl.Int64) * pl.col("height").cast(pl.Int64)
    return made.select(
        "sha1",
        pixels=pixels,
        oldest="oldest",
        annotated=pl.col("annotated").fill_null(0),
        bytes="bytes",
        place="place",
    ).cast(FACTS)


def keepers(members: pl.DataFrame, known: pl.DataFrame, first: str = FIRSTS[0]) -> pl.DataFrame:
    """Return, for each group of different images, which one to keep: group, keeper, others, reason.

    ``members`` has group and sha1, ``known`` the columns of ``FACTS``. ``others`` come in the
    order in which they would be kept. ``first`` (of ``FIRSTS``) counts before the rest. ``reason``
    is the first of ``REASONS`` in which the keeper and the next differ. Groups of which one image
    is known are left out.
    """
    order = sorted(_ORDER, key=lambda one: one[0] != first)
    by = [pl.col(name) for name, _ in order]
    ranked = (
        members.select("group", "sha1")
        .unique()
        .join(known.with_columns(pl.col("oldest") // _MINUTE), on="sha1")
        .sort(
            "group", *by, "place", "sha1",
            descending=[False, *(is_more for _, is_more in order), False, False],
            nulls_last=True,
        )
    )  # fmt: skip
    # Of the first of a group, the only one that is asked for, the next row is the group's too.
    next_one = [pl.col(name).ne_missing(pl.col(name).shift(-1)) for name, _ in order]
    reason = pl.coalesce(
        *(
            pl.when(differs).then(pl.lit(name))
            for differs, (name, _) in zip(next_one, order, strict=True)
        ),
        pl.lit("first"),
    )
    found = (
        ranked.with_columns(reason=reason)
        .group_by("group", maintain_order=True)
        .agg(
            keeper=pl.col("sha1").first(),
            others=pl.col("sha1").slice(1),
            reason=pl.col("reason").first(),
        )
    )
    return found.filter(pl.col("others").list.len() > 0)


def said(reason: str, language: str, first: str = FIRSTS[0]) -> str:
    """Say in words why an image is the one to keep, where ``first`` counted before the rest."""
    if first == FIRSTS[0]:
        return translate(f"keeping.{reason}", language)
    return translate(f"keeping.{'by' if reason == first else 'then'}_{reason}", language)


def merged(
    state: State, keep: Mapping[str, Sequence[str]], *, out: bool = True
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the changes that give keepers what was said of others, and what cannot be given.

    ``keep`` is keeper → others. Tags are put together; another value goes to a keeper that has
    none, from the first of the others that has one. What a keeper has otherwise stays, and the
    other's value is listed: property, keeper, sha1, value. With ``out`` the others leave the
    corpus. One that is kept here and given up there goes where its keeper goes. What is said of
    files stays with the files.
    """
    pairs = _pairs(keep)
    parts, lost = [pl.DataFrame(schema=CHANGE_SCHEMA)], [pl.DataFrame(schema=_LOST)]
    asked = [*pairs["sha1"], *pairs["keeper"].unique()]
    for one in _of_images(state):
        held = state.property_values(one.id).take(asked).select("target", "value")
        given = pairs.join(held, left_on="sha1", right_on="target").sort("order")
        if given.is_empty():
            continue
        if one.holds_several:
            parts.append(_added(one, held, given))
            continue
        changes, others = _handed(state, one, held, given)
        parts.append(changes)
        lost.append(others)
    if out:
        parts.append(edits.exclude(state, pairs["sha1"]))
    return pl.concat(parts), pl.concat(lost)


def apart(state: State, kind: str, sha1s: Iterable[str]) -> pl.DataFrame:
    """Return the changes that say of images that they are no duplicates of each other.

    All get one text, which is that of no other images: with another beside them it is asked again.
    """
    chosen = sorted(set(sha1s))
    text = hashlib.blake2b("".join(chosen).encode(), digest_size=8).hexdigest()
    given = pl.DataFrame({"target": chosen}, schema={"target": pl.String})
    return edits.assign(state, APART_PREFIX + kind, given.with_columns(value=pl.lit(text)))


def _added(one: Property, held: pl.DataFrame, given: pl.DataFrame) -> pl.DataFrame:
    """Return the changes that give keepers the tags that they do not have."""
    wanted = given.select("value", target="keeper").unique(maintain_order=True)
    new = wanted.join(held, on=["target", "value"], how="anti", maintain_order="left")
    return new.select(
        kind=pl.lit(one.target),
        target="target",
        property=pl.lit(one.id),
        op=pl.lit("add"),
        old=pl.lit(None, pl.String),
        new="value",
    )


def _handed(
    state: State, one: Property, held: pl.DataFrame, given: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the changes that give keepers a value where they have none, and what is not given."""
    own = held.rename({"value": "own"})
    both = given.join(own, left_on="keeper", right_on="target", how="left", maintain_order="left")
    bare = both.filter(pl.col("own").is_null())
    first = bare.unique("keeper", keep="first", maintain_order=True)
    changes = edits.assign(state, one.id, first.select("value", target="keeper"))
    after = both.join(first.select("keeper", new="value"), on="keeper", how="left")
    others = after.filter(pl.col("value") != pl.coalesce("own", "new"))
    return changes, others.select(pl.lit(one.id).alias("property"), "keeper", "sha1", "value")


_LOST = pl.Schema({name: pl.String() for name in ("property", "keeper", "sha1", "value")})


def _of_images(state: State) -> list[Property]:
    return [one for one in state.live_properties if one.target == "image"]


def _pairs(keep: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    """Return who takes over from whom: sha1, keeper, order; nobody keeps and leaves at once."""
    keeper_of: dict[str, str] = {}
    for keeper, others in keep.items():
        for other in others:
            if other not in keeper_of and _last(keeper_of, keeper) != other:
                keeper_of[other] = keeper
    rows = [(sha1, _last(keeper_of, sha1), at) for at, sha1 in enumerate(keeper_of)]
    schema = {"sha1": pl.String, "keeper": pl.String, "order": pl.Int64}
    return pl.DataFrame(rows, schema, orient="row")


def _last(keeper_of: Mapping[str, str], sha1: str) -> str:
    while sha1 in keeper_of:
        sha1 = keeper_of[sha1]
    return sha1
