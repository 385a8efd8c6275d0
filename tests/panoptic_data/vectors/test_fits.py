"""Each fit has an id, each row names the run that made it, and images return to their places."""

import json

import numpy as np
import pytest

from panoptic_data.provenance import stages
from panoptic_data.storage.project import create_project
from panoptic_data.vectors import clusters, neighbours, projection
from tests.vectors import SLUG, drop_columns, embed, grouped, lose_files, sha1s, table

TABLES = [f"projection__{SLUG}", f"clusters__{SLUG}"]
INFO = f"cluster_info__{SLUG}"


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "corpus")


def update(project, run, **options):
    """Update as the pipeline does, which records what each stage was made with."""
    neighbours.update(project, SLUG, run)
    results = (
        projection.update(project, SLUG, run, **options),
        clusters.update(project, SLUG, run, **options),
    )
    for name, result in zip(("projection", "clusters"), results, strict=True):
        stages.record(project, f"{name}/{SLUG}", result, {}, "1", run)
    return results


def column(project, name, column, key="sha1"):
    return dict(project.database().frame(name).select(key, column).iter_rows())


def test_a_refit_gives_every_row_its_run_and_one_fit(project):
    names, (vectors, _) = sha1s(200), grouped(200)
    embed(project, names[:150], vectors[:150])
    update(project, "r1")
    embed(project, names[150:], vectors[150:])
    update(project, "r2")
    for name in TABLES:
        runs = column(project, name, "run")
        assert {runs[sha1] for sha1 in names[:150]} == {"r1"}
        assert {runs[sha1] for sha1 in names[150:]} == {"r2"}
        assert len(set(column(project, name, "fit").values())) == 1
    before = [set(column(project, name, "fit").values()) for name in TABLES]

    update(project, "r3", refit=True)
    for name, old in zip(TABLES, before, strict=True):
        assert set(column(project, name, "run").values()) == {"r3"}
        assert set(column(project, name, "fit").values()) != old
    assert set(column(project, INFO, "run", "key").values()) == {"r3"}
    fit_of_info = set(column(project, INFO, "fit", "key").values())
    assert fit_of_info == set(column(project, TABLES[1], "fit").values())


def test_a_refit_that_changes_no_value_still_names_its_run(project):
    embed(project, sha1s(100), grouped(100)[0])
    first = update(project, "r1")[1]
    again = update(project, "r2", refit=True)[1]
    assert (again.changed, again.data_version) == (0, first.data_version)
    assert set(column(project, TABLES[1], "run").values()) == {"r2"}


def test_the_id_of_the_fit_is_recorded_with_its_stage(project):
    embed(project, sha1s(60), grouped(60)[0])
    update(project, "r1")
    for name, stage in zip(TABLES, ("projection", "clusters"), strict=True):
        row = project.database().take("stages", [f"{stage}/{SLUG}"], ["parameters"]).to_pylist()
        assert {json.loads(row[0]["parameters"])["fit"]} == set(
            column(project, name, "fit").values()
        )


def test_placing_in_many_steps_or_in_one_gives_the_same_rows(project, tmp_path):
    names, (vectors, _) = sha1s(300), grouped(300, groups=6, width=0.8)
    order = np.random.default_rng(2).permutation(300)
    names, vectors = [names[at] for at in order], vectors[order]
    other = create_project(tmp_path / "other")
    for each in (project, other):
        embed(each, names[:200], vectors[:200])
        update(each, "r1")
    for start in range(200, 300, 10):
        embed(project, names[start : start + 10], vectors[start : start + 10])
        in_steps = update(project, f"step {start}")
    embed(other, names[200:], vectors[200:])
    at_once = update(other, "r2")
    assert [r.data_version for r in in_steps] == [r.data_version for r in at_once]
    for name in TABLES:
        assert table(project, name).equals(table(other, name))
    assert table(project, INFO, "key").equals(table(other, INFO, "key"))


def test_an_image_that_returns_stands_where_it_stood(project):
    names, (vectors, _) = sha1s(200), grouped(200)
    embed(project, names[:180], vectors[:180])
    update(project, "r1")
    embed(project, names[180:], vectors[180:])
    first = update(project, "r2")
    before = [project.database().frame(name).sort("sha1") for name in TABLES]
    info = table(project, INFO, "key")

    away = [*names[:15], *names[180:185]]
    lose_files(project, away)
    gone = update(project, "r3")
    assert [(r.rows, r.removed) for r in gone] == [(180, 20)] * 2
    sizes = project.database().frame(INFO).filter("main")["size"].sum()
    assert sizes == 180
    medoids = set(project.database().frame(INFO)["medoid"])
    assert not medoids & set(away)

    lose_files(project, away, "ok")
    back = update(project, "r4")
    assert [r.data_version for r in back] == [r.data_version for r in first]
    assert [(r.rows, r.new) for r in back] == [(200, 20)] * 2
    for name, rows in zip(TABLES, before, strict=True):
        # With its run: nothing was made.
        assert project.database().frame(name).sort("sha1").equals(rows)
        assert project.database().count(f"absent_{name}") == 0
    assert table(project, INFO, "key").equals(info)


def test_a_refit_is_not_spent_on_images_that_are_gone(project):
    names, (vectors, _) = sha1s(150), grouped(150)
    embed(project, names, vectors)
    update(project, "r1")
    lose_files(project, names[:50])
    update(project, "r2")
    fits = update(project, "r3", refit=True)
    assert [r.rows for r in fits] == [100, 100]
    for name in TABLES:
        assert project.database().count(f"absent_{name}") == 0
    # After another fit they are placed as new ones are.
    lose_files(project, names[:50], "ok")
    update(project, "r4")
    for name in TABLES:
        fitted = column(project, name, "fitted")
        assert {fitted[sha1] for sha1 in names[:50]} == {False}


def test_leaving_can_be_killed_between_its_commits(project):
    names, (vectors, _) = sha1s(120), grouped(120)
    embed(project, names, vectors)
    first = update(project, "r1")
    stored = [project.database().read(name) for name in TABLES]
    lose_files(project, names[:10])
    gone = update(project, "r2")
    # The rows were set aside and not yet deleted.
    for name, rows in zip(TABLES, stored, strict=True):
        project.database().replace(name, rows)
    assert [r.data_version for r in update(project, "r3")] == [r.data_version for r in gone]
    # They came back and were not yet deleted from where they were set aside.
    lose_files(project, names[:10], "ok")
    for name, rows in zip(TABLES, stored, strict=True):
        project.database().replace(name, rows)
    assert [r.data_version for r in update(project, "r4")] == [r.data_version for r in first]


def test_rows_of_an_earlier_release_get_a_fit_and_keep_their_run(project):
    names, (vectors, _) = sha1s(100), grouped(100)
    embed(project, names[:90], vectors[:90])
    update(project, "r1")
    medoids = table(project, INFO, "key")
    for name, columns in ((TABLES[0], ["fit"]), (TABLES[1], ["fit", "closeness"]), (INFO, ["fit"])):
        drop_columns(project, name, columns)
    embed(project, names[90:], vectors[90:])
    update(project, "r2")
    for name in TABLES:
        runs = column(project, name, "run")
        assert {runs[sha1] for sha1 in names[:90]} == {"r1"}
        fits = set(column(project, name, "fit").values())
        assert len(fits) == 1
        assert None not in fits
    after = table(project, INFO, "key")
    assert after["medoid"].to_list() == medoids["medoid"].to_list()


def test_the_vectors_are_not_read_to_place_images_whose_lists_hold_enough(project, monkeypatch):
    names, (vectors, _) = sha1s(400), grouped(400)
    embed(project, names[:395], vectors[:395])
    update(project, "r1")
    embed(project, names[395:], vectors[395:])
    neighbours.update(project, SLUG, "r2")

    def refuse(*_arguments, **_options):
        raise AssertionError("all vectors were read")

    monkeypatch.setattr("panoptic_data.vectors.refit.matrix", refuse)
    monkeypatch.setattr("panoptic_data.vectors.neighbours.matrix", refuse)
    assert projection.update(project, SLUG, "r2").new == 5
    assert clusters.update(project, SLUG, "r2").new == 5
