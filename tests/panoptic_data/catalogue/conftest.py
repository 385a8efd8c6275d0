"""What several tests of the catalogue need."""

import pytest

from tests.panoptic_data.catalogue import posters


@pytest.fixture
def opened(tmp_path):
    """The project of ``posters``."""
    return posters.create(tmp_path / "p")
