"""Five images in six files: of "b" there are two, that of "e" is missing."""

import pytest

from panoptic_data.annotations.store import annotations_of
from tests import synthetic

NAMES = "abcde"


@pytest.fixture
def project(tmp_path):
    opened = synthetic.project(tmp_path / "project")
    rows = [synthetic.image(name, width=48 + at) for at, name in enumerate(NAMES)]
    synthetic.write(opened, "images", rows)
    files = [
        synthetic.file(f"s/{name}.jpg", name, mtime_ns=at, size=100 + at)
        for at, name in enumerate(NAMES)
    ]
    files[-1]["status"] = "missing"
    files.append(synthetic.file("s/0.jpg", "b", mtime_ns=0, size=101))
    synthetic.write(opened, "files", files)
    return opened


@pytest.fixture
def store(project):
    return annotations_of(project)
