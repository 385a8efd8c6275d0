"""A project with files of all kinds to import values for."""

import pytest

from tests import synthetic
from tests.importing import NAMES


@pytest.fixture
def project(tmp_path):
    """Two sources; two files hold the same image, two images have files of the same name."""
    opened = synthetic.project(tmp_path / "war")
    added = {"added_at": synthetic.AT}
    uris = {"posters": "/data/posters", "cards": "/data/cards"}
    synthetic.write(
        opened, "sources", [{"name": name, "uri": uri, **added} for name, uri in uris.items()]
    )
    files = [
        *(synthetic.file(f"cards/num/{name}.jpg", name) for name in NAMES),
        synthetic.file("posters/1930/red.jpg", "red"),
        synthetic.file("posters/1940/red.jpg", "other red"),
        synthetic.file("posters/1930/blue.png", "blue"),
        synthetic.file("posters/copies/blue.png", "blue"),
        synthetic.file("posters/été.jpg", "summer"),
        synthetic.file("posters/gone.jpg", "gone", status="missing"),
        synthetic.file("posters/bad.jpg", None, status="unreadable"),
    ]
    synthetic.write(opened, "files", files)
    sha1s = dict.fromkeys(row["sha1"] for row in files if row["sha1"])
    synthetic.write(opened, "images", [{"sha1": sha1, "format": "JPEG"} for sha1 in sha1s])
    return opened
