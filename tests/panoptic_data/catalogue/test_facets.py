"""Counts of properties' values under a view, against a plain reading of the same values."""

import random
from collections import Counter

import polars as pl
import pytest

from panoptic_data.annotations import edits, properties, tags
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import facets, field_counts, registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.views.fields import property_field
from panoptic_data.views.model import Clause, Condition, Level, Sort, View, from_json, to_json
from tests import synthetic
from tests.synthetic import file, image, sha1

IMAGES = 200
# What is right above each tag: a truce belongs to both, as deep as each.
TREE = {
    "war": (),
    "peace": (),
    "trench": ("war",),
    "tank": ("war",),
    "treaty": ("peace",),
    "truce": ("war", "peace"),
    "christmas truce": ("truce",),
}


class Made:
    """A project with a property of each type, and what was written, for plain reading."""

    def __init__(self, root):
        self.project = synthetic.project(root)
        names = [str(number) for number in range(IMAGES)]
        synthetic.write(self.project, "images", [image(name) for name in names])
        places = {f"s/{int(name) % 3}/{name}.jpg": name for name in names}
        # Every tenth image has a second file.
        places |= {f"t/{name}.jpg": name for name in names[::10]}
        self.places = places
        synthetic.write(
            self.project, "files", [file(place, name) for place, name in places.items()]
        )
        self.store = annotations_of(self.project)
        draw = random.Random(4)
        self.themes = self.make("Theme", "tags")
        self.ids = {}
        for name, parents in TREE.items():
            self.ids[name] = self.tag(self.themes, name, parents)
        self.of_theme = {name: set(draw.sample(sorted(TREE), draw.randrange(5))) for name in names}
        for theme in TREE:
            held = [sha1(name) for name in names if theme in self.of_theme[name]]
            self.write(edits.add_tags(self.state, self.themes, held, [self.ids[theme]]))
        self.title = self.make("Title", "text")
        self.titles = {name: f"title {int(name) % 7}" for name in names if int(name) % 5}
        self.rating = self.make("Rating", "number")
        self.ratings = {name: int(name) % 6 for name in names if int(name) % 4}
        self.shot = self.make("Shot", "date")
        self.shots = {name: f"19{int(name) % 40 + 10}-05" for name in names if int(name) % 3}
        for property, known in (
            (self.title, self.titles),
            (self.rating, self.ratings),
            (self.shot, self.shots),
        ):
            parts = [
                edits.set_value(self.state, property, [sha1(name)], str(value))
                for name, value in known.items()
            ]
            self.write(pl.concat(parts))
        self.seen = self.make("Seen", "tag", target="file")
        self.at_desk = self.tag(self.seen, "at the desk", ())
        held = [synthetic.file(place, None)["file_id"] for place in places if place[0] == "t"]
        held += [synthetic.file("s/0/0.jpg", None)["file_id"]]
        self.write(edits.add_tags(self.state, self.seen, held, [self.at_desk]))

    @property
    def state(self):
        return self.store.state()

    def write(self, changes):
        self.store.commit(changes, "set", author="Ann")

    def make(self, name, type, **more):
        prop, changes = properties.create(self.state.properties, name, type, **more)
        self.store.commit(changes, "property")
        return prop.id

    def tag(self, property, name, parents):
        above = [self.ids[parent] for parent in parents]
        tag, changes = tags.create(self.state.tags, property, name, parents=above)
        self.store.commit(changes, "tag")
        return tag.id

    def field(self, id):
        return property_field(self.state.properties[id].type, id)


@pytest.fixture(scope="module")
def annotated(tmp_path_factory):
    return Made(tmp_path_factory.mktemp("facets") / "p")


@pytest.fixture(scope="module")
def corpus(annotated):
    return registry.get(annotated.project, fresh=True)


def with_above(names):
    above = {parent for name in names for parent in TREE[name]}
    return names | (with_above(above) if above else above)


@pytest.mark.parametrize("folder", [None, "s/1"])
def test_tags_count_images_with_all_below_them_once(annotated, corpus, folder):
    field = annotated.field(annotated.themes)
    view = View().with_condition(field, [annotated.ids["tank"]])
    view = view.with_condition("folder", [folder]) if folder else view
    shown = [name for name in annotated.of_theme if folder is None or int(name) % 3 == 1]
    counted = Counter(item for name in shown for item in with_above(annotated.of_theme[name]))
    answer = facets.tags(corpus, view, field)
    assert answer.counts == {annotated.ids[name]: counted[name] for name in TREE}
    assert answer.empty == sum(not annotated.of_theme[name] for name in shown)
    for name in TREE:
        query = facets.choose(view, field, [annotated.ids[name]])
        assert len(run_view(corpus, query)) == counted[name]


def test_an_image_in_several_groups_counts_once(annotated, corpus):
    field = annotated.field(annotated.themes)
    view = View().grouped_by(Level(field)).sorted_by(Sort("name"))
    result = run_view(corpus, view)
    assert len(result) == sum(max(1, len(with_above(held))) for held in annotated.of_theme.values())
    assert result.images == IMAGES
    assert facets.tags(corpus, view, field) == facets.tags(corpus, View(), field)
    assert sum(field_counts.formats(corpus, view).values()) == IMAGES
    assert facets.values(corpus, view, annotated.field(annotated.title)).empty == 40


def test_values_are_counted_most_frequent_first(annotated, corpus):
    field = annotated.field(annotated.title)
    answer = facets.values(corpus, View(), field, max_values=3)
    counted = Counter(annotated.titles.values())
    assert list(answer.counts.values()) == sorted(counted.values(), reverse=True)[:3]
    assert all(counted[title] == count for title, count in answer.counts.items())
    assert (answer.empty, answer.more) == (IMAGES - len(annotated.titles), len(counted) - 3)
    rare = min(counted, key=counted.get)
    picked = facets.values(corpus, facets.choose(View(), field, [rare]), field, max_values=1)
    assert picked.counts[rare] == counted[rare]


def test_few_whole_numbers_have_a_bar_each(annotated, corpus):
    field = annotated.field(annotated.rating)
    counts, edges, is_whole = facets.numbers(corpus, View(), field, 26)
    counted = Counter(annotated.ratings.values())
    assert is_whole
    assert edges == [0, 1, 2, 3, 4, 5, 6]
    assert counts == [counted[number] for number in range(6)]
    counts, edges, is_whole = facets.numbers(corpus, View(), field, 2)
    assert (is_whole, len(edges), sum(counts)) == (False, 3, len(annotated.ratings))


def test_dates_are_counted_by_month(annotated, corpus):
    field = annotated.field(annotated.shot)
    counted = Counter(annotated.shots.values())
    view = View().with_condition(field, ["1912-01-01", "1912-12-31"])
    assert facets.months(corpus, view, field) == {
        (int(date[:4]) * 12 + 4,) * 2: count for date, count in sorted(counted.items())
    }


def test_values_of_files_count_images_or_files_as_the_view_shows(annotated, corpus):
    field = annotated.field(annotated.seen)
    files = len(annotated.places)
    # Image "0" has two files that both have the tag.
    assert facets.tags(corpus, View(), field).counts == {annotated.at_desk: 20}
    assert facets.tags(corpus, View(), field).empty == IMAGES - 20
    by_file = View(mode="file")
    assert facets.tags(corpus, by_file, field).counts == {annotated.at_desk: 21}
    assert facets.tags(corpus, by_file, field).empty == files - 21
    titles = facets.values(corpus, by_file, annotated.field(annotated.title))
    assert sum(titles.counts.values()) == sum(
        name in annotated.titles for name in annotated.places.values()
    )


def test_authors_are_counted(corpus):
    assert facets.authors(corpus, View()).counts == {"Ann": IMAGES}


def test_what_is_chosen_is_part_of_the_view_and_read_back(annotated):
    view = View().with_condition("format", ["JPEG"])
    choices = {
        annotated.field(annotated.themes): [
            annotated.ids["war"],
            annotated.ids["peace"],
            None,
        ],
        annotated.field(annotated.title): ["title 1", None],
        "p:colour:abc": ["#aabbcc", "#000000"],
        "p:checkbox:abc": ["true", None],
        "author": ["Ann", "Bob"],
    }
    for field, chosen in choices.items():
        view = from_json(to_json(facets.choose(view, field, chosen)))
    assert {field: facets.chosen(view, field) for field in choices} == choices
    for field in choices:
        view = facets.choose(view, field, [])
    assert view == View().with_condition("format", ["JPEG"])


def test_what_was_built_otherwise_is_left_alone(annotated):
    field = annotated.field(annotated.title)
    built = Clause("any", (Condition(field, "=", "a"), Condition("format", "in", ["PNG"])))
    view = View((built, Condition(field, "!=", "b"), Condition(field, "contains", "c")))
    assert facets.chosen(view, field) == []
    assert facets.choose(view, field, []) == view
