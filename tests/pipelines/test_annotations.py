"""The asset `annotations`: made in runs and between them, from whatever place a kill left it."""

import json
import signal
import subprocess
import sys
import time

import dagster as dg
import pytest

from panoptic_data.annotations import edits, materialize, properties, tags
from panoptic_data.annotations.store import Store, annotations_of
from panoptic_data.provenance import runs, stages
from pipelines.build import build_defs
from pipelines.instance import open_instance
from pipelines.merge import merge
from pipelines.process import process
from pipelines.request import Request

KEY = dg.AssetKey("annotations")
CHECKS = ("no_orphan_annotation", "tables_say_what_a_replay_of_the_log_says")
STRANGER = "f" * 40


@pytest.fixture
def annotated(processed):
    """The processed project, with a tag on three images by two people."""
    store = annotations_of(processed)
    theme, changes = properties.create({}, "Theme", "tags")
    store.commit(changes, "property", author="ada")
    war, changes = tags.create({}, theme.id, "war")
    store.commit(changes, "tag", author="ada")
    images = sorted(processed.database().read("images", ["sha1"])["sha1"].to_pylist())
    for author, some in (("ada", images[:1]), ("bo", images[1:3])):
        changes = edits.add_tags(store.state(), theme.id, some, [war.id])
        store.commit(changes, "tag", author=author)
    return processed


def tag_image(project, target, author="ada"):
    """Tag one more image."""
    store = annotations_of(project)
    (theme,), (war,) = store.state().properties, store.state().tags
    store.commit(edits.add_tags(store.state(), theme, [target], [war]), "tag", author=author)


def stale(project):
    return stages.stale(stages.latest(project), ["pictures"], ["visual"])


def last_materialization(project):
    """Return the last materialization, and how many there were."""
    with open_instance(project) as instance:
        records = instance.fetch_materializations(KEY, limit=100).records
        return records[0].asset_materialization, len(records)


def check_results(project):
    with open_instance(project) as instance:
        keys = [dg.AssetCheckKey(KEY, name) for name in CHECKS]
        executions = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
        answers = {
            key.name: execution.event.dagster_event.event_specific_data
            for key, execution in executions.items()
        }
    return {
        name: (answer.passed, answer.severity.value, answer.description)
        for name, answer in answers.items()
    }


def test_what_people_said_is_an_asset_with_counts_authors_and_versions(annotated):
    before, count = last_materialization(annotated)
    assert stale(annotated) == {"annotations": "inputs"}
    result = merge(annotated)
    assert stale(annotated) == {}
    now, after = last_materialization(annotated)
    assert after == count + 1
    metadata = {name: value.value for name, value in now.metadata.items()}
    events = annotations_of(annotated).state().position
    names = ("events", "new_events", "values", "properties", "tags", "authors")
    assert [metadata[name] for name in names] == [events, events, 3, 1, 1, {"bo": 2, "ada": 1}]
    versions = {name: annotated.database().version(name) for name in materialize.TABLES}
    assert metadata["lance_versions"] == versions
    assert now.tags["dagster/data_version"] == result.data_version
    assert result.data_version != before.tags["dagster/data_version"]
    assert check_results(annotated) == {name: (True, "WARN", "All is well.") for name in CHECKS}
    # What is done and undone leaves the values, and what depends on them, as they were.
    tag_image(annotated, STRANGER)
    annotations_of(annotated).undo("ada")
    assert stale(annotated) == {"annotations": "inputs"}
    assert merge(annotated).data_version == result.data_version


def test_a_run_makes_it_too_and_leaves_it_alone_where_nothing_was_said(annotated):
    created = process(annotated, Request())["stages"]
    assert {name for name, stage in created.items() if stage["status"] == "made"} == {"annotations"}
    count = last_materialization(annotated)[1]
    again = process(annotated, Request())["stages"]["annotations"]
    assert (again["status"], again["data_version"]) == (
        "unchanged",
        created["annotations"]["data_version"],
    )
    assert last_materialization(annotated)[1] == count


def test_merges_are_not_among_the_runs_and_no_runs_of_dagster(annotated):
    listed = runs.recent(annotated)["run"].to_list()
    with open_instance(annotated) as instance:
        before = len(instance.get_runs())
        merge(annotated)
        assert len(instance.get_runs()) == before
    assert runs.recent(annotated)["run"].to_list() == listed


def test_values_of_images_that_are_gone_are_told_and_fail_nothing(annotated):
    tag_image(annotated, STRANGER)
    merge(annotated)
    passed, severity, text = check_results(annotated)["no_orphan_annotation"]
    assert (passed, severity) == (False, "WARN")
    assert text == "1 of 4 values belong to no image or file."


def test_tables_that_do_not_say_what_the_log_says_are_an_error(annotated):
    merge(annotated)
    table = annotated.database().read("annotations")
    version = annotated.database().replace("annotations", table.slice(0, table.num_rows - 1))
    row = annotated.database().take("stages", ["annotations"]).to_pylist()[0]
    parameters = json.loads(row["parameters"])
    parameters["versions"]["annotations"] = version
    result = stages.StageResult(2, row["data_version"], parameters=parameters)
    stages.record(annotated, "annotations", result, {}, row["code_version"], "r")
    job = dg.define_asset_job("checks", dg.AssetSelection.checks_for_assets(KEY))
    defs = dg.Definitions.merge(build_defs(annotated), dg.Definitions(jobs=[job]))
    with open_instance(annotated) as instance:
        defs.resolve_job_def("checks").execute_in_process(instance=instance)
    assert check_results(annotated)[CHECKS[1]] == (
        False,
        "ERROR",
        f"1 of {table.num_rows - 1} values are not what the log says.",
    )


def test_a_merge_that_is_killed_leaves_the_last_one_and_the_next_does_it(annotated):
    merge(annotated)
    tag_image(annotated, STRANGER)
    command = [sys.executable, "-m", "pipelines", "merge", "--project", str(annotated.root)]
    # Killed as soon as it has begun to write, wherever that is.
    version = annotated.database().version("annotations")
    with subprocess.Popen(command) as killed:
        while annotated.database().version("annotations") == version and killed.poll() is None:
            time.sleep(0.002)
        killed.send_signal(signal.SIGKILL)
    read = Store(annotated).state()
    assert read.values(next(iter(read.properties))).height == 4
    assert subprocess.run(command, check=True).returncode == 0
    assert (materialize.behind(annotated), stale(annotated)) == (0, {})
    assert materialize.differing(annotated) == 0
