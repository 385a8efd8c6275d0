"""XMP sidecars read back: those of our export, through exiftool, and those of other programs."""

import itertools
import json
import shutil
import subprocess

import pytest

from panoptic_data import annotate, create_property, export, tag_images
from panoptic_data.annotations import tags
from panoptic_data.annotations.decisions import Decision
from panoptic_data.annotations.store import annotations_of
from panoptic_data.errors import InvalidImport
from panoptic_data.exchange import apply, matching, plan, readers
from tests import synthetic
from tests.importing import sha1s, values_of
from tests.panoptic_data.exchange.exports.annotated import everything

TREES = {
    "Subject": (
        *("War|Naval battle|Lepanto", "War|Siege|Vienna, 1683", "Été|Mer|Île d’Yeu"),
        *('a;b|c "d"|007', "x & <y>|¦|é", "War|Siege|Mer"),
    ),
    "Places": ("Europe|France|Paris", "Europe|Italy|Venice", "Asia|Japan|Kyōto"),
}
DATES = ("1912", "0912", "1912-05", "0912-05", "1912-05-04", "1912-05-04T10:30:00", None)
RATINGS = (5, 0, -1, None, 3.5, 1)
NAMES = ("image {}.jpg", "un|deux {}.jpg", "aux.{}.jpg", "é{}.tif", 'say "{}"?.png')
AREA = '[{"name": "Anna", "type": "Face", "x": 0.5, "y": 0.4, "w": 0.2, "h": 0.1}]'

needs_exiftool = pytest.mark.skipif(
    shutil.which("exiftool") is None,
    reason="exiftool is not installed (Debian: libimage-exiftool-perl)",
)


@pytest.fixture(scope="module")
def annotated_60(tmp_path_factory):
    return _annotated(tmp_path_factory.mktemp("sixty"), 60)


@pytest.fixture(scope="module")
def sidecars_60(annotated_60):
    folder = annotated_60.root.parent / "xmp"
    written = export(annotated_60, "xmp", folder)
    assert (written.problems, written.counts["sidecars"]) == ((), 60)
    return folder


def test_what_was_exported_comes_back_without_a_difference(annotated_60, sidecars_60, tmp_path):
    # The sidecars alone would do, but for colours and tags without images.
    other = _imported(tmp_path, sidecars_60, 60)
    assert everything(other) == everything(annotated_60)


@needs_exiftool
@pytest.mark.parametrize("rewriting", ["edited", "copied anew"])
def test_what_exiftool_rewrote_comes_back_without_a_difference(
    annotated_60, sidecars_60, tmp_path, rewriting
):
    folder = shutil.copytree(sidecars_60, tmp_path / "xmp")
    _rewrite(folder, rewriting)
    assert everything(_imported(tmp_path, folder, 60)) == everything(annotated_60)


@pytest.mark.slow
@needs_exiftool
def test_a_thousand_images_come_back_through_exiftool_without_a_difference(tmp_path):
    opened = _annotated(tmp_path / "first", 1000)
    export(opened, "xmp", tmp_path / "xmp")
    for rewriting in ("edited", "copied anew"):
        _rewrite(tmp_path / "xmp", rewriting)
    assert everything(_imported(tmp_path / "other", tmp_path / "xmp", 1000)) == everything(opened)


@needs_exiftool
def test_what_another_program_changed_is_shown_as_a_conflict(annotated_60, sidecars_60, tmp_path):
    folder = shutil.copytree(sidecars_60, tmp_path / "xmp")
    file = folder / "posters/0/image 0.jpg.xmp"
    changes = (
        "-XMP:Rating=2",
        "-XMP-dc:Subject+=New, word",
        "-XMP-lr:HierarchicalSubject+=New, word",
    )
    _exiftool(file, *changes, "-XMP-photoshop:DateCreated=1913")
    table = readers.read(folder)
    summary = plan.summarize(plan.make_plan(annotated_60, table))
    columns = {column["name"]: column for column in summary["columns"]}
    assert columns["Rating"]["conflicts"] == {
        "count": 1, "first": [{"target": synthetic.sha1("0"), "held": "5", "value": "2"}],
    }  # fmt: skip
    assert columns["Date"]["conflicts"]["first"][0]["value"] == "1913"
    assert columns["Subject"]["conflicts"]["count"] == 0
    assert columns["Keywords"]["new_tags"]["first"] == ["New, word"]


def test_sidecars_beside_the_files_of_other_programs_are_one_tree_of_keywords(tmp_path):
    photos = tmp_path / "photos"
    # Lightroom leaves out the suffix; digiKam has ways of its own.
    _packet(
        photos / "1930/red.xmp",
        "<lr:hierarchicalSubject><rdf:Bag><rdf:li>Places|France|Paris"
        "</rdf:li></rdf:Bag></lr:hierarchicalSubject><dc:subject><rdf:Bag><rdf:li>Paris"
        "</rdf:li><rdf:li>France</rdf:li><rdf:li>holiday</rdf:li></rdf:Bag></dc:subject>",
    )
    _packet(
        photos / "1930/blue.jpg.xmp",
        "<digiKam:TagsList><rdf:Seq><rdf:li>Places/Lyon</rdf:li></rdf:Seq></digiKam:TagsList>",
        'xmp:Rating="4" photoshop:DateCreated="1912-05"',
    )
    _packet(
        photos / "1930/summer.jpg.xmp",
        "<dc:title><rdf:Alt><rdf:li xml:lang='fr'>Été</rdf:li>"
        "<rdf:li xml:lang='x-default'>Summer</rdf:li></rdf:Alt></dc:title>" + _regions(),
    )
    (photos / "1930/broken.jpg.xmp").write_text("<x:xmpmeta", "utf-8")
    (photos / "1930/bomb.jpg.xmp").write_text('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "utf-8")
    other = _project_of(tmp_path, {f"1930/{name}.jpg": name for name in ("red", "blue", "summer")})
    table = readers.read(photos)
    planned = plan.make_plan(other, table)
    summary = plan.summarize(planned)
    assert (summary["matched"], summary["unread"]["count"]) == (3, 2)
    assert {file["file"] for file in summary["unread"]["first"]} == {
        *("1930/broken.jpg.xmp", "1930/bomb.jpg.xmp"),
    }
    apply.apply_plan(other, planned)
    red, blue, summer = sha1s("red", "blue", "summer")
    assert values_of(other, "Keywords") == {red: ["Paris", "holiday"], blue: ["Lyon"]}
    assert everything(other)["Keywords"][2] == {
        "Places": (None, []), "France": (None, ["Places"]), "Paris": (None, ["France"]),
        "Lyon": (None, ["Places"]), "holiday": (None, []),
    }  # fmt: skip
    assert (values_of(other, "Rating"), values_of(other, "Date")) == (
        {blue: "4"},
        {blue: "1912-05"},
    )
    assert values_of(other, "Title") == {summer: "Summer"}
    assert values_of(other, "Regions") == {summer: ["Anna"]}
    assert json.loads(values_of(other, "Region areas")[summer]) == json.loads(AREA)
    # Regions go out again as they came.
    export(other, "xmp", tmp_path / "again")
    again = readers.read(tmp_path / "again")
    assert "Regions (2)" not in again.frame.columns
    assert [json.loads(text) for text in again.frame["Region areas"].drop_nulls()] == [
        json.loads(AREA)
    ]


def test_the_first_keywords_are_properties_if_asked_for(tmp_path):
    ways = "".join(f"<rdf:li>{way}</rdf:li>" for way in ("Places|France|Paris", "Kind|Map", "old"))
    _packet(
        tmp_path / "a/red.jpg.xmp",
        f"<lr:hierarchicalSubject><rdf:Bag>{ways}</rdf:Bag></lr:hierarchicalSubject>",
    )
    other = _project_of(tmp_path, {"red.jpg": "red"})
    apply.apply_plan(other, plan.make_plan(other, readers.read(tmp_path / "a", roots="properties")))
    assert {name: values_of(other, name) for name in everything(other)} == {
        name: {synthetic.sha1("red"): [tag]}
        for name, tag in (("Places", "Paris"), ("Kind", "Map"), ("Keywords", "old"))
    }


def test_a_folder_without_a_readable_sidecar_says_why(tmp_path):
    (tmp_path / "a.xmp").write_text("no xml", "utf-8")
    with pytest.raises(InvalidImport, match="no XMP sidecar in it could be read"):
        readers.read(tmp_path)
    (tmp_path / "a.xmp").unlink()
    with pytest.raises(InvalidImport) as raised:
        readers.read(tmp_path)
    assert raised.value.problem == "no_database"


def _project(folder, count):
    """A project of so many images; names that not every system can hold among them."""
    return _project_of(
        folder, {f"{n % 7}/{NAMES[n % len(NAMES)].format(n)}": str(n) for n in range(count)}
    )


def _project_of(folder, names):
    opened = synthetic.project(folder / "war")
    root = folder / "photos"
    synthetic.write(
        opened, "sources", [{"name": "posters", "uri": str(root), "added_at": synthetic.AT}]
    )
    files = [synthetic.file(f"posters/{path}", name) for path, name in names.items()]
    synthetic.write(opened, "files", files)
    synthetic.write(opened, "images", [synthetic.image(name) for name in names.values()])
    return opened


def _annotated(folder, count):
    opened = _project(folder, count)
    ids = [synthetic.sha1(str(n)) for n in range(count)]
    for name, ways in TREES.items():
        prop = create_property(opened, name, "tags")
        chains = [way.split("|") for way in ways]
        for depth in range(3):
            for number, chain in enumerate(chains):
                tagged = [id for n, id in enumerate(ids) if (n + depth) % len(chains) == number]
                tag_images(opened, prop, tagged, [chain[depth]])
        store = annotations_of(opened)
        store.decide(lambda state, p=prop, c=chains: Decision(_tree(state, p.id, c), "tags", ""))
    kind = create_property(opened, "Kind|of", "tag")
    tag_images(opened, kind, ids[: count // 2], ["map, old"])
    annotate(opened, create_property(opened, "Rating", "number"), _some(ids, RATINGS))
    annotate(opened, create_property(opened, "Date", "date"), _some(ids, DATES))
    return opened


def _some(ids, values):
    return {
        id: values[number % len(values)]
        for number, id in enumerate(ids)
        if values[number % len(values)] is not None
    }


def _tree(state, property, chains):
    known = dict(state.tags)
    by_name = {tag.name: tag.id for tag in state.tags_of(property)}
    changes = tags.update(known, by_name[chains[0][0]], colour="#d94f4f")
    for chain in chains:
        for above, name in itertools.pairwise(chain):
            link = tags.link(known, by_name[name], by_name[above])
            if link:
                known[by_name[name]] = tags.with_parent(known[by_name[name]], by_name[above])
                changes += link
    return changes


def _imported(folder, sidecars, count):
    other = _project(folder, count)
    table = readers.read(sidecars)
    planned = plan.make_plan(other, table, matching.propose(other, table))
    assert plan.summarize(planned)["missed"]["count"] == 0
    apply.apply_plan(other, planned)
    return other


def _rewrite(folder, how):
    anew = ("-xmp:all=", "-tagsfromfile", "@", "-xmp:all")
    _exiftool(folder, *(("-XMP-xmp:Nickname=x",) if how == "edited" else anew))


def _exiftool(path, *changes):
    command = ["exiftool", "-q", "-q", "-m", "-overwrite_original", "-r", "-ext", "xmp", *changes]
    done = subprocess.run([*command, path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def _packet(file, content, attributes=""):
    spaces = {
        "dc": "http://purl.org/dc/elements/1.1/",
        "xmp": "http://ns.adobe.com/xap/1.0/",
        "photoshop": "http://ns.adobe.com/photoshop/1.0/",
        "lr": "http://ns.adobe.com/lightroom/1.0/",
        "digiKam": "http://www.digikam.org/ns/1.0/",
        "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
        "stArea": "http://ns.adobe.com/xmp/sType/Area#",
    }
    names = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in spaces.items())
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {names} {attributes}>{content}</rdf:Description>'
        "</rdf:RDF></x:xmpmeta>",
        "utf-8",
    )


def _regions():
    return (
        "<mwg-rs:Regions rdf:parseType='Resource'><mwg-rs:RegionList><rdf:Bag><rdf:li>"
        "<rdf:Description mwg-rs:Name='Anna' mwg-rs:Type='Face'><mwg-rs:Area stArea:x='0.5' "
        "stArea:y='0.4' stArea:w='0.2' stArea:h='0.1' stArea:unit='normalized'/>"
        "</rdf:Description></rdf:li></rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>"
    )
