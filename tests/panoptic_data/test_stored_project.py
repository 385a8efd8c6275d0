"""A project made by an earlier release opens: every value, view, group and run is still there.

``stored_project.zip`` is what release 0.1.0 left on disk (settings, tables, an uploaded picture) of
16 files in two folders, whose pictures are gone. The last events of its log are not merged.
``stored_project.json`` is what that release answered about it, with paths in place of sha1s. Both
are data of the past: code that disagrees with them is wrong, save where a test here says why.
"""

import copy
import hashlib
import json
import re
import zipfile
from pathlib import Path

import pytest

from panoptic_data.annotations import edits, materialize
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import registry
from panoptic_data.catalogue.execute import run_view, window
from panoptic_data.duplicates import review
from panoptic_data.labelling import answers, suggest
from panoptic_data.provenance import overview, runs, stages
from panoptic_data.query import parser
from panoptic_data.storage.project import open_project
from panoptic_data.views import model, saved
from tests.dashboard import panoptic

HERE = Path(__file__).parent
STORED = json.loads((HERE / "stored_project.json").read_text(encoding="utf-8"))
SLUG = "visual"
# A run without the pictures merges the log, records itself, and notes that the folder is away.
WRITTEN_BY_A_RUN = {"annotations", "properties", "tags", "runs", "stages", "sources"}
# The groups are the same, and say now what each image is beside another: new columns, other runs.
WRITTEN_BY_A_RUN |= {"duplicates"}


# Tones, dates and captions are read otherwise than by that release, and duplicates found otherwise:
# a run reads the files again, and what is made of them is looked at again.
READ_OTHERWISE_NOW = {
    **{f"images/{source}": "code" for source in ("affiches", "cartes")},
    **{f"embeddings/visual/{source}": "inputs" for source in ("affiches", "cartes")},
    "corpus": "inputs",
    **{f"{kind}/visual": "inputs" for kind in stages.PER_ENCODER},
    "duplicates": "code",
    "annotations": "inputs",
}


@pytest.fixture
def project(tmp_path):
    zipfile.ZipFile(HERE / "stored_project.zip").extractall(tmp_path / "atelier")
    return open_project(tmp_path / "atelier")


def read_settings(project):
    return {
        "name": project.name,
        "created_at": project.created_at,
        "encoders": project.encoders,
    }


def read_tables(project):
    """Return each table's columns, and a digest of all its cells.

    Only of the tables and columns that the release knew: columns declared since read as null at
    first, and tables declared since are made by the first run.
    """
    database = project.database()
    return {
        name: digest(database.read(name, list(STORED["tables"][name]["columns"])))
        for name in sorted(database.names() & STORED["tables"].keys())
    }


def read_images(project):
    current = registry.get(project)
    every = "status:ok,unreadable,missing (excluded:yes OR excluded:no)"
    return window(current, run_view(current, parser.to_view(parser.parse(every))), 0, 100)


def read_properties(project):
    """Return every property, and its values by path: deleted and hidden ones too."""
    state, names = annotations_of(project).state(), {**image_names(project), **file_names(project)}
    tags = {tag.id: tag.name for tag in state.tags.values()}
    return {
        prop.name: {
            "type": prop.type,
            "target": prop.target,
            "folder": prop.folder,
            "options": prop.options,
            "hidden": prop.hidden,
            "deleted": prop.deleted,
            "values": sorted(
                [names[target], tags.get(value, value), author]
                for target, value, author in columns(
                    state.values(prop.id), "target", "value", "author"
                )
            ),
        }
        for prop in state.properties.values()
    }


def read_tags(project):
    state = annotations_of(project).state()
    return [
        {
            "name": tag.name,
            "property": state.properties[tag.property].name,
            "parents": [state.tags[id].name for id in tag.parents],
            "colour": tag.colour,
            "key": tag.key,
            "deleted": tag.deleted,
        }
        for tag in state.tags.values()
    ]


def read_history(project):
    store = annotations_of(project)
    names = ("batch", "at", "author", "act", "about", "kind", "targets", "changes", "is_on")
    return {
        "unmerged": materialize.behind(project),
        "differing": materialize.differing(project),
        "undo": [store.can_undo(author) for author in ("anna", "Émile")],
        "batches": columns(store.history(), *names),
    }


def read_saved_views(project):
    current = registry.get(project)
    return [
        {
            "id": kept.id,
            "name": kept.name,
            "author": kept.author,
            "at": kept.changed_at,
            "tab": kept.position,
            "view": model.to_json(kept.view),
            "address": model.to_address(kept.view),
            **shown(current, kept.view),
        }
        for kept in saved.list_views(project)
    ]


def read_duplicates(project):
    current = registry.get(project)
    of_groups = ("keeper", "others", "reason", "count", "distance")
    opened = {kind: review.open_groups(current, kind) for kind in review.kinds(current)}
    return {
        "members": sorted(columns(current.duplicates(), "kind", "group", "row", "distance")),
        "open": {
            kind: columns(groups.ordered("folder"), *of_groups) for kind, groups in opened.items()
        },
    }


def read_map(project):
    """Return each image's cluster and position, and the clusters."""
    current = registry.get(project)
    positions = current.projection(SLUG)
    rows = zip(
        current.frame["place"], current.clusters(SLUG), positions.x, positions.y, strict=True
    )
    info = columns(current.cluster_info(SLUG), "number", "size", "medoid")
    return {"images": [list(row) for row in rows], "clusters": info}


def read_answers(project):
    """Return what was answered to suggestions, by tag, and what is suggested now."""
    state, names = annotations_of(project).state(), image_names(project)
    answered = {tag.name: answers.answers_of(state, tag.id) for tag in state.tags.values()}
    (naval,) = (tag.id for tag in state.tags.values() if tag.name == "bataille navale")
    offer = suggest.suggest(project, naval, SLUG)
    return {
        "answers": {
            tag: sorted(
                (names[target], value) for target, value in columns(rows, "target", "value")
            )
            for tag, rows in answered.items()
            if rows.height
        },
        "offered": [offer.kind, sorted(image.sha1 for image in offer.images)],
    }


def read_runs(project):
    of_runs = (
        "run",
        "what",
        "started_at",
        "finished_at",
        "who",
        "outcome",
        "code_version",
        "counts",
    )
    of_stages = ("stage", "data_version", "inputs", "code_version", "parameters", "at", "run")
    records = stages.latest(project)
    return {
        "runs": columns(runs.recent(project), *of_runs),
        "stages": sorted(columns(records, *of_stages)),
        "stale": stages.stale(records, ("affiches", "cartes"), (SLUG,)),
        "reasons": overview.reason_counts(project),
        "problems": [
            [problem.path, problem.status, problem.reason]
            for problem in overview.problem_files(project)
        ],
    }


SECTIONS = {
    name.removeprefix("read_"): read
    for name, read in list(globals().items())
    if name.startswith("read_")
}


@pytest.mark.parametrize("section", SECTIONS)
def test_it_holds_what_it_held(project, section):
    expected = copy.deepcopy(STORED[section])
    if section in ("images", "map"):
        rows = expected if section == "images" else expected["images"]
        rows[:] = moved(rows, lambda row: row["place"] if section == "images" else row[0])
    if section == "saved_views":
        expected = [in_natural_order(view) for view in expected]
    if section == "duplicates":
        # Copies are offered only where their files are on the disk: nobody keeps what is gone.
        assert expected["open"]["exact"]
        expected["open"]["exact"] = []
    if section == "runs":
        expected["stale"] = READ_OTHERWISE_NOW
    assert plain(project, SECTIONS[section](project)) == expected


@pytest.mark.parametrize("text", STORED["queries"])
def test_a_query_finds_what_it_found(project, text):
    expected = in_natural_order(STORED["queries"][text])
    assert plain(project, ask(project, text)) == as_precise(expected)


def as_precise(answer):
    """Return groups by month where a date that is but a year is not put in its January."""
    if [level.get("by") for level in answer["view"].get("group", ())] != ["month"]:
        return answer
    groups = [[*place, "1912" if key == "1912-01" else key] for *place, key in answer["groups"]]
    return answer | {"groups": groups}


def in_natural_order(answer):
    """Return what was shown in the order of now: accents count for nothing, "été" is before "p".

    Only two neighbours in the order of paths change places by it, inside their group.
    """
    fields = {part.get("field") for part in answer["view"]["where"]}
    if answer["view"]["sort"] or fields & {"like", "similar"}:
        return answer
    groups = answer.get("groups") or [[0, 0, len(answer["paths"]), None]]
    deepest = max(depth for depth, *_ in groups)
    leaves = [answer["paths"][start : start + count] for depth, start, count, _ in groups
              if depth == deepest]  # fmt: skip
    return answer | {"paths": [path for leaf in leaves for path in moved(leaf, str)]}


def moved(rows, path_of):
    """Return rows with paix.png behind the folder "été 1936", which it was before."""
    last = [row for row in rows if path_of(row) == "affiches/paix.png"]
    summer = [index for index, row in enumerate(rows) if "/été 1936/" in path_of(row)]
    if not last or not summer:
        return rows
    rest = [row for row in rows if row not in last]
    end = rest.index(rows[summer[-1]]) + 1
    return [*rest[:end], *last, *rest[end:]]


def test_reading_it_writes_no_table(project):
    before = content(project)
    for read in SECTIONS.values():
        read(project)
    assert content(project) == before


def only_known(answer, known):
    """Return an answer without the keys that ``known`` has not."""
    if isinstance(known, dict) and isinstance(answer, dict):
        return {name: only_known(answer[name], known[name]) for name in known if name in answer}
    if isinstance(known, list) and isinstance(answer, list) and len(known) == len(answer):
        return [only_known(*pair) for pair in zip(answer, known, strict=True)]
    return answer


def test_the_commands_answer_what_they_answered(project, monkeypatch):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    answers = plain(project, ask_commands(project))
    # More is said of folders and files since: what was said is still there. The version of the
    # catalogue is a digest of what it was read from, which is more tables now.
    query = {key: value for key, value in STORED["commands"]["query"].items() if key != "version"}
    # Doctor says of the images how many are missing, as pages do.
    before, now = "images: 14, sources: 2", "14 images, 1 of them missing; sources: 2"
    doctor = [
        finding | {"text": finding["text"].replace(before, now)}
        for finding in STORED["commands"]["doctor"]
    ]
    known = STORED["commands"] | {"query": query, "doctor": doctor}
    assert only_known(answers, known) == known


def test_an_edit_is_written_beside_what_was_there(project):
    before, prop = plain(project, read_properties(project)), find_property(project, "Titre")
    names = {name: sha1 for sha1, name in image_names(project).items()}
    store = annotations_of(project)
    changes = edits.set_value(store.state(), prop, [names["affiches/paix.png"]], "Colombe")
    store.commit(changes, "set", author="anna")
    before["Titre"]["values"] = sorted(
        [*before["Titre"]["values"], ["affiches/paix.png", "Colombe", "anna"]]
    )
    # Read from the disk by a process that has not seen the edit.
    answer = panoptic("query", "Titre:colombe", "--project", project.root, "--json")
    assert [row["place"] for row in json.loads(answer)["rows"]] == ["affiches/paix.png"]
    assert plain(project, read_properties(project)) == before


def test_a_run_without_the_pictures_merges_the_log_and_keeps_the_rest(project):
    panoptic("process", "--project", project.root)
    after = read_tables(project)
    changed = {name for name in after if plain(project, after[name]) != STORED["tables"][name]}
    assert changed <= WRITTEN_BY_A_RUN
    assert set(after) == set(STORED["tables"])
    assert plain(project, read_properties(project)) == STORED["properties"]
    assert (materialize.behind(project), materialize.differing(project)) == (0, 0)


def ask(project, text):
    current = registry.get(project)
    parsed = parser.parse(text, encoder=SLUG, state=current.annotations)
    assert not parsed.problems
    view = parser.to_view(parsed)
    return {"view": model.to_json(view), **shown(current, view)}


def ask_commands(project):
    def run(*arguments):
        return json.loads(panoptic(*arguments, "--project", project.root, "--json"))

    findings = run("doctor")["findings"]
    image = next(sha1 for sha1, name in image_names(project).items() if name.endswith("Brest.jpg"))
    return {
        "status": run("status"),
        "query": run("query", "Sujet:mer OR format:gif sort:-Année group:Genre"),
        "search": [row["path"] for row in run("search", f"image:{image}")["results"]],
        # Those before are about the machine: these are of the project, two folders, an encoder.
        "doctor": findings[-4:],
    }


def shown(current, view):
    """Return the paths that a view shows, and its groups."""
    result = run_view(current, view)
    answer = {"paths": [row["place"] for row in window(current, result, 0, 100)]}
    if result.groups is not None:
        numbers = (result.groups.depth, result.groups.start, result.groups.count)
        answer["groups"] = list(map(list, zip(*numbers, result.groups.values, strict=True)))
    return answer


def find_property(project, name):
    properties = annotations_of(project).state().properties.values()
    return next(prop.id for prop in properties if prop.name == name)


def image_names(project):
    """Return the path of each image's first file by sha1."""
    rows = project.database().frame("files", ["sha1", "source", "path"]).sort("source", "path")
    names = {}
    for sha1, source, path in rows.iter_rows():
        names.setdefault(sha1, f"{source}/{path}")
    return names


def file_names(project):
    rows = project.database().frame("files", ["file_id", "source", "path"])
    return {file: f"{source}/{path}" for file, source, path in rows.iter_rows()}


def columns(frame, *names):
    return [list(row) for row in frame.select(names).iter_rows()]


def digest(rows):
    cells = sorted(json.dumps(row, default=as_text) for row in rows.to_pylist())
    schema = {field.name: str(field.type) for field in rows.schema}
    return {
        "columns": schema,
        "rows": rows.num_rows,
        "digest": hashlib.sha1("\n".join(cells).encode()).hexdigest()[:16],
    }


def content(project):
    files = sorted(path for path in project.lance.rglob("*") if path.is_file())
    return {path.relative_to(project.lance): path.read_bytes() for path in files}


def plain(project, value):
    """Return a value as it comes back from JSON, with paths in place of sha1s."""
    names = image_names(project)
    text = json.dumps(value, ensure_ascii=False, default=as_text)
    text = text.replace(json.dumps(str(project.root))[1:-1], "PROJECT")
    return json.loads(
        re.sub("[0-9a-f]{40}", lambda sha1: json.dumps(names.get(sha1[0], sha1[0]))[1:-1], text)
    )


def as_text(value):
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if hasattr(value, "isoformat") else dict(value)
