"""The names of a view's groups, image by image: several groups, files, short and equal names."""

import pytest

from app.services import group_names
from panoptic_data.catalogue import registry
from panoptic_data.views.model import Level, View
from tests import synthetic

A, B, C, D = (synthetic.sha1(name) for name in "abcd")
BY_FOLDER = View(group=(Level("folder"),))


@pytest.fixture
def names(corpus):
    def read(view, depth=0, language="en", **options):
        catalogue = registry.load(corpus)
        options = {"by_file": False, "is_short": False, **options}
        return group_names.names(catalogue, view, depth, language, **options)

    return read


def test_each_image_has_the_name_of_its_group(names):
    assert dict(names(BY_FOLDER).iter_rows()) == {
        A: "s/cats", B: "s/cats", C: "s/dogs", D: "s/dogs",
    }  # fmt: skip


def test_each_file_has_the_name_of_its_own_group(names):
    by_file = dict(names(BY_FOLDER, by_file=True).iter_rows())
    again = synthetic.file("s/dogs/again.jpg", "a")["file_id"]
    assert (len(by_file), by_file[again]) == (5, "s/dogs")


def test_short_names_are_the_last_part_of_a_folder(names):
    assert set(names(BY_FOLDER, is_short=True)["name"]) == {"cats", "dogs"}


def test_groups_that_are_called_alike_get_numbers_and_what_has_no_group_no_name(corpus, names):
    # Two groups of duplicates whose first files have one name.
    files = [synthetic.file("s/one/x.jpg", "x"), synthetic.file("s/two/x.jpg", "y")]
    synthetic.write(corpus, "images", [synthetic.image("x"), synthetic.image("y")])
    synthetic.write(corpus, "files", files)
    members = [("x", "g1"), ("c", "g1"), ("y", "g2"), ("d", "g2")]
    rows = [
        {"member": f"{group}/{name}", "sha1": synthetic.sha1(name), "group": group,
         "kind": "near", "distance": 1.0}
        for name, group in members
    ]  # fmt: skip
    synthetic.write(corpus, "duplicates", rows)
    view = View(group=(Level("duplicate", "near"),))
    by_image = names(view)
    assert A not in by_image["target"].to_list()
    assert by_image.height == 4
    assert by_image["name"].n_unique() == 2


def test_a_level_that_there_is_not_has_no_names(names):
    assert names(BY_FOLDER, depth=1).is_empty()
    assert names(View()).is_empty()
    assert names(View()).columns == ["target", "name"]


@pytest.mark.parametrize(("language", "label"), [("en", "Folder"), ("fr", "Dossier")])
def test_levels_are_labelled_and_count_their_groups(corpus, language, label):
    view = View(group=(Level("folder"), Level("format")))
    levels = group_names.levels(registry.load(corpus), view, language)
    assert [(level["field"], level["groups"]) for level in levels] == [("folder", 2), ("format", 2)]
    assert levels[0]["label"] == label
    assert group_names.levels(registry.load(corpus), View(), language) == []
