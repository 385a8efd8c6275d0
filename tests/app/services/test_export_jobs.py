"""Exports in the background: what they say while they work and once they ended, and downloads."""

import csv
import io
import json
import zipfile

import pytest
from filelock import FileLock
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.api import exports
from app.services import export_jobs, export_process, jobs
from app.services.export_jobs import Request
from panoptic_data.versions.create import create
from panoptic_data.views import model
from panoptic_data.views.model import Condition, View
from tests.panoptic_data.exchange.exports import annotated as examples


@pytest.fixture(scope="module")
def war(tmp_path_factory):
    return examples.project(tmp_path_factory.mktemp("project"))


@pytest.fixture(autouse=True)
def started(monkeypatch):
    """The processes that were started: here they work at once, in this one."""
    commands = []

    def work(_project, command):
        commands.append(command)
        export_process.main(*command[-2:])

    monkeypatch.setattr(jobs, "start_process", work)
    return commands


def test_a_process_is_started_that_knows_the_project_and_the_export(war, started):
    job = export_jobs.begin(war, Request("csv", "war-csv"))
    (command,) = started
    assert command[-3:] == ["app.services.export_process", str(war.root), job.id]


def test_a_view_to_be_downloaded_is_a_zip_under_its_address(war):
    view = model.to_address(View(where=(Condition("name", "contains", "red"),)))
    options = {"columns": ["width", "copies"]}
    job = export_jobs.get(
        war, export_jobs.begin(war, Request("csv", "été", view=view, options=options)).id
    )
    assert (job.phase, job.rows, job.by_file, job.error) == ("done", 1, False, None)
    client = TestClient(Starlette(routes=exports.routes(war)))
    answer = client.get(f"/exports/{job.id}/été.zip")
    assert (answer.status_code, len(answer.content)) == (200, job.size)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert sorted(packed.namelist()) == ["été.csv", "été.csv.properties.json"]
        (row,) = csv.DictReader(io.TextIOWrapper(packed.open("été.csv"), "utf-8-sig"))
    assert (row["sha1"], row["copies"]) == (examples.sha1_of("red"), "2")
    for path in (
        f"{job.id}/other.zip",
        "20260101T000000000000-abcdef/été.zip",
        "..%2F..%2Fx/été.zip",
    ):
        assert client.get(f"/exports/{path}").status_code == 404
    export_jobs.remove(war, job.id)
    assert client.get(f"/exports/{job.id}/été.zip").status_code == 404
    assert not export_jobs.folder_of(war, job.id).exists()


def test_an_export_at_a_version_is_of_the_corpus_as_it_was(tmp_path):
    opened = examples.project(tmp_path)
    version = create(opened, "a")
    target = tmp_path / "then.csv"
    assert _ended(opened, Request("csv", "x", str(target))).phase == "done"
    then = target.read_text("utf-8-sig")
    opened.database().delete("files", opened.database().read("files")["file_id"].to_pylist()[:2])
    again = Request("csv", "x", str(target), overwrite=True, version=version.id)
    job = _ended(opened, again)
    assert (job.phase, job.error) == ("done", None)
    assert target.read_text("utf-8-sig") == then
    _ended(opened, Request("csv", "x", str(target), overwrite=True))
    assert target.read_text("utf-8-sig") != then


def test_images_that_are_not_there_are_listed_with_what_was_written(tmp_path):
    opened = examples.project(tmp_path)
    (tmp_path / "pictures/1930/blue.jpg").unlink()
    job = _ended(opened, Request("images", "x", str(tmp_path / "out"), language="fr"))
    assert (job.phase, job.rows, job.problem_count, job.size) == ("done", 4, 1, 0)
    assert job.problems[0].startswith("posters/1930/blue.jpg: l’original")
    assert len(list((tmp_path / "out/images").iterdir())) == 3


def test_what_cannot_be_written_says_why_and_can_be_tried_again(war, tmp_path):
    target = tmp_path / "absent" / "a.csv"
    job = _ended(war, Request("csv", "x", str(target)))
    assert (job.phase, job.error) == (
        *("failed", f"There is no folder {target.parent}. Create it first, or check its name."),
    )
    target.parent.mkdir()
    export_jobs.resume(war, job)
    assert export_jobs.get(war, job.id).phase == "done"
    assert target.exists()


def test_an_unforeseen_error_points_to_the_log(war, tmp_path, monkeypatch):
    def break_off(*_args, **_options):
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(export_process.exports, "export", break_off)
    job = _ended(war, Request("csv", "x", str(tmp_path / "a.csv")))
    assert job.phase == "failed"
    assert "logs/process.log" in job.error


def test_an_export_that_is_stopped_leaves_its_target_as_it_was(war, tmp_path, monkeypatch):
    def stop_when_begun(folder):
        return json.loads((folder / "state.json").read_text("utf-8"))["total"] == 4

    monkeypatch.setattr(export_process, "EVERY", 0)
    monkeypatch.setattr(export_jobs, "is_stop_requested", stop_when_begun)
    job = _ended(war, Request("images", "x", str(tmp_path / "out")))
    assert (job.phase, job.total) == ("stopped", 4)
    assert list(tmp_path.iterdir()) == []


def test_an_export_whose_process_is_gone_is_interrupted(war, tmp_path, monkeypatch):
    monkeypatch.setattr(jobs, "start_process", lambda *_: None)
    job = export_jobs.begin(war, Request("csv", "x", str(tmp_path / "a.csv")))
    assert export_jobs.get(war, job.id).phase == "starting"
    folder = export_jobs.folder_of(war, job.id)
    export_jobs.stop(war, job.id)
    assert export_jobs.is_stop_requested(folder)
    at_work = export_jobs.ExportJob(job.id, job.request, "writing", started_at=job.started_at)
    export_jobs.write_state(folder, at_work)
    with FileLock(folder / export_jobs.LOCK):
        assert export_jobs.get(war, job.id).phase == "writing"
        # What is at work is not forgotten.
        export_jobs.remove(war, job.id)
        assert folder.exists()
    assert export_jobs.get(war, job.id).phase == "interrupted"
    # A new start does not heed an old request to stop.
    export_jobs.resume(war, job)
    assert not export_jobs.is_stop_requested(folder)


def test_the_newest_exports_are_listed_first_and_the_oldest_forgotten(tmp_path, monkeypatch):
    war = examples.project(tmp_path)
    monkeypatch.setattr(export_jobs, "KEPT", 3)
    for number in range(5):
        _ended(war, Request("csv", f"x{number}"))
    names = [job.request.name for job in export_jobs.jobs_of(war)]
    assert names == ["x4", "x3", "x2"]
    (war.root / "exports" / "20260101T000000000000-ffffff").mkdir()
    (war.root / "exports" / "notes.txt").write_text("mine", "utf-8")
    assert [job.request.name for job in export_jobs.jobs_of(war)] == names


def _ended(project, request):
    return export_jobs.get(project, export_jobs.begin(project, request).id)
