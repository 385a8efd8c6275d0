"""Which image of a duplicate group to keep: pure.

The keeper is none that is grey or recoloured beside another one (``altered``); of the others it is
the one with most pixels; of equally large ones the oldest file (to the minute: files copied
together are equally old), then the one with most annotations, then the largest file, then the first
by path. Not here: finding groups (``detect``), what the keeper takes over (``merge``), reading
these criteria from a catalogue (``review``).
"""

from __future__ import annotations

import polars as pl

from panoptic_data.messages import translate

__all__ = ["CRITERIA", "CRITERIA_SCHEMA", "REASONS", "choose_keepers", "reason_text"]

# In order of priority.
CRITERIA = ("pixels", "oldest", "annotated", "bytes")
_LESS_IS_BETTER = frozenset(("oldest",))
REASONS = ("colours", *CRITERIA, "first")
_MINUTE = 60 * 10**9
CRITERIA_SCHEMA = pl.Schema(
    {
        "sha1": pl.String(),
        "pixels": pl.Int64(),
        "oldest": pl.Int64(),
        "annotated": pl.Int64(),
        "bytes": pl.Int64(),
        "place": pl.String(),
    }
)
"""``oldest`` is the modification time of an image's oldest file (nanoseconds since 1970),
``annotated`` its number of values, ``bytes`` the size of a file, ``place`` the first of its
paths."""


def choose_keepers(
    members: pl.DataFrame,
    criteria: pl.DataFrame,
    first: str = CRITERIA[0],
    altered: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Return, for each group of different images, which one to keep: group, keeper, others, reason.

    ``members`` has group and sha1, ``criteria`` the columns of ``CRITERIA_SCHEMA``. ``others`` are
    in the order in which they would be kept. ``first`` (of ``CRITERIA``) has priority over the
    rest, but not over ``altered`` (group, sha1, altered): images that are come last. ``reason`` is
    the first of ``REASONS`` in which the keeper and the next image differ.
    Groups with fewer than two images in ``criteria`` are left out.
    """
    order = ["colours", *sorted(CRITERIA, key=lambda name: name != first)]
    if altered is None:
        altered = members.select("group", "sha1", altered=False).clear()
    colours = altered.select("group", "sha1", colours=~pl.col("altered"))
    descending = [name not in _LESS_IS_BETTER for name in order]
    ranked = (
        members.select("group", "sha1")
        .unique()
        .join(colours.unique(), on=["group", "sha1"], how="left")
        .with_columns(pl.col("colours").fill_null(value=True))
        .join(criteria.with_columns(pl.col("oldest") // _MINUTE), on="sha1")
        .sort(
            "group", *order, "place", "sha1",
            descending=[False, *descending, False, False],
            nulls_last=True,
        )
    )  # fmt: skip
    # Only the reason of the first row of a group is used; the next row is in the same group.
    differs = {name: pl.col(name).ne_missing(pl.col(name).shift(-1)) for name in order}
    reason = pl.coalesce(
        *(pl.when(differs[name]).then(pl.lit(name)) for name in order), pl.lit("first")
    )
    groups = (
        ranked.with_columns(reason=reason)
        .group_by("group", maintain_order=True)
        .agg(
            keeper=pl.col("sha1").first(),
            others=pl.col("sha1").slice(1),
            reason=pl.col("reason").first(),
        )
    )
    return groups.filter(pl.col("others").list.len() > 0)


def reason_text(reason: str, language: str, first: str = CRITERIA[0]) -> str:
    """Return in words why an image is the keeper, where ``first`` has priority over the rest."""
    if first == CRITERIA[0]:
        return translate(f"keeping.{reason}", language)
    return translate(f"keeping.{'by' if reason == first else 'then'}_{reason}", language)
