"""The graph: it loads with and without a project, and says what depends on what."""

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from panoptic_data.provenance import runs
from pipelines.build import build_defs
from pipelines.instance import open_instance
from pipelines.partitions import sync

ROOT = Path(__file__).parents[2]


def edges(defs):
    graph = defs.resolve_asset_graph()
    return {
        key.to_user_string(): {parent.to_user_string() for parent in graph.get(key).parent_keys}
        for key in graph.get_all_asset_keys()
    }


def test_the_graph_is_the_one_of_the_design():
    assert edges(build_defs(encoders=["visual", "clip"])) == {
        "sources": set(),
        "files": {"sources"},
        "images": {"files"},
        "corpus": {"files", "images"},
        **{
            key: parents
            for slug in ("visual", "clip-vit-b-32-datacomp-xl-s13b-b90k")
            for key, parents in {
                f"{slug}/embeddings": {"images"},
                f"{slug}/vector_index": {f"{slug}/embeddings", "corpus"},
                f"{slug}/neighbours": {f"{slug}/embeddings", "corpus"},
                f"{slug}/projection": {f"{slug}/neighbours"},
                f"{slug}/clusters": {f"{slug}/neighbours"},
            }.items()
        },
        "duplicates": {
            "files",
            "corpus",
            "visual/neighbours",
            "clip-vit-b-32-datacomp-xl-s13b-b90k/neighbours",
        },
        "shared_parts": {
            "corpus",
            "visual/neighbours",
            "clip-vit-b-32-datacomp-xl-s13b-b90k/neighbours",
        },
        "annotation_events": set(),
        "annotations": {"annotation_events"},
        "corpus_versions": {
            *("corpus", "duplicates", "annotations"),
            *(
                f"{slug}/{name}"
                for slug in ("visual", "clip-vit-b-32-datacomp-xl-s13b-b90k")
                for name in ("vector_index", "neighbours", "projection", "clusters")
            ),
        },
    }


def test_what_belongs_to_a_source_is_partitioned_by_source():
    graph = build_defs(encoders=["visual"]).resolve_asset_graph()
    partitioned = {
        key.to_user_string() for key in graph.get_all_asset_keys() if graph.get(key).is_partitioned
    }
    assert partitioned == {"sources", "files", "images", "visual/embeddings"}


def test_sensors_are_off_until_a_person_switches_them_on():
    defs = build_defs(encoders=["visual"])
    assert {sensor.name: sensor.default_status for sensor in defs.sensors or ()} == {
        "folders": dg.DefaultSensorStatus.STOPPED,
        "downstream": dg.DefaultSensorStatus.STOPPED,
    }


@pytest.mark.parametrize("exists", [True, False])
def test_dagster_finds_and_loads_the_definitions(project, tmp_path, exists):
    place = project.root if exists else tmp_path / "nowhere"
    home = tmp_path / "home"
    home.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "dagster", "definitions", "validate"],
        cwd=ROOT,
        env={**os.environ, "PANOPTIC_PROJECT": str(place), "DAGSTER_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "All code locations passed validation" in done.stdout + done.stderr


def test_a_run_of_dagster_itself_holds_the_lock_and_is_a_row_of_runs(project):
    with open_instance(project) as instance:
        sync(instance, ["pictures"])
        job = build_defs(project).resolve_job_def("read_source")
        result = job.execute_in_process(instance=instance, partition_key="pictures")
    assert result.success
    row = runs.recent(project).to_dicts()[0]
    assert (row["what"], row["outcome"]) == ("dagster", "done")
    assert row["dagster_runs"] == [result.run_id]
    assert project.database().count("embeddings__visual") == 40


def test_the_settings_of_the_instance_are_written_once_and_kept(project):
    with open_instance(project) as instance:
        assert instance.telemetry_enabled is False
        assert Path(instance.root_directory) == project.dagster_home
    settings = project.dagster_home / "dagster.yaml"
    assert settings.read_text() == (ROOT / "dagster.yaml").read_text()
    settings.write_text("telemetry:\n  enabled: false\n# mine\n")
    with open_instance(project):
        pass
    assert settings.read_text().endswith("# mine\n")


def test_partitions_follow_the_sources(project):
    with open_instance(project) as instance:
        sync(instance, ["maps", "posters"])
        sync(instance, ["posters", "stamps"])
        assert sorted(instance.get_dynamic_partitions("sources")) == ["posters", "stamps"]
