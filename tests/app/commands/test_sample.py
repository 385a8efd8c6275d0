"""``panoptic sample`` and ``panoptic split``: what they write, print and refuse."""

import json

import pytest

from panoptic_data.annotations.store import annotations_of
from panoptic_data.storage.project import open_project
from tests import synthetic
from tests.app.commands.installed import in_process
from tests.labelled import create_project


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    project = create_project(tmp_path_factory.mktemp("sample") / "project")
    ready = {"slug": "visual", "text": "visual", "status": "ready", "reads_text": False}
    synthetic.write(project, "encoders", [ready])
    synthetic.write(project, "stages", [{"stage": "duplicates", "data_version": "1"}])
    return project


def run(project, *arguments, **environment):
    return in_process(*arguments, "--project", project.root, **environment)


def test_a_sample_is_printed_written_and_written_once(project):
    command = ("sample", 12, "--diverse", "--view", "folder:s/even", "--seed", 4)
    planned = run(project, *command, "--dry-run")
    assert planned.stdout.splitlines()[-1] == "Nothing was written."
    first = json.loads(run(project, *command, "--json").stdout)
    assert list(first["tags"]) == ["12 diverse"]
    assert len(first["tags"]["12 diverse"]) == 12
    assert first["made"].startswith("diverse 12/150 seed=4 encoder=visual vectors=")
    again = run(project, *command)
    assert again.stdout == (
        "12 of 150 images: tag “12 diverse” of Sample.\n"
        "5 images without a vector are not among them.\n"
        "These images have it already: nothing was written.\n"
    )
    events = annotations_of(open_project(project.root)).history()
    assert events["act"].to_list().count("sample") == 1


def test_a_division_is_said_in_the_language_of_the_terminal(project):
    done = run(project, "split", "--shares", "50/50", "--property", "Parts", LC_ALL="fr_FR.UTF-8")
    assert done.stdout.splitlines() == [
        "train\u202f: 150 images",
        "validation\u202f: 149 images",
        "Aucune copie parmi elles.",
    ]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("sample", "0"), "0"),
        (("sample", "3", "--seed", "x"), "“x” is no seed"),
        (("sample", "3", "--diverse", "--typical"), "not allowed with"),
        (("sample", "3", "--encoder", "visual"), "diverse or typical"),
        (("sample", "500"), "ask for at most 299"),
        (("sample", "3", "--balanced", "zork"), "zork"),
        (("sample", "3", "--view", "zork:3"), "zork"),
        (("split", "--shares", "all"), "“all” are no shares"),
        (("split", "--by", "folder,format"), "One field is needed"),
        (("sample", "3", "--property", ""), "name"),
    ],
)
def test_a_wrong_argument_is_one_sentence_and_exit_code_2(project, arguments, problem):
    done = run(project, *arguments)
    assert done.returncode == 2
    assert problem in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
