"""A change of parameters or code: what is out of date, why, its cost, and that it is made anew."""

import json
from io import BytesIO

import pytest
from PIL import Image

from panoptic_data.provenance import parameters, stages
from panoptic_data.storage.project import open_project, set_parameters
from panoptic_data.vectors import outdated
from panoptic_data.versions import create, restore
from panoptic_data.versions.opened import at as opened_at
from pipelines.__main__ import main
from pipelines.plan import plan_project
from pipelines.process import process
from pipelines.request import Request
from tests.small_corpus import write_pictures

AFTER_NEIGHBOURS = ["neighbours/visual", "projection/visual", "clusters/visual", "duplicates"]


def change(project, *texts):
    values = parameters.changed(project, dict(map(parameters.parse, texts)))
    return set_parameters(open_project(project.root), values)


def reasons(project):
    return {item.stage: item.reason for item in plan_project(project)}


def late(project):
    return {stage.name: stage for stage in outdated.outdated_stages(project, ["visual"])}


def rows(project, table):
    return project.database().frame(table).sort("sha1")


def test_another_k_of_neighbours_is_told_costed_and_made_anew_with_what_follows(processed):
    before = {name: rows(processed, f"{name}__visual") for name in ("embeddings", "projection")}
    project = change(processed, "neighbours.k=5")
    stale = reasons(project)
    assert list(stale) == AFTER_NEIGHBOURS
    assert stale["neighbours/visual"] == "parameters"
    [neighbours, *following] = late(project).values()
    assert outdated.reason(neighbours, "en") == "made with neighbours = 15, now 5"
    assert outdated.reason(neighbours, "fr") == "fait avec voisins = 15, maintenant 5"
    assert neighbours.is_first
    assert not any(stage.is_first for stage in following)
    assert list(neighbours.after) == AFTER_NEIGHBOURS[1:]
    assert neighbours.cost.seconds > 0
    assert neighbours.cost.unknown == ()
    create.create(project, "with 15")
    summary = process(project, Request(stages=("neighbours/visual",)))
    computed = [s for s, result in summary["stages"].items() if result["status"] == "made"]
    assert computed == AFTER_NEIGHBOURS[:3]
    lists = rows(project, "neighbours__visual")["ids"].list.len()
    assert lists.unique().to_list() == [5]
    # Fitted on other neighbours, and the vectors are those that there were.
    assert not rows(project, "projection__visual").equals(before["projection"])
    assert rows(project, "projection__visual")["run"].unique().to_list() == [summary["run"]]
    assert rows(project, "embeddings__visual").equals(before["embeddings"])
    assert plan_project(project) == ()
    assert late(project) == {}
    opened = opened_at(project, "with 15")
    assert rows(opened, "neighbours__visual")["ids"].list.len().unique().to_list() == [15]
    assert rows(opened, "projection__visual").equals(before["projection"])
    assert late(opened) == {}
    restore.restore(project, "with 15", "with 5")
    restored = open_project(project.root)
    assert restored.parameters == ()
    assert plan_project(restored) == ()


@pytest.mark.slow
def test_stopped_amid_embedding_anew_the_next_run_goes_on(project, folder, monkeypatch):
    write_pictures(folder, range(40), (320, 240))
    process(project, Request())
    changed = change(project, "images.thumbnail=128")
    with monkeypatch.context() as killed:
        killed.setattr("panoptic_data.vectors.embeddings._embed", stop)
        assert process(changed, Request())["outcome"] == "failed"
    assert rows(changed, "embeddings__visual").is_empty()
    assert reasons(changed)["embeddings/visual/pictures"] == "unfinished"
    assert "images/pictures" not in reasons(changed)
    assert process(changed, Request())["outcome"] == "done"
    assert rows(changed, "embeddings__visual").height == 40
    assert plan_project(changed) == ()


def stop(*_):
    raise OSError


def test_a_dry_run_prints_the_plan_and_its_cost_and_changes_nothing(processed, capsys):
    settings = (processed.root / "project.toml").read_text()
    run = ["process", "--project", str(processed.root), "--dry-run"]
    assert main([*run, "--k", "3", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert [item["stage"] for item in plan["stages"]] == ["clusters/visual"]
    [clusters] = plan["stages"]
    assert clusters["reason"] == "parameters"
    assert "made with method = levels, now kmeans" in clusters["why"]
    assert "made with k = chosen by the corpus, now 3" in clusters["why"]
    assert clusters["images"] == 40
    assert clusters["seconds"] == plan["seconds"] > 0
    assert plan["unknown"] == []
    assert main([*run, "--k", "3"]) == 0
    assert "clusters/visual: made with" in capsys.readouterr().out
    assert main(run) == 0
    assert capsys.readouterr().out == "Nothing to do.\n"
    assert (processed.root / "project.toml").read_text() == settings
    assert plan_project(processed) == ()


def test_clusters_that_were_requested_stay_so_until_others_are_set(processed):
    process(processed, Request(k=3))
    project = open_project(processed.root)
    assert project.parameters == (("clusters.k", 3), ("clusters.method", "kmeans"))
    assert plan_project(project) == ()
    assert rows(project, "clusters__visual")["cluster"].n_unique() == 3
    project = change(project, "clusters.k=4")
    assert reasons(project) == {"clusters/visual": "parameters"}
    [clusters] = late(project).values()
    assert outdated.reason(clusters, "en") == "made with k = 3, now 4"
    process(project, Request())
    assert rows(project, "clusters__visual")["cluster"].n_unique() == 4
    assert plan_project(open_project(project.root)) == ()


@pytest.mark.slow
def test_other_thumbnails_are_made_from_the_files_and_all_that_follows(project, folder):
    write_pictures(folder, range(40), (320, 240))
    process(project, Request())
    changed = change(project, "images.thumbnail=128")
    stale = reasons(changed)
    assert stale["images/pictures"] == "parameters"
    assert {"embeddings/visual/pictures", *AFTER_NEIGHBOURS} <= set(stale)
    assert "annotations" not in stale
    summary = process(changed, Request())
    for thumbnail in rows(changed, "images")["thumbnail"]:
        with Image.open(BytesIO(thumbnail)) as picture:
            assert min(picture.size) == 128
    for table in ("images", "embeddings__visual", "neighbours__visual", "clusters__visual"):
        assert rows(changed, table)["run"].unique().to_list() == [summary["run"]], table
    assert plan_project(open_project(changed.root)) == ()


@pytest.mark.parametrize(
    "kind",
    [
        "neighbours",
        pytest.param("projection", marks=pytest.mark.slow),
        pytest.param("clusters", marks=pytest.mark.slow),
        pytest.param("annotations", marks=pytest.mark.slow),
    ],
)
def test_rows_of_older_code_are_made_anew_and_not_only_called_so(processed, monkeypatch, kind):
    newer = {**stages.CODE_VERSIONS, kind: "2"}
    for module in ("provenance.stages", "provenance.parameters"):
        monkeypatch.setattr(f"panoptic_data.{module}.CODE_VERSIONS", newer)
    monkeypatch.setattr("pipelines.provenance.CODE_VERSIONS", newer)
    name = kind if kind == "annotations" else f"{kind}/visual"
    assert reasons(processed)[name] == "code"
    [first, *_] = late(processed).values()
    assert outdated.reason(first, "en").startswith("made by older code, of 20")
    summary = process(processed, Request())
    assert summary["outcome"] == "done"
    if kind != "annotations":
        table = rows(processed, f"{kind}__visual")
        assert table["run"].unique().to_list() == [summary["run"]]
    assert plan_project(processed) == ()


def test_vectors_are_of_the_thumbnails_that_there_are(processed, monkeypatch):
    monkeypatch.setitem(stages.CODE_VERSIONS, "images", "next")
    monkeypatch.setattr("panoptic_data.media.metadata.THUMBNAIL_QUALITY", 40)
    assert reasons(processed)["images/pictures"] == "code"
    stage = late(processed)["images"]
    assert {"embeddings/visual", "neighbours/visual"} < set(stage.after)
    assert stage.cost.seconds
    summary = process(processed, Request())
    assert summary["embedded"] == 40
    for table in ("images", "embeddings__visual", "neighbours__visual"):
        assert rows(processed, table)["run"].unique().to_list() == [summary["run"]], table
    assert plan_project(processed) == ()
    # Read again, thumbnails are the same, and so are vectors.
    again = process(processed, Request(reread=("pictures",)))
    assert (again["embedded"], again["outcome"]) == (0, "done")


def test_wrong_names_are_one_sentence(processed, capsys):
    run = ["process", "--project", str(processed.root), "--dry-run"]
    assert main([*run, "--stage", "cluster"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("There is no stage “cluster”. There are: files, images")
