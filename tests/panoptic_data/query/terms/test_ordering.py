"""Orders and groups in a query."""

import pytest

from panoptic_data.query.names import ProjectNames
from panoptic_data.query.terms.ordering import write_level, write_sort
from panoptic_data.query.terms.term import Context
from panoptic_data.views.model import Level, Sort
from tests.typed_views import (
    OWN,
    STATE,
    TODAY,
    parse,
)


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("folder", Level("folder")),
        ("width", Level("width")),
        ("width(500)", Level("width", 500)),
        ("mp(0.5)", Level("pixels", 500_000)),
        ("size(5MB)", Level("size", 5_000_000)),
        ("date", Level("taken_at", "year")),
        ("month", Level("taken_at", "month")),
        ("decade(added)", Level("added", "decade")),
        ("added(week)", Level("added", "week")),
        ("cluster", Level("cluster", "clip")),
        ("cluster(visual)", Level("cluster", "visual")),
        ("duplicate(exact)", Level("duplicate", "exact")),
        ("duplicate(semantic)", Level("duplicate", "semantic:clip")),
        ("colour", Level("colour")),
        ("excluded", Level("excluded")),
        ("author", Level("author")),
        ("author(theme)", Level("author", "theme")),
        ("auteur(#k3x9)", Level("author", "k3x9")),
        ("theme", Level(OWN["theme"])),
        ('"my notes"', Level(OWN["notes"])),
        ("-my-notes:size", Level(OWN["notes"], None, "size", True)),
        ("made-on", Level(OWN["made"], "year")),
        ('decade("made on")', Level(OWN["made"], "decade")),
        ("month(made-on)", Level(OWN["made"], "month")),
        ('"year"(0.5)', Level(OWN["year"], 0.5)),
        ("year", Level("taken_at", "year")),
        (r'"odd \"name\": x)":taille', Level(OWN["place"], None, "size")),
        ("month(p:date:zzz):size", Level("p:date:zzz", "month", "size")),
    ],
)
def test_each_level_of_groups(text, level):
    parsed = parse(f"group:{text}", state=STATE)
    assert (parsed.problems, parsed.group) == ((), (level,))


def test_orders_by_properties():
    parsed = parse('sort:-year,"My notes",my-notes,-"odd \\"name\\": x)",p:number:zzz', state=STATE)
    assert parsed.problems == ()
    assert parsed.sort == (
        Sort(OWN["year"], True),
        Sort(OWN["notes"]),
        Sort(OWN["notes"]),
        Sort(OWN["place"], True),
        Sort("p:number:zzz"),
    )


@pytest.mark.parametrize(
    ("level", "text"),
    [
        (Level("taken_at", "month"), "month(date)"),
        (Level("folder", 2, "size", True), "-folder(2):size"),
        (Level("cluster", "clip"), "cluster"),
        (Level("cluster", "visual"), "cluster(visual)"),
        (Level("size", 5_000_000), "size(5MB)"),
        (Level("author", "theme"), "author(Theme)"),
    ],
)
def test_a_level_is_written_as_it_is_typed(level, text):
    context = Context("clip", None, TODAY, None, None, ProjectNames(STATE))
    assert write_level(level, context) == text
    assert write_sort(Sort("taken_at", True), context) == "-date"
    assert write_sort(Sort(OWN["notes"]), context) == '"My notes"'
