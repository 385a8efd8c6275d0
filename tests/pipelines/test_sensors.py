"""The sensor: it asks for runs of what differs, once a difference, and what it asks for is done."""

import dagster as dg
import pytest

from panoptic_data.ingest import images, sources
from panoptic_data.storage.project import add_encoder, open_project
from pipelines import jobs
from pipelines.build import build_defs
from pipelines.instance import open_instance
from pipelines.partitions import sync
from pipelines.plan import plan_project
from tests.dashboard import eventually
from tests.models import small_timm
from tests.small_corpus import write_pictures


def look(project):
    with open_instance(project) as instance:
        context = dg.build_sensor_context(instance=instance)
        return build_defs(project).resolve_sensor_def("folders")(context)


def asks(result):
    return bool(getattr(result, "run_requests", None))


def follow(project, defs):
    """Look as the daemon does, and do the run that is asked for; return whether there was one."""
    with open_instance(project) as instance:
        context = dg.build_sensor_context(instance=instance)
        result = defs.resolve_sensor_def("folders")(context)
        for request in getattr(result, "run_requests", None) or ():
            job = defs.resolve_job_def(request.job_name or jobs.PROCESS)
            assert job.execute_in_process(instance=instance, run_config=request.run_config).success
        return asks(result)


def test_a_new_source_is_asked_for_and_becomes_a_partition(project):
    result = look(project)
    assert asks(result)
    (request,) = result.dynamic_partitions_requests
    assert request.partition_keys == ["pictures"]


def test_what_is_known_is_not_asked_for(processed):
    result = look(processed)
    assert not asks(result)
    assert result.dynamic_partitions_requests == []
    assert result.skip_reason.skip_message == "Everything is up to date."


def test_new_changed_and_vanished_files_are_asked_for_once_each(processed, folder):
    keys = []
    write_pictures(folder, range(50, 52))
    keys += [request.run_key for request in look(processed).run_requests]
    (folder / "subject-1" / "00001.jpg").unlink()
    keys += [request.run_key for request in look(processed).run_requests]
    (folder / "subject-2" / "00002.jpg").write_bytes(b"other")
    keys += [request.run_key for request in look(processed).run_requests]
    keys += [request.run_key for request in look(processed).run_requests]
    assert len(keys) == 4
    assert len(set(keys)) == 3


@pytest.mark.slow
def test_a_folder_that_grows_an_encoder_that_is_added_and_a_folder_that_goes_away_are_followed(
    processed, folder, tmp_path
):
    # Loaded once, as by `dagster dev`: what is added later is computed all the same.
    defs = build_defs(processed)
    assert not follow(processed, defs)

    write_pictures(folder, range(50, 53))
    assert eventually(lambda: follow(processed, defs))
    assert processed.database().count("neighbours__visual") == 43
    assert not asks(look(processed))

    file = small_timm(tmp_path / "m.pt")
    grown = add_encoder(processed, f"timm:test_vit?checkpoint={file}")
    assert eventually(lambda: follow(processed, defs))
    (slug,) = {row["slug"] for row in encoder_rows(grown)} - {"visual"}
    assert grown.database().count(f"clusters__{slug}") == 43
    assert not asks(look(processed))

    folder.rename(tmp_path / "unplugged")
    # It is noted for the pages; its images stay.
    assert not asks(look(processed))
    (source,) = sources.listing(processed)
    assert source.presence.is_away
    assert processed.database().count("files", "status = 'ok'") == 43
    assert "pictures" in look(processed).skip_reason.skip_message

    (tmp_path / "unplugged").rename(folder)
    assert eventually(lambda: follow(processed, defs))
    (source,) = sources.listing(processed)
    assert not source.presence.is_away
    assert plan_project(open_project(processed.root)) == ()


def test_a_folder_that_is_gone_is_left_in_peace(processed, folder):
    folder.rename(folder.with_name("elsewhere"))
    result = look(processed)
    assert not asks(result)
    assert "panoptic sources relink pictures" in result.skip_reason.skip_message
    assert sources.listing(processed)[0].presence.is_away


def test_many_files_that_vanished_are_asked_about_once_noted(processed, folder):
    (source,) = sources.listing(processed)
    for path in folder.iterdir():
        path.rename(folder.parent / path.name)
    # The run only notes them; the rows of files stay as they are.
    assert asks(look(processed))
    images.ingest(processed, source, "run")
    result = look(processed)
    assert not asks(result)
    assert "40 of 40 files" in result.skip_reason.skip_message
    sources.accept_missing(processed, "pictures")
    assert asks(look(processed))


def test_a_waiting_encoder_fails_no_run_of_dagster(project, tmp_path):
    waiting = add_encoder(project, f"timm:test_vit?checkpoint={tmp_path / 'none.pt'}")
    defs = build_defs(waiting)
    with open_instance(waiting) as instance:
        sync(instance, ["pictures"])
        read = defs.resolve_job_def(jobs.READ)
        assert read.execute_in_process(instance=instance, partition_key="pictures").success
        assert defs.resolve_job_def(jobs.ANALYSE).execute_in_process(instance=instance).success
    assert waiting.database().count("embeddings__visual") == 40


def test_what_a_run_is_asked_for_is_its_config(processed):
    defs = build_defs(processed)
    config = {"method": "kmeans", "k": 4}
    with open_instance(processed) as instance:
        analyse = defs.resolve_job_def(jobs.ANALYSE)
        run_config = {"resources": {"work": {"config": config}}}
        assert analyse.execute_in_process(instance=instance, run_config=run_config).success
        assert clusters(processed) == 4
        operation = {"ops": {"compute_what_is_missing": {"config": {**config, "k": 3}}}}
        job = defs.resolve_job_def(jobs.PROCESS)
        assert job.execute_in_process(instance=instance, run_config=operation).success
    assert clusters(processed) == 3


def test_runs_of_the_sensor_are_tried_once_more_and_those_of_a_terminal_are_not(processed):
    defs = build_defs(processed)
    for name in (jobs.PROCESS, jobs.READ, jobs.ANALYSE):
        assert defs.resolve_job_def(name).tags["dagster/max_retries"] == "1"
    with open_instance(processed) as instance:
        assert instance.run_retries_enabled
        assert {run.tags["dagster/max_retries"] for run in instance.get_runs()} == {"0"}


def test_a_run_of_the_terminal_stands_on_the_timeline(processed):
    with open_instance(processed) as instance:
        for run in instance.get_runs():
            origin = run.remote_job_origin
            assert origin.job_name == run.job_name
            assert origin.repository_origin.repository_name == "__repository__"
            location = origin.repository_origin.code_location_origin.location_name
            assert location == "pipelines.definitions"
            assert run.tags[".dagster/repository"] == f"__repository__@{location}"


def encoder_rows(project):
    return project.database().frame("encoders").to_dicts()


def clusters(project):
    return project.database().frame("clusters__visual", ["cluster"])["cluster"].n_unique()


def test_without_a_project_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PANOPTIC_PROJECT", str(tmp_path / "nowhere"))
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        context = dg.build_sensor_context(instance=instance)
        skipped = build_defs().resolve_sensor_def("folders")(context)
    assert isinstance(skipped, dg.SkipReason)
    assert str(tmp_path / "nowhere") in skipped.skip_message
