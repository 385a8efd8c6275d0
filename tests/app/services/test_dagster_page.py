"""The address of Dagster's page of a project, and the command that starts it."""

import io
import json
import shlex
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.services import dagster_page


@pytest.fixture
def project(tmp_path):
    return SimpleNamespace(dagster_home=tmp_path / "a b" / "dagster", root=tmp_path / "a b")


@pytest.fixture
def servers(monkeypatch):
    """What answers at which address; every other one fails."""
    fake = SimpleNamespace(texts={}, requests=0)

    def urlopen(request, timeout):
        fake.requests += 1
        if request.full_url not in fake.texts:
            raise OSError
        return io.StringIO(fake.texts[request.full_url])

    monkeypatch.setattr(dagster_page.urllib.request, "urlopen", urlopen)
    dagster_page._settings.cache_clear()
    yield fake
    dagster_page._settings.cache_clear()


def at(number):
    return f"http://127.0.0.1:{number}"


def answer(home):
    info = f"local_artifact_storage:\n  config:\n    base_dir: {home}\nrun_storage: Sqlite\n"
    return json.dumps({"data": {"instance": {"info": info}}})


@pytest.mark.parametrize("text", ["{}", "<html>", '["x"]', '{"data": {"instance": null}}'])
def test_another_server_at_its_port_is_not_dagster(servers, project, text):
    servers.texts[f"{at(3000)}/graphql"] = text
    assert dagster_page.page(project) is None


def test_dagster_of_another_project_is_not_linked(servers, project, tmp_path):
    servers.texts[f"{at(3000)}/graphql"] = answer(tmp_path / "other" / "dagster")
    assert dagster_page.page(project) is None


def test_the_project_is_found_at_its_port_and_at_the_usual_one(servers, project):
    servers.texts[f"{at(3000)}/graphql"] = answer(project.dagster_home)
    assert dagster_page.page(project) == at(3000)
    own = dagster_page.port(project)
    servers.texts[f"{at(own)}/graphql"] = answer(project.dagster_home)
    dagster_page._settings.cache_clear()
    assert dagster_page.page(project) == at(own)


def test_an_answer_holds_for_a_while(servers, project):
    own = dagster_page.port(project)
    servers.texts[f"{at(own)}/graphql"] = answer(project.dagster_home)
    assert [dagster_page.page(project) for _ in range(3)] == [at(own)] * 3
    assert servers.requests == 1


def test_two_projects_have_their_pages_at_two_ports():
    war, peace = (SimpleNamespace(root=Path("/corpora", name)) for name in ("war", "peace"))
    assert dagster_page.port(war) != dagster_page.port(peace)


def test_the_command_starts_dagster_on_the_project(project, tmp_path):
    home, root, _, *rest = shlex.split(dagster_page.command(project))
    assert home == f"DAGSTER_HOME={tmp_path / 'a b' / 'dagster'}"
    assert root == f"PANOPTIC_PROJECT={tmp_path / 'a b'}"
    own = str(dagster_page.port(project))
    assert rest == ["-m", "dagster", "dev", "-m", "pipelines.definitions", "-p", own]
