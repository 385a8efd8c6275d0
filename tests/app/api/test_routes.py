"""The routes that are about no view: the drawing library, the problems."""

import csv
import io


def test_problems_are_exported_with_reasons_and_no_formula(ask):
    answer, body = ask("/problems.csv?lang=fr")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="problems.csv"'
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
    assert [(row["path"], row["status"]) for row in rows] == [
        ("'=cmd|calc.jpg", "unreadable"),
        ("drawing.jpg", "unreadable"),
        ("page.png", "unreadable"),
    ]
    assert "vide" in rows[0]["reason"]


def test_plotly_is_served_from_the_package(ask):
    answer, body = ask("/plotly.js")
    assert (answer.status, b"plotly.js" in body[:300]) == (200, True)
