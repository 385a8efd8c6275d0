"""Stages: what was made, from what, and what is stale."""

import hashlib
import json
import sys

import pytest

from panoptic_data.provenance import stages
from panoptic_data.provenance.stages import CODE_VERSIONS, StageResult, stage_kind
from panoptic_data.storage.project import create_project

SOURCES = ["maps", "posters"]
SLUGS = ["visual"]


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "corpus")


def make(project, stage, data_version, version=None):
    known = {row["stage"]: row["data_version"] for row in stages.latest(project).to_dicts()}
    inputs = {name: known[name] for name in stages.upstream(stage, SOURCES, SLUGS)}
    result = StageResult(rows=3, new=3, data_version=data_version, seconds=1.23456)
    stages.record(project, stage, result, inputs, version or CODE_VERSIONS[stage_kind(stage)], "r1")


def make_all(project):
    for stage in stages.expected(SOURCES, SLUGS):
        make(project, stage, f"{stage} 1")


def stale(project):
    return stages.stale(stages.latest(project), SOURCES, SLUGS)


def test_stages_come_in_an_order_in_which_they_can_be_made():
    order = stages.expected(SOURCES, ["visual", "clip"])
    assert len(set(order)) == len(order) == 2 * 2 + 2 * 2 + 1 + 4 * 2 + 3
    for place, stage in enumerate(order):
        created = {stages.LOG, *order[:place]}
        assert set(stages.upstream(stage, SOURCES, ["visual", "clip"])) <= created


def test_in_a_new_project_everything_was_never_made(project):
    made_by_itself = [
        stage for stage in stages.expected(SOURCES, SLUGS) if stage not in stages.ON_REQUEST
    ]
    assert stale(project) == dict.fromkeys(made_by_itself, "never")


def test_what_costs_is_stale_where_it_was_asked_for_or_made_once(project):
    for stage in stages.expected(SOURCES, SLUGS):
        if stage not in stages.ON_REQUEST:
            make(project, stage, f"{stage} 1")
    assert stale(project) == {}
    # Stopped before its end, it goes on when it is asked for again.
    stages.begin(project, "shared_parts", "r2")
    assert stale(project) == {}
    requested = stages.stale(stages.latest(project), SOURCES, SLUGS, requested=["shared_parts"])
    assert requested == {"shared_parts": "never"}
    make(project, "shared_parts", "s1")
    make(project, "neighbours/visual", "n2")
    assert stale(project)["shared_parts"] == "inputs"


def test_once_made_nothing_is_stale(project):
    make_all(project)
    assert stale(project) == {}


def test_every_record_is_kept_and_the_last_one_counts(project):
    make(project, "files/maps", "f1")
    make(project, "files/maps", "f2")
    stages.begin(project, "files/maps", "r2")
    make(project, "files/maps", "f2")
    records = stages.materializations(project, "files/maps").to_dicts()
    assert [row["data_version"] for row in records] == ["f2", "f2", "f1"]
    assert len({row["id"] for row in records}) == 3
    kept = stages.latest(project).filter(stage="files/maps").to_dicts()[0]
    assert {name: records[0][name] for name in kept} == kept


def test_a_merge_of_annotations_that_changed_nothing_leaves_no_record(project):
    for data_version in ("a1", "a1", "a2", "a2", "a1"):
        make(project, "annotations", data_version)
    records = stages.materializations(project, "annotations")
    assert records["data_version"].to_list() == ["a1", "a2", "a1"]


def test_records_of_a_stage_with_a_quote_in_its_name_are_found(project):
    result = StageResult(rows=1, new=1, data_version="f1")
    stages.record(project, "files/it's", result, {}, "1", "r1")
    assert len(stages.materializations(project, "files/it's")) == 1
    assert len(stages.materializations(project)) == 1


def test_killed_before_a_stage_is_recorded_it_is_unfinished_not_lost(project, monkeypatch):
    make_all(project)
    stages.begin(project, "files/maps", "r2")
    with monkeypatch.context() as killed:
        killed.setattr(stages, "_write", lambda *_: sys.exit(1))
        with pytest.raises(SystemExit):
            make(project, "files/maps", "f2")
    assert stale(project)["files/maps"] == "unfinished"
    make(project, "files/maps", "f2")
    assert stages.materializations(project, "files/maps")["data_version"].to_list() == [
        *("f2", "f2"),
        "files/maps 1",
    ]


def test_a_record_holds_counts_inputs_and_versions(project):
    make(project, "files/maps", "f1")
    make(project, "images/maps", "i1")
    row = stages.latest(project).to_dicts()[1]
    assert row["stage"] == "images/maps"
    assert row["data_version"] == "i1"
    assert json.loads(row["inputs"]) == {"files/maps": "f1"}
    assert json.loads(row["counts"]) == {
        "rows": 3,
        "new": 3,
        "changed": 0,
        "unchanged": 0,
        "removed": 0,
        "failed": 0,
        "seconds": 1.235,
    }
    version = CODE_VERSIONS["images"]
    assert (row["code_version"], row["run"], row["lance_version"]) == (version, "r1", 0)


def test_one_source_changed_is_all_that_stands_on_it(project):
    make_all(project)
    make(project, "files/maps", "files/maps 2")
    assert stale(project) == dict.fromkeys(
        [
            "images/maps",
            "embeddings/visual/maps",
            "corpus",
            "vector_index/visual",
            "neighbours/visual",
            "projection/visual",
            "clusters/visual",
            "duplicates",
            "shared_parts",
        ],
        "inputs",
    )


def test_made_anew_with_the_same_content_nothing_downstream_is_stale(project):
    make_all(project)
    make(project, "embeddings/visual/maps", "embeddings/visual/maps 1")
    assert stale(project) == {}


def test_a_stage_begun_and_not_finished_is_stale(project):
    make_all(project)
    stages.begin(project, "projection/visual", "r2")
    assert stale(project) == {"projection/visual": "unfinished"}
    make(project, "projection/visual", "projection/visual 1")
    assert stale(project) == {}


def test_a_stage_begun_for_the_first_time_was_never_made(project):
    stages.begin(project, "files/maps", "r1")
    assert stale(project)["files/maps"] == "never"


def test_older_code_makes_a_stage_stale(project):
    make_all(project)
    make(project, "clusters/visual", "clusters/visual 1", version="0")
    assert stale(project) == {"clusters/visual": "code"}


def test_a_copy_reaches_duplicates_although_the_corpus_is_the_same(project):
    make_all(project)
    make(project, "files/maps", "files/maps 2")
    make(project, "images/maps", "images/maps 1")
    make(project, "embeddings/visual/maps", "embeddings/visual/maps 1")
    make(project, "corpus", "corpus 1")
    assert stale(project) == {"duplicates": "inputs"}


def test_a_new_source_and_a_new_encoder_are_never_made_and_touch_the_rest(project):
    make_all(project)
    records = stages.latest(project)
    with_source = stages.stale(records, [*SOURCES, "stamps"], SLUGS)
    assert with_source["files/stamps"] == "never"
    assert with_source["neighbours/visual"] == "inputs"
    assert "images/maps" not in with_source
    with_encoder = stages.stale(records, SOURCES, [*SLUGS, "clip"])
    assert with_encoder == {
        "embeddings/clip/maps": "never",
        "embeddings/clip/posters": "never",
        "vector_index/clip": "never",
        "neighbours/clip": "never",
        "projection/clip": "never",
        "clusters/clip": "never",
        "duplicates": "inputs",
        "shared_parts": "inputs",
    }


@pytest.mark.parametrize(
    ("stage", "table"),
    [
        ("files/maps", "files"),
        ("images/maps", "images"),
        ("corpus", "images"),
        ("embeddings/visual/maps", "embeddings__visual"),
        ("vector_index/visual", "embeddings__visual"),
        ("neighbours/visual", "neighbours__visual"),
        ("clusters/visual", "clusters__visual"),
        ("duplicates", "duplicates"),
        ("shared_parts", "shared_parts"),
    ],
)
def test_each_stage_names_its_table(stage, table):
    assert stages.stage_table(stage) == table


def test_a_result_is_unchanged_when_nothing_was_added_altered_or_removed():
    assert StageResult(rows=3, data_version="d", unchanged=3).is_unchanged
    assert not StageResult(rows=3, data_version="d", removed=1).is_unchanged


def test_the_digest_tells_sequences_apart():
    assert stages.digest(["ab", "c"]) != stages.digest(["a", "bc"])
    assert len(stages.digest([])) == 16


def test_the_digest_of_many_texts_is_that_of_each_with_an_end():
    texts = [f"é{number}" for number in range(25_000)]
    state = hashlib.blake2b(digest_size=8)
    for text in texts:
        state.update(text.encode() + b"\0")
    assert stages.digest(iter(texts)) == state.hexdigest()
