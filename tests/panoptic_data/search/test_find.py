"""Searches with words, pictures and their mixtures."""

import pytest
from PIL import Image

from panoptic_data.encoders import parse
from panoptic_data.errors import (
    InvalidExpression,
)
from panoptic_data.ingest import images, sources
from panoptic_data.media import query_images
from panoptic_data.media.decode import open_image
from panoptic_data.search.by_text import by_text
from panoptic_data.search.find import find
from panoptic_data.storage.project import add_encoder, create_project
from panoptic_data.vectors import embeddings, query_vectors, scores
from panoptic_data.views.model import View
from panoptic_data.views.search_expression import parse as parse_expression
from tests.images import shared
from tests.small_corpus import picture, write_pictures
from tests.vectors import SLUG


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "corpus")


def names_of(hits):
    return [hit.sha1 for hit in hits]


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
    project = add_encoder(project, spec.text, first=True)
    dresses = find(project, "dress", k=10)
    assert names_of(dresses) == names_of(hits)
    percentiles = [hit.percentile for hit in dresses]
    assert percentiles == sorted(percentiles, reverse=True)
    assert 90 < percentiles[-1] < percentiles[0] <= 100
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
    words = scores.scale(
        project, spec.slug, query_vectors.of_expression(project, parse_expression("hat"), spec.slug)
    )
    assert words.cosine(99) < scores.scale(project, spec.slug).cosine(99)


def test_crops_and_uploads_are_searched_like_stored_images(project, tmp_path):
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
    combined = of["both.png"]
    for box, name in (("0,0,0.5,1", "left.png"), ("0.5,0,0.5,1", "right.png")):
        hits = find(project, f"crop:{combined[:10]}@{box}", SLUG, k=20)
        assert hits[0].sha1 == of[name]
        assert hits[0].similarity > 0.999
        assert combined not in names_of(hits)
    data = (folder / "left.png").read_bytes()
    digest = query_images.keep(project, data)
    hits_of_upload = find(project, f"file:{digest}", k=3)
    assert hits_of_upload[0].sha1 == of["left.png"]
    assert hits_of_upload == find(project, open_image(data, 256), k=3)
    assert names_of(find(project, f"file:{digest}", k=1, view=View(), threshold=0.999)) == [
        of["left.png"]
    ]
    with pytest.raises(InvalidExpression):
        find(project, f"file:{'0' * 40}")
