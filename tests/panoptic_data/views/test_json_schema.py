"""The published JSON Schema of views."""

import json
from pathlib import Path

import pytest

from panoptic_data.views.json_schema import schema
from panoptic_data.views.model import (
    Clause,
    Condition,
    Level,
    Sort,
    View,
    to_json,
)
from tests.view_examples import EXAMPLES

WHOLE = View(
    (
        Clause(
            "any",
            (
                Condition("format", "in", ["PNG"]),
                Clause("not", (Clause("all", (Condition("camera", "is empty"),)),)),
            ),
        ),
        Condition("width", ">=", 100),
    ),
    (Sort("size", True),),
    (Level("taken_at", "month"), Level("folder", 2, "size", True), Level("width", 250.5)),
    "file",
    ("grid", "map"),
)


def test_the_published_schema_accepts_what_is_read_and_is_written_down():
    jsonschema = pytest.importorskip("jsonschema")
    checker = jsonschema.Draft202012Validator(schema())
    checker.check_schema(schema())
    views = [
        WHOLE,
        View(compare="visual"),
        *(View().with_condition(*example) for example in EXAMPLES.items()),
    ]
    assert [list(checker.iter_errors(to_json(view))) for view in views] == [[]] * len(views)
    for broken in ({"version": 1, "where": [{"field": "eval", "op": "in"}]}, {"where": []}):
        assert not checker.is_valid(broken)
    published = Path(__file__).parents[3] / "docs" / "view.schema.json"
    assert json.loads(published.read_text()) == json.loads(json.dumps(schema()))
