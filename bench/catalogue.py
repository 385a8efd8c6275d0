"""The catalogue at a million images: opening, filtering and sorting, memory.

    python -m bench.catalogue [images] [directory]

Writes a synthetic corpus (kept in the directory for the next time) and prints each figure
beside its budget.
"""

from __future__ import annotations

import hashlib
import random
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from panoptic_data.catalogue import field_counts, map_data, registry
from panoptic_data.catalogue.execute import run_view, warm, window
from panoptic_data.storage import project, schema
from panoptic_data.views.model import Sort, View

WORDS = ("poster", "guerre", "été", "Atelier", "rue", "scan", "portrait", "IMG", "planche", "copie")
FORMATS = ("JPEG", "JPEG", "JPEG", "JPEG", "PNG", "TIFF", "WEBP")


def main() -> None:
    """Print the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    root = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(tempfile.mkdtemp())
    opened = project.create_project(root, "bench")
    if opened.database().count("images") != count:
        _write(opened, count)
    opened.database().count("images")
    shutil.rmtree(opened.root / "cache", ignore_errors=True)
    _print_figure("open after a change", _timed(lambda: registry.load(opened)), 3.0)
    _print_figure("open again", _timed(lambda: registry.load(opened)), 3.0)
    loaded = registry.load(opened)
    _print_figure("first view", _timed(lambda: run_view(loaded, View())), 3.0)
    _print_figure("every order, once", _timed(lambda: warm(loaded)), 30.0)
    times = [_timed(lambda view=view: run_view(loaded, view)) for view in _views(200)]
    _print_figure("filter + sort, median", _rank(times, 0.5), 0.150)
    _print_figure("filter + sort, p95", _rank(times, 0.95), 0.150)
    _print_figure("filter + sort, worst", _rank(times, 1.0), 0.150)
    result = run_view(loaded, View())
    _print_figure("window of 200", _timed(lambda: window(loaded, result, 500_000, 200)), 0.150)
    _print_figure("folder tree", _timed(lambda: field_counts.folders(loaded)), 0.150)
    _print_figure("cluster counts", _timed(lambda: field_counts.clusters(loaded, "visual")), 0.150)
    _print_figure("map, first", _timed(lambda: map_data.picture(loaded, "visual", View())), 3.0)
    drawn = map_data.picture(loaded, "visual", View())
    assert drawn is not None
    print(f"{'map, sent':24} {len(map_data.encode(drawn)) / 2**20:8.2f} MB   budget 10 MB")
    _print_figure("look for changes", _timed(lambda: registry.load(opened, loaded)), 0.010)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{'peak memory':24} {peak:8.2f} GB   budget 4 GB")


def _views(count: int) -> list[View]:
    """Return views as people use them, none twice, with every sort."""
    draw = random.Random(1)
    sorts = ("path", "name", "taken_at", "width", "size", "colour", "pixels")
    views: dict[View, None] = {}
    while len(views) < count:
        view = View()
        for field, (share, value) in _CONDITIONS.items():
            if draw.random() < share:
                view = view.with_condition(field, value(draw))
        sort = [Sort(draw.choice(sorts), draw.random() < 0.5)]
        if draw.random() < 0.2:
            sort.append(Sort("size"))
        views[view.sorted_by(*sort)] = None
    return list(views)


def _decade(draw: random.Random) -> list[str]:
    year = draw.randrange(1900, 1940)
    return [f"{year}-01-01", f"{year + 9}-12-31"]


def _lasso(draw: random.Random) -> list[list[float]]:
    x, y = draw.uniform(-8, 8), draw.uniform(-8, 8)
    angles = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    radii = 2 + 0.6 * np.sin(5 * angles)
    return [
        [float(x + r * np.cos(a)), float(y + r * np.sin(a))]
        for r, a in zip(radii, angles, strict=True)
    ]


# The share of views with a condition on each field, and its value.
_CONDITIONS: dict[str, tuple[float, Callable[[random.Random], object]]] = {
    "folder": (0.5, lambda draw: [f"s{draw.randrange(4)}/f{draw.randrange(40)}"]),
    "path": (0.4, lambda draw: draw.choice(WORDS) + str(draw.randrange(100))),
    "width": (0.4, lambda draw: [draw.randrange(200, 2000), None]),
    "taken_at": (0.3, _decade),
    "format": (0.2, lambda _: ["PNG", "TIFF"]),
    "cluster": (0.2, lambda draw: {"encoder": "visual", "numbers": [draw.randrange(200)]}),
    "region": (0.2, lambda draw: {"encoder": "visual", "polygon": _lasso(draw)}),
}


def _write(opened: project.Project, count: int) -> None:
    database = opened.database()
    rng = np.random.default_rng(0)
    sha1s = sorted(hashlib.sha1(str(i).encode()).hexdigest() for i in range(count))
    width, height = rng.integers(200, 6000, count), rng.integers(200, 6000, count)
    folder = [f"f{i % 40}/g{i % 700}" for i in rng.integers(0, 100_000, count)]
    word = rng.integers(0, len(WORDS), count)
    path = [
        f"{f}/{WORDS[w]}{i % 9973:04}_{i:07}.jpg"
        for i, (f, w) in enumerate(zip(folder, word, strict=True))
    ]
    at = datetime(2026, 1, 1, tzinfo=UTC)
    images = {
        "sha1": sha1s,
        "format": [FORMATS[i % len(FORMATS)] for i in range(count)],
        "width": width,
        "height": height,
        "taken_at": [
            datetime(1900, 1, 1) + timedelta(hours=int(h)) for h in rng.integers(0, 400_000, count)
        ],
        "colour": [f"#{c:06x}" for c in rng.integers(0, 4096, count) * 4096],
    }
    files = {
        "file_id": [sha1[:16] for sha1 in sha1s],
        "source": [f"s{i % 4}" for i in range(count)],
        "path": path,
        "folder": folder,
        "sha1": sha1s,
        "size": rng.integers(10_000, 9_000_000, count),
        "status": ["ok"] * count,
        "first_seen": [at] * count,
    }
    spots = rng.normal(0, 6, (count, 2)).astype(np.float32)
    projection = {"sha1": sha1s, "x": spots[:, 0], "y": spots[:, 1]}
    clusters = {"sha1": sha1s, "cluster": rng.integers(-1, 200, count)}
    for name, columns in (
        ("images", images),
        ("files", files),
        ("projection__visual", projection),
        ("clusters__visual", clusters),
    ):
        database.append(name, _rows(name, columns, count))


def _rows(name: str, columns: dict[str, object], count: int) -> pa.Table:
    wanted = schema.arrow(name)
    given = pl.DataFrame(columns).to_arrow()
    return pa.table(
        {
            f.name: given[f.name].cast(f.type) if f.name in columns else pa.nulls(count, f.type)
            for f in wanted
        },
        schema=wanted,
    )


def _timed(act: Callable[[], object]) -> tuple[float, float]:
    """Return seconds on the clock, and of the processor: these hold on a busy machine."""
    began, worked = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - began, time.process_time() - worked


def _print_figure(what: str, seconds: tuple[float, float], budget: float) -> None:
    wall, work = (second * 1000 for second in seconds)
    print(f"{what:24} {wall:8.1f} ms   processor {work:8.1f} ms   budget {budget * 1000:.0f} ms")


def _rank(times: list[tuple[float, float]], share: float) -> tuple[float, float]:
    walls, works = (sorted(column) for column in zip(*times, strict=True))
    index = min(int(len(times) * share), len(times) - 1)
    return walls[index], works[index]


if __name__ == "__main__":
    main()
