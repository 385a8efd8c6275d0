"""What is similar to images, words and pictures; never what is gone."""

import os
import threading

import numpy as np
import pytest
from PIL import Image

from panoptic_data.encoders import parse
from panoptic_data.errors import (
    InvalidExpression,
    NoEmbeddings,
    TextNotSupported,
    UnknownImage,
    UnreadableImage,
    WeightsUnavailable,
)
from panoptic_data.ingest import images, sources
from panoptic_data.media import query_images
from panoptic_data.media.decode import open_image
from panoptic_data.search import find as search
from panoptic_data.search.find import by_image, by_text, find, similar
from panoptic_data.storage import project as projects
from panoptic_data.vectors import embeddings, matrix, query_vectors, scores, vector_index
from panoptic_data.vectors.scores import Hit
from panoptic_data.views.model import View
from panoptic_data.views.search_expression import parse as parse_it
from tests.images import shared
from tests.small_corpus import picture, write_pictures
from tests.synthetic import file, image, write
from tests.synthetic import picture as synthetic_picture
from tests.vectors import embed, grouped, sha1s

SLUG = "visual"


@pytest.fixture
def project(tmp_path):
    return projects.create(tmp_path / "corpus")


def fill(project, names, vectors):
    """Images with vectors, each with one readable file."""
    embed(project, names, vectors)
    add_files(project, names)


def add_files(project, names, status="ok"):
    write(project, "images", [image(name, sha1=name) for name in names])
    rows = [file(f"s/{name}.jpg", None, sha1=name, status=status) for name in names]
    write(project, "files", rows)


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
    fill(project, names, vectors)
    hits = similar(project, [names[7]], SLUG, k=20)
    query = vectors[7].astype(float).tolist()
    assert names_of(hits) == plainly(names, vectors, query, 20, without=names[7])
    assert [hit.similarity for hit in hits] == sorted((h.similarity for h in hits), reverse=True)
    cosine = float(vectors[7].astype(float) @ vectors[names.index(hits[0].sha1)].astype(float))
    assert hits[0].similarity == pytest.approx(cosine, abs=2e-3)


def test_several_images_are_searched_by_their_mean(project):
    names, (vectors, _) = sha1s(100), grouped(100)
    fill(project, names, vectors)
    chosen = [names[3], names[50], names[99]]
    mean = vectors[[3, 50, 99]].astype(float).mean(axis=0)
    query = (mean / np.linalg.norm(mean)).tolist()
    hits = similar(project, chosen, SLUG, k=10)
    assert names_of(hits) == plainly(names, vectors, query, 10, without=chosen)


def test_a_threshold_leaves_out_what_is_less_similar(project):
    names, (vectors, _) = sha1s(100), grouped(100)
    fill(project, names, vectors)
    every = similar(project, [names[0]], SLUG, k=1000)
    assert len(every) == 99
    least = every[12].similarity
    assert similar(project, [names[0]], SLUG, k=1000, threshold=least) == every[:13]
    assert similar(project, [names[0]], SLUG, threshold=1.1) == []


def test_equal_images_stand_in_order_of_their_sha1(project):
    names = sha1s(50)
    fill(project, names, np.tile(grouped(1)[0], (50, 1)))
    assert names_of(similar(project, [names[20]], SLUG, k=5)) == names[:5]


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
    found = by_image(project, open_image(first.read_bytes()), SLUG, k=100)
    assert len(found) == 12
    first.unlink()
    images.ingest(project, source, "r2")
    after = by_image(project, open_image(others[0].read_bytes()), SLUG, k=100)
    assert len(after) == 11
    assert found[0].sha1 not in names_of(after)


def test_new_vectors_are_found_at_once(project):
    names, (vectors, _) = sha1s(60), grouped(60)
    fill(project, names[:30], vectors[:30])
    assert len(similar(project, [names[0]], SLUG)) == 29
    fill(project, names[30:], vectors[30:])
    assert len(similar(project, [names[0]], SLUG)) == 59


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


def test_words_find_what_they_name(project, tmp_path):
    folder = shared("clothing-1k")
    kinds = {"shoes": "shoes", "hat": "hat", "dress": "dress"}
    for kind in kinds:
        for path in sorted((folder / kind).glob("*.jpg"))[:15]:
            target = tmp_path / "pictures" / kind / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    images.ingest(project, sources.add(project, tmp_path / "pictures"), "r1")
    spec = parse(f"clip:local-dir:{shared('weights/tiny-clip')}")
    embeddings.update(project, spec, "r1")
    rows = project.database().frame("files", ["sha1", "folder"])
    of = dict(zip(rows["sha1"], rows["folder"], strict=True))
    for kind, words in kinds.items():
        hits = by_text(project, words, spec.slug, k=10)
        right = sum(of[hit.sha1] == kind for hit in hits)
        assert right >= 6, (kind, right)
    assert query_vectors.is_warm(project, spec.slug)
    # Without an encoder: the first that reads words, once the project knows of it.
    project = projects.with_encoder(project, spec.text, first=True)
    dresses = find(project, "dress", k=10)
    assert names_of(dresses) == names_of(hits)
    told = [hit.percentile for hit in dresses]
    assert told == sorted(told, reverse=True)
    assert 90 < told[-1] < told[0] <= 100
    # A picture of shoes pulls words about hats towards shoes, and pushed away it goes.
    shoes = next(sha1 for sha1, kind in of.items() if kind == "shoes")
    pulled = find(project, f"hat + 3*image:{shoes}", k=5)
    pushed = find(project, f"hat - image:{shoes}", k=5)
    assert sum(of[hit.sha1] == "shoes" for hit in pulled) >= 3
    assert not any(of[hit.sha1] == "shoes" for hit in pushed)
    assert shoes not in names_of(pulled)
    with pytest.raises(InvalidExpression, match="nothing is left"):
        find(project, "hat - hat")
    # What words are like by chance is another scale than what pictures are.
    words = scores.scale(project, spec.slug, query_vectors.aim(project, parse_it("hat"), spec.slug))
    assert words.cosine(99) < scores.scale(project, spec.slug).cosine(99)


def test_a_part_of_an_image_and_a_picture_that_was_brought_are_searched_as_stored_ones(
    project, tmp_path
):
    left, right = picture(3, (400, 400), 40), picture(17, (400, 400), 40)
    both = Image.new("RGB", (800, 400))
    both.paste(left, (0, 0))
    both.paste(right, (400, 0))
    folder = tmp_path / "pictures"
    write_pictures(folder, range(20, 32))
    for name, drawn in (("left", left), ("right", right), ("both", both)):
        drawn.save(folder / f"{name}.png")
    images.ingest(project, sources.add(project, folder), "r1")
    embeddings.update(project, parse(SLUG), "r1")
    rows = project.database().frame("files", ["path", "sha1"]).to_dicts()
    of = {row["path"]: row["sha1"] for row in rows}
    whole = of["both.png"]
    for box, name in (("0,0,0.5,1", "left.png"), ("0.5,0,0.5,1", "right.png")):
        hits = find(project, f"crop:{whole[:10]}@{box}", SLUG, k=20)
        assert hits[0].sha1 == of[name]
        assert hits[0].similarity > 0.999
        assert whole not in names_of(hits)
    data = (folder / "left.png").read_bytes()
    digest = query_images.keep(project, data)
    brought = find(project, f"file:{digest}", k=3)
    assert brought[0].sha1 == of["left.png"]
    assert brought == find(project, open_image(data, 256), k=3)
    assert names_of(find(project, f"file:{digest}", k=1, view=View(), threshold=0.999)) == [
        of["left.png"]
    ]
    with pytest.raises(InvalidExpression):
        find(project, f"file:{'0' * 40}")


def test_brought_pictures_are_checked_and_the_oldest_go_first(project, monkeypatch):
    pictures = [synthetic_picture(colour) for colour in ("red", "green", "blue")]
    monkeypatch.setattr(query_images, "MAX_STORED_BYTES", 2 * max(map(len, pictures)))
    first, second = (query_images.keep(project, data) for data in pictures[:2])
    kept = project.root / "uploads"
    # Made long ago; the first is used again.
    for place, digest in enumerate((first, second)):
        os.utime(kept / digest, (place, place))
    assert query_images.read(project, first) == pictures[0]
    third = query_images.keep(project, pictures[2])
    assert {path.name for path in kept.iterdir()} == {first, third}
    with pytest.raises(UnreadableImage):
        query_images.keep(project, b"<html>")
    monkeypatch.setattr(query_images, "MAX_BYTES", 10)
    with pytest.raises(UnreadableImage):
        query_images.keep(project, pictures[0])
    assert len(list(kept.iterdir())) == 2


def test_words_need_an_encoder_that_reads_them(project, tmp_path):
    write_pictures(tmp_path / "pictures", range(3))
    images.ingest(project, sources.add(project, tmp_path / "pictures"), "r1")
    embeddings.update(project, parse(SLUG), "r1")
    with pytest.raises(TextNotSupported):
        by_text(project, "a cat", SLUG)


def test_an_encoder_that_waits_says_why_without_being_tried(project):
    spec = parse("clip:local-dir:/nowhere/at/all")
    embeddings.prepare_encoder(project, spec.text, "r1")
    names, (vectors, _) = sha1s(5), grouped(5)
    embed(project, names, vectors, spec.slug)
    add_files(project, names)
    with pytest.raises(WeightsUnavailable) as error:
        by_text(project, "a cat", spec.slug)
    assert error.value.cause == "absent: /nowhere/at/all/open_clip_config.json"
    # What needs no weights still works.
    assert len(similar(project, [names[0]], spec.slug)) == 4


def test_nothing_embedded_is_told(project):
    for ask in (similar, by_text):
        with pytest.raises(NoEmbeddings):
            ask(project, [sha1s(1)[0]] if ask is similar else "a cat", SLUG)


def test_an_image_without_a_vector_is_unknown(project):
    names, (vectors, _) = sha1s(5), grouped(5)
    fill(project, names, vectors)
    with pytest.raises(UnknownImage):
        similar(project, ["f" * 40], SLUG)
    with pytest.raises(UnknownImage):
        similar(project, [], SLUG)
    # One that has a vector is enough.
    assert len(similar(project, [names[0], "f" * 40], SLUG)) == 4


def test_large_matrices_at_half_precision_give_the_same(project, monkeypatch):
    names, (vectors, _) = sha1s(500), grouped(500)
    fill(project, names, vectors)
    expected = similar(project, [names[7]], SLUG, k=50)
    monkeypatch.setattr(matrix, "FLOAT32_BYTES", 0)
    scores._cache.clear()
    scores._scores.clear()
    found = similar(project, [names[7]], SLUG, k=50)
    assert names_of(found) == names_of(expected)
    wanted = [h.similarity for h in expected]
    assert [h.similarity for h in found] == pytest.approx(wanted, abs=1e-5)


def test_beyond_a_size_the_index_is_asked_and_what_is_gone_left_out(project, monkeypatch):
    names, (vectors, _) = sha1s(3000), grouped(3000, dim=32)
    embed(project, names, vectors)
    # All but a few of the nearest are gone, so that the first answer is not enough.
    query = names[7]
    add_files(project, [*names[::40], query])
    gone = [name for name in names if name not in set(names[::40]) | {query}]
    add_files(project, gone, status="missing")
    exact = similar(project, [query], SLUG, k=10)
    vector_index.update(project, SLUG, "r1", exact_up_to=1000)
    monkeypatch.setattr(search, "EXACT_UP_TO", 1000)
    monkeypatch.setattr(scores, "_held_at", None)
    found = similar(project, [query], SLUG, k=10)
    assert names_of(found) == names_of(exact)
    assert [h.similarity for h in found] == pytest.approx([h.similarity for h in exact], abs=2e-3)


def test_threads_may_search_at_once(project):
    names, (vectors, _) = sha1s(300), grouped(300)
    fill(project, names, vectors)
    expected = {name: similar(project, [name], SLUG, k=5) for name in names[:20]}
    found = {}

    def ask(name):
        found[name] = similar(project, [name], SLUG, k=5)

    threads = [threading.Thread(target=ask, args=(name,)) for name in expected]
    scores._cache.clear()
    scores._scores.clear()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == expected


def test_a_hit_is_an_image_and_a_cosine(project):
    vectors = np.array([[1, 0], [0.6, 0.8], [0, 1]], np.float16)
    names = sha1s(3)
    fill(project, names, vectors)
    assert similar(project, [names[0]], SLUG) == [
        Hit(names[1], pytest.approx(0.6, abs=1e-3)),
        Hit(names[2], 0.0),
    ]
