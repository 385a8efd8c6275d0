"""Two real dashboards of one project, pressed at the same moment: what both decide is one thing."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from panoptic_data.annotations.store import Store
from tests import synthetic
from tests.dashboard import serving

ROUNDS = 20
NAMES = [f"image {number}" for number in range(4)]
SHA1S = [synthetic.sha1(name) for name in NAMES]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    opened = synthetic.project(tmp_path_factory.mktemp("shared") / "project")
    synthetic.write(opened, "images", [synthetic.image(name) for name in NAMES])
    synthetic.write(opened, "files", [synthetic.file(f"a/{name}.jpg", name) for name in NAMES])
    return opened


@pytest.fixture(scope="module")
def together(project):
    """Return what posts one request each to two dashboards at one moment."""
    with ExitStack() as stack, ThreadPoolExecutor(2) as people:
        addresses = [urlsplit(stack.enter_context(serving(project.root))) for _ in range(2)]
        barrier = threading.Barrier(2)

        def post(address, path, body):
            headers = {"Content-Type": "application/json"}
            with closing(HTTPConnection(address.netloc, timeout=60)) as connection:
                connection.connect()
                barrier.wait()
                connection.request("POST", path, json.dumps(body), headers)
                answer = connection.getresponse()
                return answer.status, json.loads(answer.read())

        def posted(*requests):
            return list(people.map(post, addresses, *zip(*requests, strict=True)))

        yield posted


@pytest.fixture
def state(project):
    return lambda: Store(project).state()


def created(together, name):
    """Make a property of tags through one dashboard; the other fails as it comes second."""
    body = {"name": name, "type": "tags"}
    answers = together(("/properties", body), ("/properties", body))
    assert sorted(status for status, _ in answers) == [200, 400]
    return next(body["property"] for status, body in answers if status == 200)


def test_the_same_new_tag_is_one_tag_and_both_images_have_it(together, state):
    theme = created(together, "Theme")
    for number in range(ROUNDS):
        names = [f"Sea {number}", f"SEA  {number}"]
        bodies = [
            {"property": theme, "op": "add", "names": [name], "targets": {"sha1s": [sha1]}}
            for name, sha1 in zip(names, SHA1S, strict=False)
        ]
        answers = together(*(("/annotate", body) for body in bodies))
        assert [status for status, _ in answers] == [200, 200]
    by_name = [tag.name.casefold() for tag in state().tags_of(theme)]
    assert len(by_name) == ROUNDS
    assert state().values(theme).group_by("target").len()["len"].to_list() == [ROUNDS] * 2


def test_the_same_new_property_is_made_once(together, state):
    for number in range(ROUNDS):
        created(together, f"Place {number}")
    names = [prop.name for prop in state().live_properties if prop.name.startswith("Place")]
    assert len(names) == len(set(names)) == ROUNDS


def test_the_same_tag_made_on_the_page_properties_is_one(together, state):
    theme = created(together, "Made")
    for number in range(ROUNDS):
        body = {"do": "tag", "id": theme}
        answers = together(
            ("/define", {**body, "names": [f"Sée {number}"]}),
            # As macOS writes it: the accent is a sign of its own.
            ("/define", {**body, "names": [f"se\u0301e {number}"]}),
        )
        assert sorted(status for status, _ in answers) == [200, 400]
    assert len(state().tags_of(theme)) == ROUNDS


def test_a_tag_renamed_to_what_another_is_renamed_to(together, state):
    theme = created(together, "Renamed")
    for number in range(ROUNDS):
        [(_, first), (_, second)] = together(
            ("/define", {"do": "tag", "id": theme, "names": [f"a {number}"]}),
            ("/define", {"do": "tag", "id": theme, "names": [f"b {number}"]}),
        )
        parts = {"do": "tag_alter", "parts": {"name": f"same {number}"}}
        answers = together(
            *(("/define", {**parts, "ids": result["ids"]}) for result in (first, second))
        )
        assert sorted(status for status, _ in answers) == [200, 400]
    names = [tag.name for tag in state().tags_of(theme)]
    assert len(names) == len(set(names)) == 2 * ROUNDS


def test_two_presses_of_undo_take_back_two_steps(together, state):
    theme = created(together, "Undone")
    for number in range(ROUNDS // 2):
        for sha1 in SHA1S[:2]:
            body = {"property": theme, "op": "add", "names": ["x"], "targets": {"sha1s": [sha1]}}
            together(("/annotate", body), ("/annotate", {**body, "targets": {"sha1s": []}}))
        assert set(state().values(theme)["target"]) == set(SHA1S[:2]), number
        answers = together(("/undo", {}), ("/undo", {}))
        assert len({body["batch"] for _, body in answers}) == 2
        assert state().values(theme).is_empty()


def test_an_order_that_two_give_at_once_is_that_of_one(together, state):
    theme = created(together, "Ordered")
    body = {"do": "tag", "id": theme}
    [(_, first), (_, second)] = together(
        ("/define", {**body, "names": list("abc")}), ("/define", {**body, "names": list("de")})
    )
    ids = [*first["ids"], *second["ids"]]
    order = {"do": "tag_put", "moves": [{"id": ids[0]}]}
    for _ in range(ROUNDS // 2):
        together(
            ("/define", {**order, "order": ids[::-1]}),
            ("/define", {**order, "order": [*ids[2:], *ids[:2]]}),
        )
        matches = [tag.id for tag in state().tags_of(theme)]
        assert matches in (ids[::-1], [*ids[2:], *ids[:2]])
