"""A small project with one folder of pictures, as it is before and after a first run."""

import os
import shutil
import time
from dataclasses import replace

import pyarrow as pa
import pytest

from panoptic_data.ingest import sources
from panoptic_data.storage.project import create_project, open_project, save_settings
from panoptic_data.storage.schema import arrow
from pipelines.process import process
from pipelines.request import Request
from tests.small_corpus import write_pictures


def create(folder):
    then = time.time() - 60
    for path in write_pictures(folder / "pictures", range(40)):
        # Files of this minute would be read again by the next run.
        os.utime(path, (then, then))
    project = replace(create_project(folder / "corpus"), encoders=("visual",))
    save_settings(project)
    sources.add(project, folder / "pictures")
    return project


@pytest.fixture
def project(tmp_path):
    """A project that no run has worked on, with a source ``pictures`` of 40 files."""
    return create(tmp_path)


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    folder = tmp_path_factory.mktemp("processed")
    return folder, process(create(folder), Request())


def copy_processed(original, folder):
    """Copy the project of ``template`` and its pictures into another folder."""
    for name in ("pictures", "corpus"):
        shutil.copytree(original / name, folder / name)
    project = open_project(folder / "corpus")
    (source,) = sources.listing(project)
    row = {
        "name": source.name,
        "uri": str(folder / "pictures"),
        "added_at": source.added_at,
        "options": "{}",
    }
    project.database().upsert("sources", pa.Table.from_pylist([row], schema=arrow("sources")))
    return project


@pytest.fixture
def processed(tmp_path, template):
    """The same project after its first run: a copy of one that was made once."""
    return copy_processed(template[0], tmp_path)


@pytest.fixture
def first(template):
    """The summary of the first run of ``processed``."""
    return template[1]


@pytest.fixture
def folder(tmp_path):
    """The folder of the source, of ``project`` and of ``processed``."""
    return tmp_path / "pictures"
