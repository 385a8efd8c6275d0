"""The table of neighbours: what is new, gone or remade, and what a kill leaves."""

import numpy as np
import pytest

from panoptic_data.storage.project import create_project
from panoptic_data.vectors import neighbours
from tests.vectors import SLUG, embed, forget, grouped, sha1s, table

TABLE = f"neighbours__{SLUG}"


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "corpus")


def update(project, run="r1", **options):
    return neighbours.update(project, SLUG, run, **options)


def counts(result):
    return result.rows, result.new, result.changed, result.unchanged, result.removed


def from_scratch(tmp_path, names, vectors, k=neighbours.K):
    other = create_project(tmp_path / "from scratch")
    embed(other, names, vectors)
    result = update(other, k=k)
    return table(other, TABLE), result.data_version


@pytest.mark.parametrize("count", [0, 1, 2, 10, 1000])
def test_every_image_has_as_many_neighbours_as_there_are_others(project, count):
    names, (vectors, _) = sha1s(count), grouped(count)
    if count:
        embed(project, names, vectors)
    assert counts(update(project)) == (count, count, 0, 0, 0)
    rows = table(project, TABLE)
    assert rows["sha1"].to_list() == names
    assert set(rows["ids"].list.len()) <= {min(neighbours.K, count - 1)}
    for row in rows.head(20).to_dicts():
        assert row["sha1"] not in row["ids"]
        assert row["similarities"] == sorted(row["similarities"], reverse=True)


def test_a_second_run_finds_nothing_to_do_and_writes_nothing(project):
    embed(project, sha1s(200), grouped(200)[0])
    first = update(project)
    version = project.database().version(TABLE)
    second = update(project, "r2")
    assert counts(second) == (200, 0, 0, 200, 0)
    assert second.data_version == first.data_version
    assert second.extra["computed"] == 0
    assert project.database().version(TABLE) == version


@pytest.mark.parametrize("start", [1, 5, 300])
def test_added_and_removed_images_leave_the_table_of_a_full_recompute(project, tmp_path, start):
    names, (vectors, _) = sha1s(400), grouped(400)
    order = np.random.default_rng(1).permutation(400)
    names, vectors = [names[at] for at in order], vectors[order]
    # Copies make ties, which the sha1 must break alike on both ways.
    vectors[350:] = vectors[:50]
    embed(project, names[:start], vectors[:start])
    update(project)

    embed(project, names[start:], vectors[start:])
    added = update(project, "r2")
    assert added.new == 400 - start
    forget(project, names[100:130])
    removed = update(project, "r3")
    assert removed.removed == 30

    kept = [*range(100), *range(130, 400)]
    rows, version = from_scratch(tmp_path, [names[at] for at in kept], vectors[kept])
    assert table(project, TABLE).equals(rows)
    assert removed.data_version == version


def test_only_rows_that_change_are_written(project):
    names, (vectors, _) = sha1s(500), grouped(500)
    embed(project, names[:490], vectors[:490])
    update(project, "r1")
    before = table(project, TABLE)
    embed(project, names[490:], vectors[490:])
    result = update(project, "r2")

    runs = dict(project.database().frame(TABLE).select("sha1", "run").iter_rows())
    after = table(project, TABLE)
    same = set(before.join(after, on=["sha1", "ids", "similarities"])["sha1"])
    assert {name for name, run in runs.items() if run == "r1"} == same
    assert counts(result) == (500, 10, 490 - len(same), len(same), 0)
    assert result.extra["computed"] == 10


def test_vectors_remade_under_the_same_sha1s_are_noticed(project, tmp_path):
    names, (vectors, _) = sha1s(300), grouped(300)
    embed(project, names, vectors)
    update(project)
    vectors[40:60] = grouped(20, seed=5)[0]
    embed(project, names[40:60], vectors[40:60])
    update(project, "r2")
    assert table(project, TABLE).equals(from_scratch(tmp_path, names, vectors)[0])


def test_another_k_makes_other_lists(project, tmp_path):
    names, (vectors, _) = sha1s(100), grouped(100)
    embed(project, names, vectors)
    update(project, k=5)
    update(project, "r2", k=9)
    assert table(project, TABLE).equals(from_scratch(tmp_path, names, vectors, k=9)[0])
    update(project, "r3", k=4)
    assert set(table(project, TABLE)["ids"].list.len()) == {4}


def test_a_run_killed_half_way_is_made_whole(project, tmp_path):
    names, (vectors, _) = sha1s(300), grouped(300)
    embed(project, names[:250], vectors[:250])
    update(project)
    embed(project, names[250:], vectors[250:])
    forget(project, names[:20])
    before = project.database().read(TABLE)
    update(project, "r2")
    rows, _ = from_scratch(tmp_path, names[20:], vectors[20:])

    # Rows were written, those of removed images not yet deleted.
    gone = before.filter([name in names[:20] for name in before["sha1"].to_pylist()])
    project.database().upsert(TABLE, gone)
    assert update(project, "r3").removed == 20
    assert table(project, TABLE).equals(rows)

    # Some rows are missing, as after a kill in the first fill.
    project.database().delete(TABLE, names[50:150])
    assert update(project, "r4").new == 100
    assert table(project, TABLE).equals(rows)


@pytest.mark.slow  # numba compiles pynndescent
def test_many_images_go_through_descent_and_later_ones_through_exact_lists(project):
    names, (vectors, _) = sha1s(2000), grouped(2000, groups=20)
    embed(project, names[:1900], vectors[:1900])
    assert update(project, exact_up_to=1000).extra["method"] == "nn-descent"
    embed(project, names[1900:], vectors[1900:])
    result = update(project, "r2", exact_up_to=1000)
    assert (result.extra["method"], result.extra["computed"]) == ("exact", 100)
    assert (table(project, TABLE)["ids"].list.len() == neighbours.K).all()


def test_the_graph_is_read_as_positions(project):
    names, (vectors, _) = sha1s(30), grouped(30)
    embed(project, names, vectors)
    update(project)
    graph, read = neighbours.with_vectors(project, SLUG)
    assert graph.sha1s == names
    assert np.array_equal(read, vectors)
    ids = [[names[at] for at in row] for row in graph.lists.ids]
    assert ids == table(project, TABLE)["ids"].to_list()


def test_images_that_only_one_table_knows_are_left_out_of_the_graph(project):
    names, (vectors, _) = sha1s(30), grouped(30)
    embed(project, names, vectors)
    update(project)
    forget(project, names[7:9])
    graph, read = neighbours.with_vectors(project, SLUG)
    assert graph.sha1s == names[:7] + names[9:]
    assert np.array_equal(read, np.delete(vectors, [7, 8], axis=0))
    assert graph.lists.ids.max() < 28
    stored = dict(table(project, TABLE).select("sha1", "ids").iter_rows())
    for name, row in zip(graph.sha1s, graph.lists.ids, strict=True):
        expected = [other for other in stored[name] if other in graph.sha1s]
        assert [graph.sha1s[at] for at in row if at >= 0] == expected
