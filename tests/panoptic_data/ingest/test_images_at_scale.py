"""Whole corpora: killed runs, many changes at once, and hard cases of a decoder library."""

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from panoptic_data.ingest import images, sources
from panoptic_data.storage import schema
from panoptic_data.storage.project import create_project
from tests.images import encoded, scene, shared, write
from tests.memory import run_and_weigh

VOLATILE = ("run", "first_seen", "changed_at")


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "project")


def put(path, number, size=(320, 240), kind="JPEG", age=3600):
    """Write picture ``number``, an hour old: what is being written is read twice."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(scene(size, seed=number), kind))
    make_older(path, age)
    return path


def make_older(path, age=3600):
    then = time.time() - age
    os.utime(path, (then, then))


def ingest(project, folder, run="run", **options):
    return images.ingest(project, sources.add(project, folder), run, **options)


def table(project, name, without=()):
    frame = project.database().frame(name)
    return frame.drop(without, strict=False).sort(schema.table_of(name).key)


def sha1_of(path):
    return hashlib.sha1(path.read_bytes()).hexdigest()


INGEST = """
import sys
from pathlib import Path
from panoptic_data.ingest import images
from panoptic_data.ingest import sources
from panoptic_data.storage import project
place = project.open_project(Path(sys.argv[1]))
(source,) = sources.listing(place)
print("begun", flush=True)
images.ingest(place, source, sys.argv[2])
"""


def run_ingest(project, run, kill_after=None):
    """Ingest in a process of its own; kill it ``kill_after`` seconds after it began."""
    process = subprocess.Popen(
        [sys.executable, "-c", INGEST, project.root, run], stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout.readline() == "begun\n"
        began = time.perf_counter()
        try:
            process.wait(kill_after)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.wait()
    return time.perf_counter() - began, process.returncode


@pytest.mark.slow
def test_killed_at_any_moment_and_started_again_it_ends_in_the_same_rows(tmp_path):
    folder = tmp_path / "photos"
    for number in range(1000):
        put(folder / f"{number % 7}" / f"{number}.jpg", number, (200, 150))
    put(folder / "copy.jpg", 3, (200, 150))
    write(folder / "odd")
    undisturbed = create_project(tmp_path / "undisturbed")
    sources.add(undisturbed, folder)
    seconds, code = run_ingest(undisturbed, "run")
    assert code == 0
    disturbed = create_project(tmp_path / "disturbed")
    sources.add(disturbed, folder)
    chance = random.Random(1)
    killed = [run_ingest(disturbed, "run", chance.uniform(0.1, 0.9) * seconds)[1] for _ in range(3)]
    # The later ones may find less to do than the moment that was drawn.
    assert killed[0] == -signal.SIGKILL
    assert run_ingest(disturbed, "run")[1] == 0
    for name in ("files", "images"):
        assert table(undisturbed, name, VOLATILE).equals(table(disturbed, name, VOLATILE))
    ok = table(disturbed, "files").filter(pl.col("status") == "ok")["sha1"]
    assert set(ok) == set(table(disturbed, "images")["sha1"])


def test_a_thousand_photographs_are_all_there_and_only_what_changes_changes(tmp_path, project):
    place = shared("clothing-1k")
    folder = Path(shutil.copytree(place, tmp_path / "clothing"))
    for path in folder.rglob("*"):
        make_older(path)
    files_result, images_result = ingest(project, folder, "first")
    paths = sorted(folder.rglob("*.jpg"))
    assert (files_result.rows, files_result.new, files_result.failed) == (1000, 1000, 0)
    assert images_result.rows == len({sha1_of(path) for path in paths})
    before = table(project, "files").to_dicts()
    images_before = table(project, "images")

    renamed, removed, overwritten, copied = (paths[at : at + 100] for at in (0, 100, 200, 300))
    for path in renamed:
        path.rename(path.with_name(f"renamed-{path.name}"))
    for path in removed:
        path.unlink()
    for number, path in enumerate(overwritten):
        put(path, number + 1, age=60)
    for number, path in enumerate(copied):
        put(path.with_name(f"new-{path.name}"), number + 1000, age=60)
    files_result, images_result = ingest(project, folder, "second")

    assert (files_result.new, files_result.changed, files_result.removed, files_result.failed) == (
        100,
        200,
        100,
        0,
    )
    assert (files_result.rows, files_result.unchanged, files_result.extra["moved"]) == (
        1100,
        700,
        100,
    )
    assert (images_result.new, images_result.removed, images_result.extra["decoded"]) == (
        200,
        200,
        200,
    )

    def named(paths):
        return {path.relative_to(folder).as_posix() for path in paths}

    after = {row["path"]: row for row in table(project, "files").to_dicts()}
    same = {row["path"] for row in before if after.get(row["path"]) == row}
    changed = named(renamed) | named(removed) | named(overwritten)
    assert {row["path"] for row in before} - same == changed
    new = {path.with_name(f"renamed-{path.name}") for path in renamed}
    new |= {path.with_name(f"new-{path.name}") for path in copied}
    assert after.keys() - {row["path"] for row in before} == named(new)
    ids = {row["path"]: row["file_id"] for row in before}
    for path in renamed:
        (was, now) = named([path]) | set(), named([path.with_name(f"renamed-{path.name}")])
        assert ids[was.pop()] == after[now.pop()]["file_id"]
    assert images.prune(project, "second") == 100
    left = table(project, "images")
    assert left.join(images_before, on="sha1", how="semi").equals(
        images_before.join(left, on="sha1", how="semi")
    )
    assert ingest(project, folder)[0].is_unchanged


def test_a_decoder_library_s_own_hard_cases_end_as_rows_in_little_time_and_memory(tmp_path):
    place = shared("awkward/image-rs")
    shown, memory = run_and_weigh(
        "from pathlib import Path; from time import process_time\n"
        "from panoptic_data.ingest import images;"
        "from panoptic_data.ingest import sources;"
        "from panoptic_data.storage import project\n"
        f"made = project.create_project(Path({str(tmp_path / 'project')!r}))\n"
        f"source = sources.add(made, Path({str(place)!r}))\n"
        "began = process_time()\n"
        "files, held = images.ingest(made, source, 'run')\n"
        "print(files.rows, files.failed, held.rows, sum(files.extra['ignored'].values()))\n"
        "print(process_time() - began)"
    )
    counts, seconds = shown.splitlines()
    rows, failed, images, ignored = (int(count) for count in counts.split())
    assert rows + ignored == sum(path.is_file() for path in place.rglob("*"))
    assert images > 200
    assert failed > 300
    assert float(seconds) < 15
    assert memory < 700
