"""The formats that can be exported, as data: the module of each and what it takes and makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["FORMATS", "Format"]

_TABLE = frozenset(("columns", "files"))
_IMAGES = frozenset(("size", "link", "by", "names"))


@dataclass(frozen=True)
class Format:
    """One format: ``module`` of this package has ``write`` (and ``needed_bytes``).

    ``suffix`` is that of the file it writes, "" for a folder; ``also`` are the suffixes of other
    forms that it can write as one file. ``options`` are those that it takes.
    """

    module: str
    suffix: str = ""
    options: frozenset[str] = frozenset()
    also: tuple[str, ...] = ()


FORMATS: Mapping[str, Format] = {
    "csv": Format("csv_table", ".csv", _TABLE),
    "parquet": Format("parquet_table", ".parquet", _TABLE),
    "jsonl": Format("json_lines", ".jsonl", _TABLE),
    "images": Format("image_files", options=_IMAGES),
    "coco": Format("coco", options=_IMAGES | {"columns"}),
    "hf": Format("hugging_face", options=_IMAGES | {"columns"}),
    "vectors": Format("vectors", options=frozenset(("encoder",)), also=(".parquet",)),
    "panoptic": Format("panoptic_files", options=frozenset(("columns",))),
    "sheet": Format("contact_sheet", options=frozenset(("columns",)), also=(".html",)),
    "annotations": Format("web_annotations", ".jsonld", frozenset(("columns", "address"))),
    "xmp": Format("xmp", options=frozenset(("columns", "rating", "date"))),
}
