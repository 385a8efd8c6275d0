"""Dagster's history in every bad state: a run goes on and says so in one sentence."""

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from panoptic_data.provenance import runs
from pipelines import history
from pipelines.instance import open_instance
from pipelines.merge import merge
from pipelines.process import process
from pipelines.request import Request
from tests import synthetic
from tests.privileges import ordinary_user

REFIT = Request(refit=True)
GARBAGE = random.Random(1).randbytes(20_000)
ASIDE = "dagster.set-aside-1"


def flip(path):
    content = bytearray(path.read_bytes())
    chance = random.Random(2)
    for _ in range(len(content) // 100):
        content[chance.randrange(100, len(content))] ^= 255
    path.write_bytes(content)


def drop_tables(path):
    with closing(sqlite3.connect(path)) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in names:
            if not name.startswith(("sqlite_", "alembic")):
                database.execute(f"DROP TABLE {name}")
        database.commit()


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def become_file(home):
    shutil.rmtree(home)
    home.write_text("not a folder")


DAMAGES = {
    "runs are garbage": lambda home: (home / "history/runs.db").write_bytes(GARBAGE),
    "runs are flipped": lambda home: flip(home / "history/runs.db"),
    "runs are cut": lambda home: cut(home / "history/runs.db"),
    "runs have no tables": lambda home: drop_tables(home / "history/runs.db"),
    "events are garbage": lambda home: (home / "history/runs/index.db").write_bytes(GARBAGE),
    "events are flipped": lambda home: flip(home / "history/runs/index.db"),
    "events have no tables": lambda home: drop_tables(home / "history/runs/index.db"),
    "schedules are garbage": lambda home: (home / "schedules/schedules.db").write_bytes(GARBAGE),
    "settings are garbage": lambda home: (home / "dagster.yaml").write_text("{{{ : ["),
    "settings are of another": lambda home: (home / "dagster.yaml").write_text("colour: red"),
    "it is a file": become_file,
    "it leads nowhere": lambda home: shutil.rmtree(home) or home.symlink_to("/nowhere/at/all"),
}
LOSSES = {
    "settings": lambda home: (home / "dagster.yaml").unlink(),
    "settings cut to nothing": lambda home: (home / "dagster.yaml").write_text("\n"),
    "runs": lambda home: (home / "history/runs.db").unlink(),
    "events": lambda home: shutil.rmtree(home / "history/runs"),
    "all": shutil.rmtree,
}


def run_count(project):
    with open_instance(project) as instance:
        return len(instance.get_runs())


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_history_is_set_aside_and_a_new_one_begun(processed, damage):
    home = processed.dagster_home
    damage(home)
    summary = process(processed, REFIT)
    assert summary["outcome"] == "done"
    (problem,) = summary["problems"]
    assert problem["about"] == "history"
    assert str(home.with_name(ASIDE)) in problem["text"]
    assert "\n" not in problem["text"]
    assert home.with_name(ASIDE).exists() or home.with_name(ASIDE).is_symlink()
    assert run_count(processed) == 1
    row = runs.recent(processed, 1).to_dicts()[0]
    assert (row["outcome"], row["error"], len(row["dagster_runs"])) == ("done", None, 1)
    # The new one is in order.
    assert process(processed, REFIT)["problems"] == []
    assert run_count(processed) == 2
    assert not home.with_name("dagster.set-aside-2").exists()


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)
def test_a_history_of_which_a_part_is_gone_is_completed(processed, lose):
    lose(processed.dagster_home)
    summary = process(processed, REFIT)
    assert (summary["outcome"], summary["problems"]) == ("done", [])
    assert run_count(processed) > 0
    assert not processed.dagster_home.with_name(ASIDE).exists()


@pytest.mark.parametrize("name", ["history/runs.db", "history/runs/index.db"])
def test_a_history_that_another_program_holds_is_left_alone(processed, monkeypatch, name):
    monkeypatch.setattr(history, "_LOCKED_SECONDS", 0.1)
    home = processed.dagster_home
    before = run_count(processed)
    with closing(sqlite3.connect(home / name, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        summary = process(processed, REFIT)
    assert summary["outcome"] == "done"
    (problem,) = summary["problems"]
    assert "locked" in problem["text"]
    assert not home.with_name(ASIDE).exists()
    assert run_count(processed) == before
    assert runs.recent(processed, 1)["dagster_runs"].to_list() == [[]]


def test_a_history_that_is_damaged_during_a_run_is_set_aside_in_it(processed, monkeypatch):
    home = processed.dagster_home
    prepare = history.History._open

    def open_and_damage(self):
        opened = prepare(self)
        if not home.with_name(ASIDE).exists():
            (home / "history/runs.db").write_bytes(GARBAGE)
        return opened

    monkeypatch.setattr(history.History, "_open", open_and_damage)
    summary = process(processed, REFIT)
    assert summary["outcome"] == "done"
    assert [problem["about"] for problem in summary["problems"]] == ["history"]
    assert home.with_name(ASIDE).exists()


def test_an_error_that_is_not_the_historys_sets_nothing_aside(processed, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("of our own")

    with history.open_history(processed) as opened:
        with pytest.raises(RuntimeError, match="of our own"):
            opened.attempt(fail)
        assert opened.problems == []


def test_annotations_are_merged_whatever_the_history_is(processed, caplog):
    (processed.dagster_home / "history/runs/index.db").write_bytes(GARBAGE)
    merge(processed)
    assert ASIDE in caplog.text
    assert runs.current(processed, merges=True) is None


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
@pytest.mark.parametrize("is_project_writable", [True, False])
def test_a_history_that_may_not_be_written(tmp_path, is_project_writable):
    # Once with all rights: an ordinary user may not be able to read the modules that it imports.
    warm = synthetic.project(tmp_path / "warm")
    warm.dagster_home.write_text("not a folder")
    for _ in range(2):
        with history.open_history(warm) as kept:
            kept.instance.get_runs()
            kept._open_in_memory(OSError("warm"))
    with ordinary_user() as folder:
        opened = synthetic.project(folder / "p")
        home = opened.dagster_home
        with open_instance(opened) as instance:
            assert instance.get_runs() == []
        for path in (home, *home.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        (folder / "p").chmod(0o755 if is_project_writable else 0o555)
        try:
            with history.open_history(opened) as kept:
                assert kept.attempt(lambda instance: instance.get_runs()) == []
                assert len(kept.problems) == 1
                assert kept.is_in_memory is not is_project_writable
            assert home.with_name(ASIDE).exists() is is_project_writable
        finally:
            for path in (folder / "p", *(folder / "p").rglob("*")):
                path.chmod(0o755)


def test_the_command_says_it_in_one_line_and_succeeds(processed):
    (processed.dagster_home / "history/runs.db").write_bytes(GARBAGE)
    command = [sys.executable, "-m", "pipelines", "process", "--refit", "--json", "--project"]
    done = subprocess.run(
        [*command, processed.root], capture_output=True, text=True, check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    assert done.returncode == 0
    assert len(done.stderr.splitlines()) == 1
    assert "set aside" in done.stderr
    assert json.loads(done.stdout)["outcome"] == "done"
