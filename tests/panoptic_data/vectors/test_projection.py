"""The map: fitted once, stable after, never failing on a few images."""

from pathlib import Path

import numpy as np
import pytest

from panoptic_data.provenance import stages
from panoptic_data.storage.project import create_project
from panoptic_data.vectors import neighbours, projection
from panoptic_data.vectors.projection import aligned, normalised
from tests.vectors import SLUG, embed, forget, grouped, sha1s, table

TABLE = f"projection__{SLUG}"


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "corpus")


def update(project, run="r1", **options):
    neighbours.update(project, SLUG, run)
    return projection.update(project, SLUG, run, **options)


def counts(result):
    return result.rows, result.new, result.changed, result.unchanged, result.removed


def coordinates(project):
    return table(project, TABLE).select("x", "y").to_numpy()


@pytest.mark.parametrize("count", [0, 1, 2, 3, 9, 10, 17])
def test_few_images_have_a_map_too(project, count):
    names, (vectors, _) = sha1s(count), grouped(count)
    if count:
        embed(project, names, vectors)
    assert counts(update(project)) == (count, count, 0, 0, 0)
    rows = table(project, TABLE)
    assert rows["sha1"].to_list() == names
    assert rows["fitted"].all()
    assert len(np.unique(coordinates(project), axis=0)) == count
    assert np.abs(coordinates(project)).max(initial=0) < 2


def test_the_map_fills_its_box_and_keeps_groups_together(project):
    names, (vectors, kinds) = sha1s(1000), grouped(1000, groups=6)
    embed(project, names, vectors)
    update(project)
    positions = coordinates(project)
    assert np.allclose(positions.mean(axis=0), 0, atol=0.01)
    assert np.percentile(np.hypot(*positions.T), 99) == pytest.approx(1, abs=0.02)
    distances = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    nearest = distances.argsort(axis=1)[:, :10]
    assert (kinds[nearest] == kinds[:, None]).mean() > 0.95


def test_a_second_run_finds_nothing_to_do(project):
    embed(project, sha1s(60), grouped(60)[0])
    first = update(project)
    version = project.database().version(TABLE)
    second = update(project, "r2")
    assert counts(second) == (60, 0, 0, 60, 0)
    assert second.data_version == first.data_version
    assert project.database().version(TABLE) == version


def test_the_same_vectors_give_the_same_map(project, tmp_path):
    other = create_project(tmp_path / "other")
    for each in (project, other):
        embed(each, sha1s(80), grouped(80)[0])
    assert update(project).data_version == update(other).data_version


def test_new_images_are_placed_among_their_likes_and_move_no_one(project):
    names, (vectors, kinds) = sha1s(300), grouped(300)
    order = np.random.default_rng(3).permutation(300)
    old, new = order[:250], order[250:]
    embed(project, [names[at] for at in old], vectors[old])
    update(project)
    before = table(project, TABLE)
    embed(project, [names[at] for at in new], vectors[new])
    result = update(project, "r2")

    assert counts(result) == (300, 50, 0, 250, 0)
    after = table(project, TABLE)
    assert after.filter("fitted").equals(before)
    positions = after.select("x", "y").to_numpy()
    for at in new:
        distances = np.hypot(*(positions[old] - positions[at]).T)
        assert kinds[old][distances.argmin()] == kinds[at]


def test_images_find_the_same_place_in_whatever_order_they_come(project, tmp_path):
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


def test_copies_do_not_hide_each_other(project):
    vectors, _ = grouped(60)
    vectors[50:] = vectors[0]
    embed(project, sha1s(60)[:50], vectors[:50])
    update(project)
    embed(project, sha1s(60)[50:], vectors[50:])
    update(project, "r2")
    assert len(np.unique(coordinates(project), axis=0)) == 60


def test_images_that_are_all_alike_have_a_map(project):
    vectors, _ = grouped(40)
    vectors[:] = vectors[0]
    embed(project, sha1s(40), vectors)
    update(project)
    assert np.isfinite(coordinates(project)).all()
    assert len(np.unique(coordinates(project), axis=0)) == 40


def test_removed_images_leave_the_map(project):
    names, (vectors, _) = sha1s(60), grouped(60)
    embed(project, names, vectors)
    update(project)
    before = table(project, TABLE)
    forget(project, names[:15])
    result = update(project, "r2")
    assert counts(result) == (45, 0, 0, 45, 15)
    assert table(project, TABLE).equals(before.filter(before["sha1"].is_in(names[15:])))


def test_a_refit_fits_all_and_leaves_the_map_turned_as_it_was(project):
    names, (vectors, _) = sha1s(400), grouped(400, groups=6)
    embed(project, names[:360], vectors[:360])
    update(project)
    embed(project, names[360:], vectors[360:])
    update(project, "r2")
    before = coordinates(project)
    result = update(project, "r3", refit=True)
    assert result.extra == {"refitted": True, "placed": 0}
    assert table(project, TABLE)["fitted"].all()
    moved = np.hypot(*(coordinates(project) - before).T)
    assert np.median(moved) < 0.1


def test_once_more_images_are_placed_than_fitted_all_are_fitted(project):
    names, (vectors, _) = sha1s(90), grouped(90)
    embed(project, names[:40], vectors[:40])
    update(project)
    embed(project, names[40:80], vectors[40:80])
    assert update(project, "r2").extra == {"refitted": False, "placed": 40}
    embed(project, names[80:], vectors[80:])
    assert update(project, "r3").extra == {"refitted": True, "placed": 0}


def test_other_weights_of_the_encoder_mean_another_map(project):
    embed(project, sha1s(40), grouped(40)[0])
    seen_by(project, "weights 1")
    first = update(project)
    stages.record(project, f"projection/{SLUG}", first, {}, "1", "r1")
    assert not update(project, "r2").extra["refitted"]
    seen_by(project, "weights 2")
    assert update(project, "r3").extra["refitted"]


def seen_by(project, fingerprint):
    from tests import synthetic

    project.database().drop("encoders")
    synthetic.write(project, "encoders", [{"slug": SLUG, "fingerprint": fingerprint}])


def test_a_run_killed_half_way_is_made_whole(project):
    names, (vectors, _) = sha1s(120), grouped(120)
    embed(project, names[:100], vectors[:100])
    update(project)
    embed(project, names[100:], vectors[100:])
    forget(project, names[:10])
    before = project.database().read(TABLE)
    refitted = update(project, "r2")
    rows = table(project, TABLE)

    # Written, but rows of removed images not yet deleted; and new rows not yet written.
    project.database().upsert(TABLE, before)
    project.database().delete(TABLE, names[100:105])
    again = update(project, "r3")
    assert again.data_version == refitted.data_version
    assert table(project, TABLE).equals(rows)


def test_alignment_undoes_a_turn_and_a_mirror():
    random = np.random.default_rng(0)
    old = normalised(random.normal(size=(200, 2)) * [2, 1])
    turn = np.array([[np.cos(2), -np.sin(2)], [np.sin(2), np.cos(2)]]) @ np.diag([1, -1])
    has_position = random.random(200) < 0.7
    new = (old @ turn).astype(np.float32)
    assert np.allclose(aligned(new, old, has_position), old, atol=1e-5)


def test_alignment_is_the_best_of_all_turns():
    random = np.random.default_rng(1)
    old = random.normal(size=(50, 2))
    new = (old @ np.array([[0, 1], [-1, 0]]) + random.normal(size=(50, 2))).astype(np.float32)
    everyone = np.ones(50, bool)

    def error(turned):
        distances = (turned - turned.mean(axis=0)) - (old - old.mean(axis=0))
        return (distances**2).sum()

    angles = np.linspace(0, 2 * np.pi, 3601)
    tried = [
        error(new @ np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]) @ np.diag([1, s]))
        for a in angles
        for s in (1, -1)
    ]
    assert error(aligned(new, old.astype(np.float32), everyone)) <= min(tried) + 1e-3


def test_placing_does_not_import_umap(project):
    import subprocess
    import sys

    names, (vectors, _) = sha1s(50), grouped(50)
    embed(project, names[:40], vectors[:40])
    update(project)
    embed(project, names[40:], vectors[40:])
    neighbours.update(project, SLUG, "r2")
    code = (
        "import sys; from pathlib import Path; from panoptic_data.vectors import projection;"
        "from panoptic_data.storage import project;"
        f"opened = project.open_project(Path({str(project.root)!r}));"
        f"print(projection.update(opened, {SLUG!r}, 'r2').new, 'umap' in sys.modules,"
        " 'numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "10 False False\n"


def test_what_umap_compiles_is_kept_for_the_next_process(project):
    embed(project, sha1s(20), grouped(20)[0])
    update(project)
    umap, layouts = projection._umap()
    for compiled in (umap.smooth_knn_dist, layouts._nb_optimize_layout_euclidean_single_epoch):
        assert compiled.stats.cache_hits or compiled.stats.cache_misses
        assert any(Path(compiled.stats.cache_path).glob(f"*.{compiled.__name__}-*.nbc"))
