"""XMP sidecars beside images: read with them, read again when they change, never imagined."""

import json
import os
import time

import pytest

from panoptic_data.catalogue import registry
from panoptic_data.catalogue.execute import run_view, window
from panoptic_data.ingest import freshness, images, sources
from panoptic_data.ingest.scan import scan_source
from panoptic_data.provenance import overview
from panoptic_data.query import parser
from panoptic_data.storage.project import create_project
from panoptic_data.versions import content
from tests.images import encoded, exif, scene
from tests.panoptic_data.catalogue.test_embedded import packet

HOUR = 3600 * 10**9


@pytest.fixture
def corpus(tmp_path):
    """Give a project and its folder: two pictures an hour old, dated 1999 by their camera."""
    folder = tmp_path / "photos"
    (folder / "roll").mkdir(parents=True)
    for name in ("a.jpg", "roll/b.JPG"):
        picture = encoded(
            scene((64, 48), len(name)), "JPEG", exif=exif(taken="1999:01:02 03:04:05")
        )
        put(folder / name, picture)
    project = create_project(tmp_path / "project")
    return project, sources.add(project, folder), folder


def put(path, data, age=HOUR):
    path.write_bytes(data)
    then = time.time_ns() - age
    os.utime(path, ns=(then, then))


def sidecars(project):
    rows = project.database().frame("files", ["path", "sidecar"]).sort("path").rows()
    return {path: json.loads(text) if text else None for path, text in rows}


def names(project, text):
    current = registry.get(project, fresh=True)
    view = parser.to_view(parser.parse(text))
    return [row["name"] for row in window(current, run_view(current, view), 0, 100)]


def test_a_sidecar_says_what_its_image_is_and_is_followed(corpus):
    project, source, folder = corpus
    images.ingest(project, source, "r1")
    before = content.part_digests(project)
    roots = {source.name: folder}
    folders = freshness.folder_state(roots).digest
    put(folder / "a.xmp", packet("Le port", "Brest", ["mer|port"]))
    put(folder / "roll" / "b.jpg.xmp", b"<broken")
    assert freshness.folder_state(roots).digest != folders
    assert scan_source(project, source).changed["path"].to_list() == ["a.jpg", "roll/b.JPG"]
    result, images_result = images.ingest(project, source, "r2")
    assert (result.changed, images_result.extra["decoded"]) == (2, 0)
    assert sidecars(project) == {
        "a.jpg": {
            "caption": "Le port", "creator": "Aïcha B.", "keywords": ["mer|port"],
            "location": "Brest",
        },
        "roll/b.JPG": {"unreadable": "unclosed token: line 1, column 0"},
    }  # fmt: skip
    assert names(project, "caption:port keywords:mer location:brest") == ["a.jpg"]
    changed = {
        name for name, digest in content.part_digests(project).items() if digest != before[name]
    }
    assert changed == {"files"}

    # A newer one goes before what the camera wrote; then it goes away.
    dated = packet("Le port").replace(b"photoshop:City", b"photoshop:DateCreated")
    put(folder / "a.xmp", dated.replace(b'DateCreated=""', b'DateCreated="1958-06"'), age=HOUR // 2)
    images.ingest(project, source, "r3")
    assert names(project, "date:1958") == ["a.jpg"]
    assert scan_source(project, source).is_unchanged
    (folder / "a.xmp").unlink()
    images.ingest(project, source, "r4")
    assert sidecars(project)["a.jpg"] is None
    assert names(project, "date:1999") == ["a.jpg", "b.JPG"]


def test_a_moved_image_takes_its_sidecar_and_an_unread_one_keeps_it(corpus):
    project, source, folder = corpus
    put(folder / "a.xmp", packet("Le port"))
    images.ingest(project, source, "r1")
    (folder / "new").mkdir()
    for name in ("a.jpg", "a.xmp"):
        (folder / name).rename(folder / "new" / name)
    result, _ = images.ingest(project, source, "r2")
    assert result.extra["moved"] == 1
    assert sidecars(project)["new/a.jpg"]["caption"] == "Le port"
    (folder / "new" / "a.jpg").unlink()
    images.ingest(project, source, "r3")
    assert sidecars(project)["new/a.jpg"]["caption"] == "Le port"


def test_a_sidecar_that_cannot_be_read_is_a_reason_of_its_file(corpus):
    project, source, folder = corpus
    put(folder / "a.xmp", b"<broken")
    put(folder / "copy.jpg", (folder / "a.jpg").read_bytes())
    put(folder / "copy.xmp", packet("Le port"))
    images.ingest(project, source, "r1")
    assert overview.reason_counts(project) == {"sidecar": 1}
    for reason in (None, "sidecar"):
        [problem] = overview.problem_files(project, reason)
        assert (problem.path, problem.status, problem.reason) == ("a.jpg", "ok", "sidecar")
        assert "unclosed token" in problem.detail
    # What a copy's sidecar says still counts.
    assert names(project, "caption:port") == ["a.jpg"]
    # It is not read again each time, but where that is asked for, or it is mended.
    assert scan_source(project, source).is_unchanged
    assert scan_source(project, source, retry=True).recheck["path"].to_list() == ["a.jpg"]
    put(folder / "a.xmp", packet("La gare"), age=HOUR // 2)
    images.ingest(project, source, "r2")
    assert overview.reason_counts(project) == {}
    assert names(project, "caption:gare") == ["a.jpg"]
