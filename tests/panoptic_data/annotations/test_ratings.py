"""Stars and flags: what each mark does, and that they are properties as any other."""

import pytest

from panoptic_data.annotations import edits, properties, ratings
from panoptic_data.annotations.decisions import Decision
from tests.annotating import IMAGES, create_property, reopened, values_of

NAMES = ("Rating", "Picked")


def rate(store, mark, *images):
    def choose(state):
        changes, prop = ratings.rate(state, images or IMAGES[:1], mark, NAMES)
        return Decision(changes, "rate", prop and prop.name)

    return store.decide(choose).batch


def marks(store):
    """Return the marks of the first image: its rating, and whether it is picked."""
    state = reopened(store)
    values = []
    for prop in (ratings.rating_property(state), ratings.pick_property(state)):
        values.append(
            None if prop is None else next(iter(values_of(state, prop).get(IMAGES[0], ())), None)
        )
    return tuple(values)


def test_a_first_star_makes_the_property_and_is_undone_as_one(store):
    rate(store, "3")
    prop = ratings.rating_property(store.state())
    assert (prop.name, prop.type, dict(prop.options)) == ("Rating", "number", ratings.STARS)
    assert marks(store) == ("3", None)
    store.undo()
    assert store.state(fresh=True).live_properties == []


@pytest.mark.parametrize(
    ("pressed", "left"),
    [
        ("34", ("4", None)),
        ("33", (None, None)),
        ("0", ("0", None)),
        ("3p", ("3", "true")),
        ("px", ("-1", None)),
        ("xp", (None, "true")),
        ("x2", ("2", None)),
        ("3pu", ("3", None)),
        ("xu", (None, None)),
        ("u", (None, None)),
        ("pp", (None, "true")),
    ],
)
def test_marks_one_after_the_other(store, pressed, left):
    names = {"p": "pick", "x": "reject", "u": "clear"}
    for key in pressed:
        rate(store, names.get(key, key))
    assert marks(store) == left


def test_stars_of_several_are_taken_away_only_where_all_have_them(store):
    rate(store, "3", *IMAGES[:2])
    rate(store, "3", *IMAGES)
    rating = ratings.rating_property(store.state())
    assert values_of(store.state(), rating) == {image: {"3"} for image in IMAGES}
    rate(store, "3", *IMAGES)
    assert values_of(store.state(), rating) == {}


def test_a_property_that_is_called_so_is_taken_and_keeps_its_values(store):
    rating = create_property(store, "Évaluation", "number")
    store.commit(edits.set_value(store.state(), rating.id, IMAGES[1:2], 4), "set")
    rate(store, "5")
    assert [prop.id for prop in store.state().live_properties] == [rating.id]
    assert values_of(store.state(), rating) == {IMAGES[0]: {"5"}, IMAGES[1]: {"4"}}


def test_a_rating_of_another_kind_is_left_alone(store):
    for type, options in (("text", {}), ("number", {"least": 0, "most": 100})):
        name = "Rating" if type == "text" else "Stars"
        _, changes = properties.create(store.state().properties, name, type, options=options)
        store.commit(changes, "property")
    rate(store, "2")
    assert [prop.name for prop in store.state().live_properties] == [
        "Rating",
        "Stars",
        "Rating (2)",
    ]


def test_marks_of_nothing_write_nothing(store):
    assert rate(store, "clear").changes.is_empty()
    with pytest.raises(Exception, match="6"):
        rate(store, "6")
