"""``panoptic doctor`` and ``panoptic repair`` on tables that were removed, cut or overwritten."""

import json

import pytest

from app import cli
from panoptic_data import messages
from panoptic_data.annotations import log, properties, tags
from panoptic_data.annotations.store import Store, annotations_of
from panoptic_data.integrity import kinds
from panoptic_data.storage.project import open_project
from panoptic_data.storage.schema import TABLES
from tests.faults import damage
from tests.faults.damage import IMAGES

EVERY = (
    "annotation_events", "annotations", "clusters__visual", "embeddings__visual", "encoders",
    "files", "images", "properties", "runs", "sources", "stages",
)  # fmt: skip


@pytest.fixture
def panoptic(project, capsys):
    """Return a function that runs a command of ours and returns its exit code and JSON."""

    def run(*command):
        capsys.readouterr()
        code = cli.main([*command, "--json", "--project", str(project.root)])
        return code, json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def doctor(panoptic):
    """Return a function that returns the exit code of doctor and the findings that failed."""

    def run():
        code, answer = panoptic("doctor")
        return code, [f["text"] for f in answer["findings"] if f["state"] == "failed"]

    return run


@pytest.fixture
def repair(panoptic):
    """Return a function that repairs and returns what was done by table."""

    def run(*options):
        code, answer = panoptic("repair", *options)
        assert code == 0
        return {step["table"]: step for step in answer["steps"]}

    return run


def test_what_becomes_of_every_table_is_known():
    saved = {name for name in TABLES if not kinds.is_rebuilt(name)} - {kinds.LOG}
    texts = {key.removeprefix("cli.repair_then_") for key in messages.keys("en")}
    assert saved <= texts


def thumbnails(project):
    rows = open_project(project.root).database().read("images", ["sha1", "thumbnail"]).to_pylist()
    return {row["sha1"]: row["thumbnail"] for row in rows}


def commit(project, value):
    """Set Title of one image to a value, after the last merge."""
    store = annotations_of(open_project(project.root))
    title = next(prop for prop in store.state().properties.values() if prop.name == "Title").id
    target = sorted(store.state().values(title)["target"].to_list())[0]
    store.commit([log.Change("image", target, title, "set", value)], "set", author="ben")
    return target


def test_a_whole_project_is_whole(doctor, repair):
    assert doctor() == (0, [])
    assert repair() == {}


@pytest.mark.parametrize("table", EVERY)
@pytest.mark.parametrize(
    "harm", [pytest.param(damage.remove, marks=pytest.mark.slow), damage.truncate]
)
def test_doctor_names_the_table_and_after_a_repair_all_is_whole(
    processed, project, doctor, repair, table, harm
):
    before = damage.values(project)
    harm(project, table)
    code, failed = doctor()
    assert code == 1
    assert any(table in text and "panoptic " in text for text in failed), failed
    planned = repair("--dry-run")
    assert table in planned
    assert doctor() == (code, failed)
    done = repair()
    assert done.keys() == planned.keys()
    if harm is damage.truncate:
        place = project.root / done[table]["set_aside"]
        assert place.is_dir()
    if table == "sources":
        # Where the folders were is known to nobody else.
        damage.run(project, "app.cli", "add", str(processed.with_name("pictures")))
    damage.process(project)
    assert doctor() == (0, [])
    assert damage.values(project) == before
    database = open_project(project.root).database()
    for name in ("files", "images", "embeddings__visual", "clusters__visual"):
        assert database.count(name) == IMAGES, name


def test_flipped_bits_in_thumbnails_are_found_and_the_other_rows_are_saved(project, doctor, repair):
    before = thumbnails(project)
    flipped = damage.flip_thumbnails(project)
    code, failed = doctor()
    assert code == 1
    assert any(f"images is damaged, {len(flipped)} rows" in text for text in failed)
    code, _, errors = damage.run(project, "pipelines", "process")
    assert (code, "“images”" in errors) == (1, True)
    step = repair()["images"]
    after = thumbnails(project)
    # What is kept is what it was: the source's folder may be away.
    assert after == {sha1: data for sha1, data in before.items() if sha1 not in flipped}
    assert (step["kept"], step["lost"]) == (IMAGES - len(flipped), len(flipped))
    damage.process(project)
    assert thumbnails(project) == before
    assert doctor() == (0, [])


@pytest.mark.parametrize("harm", [damage.remove, damage.remove_manifests, damage.truncate])
def test_a_log_that_is_gone_is_made_of_what_was_merged(project, repair, harm):
    before = damage.values(project)
    events, _ = log.read(project)
    harm(project, log.TABLE)
    step = repair()[log.TABLE]
    assert step["lost"] in (0, None)
    opened = open_project(project.root)
    state = Store(opened).state()
    title = next(iter(state.properties))
    stored = state.values(title)
    assert dict(stored.select("target", "value").iter_rows()) == before
    assert set(stored["author"]) == {"anna"}
    # No process that has it open sees the log shrink.
    assert opened.database().count(log.TABLE) >= events.height
    target = commit(project, "after the repair")
    damage.process(project)
    assert damage.values(project) == {**before, target: "after the repair"}


def test_a_log_whose_changes_gave_several_tags_is_made_of_what_was_merged(project, repair):
    store = annotations_of(open_project(project.root))
    theme, changes = properties.create(store.state().properties, "Theme", "tags")
    known = {}
    for name in ("war", "peace", "sea"):
        tag, steps = tags.create(known, theme.id, name)
        known[tag.id] = tag
        changes += steps
    images = project.database().frame("images", ["sha1"])["sha1"].sort().to_list()
    given = json.dumps(list(known))
    changes += [log.Change("image", sha1, theme.id, "set", given) for sha1 in images]
    store.commit(changes, "import")
    damage.process(project)
    damage.remove(project, log.TABLE)
    assert repair()[log.TABLE]["lost"] in (0, None)

    def held():
        values = Store(open_project(project.root)).state().values(theme.id)
        return set(values.select("target", "value").iter_rows())

    expected = {(sha1, tag) for sha1 in images for tag in known}
    assert held() == expected
    commit(project, "after the repair")
    damage.process(project)
    assert held() == expected


def test_edits_after_the_last_merge_outlive_a_lost_beginning_of_the_log(project, repair):
    before = damage.values(project)
    first = damage.data_files(project, log.TABLE)
    target = commit(project, "not merged yet")
    for path in first:
        path.write_bytes(b"")
    assert repair()[log.TABLE]["lost"] == 0
    expected = {**before, target: "not merged yet"}
    assert damage.values(project) == expected
    damage.process(project)
    assert damage.values(project) == expected


def test_merged_values_that_differ_from_the_log_are_merged_again(project, doctor, repair):
    before = damage.values(project)
    database = project.database()
    rows = database.read("annotations")
    database.replace("annotations", rows.slice(0, rows.num_rows - 5))
    stage = database.take("stages", ["annotations"]).to_pylist()[0]
    parameters = json.loads(stage["parameters"])
    parameters["versions"]["annotations"] = database.version("annotations")
    import pyarrow as pa

    from panoptic_data.storage.schema import arrow

    row = {**stage, "parameters": json.dumps(parameters)}
    database.upsert("stages", pa.Table.from_pylist([row], schema=arrow("stages")))
    code, failed = doctor()
    assert (code, len(failed)) == (1, 1)
    assert repair().keys() == {"annotations", "properties", "tags"}
    damage.process(project)
    assert damage.values(project) == before
    assert doctor() == (0, [])


def test_a_repair_that_was_killed_is_finished_by_the_next(project, repair):
    before = thumbnails(project)
    damage.flip_thumbnails(project)
    repaired = repair()["images"]["kept"]
    # As a kill leaves it between the two renames.
    drafts = project.root / "repair"
    drafts.mkdir()
    (damage.folder_of(project, "images")).rename(drafts / "images.lance")
    assert repair()["images"]["action"] == "place"
    assert len(thumbnails(project)) == repaired
    assert not drafts.exists()
    damage.process(project)
    assert thumbnails(project) == before


def test_nothing_is_repaired_while_a_run_is_at_work(project):
    from panoptic_data.provenance import runs

    damage.remove(project, "clusters__visual")
    with runs.start(project, "process", {}):
        code, _, errors = damage.run(project, "app.cli", "repair")
    assert (code, len(errors.splitlines())) == (3, 1)
    assert not (project.root / "set-aside").exists()
