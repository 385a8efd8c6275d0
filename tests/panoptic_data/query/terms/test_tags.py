"""Tags in terms: of one property, of any, one of them or all."""

import time

import pytest

from panoptic_data.annotations.state import State
from panoptic_data.annotations.tags import Tag
from panoptic_data.query import writer
from panoptic_data.query.names import ProjectNames
from panoptic_data.query.terms.tags import write_tags
from panoptic_data.views.model import Clause, Condition, View
from tests.typed_views import (
    OWN,
    STATE,
    either,
    parse,
    single,
)

OF_PROPERTIES = [
    ("theme:war", single(OWN["theme"], "in", ["war"])),
    ("THEME:Été", single(OWN["theme"], "in", ["ete"])),
    ("theme:ETE", single(OWN["theme"], "in", ["ete2"])),
    ('theme:"war, civil"', single(OWN["theme"], "in", ["civil"])),
    ("theme:war,peace", single(OWN["theme"], "in", ["war", "peace"])),
    ("theme!=war", single(OWN["theme"], "not in", ["war"])),
    ("-theme:war", single(OWN["theme"], "not in", ["war"])),
    ("theme:war+peace", single(OWN["theme"], "all of", ["war", "peace"])),
    ("theme:war+", single(OWN["theme"], "all of", ["war"])),
    (
        'theme:"c++",war+"two words"',
        (
            either(
                single(OWN["theme"], "in", ["cpp"]), single(OWN["theme"], "all of", ["war", "yes"])
            ),
        ),
    ),
    (
        "kind:war+photo",
        (
            Clause(
                "all", (*single(OWN["kind"], "in", ["war2"]), *single(OWN["kind"], "in", ["photo"]))
            ),
        ),
    ),
    ("theme:none", single(OWN["theme"], "is empty")),
    ("theme:any", single(OWN["theme"], "is not empty")),
    ('theme:"none"', single(OWN["theme"], "in", ["none"])),
    ('theme:"#war"', single(OWN["theme"], "in", ["hash"])),
    ("theme:#lost", single(OWN["theme"], "in", ["lost"])),
    ("theme:same", single(OWN["theme"], "in", ["same1", "same2"])),
    (
        "tag:war",
        (either(single(OWN["theme"], "in", ["war"]), single(OWN["kind"], "in", ["war2"])),),
    ),
    ("etiquette:photo", single(OWN["kind"], "in", ["photo"])),
    ("-tag:peace", single(OWN["theme"], "not in", ["peace"])),
    (
        "tag:peace+photo",
        (
            Clause(
                "all",
                (*single(OWN["theme"], "in", ["peace"]), *single(OWN["kind"], "in", ["photo"])),
            ),
        ),
    ),
    ("tag:any", (either(*((Condition(OWN[it], "is not empty"),) for it in ("theme", "kind"))),)),
]


@pytest.mark.parametrize(("text", "where"), OF_PROPERTIES)
def test_tags_of_properties_are_read_and_written_back(text, where):
    parsed = parse(text, state=STATE)
    assert parsed.problems == ()
    assert parsed.where == where
    written = writer.write(View(where), encoder="clip", state=STATE)
    assert parse(written, state=STATE).where == where


def test_of_many_tags_the_closest_are_found_in_time():
    tags = {f"t{at}": Tag(f"t{at}", "theme", f"tag number {at}") for at in range(30_000)}
    state = State(properties=STATE.properties, tags=tags)
    begun = time.process_time()
    assert parse('theme:"tag nunber 7"', state=state).problems[0].key == "tag"
    assert parse('theme:"tag number 29999"', state=state).where[0].value == ["t29999"]
    assert time.process_time() - begun < 5


def test_tags_are_written_by_name_or_by_id_where_the_name_is_not_theirs_alone():
    names, field = ProjectNames(STATE), OWN["theme"]
    some = Condition(field, "in", ["war", "same1", "cpp", "lost"])
    assert write_tags(some, names) == 'war,#same1,"c++",#lost'
    assert write_tags(Condition(field, "all of", ["war"]), names) == "war+"
    assert write_tags(Condition(field, "all of", ["war", "peace"]), names) == "war+Peace"


def test_without_properties_no_tag_has_a_name():
    assert [problem.key for problem in parse("tag:war").problems] == ["tag_none"]
