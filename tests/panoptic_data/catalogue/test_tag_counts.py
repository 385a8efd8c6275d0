"""Tags with all below them, in hierarchies where a tag may have several parents."""

from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from panoptic_data.catalogue.tag_counts import tag_hierarchy


def catalogue_of(parents):
    """What the hierarchy reads of a catalogue whose tag number n has these parents."""
    tags = {
        str(number): SimpleNamespace(id=str(number), parents=tuple(map(str, above)))
        for number, above in enumerate(parents)
    }
    state = SimpleNamespace(tags=tags, tags_of=lambda property: list(tags.values()))
    return SimpleNamespace(annotations=state, project=SimpleNamespace(folder=Path("none")))


def with_ancestors(parents, number):
    return {number}.union(*(with_ancestors(parents, parent) for parent in parents[number]))


# A tag's parents come before it, so that none is above itself.
hierarchies = st.lists(st.sets(st.integers(0, 7)), min_size=1, max_size=8).map(
    lambda above: [sorted(it for it in some if it < number) for number, some in enumerate(above)]
)


@given(hierarchies, st.data())
def test_each_tag_is_counted_once_a_unit_with_all_below_it(parents, data):
    tags = st.integers(0, len(parents) - 1)
    units = data.draw(st.lists(st.sets(tags), min_size=1, max_size=10))
    weights = data.draw(st.lists(st.integers(1, 3), min_size=len(units), max_size=len(units)))
    pairs = [(unit, tag) for unit, some in enumerate(units) for tag in sorted(some)]
    expected = Counter()
    for unit, some in enumerate(units):
        for tag in set().union(*(with_ancestors(parents, tag) for tag in some)):
            expected[tag] += weights[unit]
    hierarchy = tag_hierarchy(catalogue_of(parents), "theme")
    columns = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    counts = hierarchy.count(columns[:, 0], columns[:, 1], np.array(weights))
    assert counts.tolist() == [expected[number] for number in range(len(parents))]


def test_a_hierarchy_is_made_once_for_the_same_tags():
    catalogue = catalogue_of([[], [0]])
    assert tag_hierarchy(catalogue, "theme") is tag_hierarchy(catalogue, "theme")
    assert tag_hierarchy(catalogue_of([[]]), "theme").ids == ["0"]
