"""Where exports go: whole or not at all, nowhere else, and nothing of others replaced."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from panoptic_data import export
from panoptic_data.errors import ExportFailed, InvalidExport
from panoptic_data.exchange.exports import csv_table, run, target
from tests.panoptic_data.exchange.exports import annotated as examples

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def war(tmp_path_factory):
    return examples.project(tmp_path_factory.mktemp("project"))


def test_an_existing_file_is_replaced_only_if_asked_for(war, tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("mine", "utf-8")
    _refused(war, "exists", "csv", file)
    assert file.read_text("utf-8") == "mine"
    export(war, "csv", file, overwrite=True)
    assert file.read_text("utf-8-sig").startswith("sha1,")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "a.csv.properties.json"]


def test_a_folder_that_no_export_wrote_is_never_replaced(war, tmp_path):
    mine = tmp_path / "pictures"
    mine.mkdir()
    (mine / "holiday.jpg").write_bytes(b"mine")
    _refused(war, "not_ours", "images", mine, overwrite=True)
    assert (mine / "holiday.jpg").read_bytes() == b"mine"
    export(war, "images", tmp_path / "out")
    export(war, "images", tmp_path / "out", images=[examples.sha1_of("red")], overwrite=True)
    assert [path.name for path in (tmp_path / "out/images").iterdir()] == ["red.jpg"]
    assert json.loads((tmp_path / "out/export.json").read_text("utf-8"))["images"] == 1


def test_nothing_is_written_into_the_project_or_a_source(war, tmp_path):
    _refused(war, "in_project", "csv", war.root / "a.csv")
    _refused(war, "in_source", "csv", war.root.parent / "pictures/1930/a.csv")
    link = tmp_path / "link"
    link.symlink_to(war.root.parent / "pictures")
    _refused(war, "in_source", "csv", link / "a.csv")


def test_a_folder_in_the_place_of_a_file_and_a_link_are_left(war, tmp_path):
    (tmp_path / "a.csv").mkdir()
    _refused(war, "other_kind", "csv", tmp_path / "a.csv", overwrite=True)
    (tmp_path / "mine.csv").write_text("mine", "utf-8")
    (tmp_path / "b.csv").symlink_to(tmp_path / "mine.csv")
    _refused(war, "other_kind", "csv", tmp_path / "b.csv", overwrite=True)
    assert (tmp_path / "mine.csv").read_text("utf-8") == "mine"


def test_a_disk_that_is_too_small_is_told_before_anything_is_written(war, tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(target.shutil, "disk_usage", lambda _: usage._replace(free=1000))
    _refused(war, "no_space", "csv", tmp_path / "a.csv")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_what_breaks_off_leaves_the_target_as_it_was(war, tmp_path, monkeypatch, error):
    file = tmp_path / "a.csv"
    file.write_text("mine", "utf-8")

    def break_off(_selection, _columns, draft):
        assert draft.path.exists()
        raise error

    monkeypatch.setattr(csv_table, "write_definitions", break_off)
    with pytest.raises(KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else ExportFailed):
        export(war, "csv", file, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
    assert file.read_text("utf-8") == "mine"


def test_a_kill_leaves_no_half_file_and_the_next_start_begins_again(war, tmp_path):
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from panoptic_data import export, open_project\n"
        "from panoptic_data.exchange.exports import image_files\n"
        "whole = image_files.write_pictures\n"
        "def slowly(*args, **options):\n"
        "    for written in whole(*args, **options):\n"
        "        print('written', flush=True)\n"
        "        time.sleep(60)\n"
        "        yield written\n"
        "image_files.write_pictures = slowly\n"
        "export(open_project(sys.argv[1]), 'images', Path(sys.argv[2]))\n"
    )
    out = tmp_path / "out"
    with subprocess.Popen(
        [sys.executable, "-c", script, war.root, out], stdout=subprocess.PIPE,
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        # Meanwhile nobody else writes there.
        _refused(war, "busy", "images", out)
        process.send_signal(signal.SIGKILL)
    assert not out.exists()
    assert (tmp_path / ".out.partial").exists()
    written = export(war, "images", out)
    assert written.began_again
    assert len(list((out / "images").iterdir())) == 4
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_kill_between_the_old_folder_and_the_new_one_gives_the_old_one_back(war, tmp_path):
    export(war, "images", tmp_path / "out")
    held = tmp_path / ".out.partial"
    held.mkdir()
    (tmp_path / "out").rename(held / "old")
    _refused(war, "exists", "images", tmp_path / "out")
    assert len(list((tmp_path / "out/images").iterdir())) == 4
    assert not held.exists()


def test_progress_counts_the_images(war, tmp_path):
    seen = []
    run.export(war, "csv", tmp_path / "a.csv", progress=lambda done, of: seen.append((done, of)))
    assert (seen[0], seen[-1]) == ((0, 4), (4, 4))


def _refused(war, problem, format, path, **options):
    with pytest.raises(InvalidExport) as raised:
        export(war, format, path, **options)
    assert raised.value.problem == problem
