"""Imports over HTTP: one server, real tables; a file comes in, is arranged, becomes a batch."""

import csv
import io
import json
from urllib.parse import quote

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from app.api import history, imports
from app.server.host_check import HostCheck
from app.services import identity, import_sessions
from panoptic_data.annotations.store import annotations_of
from tests import synthetic
from tests.dashboard import eventually

NAMES = [f"image-{number}" for number in range(24)]
IMAGES = [synthetic.sha1(name) for name in NAMES]


@pytest.fixture
def project(tmp_path):
    opened = synthetic.project(tmp_path / "project")
    synthetic.write(opened, "images", [synthetic.image(name) for name in NAMES])
    files = [synthetic.file(f"box/years/{name}.jpg", name) for name in NAMES]
    synthetic.write(opened, "files", [*files, synthetic.file("box/cover.jpg", "cover")])
    return opened


@pytest.fixture
def client(project):
    routes = [*imports.routes(project), *history.routes(project)]
    app = Starlette(routes=routes, middleware=[Middleware(HostCheck)])
    client = TestClient(app, base_url="http://127.0.0.1")
    client.cookies.set(identity.COOKIE, quote("Ana"))
    return client


@pytest.fixture
def hand(client):
    return Hand(client)


class Hand:
    """An import in hand, as the page has it."""

    def __init__(self, client):
        self.client = client
        self.answer = None

    def begin(self, text, name="labels.csv", **query):
        body = text if isinstance(text, bytes) else text.encode()
        return self._settled(
            self.client.post("/imports/file", params={"name": name, **query}, content=body)
        )

    def open(self, path):
        return self._settled(self.client.post("/imports/path", json={"path": str(path)}))

    def choose(self, **answer):
        return self._take(self.client.post(f"/imports/{self.answer['id']}", json=answer))

    def write(self):
        return self._settled(self.client.post(f"/imports/{self.answer['id']}/write", json={}))

    def get(self, path="", **query):
        return self.client.get(f"/imports/{self.answer['id']}{path}", params=query)

    def column(self, source):
        return next(
            column for column in self.answer["plan"]["columns"] if column["source"] == source
        )

    def _take(self, answer):
        assert answer.status_code == 200, answer.text
        self.answer = answer.json()
        return self.answer

    def _settled(self, answer):
        self._take(answer)

        def is_settled():
            return self._take(self.get())["phase"] not in ("reading", "writing")

        assert eventually(is_settled)
        return self.answer


def held(project, name):
    """Return what a property holds: image → value, of tags their names."""
    state = annotations_of(project).state(fresh=True)
    prop = next(it for it in state.live_properties if it.name == name)
    matches = {}
    for target, value in state.values(prop.id).select("target", "value").iter_rows():
        text = state.tags[value].name if prop.has_tags else value
        matches.setdefault(NAMES[IMAGES.index(target)], []).append(text)
    return {target: sorted(some) for target, some in matches.items()}


def test_a_file_is_read_arranged_written_and_taken_back_and_arranged_again(project, client, hand):
    answer = hand.begin(
        "path;kind[tag];made\nimage-1.jpg;map;1912\nimage-2.jpg;;May 1912\nx.jpg;a;b\n"
    )
    assert answer["phase"] == "ready"
    assert answer["table"].pop("text")["encoding"] == "utf-8"
    assert answer["table"] == {"rows": 3, "columns": ["path", "kind", "made"], "listsTags": False}
    assert answer["choices"]["by"] == "path"
    assert answer["plan"]["missed"]["first"] == [{"line": 4, "key": "x.jpg", "why": "nothing"}]
    assert hand.column("kind")["read"] == [["map"]]
    assert hand.column("made")["type"] == "text"
    hand.choose(columns={"made": {"type": "date", "name": "Made in"}})
    assert hand.column("made")["read"] == [["1912"], ["1912-05"]]
    assert [column["writes"] for column in hand.answer["plan"]["columns"]] == [1, 2]
    answer = hand.write()
    assert answer["phase"] == "done"
    written = answer["written"]
    assert (written["values"], written["images"], len(written["properties"])) == (3, 2, 2)
    assert held(project, "Made in") == {"image-1": ["1912"], "image-2": ["1912-05"]}
    [batch] = client.get("/batches", params={"limit": 1}).json()["batches"]
    assert (batch["author"], batch["act"], batch["about"]) == ("Ana", "import", "labels.csv")
    assert hand.answer["written"]["isOn"] is True
    client.post("/switch", json={"batch": written["batch"], "on": False})
    assert hand.get().json()["written"]["isOn"] is False
    assert "Made in" not in {
        prop.name for prop in annotations_of(project).state(fresh=True).live_properties
    }
    # The choices stay.
    hand.choose(columns={"kind": {"take": False}})
    assert hand.column("made")["name"] == "Made in"
    assert hand.write()["written"]["values"] == 2


def test_rows_are_shown_beside_their_images_before_anything_is_written(hand):
    text = "".join(f"{1900 + number}\n" for number in range(24))
    answer = hand.begin(f"year\n{text}", name="years.csv")
    assert (answer["choices"]["by"], answer["choices"]["folder"]) == ("row", "box/years")
    rows = hand.get("/rows").json()["rows"]
    assert len(rows) == imports.SAMPLE_ROWS
    for row in rows:
        number = row["line"] - 2
        assert row["place"] == f"box/years/image-{number}.jpg"
        assert row["sha1"] == IMAGES[number]
        assert row["cells"] == [["year", str(1900 + number)]]
    assert (rows[0]["line"], rows[-1]["line"]) == (2, 25)
    others = hand.get("/rows", page=1).json()["rows"]
    assert {row["line"] for row in others} != {row["line"] for row in rows}
    hand.choose(matching={"by": "row", "folder": "box"})
    assert hand.get("/rows").json()["rows"][0]["place"] == "box/cover.jpg"


def test_what_finds_no_image_can_be_kept_as_a_file_that_runs_no_formula(hand):
    rows = "".join(f"none-{number}.jpg,x\n" for number in range(30))
    hand.begin(f"path,note\n=1+1,x\nimage-1.jpg,x\n{rows}")
    missed = hand.answer["plan"]["missed"]
    assert (missed["count"], len(missed["first"])) == (31, 20)
    answer = hand.get("/missing.csv", lang="fr")
    assert "attachment" in answer.headers["content-disposition"]
    read = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert read[:2] == [["line", "key", "why"], ["2", "'=1+1", "aucune image"]]
    assert len(read) == 32


def test_a_choice_that_cannot_be_stays_with_its_reason_and_the_next_one_mends_it(hand):
    hand.begin("path,kind\nimage-1.jpg,a\n")
    hand.write()
    hand.begin("path,kind,note\nimage-1.jpg,a,b\n")
    assert hand.column("kind")["is_new"] is False
    hand.choose(columns={"note": {"name": "KIND", "type": "number"}})
    problem = hand.answer["problem"]
    assert (problem["about"], problem["column"]) == ("column", "note")
    assert "kind" in problem["message"]
    assert hand.answer["canWrite"] is False
    assert hand.answer["choices"]["columns"]["note"]["name"] == "KIND"
    answer = hand.client.post(f"/imports/{hand.answer['id']}/write", json={})
    assert answer.status_code == 409
    hand.choose(matching={"by": "name", "column": "path"})
    assert hand.answer["problem"]["column"] == "note"
    hand.choose(columns={"note": {"name": "Remark", "type": "text"}})
    assert hand.answer["problem"] is None
    assert hand.answer["canWrite"] is True


def test_where_nothing_names_the_images_the_way_is_asked_for(hand):
    answer = hand.begin("year\n1912\n1913\n")
    assert answer["phase"] == "ready"
    assert (answer["problem"]["about"], answer["plan"]) == ("matching", None)
    hand.choose(matching={"by": "row", "folder": "nowhere"})
    assert "nowhere" in hand.answer["problem"]["message"]
    folders = hand.client.get("/imports/folders").json()["folders"]
    assert folders == [["box", 25], ["box/years", 24]]
    hand.choose(matching={"by": "row", "folder": "box/years"})
    assert (hand.answer["problem"], hand.answer["plan"]["matched"]) == (None, 2)


def test_values_that_are_there_are_counted_and_kept_if_so_chosen(project, hand):
    hand.begin("path,year\nimage-1.jpg,1911\n")
    hand.write()
    hand.begin("path,year\nimage-1.jpg,1999\nimage-2.jpg,1912\n")
    column = hand.column("year")
    assert (column["is_new"], column["held"], column["writes"]) == (False, 1, 2)
    hand.choose(existing="keep")
    assert hand.column("year")["writes"] == 1
    hand.write()
    assert held(project, "year") == {"image-1": ["1911"], "image-2": ["1912"]}
    hand.choose(existing="new")
    assert hand.column("year")["name"] == "year (2)"


def test_a_list_of_tags_goes_into_a_property_and_a_circle_is_told(project, hand):
    answer = hand.begin("name,colour,parents\nwar,#d94f4f,\nbattle,,war\n", name="Subject.csv")
    assert (answer["choices"]["into"], answer["tags"]["count"], answer["plan"]) == (
        "Subject",
        2,
        None,
    )
    assert answer["tags"]["first"][1] == {"name": "battle", "colour": None, "parents": ["war"]}
    hand.choose(into="Theme")
    assert hand.write()["written"]["tags"] == 2
    state = annotations_of(project).state(fresh=True)
    assert {prop.name for prop in state.live_properties} == {"Theme"}
    hand.begin("name,parents\nwar,battle\n", into="Theme")
    answer = hand.write()
    assert answer["phase"] == "ready"
    assert answer["problem"]["about"] == "import"
    assert "war" in answer["problem"]["message"]
    # The same file as values of images.
    hand.choose(into=None)
    assert hand.answer["tags"] is None
    assert hand.answer["problem"]["about"] == "matching"


@pytest.mark.parametrize(
    ("body", "name", "sentence"),
    [(b"PK\x03\x04rest", "year.xlsx", "CSV"), (b"", "a.csv", "empty"), (b"{\n[", "a.json", "JSON")],
)
def test_a_file_that_cannot_be_read_is_called_by_its_own_name(project, hand, body, name, sentence):
    answer = hand.begin(body, name=f"C:\\private\\..\\{name}")
    assert (answer["phase"], answer["name"], answer["problem"]["about"]) == ("failed", name, "file")
    assert sentence in answer["problem"]["message"]
    assert answer["problem"]["message"].count("/") == 0
    assert list((project.root / "imports").iterdir()) == []


def test_a_path_on_this_machine_is_read_where_it_lies(hand, tmp_path):
    path = tmp_path / "my labels.csv"
    path.write_text("path,kind\nimage-1.jpg,a\n")
    assert hand.open(f" '{path}' ")["plan"]["matched"] == 1
    assert path.exists()
    answer = hand.open(tmp_path / "none.csv")
    assert (answer["phase"], answer["problem"]["about"]) == ("failed", "file")


def test_too_large_is_refused_before_and_while_it_comes(client, monkeypatch, project):
    monkeypatch.setattr(imports, "UPLOAD_AT_MOST", 10)
    answer = client.post("/imports/file?name=a.csv&lang=fr", content=b"x" * 11)
    assert answer.status_code == 413
    assert "chemin" in answer.json()["message"]
    answer = client.post("/imports/file?name=a.csv", content=iter([b"x" * 8, b"x" * 8]))
    assert answer.status_code == 413
    assert list((project.root / "imports").iterdir()) == []


def test_what_is_stopped_is_not_written_and_what_nobody_foresaw_is_told(hand, monkeypatch):
    hand.begin("path,kind,note\nimage-1.jpg,a,b\n")
    apply = import_sessions.apply.apply_plan

    def stopped(project, plan, who, report):
        hand.client.post(f"/imports/{hand.answer['id']}/stop", json={})
        return apply(project, plan, who, report)

    monkeypatch.setattr(import_sessions.apply, "apply_plan", stopped)
    answer = hand.write()
    assert (answer["phase"], answer["written"], answer["problem"]) == ("ready", None, None)

    def broken(*_):
        raise RuntimeError

    monkeypatch.setattr(import_sessions.apply, "apply_plan", broken)
    answer = hand.write()
    assert (answer["phase"], answer["problem"]["about"]) == ("ready", "import")
    monkeypatch.setattr(import_sessions.apply, "apply_plan", apply)
    assert hand.choose(existing="keep")["problem"] is None
    assert hand.write()["written"]["values"] == 2


def test_bodies_that_are_no_choices_are_refused(hand):
    hand.begin("path,kind\nimage-1.jpg,a\n")
    wrong = (
        [],
        {"matching": "path"},
        {"matching": {"by": "magic"}},
        {"columns": {"kind": "x"}},
        {"columns": {"kind": {"take": "yes"}}},
        {"columns": {"other": {"take": True}}},
        {"existing": 3},
        {"into": ["x"]},
    )
    for body in wrong:
        address = f"/imports/{hand.answer['id']}"
        assert hand.client.post(address, json=body).status_code == 400, json.dumps(body)
    assert hand.choose(existing="burn")["problem"]["about"] == "import"
    assert hand.client.post("/imports/path", json={"path": "\0"}).status_code == 400
    assert hand.client.get("/imports/0000").status_code == 404
    refused = hand.client.post(
        "/imports/file?name=a.csv", content=b"a", headers={"Origin": "http://evil.example"}
    )
    assert refused.status_code == 403


def test_files_in_hand_are_few_and_one_that_is_let_go_is_gone(hand, client):
    first = hand.begin("path,kind\nimage-1.jpg,a\n")["id"]
    for _ in range(import_sessions.KEPT):
        hand.begin("path,kind\nimage-1.jpg,a\n")
    assert client.get(f"/imports/{first}").status_code == 404
    assert client.delete(f"/imports/{hand.answer['id']}").status_code == 204
    assert hand.get().status_code == 404


def test_another_encoding_reads_an_upload_again_until_it_is_let_go(project, client, hand):
    uploads = project.root / import_sessions.UPLOADS
    hand.begin("path;note\nimage-1.jpg;ışık\nimage-2.jpg;şiir\n".encode("cp1254"))
    problem = hand.answer["problem"]
    assert (problem["about"], hand.answer["canWrite"]) == ("encoding", False)
    assert {"cp1252", "cp1254"} <= {*hand.answer["table"]["text"]["others"], "cp1252", "cp1254"}
    hand._settled(client.post(f"/imports/{hand.answer['id']}", json={"encoding": "cp1252"}))
    assert hand.answer["table"]["text"]["accented"] == ["ýþýk", "þiir"]
    hand._settled(client.post(f"/imports/{hand.answer['id']}", json={"encoding": "klingon"}))
    assert hand.answer["problem"]["about"] == "encoding"
    assert not hand.answer["canWrite"]
    hand._settled(client.post(f"/imports/{hand.answer['id']}", json={"encoding": "cp1254"}))
    assert hand.answer["table"]["text"]["accented"] == ["ışık", "şiir"]
    assert hand.answer["canWrite"]
    assert len(list(uploads.iterdir())) == 1
    client.delete(f"/imports/{hand.answer['id']}")
    assert list(uploads.iterdir()) == []


def test_days_that_may_be_months_are_asked(client, hand):
    hand.begin("path;d[date]\nimage-1.jpg;04/05/1912\nimage-2.jpg;01/02/1913\n")
    problem = hand.answer["problem"]
    assert (problem["about"], problem["column"], problem["code"]) == ("column", "d", "dates")
    assert not hand.answer["canWrite"]
    hand.choose(columns={"d": {"order": "month"}})
    assert hand.column("d")["read"] == [["1912-04-05"], ["1913-01-02"]]
    assert hand.answer["canWrite"]
