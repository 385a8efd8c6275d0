"""Changes of values: what they write, and what is refused."""

import polars as pl
import pytest

from panoptic_data.annotations import edits, properties
from panoptic_data.errors import InvalidProperty, InvalidTag, InvalidValue
from tests.annotating import IMAGES, create_property, create_tag, reopened, values_of


def test_nothing_is_written_for_what_changes_nothing(store):
    theme = create_property(store, "Theme", "tags")
    war = create_tag(store, theme, "war")
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
    note, theme = create_property(store, "Note", "text"), create_property(store, "Theme", "tags")
    war = create_tag(store, theme, "war")
    state = store.state()
    store.commit(edits.add_tags(state, theme.id, IMAGES[:1], [war.id]), "tag")
    store.commit(edits.set_value(state, note.id, IMAGES[1:2], "goes"), "set")
    changes = edits.copy_values(store.state(), IMAGES[0], IMAGES[1:3], [note.id, theme.id])
    store.commit(changes, "copy")
    assert values_of(store.state(), note) == {}
    assert values_of(store.state(), theme) == {image: {war.id} for image in IMAGES[:3]}


def test_a_tag_of_one_replaces_the_one_before(store):
    kind = create_property(store, "Kind", "tag")
    poster, flyer = create_tag(store, kind, "poster"), create_tag(store, kind, "flyer")
    store.commit(edits.add_tags(store.state(), kind.id, IMAGES[:1], [poster.id]), "tag")
    store.commit(edits.add_tags(store.state(), kind.id, IMAGES[:1], [flyer.id]), "tag")
    assert values_of(store.state(), kind) == {IMAGES[0]: {flyer.id}}
    store.commit(edits.remove_tags(store.state(), kind.id, IMAGES, [poster.id]), "tag")
    assert values_of(store.state(), kind) == {IMAGES[0]: {flyer.id}}
    store.commit(edits.remove_tags(store.state(), kind.id, IMAGES, [flyer.id]), "tag")
    assert values_of(store.state(), kind) == {}


def test_names_become_tags_once_whatever_their_case(store):
    theme = create_property(store, "Theme", "tags")
    given = pl.DataFrame({"target": IMAGES[:3], "name": ["Wars, old", "wars, OLD", "peace"]})
    store.commit(edits.tag_by_name(store.state(), theme.id, given), "folders")
    state = store.state()
    assert [tag.name for tag in state.tags_of(theme.id)] == ["Wars, old", "peace"]
    held = values_of(state, theme)
    assert held[IMAGES[0]] == held[IMAGES[1]] != held[IMAGES[2]]


def test_a_merged_tag_takes_images_parents_and_children(store):
    theme = create_property(store, "Theme", "tags")
    top, war = create_tag(store, theme, "top"), create_tag(store, theme, "war")
    wars = create_tag(store, theme, "wars", top.id)
    child = create_tag(store, theme, "trench", wars.id)
    store.commit(edits.add_tags(store.state(), theme.id, IMAGES[:2], [wars.id]), "tag")
    store.commit(edits.merge_tags(store.state(), war.id, [wars.id]), "merge")
    state = store.state()
    assert values_of(state, theme) == {image: {war.id} for image in IMAGES[:2]}
    assert state.tags[war.id].parents == (top.id,)
    assert war.id in state.tags[child.id].parents
    assert state.tags[wars.id].deleted
    store.undo()
    assert values_of(store.state(), theme) == {image: {wars.id} for image in IMAGES[:2]}
    assert not store.state().tags[wars.id].deleted


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
    create_property(store, "Note", "text")
    with pytest.raises(InvalidProperty) as refused:
        act(store.state())
    assert refused.value.problem == problem
    assert refused.value.message("fr") != refused.value.message("en")


def test_a_value_of_the_wrong_type_is_refused(store):
    year = create_property(store, "Year", "number")
    with pytest.raises(InvalidValue):
        edits.set_value(store.state(), year.id, IMAGES, "nineteen")


def test_a_type_is_changed_with_its_values_and_what_is_lost_is_told_before(store):
    year = create_property(store, "Year", "text")
    store.commit(edits.set_value(store.state(), year.id, IMAGES[:1], "1930"), "set")
    store.commit(edits.set_value(store.state(), year.id, IMAGES[1:2], "unknown"), "set")
    changes, lost = edits.convert(store.state(), year.id, "number")
    assert lost.rows() == [(IMAGES[1], "unknown")]
    assert store.state().properties[year.id].type == "text"
    store.commit(changes, "convert")
    assert store.state().properties[year.id].type == "number"
    assert values_of(store.state(), year) == {IMAGES[0]: {"1930"}}
    store.undo()
    assert values_of(store.state(), year) == {IMAGES[0]: {"1930"}, IMAGES[1]: {"unknown"}}


def test_text_becomes_tags_and_tags_become_text(store):
    theme = create_property(store, "Theme", "text")
    store.commit(edits.set_value(store.state(), theme.id, IMAGES[:1], "war, sea"), "set")
    changes, lost = edits.convert(store.state(), theme.id, "tags")
    store.commit(changes, "convert")
    state = store.state()
    names = {tag.id: tag.name for tag in state.tags_of(theme.id)}
    assert {names[id] for id in values_of(state, theme)[IMAGES[0]]} == {"war", "sea"}
    changes, _ = edits.convert(state, theme.id, "text")
    store.commit(changes, "convert")
    assert values_of(store.state(), theme) == {IMAGES[0]: {"war, sea"}}
    assert lost.is_empty()
    assert values_of(reopened(store), theme) == {IMAGES[0]: {"war, sea"}}


def test_one_tag_becomes_several_and_back_without_reading_names(store):
    kind = create_property(store, "Kind", "tag")
    comma = create_tag(store, kind, "bill, posted")
    flyer = create_tag(store, kind, "flyer")
    store.commit(edits.add_tags(store.state(), kind.id, IMAGES[:1], [comma.id]), "tag")
    changes, lost = edits.convert(store.state(), kind.id, "tags")
    store.commit(changes, "convert")
    assert lost.is_empty()
    store.commit(edits.add_tags(store.state(), kind.id, IMAGES[:1], [flyer.id]), "tag")
    changes, lost = edits.convert(store.state(), kind.id, "tag")
    store.commit(changes, "convert")
    assert lost.rows() == [(IMAGES[0], "flyer")]
    assert values_of(store.state(), kind) == {IMAGES[0]: {comma.id}}
    assert len(store.state().tags_of(kind.id)) == 2
    assert values_of(reopened(store), kind) == {IMAGES[0]: {comma.id}}


def test_names_as_values_add_replace_or_fill(store):
    note = create_property(store, "Note", "text")
    store.commit(edits.set_value(store.state(), note.id, IMAGES[:1], "old"), "set")
    named = pl.DataFrame({"target": IMAGES[:2], "name": ["new", "new"]})
    filled = edits.assign_by_name(store.state(), note.id, named, "fill")
    assert filled.select("target", "new").rows() == [(IMAGES[1], "new")]
    replaced = edits.assign_by_name(store.state(), note.id, named, "set")
    assert replaced.select("target", "old", "new").rows() == [
        (IMAGES[0], "old", "new"),
        (IMAGES[1], None, "new"),
    ]
    year = create_property(store, "Year", "number")
    with pytest.raises(InvalidProperty) as refused:
        edits.assign_by_name(store.state(), year.id, named)
    assert refused.value.problem == "holds_no_names"


def test_tags_of_another_property_are_refused(store):
    theme, kind = create_property(store, "Theme", "tags"), create_property(store, "Kind", "tag")
    war = create_tag(store, theme, "war")
    with pytest.raises(InvalidTag) as refused:
        edits.add_tags(store.state(), kind.id, IMAGES, [war.id])
    assert refused.value.problem == "unknown"
