"""Likely wrong tags: flipped ones come first, judged by models that they were no examples of."""

import numpy as np
import pytest

from panoptic_data.annotations import edits
from panoptic_data.labelling import doubts
from panoptic_data.labelling.active_learning import Space
from panoptic_data.labelling.likely_wrong import likely_wrong
from panoptic_data.vectors.matrix import Matrix
from tests.labelled import KINDS, SHA1S, answer, create_tags, rows_of, tagged
from tests.vectors import SLUG, grouped

NONE = np.empty(0, np.intp)


def test_flipped_images_of_both_kinds_come_first_and_in_one_order():
    vectors, kinds = grouped(400, groups=4, dim=32, seed=3, width=0.5)
    space = Space.of(Matrix.of(vectors))
    right, wrong = np.flatnonzero(kinds == 0), np.flatnonzero(kinds == 2)[:5]
    missing, members = right[:5], np.union1d(right[5:], wrong)
    listed = doubts.doubts(space, members, NONE, np.ones(400, bool), 10)
    assert set(listed.rows.tolist()) == {*wrong.tolist(), *missing.tolist()}
    assert dict(zip(listed.rows.tolist(), listed.inside.tolist(), strict=True)) == {
        **dict.fromkeys(wrong.tolist(), True),
        **dict.fromkeys(missing.tolist(), False),
    }
    assert (listed.amount > 0).all()
    assert (np.diff(listed.amount) <= 0).all()
    # The same again is the same again.
    again = doubts.doubts(space, members, NONE, np.ones(400, bool), 10)
    assert again.rows.tolist() == listed.rows.tolist()


def test_the_nearest_of_a_member_is_another_one():
    vectors, kinds = grouped(60, groups=2, dim=16, seed=1)
    space = Space.of(Matrix.of(vectors))
    inside = np.flatnonzero(kinds == 0)
    nearest, cosines = doubts.nearest_other(space, inside.tolist(), inside)
    assert (nearest != inside).all()
    assert (cosines < 0.9999).all()


@pytest.fixture
def war(store):
    """The tag War on all of the first kind but five, and on five of the second."""
    theme, (war, _) = create_tags(store)
    images = SHA1S[[*rows_of(0)[15:], *rows_of(1)[15:20]]]
    store.commit(edits.add_tags(store.state(), theme, images.tolist(), [war]), "tag")
    return theme, war


def test_both_kinds_of_a_project_are_listed_with_what_they_are_like(project, war):
    _, tag = war
    result = likely_wrong(project, tag, SLUG, count=30)
    assert result.kind == "doubts"
    kind_of = dict(zip(SHA1S.tolist(), KINDS.tolist(), strict=True))
    wrong = {image.sha1 for image in result.images if image.has_tag}
    assert set(SHA1S[rows_of(1)[15:20]]) & wrong
    missing = {image.sha1 for image in result.images if not image.has_tag}
    assert np.mean([kind_of[sha1] == 0 for sha1 in missing]) > 0.5
    assert all(image.why != image.sha1 and image.probability is None for image in result.images)


def test_answers_are_stored_not_asked_again_and_taken_back_with_the_tag(project, store, war):
    theme, tag = war
    first = likely_wrong(project, tag, SLUG, count=40).images
    member = next(image.sha1 for image in first if image.has_tag)
    other = next(image.sha1 for image in first if not image.has_tag)
    answer(store, tag, accepted=[other], refused=[member])
    assert other in tagged(store, theme)
    assert member not in tagged(store, theme)
    assert not {member, other} & {image.sha1 for image in likely_wrong(project, tag, SLUG).images}
    # As they were: the one had the tag, the other had not.
    answer(store, tag, forgotten=[member, other], tagged=[member])
    assert member in tagged(store, theme)
    assert other not in tagged(store, theme)
    # A member that belongs keeps its tag also when that answer is taken back.
    answer(store, tag, accepted=[member])
    answer(store, tag, forgotten=[member], tagged=[member])
    assert member in tagged(store, theme)


def test_a_tag_of_few_images_has_nothing_to_compare(project, store):
    theme, (_, sea) = create_tags(store)
    store.commit(edits.add_tags(store.state(), theme, SHA1S[20:24].tolist(), [sea]), "tag")
    assert likely_wrong(project, sea, SLUG).kind == "none"
