"""The search line without a browser: terms, limits and scopes that it shows."""

import re

from panoptic_data.views import model
from panoptic_data.views.model import Condition, View
from tests.app.page import component, page_text, run
from tests.app.widgets.searches import search_condition


def test_the_line_shows_terms_how_alike_and_the_text(sha1s):
    first, second = sha1s[:2]
    view = View((search_condition(f"image:{first} - 2*image:{second}", percentile=80),))
    line = component(run(view=model.to_address(view)), "searchline")
    assert line["text"] == f"image:{first[:12]} - 2*image:{second[:12]}"
    assert line["box"] == {
        "view": model.to_address(view),
        "words": None,
        "pictures": "visual",
        "encoder": "visual",
        "loading": "",
    }
    shown = [(term["is_against"], term["picture"], term["sign"]) for term in line["terms"]]
    assert shown == [(False, f"/thumb/{first}", ""), (True, f"/thumb/{second}", "− 2 ×")]
    limit = line["limit"]
    assert (limit["label"], limit["title"]) == (
        "loosely",
        "closer than 80 % of random pairs",
    )
    assert model.from_address(line["limit"]["view"]) == view
    # One encoder is no choice, and what the search says is no chip beside it.
    assert (line["encoders"], line["chips"]) == ([], [])
    assert line["sort"] == "similarity"


def test_the_panel_of_an_image_offers_to_add_it_to_the_search_that_is_on(sha1s):
    first, second = sha1s[:2]
    assert "Add to the search" not in [button.label for button in run(image=first).button]
    address = model.to_address(View((search_condition(f"image:{first}", percentile=0),)))
    page = run(view=address, image=second)
    page.button(key="find_take").click().run()
    line = component(page, "searchline")
    assert re.fullmatch(rf"image:{first[:12]} - image:{second[:12]}", line["text"])
    assert "cannot be shown" not in page_text(page)


def looks(page):
    line = component(page, "searchline")
    return line["scope"], line["count"]


def test_a_search_looks_within_the_filters_or_in_the_whole_corpus(two_encoders):
    _, sha1s = two_encoders
    folder = Condition("folder", "in", ["s/0"])
    page = run(view=model.to_address(View((folder,))))
    assert component(page, "searchline")["scopes"] == []
    sought = search_condition(f"image:{sha1s[0]}", percentile=0)
    page.query_params["view"] = model.to_address(View((folder, sought)))
    page.run()
    scopes = component(page, "searchline")["scopes"]
    assert [first["label"] for first in scopes] == ["within the filters", "in the whole corpus"]
    assert looks(page) == ("view", "19 of 40")
    # Whatever led there, the filters before can be had again.
    page.query_params["view"] = model.to_address(View((sought,)))
    page.run()
    assert looks(page) == ("corpus", "39 of 40")
    assert component(page, "searchline")["scopes"][0]["label"] == "within: folder 0"
