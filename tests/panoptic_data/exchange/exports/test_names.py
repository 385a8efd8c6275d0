"""Names of exported files: what every system can hold, each once, never outside its folder."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panoptic_data.exchange.exports.names import UniqueNames, safe_name, safe_parts


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a.jpg", "a.jpg"),
        ("..", "_"),
        ("", "_"),
        ("...", "_"),
        ("/etc/passwd", "_etc_passwd"),
        ("CON", "_CON"),
        ("nul.tar.gz", "_nul.tar.gz"),
        ("com1.jpg", "_com1.jpg"),
        ("console.jpg", "console.jpg"),
        ("trailing. ", "trailing"),
        ('a<b>:"c|?*.png', "a_b___c___.png"),
        ("e\u0301te\u0301.jpg", "été.jpg"),
        ("a\x00b\n.jpg", "a_b_.jpg"),
        ("x" * 300 + ".jpeg", "x" * 195 + ".jpeg"),
    ],
)
def test_a_name_is_one_that_every_system_can_hold(name, safe):
    assert safe_name(name) == safe


@given(st.text(max_size=300))
def test_no_text_leads_out_of_a_folder(text):
    for part in (safe_name(text), *safe_parts(text)):
        assert part not in ("", ".", "..")
        assert not set(part) & set("/\\:\x00")
        assert len(part.encode()) <= 201
        assert part == part.rstrip(". ")


def test_names_that_differ_by_case_or_spelling_alone_get_numbers():
    names = UniqueNames()
    given_names = [
        names.take(name) for name in ("a.jpg", "A.JPG", "a.jpg", "a (2).jpg", "é", "e\u0301")
    ]
    assert given_names == ["a.jpg", "A (2).JPG", "a (3).jpg", "a (2) (2).jpg", "é", "e\u0301 (2)"]
    assert names.take("a.jpg", "other") == "a.jpg"
