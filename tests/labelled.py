"""A project of 300 images in three overlapping groups, to be tagged by suggestions."""

import numpy as np

from panoptic_data.annotations import properties, tags
from panoptic_data.labelling import answers
from tests import synthetic
from tests.vectors import embed, grouped

COUNT = 300
NAMES = [f"image {number}" for number in range(COUNT)]
SHA1S = np.array([synthetic.sha1(name) for name in NAMES])
# The groups overlap: no model can separate them perfectly.
VECTORS, KINDS = grouped(COUNT, groups=3, dim=12, seed=1, width=1.0)


def rows_of(kind, count=None):
    """Return the rows of a group."""
    return np.flatnonzero(kind == KINDS)[:count]


def create_project(folder):
    """Return a project whose first ten images have no vector and whose last has no file."""
    project = synthetic.project(folder)
    synthetic.write(project, "images", [synthetic.image(name) for name in NAMES])
    files = [
        synthetic.file(f"s/{'even' if number % 2 == 0 else 'odd'}/{number:03}.jpg", name)
        for number, name in enumerate(NAMES)
    ]
    files[-1]["status"] = "missing"
    synthetic.write(project, "files", files)
    embed(project, SHA1S[10:].tolist(), VECTORS[10:])
    return project


def create_tags(store, type="tags", names=("War", "Sea"), **options):
    """Create the property "Theme" with some tags; return its id and theirs."""
    theme, changes = properties.create(store.state().properties, "Theme", type, **options)
    store.commit(changes, "property")
    ids = []
    for name in names:
        tag, changes = tags.create(store.state().tags, theme.id, name)
        store.commit(changes, "tag")
        ids.append(tag.id)
    return theme.id, ids


def answer(store, tag, **given):
    """Write answers for a tag; return the batch."""
    return store.commit(answers.answer_changes(store.state(), tag, **given), "answer")


def tagged(store, property):
    """Return what has a value of a property."""
    return set(store.state().values(property)["target"])
