"""Annotations: a press until it is stored, many at once, undo, opening, what they fill.

    python -m bench.annotate [--images N] [directory]

Writes a synthetic corpus (kept in the directory for the next time; annotations are made anew)
and does what people do: single tags, through Python and through the page's route on a real
server; a tag on very many images at once; undo of each; opening a project whose log holds a
million events, merged and not; 10,000 single edits and the disk that they fill. SQLite does the
same beside it where it can: one table with an index, a write-ahead log, a transaction an edit.
It keeps no log of who changed what and has nothing to undo with: it is the floor.
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
ANNOTATED = ("annotation_events", *materialize.TABLES)
# How a project is opened, in a process that has nothing in memory.
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
    asked = argparse.ArgumentParser(description="Time annotations.")
    asked.add_argument("--images", type=int, default=1_000_000)
    asked.add_argument("directory", type=Path, nargs="?")
    chosen = asked.parse_args()
    root = chosen.directory or Path(tempfile.mkdtemp())
    opened = _corpus(root, chosen.images)
    sha1s = opened.database().read("images", ["sha1"])["sha1"].to_pylist()
    print(f"{'':44} {'processor':>9} {'clock':>9} {'budget':>8} {'SQLite':>9}")
    _single(opened, sha1s)
    for count in (MANY, len(sha1s)):
        _many(opened, sha1s[:count])
    _say("memory of this process, MB", [(_resident(), _resident())], None, None)
    _opening(opened, sha1s)
    _disk(opened, sha1s)


def _corpus(root: Path, images: int) -> Project:
    opened = project.create_project(root, "bench")
    if opened.database().count("images") != images:
        _write(opened, images)
    _forget(opened)
    return opened


def _forget(opened: Project) -> None:
    """Take away all annotations, and what this process knows of them."""
    for name in (*ANNOTATED, "stages"):
        opened.database().drop(name)
    _stores.clear()


# One at a time, and many at once.


def _single(opened: Project, sha1s: list[str]) -> None:
    store, theme, war = _tagged(opened)
    draw = random.Random(0)
    chosen = draw.sample(sha1s, 2 * SINGLE)
    ours = [_timed(partial(_tag, store, theme, war, [sha1])) for sha1 in chosen[:SINGLE]]
    beside = _sqlite(opened.root / "beside.sqlite")
    theirs = [_timed(partial(_insert, beside, [sha1])) for sha1 in chosen[:SINGLE]]
    _say("one tag on one image, Python, p50", ours, 50, theirs)
    _say("… p95", ours, 50, theirs, 0.95)
    with serving(opened.root) as address:
        host = urlsplit(address).netloc
        press = partial(_press, http.client.HTTPConnection(host), theme, war)
        press(chosen[-1])
        pressed = [_timed(partial(press, sha1)) for sha1 in chosen[SINGLE:-1]]
    # What this process works is the client's part: the clock counts.
    _say("… from a press until it is stored, HTTP, p50", pressed, 50, None)
    _say("… p95", pressed, 50, None, 0.95)
    undone = [_timed(lambda: store.undo("single")) for _ in range(20)]
    _say("undo of one, p50", undone, None, None)


def _many(opened: Project, sha1s: list[str]) -> None:
    _forget(opened)
    store, theme, war = _tagged(opened)
    place = opened.root / "beside.sqlite"
    beside = _sqlite(place)
    count = f"{len(sha1s):,}"
    ours, theirs = (
        _timed(partial(_tag, store, theme, war, sha1s)),
        _timed(partial(_insert, beside, sha1s)),
    )
    _say(f"one tag on {count} images", [ours], 2000 if len(sha1s) == MANY else None, [theirs])
    undo = _timed(lambda: store.undo("single"))
    taken = _timed(partial(_delete, beside))
    _say(f"undo of {count}", [undo], 2000 if len(sha1s) == MANY else None, [taken])
    _say(f"redo of {count}", [_timed(lambda: store.redo("single"))], None, None)


def _tagged(opened: Project) -> tuple[Store, str, str]:
    store = annotations_of(opened)
    theme, changes = properties.create({}, "Theme", "tags")
    store.commit(changes, "property")
    war, changes = tags.create({}, theme.id, "war")
    store.commit(changes, "tag")
    return store, theme.id, war.id


def _tag(store: Store, theme: str, war: str, sha1s: list[str]) -> None:
    store.commit(edits.add_tags(store.state(), theme, sha1s, [war]), "tag", author="single")


def _press(connection: http.client.HTTPConnection, theme: str, war: str, sha1: str) -> None:
    asked = {"property": theme, "op": "add", "values": [war], "targets": {"sha1s": [sha1]}}
    connection.request("POST", "/annotate", json.dumps(asked), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    told = json.loads(answer.read())
    assert told["changed"] == 1, told


def _sqlite(place: Path) -> sqlite3.Connection:
    for old in place.parent.glob(f"{place.name}*"):
        old.unlink()
    connection = sqlite3.connect(place)
    connection.execute("pragma journal_mode = wal")
    # As Lance: whole after a kill, not flushed to the disk at each edit.
    connection.execute("pragma synchronous = normal")
    connection.execute("create table said (target, property, value, author, at)")
    connection.execute("create index said_of on said (target, property)")
    return connection


def _insert(connection: sqlite3.Connection, sha1s: list[str]) -> None:
    rows = ((sha1, "theme", "war", "single", time.time()) for sha1 in sha1s)
    with connection:
        connection.executemany("insert into said values (?, ?, ?, ?, ?)", rows)


def _delete(connection: sqlite3.Connection) -> None:
    with connection:
        connection.execute("delete from said where property = 'theme' and value = 'war'")


# A long log.


def _opening(opened: Project, sha1s: list[str]) -> None:
    _forget(opened)
    began = time.perf_counter()
    for changes in _talk(opened, sha1s):
        log.append(opened, changes)
    log.compact(opened)
    print(f"a log of {EVENTS:,} events in {BATCHES:,} batches: {time.perf_counter() - began:.0f} s")
    unmerged, memory = _opened(opened)
    _say("open, nothing merged", [unmerged], 3000, None)
    _say("… memory of that process, MB", [(memory, memory)], None, None)
    merged = _timed(lambda: _merge(opened))
    _say("merge, with a state in memory", [merged], None, None)
    again, memory = _opened(opened)
    _say("open, all merged", [again], 3000, None)
    _say("… memory of that process, MB", [(memory, memory)], None, None)
    _say(
        "a replay compared with the tables",
        [_timed(lambda: materialize.differing(opened))],
        None,
        None,
    )
    store = annotations_of(opened)
    chosen = store.state().live_properties[0].id
    _say(
        "… one more edit",
        [_timed(partial(_note, store, chosen, sha1)) for sha1 in sha1s[:50]],
        50,
        None,
    )
    _say("… history, 200 batches", [_timed(store.history)], None, None)
    _process("the process that merges 50 edits", opened)
    _note(store, chosen, sha1s[0])
    _process("… and then one more", opened)


def _talk(opened: Project, sha1s: list[str]) -> Iterator[log.Batch]:
    """Yield a log of many authors: texts, numbers, tags put on and taken off, some undone."""
    draw = random.Random(1)
    store = annotations_of(opened)
    made = []
    for name, type in (("Note", "text"), ("Year", "number"), ("Theme", "tags"), ("Who", "tags")):
        one, changes = properties.create(store.state().properties, name, type)
        store.commit(changes, "property")
        made.append(one)
    words: dict[str, list[str]] = {}
    for one in made[2:]:
        words[one.id] = []
        for number in range(20):
            word, changes = tags.create(store.state().tags, one.id, f"{one.name} {number}")
            store.commit(changes, "tag")
            words[one.id].append(word.id)
    size = EVENTS // BATCHES
    written: list[log.Batch] = []
    for number in range(BATCHES):
        one = draw.choice(made)
        if number % 50 == 49:
            # Somebody takes back what was done a while ago.
            change = log.Change("batch", written[-20].id, "active", "set", "false")
            yield log.new_batch([change], "undo", author="a", undoes=written[-20].id)
        targets = draw.sample(sha1s, size)
        new: object = str(number)
        op = "set"
        if one.has_tags:
            op, new = draw.choice(("add", "add", "remove")), draw.choice(words[one.id])
        rows = pl.DataFrame({"target": targets}).with_columns(
            kind=pl.lit("image"),
            property=pl.lit(one.id),
            op=pl.lit(op),
            old=pl.lit(None, pl.String),
            new=pl.lit(new),
        )
        written.append(
            log.new_batch(rows.select(list(CHANGE_SCHEMA)), "set", author=draw.choice("abcdef"))
        )
        yield written[-1]


def _opened(opened: Project) -> tuple[Time, float]:
    done = subprocess.run(
        [sys.executable, "-c", OPEN, str(opened.root)], capture_output=True, text=True, check=True
    )
    wall, work, position, memory = (float(one) for one in done.stdout.split())
    assert position >= EVENTS
    return (work * 1000, wall * 1000), memory


def _merge(opened: Project) -> None:
    result = materialize.update(opened)
    stages.record(opened, materialize.STAGE, result, {}, "1", "bench")


def _note(store: Store, property: str, sha1: str) -> None:
    text = f"seen at {time.time_ns()}"
    store.commit(edits.set_value(store.state(), property, [sha1], text), "set")


def _process(what: str, opened: Project) -> None:
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "pipelines", "merge", "--project", str(opened.root)]
    subprocess.run(command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    work = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    _say(what, [(work * 1000, (time.perf_counter() - began) * 1000)], None, None)


# Disk.


def _disk(opened: Project, sha1s: list[str]) -> None:
    _forget(opened)
    shutil.rmtree(opened.dagster_home, ignore_errors=True)
    store, theme, war = _tagged(opened)
    place = opened.root / "beside.sqlite"
    beside = _sqlite(place)
    most = 0.0
    began = time.perf_counter()
    for number in range(EDITS):
        sha1 = sha1s[number % len(sha1s)]
        change = edits.add_tags if number < len(sha1s) else edits.remove_tags
        store.commit(change(store.state(), theme, [sha1], [war]), "tag", author="single")
        if number % 500 == 499:
            most = max(most, _filled(opened))
    seconds = time.perf_counter() - began
    for sha1 in sha1s[:EDITS]:
        _insert(beside, [sha1])
    print(f"{EDITS:,} single edits one after the other: {seconds:.0f} s")
    theirs = sum(one.stat().st_size for one in place.parent.glob(f"{place.name}*")) / 2**20
    figures = [("disk on the way, at most, MB", most), ("disk then, MB", _filled(opened))]
    subprocess.run(
        [sys.executable, "-m", "pipelines", "merge", "--project", str(opened.root)], check=True
    )
    figures.append(("disk after a merge, MB, with Dagster's history", _filled(opened)))
    for name, figure in figures:
        _say(name, [(figure, figure)], 50, [(theirs, theirs)])


def _filled(opened: Project) -> float:
    """Return how many MB annotations fill, as the disk counts."""
    places = [opened.lance / f"{name}.lance" for name in (*ANNOTATED, "stages", "runs")]
    places.append(opened.dagster_home)
    blocks = 0
    for place in places:
        for path in place.rglob("*"):
            # A file may be dropped while we look.
            try:
                blocks += path.stat().st_blocks
            except FileNotFoundError:
                continue
    return blocks * 512 / 2**20


def _timed(act: Callable[[], object]) -> Time:
    """Return milliseconds of the processor, which hold on a busy machine, and of the clock."""
    began, worked = time.perf_counter(), time.process_time()
    act()
    return (time.process_time() - worked) * 1000, (time.perf_counter() - began) * 1000


def _say(
    what: str,
    times: list[Time],
    budget: float | None,
    theirs: list[Time] | None,
    share: float = 0.5,
) -> None:
    work, wall = (_rank(times, column, share) for column in (0, 1))
    limit = f"{budget:,.0f}" if budget else ""
    beside = f"{_rank(theirs, 1, share):,.2f}" if theirs else ""
    print(f"{what:44} {work:9,.1f} {wall:9,.1f} {limit:>8} {beside:>9}", flush=True)


def _rank(times: list[Time], column: int, share: float) -> float:
    ordered = sorted(one[column] for one in times)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def _resident() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
