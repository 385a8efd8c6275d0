"""Pages without images: what each says, and what it offers to do next."""

from app.services import text_models
from panoptic_data.ingest import sources
from panoptic_data.provenance import runs
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


def test_a_project_with_a_folder_and_no_image_never_asks_for_a_folder(project, tmp_path):
    (tmp_path / "scans").mkdir()
    sources.add(project, tmp_path / "scans")
    page = run()
    assert "There is none in scans so far" in page_text(page)
    assert (buttons(page)[:1], list(page.text_input)) == (["Read the folders"], [])


def test_while_a_run_reads_it_says_how_many_files_were_seen(project, tmp_path):
    (tmp_path / "scans").mkdir()
    sources.add(project, tmp_path / "scans")
    with runs.start(project, "process", {}) as at_work:
        assert "Reading has begun" in page_text(run())
        at_work.report("images/scans", 0, 834)
        at_work._write("running", None)
        page = run()
    assert "834 files were seen. The first images appear here in a moment" in page_text(page)
    assert list(page.text_input) == []
    assert "834 fichiers ont été trouvés" not in page_text(run("fr"))


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
        "Without “name contains ‘d.jpg’”: 2",
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


def test_similar_images_whose_vectors_are_being_made_are_awaited_not_failed(corpus):
    sha1 = corpus.database().frame("images", ["sha1"])["sha1"].min()
    like = {"encoder": "visual", "query": f"image:{sha1}"}
    address = model.to_address(View().with_condition("like", like))
    with runs.start(corpus, "process", {}):
        shown = page_text(run(view=address))
    assert "The vectors of visual are being computed" in shown
    assert "cannot be shown" not in shown
    assert "Run `panoptic process` first" in page_text(run(view=address))


def test_meaning_waits_for_clip_and_says_why_how_and_what_still_works(corpus):
    rows = [
        {"slug": "clip", "text": "clip", "status": "waiting", "cause": "offline: the hub"},
        {"slug": "visual", "text": "visual", "status": "ready", "reads_text": False},
    ]
    synthetic.write(corpus, "encoders", rows)
    page = run()
    page.session_state["typed"] = {"text": "a cat", "waits": True}
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


READER = {"slug": "clip", "text": "clip", "status": "ready", "reads_text": True}


def test_while_a_model_is_loaded_the_page_says_so_and_nothing_false(corpus, monkeypatch):
    synthetic.write(corpus, "encoders", [READER])
    monkeypatch.setattr(text_models, "wait", lambda *_: False)
    like = {"encoder": "clip", "query": "a cat"}
    page = run(view=model.to_address(View().with_condition("like", like)))
    shown = page_text(page)
    assert "Loading ViT-B-32" in shown
    assert "Some 40 s the first time" in shown
    assert "No image matches" not in shown
    line = component(page, "searchline")
    assert line["count"] == line["loading"]
    assert "some 40 s the first time" in line["loading"]
    assert (line["problem"], line["box"]["words"]) == (None, "clip")
    # The values of the panel are those of the filters alone.
    folders = component(page, "facets")["sections"][0]
    assert [item["count"] for item in folders["items"]] == [4, 2, 3]


def test_words_in_no_name_are_offered_to_be_searched_by_meaning(corpus, monkeypatch):
    synthetic.write(corpus, "encoders", [READER])
    monkeypatch.setattr(text_models, "load_soon", lambda *_: None)
    monkeypatch.setattr(text_models, "wait", lambda *_: False)
    page = run(view=model.to_address(View().with_condition("path", "a sunset")))
    assert buttons(page)[0] == "Search by meaning for “a sunset”"
    page.button(key="by_meaning").click().run()
    assert component(page, "searchline")["terms"][0]["label"] == "“a sunset”"
