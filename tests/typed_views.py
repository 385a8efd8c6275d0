"""What tests of the query language share: a project's names, and conditions in few letters."""

from datetime import date

from panoptic_data.annotations.properties import Property
from panoptic_data.annotations.state import State
from panoptic_data.annotations.tags import Tag
from panoptic_data.query import parser
from panoptic_data.views.model import Clause, Condition

TODAY = date(2026, 3, 15)
FOLDERS = ("posters/1930s", "posters/1930s/war", "postcards/1930s", "été/Paris", "war")

# What a project may define: plain names, names of several words, names that mean something else.
PROPERTIES = {
    "theme": ("Theme", "tags"),
    "kind": ("kind", "tag"),
    "notes": ("My notes", "text"),
    "year": ("year", "number"),
    "made": ("made on", "date"),
    "seen": ("seen", "checkbox"),
    "shade": ("shade", "colour"),
    "twin": ("twin", "image"),
    "link": ("l'adresse", "url"),
    "place": ('odd "name": x)', "path"),
    "folder": ("folder", "text"),
    "p": ("p", "number"),
    "tag": ("Tag", "text"),
    "annee": ("Année", "number"),
    "twice": ("annee", "number"),
}

TAGS = {
    "theme": {
        "war": "war", "civil": "war, civil", "peace": "Peace", "cpp": "c++", "hash": "#war",
        "none": "none", "ete": "Été", "ete2": "ete", "yes": "two words", "same1": "same",
        "same2": "same",
    },
    "kind": {"war2": "War", "photo": "photo"},
}  # fmt: skip

STATE = State(
    properties={
        **{id: Property(id, name, type) for id, (name, type) in PROPERTIES.items()},
        "old": Property("old", "Old", "number", deleted=True),
    },
    tags={
        id: Tag(id, property, name, parents=("war",) if id == "civil" else ())
        for property, tags in TAGS.items()
        for id, name in tags.items()
    }
    | {"lost": Tag("lost", "theme", "lost", deleted=True)},
)

OWN = {id: f"p:{type}:{id}" for id, (_, type) in PROPERTIES.items()}


def parse(text, **known):
    return parser.parse(text, **{"encoder": "clip", "today": TODAY, **known})


def single(field, op, value=None):
    return (Condition(field, op, value),)


def either(*parts):
    return Clause("any", tuple(part for each in parts for part in each))


def negated(part):
    return (Clause("not", (part,)),)


def in_path(word):
    return single("path", "contains", word)
