"""Corpus versions: making, opening, comparing, verifying one, and what it takes on the disk.

    python -m bench.versions [images] [directory]

Writes a synthetic corpus with vectors, a map, clusters and a log of a million events (as many as
images, below a million), kept in the directory for the next run. Making one is timed where no
digest is known, where a run left some (``known_digests``), and again after nothing changed.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from bench.catalogue import _print_figure, _timed, _write
from panoptic_data.annotations import edits, materialize, properties, tags
from panoptic_data.annotations.store import annotations_of
from panoptic_data.provenance import stages
from panoptic_data.storage import project, schema
from panoptic_data.storage.project import Project
from panoptic_data.versions import known_digests, record
from panoptic_data.versions.create import create
from panoptic_data.versions.delete import delete
from panoptic_data.versions.diff import diff
from panoptic_data.versions.verify import verify

DIMENSIONS = 512
ROWS_AT_ONCE = 50_000
EVENTS = 1_000_000
CREATE, PAGE = 2.0, 5.0
# The first page of a version, in a process that has nothing cached but the system's files.
OPEN = """
import sys, time
from panoptic_data.catalogue import registry
from panoptic_data.catalogue.execute import run_view, window
from panoptic_data.storage.project import open_project
from panoptic_data.versions.opened import at
from panoptic_data.views.model import View
project = open_project(sys.argv[1])
project.database().count("images")
began, worked = time.perf_counter(), time.process_time()
catalogue = registry.get(at(project, sys.argv[2]))
window(catalogue, run_view(catalogue, View()), 0, 200)
print(time.perf_counter() - began, time.process_time() - worked)
"""


def main() -> None:
    """Print the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    root = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(tempfile.mkdtemp())
    opened = project.create_project(root, "bench")
    if opened.database().count("images") != count:
        _fill(opened, count)
    for version in record.list_versions(opened):
        delete(opened, version.name)
    for name in opened.database().names():
        opened.database().clean(name, timedelta(0))
    before = _size(opened.root)
    (opened.root / "cache" / "part-digests.json").unlink(missing_ok=True)
    _print_figure("create, no digest known", _timed(lambda: create(opened, "unknown")), CREATE)
    delete(opened, "unknown")
    (opened.root / "cache" / "part-digests.json").unlink(missing_ok=True)
    _print_figure("digests, after a run", _timed(lambda: known_digests.keep_current(opened)), 60.0)
    _print_figure("create the first", _timed(lambda: create(opened, "a")), CREATE)
    first = _size(opened.root)
    _print_figure("create another", _timed(lambda: create(opened, "b")), CREATE)
    second = _size(opened.root)
    for name in ("first page of it", "… again"):
        _print_figure(name, _opened(opened), PAGE)
    _print_figure("compare two, equal", _timed(lambda: diff(opened, "a", "b")), PAGE)
    _change(opened)
    _print_figure("compare with now", _timed(lambda: diff(opened, "a")), PAGE)
    _print_figure("verify", _timed(lambda: verify(opened, "a")), 60.0)
    print(f"project {before / 1e6:,.0f} MB; first version {(first - before) / 1e6:,.2f} MB,")
    print(f"second {(second - first) / 1e6:,.2f} MB: {100 * (second - first) / before:.3f} %")


def _fill(opened: Project, count: int) -> None:
    _write(opened, count)
    database = opened.database()
    sha1s = database.read("images", ["sha1"])["sha1"].to_pylist()
    shape = schema.arrow("embeddings__visual", DIMENSIONS)
    rng = np.random.default_rng(0)
    for start in range(0, count, ROWS_AT_ONCE):
        part = sha1s[start : start + ROWS_AT_ONCE]
        vectors = rng.standard_normal((len(part), DIMENSIONS), dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        values = pa.array(vectors.astype(np.float16).ravel())
        rows = [part, pa.FixedSizeListArray.from_arrays(values, DIMENSIONS), ["bench"] * len(part)]
        database.append("embeddings__visual", pa.table(rows, schema=shape))
    _annotate(opened, sha1s)


def _annotate(opened: Project, sha1s: list[str]) -> None:
    store = annotations_of(opened)
    theme, changes = properties.create({}, "Theme", "tags")
    store.commit(changes, "property")
    ids, changes = tags.find_or_create({}, theme.id, [f"tag {n}" for n in range(100)])
    store.commit(changes, "tag")
    batches = max(1, min(EVENTS, len(sha1s)) // 10_000)
    for number in range(batches):
        chosen = [list(ids.values())[number % 100]]
        part = sha1s[number::batches]
        store.commit(edits.add_tags(store.state(), theme.id, part, chosen), "tag")
    result = materialize.update(opened)
    stages.record(opened, materialize.STAGE, result, {}, "1", "bench")


def _change(opened: Project) -> None:
    """Move a thousand images on the map, tag a thousand, delete ten files."""
    database = opened.database()
    rows = database.read("projection__visual").slice(0, 1_000)
    moved = pa.array(rows["x"].to_numpy() + 1.0, pa.float32())
    database.upsert("projection__visual", rows.set_column(1, rows.schema.field(1), moved))
    database.delete("files", database.read("files", ["file_id"])["file_id"].to_pylist()[:10])
    store = annotations_of(opened)
    state = store.state()
    theme = next(iter(state.live_properties))
    last = state.tags_of(theme.id)[-1]
    targets = rows["sha1"].to_pylist()
    store.commit(edits.add_tags(state, theme.id, targets, [last.id]), "tag")


def _opened(opened: Project) -> tuple[float, float]:
    command = [sys.executable, "-c", OPEN, str(opened.root), "a"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    wall, work = map(float, done.stdout.split())
    return wall, work


def _size(root: Path) -> int:
    return sum(path.stat().st_size for path in root.rglob("*") if path.is_file())


if __name__ == "__main__":
    main()
