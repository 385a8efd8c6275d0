"""What 100 new images cost in a large corpus, stage by stage, against 100 alone.

    python -m bench.incremental [--images 10000 50000 100000] [--repeats 3] [--keep DIR]

The corpus is written straight into the tables (vectors in 400 groups, a map, clusters, a file of
one byte for each image), and a first run records its stages; then a folder inside it gets 100
pictures, and the real process runs. Processor seconds of each stage, with what Dagster does
around it, and of each check; the least of the repeats. Budget: 100 into any corpus costs at most
twice what 100 alone cost, and a run without work 3 s from command to exit.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from PIL import Image

from panoptic_data.encoders import parse
from panoptic_data.encoders.descriptor import VisualEncoder
from panoptic_data.ingest import sources
from panoptic_data.ingest.scan import file_id
from panoptic_data.storage import schema
from panoptic_data.storage.project import Project, create_project, save_settings
from panoptic_data.storage.schema import table_name
from panoptic_data.vectors.encoder_state import write_row
from tests.small_corpus import write_pictures

NEW = 100
SIZE = (320, 240)
# Few pictures of a corpus are near-duplicates of others.
SUBJECTS = 1_000_000
ENCODER = "visual"
GROUPS = 400
DIM = VisualEncoder.dim
FILES_A_FOLDER = 1_000
AT_ONCE = 20_000
LEVELS = (400, 130, 43, 14, 5)
# A process that runs the pipeline and writes the processor seconds of each step.
WATCHED = "--watched"
STEPS_PROGRAM = ("-m", "bench.incremental", WATCHED)


def main() -> None:
    if WATCHED in sys.argv:
        _watched(Path(sys.argv[-1]))
        return
    chosen = _arguments()
    with tempfile.TemporaryDirectory() as temporary:
        directory = chosen.keep or Path(temporary)
        alone = _alone(directory, chosen.repeats)
        into = {count: _into(directory, count, chosen.repeats) for count in chosen.images}
    _show(alone, into)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, nargs="+", default=[10_000, 50_000, 100_000])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="keep the corpora here and use them again")
    return parser.parse_args()


def _alone(directory: Path, repeats: int) -> list[dict[str, Any]]:
    runs = []
    for turn in range(repeats):
        with tempfile.TemporaryDirectory(dir=directory) as temporary:
            folder = Path(temporary) / "pictures"
            start = 900_000 + turn * NEW
            write_pictures(folder, range(start, start + NEW), SIZE, SUBJECTS)
            _age(folder)
            project = _project(Path(temporary) / "project")
            sources.add(project, folder)
            runs.append(process(project.root))
    return runs


def _into(directory: Path, count: int, repeats: int) -> list[dict[str, Any]]:
    root, folder = directory / f"project-{count}", directory / f"pictures-{count}"
    if not root.exists():
        write_corpus(root, folder, count)
        first = process(root)
        print(f"{count:,} images, first run: {first['cpu']:.0f} s of the processor", flush=True)
    begun = len(list(folder.glob("new-*")))
    runs = []
    for turn in range(begun, begun + repeats):
        start = 1_000_000 + count + turn * NEW
        write_pictures(folder / f"new-{turn}", range(start, start + NEW), SIZE, SUBJECTS)
        _age(folder / f"new-{turn}")
        runs.append(process(root))
    nothing = process(root, ["-m", "pipelines", "process", "--json", "--project"])
    assert nothing["run"] is None, "nothing to do made a run"
    print(f"{count:,} images, nothing to do: {nothing['wall']:.2f} s", flush=True)
    return runs


def _project(root: Path) -> Project:
    project = replace(create_project(root), encoders=(ENCODER,))
    save_settings(project)
    return project


def _age(folder: Path) -> None:
    """Make files look a minute old: files just written are rightly read again."""
    then = time.time() - 60
    for path in folder.rglob("*.jpg"):
        os.utime(path, (then, then))


def write_corpus(root: Path, folder: Path, count: int) -> None:
    """Write a project of ``count`` images as a run would have left it, without stage records."""
    project = _project(root)
    paths = _write_small_files(folder, count)
    source = sources.add(project, folder)
    sha1s = sorted(hashlib.sha1(str(number).encode()).hexdigest() for number in range(count))
    _write_files(project, source.name, folder, paths, sha1s)
    _write_images(project, sha1s)
    random = np.random.default_rng(count)
    kinds = np.sort(random.integers(0, GROUPS, count))
    random.shuffle(kinds)
    _write_vectors(project, sha1s, kinds)
    _write_map(project, sha1s, kinds)
    _write_encoder(project)
    for name in project.database().names():
        project.database().compact(name)


def _write_small_files(folder: Path, count: int) -> list[str]:
    paths = [f"{number // FILES_A_FOLDER:04}/{number:07}.jpg" for number in range(count)]
    then = time.time() - 86_400
    for number in range(0, count, FILES_A_FOLDER):
        (folder / paths[number]).parent.mkdir(parents=True)
    for path in paths:
        (folder / path).write_bytes(b"1")
        os.utime(folder / path, (then, then))
    return paths


def _write_files(
    project: Project, source: str, folder: Path, paths: Sequence[str], sha1s: Sequence[str]
) -> None:
    now = datetime.now(UTC)
    columns = {
        "file_id": [file_id(source, path) for path in paths],
        "source": [source] * len(paths),
        "path": paths,
        "folder": [path.rpartition("/")[0] for path in paths],
        "sha1": sha1s,
        "size": [1] * len(paths),
        "mtime_ns": [(folder / path).stat().st_mtime_ns for path in paths],
        "status": ["ok"] * len(paths),
        "first_seen": [now] * len(paths),
        "changed_at": [now] * len(paths),
    }
    _append(project, "files", columns, len(paths))


def _write_images(project: Project, sha1s: Sequence[str]) -> None:
    random = np.random.default_rng(1)
    written = io.BytesIO()
    noise = random.integers(0, 255, (96, 128, 3), dtype=np.uint8)
    Image.fromarray(noise).save(written, "JPEG", quality=40)
    for start in range(0, len(sha1s), AT_ONCE):
        some = sha1s[start : start + AT_ONCE]
        columns = {
            "sha1": some,
            "format": ["JPEG"] * len(some),
            "mode": ["RGB"] * len(some),
            "width": [128] * len(some),
            "height": [96] * len(some),
            "colour": ["#808080"] * len(some),
            "phash": random.integers(0, 2**63, len(some), dtype=np.uint64),
            "thumbnail": [written.getvalue()] * len(some),
        }
        _append(project, "images", columns, len(some))


def _write_vectors(project: Project, sha1s: Sequence[str], kinds: np.ndarray) -> None:
    random = np.random.default_rng(2)
    centres = np.abs(random.standard_normal((GROUPS, DIM), np.float32))
    name = table_name("embeddings", ENCODER)
    for start in range(0, len(sha1s), AT_ONCE):
        rows = centres[kinds[start : start + AT_ONCE]]
        rows += 0.5 * random.standard_normal(rows.shape, np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        vector = pa.FixedSizeListArray.from_arrays(pa.array(rows.astype(np.float16).ravel()), DIM)
        some = sha1s[start : start + AT_ONCE]
        columns = {"sha1": some, "vector": vector, "run": ["bench"] * len(some)}
        project.database().append(name, pa.table(columns, schema=schema.arrow(name, DIM)))


def _write_map(project: Project, sha1s: Sequence[str], kinds: np.ndarray) -> None:
    """Write map and clusters by group, as a fit of UMAP over 100,000 images takes minutes."""
    random = np.random.default_rng(3)
    spots = random.normal(0, 0.4, (GROUPS, 2))[kinds] + random.normal(0, 0.02, (len(kinds), 2))
    fitted = [True] * len(sha1s)
    places = {"x": spots[:, 0].astype(np.float32), "y": spots[:, 1].astype(np.float32)}
    _append(
        project, table_name("projection", ENCODER),
        {"sha1": sha1s, **places, "fitted": fitted}, len(sha1s),
    )  # fmt: skip
    levels = np.stack([kinds % number for number in LEVELS], axis=1).astype(np.int32)
    columns = {
        "sha1": sha1s,
        "cluster": levels[:, 2],
        "levels": list(levels),
        "strength": np.ones(len(sha1s), np.float32),
        "fitted": fitted,
    }
    _append(project, table_name("clusters", ENCODER), columns, len(sha1s))


def _write_encoder(project: Project) -> None:
    """Write that the encoder made the vectors, as otherwise they would be taken for another's."""
    spec = parse(ENCODER)
    encoder = VisualEncoder(spec)
    names = ("dim", "reads_text", "fingerprint", "device", "dtype", "batch", "rate")
    columns = {name: getattr(encoder, name) for name in names}
    write_row(project, spec, "bench", {"status": "ready", "cause": None, **columns})


def _append(project: Project, name: str, columns: Mapping[str, Any], count: int) -> None:
    expected = schema.arrow(name)
    filled = [
        pa.array(columns[field.name], field.type)
        if field.name in columns
        else pa.array(["bench"] * count)
        if field.name == "run"
        else pa.nulls(count, field.type)
        for field in expected
    ]
    project.database().append(name, pa.table(filled, schema=expected))


def process(root: Path, program: Sequence[str] = STEPS_PROGRAM) -> dict[str, Any]:
    """Run the pipeline in a process of its own; return its summary, seconds, and step seconds."""
    command = [sys.executable, *program, str(root)]
    # As on an ordinary machine: modules are compiled once, not at each start.
    environment = {
        **os.environ,
        "PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / "panoptic-compiled"),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    result = subprocess.run(command, check=True, capture_output=True, env=environment)
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    summary, *steps = (json.loads(line) for line in result.stdout.decode().splitlines())
    for problem in summary["problems"]:
        print(f"problem: {problem['text']}", flush=True)
    return {**summary, "steps": steps[0] if steps else {}, "wall": wall, "cpu": cpu}


def _watched(root: Path) -> None:
    """Do as `python -m pipelines process --json` and print the processor seconds of each step."""
    from dagster import DagsterInstance

    from pipelines import __main__ as command

    seconds: dict[str, float] = defaultdict(float)
    begun: dict[str, float] = {}
    handle = DagsterInstance.handle_new_event

    def watch(instance: DagsterInstance, entry: Any, **options: Any) -> Any:
        event = entry.dagster_event
        kind = event.event_type_value if event else ""
        if kind == "STEP_START":
            begun[event.step_key] = time.process_time()
        handled = handle(instance, entry, **options)
        if kind in ("STEP_SUCCESS", "STEP_FAILURE"):
            seconds[event.step_key] += time.process_time() - begun[event.step_key]
        return handled

    DagsterInstance.handle_new_event = watch  # type: ignore[method-assign]
    sys.argv = ["pipelines", "process", "--project", str(root), "--json"]
    try:
        command.main()
    finally:
        print(json.dumps(seconds), flush=True)


def _show(alone: list[dict[str, Any]], into: Mapping[int, list[dict[str, Any]]]) -> None:
    names = [*alone[-1]["steps"], *(n for runs in into.values() for n in runs[-1]["steps"])]
    rows = [
        {
            "step": name,
            "alone": _least(alone, name),
            **{f"{count:,}": _least(runs, name) for count, runs in into.items()},
        }
        for name in dict.fromkeys(names)
    ]
    total = {"step": "the process, in all", "alone": min(run["cpu"] for run in alone)}
    total |= {f"{count:,}": min(run["cpu"] for run in runs) for count, runs in into.items()}
    table = pl.DataFrame([*rows, total])
    counts = [f"{count:,}" for count in into]
    print(f"\n| step, s of the processor | alone | {' | '.join(counts)} | ratio |")
    print("| --- " * (len(counts) + 3) + "|")
    for row in table.iter_rows(named=True):
        figures = [row["alone"], *(row[name] for name in counts)]
        ratios = ", ".join(f"{row[name] / max(row['alone'], 1e-3):.1f}" for name in counts)
        cells = " | ".join(f"{figure:.3f}" for figure in figures)
        print(f"| {row['step']} | {cells} | {ratios} |")


def _least(runs: list[dict[str, Any]], name: str) -> float:
    return min(run["steps"].get(name, 0.0) for run in runs)


if __name__ == "__main__":
    main()
