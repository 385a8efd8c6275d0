"""What a text in the search box asks for, and which of its two readings is meant."""

import pytest

from panoptic_data.catalogue import registry, similarity
from panoptic_data.search import typed_text
from panoptic_data.search.typed_text import Encoders
from panoptic_data.views.model import Condition, Sort, View
from tests import synthetic
from tests.app.widgets.searches import A, search_condition

READERS = Encoders("clip", "visual")
PNG = Condition("format", "in", ["PNG"])


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    project = synthetic.project(tmp_path_factory.mktemp("typed") / "project")
    synthetic.write(project, "images", [synthetic.image(name, run="r1") for name in "ab"])
    files = [synthetic.file(f"s/{place}", name) for place, name in (("cat.jpg", "a"), ("b", "b"))]
    synthetic.write(project, "files", files)
    return registry.load(project)


def path(words):
    return Condition("path", "contains", words)


def search_of(view):
    part = similarity.first_search(view)
    return None if part is None else str(similarity.query_of(part).expression)


@pytest.mark.parametrize(
    ("text", "names", "meaning"),
    [
        ("cat", (path("cat"),), "cat"),
        ("red cat", (path("red cat"),), "red cat"),
        ("2*cat - dog", (path("2*cat - dog"),), "2*cat - dog"),
        ("cat -dog", (Condition("path", "does not contain", "dog"), path("cat")), "cat - dog"),
        ("cat format:png", (PNG, path("cat")), "cat"),
        ("format:png", (PNG,), None),
    ],
)
def test_words_are_looked_for_in_names_and_by_meaning(catalogue, text, names, meaning):
    typed = typed_text.read(catalogue, text, View(), READERS)
    assert typed.names.where == names
    assert (typed.meaning and search_of(typed.meaning)) == meaning
    assert typed.problem is None
    # Filters hold for both.
    assert meaning is None or (PNG in typed.meaning.where) == (PNG in names)


def test_names_come_first_where_any_has_the_words(catalogue):
    for text, first in (("cat", "names"), ("sunset", "meaning"), ("format:png", "names")):
        typed = typed_text.read(catalogue, text, View(), READERS)
        assert typed_text.first_choice(catalogue, typed, View()) == first
    by_words = View((search_condition("dog"),))
    typed = typed_text.read(catalogue, "cat", by_words, READERS)
    assert typed_text.first_choice(catalogue, typed, by_words) == "meaning"
    unread = typed_text.read(catalogue, "sunset", View(), Encoders(None, "visual"))
    assert (unread.meaning, unread.needs_reader) == (None, True)
    assert typed_text.first_choice(catalogue, unread, View()) == "names"


@pytest.mark.parametrize(
    ("text", "span", "message"),
    [
        ("cat foldr:x", (4, 9), "Did you mean folder"),
        ("cat (dog", (4, 5), "not closed"),
        ("cat + ", (4, 6), "something is missing"),
        ("image:zz", (0, 8), "image:"),
    ],
)
def test_what_is_not_understood_is_said_with_its_place(catalogue, text, span, message):
    typed = typed_text.read(catalogue, text, View(), READERS)
    assert typed.span == span
    assert message in typed.problem.message("en")


def test_what_is_typed_takes_the_place_of_what_stands_in_the_field(catalogue):
    named = View((PNG, path("dog")))
    typed = typed_text.read(catalogue, "cat", named, READERS)
    assert (typed.names.where, typed.meaning.where[0]) == ((PNG, path("cat")), PNG)
    assert len(typed.meaning.where) == 2
    # Plain words go, a search with pictures stays beside the names.
    for former, stays in (("dog", False), (f"image:{A}", True)):
        view = View((search_condition(former), PNG), (Sort("size"),), compare="clip")
        typed = typed_text.read(catalogue, "cat", view, READERS)
        assert (search_of(typed.names) is not None) == stays
        assert (search_of(typed.meaning), typed.meaning.sort) == ("cat", (Sort("size"),))
    assert typed_text.read(catalogue, " ", named, READERS).names.where == (PNG,)
    assert typed_text.in_field(named) == "dog"
    assert typed_text.in_field(View((search_condition(f"image:{A}"),))) == f"image:{A[:12]}"


def test_pictures_of_a_filter_are_no_search(catalogue):
    for text, field in ((f"part-of:image:{A}", "part"), (f"like:image:{A}", "like")):
        typed = typed_text.read(catalogue, text, View(), READERS)
        assert (typed.meaning, typed.problem) == (None, None)
        assert [part.field for part in typed.names.where] == [field]
