"""Operators: their names, and that checks and JSON Schemas agree."""

import pytest

from panoptic_data.views.fields import FIELDS
from tests.view_examples import EXAMPLES

JUNK = [None, True, 0, -1.5, "", "a", [], [None, None], [1], {}, {"encoder": "a b"}, {"x": 1}]
OPERATORS = [(field, operator) for field in EXAMPLES for operator in FIELDS[field].operators]


@pytest.mark.parametrize(("field", "operator"), OPERATORS)
def test_what_a_check_accepts_its_schema_accepts(field, operator):
    jsonschema = pytest.importorskip("jsonschema")
    checker = jsonschema.Draft202012Validator(dict(operator.value))
    # Images of a property may be an empty list, which the published schema does not say.
    allowed = [[]] if FIELDS[field].kind == "link" else []
    for value in (*JUNK, EXAMPLES[field], *EXAMPLES.values()):
        if operator.check(value) is None and value not in allowed:
            assert checker.is_valid(value), value


@pytest.mark.parametrize("field", sorted(EXAMPLES))
def test_operators_of_a_field_have_names_of_their_own(field):
    names = [operator.name for operator in FIELDS[field].operators]
    assert len(names) == len(set(names))
    assert FIELDS[field].op == names[0]
    assert FIELDS[field].operator(names[-1]) is FIELDS[field].operators[-1]
    assert FIELDS[field].operator("regex") is None
    assert ("is empty" in names) == ("is not empty" in names)
