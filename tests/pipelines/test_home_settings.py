"""The settings of Dagster's home: those of this release, unless a person edited them."""

import hashlib
from pathlib import Path

import pytest

from pipelines import home_settings
from pipelines.history import open_history

OURS = (Path(__file__).parents[2] / "dagster.yaml").read_text()
RETRIES = OURS[OURS.index("# A run that failed") : OURS.index("# The assets print")]
OUTPUT = OURS[OURS.index("# The assets print") :]
SECOND = OURS.replace(RETRIES, "")
EARLIER = {
    "first": SECOND.replace("\n" + OUTPUT, ""),
    "second": SECOND,
    "second, with other line ends": SECOND.replace("\n", "\r\n"),
}


def problems_and_settings(project, text):
    path = project.dagster_home / "dagster.yaml"
    path.parent.mkdir()
    path.write_bytes(text.encode())
    with open_history(project) as history:
        assert history.instance.get_runs() == []
        retries = history.instance.run_retries_enabled
    return history.problems, path.read_bytes().decode(), retries


@pytest.mark.parametrize("text", EARLIER.values(), ids=EARLIER)
def test_settings_of_an_earlier_release_are_brought_up_to_date(project, text):
    assert problems_and_settings(project, text) == ([], OURS, True)


def test_settings_that_a_person_edited_are_left_and_what_they_lack_is_said(project):
    edited = SECOND.replace("max_concurrent_runs: 1", "max_concurrent_runs: 2")
    (problem,), text, retries = problems_and_settings(project, edited)
    assert (text, retries) == (edited, False)
    assert "run_retries" in problem
    assert str(project.dagster_home / "dagster.yaml") in problem


def test_edited_settings_that_decide_about_everything_are_not_mentioned(project):
    edited = OURS.replace("max_retries: 0", "max_retries: 3")
    assert problems_and_settings(project, edited) == ([], edited, True)


def test_every_release_is_known_by_its_settings():
    # Changed settings need one more line there, or homes of this release would never get them.
    assert hashlib.sha256(OURS.encode()).hexdigest() == home_settings.OURS[-1]
