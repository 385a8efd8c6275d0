"""Where exports go: whole or not at all, nowhere else, and nothing of others replaced."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from panoptic_data import export
from panoptic_data.catalogue import registry
from panoptic_data.errors import ExportFailed, InvalidExport
from panoptic_data.exchange import readers
from panoptic_data.exchange.exports import csv_table, image_files, picture_files, run, target
from panoptic_data.exchange.exports.earlier import Journal, Note
from panoptic_data.exchange.exports.job import ExportJob
from panoptic_data.exchange.exports.options import Options
from panoptic_data.exchange.exports.selection import select
from panoptic_data.media import hashes
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


def test_a_kill_leaves_no_half_file_and_the_next_start_goes_on(war, tmp_path):
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
    assert (written.began_again, written.counts["kept"]) == (True, 1)
    assert len(list((out / "images").iterdir())) == 4
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


KILLED = """
import sys, time
from contextlib import suppress
from pathlib import Path
from panoptic_data import open_project
from panoptic_data.exchange.exports import run
from panoptic_data.exchange.exports.options import Options

def slowly(done, of):
    time.sleep(0.01)

war, out = open_project(sys.argv[1]), Path(sys.argv[2])
print("ready", flush=True)
run.export(war, "images", out, options=Options(size=24), overwrite=True, progress=slowly)
run.export(war, "csv", out.with_suffix(".csv"), overwrite=True, progress=slowly)
"""


@pytest.mark.parametrize("kills", [2, pytest.param(15, marks=pytest.mark.slow)])
def test_kills_at_random_leave_the_old_export_or_the_new_one(tmp_path, kills):
    names = [f"#{number:02}80c0" for number in range(30)]
    opened = examples.project(tmp_path, names)
    here = tmp_path / "exports"
    here.mkdir()
    out, table = here / "out", here / "out.csv"
    export(opened, "images", tmp_path / "new", size=24)
    export(opened, "csv", tmp_path / "new.csv")
    new = (_contents(tmp_path / "new"), (tmp_path / "new.csv").read_bytes())
    export(opened, "images", out, images=[examples.sha1_of(names[0])])
    export(opened, "csv", table, images=[examples.sha1_of(names[0])])
    old = (_contents(out), table.read_bytes())
    chance = random.Random(7)
    for _ in range(kills):
        with subprocess.Popen(
            [sys.executable, "-c", KILLED, opened.root, out], stdout=subprocess.PIPE,
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        ) as process:  # fmt: skip
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            time.sleep(chance.uniform(0.05, 0.8))
            process.send_signal(signal.SIGKILL)
        assert _contents(out) in (old[0], new[0])
        assert table.read_bytes() in (old[1], new[1])
    export(opened, "images", out, size=24, overwrite=True)
    export(opened, "csv", table, overwrite=True)
    assert (_contents(out), table.read_bytes()) == new
    assert sorted(path.name for path in here.iterdir()) == [
        *("out", "out.csv", "out.csv.properties.json"),
    ]


def test_pictures_of_a_killed_export_are_kept_only_where_their_bytes_are_as_noted(war, tmp_path):
    whole = export(war, "images", tmp_path / "whole", size=24)
    held = tmp_path / ".out.partial"
    for number, spoil in enumerate((None, b"spoilt", None)):
        # A draft as a kill leaves it, twice in a row.
        held.mkdir(exist_ok=True)
        with suppress(SystemExit), target.draft_of(tmp_path / "out", is_folder=True) as draft:
            _write_one(war, draft, number)
            if spoil:
                next((draft.path / "images").iterdir()).write_bytes(spoil)
            shutil.copytree(held, tmp_path / "kept", dirs_exist_ok=True)
            raise SystemExit
        shutil.copytree(tmp_path / "kept", held, dirs_exist_ok=True)
    written = export(war, "images", tmp_path / "out", size=24)
    assert written.counts == {**whole.counts, "kept": 2}
    assert _contents(tmp_path / "out") == _contents(tmp_path / "whole")
    assert not held.exists()


def _write_one(war, draft, number):
    """Write one picture of a project into a draft, and no more."""
    selection = select(registry.get(war, fresh=True)).part(number, number + 1)
    job = ExportJob(war, selection, Options(size=24), draft, lambda _done, _of: None)
    image_files.write(job)


def test_a_kill_between_a_table_and_what_its_columns_hold_leaves_the_old_ones(
    tmp_path, monkeypatch
):
    opened = examples.annotated(tmp_path)
    table = tmp_path / "out.csv"
    for columns in (["Subject"], ["my date", "width"]):
        export(opened, "csv", tmp_path / "new.csv", columns=columns, overwrite=True)
    export(opened, "csv", table, columns=["Subject"])
    old, new = readers.read(table), readers.read(tmp_path / "new.csv")

    def break_off(path, target_path):
        if target_path == table:
            raise KeyboardInterrupt
        return replace(path, target_path)

    replace = Path.replace
    monkeypatch.setattr(Path, "replace", break_off)
    with pytest.raises(KeyboardInterrupt):
        export(opened, "csv", table, columns=["my date", "width"], overwrite=True)
    assert (readers.read(table).types, readers.read(table).tags) == (old.types, old.tags)
    monkeypatch.undo()
    export(opened, "csv", table, columns=["my date", "width"], overwrite=True)
    assert (readers.read(table).types, readers.read(table).tags) == (new.types, new.tags)
    names = ("out.csv.properties.json", "new.csv.properties.json")
    assert len({(tmp_path / name).read_bytes() for name in names}) == 1


def test_a_draft_never_leads_elsewhere(war, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "content").mkdir(parents=True)
    (elsewhere / "content/mine.txt").write_text("mine", "utf-8")
    (tmp_path / ".out.partial").symlink_to(elsewhere)
    _refused(war, "link", "images", tmp_path / "out")
    assert (elsewhere / "content/mine.txt").read_text("utf-8") == "mine"
    (tmp_path / ".out.partial").unlink()
    # What a killed export noted, with names that lead out of its draft, or over a link.
    original = war.root.parent / "pictures/1930/red.jpg"
    held = tmp_path / ".out.partial"
    (held / "content/out/images").mkdir(parents=True)
    (held / "content/out/linked").symlink_to(original.parent)
    sha1, signature = examples.sha1_of("red"), f"None False {picture_files._CODE}"
    with Journal(held, signature) as journal:
        for name in ("../../../../pictures/1930/red.jpg", str(original), "linked/red.jpg"):
            journal.note(Note(sha1, name, sha1, 48, 32, is_jpeg=False))
    assert export(war, "images", tmp_path / "out").counts == {"files": 4}
    assert original.exists()


def test_a_link_that_the_disk_refuses_is_a_copy_and_said_so(war, tmp_path, monkeypatch):
    def refuse(_source, _target):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    written = export(war, "images", tmp_path / "out", link=True)
    assert written.counts == {"files": 4, "copies": 4}
    (tmp_path / "out/images/red.jpg").write_bytes(b"changed")
    assert examples.sha1_of("red") == hashes.sha1(
        (war.root.parent / "pictures/1930/red.jpg").read_bytes()
    )


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


def _contents(folder):
    """Return the bytes of each file; the moment of the export, which differs, is left out."""
    contents = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    manifest = json.loads(contents.pop("export.json"))
    manifest.pop("at")
    return {**contents, "export.json": manifest}


def _refused(war, problem, format, path, **options):
    with pytest.raises(InvalidExport) as raised:
        export(war, format, path, **options)
    assert raised.value.problem == problem
