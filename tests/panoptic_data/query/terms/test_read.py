"""Which reader a term has, and terms of several values."""

import pytest

from panoptic_data.query.names import ProjectNames
from panoptic_data.query.terms.read import read_is, read_mode, read_term
from panoptic_data.query.terms.term import Context, Term, TermError, TermValue
from panoptic_data.views.fields import FIELDS
from panoptic_data.views.model import Clause, Condition
from tests.typed_views import STATE, TODAY

CONTEXT = Context("clip", "clip", TODAY, None, None, ProjectNames(STATE))


def values(*texts):
    return tuple(TermValue(text, "bare", (at, at + 1)) for at, text in enumerate(texts))


def read(field, sign, *texts):
    return read_term(Term(field, field, None, sign, values(*texts), (0, 9)), CONTEXT)


@pytest.mark.parametrize("field", sorted(set(FIELDS) - {"region", "similar", "selection"}))
def test_every_field_that_can_be_typed_has_a_reader(field):
    typed = {"number": "5", "date": "1930", "colour": "red", "truth": "yes"}
    chosen = {"status": "ok", "cluster": "3", "duplicate": "near", "proposed": "model"}
    chosen["part"] = "ab12"
    part = read(field, ":", chosen.get(field, typed.get(FIELDS[field].kind, "a")))
    assert isinstance(part, Condition)
    assert part.field == field
    assert FIELDS[field].operator(part.op).check(part.value) is None


def test_several_values_are_one_condition_where_the_field_takes_a_list():
    assert read("format", ":", "png", "gif") == Condition("format", "in", ["PNG", "GIF"])
    assert read("format", ":", "png", "none") == Clause(
        "any", (Condition("format", "in", ["PNG"]), Condition("format", "is empty"))
    )
    assert read("name", ":", "a", "b") == Clause(
        "any", (Condition("name", "contains", "a"), Condition("name", "contains", "b"))
    )


def test_unequal_is_the_negation_of_equal():
    assert read("width", "!=", "5") == Condition("width", "!=", 5)
    assert read("format", "!=", "png") == Condition("format", "not in", ["PNG"])


def test_a_pattern_that_is_none_is_refused():
    pattern = (TermValue("(", "pattern", (5, 8)),)
    with pytest.raises(TermError) as error:
        read_term(Term("name", "name", None, ":", pattern, (0, 8)), CONTEXT)
    assert (error.value.problem.key, error.value.problem.span) == ("pattern", (0, 8))


def test_states_and_the_mode_are_read_by_name():
    assert read_is(values("damaged")) == Condition("status", "in", ["unreadable"])
    assert read_is(values("doublon", "exclu")).kind == "any"
    assert read_mode(values("fichier")) == "file"
    with pytest.raises(TermError) as error:
        read_mode(values("file", "image"))
    assert error.value.problem.key == "one_value"
