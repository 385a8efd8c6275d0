"""Reading back the tables of the last merge."""

from panoptic_data.annotations import edits, materialize
from panoptic_data.annotations.snapshot import read_record, read_snapshot
from panoptic_data.provenance import stages
from tests.annotating import IMAGES, create_property, create_tag, reopened, values_of


def merge(project):
    result = materialize.update(project)
    stages.record(project, materialize.STAGE, result, {}, "1", "run")
    return result


def test_without_a_merge_there_is_no_snapshot(project):
    assert read_snapshot(project) is None
    assert read_record(project) == {}


def test_a_snapshot_is_the_state_that_was_merged(store):
    theme = create_property(store, "Theme", "tags")
    war = create_tag(store, theme, "war")
    store.commit(edits.add_tags(store.state(), theme.id, IMAGES, [war.id]), "tag")
    off = store.commit(edits.exclude(store.state(), IMAGES[:1]), "exclude")
    store.switch(off.id, is_on=False)
    merge(store.project)
    snapshot, current = read_snapshot(store.project), store.state()
    assert snapshot.position == current.position
    assert (snapshot.properties, snapshot.tags) == (current.properties, current.tags)
    assert snapshot.inactive == {off.id}
    assert values_of(snapshot, theme) == values_of(current, theme)
    assert read_record(store.project)["events"] == current.position


def test_a_snapshot_stays_in_force_while_another_merge_is_unfinished(store):
    note = create_property(store, "Note", "text")
    store.commit(edits.set_value(store.state(), note.id, IMAGES, "a"), "set")
    merge(store.project)
    store.commit(edits.set_value(store.state(), note.id, IMAGES, "b"), "set")
    # Written and not recorded, as when a run is killed.
    materialize.update(store.project)
    assert values_of(read_snapshot(store.project), note) == {image: {"a"} for image in IMAGES}
    assert values_of(reopened(store), note) == {image: {"b"} for image in IMAGES}
