"""How long exports take, and how much memory, at 100,000 synthetic images.

    python -m bench.export [IMAGES]

Each format is written in a process of its own, from a project with nine properties; formats of
pictures use the first 2,000 images, 400 × 300 JPEG.
"""

from __future__ import annotations

import hashlib
import io
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
from PIL import Image

from panoptic_data import annotate, create_property, export, open_project
from panoptic_data.annotations import edits
from panoptic_data.annotations.decisions import Decision
from panoptic_data.annotations.store import annotations_of
from tests import synthetic

TABLES = ("csv", "parquet", "jsonl", "annotations", "xmp", "panoptic", "sheet", "vectors")
PICTURES = ("images", "coco", "hf")
PICTURED = 2_000
DIM = 512


def main(count: int) -> None:
    folder = Path(tempfile.mkdtemp(prefix="bench-export-"))
    try:
        root = make(folder, count)
        print(f"{'format':<12} {'images':>8} {'seconds':>8} {'peak MB':>8} {'MB':>8}")
        for format in (*TABLES, *PICTURES):
            command = [sys.executable, "-m", "bench.export", "--only", str(root), format]
            subprocess.run(command, check=True)
    finally:
        shutil.rmtree(folder)


def make(folder: Path, count: int) -> Path:
    """Write a project of so many images, the first of them with files."""
    opened = synthetic.project(folder / "war")
    pictures = folder / "pictures"
    pictures.mkdir()
    source = {"name": "posters", "uri": str(pictures), "added_at": synthetic.AT}
    synthetic.write(opened, "sources", [source])
    random = np.random.default_rng(0)
    thumbnail = _jpeg(random, (256, 192))
    sha1s = []
    for start in range(0, count, 10_000):
        images, files = [], []
        for number in range(start, min(start + 10_000, count)):
            name = f"{number:06}"
            data = _jpeg(random, (400, 300)) if number < PICTURED else name.encode()
            sha1 = hashlib.sha1(data).hexdigest()
            if number < PICTURED:
                (pictures / f"{name}.jpg").write_bytes(data)
            row = synthetic.file(f"posters/{name}.jpg", name, size=len(data))
            files.append({**row, "sha1": sha1})
            images.append({**synthetic.image(name), "sha1": sha1, "thumbnail": thumbnail})
            sha1s.append(sha1)
        synthetic.write(opened, "images", images)
        synthetic.write(opened, "files", files)
    flat = pa.array(random.normal(size=count * DIM).astype(np.float16))
    vectors = pa.FixedSizeListArray.from_arrays(flat, DIM)
    columns = {"sha1": sha1s, "vector": vectors, "run": ["r"] * count}
    opened.database().append("embeddings__visual", pa.table(columns))
    ready = {"slug": "visual", "text": "visual", "status": "ready", "reads_text": False}
    synthetic.write(opened, "encoders", [ready])
    for number in range(8):
        prop = create_property(opened, f"Number {number}", "number")
        annotate(opened, prop, {sha1: n % 97 for n, sha1 in enumerate(sha1s)})
    theme = create_property(opened, "Theme", "tags")
    named = pl.DataFrame(
        {"target": sha1s * 2, "name": [f"tag {n % 200}" for n in range(2 * count)]}
    )
    annotations_of(opened).decide(
        lambda state: Decision(edits.tag_by_name(state, theme.id, named), "tag", "Theme")
    )
    return opened.root


def measure(root: str, format: str) -> None:
    project, target = open_project(root), Path(root).parent / "out"
    suffix = {"csv": ".csv", "parquet": ".parquet", "jsonl": ".jsonl", "annotations": ".jsonld"}
    target = target.with_suffix(suffix.get(format, ""))
    images = None
    if format in PICTURES:
        files = project.database().frame("files", ["sha1", "path"]).sort("path")
        images = files["sha1"].head(PICTURED).to_list()
    started = time.perf_counter()
    written = export(project, format, target, images=images)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    files = [target] if target.is_file() else [path for path in target.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    print(f"{format:<12} {written.rows:>8} {seconds:>8.1f} {peak:>8.0f} {size:>8.1f}")
    shutil.rmtree(target) if target.is_dir() else target.unlink()


def _jpeg(random: np.random.Generator, size: tuple[int, int]) -> bytes:
    low = random.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    written = io.BytesIO()
    Image.fromarray(low).resize(size, Image.Resampling.BICUBIC).save(written, "JPEG")
    return written.getvalue()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--only"]:
        measure(*sys.argv[2:])
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 100_000)
