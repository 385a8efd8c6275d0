"""Killed at any moment and started again, a run ends in the tables of an undisturbed one."""

import random

import pytest

from panoptic_data.provenance import runs
from tests.killing import commits, create, finish, kill_after, tables
from tests.small_corpus import write_pictures

IMAGES = 150
SEED = 20


@pytest.mark.parametrize("kills", [2, pytest.param(10, marks=pytest.mark.slow)])
def test_killed_at_random_moments_the_tables_are_those_of_an_undisturbed_run(tmp_path, kills):
    folder = tmp_path / "pictures"
    write_pictures(folder, range(IMAGES))
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing more")
    undisturbed = create(tmp_path / "undisturbed", folder)
    finish(undisturbed)
    whole = commits(undisturbed)

    killed = create(tmp_path / "killed", folder)
    chance = random.Random(SEED)
    for to_come in range(kills, 0, -1):
        # At most its share of what is left, so that there is something left to kill each time.
        left = whole - commits(killed)
        count = chance.randint(1, max(1, left // (to_come + 1)))
        assert kill_after(killed, count, chance.uniform(0, 0.2))
    finish(killed)

    expected, matches = tables(undisturbed), tables(killed)
    assert matches.keys() == expected.keys()
    for name, frame in expected.items():
        assert matches[name].equals(frame), name
    outcomes = runs.recent(killed)["outcome"].to_list()
    assert outcomes == ["done"] + ["interrupted"] * kills
