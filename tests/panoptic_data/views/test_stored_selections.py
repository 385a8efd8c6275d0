"""Selections that are kept with the project, and the views that name them."""

from dataclasses import replace

import pytest

from panoptic_data.catalogue import registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.errors import InvalidView
from panoptic_data.views import stored_selections
from panoptic_data.views.model import (
    Clause,
    Condition,
    View,
    from_address,
    from_json,
    to_address,
    to_json,
)
from tests import synthetic
from tests.synthetic import file, image, sha1

NAMES = [f"image {number}" for number in range(120)]
SHA1S = [sha1(name) for name in NAMES]


@pytest.fixture
def project(tmp_path):
    project = synthetic.project(tmp_path / "p")
    synthetic.write(project, "images", [image(name) for name in NAMES])
    synthetic.write(project, "files", [file(f"s/{name}.jpg", name) for name in NAMES])
    return project


def shown(project, view):
    current = registry.get(project, fresh=True)
    return set(current.sha1s(run_view(current, view).rows))


def test_a_long_selection_leaves_a_short_address_that_shows_the_same(project):
    chosen, rest = SHA1S[:100], SHA1S[100:]
    view = View().with_condition("selection", chosen)
    short = stored_selections.shorten(project, view)
    assert len(to_address(short)) < 150 < len(to_address(view))
    assert from_address(to_address(short)) == from_json(to_json(short)) == short
    assert shown(project, short) == shown(project, view) == set(chosen)
    without = View((Clause("not", (Condition("selection", "in", chosen),)),))
    assert shown(project, stored_selections.shorten(project, without)) == set(rest)
    denied = replace(view, where=(Condition("selection", "not in", chosen),))
    assert shown(project, stored_selections.shorten(project, denied)) == set(rest)


def test_the_same_images_have_one_key_and_a_short_selection_is_written_out(project):
    view = View().with_condition("selection", SHA1S)
    turned = View().with_condition("selection", [*SHA1S[::-1], SHA1S[0]])
    assert stored_selections.shorten(project, view) == stored_selections.shorten(project, turned)
    assert project.database().count("selections") == 1
    few = View().with_condition("selection", SHA1S[: stored_selections.MAX_WRITTEN_OUT])
    assert stored_selections.shorten(project, few) == few


def test_a_selection_of_another_project_is_said_not_to_be_here(project, tmp_path):
    short = stored_selections.shorten(project, View().with_condition("selection", SHA1S))
    other = synthetic.project(tmp_path / "other")
    with pytest.raises(InvalidView) as refused:
        shown(other, short)
    assert "not stored" in refused.value.message("en")


@pytest.mark.parametrize(
    "value",
    [
        {"key": "../../x", "count": 3},
        {"key": "a" * 20},
        {"key": "a" * 20, "count": -1},
        {"key": "a" * 20, "count": True},
        {"key": "a" * 20, "count": 1, "more": 1},
    ],
)
def test_a_value_that_names_no_kept_selection_is_refused(value):
    where = [{"field": "selection", "op": "in", "value": value}]
    with pytest.raises(InvalidView):
        from_json({"version": 1, "where": where})
