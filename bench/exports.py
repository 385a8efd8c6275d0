"""How long exports take, and how much memory, at 100,000 synthetic images, 400 × 300 JPEG.

    python -m bench.exports [IMAGES] [FORMAT …]

Each format is written in a process of its own, from a project with nine properties; what an import
reads back is read, too, by another. Ratios are to the time of CSV in the same run.
"""

from __future__ import annotations

import hashlib
import io
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
from PIL import Image

from panoptic_data import annotate, create_property, export, open_project
from panoptic_data.annotations import edits
from panoptic_data.annotations.decisions import Decision
from panoptic_data.annotations.store import annotations_of
from panoptic_data.exchange import plan, readers
from tests import synthetic

TABLES = ("csv", "parquet", "jsonl", "annotations", "xmp", "panoptic", "sheet", "vectors")
PICTURES = ("images", "coco", "hf")
# Read back by an import that is planned, not carried out.
READ_BACK = ("csv", "parquet", "jsonl", "xmp", "panoptic")
# Encoding takes longer than writing: so many pictures differ, the others in bytes after their end.
PICTURED = 500
SUFFIXES = {"csv": ".csv", "parquet": ".parquet", "jsonl": ".jsonl", "annotations": ".jsonld"}
# Of pictures also resized ones, and hard links.
WAYS = {"images/256": {"size": 256}, "images/link": {"link": True}}
DIM = 512


def main(count: int, formats: Sequence[str]) -> None:
    folder = Path(tempfile.mkdtemp(prefix="bench-exports-"))
    try:
        root = make(folder, count)
        head = ("format", "images", "seconds", "to csv", "peak MB", "MB")
        print(f"{head[0]:<12}", *(f"{name:>8}" for name in head[1:]), flush=True)
        first = None
        for format in formats or (*TABLES, *PICTURES, *WAYS):
            wrote = _run("--write", root, format)
            first = first or wrote["seconds"]
            _print(format, wrote, first)
            if format in READ_BACK:
                _print(f"  {format} read", _run("--read", root, format), first)
            target = _target(root, format)
            shutil.rmtree(target) if target.is_dir() else target.unlink()
    finally:
        shutil.rmtree(folder)


def _run(what: str, root: Path, format: str) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.exports", what, str(root), format]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def _print(name: str, figures: dict[str, float], first: float) -> None:
    ratio = figures["seconds"] / first
    parts = (f"{figures['rows']:>8.0f}", f"{figures['seconds']:>8.1f}", f"{ratio:>8.2f}")
    rest = (f"{figures['peak']:>8.0f}", f"{figures['size']:>8.1f}")
    print(f"{name:<12}", *parts, *rest, flush=True)


def _target(root: Path, format: str) -> Path:
    return (root.parent / "out").with_suffix(SUFFIXES.get(format, ""))


def make(folder: Path, count: int) -> Path:
    """Write a project of so many images and their files."""
    opened = synthetic.project(folder / "war")
    pictures = folder / "pictures"
    pictures.mkdir()
    source = {"name": "posters", "uri": str(pictures), "added_at": synthetic.AT}
    synthetic.write(opened, "sources", [source])
    random = np.random.default_rng(0)
    thumbnail = _jpeg(random, (256, 192))
    sha1s, different = [], []
    for start in range(0, count, 10_000):
        images, files = [], []
        for number in range(start, min(start + 10_000, count)):
            name = f"{number:06}"
            if number < PICTURED:
                different.append(_jpeg(random, (400, 300)))
            data = different[number % PICTURED] + name.encode()
            sha1 = hashlib.sha1(data).hexdigest()
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


def write(root: Path, format: str) -> None:
    """Write an export and print its figures as JSON."""
    project, target = open_project(root), _target(root, format)
    started = time.perf_counter()
    written = export(project, format.partition("/")[0], target, **WAYS.get(format, {}))
    seconds = time.perf_counter() - started
    files = [target] if target.is_file() else [path for path in target.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    _print_json(written.rows, seconds, size)


def read(root: Path, format: str) -> None:
    """Read an export and plan its import; print the figures as JSON."""
    project = open_project(root)
    started = time.perf_counter()
    planned = plan.make_plan(project, readers.read(_target(root, format)))
    matched = plan.summarize(planned)["matched"]
    _print_json(matched, time.perf_counter() - started, 0.0)


def _print_json(rows: int, seconds: float, size: float) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rows": rows, "seconds": seconds, "peak": peak, "size": size}))


def _jpeg(random: np.random.Generator, size: tuple[int, int]) -> bytes:
    low = random.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    written = io.BytesIO()
    Image.fromarray(low).resize(size, Image.Resampling.BICUBIC).save(written, "JPEG")
    return written.getvalue()


if __name__ == "__main__":
    if sys.argv[1:2] in (["--write"], ["--read"]):
        (write if sys.argv[1] == "--write" else read)(Path(sys.argv[2]), sys.argv[3])
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 100_000, sys.argv[2:])
