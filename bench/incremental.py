"""What 100 new images cost in 10,000, against 100 alone; and what a run without work costs.

    python bench/incremental.py [--images 10000] [--encoder visual] [--keep DIR]

Prints seconds and ratios of one run. Budgets: 100 into 10,000 ≤ 1.5 × 100 alone; nothing to
do ≤ 3 s from command to exit.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from panoptic_data.ingest import sources
from panoptic_data.storage.project import create_project, save_settings
from tests.small_corpus import write_pictures

NEW = 100
SIZE = (320, 240)
# Few pictures of a corpus are near-duplicates of others.
SUBJECTS = 1_000_000
REPEATS = 3


def main() -> None:
    chosen = _arguments()
    with tempfile.TemporaryDirectory() as temporary:
        directory = chosen.keep or Path(temporary)
        alone = measure_alone(directory, chosen.encoder)
        large = make_large(directory, chosen.images, chosen.encoder)
        nothing = [process(large) for _ in range(REPEATS)]
        folder = directory / "pictures-large"
        first = sum(1 for _ in folder.rglob("*.jpg"))
        added = []
        for turn in range(REPEATS):
            start = first + turn * NEW
            write_pictures(folder, range(start, start + NEW), SIZE, SUBJECTS)
            age(folder)
            added.append(process(large))
    show(alone, added, nothing, chosen.images)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--encoder", default="visual")
    parser.add_argument("--keep", type=Path, help="keep the corpora here and use them again")
    return parser.parse_args()


def measure_alone(directory: Path, encoder: str) -> list[dict]:
    runs = []
    for turn in range(REPEATS):
        with tempfile.TemporaryDirectory(dir=directory) as temporary:
            folder = Path(temporary) / "pictures"
            start = 900_000 + turn * NEW
            write_pictures(folder, range(start, start + NEW), SIZE, SUBJECTS)
            age(folder)
            runs.append(process(make_project(Path(temporary) / "project", folder, encoder)))
    return runs


def make_large(directory: Path, images: int, encoder: str) -> Path:
    folder = directory / "pictures-large"
    root = directory / "project-large"
    if not folder.exists():
        write_pictures(folder, range(images), SIZE, SUBJECTS)
        age(folder)
    if not root.exists():
        make_project(root, folder, encoder)
    print(f"first run over {images:,}: {process(root)['wall']:.1f} s", flush=True)
    return root


def make_project(root: Path, folder: Path, encoder: str) -> Path:
    project = replace(create_project(root), encoders=(encoder,))
    save_settings(project)
    sources.add(project, folder)
    return root


def age(folder: Path) -> None:
    """Make files look a minute old: files just written are rightly read again."""
    then = time.time() - 60
    for path in folder.rglob("*.jpg"):
        if path.stat().st_mtime > then:
            os.utime(path, (then, then))


def process(root: Path) -> dict:
    command = [sys.executable, "-m", "pipelines", "process", "--project", str(root), "--json"]
    # As on an ordinary machine: modules are compiled once, not at each start.
    compiled = {
        **os.environ,
        "PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / "panoptic-compiled"),
    }
    compiled.pop("PYTHONDONTWRITEBYTECODE", None)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    result = subprocess.run(command, check=True, capture_output=True, env=compiled)
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {**json.loads(result.stdout), "wall": wall, "cpu": cpu}


def show(alone: list[dict], added: list[dict], nothing: list[dict], images: int) -> None:
    print(f"{'':34}{'wall s':>8}{'cpu s':>8}")
    for name, runs in (
        (f"{NEW} images alone", alone),
        (f"{NEW} images into {images:,}", added),
        (f"nothing to do, {images:,}", nothing),
    ):
        print(f"{name:34}{least(runs, 'wall'):8.2f}{least(runs, 'cpu'):8.2f}")
    print(f"{'ratio into / alone':34}", end="")
    print("".join(f"{least(added, k) / least(alone, k):8.2f}" for k in ("wall", "cpu")))
    once = [
        sum(s for name, s in run["stage_seconds"].items() if not name.startswith("projection"))
        for runs in (alone, added)
        for run in (min(runs, key=lambda run: run["wall"]),)
    ]
    print(
        f"{'ratio of stages, map left out':34}{once[1] / once[0]:8.2f}   (alone fits a first map)"
    )
    print(f"\n{'stage':34}{'alone s':>8}{'into s':>8}")
    stages = defaultdict(lambda: [0.0, 0.0])
    for column, runs in enumerate((alone, added)):
        for stage in runs[-1]["stage_seconds"]:
            name = "/".join(stage.split("/")[:2]) if stage[:3] == "emb" else stage.split("/")[0]
            stages[name][column] = min(
                run["stage_seconds"][stage] for run in runs if stage in run["stage_seconds"]
            )
    for name, (alone_seconds, added_seconds) in stages.items():
        print(f"{name:34}{alone_seconds:8.3f}{added_seconds:8.3f}")
    for run in nothing:
        assert run["run"] is None, "nothing to do made a run"


def least(runs: list[dict], name: str) -> float:
    return min(run[name] for run in runs)


if __name__ == "__main__":
    main()
