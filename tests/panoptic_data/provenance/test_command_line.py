"""The command line of the pipeline: what `python -m pipelines` reads of it, from any folder."""

import json
import subprocess

from panoptic_data.provenance.command_line import merge_command, process_command
from tests import synthetic


def test_the_options_are_those_that_were_asked_for(tmp_path):
    plain = process_command(tmp_path)
    assert plain[-3:] == ["process", "--project", str(tmp_path)]
    full = process_command(tmp_path, sources=["a", "b"], retry=True, refit=True, json=True)
    expected = ["--source", "a", "--source", "b", "--retry", "--refit", "--json"]
    assert full == [*plain, *expected]
    clusters = process_command(tmp_path, clusters="kmeans", k=12)
    assert clusters == [*plain, "--clusters", "kmeans", "--k", "12"]
    assert merge_command(tmp_path)[-3:] == ["merge", "--project", str(tmp_path)]


def test_a_folder_of_the_same_name_where_it_is_started_is_not_run(tmp_path):
    project = synthetic.project(tmp_path / "project")
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines" / "__main__.py").write_text("raise SystemExit(3)\n")
    for command in (process_command(project.root, json=True), merge_command(project.root)):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        if "--json" in command:
            assert json.loads(done.stdout)["outcome"] == "done"
