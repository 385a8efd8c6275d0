"""Embedded keywords as tags: the tree is kept, namesakes stay apart, nothing is done twice."""

import json

import pytest

from app.cli import main
from panoptic_data import create_property, tag_images, tag_keywords, undo
from panoptic_data.annotations.store import annotations_of
from panoptic_data.errors import InvalidImport
from panoptic_data.ingest import images, sources
from panoptic_data.storage.project import create_project
from tests.images import encoded, scene
from tests.panoptic_data.catalogue.test_embedded import packet

KEYWORDS = {
    "a": ["Europe|France|Paris", "rain"],
    "b": ["America|Texas|Paris"],
    "c": ["europe|France"],
    "d": [],
}


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, (name, words) in enumerate(KEYWORDS.items()):
        picture = encoded(scene((64, 48), number), "JPEG", xmp=packet(keywords=words))
        (folder / f"{name}.jpg").write_bytes(picture)
    project = create_project(tmp_path / "project")
    images.ingest(project, sources.add(project, folder), "r1")
    return project


def tagged(project, name):
    """Return the ways down to the tags of each picture."""
    state = annotations_of(project).state(fresh=True)
    prop = next(prop for prop in state.live_properties if prop.name == name)
    names = dict(project.database().frame("files", ["sha1", "path"]).rows())
    ways = {}
    for sha1, value in state.values(prop.id).select("target", "value").rows():
        ways.setdefault(names[sha1][0], set()).add(way(state, value))
    return ways


def way(state, id):
    tag = state.tags[id]
    return "|".join([*(way(state, parent) for parent in tag.parents), tag.name])


EXPECTED = {
    "a": {"Europe|France|Paris", "rain"}, "b": {"America|Texas|Paris"}, "c": {"Europe|France"},
}  # fmt: skip


def test_keywords_become_tags_under_those_above_them(project):
    tag_keywords(project)
    assert tagged(project, "Keywords") == EXPECTED
    assert tag_keywords(project).changes.is_empty()
    undo(project)
    assert not annotations_of(project).state(fresh=True).live_properties


def test_tags_that_images_have_stay(project):
    prop = create_property(project, "Theme", "tags")
    sha1 = project.database().frame("files", ["sha1", "path"]).sort("path")["sha1"][3]
    tag_images(project, prop, [sha1], ["rain"])
    tag_keywords(project, "theme")
    assert tagged(project, "Theme") == {**EXPECTED, "d": {"rain"}}
    create_property(project, "Year", "number")
    with pytest.raises(InvalidImport):
        tag_keywords(project, "Year")


def test_the_command_says_what_it_does(project, capsys, monkeypatch):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    where = ["--project", str(project.root)]
    assert main(["keywords", "--dry-run", *where]) == 0
    assert "4 keywords of 3 images would become tags of “Keywords”." in capsys.readouterr().out
    assert main(["keywords", "--property", "Motifs", "--json", *where]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["images"], answer["keywords"], answer["property"]) == (3, 4, "Motifs")
    assert tagged(project, "Motifs") == EXPECTED
