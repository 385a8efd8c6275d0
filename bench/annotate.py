"""Annotations: time of single and bulk edits, undo, opening a long log, and disk space.

    python -m bench.annotate [--images N] [directory]

Writes a synthetic corpus (kept in the directory for the next run; annotations are made anew) and
measures: single tags, in Python and through the HTTP route of a real server; a tag on very many
images at once; undo of each; opening a project with a log of a million events, merged and not;
10,000 single edits and their disk space. SQLite does the same where it can, with one table, an
index, a write-ahead log and a transaction per edit. It keeps no log of changes and has no undo:
it is the lower bound.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import polars as pl

from bench.catalogue import _write
from panoptic_data.annotations import edits, log, materialize, properties, tags
from panoptic_data.annotations.log import CHANGE_SCHEMA
from panoptic_data.annotations.store import Store, _stores, annotations_of
from panoptic_data.provenance import stages
from panoptic_data.storage import project
from panoptic_data.storage.project import Project
from tests.dashboard import serving

SINGLE = 200
MANY = 100_000
EVENTS = 1_000_000
BATCHES = 1_000
EDITS = 10_000
SQLITE = "beside.sqlite"
ANNOTATED = ("annotation_events", *materialize.TABLES)
# Opens a project in a process that has nothing cached.
OPEN = """
import sys, time
from panoptic_data.annotations.store import annotations_of
from panoptic_data.storage import project
opened = project.open_project(sys.argv[1])
opened.database().count("images")
began, worked = time.perf_counter(), time.process_time()
state = annotations_of(opened).state()
seconds = time.perf_counter() - began, time.process_time() - worked
most = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(*seconds, state.position, int(most.split()[1]) / 1024)
"""

Time = tuple[float, float]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="Time annotations.")
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("directory", type=Path, nargs="?")
    options = parser.parse_args()
    root = options.directory or Path(tempfile.mkdtemp())
    opened = _corpus(root, options.images)
    sha1s = opened.database().read("images", ["sha1"])["sha1"].to_pylist()
    print(f"{'':44} {'processor':>9} {'clock':>9} {'budget':>8} {'SQLite':>9}")
    _single(opened, sha1s)
    for count in (MANY, len(sha1s)):
        _many(opened, sha1s[:count])
    _print_row("memory of this process, MB", [(_resident(), _resident())], None, None)
    _opening(opened, sha1s)
    _disk(opened, sha1s)


def _corpus(root: Path, images: int) -> Project:
    opened = project.create_project(root, "bench")
    if opened.database().count("images") != images:
        _write(opened, images)
    _forget(opened)
    return opened


def _forget(opened: Project) -> None:
    """Drop all annotations, and the stores of this process."""
    for name in (*ANNOTATED, "stages"):
        opened.database().drop(name)
    _stores.clear()


# Single and bulk edits.


def _single(opened: Project, sha1s: list[str]) -> None:
    store, theme, war = _tagged(opened)
    sample = random.Random(0).sample(sha1s, 2 * SINGLE)
    times = [_timed(partial(_tag, store, theme, war, [sha1])) for sha1 in sample[:SINGLE]]
    connection = _sqlite(opened.root / SQLITE)
    sqlite = [_timed(partial(_insert, connection, [sha1])) for sha1 in sample[:SINGLE]]
    _print_row("one tag on one image, Python, p50", times, 50, sqlite)
    _print_row("… p95", times, 50, sqlite, 0.95)
    with serving(opened.root) as address:
        host = urlsplit(address).netloc
        post = partial(_post, http.client.HTTPConnection(host), theme, war)
        post(sample[-1])
        posts = [_timed(partial(post, sha1)) for sha1 in sample[SINGLE:-1]]
    # The processor time of this process is that of the client: the clock counts.
    _print_row("… from a press until it is stored, HTTP, p50", posts, 50, None)
    _print_row("… p95", posts, 50, None, 0.95)
    undos = [_timed(lambda: store.undo("single")) for _ in range(20)]
    _print_row("undo of one, p50", undos, None, None)


def _many(opened: Project, sha1s: list[str]) -> None:
    _forget(opened)
    store, theme, war = _tagged(opened)
    connection = _sqlite(opened.root / SQLITE)
    count, budget = f"{len(sha1s):,}", 2000 if len(sha1s) == MANY else None
    add = _timed(partial(_tag, store, theme, war, sha1s))
    insert = _timed(partial(_insert, connection, sha1s))
    _print_row(f"one tag on {count} images", [add], budget, [insert])
    undo = _timed(lambda: store.undo("single"))
    delete = _timed(partial(_delete, connection))
    _print_row(f"undo of {count}", [undo], budget, [delete])
    _print_row(f"redo of {count}", [_timed(lambda: store.redo("single"))], None, None)


def _tagged(opened: Project) -> tuple[Store, str, str]:
    store = annotations_of(opened)
    theme, changes = properties.create({}, "Theme", "tags")
    store.commit(changes, "property")
    war, changes = tags.create({}, theme.id, "war")
    store.commit(changes, "tag")
    return store, theme.id, war.id


def _tag(store: Store, theme: str, war: str, sha1s: list[str]) -> None:
    store.commit(edits.add_tags(store.state(), theme, sha1s, [war]), "tag", author="single")


def _post(connection: http.client.HTTPConnection, theme: str, war: str, sha1: str) -> None:
    body = {"property": theme, "op": "add", "values": [war], "targets": {"sha1s": [sha1]}}
    connection.request("POST", "/annotate", json.dumps(body), {"Content-Type": "application/json"})
    answer = json.loads(connection.getresponse().read())
    assert answer["changed"] == 1, answer


def _sqlite(path: Path) -> sqlite3.Connection:
    for old in path.parent.glob(f"{path.name}*"):
        old.unlink()
    connection = sqlite3.connect(path)
    connection.execute("pragma journal_mode = wal")
    # As Lance: consistent after a kill, not flushed to the disk at each edit.
    connection.execute("pragma synchronous = normal")
    connection.execute("create table annotations (target, property, value, author, at)")
    connection.execute("create index by_target on annotations (target, property)")
    return connection


def _insert(connection: sqlite3.Connection, sha1s: list[str]) -> None:
    rows = ((sha1, "theme", "war", "single", time.time()) for sha1 in sha1s)
    with connection:
        connection.executemany("insert into annotations values (?, ?, ?, ?, ?)", rows)


def _delete(connection: sqlite3.Connection) -> None:
    with connection:
        connection.execute("delete from annotations where property = 'theme' and value = 'war'")


# A long log.


def _opening(opened: Project, sha1s: list[str]) -> None:
    _forget(opened)
    began = time.perf_counter()
    for changes in _generate_log(opened, sha1s):
        log.append(opened, changes)
    log.compact(opened)
    print(f"a log of {EVENTS:,} events in {BATCHES:,} batches: {time.perf_counter() - began:.0f} s")
    unmerged, memory = _opened(opened)
    _print_row("open, nothing merged", [unmerged], 3000, None)
    _print_row("… memory of that process, MB", [(memory, memory)], None, None)
    merged = _timed(lambda: _merge(opened))
    _print_row("merge, with a state in memory", [merged], None, None)
    reopened, memory = _opened(opened)
    _print_row("open, all merged", [reopened], 3000, None)
    _print_row("… memory of that process, MB", [(memory, memory)], None, None)
    _print_row(
        "a replay compared with the tables",
        [_timed(lambda: materialize.differing(opened))],
        None,
        None,
    )
    store = annotations_of(opened)
    note = store.state().live_properties[0].id
    _print_row(
        "… one more edit",
        [_timed(partial(_set_text, store, note, sha1)) for sha1 in sha1s[:50]],
        50,
        None,
    )
    _print_row("… history, 200 batches", [_timed(store.history)], None, None)
    _time_merge_process("the process that merges 50 edits", opened)
    _set_text(store, note, sha1s[0])
    _time_merge_process("… and then one more", opened)


def _generate_log(opened: Project, sha1s: list[str]) -> Iterator[log.Batch]:
    """Yield batches of many authors: texts, numbers, tags added and removed, some undone."""
    generator = random.Random(1)
    store = annotations_of(opened)
    created = []
    for name, type in (("Note", "text"), ("Year", "number"), ("Theme", "tags"), ("Who", "tags")):
        property, changes = properties.create(store.state().properties, name, type)
        store.commit(changes, "property")
        created.append(property)
    tag_ids: dict[str, list[str]] = {}
    for property in created[2:]:
        tag_ids[property.id] = []
        for number in range(20):
            tag, changes = tags.create(store.state().tags, property.id, f"{property.name} {number}")
            store.commit(changes, "tag")
            tag_ids[property.id].append(tag.id)
    size = EVENTS // BATCHES
    written: list[log.Batch] = []
    for number in range(BATCHES):
        property = generator.choice(created)
        if number % 50 == 49:
            # Somebody undoes an earlier batch.
            change = log.Change("batch", written[-20].id, "active", "set", "false")
            yield log.new_batch([change], "undo", author="a", undoes=written[-20].id)
        targets = generator.sample(sha1s, size)
        new: object = str(number)
        op = "set"
        if property.has_tags:
            op, new = (
                generator.choice(("add", "add", "remove")),
                generator.choice(tag_ids[property.id]),
            )
        rows = pl.DataFrame({"target": targets}).with_columns(
            kind=pl.lit("image"),
            property=pl.lit(property.id),
            op=pl.lit(op),
            old=pl.lit(None, pl.String),
            new=pl.lit(new),
        )
        written.append(
            log.new_batch(
                rows.select(list(CHANGE_SCHEMA)), "set", author=generator.choice("abcdef")
            )
        )
        yield written[-1]


def _opened(opened: Project) -> tuple[Time, float]:
    process = subprocess.run(
        [sys.executable, "-c", OPEN, str(opened.root)], capture_output=True, text=True, check=True
    )
    wall, work, position, memory = (float(field) for field in process.stdout.split())
    assert position >= EVENTS
    return (work * 1000, wall * 1000), memory


def _merge(opened: Project) -> None:
    result = materialize.update(opened)
    stages.record(opened, materialize.STAGE, result, {}, "1", "bench")


def _set_text(store: Store, property: str, sha1: str) -> None:
    text = f"seen at {time.time_ns()}"
    store.commit(edits.set_value(store.state(), property, [sha1], text), "set")


def _time_merge_process(label: str, opened: Project) -> None:
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "pipelines", "merge", "--project", str(opened.root)]
    subprocess.run(command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    work = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    _print_row(label, [(work * 1000, (time.perf_counter() - began) * 1000)], None, None)


# Disk.


def _disk(opened: Project, sha1s: list[str]) -> None:
    _forget(opened)
    shutil.rmtree(opened.dagster_home, ignore_errors=True)
    store, theme, war = _tagged(opened)
    path = opened.root / SQLITE
    connection = _sqlite(path)
    most = 0.0
    began = time.perf_counter()
    for number in range(EDITS):
        sha1 = sha1s[number % len(sha1s)]
        change = edits.add_tags if number < len(sha1s) else edits.remove_tags
        store.commit(change(store.state(), theme, [sha1], [war]), "tag", author="single")
        if number % 500 == 499:
            most = max(most, _disk_space(opened))
    seconds = time.perf_counter() - began
    for sha1 in sha1s[:EDITS]:
        _insert(connection, [sha1])
    print(f"{EDITS:,} single edits one after the other: {seconds:.0f} s")
    sqlite = sum(file.stat().st_size for file in path.parent.glob(f"{path.name}*")) / 2**20
    figures = [("disk on the way, at most, MB", most), ("disk then, MB", _disk_space(opened))]
    subprocess.run(
        [sys.executable, "-m", "pipelines", "merge", "--project", str(opened.root)], check=True
    )
    figures.append(("disk after a merge, MB, with Dagster's history", _disk_space(opened)))
    for name, figure in figures:
        _print_row(name, [(figure, figure)], 50, [(sqlite, sqlite)])


def _disk_space(opened: Project) -> float:
    """Return the disk space of annotations, in MB of allocated blocks."""
    folders = [opened.lance / f"{name}.lance" for name in (*ANNOTATED, "stages", "runs")]
    folders.append(opened.dagster_home)
    blocks = 0
    for folder in folders:
        for path in folder.rglob("*"):
            # A file may be deleted meanwhile.
            try:
                blocks += path.stat().st_blocks
            except FileNotFoundError:
                continue
    return blocks * 512 / 2**20


def _timed(act: Callable[[], object]) -> Time:
    """Return milliseconds of the processor, comparable on a busy machine, and of the clock."""
    began, worked = time.perf_counter(), time.process_time()
    act()
    return (time.process_time() - worked) * 1000, (time.perf_counter() - began) * 1000


def _print_row(
    label: str,
    times: list[Time],
    budget: float | None,
    sqlite: list[Time] | None,
    share: float = 0.5,
) -> None:
    work, wall = (_quantile(times, column, share) for column in (0, 1))
    limit = f"{budget:,.0f}" if budget else ""
    floor = f"{_quantile(sqlite, 1, share):,.2f}" if sqlite else ""
    print(f"{label:44} {work:9,.1f} {wall:9,.1f} {limit:>8} {floor:>9}", flush=True)


def _quantile(times: list[Time], column: int, share: float) -> float:
    ordered = sorted(pair[column] for pair in times)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def _resident() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
