"""What costs is made when a person asks for it, and kept up from then on."""

import json
from dataclasses import replace

import pytest

from panoptic_data.ingest import sources
from panoptic_data.parts import shared
from panoptic_data.storage.project import create_project, save_settings
from pipelines.estimate import describe
from pipelines.plan import plan_project
from pipelines.process import process
from pipelines.request import Request
from tests.panoptic_data.parts import planted

REQUEST = Request(stages=("shared_parts",))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("asked")
    planted.write_all(folder / "pictures", ("a.jpg", "b.jpg", "d.jpg"))
    opened = replace(create_project(folder / "project"), encoders=("visual",))
    save_settings(opened)
    sources.add(opened, folder / "pictures")
    return opened


@pytest.mark.slow
def test_it_is_made_when_it_is_asked_for_and_kept_up_from_then_on(project):
    assert "shared_parts" not in process(project, Request())["stages"]
    assert not shared.is_made(project)
    assert plan_project(project) == ()
    values, lines = describe(project, REQUEST, "en")
    (stage,) = values["stages"]
    assert (stage["stage"], stage["images"]) == ("shared_parts", 3)
    assert stage["seconds"] > 0
    assert stage["bytes"] > 0
    assert "MB on disk" in lines[0]
    assert process(project, REQUEST)["stages"]["shared_parts"]["status"] == "made"
    assert shared.groups(project)["images"].to_list() == [2]
    assert plan_project(project, request=REQUEST) == ()
    (row,) = project.database().take("stages", ["shared_parts"]).to_pylist()
    assert json.loads(row["inputs"]).keys() == {"corpus", "neighbours/visual"}
    (source,) = sources.listing(project)
    planted.write_all(source.root, ("c.jpg",))
    assert "shared_parts" in [item.stage for item in plan_project(project)]
    process(project, Request())
    assert shared.groups(project)["images"].to_list() == [3]
