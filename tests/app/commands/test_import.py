"""``panoptic import``, as it is called and answers."""

import json

import polars as pl
import pytest

from app import cli
from app.cli import main
from app.commands import argument_types
from panoptic_data.annotations import properties, values
from panoptic_data.annotations.store import annotations_of
from panoptic_data.exchange import matching, plan
from tests import synthetic

LABELS = "path;kind[tag];year\n1930/red.jpg;poster;1930\nblue.png;card;soon\nno.jpg;x;1\n"


@pytest.fixture
def war(tmp_path, monkeypatch):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    project = synthetic.project(tmp_path / "war")
    rows = [synthetic.file(f"posters/1930/{name}", name) for name in ("red.jpg", "blue.png")]
    synthetic.write(project, "files", rows)
    (tmp_path / "labels.csv").write_text(LABELS, encoding="utf-8")
    return project


def ran(project, capsys, *arguments):
    """Run the command on the file of labels; return exit code, answer and errors."""
    file = project.root.parent / "labels.csv"
    code = main(["import", str(file), "--project", str(project.root), *arguments])
    answered = capsys.readouterr()
    return code, answered.out, answered.err


def test_a_rehearsal_shows_what_would_come_and_writes_nothing(war, capsys):
    code, out, _ = ran(war, capsys, "--dry-run", "--column", "year=date")
    assert code == 0
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines == [
        "labels.csv: 3 rows, 2 matched with images of the project",
        "rows are matched by the image's path, in the column “path”",
        "kind tag new, 2 values, 2 new tags",
        "year date new, 1 value",
        "Could not read 1 value of “year” as a date (1912, 1912-05, 4/5/1912, 4 May 1912):",
        "line 3 soon",
        "1 row matches no image:",
        "line 4 no.jpg no such image",
        "Nothing was written.",
    ]
    assert annotations_of(war).state(fresh=True).position == 0


def test_an_import_is_written_and_said(war, capsys):
    code, out, _ = ran(war, capsys, "--skip", "year", "--target", "file")
    assert code == 0
    assert "left out" in out
    assert "changes imported" in out
    (kind,) = annotations_of(war).state(fresh=True).live_properties
    assert (kind.name, kind.type, kind.target) == ("kind", "tag", "file")
    assert ran(war, capsys, "--skip", "year", "--target", "file")[1].endswith(
        "Nothing to change: everything was already there.\n"
    )


def test_scripts_get_json(war, capsys):
    code, out, _ = ran(war, capsys, "--json", "--match", "name", "--key", "path")
    summary = json.loads(out)
    assert (code, summary["written"], summary["matched"], summary["missed"]["count"]) == (
        0,
        True,
        2,
        1,
    )
    history = annotations_of(war).history()
    assert history["batch"].to_list() == [summary["batch"]]
    assert history["changes"].to_list() == [summary["changes"]]


def test_a_tree_of_tags_is_imported_into_a_property(war, capsys):
    tree = "name;colour;parents\nplant;;\nfruit;#00ff00;plant\n"
    (war.root.parent / "labels.csv").write_text(tree, encoding="utf-8")
    code, out, _ = ran(war, capsys, "--tags", "Sujet")
    assert (code, out.splitlines()[0]) == (0, "labels.csv: 2 new tags")
    names = {tag.name for tag in annotations_of(war).state(fresh=True).tags.values()}
    assert names == {"plant", "fruit"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--key", "nope"], "it has no column “nope”"),
        (["--skip", "nope"], "it has no column “nope”"),
        (["--folder", "nope"], "the project has no folder “nope”"),
        (["--tags", "T"], "it has no column “name”"),
    ],
)
def test_what_cannot_be_imported_gets_one_sentence(war, capsys, arguments, message):
    code, out, err = ran(war, capsys, *arguments)
    assert (code, out) == (2, "")
    assert f"labels.csv cannot be imported: {message}" in err or message in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--column", "year=poem"], "expected NAME=TYPE"),
        (["--match", "luck"], "invalid choice: 'luck'"),
    ],
)
def test_a_wrong_argument_gets_one_sentence(war, capsys, arguments, message):
    with pytest.raises(SystemExit) as ended:
        ran(war, capsys, *arguments)
    err = capsys.readouterr().err
    assert ended.value.code == 2
    assert message in err
    assert len(err.strip().splitlines()) == 1


def test_rows_as_many_as_files_are_no_order_unless_one_says_so(war, capsys):
    synthetic.write(
        war, "files", [synthetic.file(f"cards/scan{n}.jpg", f"card {n}") for n in range(30)]
    )
    text = "a;b\n" + "".join(f"{n};x\n" for n in range(30))
    (war.root.parent / "labels.csv").write_text(text, encoding="utf-8")
    code, _, err = ran(war, capsys)
    assert code == 2
    assert "if the rows follow the files of cards, use --match row" in err
    assert ran(war, capsys, "--match", "row", "--json")[0] == 0


def test_the_choices_are_those_there_are():
    assert cli.WAYS == matching.METHODS
    assert cli.EXISTING == plan.EXISTING
    assert cli.TARGETS == properties.TARGETS
    assert argument_types.TYPES == values.TYPES


def test_every_reason_has_its_words():
    from panoptic_data.messages import keys

    ways = {f"import.matched_by_{way}" for way in matching.METHODS}
    whys = {f"import.why_{why}" for why in ("nothing", "several", "empty", "unread")}
    assert ways | whys <= keys("en")


def test_the_encoding_is_said_asked_and_chosen(war, capsys):
    file = war.root.parent / "labels.csv"
    file.write_bytes("path;note\n1930/red.jpg;été à la forêt\nblue.png;cœur\n".encode("mac_roman"))
    code, out, _ = ran(war, capsys, "--dry-run")
    assert code == 0
    assert "read as mac_roman: été à la forêt · cœur" in out
    file.write_bytes("path;note\n1930/red.jpg;ışık\nblue.png;şiir\n".encode("cp1254"))
    code, out, err = ran(war, capsys)
    assert code == 2
    assert "cp1254" in err
    assert annotations_of(war).state(fresh=True).position == 0
    assert ran(war, capsys, "--encoding", "klingon")[0] == 2
    assert ran(war, capsys, "--encoding", "cp1254")[0] == 0
    state = annotations_of(war).state(fresh=True)
    (note,) = state.live_properties
    assert set(state.values(note.id)["value"]) == {"ışık", "şiir"}


def test_an_open_quote_is_said_with_its_line_and_days_are_asked(war, capsys):
    file = war.root.parent / "labels.csv"
    file.write_text('path;d;note\n1930/red.jpg;04/05/1912;"open\nblue.png;01/02/1913;x\n')
    code, out, err = ran(war, capsys)
    assert code == 2
    assert "--dates" in err
    code, out, _ = ran(war, capsys, "--dates", "month")
    assert code == 0
    assert "in lines: 2" in out
    state = annotations_of(war).state(fresh=True)
    values = {prop.name: set(state.values(prop.id)["value"]) for prop in state.live_properties}
    assert values == {"d": {"1912-04-05", "1913-01-02"}, "note": {'"open', "x"}}


def test_numbers_that_come_back_otherwise_are_counted(war, capsys):
    file = war.root.parent / "labels.csv"
    file.write_text("path;shelf\n1930/red.jpg;007\nblue.png;12\n", encoding="utf-8")
    code, out, _ = ran(war, capsys, "--dry-run", "--column", "shelf=number")
    assert code == 0
    assert "1 value is written back otherwise, as a number" in out
    assert "007 → 7" in out
    for text in ("1,5", "1 200", "12.0", "-3"):
        file.write_text(f"path;shelf\n1930/red.jpg;{text}\n", encoding="utf-8")
        out = ran(war, capsys, "--dry-run", "--column", "shelf=number")[1]
        assert "written back" not in out, text
    file.write_text("path;shelf\n1930/red.jpg;007\nblue.png;12\n", encoding="utf-8")
    assert "written back" not in ran(war, capsys, "--dry-run", "--column", "shelf=text")[1]


def test_options_that_a_file_would_pass_over_are_refused(war, capsys):
    file = war.root.parent / "labels.csv"
    file.write_text("path;shelf\n1930/red.jpg;007\n", encoding="utf-8")
    code, _, err = ran(war, capsys, "--roots", "keywords")
    assert code == 2
    assert "“roots” means nothing for a file of this kind" in err
    pl.DataFrame({"path": ["1930/red.jpg"]}).write_parquet(file)
    code, _, err = ran(war, capsys, "--encoding", "cp1252")
    assert code == 2
    assert "“encoding” means nothing" in err


def test_no_rows_no_folder_and_a_picture_are_named(war, capsys):
    file = war.root.parent / "labels.csv"
    file.write_text("path;kind\n", encoding="utf-8")
    code, out, _ = ran(war, capsys)
    assert (code, out.splitlines()[-1]) == (0, "Nothing to import: the file has no rows.")
    code, _, err = ran(war, capsys, "--folder", "nope", "--match", "row")
    assert code == 2
    assert "labels.csv cannot be imported: the project has no folder “nope”." in err
    file.write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(60))
    code, _, err = ran(war, capsys)
    assert code == 2
    assert "it is a picture; to add it to the project" in err
