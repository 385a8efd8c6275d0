"""A processed project, and what a disk or a careless copy can do to its tables."""

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

from panoptic_data.annotations import log
from panoptic_data.annotations.store import annotations_of
from panoptic_data.ingest import sources
from panoptic_data.storage.project import create_project, open_project, set_encoders
from pipelines.__main__ import main
from tests.annotating import create_property
from tests.app.commands.installed import in_process
from tests.small_corpus import write_pictures

IMAGES = 40
OFFLINE = {"LC_ALL": "C.UTF-8", "HF_HUB_OFFLINE": "1"}


def make(home: Path):
    """Make a processed project of 40 images, each with a value that is merged."""
    write_pictures(home / "pictures", range(IMAGES))
    project = set_encoders(create_project(home / "project"), ("visual",))
    sources.add(project, home / "pictures")
    process(project)
    title = create_property(annotations_of(project), "Title", "text")
    sha1s = sorted(project.database().read("images", ["sha1"])["sha1"].to_pylist())
    changes = [log.Change("image", sha1, title.id, "set", f"title of {sha1}") for sha1 in sha1s]
    annotations_of(project).commit(changes, "set", author="anna")
    process(project)
    return project.root


def copied(processed: Path, home: Path):
    """Return a copy of a processed project, opened; its pictures are those of the first."""
    shutil.copytree(processed, home / "project")
    return open_project(home / "project")


def run(project, *command):
    """Run a command of ours on a project; return its exit code, output and errors."""
    done = subprocess.run(
        [sys.executable, "-m", *command, "--project", str(project.root)],
        capture_output=True, text=True, check=False, env={**os.environ, **OFFLINE}, timeout=540,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


def run_in_process(project, *arguments):
    """Run a command of ``pipelines`` here, 3 s less; return what :func:`run` returns.

    Not where another process than that of the test has to meet the damage.
    """
    done = in_process(*arguments, "--project", project.root, main=main, **OFFLINE)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


def process(project):
    """Process a project; the command's own code, without a process of its own each time."""
    assert main(["process", "--project", str(project.root)]) == 0


def folder_of(project, table):
    return project.lance / f"{table}.lance"


def data_files(project, table):
    files = sorted((folder_of(project, table) / "data").glob("*"))
    assert files
    return files


def remove(project, table):
    shutil.rmtree(folder_of(project, table))


def remove_manifests(project, table):
    shutil.rmtree(folder_of(project, table) / "_versions")


def truncate(project, table):
    for path in data_files(project, table):
        os.truncate(path, path.stat().st_size // 2)


def flip(project, table, bits=200, seed=0):
    """Flip bits in the first half of the largest data file: where the values are."""
    path = max(data_files(project, table), key=lambda path: path.stat().st_size)
    content = bytearray(path.read_bytes())
    for place in random.Random(seed).sample(range(len(content) // 2), bits):
        content[place] ^= 1 << place % 8
    path.write_bytes(content)


def flip_thumbnails(project, count=29, bits=7):
    """Flip bits in the pixels of some thumbnails, which still decode; return their sha1s."""
    contents = {path: bytearray(path.read_bytes()) for path in data_files(project, "images")}
    rows = project.database().read("images", ["sha1", "thumbnail"]).to_pylist()[:count]
    chance = random.Random(0)
    for row in rows:
        content = next(content for content in contents.values() if row["thumbnail"] in content)
        start = content.index(row["thumbnail"])
        for _ in range(bits):
            place = start + chance.randrange(len(row["thumbnail"]) // 2, len(row["thumbnail"]))
            content[place] ^= 1 << chance.randrange(8)
    for path, content in contents.items():
        path.write_bytes(content)
    return {row["sha1"] for row in rows}


def values(project):
    """Return the values of Title as a process reads them that opens the project now."""
    state = annotations_of(open_project(project.root)).state(fresh=True)
    title = next(prop.id for prop in state.properties.values() if prop.name == "Title")
    return dict(state.values(title).select("target", "value").iter_rows())
