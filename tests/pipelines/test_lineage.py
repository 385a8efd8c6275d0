"""Lineage: a project that grew over two runs, tagged by a person, an import and suggestions."""

import csv
import shutil

import pytest

import panoptic_data
from panoptic_data.annotations import tags
from panoptic_data.annotations.store import annotations_of
from panoptic_data.errors import NothingToTrace, UnknownImage
from panoptic_data.ingest import sources
from panoptic_data.labelling import answers
from panoptic_data.messages import LANGUAGES
from panoptic_data.provenance import stages
from panoptic_data.storage.project import open_project
from panoptic_data.tracing.model import KINDS
from pipelines.process import process
from pipelines.request import Request
from tests.pipelines.conftest import copy_processed
from tests.small_corpus import write_pictures

FIRST, LATER = "pictures/subject-0/00000.jpg", "pictures/subject-1/00041.jpg"


@pytest.fixture(scope="module")
def grown(tmp_path_factory, template):
    """A project of 40 pictures, then 4 more and a copy; with tags and a date."""
    folder = tmp_path_factory.mktemp("lineage")
    original, first = template
    project = copy_processed(original, folder)
    write_pictures(folder / "pictures", range(40, 44))
    shutil.copy(folder / FIRST, folder / "pictures/subject-0/copy.jpg")
    second = process(project, Request())
    project = open_project(project.root)
    note(project, folder)
    return project, first["run"], second["run"]


def note(project, folder):
    sha1 = sha1_of(project, FIRST)
    theme = panoptic_data.create_property(project, "Theme", "tags", author="anna")
    panoptic_data.tag_images(project, theme, [sha1], ["war"], author="anna")
    state = annotations_of(project).state(fresh=True)
    sea, changes = tags.create(state.tags, theme.id, "sea")
    annotations_of(project).commit(changes, "tag", author="anna")
    accepted = answers.answer_changes(annotations_of(project).state(), sea.id, [sha1])
    annotations_of(project).commit(accepted, "answer", about="sea", author="berta")
    with (folder / "years.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([["file", "Year"], ["00000.jpg", "1930"]])
    panoptic_data.import_values(
        project, folder / "years.csv", match="name", key="file", author="carl"
    )


def sha1_of(project, place):
    source, _, path = place.partition("/")
    where = f"source = '{source}' AND path = '{path}'"
    return project.database().frame("files", ["sha1"], where)["sha1"][0]


def steps(value):
    return {step["kind"]: step for step in value["steps"]}


def test_a_cluster_is_traced_back_to_its_file(grown):
    project, first, _ = grown
    [value] = panoptic_data.lineage(project, FIRST, "clusters")
    kinds = [step["kind"] for step in value["steps"]]
    assert kinds == ["file", "image", "thumbnail", "vector", "neighbours", "cluster"]
    assert ["file", "image"] in value["edges"]
    assert ["neighbours", "cluster"] in value["edges"]
    assert value["sentence"].startswith(f"Cluster {steps(value)['cluster']['name']} by k-means")
    assert f"made from the thumbnail of {FIRST}" in value["sentence"]
    for kind in ("image", "vector", "cluster"):
        origin = steps(value)[kind]["origin"]
        assert origin["run"] == first
        assert origin["what"] == "process"
        assert origin["code"].startswith("0.")
        assert origin["stage_code"] == stages.CODE_VERSIONS[stages.stage_kind(origin["stage"])]
        assert origin["dagster_runs"]
        assert origin["at"]
    vector = steps(value)["vector"]
    assert vector["details"]["fingerprint"] == "visual-1"
    assert vector["origin"]["parameters"]["fingerprint"] == "visual-1"
    [neighbours] = steps(value)["cluster"]["origin"]["inputs"]
    assert neighbours["stage"] == "neighbours/visual"
    assert (neighbours["run"], neighbours["table_version"] > 0) == (first, True)


def test_an_image_that_came_later_was_placed_into_the_fit_of_the_first_run(grown):
    project, first, second = grown
    for kind in ("cluster", "map"):
        [value] = panoptic_data.lineage(project, LATER, kind)
        assert steps(value)["fit"]["origin"]["run"] == first
        assert steps(value)[kind]["origin"]["run"] == second
        assert ["fit", kind] in value["edges"]
        assert steps(value)[kind]["details"]["fitted"] is False


def test_a_copy_is_traced_to_the_other_files(grown):
    project, _, second = grown
    [value] = panoptic_data.lineage(project, FIRST, "duplicates exact")
    names = {step["name"] for step in value["steps"] if step["kind"] == "file"}
    assert names == {FIRST, "pictures/subject-0/copy.jpg"}
    assert steps(value)["duplicates"]["origin"]["run"] == second
    assert "one of 2 files" in value["sentence"]


@pytest.mark.parametrize(
    ("of", "author", "proposed_by", "before"),
    [
        ("tag war", "anna", "person", "author"),
        ("tag sea", "berta", "model", "suggestion"),
        ("property Year", "carl", "import", "import"),
    ],
)
def test_a_value_says_who_proposed_it_and_who_approved(grown, of, author, proposed_by, before):
    project, *_ = grown
    [value] = panoptic_data.lineage(project, FIRST, of)
    last = value["steps"][-1]
    assert last["details"]["proposed_by"] == proposed_by
    assert last["details"]["author"] == author
    assert author in value["sentence"]
    assert [before, "batch"] in value["edges"]
    assert ["event", last["id"]] in value["edges"]
    if before == "import":
        assert "years.csv" in value["sentence"]


def test_an_image_is_named_by_sha1_file_or_path(grown):
    project, *_ = grown
    sha1 = sha1_of(project, FIRST)
    (source,) = sources.listing(project)
    file_id = panoptic_data.lineage(project, FIRST, "file")[0]["steps"][0]["details"]["file"]
    paths = {
        panoptic_data.lineage(project, name, "image")[0]["path"]
        for name in (sha1, sha1[:10], file_id, str(source.root / "subject-0/00000.jpg"))
    }
    assert paths == {FIRST}


def test_what_is_not_there_is_one_sentence_that_says_what_is(grown):
    project, *_ = grown
    with pytest.raises(UnknownImage):
        panoptic_data.lineage(project, "pictures/none.jpg")
    with pytest.raises(UnknownImage):
        panoptic_data.lineage(project, "a' OR 1=1 --/x")
    for of in ("tag peace", "cluster clip", "colour of love"):
        with pytest.raises(NothingToTrace) as raised:
            panoptic_data.lineage(project, FIRST, of)
        assert raised.value.exit_code == 2
    with pytest.raises(NothingToTrace, match="tag war"):
        panoptic_data.lineage(project, FIRST, "tag peace")


def test_every_value_has_a_sentence_in_each_language(grown):
    project, *_ = grown
    for language in LANGUAGES:
        values = panoptic_data.lineage(project, FIRST, language=language)
        assert {value["of"] for value in values} == set(KINDS) - {"similarity"}
        for value in values:
            assert value["sentence"]
            assert "?" not in value["sentence"]
            assert value["steps"][-1]["kind"] == value["of"]


def test_what_follows_from_another_program_is_out_of_date(grown, monkeypatch):
    project, *_ = grown
    monkeypatch.setattr(stages, "CODE_VERSIONS", {**stages.CODE_VERSIONS, "neighbours": "2"})
    [value] = panoptic_data.lineage(project, FIRST, "cluster")
    stale = {step["kind"]: step["stale"] for step in value["steps"]}
    assert (stale["vector"], stale["neighbours"], stale["cluster"]) == (None, "code", "inputs")


def test_a_whole_cluster_says_how_it_was_made_and_which_images_are_most_in_it(grown):
    project, first, _ = grown
    [value] = panoptic_data.lineage(project, group="cluster:visual:0")
    by_kind = steps(value)
    assert [step["kind"] for step in value["steps"]][:3] == ["vector", "neighbours", "fit"]
    assert value["steps"][-1]["kind"] == "cluster"
    info = project.database().frame("cluster_info__visual", where="main AND number = 0").to_dicts()
    assert by_kind["cluster"]["details"]["images"] == info[0]["size"]
    assert by_kind["fit"]["origin"]["run"] == first
    assert by_kind["fit"]["origin"]["parameters"]["method"] == "levels"
    assert value["image"] == info[0]["medoid"]
    assert value["sentence"].startswith(f"Cluster 0: {info[0]['size']} images, by k-means and Ward")
    assert panoptic_data.lineage(project, group="cluster 0") == [value]
    with pytest.raises(NothingToTrace):
        panoptic_data.lineage(project, group="cluster:visual:9999")
    with pytest.raises(NothingToTrace):
        panoptic_data.lineage(project, group="folder:a")


def test_a_whole_tag_says_who_made_it_and_who_gave_it(grown):
    project, _, _ = grown
    [value] = panoptic_data.lineage(project, group="tag:Theme: sea")
    assert value["sentence"].startswith("Theme: sea, a tag made by ")
    assert value["sentence"].endswith("on 1 images: berta (1)")
    giver = steps(value)["giver"]["details"]
    assert (giver["author"], giver["proposed_by"], giver["images"]) == ("berta", "model", 1)
    assert panoptic_data.lineage(project, group="tag:sea") == [value]
    with pytest.raises(NothingToTrace):
        panoptic_data.lineage(project, group="tag:nothing")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_similarity_of_two_images_has_the_chain_of_both(grown, language):
    project, _, _ = grown
    other = "pictures/subject-2/00002.jpg"
    [value] = panoptic_data.lineage(project, FIRST, f"similarity:{other}", language=language)
    kinds = [step["kind"] for step in value["steps"]]
    assert kinds == [*["file", "image", "thumbnail", "vector"] * 2, "similarity"]
    assert ["other:vector", "similarity"] in value["edges"]
    assert ["other:file", "other:image"] in value["edges"]
    cosine = value["steps"][-1]["details"]["similarity"]
    text = f"{cosine:.2f}".replace(".", "," if language == "fr" else ".")
    assert value["sentence"].startswith(text)
    assert other in value["sentence"]
    assert FIRST in value["sentence"]
    [back] = panoptic_data.lineage(project, other, f"similarity:{FIRST}")
    assert back["steps"][-1]["details"]["similarity"] == cosine
