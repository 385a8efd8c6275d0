"""The page Explore without a browser: which view it shows, in both languages."""

from panoptic_data.views import model
from panoptic_data.views.model import View
from tests import synthetic
from tests.app.page import component, page_text, run


def test_gallery_gets_the_view_its_length_and_the_version(corpus):
    shown = component(run(), "gallery")
    assert (shown["view"], shown["total"], shown["opened"]) == ("", 4, None)
    assert shown["project"] == str(corpus.root)


def test_view_of_the_address_is_shown_with_its_chips_and_count(corpus):
    view = View().with_condition("folder", ["s/dogs"]).with_condition("path", "again")
    page = run(view=model.to_address(view))
    line = component(page, "searchline")
    assert line["text"] == "again"
    assert [chip["label"] for chip in line["chips"]] == ["folder dogs"]
    assert line["count"] == "1 of 4"
    assert component(page, "gallery")["total"] == 1


def test_image_of_the_address_is_opened_at_its_place(corpus):
    shown = component(run(image=synthetic.sha1("c")), "gallery")
    assert shown["opened"] == {
        "sha1": synthetic.sha1("c"),
        "name": "c.jpg",
        "index": 2,
        "isDamaged": False,
    }


def test_an_address_that_cannot_be_read_shows_all_and_says_so(corpus):
    page = run(view="nonsense")
    assert "so all images are shown" in page_text(page)
    assert component(page, "gallery")["total"] == 4


def test_both_languages_say_every_label_of_the_frame(corpus):
    english, french = component(run("en"), "frame"), component(run("fr"), "frame")
    assert english["texts"]["keys"] == "Keys"
    assert french["texts"]["keys"] == "Touches"
    assert [key for key, _ in english["keys"]] == [key for key, _ in french["keys"]]
