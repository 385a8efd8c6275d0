"""Tables that are exported and imported again: nothing is lost, and spreadsheets run nothing."""

import csv
import json

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from panoptic_data import annotate, create_property, export, import_values, tag_images, undo
from panoptic_data.annotations.log import Change
from panoptic_data.annotations.parsing import is_invisible
from panoptic_data.annotations.store import annotations_of
from panoptic_data.errors import InvalidExport, InvalidImport
from panoptic_data.exchange import readers
from panoptic_data.exchange.exports.formats import FORMATS
from tests.panoptic_data.exchange.exports import annotated as examples
from tests.panoptic_data.exchange.exports.annotated import NAMES, ODD, everything, sha1_of

TABLES = ("csv", "parquet", "jsonl")
TEXTS = st.text(
    st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("=+-@\t\r\n'\",;| \x85"),
    min_size=1, max_size=30,
).filter(lambda text: text.strip() and not is_invisible(text))  # fmt: skip


@pytest.fixture(scope="module")
def war(tmp_path_factory):
    return examples.annotated(tmp_path_factory.mktemp("annotated"))


@pytest.mark.parametrize("format", TABLES)
def test_values_of_every_type_and_trees_of_tags_come_back(war, tmp_path, format):
    file = tmp_path / f"labels.{format}"
    assert export(war, format, file).rows == len(NAMES)
    other = examples.imported(tmp_path / "other", file)
    assert everything(other) == everything(war)


@pytest.fixture(scope="module")
def notes(tmp_path_factory):
    """Two projects of the same pictures, the first with properties of texts."""
    folder = tmp_path_factory.mktemp("odd")
    opened, other = examples.project(folder / "one"), examples.project(folder / "two")
    texts = [create_property(opened, f"=Note {number} [text]", "text") for number in range(5)]
    return folder, opened, other, texts


@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@example(texts=list(ODD))
@given(texts=st.lists(TEXTS, min_size=20, max_size=20))
def test_odd_texts_come_back(notes, texts):
    folder, opened, other, properties = notes
    for number, prop in enumerate(properties):
        some = texts[4 * number : 4 * number + 4]
        annotate(opened, prop, {sha1_of(n): text for n, text in zip(NAMES, some, strict=True)})
    for format in TABLES:
        export(opened, format, folder / f"labels.{format}", overwrite=True)
        import_values(other, folder / f"labels.{format}")
        assert everything(other) == everything(opened), format
        undo(other)


@pytest.mark.parametrize("format", TABLES)
def test_values_of_files_come_back_to_their_files(tmp_path, format):
    opened = examples.project(tmp_path / "one")
    shelf = create_property(opened, "Shelf", "text", target="file")
    ids = opened.database().frame("files", ["file_id", "path"]).sort("path")["file_id"].to_list()
    annotate(opened, shelf, {id: f"{number:03}" for number, id in enumerate(ids)})
    written = export(opened, format, tmp_path / f"labels.{format}")
    assert (written.rows, written.by_file) == (len(NAMES) + 1, True)
    other = examples.imported(tmp_path / "two", tmp_path / f"labels.{format}")
    assert everything(other) == everything(opened)


def test_a_table_without_the_file_beside_it_keeps_types_and_texts(war, tmp_path):
    export(war, "csv", tmp_path / "labels.csv")
    (tmp_path / "labels.csv.properties.json").unlink()
    other = examples.imported(tmp_path / "other", tmp_path / "labels.csv")
    assert _values(other) == _values(war)


def test_a_csv_runs_nothing_in_a_spreadsheet_and_keeps_numbers(war, tmp_path):
    export(
        war, "csv", tmp_path / "labels.csv", columns=["my text", "my number", "my tag", "Subject"]
    )
    rows = _rows(tmp_path / "labels.csv")
    assert rows[0] == [
        *("sha1", "file_id", "path"),
        *("my text[text]", "my number[number]", "my tag[tag]", "Subject[tags]"),
    ]
    by_sha1 = {row[0]: row[3:] for row in rows[1:]}
    assert by_sha1[sha1_of("red")][:3] == ["'=1+1", "-5", "Affiche, grande"]
    assert by_sha1[sha1_of("blue")][3] == '\'-minus, "a;b|c"'
    assert by_sha1[sha1_of("green")][1:3] == ["1e+20", "'=tag"]


def test_a_defused_text_of_somebody_elses_is_left_alone(tmp_path):
    (tmp_path / "labels.csv").write_text("path,note\n1930/red.jpg,'=1\n", "utf-8")
    table = readers.read(tmp_path / "labels.csv")
    assert table.frame["note"].to_list() == ["'=1"]


def test_columns_have_names_and_types_that_stay(war, tmp_path):
    export(war, "parquet", tmp_path / "labels.parquet")
    schema = pl.read_parquet_schema(tmp_path / "labels.parquet")
    assert list(schema)[:5] == ["sha1", "file_id", "path", "source", "folder"]
    assert schema["my number"] == pl.Float64
    assert schema["my checkbox"] == pl.Boolean
    assert schema["my date"] == schema["my colour"] == pl.String
    assert schema["Subject"] == pl.List(pl.String)
    assert schema["width"] == pl.Int32
    read = pl.read_parquet(tmp_path / "labels.parquet").sort("path")
    assert read["name"].to_list() == ["blue.jpg", "green.jpg", "grey.jpg", "red.jpg"]
    assert set(read["folder"]) == {"1930"}


def test_json_lines_hold_numbers_lists_and_truth(war, tmp_path):
    export(war, "jsonl", tmp_path / "labels.jsonl")
    rows = [
        json.loads(line) for line in (tmp_path / "labels.jsonl").read_text("utf-8").split("\n")[:-1]
    ]
    red = next(row for row in rows if row["sha1"] == sha1_of("red"))
    assert (red["my number"], red["my checkbox"]) == (-5, True)
    assert set(red["Subject"]) == {"War", "Naval battle", 'say "hi", you'}


def test_a_view_gives_its_images_in_its_order_and_a_selection_only_these(war, tmp_path):
    export(war, "csv", tmp_path / "a.csv", view="-name:red sort:-name")
    assert [row[2][13:] for row in _rows(tmp_path / "a.csv")[1:]] == [
        "grey.jpg",
        "green.jpg",
        "blue.jpg",
    ]
    chosen = [sha1_of("green"), sha1_of("blue")]
    export(war, "csv", tmp_path / "b.csv", images=chosen)
    assert [row[0] for row in _rows(tmp_path / "b.csv")[1:]] == chosen
    export(war, "csv", tmp_path / "c.csv", images=chosen, view="sort:name")
    assert [row[0] for row in _rows(tmp_path / "c.csv")[1:]] == chosen[::-1]


def test_files_that_the_view_does_not_ask_for_are_left_out(war, tmp_path):
    def paths(name, **parts):
        export(war, "csv", tmp_path / f"{name}.csv", **parts)
        return [row[2] for row in _rows(tmp_path / f"{name}.csv")[1:]]

    copy, original = "posters/copies/red.jpg", "posters/1930/red.jpg"
    assert {copy, original} < set(paths("all", files=True))
    assert paths("in folder", view="folder:posters/copies", files=True) == [copy]
    assert copy not in paths("other folder", view="folder:posters/1930", files=True)
    # An image is exported by the file that matched.
    assert paths("image", view="folder:posters/copies") == [copy]
    assert original in paths("image of other", view="folder:posters/1930 name:red")
    # Found by two of its files together: both are.
    both = paths("both", view="folder:posters/copies folder:posters/1930", files=True)
    assert sorted(both) == sorted([copy, original])
    assert original in paths("chosen", images=[sha1_of("red")], files=True)


def test_a_property_that_is_called_as_a_column_gets_a_number_and_its_name_back(tmp_path):
    opened = examples.project(tmp_path / "one")
    annotate(opened, create_property(opened, "Width", "number"), {sha1_of("red"): 7})
    export(opened, "csv", tmp_path / "labels.csv")
    assert "Width (2)[number]" in _rows(tmp_path / "labels.csv")[0]
    assert everything(examples.imported(tmp_path / "two", tmp_path / "labels.csv")) == everything(
        opened
    )


def test_a_property_without_values_and_its_tags_come_back(tmp_path):
    opened = examples.project(tmp_path / "one")
    theme = create_property(opened, "Theme", "tags")
    tag_images(opened, theme, [sha1_of("red")], ["unused"])
    tag_id = annotations_of(opened).state(fresh=True).tags_of(theme.id)[0].id
    change = Change("image", sha1_of("red"), theme.id, "remove", tag_id)
    annotations_of(opened).commit([change], "tag")
    for format in TABLES:
        export(opened, format, tmp_path / f"labels.{format}")
        other = examples.imported(tmp_path / format, tmp_path / f"labels.{format}")
        assert everything(other) == everything(opened)


def test_importing_an_export_into_its_own_project_changes_nothing(war, tmp_path):
    before = everything(war)
    export(war, "csv", tmp_path / "labels.csv")
    import_values(war, tmp_path / "labels.csv")
    assert everything(war) == before


def test_definitions_that_cannot_be_read_are_told(war, tmp_path):
    export(war, "csv", tmp_path / "labels.csv")
    (tmp_path / "labels.csv.properties.json").write_text("{", "utf-8")
    with pytest.raises(InvalidImport, match=r"labels\.csv\.properties\.json"):
        readers.read(tmp_path / "labels.csv")


@pytest.mark.parametrize(
    ("format", "name", "options", "problem"),
    [
        ("csw", "a.csv", {}, "format"),
        ("csv", "a.txt", {}, "suffix"),
        ("csv", "a.csv", {"size": 100}, "option"),
        ("csv", "a.csv", {"columns": ["nothing"]}, "no_column"),
        ("csv", "a.csv", {"images": ["0" * 40]}, "unknown_images"),
        ("csv", "a.csv", {"saved": "none"}, "no_view"),
        ("csv", "nowhere/a.csv", {}, "no_folder"),
    ],
)
def test_a_wrong_choice_is_one_sentence_and_writes_nothing(
    war, tmp_path, format, name, options, problem
):
    with pytest.raises(InvalidExport) as raised:
        export(war, format, tmp_path / name, **options)
    assert (raised.value.problem, raised.value.exit_code) == (problem, 2)
    assert raised.value.message("fr") != raised.value.message("en")
    assert list(tmp_path.iterdir()) == []


def test_the_formats_of_the_command_line_are_those_that_there_are():
    from app import cli
    from panoptic_data.exchange.exports.options import NAMES as WAYS

    assert (tuple(FORMATS), WAYS) == (cli.FORMATS, cli.NAMES)


def _values(opened):
    return {name: (parts[0], parts[3]) for name, parts in everything(opened).items()}


def _rows(file):
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.reader(opened))
