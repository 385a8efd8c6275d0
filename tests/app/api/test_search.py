"""Searches over HTTP and from the command line: what is brought, how it reads, what it finds."""

import hashlib
import io
import json
from pathlib import Path

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from app.api.search import routes
from app.cli import main
from app.server.host_check import HostCheck
from panoptic_data.encoders import parse
from panoptic_data.ingest import images, sources
from panoptic_data.media import download, query_images
from panoptic_data.provenance import runs
from panoptic_data.search.compare import compare
from panoptic_data.search.find import find
from panoptic_data.storage.project import create_project, set_encoders
from panoptic_data.vectors import embeddings
from panoptic_data.views import model
from panoptic_data.views.model import Condition, View
from tests import synthetic
from tests.small_corpus import picture, write_pictures
from tests.vectors import embed, grouped


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("searching")
    write_pictures(folder / "pictures", range(24))
    opened = create_project(folder / "project")
    images.ingest(opened, sources.add(opened, folder / "pictures"), "r1")
    embeddings.update(opened, parse("visual"), "r1")
    return set_encoders(opened, ("visual",))


@pytest.fixture(scope="module")
def client(project):
    app = Starlette(routes=routes(project), middleware=[Middleware(HostCheck)])
    return TestClient(app, base_url="http://127.0.0.1")


def png(number):
    written = io.BytesIO()
    picture(number).save(written, "PNG")
    return written.getvalue()


def test_a_brought_picture_becomes_a_term(client, project):
    data = png(900)
    answer = client.post("/search/picture", content=data).json()
    digest = hashlib.sha1(data).hexdigest()
    assert answer == {"term": f"file:{digest}", "image": None}
    assert len(find(project, answer["term"], k=5)) == 5
    small = client.get(f"/search/picture/{digest}")
    assert small.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(small.content)).size == (96, 72)
    # One that the corpus holds is said to be there.
    [known] = project.database().frame("files", ["sha1", "path"]).head(1).to_dicts()
    path = sources.listing(project)[0].root / known["path"]
    assert client.post("/search/picture", content=path.read_bytes()).json() == {
        "term": f"file:{known['sha1']}",
        "image": known["sha1"],
    }


def test_what_is_no_picture_or_too_large_is_refused(client, monkeypatch):
    english = client.post("/search/picture", content=b"<html>")
    french = client.post("/search/picture?lang=fr", content=b"<html>")
    assert english.status_code == french.status_code == 400
    assert english.json()["message"] != french.json()["message"]
    monkeypatch.setattr(query_images, "MAX_BYTES", 2**20)
    for body in (b"x" * (2**20 + 1), iter([b"x" * 2**19] * 3)):
        large = client.post("/search/picture", content=body)
        assert large.status_code == 400
        assert "1 MB" in large.json()["message"]
    other = {"Origin": "http://elsewhere.example"}
    assert client.post("/search/picture", content=png(1), headers=other).status_code == 403
    for name in ("0" * 40, "..%2f..%2fproject.toml", "x"):
        assert client.get(f"/search/picture/{name}").status_code == 404


def test_an_address_is_fetched_when_asked(client, monkeypatch):
    data, fetched = png(901), []

    def fetch(address):
        fetched.append(address)
        return data

    monkeypatch.setattr(download, "fetch", fetch)
    payload = client.post("/search/address", json={"address": "https://pictures.example/a.png"})
    assert payload.json()["term"] == f"file:{hashlib.sha1(data).hexdigest()}"
    assert fetched == ["https://pictures.example/a.png"]
    monkeypatch.undo()
    for body in (b"", b"[]", b'{"address": 1}', b'{"address": "http://127.0.0.1:1/"}'):
        answer = client.post("/search/address", content=body)
        assert answer.status_code == 400
        assert answer.json()["error"] == "invalid_address"


def test_a_search_is_read_for_chips(client):
    text = '2*"golden retriever" - image:ab12cd34ef'
    read = client.get("/search/read", params={"text": text, "lang": "fr"}).json()
    assert read["text"] == "2*golden retriever - image:ab12cd34ef"
    assert (read["needs_words"], read["warm"]) == (True, False)
    assert [term["label"] for term in read["terms"]] == [
        "2 × «\u202fgolden retriever\u202f»",
        "sans image ab12cd…",
    ]
    assert [term["without"] for term in read["terms"]] == [
        "-image:ab12cd34ef",
        "2*golden retriever",
    ]
    wrong = client.get("/search/read", params={"text": "cat + - dog"})
    assert (wrong.status_code, wrong.json()["span"]) == (400, [4, 6])


def test_a_slider_is_told_how_similarities_lie(client, project):
    sha1s = project.database().frame("images", ["sha1"])["sha1"].to_list()
    like = {"encoder": "visual", "query": f"image:{sha1s[0]}", "threshold": 0.25}
    view = View((Condition("like", "at least", like),))
    payload = client.get("/search/spread", params={"view": model.to_address(view)}).json()
    assert (sum(payload["counts"]), len(payload["edges"]), payload["least"]) == (23, 61, 0.25)
    assert payload["percentiles"][0] < 50 < payload["percentiles"][-1]
    assert client.get("/search/spread").json() is None
    broken = View((Condition("like", "at least", {**like, "encoder": "none"}),))
    answer = client.get("/search/spread", params={"view": model.to_address(broken)})
    assert answer.json()["error"] == "no_embeddings"


def test_what_is_being_made_is_said_and_is_no_error(client, project):
    like = {"encoder": "other", "query": f"image:{sha1_of(project)}"}
    view = model.to_address(View((Condition("like", "at least", like),)))
    with runs.start(project, "process", {}) as run:
        answer = client.get("/search/spread", params={"view": view, "lang": "fr"})
        assert (answer.status_code, answer.json()["error"]) == (202, "no_embeddings")
        assert "en cours de calcul" in answer.json()["message"]
        # Once its vectors are made a run makes no more of them.
        run.report("embeddings/other/pictures", 24, 24)
        run._write("running", None)
        assert client.get("/search/spread", params={"view": view}).status_code == 400
    answer = client.get("/search/spread", params={"view": view})
    assert (answer.status_code, answer.json()["error"]) == (400, "no_embeddings")


def test_an_image_that_has_no_vector_yet_is_no_unknown_image(client, project, capsys):
    sha1 = sha1_of(project)
    command = ["search", f"image:{sha1}", "--project", str(project.root)]
    project.database().delete("embeddings__visual", [sha1])
    assert main(command) == 4
    assert f"Image {sha1} has no vector under visual yet" in capsys.readouterr().err
    with runs.start(project, "process", {}):
        assert main(command) == 4
        assert "The vectors of visual are being computed" in capsys.readouterr().err
    embeddings.update(project, parse("visual"), "r2")
    assert main(command) == 0


def sha1_of(project):
    return project.database().frame("images", ["sha1"])["sha1"].min()


def test_the_command_line_searches_as_python_does(project, capsys):
    sha1s = project.database().frame("images", ["sha1"])["sha1"].sort().to_list()
    text = f"2*image:{sha1s[0]} - image:{sha1s[1][:12]}"
    arguments = ["search", text, "-k", "4", "--project", str(project.root)]
    assert main([*arguments, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    hits = find(project, text, k=4)
    assert answer["encoder"] == "visual"
    assert answer["query"] == text
    rows = [(row["sha1"], row["similarity"], row["percentile"]) for row in answer["results"]]
    assert rows == [(hit.sha1, hit.similarity, hit.percentile) for hit in hits]
    assert all(Path(row["path"]).is_file() for row in answer["results"])
    assert main(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.rpartition(" ")[2] for line in lines] == [row["path"] for row in answer["results"]]
    # Within a view, and by a picture's path.
    assert main([*arguments, "--view", "folder:subject-1", "--json"]) == 0
    within = json.loads(capsys.readouterr().out)["results"]
    assert {Path(row["path"]).parent.name for row in within} == {"subject-1"}
    here = answer["results"][0]["path"]
    assert main(["search", here, "--project", str(project.root), "--json"]) == 0
    by_picture = json.loads(capsys.readouterr().out)
    assert by_picture["query"] == here
    assert by_picture["results"][0]["sha1"] == answer["results"][0]["sha1"]


def test_the_command_line_compares_encoders(project, capsys):
    names = project.database().frame("images", ["sha1"])["sha1"].sort().to_list()
    other = "timm-resnet50-a1-in1k"
    embed(project, names, grouped(len(names))[0], other)
    row = {"slug": other, "text": "timm:resnet50.a1_in1k", "status": "ready", "reads_text": False}
    synthetic.write(project, "encoders", [row])
    arguments = ["search", f"image:{names[0]}", "-k", "3", "--project", str(project.root)]
    both = [*arguments, "--encoder", "visual", "--encoder", "timm:resnet50.a1_in1k"]
    assert main([*both, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    plain = compare(project, f"image:{names[0]}", ["visual", other], k=3)
    assert (answer["encoders"], answer["of"]) == (["visual", other], 3)
    assert answer["common"] == plain.common
    assert [
        (row["sha1"], *(rank["rank"] for rank in row["ranks"])) for row in answer["results"]
    ] == [(image.sha1, *(rank.rank for rank in image.ranks)) for image in plain.images]
    assert main(both) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["1: visual", f"2: {other}"]
    assert [line.split()[::2] for line in lines[2:-1]] == [
        [*(str(rank["rank"]) for rank in row["ranks"]), row["path"]] for row in answer["results"]
    ]
    assert lines[-1] == f"All encoders share {plain.common} of the first 3."
    # The same twice is one.
    assert main([*arguments, "--encoder", "visual", "--encoder", "visual", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["encoder"] == "visual"


def test_the_command_line_says_what_is_wrong_with_a_search(project, capsys):
    for text, part in (("image:xyz", "image:xyz"), ("a cat", "reads text"), ("cat - ", "“-”")):
        assert main(["search", text, "--project", str(project.root)]) == 2
        assert part in capsys.readouterr().err
