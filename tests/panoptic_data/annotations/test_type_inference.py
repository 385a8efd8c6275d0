"""Which type a column has, against a table written by hand."""

import pytest

from panoptic_data.annotations.type_inference import infer_type

SHA1 = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("texts", "name", "type"),
    [
        (["1", "2,5", "", None], "", "number"),
        (["0.14285714285714285", "1"], "", "number"),
        (["12345678901234567", "1"], "", "text"),
        (["0", "1", "1"], "", "number"),
        (["001", "002"], "", "text"),
        (["1.10", "1.2", "1.20", "1.1"], "", "text"),
        (["1E5", "2E10", "12E3"], "", "text"),
        (["1.234", "2.500", "12.000", "999"], "", "text"),
        (["+1", "+2"], "", "text"),
        (["1.0", "2.0", "1912.0"], "", "number"),
        (["1.0", "2"], "", "text"),
        (["1e-05", "0.25"], "", "number"),
        (["1 234,5", "−3", "12"], "", "number"),
        (["1,234,567", "1,000.5"], "", "number"),
        (["inf", "nan"], "", "text"),
        (["12345678901234567890", "1"], "", "text"),
        (["1909", "1910", "1909"], "", "number"),
        (["1909", "1910", "1909"], "year", "date"),
        (["1909", "1910"], "Année de parution", "date"),
        (["1909", "12"], "year", "number"),
        (["1909", "1909-05"], "", "date"),
        (["24/10/2024", "mars 1998", "1912"], "", "date"),
        (["oui", "non", "", "oui"], "", "checkbox"),
        (["x", "", "x"], "", "checkbox"),
        (["1", "true"], "", "checkbox"),
        (["#abcdef", "#012345"], "", "colour"),
        (["https://a.fr", "www.b.fr"], "", "url"),
        ([SHA1, SHA1], "", "image"),
        (["dress", "hat", "dress", "hat"], "", "tag"),
        (["red", "blue"] * 5, "", "tag"),
        (["a, b", "b", "a, c", "c, b", "a", "b, c"], "", "tags"),
        (["Newton, Amanda, 1860-1943", "Strange, M."] * 5, "", "tag"),
        (["once", "each", "another"], "", "text"),
        (["a\nb", "a\nb", "a\nb"], "", "text"),
        (["word " * 100] * 9, "", "text"),
        (["", None, " "], "", "text"),
        ([], "", "text"),
    ],
)
def test_a_column_has_the_strictest_type_that_fits(texts, name, type):
    assert infer_type(texts, name) == type
