"""How sorted images status after answers, tags from elsewhere and undo."""

import numpy as np
import pytest

from panoptic_data.annotations import edits, properties, tags
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import registry
from panoptic_data.labelling import answers, zero_shot_review
from panoptic_data.labelling.zero_shot import Predictions, TagPredictions
from panoptic_data.labelling.zero_shot_review import Review
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


def predicted_review(store, target="image", include_tagged=False):
    """Two tags of a property, with the first and the last three images."""
    property, changes = properties.create(store.state().properties, "Kind", "tags", target=target)
    store.commit(changes, "property")
    ids = []
    for name in ("Dog", "Cat"):
        tag, changes = tags.create(store.state().tags, property.id, name)
        store.commit(changes, "tag")
        ids.append(tag.id)
    likely = np.array([0.9, 0.5, 0.2], np.float32)
    classes = [
        TagPredictions(id, ("words",), tuple(SHA1S[3 * at : 3 * at + 3]), likely, likely)
        for at, id in enumerate(ids)
    ]
    return Review(property.id, include_tagged, Predictions(tuple(classes), 10.0, 0)), ids


def statuses(project, review, only=None):
    return [status for _, status in zero_shot_review.statuses(registry.get(project), review, only)]


def others(status):
    return [None if at < 0 else status.tags[at] for at in status.others]


def test_answers_and_tags_from_elsewhere_show_and_go_with_what_was_undone(project, store):
    review, (dog, cat) = predicted_review(store)
    changes = answers.answer_changes(store.state(), dog, accepted=[SHA1S[0]], refused=[SHA1S[1]])
    store.commit(changes, "answer")
    store.commit(edits.add_tags(store.state(), review.property, [SHA1S[2]], [cat]), "tagging")
    first, second = statuses(project, review)
    assert first.accepted.tolist() == [True, False, False]
    assert first.refused.tolist() == [False, True, False]
    assert others(first) == [None, None, cat]
    assert first.open.tolist() == [False, False, False]
    assert second.open.tolist() == [True, True, True]
    # A tag that was not predicted counts, too.
    bird, changes = tags.create(store.state().tags, review.property, "Bird")
    store.commit(changes, "tag")
    store.commit(edits.add_tags(store.state(), review.property, [SHA1S[3]], [bird.id]), "tagging")
    assert statuses(project, review)[1].open.tolist() == [False, True, True]
    store.commit(answers.answer_changes(store.state(), dog, forgotten=SHA1S[:2]), "answer")
    [alone] = statuses(project, review, [dog])
    assert alone.open.tolist() == [True, True, False]


def test_sorted_again_an_image_with_another_tag_is_still_asked_about(project, store):
    review, (_, cat) = predicted_review(store, target="file", include_tagged=True)
    files = project.database().frame("files", ["file_id", "sha1"])
    changes = answers.answer_changes(store.state(), cat, accepted=[SHA1S[0], SHA1S[3]], files=files)
    store.commit(changes, "answer")
    first, second = statuses(project, review)
    assert others(first) == [cat, None, None]
    assert first.open.tolist() == [True, True, True]
    assert second.open.tolist() == [False, True, True]


def test_a_tag_that_is_gone_is_left_out(project, store):
    review, (dog, cat) = predicted_review(store)
    store.commit(tags.update(store.state().tags, dog, deleted=True), "tag")
    assert [
        predicted.tag for predicted, _ in zero_shot_review.statuses(registry.get(project), review)
    ] == [cat]


def test_images_are_counted_by_each_hundredth(store):
    review, _ = predicted_review(store)
    [predicted, _] = review.predictions.tags
    counts = zero_shot_review.counts_by_threshold(predicted)
    assert [counts[at] for at in (0, 20, 21, 50, 51, 90, 91, 100)] == [3, 3, 2, 2, 1, 1, 0, 0]
    left = zero_shot_review.counts_by_threshold(predicted, np.array([False, True, True]))
    assert [left[at] for at in (0, 50, 90)] == [2, 1, 0]
