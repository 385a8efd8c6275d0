"""What is recorded of a stage: its inputs and counts, or why it failed."""

import dagster as dg
import pytest

from panoptic_data.errors import FolderNotFound
from panoptic_data.provenance import runs, stages
from panoptic_data.provenance.stages import CODE_VERSIONS, StageResult
from pipelines import provenance
from pipelines.request import Request
from pipelines.resources import Work


@pytest.fixture
def work(processed):
    with runs.start(processed, "a test", {}) as run:
        yield Work(processed, run, Request(), ("pictures",), ())


def row(work, stage):
    return work.project.database().take("stages", [stage]).to_pylist()[0]


def test_a_result_is_recorded_with_the_versions_it_was_made_from(work):
    versions = {
        stage["stage"]: stage["data_version"] for stage in stages.latest(work.project).to_dicts()
    }
    result = StageResult(40, "a-version", new=3)
    with provenance.computing(work, ["corpus"]):
        assert provenance.record_stage(work, "corpus", result) is result
    recorded = row(work, "corpus")
    assert (recorded["data_version"], recorded["run"]) == ("a-version", work.run.id)
    assert recorded["code_version"] == CODE_VERSIONS["corpus"]
    assert work.results == {"corpus": result}
    assert stages.stale(stages.latest(work.project), ["pictures"], []) != {}
    # As long as its own inputs are as they were it is not stale itself.
    assert versions["files/pictures"]
    assert "corpus" not in stages.stale(stages.latest(work.project), ["pictures"], [])


def test_inputs_that_changed_during_the_computation_are_those_of_before(work):
    provenance.record_stage(work, "corpus", StageResult(40, "b"), {"files/pictures": "older"})
    assert stages.stale(stages.latest(work.project), ["pictures"], [])["corpus"] == "inputs"


def test_a_failure_is_a_problem_of_the_run_and_the_stage_is_not_taken_for_made(work, monkeypatch):
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    with (
        pytest.raises(dg.Failure) as raised,
        provenance.computing(work, ["corpus", "duplicates"]),
    ):
        raise FolderNotFound(path="/somewhere")
    assert "/somewhere" in raised.value.description
    assert work.failed == {"corpus", "duplicates"}
    [problem] = work.problems
    assert (problem.about, problem.name) == ("stage", "corpus")
    # In the language of the terminal; Dagster's own pages are in English.
    assert problem.text != raised.value.description
    stale = stages.stale(stages.latest(work.project), ["pictures"], [])
    assert {"corpus", "duplicates"} <= set(stale)


def test_a_person_who_stops_it_is_no_failure(work):
    with pytest.raises(KeyboardInterrupt), provenance.computing(work, ["corpus"]):
        raise KeyboardInterrupt
    assert work.problems == []
