"""A small project with one folder of pictures, made on the spot."""

from dataclasses import replace

import pytest

from panoptic_data import project as projects
from panoptic_data import sources
from tests.small_corpus import write_pictures


@pytest.fixture
def folder(tmp_path):
    write_pictures(tmp_path / "pictures", range(40))
    return tmp_path / "pictures"


@pytest.fixture
def project(tmp_path, folder):
    made = replace(projects.create(tmp_path / "corpus"), encoders=("visual",))
    projects.save(made)
    sources.add(made, folder)
    return made
