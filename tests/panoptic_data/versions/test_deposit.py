import importlib.util
import json
import logging.config
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import absl.logging
import bagit
import mlcroissant
import polars as pl
import pyarrow as pa
import pytest
from mlcroissant._src.operation_graph.operations import extract
from rocrate_validator import models, services

import panoptic_data
from panoptic_data.annotations import properties, tags
from panoptic_data.annotations.decisions import Decision
from panoptic_data.annotations.log import Change
from panoptic_data.annotations.store import annotations_of
from panoptic_data.encoders.spec import parse
from panoptic_data.errors import InvalidExport, InvalidVersion
from panoptic_data.ingest import source_changes, sources
from panoptic_data.storage.project import open_project, set_encoders
from panoptic_data.storage.schema import arrow
from panoptic_data.versions import content
from panoptic_data.versions.create import create
from panoptic_data.versions.deposit import originals
from panoptic_data.versions.deposit.deposit import deposit, export
from panoptic_data.versions.deposit.description import (
    Author,
    Description,
    author_of,
    doi_of,
    images_address,
    license_address,
    source_address,
)
from panoptic_data.versions.deposit.imported import import_version
from panoptic_data.versions.deposit.splits import splits_of
from panoptic_data.versions.diff import diff
from panoptic_data.versions.verify import verify
from tests import synthetic
from tests.panoptic_data.versions import crate_context

# It closes what was stderr when it was imported, the output of all tests, once anything, such as
# Dagster, configures logging while stderr is another; never the stderr of the process.
absl.logging.get_absl_handler().python_handler.setStream(sys.__stderr__)

ADA = "Ada Lovelace (0000-0002-1825-0097)"


@pytest.fixture(scope="module")
def described():
    """Return what a person says of a deposit, all of it."""
    return Description(
        title="Posters “of the war”",
        text="Posters: colours & places.",
        license=license_address("cc-by-4.0"),
        authors=(author_of(ADA), author_of("Someone Else")),
        publisher="A university",
        keywords=("posters", "war"),
        doi="10.5281/zenodo.1234567",
        previous_doi="10.5281/zenodo.1234566",
        derived_from=("https://example.org/posters",),
        address="https://example.org/images",
    )


@pytest.fixture
def tagged(project, sha1s_of):
    """Return a project with a tag below another, on some images, and values of files."""

    def choose(state):
        theme, created = properties.create(state.properties, "Theme", "tags")
        war, above = tags.create({}, theme.id, "war, “1914”")
        front, below = tags.create({war.id: war}, theme.id, "front", parents=[war.id])
        shelf, of_files = properties.create(state.properties, "Shelf", "text", target="file")
        file = project.database().read("files", ["file_id"])["file_id"][0].as_py()
        values = [
            Change("image", sha1, theme.id, "add", front.id) for sha1 in sha1s_of(project)[:5]
        ]
        on_shelf = Change("file", file, shelf.id, "set", "=A 1")
        return Decision([*created, *above, *below, *of_files, *values, on_shelf], "property")

    annotations_of(project).decide(choose)
    create(project, "submitted", "for the journal")
    return project


def test_what_is_imported_here_leaves_the_output_of_all_tests_open(capsys):
    output = absl.logging.get_absl_handler().python_handler.stream
    # Of capsys, as while a command is tested.
    assert sys.stderr is not output
    logging.config.dictConfig({"version": 1, "disable_existing_loggers": False})
    assert not output.closed


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_deposit_is_valid_for_the_official_validators(tagged, described, tmp_path, monkeypatch):
    path = deposit(tagged, "submitted", tmp_path / "deposit", described)
    payload = path / "data"
    assert bagit.Bag(str(path)).validate()
    assert len([file for file in path.rglob("*") if file.is_file()]) == 11
    metadata = json.loads((payload / "ro-crate-metadata.json").read_text())
    crate_context.serve(monkeypatch, metadata)
    settings = services.ValidationSettings(
        rocrate_uri=str(payload),
        profile_identifier="ro-crate-1.2",
        requirement_severity=models.Severity.REQUIRED,
        skip_availability_check=True,
    )
    assert [issue.message for issue in services.validate(settings).get_issues()] == []
    actions = [entity for entity in metadata["@graph"] if entity["@type"] == "CreateAction"]
    assert {action["endTime"] >= action["startTime"] for action in actions} == {True}
    dataset = mlcroissant.Dataset(jsonld=str(payload / "croissant.json"))
    assert not dataset.metadata.ctx.issues.errors
    records = list(dataset.records("projection__visual"))
    assert len(records) == tagged.database().count("projection__visual")
    cited = json.loads((payload / "datacite.json").read_text())
    relations = {part["relationType"] for part in cited["relatedIdentifiers"]}
    assert relations == {"IsNewVersionOf", "IsDerivedFrom"}
    assert cited["creators"][0]["nameIdentifiers"][0]["nameIdentifier"].endswith("0097")
    card = (payload / "README.md").read_text()
    assert "images without “Theme”" in card
    manifest = json.loads((payload / "iiif-manifest.json").read_text())
    named = [item for item in manifest["items"] if "annotations" in item]
    assert len(named) == 5
    _check_manifest(manifest)
    assert named[0]["annotations"][0]["items"][0]["body"]["value"] == "front"


def _check_manifest(manifest):
    """Read a manifest by the models of IIIF's own schema, where the package is installed.

    Of the packages it goes with one release of Pillow, which is not ours.
    """
    if importlib.util.find_spec("iiif_prezi3") is not None:
        from iiif_prezi3 import Manifest

        assert len(Manifest(**manifest).items) == len(manifest["items"])


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    # It extracts each archive of one name once, whatever is in it.
    monkeypatch.setattr(extract, "EXTRACT_PATH", type(extract.EXTRACT_PATH)(tmp_path / "extracted"))


def divide(project, name, values, type="text"):
    """Give images a value of a new property, some each, and make a version "divided"."""
    sha1s = sorted(project.database().read("images", ["sha1"])["sha1"].to_pylist())
    prop = panoptic_data.create_property(project, name, type)
    for number, value in enumerate(values):
        some = sha1s[4 * number : 4 * number + 4]
        if type == "text":
            panoptic_data.annotate(project, prop, dict.fromkeys(some, value))
        else:
            panoptic_data.tag_images(project, prop, some, [value])
    create(project, "divided")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_splits_are_described_for_programs_that_train(project, tmp_path):
    divide(project, "Découpage", ["Apprentissage", "VALIDATION", "Jeu de test", "à part"], "tag")
    plain = Description("T", "Text.", license_address("CC0-1.0"), (Author("Ada"),))
    path = deposit(project, "divided", tmp_path / "deposit", plain)
    dataset = mlcroissant.Dataset(jsonld=str(path / "data" / "croissant.json"))
    assert not dataset.metadata.ctx.issues.errors
    assert not [text for text in dataset.metadata.ctx.issues.warnings if "split" in text]
    names = {row["splits/name"]: row["splits/url"] for row in dataset.records("splits")}
    assert {_text(name): _text(url).rpartition("/")[2] for name, url in names.items()} == {
        "Apprentissage": "TrainingSplit",
        "VALIDATION": "ValidationSplit",
        "Jeu de test": "TestSplit",
    }
    rows = list(dataset.records("image_splits"))
    assert len(rows) == 12
    assert {_text(row["image_splits/split"]) for row in rows} == {_text(name) for name in names}
    # What is beside the tables is no hindrance to an import.
    again, _ = import_version(path, tmp_path / "again")
    assert verify(again, "divided").is_whole


def _text(value):
    return value.decode() if isinstance(value, bytes) else value


@pytest.mark.parametrize(
    ("name", "values", "kinds"),
    [
        ("Split", ["TRAIN", "val"], {"training", "validation"}),
        ("Use", ["train_set", "test"], {"training", "test"}),
        ("Use", ["training", "test", "print"], None),
        ("Use", ["test", "validation"], None),
        ("subset", ["Test"], {"test"}),
        ("subset", ["north"], None),
    ],
)
def test_a_property_is_of_splits_by_its_name_or_by_all_its_values(tmp_path, name, values, kinds):
    store = annotations_of(synthetic.project(tmp_path / "p"))
    prop, changes = properties.create({}, name, "text")
    store.commit(changes, "property")
    events = [Change("image", f"{n:040x}", prop.id, "set", text) for n, text in enumerate(values)]
    store.commit(events, "value")
    divided = splits_of(store.state())
    assert (divided and set(divided.kinds.values())) == kinds


def test_a_deposit_without_an_address_has_ten_files_and_plain_tables(tagged, tmp_path):
    plain = Description("T", "Text.", license_address("CC0-1.0"), (Author("Ada"),))
    path = deposit(tagged, "submitted", tmp_path / "deposit", plain)
    assert len([file for file in path.rglob("*") if file.is_file()]) == 10
    with zipfile.ZipFile(path / "data" / "corpus.zip") as zipped:
        zipped.extractall(tmp_path / "out")
    values = pl.read_parquet(tmp_path / "out" / "tables" / "annotations.parquet")
    assert values.filter(pl.col("kind") == "image").height == 5
    sources = pl.read_parquet(tmp_path / "out" / "tables" / "sources.parquet")
    assert sources["uri"].to_list() == [""]


@pytest.mark.parametrize("is_deposit", [True, False])
def test_an_imported_version_is_the_corpus_on_another_machine(tagged, tmp_path, is_deposit):
    version = create(tagged, "again")
    if is_deposit:
        about = Description("T", "Text.", license_address("CC0-1.0"), (Author("Ada"),))
        path = deposit(tagged, "again", tmp_path / "deposit", about, with_originals=True)
    else:
        path = export(tagged, "again", tmp_path / "again.zip")
    project, imported = import_version(path, tmp_path / "elsewhere")
    assert imported.digest == version.digest == content.corpus_digest(content.part_digests(project))
    assert diff(project, "again").is_empty
    assert verify(project, "again").is_whole
    assert project.encoders == tagged.encoders
    assert project.id != tagged.id
    before, after = (annotations_of(of).state(fresh=True) for of in (tagged, project))
    assert after.tags == before.tags
    assert after.inactive == before.inactive
    images = tmp_path / "elsewhere-images"
    assert images.is_dir() == is_deposit
    if is_deposit:
        source = tagged.database().frame("sources").row(0, named=True)
        files = {path.relative_to(images / source["name"]) for path in images.rglob("*.jpg")}
        there = {path.relative_to(source["uri"]) for path in Path(source["uri"]).rglob("*.jpg")}
        assert files <= there


def test_image_files_are_put_where_nothing_is(tagged, tmp_path):
    about = Description("T", "Text.", license_address("CC0-1.0"), (Author("Ada"),))
    path = deposit(tagged, "submitted", tmp_path / "deposit", about, with_originals=True)
    taken = tmp_path / "elsewhere-images"
    taken.mkdir()
    (taken / "mine.txt").write_text("mine")
    first, _ = import_version(path, tmp_path / "elsewhere")
    (source,) = sources.listing(first)
    assert source.root.parent == tmp_path / "elsewhere-images-2"
    assert [file.name for file in taken.iterdir()] == ["mine.txt"]
    # Killed after the images were there and before the project was: the same folder serves.
    shutil.rmtree(first.root)
    again, _ = import_version(path, tmp_path / "elsewhere")
    assert sources.listing(again)[0].root == source.root
    assert not (tmp_path / "elsewhere-images-3").exists()


def test_a_changed_byte_of_a_deposit_is_refused_and_nothing_is_imported(tagged, tmp_path):
    about = Description("T", "Text.", license_address("CC0-1.0"), (Author("Ada"),))
    path = deposit(tagged, "submitted", tmp_path / "deposit", about)
    archive = path / "data" / "corpus.zip"
    held = bytearray(archive.read_bytes())
    held[len(held) // 2] ^= 1
    archive.write_bytes(bytes(held))
    with pytest.raises(InvalidVersion, match=r"corpus\.zip"):
        import_version(path, tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists()
    assert not list(tmp_path.glob(".elsewhere*"))


def test_what_is_no_deposit_and_a_used_target_are_refused(tagged, tmp_path):
    (tmp_path / "text.zip").write_text("no zip")
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "file").write_text("")
    path = export(tagged, "submitted", tmp_path / "a.zip")
    for wrong, target in (
        (tmp_path / "text.zip", "new"),
        (tmp_path, "new"),
        (tmp_path / "none.zip", "new"),
        (path, "used"),
        (path, "none/new"),
    ):
        with pytest.raises(InvalidVersion):
            import_version(wrong, tmp_path / target)
    with pytest.raises(InvalidExport):
        export(tagged, "submitted", tagged.root / "a.zip")
    bag = tmp_path / "outer" / "bag"
    (bag / "data").mkdir(parents=True)
    for target in (bag, bag / "new", bag / "data" / "new", bag.parent):
        with pytest.raises(InvalidVersion, match="inside what is imported"):
            import_version(bag, target)
    assert sorted(path.name for path in bag.parent.rglob("*")) == ["bag", "data"]


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (author_of, ""),
        (author_of, "Ada (1234)"),
        (author_of, "Ada (0000-0002-1825-0098)"),
        (license_address, "free"),
        (license_address, "http://"),
        (license_address, "https:/creativecommons.org"),
        (license_address, "CC-BY-9.0"),
        (source_address, "not a url"),
        (source_address, "https://"),
        (source_address, "10.5281"),
        (images_address, "ftp:x"),
        (images_address, "https://exa mple.org"),
        (images_address, ""),
        (doi_of, "zenodo.1"),
    ],
)
def test_a_wrong_description_is_refused(read, text):
    with pytest.raises(InvalidVersion):
        read(text)


def test_descriptions_are_read_as_people_write_them():
    assert author_of("Ada  Lovelace (https://orcid.org/0000-0002-1825-0097)") == author_of(ADA)
    assert doi_of("https://doi.org/10.5281/zenodo.1") == "10.5281/zenodo.1"
    assert license_address("http://rightsstatements.org/vocab/InC/1.0/").endswith("InC/1.0/")
    assert license_address("odbl-1.0") == "https://spdx.org/licenses/ODbL-1.0.html"
    assert license_address("CC-BY-SA-3.0") == "https://creativecommons.org/licenses/by-sa/3.0/"
    assert source_address("10.5281/zenodo.1") == "https://doi.org/10.5281/zenodo.1"
    assert images_address(" http://localhost:8080/iiif ") == "http://localhost:8080/iiif"


IMPORT = """
import sys
from pathlib import Path
from panoptic_data.versions.deposit.imported import import_version
print("ready", flush=True)
import_version(Path(sys.argv[1]), Path(sys.argv[2]))
"""


@pytest.mark.parametrize(
    "kills", [2, pytest.param(15, marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_an_import_that_is_killed_leaves_a_whole_project_or_none(tagged, tmp_path, kills):
    path = export(tagged, "submitted", tmp_path / "a.zip")
    target = tmp_path / "elsewhere"
    random_seconds = random.Random(os.environ.get("PANOPTIC_SEED", "kills"))
    for _ in range(kills):
        process = subprocess.Popen(
            [sys.executable, "-c", IMPORT, str(path), str(target)], stdout=subprocess.PIPE
        )
        assert process.stdout.readline() == b"ready\n"
        time.sleep(random_seconds.uniform(0, 1.5))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        if target.exists():
            assert verify(open_project(target), "submitted").is_whole
            shutil.rmtree(target)
    project, version = import_version(path, target)
    assert verify(project, version.id).is_whole
    assert sorted(item.name for item in tmp_path.iterdir() if "elsewhere" in item.name) == [
        "elsewhere"
    ]


def test_weights_on_this_machine_are_named_without_their_path(project, tmp_path):
    folder = tmp_path / "private place" / "tiny-clip"
    spec = parse(f"clip:local-dir:{folder}")
    database = project.database()
    (visual,) = database.take("encoders", ["visual"]).to_pylist()
    row = {**visual, "slug": spec.slug, "text": spec.text, "weights": "ab12", "status": "ready"}
    row |= {"cause": f"absent: {folder}/open_clip_config.json"}
    database.upsert("encoders", pa.Table.from_pylist([row], schema=arrow("encoders")))
    vectors = database.read("embeddings__visual")
    database.replace(f"embeddings__{spec.slug}", vectors)
    for table in ("stages", "materializations"):
        records = database.read(table).to_pylist()
        for each in records:
            own = json.loads(each["parameters"] or "{}")
            each["parameters"] = json.dumps({**own, "text": spec.text, "é": str(folder)})
        database.replace(table, pa.Table.from_pylist(records, schema=arrow(table)))
    project = set_encoders(project, (*project.encoders, spec.text))
    version = create(project, "local")
    about = Description("T", "Text.", license_address("CC0-1.0"), (Author("Ada"),))
    path = deposit(project, "local", tmp_path / "bag", about)
    payload = path / "data"
    with zipfile.ZipFile(payload / "corpus.zip") as zipped:
        zipped.extractall(tmp_path / "out")
    tables = [str(pl.read_parquet(file).to_dicts()) for file in tmp_path.glob("out/tables/*")]
    texts = [file.read_text() for folder in (payload, tmp_path / "out") for file in _texts(folder)]
    assert not [text for text in (*tables, *texts) if "private place" in text]
    card = (payload / "README.md").read_text()
    assert "`clip:tiny-clip`" in card
    assert "weights `ab12`" in card
    again, imported = import_version(path, tmp_path / "again")
    assert (imported.digest, imported.digests) == (version.digest, version.digests)
    assert verify(again, "local").is_whole
    (text,) = (text for text in again.encoders if "tiny-clip" in text)
    assert text == f"clip:local-dir:/tiny-clip?slug={spec.slug}"
    assert parse(text).slug == spec.slug


def _texts(folder):
    return [file for file in folder.iterdir() if file.suffix in (".json", ".md", ".cff")]


def test_originals_that_are_not_there_are_named_with_their_reason(project, tmp_path):
    source = project.database().frame("sources").row(0, named=True)
    moved = tmp_path / "pictures"
    shutil.copytree(source["uri"], moved)
    source_changes.relink(project, source["name"], moved)
    gone, changed = sorted(
        project.database().frame("files", ["path", "size"], "status = 'ok' AND size > 0")["path"]
    )[:2]
    files = project.database().read("files").to_pylist()
    for row in files:
        if row["path"] == gone:
            row["status"] = row["reason"] = "missing"
    project.database().upsert("files", pa.Table.from_pylist(files, schema=arrow("files")))
    (moved / gone).unlink()
    (moved / changed).write_bytes(b"other")
    originals.write(project, tmp_path / "originals.zip", lambda *_: None)
    with zipfile.ZipFile(tmp_path / "originals.zip") as zipped:
        named = pl.read_csv(zipped.read(originals.MISSING))
        inside = set(zipped.namelist()) - {originals.MISSING}
    why = dict(named.select("path", "why").iter_rows())
    assert (why[gone], why[changed]) == ("missing", "changed")
    empty = [row["path"] for row in files if row["reason"] == "empty"]
    assert {why[path] for path in empty} <= {"could not be read: empty"}
    assert len(inside) + named.height == len(files)
    moved.rename(tmp_path / "elsewhere")
    originals.write(project, tmp_path / "none.zip", lambda *_: None)
    assert originals.reasons(tmp_path / "none.zip") == {"away": len(files)}


def test_a_deposit_names_no_folder_and_no_machine_and_says_what_is_missing(tagged, tmp_path):
    about = Description("T", "Text.", license_address("CC0-1.0"), (Author("Ada"),))
    source = tagged.database().frame("sources").row(0, named=True)
    moved = tmp_path / "pictures"
    shutil.copytree(source["uri"], moved)
    source_changes.relink(tagged, source["name"], moved)
    gone = sorted(moved.rglob("*.jpg"))[:2]
    for path in gone:
        path.unlink()
    path = deposit(tagged, "submitted", tmp_path / "deposit", about, with_originals=True)
    zipped = path / "data" / originals.FILE_NAME
    unread = tagged.database().count("files", "status = 'unreadable' AND sha1 IS NULL")
    assert unread > 0
    assert originals.missing(zipped) == 2 + unread
    assert originals.reasons(zipped) == {"missing": 2, "could not be read": unread}
    with zipfile.ZipFile(zipped) as opened:
        assert str(tmp_path) not in opened.read(originals.MISSING).decode()
    with zipfile.ZipFile(path / "data" / "corpus.zip") as opened:
        opened.extract("tables/runs.parquet", tmp_path)
    assert not any("@" in who for who in pl.read_parquet(tmp_path / "tables/runs.parquet")["who"])
    (path / "data" / "more.txt").write_text("more")
    with pytest.raises(InvalidVersion, match=r"more\.txt"):
        import_version(path, tmp_path / "elsewhere")
