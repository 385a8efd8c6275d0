"""SIGKILL at random in runs over files that changed since the last one.

Runs over new files: ``tests/test_kill.py``.
"""

import os
import random
import shutil

import pytest

from panoptic_data.annotations import log
from panoptic_data.annotations.store import annotations_of
from panoptic_data.ingest import source_changes
from panoptic_data.storage.project import open_project
from tests.annotating import create_property
from tests.faults import damage
from tests.killing import commits, kill_after, tables
from tests.small_corpus import picture, write_pictures

SEED = 22
# Of each kind of change. Few vanish at once: of many a run asks first.
EACH = 3

pytestmark = pytest.mark.skipif(os.name != "posix", reason="SIGKILL")


@pytest.fixture
def home(processed, tmp_path):
    """Return a folder with ``pictures`` and ``project``, where every file has a value too."""
    home = shutil.copytree(processed.parent, tmp_path / "home")
    project = linked(home, "project")
    files = project.database().frame("files", ["file_id", "path"]).sort("path").rows()
    store = annotations_of(project)
    shelf = create_property(store, "Shelf", "text", target="file").id
    changes = [log.Change("file", file_id, shelf, "set", path) for file_id, path in files]
    store.commit(changes, "set", author="anna")
    return home


def linked(home, name):
    """Open the home's project of this name, over its pictures."""
    project = open_project(home / name)
    source_changes.relink(project, "pictures", home / "pictures")
    return project


def copied(home, name):
    """Return a copy of the home's project, over the same pictures."""
    shutil.copytree(home / "project", home / name)
    return open_project(home / name)


def change_files(home, chance, number):
    """Add, overwrite, rename, exchange, delete and return some files, and break and touch one."""
    pictures, aside = home / "pictures", home / "aside"
    aside.mkdir(exist_ok=True)
    returning = sorted(aside.iterdir())
    paths = chance.sample(sorted(pictures.rglob("*.jpg")), 4 * EACH + 4)
    overwritten, renamed, deleted, duplicated = (
        paths[start : start + EACH] for start in range(0, 4 * EACH, EACH)
    )
    first, second, broken, touched = paths[4 * EACH :]
    for index, path in enumerate(overwritten):
        picture(10_000 + 100 * number + index).save(path, "JPEG", quality=85)
    for index, path in enumerate(renamed):
        names = (path.with_stem(f"{path.stem} {number}"), pictures / f"moved {number}" / path.name)
        names[index % 2].parent.mkdir(exist_ok=True)
        path.rename(names[index % 2])
    first.rename(home / "third")
    second.rename(first)
    (home / "third").rename(second)
    for index, path in enumerate(returning):
        path.rename(pictures / f"returned {number}-{index}.jpg")
    for index, path in enumerate(deleted):
        path.rename(aside / f"{index}.jpg")
    for index, path in enumerate(duplicated):
        shutil.copy2(path, pictures / f"copy {number}-{index}.jpg")
    broken.write_bytes(broken.read_bytes()[:100])
    touched.touch()
    added = 20_000 + 100 * number
    write_pictures(pictures / f"added {number}", range(added, added + EACH))


def values(project):
    """Return what every image and file is called: property, sha1 or path, value."""
    state = annotations_of(open_project(project.root)).state(fresh=True)
    files = project.database().frame("files", ["file_id", "path"])
    path_of = dict(files.iter_rows())
    return {
        (prop.name, path_of.get(target, target), value)
        for prop in state.properties.values()
        for target, value in state.values(prop.id).select("target", "value").iter_rows()
    }


@pytest.mark.parametrize(("rounds", "kills"), [(1, 1), pytest.param(6, 5, marks=pytest.mark.slow)])
def test_killed_over_changed_files_the_tables_are_those_of_an_undisturbed_run(home, rounds, kills):
    undisturbed, killed = copied(home, "undisturbed"), copied(home, "killed")
    chance = random.Random(SEED)
    for number in range(rounds):
        change_files(home, chance, number)
        before, begun = commits(undisturbed), commits(killed)
        damage.process(undisturbed)
        whole = commits(undisturbed) - before
        for to_come in range(kills, 0, -1):
            left = whole - (commits(killed) - begun)
            assert kill_after(
                killed, chance.randint(0, max(1, left // (to_come + 1))), chance.uniform(0, 0.2)
            )
        damage.process(killed)
        expected, matches = tables(undisturbed), tables(killed)
        assert matches.keys() == expected.keys()
        for name, frame in expected.items():
            assert matches[name].equals(frame), (number, name)
        assert values(killed) == values(undisturbed)
    # Every file that was there at first has its value still, wherever it is.
    shelves = [value for name, _, value in values(killed) if name == "Shelf"]
    assert len(shelves) == len(set(shelves)) == damage.IMAGES
