"""Process: what is missing is done, what is there is left alone, a failure stops nothing else."""

import json
import os
import shutil
import signal
import threading
import time
from contextlib import suppress
from dataclasses import replace

import dagster as dg
import polars as pl
import pytest

from panoptic_data.errors import ProjectBusy, UnknownSource
from panoptic_data.ingest import sources
from panoptic_data.ingest.freshness import unchanged_summary
from panoptic_data.provenance import runs, stages
from panoptic_data.storage.project import create_project, save_settings
from panoptic_data.storage.schema import arrow
from pipelines import encoders
from pipelines.instance import open_instance
from pipelines.plan import plan_project
from pipelines.process import process
from pipelines.request import Request
from tests.small_corpus import picture, write_pictures

EVERY_STAGE = [
    "files/pictures",
    "images/pictures",
    "embeddings/visual/pictures",
    "corpus",
    "vector_index/visual",
    "neighbours/visual",
    "projection/visual",
    "clusters/visual",
    "duplicates",
    "annotations",
]
COUNTS = ("files", "images", "new", "changed", "removed", "unchanged", "unreadable", "embedded")


def counts(answer):
    return {name: answer[name] for name in COUNTS}


def statuses(answer):
    return {stage: created["status"] for stage, created in answer["stages"].items()}


def versions(answer):
    return {stage: created["data_version"] for stage, created in answer["stages"].items()}


def history(project):
    with open_instance(project) as instance:
        return instance.get_runs()


def test_the_first_run_makes_every_stage(processed, first):
    assert first["problems"] == []
    assert first["outcome"] == "done"
    assert counts(first) == {
        "files": 40,
        "images": 40,
        "new": 40,
        "changed": 0,
        "removed": 0,
        "unchanged": 0,
        "unreadable": 0,
        "embedded": 40,
    }
    assert list(first["stages"]) == EVERY_STAGE
    assert all(created["data_version"] for created in first["stages"].values())
    assert first["encoders"] == [
        {"encoder": "visual", "slug": "visual", "status": "ready", "cause": None}
    ]
    assert set(first["stage_seconds"]) == set(EVERY_STAGE)
    assert first["images_per_second"] > 0
    assert stages.stale(stages.latest(processed), ["pictures"], ["visual"]) == {}


def test_dagster_and_the_table_of_runs_tell_the_same_history(processed, first):
    ours = runs.recent(processed).to_dicts()[0]
    assert (ours["run"], ours["outcome"]) == (first["run"], "done")
    theirs = history(processed)
    assert [run.job_name for run in theirs] == ["see_corpus", "read_source"]
    assert {run.status for run in theirs} == {dg.DagsterRunStatus.SUCCESS}
    assert sorted(ours["dagster_runs"]) == sorted(run.run_id for run in theirs)
    assert {run.tags["panoptic/run"] for run in theirs} == {first["run"]}
    summary = json.loads(ours["counts"])["summary"]
    assert (summary["files"], summary["new"], summary["embedded"]) == (40, 40, 40)


def test_every_materialization_tells_counts_version_and_shows_pictures(processed, first):
    with open_instance(processed) as instance:
        for stage, created in first["stages"].items():
            parts = stage.removesuffix("/pictures").split("/")
            key = dg.AssetKey(parts[::-1])
            event = instance.get_latest_materialization_event(key)
            assert event is not None, stage
            metadata = event.asset_materialization.metadata
            assert metadata["dagster/row_count"].value == created["rows"]
            assert metadata["new"].value == created["new"]
            table = stages.stage_table(stage)
            assert metadata["lance_version"].value == processed.database().version(table)
            assert (
                event.asset_materialization.tags["dagster/data_version"] == created["data_version"]
            )
            version = stages.CODE_VERSIONS[stages.stage_kind(stage)]
            assert event.asset_materialization.tags["dagster/code_version"] == version
            if stage.startswith(("images", "clusters")):
                assert metadata["preview"].value.startswith("![JPEG](data:image/jpeg;base64,")
            if stage.startswith("projection"):
                assert metadata["map"].value.startswith("![PNG](data:image/png;base64,")


def checks(project):
    """Return check → whether it passed, of every evaluation in the history."""
    with open_instance(project) as instance:
        events = [
            record.event_log_entry.dagster_event.event_specific_data
            for run in instance.get_runs()
            for record in instance.get_records_for_run(
                run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION
            ).records
        ]
    return {(e.asset_key.to_user_string(), e.check_name): e.passed for e in events}


def test_all_checks_pass_after_a_run(processed):
    assert checks(processed) == {
        ("corpus", "every_image_has_a_file"): True,
        ("corpus", "every_readable_file_has_an_image"): True,
        ("duplicates", "members_are_images"): True,
        ("annotations", "no_orphan_annotation"): True,
        ("annotations", "tables_say_what_a_replay_of_the_log_says"): True,
        ("visual/embeddings", "vectors_are_unit"): True,
        ("visual/vector_index", "one_row_an_image"): True,
        ("visual/neighbours", "one_row_an_image"): True,
        ("visual/projection", "one_row_an_image"): True,
        ("visual/clusters", "one_row_an_image"): True,
    }


def test_a_second_run_leaves_every_stage_alone(processed, first):
    created = len(history(processed))
    second = process(processed, Request())
    assert statuses(second) == dict.fromkeys(EVERY_STAGE, "unchanged")
    assert versions(second) == versions(first)
    assert counts(second) == {**counts(first), "new": 0, "unchanged": 40, "embedded": 0}
    assert len(history(processed)) == created


def test_exactly_what_was_added_renamed_removed_and_overwritten_changes(processed, folder, first):
    write_pictures(folder, range(100, 103))
    (folder / "subject-0" / "00000.jpg").rename(folder / "renamed.jpg")
    (folder / "subject-1" / "00001.jpg").unlink()
    picture(900).save(folder / "subject-2" / "00002.jpg")
    second = process(processed, Request())
    assert (second["outcome"], second["problems"]) == ("done", [])
    assert counts(second) == {
        "files": 42,
        "images": 42,
        "new": 3,
        "changed": 1,
        "removed": 1,
        "unchanged": 37,
        "unreadable": 0,
        "embedded": 4,
    }
    assert (second["moved"], second["moved_uncertain"], second["missing"]) == (1, 0, 1)
    database = processed.database()
    rows = database.frame("files", ["path", "status", "run"])
    touched = rows.filter(run=second["run"])["path"].sort().to_list()
    assert touched == [
        "renamed.jpg",
        "subject-1/00001.jpg",
        "subject-2/00002.jpg",
        "subject-4/00100.jpg",
        "subject-5/00101.jpg",
        "subject-6/00102.jpg",
    ]
    assert database.count("images", f"run = '{second['run']}'") == 4
    assert database.count("embeddings__visual", f"run = '{second['run']}'") == 4
    assert database.count("embeddings__visual", f"run = '{first['run']}'") == 39
    third = process(processed, Request())
    assert statuses(third) == dict.fromkeys(EVERY_STAGE, "unchanged")


def test_a_copy_costs_no_vector_and_no_neighbours(processed, folder, first):
    shutil.copy(folder / "subject-0" / "00000.jpg", folder / "copy.jpg")
    second = process(processed, Request())
    assert (second["outcome"], second["problems"]) == ("done", [])
    assert (second["files"], second["images"], second["embedded"]) == (41, 40, 0)
    assert statuses(second)["neighbours/visual"] == "unchanged"
    assert (
        second["stages"]["duplicates"]["data_version"]
        != (first["stages"]["duplicates"]["data_version"])
    )


def test_a_broken_file_is_a_row_and_no_failure(project, folder):
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing more")
    answer = process(project, Request())
    assert (answer["outcome"], answer["files"], answer["images"], answer["unreadable"]) == (
        "done",
        41,
        40,
        1,
    )
    again = process(project, Request())
    assert statuses(again) == dict.fromkeys(EVERY_STAGE, "unchanged")
    assert again["unreadable"] == 1


def test_a_file_that_could_not_be_read_for_a_reason_that_passes_is_tried_again(processed):
    rows = processed.database().frame("files", where="path = 'subject-1/00001.jpg'")
    denied = rows.with_columns(status=pl.lit("unreadable"), reason=pl.lit("permission_denied"))
    processed.database().upsert("files", denied.to_arrow().cast(arrow("files")))
    answer = process(processed, Request())
    assert (answer["changed"], answer["unreadable"]) == (1, 0)


def test_a_source_whose_folder_is_gone_is_told_and_the_others_are_done(processed, tmp_path):
    write_pictures(tmp_path / "stamps", range(200, 210))
    sources.add(processed, tmp_path / "stamps")
    (tmp_path / "pictures").rename(tmp_path / "elsewhere")
    answer = process(processed, Request())
    (problem,) = answer["problems"]
    assert (problem["about"], problem["name"]) == ("source", "pictures")
    assert str(tmp_path / "pictures") in problem["text"]
    assert "panoptic sources relink pictures" in problem["text"]
    assert (answer["away"], answer["missing"]) == (40, 0)
    assert (answer["outcome"], answer["files"], answer["new"], answer["removed"]) == (
        "done",
        50,
        10,
        0,
    )
    (tmp_path / "elsewhere").rename(tmp_path / "pictures")
    back = process(processed, Request())
    assert (back["problems"], back["new"], back["changed"], back["away"]) == ([], 0, 0, 0)


def test_many_files_that_vanish_at_once_are_asked_about_and_the_rest_is_done(processed, folder):
    for path in folder.glob("subject-[0-5]"):
        path.rename(folder.parent / path.name)
    write_pictures(folder, range(206, 208))
    answer = process(processed, Request())
    (problem,) = answer["problems"]
    assert (problem["about"], problem["name"], answer["outcome"]) == ("source", "pictures", "done")
    assert "30 of 40 files" in problem["text"]
    assert (answer["new"], answer["removed"], answer["missing"], answer["files"]) == (2, 0, 0, 42)
    again = process(processed, Request())
    assert (again["problems"], again["removed"]) == (answer["problems"], 0)
    assert set(statuses(again).values()) == {"unchanged"}
    sources.accept_missing(processed, "pictures")
    last = process(processed, Request())
    assert (last["problems"], last["removed"], last["missing"]) == ([], 30, 30)


def test_a_source_unmounted_during_a_run_is_whole_after_it_is_back(project, folder, tmp_path):
    write_pictures(folder, range(40, 139))
    away = tmp_path / "unmounted"
    begun = threading.Event()

    def unmount():
        begun.wait(60)
        folder.rename(away)

    thread = threading.Thread(target=unmount)
    thread.start()

    reports = []

    def listener(stage, done, total):
        # The first pictures are read, the rest is planned, then its reading begins.
        is_planned = ("embeddings/visual/pictures", 0) in reports
        reports.append((stage, done))
        if is_planned and stage == "images/pictures" and not begun.is_set():
            begun.set()
            thread.join()

    first = process(project, Request(), listener)
    assert first["outcome"] == "failed"
    # The first pictures are there, and nothing could be made of them.
    assert {problem["about"] for problem in first["problems"]} == {"stage", "source", "check"}
    assert unchanged_summary(project) is None
    assert process(project, Request())["problems"][0]["about"] == "source"
    away.rename(folder)
    assert unchanged_summary(project) is None
    last = process(project, Request())
    assert (last["outcome"], last["problems"], last["images"]) == ("done", [], 139)


def test_only_the_named_source_is_read(project, tmp_path):
    write_pictures(tmp_path / "stamps", range(200, 210))
    sources.add(project, tmp_path / "stamps")
    answer = process(project, Request(only=("stamps",)))
    assert answer["files"] == 10
    assert answer["stages"]["files/pictures"]["status"] == "skipped"
    with pytest.raises(UnknownSource):
        process(project, Request(only=("maps",)))


def test_a_failed_stage_is_told_and_what_does_not_need_it_is_made(project):
    # Where the table should be there is something else.
    (project.lance / "projection__visual.lance").write_text("no table")
    answer = process(project, Request())
    assert answer["outcome"] == "failed"
    assert statuses(answer)["projection/visual"] == "failed"
    assert statuses(answer)["clusters/visual"] == "made"
    assert statuses(answer)["neighbours/visual"] == "made"
    assert [problem["name"] for problem in answer["problems"]] == ["projection/visual"]
    row = runs.recent(project).to_dicts()[0]
    assert row["outcome"] == "failed"
    assert row["error"].startswith("projection/visual failed: ")
    (project.lance / "projection__visual.lance").unlink()
    mended = process(project, Request())
    assert mended["outcome"] == "done"
    assert set(mended["stage_seconds"]) == {"projection/visual"}


def test_another_run_at_work_is_refused(project):
    with runs.start(project, "process", {}), pytest.raises(ProjectBusy):
        process(project, Request())


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_stop_whose_exception_was_swallowed_stops_the_run(project, monkeypatch):
    prepare = encoders.prepare_encoders

    def swallow(*arguments):
        with suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(10)
        return prepare(*arguments)

    monkeypatch.setattr(encoders, "prepare_encoders", swallow)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            process(project, Request())
    finally:
        signal.signal(signal.SIGINT, before)
    assert runs.recent(project)["outcome"].to_list() == ["interrupted"]


def test_refit_makes_map_and_clusters_anew_and_nothing_else(processed):
    answer = process(processed, Request(refit=True))
    assert answer["problems"] == []
    assert set(answer["stage_seconds"]) == {"projection/visual", "clusters/visual"}


def test_the_method_of_clusters_can_be_chosen(processed):
    answer = process(processed, Request(method="kmeans", k=4))
    assert set(answer["stage_seconds"]) == {"clusters/visual"}
    numbers = processed.database().frame("clusters__visual", ["cluster"])["cluster"]
    assert numbers.n_unique() == 4


def test_what_the_table_of_stages_says_of_a_stopped_stage_is_made_good(processed, first):
    stages.begin(processed, "neighbours/visual", "killed")
    second = process(processed, Request())
    assert set(second["stage_seconds"]) == {
        "neighbours/visual",
        "projection/visual",
        "clusters/visual",
        "duplicates",
    }
    assert versions(second) == versions(first)


def test_a_project_without_sources_is_processed_to_nothing(tmp_path):
    project = replace(create_project(tmp_path / "corpus"), encoders=("visual",))
    save_settings(project)
    answer = process(project, Request())
    assert (answer["outcome"], answer["problems"]) == ("done", [])
    assert (answer["files"], answer["images"]) == (0, 0)


def test_sidecars_that_cannot_be_read_are_problems_of_the_run(processed, folder):
    picture = next(path for path in sorted(folder.rglob("*")) if path.is_file())
    picture.with_suffix(".xmp").write_bytes(b"<broken")
    summary = process(processed, Request())
    [problem] = summary["problems"]
    assert (problem["about"], problem["name"]) == ("sidecar", "pictures")
    assert problem["text"].startswith("1 XMP sidecar of “pictures” cannot be read: that of ")
    assert "unclosed token" in problem["text"]
    # It leaves nothing undone.
    assert (summary["outcome"], plan_project(processed)) == ("done", ())
