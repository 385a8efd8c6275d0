"""What the kept image of a group of duplicates takes over from the others."""

from panoptic_data.annotations import edits, properties, tags
from panoptic_data.duplicates import merge
from tests import synthetic

A, B, C, D, E = (synthetic.sha1(name) for name in "abcde")


def make(store, name, type):
    property, changes = properties.create(store.state().properties, name, type)
    store.commit(changes, "property")
    return property.id


def put(store, property, **values):
    sha1 = dict(zip("abcde", (A, B, C, D, E), strict=True))
    for name, value in values.items():
        store.commit(edits.set_value(store.state(), property, [sha1[name]], value), "set")


def values(store, property):
    return sorted(store.state().values(property).select("target", "value").iter_rows())


def test_values_go_where_there_are_none_and_others_leave_in_one_batch(store):
    note, theme = make(store, "Note", "text"), make(store, "Theme", "tags")
    ids = []
    for name in ("War", "Sea", "Sky"):
        tag, changes = tags.create(store.state().tags, theme, name)
        store.commit(changes, "tag")
        ids.append(tag.id)
    put(store, note, b="first", c="second", d="own", e="other")
    put(store, theme, a=[ids[0]], b=[ids[0], ids[1]], c=[ids[2]])
    changes, lost = merge.merge_changes(store.state(), {A: [B, C], D: [E]})
    store.commit(changes, "duplicates")
    assert dict(values(store, note))[A] == "first"
    assert dict(values(store, note))[D] == "own"
    assert sorted(value for sha1, value in values(store, theme) if sha1 == A) == sorted(ids)
    assert set(store.state().excluded.frame()["target"]) == {B, C, E}
    pairs = set(lost.select("keeper", "sha1", "value").iter_rows())
    assert pairs == {(A, C, "second"), (D, E, "other")}
    assert set(lost["property"]) == {note}
    store.undo()
    assert store.state().excluded.frame().is_empty()
    assert A not in dict(values(store, note))


def test_nobody_is_kept_and_given_up_at_once(store):
    note = make(store, "Note", "text")
    put(store, note, c="said")
    # B goes to A in one group, and C to B in another; a third says the first the other way round.
    changes, lost = merge.merge_changes(store.state(), {A: [B], B: [C, A]})
    store.commit(changes, "duplicates")
    assert dict(values(store, note))[A] == "said"
    assert set(store.state().excluded.frame()["target"]) == {B, C}
    assert lost.is_empty()


def test_the_others_may_stay(store):
    changes, _ = merge.merge_changes(store.state(), {A: [B]}, exclude=False)
    assert changes.is_empty()
