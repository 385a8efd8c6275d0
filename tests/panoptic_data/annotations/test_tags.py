"""Tags: their graph, their names, keys and order."""

import pytest

from panoptic_data.annotations import tags
from panoptic_data.errors import InvalidTag
from tests.annotating import create_property, create_tag


def test_no_tag_stands_under_itself(store):
    theme = create_property(store, "Theme", "tags")
    top = create_tag(store, theme, "top")
    middle = create_tag(store, theme, "middle", top.id)
    low = create_tag(store, theme, "low", middle.id)
    known = store.state().tags
    assert tags.descendants(known, [top.id]) == {middle.id, low.id}
    assert tags.ancestors(known, [low.id]) == {middle.id, top.id}
    for child, parent in ((top, low), (top, top)):
        with pytest.raises(InvalidTag) as refused:
            tags.link(known, child.id, parent.id)
        assert refused.value.problem == "cycle"


def test_a_cycle_that_two_people_made_together_is_read_without_its_last_link(store):
    theme = create_property(store, "Theme", "tags")
    first, second = create_tag(store, theme, "one"), create_tag(store, theme, "two")
    known = store.state().tags
    store.commit(tags.link(known, first.id, second.id), "link", author="a")
    store.commit(tags.link(known, second.id, first.id), "link", author="b")
    state = store.state()
    links = [state.tags[id].parents for id in sorted((first.id, second.id))]
    assert sorted(map(len, links)) == [0, 1]


def test_a_key_belongs_to_one_tag(store):
    theme = create_property(store, "Theme", "tags")
    war, peace = create_tag(store, theme, "war"), create_tag(store, theme, "peace")
    store.commit(tags.update(store.state().tags, war.id, key="1"), "key")
    store.commit(tags.update(store.state().tags, peace.id, key="1"), "key")
    assert (store.state().tags[war.id].key, store.state().tags[peace.id].key) == (None, "1")


def test_missing_names_become_tags_and_known_ones_are_found(store):
    theme = create_property(store, "Theme", "tags")
    war = create_tag(store, theme, "Great  War")
    ids, changes = tags.find_or_create(store.state().tags, theme.id, ["great war ", "Sea", "SEA"])
    store.commit(changes, "tag")
    assert ids["great war "] == war.id
    assert ids["Sea"] == ids["SEA"]
    assert [tag.name for tag in store.state().tags_of(theme.id)] == ["Great War", "Sea"]


def test_a_moved_tag_alone_gets_another_place(store):
    theme = create_property(store, "Theme", "tags")
    first, second, third = (create_tag(store, theme, name).id for name in "abc")
    changes = tags.reorder(store.state().tags, [third, first, second], [third])
    assert [change.target for change in changes] == [third]
    store.commit(changes, "order")
    assert [tag.name for tag in store.state().tags_of(theme.id)] == ["c", "a", "b"]
    changes = tags.reorder(store.state().tags, [second, first, third], [])
    store.commit(changes, "order")
    assert [tag.name for tag in store.state().tags_of(theme.id)] == ["b", "a", "c"]
    assert tags.reorder(store.state().tags, [second, first, third], [first]) == []


def test_links_of_the_graph_are_added_and_removed_once(store):
    theme = create_property(store, "Theme", "tags")
    top, low = create_tag(store, theme, "top"), create_tag(store, theme, "low")
    store.commit(tags.link(store.state().tags, low.id, top.id), "link")
    assert tags.link(store.state().tags, low.id, top.id) == []
    assert tags.children(store.state().tags) == {top.id: [low.id]}
    store.commit(tags.unlink(store.state().tags, low.id, top.id), "unlink")
    assert tags.unlink(store.state().tags, low.id, top.id) == []
    assert store.state().tags[low.id].parents == ()


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ({"name": " "}, "name"),
        ({"name": "SEA"}, "taken"),
        ({"key": "12"}, "key"),
        ({"x": 1}, "part"),
    ],
)
def test_a_tag_that_cannot_be_is_refused(store, parts, problem):
    theme = create_property(store, "Theme", "tags")
    war, _ = create_tag(store, theme, "war"), create_tag(store, theme, "sea")
    with pytest.raises(InvalidTag) as refused:
        tags.update(store.state().tags, war.id, **parts)
    assert refused.value.problem == problem
