"""What the columns of a table become: values of images and of files."""

import json

import pytest

from panoptic_data.annotations import values
from panoptic_data.errors import InvalidImport
from panoptic_data.exchange import apply, plan
from panoptic_data.exchange.matching import Matching
from tests import synthetic
from tests.importing import read_text, sha1s, values_of


def test_the_first_row_of_an_image_holds_and_tags_come_together(project, tmp_path):
    read = read_text(
        tmp_path, "path;n[number];t[tags]\n1930/blue.png;;a\ncopies/blue.png;2;b\nblue.png;3;A\n"
    )
    planned = plan.make_plan(project, read)
    assert [reading.repeated for reading in planned.readings] == [1, 0]
    apply.apply_plan(project, planned)
    assert values_of(project, "n") == dict.fromkeys(sha1s("blue"), "2")
    assert values_of(project, "t") == {synthetic.sha1("blue"): ["a", "b"]}


def test_values_can_belong_to_files(project, tmp_path):
    read = read_text(tmp_path, "path;n[number]\n1930/blue.png;1\ncopies/blue.png;2\nbad.jpg;3\n")
    apply.apply_plan(project, plan.make_plan(project, read, target="file"))
    paths = ("posters/1930/blue.png", "posters/copies/blue.png", "posters/bad.jpg")
    ids = [synthetic.file(path, "blue")["file_id"] for path in paths]
    assert values_of(project, "n") == dict(zip(ids, ["1", "2", "3"], strict=True))
    image = plan.make_plan(project, read, existing="new")
    assert image.readings[0].values.height == 1
    assert plan.skipped_rows(image).select("line", "key", "why").rows() == [
        (4, "bad.jpg", "unread")
    ]


def test_a_row_that_means_an_image_means_all_its_files(project, tmp_path):
    read = read_text(tmp_path, f"sha1;n[number]\n{synthetic.sha1('blue')};1\n")
    apply.apply_plan(project, plan.make_plan(project, read, target="file"))
    assert set(values_of(project, "n").values()) == {"1"}
    assert len(values_of(project, "n")) == 2


def test_lists_of_json_are_tags_with_commas(project, tmp_path):
    line = json.dumps({"path": "1930/red.jpg", "t": ["a, b", " c "], "n": 3, "yes": True})
    apply.apply_plan(project, plan.make_plan(project, read_text(tmp_path, line, name="a.jsonl")))
    red = synthetic.sha1("red")
    assert values_of(project, "t") == {red: ["a, b", "c"]}
    assert (values_of(project, "n"), values_of(project, "yes")) == ({red: "3"}, {red: "true"})


@pytest.mark.parametrize(
    ("cells", "chosen", "order", "dates"),
    [
        (["12/25/2020", "07/04/1976"], None, "month", ["2020-12-25", "1976-07-04"]),
        (["25/12/2020", "07/04/1976"], None, "day", ["2020-12-25", "1976-04-07"]),
        (["07/07/1976", "1912"], None, "day", ["1976-07-07", "1912"]),
        (["12/05/2020", "07/04/1976"], None, None, ["2020-05-12", "1976-04-07"]),
        (["12/05/2020", "07/04/1976"], "month", "month", ["2020-12-05", "1976-07-04"]),
        # Each is a date, but not of one country.
        (["12/25/2020", "25/12/2020"], "day", "day", ["2020-12-25"]),
    ],
)
def test_day_or_month_first_is_what_the_column_tells_or_is_asked(
    project, tmp_path, cells, chosen, order, dates
):
    rows = (f"{name},{cell}\n" for name, cell in zip(("red", "blue"), cells, strict=True))
    table = read_text(tmp_path, "path,d[date]\n" + "".join(rows))
    choices = {} if chosen is None else {"d": {"order": chosen}}
    matching = Matching("name", "path", "posters/1930")
    planned = plan.make_plan(project, table, matching, columns=choices)
    (column,) = [column for column in planned.columns if column.source == "d"]
    assert column.order == order
    (reading,) = planned.readings
    if order is None:
        with pytest.raises(InvalidImport) as raised:
            apply.apply_plan(project, planned)
        assert raised.value.problem == "dates"
    assert values.canonical_series("date", reading.values["value"])[0].to_list() == dates
