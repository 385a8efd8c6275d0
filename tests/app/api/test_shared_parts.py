"""Groups of images that share a part, over HTTP: real tables, the application's own routes."""

import json

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.api.duplicates import routes
from app.services import jobs, shared_parts_run
from panoptic_data.annotations import edits
from panoptic_data.annotations.store import annotations_of
from panoptic_data.parts import shared
from panoptic_data.views import model
from panoptic_data.views.model import View
from tests import synthetic
from tests.dashboard import eventually

NAMES = ("rug", "sofa", "hall", "stamp", "letter")
RUG, SOFA, HALL, STAMP, LETTER = map(synthetic.sha1, NAMES)
LARGE, SMALL = "1" * 16 + "-" + "2" * 16, "3" * 16 + "-" + "4" * 16
SQUARE = [0.25, 0.25, 0.75, 0.25, 0.75, 0.75, 0.25, 0.75]


def member(group, name, hub, inliers=60):
    sha1 = synthetic.sha1(name)
    return {
        "member": f"{group}/{sha1}",
        "group": group,
        "sha1": sha1,
        "hub": synthetic.sha1(hub),
        "outline": SQUARE,
        "inliers": inliers,
        "sureness": 1 - 15 / (2 * inliers),
    }


@pytest.fixture
def project(tmp_path):
    opened = synthetic.project(tmp_path / "project")
    synthetic.write(opened, "images", [synthetic.image(name) for name in NAMES])
    synthetic.write(opened, "files", [synthetic.file(f"s/a/{name}.jpg", name) for name in NAMES])
    return opened


@pytest.fixture
def with_parts(project):
    """The project once shared parts were found: a rug in three images, a stamp in two."""
    rows = [member(LARGE, "rug", "rug"), member(LARGE, "sofa", "rug", 24)]
    rows += [member(LARGE, "hall", "rug", 16)]
    rows += [member(SMALL, "stamp", "stamp"), member(SMALL, "letter", "stamp")]
    synthetic.write(project, shared.GROUPS, rows)
    synthetic.write(project, "stages", [{"stage": shared.STAGE, "code_version": "1"}])
    return project


@pytest.fixture
def client(project):
    with TestClient(Starlette(routes=routes(project))) as client:
        yield client


def test_groups_of_a_shared_part_are_listed_largest_first_with_how_sure_they_are(
    with_parts, ask_groups
):
    answer = ask_groups("groups", kind="part")
    assert answer["parts"] == {"groups": 2, "isMade": True}
    assert (answer["total"], answer["at"]) == (2, None)
    first, second = answer["groups"]
    assert (first["group"], first["count"], first["sure"]) == (f"part:{LARGE}", 3, "low")
    assert first["sha1s"] == [RUG, SOFA, HALL]
    assert (second["place"], second["sure"]) == ("s/a/stamp.jpg", "high")
    assert ask_groups("groups", kind="part", at=f"part:{SMALL}")["at"] == 1
    assert [row["group"] for row in ask_groups("groups", kind="part", start=1)["groups"]] == [
        f"part:{SMALL}"
    ]


def test_a_group_has_its_images_with_the_place_of_the_part_on_each(with_parts, ask_groups):
    group = ask_groups("group", group=f"part:{LARGE}")
    assert group["kind"] == "part"
    assert [(image["sha1"], image["isHub"]) for image in group["images"]] == [
        (RUG, True),
        (SOFA, False),
        (HALL, False),
    ]
    assert [image["sure"] for image in group["images"]] == ["high", "medium", "low"]
    sofa = group["images"][1]
    corners = [[0.25, 0.25], [0.75, 0.25], [0.75, 0.75], [0.25, 0.75]]
    assert (sofa["name"], sofa["place"]) == ("sofa.jpg", "s/a/sofa.jpg")
    assert (sofa["width"], sofa["height"], sofa["outline"]) == (48, 32, corners)
    ask_groups("group", 404, group="part:none")


def test_images_out_of_the_corpus_or_the_view_are_in_no_group(with_parts, ask_groups):
    store = annotations_of(with_parts)
    store.commit(edits.exclude(store.state(), [LETTER, HALL]), "exclude")
    answer = ask_groups("groups", kind="part")
    assert [(row["group"], row["count"]) for row in answer["groups"]] == [(f"part:{LARGE}", 2)]
    images = ask_groups("group", group=f"part:{LARGE}")["images"]
    assert [image["sha1"] for image in images] == [RUG, SOFA]
    view = model.to_address(View().with_condition("path", "stamp"))
    assert ask_groups("groups", kind="part", view=view)["total"] == 0


def test_parts_that_were_never_looked_for_are_not_said_to_be_none(client, ask_groups, monkeypatch):
    requests = []
    monkeypatch.setattr(shared_parts_run, "process_command", planning(requests, seconds=720))
    assert ask_groups("groups", kind="part")["parts"] == {"groups": 0, "isMade": False}
    state = ask_groups("parts")
    assert (state["isMade"], state["isRunning"], state["isBusy"]) == (False, False, False)
    state = until(lambda: ask_groups("parts"), lambda state: state["cost"])
    assert state["cost"] == {"images": 5, "time": "about 12 min", "bytes": 40_000}
    assert ask_groups("parts", lang="fr")["cost"]["time"] == "environ 12 min"
    # Found out once.
    assert len(requests) == 1


def test_what_it_costs_is_not_known_where_the_pipeline_cannot_tell(client, ask_groups, monkeypatch):
    monkeypatch.setattr(shared_parts_run, "process_command", lambda *_, **__: ["false"])
    state = until(lambda: ask_groups("parts"), lambda state: state["cost"])
    assert state["cost"] == {"images": None, "time": None, "bytes": None}


def test_finding_parts_begins_once_and_says_why_it_did_not_begin(client, monkeypatch):
    begun = []

    def command(root, *, stages, **_):
        begun.append(stages)
        return ["sh", "-c", "sleep 0.5; echo the folder is away; exit 3"]

    monkeypatch.setattr(jobs, "process_command", command)
    monkeypatch.setattr(shared_parts_run, "process_command", lambda *_, **__: ["false"])
    for _ in range(2):
        assert client.post("/clearing/parts/start").json()["isRunning"]
    assert begun == [(shared.STAGE,)]
    state = until(
        lambda: client.get("/clearing/parts").json(), lambda state: not state["isRunning"]
    )
    assert state["problem"] == "the folder is away"


def planning(requests, seconds):
    """Return what stands for the command that tells what a run would do."""

    def command(root, *, stages, dry_run, json: bool):
        requests.append((stages, dry_run))
        return ["echo", plan]

    stage = {"stage": shared.STAGE, "images": 5, "seconds": seconds, "bytes": 40_000}
    plan = json.dumps({"stages": [{"stage": "files"}, stage]})
    return command


def until(ask, is_there):
    """Ask until the answer is there; return it."""
    answers = []
    assert eventually(lambda: answers.append(ask()) or is_there(answers[-1])), answers[-1]
    return answers[-1]
