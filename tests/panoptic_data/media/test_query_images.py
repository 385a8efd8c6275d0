"""Uploaded pictures: checked, and the least recently used removed first."""

import os

import pytest

from panoptic_data.errors import (
    UnreadableImage,
)
from panoptic_data.media import query_images
from panoptic_data.storage.project import create_project
from tests.synthetic import picture as synthetic_picture


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "corpus")


def test_uploads_are_checked_and_the_least_recently_used_removed_first(project, monkeypatch):
    pictures = [synthetic_picture(colour) for colour in ("red", "green", "blue")]
    monkeypatch.setattr(query_images, "MAX_STORED_BYTES", 2 * max(map(len, pictures)))
    first, second = (query_images.keep(project, data) for data in pictures[:2])
    folder = project.root / "uploads"
    # Made long ago; the first is used again.
    for time, digest in enumerate((first, second)):
        os.utime(folder / digest, (time, time))
    assert query_images.read(project, first) == pictures[0]
    third = query_images.keep(project, pictures[2])
    assert {path.name for path in folder.iterdir()} == {first, third}
    with pytest.raises(UnreadableImage):
        query_images.keep(project, b"<html>")
    monkeypatch.setattr(query_images, "MAX_BYTES", 10)
    with pytest.raises(UnreadableImage):
        query_images.keep(project, pictures[0])
    assert len(list(folder.iterdir())) == 2
