"""The search of a view as the page Explore reads and changes it: terms, limits, older forms."""

import re

import pytest

from app import state
from app.widgets import find
from panoptic_data import embeddings, images, likeness, sources, views
from panoptic_data import project as projects
from panoptic_data.encoders import parse
from panoptic_data.errors import UnknownImage
from panoptic_data.expressions import Term
from panoptic_data.expressions import parse as read
from panoptic_data.likeness import Asked
from panoptic_data.views import Condition, Sort, View
from tests.app.test_explore import component, run, said
from tests.small_corpus import write_pictures

A, B, C = "a" * 40, "b" * 40, "c" * 40
FOLDER = Condition("folder", "in", ["x"])


def asks(query, **limits):
    return likeness.condition(Asked("visual", read(query), **limits))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("find")
    write_pictures(folder / "pictures", range(12))
    opened = projects.create(folder / "project")
    images.ingest(opened, sources.add(opened, folder / "pictures"), "r1")
    embeddings.update(opened, parse("visual"), "r1")
    return projects.with_encoders(opened, ("visual",))


@pytest.fixture
def sha1s(project, monkeypatch):
    monkeypatch.setenv("PANOPTIC_PROJECT", str(project.root))
    return project.database().frame("images", ["sha1"])["sha1"].sort().to_list()


def test_a_term_is_added_to_the_search_where_it_stands():
    view = View((asks(f"image:{A}", percentile=99), FOLDER), sort=(Sort("name"),))
    more = find.added(view, Term("image", B, -1), "other")
    both = asks(f"image:{A} - image:{B}", percentile=99)
    assert more == View((both, FOLDER), sort=(Sort("name"),))
    # The same again says it otherwise, not twice.
    turned = find.added(more, Term("image", B), "other")
    assert turned.where[0] == asks(f"image:{A} + image:{B}", percentile=99)


def test_a_search_that_begins_is_in_its_own_order():
    begun = find.added(View((FOLDER,), sort=(Sort("name"),)), Term("image", A), "visual")
    assert begun == View((FOLDER, asks(f"image:{A}")))


def test_terms_go_one_by_one_and_the_search_with_the_last():
    view = View((FOLDER, asks(f"cat - image:{A}", threshold=0.3)))
    left = find.without_term(view, 0)
    assert left.where == (FOLDER, asks(f"-image:{A}", threshold=0.3))
    assert find.without_term(left, 0).where == (FOLDER,)
    assert find.without_term(left, 7) == left


def test_older_forms_are_changed_like_any():
    similar = Condition("similar", "at least", {"encoder": "v", "sha1s": [A, B], "threshold": 0.5})
    [part] = find.without_term(View((similar,)), 1).where
    assert part.value == {"encoder": "v", "query": f"image:{A}", "threshold": 0.5}
    text = Condition("text", "means", {"encoder": "v", "text": "a red dress"})
    [part] = find.limited(View((text,)), {"percentile": 98}).where
    assert part.value == {"encoder": "v", "query": "a red dress", "percentile": 98}


@pytest.mark.parametrize(
    ("told", "read_as"),
    [
        ({"percentile": 98.5}, {"percentile": 98.5}),
        ({"threshold": 0.4}, {"threshold": 0.4}),
        ({"percentile": 101}, {}),
        ({"threshold": "0.4"}, {}),
        ({"percentile": float("nan")}, {}),
        ([1], {}),
    ],
)
def test_what_a_slider_says_is_not_trusted(told, read_as):
    assert find.read_limit(told) == read_as


def test_what_is_typed_names_images_by_a_beginning_and_is_read_back(project, sha1s):
    one, two = sha1s[:2]
    view = View((asks(f"2*image:{one} - crop:{two}@0.25,0,0.5,0.5"),))
    typed = find.typed(view)
    assert typed == f"2*image:{one[:12]} - crop:{two[:12]}@0.25,0,0.5,0.5"
    assert find.whole(project, view, read(typed)) == read(view.where[0].value["query"])
    # Also where no search names them yet.
    assert str(find.whole(project, View(), read(f"image:{one[:12]}"))) == f"image:{one}"
    with pytest.raises(UnknownImage):
        find.whole(project, View(), read("image:0123456789"))
    assert find.typed(View((FOLDER,))) == ""


def test_the_line_shows_terms_how_alike_and_the_text(sha1s):
    one, two = sha1s[:2]
    view = View((asks(f"image:{one} - 2*image:{two}", percentile=80),))
    line = component(run(view=views.to_address(view)), "searchline")
    assert (line["mode"], line["text"]) == ("meaning", f"image:{one[:12]} - 2*image:{two[:12]}")
    shown = [(term["is_against"], term["picture"], term["sign"]) for term in line["terms"]]
    assert shown == [(False, f"/thumb/{one}", ""), (True, f"/thumb/{two}", "− 2 ×")]
    assert line["limit"]["label"] == "closest 20 %"
    assert views.from_address(line["limit"]["view"]) == view
    # One encoder is no choice, and what the search says is no chip beside it.
    assert (line["encoders"], line["chips"]) == ([], [])
    assert line["sort"] == "similarity"


@pytest.mark.parametrize(
    ("limits", "en", "fr"),
    [
        ({}, "closest 5 %", "les 5 % les plus proches"),
        ({"percentile": 99.5}, "closest 0.5 %", "les 0,5 % les plus proches"),
        ({"threshold": 0.25}, "cosine from 0.25", "cosinus dès 0,25"),
        ({"count": 30}, "the 30 most alike", "les 30 plus proches"),
    ],
)
def test_how_alike_is_said_in_words(monkeypatch, limits, en, fr):
    view = View((asks(f"image:{A}", **limits),))
    for language, label in (("en", en), ("fr", fr)):
        monkeypatch.setattr(state, "language", lambda spoken=language: spoken)
        assert find.limit(view).label == label


def test_a_search_of_very_many_images_shows_the_first_and_how_many_more(monkeypatch):
    monkeypatch.setattr(state, "language", lambda: "en")
    terms = find.terms(find.of_images([f"{place:040x}" for place in range(300)], "visual"))
    assert terms[-1].label == "and 288 more"
    assert [term.is_term for term in terms] == [True] * 12 + [False]


def test_the_panel_of_an_image_offers_to_add_it_to_the_search_that_is_on(sha1s):
    one, two = sha1s[:2]
    assert "Add to the search" not in [button.label for button in run(image=one).button]
    address = views.to_address(View((asks(f"image:{one}", percentile=0),)))
    page = run(view=address, image=two)
    page.button(key="find_take").click().run()
    line = component(page, "searchline")
    assert re.fullmatch(rf"image:{one[:12]} - image:{two[:12]}", line["text"])
    assert "cannot be shown" not in said(page)
