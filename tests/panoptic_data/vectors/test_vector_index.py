"""The index of vectors: made only where it pays, completed, and as good as none."""

import numpy as np
import pytest

from panoptic_data.storage.project import create_project
from panoptic_data.vectors import vector_index
from tests.vectors import SLUG, embed, forget, grouped, sha1s

TABLE = f"embeddings__{SLUG}"


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "corpus")


def update(project, run="r1", **options):
    return vector_index.update(project, SLUG, run, **options)


@pytest.mark.parametrize("count", [0, 1, 2, 10, 1000])
def test_few_vectors_need_no_index(project, count):
    if count:
        embed(project, sha1s(count), grouped(count)[0])
    result = update(project)
    assert (result.rows, result.new, result.unchanged) == (count, 0, count)
    assert result.extra == {"kind": "exact", "indexed": 0}
    assert project.database().vector_index(TABLE) is None


def test_many_vectors_get_an_index_once(project):
    embed(project, sha1s(3000), grouped(3000, dim=32)[0])
    first = update(project, exact_up_to=1000)
    assert (first.new, first.unchanged) == (3000, 0)
    assert first.extra == {"kind": "ivf_sq", "indexed": 3000}
    version = project.database().version(TABLE)
    second = update(project, "r2", exact_up_to=1000)
    assert (second.new, second.unchanged) == (0, 3000)
    assert second.data_version == first.data_version
    assert project.database().version(TABLE) == version


def test_the_index_is_completed_when_enough_is_new(project, monkeypatch):
    monkeypatch.setattr(vector_index, "MAX_UNINDEXED", 100)
    names, (vectors, _) = sha1s(3000), grouped(3000, dim=32)
    embed(project, names[:2000], vectors[:2000])
    update(project, exact_up_to=1000)
    embed(project, names[2000:2050], vectors[2000:2050])
    assert update(project, "r2", exact_up_to=1000).extra["indexed"] == 2000
    embed(project, names[2050:2200], vectors[2050:2200])
    grown = update(project, "r3", exact_up_to=1000)
    assert (grown.new, grown.extra["indexed"]) == (200, 2200)
    forget(project, names[:10])
    assert update(project, "r4", exact_up_to=1000).rows == 2190


def test_a_search_by_index_finds_what_comparing_all_finds(project):
    names, (vectors, _) = sha1s(5000), grouped(5000, groups=40, dim=64, width=0.6)
    embed(project, names[:4900], vectors[:4900])
    database = project.database()
    queries = vectors[::500].astype(np.float32)
    from_index = [database.vector_search(TABLE, query, 20)["sha1"].to_pylist() for query in queries]
    base = vectors[:4900].astype(float)
    base /= np.linalg.norm(base, axis=1, keepdims=True)
    exact = [[names[at] for at in np.argsort(-(base @ query))[:20]] for query in queries]
    assert np.mean([len(set(a) & set(b)) for a, b in zip(from_index, exact, strict=True)]) > 19.8

    update(project, exact_up_to=1000)
    results = [database.vector_search(TABLE, query, 20)["sha1"].to_pylist() for query in queries]
    shared = [len(set(a) & set(b)) / 20 for a, b in zip(results, from_index, strict=True)]
    assert np.mean(shared) >= 0.95

    # Rows added after the index was made are found too, and removed ones are not.
    embed(project, names[4900:], vectors[4900:])
    forget(project, names[:100])
    query = vectors[4950].astype(np.float32)
    first = database.vector_search(TABLE, query, 1).to_pylist()[0]
    assert first["sha1"] == names[4950]
    assert first["_distance"] == pytest.approx(0, abs=1e-3)
    gone = database.vector_search(TABLE, vectors[50].astype(np.float32), 20)["sha1"].to_pylist()
    assert not set(gone) & set(names[:100])


def test_a_search_can_be_narrowed(project):
    names, (vectors, _) = sha1s(50), grouped(50)
    embed(project, names, vectors)
    query = vectors[3].astype(np.float32)
    rows = project.database().vector_search(TABLE, query, 5, f"sha1 != '{names[3]}'")
    assert names[3] not in rows["sha1"].to_pylist()


def test_a_search_without_vectors_finds_nothing(project):
    assert project.database().vector_search(TABLE, np.ones(8, np.float32), 5).num_rows == 0
