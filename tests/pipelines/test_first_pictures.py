"""Pictures come first: before Dagster is imported, and before encoders are loaded."""

import json
import subprocess
import sys

import pytest

from panoptic_data.storage.project import add_encoder
from pipelines import encoders
from pipelines.process import process
from pipelines.request import Request
from tests.models import small_timm

# Ends the run with its first pictures, and says what was there and imported by then.
LOOK = """
import json, sys
from pathlib import Path
from panoptic_data.storage.project import open_project
from pipelines.process import process
from pipelines.request import Request

project = open_project(Path(sys.argv[1]))

def look(stage, done, total):
    if done:
        thumbnails = project.database().frame("images", ["thumbnail"])["thumbnail"]
        loaded = [name for name in ("dagster", "torch") if name in sys.modules]
        print(json.dumps([stage, done, total, len(thumbnails.drop_nulls()), loaded]))
        raise KeyboardInterrupt

try:
    process(project, Request(), look)
except KeyboardInterrupt:
    pass
"""


def test_the_first_pictures_of_a_new_folder_are_there_before_anything_slow_begins(project):
    command = [sys.executable, "-c", LOOK, str(project.root)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert json.loads(printed) == ["images/pictures", 4, 40, 4, []]
    # Stopped then, the next run does the rest.
    summary = process(project, Request())
    assert (summary["outcome"], summary["files"], summary["new"]) == ("done", 40, 36)


def test_all_pictures_are_there_before_weights_are_loaded(project, tmp_path, monkeypatch):
    weights = small_timm(tmp_path / "weights.pt")
    project = add_encoder(project, f"timm:test_vit?checkpoint={weights}")
    seen = []

    def stop(opened, *_):
        seen.append(opened.database().count("images"))
        raise KeyboardInterrupt

    monkeypatch.setattr(encoders, "prepare_encoders", stop)
    with pytest.raises(KeyboardInterrupt):
        process(project, Request())
    assert seen == [40]
