"""Wrong arguments of the public functions: one sentence each, and nothing is written."""

from pathlib import Path

import pytest

import panoptic_data as pd
from panoptic_data.annotations.store import annotations_of
from panoptic_data.errors import (
    InvalidProperty,
    InvalidTag,
    PanopticError,
    UnknownImage,
    UsageError,
    WeightsUnavailable,
)
from tests import synthetic

RED, NONE = synthetic.sha1("red"), synthetic.sha1("none")


@pytest.fixture(scope="module")
def war(tmp_path_factory):
    project = synthetic.project(tmp_path_factory.mktemp("arguments") / "war")
    synthetic.write(project, "images", [synthetic.image("red")])
    synthetic.write(project, "files", [synthetic.file("posters/a.jpg", "red")])
    return project


def changes(project):
    return annotations_of(project).state(fresh=True).position


def test_values_of_an_image_that_is_not_there_are_refused(war):
    note = pd.create_property(war, "Note", "text")
    theme = pd.create_property(war, "Theme", "tags")
    before = changes(war)
    for act in (
        lambda: pd.annotate(war, note, {RED: "kept", NONE: "lost"}),
        lambda: pd.tag_images(war, theme, [RED, NONE], ["war"]),
        lambda: pd.export(war, "csv", "out.csv", images=[NONE]),
    ):
        with pytest.raises(UsageError, match=NONE):
            act()
    with pytest.raises(UnknownImage):
        pd.annotate(war, note, {NONE: "lost"})
    with pytest.raises(UsageError, match="is no sha1"):
        pd.annotate(war, note, {None: "lost"})
    assert changes(war) == before
    assert pd.annotate(war, note, {RED: "kept"}).changes.height == 1


def test_values_of_a_file_that_is_not_there_are_refused(war):
    shelf = pd.create_property(war, "Shelf", "text", target="file")
    with pytest.raises(UsageError, match="ids of files"):
        pd.annotate(war, shelf, {RED: "A 3"})
    # A list of tags is no key of a dict.
    with pytest.raises(InvalidTag, match="no tag “war”"):
        pd.annotate(war, pd.create_property(war, "Kinds", "tags"), {RED: ["war"]})
    id = synthetic.file("posters/a.jpg", "red")["file_id"]
    assert pd.annotate(war, shelf, {id: "A 3"}).changes.height == 1


def test_a_property_is_named_as_in_a_query(war):
    year = pd.create_property(war, "Année", "date")
    pd.annotate(war, "annee", {RED: "1916"})
    for named in ("Année", "ANNEE", year.id, year):
        assert pd.read_values(war, named)["value"].to_list() == ["1916"]
    with pytest.raises(InvalidProperty, match="Properties: Année"):
        pd.read_values(war, "anée")
    pd.create_property(war, "Motif", "tags")
    pd.tag_images(war, "motif", [RED], ["street"])
    assert pd.read_values(war, "Motif")["value"].to_list() == ["street"]


def test_a_corpus_without_keywords_gets_no_property_of_them(war):
    with pytest.warns(UserWarning, match="No image has embedded keywords"):
        assert pd.tag_keywords(war, "Keywords").changes.is_empty()
    with pytest.raises(InvalidProperty):
        pd.read_values(war, "Keywords")


@pytest.mark.parametrize(
    ("act", "text"),
    [
        (lambda _: pd.select_images(None), "takes a project"),
        (lambda _: pd.select_images("war"), "takes a project"),
        (lambda war: pd.create_version(war, None), "takes a text as “name”, not None"),
        (lambda war: pd.create_version(war, Path("a")), "takes a text as “name”"),
        (lambda war: pd.create_version(war, ""), "needs a name"),
        (lambda war: pd.open_version(war, None), "a text or a version"),
        (lambda war: pd.open_version(war, "none"), "There is no version “none”"),
        (lambda war: pd.create_property(war, None, "text"), "takes a text as “name”"),
        (lambda war: pd.create_property(war, "x", "texts"), "no type “texts”"),
        (lambda war: pd.annotate(war, None, {}), "a property or a text as “prop”"),
        (lambda war: pd.annotate(war, "Nothing", {}), "no property “Nothing”"),
        (lambda war: pd.annotate(war, "Nothing", [RED]), "a mapping of sha1s to values"),
        (lambda war: pd.tag_images(war, "Nothing", [RED], "war"), "a list as “tags”"),
        (lambda war: pd.tag_images(war, "Nothing", RED, ["war"]), "a list as “images”"),
        (lambda war: pd.search_images(war, None), "a text or a path or a picture"),
        (lambda war: pd.search_images(war, Path("none.jpg")), "no picture none.jpg"),
        (lambda war: pd.search_images(war, "x", k=0), "a whole number of 1 or more"),
        (lambda war: pd.select_images(war, 3), "a text or a view"),
        (lambda war: pd.add_folder(war, None), "a text or a path"),
        (lambda war: pd.export(war, None, "x.csv"), "a text as “format”"),
        (lambda war: pd.export(war, "csv", None), "a text or a path"),
        (lambda war: pd.export(war, "csv", ""), "this one is empty"),
        (lambda war: pd.export(war, "csv", "x.csv", colums=["a"]), "no option. There are:"),
        (lambda war: pd.export(war, "csv", "x.csv", view="", saved="x"), "not both"),
        (lambda war: pd.process(war, sources="posters"), "a list as “sources”"),
        (lambda war: pd.process(war, note="why"), "a name, too"),
        (lambda war: pd.import_values(war, None), "a text or a path"),
        (lambda war: pd.import_values(war, "x.csv", match="nothing"), "path, name, sha1"),
        (lambda war: pd.lineage(war, RED, "tags", group="tag:x"), "an image or of a group"),
        (lambda war: pd.lineage(war, of="tags", group="tag:x"), "with an image only"),
        (lambda war: pd.export_version(war, "none", None), "a text or a path"),
        (lambda war: pd.import_version("", "x"), "this one is empty"),
        (lambda war: pd.tag_images(war, "Nothing", [RED], [None]), "None is none"),
        (lambda war: pd.export(war, "csv", "x.csv", columns="width"), "a list as “columns”"),
        (lambda war: pd.export(war, "csv", "x.csv", columns=[3]), "3 is none"),
        (lambda war: pd.export(war, "images", "x", size="big"), "1 or more as “size”"),
        (lambda war: pd.select_images(war, pd.View(where=("x",))), "A view is made of"),
        (lambda war: pd.select_images(war, pd.View(sort=("name",))), "A view is made of"),
        (lambda war: pd.open_project(3), "not by 3"),
        (lambda war: pd.create_project("/proc/none/p"), "No project can be made at"),
        (lambda war: pd.open_project(""), "project is empty"),
        (lambda war: pd.create_project(""), "project is empty"),
    ],
)  # fmt: skip
def test_a_wrong_argument_is_one_sentence(war, act, text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = changes(war)
    with pytest.raises(PanopticError) as raised:
        act(war)
    assert text in str(raised.value)
    assert "\n" not in str(raised.value)
    assert changes(war) == before
    assert not list(tmp_path.iterdir())


def test_words_are_answered_with_the_encoder_that_waits_for_its_weights(tmp_path):
    war = synthetic.project(tmp_path / "war", ("visual", "clip"))
    clip = {"slug": "clip", "text": "clip", "status": "waiting", "cause": "offline: no network"}
    synthetic.write(war, "encoders", [clip | {"checked_at": synthetic.AT, "run": "r"}])
    for other in ([], [{"slug": "visual", "text": "visual", "status": "ready"}]):
        synthetic.write(war, "encoders", [row | {"checked_at": synthetic.AT} for row in other])
        with pytest.raises(WeightsUnavailable, match="The weights of clip"):
            pd.search_images(war, "a cat")
