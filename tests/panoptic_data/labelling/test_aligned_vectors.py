"""The vectors of an encoder beside the rows of a catalogue."""

import numpy as np

from panoptic_data.catalogue import registry
from panoptic_data.labelling import aligned_vectors
from tests.labelled import SHA1S
from tests.vectors import SLUG


def test_vectors_are_brought_beside_rows_once(project):
    current = registry.get(project, fresh=True)
    first = aligned_vectors.get(project, current, SLUG)
    assert aligned_vectors.get(project, current, SLUG) is first
    at = first.indices[current.rows_of([SHA1S[42]])[0]]
    assert first.sha1s_at(np.array([at])) == [SHA1S[42]]
    assert first.indices[current.rows_of([SHA1S[2]])[0]] == -1
