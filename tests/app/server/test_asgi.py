"""The ASGI application: the routes, the modules and the pages behind one check of hosts."""

import gzip
import http.client
import json
import re

import pytest

from app.components import assets
from app.server import asgi
from panoptic_data.errors import ProjectNotFound
from tests import synthetic
from tests.dashboard import serving


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """The port of a server of a project of two images: one process holds one application."""
    project = synthetic.project(tmp_path_factory.mktemp("asgi") / "project")
    synthetic.write(project, "images", [synthetic.image(name) for name in "ab"])
    files = [synthetic.file(f"s/{name}.jpg", name) for name in "ab"]
    synthetic.write(project, "files", files)
    with serving(project.root) as address:
        yield int(address.rpartition(":")[2])


@pytest.fixture
def ask(port):
    def answer(path, method="GET", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response.status, body

    return answer


def test_routes_modules_and_pages_are_served_on_one_port(ask):
    status, body = ask("/rows")
    assert status == 200
    assert json.loads(body)["total"] == 2
    assert ask(assets.address("gallery"))[0] == 200
    assert b"<title>" in ask("/explore")[1]


@pytest.mark.parametrize(
    "path", ["/", "/rows", "/_stcore/health", "/_stcore/stream", assets.address("gallery")]
)
def test_nothing_is_answered_under_a_name_that_is_not_this_machine(ask, path):
    assert ask(path, Host="evil.example")[0] == 400


def test_what_streamlit_brings_is_compressed_once_and_kept_and_modules_come_with_the_page(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def get(path, **headers):
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response, response.read()

    page, html = get("/")
    assert page.headers["Link"] == f"<{assets.joined_address()}>; rel=modulepreload"
    [script] = re.findall(rb'<script type="module"[^>]* src="\.(/static/[^"]+)"', html)
    plain, body = get(script.decode(), Accept_Encoding="identity")
    packed, compressed = get(script.decode(), **{"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "immutable" in packed.headers["Cache-Control"]
    assert (plain.headers["Content-Type"], gzip.decompress(compressed)) == (
        packed.headers["Content-Type"],
        body,
    )
    for path in ("/static/../index.html", "/static/js/nothing.js", "/static/%2e%2e/index.html"):
        answer, body = get(path)
        assert b"PANOPTIC" not in body
        assert answer.status != 200 or b"<title>" in body
    connection.close()


def test_no_page_of_another_site_writes(ask, port):
    assert ask("/undo", "POST", Origin="http://evil.example")[0] == 403
    assert ask("/undo", "POST", Origin=f"http://127.0.0.1:{port}")[0] == 200


def test_without_a_project_there_is_no_application(monkeypatch, tmp_path):
    monkeypatch.setenv("PANOPTIC_PROJECT", str(tmp_path / "nowhere"))
    with pytest.raises(ProjectNotFound):
        asgi.application()
