"""Images of a project suggested for a tag."""

from pathlib import Path

import polars as pl
import pytest

from panoptic_data.annotations import edits, tags
from panoptic_data.annotations.store import annotations_of
from panoptic_data.errors import InvalidTag, NoEmbeddings
from panoptic_data.labelling import answers, suggest
from panoptic_data.views import model
from tests.labelled import COUNT, SHA1S, answer, create_tags, rows_of, tagged
from tests.vectors import SLUG


def names(suggested):
    return [image.sha1 for image in suggested.images]


def test_images_are_offered_that_are_not_in_nor_refused(project, store):
    theme, [war, _] = create_tags(store)
    known = [SHA1S[row] for row in rows_of(1)[rows_of(1) >= 10][:6]]
    first = suggest.suggest(project, war, SLUG, examples=known, count=30)
    assert first.kind == "classifier"
    assert not set(names(first)) & set(known)
    assert {image.why for image in first.images} <= set(known)
    answer(store, war, accepted=known)
    answer(store, war, refused=names(first)[:2])
    second = suggest.suggest(project, war, SLUG, count=COUNT)
    assert not set(names(second)) & {*known, *names(first)[:2]}
    assert set(names(second)) <= set(SHA1S[10:-1])
    assert second.progress == suggest.Progress(6, 6, 2, COUNT - 11 - 8)
    assert len(second.images) == second.progress.candidates
    assert tagged(store, theme) == set(known)


def test_only_what_the_view_shows_is_offered(project, store):
    _, [war, _] = create_tags(store)
    answer(store, war, accepted=SHA1S[10:16])
    store.commit(edits.exclude(store.state(), [SHA1S[20]]), "exclude")
    view = model.View(where=(model.Condition("folder", "in", ["s/even"]),))
    suggested = suggest.suggest(project, war, SLUG, view=view, count=COUNT)
    assert set(names(suggested)) == {SHA1S[row] for row in range(16, COUNT, 2) if row != 20}


def test_images_of_other_tags_of_one_are_not_offered_but_teach(project, store):
    theme, [war, sea] = create_tags(store, "tag")
    change = edits.add_tags(store.state(), theme, SHA1S[rows_of(2)[-20:]].tolist(), [sea])
    store.commit(change, "tag")
    answer(store, war, accepted=SHA1S[rows_of(1)[-3:]])
    suggested = suggest.suggest(project, war, SLUG, count=COUNT)
    assert not set(names(suggested)) & set(SHA1S[rows_of(2)[-20:]])
    assert suggested.kind == "classifier"


def test_a_tag_of_files_is_put_on_the_files_and_answered_of_the_image(project, store):
    theme, [war, _] = create_tags(store, target="file")
    files = project.database().frame("files", ["file_id", "sha1"])
    answer(store, war, accepted=SHA1S[10:16].tolist(), refused=[SHA1S[16]], files=files)
    wanted = files.filter(pl.col("sha1").is_in(SHA1S[10:16].tolist()))["file_id"]
    assert tagged(store, theme) == set(wanted)
    suggested = suggest.suggest(project, war, SLUG, count=COUNT)
    assert suggested.progress.inside == 6
    assert not set(names(suggested)) & set(SHA1S[10:17])


def test_a_tag_below_counts_as_inside(project, store):
    _, [war, sea] = create_tags(store)
    store.commit(tags.link(store.state().tags, sea, war), "link")
    answer(store, sea, accepted=SHA1S[10:14].tolist())
    assert suggest.suggest(project, war, SLUG).progress.inside == 4
    assert suggest.suggest(project, sea, SLUG).progress.inside == 4


def test_without_examples_nothing_is_offered_and_what_is_not_there_is_told(project, store):
    _, [war, _] = create_tags(store)
    assert suggest.suggest(project, war, SLUG).kind == "none"
    with pytest.raises(InvalidTag):
        suggest.suggest(project, "nothere", SLUG)
    with pytest.raises(NoEmbeddings):
        suggest.suggest(project, war, "timm-none")


def test_a_notebook_runs_the_example_of_the_docs(project, store):
    """The Python of docs/annotations.md, as it stands there."""
    _, [tag, _] = create_tags(store, names=("Naval battle", "Sea"))
    answer(store, tag, accepted=SHA1S[10:14].tolist())
    docs = Path(__file__).parents[3] / "docs" / "annotations.md"
    section = docs.read_text(encoding="utf-8").partition("## Suggestions\n")[2]
    example = section.partition("```python\n")[2].partition("```")[0]
    here = repr(str(project.root))
    names: dict[str, object] = {}
    exec(example.replace('"war"', here).replace("clip-vit-b-32", SLUG), names)
    assert names["batch"].author == "ada"
    assert answers.answers_of(annotations_of(names["war"]).state(), tag).height == 5
