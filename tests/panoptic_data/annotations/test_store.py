"""The log of annotations and what follows from it: values, undo, history, merged tables."""

import itertools
import json
import random
import signal
import subprocess
import sys
import time
from typing import ClassVar

import polars as pl
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from panoptic_data.annotations import edits, log, materialize, properties, tags
from panoptic_data.annotations.store import Store, annotations_of
from panoptic_data.errors import InvalidProperty, InvalidTag, InvalidValue
from panoptic_data.provenance import stages
from panoptic_data.storage.project import create_project

IMAGES = [f"{number:040x}" for number in range(4)]


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "project")


@pytest.fixture
def store(project):
    return annotations_of(project)


def make(store, name, type, **more):
    one, changes = properties.create(store.state().properties, name, type, **more)
    store.commit(changes, "property")
    return one


def tag(store, property, name, *parents):
    one, changes = tags.create(store.state().tags, property.id, name, parents=parents)
    store.commit(changes, "tag")
    return one


def values(state, property):
    found = {}
    for target, value in state.values(property.id).select("target", "value").iter_rows():
        found.setdefault(target, set()).add(value)
    return found


def again(store):
    """Return the annotations as another process reads them, from the log alone."""
    return Store(store.project).state()


def test_a_value_is_there_at_once_and_in_another_process(store):
    note = make(store, "Note", "text")
    store.commit(edits.set_value(store.state(), note.id, IMAGES[:2], "seen"), "set")
    assert values(store.state(), note) == {IMAGES[0]: {"seen"}, IMAGES[1]: {"seen"}}
    assert values(again(store), note) == values(store.state(), note)


def test_what_others_write_is_seen_without_being_asked_for(store):
    note = make(store, "Note", "text")
    other = Store(store.project)
    other.commit(edits.set_value(other.state(), note.id, IMAGES[:1], "theirs"), "set", author="b")
    assert values(store.state(fresh=True), note) == {IMAGES[0]: {"theirs"}}


def test_the_last_of_two_that_write_one_cell_wins_and_both_are_in_the_history(store):
    note = make(store, "Note", "text")
    other = Store(store.project)
    other.state()
    store.commit(edits.set_value(store.state(), note.id, IMAGES[:1], "mine"), "set", author="a")
    other.commit(edits.set_value(other.state(), note.id, IMAGES[:1], "theirs"), "set", author="b")
    assert values(store.state(fresh=True), note) == {IMAGES[0]: {"theirs"}}
    assert store.history(target=IMAGES[0])["author"].to_list() == ["b", "a"]


def test_tags_that_two_add_at_once_are_both_kept(store):
    theme = make(store, "Theme", "tags")
    war, peace = tag(store, theme, "war"), tag(store, theme, "peace")
    other = Store(store.project)
    other.state()
    store.commit(edits.add_tags(store.state(), theme.id, IMAGES[:1], [war.id]), "tag")
    other.commit(edits.add_tags(other.state(), theme.id, IMAGES[:1], [peace.id]), "tag")
    assert values(store.state(fresh=True), theme) == {IMAGES[0]: {war.id, peace.id}}


def test_undo_takes_back_what_its_author_did_and_leaves_what_others_did(store):
    theme = make(store, "Theme", "tags")
    war, peace = tag(store, theme, "war"), tag(store, theme, "peace")
    store.commit(edits.add_tags(store.state(), theme.id, IMAGES, [war.id]), "tag", author="a")
    store.commit(edits.add_tags(store.state(), theme.id, IMAGES[:1], [peace.id]), "tag", author="b")
    store.undo("a")
    assert values(store.state(), theme) == {IMAGES[0]: {peace.id}}
    assert store.undo("a") is None
    store.redo("a")
    assert values(store.state(), theme)[IMAGES[0]] == {war.id, peace.id}
    assert store.redo("a") is None


def test_any_batch_is_switched_off_and_on_whatever_came_after(store):
    note = make(store, "Note", "text")
    first = store.commit(edits.set_value(store.state(), note.id, IMAGES[:2], "one"), "set")
    second = store.commit(edits.set_value(store.state(), note.id, IMAGES[:1], "two"), "set")
    store.switch(first.id, is_on=False)
    assert values(store.state(), note) == {IMAGES[0]: {"two"}}
    store.switch(second.id, is_on=False)
    assert values(store.state(), note) == {}
    store.switch(first.id, is_on=True)
    assert values(store.state(), note) == {IMAGES[0]: {"one"}, IMAGES[1]: {"one"}}
    listed = dict(store.history().select("batch", "is_on").iter_rows())
    assert (listed[first.id], listed[second.id]) == (True, False)


def test_the_history_of_a_property_holds_its_values_its_tags_and_itself(store):
    note, theme = make(store, "Note", "text"), make(store, "Theme", "tags")
    war = tag(store, theme, "war")
    store.commit(edits.set_value(store.state(), note.id, IMAGES[:1], "seen"), "set")
    store.commit(edits.add_tags(store.state(), theme.id, IMAGES[:2], [war.id]), "tag")
    about = store.history(property=theme.id)
    assert about["kind"].to_list() == ["image", "tag", "property"]
    assert store.history(property=note.id)["kind"].to_list() == ["image", "property"]
    # What was undone still belongs to it.
    store.switch(about["batch"][1], is_on=False)
    assert store.history(property=theme.id)["is_on"].to_list() == [True, False, True]


def test_the_history_of_several_targets_is_one(store):
    note = make(store, "Note", "text")
    for image in IMAGES[:3]:
        store.commit(edits.set_value(store.state(), note.id, [image], "seen"), "set")
    assert store.history(target=IMAGES[:2]).height == 2
    assert store.history(target=[]).height == 0


def test_a_property_that_was_undone_comes_back_with_its_values(store):
    note = make(store, "Note", "text")
    store.commit(edits.set_value(store.state(), note.id, IMAGES[:1], "kept"), "set", author="b")
    made = store.history()["batch"][-1]
    store.switch(made, is_on=False)
    assert note.id not in store.state().properties
    store.switch(made, is_on=True)
    assert values(store.state(), note) == {IMAGES[0]: {"kept"}}


def test_nothing_is_written_for_what_changes_nothing(store):
    theme = make(store, "Theme", "tags")
    war = tag(store, theme, "war")
    store.commit(edits.add_tags(store.state(), theme.id, IMAGES, [war.id]), "tag")
    before = store.state().position
    store.commit(edits.add_tags(store.state(), theme.id, IMAGES, [war.id]), "tag")
    store.commit(edits.remove_tags(store.state(), theme.id, IMAGES[:0], [war.id]), "tag")
    assert store.state().position == before


def test_an_image_out_of_the_corpus_can_come_back(store):
    store.commit(edits.exclude(store.state(), IMAGES[:2]), "exclude")
    assert set(store.state().excluded.frame()["target"]) == set(IMAGES[:2])
    store.commit(edits.exclude(store.state(), IMAGES[:1], excluded=False), "include")
    assert store.state().excluded.frame()["target"].to_list() == [IMAGES[1]]


def test_values_are_copied_with_those_that_are_not_there(store):
    note, theme = make(store, "Note", "text"), make(store, "Theme", "tags")
    war = tag(store, theme, "war")
    state = store.state()
    store.commit(edits.add_tags(state, theme.id, IMAGES[:1], [war.id]), "tag")
    store.commit(edits.set_value(state, note.id, IMAGES[1:2], "goes"), "set")
    changes = edits.copy_values(store.state(), IMAGES[0], IMAGES[1:3], [note.id, theme.id])
    store.commit(changes, "copy")
    assert values(store.state(), note) == {}
    assert values(store.state(), theme) == {image: {war.id} for image in IMAGES[:3]}


def test_a_tag_of_one_replaces_the_one_before(store):
    kind = make(store, "Kind", "tag")
    poster, flyer = tag(store, kind, "poster"), tag(store, kind, "flyer")
    store.commit(edits.add_tags(store.state(), kind.id, IMAGES[:1], [poster.id]), "tag")
    store.commit(edits.add_tags(store.state(), kind.id, IMAGES[:1], [flyer.id]), "tag")
    assert values(store.state(), kind) == {IMAGES[0]: {flyer.id}}
    store.commit(edits.remove_tags(store.state(), kind.id, IMAGES, [poster.id]), "tag")
    assert values(store.state(), kind) == {IMAGES[0]: {flyer.id}}
    store.commit(edits.remove_tags(store.state(), kind.id, IMAGES, [flyer.id]), "tag")
    assert values(store.state(), kind) == {}


def test_names_become_tags_once_whatever_their_case(store):
    theme = make(store, "Theme", "tags")
    given = pl.DataFrame({"target": IMAGES[:3], "name": ["Wars, old", "wars, OLD", "peace"]})
    store.commit(edits.tag_by_name(store.state(), theme.id, given), "folders")
    state = store.state()
    assert [one.name for one in state.tags_of(theme.id)] == ["Wars, old", "peace"]
    held = values(state, theme)
    assert held[IMAGES[0]] == held[IMAGES[1]] != held[IMAGES[2]]


def test_a_merged_tag_takes_images_parents_and_children(store):
    theme = make(store, "Theme", "tags")
    top, war = tag(store, theme, "top"), tag(store, theme, "war")
    wars = tag(store, theme, "wars", top.id)
    child = tag(store, theme, "trench", wars.id)
    store.commit(edits.add_tags(store.state(), theme.id, IMAGES[:2], [wars.id]), "tag")
    store.commit(edits.merge_tags(store.state(), war.id, [wars.id]), "merge")
    state = store.state()
    assert values(state, theme) == {image: {war.id} for image in IMAGES[:2]}
    assert state.tags[war.id].parents == (top.id,)
    assert war.id in state.tags[child.id].parents
    assert state.tags[wars.id].deleted
    store.undo()
    assert values(store.state(), theme) == {image: {wars.id} for image in IMAGES[:2]}
    assert not store.state().tags[wars.id].deleted


def test_no_tag_stands_under_itself(store):
    theme = make(store, "Theme", "tags")
    top = tag(store, theme, "top")
    middle = tag(store, theme, "middle", top.id)
    low = tag(store, theme, "low", middle.id)
    known = store.state().tags
    assert tags.descendants(known, [top.id]) == {middle.id, low.id}
    assert tags.ancestors(known, [low.id]) == {middle.id, top.id}
    for child, parent in ((top, low), (top, top)):
        with pytest.raises(InvalidTag) as refused:
            tags.link(known, child.id, parent.id)
        assert refused.value.problem == "cycle"


def test_a_cycle_that_two_people_made_together_is_read_without_its_last_link(store):
    theme = make(store, "Theme", "tags")
    one, two = tag(store, theme, "one"), tag(store, theme, "two")
    known = store.state().tags
    store.commit(tags.link(known, one.id, two.id), "link", author="a")
    store.commit(tags.link(known, two.id, one.id), "link", author="b")
    state = store.state()
    links = [state.tags[id].parents for id in sorted((one.id, two.id))]
    assert sorted(map(len, links)) == [0, 1]


def test_a_key_belongs_to_one_tag(store):
    theme = make(store, "Theme", "tags")
    war, peace = tag(store, theme, "war"), tag(store, theme, "peace")
    store.commit(tags.update(store.state().tags, war.id, key="1"), "key")
    store.commit(tags.update(store.state().tags, peace.id, key="1"), "key")
    assert (store.state().tags[war.id].key, store.state().tags[peace.id].key) == (None, "1")


@pytest.mark.parametrize(
    ("act", "problem"),
    [
        (lambda state: properties.create(state.properties, " ", "text"), "name"),
        (lambda state: properties.create(state.properties, "note", "text"), "taken"),
        (lambda state: properties.create(state.properties, "new", "poem"), "type"),
        (lambda state: properties.create(state.properties, "new", "text", target="x"), "target"),
        (lambda state: edits.set_value(state, "nothing", IMAGES, "x"), "unknown"),
        (
            lambda state: edits.add_tags(state, next(iter(state.properties)), IMAGES, []),
            "holds_no_tags",
        ),
        (
            lambda state: properties.create(
                state.properties, "n", "number", options={"least": 3, "most": 1}
            ),
            "options",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_words(store, act, problem):
    make(store, "Note", "text")
    with pytest.raises(InvalidProperty) as refused:
        act(store.state())
    assert refused.value.problem == problem
    assert refused.value.message("fr") != refused.value.message("en")


def test_a_value_of_the_wrong_type_is_refused(store):
    year = make(store, "Year", "number")
    with pytest.raises(InvalidValue):
        edits.set_value(store.state(), year.id, IMAGES, "nineteen")


def test_a_type_is_changed_with_its_values_and_what_is_lost_is_told_before(store):
    year = make(store, "Year", "text")
    store.commit(edits.set_value(store.state(), year.id, IMAGES[:1], "1930"), "set")
    store.commit(edits.set_value(store.state(), year.id, IMAGES[1:2], "unknown"), "set")
    changes, lost = edits.convert(store.state(), year.id, "number")
    assert lost.rows() == [(IMAGES[1], "unknown")]
    assert store.state().properties[year.id].type == "text"
    store.commit(changes, "convert")
    assert store.state().properties[year.id].type == "number"
    assert values(store.state(), year) == {IMAGES[0]: {"1930"}}
    store.undo()
    assert values(store.state(), year) == {IMAGES[0]: {"1930"}, IMAGES[1]: {"unknown"}}


def test_text_becomes_tags_and_tags_become_text(store):
    theme = make(store, "Theme", "text")
    store.commit(edits.set_value(store.state(), theme.id, IMAGES[:1], "war, sea"), "set")
    changes, lost = edits.convert(store.state(), theme.id, "tags")
    store.commit(changes, "convert")
    state = store.state()
    names = {one.id: one.name for one in state.tags_of(theme.id)}
    assert {names[id] for id in values(state, theme)[IMAGES[0]]} == {"war", "sea"}
    changes, _ = edits.convert(state, theme.id, "text")
    store.commit(changes, "convert")
    assert values(store.state(), theme) == {IMAGES[0]: {"war, sea"}}
    assert lost.is_empty()
    assert values(again(store), theme) == {IMAGES[0]: {"war, sea"}}


def test_one_tag_becomes_several_and_back_without_reading_names(store):
    kind = make(store, "Kind", "tag")
    comma = tag(store, kind, "bill, posted")
    flyer = tag(store, kind, "flyer")
    store.commit(edits.add_tags(store.state(), kind.id, IMAGES[:1], [comma.id]), "tag")
    changes, lost = edits.convert(store.state(), kind.id, "tags")
    store.commit(changes, "convert")
    assert lost.is_empty()
    store.commit(edits.add_tags(store.state(), kind.id, IMAGES[:1], [flyer.id]), "tag")
    changes, lost = edits.convert(store.state(), kind.id, "tag")
    store.commit(changes, "convert")
    assert lost.rows() == [(IMAGES[0], "flyer")]
    assert values(store.state(), kind) == {IMAGES[0]: {comma.id}}
    assert len(store.state().tags_of(kind.id)) == 2
    assert values(again(store), kind) == {IMAGES[0]: {comma.id}}


def test_merged_tables_say_the_same_as_the_log_and_hold_while_more_is_written(store):
    theme, note = make(store, "Theme", "tags"), make(store, "Note", "text")
    war = tag(store, theme, "war")
    store.commit(edits.add_tags(store.state(), theme.id, IMAGES, [war.id]), "tag")
    store.commit(edits.set_value(store.state(), note.id, IMAGES[:2], "a"), "set")
    store.undo()
    merge(store.project)
    table = store.project.database().frame("annotations", where="kind = 'image'")
    assert table["target"].sort().to_list() == IMAGES
    store.redo()
    store.commit(edits.remove_tags(store.state(), theme.id, IMAGES[:1], [war.id]), "tag")
    read = again(store)
    assert values(read, note) == {IMAGES[0]: {"a"}, IMAGES[1]: {"a"}}
    assert values(read, theme) == values(store.state(), theme)
    assert read.properties == store.state().properties
    assert read.tags == store.state().tags
    assert merge(store.project).new > 0
    assert merge(store.project).is_unchanged


def merge(project):
    result = materialize.update(project)
    stages.record(project, materialize.STAGE, result, {}, "1", "run")
    return result


class Together(RuleBasedStateMachine):
    """Two people set, tag, undo, redo and switch in any order; a list in Python does the same."""

    projects: ClassVar[list] = []
    numbers: ClassVar = itertools.count()

    @initialize()
    def begin(self):
        self.store = Store(self.projects[0])
        state = self.store.state()
        name = next(self.numbers)
        self.note, changes = properties.create(state.properties, f"note {name}", "text")
        self.store.commit(changes, "property", author="maker")
        self.theme, changes = properties.create(
            self.store.state().properties, f"theme {name}", "tags"
        )
        self.store.commit(changes, "property", author="maker")
        self.tags = []
        for word in ("war", "sea"):
            one, changes = tags.create(self.store.state().tags, self.theme.id, word)
            self.store.commit(changes, "tag", author="maker")
            self.tags.append(one.id)
        # (author, [(property, image, op, value)], is on)
        self.batches = {}
        self.stacks = {name: ([], []) for name in self.authors}
        self.authors_now = {one: f"{one} {name}" for one in self.authors}

    authors = ("a", "b")

    def did(self, author, batch, acts):
        if not batch.changes.height:
            return
        self.batches[batch.id] = [acts, True]
        done, undone = self.stacks[author]
        done.append(batch.id)
        undone.clear()

    @rule(author=st.sampled_from(authors), image=st.integers(0, 2), text=st.sampled_from("xyz"))
    def set(self, author, image, text):
        changes = edits.set_value(self.store.state(), self.note.id, [IMAGES[image]], text)
        batch = self.store.commit(changes, "set", author=self.authors_now[author])
        self.did(author, batch, [("note", image, "set", text)])

    @rule(
        author=st.sampled_from(authors),
        images=st.lists(st.integers(0, 2), min_size=1, unique=True),
        which=st.integers(0, 1),
        op=st.sampled_from(["add", "remove"]),
    )
    def tag(self, author, images, which, op):
        act = edits.add_tags if op == "add" else edits.remove_tags
        targets = [IMAGES[image] for image in images]
        changes = act(self.store.state(), self.theme.id, targets, [self.tags[which]])
        batch = self.store.commit(changes, "tag", author=self.authors_now[author])
        touched = set(batch.changes["target"])
        acts = [("theme", image, op, which) for image in images if IMAGES[image] in touched]
        self.did(author, batch, acts)

    @rule(author=st.sampled_from(authors), is_redo=st.booleans())
    def undo_or_redo(self, author, is_redo):
        done, undone = self.stacks[author]
        source, other = (undone, done) if is_redo else (done, undone)
        wanted = next((one for one in reversed(source) if self.batches[one][1] != is_redo), None)
        act = self.store.redo if is_redo else self.store.undo
        found = act(self.authors_now[author])
        assert (found and found.undoes) == wanted
        if wanted:
            source.remove(wanted)
            other.append(wanted)
            self.batches[wanted][1] = is_redo

    @rule(number=st.integers(0, 20), is_on=st.booleans())
    def switch(self, number, is_on):
        if not self.batches:
            return
        batch = list(self.batches)[number % len(self.batches)]
        self.store.switch(batch, is_on, "other")
        self.batches[batch][1] = is_on

    @invariant()
    def as_in_python(self):
        if not hasattr(self, "batches"):
            return
        note, theme = {}, {}
        for acts, is_on in self.batches.values():
            for property, image, op, value in acts if is_on else ():
                if property == "note":
                    note[IMAGES[image]] = {value}
                elif op == "add":
                    theme.setdefault(IMAGES[image], set()).add(self.tags[value])
                else:
                    theme.get(IMAGES[image], set()).discard(self.tags[value])
        state = self.store.state()
        assert values(state, self.note) == note
        assert values(state, self.theme) == {key: some for key, some in theme.items() if some}

    def teardown(self):
        if hasattr(self, "batches"):
            replayed = again(self.store)
            for one in (self.note, self.theme):
                assert values(replayed, one) == values(self.store.state(), one)


def test_undo_and_redo_in_any_order_are_as_a_list_in_python_says(project):
    Together.projects = [project]
    machine = Together.TestCase
    machine.settings = settings(
        max_examples=12,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    machine().runTest()


EDITS = """
import random, sys
from concurrent.futures import ThreadPoolExecutor
from panoptic_data.annotations.store import annotations_of
from panoptic_data.annotations import log
from panoptic_data.storage.project import create_project, open_project

root, seed, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
store = annotations_of(open_project(root))
dice = random.Random(seed)
state = store.state()
[theme] = state.properties.values()
tags = [one.id for one in state.tags_of(theme.id)]
images = [f"{number:040x}" for number in range(4)]
ops = ["add", "remove"]
plans = [(dice.choice(images), dice.choice(tags), dice.choice(ops)) for _ in range(count)]

def act(plan):
    image, tag, op = plan
    store.commit([log.Change("image", image, theme.id, op, tag)], "tag", author=seed)

# Several people on one server.
with ThreadPoolExecutor(25) as people:
    list(people.map(act, plans))
"""


@pytest.mark.parametrize("edits_each", [60, pytest.param(500, marks=pytest.mark.slow)])
def test_four_processes_that_edit_at_once_lose_nothing(store, edits_each):
    theme = make(store, "Theme", "tags")
    for number in range(6):
        tag(store, theme, f"tag {number}")
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", EDITS, str(store.project.root), f"{seed}", f"{edits_each}"]
        )
        for seed in range(4)
    ]
    # Seen while it happens: what is taken in piece by piece is what a replay of all says.
    while any(worker.poll() is None for worker in workers):
        store.state(fresh=True)
        time.sleep(0.05)
    assert [worker.returncode for worker in workers] == [0] * 4
    log = store.log().filter(pl.col("property") == theme.id)
    assert log["author"].value_counts().sort("author").rows() == [
        (f"{n}", edits_each) for n in range(4)
    ]
    expected = {}
    for target, op, new in log.select("target", "op", "new").iter_rows():
        cell = expected.setdefault(target, set())
        cell.add(new) if op == "add" else cell.discard(new)
    expected = {target: cell for target, cell in expected.items() if cell}
    assert values(store.state(fresh=True), theme) == expected
    assert values(again(store), theme) == expected


KILLED = """
import sys
from panoptic_data.annotations.store import annotations_of
from panoptic_data.annotations import edits
from panoptic_data.storage.project import create_project, open_project
store = annotations_of(open_project(sys.argv[1]))
[note] = store.state().properties.values()
for number in range(1000):
    targets = [f"{number:08x}{one:032x}" for one in range(20_000)]
    store.commit(edits.set_value(store.state(), note.id, targets, "x"), "set")
    print(number, flush=True)
"""


def test_killed_in_a_batch_all_of_it_is_there_or_nothing(store):
    note = make(store, "Note", "text")
    command = [sys.executable, "-c", KILLED, str(store.project.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        written = 0
        for written in range(3):
            assert process.stdout.readline() == f"{written}\n"
        time.sleep(random.uniform(0, 0.15))
        process.send_signal(signal.SIGKILL)
    log = Store(store.project).log().filter(pl.col("property") == note.id)
    sizes = log.group_by("batch").len()["len"].to_list()
    assert len(sizes) > written
    assert set(sizes) == {20_000}
    make(store, "Later", "text")
    assert len(again(store).properties) == 2


def test_the_log_stays_small_under_many_single_edits(store):
    note = make(store, "Note", "text")
    for number in range(2 * log.COMPACT_EVERY):
        store.commit([log.Change("image", IMAGES[number % 4], note.id, "set", str(number))], "set")
    folder = store.project.lance / f"{log.TABLE}.lance" / "data"
    deadline = time.monotonic() + 30
    while len(list(folder.iterdir())) > 1.2 * log.COMPACT_EVERY * 2:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    expected = str(2 * log.COMPACT_EVERY - 1)
    assert json.dumps(expected) == json.dumps(next(iter(values(again(store), note)[IMAGES[3]])))
