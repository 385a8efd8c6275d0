"""An empty project, or a module's own ``project``, and the application's routes over it."""

import http.client

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from app.api.routes import routes
from app.server.host_check import HostCheck
from app.services import jobs
from panoptic_data.annotations.store import annotations_of
from tests import synthetic
from tests.served_corpus import make_corpus, serve


@pytest.fixture
def project(tmp_path, monkeypatch):
    opened = synthetic.project(tmp_path / "project", encoders=("clip", "visual"))
    monkeypatch.setenv("PANOPTIC_PROJECT", str(opened.root))
    return opened


@pytest.fixture(autouse=True)
def reported(monkeypatch):
    """The projects of whose new versions Dagster would have been told, by a process of its own."""
    projects = []
    monkeypatch.setattr(jobs, "report_versions", projects.append)
    return projects


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
    with TestClient(app, base_url="http://localhost") as created:
        yield created


@pytest.fixture
def post(client):
    def posted(path, body, status=200, **query):
        answer = client.post(path, json=body, params=query)
        assert answer.status_code == status, answer.text
        return answer.json()

    return posted


@pytest.fixture(scope="module")
def real_corpus(tmp_path_factory):
    """A project of awkward files, its source, and the bytes of each file by its name."""
    return make_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def server(real_corpus):
    """The port of a server of its routes."""
    with serve(real_corpus[0]) as port:
        yield port


@pytest.fixture
def ask(server):
    def send(path, method="GET", body=None, **headers):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", server, timeout=30)
        connection.request(method, path, body, headers=names)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer, body

    return send
