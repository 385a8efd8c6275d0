"""The tables of clusters: levels, numbers that last, new images, medoids, kills."""

import numpy as np
import pytest

from panoptic_data.errors import UsageError
from panoptic_data.provenance import stages
from panoptic_data.storage.project import create_project
from panoptic_data.vectors import clusters, neighbours
from tests.vectors import SLUG, embed, forget, grouped, sha1s, table

TABLE = f"clusters__{SLUG}"
INFO = f"cluster_info__{SLUG}"


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "corpus")


def update(project, run="r1", **options):
    neighbours.update(project, SLUG, run)
    return clusters.update(project, SLUG, run, **options)


def update_both(project, run="r1", **options):
    """Update as the pipeline does, which keeps what the stage was made with."""
    result = update(project, run, **options)
    stages.record(project, f"clusters/{SLUG}", result, {}, "1", run)
    return result


def counts(result):
    return result.rows, result.new, result.changed, result.unchanged, result.removed


def labels(project):
    return np.array(table(project, TABLE)["levels"].to_list())


@pytest.mark.parametrize("count", [0, 1, 2, 10, 1000])
def test_every_image_is_in_one_cluster_at_each_level(project, count):
    names, (vectors, _) = sha1s(count), grouped(count, groups=6)
    if count:
        embed(project, names, vectors)
    assert counts(update(project)) == (count, count, 0, 0, 0)
    rows = table(project, TABLE)
    assert rows["sha1"].to_list() == names
    assert rows["fitted"].all()
    assert ((rows["strength"] >= 0) & (rows["strength"] <= 1)).all()
    info = table(project, INFO, "key")
    assert info.group_by("level").agg(size=info["size"].sum()).height == info["level"].n_unique()
    for level in info["level"].unique():
        sizes = dict(info.filter(level=level).select("number", "size").iter_rows())
        labels_by_row = rows["levels"].list.get(level).value_counts().sort("levels")
        assert sizes == dict(labels_by_row.iter_rows())


def test_clusters_are_the_groups_that_are_there(project):
    vectors, kinds = grouped(1000, groups=16)
    embed(project, sha1s(1000), vectors)
    result = update(project)
    assert result.extra == {"refitted": True, "placed": 0, "clusters": [47, 16, 5], "main": 1}
    main = table(project, TABLE)["cluster"].to_numpy()
    assert len(set(zip(main.tolist(), kinds.tolist(), strict=True))) == 16
    assert np.array_equal(main, labels(project)[:, 1])
    sizes = np.bincount(main)
    assert (np.diff(sizes) <= 0).all()


def test_a_medoid_is_the_member_nearest_to_the_mean(project):
    names, (vectors, _) = sha1s(200), grouped(200)
    embed(project, names, vectors)
    update(project)
    labels_by_row = labels(project)
    for row in table(project, INFO, "key").to_dicts():
        members = np.flatnonzero(labels_by_row[:, row["level"]] == row["number"])
        own = vectors[members].astype(float)
        towards = own @ own.mean(axis=0) / np.linalg.norm(own, axis=1)
        assert row["medoid"] == names[members[towards.argmax()]]
        assert row["main"] == (row["level"] == 1)
        assert row["key"] == f"{row['level']}:{row['number']}"


def test_strength_is_the_share_of_neighbours_of_the_same_cluster(project):
    names, (vectors, _) = sha1s(150), grouped(150, width=1.5)
    embed(project, names, vectors)
    update(project)
    rows = table(project, TABLE)
    cluster = dict(rows.select("sha1", "cluster").iter_rows())
    near = dict(table(project, f"neighbours__{SLUG}").select("sha1", "ids").iter_rows())
    for row in rows.to_dicts():
        same = [cluster[other] == row["cluster"] for other in near[row["sha1"]]]
        assert row["strength"] == pytest.approx(sum(same) / len(same))
    assert rows["strength"].min() < 0.9


def test_a_second_run_finds_nothing_to_do(project):
    embed(project, sha1s(150), grouped(150)[0])
    first = update_both(project)
    versions = [project.database().version(name) for name in (TABLE, INFO)]
    second = update_both(project, "r2")
    assert counts(second) == (150, 0, 0, 150, 0)
    assert second.data_version == first.data_version
    assert [project.database().version(name) for name in (TABLE, INFO)] == versions


def test_new_images_join_the_cluster_of_their_likes(project):
    names, (vectors, kinds) = sha1s(400), grouped(400, groups=5)
    order = np.random.default_rng(3).permutation(400)
    old, new = order[:300], order[300:]
    embed(project, [names[at] for at in old], vectors[old])
    update(project)
    before = table(project, TABLE)
    embed(project, [names[at] for at in new], vectors[new])
    result = update(project, "r2")

    assert counts(result) == (400, 100, 0, 300, 0)
    rows = table(project, TABLE)
    assert rows.filter("fitted").equals(before)
    main = rows["cluster"].to_numpy()
    for at in new:
        alike = old[kinds[old] == kinds[at]]
        assert main[at] in set(main[alike].tolist())
    # Levels nest for placed images as for fitted ones.
    labels_by_row = labels(project)
    pairs = set(map(tuple, labels_by_row[:, :2].tolist()))
    assert len(pairs) == len(set(labels_by_row[:, 0].tolist()))
    info = table(project, INFO, "key").filter("main")
    assert info["size"].sum() == 400


def test_images_join_the_same_cluster_in_whatever_order_they_come(project, tmp_path):
    names, (vectors, _) = sha1s(100), grouped(100)
    other = create_project(tmp_path / "other")
    for each in (project, other):
        embed(each, names[:80], vectors[:80])
        update(each)
    embed(project, names[80:90], vectors[80:90])
    update(project, "r2")
    embed(project, names[90:], vectors[90:])
    embed(other, names[80:], vectors[80:])
    assert update(project, "r3").data_version == update(other, "r2").data_version


def test_removed_images_leave_their_clusters(project):
    names, (vectors, _) = sha1s(150), grouped(150)
    embed(project, names, vectors)
    update(project)
    before = table(project, TABLE)
    forget(project, names[:40])
    assert counts(update(project, "r2")) == (110, 0, 0, 110, 40)
    assert table(project, TABLE).equals(before.filter(before["sha1"].is_in(names[40:])))
    assert table(project, INFO, "key").filter("main")["size"].sum() == 110


def test_numbers_last_over_a_refit(project):
    names, (vectors, kinds) = sha1s(1060), grouped(1060, groups=16)
    # One group is there only later.
    is_late = kinds == 3
    order = [*np.flatnonzero(~is_late), *np.flatnonzero(is_late)]
    early = np.flatnonzero(~is_late)
    embed(project, [names[at] for at in early], vectors[early])
    update_both(project)
    before = dict(table(project, TABLE).select("sha1", "cluster").iter_rows())
    embed(project, [names[at] for at in order], vectors[order])
    result = update_both(project, "r2", refit=True)

    assert result.extra["refitted"]
    after = dict(table(project, TABLE).select("sha1", "cluster").iter_rows())
    assert np.mean([before[name] == after[name] for name in before]) > 0.8
    numbers = {after[names[at]] for at in np.flatnonzero(is_late)}
    assert min(numbers) > max(before.values())


def test_a_refit_of_the_same_images_changes_nothing(project):
    embed(project, sha1s(300), grouped(300, groups=8)[0])
    first = update_both(project)
    again = update_both(project, "r2", refit=True)
    assert counts(again) == (300, 0, 0, 300, 0)
    assert again.data_version == first.data_version


def test_once_more_images_are_placed_than_fitted_all_are_fitted(project):
    names, (vectors, _) = sha1s(200), grouped(200)
    embed(project, names[:90], vectors[:90])
    update(project)
    embed(project, names[90:180], vectors[90:180])
    assert update(project, "r2").extra["placed"] == 90
    embed(project, names[180:], vectors[180:])
    assert update(project, "r3").extra["placed"] == 0


def test_a_chosen_number_of_clusters_stays_chosen(project):
    names, (vectors, kinds) = sha1s(200), grouped(200, groups=5)
    embed(project, names[:150], vectors[:150])
    assert update_both(project).extra["clusters"] == [18, 6]
    by_kmeans = update_both(project, "r2", method="kmeans", k=5)
    assert by_kmeans.extra == {"refitted": True, "placed": 0, "clusters": [5], "main": 0}
    assert by_kmeans.parameters["method"] == "kmeans"
    main = labels(project)[:, 0].tolist()
    assert len(set(zip(main, kinds[:150].tolist(), strict=True))) == 5

    embed(project, names[150:], vectors[150:])
    later = update_both(project, "r3")
    assert (later.extra["refitted"], later.parameters["k"]) == (False, 5)
    assert not update_both(project, "r4", method="kmeans", k=5).extra["refitted"]
    assert update_both(project, "r5", k=3).extra["clusters"] == [3]
    assert update_both(project, "r6", method="levels").extra["refitted"]


def test_kmeans_chooses_a_number_where_none_is_given(project):
    embed(project, sha1s(100), grouped(100)[0])
    assert update_both(project, method="kmeans").extra["clusters"] == [5]


def test_an_unknown_method_is_refused_by_name(project):
    with pytest.raises(UsageError, match=r"“leiden”.*levels, kmeans"):
        clusters.update(project, SLUG, "r1", method="leiden")


def test_a_run_killed_half_way_is_made_whole(project):
    names, (vectors, _) = sha1s(300), grouped(300)
    embed(project, names[:260], vectors[:260])
    update(project)
    embed(project, names[260:], vectors[260:])
    forget(project, names[:30])
    before = project.database().read(TABLE), project.database().read(INFO)
    refitted = update(project, "r2")
    rows, info = table(project, TABLE), table(project, INFO, "key")

    # The table was written, rows of removed images not yet deleted, sizes and medoids are old.
    project.database().upsert(TABLE, before[0])
    project.database().replace(INFO, before[1])
    again = update(project, "r3")
    assert again.data_version == refitted.data_version
    assert table(project, TABLE).equals(rows)
    assert table(project, INFO, "key").equals(info)

    # A first fill that wrote the one table and not the other.
    project.database().drop(INFO)
    update(project, "r4")
    assert table(project, INFO, "key").equals(info)
