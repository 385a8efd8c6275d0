"""A processed project that tests of this folder damage copies of."""

import pytest

from tests.faults import damage


@pytest.fixture(scope="session")
def processed(tmp_path_factory):
    return damage.make(tmp_path_factory.mktemp("made"))


@pytest.fixture
def project(processed, tmp_path):
    return damage.copied(processed, tmp_path)
