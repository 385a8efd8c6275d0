"""The search of a view as the page Explore reads and changes it: terms, limits, older forms."""

import json
import re
from dataclasses import replace

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.api.routes import routes
from app.session import state
from app.widgets import filter_chips, search_terms
from panoptic_data.catalogue import registry, similarity
from panoptic_data.catalogue.execute import run_view
from panoptic_data.catalogue.similarity import SimilarityQuery
from panoptic_data.encoders import parse
from panoptic_data.errors import UnknownImage
from panoptic_data.ingest import images, sources
from panoptic_data.storage.project import create_project, set_encoders
from panoptic_data.vectors import embeddings
from panoptic_data.views import model
from panoptic_data.views.model import Condition, Sort, View
from panoptic_data.views.search_expression import Term
from panoptic_data.views.search_expression import parse as read
from tests import synthetic
from tests.app.test_explore import component, run, said
from tests.small_corpus import write_pictures
from tests.vectors import embed, grouped

A, B, C = "a" * 40, "b" * 40, "c" * 40
FOLDER = Condition("folder", "in", ["x"])


def asks(query, **limits):
    return similarity.condition(SimilarityQuery("visual", read(query), **limits))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("find")
    write_pictures(folder / "pictures", range(12))
    opened = create_project(folder / "project")
    images.ingest(opened, sources.add(opened, folder / "pictures"), "r1")
    embeddings.update(opened, parse("visual"), "r1")
    return set_encoders(opened, ("visual",))


@pytest.fixture
def sha1s(project, monkeypatch):
    monkeypatch.setenv("PANOPTIC_PROJECT", str(project.root))
    return project.database().frame("images", ["sha1"])["sha1"].sort().to_list()


def test_a_term_is_added_to_the_search_where_it_stands():
    view = View((asks(f"image:{A}", percentile=99), FOLDER), sort=(Sort("name"),))
    more = search_terms.with_term(view, Term("image", B, -1), "other")
    both = asks(f"image:{A} - image:{B}", percentile=99)
    assert more == View((both, FOLDER), sort=(Sort("name"),))
    # The same again says it otherwise, not twice.
    turned = search_terms.with_term(more, Term("image", B), "other")
    assert turned.where[0] == asks(f"image:{A} + image:{B}", percentile=99)


def test_a_search_that_begins_is_in_its_own_order():
    before = View((FOLDER,), sort=(Sort("name"),), compare="clip")
    begun = search_terms.with_term(before, Term("image", A), "visual")
    assert begun == View((FOLDER, asks(f"image:{A}")))


def test_terms_go_one_by_one_and_the_search_with_the_last():
    view = View((FOLDER, asks(f"cat - image:{A}", threshold=0.3)))
    left = search_terms.without_term(view, 0)
    assert left.where == (FOLDER, asks(f"-image:{A}", threshold=0.3))
    assert search_terms.without_term(left, 0).where == (FOLDER,)
    assert search_terms.without_term(left, 7) == left


def test_older_forms_are_changed_like_any():
    similar = Condition("similar", "at least", {"encoder": "v", "sha1s": [A, B], "threshold": 0.5})
    [part] = search_terms.without_term(View((similar,)), 1).where
    assert part.value == {"encoder": "v", "query": f"image:{A}", "threshold": 0.5}
    text = Condition("text", "means", {"encoder": "v", "text": "a red dress"})
    [part] = search_terms.with_limit(View((text,)), {"percentile": 98}).where
    assert part.value == {"encoder": "v", "query": "a red dress", "percentile": 98}
    [part] = search_terms.with_limit(View((part,)), {"count": 7}).where
    assert part.value == {"encoder": "v", "query": "a red dress", "count": 7}


@pytest.mark.parametrize(
    ("told", "read_as"),
    [
        ({"percentile": 98.5}, {"percentile": 98.5}),
        ({"threshold": 0.4}, {"threshold": 0.4}),
        ({"count": 50}, {"count": 50}),
        ({"count": 0}, {}),
        ({"count": 1.5}, {}),
        ({"percentile": 101}, {}),
        ({"threshold": "0.4"}, {}),
        ({"percentile": float("nan")}, {}),
        ([1], {}),
    ],
)
def test_what_a_slider_says_is_not_trusted(told, read_as):
    assert search_terms.read_limit(told) == read_as


def test_what_is_typed_names_images_by_a_beginning_and_is_read_back(project, sha1s):
    one, two = sha1s[:2]
    view = View((asks(f"2*image:{one} - crop:{two}@0.25,0,0.5,0.5"),))
    typed = search_terms.to_text(view)
    assert typed == f"2*image:{one[:12]} - crop:{two[:12]}@0.25,0,0.5,0.5"
    assert search_terms.with_full_sha1s(project, view, read(typed)) == read(
        view.where[0].value["query"]
    )
    # Also where no search names them yet.
    assert (
        str(search_terms.with_full_sha1s(project, View(), read(f"image:{one[:12]}")))
        == f"image:{one}"
    )
    with pytest.raises(UnknownImage):
        search_terms.with_full_sha1s(project, View(), read("image:0123456789"))
    assert search_terms.to_text(View((FOLDER,))) == ""


def test_the_line_shows_terms_how_alike_and_the_text(sha1s):
    one, two = sha1s[:2]
    view = View((asks(f"image:{one} - 2*image:{two}", percentile=80),))
    line = component(run(view=model.to_address(view)), "searchline")
    assert (line["mode"], line["text"]) == ("meaning", f"image:{one[:12]} - 2*image:{two[:12]}")
    shown = [(term["is_against"], term["picture"], term["sign"]) for term in line["terms"]]
    assert shown == [(False, f"/thumb/{one}", ""), (True, f"/thumb/{two}", "− 2 ×")]
    assert line["limit"]["label"] == "closest 20 %"
    assert model.from_address(line["limit"]["view"]) == view
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
        assert search_terms.describe_limit(view).label == label
    assert filter_chips.part_label(asks("cat", count=30), None) == "comme cat, les 30 plus proches"


def test_a_search_of_very_many_images_shows_the_first_and_how_many_more(monkeypatch):
    monkeypatch.setattr(state, "language", lambda: "en")
    terms = search_terms.term_chips(
        search_terms.similar_to_images([f"{place:040x}" for place in range(300)], "visual")
    )
    assert terms[-1].label == "and 288 more"
    assert [term.is_term for term in terms] == [True] * 12 + [False]


def test_the_panel_of_an_image_offers_to_add_it_to_the_search_that_is_on(sha1s):
    one, two = sha1s[:2]
    assert "Add to the search" not in [button.label for button in run(image=one).button]
    address = model.to_address(View((asks(f"image:{one}", percentile=0),)))
    page = run(view=address, image=two)
    page.button(key="find_take").click().run()
    line = component(page, "searchline")
    assert re.fullmatch(rf"image:{one[:12]} - image:{two[:12]}", line["text"])
    assert "cannot be shown" not in said(page)


SECOND = "timm-resnet50-a1-in1k"


@pytest.fixture
def two(tmp_path, monkeypatch):
    """40 images in two folders, seen by two encoders; a third waits, a fourth has seen none."""
    opened = synthetic.project(tmp_path / "project")
    names = [f"image {number}" for number in range(40)]
    synthetic.write(opened, "images", [synthetic.image(name) for name in names])
    files = [synthetic.file(f"s/{at % 2}/{at}.jpg", name) for at, name in enumerate(names)]
    synthetic.write(opened, "files", files)
    found = [synthetic.sha1(name) for name in names]
    texts = ("visual", "timm:resnet50.a1_in1k", "clip", "timm:mobilenetv2_100")
    slugs = [parse(text).slug for text in texts]
    rows = [
        {"slug": slug, "text": text, "status": "waiting" if text == "clip" else "ready"}
        for slug, text in zip(slugs, texts, strict=True)
    ]
    synthetic.write(opened, "encoders", [{**row, "reads_text": False} for row in rows])
    for seed, slug in enumerate(slugs[:2]):
        embed(opened, found, grouped(40, seed=seed, width=0.8)[0], slug)
    monkeypatch.setenv("PANOPTIC_PROJECT", str(opened.root))
    return opened, found


def galleries(page):
    protos = [element.proto for element in page.get("bidi_component")]
    found = [one for one in protos if one.component_name == "panoptic.gallery"]
    return [json.loads(one.json)["shown"] for one in found]


def looks(page):
    line = component(page, "searchline")
    return line["scope"], line["count"]


def test_a_search_is_shown_under_two_encoders_until_one_is_kept(two):
    opened, found = two
    view = View((asks(f"image:{found[0]}", percentile=50),), show=("table",))
    page = run(view=model.to_address(view))
    line = component(page, "searchline")
    offered = {(one["label"], one["disabled"]) for one in line["comparable"]}
    assert offered == {
        ("ViT-B-32 · datacomp_xl_s13b_b90k (not ready yet)", True),
        ("and by resnet50.a1_in1k", False),
        ("mobilenetv2_100 (has not seen the images yet)", True),
    }
    assert line["compare"] is None
    page = run(view=model.to_address(replace(view, compare=SECOND)))
    first, second = galleries(page)
    assert [one["beside"]["name"] for one in (first, second)] == ["visual", "resnet50.a1_in1k"]
    assert first["beside"]["other"] == second["view"]
    # The same search from the same percentile on, each as if it stood alone.
    current = registry.get(opened)
    for shown, slug in ((first, "visual"), (second, SECOND)):
        alone = View(
            (similarity.condition(SimilarityQuery(slug, read(f"image:{found[0]}"), percentile=50)),)
        )
        assert model.from_address(shown["view"]) == alone
        assert shown["total"] == len(run_view(current, alone)) > 5
    shown = min(first["total"], second["total"])
    tops = [
        set(run_view(current, model.from_address(one["view"])).rows[:shown])
        for one in (first, second)
    ]
    assert first["beside"]["common"] == f"{len(tops[0] & tops[1])} of {shown} in common"
    assert component(page, "searchline")["show"] == ["grid"]


def test_rows_say_where_they_stand_in_both(two):
    opened, found = two
    current = registry.get(opened)
    one = View((asks(f"image:{found[0]}", count=5),))
    other = similarity.with_encoder(current, one, SECOND)
    app = Starlette(routes=routes(opened))
    with TestClient(app, base_url="http://localhost") as client:
        asked = {"view": model.to_address(one), "beside": model.to_address(other)}
        rows = client.get("/rows", params=asked).json()["rows"]
        assert "here" not in client.get("/rows", params={"view": asked["view"]}).json()["rows"][0]
    every = View(
        (similarity.condition(SimilarityQuery(SECOND, read(f"image:{found[0]}"), threshold=-1)),)
    )
    order = current.sha1s(run_view(current, every).rows)
    assert [row["here"] for row in rows] == [1, 2, 3, 4, 5]
    assert [row["there"] for row in rows] == [order.index(row["sha1"]) + 1 for row in rows]


def test_what_the_second_encoder_cannot_do_is_said_beside_what_the_first_finds(two):
    _, found = two
    view = View((asks(f"image:{found[0]}"),), compare=parse("timm:mobilenetv2_100").slug)
    page = run(view=model.to_address(view))
    [only] = galleries(page)
    assert (only["beside"]["other"], only["beside"]["common"]) == ("", "")
    assert "timm-mobilenetv2-100" in said(page)
    page.button(key="keep_first").click().run()
    assert component(page, "gallery")["beside"] is None
    # Beside itself an encoder says nothing, and without a search there is nothing to compare.
    for other in (replace(view, compare="visual"), View((FOLDER,), compare=SECOND)):
        page = run(view=model.to_address(replace(other, where=other.where[:1])))
        assert component(page, "searchline")["compare"] is None


def test_a_search_looks_within_the_filters_or_in_the_whole_corpus(two):
    _, found = two
    folder = Condition("folder", "in", ["s/0"])
    page = run(view=model.to_address(View((folder,))))
    assert component(page, "searchline")["scopes"] == []
    sought = asks(f"image:{found[0]}", percentile=0)
    page.query_params["view"] = model.to_address(View((folder, sought)))
    page.run()
    scopes = component(page, "searchline")["scopes"]
    assert [one["label"] for one in scopes] == ["within the filters", "in the whole corpus"]
    assert looks(page) == ("view", "19 of 40")
    # Whatever led there, the filters before can be had again.
    page.query_params["view"] = model.to_address(View((sought,)))
    page.run()
    assert looks(page) == ("corpus", "39 of 40")
    assert component(page, "searchline")["scopes"][0]["label"] == "within: folder 0"
