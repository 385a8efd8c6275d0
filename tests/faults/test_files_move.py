"""What becomes of what people noted when files move, change, vanish and return.

Runs the table of ``docs/sources.md``, through the commands, on real files. Every image has a
value and every file has one. The commands run in this process, which saves most of the time: a
day of housekeeping runs each in a process of its own.
"""

import io
import json
import os
import re
import shutil
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from app.cli import main as cli_main
from pipelines.__main__ import main as pipelines_main
from tests.dashboard import panoptic
from tests.small_corpus import picture

DOCUMENT = Path(__file__).parents[2] / "docs/sources.md"
COUNT = 29
LONG_AGO = time.time() - 7200


def write(path, number):
    path.parent.mkdir(parents=True, exist_ok=True)
    picture(number).save(path, "JPEG", quality=85)
    os.utime(path, (LONG_AGO, LONG_AGO))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Return a folder with two sources (a box of 25 pictures and four beside it) and a project."""
    home = tmp_path_factory.mktemp("home")
    for number in range(25):
        write(home / f"disk/box/Pic{number}.jpg", number)
    for number in range(25, 28):
        write(home / f"disk/loose/Pic{number}.jpg", number)
    shutil.copy2(home / "disk/loose/Pic27.jpg", home / "disk/copy of 27.jpg")
    write(home / "archive/Other.jpg", 90)
    paths = sorted(str(p.relative_to(home / "disk")) for p in (home / "disk").rglob("*.jpg"))
    images = [path for path in paths if not path.startswith("copy")]
    (home / "images.csv").write_text(
        "path,kind\n" + "".join(f"disk/{path},k-{path}\n" for path in images)
    )
    (home / "files.csv").write_text(
        "path,shelf\n" + "".join(f"disk/{path},s-{path}\n" for path in paths)
    )
    project = home / "project"
    panoptic(
        "up", "--no-serve", "--encoder", "visual", "--project", project,
        home / "disk", home / "archive",
    )  # fmt: skip
    panoptic("import", home / "images.csv", "--project", project)
    panoptic("import", home / "files.csv", "--project", project, "--target", "file")
    return home


class Corpus:
    """A copy of the prepared corpus, whose sources are where the copy is."""

    def __init__(self, home, call):
        self.home = home
        self._call = call
        self.disk, self.archive = home / "disk", home / "archive"
        self.project = home / "project"

    def run(self, *arguments):
        return json.loads(self._call("process", "--json", "--project", self.project, *arguments))

    def command(self, *arguments):
        return self._call(*arguments, "--project", self.project)

    def files(self):
        return json.loads(self.command("status", "--json"))["files"]

    def values(self, query="", mode="image"):
        """Return how many images, or files, are shown with their values: those of both kinds."""
        name = "kind" if mode == "image" else "shelf"
        text = f"{name}:any {query}" + (" mode:file" if mode == "file" else "")
        return json.loads(self.command("query", "--json", text.strip()))["total"]


def call(*arguments):
    """Run a command in this process; return what it prints."""
    texts = [str(argument) for argument in arguments]
    printed, errors = io.StringIO(), io.StringIO()
    main = pipelines_main if texts[0] == "process" else cli_main
    with redirect_stdout(printed), redirect_stderr(errors):
        code = main(texts)
    assert code == 0, errors.getvalue()
    return printed.getvalue()


@pytest.fixture
def corpus(prepared, tmp_path):
    return copy_of(prepared, tmp_path / "home", call)


def copy_of(prepared, home, call):
    shutil.copytree(prepared, home)
    copied = Corpus(home, call)
    for name in ("disk", "archive"):
        copied.command("sources", "relink", name, home / name)
    return copied


def rename(corpus):
    (corpus.disk / "box/Pic1.jpg").rename(corpus.disk / "box/renamed.jpg")
    assert corpus.run()["moved"] == 1


def case(corpus):
    (corpus.disk / "box/Pic1.jpg").rename(corpus.disk / "box/pic1.JPG")
    (corpus.disk / "box").rename(corpus.disk / "Box")
    summary = corpus.run()
    assert (summary["moved"], summary["moved_uncertain"], summary["embedded"]) == (25, 0, 0)


def folder(corpus):
    (corpus.disk / "old").mkdir()
    (corpus.disk / "box").rename(corpus.disk / "old/boxes")
    summary = corpus.run()
    assert (summary["moved"], summary["moved_uncertain"]) == (25, 0)


def other_source(corpus):
    shutil.move(corpus.disk / "box", corpus.archive / "box")
    shutil.move(corpus.disk / "loose/Pic25.jpg", corpus.archive / "Pic25.jpg")
    summary = corpus.run()
    assert (summary["moved"], summary["missing"], summary["problems"]) == (26, 0, [])


def shift(corpus):
    box = corpus.disk / "box"
    for number in reversed(range(25)):
        (box / f"Pic{number}.jpg").rename(box / f"Pic{number + 1}.jpg")
    summary = corpus.run()
    assert (summary["moved"], summary["new"], summary["missing"]) == (25, 0, 0)


def copies(corpus):
    (corpus.disk / "copy of 27.jpg").rename(corpus.archive / "27.jpg")
    assert corpus.run()["moved"] == 1


def copy(corpus):
    shutil.copy2(corpus.disk / "box/Pic1.jpg", corpus.archive / "Pic1.jpg")
    assert corpus.run()["new"] == 1


def edit(corpus):
    path = corpus.disk / "box/Pic1.jpg"
    whole = path.read_bytes()
    write(path, 700)
    corpus.run()
    assert (corpus.values(), corpus.values(mode="file")) == (COUNT - 2, COUNT)
    path.write_bytes(whole)
    corpus.run()


def touch(corpus):
    os.utime(corpus.disk / "box/Pic1.jpg", (LONG_AGO + 60, LONG_AGO + 60))
    summary = corpus.run()
    assert (summary["moved"], summary["embedded"], summary["missing"]) == (0, 0, 0)


def delete(corpus):
    (corpus.disk / "box/Pic1.jpg").unlink()
    assert (corpus.run()["missing"], corpus.files()["missing"]) == (1, 1)
    # Not shown, unless asked for.
    assert (corpus.values(), corpus.values(mode="file")) == (COUNT - 2, COUNT - 1)
    assert corpus.values("is:missing") == corpus.values("is:missing", mode="file") == 1
    return {"hidden": 1}


def return_(corpus):
    for name, back in (("Pic1.jpg", "box/Pic1.jpg"), ("Pic2.jpg", "back/elsewhere.jpg")):
        (corpus.disk / "box" / name).rename(corpus.home / name)
        assert corpus.run()["missing"] == 1
        (corpus.disk / back).parent.mkdir(exist_ok=True)
        (corpus.home / name).rename(corpus.disk / back)
        summary = corpus.run()
        assert (summary["embedded"], summary["missing"]) == (0, 0)


def many(corpus):
    (corpus.disk / "box").rename(corpus.home / "box")
    summary = corpus.run()
    assert [problem["about"] for problem in summary["problems"]] == ["source"]
    assert (summary["missing"], corpus.files()["ok"]) == (0, COUNT + 1)
    assert (corpus.values(), corpus.values(mode="file")) == (COUNT - 1, COUNT)
    assert corpus.run("--accept-missing", "disk")["missing"] == 25
    (corpus.home / "box").rename(corpus.disk / "box")
    summary = corpus.run()
    assert (summary["missing"], summary["embedded"]) == (0, 0)


def away(corpus):
    corpus.disk.rename(corpus.home / "unplugged")
    summary = corpus.run()
    assert (summary["away"], summary["missing"]) == (COUNT, 0)
    assert corpus.files() == {"ok": 1, "away": COUNT, "unreadable": 0, "missing": 0, "purged": 0}


def relink(corpus):
    moved = corpus.disk.rename(corpus.home / "elsewhere")
    with pytest.raises(AssertionError, match="panoptic sources relink disk"):
        corpus.command("sources", "add", moved)
    corpus.command("sources", "relink", "disk", moved)
    summary = corpus.run()
    assert (summary["away"], summary["new"], summary["changed"], summary["embedded"]) == (
        0,
        0,
        0,
        0,
    )


def rename_source(corpus):
    corpus.command("sources", "rename", "disk", "posters")
    summary = corpus.run()
    assert (summary["moved"], summary["new"], summary["embedded"]) == (0, 0, 0)
    statuses = {stage: state["status"] for stage, state in summary["stages"].items()}
    assert {statuses["files/posters"], statuses["images/posters"]} == {"unchanged"}


def remove(corpus):
    shown = json.loads(corpus.command("sources", "remove", "disk", "--json"))
    assert (shown["files"], shown["leaving"], shown["annotated"]) == (COUNT, COUNT - 1, COUNT - 1)
    assert not shown["done"]
    corpus.command("sources", "remove", "disk", "--yes")
    corpus.run()
    assert (corpus.values(), corpus.values(mode="file")) == (0, 0)
    corpus.command("sources", "add", corpus.disk)
    corpus.run()


CASES = {
    "rename": rename,
    "case": case,
    "folder": folder,
    "other-source": other_source,
    "shift": shift,
    "copies": copies,
    "copy": copy,
    "edit": edit,
    "touch": touch,
    "delete": delete,
    "return": return_,
    "many": many,
    "away": away,
    "relink": relink,
    "rename-source": rename_source,
    "remove": remove,
}
# The others run with -m slow: each takes a whole run or more.
OFTEN = ("rename", "folder", "other-source", "delete", "return", "away", "relink", "remove")


def test_the_document_lists_these_cases():
    rows = re.findall(r"^\| `([a-z-]+)` ", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    assert rows == list(CASES)


@pytest.mark.parametrize(
    "name",
    [name if name in OFTEN else pytest.param(name, marks=pytest.mark.slow) for name in CASES],
)
def test_what_was_noted_is_there_afterwards(corpus, name):
    hidden = (CASES[name](corpus) or {}).get("hidden", 0)
    assert corpus.values() == COUNT - 1 - hidden
    assert corpus.values(mode="file") == COUNT - hidden


@pytest.mark.slow
def test_a_day_of_housekeeping_loses_nothing(prepared, tmp_path):
    corpus = copy_of(prepared, tmp_path / "home", panoptic)
    for step in (touch, copies, shift, rename):
        step(corpus)
    (corpus.disk / "box").rename(corpus.disk / "Sorted")
    shutil.move(corpus.disk / "loose", corpus.archive / "from disk")
    summary = corpus.run()
    assert (summary["missing"], summary["problems"], summary["embedded"]) == (0, [], 0)
    corpus.disk.rename(corpus.home / "disk of today")
    corpus.command("sources", "relink", "disk", corpus.home / "disk of today")
    corpus.command("sources", "rename", "disk", "today")
    assert corpus.run()["missing"] == 0
    assert (corpus.values(), corpus.values(mode="file")) == (COUNT - 1, COUNT)
