"""Tables of text as HTML: what is escaped, and how durations are written."""

from datetime import UTC, datetime

import pytest

from app.session import state
from app.widgets.html_table import Cell, bar, details, duration, moment, table


@pytest.mark.parametrize(
    ("seconds", "english", "french"),
    [
        (0.31, "0.3 s", "0,3 s"),
        (12.4, "12 s", "12 s"),
        (90, "1 min 30 s", "1 min 30 s"),
        (3700, "1 h 1 min", "1 h 1 min"),
    ],
)
def test_a_duration_is_as_fine_as_it_is_short(seconds, english, french, monkeypatch):
    for language, text in (("en", english), ("fr", french)):
        monkeypatch.setattr(state, "language", lambda spoken=language: spoken)
        assert duration(seconds).replace("\u202f", " ").replace("\u00a0", " ") == text


def test_text_is_escaped_and_markup_is_not():
    created = table(
        ["<b>"], [[Cell("<i>x</i>", is_markup=True), Cell("a<b", "“<”", "figure")]], "<t>"
    )
    assert 'aria-label="&lt;t&gt;"' in created
    assert '<th scope="col">&lt;b&gt;</th>' in created
    assert "<td><i>x</i></td>" in created
    assert '<td class="figure" title="“&lt;”">a&lt;b</td>' in created


def test_details_escape_their_pairs_alone():
    assert details("<b>run</b>", [("who", "<me>")]) == (
        "<details><summary><b>run</b></summary><dl><dt>who</dt><dd>&lt;me&gt;</dd></dl></details>"
    )


def test_a_bar_never_passes_its_end():
    widths = [bar(*counts).partition("width:")[2].partition('"')[0] for counts in
              ((1, 4), (9, 4), (0, 0))]  # fmt: skip
    assert widths == ["25.0%", "100.0%", "0.0%"]


def test_a_moment_is_on_the_clock_of_the_browser(monkeypatch):
    from app.widgets import html_table

    monkeypatch.setattr(html_table.st, "context", type("Context", (), {"timezone": "Europe/Paris"}))
    assert moment(datetime(2026, 7, 1, 22, 30, tzinfo=UTC)) == "2026-07-02 00:30"
    assert moment(None) == "–"
