"""The log of annotations: written by many at once, read from any position."""

import json
import random
import signal
import subprocess
import sys
import time

import polars as pl
import pytest

from panoptic_data.annotations import log
from panoptic_data.annotations.log import Change
from panoptic_data.annotations.store import Store
from tests.annotating import IMAGES, create_property, create_tag, reopened, values_of

EDITS = """
import random, sys
from concurrent.futures import ThreadPoolExecutor
from panoptic_data.annotations.store import annotations_of
from panoptic_data.annotations import log
from panoptic_data.storage.project import create_project, open_project

root, seed, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
store = annotations_of(open_project(root))
dice = random.Random(seed)
state = store.state()
[theme] = state.properties.values()
tags = [one.id for one in state.tags_of(theme.id)]
images = [f"{number:040x}" for number in range(4)]
ops = ["add", "remove"]
plans = [(dice.choice(images), dice.choice(tags), dice.choice(ops)) for _ in range(count)]

def act(plan):
    image, tag, op = plan
    store.commit([log.Change("image", image, theme.id, op, tag)], "tag", author=seed)

# Several people on one server.
with ThreadPoolExecutor(25) as people:
    list(people.map(act, plans))
"""


@pytest.mark.parametrize("edits_each", [60, pytest.param(500, marks=pytest.mark.slow)])
def test_four_processes_that_edit_at_once_lose_nothing(store, edits_each):
    theme = create_property(store, "Theme", "tags")
    for number in range(6):
        create_tag(store, theme, f"tag {number}")
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", EDITS, str(store.project.root), f"{seed}", f"{edits_each}"]
        )
        for seed in range(4)
    ]
    # Seen while it happens: what is taken in piece by piece is what a replay of all says.
    while any(worker.poll() is None for worker in workers):
        store.state(fresh=True)
        time.sleep(0.05)
    assert [worker.returncode for worker in workers] == [0] * 4
    log = store.log().filter(pl.col("property") == theme.id)
    assert log["author"].value_counts().sort("author").rows() == [
        (f"{n}", edits_each) for n in range(4)
    ]
    expected = {}
    for target, op, new in log.select("target", "op", "new").iter_rows():
        cell = expected.setdefault(target, set())
        cell.add(new) if op == "add" else cell.discard(new)
    expected = {target: cell for target, cell in expected.items() if cell}
    assert values_of(store.state(fresh=True), theme) == expected
    assert values_of(reopened(store), theme) == expected


KILLED = """
import sys
from panoptic_data.annotations.store import annotations_of
from panoptic_data.annotations import edits
from panoptic_data.storage.project import create_project, open_project
store = annotations_of(open_project(sys.argv[1]))
[note] = store.state().properties.values()
for number in range(1000):
    targets = [f"{number:08x}{one:032x}" for one in range(20_000)]
    store.commit(edits.set_value(store.state(), note.id, targets, "x"), "set")
    print(number, flush=True)
"""


def test_killed_in_a_batch_all_of_it_is_there_or_nothing(store):
    note = create_property(store, "Note", "text")
    command = [sys.executable, "-c", KILLED, str(store.project.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        written = 0
        for written in range(3):
            assert process.stdout.readline() == f"{written}\n"
        time.sleep(random.uniform(0, 0.15))
        process.send_signal(signal.SIGKILL)
    log = Store(store.project).log().filter(pl.col("property") == note.id)
    sizes = log.group_by("batch").len()["len"].to_list()
    assert len(sizes) > written
    assert set(sizes) == {20_000}
    create_property(store, "Later", "text")
    assert len(reopened(store).properties) == 2


def test_the_log_stays_small_under_many_single_edits(store):
    note = create_property(store, "Note", "text")
    for number in range(2 * log.COMPACT_EVERY):
        store.commit([log.Change("image", IMAGES[number % 4], note.id, "set", str(number))], "set")
    folder = store.project.lance / f"{log.TABLE}.lance" / "data"
    deadline = time.monotonic() + 30
    while len(list(folder.iterdir())) > 1.2 * log.COMPACT_EVERY * 2:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    expected = str(2 * log.COMPACT_EVERY - 1)
    assert json.dumps(expected) == json.dumps(
        next(iter(values_of(reopened(store), note)[IMAGES[3]]))
    )


def set_note(image, text):
    return Change("image", image, "note", "set", text)


def test_events_are_numbered_and_read_from_a_position(project):
    first = log.append(project, log.new_batch([set_note(IMAGES[0], "a")], "set", author="ada"))
    second = log.append(
        project, log.new_batch([set_note(image, "b") for image in IMAGES], "set", about="x.jpg")
    )
    assert (first.first, first.end, second.first, second.end) == (0, 1, 1, 5)
    events, version = log.read(project, 1)
    assert events["number"].to_list() == [1, 2, 3, 4]
    assert set(events["about"]) == {"x.jpg"}
    assert dict(events.schema) == dict(log.EVENT_SCHEMA)
    assert version == second.version


def test_an_empty_log_reads_as_no_events(project):
    events, version = log.read(project)
    assert (events.height, version) == (0, 0)


def test_ids_of_batches_sort_by_time():
    batches = [log.new_batch([], "set", author="ada")]
    time.sleep(0.002)
    batches.append(log.new_batch([], "set", author="ada"))
    assert batches[0].id < batches[1].id
    assert batches[0].at < batches[1].at


def test_an_unnamed_user_is_unknown(monkeypatch):
    def fail():
        raise KeyError

    monkeypatch.setattr(log.getpass, "getuser", fail)
    assert log.current_user() == "unknown"
    assert log.new_batch([], "set").author == "unknown"
