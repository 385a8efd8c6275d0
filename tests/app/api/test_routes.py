"""The routes through their own door: a server on this machine, real files, real tables."""

import asyncio
import csv
import gc
import hashlib
import http.client
import io
import json
import threading
import time

import numpy as np
import polars as pl
import pytest
import uvicorn
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware

from app.api.images import Thumbnails
from app.api.routes import routes
from app.server.host_check import HostCheck
from app.services.group_labels import label
from panoptic_data.annotations import edits, properties
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import frozen_results, registry
from panoptic_data.catalogue.execute import run_view, window
from panoptic_data.catalogue.groups import condition
from panoptic_data.ingest import images, scan, sources
from panoptic_data.provenance import runs
from panoptic_data.storage.project import create_project
from panoptic_data.views.model import Level, View, to_address
from tests import synthetic
from tests.dashboard import eventually

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"


def written(picture, format, **options):
    data = io.BytesIO()
    picture.save(data, format, **options)
    return data.getvalue()


def pictures():
    red = Image.new("RGB", (600, 400), (200, 30, 30))
    deep = Image.fromarray(np.full((20, 30), 40_000, dtype=np.uint16))
    return {
        "red.jpg": written(red, "JPEG"),
        "sub/copy of red.jpg": written(red, "JPEG"),
        "print.jpg": written(red.convert("CMYK"), "JPEG"),
        "scan.tif": written(red.resize((300, 200)), "TIFF"),
        "book.jp2": written(red.resize((64, 64)), "JPEG2000"),
        "moving.gif": written(red.resize((60, 40)), "GIF"),
        "deep.png": written(deep, "PNG"),
        "drawing.jpg": SVG,
        "page.png": HTML,
        "=cmd|calc.jpg": b"",
    }


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    root = tmp_path_factory.mktemp("corpus")
    folder = root / "Fünf Bilder"
    contents = pictures()
    for name, data in contents.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    (root / "secret.txt").write_text("secret")
    project = create_project(root / "project", "test")
    source = sources.add(project, folder)
    images.ingest(project, source, "run")
    return project, source, contents


@pytest.fixture(scope="module")
def server(corpus):
    app = Starlette(routes=routes(corpus[0]), middleware=[Middleware(HostCheck)])
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", ws="none")
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    yield running.servers[0].sockets[0].getsockname()[1]
    running.should_exit = True
    thread.join()


@pytest.fixture
def ask(server):
    def asked(path, method="GET", body=None, **headers):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", server, timeout=30)
        connection.request(method, path, body, headers=names)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer, body

    return asked


def sha1(data):
    return hashlib.sha1(data).hexdigest()


def test_a_thumbnail_is_kept_forever_and_not_sent_twice(ask, corpus):
    name = sha1(corpus[2]["red.jpg"])
    answer, body = ask(f"/thumb/{name}")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "image/jpeg")
    assert "immutable" in answer.headers["Cache-Control"]
    assert Image.open(io.BytesIO(body)).size == (384, 256)
    again, nothing = ask(f"/thumb/{name}", If_None_Match=answer.headers["ETag"])
    assert (again.status, nothing) == (304, b"")


def test_a_larger_thumbnail_is_made_of_the_original_and_never_larger_than_it(ask, corpus):
    answer, body = ask(f"/thumb/{sha1(corpus[2]['red.jpg'])}?w=300")
    assert answer.status == 200
    assert Image.open(io.BytesIO(body)).size == (600, 400)


@pytest.mark.parametrize("width", ["x", "-1", "1e9", "99999999999"])
def test_a_width_that_is_no_number_is_refused(ask, corpus, width):
    assert ask(f"/thumb/{sha1(corpus[2]['red.jpg'])}?w={width}")[0].status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/thumb/" + "0" * 40,
        "/thumb/x",
        "/image/" + "0" * 40,
        "/image/' OR 1=1 --",
        "/file/" + "0" * 16,
        "/file/0123456789abcdeZ",
        "/image/..%2f..%2fsecret.txt",
        "/image/../../secret.txt",
        "/file/%2fetc%2fpasswd",
        "/thumb/%00",
        "/map/..%2f..%2fproject.toml",
        "/map/nothing",
    ],
)
def test_what_is_not_in_the_tables_is_not_found(ask, path):
    answer, body = ask(path.replace(" ", "%20").replace("'", "%27"))
    assert answer.status == 404
    assert b"secret" not in body
    assert b"root:" not in body


def test_a_missing_thumbnail_is_a_quiet_tile_that_is_asked_again(ask):
    answer, body = ask("/thumb/" + "0" * 40)
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert answer.headers["Cache-Control"] == "no-store"
    assert body.startswith(b"<svg")


@pytest.mark.parametrize(("name", "kind"), [("red.jpg", "image/jpeg"), ("moving.gif", "image/gif")])
def test_an_original_that_browsers_show_is_sent_as_it_is(ask, corpus, name, kind):
    data = corpus[2][name]
    answer, body = ask(f"/image/{sha1(data)}")
    assert (answer.status, answer.headers["Content-Type"], body) == (200, kind, data)


@pytest.mark.parametrize(
    ("name", "size"),
    [("print.jpg", (600, 400)), ("scan.tif", (300, 200)), ("book.jp2", (64, 64))],
)
def test_an_original_that_browsers_misread_is_sent_as_an_rgb_jpeg(ask, corpus, name, size):
    answer, body = ask(f"/image/{sha1(corpus[2][name])}")
    picture = Image.open(io.BytesIO(body))
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", size)
    red, green, blue = picture.getpixel((10, 10))
    assert red > 150 > 90 > max(green, blue)


def test_every_picture_is_sent_so_that_nothing_in_it_can_run(ask, corpus):
    for path in (f"/image/{sha1(corpus[2]['red.jpg'])}", f"/thumb/{'0' * 40}"):
        answer, _ = ask(path)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("sandbox")
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize("name", ["drawing.jpg", "page.png"])
def test_a_page_that_poses_as_a_picture_is_never_sent(ask, corpus, name):
    _, source, contents = corpus
    for path in (f"/image/{sha1(contents[name])}", f"/file/{scan.file_id(source.name, name)}"):
        answer, body = ask(path)
        assert answer.status == 404
        assert b"alert" not in body


def test_a_file_is_sent_by_its_identifier(ask, corpus):
    _, source, contents = corpus
    answer, body = ask(f"/file/{scan.file_id(source.name, 'sub/copy of red.jpg')}")
    assert (answer.status, body) == (200, contents["sub/copy of red.jpg"])


def test_an_original_that_was_overwritten_is_not_sent_under_its_old_name(ask, corpus):
    _, source, contents = corpus
    place = source.root / "moving.gif"
    try:
        place.write_bytes(written(Image.new("RGB", (9, 9)), "GIF"))
        answer, body = ask(f"/image/{sha1(contents['moving.gif'])}")
        assert (answer.status, answer.headers["Content-Type"]) == (200, "image/jpeg")
        assert Image.open(io.BytesIO(body)).size == (60, 40)
    finally:
        place.write_bytes(contents["moving.gif"])


def test_a_window_of_rows_says_where_it_stands(ask, corpus):
    answer, body = ask("/rows?start=1&count=2")
    told = json.loads(body)
    current = registry.get(corpus[0], fresh=True)
    assert {name: told[name] for name in ("version", "total", "start")} == {
        "version": current.version,
        "total": 6,
        "start": 1,
    }
    assert told["rows"] == window(current, run_view(current, View()), 1, 2)
    assert ask("/rows", If_None_Match=answer.headers["ETag"])[0].status == 304


def test_rows_follow_the_view_and_come_as_bare_sha1s_when_asked(ask, corpus):
    address = to_address(View().with_condition("path", "copy"))
    told = json.loads(ask(f"/rows?view={address}&only=sha1")[1])
    assert (told["total"], told["rows"]) == (1, [sha1(corpus[2]["red.jpg"])])


def test_rows_say_hues_and_clusters_only_when_asked(ask, corpus):
    project, _, contents = corpus
    red = sha1(contents["red.jpg"])
    synthetic.write(project, "clusters__visual", [{"sha1": red, "cluster": 7}])
    registry.get(project, fresh=True)

    def said(query):
        rows = json.loads(ask(f"/rows?{query}")[1])["rows"]
        row = next(row for row in rows if row["sha1"] == red)
        return {name: row[name] for name in ("hue", "cluster") if name in row}

    assert said("") == {}
    assert said("also=hue") == {"hue": "red"}
    assert said("also=hue,cluster&encoder=visual") == {"hue": "red", "cluster": 7}
    assert said("also=cluster&encoder=none_here") == {"cluster": None}
    others = json.loads(ask("/rows?also=cluster&encoder=visual")[1])["rows"]
    assert sorted(row["cluster"] or 0 for row in others) == [0, 0, 0, 0, 0, 7]


def test_of_any_images_those_in_a_view_are_told(ask, corpus):
    address = to_address(View().with_condition("path", "copy"))
    inside, outside = (sha1(corpus[2][name]) for name in ("red.jpg", "scan.tif"))
    body = "\n".join([outside, inside, "0" * 40, "é'; --"]).encode()
    told = json.loads(ask(f"/among?view={address}", "POST", body)[1])
    assert (told["total"], told["sha1s"]) == (1, [inside])
    assert json.loads(ask("/among", "POST", b"")[1])["sha1s"] == []
    assert ask("/among", "POST", b"x\n" * 100_001)[0].status == 413


def test_an_image_is_told_its_place_in_the_view(ask, corpus):
    names = ("red.jpg", "drawing.jpg")
    places = [json.loads(ask(f"/rows?at={sha1(corpus[2][name])}")[1])["at"] for name in names]
    current = registry.get(corpus[0], fresh=True)
    listed = current.sha1s(run_view(current, View()).rows)
    assert places == [listed.index(sha1(corpus[2]["red.jpg"])), None]
    several = f"{'0' * 40},{listed[3]},{listed[1]}"
    told = json.loads(ask(f"/rows?count=0&at={several}")[1])
    assert (told["at"], told["of"]) == (3, 1)


def test_what_is_held_is_shown_and_meant_until_it_is_let_go(ask, corpus):
    project = corpus[0]
    store = annotations_of(project)
    one, changes = properties.create(store.state().properties, "Held", "number")
    store.commit(changes, "property")
    view = View((condition(Level(f"p:number:{one.id}"), None),))
    kept = frozen_results.freeze(registry.get(project, fresh=True), view)
    first = kept.catalogue(registry.get(project)).sha1s(kept.result.rows[:1])
    store.commit(edits.set_value(store.state(), one.id, first, 3), "set")
    total = len(kept.result)
    query = f"view={to_address(view)}&held={kept.key}"
    answer, body = ask(f"/rows?{query}")
    rows = json.loads(body)["rows"]
    assert [row.get("gone") for row in rows] == [True] + [None] * (total - 1)
    assert ask(f"/rows?{query}", If_None_Match=answer.headers["ETag"])[0].status == 304
    assert len(ask(f"/aspects?{query}")[1]) == total
    assert json.loads(ask(f"/among?{query}", "POST", first[0].encode())[1])["sha1s"] == first
    chosen = {"all": True, "ids": [], "except": [], "held": kept.key}
    targets = {"view": to_address(view), "selection": chosen}
    told = json.dumps({"property": one.id, "op": "set", "value": 4, "targets": targets})
    written = json.loads(ask("/annotate", "POST", told, Content_Type="application/json")[1])
    assert written["changed"] == total
    key = kept.key
    del kept
    gc.collect()
    assert json.loads(ask(f"/rows?view={to_address(view)}&held={key}")[1])["total"] == 0


def test_groups_are_named_in_the_language_asked(ask, corpus):
    view = View(group=(Level("folder", 1), Level("cluster", "none_here")))
    assert ask(f"/groups?view={to_address(view)}")[0].status == 400
    view = View(group=(Level("folder", 1), Level("taken_at", "year")))
    answer, body = ask(f"/groups?view={to_address(view)}&lang=fr")
    told = json.loads(body)
    assert told == {
        "version": registry.get(corpus[0], fresh=True).version,
        "total": 6,
        "depth": [0, 1],
        "start": [0, 0],
        "count": [6, 6],
        "label": [corpus[1].name, "Date inconnue"],
        "unset": [False, True],
    }
    again, nothing = ask("/groups", If_None_Match=answer.headers["ETag"])
    assert (again.status, nothing) == (304, b"")


def test_a_view_without_groups_has_none(ask):
    told = json.loads(ask("/groups")[1])
    assert [told[name] for name in ("depth", "start", "count", "label")] == [[], [], [], []]


def test_shapes_come_as_a_byte_an_image_in_the_order_of_the_view(ask, corpus):
    answer, body = ask("/aspects")
    current = registry.get(corpus[0], fresh=True)
    sizes = current.frame[run_view(current, View()).rows].select("width", "height").rows()
    assert len(body) == len(sizes) == 6
    for byte, (width, height) in zip(body, sizes, strict=True):
        assert 2 ** ((byte - 128) / 32) == pytest.approx(width / height, rel=0.02)
    assert ask("/aspects", If_None_Match=answer.headers["ETag"])[0].status == 304
    damaged = View().with_condition("status", ["unreadable"])
    assert set(ask(f"/aspects?view={to_address(damaged)}")[1]) == {128}


@pytest.mark.parametrize(
    ("level", "value", "english", "french"),
    [
        (Level("taken_at", "century"), "1900", "1900 to 1999", "1900 à 1999"),
        (Level("taken_at", "decade"), "1930", "1930 to 1939", "1930 à 1939"),
        (Level("taken_at", "month"), "1930-05", "May 1930", "mai 1930"),
        (Level("added", "week"), "1930-W08", "1930, week 8", "1930, semaine 8"),
        (Level("added", "day"), "1930-05-01", "1 May 1930", "1 mai 1930"),
        (Level("taken_at", "year"), None, "No date known", "Date inconnue"),
        (Level("size"), [500_000, 1_000_000], "0.5 to 1 MB", "0,5 à 1 Mo"),
        (Level("pixels"), [0, 2e6], "0 to 2 megapixels", "0 à 2 mégapixels"),
        (Level("width"), [1000, 1500], "1,000 to 1,500 pixels wide",
         "1\u202f000 à 1\u202f500 pixels de large"),
        (Level("height"), 48, "48 pixels high", "48 pixels de haut"),
        (Level("copies"), 1, "1 copy", "1 copie"),
        (Level("copies"), [5, 10], "5 to 9 copies", "5 à 9 copies"),
        (Level("cluster", "visual"), 3, "Cluster 3", "Groupe 3"),
        (Level("cluster", "visual"), None, "In no cluster", "Dans aucun groupe"),
        (Level("colour"), "red", "red", "rouge"),
        (Level("status"), "missing", "missing", "absent"),
        (Level("folder"), "posters/1930", "posters/1930", "posters/1930"),
        (Level("duplicate", "near"), "x", "Duplicates of a.jpg", "Doublons de a.jpg"),
    ],
)  # fmt: skip
def test_groups_are_named_in_words(level, value, english, french):
    assert [label(level, value, language, "a.jpg") for language in ("en", "fr")] == [
        english,
        french,
    ]


def test_duplicates_are_named_by_the_first_file_among_them(ask, corpus):
    project, _, contents = corpus
    names = [sha1(contents[name]) for name in ("scan.tif", "book.jp2")]
    members = [{"sha1": name, "group": "g", "kind": "near", "distance": 1.0} for name in names]
    synthetic.write(project, "duplicates", members)
    registry.get(project, fresh=True)
    view = View(group=(Level("duplicate", "near"),))
    told = json.loads(ask(f"/groups?view={to_address(view)}&lang=en")[1])
    assert told["label"] == ["Duplicates of book.jp2", "No duplicate"]
    assert told["count"] == [2, 4]


def test_a_broken_view_is_a_sentence_in_the_language_asked(ask):
    answer, body = ask("/rows?view=nonsense&lang=fr")
    told = json.loads(body)
    assert (answer.status, told["error"]) == (400, "invalid_view")
    assert "adresse" in told["message"]


@pytest.mark.parametrize("query", ["start=-1", "start=x&count=y", "count=99999999999999999999"])
def test_a_window_that_makes_no_sense_is_the_first_one(ask, query):
    assert json.loads(ask(f"/rows?{query}")[1])["start"] == 0


def test_the_pulse_is_another_one_where_work_or_corpus_are(corpus, ask):
    seen = [ask("/pulse")[1] for _ in range(2)]
    assert seen[0] == seen[1]
    project, *_ = corpus
    with runs.start(project, "a test", {}) as run:
        run.report("images", 1, 10)
        seen.append(eventually(lambda: other_than(seen, ask("/pulse")[1])))
    seen.append(ask("/pulse")[1])
    assert len(set(seen)) == 3


def other_than(seen, beat):
    return None if beat in seen else beat


def test_problems_are_exported_with_reasons_and_no_formula(ask):
    answer, body = ask("/problems.csv?lang=fr")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="problems.csv"'
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
    assert [(row["path"], row["status"]) for row in rows] == [
        ("'=cmd|calc.jpg", "unreadable"),
        ("drawing.jpg", "unreadable"),
        ("page.png", "unreadable"),
    ]
    assert "vide" in rows[0]["reason"]


def test_the_map_draws_every_placed_image(ask, corpus):
    project, _, contents = corpus
    names = [sha1(contents[name]) for name in ("red.jpg", "scan.tif")]
    rows = [{"sha1": name, "x": at, "y": -at} for at, name in enumerate(names, 1)]
    synthetic.write(project, "projection__visual", rows)
    registry.get(project, fresh=True)
    address = to_address(View().with_condition("path", "scan"))
    answer, body = ask(f"/map/visual?view={address}")
    length = int.from_bytes(body[:4], "little")
    header = json.loads(body[4 : 4 + length])
    assert answer.status == 200
    assert {name: header[name] for name in ("points", "total", "inside", "side")} == {
        "points": 2,
        "total": 2,
        "inside": 1,
        "side": 0,
    }
    x = np.frombuffer(body, "<f4", 2, 4 + length)
    assert sorted(x.tolist()) == [1.0, 2.0]
    assert len(body) == 4 + length + 2 * (4 + 4 + 20 + 2 + 1)


def test_plotly_is_served_from_the_package(ask):
    answer, body = ask("/plotly.js")
    assert (answer.status, b"plotly.js" in body[:300]) == (200, True)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.168.1.5", "", "["])
def test_a_name_that_is_not_this_machine_is_refused(ask, host):
    answer, body = ask("/rows", Host=host)
    assert answer.status == 400
    assert b"sha1" not in body


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8501", "[::1]:8501"])
def test_this_machine_s_names_are_answered(ask, host):
    assert ask("/rows", Host=host)[0].status == 200


def test_another_page_can_change_nothing(ask, server):
    own = f"127.0.0.1:{server}"
    assert ask("/rows", "POST", Host=own, Origin="http://evil.example")[0].status == 403
    assert ask("/rows", "POST", Host=own, Origin="null")[0].status == 403
    assert ask("/rows", "POST", Host=own, Origin=f"http://{own}")[0].status == 405


def test_thumbnails_asked_at_once_are_one_look_up_and_then_remembered(corpus):
    project, _, contents = corpus
    names = [sha1(contents[name]) for name in ("red.jpg", "scan.tif", "book.jp2")]
    look_ups = []

    class Counted(Thumbnails):
        def _look_up(self, sha1s):
            look_ups.append(sorted(sha1s))
            return super()._look_up(sha1s)

    async def ask_for_all():
        thumbnails = Counted(project)
        first = await asyncio.gather(*(thumbnails.get(name) for name in names * 5))
        again = await thumbnails.get(names[0])
        return first, again, await thumbnails.get("0" * 40)

    first, again, absent = asyncio.run(ask_for_all())
    assert look_ups == [sorted(names), ["0" * 40]]
    assert first == [images.thumbnails(project, names)[name] for name in names] * 5
    assert (again, absent) == (first[0], None)


def test_thumbnails_of_rows_are_looked_up_ahead_and_a_failure_there_is_nobodys(corpus):
    project, _, contents = corpus
    names = [sha1(contents[name]) for name in ("red.jpg", "scan.tif", "book.jp2")]
    look_ups = []

    class Counted(Thumbnails):
        def _look_up(self, lie):
            look_ups.append(sorted(lie))
            if len(look_ups) == 1:
                raise OSError("the disk is away")
            return super()._look_up(lie)

    async def ahead_and_then_one_by_one():
        thumbnails = Counted(project)
        # Where rows lay once, others may lie by now, or none.
        lie = dict(zip(names, (1, None, 1 << 50), strict=True))
        await thumbnails.prefetch(lie)
        with pytest.raises(OSError, match="away"):
            await thumbnails.get(names[0])
        await asyncio.sleep(0.05)
        await thumbnails.prefetch(lie)
        return [await thumbnails.get(name) for name in names]

    found = asyncio.run(ahead_and_then_one_by_one())
    assert look_ups == [sorted(names)] * 2
    assert found == [images.thumbnails(project, names)[name] for name in names]


def test_rows_say_values_of_properties_only_when_asked(ask, corpus):
    project, _, contents = corpus
    store = annotations_of(project)
    names = {name: sha1(contents[name]) for name in ("red.jpg", "scan.tif")}

    def make(name, type, **more):
        one, changes = properties.create(store.state().properties, name, type, **more)
        store.commit(changes, "property")
        return one.id

    def say(property, targets, value):
        store.commit(edits.set_value(store.state(), property, targets, value), "set")

    theme, title, seen = make("Theme", "tags"), make("Title", "text"), make("Like", "image")
    desk = make("Desk", "number", target="file")
    rows = pl.DataFrame({"target": [names["red.jpg"]] * 2, "name": ["War", "Flag, red"]})
    store.commit(edits.tag_by_name(store.state(), theme, rows), "tag")
    say(title, [names["scan.tif"]], "A scan")
    say(seen, [names["scan.tif"]], names["red.jpg"])
    say(desk, [scan.file_id(corpus[1].name, "scan.tif")], 3)
    fields = f"p:tags:{theme},p:text:{title},p:image:{seen},p:number:{desk},p:text:none,hue"

    def said(query):
        told = json.loads(ask(f"/rows?{query}")[1])["rows"]
        return {row["sha1"]: row.get("values") for row in told}

    assert set(said("also=hue").values()) == {None}
    values = said(f"also={fields}")
    assert values.pop(names["red.jpg"]) == {theme: "War, Flag, red"}
    assert values.pop(names["scan.tif"]) == {title: "A scan", seen: "red.jpg", desk: "3"}
    assert list(values.values()) == [{}] * 4
    by_file = to_address(View(mode="file").with_condition("name", "scan"))
    assert said(f"view={by_file}&also=p:number:{desk}") == {names["scan.tif"]: {desk: "3"}}

    grouped = to_address(View(group=(Level(f"p:tags:{theme}"),)))
    told = json.loads(ask(f"/groups?view={grouped}&lang=fr")[1])
    assert (told["label"], told["count"]) == (["War", "Flag, red", "Sans Theme"], [1, 1, 5])
    assert (told["total"], json.loads(ask(f"/among?view={grouped}", "POST")[1])["total"]) == (7, 6)
