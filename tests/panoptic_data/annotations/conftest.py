import pytest

from panoptic_data.annotations.store import annotations_of
from panoptic_data.storage.project import create_project


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "project")


@pytest.fixture
def store(project):
    return annotations_of(project)
