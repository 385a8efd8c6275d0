"""Answers to suggestions kept as annotations, with the tags that they add."""

import json

import pyarrow as pa

from panoptic_data.annotations import edits, materialize
from panoptic_data.annotations.snapshot import read_snapshot
from panoptic_data.annotations.state import from_log
from panoptic_data.labelling import answers
from panoptic_data.storage import schema
from tests.labelled import SHA1S, answer, create_tags, tagged


def test_an_answer_and_its_tag_are_undone_as_one(project, store):
    theme, [war, _] = create_tags(store)
    answer(store, war, accepted=SHA1S[:2].tolist(), refused=SHA1S[2:4].tolist())
    values = dict(answers.answers_of(store.state(), war).select("target", "value").iter_rows())
    assert values == dict(zip(SHA1S[:4], ("true", "true", "false", "false"), strict=True))
    store.undo()
    assert tagged(store, theme) == set()
    assert answers.answers_of(store.state(), war).is_empty()
    store.redo()
    assert tagged(store, theme) == set(SHA1S[:2])


def test_another_answer_takes_the_place_of_the_last(project, store):
    theme, [war, _] = create_tags(store)
    answer(store, war, accepted=SHA1S[:3].tolist())
    answer(store, war, refused=[SHA1S[0]])
    assert tagged(store, theme) == set(SHA1S[1:3])
    by_hand = edits.add_tags(store.state(), theme, [SHA1S[5]], [war])
    store.commit(by_hand, "tag")
    answer(store, war, forgotten=[SHA1S[0], SHA1S[1], SHA1S[5]])
    # What was tagged by hand is not taken away with an answer that there never was.
    assert tagged(store, theme) == {SHA1S[2], SHA1S[5]}
    assert answers.answers_of(store.state(), war)["target"].to_list() == [SHA1S[2]]


def test_answers_go_with_a_tag_that_is_merged_and_its_history_names_them(store):
    theme, [war, sea] = create_tags(store)
    answer(store, war, accepted=[SHA1S[0]], refused=[*SHA1S[1:3].tolist(), SHA1S[4]])
    store.commit(edits.add_tags(store.state(), theme, [SHA1S[4]], [sea]), "tag")
    batch = answer(store, sea, accepted=[SHA1S[1]], refused=[SHA1S[0], SHA1S[3]])
    store.commit(edits.merge_tags(store.state(), war, [sea]), "tag")
    answered = answers.answers_of(store.state(), war).sort("target").select("target", "value")
    assert dict(answered.iter_rows()) == {
        SHA1S[0]: "true",
        SHA1S[1]: "true",
        SHA1S[2]: "false",
        SHA1S[3]: "false",
    }
    assert tagged(store, theme) == {*SHA1S[:2], SHA1S[4]}
    assert batch.id in store.history(property=theme)["batch"].to_list()


def test_answers_outlive_a_merge_and_a_replay(project, store):
    _, [war, sea] = create_tags(store)
    answer(store, war, accepted=SHA1S[:2].tolist(), refused=SHA1S[2:5].tolist())
    answer(store, sea, refused=[SHA1S[0]])
    result = materialize.update(project)
    project.database().append(
        "stages",
        _stage(result),
    )
    read = read_snapshot(project)
    for tag in (war, sea):
        kept, replayed = (
            answers.answers_of(state, tag).sort("target").drop("at")
            for state in (read, from_log(store.log()))
        )
        assert kept.equals(replayed)
        assert kept.height == (5 if tag == war else 1)
    assert materialize.differing(project) == 0


def _stage(result):
    row = {"stage": materialize.STAGE, "parameters": json.dumps(result.parameters)}
    wanted = schema.arrow("stages")
    return pa.Table.from_pylist([{name: row.get(name) for name in wanted.names}], schema=wanted)
