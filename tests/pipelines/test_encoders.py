"""Encoders without weights: reported, replaced meanwhile, and used once the weights are there."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from panoptic_data.storage.project import open_project, save_settings
from pipelines.process import process
from pipelines.resources import Request

DATA = Path(os.environ.get("PANOPTIC_TEST_DATA", Path(__file__).parents[2] / "../shared/data"))


def test_a_clip_that_waits_is_replaced_meanwhile_and_computed_beside_once_it_is_there(
    project, tmp_path
):
    weights = DATA / "weights" / "tiny-clip"
    if not weights.exists():
        pytest.skip(f"no small CLIP: {weights} is absent (PANOPTIC_TEST_DATA)")
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
