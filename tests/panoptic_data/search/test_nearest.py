"""The nearest images: thresholds, ties, and the vector index."""

import numpy as np
import pytest

from panoptic_data.search import nearest
from panoptic_data.search.by_image import similar
from panoptic_data.storage.project import create_project
from panoptic_data.vectors import scores, vector_index
from tests.vectors import SLUG, add_files, embed, embed_with_files, grouped, sha1s


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "corpus")


def names_of(hits):
    return [hit.sha1 for hit in hits]


def test_a_threshold_leaves_out_what_is_less_similar(project):
    names, (vectors, _) = sha1s(100), grouped(100)
    embed_with_files(project, names, vectors)
    every = similar(project, [names[0]], SLUG, k=1000)
    assert len(every) == 99
    least = every[12].similarity
    assert similar(project, [names[0]], SLUG, k=1000, threshold=least) == every[:13]
    assert similar(project, [names[0]], SLUG, threshold=1.1) == []


def test_equal_images_are_in_order_of_their_sha1(project):
    names = sha1s(50)
    embed_with_files(project, names, np.tile(grouped(1)[0], (50, 1)))
    assert names_of(similar(project, [names[20]], SLUG, k=5)) == names[:5]


def test_above_a_size_the_index_is_searched_and_images_without_files_left_out(project, monkeypatch):
    names, (vectors, _) = sha1s(3000), grouped(3000, dim=32)
    embed(project, names, vectors)
    # All but a few of the nearest are gone, so that the first answer is not enough.
    query = names[7]
    add_files(project, [*names[::40], query])
    gone = [name for name in names if name not in set(names[::40]) | {query}]
    add_files(project, gone, status="missing")
    exact = similar(project, [query], SLUG, k=10)
    vector_index.update(project, SLUG, "r1", exact_up_to=1000)
    monkeypatch.setattr(nearest, "EXACT_UP_TO", 1000)
    monkeypatch.setattr(scores, "_load", None)
    hits = similar(project, [query], SLUG, k=10)
    assert names_of(hits) == names_of(exact)
    assert [h.similarity for h in hits] == pytest.approx([h.similarity for h in exact], abs=2e-3)
