"""What a map draws, on small corpora whose answer can be written down."""

import json

import numpy as np
import pytest

from panoptic_data.catalogue import map_data, registry
from panoptic_data.views.model import View
from tests import synthetic
from tests.synthetic import file, image, sha1


@pytest.fixture
def opened(tmp_path):
    project = synthetic.project(tmp_path / "p")
    names = [f"{number:03}" for number in range(60)]
    synthetic.write(project, "images", [image(name) for name in names])
    places = [f"posters/{'odd' if int(name) % 2 else 'even'}/{name}.jpg" for name in names]
    rows = [file(place, name) for place, name in zip(places, names, strict=True)]
    synthetic.write(project, "files", [*rows, file("posters/odd/copy.jpg", "000")])
    synthetic.write(
        project,
        "projection__visual",
        [{"sha1": sha1(name), "x": float(name), "y": -float(name)} for name in names[:50]],
    )
    synthetic.write(
        project,
        "clusters__visual",
        [{"sha1": sha1(name), "cluster": int(name) // 20 - 1} for name in names[:50]],
    )
    info = {"level": 0, "size": 20, "main": True}
    synthetic.write(
        project,
        "cluster_info__visual",
        [{**info, "key": f"0:{n}", "number": n, "medoid": sha1(f"{n:03}")} for n in (0, 1)],
    )
    return registry.get(project, fresh=True)


ODD = View().with_condition("folder", ["posters/odd"])


def test_every_placed_image_is_drawn_and_the_view_s_are_marked(opened):
    drawn = map_data.picture(opened, "visual", ODD)
    assert (drawn.total, drawn.inside, len(drawn.x), drawn.density) == (50, 26, 50, None)
    marked = {name for name, shown in zip(drawn.sha1s, drawn.shown, strict=True) if shown}
    assert marked == {sha1(f"{n:03}") for n in (0, *range(1, 50, 2))}
    groups = dict(zip(drawn.sha1s, drawn.group.tolist(), strict=True))
    assert [groups[sha1(name)] for name in ("000", "019", "020", "040")] == [-1, -1, 0, 1]


def test_there_is_no_map_before_there_is_a_projection(opened):
    assert map_data.picture(opened, "clip", View()) is None


def test_the_legend_counts_clusters_under_the_rest_of_the_view(opened):
    view = ODD.with_condition("cluster", {"encoder": "visual", "numbers": [1]})
    assert [
        (item.value, item.count, item.exemplar) for item in map_data.legend(opened, "visual", view)
    ] == [
        (0, 10, sha1("000")),
        (1, 5, sha1("001")),
    ]


def test_colours_by_folder_take_the_first_depth_that_tells_folders_apart(opened):
    groups = map_data.legend(opened, "visual", View(), "folder")
    # The copy makes "000" an image of two folders: its first in order of path counts.
    assert [(item.value, item.count) for item in groups] == [
        ("posters/even", 30),
        ("posters/odd", 30),
    ]


def test_many_images_are_a_density_and_a_sample_that_stays(opened, monkeypatch):
    monkeypatch.setattr(map_data, "DRAWN_AT_MOST", 20)
    drawn = map_data.picture(opened, "visual", View())
    lots = sorted(sha1(f"{n:03}") for n in range(50))
    assert sorted(drawn.sha1s) == lots[:20]
    assert (drawn.total, drawn.inside, drawn.density.shape) == (50, 50, (2, 512, 512))


def test_a_sample_favours_the_view_and_keeps_some_of_what_is_around(opened, monkeypatch):
    monkeypatch.setattr(map_data, "DRAWN_AT_MOST", 20)
    drawn = map_data.picture(opened, "visual", ODD)
    assert (int(drawn.shown.sum()), len(drawn.shown)) == (16, 20)


def test_the_density_counts_every_image_where_it_lies(opened, monkeypatch):
    monkeypatch.setattr(map_data, "DRAWN_AT_MOST", 20)
    drawn = map_data.picture(opened, "visual", ODD)
    everything, inside = (layer > 0 for layer in drawn.density)
    assert (int(everything.sum()), int(inside.sum())) == (50, 26)
    # Row 0 is the bottom: y falls as x grows, so the first image is at the top left.
    rows, columns = np.nonzero(everything)
    assert rows[columns.argmin()] == rows.max()
    assert not (inside & ~everything).any()


def test_the_bytes_hold_the_arrays_one_after_the_other(opened, monkeypatch):
    monkeypatch.setattr(map_data, "DRAWN_AT_MOST", 20)
    drawn = map_data.picture(opened, "visual", ODD)
    data = map_data.encode(drawn)
    length = int.from_bytes(data[:4], "little")
    header = json.loads(data[4 : 4 + length])
    assert header == {
        "points": 20,
        "total": 50,
        "inside": 26,
        "extent": list(drawn.extent),
        "side": 512,
    }
    at = 4 + length
    parts = {}
    for name, kind, count in (
        ("x", "<f4", 20),
        ("y", "<f4", 20),
        ("sha1", "V20", 20),
        ("density", "u1", 2 * 512 * 512),
        ("group", "<i2", 20),
        ("shown", "u1", 20),
    ):
        parts[name] = np.frombuffer(data, kind, count, at)
        at += parts[name].nbytes
    assert at == len(data)
    assert parts["x"].tolist() == drawn.x.tolist()
    assert [item.tobytes().hex() for item in parts["sha1"]] == drawn.sha1s
    assert parts["shown"].astype(bool).tolist() == drawn.shown.tolist()
    assert parts["group"].tolist() == drawn.group.tolist()
