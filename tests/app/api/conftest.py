"""What several tests of routes send."""

import pytest


@pytest.fixture
def define(client):
    """Send a change of a property or tag, which must succeed; return the answer."""

    def send(do, **body):
        answer = client.post("/define", json={"do": do, **body})
        assert answer.status_code == 200, answer.text
        return answer.json()

    return send


@pytest.fixture
def ask_groups(client):
    """Ask a route of duplicates; return the answer, None for an empty one."""

    def send(path, status=200, **query):
        answer = client.get(f"/clearing/{path}", params=query)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    return send
