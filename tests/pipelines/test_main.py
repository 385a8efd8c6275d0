"""The command: what it prints, how it exits, what it does not import."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from panoptic_data.errors import ProjectBusy, ProjectNotFound, UnknownSource
from panoptic_data.provenance import runs
from panoptic_data.vectors import clusters
from pipelines import __main__ as command
from pipelines.process import process
from pipelines.request import Request

KEYS = {
    *("project", "run", "outcome", "files", "images", "new", "changed", "removed", "unchanged"),
    *("moved", "moved_uncertain", "missing", "away", "unread"),
    *("unreadable", "embedded", "images_per_second", "seconds", "stage_seconds", "encoders"),
    *("stages", "problems", "version"),
}


def run(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "pipelines", *arguments],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


def test_json_is_one_object_and_stdout_holds_nothing_else(project):
    done = run("process", "--project", str(project.root), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(done.stdout)
    assert set(answer) == KEYS
    assert (answer["outcome"], answer["files"], answer["new"], answer["embedded"]) == (
        "done",
        40,
        40,
        40,
    )


def test_nothing_to_do_is_told_without_importing_lancedb_or_dagster(processed):
    first = process(processed, Request())
    code = (
        "import sys; from pipelines.__main__ import main; code = main(sys.argv[1:]);"
        "heavy = {'dagster', 'lancedb', 'polars', 'pyarrow', 'PIL', 'torch'} & set(sys.modules);"
        "print(sorted(heavy), file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "process", "--project", str(processed.root), "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "[]\n")
    answer = json.loads(done.stdout)
    assert set(answer) == KEYS
    assert answer["run"] is None
    assert (answer["files"], answer["images"], answer["unchanged"]) == (40, 40, 40)
    assert (answer["new"], answer["embedded"], answer["stage_seconds"]) == (0, 0, {})
    assert {stage["status"] for stage in answer["stages"].values()} == {"unchanged"}
    assert {name: stage["data_version"] for name, stage in answer["stages"].items()} == {
        name: stage["data_version"] for name, stage in first["stages"].items()
    }
    assert len(runs.recent(processed)) == 2


def test_plan_says_what_would_be_done_and_changes_nothing(project, capsys):
    assert command.main(["plan", "--project", str(project.root), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["files/pictures"] == "never"
    assert answer["duplicates"] == "never"
    assert runs.recent(project).is_empty()


def test_plan_says_why(processed, folder, capsys):
    place = str(processed.root)
    assert command.main(["plan", "--project", place]) == 0
    assert capsys.readouterr().out == "Nothing to do.\n"
    (folder / "subject-1" / "00001.jpg").unlink()
    assert command.main(["plan", "--project", place, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["files/pictures"] == "folder"
    assert answer["corpus"] == "inputs"
    folder.rename(folder.with_name("elsewhere"))
    assert command.main(["plan", "--project", place]) == 0
    assert (
        "files/pictures: its folder is not there; what is stored of it serves"
        in capsys.readouterr().out
    )


@pytest.mark.parametrize(
    "arguments",
    [[], ["proces"], ["process", "--k", "0"], ["process", "--k", "few"], ["process", "--colour"]],
)
def test_a_wrong_argument_exits_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as exit_:
        command.main(arguments)
    assert exit_.value.code == 2
    text = capsys.readouterr().err
    assert text.startswith("python -m pipelines")
    assert len(text.splitlines()) == 1


def test_no_project_is_one_sentence_and_exits_with_2(tmp_path, capsys):
    assert command.main(["process", "--project", str(tmp_path)]) == 2
    assert capsys.readouterr().err == ProjectNotFound(path=tmp_path).message("en") + "\n"


def test_an_unknown_source_exits_with_2(project, capsys):
    assert command.main(["process", "--project", str(project.root), "--source", "maps"]) == 2
    text = UnknownSource(name="maps", known="pictures").message("en")
    assert capsys.readouterr().err == text + "\n"


def test_a_busy_project_exits_with_3(project, capsys):
    with runs.start(project, "process", {}):
        assert command.main(["process", "--project", str(project.root)]) == 3
    assert capsys.readouterr().err == ProjectBusy(path=project.root).message("en") + "\n"


def test_a_failed_stage_exits_with_1(project, capsys):
    (project.lance / "clusters__visual.lance").write_text("no table")
    assert command.main(["process", "--project", str(project.root), "--json"]) == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out)["outcome"] == "failed"
    assert len(captured.err.splitlines()) == 1


def test_the_methods_offered_are_those_that_there_are():
    assert command.METHODS == clusters.METHODS


def heed_ctrl_c():
    """What a shell starts in the background ignores it, and so do its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_stopped_it_says_so_exits_with_130_and_goes_on_next_time(project, sent):
    arguments = [sys.executable, "-m", "pipelines", "process", "--project", str(project.root)]
    with subprocess.Popen(
        arguments, stderr=subprocess.PIPE, text=True, preexec_fn=heed_ctrl_c
    ) as process_:
        deadline = time.monotonic() + 60
        while runs.current(project) is None and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.3)
        process_.send_signal(sent)
        assert process_.stderr is not None
        text = process_.stderr.read()
    assert process_.returncode == 130
    assert text == "Stopped. Finished work is kept; the next run continues from there.\n"
    assert runs.recent(project)["outcome"].to_list() == ["interrupted"]
    assert process(project, Request())["files"] == 40
