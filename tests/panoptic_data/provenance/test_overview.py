"""Adding up what runs left in the tables."""

import json
from datetime import UTC, datetime

import pytest

from panoptic_data.catalogue import registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.provenance import overview, stages
from panoptic_data.provenance.stages import StageResult
from panoptic_data.views.model import View
from tests import synthetic
from tests.synthetic import AT, file, image


@pytest.fixture
def project(tmp_path):
    opened = synthetic.project(tmp_path / "p")
    sources = [
        {"name": name, "uri": f"/{name}", "added_at": AT, "options": "{}"} for name in ("b", "a")
    ]
    synthetic.write(opened, "sources", sources)
    synthetic.write(opened, "images", [image("one"), image("two")])
    synthetic.write(
        opened,
        "files",
        [
            file("a/1.jpg", "one"),
            file("a/copy.jpg", "one"),
            file("a/bad.jpg", "x", status="unreadable", reason="truncated", detail="at 12"),
            file("a/worse.jpg", None, status="unreadable", reason="truncated"),
            file("b/2.jpg", "two"),
            file("b/gone.jpg", "two", status="missing", reason="missing"),
            file("b/old.jpg", "two", status="missing"),
        ],
    )
    return opened


def test_folders_count_files_and_different_images(project):
    counted = [
        (f.name, f.images, f.ok, f.unreadable, f.missing)
        for f in overview.source_summaries(project)
    ]
    assert counted == [("a", 1, 2, 2, 0), ("b", 1, 1, 0, 2)]


def test_files_of_one_content_are_one_image(project):
    # Of one unreadable file nothing is known; images of which a file is there are not missing.
    assert overview.image_counts(project) == {"unreadable": 1, "missing": 0}
    bad = file("b/bad again.jpg", "x", status="unreadable", reason="truncated")
    synthetic.write(project, "files", [bad])
    synthetic.write(project, "images", [image("three")])
    synthetic.write(project, "files", [file("b/three.jpg", "three", status="missing")])
    assert overview.file_counts(project)["unreadable"] == 3
    counted = overview.image_counts(project)
    assert counted == {"unreadable": 1, "missing": 1}
    catalogue = registry.get(project, fresh=True)
    for status, count in counted.items():
        assert len(run_view(catalogue, View().with_condition("status", [status]))) == count


def test_counts_follow_the_table(project):
    overview.source_summaries(project)
    synthetic.write(project, "files", [file("b/3.jpg", "three")])
    assert [source.ok for source in overview.source_summaries(project)] == [2, 2]


def test_reasons_are_counted_most_first(project):
    assert overview.reason_counts(project) == {"missing": 2, "truncated": 2}


def test_problems_are_listed_by_place_and_by_reason(project):
    everything = overview.problem_files(project)
    assert [f"{problem.source}/{problem.path}" for problem in everything] == [
        "a/bad.jpg",
        "a/worse.jpg",
        "b/gone.jpg",
        "b/old.jpg",
    ]
    assert [problem.path for problem in overview.problem_files(project, "missing")] == [
        "gone.jpg",
        "old.jpg",
    ]
    assert len(overview.problem_files(project, limit=1)) == 1


def test_stages_are_added_up_over_sources_and_say_why_they_are_stale(project):
    def record(stage, made_from, **counts):
        result = StageResult(rows=10, data_version=f"v-{stage}", seconds=2.0, **counts)
        inputs = {name: f"v-{name}" for name in made_from}
        version = stages.CODE_VERSIONS[stages.stage_kind(stage)]
        stages.record(project, stage, result, inputs, version, "run")

    for source in ("a", "b"):
        record(f"files/{source}", (), new=10)
        record(f"images/{source}", (f"files/{source}",), new=4, changed=1, failed=1)
    record("embeddings/visual/a", ("images/a",), new=5)
    opened = {stage.name: stage for stage in overview.stage_summaries(project, ["visual"])}
    assert list(opened) == [
        "files",
        "images",
        "embeddings/visual",
        "vector_index/visual",
        "neighbours/visual",
        "projection/visual",
        "clusters/visual",
        "duplicates",
        "annotations",
    ]
    read = opened["images"]
    assert (read.rows, read.new, read.changed, read.failed, read.why) == (20, 8, 2, 2, None)
    assert read.rate == pytest.approx(2.5)
    assert (opened["embeddings/visual"].why, opened["embeddings/visual"].rows) == ("never", 10)
    assert opened["clusters/visual"].at is None
    assert read.at > datetime(2026, 1, 1, tzinfo=UTC)
    assert json.dumps(read.parts) == '["images/a", "images/b"]'


def test_an_empty_project_has_nothing_to_count(tmp_path):
    opened = synthetic.project(tmp_path / "empty")
    assert overview.source_summaries(opened) == []
    assert overview.reason_counts(opened) == {}
    assert overview.problem_files(opened) == []
    assert {stage.why for stage in overview.stage_summaries(opened, [])} == {None, "never"}


def test_another_project_in_the_place_of_one_is_counted_by_itself(tmp_path):
    here = tmp_path / "p"
    for name, paths in (("first", ["a/1.jpg", "a/2.jpg"]), ("second", ["a/1.jpg"])):
        opened = synthetic.project(here)
        sources = [{"name": "a", "uri": "/a", "added_at": AT, "options": "{}"}]
        synthetic.write(opened, "sources", sources)
        synthetic.write(opened, "files", [file(path, path) for path in paths])
        assert [source.ok for source in overview.source_summaries(opened)] == [len(paths)]
        here.rename(tmp_path / name)
