"""What readers of terms share: names looked up, negation, emptiness, problems."""

import pytest

from panoptic_data.query.names import ProjectNames
from panoptic_data.query.terms.term import (
    Context,
    Term,
    TermError,
    TermValue,
    any_of,
    emptiness,
    look_up,
    negated,
    preferred_name,
    require_sign,
    require_single_value,
    spelling,
    unknown_name,
)
from panoptic_data.views.model import Clause, Condition
from tests.typed_views import FOLDERS, OWN, STATE, TODAY


def term(field, sign, *texts, kind="bare"):
    values = tuple(TermValue(text, kind, (at, at + 1)) for at, text in enumerate(texts))
    return Term(field, field, None, sign, values, (0, 9))


def context(folders=None):
    return Context(None, None, TODAY, folders, None, ProjectNames(STATE))


@pytest.mark.parametrize(
    ("op", "negation"),
    [("=", "!="), ("in", "not in"), ("contains", "does not contain"), ("is empty", "is not empty")],
)
def test_a_condition_with_a_negative_operator_is_negated_by_it(op, negation):
    field = {"=": "width", "in": "format"}.get(op, "camera")
    assert negated(Condition(field, op, 5)) == Condition(field, negation, 5)


@pytest.mark.parametrize(
    "part", [Condition("name", "begins with", "a"), Clause("any", (Condition("path", "="),))]
)
def test_all_else_is_negated_by_a_clause(part):
    assert negated(part) == Clause("not", (part,))


def test_a_single_part_needs_no_clause():
    parts = (Condition("width", "=", 1), Condition("width", "=", 2))
    assert any_of(parts[:1]) == parts[0]
    assert any_of(parts) == Clause("any", parts)


def test_a_name_is_found_without_accents_and_capitals_or_the_closest_is_suggested():
    meanings = {"ete": "summer", "hiver": "winter"}
    assert look_up("Été", (0, 3), "colour", meanings) == "summer"
    with pytest.raises(TermError) as error:
        look_up("hivre", (2, 7), "colour", meanings)
    problem = error.value.problem
    assert (problem.key, problem.params, problem.span) == (
        "colour",
        {"name": "hivre", "closest": "hiver"},
        (2, 7),
    )
    assert unknown_name("colour", "zzz", (), (0, 3)).problem.key == "colour_none"


def test_none_and_any_are_words_only_without_quotes_and_where_the_field_can_be_empty():
    empty = term("camera", ":", "Aucun")
    assert emptiness(empty, empty.values[0]) == Condition("camera", "is empty")
    filled = term("camera", "=", "any")
    assert emptiness(filled, filled.values[0]) == Condition("camera", "is not empty")


@pytest.mark.parametrize(
    ("field", "op", "text", "options"),
    [
        ("camera", ":", "none", {"kind": "quoted"}),
        ("camera", ">", "none", {}),
        ("path", ":", "none", {}),
        ("camera", ":", "leica", {}),
    ],
)
def test_all_other_values_are_not_about_emptiness(field, op, text, options):
    other = term(field, op, text, **options)
    assert emptiness(other, other.values[0]) is None


def test_a_sign_and_a_single_value_can_be_required():
    require_sign(term("name", ":", "a"), ":", "=")
    require_single_value(term("width", ">", "5"))
    with pytest.raises(TermError) as sign:
        require_sign(term("name", ":>", "a"), ":", "=")
    assert (sign.value.problem.key, sign.value.problem.params["sign"]) == ("sign", ">")
    with pytest.raises(TermError) as several:
        require_single_value(term("width", ">", "5", "6"))
    assert (several.value.problem.key, several.value.problem.span) == ("one_value", (1, 2))


def test_each_folder_and_its_parents_are_known_by_spelling():
    spellings = context(FOLDERS).folder_spellings
    assert list(spellings) == sorted({*FOLDERS, "posters", "postcards", "été"})
    assert spellings["été/Paris"] == spelling("E\u0301TE\u0301/paris") == "été/paris"
    assert context().folder_spellings == {}


def test_a_field_is_written_by_its_preferred_name_where_it_has_one():
    assert preferred_name("taken_at", (), context()) == "date"
    assert preferred_name("region", (), context()) is None
    assert preferred_name(OWN["theme"], (), context()) == "Theme"
    assert preferred_name(OWN["theme"], ("theme",), context()) == '"Theme"'
