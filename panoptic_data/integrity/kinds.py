"""What becomes of a table that is gone or damaged: made again, merged again, or saved row by row.

Not here: finding out (``check``), doing it (``rebuild``, ``repair``).
"""

from __future__ import annotations

from panoptic_data.storage.schema import table_of

__all__ = ["COMPUTED", "LOG", "MERGED", "group_of", "is_rebuilt"]

# Computed from vectors and files: the next run makes them again.
COMPUTED = frozenset(
    {
        *("neighbours", "projection", "absent_projection"),
        *("clusters", "cluster_info", "absent_clusters"),
        *("duplicates", "compared_images", "aligned_images", "aligned_pairs"),
        *("visual_vocabulary", "visual_words", "part_comparisons", "shared_parts", "part_groups"),
    }
)
# Merged from the log of annotations, one step for all three.
MERGED = ("annotations", "properties", "tags")
LOG = "annotation_events"
# What one stage writes is made again together.
_TOGETHER = (
    ("clusters", "cluster_info"),
    ("duplicates", "compared_images", "aligned_images", "aligned_pairs"),
    ("visual_vocabulary", "visual_words", "part_comparisons", "shared_parts", "part_groups"),
    MERGED,
)


def is_rebuilt(table: str) -> bool:
    """Whether a run makes this table again by itself, losing nothing."""
    kind = table_of(table).name
    return kind in COMPUTED or kind in MERGED


def group_of(table: str) -> tuple[str, ...]:
    """Return the tables that the stage of this one writes, this one among them."""
    kind, sign, encoder = table.partition("__")
    kinds = next((together for together in _TOGETHER if kind in together), (kind,))
    return tuple(f"{name}{sign}{encoder}" for name in kinds)
