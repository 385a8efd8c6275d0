"""Captions, keywords and dates that are embedded in pictures, written by ExifTool and by hand."""

import json
import shutil
import subprocess
from datetime import datetime

import pytest

from panoptic_data.media import decode, description
from panoptic_data.media.dates import parse
from panoptic_data.media.metadata import describe
from tests.images import encoded, exif, scene

EXIFTOOL = shutil.which("exiftool")
needs_exiftool = pytest.mark.skipif(EXIFTOOL is None, reason="exiftool is not installed")
KINDS = ["JPEG", "PNG", "TIFF", "WEBP"]
SUFFIX = {"JPEG": "jpg", "PNG": "png", "TIFF": "tif", "WEBP": "webp", "GIF": "gif"}


def tagged(folder, pictures):
    """Write pictures with tags (name → kind, tags) by one call of ExifTool; return their paths."""
    commands, paths = [], {}
    for name, (kind, tags) in pictures.items():
        paths[name] = folder / f"{name}.{SUFFIX[kind]}"
        paths[name].write_bytes(encoded(scene((64, 48)), kind))
        arguments = [f"-{tag}={value}" for tag, value in tags]
        commands += ["-overwrite_original", "-codedcharacterset=utf8", *arguments]
        commands += [str(paths[name]), "-execute"]
    listed = folder / "arguments"
    listed.write_text("\n".join(commands), encoding="utf-8")
    subprocess.run([EXIFTOOL, "-@", listed], check=True, capture_output=True)
    return paths


def by_exiftool(paths):
    """Return what ExifTool reads of each file, by path."""
    done = subprocess.run(
        [EXIFTOOL, "-j", "-G0", *map(str, paths)], check=True, capture_output=True, text=True
    )
    return {read["SourceFile"]: read for read in json.loads(done.stdout)}


@needs_exiftool
def test_captions_and_keywords_of_every_format_are_what_exiftool_reads(tmp_path):
    written = [
        ("XMP-dc:Title", "Le château"), ("XMP-photoshop:Headline", "Été à Tours"),
        ("XMP-dc:Description", "Une vue — 1930"), ("XMP-dc:Creator", "Aïcha B."),
        ("XMP-dc:Rights", "© Musée"), ("XMP-photoshop:Credit", "Don Ω"),
        ("XMP-dc:Subject", "Paris"), ("XMP-dc:Subject", "pluie"),
        ("XMP-lr:HierarchicalSubject", "Europe|France|Paris"),
        ("XMP-photoshop:City", "Tours"), ("XMP-photoshop:Country", "France"),
    ]  # fmt: skip
    paths = tagged(tmp_path, {kind: (kind, written) for kind in [*KINDS, "GIF"]})
    read = by_exiftool(paths.values())
    for path in paths.values():
        own = decode.decode(path.read_bytes()).description
        other = read[str(path)]
        assert own.title == other["XMP:Title"] == "Le château"
        assert own.headline == other["XMP:Headline"]
        assert own.caption == other["XMP:Description"]
        assert own.creator == other["XMP:Creator"]
        assert own.rights == other["XMP:Rights"]
        assert own.credit == other["XMP:Credit"]
        assert own.location == "Tours, France"
        assert own.keywords == ("Europe|France|Paris", "pluie")


@needs_exiftool
def test_iptc_is_read(tmp_path):
    written = [
        ("IPTC:ObjectName", "Le château"), ("IPTC:Headline", "Été"),
        ("IPTC:Caption-Abstract", "Une vue"), ("IPTC:By-line", "Aïcha B."),
        ("IPTC:CopyrightNotice", "© Musée"), ("IPTC:Keywords", "pluie"),
        ("IPTC:Keywords", "toit"), ("IPTC:City", "Tours"), ("IPTC:Sub-location", "Rue Colbert"),
        ("IPTC:DateCreated", "1773:00:00"),
    ]  # fmt: skip
    paths = tagged(tmp_path, {kind: (kind, written) for kind in ("JPEG", "TIFF", "PNG")})
    for path in paths.values():
        row = describe(path.read_bytes())
        texts = (row.title, row.headline, row.caption, row.creator, row.rights, row.location)
        assert texts == (
            "Le château", "Été", "Une vue", "Aïcha B.", "© Musée", "Rue Colbert, Tours",
        )  # fmt: skip
        assert row.keywords == ("pluie", "toit")
        assert (row.taken_at, row.taken_precision) == (datetime(1773, 1, 1), "year")
        assert row.taken_from == "IPTC DateCreated"


@needs_exiftool
def test_texts_of_a_png_are_read(tmp_path):
    written = [("PNG:Title", "Le château"), ("PNG:Author", "Aïcha"), ("PNG:Description", "Une vue")]
    (path,) = tagged(tmp_path, {"png": ("PNG", written)}).values()
    own = decode.decode(path.read_bytes()).description
    assert (own.title, own.creator, own.caption) == ("Le château", "Aïcha", "Une vue")


@needs_exiftool
def test_what_is_a_date_of_creation_and_what_is_not(tmp_path):
    dates = {
        "edited": [("EXIF:ModifyDate", "2018:05:06 07:08:09")],
        "scanned": [("EXIF:CreateDate", "2018:05:06 07:08:09")],
        "photographed": [
            ("EXIF:CreateDate", "2018:05:06 07:08:09"),
            ("EXIF:ExposureTime", "0.01"),
        ],
        "map": [
            ("EXIF:ModifyDate", "2018:05:06 07:08:09"),
            ("EXIF:CreateDate", "2017:05:06 07:08:09"),
            ("XMP-photoshop:DateCreated", "1773"),
        ],
        "original": [
            ("EXIF:DateTimeOriginal", "1958:06:14 10:11:12"),
            ("XMP-photoshop:DateCreated", "1960"),
            ("XMP-xmp:CreateDate", "2001:02:03"),
        ],
    }
    paths = tagged(tmp_path, {name: ("JPEG", tags) for name, tags in dates.items()})
    read = {name: decode.decode(path.read_bytes()).description for name, path in paths.items()}
    taken = {name: (d.taken.text, d.taken_from) for name, d in read.items() if d.taken}
    assert taken == {
        "photographed": ("2018-05-06T07:08:09", "EXIF DateTimeDigitized"),
        "map": ("1773", "XMP photoshop:DateCreated"),
        "original": ("1958-06-14T10:11:12", "EXIF DateTimeOriginal"),
    }
    digitised = {name: d.digitised.text for name, d in read.items() if d.digitised}
    assert digitised == {
        "scanned": "2018-05-06T07:08:09",
        "photographed": "2018-05-06T07:08:09",
        "map": "2017-05-06T07:08:09",
        "original": "2001-02-03",
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1958:00:00 00:00:00", "1958"),
        ("1958:06:00 00:00:00", "1958-06"),
        ("1958", "1958"),
        ("1958:06", "1958-06"),
        ("1958-06", "1958-06"),
        ("1958:06:14", "1958-06-14"),
        ("1958:00:14", "1958"),
        ("19580600", "1958-06"),
        ("19580614 063130+0100", "1958-06-14T06:31:30"),
        ("1958-06-14T06:31:30.25Z", "1958-06-14T06:31:30"),
        ("1958-06-14T06:31+02:00", "1958-06-14T06:31"),
        ("1958:06:14   :  :  ", "1958-06-14"),
        ("0000:00:00 00:00:00", None),
        ("195", None),
        ("19581", None),
    ],
)
def test_dates_keep_the_precision_they_are_written_with(text, expected):
    date = parse(text)
    assert (date.text if date else None) == expected


def test_what_cameras_and_windows_write_is_told_from_what_people_write():
    def caption(**tags):
        block = exif(**tags)
        return decode.decode(encoded(scene((64, 48)), "JPEG", exif=block)).description

    assert caption(ImageDescription="OLYMPUS DIGITAL CAMERA").caption is None
    assert caption(ImageDescription="La tour", Artist="Ada").caption == "La tour"
    assert caption(Artist="Ada", Copyright="© Ada").creator == "Ada"


@pytest.mark.parametrize(
    "packet", [b"", b"<x:xmpmeta", b"\0" * 50, b"<a>&#0;</a>", b"<!DOCTYPE a>"]
)
def test_a_broken_packet_fails_no_image(packet):
    data = encoded(scene((64, 48)), "JPEG", xmp=packet, exif=exif(taken="1958"))
    assert decode.decode(data).description.taken.text == "1958"


def test_a_sidecar_says_what_a_packet_says():
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:DateCreated="1931-05" '
        'photoshop:Headline="A house"/></rdf:RDF></x:xmpmeta>'
    )
    text = description.to_json(description.of_sidecar(packet.encode()))
    assert json.loads(text) == {
        "headline": "A house", "taken": "1931-05", "taken_from": "XMP photoshop:DateCreated",
    }  # fmt: skip
    with pytest.raises(ValueError):
        description.of_sidecar(b"<a/>")
