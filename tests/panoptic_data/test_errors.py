"""The errors that a person can meet: their messages and exit codes."""

import re

import pytest

from panoptic_data import errors


def all_errors(root=errors.PanopticError):
    return {root, *(matches for child in root.__subclasses__() for matches in all_errors(child))}


def test_every_public_error_is_in_the_tree_of_the_docstring():
    named = {error.__name__ for error in all_errors() if not error.__name__.startswith("_")}
    exported = {name for name in errors.__all__ if name[0].isupper()}
    assert exported <= named
    assert all(name in errors.__doc__ for name in exported)


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (errors.ProjectNotFound(path="/p"), 2),
        (errors.InvalidValue("number", "many"), 2),
        (errors.ProjectBusy(path="/p"), 3),
        (errors.NoEmbeddings(encoder="clip"), 4),
        (errors.WriteConflict(table="images"), 5),
    ],
)
def test_each_kind_has_its_exit_code_and_a_message_in_both_languages(error, exit_code):
    assert error.exit_code == exit_code
    assert str(error) == error.message("en")
    assert error.message("fr") != error.message("en")


def test_a_long_value_is_shown_on_one_line_and_cut():
    message = errors.InvalidValue("number", "a\nb " * 100).message("en")
    assert "a b a b" in message
    assert "…" in message
    assert "\n" not in message


def test_an_invalid_definition_says_its_problem():
    error = errors.InvalidTag("cycle", name="low", parent="top")
    assert error.problem == "cycle"
    assert "low" in error.message("en")
    assert "top" in error.message("fr")


def test_an_invalid_expression_knows_its_position():
    error = errors.InvalidExpression("quote", (3, 8), place=4)
    assert error.span == (3, 8)
    assert "character 4" in error.message("en")


def test_weights_that_are_not_there_name_the_encoder_and_why():
    error = errors.WeightsUnavailable("clip", "offline", "no route")
    assert error.cause == "offline: no route"
    assert "clip" in error.message("en")
    assert errors.weights_cause("", "en") == ""


def test_bytes_that_are_no_image_have_a_reason_and_a_detail():
    error = errors.UnreadableImage("truncated", "at byte 12")
    assert (error.reason, error.detail) == ("truncated", "at byte 12")


def test_quotation_marks_inside_of_others_are_the_inner_ones():
    name = "before restoring “x”"
    assert "“before restoring ‘x’”" in errors.UnknownVersion(name=name, known="–").message("en")
    french = errors.UnknownVersion(name="avant « x »", known="–").message("fr")
    assert re.search(r"«\savant “x”\s»", french)
    # What stands in no quotation marks stays as it is.
    assert errors.UsageError(problem=name).message("en") == name
    # Several quoted names stay as they are.
    known = errors.InvalidView("width", "op", expected="in”, “not in").message("en")
    assert "“in”, “not in”" in known
