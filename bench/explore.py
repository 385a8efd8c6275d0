"""Explore at a million images: every question of the page, beside its budget and two databases.

    python -m bench.explore [images] [directory]

Writes a synthetic project (some 1 GB: its thumbnails are a hundred real ones, repeated; kept in
the directory for the next time): every column that is computed today, 30,000 folders, copies,
missing and damaged files, twenty properties and 30,000 tags (``bench.annotated``). Each view is
run with values that were never used before, in this process (p50 and p95, of the clock and of
the processor) and then, with the same values, in DuckDB (where it is installed) and in SQLite with
an index on each column that is compared or sorted by, over the same rows. Both databases have to
hand over only row numbers in their order, which is what a view is. Not here: the page in a browser.
"""

from __future__ import annotations

import hashlib
import http.client
import multiprocessing
import random
import resource
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import polars as pl
import pyarrow as pa

from bench import annotated
from bench.catalogue import WORDS
from panoptic_data.catalogue import facets, field_counts, registry
from panoptic_data.catalogue.execute import field_ranks, run_view, warm, window
from panoptic_data.catalogue.snapshot import Catalogue
from panoptic_data.catalogue.view_result import ViewResult
from panoptic_data.ingest import demo
from panoptic_data.media import decode, metadata
from panoptic_data.storage import project, schema
from panoptic_data.storage.schema import table_name
from panoptic_data.vectors import scores
from panoptic_data.views.model import Clause, Condition, Level, Sort, View, to_address
from tests.dashboard import serving

FOLDERS = 30_000
WRITTEN_AT_ONCE = 100_000
CAMERAS = [
    f"{make} {model}" for make in WORDS for model in ("A1", "d90", "Mark II", "é7", "X", "5")
]
FORMATS = ("JPEG", "JPEG", "JPEG", "JPEG", "PNG", "TIFF", "WEBP")


SORTED = ("path", "name", "taken_at", "added", "width", "size", "format", "camera", "colour")
RUNS = 30
DATABASE_RUNS = 5
ENCODER = "visual"
DIM = 512

Times = list[tuple[float, float]]
Part = Condition | Clause


def main() -> None:
    """Print the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    root = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(tempfile.mkdtemp())
    opened = project.create_project(root, "bench")
    if opened.database().count("images") != count:
        write(opened, count)
    if opened.database().count("annotation_events") == 0:
        annotated.write(opened, opened.database().frame("images", ["sha1"])["sha1"].to_list())
    print(
        f"{'ms: processor p50, p95; clock p50, p95':44} {'budget':>7} {'DuckDB':>14} {'SQLite':>14}"
    )
    if opened.database().count(table_name("embeddings", ENCODER)) == 0:
        _write_vectors(opened)
    current = _open(opened)
    read = partial(scores.scale, opened, ENCODER)
    _print_times("vectors, read once", [_timed(read)], 30_000, [])
    similar = _of_vectors(current)
    questions = {**QUESTIONS, **_of_properties(current), **similar}
    views = {name: _fresh(make, number) for number, (name, make) in enumerate(questions.items())}
    view_times = {
        name: [_timed(partial(run_view, current, view)) for view in of_question]
        for name, of_question in views.items()
    }
    counts = {**FACETS, **_facets_of_properties(current)}
    facet_times = {
        name: _facet_times(current, count_values) for name, (count_values, _) in counts.items()
    }
    row_times = _gathered(current)
    _print_figure("memory, GB", f"{_memory(root):.2f}", "4")
    databases = _databases(current)
    for name, times in view_times.items():
        # Neither database has vectors to compare.
        compared = [] if name in similar else databases
        others = [_query_times(database, views[name]) for database in compared]
        _print_times(name, times, 150, others)
    for name, times in facet_times.items():
        others = [_count_times(database, counts[name][1]) for database in databases]
        _print_times(name, times, 150, others)
    mixed = [time for times in view_times.values() for time in times]
    _print_times("all views above", mixed, 150, [])
    for name, times in row_times.items():
        _print_times(name, times, 150, [])
    # Of the processor these are the clients' own: what counts is the clock.
    for name, times in _over_http(root, current).items():
        _print_times(name, times, 50, [])


def _open(opened: project.Project) -> Catalogue:
    opened.database().count("images")
    _print_times("open after a change", [_changed(opened) for _ in range(3)], 3000, [])
    _print_times("open again", [_timed(lambda: registry.load(opened)) for _ in range(3)], 3000, [])
    current = registry.load(opened)
    _print_times("every order, map, cluster, once", [_timed(partial(warm, current))], 30_000, [])
    return current


def _changed(opened: project.Project) -> tuple[float, float]:
    """Time an opening that finds no cache of the tables as they are."""
    shutil.rmtree(opened.root / "cache", ignore_errors=True)
    return _timed(lambda: registry.load(opened))


# Views that are run, each time with other values. The page has just shown another view of the
# same corpus, so that orders are cached; the values of a level of groups are not, the first time.


def _year(draw: random.Random) -> int:
    return draw.randrange(1850, 1990)


def _folder_condition(draw: random.Random) -> Part:
    number = draw.randrange(FOLDERS)
    path = f"s{number % 4}/{_folder(number)}"
    return Condition("folder", "in", ["/".join(path.split("/")[: draw.randrange(1, 5)])])


def _choice(draw: random.Random) -> Part:
    if draw.random() < 0.5:
        return _folder_condition(draw)
    numbers = [draw.randrange(400) for _ in range(3)]
    return Condition("cluster", "in", {"encoder": ENCODER, "numbers": numbers})


def _number(draw: random.Random) -> Part:
    low = draw.randrange(600, 5000)
    return Condition("width", "between", [low, low + draw.randrange(50, 4000)])


def _text(draw: random.Random) -> Part:
    return Condition("path", "contains", draw.choice(WORDS) + str(draw.randrange(10, 999)))


def _dates(draw: random.Random) -> Part:
    year = _year(draw)
    return Condition("taken_at", "between", [f"{year}-03-01", f"{year + 9}-10-31"])


def _nested(draw: random.Random) -> Part:
    either = Clause("any", (_dates(draw), Condition("camera", "is empty"), _number(draw)))
    return Clause("all", (either, Clause("not", (Condition("format", "in", ["PNG"]),))))


def _sort(draw: random.Random) -> Sort:
    return Sort(draw.choice(SORTED), draw.random() < 0.5)


def _wide(draw: random.Random) -> Part:
    """Return a condition that lets most pass, so that there is much to sort and to group."""
    return Condition("width", ">=", draw.randrange(600, 1200) + draw.random())


_MONTH_FORMAT = (Level("taken_at", "month"), Level("format"))
_FOLDER_YEAR = (Level("folder"), Level("taken_at", "year"))
_BY_SIZE = (Level("camera", order="size", descending=True), Level("taken_at", "decade"))

QUESTIONS: Mapping[str, Callable[[random.Random], View]] = {
    "filter: choice": lambda draw: View((_choice(draw),), (_sort(draw),)),
    "filter: number range": lambda draw: View((_number(draw),), (_sort(draw),)),
    "filter: text in path": lambda draw: View((_text(draw),), (_sort(draw),)),
    "filter: date range": lambda draw: View((_dates(draw),), (_sort(draw),)),
    "filter: nested any, not": lambda draw: View((_nested(draw),), (_sort(draw),)),
    **{
        f"sort of most: {field}": lambda draw, field=field: View(
            (_wide(draw),), (Sort(field, draw.random() < 0.5),)
        )
        for field in SORTED
    },
    "sort of most: three keys": lambda draw: View(
        (_wide(draw),), (Sort("format"), Sort("camera", True), Sort("taken_at"))
    ),
    "groups of most: month, format": lambda draw: View(
        (_wide(draw),), (_sort(draw),), _MONTH_FORMAT
    ),
    "groups of most: folder, year": lambda draw: View((_wide(draw),), (_sort(draw),), _FOLDER_YEAR),
    "groups of most: camera by size, decade": lambda draw: View((_wide(draw),), (), _BY_SIZE),
    "filter, sort and groups": lambda draw: View(
        (draw.choice((_choice, _number, _text, _dates, _nested))(draw),),
        (_sort(draw),),
        draw.choice((_MONTH_FORMAT, _FOLDER_YEAR, _BY_SIZE)),
    ),
}
FACETS: Mapping[str, tuple[Callable[[Catalogue, View], object], str]] = {
    "facet: folder tree": (lambda current, view: field_counts.folders(current, view), "folder"),
    "facet: formats": (lambda current, view: field_counts.formats(current, view), "format"),
    "facet: clusters": (
        lambda current, view: field_counts.clusters(current, ENCODER, view),
        "cluster",
    ),
    "facet: histogram of sizes": (
        lambda current, view: field_counts.histogram(current, "size", view),
        "size",
    ),
    "facet: years": (
        lambda current, view: run_view(current, view.grouped_by(Level("taken_at", "year"))).groups,
        "year",
    ),
}


def _of_properties(current: Catalogue) -> dict[str, Callable[[random.Random], View]]:
    """Return views with conditions on properties that people made."""
    state = current.annotations
    fields = annotated.fields_by_name(state)
    tagged, rated = fields["p00"], fields["p01"]
    words = [tag.id for tag in state.tags.values() if tag.property == tagged.rpartition(":")[2]]

    def tag(draw: random.Random) -> Part:
        return Condition(tagged, "in", draw.sample(words, 3))

    def rating(draw: random.Random) -> Part:
        low = draw.random() * 40
        return Condition(rated, "between", [low, low + 10])

    by_rating = Sort(rated)
    return {
        "filter: any of 3 tags": lambda draw: View((tag(draw),), (_sort(draw),)),
        "filter: a property's number": lambda draw: View((rating(draw),), (_sort(draw),)),
        "sort of most: a property": lambda draw: View((_wide(draw),), (by_rating,)),
    }


def _of_vectors(current: Catalogue) -> dict[str, Callable[[random.Random], View]]:
    """Return views that search by similarity."""

    def alike(draw: random.Random, percentile: float) -> View:
        value = {
            "encoder": ENCODER,
            "query": f"image:{current.sha1s([draw.randrange(len(current))])[0]}",
            "percentile": percentile,
        }
        return View((Condition("like", "at least", value),), (Sort("similarity", True),))

    return {
        "filter: 1 % most alike": lambda draw: alike(draw, 99),
        "filter: half of all, by likeness": lambda draw: alike(draw, 50),
    }


def _facets_of_properties(
    current: Catalogue,
) -> dict[str, tuple[Callable[[Catalogue, View], object], str]]:
    fields = annotated.fields_by_name(current.annotations)
    return {
        "facet: 30,000 tags": (lambda now, view: facets.tags(now, view, fields["p00"]), "tag"),
        "facet: a property's numbers": (
            lambda now, view: facets.numbers(now, view, fields["p01"], 40),
            "rating",
        ),
    }


def _fresh(make: Callable[[random.Random], View], seed: int) -> list[View]:
    """Return different views: none was run before."""
    draw = random.Random(seed)
    views: dict[View, None] = {}
    while len(views) < RUNS:
        views[make(draw)] = None
    return list(views)


def _facet_times(current: Catalogue, count: Callable[[Catalogue, View], object]) -> Times:
    draw = random.Random(len(current))
    views = [View((_wide(draw),)) for _ in range(RUNS)]
    return [_timed(partial(count, current, view)) for view in views]


def _gathered(current: Catalogue) -> dict[str, Times]:
    draw = random.Random(2)
    results = [run_view(current, View((_wide(draw),), (Sort("taken_at"),))) for _ in range(RUNS)]
    starts = [draw.randrange(len(result) - 200) for result in results]
    windows = zip(results, starts, strict=True)
    return {
        "window of 200 rows": [
            _timed(partial(window, current, *result, 200)) for result in windows
        ],
        "width by height of all": [
            _timed(partial(_aspects, current, result)) for result in results
        ],
    }


def _aspects(current: Catalogue, result: ViewResult) -> bytes:
    """Return what a wall of pictures needs to be laid out."""
    wide, high = (current.corpus.numbers(name)[result.rows] for name in ("width", "height"))
    return (wide / high).astype(np.float32).tobytes()


# The same questions in SQL.


@dataclass(frozen=True)
class _Database:
    """One database with the rows in it, and how it says what differs."""

    run: Callable[[str, Sequence[Any]], object]
    contains: str
    month: str
    year: str
    decade: str


def _databases(current: Catalogue) -> list[_Database | None]:
    first = current.corpus.files.unique("row", keep="first", maintain_order=True)
    rows = current.frame.filter(pl.col("copies") > 0).select(
        pl.int_range(pl.len()).alias("row"),
        "sha1",
        "place",
        pl.col("status", "format").cast(pl.String),
        *("width", "height", "pixels", "frames", "taken_at", "camera", "size", "added", "copies"),
        pl.Series("text", first["text"]),
        pl.Series("folder", first["folder"].cast(pl.String)),
        pl.Series("name", current.corpus.names[: first.height]),
        pl.Series("colour", field_ranks(current, Sort("colour"))[: first.height]),
        pl.Series("cluster", current.clusters(ENCODER)[: first.height]),
    )
    state, fields = current.annotations, annotated.fields_by_name(current.annotations)
    values = [
        state.values(fields[name].rpartition(":")[2]).select(sha1="target", value="value")
        for name in ("p00", "p01")
    ]
    tagged = values[0].join(rows.select("sha1", "row"), on="sha1").select("row", tag="value")
    ratings = values[1].select("sha1", rating=pl.col("value").cast(pl.Float64))
    rows = rows.join(ratings, on="sha1", how="left", maintain_order="left")
    files = current.corpus.files.select("row", pl.col("folder").cast(pl.String))
    return [_duckdb(rows, files, tagged), _sqlite(rows, files, tagged)]


def _duckdb(rows: pl.DataFrame, files: pl.DataFrame, tagged: pl.DataFrame) -> _Database | None:
    try:
        import duckdb
    except ImportError:
        return None
    connection = duckdb.connect()
    for name, frame in (("images", rows), ("files", files), ("tagged", tagged)):
        connection.register("given", frame.to_arrow())
        connection.execute(f"create table {name} as select * from given")
        connection.unregister("given")
    return _Database(
        lambda query, values: connection.execute(query, values).fetchnumpy(),
        "contains(text, ?)",
        "date_trunc('month', taken_at)",
        "year(taken_at)",
        "year(taken_at) // 10",
    )


def _sqlite(rows: pl.DataFrame, files: pl.DataFrame, tagged: pl.DataFrame) -> _Database:
    connection = sqlite3.connect(":memory:")
    readable = rows.with_columns(pl.col("taken_at", "added").dt.strftime("%Y-%m-%d %H:%M:%S"))
    for name, frame in (("images", readable), ("files", files), ("tagged", tagged)):
        first, *others = frame.columns
        kind = "integer primary key" if name == "images" else "integer"
        connection.execute(f"create table {name} ({first} {kind}, {', '.join(others)})")
        marks = ", ".join("?" * frame.width)
        connection.executemany(f"insert into {name} values ({marks})", frame.iter_rows())
    for column in ("status", "format", "width", "taken_at", "camera", "size", "added", "folder"):
        connection.execute(f"create index i_{column} on images ({column})")
    for column in ("name", "colour", "cluster", "rating"):
        connection.execute(f"create index i_{column} on images ({column})")
    connection.execute("create index t_tag on tagged (tag, row)")
    connection.execute("create index f_folder on files (folder, row)")
    connection.execute("analyze")
    return _Database(
        lambda query, values: connection.execute(query, values).fetchall(),
        "instr(text, ?) > 0",
        "substr(taken_at, 1, 7)",
        "substr(taken_at, 1, 4)",
        "substr(taken_at, 1, 3)",
    )


def _query_times(database: _Database | None, views: Sequence[View]) -> Times:
    if database is None:
        return []
    return [_timed(partial(_run_query, database, view)) for view in views[:DATABASE_RUNS]]


_KEYS = {"path": "row"}


def _column(field: str) -> str:
    return "rating" if field.startswith("p:") else _KEYS.get(field, field)


def _run_query(database: _Database, view: View) -> None:
    where, values = _where(database, view)
    levels = [_level(database, level) for level in view.group]
    keys = [f"{level} nulls last" for level in levels]
    keys += [
        f"{_column(sort.field)} {'desc' if sort.descending else ''} nulls last"
        for sort in view.sort
    ]
    database.run(
        f"select row from images where {where} order by {', '.join([*keys, 'row'])}", values
    )
    if levels:
        named = ", ".join(levels)
        database.run(f"select {named}, count(*) from images where {where} group by {named}", values)


def _count_times(database: _Database | None, field: str) -> Times:
    """Count by value; of folders only those that hold files, of sizes only 40 equal steps."""
    if database is None:
        return []
    draw = random.Random(3)
    views = [View((_wide(draw),)) for _ in range(DATABASE_RUNS)]
    return [_timed(partial(_run_count, database, view, field)) for view in views]


def _run_count(database: _Database, view: View, field: str) -> None:
    where, values = _where(database, view)
    if field == "folder":
        rows = f"select row from images where {where}"
        query = f"select folder, count(distinct row) from files where row in ({rows}) group by 1"
    elif field == "tag":
        rows = f"select row from images where {where}"
        query = f"select tag, count(*) from tagged where row in ({rows}) group by 1"
    else:
        steps = {"year": database.year, "size": "size / 1000000", "rating": "round(rating)"}
        key = steps.get(field, field)
        query = f"select {key}, count(*) from images where {where} group by 1"
    database.run(query, values)


def _where(database: _Database, view: View) -> tuple[str, list[Any]]:
    condition, values = _part(database, Clause("all", view.where))
    return f"status = 'ok' and {condition}", values


def _level(database: _Database, level: Level) -> str:
    return getattr(database, level.by) if level.field == "taken_at" else level.field


def _part(database: _Database, part: Part) -> tuple[str, list[Any]]:
    if isinstance(part, Clause):
        inner = [_part(database, inner_part) for inner_part in part.parts]
        joined = (" or " if part.kind == "any" else " and ").join(text for text, _ in inner)
        values = [value for _, inner_values in inner for value in inner_values]
        return (f"(not coalesce({joined}, false))" if part.kind == "not" else f"({joined})"), values
    return _of_property(part) if part.field.startswith("p:") else _condition(database, part)


def _condition(database: _Database, part: Condition) -> tuple[str, list[Any]]:
    value = part.value
    match part.field, part.op:
        case "path", _:
            return database.contains, [value]
        case "folder", _:
            rows = "select row from files where folder = ? or (folder >= ? and folder < ?)"
            return f"row in ({rows})", [value[0], f"{value[0]}/", f"{value[0]}0"]
        case "cluster", _:
            return f"cluster in ({', '.join(map(str, value['numbers']))})", []
        case "format", _:
            return f"format in ({', '.join('?' * len(value))})", value
        case "taken_at", _:
            return "taken_at between ? and ?", [value[0], f"{value[1]} 23:59:59"]
        case field, "between":
            return f"{field} between ? and ?", value
        case field, "is empty":
            return f"{field} is null", []
        case field, sign:
            return f"{field} {sign} ?", [value]


def _of_property(part: Condition) -> tuple[str, list[Any]]:
    if part.op == "between":
        return "rating between ? and ?", part.value
    marks = ", ".join("?" * len(part.value))
    return f"row in (select row from tagged where tag in ({marks}))", part.value


# Thumbnails by a real server.


def _over_http(root: Path, current: Catalogue) -> dict[str, Times]:
    # Neighbours in an order by size lie far apart in the table.
    view = View(sort=(Sort("size"),))
    result = run_view(current, view)
    draw = random.Random(4)
    starts = [draw.randrange(len(result) - 200) for _ in range(24)]
    pages = [current.sha1s(result.rows[start : start + 200]) for start in starts]
    with serving(root) as address:
        host = urlsplit(address).netloc
        fetch = partial(_fetch, host)
        rows = [partial(_fetch_rows, host, view, start) for start in starts]
        # The first answer waits for what the server makes once.
        rows[0]()
        fetch(pages[0])
        return {
            "200 rows and their thumbnails over HTTP": [
                _timed(lambda fetch_rows=fetch_rows, page=page: (fetch_rows(), fetch(page)))
                for fetch_rows, page in zip(rows[1:12], pages[1:12], strict=True)
            ],
            "200 thumbnails without their rows": [
                _timed(partial(fetch, one)) for one in pages[12:]
            ],
            "the same again": [_timed(partial(fetch, one)) for one in pages[12:]],
        }


def _fetch_rows(host: str, view: View, start: int) -> None:
    connection = http.client.HTTPConnection(host)
    connection.request("GET", f"/rows?view={to_address(view)}&start={start}&count=200")
    assert connection.getresponse().read()
    connection.close()


def _fetch(host: str, sha1s: Sequence[str]) -> None:
    with ThreadPoolExecutor(8) as clients:
        list(clients.map(partial(_fetch_some, host), [sha1s[number::8] for number in range(8)]))


def _fetch_some(host: str, sha1s: Sequence[str]) -> None:
    connection = http.client.HTTPConnection(host)
    for sha1 in sha1s:
        connection.request("GET", f"/thumb/{sha1}")
        answer = connection.getresponse()
        assert answer.read() or answer.status == 404
    connection.close()


def _timed(act: Callable[[], object]) -> tuple[float, float]:
    """Return milliseconds of the processor, which hold on a busy machine, and of the clock."""
    began, worked = time.perf_counter(), time.process_time()
    act()
    return (time.process_time() - worked) * 1000, (time.perf_counter() - began) * 1000


def _print_times(name: str, times: Times, budget: float, others: Sequence[Times]) -> None:
    work, wall = (sorted(column) for column in zip(*times, strict=True))
    figures = " ".join(f"{_rank(one, share):8.1f}" for one in (work, wall) for share in (0.5, 0.95))
    beside = " ".join(f"{_compared(one, _rank(work, 0.5)):>14}" for one in others)
    print(f"{name:44} {figures} {budget:7.0f} {beside}", flush=True)


def _compared(times: Times, ours: float) -> str:
    if not times:
        return "-"
    other = _rank(sorted(work for work, _ in times), 0.5)
    return f"{other:.0f} ({other / ours:.1f})"


def _rank(ordered: Sequence[float], share: float) -> float:
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def _print_figure(name: str, figure: str, budget: str) -> None:
    print(f"{name:44} {figure:>8} {'':26} {budget:>7}", flush=True)


def _memory(root: Path) -> float:
    """Return how many GB a process takes at most that opens, warms and searches, and no more."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
        return alone.submit(_resident, root).result()


def _resident(root: Path) -> float:
    current = registry.load(project.open_project(root))
    warm(current)
    # Vectors and the scale of similarities are read here.
    for make in (*QUESTIONS.values(), *_of_vectors(current).values()):
        run_view(current, make(random.Random(0)))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def write(opened: project.Project, count: int) -> None:
    """Write a synthetic project of ``count`` images."""
    rng = np.random.default_rng(0)
    database = opened.database()
    sha1s = np.array([hashlib.sha1(str(number).encode()).hexdigest() for number in range(count)])
    # Few folders hold much, many hold little; each is of one decade.
    folder = (rng.random(count) ** 2 * FOLDERS).astype(np.int64)
    _write_files(opened, sha1s, folder, rng)
    pool = _thumbnails()
    for start in range(0, count, WRITTEN_AT_ONCE):
        some = slice(start, min(start + WRITTEN_AT_ONCE, count))
        rows = _images(sha1s[some], folder[some], pool, rng)
        database.append("images", _table("images", rows))
    database.compact("images")
    spots = rng.normal(0, 6, (count, 2)).astype(np.float32)
    projection = {"sha1": sha1s, "x": spots[:, 0], "y": spots[:, 1]}
    database.append("projection__visual", _table("projection", projection))
    clusters = {"sha1": sha1s, "cluster": rng.integers(-1, 400, count)}
    database.append("clusters__visual", _table("clusters", clusters))
    alike = sha1s[: count // 50]
    group = [f"near:{sha1s[number // 3 * 3]}" for number in range(len(alike))]
    duplicates = {
        "member": [f"{name}:{sha1}" for name, sha1 in zip(group, alike, strict=True)],
        "group": group,
        "kind": ["near"] * len(alike),
        "sha1": alike,
    }
    database.append("duplicates", _table("duplicates", duplicates))


def _write_vectors(opened: project.Project) -> None:
    """Write a vector of 512 numbers for each image, 400 kinds of them."""
    rng = np.random.default_rng(2)
    kinds = rng.standard_normal((400, DIM), np.float32)
    sha1s = opened.database().frame("images", ["sha1"])["sha1"]
    name = table_name("embeddings", ENCODER)
    for start in range(0, len(sha1s), WRITTEN_AT_ONCE):
        some = sha1s[start : start + WRITTEN_AT_ONCE]
        rows = kinds[rng.integers(0, len(kinds), len(some))]
        rows += 1.5 * rng.standard_normal(rows.shape, np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        numbers = pa.array(rows.astype(np.float16).ravel())
        vector = pa.FixedSizeListArray.from_arrays(numbers, DIM)
        columns = {"sha1": some.to_arrow(), "vector": vector, "run": ["bench"] * len(some)}
        opened.database().append(name, pa.table(columns, schema=schema.arrow(name, DIM)))
    opened.database().compact(name)


def _write_files(
    opened: project.Project, sha1s: np.ndarray, folder: np.ndarray, rng: np.random.Generator
) -> None:
    """Write a file for each image, a second for one in twenty, and some that are not readable."""
    count = len(sha1s)
    again = rng.choice(count, count // 20, replace=False)
    image = np.concatenate([np.arange(count), again])
    folder = np.concatenate([folder, rng.integers(0, FOLDERS, len(again))])
    folders = [_folder(number) for number in range(FOLDERS)]
    word = rng.integers(0, len(WORDS), len(image))
    path = [
        f"{folders[f]}/{WORDS[w]}{i % 9973:04}_{n:07}.jpg"
        for n, (i, f, w) in enumerate(
            zip(image.tolist(), folder.tolist(), word.tolist(), strict=True)
        )
    ]
    damaged = rng.random(len(image)) < 0.002
    sha1 = np.where(damaged, np.char.replace(sha1s[image], "a", "0"), sha1s[image])
    size = rng.lognormal(13.5, 1, count).astype(np.int64)[image]
    days = rng.integers(0, 400, count)[image]
    files = {
        "file_id": [f"{number:016x}" for number in range(len(image))],
        "source": [f"s{number % 4}" for number in folder.tolist()],
        "path": path,
        "folder": [folders[number] for number in folder.tolist()],
        "sha1": sha1,
        "size": size,
        "status": np.where(damaged, "unreadable", np.where(size % 200 == 0, "missing", "ok")),
        "first_seen": np.datetime64("2025-01-01", "us") + days * np.timedelta64(1, "D"),
    }
    opened.database().append("files", _table("files", files))


def _folder(number: int) -> str:
    return f"fonds {number // 750:02}/boîte {number // 30 % 25:02}/Dossier {number:05}"


def _images(
    sha1s: np.ndarray, folder: np.ndarray, pool: Sequence[bytes], rng: np.random.Generator
) -> dict[str, Any]:
    count = len(sha1s)
    year = 1850 + folder * 7919 % 150 + rng.integers(0, 10, count)
    days = (year - 1970) * 365.2425 + rng.integers(0, 365, count)
    minutes = (days * 1440).astype(np.int64) + rng.integers(0, 1440, count)
    taken = np.datetime64(0, "us") + minutes * np.timedelta64(1, "m")
    camera = rng.integers(0, len(CAMERAS) * 5 // 3, count)
    side = rng.integers(600, 6000, count)
    return {
        "sha1": sha1s,
        "format": [FORMATS[number] for number in rng.integers(0, len(FORMATS), count)],
        "mode": ["RGB"] * count,
        "width": side,
        "height": (side * rng.choice([0.5625, 0.6667, 0.75, 1, 1.3333, 1.5], count)).astype(int),
        "frames": np.where(rng.random(count) < 0.02, rng.integers(2, 200, count), 1),
        "orientation": np.ones(count, dtype=np.int64),
        "taken_at": pl.Series(taken).set(pl.Series(rng.random(count) < 0.1), None),
        "camera": [CAMERAS[index] if index < len(CAMERAS) else None for index in camera.tolist()],
        "colour": [f"#{index:06x}" for index in rng.integers(0, 1 << 24, count).tolist()],
        "phash": rng.integers(0, 1 << 63, count).astype(np.uint64),
        "thumbnail": [pool[number] for number in rng.integers(0, len(pool), count)],
    }


def _thumbnails() -> list[bytes]:
    """Make thumbnails of the demo's photographs: real ones, repeated."""
    with tempfile.TemporaryDirectory() as folder:
        made = demo.make(Path(folder), 200)
        photographs = [path for path in sorted(made.rglob("* [0-9]*.jpg"))]
        return [
            metadata.thumbnail(decode.open_image(path.read_bytes()))
            for path in photographs
            if path.stat().st_size > 5_000
        ]


def _table(name: str, columns: Mapping[str, Any]) -> pa.Table:
    wanted = schema.arrow(name)
    given = pl.DataFrame(columns).to_arrow()
    return pa.table(
        {
            field.name: given[field.name].cast(field.type)
            if field.name in columns
            else pa.nulls(given.num_rows, field.type)
            for field in wanted
        },
        schema=wanted,
    )


if __name__ == "__main__":
    main()
