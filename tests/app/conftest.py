"""A module's own ``project``, its annotations, and the application's routes over it."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from app.api.routes import routes
from app.server.host_check import Guard
from panoptic_data.annotations.store import annotations_of


@pytest.fixture
def store(project):
    return annotations_of(project)


@pytest.fixture
def client(project):
    app = Starlette(routes=routes(project), middleware=[Middleware(Guard)])
    with TestClient(app, base_url="http://localhost") as made:
        yield made


@pytest.fixture
def post(client):
    def posted(path, body, status=200, **query):
        answer = client.post(path, json=body, params=query)
        assert answer.status_code == status, answer.text
        return answer.json()

    return posted
