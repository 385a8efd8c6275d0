"""How sorted images stand after answers, tags from elsewhere and undo."""

import numpy as np
import pytest

from panoptic_data.annotations import edits, properties, tags
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import registry
from panoptic_data.labelling import suggest, zero_shot_review
from panoptic_data.labelling.zero_shot import Class, Classes
from panoptic_data.labelling.zero_shot_review import Sorting
from tests import synthetic

NAMES = [f"image {number}" for number in range(6)]
SHA1S = [synthetic.sha1(name) for name in NAMES]


@pytest.fixture
def project(tmp_path):
    opened = synthetic.project(tmp_path / "project")
    synthetic.write(opened, "images", [synthetic.image(name) for name in NAMES])
    synthetic.write(opened, "files", [synthetic.file(f"a/{name}.jpg", name) for name in NAMES])
    return opened


@pytest.fixture
def store(project):
    return annotations_of(project)


def sorted_into(store, target="image", again=False):
    """Two tags of a property, with the first and the last three images."""
    one, changes = properties.create(store.state().properties, "Kind", "tags", target=target)
    store.commit(changes, "property")
    ids = []
    for name in ("Dog", "Cat"):
        tag, changes = tags.create(store.state().tags, one.id, name)
        store.commit(changes, "tag")
        ids.append(tag.id)
    likely = np.array([0.9, 0.5, 0.2], np.float32)
    classes = [
        Class(id, ("words",), tuple(SHA1S[3 * at : 3 * at + 3]), likely, likely)
        for at, id in enumerate(ids)
    ]
    return Sorting(one.id, again, Classes(tuple(classes), 10.0, 0)), ids


def stands(project, made, only=None):
    return [stand for _, stand in zero_shot_review.stands(registry.get(project), made, only)]


def others(stand):
    return [None if at < 0 else stand.tags[at] for at in stand.others]


def test_answers_and_tags_from_elsewhere_show_and_go_with_what_was_undone(project, store):
    made, (dog, cat) = sorted_into(store)
    said = suggest.answers(store.state(), dog, accepted=[SHA1S[0]], refused=[SHA1S[1]])
    store.commit(said, "answer")
    store.commit(edits.add_tags(store.state(), made.property, [SHA1S[2]], [cat]), "tagging")
    first, second = stands(project, made)
    assert first.accepted.tolist() == [True, False, False]
    assert first.refused.tolist() == [False, True, False]
    assert others(first) == [None, None, cat]
    assert first.open.tolist() == [False, False, False]
    assert second.open.tolist() == [True, True, True]
    # A tag that was not sorted into is one, too.
    bird, changes = tags.create(store.state().tags, made.property, "Bird")
    store.commit(changes, "tag")
    store.commit(edits.add_tags(store.state(), made.property, [SHA1S[3]], [bird.id]), "tagging")
    assert stands(project, made)[1].open.tolist() == [False, True, True]
    store.commit(suggest.answers(store.state(), dog, forgotten=SHA1S[:2]), "answer")
    [alone] = stands(project, made, [dog])
    assert alone.open.tolist() == [True, True, False]


def test_sorted_again_an_image_with_another_tag_is_still_asked_about(project, store):
    made, (_, cat) = sorted_into(store, target="file", again=True)
    files = project.database().frame("files", ["file_id", "sha1"])
    said = suggest.answers(store.state(), cat, accepted=[SHA1S[0], SHA1S[3]], files=files)
    store.commit(said, "answer")
    first, second = stands(project, made)
    assert others(first) == [cat, None, None]
    assert first.open.tolist() == [True, True, True]
    assert second.open.tolist() == [False, True, True]


def test_a_tag_that_is_gone_is_left_out(project, store):
    made, (dog, cat) = sorted_into(store)
    store.commit(tags.update(store.state().tags, dog, deleted=True), "tag")
    assert [one.tag for one, _ in zero_shot_review.stands(registry.get(project), made)] == [cat]


def test_images_are_counted_by_each_hundredth(store):
    made, _ = sorted_into(store)
    [one, _] = made.found.classes
    counts = zero_shot_review.counts(one)
    assert [counts[at] for at in (0, 20, 21, 50, 51, 90, 91, 100)] == [3, 3, 2, 2, 1, 1, 0, 0]
    left = zero_shot_review.counts(one, np.array([False, True, True]))
    assert [left[at] for at in (0, 50, 90)] == [2, 1, 0]
