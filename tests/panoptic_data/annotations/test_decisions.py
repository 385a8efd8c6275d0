"""What is decided from a state holds for the state that it is written after."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import polars as pl
import pytest

from panoptic_data.annotations import edits, log, tags
from panoptic_data.annotations.decisions import Decision
from panoptic_data.annotations.log import Edit
from panoptic_data.annotations.store import Store
from panoptic_data.errors import InvalidTag
from tests import synthetic
from tests.annotating import IMAGES, create_property, reopened, values_of

PEOPLE = 16


def tagging(theme, image, name):
    def choose(state):
        named = pl.DataFrame({"target": [image], "name": [name]})
        return Decision(edits.tag_by_name(state, theme.id, named), "tag")

    return choose


def all_at_once(*acts):
    barrier = threading.Barrier(len(acts))

    def act(number):
        barrier.wait()
        return acts[number]()

    with ThreadPoolExecutor(len(acts)) as people:
        return list(people.map(act, range(len(acts))))


def test_many_in_one_process_make_one_tag_of_one_name(store):
    theme = create_property(store, "Theme", "tags")
    for number in range(10):
        choices = [tagging(theme, image, f"sea {number}") for image in IMAGES * (PEOPLE // 4)]
        # In part through another store, as of another process.
        stores = [store, Store(store.project)] * (PEOPLE // 2)
        all_at_once(*(lambda s=s, c=c: s.decide(c) for s, c in zip(stores, choices, strict=True)))
    state = store.state(fresh=True)
    assert [tag.name for tag in state.tags_of(theme.id)] == [f"sea {n}" for n in range(10)]
    assert {image: len(cell) for image, cell in values_of(state, theme).items()} == dict.fromkeys(
        IMAGES, 10
    )
    assert values_of(reopened(store), theme) == values_of(state, theme)


def test_batches_that_wait_are_one_commit_and_each_sees_those_before_it(store, monkeypatch):
    theme = create_property(store, "Theme", "tags")
    versions = []
    append = log.append

    def appended(project, batch):
        done = append(project, batch)
        versions.append(done.version)
        return done

    monkeypatch.setattr(log, "append", appended)
    choices = [tagging(theme, IMAGES[number % 4], f"t{number}") for number in range(PEOPLE)]
    all_at_once(*(lambda c=c: store.decide(c) for c in choices))
    assert len(set(versions)) < PEOPLE
    created = store.state(fresh=True).tags_of(theme.id)
    places = [tag.place for tag in created]
    assert len(set(places)) == len(places) == PEOPLE


def test_one_that_is_refused_leaves_the_others_of_its_commit(store):
    theme = create_property(store, "Theme", "tags")

    def create():
        def choose(state):
            tag, changes = tags.create(state.tags, theme.id, "only")
            return Decision(changes, "tag", result=tag)

        try:
            return store.decide(choose).result
        except InvalidTag:
            return None

    note = create_property(store, "Note", "text")

    def write(number):
        def choose(state):
            return Decision(edits.set_value(state, note.id, [IMAGES[number]], "x"), "set")

        return store.decide(choose, needs_values=False)

    created = all_at_once(*[create] * 8, *(lambda n=n: write(n) for n in range(4)))
    assert len([tag for tag in created[:8] if tag]) == 1
    assert set(values_of(reopened(store), note)) == set(IMAGES)


def test_a_value_is_decided_again_where_its_property_changed_meanwhile(store):
    note = create_property(store, "Note", "text")
    other = Store(store.project)
    calls = []

    def choose(state):
        calls.append(state.position)
        if len(calls) == 1:
            other.commit(edits.convert(other.state(), note.id, "number")[0], "convert")
        return Decision(edits.set_value(state, note.id, IMAGES[:1], "12,0"), "set")

    store.decide(choose, needs_values=False)
    assert len(calls) == 2
    assert values_of(reopened(store), note) == {IMAGES[0]: {"12"}}


def test_a_value_is_decided_once_where_others_wrote_values(store):
    note = create_property(store, "Note", "text")
    other = Store(store.project)
    calls = []

    def choose(state):
        calls.append(state.position)
        other.commit(edits.set_value(other.state(), note.id, IMAGES[1:], "theirs"), "set")
        return Decision(edits.set_value(state, note.id, IMAGES[:1], "mine"), "set")

    store.decide(choose, needs_values=False)
    assert len(calls) == 1
    assert values_of(reopened(store), note)[IMAGES[0]] == {"mine"}


def test_undo_pressed_many_times_at_once_goes_back_as_many_steps(store):
    note = create_property(store, "Note", "text")
    for text in "abcdefgh":
        store.commit(edits.set_value(store.state(), note.id, IMAGES[:1], text), "set", author="a")
    undone = all_at_once(*[lambda: store.undo("a"), lambda: Store(store.project).undo("a")] * 4)
    assert len({batch.undoes for batch in undone}) == 8
    assert values_of(store.state(fresh=True), note) == {}
    redone = all_at_once(*[lambda: store.redo("a")] * 8)
    assert len({batch.undoes for batch in redone}) == 8
    assert values_of(reopened(store), note) == {IMAGES[0]: {"h"}}


def test_undo_of_what_a_page_shows_takes_back_nothing_else(store):
    note = create_property(store, "Note", "text")
    batches = [
        store.commit(edits.set_value(store.state(), note.id, IMAGES[:1], text), "set", author="a")
        for text in "ab"
    ]
    seen = batches[1].id
    assert store.undo("a", seen).undoes == seen
    assert store.undo("a", seen) is None
    assert values_of(store.state(), note) == {IMAGES[0]: {"a"}}
    assert store.redo("a", seen).undoes == seen
    assert store.redo("a", seen) is None


def setting(note, text):
    return lambda state: Decision(edits.set_value(state, note.id, IMAGES[:1], text), "set")


def test_an_edit_that_is_sent_again_is_stored_once(store):
    note = create_property(store, "Note", "text")
    edit = Edit("0123456789abcdef")
    first = store.decide(setting(note, "a"), edit=edit)
    store.commit(edits.set_value(store.state(), note.id, IMAGES[:1], "b"), "set")
    for again in (Edit(edit.id, is_repeat=True), edit):
        repeated = store.decide(setting(note, "a"), edit=again)
        assert repeated.is_repeat
        assert repeated.batch.id == first.batch.id
        assert repeated.batch.changes.equals(first.batch.changes)
    # A server that was started since.
    elsewhere = Store(store.project).decide(setting(note, "a"), edit=Edit(edit.id, is_repeat=True))
    assert elsewhere.is_repeat
    assert values_of(reopened(store), note) == {IMAGES[0]: {"b"}}


def test_an_edit_sent_several_times_at_once_is_stored_once(store):
    note = create_property(store, "Note", "text")
    for number in range(10):
        edit = Edit(f"{number:032x}")
        created = all_at_once(*[lambda e=edit: store.decide(setting(note, e.id), edit=e)] * 6)
        assert sum(not decided.is_repeat for decided in created) == 1
        assert len({decided.batch.id for decided in created}) == 1
    assert store.log().filter(property=note.id).height == 10


def test_batches_of_edits_sort_by_time_among_others(store):
    note = create_property(store, "Note", "text")
    created = [
        store.decide(
            setting(note, f"{number}"), edit=Edit(f"{number:032x}") if number % 2 else None
        )
        for number in range(6)
    ]
    listed = store.history()["batch"].to_list()
    assert listed[:6] == [decided.batch.id for decided in reversed(created)]


IMPORTS = """
import sys
from panoptic_data import notebook
from panoptic_data.storage.project import open_project
project = open_project(sys.argv[1])
print("ready", flush=True)
for line in sys.stdin:
    notebook.import_values(project, line.strip(), match="sha1", author=sys.argv[2])
    print("done", flush=True)
"""


@pytest.fixture
def importers(corpus):
    command = [sys.executable, "-c", IMPORTS, str(corpus.root)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    workers = [subprocess.Popen([*command, name], **pipes) for name in "ab"]
    assert [worker.stdout.readline() for worker in workers] == ["ready\n"] * 2
    yield workers
    for worker in workers:
        worker.stdin.close()
        assert worker.wait(30) == 0
        worker.stdout.close()


@pytest.fixture
def corpus(tmp_path):
    opened = synthetic.project(tmp_path / "corpus")
    names = [f"image {number}" for number in range(40)]
    synthetic.write(opened, "images", [synthetic.image(name) for name in names])
    synthetic.write(opened, "files", [synthetic.file(f"a/{name}.jpg", name) for name in names])
    rows = [f"{synthetic.sha1(name)};tag {number % 5}" for number, name in enumerate(names)]
    for number in range(6):
        text = "\n".join([f"sha1;Kind {number}[tags]", *rows])
        (tmp_path / f"{number}.csv").write_text(text)
    return opened


def test_two_imports_at_once_make_each_property_and_tag_once(corpus, importers, tmp_path):
    for number in range(6):
        for worker in importers:
            print(tmp_path / f"{number}.csv", file=worker.stdin, flush=True)
        assert [worker.stdout.readline() for worker in importers] == ["done\n"] * 2
    state = Store(corpus).state()
    assert [prop.name for prop in state.live_properties] == [f"Kind {n}" for n in range(6)]
    for prop in state.live_properties:
        assert sorted(tag.name for tag in state.tags_of(prop.id)) == [f"tag {n}" for n in range(5)]
        assert state.values(prop.id).height == 40
