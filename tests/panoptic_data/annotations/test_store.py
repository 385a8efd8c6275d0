"""The annotations of a project as several people change them: values, undo, history."""

import itertools
from typing import ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from panoptic_data.annotations import edits, properties, tags
from panoptic_data.annotations.materialize import update
from panoptic_data.annotations.state import from_log
from panoptic_data.annotations.store import Store, annotations_of
from tests.annotating import IMAGES, create_property, create_tag, reopened, values_of


def test_a_value_is_there_at_once_and_in_another_process(store):
    note = create_property(store, "Note", "text")
    store.commit(edits.set_value(store.state(), note.id, IMAGES[:2], "seen"), "set")
    assert values_of(store.state(), note) == {IMAGES[0]: {"seen"}, IMAGES[1]: {"seen"}}
    assert values_of(reopened(store), note) == values_of(store.state(), note)


def test_what_others_write_is_seen_without_being_asked_for(store):
    note = create_property(store, "Note", "text")
    other = Store(store.project)
    other.commit(edits.set_value(other.state(), note.id, IMAGES[:1], "theirs"), "set", author="b")
    assert values_of(store.state(fresh=True), note) == {IMAGES[0]: {"theirs"}}


def test_the_last_of_two_that_write_one_cell_wins_and_both_are_in_the_history(store):
    note = create_property(store, "Note", "text")
    other = Store(store.project)
    other.state()
    store.commit(edits.set_value(store.state(), note.id, IMAGES[:1], "mine"), "set", author="a")
    other.commit(edits.set_value(other.state(), note.id, IMAGES[:1], "theirs"), "set", author="b")
    assert values_of(store.state(fresh=True), note) == {IMAGES[0]: {"theirs"}}
    assert store.history(target=IMAGES[0])["author"].to_list() == ["b", "a"]


def test_tags_that_two_add_at_once_are_both_kept(store):
    theme = create_property(store, "Theme", "tags")
    war, peace = create_tag(store, theme, "war"), create_tag(store, theme, "peace")
    other = Store(store.project)
    other.state()
    store.commit(edits.add_tags(store.state(), theme.id, IMAGES[:1], [war.id]), "tag")
    other.commit(edits.add_tags(other.state(), theme.id, IMAGES[:1], [peace.id]), "tag")
    assert values_of(store.state(fresh=True), theme) == {IMAGES[0]: {war.id, peace.id}}


def test_undo_takes_back_what_its_author_did_and_leaves_what_others_did(store):
    theme = create_property(store, "Theme", "tags")
    war, peace = create_tag(store, theme, "war"), create_tag(store, theme, "peace")
    store.commit(edits.add_tags(store.state(), theme.id, IMAGES, [war.id]), "tag", author="a")
    store.commit(edits.add_tags(store.state(), theme.id, IMAGES[:1], [peace.id]), "tag", author="b")
    store.undo("a")
    assert values_of(store.state(), theme) == {IMAGES[0]: {peace.id}}
    assert store.undo("a") is None
    store.redo("a")
    assert values_of(store.state(), theme)[IMAGES[0]] == {war.id, peace.id}
    assert store.redo("a") is None


def test_any_batch_is_switched_off_and_on_whatever_came_after(store):
    note = create_property(store, "Note", "text")
    first = store.commit(edits.set_value(store.state(), note.id, IMAGES[:2], "one"), "set")
    second = store.commit(edits.set_value(store.state(), note.id, IMAGES[:1], "two"), "set")
    store.switch(first.id, is_on=False)
    assert values_of(store.state(), note) == {IMAGES[0]: {"two"}}
    store.switch(second.id, is_on=False)
    assert values_of(store.state(), note) == {}
    store.switch(first.id, is_on=True)
    assert values_of(store.state(), note) == {IMAGES[0]: {"one"}, IMAGES[1]: {"one"}}
    listed = dict(store.history().select("batch", "is_on").iter_rows())
    assert (listed[first.id], listed[second.id]) == (True, False)


def test_the_history_of_a_property_holds_its_values_its_tags_and_itself(store):
    note, theme = create_property(store, "Note", "text"), create_property(store, "Theme", "tags")
    war = create_tag(store, theme, "war")
    store.commit(edits.set_value(store.state(), note.id, IMAGES[:1], "seen"), "set")
    store.commit(edits.add_tags(store.state(), theme.id, IMAGES[:2], [war.id]), "tag")
    about = store.history(property=theme.id)
    assert about["kind"].to_list() == ["image", "tag", "property"]
    assert store.history(property=note.id)["kind"].to_list() == ["image", "property"]
    # What was undone still belongs to it.
    store.switch(about["batch"][1], is_on=False)
    assert store.history(property=theme.id)["is_on"].to_list() == [True, False, True]


def test_the_history_of_several_targets_is_one(store):
    note = create_property(store, "Note", "text")
    for image in IMAGES[:3]:
        store.commit(edits.set_value(store.state(), note.id, [image], "seen"), "set")
    assert store.history(target=IMAGES[:2]).height == 2
    assert store.history(target=[]).height == 0


def test_a_property_that_was_undone_comes_back_with_its_values(store):
    note = create_property(store, "Note", "text")
    store.commit(edits.set_value(store.state(), note.id, IMAGES[:1], "kept"), "set", author="b")
    created = store.history()["batch"][-1]
    store.switch(created, is_on=False)
    assert note.id not in store.state().properties
    store.switch(created, is_on=True)
    assert values_of(store.state(), note) == {IMAGES[0]: {"kept"}}


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
            tag, changes = tags.create(self.store.state().tags, self.theme.id, word)
            self.store.commit(changes, "tag", author="maker")
            self.tags.append(tag.id)
        # (author, [(property, image, op, value)], is on)
        self.batches = {}
        self.stacks = {name: ([], []) for name in self.authors}
        self.authors_now = {author: f"{author} {name}" for author in self.authors}

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
        wanted = next((id for id in reversed(source) if self.batches[id][1] != is_redo), None)
        act = self.store.redo if is_redo else self.store.undo
        matches = act(self.authors_now[author])
        assert (matches and matches.undoes) == wanted
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
        assert values_of(state, self.note) == note
        assert values_of(state, self.theme) == {key: some for key, some in theme.items() if some}

    def teardown(self):
        if hasattr(self, "batches"):
            replayed = reopened(self.store)
            for prop in (self.note, self.theme):
                assert values_of(replayed, prop) == values_of(self.store.state(), prop)


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


def test_a_project_has_one_store_in_a_process(project):
    assert annotations_of(project) is annotations_of(project)


def test_no_undo_or_redo_makes_two_of_one_name(store):
    theme = create_property(store, "Theme", "tags")
    sea = create_tag(store, theme, "Sea")

    def alter(id, **parts):
        return store.commit(tags.update(store.state().tags, id, **parts), "tag", author="a")

    def names():
        live = {tag.id: tag.name for tag in store.state().tags_of(theme.id)}
        replayed = from_log(store.log()).tags_of(theme.id)
        merged_then_followed = reopened(store).tags_of(theme.id)
        assert live == {tag.id: tag.name for tag in replayed}
        assert live == {tag.id: tag.name for tag in merged_then_followed}
        return live

    alter(sea.id, deleted=True)
    update(store.project)
    new = create_tag(store, theme, "SEA")
    store.undo("a")
    assert names() == {sea.id: "Sea (2)", new.id: "SEA"}
    store.redo("a")
    assert names() == {new.id: "SEA"}
    store.undo("a")
    assert names() == {sea.id: "Sea (2)", new.id: "SEA"}
    # A name that was given away, and one whose making was undone.
    alter(new.id, name="Ocean")
    third = create_tag(store, theme, "sea")
    store.undo("a")
    assert names() == {sea.id: "Sea (2)", new.id: "SEA (3)", third.id: "sea"}
    creation = store.history(1, target=third.id)["batch"][0]
    store.switch(creation, is_on=False)
    alter(new.id, name="Sea")
    store.switch(creation, is_on=True)
    assert names() == {sea.id: "Sea (2)", new.id: "Sea", third.id: "sea (3)"}


def test_names_that_two_had_already_stay_as_they_are(store):
    theme = create_property(store, "Theme", "tags")
    sea = create_tag(store, theme, "Sea")
    # As versions before left them.
    twin, changes = tags.create({}, theme.id, "Sea")
    store.commit(changes, "tag")
    colour = store.commit(tags.update(store.state().tags, sea.id, colour="#d94f4f"), "colour")
    store.switch(colour.id, is_on=False)
    names = {tag.id: tag.name for tag in store.state().tags_of(theme.id)}
    assert names == {sea.id: "Sea", twin.id: "Sea"}
