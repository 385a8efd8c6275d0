"""Who proposed a value: a person, an import or a model; in the state, the table and views."""

import numpy as np
import pytest

import panoptic_data
from panoptic_data.annotations import edits, materialize, snapshot
from panoptic_data.annotations.proposals import Proposed, proposer
from panoptic_data.annotations.store import Store, annotations_of
from panoptic_data.catalogue import registry
from panoptic_data.labelling import answers
from panoptic_data.provenance import stages
from panoptic_data.storage.project import set_encoders
from panoptic_data.vectors import encoder_changes
from tests import synthetic
from tests.annotating import create_property, create_tag
from tests.vectors import drop_columns, embed, grouped

NAMES = ("by hand", "imported", "suggested", "bare")
BY_HAND, IMPORTED, SUGGESTED, _ = SHA1S = [synthetic.sha1(name) for name in NAMES]
ENCODERS = ("visual", "clip", "clip:ViT-B-16", "timm:mobilenetv2_100", "timm:resnet50.a1_in1k")


@pytest.fixture
def noted(tmp_path):
    """A project with the tag "war" on three images, given by a person, an import and a model."""
    project = synthetic.project(tmp_path / "project")
    synthetic.write(project, "images", [synthetic.image(name) for name in NAMES])
    synthetic.write(project, "files", [synthetic.file(f"s/{name}.jpg", name) for name in NAMES])
    store = annotations_of(project)
    theme = create_property(store, "Theme", "tags")
    war = create_tag(store, theme, "war")
    for act, sha1 in (("tag", BY_HAND), ("import", IMPORTED)):
        store.commit(edits.add_tags(store.state(), theme.id, [sha1], [war.id]), act, author="ana")
    proposed = {SUGGESTED: Proposed("visual", 0.87654)}
    changes = answers.answer_changes(store.state(), war.id, [SUGGESTED], proposed=proposed)
    store.commit(changes, "answer", author="bo")
    return project, theme, war


def merge(project):
    result = materialize.update(project)
    stages.record(project, materialize.STAGE, result, {}, "1", "run")


def table(project, theme):
    columns = ["target", "proposed_by", "score", "encoder", "author"]
    rows = project.database().frame("annotations", columns, f"property = '{theme.id}'")
    return {target: tuple(rest) for target, *rest in rows.iter_rows()}


def shown(project, query):
    return set(panoptic_data.select_images(project, query)["sha1"])


def test_the_merged_table_says_who_proposed_how_surely_and_who_approved(noted):
    project, theme, _ = noted
    merge(project)
    assert table(project, theme) == {
        BY_HAND: ("person", None, None, "ana"),
        IMPORTED: ("import", None, None, "ana"),
        SUGGESTED: ("model", np.float32(0.8765), "visual", "bo"),
    }
    assert materialize.differing(project) == 0


def test_views_are_filtered_and_grouped_by_who_proposed(noted):
    project, *_ = noted
    assert shown(project, "proposed:model") == {SUGGESTED}
    assert shown(project, "proposed:person,import") == {BY_HAND, IMPORTED}
    assert shown(project, "proposed@Theme:import") == {IMPORTED}
    assert shown(project, "proposed:none") == {SHA1S[3]}
    assert shown(project, "-proposed:model proposed:any") == {BY_HAND, IMPORTED}
    rows, codes, names = registry.get(project, fresh=True).proposers()
    assert (names, len(rows), len(codes)) == (["import", "model", "person"], 3, 3)


def test_a_column_of_an_export_says_it_where_it_is_asked_for(noted, tmp_path):
    project, *_ = noted
    panoptic_data.export(project, "csv", tmp_path / "a.csv", columns=["name", "proposed_by"])
    lines = (tmp_path / "a.csv").read_text("utf-8-sig").splitlines()
    assert any(line.endswith("suggested.jpg,model") for line in lines)
    panoptic_data.export(project, "csv", tmp_path / "all.csv")
    assert "proposed_by" not in (tmp_path / "all.csv").read_text("utf-8-sig").splitlines()[0]


def test_a_tag_that_a_person_gives_again_is_that_persons(noted):
    project, theme, war = noted
    store = annotations_of(project)
    store.commit(edits.remove_tags(store.state(), theme.id, [SUGGESTED], [war.id]), "untag")
    store.commit(edits.add_tags(store.state(), theme.id, [SUGGESTED], [war.id]), "tag")
    merge(project)
    assert table(project, theme)[SUGGESTED][:3] == ("person", None, None)


def test_tables_of_an_earlier_release_learn_it_from_the_log(noted):
    project, theme, _ = noted
    merge(project)
    drop_columns(project, "annotations", ["act", "proposed_by", "score", "encoder"])
    version = project.database().version("annotations")
    record = {**snapshot.read_record(project)}
    record["versions"] = {**record["versions"], "annotations": version}
    result = stages.StageResult(3, record["content"], parameters=record)
    stages.record(project, materialize.STAGE, result, {}, "1", "run")
    values = Store(project).state().values(theme.id)
    acts = dict(values.select("target", "act").iter_rows())
    assert acts == {BY_HAND: "tag", IMPORTED: "import", SUGGESTED: "answer"}


def test_what_a_repair_could_not_find_out_is_not_made_up():
    assert [proposer(act) for act in ("recovered", None, "stamp")] == [None, None, "person"]


def test_values_by_hand_survive_five_encoders_that_come_and_go(noted):
    project, theme, _ = noted
    sentence = panoptic_data.lineage(project, BY_HAND, "tag war")[0]["sentence"]
    for number, text in enumerate(ENCODERS):
        project = set_encoders(project, (text,))
        slug = encoder_changes.find(project, text).slug
        row = {"slug": slug, "text": text, "status": "ready", "fingerprint": text, "run": "r"}
        synthetic.write(project, "encoders", [{**row, "checked_at": synthetic.AT}])
        embed(project, SHA1S, grouped(4, dim=8, seed=number)[0], slug)
        merge(project)
        before = table(project, theme)
        project = encoder_changes.remove(project, text)
        assert project.database().count(f"embeddings__{slug}") == 0
        merge(project)
        assert table(project, theme) == before
        assert shown(project, "proposed:person") == {BY_HAND}
        [value] = panoptic_data.lineage(project, BY_HAND, "tag war")
        assert value["sentence"] == sentence
        # What a model proposed stays said after that model is gone.
        assert before[SUGGESTED][:3] == ("model", np.float32(0.8765), "visual")
