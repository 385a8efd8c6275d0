"""Annotations merged into tables, and the tables against the log."""

from panoptic_data.annotations import edits, materialize
from panoptic_data.provenance import stages
from tests.annotating import IMAGES, create_property, create_tag, reopened, values_of


def test_merged_tables_say_the_same_as_the_log_and_hold_while_more_is_written(store):
    theme, note = create_property(store, "Theme", "tags"), create_property(store, "Note", "text")
    war = create_tag(store, theme, "war")
    store.commit(edits.add_tags(store.state(), theme.id, IMAGES, [war.id]), "tag")
    store.commit(edits.set_value(store.state(), note.id, IMAGES[:2], "a"), "set")
    store.undo()
    merge(store.project)
    table = store.project.database().frame("annotations", where="kind = 'image'")
    assert table["target"].sort().to_list() == IMAGES
    store.redo()
    store.commit(edits.remove_tags(store.state(), theme.id, IMAGES[:1], [war.id]), "tag")
    read = reopened(store)
    assert values_of(read, note) == {IMAGES[0]: {"a"}, IMAGES[1]: {"a"}}
    assert values_of(read, theme) == values_of(store.state(), theme)
    assert read.properties == store.state().properties
    assert read.tags == store.state().tags
    assert merge(store.project).new > 0
    assert merge(store.project).is_unchanged


def merge(project):
    result = materialize.update(project)
    stages.record(project, materialize.STAGE, result, {}, "1", "run")
    return result


def test_without_a_merge_there_is_nothing_to_count_or_compare(store):
    create_property(store, "Note", "text")
    assert materialize.behind(store.project) == store.state().position
    assert materialize.differing(store.project) == 0
    assert materialize.counts(store.project) == {
        "values": 0,
        "properties": 0,
        "tags": 0,
        "authors": {},
        "unmerged": store.state().position,
    }


def test_a_value_changed_in_the_table_differs_from_the_log(store):
    note = create_property(store, "Note", "text")
    changes = edits.set_value(store.state(), note.id, IMAGES, "a")
    store.commit(changes, "set", author="ada")
    result = merge(store.project)
    assert materialize.differing(store.project) == 0
    database = store.project.database()
    rows = database.read("annotations").slice(1)
    parameters = dict(result.parameters)
    parameters["versions"] = {
        **parameters["versions"],
        "annotations": database.replace("annotations", rows),
    }
    changed = stages.StageResult(result.rows, result.data_version, parameters=parameters)
    stages.record(store.project, materialize.STAGE, changed, {}, "1", "run")
    assert materialize.differing(store.project) == 1


def test_values_are_counted_by_author(store):
    note = create_property(store, "Note", "text")
    for author, count in (("ada", 3), ("bob", 1)):
        changes = edits.set_value(store.state(), note.id, IMAGES[:count], author)
        store.commit(changes, "set", author=author)
    assert merge(store.project).extra == {
        "properties": 1,
        "tags": 0,
        "authors": {"ada": 2, "bob": 1},
    }


def test_what_was_undone_leaves_the_data_version(store):
    note = create_property(store, "Note", "text")
    before = merge(store.project).data_version
    store.commit(edits.set_value(store.state(), note.id, IMAGES, "a"), "set", author="ada")
    assert merge(store.project).data_version != before
    store.undo("ada")
    assert merge(store.project).data_version == before
