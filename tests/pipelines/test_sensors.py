"""The sensor: it asks for runs of what differs, once a difference, and reads no file."""

import dagster as dg

from panoptic_data.ingest import images, sources
from pipelines.build import build_defs
from pipelines.instance import open_instance
from pipelines.partitions import sync
from tests.small_corpus import write_pictures


def look(project):
    with open_instance(project) as instance:
        context = dg.build_sensor_context(instance=instance)
        return build_defs(project).resolve_sensor_def("folders")(context)


def partitions_of(result):
    return [request.partition_key for request in result.run_requests or ()]


def test_a_new_source_is_asked_for_and_becomes_a_partition(project):
    result = look(project)
    assert partitions_of(result) == ["pictures"]
    (request,) = result.dynamic_partitions_requests
    assert request.partition_keys == ["pictures"]


def test_what_is_known_is_not_asked_for(processed):
    result = look(processed)
    assert partitions_of(result) == []
    assert result.dynamic_partitions_requests == []
    assert result.skip_reason.skip_message == "No file is new, changed or gone."


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


def test_only_the_source_that_differs_is_asked_for(processed, tmp_path):
    write_pictures(tmp_path / "stamps", range(200, 203))
    sources.add(processed, tmp_path / "stamps")
    assert partitions_of(look(processed)) == ["stamps"]


def test_a_folder_that_is_gone_is_left_in_peace(project, folder):
    folder.rename(folder.with_name("elsewhere"))
    result = look(project)
    assert partitions_of(result) == []
    assert "panoptic sources relink pictures" in result.skip_reason.skip_message
    assert sources.listing(project)[0].presence.is_away


def test_many_files_that_vanished_are_asked_about_once_noted(processed, folder):
    (source,) = sources.listing(processed)
    for path in folder.iterdir():
        path.rename(folder.parent / path.name)
    # The run only notes them; the rows of files stay as they are.
    assert partitions_of(look(processed)) == ["pictures"]
    images.ingest(processed, source, "run")
    result = look(processed)
    assert partitions_of(result) == []
    assert "40 of 40 files" in result.skip_reason.skip_message
    sources.accept_missing(processed, "pictures")
    assert partitions_of(look(processed)) == ["pictures"]


def test_a_run_that_the_sensor_asks_for_can_be_run(project):
    result = look(project)
    (request,) = result.run_requests
    with open_instance(project) as instance:
        sync(instance, result.dynamic_partitions_requests[0].partition_keys)
        job = build_defs(project).resolve_job_def(request.job_name)
        assert job.execute_in_process(
            instance=instance, partition_key=request.partition_key
        ).success
    assert partitions_of(look(project)) == []


def test_without_a_project_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PANOPTIC_PROJECT", str(tmp_path / "nowhere"))
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        context = dg.build_sensor_context(instance=instance)
        skipped = build_defs().resolve_sensor_def("folders")(context)
    assert isinstance(skipped, dg.SkipReason)
    assert str(tmp_path / "nowhere") in skipped.skip_message
