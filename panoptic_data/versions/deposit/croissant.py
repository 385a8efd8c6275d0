"""A deposit as a dataset that programs can load: Croissant 1.1, with fields of its RAI vocabulary.

The archive is a file, each of its tables that a reader wants a file in it and a record set: images,
files, annotations, and of each encoder vectors, coordinates and clusters. Where a property says
which images are for training and test, the splits are record sets too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from panoptic_data.storage.schema import table_of
from panoptic_data.versions.deposit import splits
from panoptic_data.versions.deposit.description import Description
from panoptic_data.versions.deposit.facts import Facts
from panoptic_data.versions.deposit.splits import Splits

__all__ = ["FILE_NAME", "croissant"]

FILE_NAME = "croissant.json"
_TABLES = ("images", "files", "annotations", "properties", "tags", "duplicates")
_OF_ENCODERS = ("embeddings", "projection", "clusters")
_SPLITS = {
    "training": "http://mlcommons.org/croissant/TrainingSplit",
    "validation": "http://mlcommons.org/croissant/ValidationSplit",
    "test": "http://mlcommons.org/croissant/TestSplit",
}
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def croissant(
    facts: Facts, description: Description, archive: Mapping[str, str], citation: str
) -> dict[str, Any]:
    """Return the description; ``archive`` has the ``sha256`` and ``contentSize`` of the archive."""
    tables = list(_tables(facts))
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "name": description.title,
        "description": description.text,
        "url": _address(facts, description),
        "license": description.license,
        "version": "1.0.0",
        "datePublished": facts.version.at.date().isoformat(),
        "creator": [
            {
                "@type": "sc:Person",
                "name": author.name,
                **({"url": author.orcid} if author.orcid else {}),
            }
            for author in description.authors
        ],
        "keywords": list(description.keywords) or ["images"],
        "citeAs": citation,
        "isLiveDataset": False,
        **_responsible(facts),
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": "corpus.zip",
                "name": "corpus.zip",
                "description": "All tables of the corpus as Parquet files, thumbnails among them.",
                "contentUrl": "corpus.zip",
                "encodingFormat": "application/zip",
                "contentSize": f"{archive['contentSize']} B",
                "sha256": archive["sha256"],
            },
            *(_file(f"{table}.parquet", "tables/") for table in tables),
            *([_file(splits.FILE_NAME)] if facts.splits else []),
        ],
        "recordSet": [
            *(_record_set(table) for table in tables),
            *(_split_records(facts.splits) if facts.splits else ()),
        ],
    }


def _tables(facts: Facts) -> Iterator[str]:
    held = facts.version.tables
    yield from (name for name in _TABLES if name in held)
    for encoder in facts.encoders:
        yield from (name for kind in _OF_ENCODERS if (name := f"{kind}__{encoder.slug}") in held)


def _file(name: str, folder: str = "") -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "containedIn": {"@id": "corpus.zip"},
        "encodingFormat": "application/x-parquet",
        "contentUrl": f"{folder}{name}",
    }


def _split_records(divided: Splits) -> Iterator[dict[str, Any]]:
    """Yield which splits there are, and which images are in each."""
    yield {
        "@type": "cr:RecordSet",
        "@id": "splits",
        "name": "splits",
        "description": f"The splits of the images, by the property “{divided.property}”.",
        "dataType": "cr:Split",
        "key": {"@id": "splits/name"},
        "field": [
            {"@type": "cr:Field", "@id": "splits/name", "name": "name", "dataType": "sc:Text"},
            {"@type": "cr:Field", "@id": "splits/url", "name": "url", "dataType": "sc:URL"},
        ],
        "data": [
            {"splits/name": name, "splits/url": _SPLITS[kind]}
            for name, kind in divided.kinds.items()
        ],
    }
    sha1 = _field("image_splits", "sha1", pa.string(), "the image", splits.FILE_NAME)
    split = _field("image_splits", "split", pa.string(), "the split it is in", splits.FILE_NAME)
    yield {
        "@type": "cr:RecordSet",
        "@id": "image_splits",
        "name": "image_splits",
        "description": "The split of each image.",
        "field": [
            sha1 | {"references": {"field": {"@id": "images/sha1"}}},
            split | {"references": {"field": {"@id": "splits/name"}}},
        ],
    }


def _record_set(table: str) -> dict[str, Any]:
    declared = table_of(table)
    record_set: dict[str, Any] = {
        "@type": "cr:RecordSet",
        "@id": table,
        "name": table,
        "field": [
            _field(table, column.name, column.type, column.meaning) for column in declared.columns
        ],
    }
    if declared.name in ("images", *_OF_ENCODERS):
        record_set["key"] = {"@id": f"{table}/{declared.key}"}
    return record_set


def _field(
    table: str, name: str, type: pa.DataType | None, meaning: str, file: str | None = None
) -> dict[str, Any]:
    is_list = type is None or pa.types.is_list(type)
    item = pa.float32() if type is None else type.value_type if is_list else type
    field: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{table}/{name}",
        "name": name,
        "description": meaning or name,
        "dataType": _data_type(item),
        "source": {
            "fileObject": {"@id": file or f"{table}.parquet"},
            "extract": {"column": name},
        },
    }
    if is_list:
        field |= {"isArray": True, "arrayShape": "-1"}
    return field


def _data_type(type: pa.DataType) -> str:
    if pa.types.is_boolean(type):
        return "sc:Boolean"
    if pa.types.is_integer(type):
        return "sc:Integer"
    if pa.types.is_floating(type):
        return "sc:Float"
    if pa.types.is_timestamp(type):
        return "sc:DateTime"
    if pa.types.is_binary(type):
        return "sc:ImageObject"
    return "sc:Text"


def _responsible(facts: Facts) -> dict[str, Any]:
    """Return the fields of responsible use that are known without asking."""
    seen = "; ".join(
        f"{encoder.label} ({encoder.images} of {facts.images} images)" for encoder in facts.encoders
    )
    by = ", ".join(f"{name} ({count})" for name, count in facts.authors.items())
    return {
        "rai:dataCollection": f"Images read from the folders {', '.join(facts.sources)}.",
        "rai:dataPreprocessingProtocol": [
            "Pictures turned upright, converted to sRGB and made smaller as thumbnails.",
            f"Vectors by {seen or 'no encoder'}.",
        ],
        "rai:dataAnnotationProtocol": f"Values set by {by or 'nobody'}; who and when stands with "
        "each value.",
        "rai:dataLimitations": f"{facts.without_date} of {facts.images} images have no date in "
        f"their file, {facts.without_location} no place; {facts.unreadable} files could not be "
        "read.",
    }


def _address(facts: Facts, description: Description) -> str:
    if description.doi:
        return f"https://doi.org/{description.doi}"
    return description.address or f"urn:panoptic:{facts.version.digest}"
