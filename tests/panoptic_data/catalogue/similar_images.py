"""A corpus of 600 images with vectors of two encoders, and searches of it in plain Python."""

import numpy as np

from panoptic_data.catalogue import registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.views.model import Condition, View
from tests import synthetic
from tests.vectors import SLUG, embed, grouped

COUNT = 600
NAMES = [f"image {number}" for number in range(COUNT)]
SHA1S = [synthetic.sha1(name) for name in NAMES]
VECTORS = grouped(COUNT, groups=6, dim=16, seed=3)[0]
OTHER = "timm-resnet50-a1-in1k"
OTHERS = grouped(COUNT, groups=6, dim=20, seed=4, width=0.6)[0]
FEW = Condition("folder", "in", ["s/few"])


def folder(number):
    return "few" if number % 50 == 7 else "many"


def create(root):
    """600 images with vectors, every fiftieth in a folder of its own."""
    project = synthetic.project(root)
    synthetic.write(project, "images", [synthetic.image(name) for name in NAMES])
    files = [
        synthetic.file(f"s/{folder(number)}/{number:04}.jpg", name)
        for number, name in enumerate(NAMES)
    ]
    # The last one is gone, and one lies in two places.
    files[-1]["status"] = "missing"
    files.append(synthetic.file("s/few/again.jpg", NAMES[7]))
    synthetic.write(project, "files", files)
    embed(project, SHA1S, VECTORS)
    # Another encoder, which has not seen the first of them.
    embed(project, SHA1S[1:], OTHERS[1:], OTHER)
    return registry.get(project, fresh=True)


def like(text, **limits):
    return Condition("like", "at least", {"encoder": SLUG, "query": text, **limits})


def similar_condition(number, **limits):
    return like(f"image:{SHA1S[number]}", **limits)


def shown(current, *where, **more):
    result = run_view(current, View(where, **more))
    return current.sha1s(result.rows)


def plainly(weights, among=range(COUNT - 1), vectors=VECTORS):
    """Images and their cosines, nearest first, in plain Python."""
    terms = [(weight, vectors[number].astype(float)) for number, weight in weights.items()]
    aim = sum(weight * vector / np.linalg.norm(vector) for weight, vector in terms)
    aim = aim / np.linalg.norm(aim)
    pairs = [(float(vectors[number].astype(float) @ aim), SHA1S[number]) for number in among]
    named = {SHA1S[number] for number in weights}
    return sorted((pair for pair in pairs if pair[1] not in named), reverse=True)
