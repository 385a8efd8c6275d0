"""Importing values: files of all kinds, finding images, plans, and what is written."""

import csv
import io
import json
import os
import sqlite3
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from panoptic_data.annotations import store as annotations
from panoptic_data.errors import InvalidImport, InvalidTag, InvalidValue
from panoptic_data.exchange import apply
from panoptic_data.exchange.matching import Matching
from panoptic_data.exchange.tables import NewTag
from tests import synthetic

DATA = Path(os.environ.get("PANOPTIC_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
NAMES = ("image-0", "image-1", "image-2", "image-10")


@pytest.fixture
def project(tmp_path):
    """Two sources; two files hold the same image, two images have files of the same name."""
    opened = synthetic.project(tmp_path / "war")
    added = {"added_at": synthetic.AT}
    places = {"posters": "/data/posters", "cards": "/data/cards"}
    synthetic.write(
        opened, "sources", [{"name": name, "uri": uri, **added} for name, uri in places.items()]
    )
    files = [
        *(synthetic.file(f"cards/num/{name}.jpg", name) for name in NAMES),
        synthetic.file("posters/1930/red.jpg", "red"),
        synthetic.file("posters/1940/red.jpg", "other red"),
        synthetic.file("posters/1930/blue.png", "blue"),
        synthetic.file("posters/copies/blue.png", "blue"),
        synthetic.file("posters/été.jpg", "summer"),
        synthetic.file("posters/gone.jpg", "gone", status="missing"),
        synthetic.file("posters/bad.jpg", None, status="unreadable"),
    ]
    synthetic.write(opened, "files", files)
    shas = dict.fromkeys(row["sha1"] for row in files if row["sha1"])
    synthetic.write(opened, "images", [{"sha1": one, "format": "JPEG"} for one in shas])
    return opened


def write(tmp_path, text, name="values.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def table(tmp_path, text, **more):
    return apply.read(write(tmp_path, text, **more))


def held(project, name):
    """Return what a property holds: target → value, tags by their names."""
    state = annotations.get(project).state(fresh=True)
    one = next(it for it in state.shown if it.name == name)
    found = {}
    for target, value in state.values(one.id).select("target", "value").iter_rows():
        shown = state.tags[value].name if one.has_tags else value
        found.setdefault(target, []).append(shown)
    return {
        target: sorted(some) if one.holds_several else some[0] for target, some in found.items()
    }


def of(*names):
    return [synthetic.sha1(name) for name in names]


def told(project, table, by, column="key", **more):
    found = apply.find(project, table, Matching(by, column, **more))
    names = {
        synthetic.sha1(name): name
        for name in (*NAMES, "red", "other red", "blue", "summer", "gone")
    }
    rows = {row: names.get(sha1) for row, sha1 in found.rows.select("row", "sha1").iter_rows()}
    whys = dict(found.missed.select("row", "why").iter_rows())
    return [rows.get(row, whys.get(row)) for row in range(len(table.lines))]


# Files


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_a_csv_is_read_whatever_parts_its_cells_and_encodes_them(tmp_path, delimiter, encoding):
    rows = [["path", "été", "note"], ["a.jpg", "œuvre", 'two\nlines "quoted"'], ["b.jpg", "", "x"]]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    read = table(tmp_path, text.getvalue() + "\r\n\r\n", encoding=encoding)
    assert read.frame.columns == rows[0]
    assert [list(row) for row in read.frame.iter_rows()] == rows[1:]
    assert read.lines.to_list() == [2, 4]


def test_headers_say_names_and_types(tmp_path):
    read = table(tmp_path, "path;kind[tag];Sujets [multi_tags];size [cm];;kind[tag]\na;b;c;1;2;3\n")
    assert read.frame.columns == ["path", "kind", "Sujets", "size [cm]", "column 5", "kind (2)"]
    assert read.types == {"kind": "tag", "Sujets": "tags", "kind (2)": "tag"}


def test_a_first_line_of_excel_says_what_parts_the_cells(tmp_path):
    read = table(tmp_path, "sep=|\r\npath|a;b;c\r\nx|1;2;3\r\n")
    assert list(read.frame.iter_rows(named=True)) == [{"path": "x", "a;b;c": "1;2;3"}]
    assert read.lines.to_list() == [3]


def test_rows_of_another_length_are_filled_up_or_told(tmp_path):
    read = table(tmp_path, "path;a;b\nx;1\ny;1;2;3\nz;1;2;\n\n")
    assert list(read.frame.iter_rows()) == [("x", "1", ""), ("y", "1", "2"), ("z", "1", "2")]
    assert read.overlong == (3,)


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\ufeff"), max_size=8)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.just("k"), CELLS, CELLS), min_size=3, max_size=12))
def test_what_was_written_as_csv_is_read_back(tmp_path, rows):
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([("path", "a", "b"), *rows])
    read = apply.read(write(tmp_path, text.getvalue()), delimiter=",")
    assert list(read.frame.iter_rows()) == rows


def test_json_lines_keep_lists_and_kinds(tmp_path):
    lines = [{"path": "a", "n": 1, "tags": ["x, y", "z"]}, {"path": "b", "n": 2.5, "odd": 1},
             {"path": "c", "odd": "text", "deep": {"a": [1]}}]  # fmt: skip
    text = "\n".join(map(json.dumps, lines))
    for name, whole in (("a.jsonl", text), ("b.json", json.dumps(lines)), ("c.txt", text)):
        read = table(tmp_path, whole, name=name)
        assert read.frame["n"].to_list() == [1.0, 2.5, None]
        assert read.frame["tags"].to_list() == [["x, y", "z"], None, None]
        assert read.frame["odd"].to_list() == [None, "1", "text"]
        assert read.frame["deep"].to_list() == [None, None, '{"a": [1]}']
        assert read.lines.to_list() == [1, 2, 3]


def test_parquet_keeps_types(tmp_path):
    frame = pl.DataFrame({"path": ["a"], "when": [1912], "tags": [["x"]], "raw": [b"no"]})
    frame.write_parquet(tmp_path / "values.parquet")
    read = apply.read(tmp_path / "values.parquet")
    assert read.frame.columns == ["path", "when", "tags"]
    assert read.frame["tags"].to_list() == [["x"]]


@pytest.mark.parametrize(
    ("content", "name", "problem"),
    [
        (b"", "a.csv", "empty"),
        (b"\n \n", "a.csv", "empty"),
        (b'{"a": 1}\n{"a":', "a.jsonl", "json"),
        (b"[1, 2]", "a.json", "json"),
        (b"[{", "a.json", "json"),
        (b"PAR1 and no more", "a.parquet", "damaged"),
        (b"PK\x03\x04 a book", "a.xlsx", "spreadsheet"),
        (b"SQLite format 3\0 and no more", "a.db", "damaged"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path, content, name, problem):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidImport) as raised:
        apply.read(tmp_path / name)
    assert raised.value.problem == problem
    assert name in raised.value.message("fr")


def test_a_file_that_is_not_there_and_a_folder_of_something_else_say_so(tmp_path):
    for place, problem in ((tmp_path / "absent.csv", "unreadable"), (tmp_path, "no_database")):
        with pytest.raises(InvalidImport) as raised:
            apply.read(place)
        assert raised.value.problem == problem


# Finding images


@pytest.mark.parametrize(
    ("by", "keys", "found"),
    [
        ("path", ["/data/posters/1930/red.jpg", r"\data\posters\1940\red.jpg"],
         ["red", "other red"]),
        ("path", ["posters/1930/red.jpg", "1930/red.jpg", "./1940/red.jpg"],
         ["red", "red", "other red"]),
        ("path", ["red.jpg", "no.jpg", "", " "], ["several", "nothing", "empty", "empty"]),
        ("path", ["blue.png", "copies/blue.png"], ["blue", "blue"]),
        ("path", ["/elsewhere/posters/1930/red.jpg", r"C:\old\1940\red.jpg"], ["red", "other red"]),
        ("path", ["/elsewhere/1950/red.jpg", "1950/red.jpg"], ["nothing", "nothing"]),
        ("path", ["e\u0301te\u0301.jpg", "file:///data/posters/été.jpg"], ["summer", "summer"]),
        ("path", ["gone.jpg"], ["gone"]),
        ("name", ["else/where/image-10.jpg", "image-2", "red", "zzz"],
         ["image-10", "image-2", "several", "nothing"]),
        ("sha1", [synthetic.sha1("red").upper(), "0" * 40], ["red", "nothing"]),
        ("id", [synthetic.file("posters/1930/red.jpg", "red")["file_id"], "x"], ["red", "nothing"]),
    ],
)  # fmt: skip
def test_rows_find_images(project, tmp_path, by, keys, found):
    text = io.StringIO()
    csv.writer(text).writerows([("key", "v"), *((key, "v") for key in keys)])
    assert told(project, apply.read(write(tmp_path, text.getvalue())), by) == found


def test_the_folder_limits_what_rows_find(project, tmp_path):
    read = table(tmp_path, "key,v\nred.jpg,1\n")
    assert told(project, read, "name", folder="posters/1940") == ["other red"]
    with pytest.raises(InvalidImport) as raised:
        apply.find(project, read, Matching("path", "key", "posters/1950"))
    assert raised.value.problem == "no_folder"


def test_row_numbers_count_as_people_do(project, tmp_path):
    read = table(tmp_path, "v,w\n" + "".join(f"{n},x\n" for n in range(6)))
    assert told(project, read, "row", None, folder="cards") == [*NAMES, "nothing", "nothing"]
    first = table(tmp_path, "v,w\n0,x\n1,x\n")
    assert told(project, first, "row", None, folder="cards/num") == list(NAMES[:2])


@pytest.mark.parametrize(
    ("text", "matching"),
    [
        ("note,file\nx,1930/red.jpg\ny,blue.png\n", Matching("path", "file")),
        ("note,whatever\nx,image-1\ny,image-2\n", Matching("name", "whatever")),
        (f"a,b\nx,{synthetic.sha1('red')}\n", Matching("sha1", "b")),
        ("path,a\nunknown.jpg,1\n", Matching("path", "path")),
    ],
)
def test_how_rows_find_images_is_found_out(project, tmp_path, text, matching):
    assert apply.proposed(project, table(tmp_path, text)) == matching


def test_the_folder_of_row_numbers_has_as_many_files(project, tmp_path):
    four = table(tmp_path, "a,b\n1,2\n3,4\n5,6\n7,8\n")
    assert apply.proposed(project, four, "row") == Matching("row", None, "cards/num")
    assert apply.proposed(project, four, folder="posters") == Matching("row", None, "posters")


def test_a_table_without_a_key_says_what_to_do(project, tmp_path):
    with pytest.raises(InvalidImport) as raised:
        apply.proposed(project, table(tmp_path, "a,b\n1,2\n3,4\n"))
    assert raised.value.problem == "no_key"


# Plans and what they write

MIXED = """path;Titre;année;note[number];vu;mots[multi_tags];kind[tag];
posters/1930/red.jpg;Le rouge;1930;1 234,5;oui;guerre, "paix, enfin";Affiche, grande;1
1940/red.jpg;L'autre;mars 1940;douze;non;Guerre;affiche, grande;2
blue.png;;24/10/1930;;;;carte;3
nowhere.jpg;x;1931;1;oui;a;b;4
"""


def test_a_plan_proposes_types_and_lists_what_does_not_fit(project, tmp_path):
    plan = apply.plan(project, table(tmp_path, MIXED))
    summary = apply.summary(plan)
    columns = {one["name"]: one for one in summary["columns"]}
    assert {name: one["type"] for name, one in columns.items()} == {
        "Titre": "text",
        "année": "date",
        "note": "number",
        "vu": "checkbox",
        "mots": "tags",
        "kind": "tag",
        "column 8": "text",
    }
    assert [name for name, one in columns.items() if not one["take"]] == ["column 8"]
    assert (summary["rows"], summary["matched"], summary["images"]) == (4, 3, 3)
    assert summary["missed"]["first"] == [{"line": 5, "key": "nowhere.jpg", "why": "nothing"}]
    assert columns["note"]["unreadable"] == {"count": 1, "first": [{"line": 3, "value": "douze"}]}
    assert columns["Titre"]["examples"] == ["Le rouge", "L'autre", "x"]
    assert columns["année"]["read"] == [["1930"], ["1940-03"], ["1930-10-24"]]
    assert columns["mots"]["read"] == [["guerre", "paix, enfin"], ["Guerre"]]
    assert "read" not in columns["column 8"]
    assert columns["mots"]["new_tags"] == {"count": 2, "first": ["guerre", "paix, enfin"]}
    assert annotations.get(project).state(fresh=True).position == 0
    json.dumps(summary)


def test_an_import_is_one_batch_that_undo_takes_back(project, tmp_path):
    plan = apply.plan(project, table(tmp_path, MIXED))
    seen = []
    batch = apply.apply(project, plan, "ada", lambda done, of: seen.append((done, of)))
    red, other, blue = of("red", "other red", "blue")
    assert held(project, "année") == {red: "1930", other: "1940-03", blue: "1930-10-24"}
    assert held(project, "note") == {red: "1234.5"}
    assert held(project, "vu") == {red: "true", other: "false"}
    assert held(project, "mots") == {red: ["guerre", "paix, enfin"], other: ["guerre"]}
    assert held(project, "kind") == {
        red: "Affiche, grande",
        other: "Affiche, grande",
        blue: "carte",
    }
    assert (seen[0], seen[-1]) == ((0, 6), (6, 6))
    store = annotations.get(project)
    assert (batch.act, batch.author, batch.about) == ("import", "ada", "values.csv")
    assert store.history()["batch"].to_list() == [batch.id]
    store.undo("ada")
    assert store.state(fresh=True).shown == []
    assert not any(cells.frame().height for cells in store.state().cells.values())


def test_the_same_import_again_changes_nothing(project, tmp_path):
    read = table(tmp_path, MIXED)
    apply.apply(project, apply.plan(project, read))
    assert apply.apply(project, apply.plan(project, read)).changes.is_empty()


@pytest.mark.parametrize(
    ("existing", "names", "values"),
    [
        ("replace", ["n", "t"], ["2", ["b"], "2", ["c"]]),
        ("keep", ["n", "t"], ["1", ["a"], "2", ["c"]]),
        ("new", ["n", "t", "n (2)", "t (2)"], ["1", ["a"], None, None]),
    ],
)
def test_what_is_there_is_replaced_kept_or_left_beside(project, tmp_path, existing, names, values):
    apply.apply(
        project,
        apply.plan(project, table(tmp_path, "path;n[number];t[tags]\n1930/red.jpg;1;a\n")),
    )
    read = table(tmp_path, "path;N;T\n1930/red.jpg;2;b\n1940/red.jpg;2;c\n")
    choices = {"T": {"type": "tags"}}
    apply.apply(project, apply.plan(project, read, existing=existing, columns=choices))
    shown = annotations.get(project).state(fresh=True).shown
    assert [one.name.casefold() for one in shown] == names
    red, other = of("red", "other red")
    first, second = held(project, "n"), held(project, "t")
    assert [first.get(red), second.get(red), first.get(other), second.get(other)] == values


def test_the_first_row_of_an_image_holds_and_tags_come_together(project, tmp_path):
    read = table(
        tmp_path, "path;n[number];t[tags]\n1930/blue.png;;a\ncopies/blue.png;2;b\nblue.png;3;A\n"
    )
    plan = apply.plan(project, read)
    assert [one.repeated for one in plan.readings] == [1, 0]
    apply.apply(project, plan)
    assert held(project, "n") == dict.fromkeys(of("blue"), "2")
    assert held(project, "t") == {synthetic.sha1("blue"): ["a", "b"]}


def test_values_can_belong_to_files(project, tmp_path):
    read = table(tmp_path, "path;n[number]\n1930/blue.png;1\ncopies/blue.png;2\nbad.jpg;3\n")
    apply.apply(project, apply.plan(project, read, target="file"))
    places = ("posters/1930/blue.png", "posters/copies/blue.png", "posters/bad.jpg")
    ids = [synthetic.file(place, "blue")["file_id"] for place in places]
    assert held(project, "n") == dict(zip(ids, ["1", "2", "3"], strict=True))
    image = apply.plan(project, read, existing="new")
    assert image.readings[0].values.height == 1
    assert apply.missing(image).select("line", "key", "why").rows() == [(4, "bad.jpg", "unread")]


def test_a_row_that_means_an_image_means_all_its_files(project, tmp_path):
    read = table(tmp_path, f"sha1;n[number]\n{synthetic.sha1('blue')};1\n")
    apply.apply(project, apply.plan(project, read, target="file"))
    assert set(held(project, "n").values()) == {"1"}
    assert len(held(project, "n")) == 2


def test_columns_can_be_taken_otherwise_than_proposed(project, tmp_path):
    read = table(tmp_path, "path;a;b;c\n1930/red.jpg;x|y;1;z\n")
    plan = apply.plan(project, read, columns={"c": {"take": False}})
    choices = {"a": {"type": "tags", "separator": "|", "name": "Sujet"}, "b": {"target": "file"}}
    plan = apply.altered(project, plan, columns=choices)
    apply.apply(project, plan)
    assert held(project, "Sujet") == {synthetic.sha1("red"): ["x", "y"]}
    shown = annotations.get(project).state(fresh=True).shown
    assert [(one.name, one.target) for one in shown] == [("Sujet", "image"), ("b", "file")]


def test_only_what_was_altered_is_read_again_until_somebody_annotates(project, tmp_path):
    apply.apply_tags(project, "a", [NewTag("y")])
    first = apply.plan(project, table(tmp_path, "path;a;b\n1930/red.jpg;x;1\n"))
    second = apply.altered(project, first, columns={"b": {"type": "text"}})
    assert second.found is first.found
    assert second.readings[0] is first.readings[0]
    assert second.readings[1].column.type == "text"
    # Which tags are new is another thing now.
    apply.apply_tags(project, "a", [NewTag("x")])
    third = apply.altered(project, second)
    assert (first.readings[0].new_tags, third.readings[0].new_tags) == (("x",), ())


def test_lists_of_json_are_tags_with_commas(project, tmp_path):
    line = json.dumps({"path": "1930/red.jpg", "t": ["a, b", " c "], "n": 3, "yes": True})
    apply.apply(project, apply.plan(project, table(tmp_path, line, name="a.jsonl")))
    red = synthetic.sha1("red")
    assert held(project, "t") == {red: ["a, b", "c"]}
    assert (held(project, "n"), held(project, "yes")) == ({red: "3"}, {red: "true"})


@pytest.mark.parametrize(
    ("choice", "problem"),
    [
        ({"columns": {"zzz": {"take": False}}}, "no_column"),
        ({"columns": {"a": {"type": "poem"}}}, "type"),
        ({"columns": {"a": {"size": 3}}}, "part"),
        ({"columns": {"a": {"target": "folder"}}}, "target"),
        ({"columns": {"a": {"type": "text"}}}, "other_type"),
        ({"existing": "burn"}, "existing"),
        ({"matching": Matching("path", "zzz")}, "no_column"),
    ],
)
def test_a_choice_that_cannot_be_is_refused(project, tmp_path, choice, problem):
    read = table(tmp_path, "path;a\n1930/red.jpg;1\n")
    apply.apply(project, apply.plan(project, read))
    with pytest.raises(InvalidImport) as raised:
        apply.plan(project, read, **choice)
    assert raised.value.problem == problem
    assert raised.value.message("en").endswith(".")


# Trees of tags


def test_a_tree_of_tags_comes_from_a_csv(project, tmp_path):
    text = 'name;color;parents\nfruit;0;\n"apple, red";#ff0000;fruit,"plant, any"\nFRUIT;;plant\n'
    new = apply.read_tags(write(tmp_path, text))
    assert new[1] == NewTag("apple, red", "#ff0000", ("fruit", "plant, any"))
    apply.apply_tags(project, "Sujet", new)
    state = annotations.get(project).state(fresh=True)
    known = {one.name: one for one in state.tags.values()}
    assert set(known) == {"fruit", "apple, red", "plant, any", "plant"}
    above = {state.tags[id].name for id in known["apple, red"].parents}
    assert (above, known["apple, red"].colour) == ({"fruit", "plant, any"}, "#ff0000")
    assert known["fruit"].parents == (known["plant"].id,)
    assert apply.apply_tags(project, "sujet", new).changes.is_empty()


@pytest.mark.parametrize(
    ("new", "error"),
    [
        ([NewTag("a", None, ("b",)), NewTag("b", None, ("a",))], InvalidTag),
        ([NewTag("a", "nothing")], InvalidValue),
    ],
)
def test_a_tree_that_cannot_be_is_refused_whole(project, new, error):
    with pytest.raises(error):
        apply.apply_tags(project, "Sujet", new)
    assert annotations.get(project).state(fresh=True).position == 0


def test_a_table_without_names_is_no_tree(tmp_path):
    with pytest.raises(InvalidImport) as raised:
        apply.read_tags(write(tmp_path, "a;b\n1;2\n"))
    assert raised.value.problem == "no_tag_names"


def test_a_notebook_runs_the_example_of_the_docs(project, tmp_path):
    """The Python of docs/annotations.md, as it stands there."""
    write(tmp_path, "path;kind[tag]\n1930/red.jpg;poster\nno.jpg;card\n", name="labels.csv")
    docs = Path(__file__).parents[2] / "docs" / "annotations.md"
    section = docs.read_text(encoding="utf-8").partition("## Import\n")[2]
    example = section.partition("```python\n")[2].partition("```")[0]
    for name in ("war", "labels.csv"):
        example = example.replace(f'"{name}"', repr(str(tmp_path / name)))
    told: dict[str, object] = {}
    exec(example, told)
    assert told["batch"].author == "ada"
    assert held(project, "Kind") == {synthetic.sha1("red"): "poster"}


# Real files


def needs(path):
    return pytest.mark.skipif(not path.exists(), reason=f"no real files at {path.parent}")


LABELS = DATA / "clothing-1k" / "labels.csv"
PAINTINGS = DATA / "usda-pomological" / "data" / "usda_pomological_watercolors.csv"


@needs(LABELS)
def test_the_labels_of_clothes_come_in(tmp_path):
    project = synthetic.project(tmp_path / "p")
    paths = [line.partition(";")[0] for line in LABELS.read_text().splitlines()[1:]]
    synthetic.write(project, "files", [synthetic.file(f"clothes/{one}", one) for one in paths])
    apply.apply(project, apply.plan(project, apply.read(LABELS)))
    kinds = held(project, "kind")
    assert kinds == {synthetic.sha1(one): one.partition("/")[0] for one in paths}


@needs(PAINTINGS)
def test_the_watercolours_come_in_by_row_number(tmp_path):
    project = synthetic.project(tmp_path / "p")
    files = [synthetic.file(f"usda/images/image-{n}.jpg", f"image-{n}") for n in range(7580)]
    synthetic.write(project, "files", files)
    read = apply.read(PAINTINGS)
    assert apply.proposed(project, read) == Matching("row", None, "usda/images")
    plan = apply.plan(project, read)
    types = {one.name: one.type for one in plan.columns if one.take}
    assert types == {
        "authors": "tag",
        "fruit": "text",
        "image": "url",
        "painting_index": "number",
        "subjects": "tags",
        "thumbnail_image": "url",
        "year": "date",
    }
    assert sum(one.unreadable.height for one in plan.readings) == 0
    apply.apply(project, plan)
    years, subjects = held(project, "year"), held(project, "subjects")
    assert len(years) == 7580 - 364
    tenth = synthetic.sha1("image-5")
    assert (years[tenth], subjects[tenth]) == ("1924", ["Adansonia digitata", "baobab"])
    assert held(project, "authors")[tenth] == "Newton, Amanda Almira, ca. 1860-1943"


def sqlite(path, script, rows):
    with sqlite3.connect(path) as database:
        database.executescript(script)
        for table, values in rows.items():
            for row in values:
                marks = ", ".join("?" * len(row))
                database.execute(f"INSERT INTO {table} VALUES ({marks})", row)
    database.close()


LATER = ", commit_id INTEGER, operation INTEGER, sequence INTEGER"
NEW_SCHEMA = f"""
CREATE TABLE folders (id INTEGER PRIMARY KEY NOT NULL, source_id INTEGER, path TEXT, name TEXT,
    parent INTEGER, sequence INTEGER);
CREATE TABLE files (id INTEGER PRIMARY KEY NOT NULL, name TEXT, folder_id INTEGER, sha1 TEXT,
    width INTEGER, height INTEGER, format TEXT, created_at TIMESTAMP, sequence INTEGER);
CREATE TABLE instances (id INTEGER PRIMARY KEY NOT NULL, file_id INTEGER, sha1 TEXT,
    sequence INTEGER);
CREATE TABLE properties (id INTEGER PRIMARY KEY NOT NULL, dtype TEXT, mode TEXT, name TEXT,
    access TEXT, tag_list_id INTEGER, system_key TEXT, property_group_id INTEGER{LATER});
CREATE TABLE property_groups (id INTEGER PRIMARY KEY NOT NULL, name TEXT{LATER});
CREATE TABLE tags (id INTEGER PRIMARY KEY NOT NULL, list_id INTEGER, parents JSON, value TEXT,
    color INTEGER{LATER});
CREATE TABLE instance_values (property_id INTEGER NOT NULL, instance_id INTEGER NOT NULL,
    value JSON{LATER}, PRIMARY KEY (property_id, instance_id));
CREATE TABLE sha1_values (property_id INTEGER NOT NULL, sha1 TEXT NOT NULL, value JSON{LATER},
    PRIMARY KEY (property_id, sha1));
CREATE TABLE file_values (property_id INTEGER NOT NULL, file_id INTEGER NOT NULL,
    value JSON{LATER}, PRIMARY KEY (property_id, file_id));
CREATE TABLE instance_tag_values (instance_id INTEGER NOT NULL, property_id INTEGER NOT NULL,
    tag_id INTEGER NOT NULL{LATER}, PRIMARY KEY (instance_id, property_id, tag_id));
CREATE TABLE sha1_tag_values (sha1 TEXT NOT NULL, property_id INTEGER NOT NULL,
    tag_id INTEGER NOT NULL{LATER}, PRIMARY KEY (sha1, property_id, tag_id));
"""
ALIVE, DEAD = (1, 1, 1), (1, -1, 1)


def test_a_project_of_panoptic_1_comes_over(project, tmp_path):
    """Paths of another machine, one file that was renamed since: found by its bytes."""
    red, blue, summer = of("red", "blue", "summer")
    old = tmp_path / "old"
    old.mkdir()
    rows = {
        "folders": [(1, 1, "/elsewhere/posters/1930", "1930", None, 1)],
        "files": [
            (5, "red.jpg", 1, red, 1, 1, "jpeg", None, 1),
            (6, "blue.png", 1, blue, 1, 1, "png", None, 1),
            (7, "renamed.jpg", 1, summer, 1, 1, "jpeg", None, 1),
        ],
        "instances": [(1, 5, red, 1), (2, 6, blue, 1), (3, 7, summer, 1)],
        "property_groups": [(1, "Fiche", *ALIVE)],
        "properties": [
            (1, "text", "id", "Note", "write", None, None, 1, *ALIVE),
            (2, "multi_tags", "sha1", "Sujet", "write", 2, None, None, *ALIVE),
            (3, "date", "sha1", "Jour", "write", None, None, None, *ALIVE),
            (4, "color", "sha1", "Teinte", "write", None, None, None, *ALIVE),
            (5, "checkbox", "sha1", "Vu", "write", None, None, None, *ALIVE),
            (6, "number", "file", "Rang", "write", None, None, None, *ALIVE),
            (7, "text", "sha1", "Away", "write", None, None, None, *DEAD),
            (8, "number", "sha1", "width", "read", None, "width", None, *ALIVE),
            (9, "image_link", "sha1", "Voir", "write", None, None, None, *ALIVE),
        ],
        "tags": [
            (1, 2, "[]", "fruit", 3, *ALIVE),
            (2, 2, "[1]", "pomme, rouge", -1, *ALIVE),
            (3, 2, "[]", "lost", 1, *DEAD),
            (4, 2, "[5]", "one", 1, *ALIVE),
            (5, 2, "[4]", "two", 1, *ALIVE),
        ],
        "instance_values": [(1, 1, '"a; b"', *ALIVE), (1, 2, '"gone"', *DEAD)],
        "sha1_values": [
            (3, red, '"24/10/2024"', *ALIVE),
            (3, blue, '"1998-03-04T00:00:00.000Z"', *ALIVE),
            (4, red, "2", *ALIVE),
            (5, red, "false", *ALIVE),
            (5, summer, "true", *ALIVE),
            (9, red, "2", *ALIVE),
        ],
        "file_values": [(6, 5, "4.5", *ALIVE)],
        "sha1_tag_values": [(red, 2, 1, *ALIVE), (red, 2, 2, *ALIVE), (blue, 2, 2, *DEAD)],
    }
    sqlite(old / "data.db", NEW_SCHEMA, rows)
    before = (old / "data.db").read_bytes()
    plan = apply.plan(project, apply.read(old))
    apply.apply(project, plan)
    place = {name: synthetic.file(f"posters/1930/{name}", None)["file_id"] for name in ("red.jpg",)}
    assert held(project, "Note") == {place["red.jpg"]: "a; b"}
    assert held(project, "Rang") == {place["red.jpg"]: "4.5"}
    assert held(project, "Sujet") == {red: ["fruit", "pomme, rouge"]}
    assert held(project, "Jour") == {red: "2024-10-24", blue: "1998-03-04"}
    assert held(project, "Vu") == {red: "false", summer: "true"}
    assert held(project, "Voir") == {red: blue}
    assert held(project, "Teinte")[red].startswith("#")
    state = annotations.get(project).state(fresh=True)
    assert {one.name: one.folder for one in state.shown}["Note"] == "Fiche"
    assert "width" not in {one.name for one in state.shown}
    known = {one.name: one for one in state.tags.values()}
    assert set(known) == {"fruit", "pomme, rouge", "one", "two"}
    assert known["pomme, rouge"].parents == (known["fruit"].id,)
    assert known["fruit"].colour is not None
    # Panoptic accepts a circle of parents; one of its links stays out.
    assert len(known["one"].parents) + len(known["two"].parents) == 1
    assert (old / "data.db").read_bytes() == before


OLD_SCHEMA = """
CREATE TABLE folders (id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT UNIQUE, name TEXT,
    parent INTEGER);
CREATE TABLE instances (id INTEGER PRIMARY KEY AUTOINCREMENT, folder_id INTEGER NOT NULL,
    name TEXT NOT NULL, extension TEXT NOT NULL, sha1 TEXT NOT NULL, url TEXT NOT NULL,
    height INTEGER NOT NULL, width INTEGER NOT NULL, ahash TEXT NOT NULL);
CREATE TABLE property_group (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);
CREATE TABLE properties (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, type TEXT,
    mode TEXT DEFAULT 'id', property_group_id INTEGER);
CREATE TABLE instance_property_values (property_id INTEGER NOT NULL,
    instance_id INTEGER NOT NULL, value JSON, PRIMARY KEY (property_id, instance_id));
CREATE TABLE image_property_values (property_id INTEGER NOT NULL, sha1 TEXT NOT NULL,
    value JSON, PRIMARY KEY (property_id, sha1));
CREATE TABLE tags (id INTEGER PRIMARY KEY AUTOINCREMENT, property_id INTEGER NOT NULL,
    value TEXT NOT NULL, parents JSON, color TEXT);
"""


def test_a_project_of_panoptic_0_7_comes_over(project, tmp_path):
    rows = {
        "folders": [(1, "/data/posters/1930", "1930", None)],
        "instances": [
            (1, 1, "red.jpg", "jpg", "its own sha1", "u", 1, 1, "h"),
            (2, 1, "blue", ".png", "another", "u", 1, 1, "h"),
        ],
        "property_group": [(1, "Fiche")],
        "properties": [
            (1, "Sujet", "multi_tags", "sha1", 1),
            (2, "Genre", "tag", "id", None),
            (3, "Note", "string", "sha1", None),
        ],
        "tags": [
            (1, 1, "fruit", "[0]", "4"),
            (2, 1, "pomme", "[1]", None),
            (3, 2, "x", "[0]", "1"),
        ],
        "image_property_values": [(1, "its own sha1", "[1, 2]"), (3, "another", '"seen"')],
        "instance_property_values": [(2, 1, "[3]")],
    }
    sqlite(tmp_path / "panoptic.db", OLD_SCHEMA, rows)
    apply.apply(project, apply.plan(project, apply.read(tmp_path / "panoptic.db")))
    red, blue = of("red", "blue")
    assert held(project, "Sujet") == {red: ["fruit", "pomme"]}
    assert held(project, "Note") == {blue: "seen"}
    assert list(held(project, "Genre").values()) == ["x"]
    known = {one.name: one for one in annotations.get(project).state(fresh=True).tags.values()}
    assert known["fruit"].parents == ()
    assert known["pomme"].parents == (known["fruit"].id,)


def test_another_database_is_none_of_panoptic(tmp_path):
    sqlite(tmp_path / "other.db", "CREATE TABLE t (a)", {})
    with pytest.raises(InvalidImport) as raised:
        apply.read(tmp_path / "other.db")
    assert raised.value.problem == "no_panoptic"
