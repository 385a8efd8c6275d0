"""Samples and parts for training, over HTTP: what is shown first is what is written."""

import pytest

from app.api import sampling
from panoptic_data.annotations.store import annotations_of
from panoptic_data.sampling import recipe
from panoptic_data.views.model import View, to_address
from tests import synthetic
from tests.app.api.themed_images import IMAGES, create_project
from tests.app.api.themed_images import create_client as themed_client

ALL = {"view": to_address(View()), "selection": {"all": True}}


@pytest.fixture
def project(tmp_path):
    project = create_project(tmp_path / "project")
    synthetic.write(project, "stages", [{"stage": "duplicates", "data_version": "1"}])
    return project


@pytest.fixture
def post(project):
    client = themed_client(project)
    client.app.routes.extend(sampling.routes(project))

    def posted(status=200, **body):
        answer = client.post("/sampling", json={"targets": ALL, "kind": "sample", **body})
        assert answer.status_code == status, answer.text
        return answer.json()

    return posted


def test_what_is_shown_is_what_is_written_as_one_batch(post, project):
    shown = post(count=2, seed=3, dry=True)
    assert shown["lines"] == ["2 of 6 images: tag “2 by chance” of Sample."]
    store = annotations_of(project)
    assert store.history().is_empty()
    done = post(count=2, seed=3, digest=shown["digest"])
    assert (done["changed"], done["tag"], done["property"]) == (2, "2 by chance", "Sample")
    [batch] = store.history().to_dicts()
    assert (batch["act"], batch["author"]) == ("sample", "Ana")
    assert recipe.read(batch["about"]) == recipe.Recipe("chance", "2/6", 3)
    assert post(400, count=2, seed=4, digest=shown["digest"])["error"] == "other_images"


def test_a_selection_is_sampled_alone_and_the_log_says_so(post, project):
    targets = {"view": to_address(View()), "selection": {"ids": IMAGES[:3]}}
    assert post(count=2, targets=targets)["total"] == 3
    assert recipe.read(annotations_of(project).history()["about"][0]).selection == 3
    # All of a view, named one by one, are the view.
    every = {"view": to_address(View()), "selection": {"ids": IMAGES}}
    post(count=4, targets=every)
    assert recipe.read(annotations_of(project).history()["about"][0]).selection is None


def test_a_division_by_a_field_says_its_parts(post):
    answer = post(kind="split", shares="50/50", by="folder", dry=True)
    assert answer["lines"][:2] == ["train: 3 images", "validation: 3 images"]
    assert answer["count"] == 6


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"count": 7}, "ask for at most 6"),
        ({"kind": "split", "shares": "x"}, "are no shares"),
        ({"method": "balanced", "count": 2}, "needs the field"),
    ],
)
def test_what_cannot_be_is_a_sentence(post, body, problem):
    assert problem in post(400, dry=True, **body)["message"]
