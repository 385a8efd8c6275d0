"""Imports in progress: reading in a thread, choices, problems, writing, stopping, forgetting."""

import os
import time

import pytest

from app.services import import_sessions
from app.services.import_sessions import Choices, ImportSessions
from panoptic_data.annotations import properties
from tests import synthetic
from tests.annotating import create_property
from tests.importing import values_of, write_text

NAMES = ("a", "b", "c")
CSV = "path,kind,year\na.jpg,map,1912\nb.jpg,map,1913\nnone.jpg,print,1914\n"


@pytest.fixture
def project(tmp_path):
    opened = synthetic.project(tmp_path / "project")
    synthetic.write(opened, "images", [synthetic.image(name) for name in NAMES])
    files = [synthetic.file(f"box/{name}.jpg", name) for name in NAMES]
    synthetic.write(opened, "files", files)
    return opened


@pytest.fixture
def sessions(project):
    return ImportSessions(project)


@pytest.fixture
def read(sessions, tmp_path):
    """A function that reads a text as a file, to its end."""

    def read_text(text=CSV, name="labels.csv", upload_folder=None):
        session = sessions.begin(name)
        session.read(write_text(upload_folder or tmp_path, text, name), upload_folder)
        assert session.is_idle.wait(30)
        return session

    return read_text


def write(session, author="Ana"):
    assert session.write(author)
    assert session.is_idle.wait(30)
    return session.written


def test_a_file_is_planned_written_and_counted(project, store, read):
    session = read()
    assert (session.phase, session.can_write, session.written) == ("ready", True, None)
    assert session.choices.by == "path"
    written = write(session)
    assert (session.phase, written.images, written.values) == ("done", 2, 4)
    assert sorted(values_of(project, "year").values()) == ["1912", "1913"]
    assert store.history()["author"].to_list()[0] == "Ana"
    assert session.is_on
    store.switch(written.batch, False, author="Ana")
    assert not session.is_on


def test_choices_of_a_column_add_up_and_no_choice_is_lost_to_a_problem(read):
    session = read()
    session.arrange(lambda choices: choices.with_columns({"year": {"type": "date"}}))
    session.arrange(lambda choices: choices.with_columns({"year": {"name": "Printed"}}))
    assert session.choices.columns == {"year": {"type": "date", "name": "Printed"}}
    assert session.problem is None
    session.arrange(lambda choices: choices.with_columns({"kind": {"type": "song"}}))
    assert (session.problem.about, session.problem.column) == ("column", "kind")
    assert set(session.choices.columns) == {"kind", "year"}
    assert not session.can_write
    assert session.write("Ana") is False
    session.arrange(lambda choices: choices.with_columns({"kind": {"type": "text"}}))
    assert session.problem is None
    assert write(session).values == 4


def test_where_no_row_can_be_matched_nothing_is_shown_as_planned(read):
    session = read()
    session.arrange(lambda choices: Choices(by="path", column="nowhere"))
    assert session.problem.about == "matching"
    assert session.plan is session.summary is None


def test_a_list_of_tags_is_taken_for_one_and_can_be_read_as_values(project, read):
    listing = "name,parents,colour\nwar,,#ff0000\nbattle,war,\n"
    session = read(listing, "Themes.csv")
    assert (session.choices.into, len(session.tags)) == ("Themes", 2)
    assert write(session).tags == 2
    # No column names an image.
    session.arrange(lambda _: Choices())
    assert session.problem is not None


def test_an_upload_is_deleted_once_read_and_its_path_is_not_shown(sessions, read):
    folder = sessions.folder()
    session = read("", "empty.csv", folder)
    assert (session.phase, session.problem.about) == ("failed", "file")
    assert str(folder) not in session.problem.error.message("en")
    assert "empty.csv" in session.problem.error.message("en")
    assert not folder.exists()


def test_what_is_stopped_in_time_writes_nothing(project, read, monkeypatch):
    session = read()
    apply_plan = import_sessions.apply.apply_plan

    def stop_first(*arguments):
        session.stop()
        return apply_plan(*arguments)

    monkeypatch.setattr(import_sessions.apply, "apply_plan", stop_first)
    assert write(session) is None
    assert (session.phase, session.problem) == ("ready", None)
    monkeypatch.undo()
    assert write(session).values == 4


def test_an_error_that_nobody_foresaw_is_a_problem_and_in_the_log(read, monkeypatch, caplog):
    session = read()

    def broken(*_):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(import_sessions.apply, "apply_plan", broken)
    assert write(session) is None
    assert (session.phase, session.problem.about) == ("ready", "import")
    assert "the disk is full" in caplog.text


def test_those_that_were_not_looked_at_longest_are_forgotten(sessions, read):
    first, second = read(), read()
    for _ in range(import_sessions.KEPT - 2):
        read()
    assert sessions.get(first.id) is first
    read()
    assert sessions.get(second.id) is None
    assert sessions.get(first.id) is first
    sessions.drop(first.id)
    assert sessions.get(first.id) is None


def test_one_at_work_is_never_forgotten(sessions):
    busy = sessions.begin("large.csv")
    for _ in range(2 * import_sessions.KEPT):
        sessions.begin("other.csv").phase = "ready"
    assert sessions.get(busy.id) is busy


def test_uploads_that_a_killed_server_left_are_deleted_after_a_day(sessions):
    left, recent = sessions.folder(), sessions.folder()
    long_ago = time.time() - import_sessions.LEFTOVER_SECONDS - 60
    os.utime(left, (long_ago, long_ago))
    assert sessions.folder() not in (left, recent)
    assert not left.exists()
    assert recent.exists()


def test_a_property_deleted_meanwhile_is_said_and_the_plan_made_anew(project, store, read):
    prop = create_property(store, "kind", "text")
    session = read()
    store.commit(properties.update(store.state().properties, prop.id, deleted=True), "delete")
    assert write(session) is None
    assert session.problem.error.problem == "property_gone"
    assert store.state(fresh=True).live_properties == []
    # The same button now makes it anew, as the page shows.
    assert session.can_write
    assert {column["name"]: column["property"] for column in session.summary["columns"]}[
        "kind"
    ] is None
    assert write(session).values == 4
    assert sorted(prop.name for prop in store.state(fresh=True).live_properties) == ["kind", "year"]
