"""Data sets for other programs: COCO, Hugging Face's image folder, vectors, Panoptic's files."""

import csv
import json

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
from PIL import Image

from panoptic_data import create_property, export, import_values, tag_images
from panoptic_data.errors import NoEmbeddings
from panoptic_data.exchange import apply, readers
from tests import synthetic, vectors
from tests.panoptic_data.exchange.exports import annotated as examples
from tests.panoptic_data.exchange.exports.annotated import NAMES, everything, sha1_of


@pytest.fixture(scope="module")
def war(tmp_path_factory):
    return examples.annotated(tmp_path_factory.mktemp("annotated"))


def test_coco_has_images_categories_and_an_annotation_a_tag(war, tmp_path):
    written = export(war, "coco", tmp_path / "coco", size=24)
    labels = json.loads((tmp_path / "coco/labels.json").read_text("utf-8"))
    assert {image["sha1"] for image in labels["images"]} == {sha1_of(name) for name in NAMES}
    for image in labels["images"]:
        with Image.open(tmp_path / "coco/data" / image["file_name"]) as written_image:
            assert written_image.size == (24, 16)
        assert (image["width"], image["height"]) == (24, 16)
    # As pycocotools indexes it: ids are numbers of their own, and lead to each other.
    for part in ("images", "categories", "annotations"):
        ids = [item["id"] for item in labels[part]]
        assert len(set(ids)) == len(ids) > 0
        assert all(type(id) is int for id in ids)
    ids_of = {part: {item["id"] for item in labels[part]} for part in ("images", "categories")}
    assert {a["image_id"] for a in labels["annotations"]} <= ids_of["images"]
    assert {a["category_id"] for a in labels["annotations"]} <= ids_of["categories"]
    categories = {category["id"]: category for category in labels["categories"]}
    battle = next(c for c in categories.values() if c["name"] == "Naval battle")
    assert battle["supercategory"] == "War"
    red = next(image["id"] for image in labels["images"] if image["sha1"] == sha1_of("red"))
    tags = [a for a in labels["annotations"] if a["image_id"] == red]
    assert {categories[a["category_id"]]["name"] for a in tags} == {
        *("War", "Naval battle", 'say "hi", you', "Affiche, grande"),
    }
    assert all(a["bbox"] == [0, 0, 24, 16] and a["area"] == 384 for a in tags)
    assert written.counts == {"files": 4, "annotations": len(labels["annotations"])}
    # Another test of this file may have tagged one more.
    count = len(labels["annotations"])
    assert count >= 9
    assert [a["id"] for a in labels["annotations"]] == list(range(1, count + 1))


def test_an_image_folder_has_a_line_a_picture_with_the_same_members(war, tmp_path):
    export(war, "hf", tmp_path / "hf", columns=["my number", "Subject", "width"])
    lines = (tmp_path / "hf/train/metadata.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert {tuple(row) for row in rows} == {
        ("file_name", "sha1", "file_id", "path", "my number", "Subject", "width"),
    }
    # The reader refuses a picture without a line, a line without a picture, and a name twice.
    folder = tmp_path / "hf/train"
    pictures = [p.relative_to(folder).as_posix() for p in folder.rglob("*.jpg")]
    assert sorted(row["file_name"] for row in rows) == sorted(pictures)
    columns = pl.read_ndjson(folder / "metadata.jsonl")
    assert columns.schema["my number"] == pl.Float64
    assert columns.schema["Subject"] == pl.List(pl.String)
    assert next(row for row in rows if row["sha1"] == sha1_of("grey"))["Subject"] is None


def test_data_sets_are_whole_when_the_originals_are_away(tmp_path):
    opened = examples.annotated(tmp_path)
    (tmp_path / "pictures").rename(tmp_path / "away")
    for format in ("coco", "hf"):
        written = export(opened, format, tmp_path / format)
        assert {problem.why for problem in written.problems} == {"not_there"}
        assert len(list((tmp_path / format).rglob("*.jpg"))) == 4
        assert len((tmp_path / format / "problems.csv").read_text("utf-8").splitlines()) == 5


def test_vectors_stand_in_the_order_of_their_ids(tmp_path):
    opened = examples.project(tmp_path)
    with pytest.raises(NoEmbeddings):
        export(opened, "vectors", tmp_path / "vectors")
    sha1s = [sha1_of(name) for name in NAMES[:3]]
    stored = np.eye(3, 8, dtype=np.float16)
    vectors.embed(opened, sha1s, stored, "visual")
    ready = {"slug": "visual", "text": "visual", "status": "ready", "reads_text": False}
    synthetic.write(opened, "encoders", [ready])
    written = export(opened, "vectors", tmp_path / "vectors", view="sort:-name")
    read = np.load(tmp_path / "vectors/vectors.npy")
    with (tmp_path / "vectors/ids.csv").open(encoding="utf-8", newline="") as file:
        ids = [row["sha1"] for row in csv.DictReader(file)]
    assert (read.shape, read.dtype) == ((3, 8), np.float16)
    assert ids == [sha1_of(name) for name in ("red", "green", "blue")]
    for sha1, vector in zip(ids, read, strict=True):
        assert vector.tolist() == stored[sha1s.index(sha1)].tolist()
    assert [(p.path, p.why) for p in written.problems] == [("posters/1930/grey.jpg", "no_vector")]
    export(opened, "vectors", tmp_path / "vectors.parquet")
    table = pl.read_parquet(tmp_path / "vectors.parquet")
    assert table["vector"].to_numpy().shape == (3, 8)
    assert pq.read_schema(tmp_path / "vectors.parquet").metadata[b"encoder"] == b"visual"


def test_panoptic_files_are_read_by_our_import_with_their_trees(war, tmp_path):
    export(war, "panoptic", tmp_path / "out")
    lines = (tmp_path / "out/data.csv").read_text("utf-8").splitlines()
    assert lines[0].startswith(
        "path;my text[text];my number[number];my date[date];my colour[color]"
    )
    assert "Subject[multi_tags]" in lines[0]
    other = examples.project(tmp_path / "other")
    new = readers.read_tags(tmp_path / "out/tags/Subject.csv")
    apply.apply_tags(other, "Subject", new)
    # Its pictures are elsewhere: the ends of the paths tell which is which.
    import_values(other, tmp_path / "out/data.csv")
    before, after = everything(war), everything(other)
    for name in ("my date", "my url", "my tag", "Subject"):
        assert after[name][3] == before[name][3], name
    assert after["Subject"][2] == before["Subject"][2]
    assert after["my colour"][3][sha1_of("red")] == ["#ff8787"]
    assert set(after["my checkbox"][3]) == {sha1_of("red"), sha1_of("green")}


def test_a_folder_for_panoptic_is_imported_in_one_step(war, tmp_path):
    tag_images(war, create_property(war, "Subject/2", "tags"), [sha1_of("blue")], ["Paris, France"])
    export(war, "panoptic", tmp_path / "out")
    other = examples.project(tmp_path / "other")
    import_values(other, tmp_path / "out")
    before, after = everything(war), everything(other)
    assert after.keys() == before.keys()
    for name, (type, _, tree, values) in before.items():
        if type in ("tag", "tags", "date", "url", "number"):
            assert (after[name][2], after[name][3]) == (tree, values), name
    # A file of tags says more than the values: tags that no image has.
    (tmp_path / "out/tags/Subject.csv").write_text("name;color;parents\nSea;;War\n", "utf-8")
    trees = readers.read(tmp_path / "out").tags
    assert [(tag.name, tag.parents) for tag in trees["Subject"]] == [("Sea", ("War",))]


def test_a_name_of_two_properties_is_two_categories(tmp_path):
    opened = examples.project(tmp_path)
    for name in ("Front", "Back"):
        tag_images(opened, create_property(opened, name, "tags"), [sha1_of("red")], ["stamp"])
    export(opened, "coco", tmp_path / "coco")
    labels = json.loads((tmp_path / "coco/labels.json").read_text("utf-8"))
    assert [c["name"] for c in labels["categories"]] == ["Front: stamp", "Back: stamp"]
