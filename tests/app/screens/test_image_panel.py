"""The panel of one image without a browser: properties, files, and what made them."""

from tests import synthetic
from tests.app.page import page_text, run


def test_an_image_that_names_no_run_is_shown_all_the_same(project):
    synthetic.write(project, "images", [synthetic.image("a")])
    synthetic.write(project, "files", [synthetic.file("s/a.jpg", "a")])
    assert "a.jpg" in page_text(run())


def test_panel_tells_properties_files_and_what_made_them(corpus):
    synthetic.write(
        corpus,
        "images",
        [
            synthetic.image(
                "e",
                camera="<Canon>",
                lat=48.5,
                lon=2.25,
                exif='{"FNumber": "4"}',
                run="r1",
                phash=255,
                ahash=1,
                dhash=2,
            )
        ],
    )
    synthetic.write(corpus, "files", [synthetic.file("s/e.jpg", "e")])
    panel = page_text(run(image=synthetic.sha1("e")))
    for text in ("48 × 32 px", "<Canon>", "48.50000, 2.25000", "s/e.jpg", "FNumber", "run r1"):
        assert text in panel
    assert "00000000000000ff" in panel


def test_unknown_image_of_an_address_is_said_to_be_gone(corpus):
    assert "This image is not in the project" in page_text(run(image="0" * 40))
