"""A view whose result is frozen while its images are edited, and while others are added."""

import gc

import pytest

from panoptic_data.annotations import edits, properties, tags
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import charts, frozen_results, map_data, registry, row_values
from panoptic_data.catalogue.execute import run_view
from panoptic_data.catalogue.groups import condition
from panoptic_data.views.model import Level, Sort, View
from tests import synthetic
from tests.synthetic import file, image, sha1

NAMES = ("a", "b", "c", "d")


@pytest.fixture
def project(tmp_path):
    project = synthetic.project(tmp_path / "p")
    add(project, *NAMES)
    return project


@pytest.fixture
def store(project):
    return annotations_of(project)


def add(project, *names):
    synthetic.write(project, "images", [image(name) for name in names])
    synthetic.write(project, "files", [file(f"s/{name}.jpg", name) for name in names])


def make(store, name, type):
    item, changes = properties.create(store.state().properties, name, type)
    store.commit(changes, "property")
    return item.id


def tag(store, property, name):
    item, changes = tags.create(store.state().tags, property, name)
    store.commit(changes, "tag")
    return item.id


def write(store, property, value, *names):
    images = [sha1(name) for name in names]
    store.commit(edits.set_value(store.state(), property, images, value), "set")


def now(project):
    return registry.get(project, fresh=True)


def shown(current, view):
    known = {sha1(name): name for name in (*NAMES, "e")}
    return "".join(known[item] for item in current.sha1s(run_view(current, view).rows))


def displayed(project, view, kept):
    return frozen_results.displayed(now(project), view, kept.key)[0]


def test_what_no_longer_matches_stays_in_its_place_with_its_value_of_now(project, store):
    grade = f"p:number:{make(store, 'Grade', 'number')}"
    view = View((condition(Level(grade), None),), (Sort("name", True),))
    kept = frozen_results.freeze(now(project), view)
    write(store, grade.split(":")[2], 3, "b", "d")
    held = displayed(project, view, kept)
    assert (shown(now(project), view), shown(held, view)) == ("ca", "dcba")
    values = [
        list(item.values())
        for item in row_values.property_texts(held, run_view(held, view), 0, 4, [grade])
    ]
    assert values == [["3"], [], ["3"], []]
    changes = kept.changes(now(project))
    assert (changes.count, changes.new, changes.is_rearranged) == (2, 0, False)
    assert shown_rows(held, changes.gone) == {"b", "d"}
    again = frozen_results.freeze(now(project), view)
    assert shown(displayed(project, view, again), view) == "ca"
    assert again.changes(now(project)).count == 0


def shown_rows(current, mask):
    known = {sha1(name): name for name in NAMES}
    return {known[item] for item in current.sha1s(mask.nonzero()[0])}


def test_images_that_come_in_are_counted_and_shown_only_when_it_is_asked_anew(project, store):
    note = make(store, "Note", "text")
    field = f"p:text:{note}"
    kept = frozen_results.freeze(now(project), View())
    add(project, "e")
    write(store, note, "seen", "a", "e")
    held = displayed(project, View(), kept)
    assert (shown(held, View()), shown(now(project), View())) == ("abcd", "abcde")
    assert row_values.property_texts(held, run_view(held, View()), 0, 1, [field]) == [
        {note: "seen"}
    ]
    changes = kept.changes(now(project))
    assert (changes.count, changes.new, changes.gone.any()) == (1, 1, False)


def test_groups_stay_while_a_chart_counts_the_values_of_now_over_the_same_images(project, store):
    theme = make(store, "Theme", "tags")
    war, calm = tag(store, theme, "war"), tag(store, theme, "calm")
    field = f"p:tags:{theme}"
    write(store, theme, [war], "a", "b")
    view = View(group=(Level(field),))
    kept = frozen_results.freeze(now(project), view)
    write(store, theme, [calm], "a")
    held = displayed(project, view, kept)
    assert run_view(held, view).groups.count.tolist() == [2, 2]
    assert run_view(now(project), view).groups.count.tolist() == [1, 1, 2]
    changes = kept.changes(now(project))
    assert (changes.count, changes.is_rearranged) == (0, True)
    only_war = View().with_condition(field, [war])
    write(store, theme, [war], "a")
    kept = frozen_results.freeze(now(project), only_war)
    write(store, theme, [calm], "a")
    held = displayed(project, only_war, kept)
    counted = charts.count(held, only_war.grouped_by(Level(field)))
    assert dict(zip(counted.categories, counted.counts[:, 0].tolist(), strict=True)) == {
        war: 1,
        calm: 1,
    }


def test_a_map_marks_what_is_held(project, store):
    synthetic.write(
        project,
        "projection__visual",
        [{"sha1": sha1(name), "x": float(at), "y": 0.0} for at, name in enumerate(NAMES)],
    )
    grade = f"p:number:{make(store, 'Grade', 'number')}"
    view = View((condition(Level(grade), None),))
    kept = frozen_results.freeze(now(project), view)
    write(store, grade.split(":")[2], 3, "b")
    assert map_data.picture(displayed(project, view, kept), "visual", view).inside == 4
    assert map_data.picture(now(project), "visual", view).inside == 3


def test_files_are_held_as_images_are(project, store):
    grade = f"p:number:{make(store, 'Grade', 'number')}"
    view = View((condition(Level(grade), None),), mode="file")
    kept = frozen_results.freeze(now(project), view)
    write(store, grade.split(":")[2], 3, "b")
    held = displayed(project, view, kept)
    assert (shown(held, view), shown(now(project), view)) == ("abcd", "acd")
    by_format = view.grouped_by(Level("format"))
    assert run_view(held, by_format).groups.count.tolist() == [4]


def test_another_view_and_a_hold_that_is_gone_are_shown_as_they_are(project, store):
    grade = f"p:number:{make(store, 'Grade', 'number')}"
    view = View((condition(Level(grade), None),))
    kept = frozen_results.freeze(now(project), view)
    write(store, grade.split(":")[2], 3, "b")
    current = now(project)
    assert frozen_results.displayed(current, view.sorted_by(Sort("name")), kept.key) == (
        current,
        None,
    )
    key = kept.key
    del kept
    gc.collect()
    assert frozen_results.displayed(current, view, key) == (current, None)
