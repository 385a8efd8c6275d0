"""What the public functions do at a version that was opened: as then, and nothing is written."""

import inspect
import shutil

import polars as pl
import pytest

import panoptic_data as pd
from app.cli import main
from panoptic_data.errors import InvalidVersion, UnknownVersion, VersionReadOnly
from panoptic_data.exchange.exports.formats import FORMATS
from panoptic_data.exchange.exports.target import MANIFEST
from panoptic_data.versions import content

# Formats that need no address, and no image file that lies on the disk.
PLAIN = ("csv", "parquet", "jsonl", "coco", "vectors", "panoptic", "sheet")


@pytest.fixture
def war(project):
    """Return a project with a tag on five images."""
    theme = pd.create_property(project, "Theme", "tags")
    sha1s = sorted(pd.select_images(project)["sha1"].to_list())
    pd.tag_images(project, theme, sha1s[:5], ["war", "=street"])
    return project


def change(war):
    """Retag, rename, forget images and vectors, and drop the clusters."""
    sha1s = sorted(pd.select_images(war)["sha1"].to_list())
    theme = next(prop for prop in war_state(war).live_properties if prop.name == "Theme")
    pd.tag_images(war, theme, sha1s[3:9], ["later"])
    pd.annotate(war, pd.create_property(war, "Note", "text"), {sha1s[0]: "later"})
    database = war.database()
    rows = database.read("files", ["file_id", "sha1"]).to_pylist()
    gone = [row["file_id"] for row in rows if row["sha1"] in sha1s[:2]]
    database.delete("files", gone)
    database.delete("images", sha1s[:2])
    database.delete("embeddings__visual", sha1s[:2])
    database.drop("clusters__visual")


def war_state(war):
    from panoptic_data.annotations.store import annotations_of

    return annotations_of(war).state(fresh=True)


def written(project, folder):
    """Export in each format; return the bytes of every file by its path."""
    folder.mkdir()
    for format in PLAIN:
        options = {"encoder": "visual"} if format == "vectors" else {}
        pd.export(project, format, folder / f"{format}.{ENDING.get(format, 'd')}", **options)
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        # The manifest says when and of what.
        if path.is_file() and path.name != MANIFEST
    }


ENDING = {"csv": "csv", "parquet": "parquet", "jsonl": "jsonl", "coco": "json", "sheet": "html"}


def test_what_is_exported_at_a_version_is_what_was_exported_when_it_was_made(war, tmp_path):
    assert set(PLAIN) <= FORMATS.keys()
    before = written(war, tmp_path / "before")
    version = pd.create_version(war, "submitted")
    change(war)
    now = written(war, tmp_path / "now")
    then = written(pd.open_version(war, version), tmp_path / "then")
    assert then.keys() == before.keys()
    differing = {name for name in then if then[name] != before[name]}
    assert differing == set()
    assert now != before
    target = tmp_path / "by command.csv"
    command = ["export", "csv", str(target), "--version", "submitted"]
    assert main([*command, "--project", str(war.root)]) == 0
    assert target.read_bytes() == before["csv.csv"]


def test_functions_that_read_answer_as_of_then(war):
    theme = next(prop for prop in war_state(war).live_properties if prop.name == "Theme")
    image = sorted(pd.select_images(war)["sha1"].to_list())[0]

    def answers(project):
        sha1s, vectors = pd.read_vectors(project)
        return {
            "folders": pd.list_folders(project),
            "view": pd.parse_view(project, "Theme:war sort:name"),
            "images": pd.select_images(project, "Theme:war sort:name").to_dicts(),
            "alike": pd.search_images(project, f"image:{image}", k=5).to_dicts(),
            "vectors": (sha1s, vectors.tobytes()),
            "values": pd.read_values(project, theme).sort(pl.all()).to_dicts(),
            "lineage": sorted(pd.lineage(project, image, "tag"), key=lambda value: value["name"]),
        }

    before = answers(war)
    version = pd.create_version(war, "submitted")
    change(war)
    assert answers(pd.open_version(war, version.id)) == before


def image(then, theme):
    """Return an image that has a tag."""
    return pd.read_values(then, theme)["target"][0]


WRITES = {
    "add_folder": lambda then, _: pd.add_folder(then, then.root.parent / "new"),
    "annotate": lambda then, theme: pd.annotate(then, theme, {image(then, theme): None}),
    "create_property": lambda then, _: pd.create_property(then, "New", "text"),
    "create_version": lambda then, _: pd.create_version(then, "again"),
    "delete_version": lambda then, _: pd.delete_version(then, "submitted"),
    "import_values": lambda then, _: pd.import_values(
        then, then.root.parent / "values.csv", match="sha1", key="sha1"
    ),
    "process": lambda then, _: pd.process(then),
    "restore_version": lambda then, _: pd.restore_version(then, "submitted"),
    "sample_images": lambda then, _: pd.sample_images(then, 1),
    "split_images": lambda then, _: pd.split_images(then),
    "tag_keywords": lambda then, _: pd.tag_keywords(then),
    "tag_images": lambda then, prop: pd.tag_images(then, prop, ["f" * 40], ["x"]),
    "undo": lambda then, _: pd.undo(then),
}
READS = {
    *(
        "export",
        "find_parts",
        "lineage",
        "list_folders",
        "parse_view",
        "read_values",
        "read_vectors",
    ),
    *("search_images", "select_images", "compare_versions", "deposit_version"),
    *("export_version", "list_versions", "open_version", "verify_version"),
}


def test_functions_that_write_refuse_a_version_that_was_opened(war):
    takes = {
        name
        for name in pd.__all__
        if inspect.isfunction(function := getattr(pd, name))
        and "project" in inspect.signature(function).parameters
    }
    assert takes == WRITES.keys() | READS
    theme = next(prop for prop in war_state(war).live_properties if prop.name == "Theme")
    sha1 = pd.select_images(war)["sha1"][0]
    (war.root.parent / "new").mkdir()
    (war.root.parent / "values.csv").write_text(f"sha1,Note\n{sha1},x\n")
    version = pd.create_version(war, "submitted")
    then = pd.open_version(war, version)
    for write in WRITES.values():
        with pytest.raises(VersionReadOnly):
            write(then, theme)
    assert pd.compare_versions(war, version).is_empty
    assert content.corpus_digest(content.part_digests(war)) == version.digest


def test_versions_are_named_by_name_id_or_themselves_and_wrong_ones_are_told(war, tmp_path):
    version = pd.create_version(war, "submitted", note="n", author="ada")
    for named in ("SUBMITTED", version.id, version):
        assert pd.open_version(war, named).version == version.id
        assert pd.compare_versions(war, named, version).is_empty
    with pytest.raises(UnknownVersion):
        pd.verify_version(war, "nosuch")
    with pytest.raises(InvalidVersion, match=r"needs a licence.*needs an author"):
        pd.deposit_version(war, version, tmp_path / "bag", license="", authors=[])
    pd.export_version(war, version, tmp_path / "war.zip")
    shutil.rmtree(war.root)
    again = pd.import_version(tmp_path / "war.zip", tmp_path / "again")
    assert pd.verify_version(again, version).is_whole
    assert [held.digest for held in pd.list_versions(again)] == [version.digest]
