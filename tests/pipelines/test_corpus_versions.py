"""The asset `corpus_versions`: made by hand, after a run, or elsewhere, and always in the graph."""

import json

import dagster as dg
import pytest

from panoptic_data.annotations import materialize, properties
from panoptic_data.annotations.store import annotations_of
from panoptic_data.errors import InvalidVersion
from panoptic_data.provenance import runs
from panoptic_data.provenance.stages import ON_REQUEST
from panoptic_data.versions import create, record, verify
from pipelines import jobs
from pipelines.__main__ import main
from pipelines.build import build_defs
from pipelines.instance import open_instance
from pipelines.observations import ANNOTATIONS_KEY, VERSIONS_KEY
from pipelines.process import process
from pipelines.request import Request


def materializations(project):
    """Return what Dagster knows of the asset, the oldest first."""
    with open_instance(project) as instance:
        rows = instance.fetch_materializations(VERSIONS_KEY, limit=10).records
        return [row.asset_materialization for row in reversed(rows)]


def make_by_hand(project, **config):
    """Materialize the asset as Dagster's page does."""
    run_config = {"ops": {"corpus_versions": {"config": config}}}
    with open_instance(project) as instance:
        job = build_defs(project).resolve_job_def(jobs.VERSION)
        return job.execute_in_process(
            instance=instance, run_config=run_config, raise_on_error=False
        )


def describe(created):
    names = ("id", "name", "digest", "images")
    return {name: created.metadata[name].value for name in names}, created.tags[
        "dagster/data_version"
    ]


def facts(version):
    return (
        {
            "id": version.id,
            "name": version.name,
            "digest": version.digest,
            "images": version.counts["images"],
        },
        version.digest,
    )


def add_property(project, name="Theme"):
    store = annotations_of(project)
    _, changes = properties.create(store.state().properties, name, "tags")
    store.commit(changes, "property", author="ada")


def test_it_is_downstream_of_all_that_is_computed_and_never_automatic():
    defs = build_defs(encoders=["visual", "clip"])
    graph = defs.resolve_asset_graph()
    upstream, todo = set(), [VERSIONS_KEY]
    while todo:
        parents = graph.get(todo.pop()).parent_keys - upstream
        upstream |= parents
        todo += parents
    # What is made on request alone is upstream once it was made.
    on_request = {*map(dg.AssetKey, ON_REQUEST)}
    assert upstream == graph.get_all_asset_keys() - {VERSIONS_KEY} - on_request
    assert graph.get(VERSIONS_KEY).automation_condition is None
    others = [name for name in (jobs.READ, jobs.ANALYSE) if VERSIONS_KEY in keys(defs, name)]
    assert others == []


def keys(defs, job):
    return set(defs.resolve_job_def(job).asset_layer.executable_asset_keys)


def test_a_version_made_by_hand_has_its_name_merges_the_log_and_shows_what_it_pins(processed):
    add_property(processed)
    assert make_by_hand(processed, name="submitted", note="figures 3", author="ada").success
    (version,) = record.list_versions(processed)
    assert (version.name, version.note, version.author) == ("submitted", "figures 3", "ada")
    assert materialize.behind(processed) == 0
    assert verify.verify(processed, "submitted").is_whole
    (created,) = materializations(processed)
    assert describe(created) == facts(version)
    assert created.metadata["tables"].value == dict(version.tables)
    assert created.metadata["counts"].value["properties"] == 1
    row = runs.recent(processed).to_dicts()[0]
    assert (row["what"], row["outcome"]) == ("dagster", "done")


def test_a_name_that_is_used_is_refused_and_one_that_is_not_given_is_the_present_time(processed):
    assert make_by_hand(processed).success
    (version,) = record.list_versions(processed)
    assert version.name.startswith(f"{version.at:%Y-}")
    result = make_by_hand(processed, name=version.name)
    assert not result.success
    assert len(record.list_versions(processed)) == 1
    assert runs.recent(processed).to_dicts()[0]["outcome"] == "failed"


def test_a_version_made_elsewhere_is_in_the_graph_once_with_what_it_was_made_from(processed):
    first = create.create(processed, "first")
    assert main(["merge", "--versions", "--project", str(processed.root)]) == 0
    add_property(processed)
    second = create.create(processed, "second")
    stages_before = processed.database().version("stages")
    assert main(["merge", "--versions", "--project", str(processed.root)]) == 0
    # It was merged with the version: Dagster is told, and nothing is recorded again.
    with open_instance(processed) as instance:
        event = instance.get_latest_materialization_event(ANNOTATIONS_KEY)
    merged = event.asset_materialization.tags["dagster/data_version"]
    assert merged == second.stages["annotations"]["data_version"]
    assert processed.database().version("stages") == stages_before
    process(processed, Request())
    assert main(["merge", "--versions", "--project", str(processed.root)]) == 0
    created = materializations(processed)
    assert [describe(item) for item in created] == [facts(first), facts(second)]
    inputs = {
        name.rpartition("data_version/")[2]: text
        for name, text in created[0].tags.items()
        if name.startswith("dagster/input_data_version/")
    }
    assert inputs.keys() == {
        *("annotations", "corpus", "duplicates", "visual/vector_index"),
        *("visual/neighbours", "visual/projection", "visual/clusters"),
    }
    assert inputs["visual/clusters"] == first.stages["clusters/visual"]["data_version"]


def test_a_run_that_is_asked_for_a_version_makes_it_of_what_it_computed(project, capsys):
    command = ["process", "--project", str(project.root), "--json"]
    assert main([*command, "--version", "first", "--note", "all of it"]) == 0
    summary = json.loads(capsys.readouterr().out)
    (version,) = record.list_versions(project)
    assert summary["version"] == {
        "id": version.id, "name": "first", "digest": version.digest,
    }  # fmt: skip
    assert (version.counts["images"], version.note) == (40, "all of it")
    assert verify.verify(project, "first").is_whole
    assert [describe(created) for created in materializations(project)] == [facts(version)]
    # Nothing is left to do: the version is made all the same, and a used name is refused at once.
    assert main([*command, "--version", "second"]) == 0
    assert json.loads(capsys.readouterr().out)["version"]["name"] == "second"
    assert main([*command, "--version", "FIRST"]) == InvalidVersion.exit_code
    assert main([*command, "--version", " "]) == InvalidVersion.exit_code
    assert main(command) == 0
    assert len(record.list_versions(project)) == 2


def test_no_version_is_made_where_a_stage_failed(processed, monkeypatch):
    from panoptic_data.vectors import clusters

    def fail(*_, **__):
        raise RuntimeError("no memory")

    monkeypatch.setattr(clusters, "update", fail)
    summary = process(processed, Request(refit=True, version="broken"))
    assert summary["outcome"] == "failed"
    assert any(problem["about"] == "version" for problem in summary["problems"])
    assert (summary["version"], record.list_versions(processed)) == (None, [])


@pytest.mark.slow
def test_the_job_of_all_that_is_missing_makes_a_version_where_it_is_asked_for_one(processed):
    config = {"version": "after a run", "note": "by Dagster"}
    with open_instance(processed) as instance:
        result = (
            build_defs(processed)
            .resolve_job_def(jobs.PROCESS)
            .execute_in_process(
                instance=instance,
                run_config={"ops": {"compute_what_is_missing": {"config": config}}},
            )
        )
    assert result.success
    (version,) = record.list_versions(processed)
    assert (version.name, version.note) == ("after a run", "by Dagster")
    assert [describe(created) for created in materializations(processed)] == [facts(version)]


def test_a_run_at_work_is_waited_for(processed, monkeypatch):
    monkeypatch.setattr("pipelines.resources.LOCK_TIMEOUT", 0.0)
    with runs.alone(processed):
        assert not make_by_hand(processed, name="too early").success
    assert record.list_versions(processed) == []
