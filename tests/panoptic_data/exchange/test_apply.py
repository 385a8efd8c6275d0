"""What an import writes: one batch of properties, tags and values."""

from pathlib import Path

import pytest

from panoptic_data.annotations.store import annotations_of
from panoptic_data.errors import InvalidImport, InvalidTag, InvalidValue
from panoptic_data.exchange import apply, matching, plan, readers
from panoptic_data.exchange.matching import Matching
from panoptic_data.exchange.tables import NewTag
from tests import synthetic
from tests.images import shared
from tests.importing import MIXED, read_text, sha1s, values_of, write_text


def test_an_import_is_one_batch_that_undo_takes_back(project, tmp_path):
    planned = plan.make_plan(project, read_text(tmp_path, MIXED))
    seen = []
    batch = apply.apply_plan(project, planned, "ada", lambda done, of: seen.append((done, of)))
    red, other, blue = sha1s("red", "other red", "blue")
    assert values_of(project, "année") == {red: "1930", other: "1940-03", blue: "1930-10-24"}
    assert values_of(project, "note") == {red: "1234.5"}
    assert values_of(project, "vu") == {red: "true", other: "false"}
    assert values_of(project, "mots") == {red: ["guerre", "paix, enfin"], other: ["guerre"]}
    assert values_of(project, "kind") == {
        red: "Affiche, grande",
        other: "Affiche, grande",
        blue: "carte",
    }
    assert (seen[0], seen[-1]) == ((0, 6), (6, 6))
    store = annotations_of(project)
    assert (batch.act, batch.author, batch.about) == ("import", "ada", "values.csv")
    assert store.history()["batch"].to_list() == [batch.id]
    store.undo("ada")
    assert store.state(fresh=True).live_properties == []
    assert not any(cells.frame().height for cells in store.state().values_by_property.values())


def test_the_same_import_again_changes_nothing(project, tmp_path):
    read = read_text(tmp_path, MIXED)
    apply.apply_plan(project, plan.make_plan(project, read))
    assert apply.apply_plan(project, plan.make_plan(project, read)).changes.is_empty()


@pytest.mark.parametrize(
    ("existing", "names", "values"),
    [
        ("replace", ["n", "t"], ["2", ["b"], "2", ["c"]]),
        ("keep", ["n", "t"], ["1", ["a"], "2", ["c"]]),
        ("new", ["n", "t", "n (2)", "t (2)"], ["1", ["a"], None, None]),
    ],
)
def test_what_is_there_is_replaced_kept_or_left_beside(project, tmp_path, existing, names, values):
    apply.apply_plan(
        project,
        plan.make_plan(project, read_text(tmp_path, "path;n[number];t[tags]\n1930/red.jpg;1;a\n")),
    )
    read = read_text(tmp_path, "path;N;T\n1930/red.jpg;2;b\n1940/red.jpg;2;c\n")
    choices = {"T": {"type": "tags"}}
    apply.apply_plan(project, plan.make_plan(project, read, existing=existing, columns=choices))
    shown = annotations_of(project).state(fresh=True).live_properties
    assert [property.name.casefold() for property in shown] == names
    red, other = sha1s("red", "other red")
    first, second = values_of(project, "n"), values_of(project, "t")
    assert [first.get(red), second.get(red), first.get(other), second.get(other)] == values


def test_a_tree_of_tags_comes_from_a_csv(project, tmp_path):
    text = 'name;color;parents\nfruit;0;\n"apple, red";#ff0000;fruit,"plant, any"\nFRUIT;;plant\n'
    new = readers.read_tags(write_text(tmp_path, text))
    assert new[1] == NewTag("apple, red", "#ff0000", ("fruit", "plant, any"))
    apply.apply_tags(project, "Sujet", new)
    state = annotations_of(project).state(fresh=True)
    known = {tag.name: tag for tag in state.tags.values()}
    assert set(known) == {"fruit", "apple, red", "plant, any", "plant"}
    above = {state.tags[id].name for id in known["apple, red"].parents}
    assert (above, known["apple, red"].colour) == ({"fruit", "plant, any"}, "#ff0000")
    assert known["fruit"].parents == (known["plant"].id,)
    assert apply.apply_tags(project, "sujet", new).changes.is_empty()


@pytest.mark.parametrize(
    ("new", "error"),
    [
        ([NewTag("a", None, ("b",)), NewTag("b", None, ("a",))], InvalidTag),
        ([NewTag("a", "nothing")], InvalidValue),
    ],
)
def test_a_tree_that_cannot_be_is_refused_whole(project, new, error):
    with pytest.raises(error):
        apply.apply_tags(project, "Sujet", new)
    assert annotations_of(project).state(fresh=True).position == 0


def test_a_table_without_names_is_no_tree(tmp_path):
    with pytest.raises(InvalidImport) as raised:
        readers.read_tags(write_text(tmp_path, "a;b\n1;2\n"))
    assert raised.value.problem == "no_tag_names"


def test_a_notebook_runs_the_example_of_the_docs(project, tmp_path):
    """The Python of docs/annotations.md, as it stands there."""
    write_text(tmp_path, "path;kind[tag]\n1930/red.jpg;poster\nno.jpg;card\n", name="labels.csv")
    docs = Path(__file__).parents[3] / "docs" / "annotations.md"
    section = docs.read_text(encoding="utf-8").partition("## Import\n")[2]
    example = section.partition("```python\n")[2].partition("```")[0]
    for name in ("war", "labels.csv"):
        example = example.replace(f'"{name}"', repr(str(tmp_path / name)))
    namespace: dict[str, object] = {}
    exec(example, namespace)
    assert namespace["batch"].author == "ada"
    assert values_of(project, "Kind") == {synthetic.sha1("red"): "poster"}


def test_the_labels_of_clothes_come_in(tmp_path):
    labels = shared("clothing-1k") / "labels.csv"
    project = synthetic.project(tmp_path / "p")
    paths = [line.partition(";")[0] for line in labels.read_text().splitlines()[1:]]
    synthetic.write(project, "files", [synthetic.file(f"clothes/{path}", path) for path in paths])
    apply.apply_plan(project, plan.make_plan(project, readers.read(labels)))
    kinds = values_of(project, "kind")
    assert kinds == {synthetic.sha1(path): path.partition("/")[0] for path in paths}


def test_the_watercolours_come_in_by_row_number(tmp_path):
    paintings = shared("usda-pomological") / "data" / "usda_pomological_watercolors.csv"
    project = synthetic.project(tmp_path / "p")
    files = [synthetic.file(f"usda/images/image-{n}.jpg", f"image-{n}") for n in range(7580)]
    synthetic.write(project, "files", files)
    read = readers.read(paintings)
    assert matching.propose(project, read) == Matching("row", None, "usda/images")
    planned = plan.make_plan(project, read)
    types = {column.name: column.type for column in planned.columns if column.take}
    assert types == {
        "authors": "tag",
        "fruit": "text",
        "image": "url",
        "painting_index": "number",
        "subjects": "tags",
        "thumbnail_image": "url",
        "year": "date",
    }
    assert sum(reading.unreadable.height for reading in planned.readings) == 0
    apply.apply_plan(project, planned)
    years, subjects = values_of(project, "year"), values_of(project, "subjects")
    assert len(years) == 7580 - 364
    tenth = synthetic.sha1("image-5")
    assert (years[tenth], subjects[tenth]) == ("1924", ["Adansonia digitata", "baobab"])
    assert values_of(project, "authors")[tenth] == "Newton, Amanda Almira, ca. 1860-1943"
