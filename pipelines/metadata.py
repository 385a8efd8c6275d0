"""The metadata of a materialization in Dagster: counts, images per second, a preview of images.

Not here: the record that later runs compare against (``provenance``).
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
import numpy as np
from PIL import Image

from panoptic_data.ingest import images
from panoptic_data.provenance import stages
from panoptic_data.provenance.stages import StageResult
from panoptic_data.storage.project import Project
from pipelines.resources import Work

__all__ = ["group_name", "materialize_result"]

# Dagster keeps metadata forever, so that previews are small: images, pixels per image, and pixels
# of the map.
PREVIEW_IMAGES = 12
CELL = 72
PLOT = 180

MetadataMap = dict[str, Any]
"""What Dagster accepts as metadata; its own name for this type is not public."""


def group_name(slug: str) -> str:
    """Return the name of the asset group of an encoder."""
    return re.sub(r"\W", "_", slug)


def materialize_result(
    work: Work, key: dg.AssetKey, stage: str, result: StageResult
) -> dg.MaterializeResult[None]:
    """Return the materialization of a stage that was just computed."""
    special = _annotation_counts(result) if stage == "annotations" else _pictures(work, stage)
    return dg.MaterializeResult(
        asset_key=key,
        data_version=dg.DataVersion(result.data_version),
        metadata={**_counts(work.project, stage, result), **special},
    )


def _counts(project: Project, stage: str, result: StageResult) -> MetadataMap:
    table = stages.stage_table(stage)
    done = result.new + result.changed
    return {
        "dagster/row_count": result.rows,
        "new": result.new,
        "changed": result.changed,
        "unchanged": result.unchanged,
        "removed": result.removed,
        "failed": result.failed,
        "seconds": round(result.seconds, 3),
        "images_per_second": round(done / result.seconds, 1) if result.seconds else 0.0,
        "table": table,
        "lance_version": project.database().version(table),
        "parameters": dg.MetadataValue.json(dict(result.parameters)),
        **_extra(result.extra),
    }


def _extra(extra: Mapping[str, object]) -> MetadataMap:
    return {"extra": dg.MetadataValue.json(dict(extra))} if extra else {}


def _pictures(work: Work, stage: str) -> MetadataMap:
    name = stages.stage_kind(stage)
    if name == "images":
        return _grid(work.project, _new_images(work))
    if name == "projection":
        return _plot(work.project, stages.stage_table(stage))
    if name == "clusters":
        return _grid(work.project, _medoids(work.project, stage))
    return {}


def _annotation_counts(result: StageResult) -> MetadataMap:
    """Return the counts of annotations one by one, so that Dagster draws them over time."""
    extra: Mapping[str, Any] = result.extra
    parameters: Mapping[str, Any] = result.parameters
    return {
        "events": parameters["events"],
        "new_events": result.new,
        "values": result.rows,
        "properties": extra["properties"],
        "tags": extra["tags"],
        "authors": dg.MetadataValue.json(extra["authors"]),
        "lance_versions": dg.MetadataValue.json(parameters["versions"]),
    }


def _new_images(work: Work) -> Sequence[str]:
    condition = f"run = '{work.run.id}'"
    rows = work.project.database().read("images", ["sha1"], condition)
    return sorted(rows["sha1"].to_pylist())[:PREVIEW_IMAGES]


def _medoids(project: Project, stage: str) -> Sequence[str]:
    table = f"cluster_info__{stage.partition('/')[2]}"
    frame = project.database().frame(table, ["number", "size", "medoid"], "main")
    return frame.sort("size", "number", descending=[True, False])["medoid"].to_list()[
        :PREVIEW_IMAGES
    ]


def _grid(project: Project, sha1s: Sequence[str]) -> MetadataMap:
    thumbnails = images.thumbnails(project, sha1s) if sha1s else {}
    if not thumbnails:
        return {}
    columns = min(len(thumbnails), 6)
    rows = -(-len(thumbnails) // columns)
    sheet = Image.new("RGB", (columns * CELL, rows * CELL), "white")
    for index, sha1 in enumerate(sha1 for sha1 in sha1s if sha1 in thumbnails):
        with Image.open(io.BytesIO(thumbnails[sha1])) as picture:
            picture.thumbnail((CELL - 4, CELL - 4))
            corner = ((index % columns) * CELL + 2, (index // columns) * CELL + 2)
            sheet.paste(picture.convert("RGB"), corner)
    return {"preview": _markdown(sheet, "JPEG")}


def _plot(project: Project, table: str) -> MetadataMap:
    rows = project.database().read(table, ["x", "y"])
    points = np.column_stack([rows["x"].to_numpy(), rows["y"].to_numpy()])
    if not len(points):
        return {}
    return {"map": _markdown(_density(points), "PNG")}


def _density(points: np.ndarray) -> Image.Image:
    """Draw (n, 2) float coordinates as a square grey image, darker where there are more."""
    low = points.min(axis=0)
    span = np.maximum(points.max(axis=0) - low, 1e-9)
    cells = np.minimum(((points - low) / span * PLOT).astype(int), PLOT - 1)
    counts = np.zeros((PLOT, PLOT))
    np.add.at(counts, (PLOT - 1 - cells[:, 1], cells[:, 0]), 1.0)
    # Logarithmic, so that a single image is visible next to dense areas.
    depth = np.log1p(counts) / np.log1p(counts.max())
    shade = np.where(counts > 0, 200 - 180 * depth, 255)
    image = Image.fromarray(shade.astype(np.uint8))
    return image.resize((2 * PLOT, 2 * PLOT), Image.Resampling.NEAREST)


def _markdown(picture: Image.Image, format: str) -> dg.MarkdownMetadataValue:
    buffer = io.BytesIO()
    picture.save(buffer, format, **({"quality": 70} if format == "JPEG" else {}))
    data = base64.b64encode(buffer.getvalue()).decode()
    return dg.MetadataValue.md(f"![{format}](data:image/{format.lower()};base64,{data})")
