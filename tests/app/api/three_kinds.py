"""A project of 120 images of three kinds, for tests of suggestions: vectors, tags, an encoder."""

from types import SimpleNamespace

import numpy as np

from panoptic_data.annotations import properties, tags
from tests import synthetic
from tests.vectors import SLUG, embed, grouped

COUNT = 120
NAMES = [f"image {number}" for number in range(COUNT)]
SHA1S = [synthetic.sha1(name) for name in NAMES]
VECTORS, KINDS = grouped(COUNT, groups=3, dim=8, seed=2)
WORDS = SimpleNamespace(
    # A word is the direction of the group that it numbers.
    encode_text=lambda texts: np.stack([_spoken(text) for text in texts]),
    scale=20.0,
    bias=None,
)


def create_project(folder):
    """Return a project with one encoder of pictures and one that reads words."""
    project = synthetic.project(folder)
    synthetic.write(project, "images", [synthetic.image(name) for name in NAMES])
    files = [synthetic.file(f"a/{at // 60}/{at}.jpg", name) for at, name in enumerate(NAMES)]
    synthetic.write(project, "files", files)
    common = {"status": "ready", "fingerprint": "1", "dtype": "float32"}
    synthetic.write(
        project,
        "encoders",
        [
            {"slug": SLUG, "text": "visual", "reads_text": False, **common},
            {"slug": "clip-w", "text": "clip:local-dir:/w", "reads_text": True, **common},
        ],
    )
    embed(project, SHA1S, VECTORS)
    embed(project, SHA1S, VECTORS, "clip-w")
    return project


def create_tags(store):
    """Create three tags of one property: "kind 0" and so on."""
    kind, changes = properties.create(store.state().properties, "Kind", "tags")
    store.commit(changes, "property")
    ids = []
    for number in range(3):
        tag, changes = tags.create(store.state().tags, kind.id, f"kind {number}")
        store.commit(changes, "tag")
        ids.append(tag.id)
    return SimpleNamespace(property=kind.id, ids=ids)


def of_kind(kind):
    """Return the sha1s of the images of a kind."""
    return [SHA1S[row] for row in np.flatnonzero(kind == KINDS)]


def _spoken(text):
    mean = VECTORS[int(text[-1]) == KINDS].astype(np.float32).mean(axis=0)
    return mean / np.linalg.norm(mean)
