"""What a materialization tells a person in Dagster: counts, pace, a look at the pictures.

Not here: the record that later runs compare with (``provenance``).
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

__all__ = ["group", "materialized"]

# A row of metadata is kept for ever: a look at the pictures, not the pictures.
PREVIEW = 12
CELL = 72
PLOT = 180

MetadataMap = dict[str, Any]
"""Names to what Dagster takes as metadata; its own name for these types is not public."""


def group(slug: str) -> str:
    """Return the name of the group of assets of one encoder."""
    return re.sub(r"\W", "_", slug)


def materialized(
    work: Work, key: dg.AssetKey, stage: str, result: StageResult
) -> dg.MaterializeResult[None]:
    """Return what Dagster records of a stage just made."""
    special = _annotated(result) if stage == "annotations" else _pictures(work, stage)
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
        return _grid(work.project, _just_made(work))
    if name == "projection":
        return _plot(work.project, stages.stage_table(stage))
    if name == "clusters":
        return _grid(work.project, _medoids(work.project, stage))
    return {}


def _annotated(result: StageResult) -> MetadataMap:
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


def _just_made(work: Work) -> Sequence[str]:
    condition = f"run = '{work.run.id}'"
    rows = work.project.database().read("images", ["sha1"], condition)
    return sorted(rows["sha1"].to_pylist())[:PREVIEW]


def _medoids(project: Project, stage: str) -> Sequence[str]:
    table = f"cluster_info__{stage.partition('/')[2]}"
    frame = project.database().frame(table, ["number", "size", "medoid"], "main")
    return frame.sort("size", "number", descending=[True, False])["medoid"].to_list()[:PREVIEW]


def _grid(project: Project, sha1s: Sequence[str]) -> MetadataMap:
    found = images.thumbnails(project, sha1s) if sha1s else {}
    if not found:
        return {}
    across = min(len(found), 6)
    down = -(-len(found) // across)
    sheet = Image.new("RGB", (across * CELL, down * CELL), "white")
    for place, sha1 in enumerate(sha1 for sha1 in sha1s if sha1 in found):
        with Image.open(io.BytesIO(found[sha1])) as picture:
            picture.thumbnail((CELL - 4, CELL - 4))
            corner = ((place % across) * CELL + 2, (place // across) * CELL + 2)
            sheet.paste(picture.convert("RGB"), corner)
    return {"preview": _markdown(sheet, "JPEG")}


def _plot(project: Project, table: str) -> MetadataMap:
    rows = project.database().read(table, ["x", "y"])
    points = np.column_stack([rows["x"].to_numpy(), rows["y"].to_numpy()])
    if not len(points):
        return {}
    return {"map": _markdown(_density(points), "PNG")}


def _density(points: np.ndarray) -> Image.Image:
    """Draw (n, 2) float coordinates as a square grey picture, darker where more lie."""
    low = points.min(axis=0)
    span = np.maximum(points.max(axis=0) - low, 1e-9)
    cells = np.minimum(((points - low) / span * PLOT).astype(int), PLOT - 1)
    seen = np.zeros((PLOT, PLOT))
    np.add.at(seen, (PLOT - 1 - cells[:, 1], cells[:, 0]), 1.0)
    # A logarithm, so that one image alone shows beside a crowd.
    depth = np.log1p(seen) / np.log1p(seen.max())
    shade = np.where(seen > 0, 200 - 180 * depth, 255)
    drawn = Image.fromarray(shade.astype(np.uint8))
    return drawn.resize((2 * PLOT, 2 * PLOT), Image.Resampling.NEAREST)


def _markdown(picture: Image.Image, form: str) -> dg.MarkdownMetadataValue:
    buffer = io.BytesIO()
    picture.save(buffer, form, **({"quality": 70} if form == "JPEG" else {}))
    data = base64.b64encode(buffer.getvalue()).decode()
    return dg.MetadataValue.md(f"![{form}](data:image/{form.lower()};base64,{data})")
