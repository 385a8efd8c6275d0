"""Options of a run that do not go together, and names that there are not: one sentence each."""

import pytest

from panoptic_data.provenance import runs
from panoptic_data.storage.project import open_project, set_encoders
from panoptic_data.versions import record
from pipelines.__main__ import main


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--note", "why"], "--note goes with --version only."),
        (["--dry-run", "--version", "v"], "--dry-run and --version do not go together."),
        (["--dry-run", "--accept-missing", "pictures"], "--dry-run and --accept-missing"),
        (["--k", "3", "--clusters", "levels"], "only with kmeans"),
        (["--k", "5000"], "5000 clusters are more than the 40 images"),
        (["--dry-run", "--k", "5000"], "5000 clusters are more than the 40 images"),
        (["--stage", "clusters", "--source", "pictures"], "--source and --stage clusters"),
        (["--stage", "duplicates", "--refit"], "--refit and --stage duplicates"),
        (["--stage", "duplicates", "--k", "3"], "--k and --stage duplicates"),
        (["--stage", "clusters", "--reread"], "--reread and --stage clusters"),
        (["--source", "pictures", "--reread", "other"], "--reread other and --source pictures"),
        (["--stage", "clusters/clip"], "no stage “clusters/clip”. There are: clusters/visual."),
        (["--stage", "files/other"], "no stage “files/other”. There are: files/pictures."),
        (["--stage", "cluster", "--dry-run"], "There is no stage “cluster”. There are: files"),
        (["--source", "other"], "other"),
    ],
)
def test_what_would_be_passed_over_is_refused_before_a_run(processed, capsys, arguments, text):
    before = processed.database().count("runs"), open_project(processed.root)
    assert main(["process", "--project", str(processed.root), *arguments]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert text in line
    assert (processed.database().count("runs"), open_project(processed.root)) == before
    assert record.list_versions(processed) == []
    assert runs.current(processed) is None


def test_parameters_that_were_edited_by_hand_are_checked(processed, capsys):
    settings = processed.root / "project.toml"
    text = settings.read_text()
    wrong = {
        '"neighbours.k" = "many"': "neighbours.k is a whole number from 2 to 200, not many",
        '"clusters.method" = "magic"': "clusters.method is one of: levels, kmeans",
        '"projection.min_dist" = true': "projection.min_dist is a number from 0 to 1",
    }
    for line, message in wrong.items():
        settings.write_text(f"{text}\n[parameters]\n{line}\n")
        for more in ([], ["--dry-run"]):
            run = ["process", "--project", str(processed.root), "--refit", *more]
            assert main(run) == 2
            assert message in capsys.readouterr().err


def test_stages_of_an_encoder_are_said_to_wait_where_none_is_ready(project, capsys):
    set_encoders(project, ())
    run = ["process", "--project", str(project.root), "--stage", "clusters", "--dry-run"]
    assert main(run) == 2
    assert "no encoder of the project is ready" in capsys.readouterr().err
