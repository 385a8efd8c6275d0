"""The address of Dagster's own page, and the command that starts it."""

import io
import shlex
from types import SimpleNamespace

import pytest

from app.widgets import dagster_page


@pytest.fixture
def server(monkeypatch):
    """A server at Dagster's address that answers ``server.text``, or fails where that is None."""
    fake = SimpleNamespace(text=None, requests=0)

    def urlopen(address, timeout):
        fake.requests += 1
        if fake.text is None:
            raise OSError
        return io.StringIO(fake.text)

    monkeypatch.setattr(dagster_page.urllib.request, "urlopen", urlopen)
    dagster_page._is_running.cache_clear()
    yield fake
    dagster_page._is_running.cache_clear()


@pytest.mark.parametrize("text", [None, "{}", "<html>", '["x"]'])
def test_another_server_at_its_port_is_not_dagster(server, text):
    server.text = text
    assert dagster_page.page() is None


def test_an_answer_holds_for_a_while(server):
    server.text = '{"dagster_version": "1.13"}'
    assert [dagster_page.page() for _ in range(3)] == [dagster_page.ADDRESS] * 3
    assert server.requests == 1


def test_the_command_starts_dagster_on_the_project(tmp_path):
    project = SimpleNamespace(dagster_home=tmp_path / "a b" / "dagster", root=tmp_path / "a b")
    home, root, _, *rest = shlex.split(dagster_page.command(project))
    assert home == f"DAGSTER_HOME={tmp_path / 'a b' / 'dagster'}"
    assert root == f"PANOPTIC_PROJECT={tmp_path / 'a b'}"
    assert rest == ["-m", "dagster", "dev", "-m", "pipelines.definitions"]
