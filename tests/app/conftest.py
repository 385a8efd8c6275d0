"""An empty project, or a module's own ``project``, and the application's routes over it."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from app.api.routes import routes
from app.server.host_check import HostCheck
from panoptic_data.annotations.store import annotations_of
from tests import synthetic


@pytest.fixture
def project(tmp_path, monkeypatch):
    opened = synthetic.project(tmp_path / "project", encoders=("clip", "visual"))
    monkeypatch.setenv("PANOPTIC_PROJECT", str(opened.root))
    return opened


@pytest.fixture
def corpus(project):
    """Four images in two folders, one of them twice."""
    synthetic.write(project, "images", [synthetic.image(name, run="r1") for name in "abcd"])
    places = {"s/cats/a.jpg": "a", "s/cats/b.jpg": "b", "s/dogs/c.jpg": "c", "s/dogs/d.jpg": "d"}
    rows = [synthetic.file(place, name) for place, name in places.items()]
    synthetic.write(project, "files", [*rows, synthetic.file("s/dogs/again.jpg", "a")])
    return project


@pytest.fixture
def store(project):
    return annotations_of(project)


@pytest.fixture
def client(project):
    app = Starlette(routes=routes(project), middleware=[Middleware(HostCheck)])
    with TestClient(app, base_url="http://localhost") as made:
        yield made


@pytest.fixture
def post(client):
    def posted(path, body, status=200, **query):
        answer = client.post(path, json=body, params=query)
        assert answer.status_code == status, answer.text
        return answer.json()

    return posted
