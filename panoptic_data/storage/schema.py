"""The columns, key and meaning of every table, declared once.

Not here: reading and writing (``tables``). Times are UTC microseconds, except ``taken_at``,
which is the camera's own clock without a zone, as EXIF gives it.
"""

from __future__ import annotations

import pyarrow as pa

from panoptic_data.storage.computed_tables import COMPUTED_TABLES
from panoptic_data.storage.table_columns import Column, Table

__all__ = ["TABLES", "Column", "Table", "arrow", "table_name", "table_of", "vector_length"]

_TIME = pa.timestamp("us", tz="UTC")

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "sources",
            "name",
            False,
            (
                Column("name", pa.string(), "unique, chosen from the folder's name"),
                Column("uri", pa.string(), "absolute path of the folder"),
                Column("added_at", _TIME, "when it was registered"),
                Column("options", pa.string(), "JSON object: what runs noted of the folder"),
            ),
        ),
        Table(
            "files",
            "file_id",
            False,
            (
                Column("file_id", pa.string(), "16 hex digits; the same when the file moves"),
                Column("source", pa.string(), "name of the source"),
                Column("path", pa.string(), "relative, '/'-separated; bytes not UTF-8 as \\xNN"),
                Column("raw_path", pa.binary(), "the path's bytes, only where not UTF-8"),
                Column("folder", pa.string(), "path without its last part; '' at the top"),
                Column("sha1", pa.string(), "of the bytes, 40 hex digits; null if never read"),
                Column("size", pa.int64(), "bytes"),
                Column("mtime_ns", pa.int64(), "modification time, nanoseconds since 1970"),
                Column("status", pa.string(), "ok, unreadable, missing or purged"),
                Column("reason", pa.string(), "code of why it is not ok (catalogue: reason.*)"),
                Column("detail", pa.string(), "what the decoder or the system said"),
                Column("first_seen", _TIME, "when a run first met this path"),
                Column("changed_at", _TIME, "when this row last changed"),
                Column("run", pa.string(), "run that last changed this row"),
                Column("ctime_ns", pa.int64(), "change time of the inode when read; null: unknown"),
                Column("sidecar", pa.string(), "JSON object of what its XMP sidecar says"),
                Column("sidecar_mark", pa.string(), "name, size and time of it when read"),
            ),
        ),
        Table(
            "images",
            "sha1",
            False,
            (
                Column("sha1", pa.string(), "of the file's bytes, 40 hex digits"),
                Column("format", pa.string(), "what the content is: JPEG, PNG, …"),
                Column("mode", pa.string(), "pixel mode as stored, in Pillow's words"),
                Column("width", pa.int32(), "pixels, upright"),
                Column("height", pa.int32(), "pixels, upright"),
                Column("frames", pa.int32(), "frames or pages; 1 for a still picture"),
                Column("orientation", pa.int32(), "EXIF orientation 1 to 8, already applied"),
                Column("taken_at", pa.timestamp("us"), "first moment of it, camera's clock"),
                Column("camera", pa.string(), "make and model"),
                Column("lat", pa.float64(), "degrees north"),
                Column("lon", pa.float64(), "degrees east"),
                Column("exif", pa.string(), "JSON object of readable tags, each cut at 500"),
                Column("colour", pa.string(), "dominant colour, #rrggbb"),
                Column("ahash", pa.uint64(), "average hash"),
                Column("phash", pa.uint64(), "perceptual hash (DCT)"),
                Column("dhash", pa.uint64(), "difference hash"),
                Column("thumbnail", pa.binary(), "JPEG, upright, sRGB"),
                Column("run", pa.string(), "run that made this row"),
                Column("digest", pa.string(), "of the rest but run; null by earlier releases"),
                Column("sha256", pa.string(), "of the file's bytes; null by earlier releases"),
                Column("taken_precision", pa.string(), "year, month, day, minute or second"),
                Column("taken_from", pa.string(), "the field that taken_at was read from"),
                Column("digitised_at", pa.timestamp("us"), "first moment of it, scanner's clock"),
                Column("digitised_precision", pa.string(), "as taken_precision"),
                Column("title", pa.string(), "embedded (XMP, IPTC, EXIF), as all below"),
                Column("headline", pa.string(), "in a few words"),
                Column("caption", pa.string(), "description"),
                Column("keywords", pa.list_(pa.string()), "each after those above it: a|b|c"),
                Column("creator", pa.string(), "who made it"),
                Column("credit", pa.string(), "who is to be named"),
                Column("rights", pa.string(), "copyright notice"),
                Column("location", pa.string(), "from the nearest place to the country"),
            ),
        ),
        Table(
            "overwritten",
            "id",
            False,
            (
                Column("id", pa.string(), "file_id and sha1: unique"),
                Column("file_id", pa.string(), "file that has another content now"),
                Column("sha1", pa.string(), "image that it held before"),
                Column("thumbnail", pa.binary(), "JPEG of that image, upright, sRGB"),
                Column("at", _TIME, "when a run met the other content"),
                Column("run", pa.string(), "run that made this row"),
            ),
        ),
        Table(
            "embeddings",
            "sha1",
            True,
            (
                Column("sha1", pa.string(), "image"),
                Column("vector", None, "float16, unit length"),
                Column("run", pa.string(), "run that made this row"),
            ),
        ),
        *COMPUTED_TABLES,
        Table(
            "encoders",
            "slug",
            False,
            (
                Column("slug", pa.string(), "name in table names"),
                Column("text", pa.string(), "the spec as encoders.parse reads it"),
                Column("status", pa.string(), "ready (its vectors serve), or waiting"),
                Column("cause", pa.string(), "why its weights cannot be had; null: they can"),
                Column("dim", pa.int32(), "length of a vector"),
                Column("reads_text", pa.bool_(), "can be searched by words"),
                Column("fingerprint", pa.string(), "digest of weights and preprocessing"),
                Column("device", pa.string(), "cpu, cuda or mps"),
                Column("dtype", pa.string(), "float32, bfloat16 or float16, by trial"),
                Column("batch", pa.int32(), "images at a time, by trial"),
                Column("rate", pa.float32(), "images per second in the trial"),
                Column("checked_at", _TIME, "when it was last loaded or tried"),
                Column("run", pa.string(), "run that made this row"),
                Column("weights", pa.string(), "digest of its weights' bytes; null: from the hub"),
                Column("weights_stamp", pa.string(), "their sizes and times when it was taken"),
            ),
        ),
        Table(
            "runs",
            "run",
            False,
            (
                Column("run", pa.string(), "identifier"),
                Column("what", pa.string(), "command, e.g. process"),
                Column("started_at", _TIME, ""),
                Column("updated_at", _TIME, "last sign of life"),
                Column("finished_at", _TIME, "null while it works"),
                Column("who", pa.string(), "user@machine"),
                Column("pid", pa.int32(), "process on that machine"),
                Column("code_version", pa.string(), "release and, in a checkout, commit"),
                Column("parameters", pa.string(), "JSON object"),
                Column("progress", pa.string(), "JSON: stage → {done, total}"),
                Column("counts", pa.string(), "JSON: stage → counts and seconds"),
                Column("outcome", pa.string(), "running, done, failed or interrupted"),
                Column("error", pa.string(), "what went wrong"),
                Column("dagster_runs", pa.list_(pa.string()), "Dagster's run ids"),
            ),
        ),
        Table(
            "stages",
            "stage",
            False,
            (
                Column("stage", pa.string(), "asset key, e.g. files/posters, clusters/visual"),
                Column("data_version", pa.string(), "digest of what it holds"),
                Column("inputs", pa.string(), "JSON: stage → data version it was made from"),
                Column("code_version", pa.string(), "version of the code that made it"),
                Column("parameters", pa.string(), "JSON object"),
                Column("counts", pa.string(), "JSON: rows, new, unchanged, failed, seconds, …"),
                Column("lance_version", pa.int64(), "table version after it"),
                Column("at", _TIME, "when"),
                Column("run", pa.string(), "run that made it"),
            ),
        ),
        Table(
            "materializations",
            "id",
            False,
            (
                Column("id", pa.string(), "32 hex digits"),
                Column("stage", pa.string(), "as in stages, when it was made"),
                Column("data_version", pa.string(), "digest of what it held then"),
                Column("inputs", pa.string(), "JSON: stage → data version it was made from"),
                Column("code_version", pa.string(), "version of the code that made it"),
                Column("parameters", pa.string(), "JSON object; of a fit, its id too"),
                Column("counts", pa.string(), "JSON: rows, new, unchanged, failed, seconds, …"),
                Column("lance_version", pa.int64(), "table version after it"),
                Column("at", _TIME, "when"),
                Column("run", pa.string(), "run that made it"),
            ),
        ),
        Table(
            "annotation_events",
            "number",
            False,
            (
                Column("number", pa.int64(), "place in the log, from 0 without a gap"),
                Column("batch", pa.string(), "what was done in one go; ids sort by time"),
                Column("at", _TIME, "when it was done"),
                Column("author", pa.string(), "who did it"),
                Column("act", pa.string(), "what it was: tag, stamp, import, undo, …"),
                Column("about", pa.string(), "what it was about, e.g. the name of a file"),
                Column("kind", pa.string(), "image, file, property, tag or batch"),
                Column("target", pa.string(), "sha1, file id, or id of property, tag, batch"),
                Column("property", pa.string(), "property's id, or the part of a definition"),
                Column("op", pa.string(), "set, add or remove"),
                Column("old", pa.string(), "value before, as known when it was set"),
                Column("new", pa.string(), "canonical text of the value; null for none"),
                Column("undoes", pa.string(), "batch that this one switches off or on"),
            ),
        ),
        Table(
            "annotations",
            "target",
            False,
            (
                Column("kind", pa.string(), "image or file"),
                Column("target", pa.string(), "sha1 or file id"),
                Column("property", pa.string(), "property's id, or excluded"),
                Column("value", pa.string(), "canonical text, or a tag's id"),
                Column("author", pa.string(), "who set it last"),
                Column("at", _TIME, "when"),
                Column("batch", pa.string(), "batch that set it"),
                Column("act", pa.string(), "what that batch was: tag, import, answer, …"),
                Column("proposed_by", pa.string(), "person, import or model; null: not known"),
                Column("score", pa.float32(), "0 to 1, of what a model proposed; null: not known"),
                Column("encoder", pa.string(), "slug, of what a model proposed"),
            ),
        ),
        Table(
            "properties",
            "id",
            False,
            (
                Column("id", pa.string(), "eight letters and digits; stable"),
                Column("name", pa.string(), "as people call it"),
                Column("type", pa.string(), "text, number, tag, tags, date, colour, …"),
                Column("target", pa.string(), "image (all its copies) or file"),
                Column("folder", pa.string(), "heading under which it stands, or null"),
                Column("place", pa.float64(), "order among the properties"),
                Column("options", pa.string(), "JSON: least, most, step, slider"),
                Column("hidden", pa.bool_(), "not shown unless asked for"),
                Column("deleted", pa.bool_(), "kept, so that it can come back"),
            ),
        ),
        Table(
            "tags",
            "id",
            False,
            (
                Column("id", pa.string(), "eight letters and digits; stable"),
                Column("property", pa.string(), "property whose value it is"),
                Column("name", pa.string(), "as people call it"),
                Column("colour", pa.string(), "#rrggbb, or null"),
                Column("parents", pa.list_(pa.string()), "tags above it, of the same property"),
                Column("place", pa.float64(), "order among its siblings"),
                Column("key", pa.string(), "digit or letter that applies it, or null"),
                Column("deleted", pa.bool_(), "kept, so that it can come back"),
                Column("identifier", pa.string(), "in a vocabulary, as wikidata:Q42, or null"),
            ),
        ),
        Table(
            "views",
            "id",
            False,
            (
                Column("id", pa.string(), "short, random, fit for addresses"),
                Column("name", pa.string(), "as people call it; need not be unique"),
                Column("view", pa.string(), "JSON object of views.to_json"),
                Column("author", pa.string(), "the system's name of who saved it"),
                Column("at", _TIME, "when it was last changed"),
                Column("place", pa.int32(), "order among the open tabs; null: not open"),
                Column("deleted", pa.bool_(), "removed; kept for a while so that it can return"),
            ),
        ),
        Table(
            "corpus_versions",
            "id",
            False,
            (
                Column("id", pa.string(), "eight letters and digits, fit for addresses"),
                Column("name", pa.string(), "as people call it; unique"),
                Column("note", pa.string(), "what it is for; may be empty"),
                Column("at", _TIME, "when it was made"),
                Column("author", pa.string(), "who made it"),
                Column("corpus_digest", pa.string(), "of all that it holds, 32 hex digits"),
                Column("digests", pa.string(), "JSON: part of the content → digest"),
                Column("tables", pa.string(), "JSON: table → pinned version"),
                Column("events", pa.int64(), "length of the log of annotations"),
                Column("off", pa.list_(pa.string()), "batches that were switched off"),
                Column("runs", pa.list_(pa.string()), "runs that made its tables"),
                Column("encoders", pa.string(), "JSON: encoders, their weights and versions"),
                Column("stages", pa.string(), "JSON: stage → parameters, code version, run"),
                Column("counts", pa.string(), "JSON: images, files, values, tags, clusters, …"),
                Column("code_version", pa.string(), "release and, in a checkout, commit"),
                Column("packages", pa.string(), "JSON: package → version"),
                Column("previous", pa.string(), "id of the version made before it, or null"),
                Column("origin", pa.string(), "JSON: where it was imported from, or null"),
            ),
        ),
        Table(
            "selections",
            "key",
            False,
            (
                Column("key", pa.string(), "made of the sha1s; 20 hex digits"),
                Column("sha1s", pa.list_(pa.string()), "images that a view names, in order"),
                Column("at", _TIME, "when it was first kept"),
            ),
        ),
    )
}


def table_name(table: str, encoder: str | None = None) -> str:
    """Return the name in the database: ``images``, or ``embeddings__<slug>``."""
    return f"{table}__{encoder}" if encoder else table


def table_of(name: str) -> Table:
    """Return the declaration behind a name in the database."""
    return TABLES[name.partition("__")[0]]


def arrow(name: str, dim: int | None = None) -> pa.Schema:
    """Return the Arrow schema of a table; ``dim`` is the length of its vectors, if it has any."""
    return pa.schema([(c.name, c.type or _vector(name, dim)) for c in table_of(name).columns])


def vector_length(stored: pa.Schema) -> int | None:
    """Return the length of the vectors that a stored schema declares; None where it has none."""
    if "vector" not in stored.names:
        return None
    return int(stored.field("vector").type.list_size)


def _vector(name: str, dim: int | None) -> pa.DataType:
    if dim is None:
        raise ValueError(f"{name} holds vectors: say their length")
    return pa.list_(pa.float16(), dim)
