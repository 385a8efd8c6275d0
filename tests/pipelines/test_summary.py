"""The summary of a run: what is stored of it, encoders that wait, and when it is complete."""

from types import SimpleNamespace

import pytest

from panoptic_data.encoders import parse
from panoptic_data.provenance.stages import StageResult
from pipelines import summary
from pipelines.encoders import ProjectEncoder
from pipelines.request import Problem, Request


def test_the_table_of_runs_stores_the_counts_of_a_summary(first):
    counts = summary.counts_only(first)
    assert counts["files"] == first["files"] == 40
    assert set(first) - set(counts) == {
        "project", "run", "outcome", "stages", "problems", "encoders", "version",
    }  # fmt: skip


def test_a_waiting_encoder_is_a_problem_that_names_what_is_used_instead():
    text = "clip:local-dir:/nowhere"
    waiting = ProjectEncoder(text, parse(text), "absent")
    problem = summary.encoder_problem(waiting, [ProjectEncoder("visual", parse("visual"))])
    assert (problem.about, problem.name) == ("encoder", text)
    assert "visual" in problem.text
    assert not waiting.is_ready


@pytest.mark.parametrize(
    ("outcome", "problems", "request_", "expected"),
    [
        ("done", [], Request(), True),
        ("done", [Problem("encoder", "x", "waits")], Request(), True),
        ("done", [Problem("check", "x", "differs")], Request(), False),
        ("failed", [], Request(), False),
        ("done", [], Request(only=("pictures",)), False),
    ],
)
def test_a_run_is_complete_unless_something_is_left_to_do(
    processed, outcome, problems, request_, expected
):
    run = SimpleNamespace(outcome=outcome)
    work = SimpleNamespace(
        project=processed, run=run, problems=problems, request=request_, results={}
    )
    assert summary.is_complete(work) is expected


def test_a_run_that_did_not_read_a_file_is_not_complete(processed):
    unread = StageResult(rows=1, data_version="1", extra={"unread": 1})
    run = SimpleNamespace(outcome="done")
    work = SimpleNamespace(
        project=processed,
        run=run,
        problems=[],
        request=Request(),
        results={"files/pictures": unread},
    )
    assert not summary.is_complete(work)
