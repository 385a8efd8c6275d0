"""Which stages a run would compute, and why, without running it."""

import os
import shutil

import pyarrow as pa
import pytest

from panoptic_data.errors import FolderNotFound, UnknownSource
from panoptic_data.ingest import sources
from panoptic_data.provenance import stages
from panoptic_data.storage.schema import arrow
from pipelines.estimate import describe
from pipelines.plan import PlannedStage, plan_corpus, plan_project, plan_source
from pipelines.request import Request

SLUGS = ("visual",)


def test_everything_of_a_new_project_is_planned(project):
    planned = {item.stage: (item.reason, item.images) for item in plan_project(project)}
    assert planned["images/pictures"][1] == 40
    assert {"files/pictures", "corpus", "clusters/visual", "duplicates"} <= set(planned)


def test_nothing_of_a_processed_project_is_planned_until_a_file_is_new(processed, folder):
    assert plan_project(processed) == ()
    picture = next(path for path in sorted(folder.rglob("*")) if path.is_file())
    shutil.copy(picture, folder / f"new{picture.suffix}")
    planned = {item.stage: item.reason for item in plan_project(processed)}
    assert planned["files/pictures"] == "folder"
    assert planned["embeddings/visual/pictures"] == "inputs"
    assert "annotations" not in planned


def test_a_source_without_its_folder_is_away_and_an_unknown_one_refused(processed, folder):
    folder.rename(folder.with_name("elsewhere"))
    [source] = sources.listing(processed)
    with pytest.raises(FolderNotFound):
        plan_source(processed, source, (), {})
    # Nothing can be done about it: what was computed before stays up to date.
    assert plan_project(processed) == (PlannedStage("files/pictures", "away"),)
    with pytest.raises(UnknownSource):
        plan_project(processed, ["nothere"])


@pytest.mark.parametrize(
    ("request_", "planned"),
    [
        (Request(), {}),
        (Request(refit=True), {"projection/visual": "asked", "clusters/visual": "asked"}),
        (Request(k=3), {"clusters/visual": "asked"}),
    ],
)
def test_stages_that_a_person_requests_are_planned(request_, planned):
    items = plan_corpus(SLUGS, {}, request_)
    assert {item.stage: item.reason for item in items} == planned


def test_stale_stages_keep_their_own_reason_and_their_order():
    stale = {"clusters/visual": "inputs", "corpus": "inputs"}
    items = plan_corpus(SLUGS, stale, Request(refit=True))
    order = [
        stage for stage in stages.expected((), SLUGS) if stage in {*stale, "projection/visual"}
    ]
    assert [item.stage for item in items] == order
    assert {item.stage: item.reason for item in items} == {**stale, "projection/visual": "asked"}


def test_files_that_are_only_read_again_are_planned_alone(processed, folder):
    rows = processed.database().read("files").to_pylist()
    # Read within a tick of their own time: a write just after would have left no trace.
    times = [row["changed_at"].timestamp() for row in rows]
    row = rows[0] | {"mtime_ns": int(times[0]) * 10**9}
    path = folder / row["path"]
    os.utime(path, ns=(row["mtime_ns"], row["mtime_ns"]))
    processed.database().upsert("files", pa.Table.from_pylist([row], schema=arrow("files")))
    planned = {item.stage: (item.reason, item.images) for item in plan_project(processed)}
    assert planned == {"files/pictures": ("recheck", 0), "images/pictures": ("recheck", 1)}
    _, lines = describe(processed, Request(), "en")
    assert lines[-2].startswith("Where files turn out to be others")
    source = sources.listing(processed)[0]
    everything = {item.stage for item in plan_source(processed, source, (), {})}
    assert everything == {"files/pictures", "images/pictures"}
    reread = {item.stage for item in plan_project(processed, (), Request(reread=("pictures",)))}
    assert reread == {"files/pictures", "images/pictures"}
