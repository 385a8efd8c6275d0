"""A small corpus of posters with what views have to cope with, and what views show of it."""

from datetime import datetime

import pyarrow as pa

from panoptic_data.catalogue import registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.storage.schema import arrow
from panoptic_data.views.model import View
from tests import synthetic
from tests.synthetic import file, image, sha1


def create(folder):
    """Write the project: three readable images, two that are gone, a damaged one."""
    project = synthetic.project(folder)
    synthetic.write(
        project,
        "images",
        [
            image("red", width=100, height=50, colour="#ff0000", taken_at=datetime(1930, 5, 1)),
            image("blue", width=300, height=200, format="PNG", colour="#0000ff"),
            image("grey", width=200, height=200, taken_at=datetime(1931, 12, 31, 23, 59, 59)),
            image("gone", width=10, height=10),
        ],
    )
    synthetic.write(
        project,
        "files",
        [
            file("posters/1930/B red.jpg", "red", size=10),
            file("posters/copy of red.jpg", "red", size=10),
            file("postcards/red.jpg", "red", size=10, status="missing"),
            file("posters/1930/a_blue.png", "blue", size=30),
            file("posters/1931/E\u0301te\u0301 (1.c.jpg", "grey", size=20),
            file("postcards/gone.jpg", "gone", size=5, status="missing"),
            file("postcards/broken.jpg", "broken", status="unreadable", reason="truncated"),
            file("postcards/locked.jpg", None, status="unreadable", reason="no_permission"),
            file("postcards/never read.jpg", "never", status="missing"),
        ],
    )
    return project


def shown(project, view):
    current = registry.get(project, fresh=True)
    names = {sha1(name): name for name in ("red", "blue", "grey", "gone", "broken", "never")}
    return [names[item] for item in current.sha1s(run_view(current, view).rows)]


def asking(field, value):
    return View().with_condition(field, value)


def with_map(project):
    names = ("red", "blue", "grey")
    spots = {"red": (0.0, 0.0), "blue": (1.0, 0.0), "grey": (5.0, 5.0)}
    numbers = {"red": 1, "blue": 1, "grey": -1}
    synthetic.write(
        project,
        "projection__visual",
        [{"sha1": sha1(n), "x": spots[n][0], "y": spots[n][1]} for n in names],
    )
    synthetic.write(
        project, "clusters__visual", [{"sha1": sha1(n), "cluster": numbers[n]} for n in names]
    )
    info = {"key": "0:1", "level": 0, "number": 1, "size": 2, "medoid": sha1("red"), "main": True}
    synthetic.write(project, "cluster_info__visual", [info, {**info, "key": "1:1", "main": False}])
    return project


def with_vectors(project):
    vectors = {"red": (1.0, 0.0), "blue": (0.8, 0.6), "grey": (0.0, 1.0), "gone": (1.0, 0.0)}
    rows = [
        {"sha1": sha1(name), "vector": vector, "run": "r"}
        for name, vector in sorted(vectors.items(), key=lambda pair: sha1(pair[0]))
    ]
    schema = arrow("embeddings__visual", 2)
    project.database().append("embeddings__visual", pa.Table.from_pylist(rows, schema=schema))
    return project
