"""Projects with images that encoders have seen."""

import pytest

from panoptic_data.encoders import parse
from panoptic_data.ingest import images, sources
from panoptic_data.storage.project import create_project, set_encoders
from panoptic_data.vectors import embeddings
from tests import synthetic
from tests.small_corpus import write_pictures
from tests.vectors import embed, grouped


@pytest.fixture(scope="module")
def ingested(tmp_path_factory):
    folder = tmp_path_factory.mktemp("find")
    write_pictures(folder / "pictures", range(12))
    opened = create_project(folder / "project")
    images.ingest(opened, sources.add(opened, folder / "pictures"), "r1")
    embeddings.update(opened, parse("visual"), "r1")
    return set_encoders(opened, ("visual",))


@pytest.fixture
def sha1s(ingested, monkeypatch):
    monkeypatch.setenv("PANOPTIC_PROJECT", str(ingested.root))
    return ingested.database().frame("images", ["sha1"])["sha1"].sort().to_list()


@pytest.fixture
def two_encoders(tmp_path, monkeypatch):
    """40 images in two folders, seen by two encoders; a third waits, a fourth has seen none."""
    opened = synthetic.project(tmp_path / "project")
    names = [f"image {number}" for number in range(40)]
    synthetic.write(opened, "images", [synthetic.image(name) for name in names])
    files = [synthetic.file(f"s/{at % 2}/{at}.jpg", name) for at, name in enumerate(names)]
    synthetic.write(opened, "files", files)
    sha1s = [synthetic.sha1(name) for name in names]
    texts = ("visual", "timm:resnet50.a1_in1k", "clip", "timm:mobilenetv2_100")
    slugs = [parse(text).slug for text in texts]
    rows = [
        {"slug": slug, "text": text, "status": "waiting" if text == "clip" else "ready"}
        for slug, text in zip(slugs, texts, strict=True)
    ]
    synthetic.write(opened, "encoders", [{**row, "reads_text": False} for row in rows])
    for seed, slug in enumerate(slugs[:2]):
        embed(opened, sha1s, grouped(40, seed=seed, width=0.8)[0], slug)
    monkeypatch.setenv("PANOPTIC_PROJECT", str(opened.root))
    return opened, sha1s
