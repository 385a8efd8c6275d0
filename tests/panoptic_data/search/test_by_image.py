"""Images similar to stored images and to pictures; never those without a readable file."""

import numpy as np
import pytest

from panoptic_data.encoders import parse
from panoptic_data.errors import (
    UnknownImage,
)
from panoptic_data.ingest import images, sources
from panoptic_data.media.decode import open_image
from panoptic_data.search.by_image import by_image, similar
from panoptic_data.storage.project import create_project
from panoptic_data.vectors import embeddings
from panoptic_data.vectors.scores import Hit
from tests.small_corpus import write_pictures
from tests.vectors import SLUG, add_files, embed, embed_with_files, grouped, sha1s


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "corpus")


def plainly(names, vectors, query, k, without=()):
    """Cosines one by one, in plain Python."""
    rows = []
    for name, vector in zip(names, vectors.astype(float).tolist(), strict=True):
        cosine = sum(a * b for a, b in zip(vector, query, strict=True))
        rows.append((-round(cosine, 5), name))
    return [name for _, name in sorted(rows) if name not in without][:k]


def names_of(hits):
    return [hit.sha1 for hit in hits]


def test_the_nearest_come_first_without_the_image_itself(project):
    names, (vectors, _) = sha1s(200), grouped(200)
    embed_with_files(project, names, vectors)
    hits = similar(project, [names[7]], SLUG, k=20)
    query = vectors[7].astype(float).tolist()
    assert names_of(hits) == plainly(names, vectors, query, 20, without=names[7])
    assert [hit.similarity for hit in hits] == sorted((h.similarity for h in hits), reverse=True)
    cosine = float(vectors[7].astype(float) @ vectors[names.index(hits[0].sha1)].astype(float))
    assert hits[0].similarity == pytest.approx(cosine, abs=2e-3)


def test_several_images_are_searched_by_their_mean(project):
    names, (vectors, _) = sha1s(100), grouped(100)
    embed_with_files(project, names, vectors)
    chosen = [names[3], names[50], names[99]]
    mean = vectors[[3, 50, 99]].astype(float).mean(axis=0)
    query = (mean / np.linalg.norm(mean)).tolist()
    hits = similar(project, chosen, SLUG, k=10)
    assert names_of(hits) == plainly(names, vectors, query, 10, without=chosen)


def test_images_that_are_gone_are_never_found(project):
    names, (vectors, _) = sha1s(60), grouped(60)
    embed(project, names, vectors)
    add_files(project, names[:40])
    add_files(project, names[40:], status="missing")
    assert set(names_of(similar(project, [names[0]], SLUG, k=100))) == set(names[1:40])


def test_a_file_that_vanishes_vanishes_from_results(project, tmp_path):
    folder = tmp_path / "pictures"
    [first, *others] = write_pictures(folder, range(12))
    source = sources.add(project, folder)
    images.ingest(project, source, "r1")
    embeddings.update(project, parse(SLUG), "r1")
    hits = by_image(project, open_image(first.read_bytes()), SLUG, k=100)
    assert len(hits) == 12
    first.unlink()
    images.ingest(project, source, "r2")
    after = by_image(project, open_image(others[0].read_bytes()), SLUG, k=100)
    assert len(after) == 11
    assert hits[0].sha1 not in names_of(after)


def test_a_picture_finds_itself(project, tmp_path):
    paths = write_pictures(tmp_path / "pictures", range(20), size=(700, 500))
    images.ingest(project, sources.add(project, tmp_path / "pictures"), "r1")
    embeddings.update(project, parse(SLUG), "r1")
    by_path = {
        row["path"]: row["sha1"]
        for row in project.database().frame("files", ["path", "sha1"]).to_dicts()
    }
    for path in paths:
        hits = by_image(project, open_image(path.read_bytes(), short_side=256), SLUG, k=3)
        assert hits[0].sha1 == by_path[path.relative_to(tmp_path / "pictures").as_posix()]
        assert hits[0].similarity > 0.9999


def test_an_image_without_a_vector_is_unknown(project):
    names, (vectors, _) = sha1s(5), grouped(5)
    embed_with_files(project, names, vectors)
    with pytest.raises(UnknownImage):
        similar(project, ["f" * 40], SLUG)
    with pytest.raises(UnknownImage):
        similar(project, [], SLUG)
    # One that has a vector is enough.
    assert len(similar(project, [names[0], "f" * 40], SLUG)) == 4


def test_a_hit_is_an_image_and_a_cosine(project):
    vectors = np.array([[1, 0], [0.6, 0.8], [0, 1]], np.float16)
    names = sha1s(3)
    embed_with_files(project, names, vectors)
    assert similar(project, [names[0]], SLUG) == [
        Hit(names[1], pytest.approx(0.6, abs=1e-3)),
        Hit(names[2], 0.0),
    ]
