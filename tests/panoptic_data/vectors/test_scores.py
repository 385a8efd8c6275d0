"""Scores of all images: kept in memory, and read again when the tables change."""

import threading

import pytest

from panoptic_data.search.by_image import similar
from panoptic_data.storage.project import create_project
from panoptic_data.vectors import matrix, scores
from tests.vectors import SLUG, embed_with_files, grouped, sha1s


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "corpus")


def names_of(hits):
    return [hit.sha1 for hit in hits]


def test_new_vectors_are_found_at_once(project):
    names, (vectors, _) = sha1s(60), grouped(60)
    embed_with_files(project, names[:30], vectors[:30])
    assert len(similar(project, [names[0]], SLUG)) == 29
    embed_with_files(project, names[30:], vectors[30:])
    assert len(similar(project, [names[0]], SLUG)) == 59


def test_large_matrices_at_half_precision_give_the_same(project, monkeypatch):
    names, (vectors, _) = sha1s(500), grouped(500)
    embed_with_files(project, names, vectors)
    expected = similar(project, [names[7]], SLUG, k=50)
    monkeypatch.setattr(matrix, "MAX_FLOAT32_BYTES", 0)
    scores._cache.clear()
    scores._scores.clear()
    hits = similar(project, [names[7]], SLUG, k=50)
    assert names_of(hits) == names_of(expected)
    expected_similarities = [h.similarity for h in expected]
    assert [h.similarity for h in hits] == pytest.approx(expected_similarities, abs=1e-5)


def test_threads_may_search_at_once(project):
    names, (vectors, _) = sha1s(300), grouped(300)
    embed_with_files(project, names, vectors)
    expected = {name: similar(project, [name], SLUG, k=5) for name in names[:20]}
    hits = {}

    def search(name):
        hits[name] = similar(project, [name], SLUG, k=5)

    threads = [threading.Thread(target=search, args=(name,)) for name in expected]
    scores._cache.clear()
    scores._scores.clear()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert hits == expected
