"""``panoptic parameters`` and what ``status`` says of stages that are out of date."""

import json

import pytest

from app.cli import main
from panoptic_data.provenance import parameters, stages
from panoptic_data.storage.project import open_project
from panoptic_data.vectors import neighbours, projection
from panoptic_data.vectors.clusters import METHODS
from tests import synthetic
from tests.synthetic import AT


@pytest.fixture
def project(tmp_path):
    """A project of which the neighbours of one encoder were recorded."""
    opened = synthetic.project(tmp_path / "project")
    row = {"slug": "visual", "text": "visual", "status": "ready", "fingerprint": "visual-1"}
    synthetic.write(opened, "encoders", [{**row, "dim": 12, "checked_at": AT, "run": "r"}])
    version = stages.CODE_VERSIONS["neighbours"]
    result = stages.StageResult(rows=0, data_version="n1", parameters={"k": 15})
    stages.record(opened, "neighbours/visual", result, {"corpus": ""}, version, "r")
    return opened


@pytest.fixture
def panoptic(project, capsys):
    def run(*arguments, code=0):
        assert main([*arguments, "--project", str(project.root)]) == code
        printed = capsys.readouterr()
        return printed.err if code else printed.out

    return run


def test_a_parameter_is_set_and_what_is_out_of_date_is_printed(project, panoptic):
    panoptic("parameters", "neighbours.k=20")
    assert open_project(project.root).parameters == (("neighbours.k", 20),)
    answer = json.loads(panoptic("parameters", "--json"))
    assert answer["parameters"]["neighbours.k"] == {"value": 20, "usual": 15}
    [late] = json.loads(panoptic("status", "--json"))["outdated"]
    assert late == answer["outdated"][0]
    assert late["why"] == "made with neighbours = 15, now 20"
    assert (late["reason"], late["first"], late["seconds"]) == ("parameters", True, 0.0)
    assert "neighbours/visual: made with neighbours = 15, now 20" in panoptic("status")
    panoptic("parameters", "neighbours.k=")
    assert open_project(project.root).parameters == ()


def test_a_number_of_clusters_is_one_for_k_means(project, panoptic):
    panoptic("parameters", "clusters.k=12")
    assert dict(open_project(project.root).parameters) == {
        "clusters.k": 12,
        "clusters.method": "kmeans",
    }
    panoptic("parameters", "clusters.method=levels")
    assert dict(open_project(project.root).parameters) == {"clusters.method": "levels"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("neighbours.k=0", "neighbours.k is a whole number from 2 to 200, not 0"),
        ("neighbours.k=2.5", "neighbours.k is a whole number from 2 to 200, not 2.5"),
        ("projection.min_dist=far", "projection.min_dist is a number from 0 to 1, not far"),
        ("clusters.method=ward", "clusters.method is one of: levels, kmeans"),
        ("k=3", "k is no parameter. There are: images.thumbnail"),
        ("neighbours.k", "neighbours.k is no parameter"),
    ],
)
def test_a_wrong_parameter_is_one_sentence_and_nothing_is_set(project, panoptic, text, problem):
    [line] = panoptic("parameters", text, code=2).splitlines()
    assert problem in line
    assert open_project(project.root).parameters == ()


def test_the_usual_values_are_those_of_the_stages():
    from panoptic_data.duplicates import detect
    from panoptic_data.media import metadata

    usual = {name: parameter.usual for name, parameter in parameters.PARAMETERS.items()}
    assert usual == {
        "images.thumbnail": metadata.THUMBNAIL_SHORT_SIDE,
        "neighbours.k": neighbours.K,
        "projection.min_dist": projection.MIN_DIST,
        "clusters.method": METHODS[0],
        "clusters.k": None,
        "duplicates.radius": detect.RADIUS,
    }
    assert parameters.PARAMETERS["clusters.method"].choices == METHODS
