"""Pages without images: what each says, and what it offers to do next."""

from panoptic_data.views import model
from panoptic_data.views.model import View
from tests import synthetic
from tests.app.page import buttons, component, page_text, run


def test_without_a_project_it_says_how_to_make_one(tmp_path, monkeypatch):
    monkeypatch.setenv("PANOPTIC_PROJECT", str(tmp_path / "absent"))
    page = run()
    assert "There is no project here" in page_text(page)
    assert page.code[0].value == f"panoptic up FOLDER --project {tmp_path / 'absent'}"


def test_an_empty_project_asks_for_a_folder(project):
    page = run()
    assert "Add a folder of images" in page_text(page)
    assert [field.label for field in page.text_input] == ["Folder on this machine"]
    assert "Ajouter un dossier d’images" in page_text(run("fr"))


def test_a_folder_that_is_not_there_is_named(project, tmp_path):
    page = run()
    page.text_input[0].input(str(tmp_path / "nowhere"))
    page.button[0].click().run()
    assert [error.value for error in page.error] == [
        f"There is no folder {tmp_path / 'nowhere'}. "
        "Check its name, or whether its disk is connected."
    ]


def test_nothing_found_offers_each_filter_that_can_be_dropped(corpus):
    view = View().with_condition("folder", ["s/cats"]).with_condition("path", "d.jpg")
    page = run(view=model.to_address(view))
    assert "No image matches" in page_text(page)
    assert buttons(page) == [
        "Without “folder cats”: 1",
        "Without “name contains “d.jpg””: 2",
        "Show all 4 images",
    ]
    page.button[0].click().run()
    assert page.query_params["view"] == model.to_address(view.without("folder"))


def test_clusters_of_an_encoder_without_vectors_are_said_to_fail(corpus):
    view = View().with_condition("cluster", {"encoder": "visual", "numbers": [1]})
    page = run(view=model.to_address(view))
    assert "This view cannot be shown" in page_text(page)
    page.button[0].click().run()
    assert component(page, "gallery")["total"] == 4


def test_meaning_waits_for_clip_and_says_why_how_and_what_still_works(corpus):
    rows = [
        {"slug": "clip", "text": "clip", "status": "waiting", "cause": "offline: the hub"},
        {"slug": "visual", "text": "visual", "status": "ready", "reads_text": False},
    ]
    synthetic.write(corpus, "encoders", rows)
    page = run()
    page.session_state["mode"] = "meaning"
    page.run()
    shown = page_text(page)
    for text in (
        "this machine cannot reach the hub",
        "panoptic process --retry",
        "work without it",
    ):
        assert text in shown
    page.button(key="clip_back").click().run()
    assert "waits for CLIP" not in page_text(page)
