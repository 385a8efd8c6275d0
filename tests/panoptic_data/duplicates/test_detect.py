"""Groups of the same, nearly the same and alike, from real files to the table."""

import csv
import shutil

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from PIL import Image, ImageDraw, ImageOps
from skimage import data

from bench import corpora
from panoptic_data.duplicates import detect
from panoptic_data.duplicates.near import star_centres
from panoptic_data.ingest import images, sources
from panoptic_data.storage.project import create_project
from panoptic_data.storage.schema import arrow
from panoptic_data.vectors import embeddings, neighbours
from tests import synthetic
from tests.images import shared
from tests.vectors import SLUG, embed, grouped, sha1s


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "corpus")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "pictures").mkdir()
    return tmp_path / "pictures"


def photograph(name, size=(320, 240)):
    return Image.fromarray(getattr(data, name)()).convert("RGB").resize(size)


def update(project, folder=None, run="r1", slugs=(), **options):
    if folder is not None:
        images.ingest(project, sources.add(project, folder), run)
    return detect.update(project, run, slugs, **options)


def members(project, kind):
    rows = project.database().frame("duplicates").filter(pl.col("kind") == kind)
    return rows.sort("member")


def groups(project, kind, names):
    """The groups of one kind as sets of file names; ``names``: sha1 → file name."""
    rows = members(project, kind).group_by("group").agg("sha1")
    return sorted(sorted(names[sha1] for sha1 in row) for row in rows["sha1"])


def names_of(project):
    return dict(project.database().frame("files").select("sha1", "path").iter_rows())


def counts(result):
    return result.rows, result.new, result.changed, result.unchanged, result.removed


def test_an_empty_project_has_no_duplicates(project):
    assert counts(update(project)) == (0, 0, 0, 0, 0)
    assert counts(update(project, slugs=[SLUG])) == (0, 0, 0, 0, 0)


def test_one_picture_has_no_duplicates(project, folder):
    photograph("coffee").save(folder / "one.png")
    assert counts(update(project, folder)) == (0, 0, 0, 0, 0)


def test_files_of_the_same_bytes_are_a_group(project, folder):
    photograph("coffee").save(folder / "one.png")
    photograph("astronaut").save(folder / "other.png")
    (folder / "deep").mkdir()
    shutil.copy(folder / "one.png", folder / "deep" / "copy.png")
    assert counts(update(project, folder)) == (2, 2, 0, 0, 0)
    rows = members(project, "exact")
    files = project.database().frame("files").filter(pl.col("path") != "other.png")
    assert set(rows["file_id"]) == set(files["file_id"])
    sha1 = files["sha1"][0]
    assert set(rows["sha1"]) == {sha1}
    assert set(rows["group"]) == {f"exact:{sha1}"}
    assert set(rows["member"]) == {f"exact:{sha1}/{file}" for file in rows["file_id"]}
    assert rows["distance"].to_list() == [0.0, 0.0]


def test_edits_of_a_picture_are_a_group(project, folder):
    original = photograph("astronaut", (512, 512))
    original.save(folder / "original.png")
    original.save(folder / "bad.jpg", quality=10)
    original.resize((256, 256)).save(folder / "small.jpg")
    original.convert("L").save(folder / "grey.png")
    photograph("coffee").save(folder / "coffee.png")
    update(project, folder)
    names = names_of(project)
    edits = ["bad.jpg", "grey.png", "original.png", "small.jpg"]
    assert groups(project, "near", names) == [edits]
    rows = members(project, "near")
    hashes = dict(project.database().frame("images").select("sha1", "phash").iter_rows())
    assert set(rows["group"]) == {f"near:{min(rows['sha1'])}"}
    assert rows["file_id"].to_list() == [None] * 4
    for row in rows.to_dicts():
        others = [name for name in rows["sha1"] if name != row["sha1"]]
        bits = [(hashes[row["sha1"]] ^ hashes[name]).bit_count() for name in others]
        assert row["distance"] == min(bits)


def test_blank_pages_do_not_make_a_group(project, folder):
    for number in range(12):
        shade = Image.new("RGB", (200, 280), (250 - number, 250, 250))
        shade.save(folder / f"blank {number}.png")
    update(project, folder)
    assert members(project, "near").height == 0


def test_a_chain_of_changes_is_not_one_group():
    # 0-1-2-3-4: each like the next, the ends alike in nothing.
    centres = star_centres(5, np.arange(4), np.arange(1, 5))
    assert centres.tolist() == [1, 1, 1, 3, 3]


def test_the_image_with_most_likes_is_the_centre():
    centres = star_centres(6, np.array([0, 1, 1, 1]), np.array([1, 2, 3, 4]))
    assert centres.tolist() == [1, 1, 1, 1, 1, -1]


def test_many_pictures_of_one_hash_are_told_apart_by_looking(project, folder):
    # The hash sees 32 × 32 greys at low frequency: finer detail is lost on it.
    base = photograph("coffee", (512, 512))
    for number in range(6):
        picture = base.copy()
        draw = ImageDraw.Draw(picture)
        random = np.random.default_rng(number // 2)
        for x in range(0, 512, 16):
            for y in range(0, 512, 16):
                shade = int(random.integers(0, 2)) * 255
                draw.rectangle((x, y, x + 11, y + 11), fill=(shade,) * 3)
        picture.save(folder / f"{number}.png" if number % 2 else folder / f"{number}.jpg")
    update(project, folder, radius=64)
    names = names_of(project)
    assert groups(project, "near", names) == [
        ["0.jpg", "1.png"],
        ["2.jpg", "3.png"],
        ["4.jpg", "5.png"],
    ]


def test_a_second_run_finds_nothing_to_do(project, folder):
    photograph("coffee").save(folder / "one.png")
    photograph("coffee").save(folder / "two.jpg")
    first = update(project, folder)
    version = project.database().version("duplicates")
    second = update(project, folder, "r2")
    assert counts(first) == (2, 2, 0, 0, 0)
    assert counts(second) == (2, 0, 0, 2, 0)
    assert second.data_version == first.data_version
    assert project.database().version("duplicates") == version


def test_groups_follow_what_is_added_and_removed(project, folder):
    photograph("coffee").save(folder / "one.png")
    photograph("coffee").save(folder / "two.jpg")
    photograph("astronaut").save(folder / "other.png")
    update(project, folder)
    shutil.copy(folder / "other.png", folder / "other again.png")
    assert counts(update(project, folder, "r2")) == (4, 2, 0, 2, 0)
    (folder / "two.jpg").unlink()
    images.ingest(project, sources.add(project, folder), "r3")
    images.prune(project, "r3")
    assert counts(detect.update(project, "r3", [])) == (2, 0, 0, 2, 2)


def test_a_run_killed_half_way_is_made_whole(project, folder):
    photograph("coffee").save(folder / "one.png")
    photograph("coffee").save(folder / "two.jpg")
    shutil.copy(folder / "one.png", folder / "again.png")
    complete = update(project, folder)
    database = project.database()
    rows = database.frame("duplicates").drop("run").sort("member")
    stale = database.read("duplicates").slice(0, 1).to_pylist()
    stale[0]["member"] = "near:gone/gone"
    database.append("duplicates", pa.Table.from_pylist(stale, schema=arrow("duplicates")))
    database.delete("duplicates", rows["member"].to_list()[:2])
    again = update(project, run="r2")
    assert again.data_version == complete.data_version
    assert database.frame("duplicates").drop("run").sort("member").equals(rows)


def write_vectors(project, names, vectors, missing=()):
    """Write vectors whose files are present or missing."""
    files = [
        {**synthetic.file(f"folder/{name}.jpg", None), "sha1": name}
        | {"status": "missing" if name in missing else "ok"}
        for name in names
    ]
    synthetic.write(project, "files", files)
    embed(project, names, vectors)
    neighbours.update(project, SLUG, "r1")


def test_missing_files_are_no_duplicates(project):
    names, (vectors, _) = sha1s(40), grouped(40, dim=48, width=1.0)
    vectors[10:13] = vectors[10]
    vectors[20:22] = vectors[20]
    write_vectors(project, names, vectors, missing=[names[12], names[20]])
    update(project, slugs=[SLUG], similarity={"visual": 0.999})
    assert members(project, f"semantic:{SLUG}")["sha1"].to_list() == names[10:12]


def test_alike_images_are_groups_under_each_encoder(project):
    names, (vectors, _) = sha1s(60), grouped(60, dim=48, width=1.0)
    vectors[10:14] = vectors[10]
    vectors[20:25] = vectors[20]
    write_vectors(project, names, vectors)
    result = update(project, slugs=[SLUG], similarity={"visual": 0.999})
    assert result.extra["groups"] == {f"semantic:{SLUG}": 2}
    rows = members(project, f"semantic:{SLUG}")
    assert set(rows["sha1"]) == {*names[10:14], *names[20:25]}
    assert set(rows["group"]) == {f"semantic:{SLUG}:{names[first]}" for first in (10, 20)}
    assert rows["distance"].to_list() == [0.0] * 9


def draw_sign(pen, number, ink):
    box = (305, 185, 335, 215)
    if number == 0:
        pen.ellipse(box, fill=ink)
    elif number == 1:
        pen.rectangle(box, fill=ink)
    elif number == 2:
        pen.polygon((305, 215, 320, 185, 335, 215), fill=ink)
    else:
        pen.text((305, 192), "TEXT", fill=ink)


def test_different_signs_on_an_empty_ground_are_not_alike(project, folder):
    for ground, ink in (("black", "white"), ("white", "black")):
        for number in range(4):
            picture = Image.new("RGB", (640, 400), ground)
            draw_sign(ImageDraw.Draw(picture), number, ink)
            picture.save(folder / f"{ground}_{number}.png")
    for number in range(2):
        photograph("chelsea", (320 + number, 240)).save(folder / f"cat{number}.png")
    images.ingest(project, sources.add(project, folder), "r1")
    names = names_of(project)
    # An encoder sees but the ground.
    grounds = {"b": [1, 0, 0], "w": [0, 1, 0], "c": [0, 0, 1]}
    vectors = np.array([grounds[name[0]] for name in names.values()], np.float32)
    embed(project, list(names), vectors)
    neighbours.update(project, SLUG, "r1")
    update(project, slugs=[SLUG], similarity={SLUG: 0.98})
    assert groups(project, f"semantic:{SLUG}", names) == [["cat0.png", "cat1.png"]]


def test_more_copies_than_a_list_has_places_are_one_group(project):
    vectors, _ = grouped(80, dim=48, width=1.0)
    vectors[:50] = vectors[0]
    write_vectors(project, sha1s(80), vectors)
    update(project, slugs=[SLUG], similarity={SLUG: 0.999})
    rows = members(project, f"semantic:{SLUG}")
    assert (rows.height, rows["group"].n_unique()) == (50, 1)


def test_edits_that_no_hash_finds_are_found_among_neighbours(project, folder):
    edits = {
        "original": lambda picture: picture,
        "cropped": lambda picture: picture.crop((32, 24, 288, 240)),
        "bordered": lambda picture: ImageOps.expand(picture, 20, "white"),
        "askew": lambda picture: picture.rotate(5),
    }
    for name in ("astronaut", "coffee"):
        for edit, change in edits.items():
            change(photograph(name)).save(folder / f"{name} {edit}.jpg")
    images.ingest(project, sources.add(project, folder), "r1")
    names = names_of(project)
    # An encoder that sees all of them alike: what tells them apart is the look at the pictures.
    random = np.random.default_rng(1).normal(5, 1, (len(names), 16))
    vectors = random / np.linalg.norm(random, axis=1, keepdims=True)
    embed(project, list(names), vectors)
    neighbours.update(project, SLUG, "r1")
    assert detect.update(project, "r1", [], radius=0).extra["groups"] == {}
    detect.update(project, "r2", [SLUG], radius=0, similarity={})
    expected = [sorted(f"{name} {edit}.jpg" for edit in edits) for name in ("astronaut", "coffee")]
    assert groups(project, "near", names) == expected
    for row in members(project, "near").to_dicts():
        assert names[row["centre"]].split()[0] == names[row["sha1"]].split()[0]
        # Each of them is another edit, so beside any of them the others have one.
        assert bool(row["edits"]) == (row["sha1"] != row["centre"])
        assert (row["matrix"] is None) == (row["sha1"] == row["centre"])


@pytest.mark.slow
def test_real_edits_are_found_and_nothing_else(project):
    folder = shared("neardup")
    images.ingest(project, sources.add(project, folder), "r1")
    spec = corpora.specs()["mobilenet"]
    embeddings.update(project, spec, "r1")
    neighbours.update(project, spec.slug, "r1")
    detect.update(project, "r1", [spec.slug])
    with (folder / "truth.csv").open(encoding="utf-8") as lines:
        truth = {row["file"]: row for row in csv.DictReader(lines)}
    names = names_of(project)
    detected = groups(project, "near", names)
    assert all(len({truth[name]["group"] for name in group}) == 1 for group in detected)
    group_of = {name: number for number, group in enumerate(detected) for name in group}
    files = project.database().frame("files").select("path", "sha1")
    shown = {path: names[sha1] for path, sha1 in files.iter_rows()}

    def recall(transform):
        edits = [name for name, row in truth.items() if row["transform"] == transform]
        originals = [f"{name[:3]}_orig.jpg" for name in edits]
        together = [
            group_of.get(shown[edit], -1) == group_of.get(shown[original], -2)
            for edit, original in zip(edits, originals, strict=True)
        ]
        return np.mean(together)

    edits = {row["transform"] for row in truth.values()} - {"orig", "exactcopy"}
    assert {name: recall(name) for name in edits if recall(name) < 0.95} == {}
    assert np.mean([recall(name) for name in edits]) > 0.98
    assert members(project, "exact")["group"].n_unique() == 15
