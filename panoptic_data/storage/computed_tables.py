"""Tables that runs compute from vectors and thumbnails, and make again where they are gone.

Not here: all other tables (``schema``).
"""

from __future__ import annotations

import pyarrow as pa

from panoptic_data.storage.table_columns import Column, Table

__all__ = ["COMPUTED_TABLES"]

_PROJECTION = (
    Column("sha1", pa.string(), "image"),
    Column("x", pa.float32(), "map coordinate"),
    Column("y", pa.float32(), "map coordinate"),
    Column("fitted", pa.bool_(), "placed by the fit, or later into it"),
    Column("fit", pa.string(), "which fit: 16 hex digits"),
    Column("run", pa.string(), "run that made this row"),
)
_CLUSTERS = (
    Column("sha1", pa.string(), "image"),
    Column("cluster", pa.int32(), "main level; -1: in no cluster"),
    Column("levels", pa.list_(pa.int32()), "number at each level, finest first"),
    Column("strength", pa.float32(), "0 to 1, how firmly it belongs"),
    Column("fitted", pa.bool_(), "placed by the fit, or later into it"),
    Column("closeness", pa.list_(pa.float32()), "fitted: cosine to each cluster's mean"),
    Column("fit", pa.string(), "which fit: 16 hex digits"),
    Column("run", pa.string(), "run that made this row"),
)

COMPUTED_TABLES = (
    Table(
        "neighbours",
        "sha1",
        True,
        (
            Column("sha1", pa.string(), "image"),
            Column("ids", pa.list_(pa.string()), "its k nearest images, nearest first"),
            Column("similarities", pa.list_(pa.float32()), "cosine, same order"),
            Column("length", pa.int32(), "how many there are"),
            Column("nearest", pa.float32(), "the first similarity; null for none"),
            Column("weakest", pa.float32(), "the last similarity; null for none"),
            Column("vector_run", pa.string(), "run that made its vector"),
            Column("row_digest", pa.int64(), "of sha1, ids and similarities"),
            Column("run", pa.string(), "run that made this row"),
        ),
    ),
    Table("projection", "sha1", True, _PROJECTION),
    # Rows of images of which every file is missing, so that they come back to where they were.
    Table("absent_projection", "sha1", True, _PROJECTION),
    Table("clusters", "sha1", True, _CLUSTERS),
    Table("absent_clusters", "sha1", True, _CLUSTERS),
    Table(
        "cluster_info",
        "key",
        True,
        (
            Column("key", pa.string(), "level:number"),
            Column("level", pa.int32(), "0 is the finest"),
            Column("number", pa.int32(), "stable across refits"),
            Column("size", pa.int32(), "images"),
            Column("medoid", pa.string(), "sha1 of the fitted image nearest to the mean"),
            Column("main", pa.bool_(), "this level is the one in clusters.cluster"),
            Column("fit", pa.string(), "which fit: 16 hex digits"),
            Column("run", pa.string(), "run that made this row"),
        ),
    ),
    Table(
        "duplicates",
        "member",
        False,
        (
            Column("member", pa.string(), "group and member: unique"),
            Column("group", pa.string(), "kind and smallest sha1 of the group: stable"),
            Column("kind", pa.string(), "exact, near, or semantic:<encoder>"),
            Column("sha1", pa.string(), "image"),
            Column("file_id", pa.string(), "file, for exact groups only"),
            Column("distance", pa.float32(), "to the nearest member: bits, or 1 - cosine"),
            Column("run", pa.string(), "run that made this row"),
            Column("centre", pa.string(), "near: sha1 of the member that is in every pair"),
            Column("edits", pa.list_(pa.string()), "near: what it is beside the centre"),
            Column("matrix", pa.list_(pa.float32()), "2 × 3, it to centre, in fractions"),
        ),
    ),
    Table(
        "compared_images",
        "sha1",
        False,
        (
            Column("sha1", pa.string(), "image that near groups were made of"),
            Column("phash", pa.uint64(), "its perceptual hash then"),
            Column("run", pa.string(), "run that compared it with all others"),
        ),
    ),
    Table(
        "aligned_images",
        "sha1",
        False,
        (
            Column("sha1", pa.string(), "image that others were laid over"),
            Column("image_digest", pa.string(), "of its row in images then, and of the code"),
            Column("others", pa.list_(pa.string()), "later ones by sha1: its first 16 digits"),
            Column("run", pa.string(), "run that last laid one over it"),
        ),
    ),
    Table(
        "aligned_pairs",
        "pair",
        False,
        (
            Column("pair", pa.string(), "both sha1s, the smaller first"),
            Column("left", pa.string(), "image"),
            Column("right", pa.string(), "image, the same picture"),
            Column("edits", pa.list_(pa.string()), "what the right is beside the left one"),
            Column("matrix", pa.list_(pa.float32()), "2 × 3, right to left, in fractions"),
            Column("inliers", pa.int32(), "pairs of points that agree with it"),
            Column("blocks", pa.float32(), "share of the overlap whose tones agree"),
            Column("detail", pa.float32(), "share of it whose fine detail agrees"),
            Column("run", pa.string(), "run that laid one over the other"),
        ),
    ),
    Table(
        "visual_vocabulary",
        "word",
        False,
        (
            Column("word", pa.int32(), "number of the visual word"),
            Column("centre", pa.list_(pa.float32()), "mean of its descriptors: 128, RootSIFT"),
            Column("medians", pa.list_(pa.float32()), "of its projected descriptors: 64"),
            Column("fitted_on", pa.int32(), "so many images"),
            Column("fit", pa.string(), "which fit: 16 hex digits"),
            Column("run", pa.string(), "run that fitted it"),
        ),
    ),
    Table(
        "visual_words",
        "sha1",
        False,
        (
            Column("sha1", pa.string(), "image"),
            Column("image_digest", pa.string(), "of its row in images then, and of the code"),
            Column("words", pa.binary(), "of its points: n × uint16"),
            Column("signatures", pa.binary(), "which side of the medians: n × uint64"),
            Column("places", pa.binary(), "x, y in 65,535ths of its longer side: n × 2 × uint16"),
            Column("turns", pa.binary(), "in 256ths of a circle: n × uint8"),
            Column("sizes", pa.binary(), "in 24ths of an octave: n × uint8"),
            Column("fit", pa.string(), "which fit of the vocabulary"),
            Column("run", pa.string(), "run that made this row"),
        ),
    ),
    Table(
        "part_comparisons",
        "sha1",
        False,
        (
            Column("sha1", pa.string(), "image that was compared"),
            Column("image_digest", pa.string(), "of its row in images then, and of the code"),
            Column(
                "others",
                pa.list_(pa.string()),
                "with which later ones by sha1: their first 16 digits",
            ),
            Column("is_complete", pa.bool_(), "with all that may share a part with it"),
            Column("run", pa.string(), "run that last compared it"),
        ),
    ),
    Table(
        "shared_parts",
        "pair",
        False,
        (
            Column("pair", pa.string(), "both sha1s, the smaller first"),
            Column("left", pa.string(), "image"),
            Column("right", pa.string(), "image that shares a part with it"),
            Column("inliers", pa.int32(), "pairs of points that agree with the matrix"),
            Column("matrix", pa.list_(pa.float32()), "2 × 3, right to left, in fractions"),
            Column("left_outline", pa.list_(pa.float32()), "x, y, … around the part, in fractions"),
            Column("right_outline", pa.list_(pa.float32()), "the same on the right one"),
            Column("sureness", pa.float32(), "0 to 1"),
            Column("group", pa.string(), "that the pair is in, or null"),
            Column("run", pa.string(), "run that found it"),
        ),
    ),
    Table(
        "part_groups",
        "member",
        False,
        (
            Column("member", pa.string(), "group and sha1: unique"),
            Column("group", pa.string(), "first digits of its first pair: stable"),
            Column("sha1", pa.string(), "image"),
            Column("hub", pa.string(), "sha1 of the member with which all others share the part"),
            Column("outline", pa.list_(pa.float32()), "x, y, … around the part, in fractions"),
            Column("inliers", pa.int32(), "of the pair with the hub"),
            Column("sureness", pa.float32(), "0 to 1, of the pair with the hub"),
            Column("run", pa.string(), "run that made this row"),
        ),
    ),
)
"""In the order in which they are made."""
