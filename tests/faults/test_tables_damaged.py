"""Tables that are removed, cut or overwritten: rebuilt or refused, never believed."""

import pytest

from panoptic_data.annotations import log
from panoptic_data.annotations.store import Store, annotations_of
from panoptic_data.errors import LogIncomplete, TableDamaged, TableMissing
from panoptic_data.storage.project import open_project
from tests.faults import damage
from tests.faults.damage import IMAGES


def count(project, table):
    return open_project(project.root).database().count(table)


@pytest.mark.parametrize("table", ["clusters__visual", "neighbours__visual"])
@pytest.mark.parametrize("harm", [damage.remove, damage.truncate, damage.flip])
def test_a_computed_table_is_made_again(project, table, harm):
    before = count(project, table)
    harm(project, table)
    damage.process(project)
    assert count(project, table) == before == IMAGES
    project.database().read(table)
    assert damage.values(project)


@pytest.mark.parametrize("table", ["files", "images", "embeddings__visual", "encoders", "stages"])
@pytest.mark.parametrize(
    "harm", [damage.remove, pytest.param(damage.truncate, marks=pytest.mark.slow)]
)
def test_a_table_that_cannot_be_computed_stops_the_run_with_a_sentence(project, table, harm):
    harm(project, table)
    code, _, errors = damage.run_in_process(project, "process")
    assert code == 1
    assert f"“{table}”" in errors
    assert "panoptic repair" in errors
    assert len(errors.strip().splitlines()) == 1, errors


@pytest.mark.parametrize("table", ["annotations", "properties"])
@pytest.mark.parametrize("harm", [damage.remove, damage.truncate, damage.remove_manifests])
def test_merged_values_come_from_the_log(project, table, harm):
    before = damage.values(project)
    harm(project, table)
    store = Store(open_project(project.root))
    assert len(store.state().values_by_property) == 1
    damage.process(project)
    assert damage.values(project) == before
    assert len(before) == IMAGES
    assert project.database().count("properties") == 1


@pytest.mark.parametrize("harm", [damage.remove, damage.remove_manifests])
def test_the_merged_values_serve_while_the_log_is_broken(project, harm):
    before = damage.values(project)
    harm(project, log.TABLE)
    opened = open_project(project.root)
    store = Store(opened)
    title = next(iter(store.state().properties))
    assert dict(store.state().values(title).select("target", "value").iter_rows()) == before
    assert isinstance(store.problem, TableMissing | TableDamaged)
    changes = [log.Change("image", next(iter(before)), title, "set", "new")]
    with pytest.raises((TableMissing, TableDamaged)):
        annotations_of(opened).commit(changes, "set")
    code, _, errors = damage.run(project, "pipelines", "process")
    assert (code, "annotation_events" in errors) == (1, True)
    stored = opened.database().read("annotations")
    assert stored.num_rows > IMAGES
    # What only reads goes on, and says of when the values are.
    for command in (["status"], ["query", "width>0"]):
        code, output, errors = damage.run(project, "app.cli", *command)
        assert (code, bool(output)) == (0, True), errors
        assert len(errors.strip().splitlines()) == 1, errors
        assert "annotation_events" in errors
        assert "merged last" in errors


def test_a_log_that_is_shorter_than_what_was_merged_is_not_written(project):
    before = damage.values(project)
    # As an earlier release would after the folder was lost: a new log of one event.
    damage.remove(project, log.TABLE)
    (project.root / "tables.json").unlink()
    project.database().forget(log.TABLE)
    database = project.database()
    rows = log.event_rows(log.new_batch([log.Change("image", "x", "y", "set", "z")], "set"))
    from panoptic_data.storage.schema import arrow

    database.append(log.TABLE, rows.to_arrow().cast(arrow(log.TABLE)))
    opened = open_project(project.root)
    assert damage.values(opened) == before
    with pytest.raises(LogIncomplete):
        log.append(opened, log.new_batch([log.Change("image", "x", "y", "set", "z")], "set"))
    code, _, errors = damage.run(project, "pipelines", "process")
    assert code == 1
    assert "panoptic repair" in errors
    assert damage.values(opened) == before
