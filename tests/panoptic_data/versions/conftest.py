import shutil

import pytest

from panoptic_data.annotations import properties
from panoptic_data.annotations.decisions import Decision
from panoptic_data.annotations.log import Change
from panoptic_data.annotations.store import annotations_of
from panoptic_data.storage.project import open_project


@pytest.fixture
def project(demo_of_all, tmp_path):
    """Return a copy of the demo project of its own."""
    return open_project(shutil.copytree(demo_of_all / "demo", tmp_path / "project"))


@pytest.fixture
def mark():
    """Return what defines a property of texts and gives images a value, as one batch."""

    def mark(project, name, sha1s, value="yes"):
        def choose(state):
            prop, changes = properties.create(state.properties, name, "text")
            values = [Change("image", sha1, prop.id, "set", value) for sha1 in sha1s]
            return Decision([*changes, *values], "property", result=prop)

        return annotations_of(project).decide(choose).result

    return mark


@pytest.fixture
def sha1s_of():
    """Return what lists the images of a project."""
    return lambda project: sorted(project.database().read("images", ["sha1"])["sha1"].to_pylist())
