"""Encoders without weights: reported, replaced meanwhile, and used once the weights are there."""

import shutil
from dataclasses import replace

import pytest

from app.cli import main
from panoptic_data import encoders
from panoptic_data.encoders import parse
from panoptic_data.ingest import sources
from panoptic_data.search.find import find
from panoptic_data.storage.project import add_encoder, open_project, save_settings
from panoptic_data.vectors import embeddings
from panoptic_data.vectors.encoder_state import row_of
from pipelines.plan import plan_project
from pipelines.process import process
from pipelines.request import Request
from tests.images import shared
from tests.models import small_timm
from tests.small_corpus import write_pictures


@pytest.mark.slow
def test_a_clip_that_waits_is_replaced_meanwhile_and_computed_beside_once_it_is_there(
    project, tmp_path
):
    weights = shared("weights/tiny-clip")
    folder = tmp_path / "clip"
    text = f"clip:local-dir:{folder}"
    waiting = replace(project, encoders=(text,))
    save_settings(waiting)

    first = process(waiting, Request())
    assert first["outcome"] == "done"
    assert [(encoder["encoder"], encoder["status"]) for encoder in first["encoders"]] == [
        (text, "waiting"),
        ("visual", "ready"),
    ]
    (problem,) = first["problems"]
    assert (problem["about"], problem["name"]) == ("encoder", text)
    assert "continuing with visual" in problem["text"]
    assert first["embedded"] == 40
    assert open_project(project.root).encoders == (text, "visual")

    shutil.copytree(weights, folder)
    second = process(open_project(project.root), Request())
    assert (second["outcome"], second["problems"], second["embedded"]) == ("done", [], 40)
    clip, visual = (encoder["slug"] for encoder in second["encoders"])
    assert second["stages"][f"embeddings/{clip}/pictures"]["new"] == 40
    assert second["stages"][f"neighbours/{visual}"]["status"] == "unchanged"
    assert project.database().count(f"clusters__{clip}") == 40


@pytest.fixture
def weights(tmp_path):
    return small_timm(tmp_path / "models" / "m.pt", seed=1)


@pytest.fixture
def embedded(project, weights):
    """A project whose only encoder has its weights in a file, after its first run."""
    opened = replace(project, encoders=(f"timm:test_vit?checkpoint={weights}",))
    save_settings(opened)
    assert process(opened, Request())["embedded"] == 40
    return opened


def run(project, *arguments):
    return main([*arguments, "--project", str(project.root)])


def slugs(project):
    return [parse(text).slug for text in open_project(project.root).encoders]


def test_weights_that_are_gone_wait_their_vectors_serve_and_no_other_encoder_is_added(
    embedded, weights, folder
):
    weights.unlink()
    write_pictures(folder, range(60, 63))
    summary = process(embedded, Request())
    (text,) = (p["text"] for p in summary["problems"] if p["about"] == "encoder")
    assert "its 40 vectors go on serving" in text
    assert summary["outcome"] == "done"
    assert open_project(embedded.root).encoders == embedded.encoders
    assert len(find(embedded, f"image:{first_sha1(embedded)}", k=3)) == 3
    # What cannot be done is not tried over and over.
    assert process(embedded, Request())["stage_seconds"] == {}
    assert plan_project(embedded) == ()


@pytest.mark.parametrize("way", ["relink", "add", "settings"])
def test_weights_that_were_moved_are_the_same_encoder(embedded, weights, tmp_path, capsys, way):
    old, slug = embedded.encoders[0], slugs(embedded)[0]
    versions = table_versions(embedded)
    elsewhere = tmp_path / "disk" / "renamed.pt"
    elsewhere.parent.mkdir()
    weights.rename(elsewhere)
    process(embedded, Request())
    new = f"timm:test_vit?checkpoint={elsewhere}"
    if way == "relink":
        assert run(embedded, "encoders", "relink", old, str(elsewhere)) == 0
    elif way == "add":
        assert run(embedded, "encoders", "add", new) == 0
    else:
        save_settings(replace(embedded, encoders=(new,)))
    summary = process(open_project(embedded.root), Request())
    assert (summary["embedded"], summary["stage_seconds"], summary["problems"]) == (0, {}, [])
    assert slugs(embedded) == [slug]
    assert table_versions(embedded) == versions
    assert str(elsewhere) in open_project(embedded.root).encoders[0]
    if way != "settings":
        assert "nothing is computed again" in capsys.readouterr().out
    # It embeds from there.
    encoder = encoders.warm(parse(open_project(embedded.root).encoders[0]))
    assert encoder.fingerprint == row_of(embedded, parse(old))["fingerprint"]


def test_a_copy_of_weights_that_the_project_has_is_no_second_encoder(embedded, tmp_path, capsys):
    copy = shutil.copy(parse(embedded.encoders[0]).local_path, tmp_path / "copy.pt")
    assert run(embedded, "encoders", "add", f"timm:test_vit?checkpoint={copy}") == 0
    assert "has already" in capsys.readouterr().out
    assert open_project(embedded.root).encoders == embedded.encoders


def test_other_weights_at_the_path_are_said_and_computed_anew(embedded, weights, folder):
    small_timm(weights, seed=2)
    assert {item.reason for item in plan_project(embedded) if "embeddings" in item.stage} == {
        "weights"
    }
    summary = process(embedded, Request())
    (problem,) = summary["problems"]
    assert "other weights" in problem["text"]
    assert "40 vectors" in problem["text"]
    assert summary["embedded"] == 40
    assert process(embedded, Request())["problems"] == []


def test_other_weights_are_not_taken_for_moved_ones(embedded, weights, tmp_path, capsys):
    other = small_timm(tmp_path / "other.pt", seed=2)
    weights.unlink()
    assert run(embedded, "encoders", "relink", slugs(embedded)[0], str(other)) == 2
    error = capsys.readouterr().err
    assert "other weights" in error
    assert f"timm:test_vit?checkpoint={other}" in error
    assert run(embedded, "encoders", "relink", slugs(embedded)[0], str(tmp_path / "no.pt")) == 4
    assert run(embedded, "encoders", "relink", "nothing", str(other)) == 2
    assert open_project(embedded.root).encoders == embedded.encoders
    assert embedded.database().count(f"embeddings__{slugs(embedded)[0]}") == 40


def test_what_goes_with_an_encoder_is_shown_before_it_goes(embedded, capsys):
    [slug] = slugs(embedded)
    save_settings(replace(embedded, encoders=(*embedded.encoders, "visual")))
    process(open_project(embedded.root), Request())
    assert run(embedded, "encoders", "remove", slug) == 0
    assert "40 vectors" in capsys.readouterr().out
    assert slugs(embedded) == [slug, "visual"]
    assert run(embedded, "encoders", "remove", slug, "--yes") == 0
    assert slugs(embedded) == ["visual"]
    assert [name for name in embedded.database().names() if slug in name] == []
    kept = open_project(embedded.root)
    assert kept.database().count("embeddings__visual") == 40
    assert set(process(kept, Request())["stage_seconds"]) == {"duplicates"}
    assert plan_project(kept) == ()
    assert run(embedded, "encoders", "remove", slug, "--yes") == 2


@pytest.mark.slow
def test_an_encoder_added_while_a_folder_is_away_is_computed_once_of_what_is_stored(
    processed, folder, tmp_path
):
    write_pictures(tmp_path / "stamps", range(200, 203))
    sources.add(processed, tmp_path / "stamps")
    process(processed, Request())
    folder.rename(tmp_path / "unplugged")
    file = small_timm(tmp_path / "m.pt")
    grown = add_encoder(processed, f"timm:test_vit?checkpoint={file}")
    assert process(grown, Request())["embedded"] == 43
    again = process(grown, Request())
    assert again["stage_seconds"] == {}
    assert [item.reason for item in plan_project(grown)] == ["away"]
    (tmp_path / "unplugged").rename(folder)
    assert process(grown, Request())["embedded"] == 0


def test_a_source_that_was_never_there_keeps_nothing_else_stale(processed, tmp_path):
    (tmp_path / "stamps").mkdir()
    sources.add(processed, tmp_path / "stamps")
    (tmp_path / "stamps").rmdir()
    process(processed, Request())
    assert process(processed, Request())["stage_seconds"] == {}


def table_versions(project):
    database = project.database()
    return {name: database.version(name) for name in database.names() if slugs(project)[0] in name}


def first_sha1(project):
    names, _ = embeddings.matrix(project, slugs(project)[0])
    return names[0]


def test_an_encoder_that_cannot_be_made_is_not_added(project, tmp_path, capsys):
    for text in ("timm:nope", "clip:ViT-B-32?weights=nope", f"clip:ViT-B-32?weights={tmp_path}/no"):
        assert run(project, "encoders", "add", text) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if "nope" in line or f"{tmp_path}/no" in line] == lines
    assert len(lines) == 3
    assert open_project(project.root).encoders == project.encoders


def test_an_encoder_that_cannot_be_made_does_not_stop_the_others(project):
    mistaken = replace(project, encoders=("timm:nope", "visual"))
    save_settings(mistaken)
    summary = process(mistaken, Request())
    assert (summary["outcome"], summary["embedded"]) == ("done", 40)
    (problem,) = summary["problems"]
    assert 'panoptic encoders remove "timm:nope"' in problem["text"]
    assert "internet" not in problem["text"]
    assert run(project, "encoders", "remove", "timm:nope", "--yes") == 0
