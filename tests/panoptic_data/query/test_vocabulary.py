"""The words of the query language in both languages, and that they name what there is."""

import pytest

from panoptic_data.media.colour import HUE_NAMES, HUES
from panoptic_data.media.formats import probe
from panoptic_data.query.vocabulary import FORMAT_NAMES, PREFERRED_NAMES, STATUS_NAMES
from panoptic_data.views.fields import FIELDS, STATUSES
from tests.typed_views import (
    parse,
)

FRENCH = [
    ("dossier:affiches", "folder:affiches"),
    ("chemin:a OU nom:b", "path:a OR name:b"),
    ("NON appareil:aucun ET largeur>500", "camera:any width>500"),
    ("hauteur:1..2 poids>5Mo", "height:1..2 size>5MB"),
    ("ajouté:hier", "added:yesterday"),
    ("ajoute:aujourd'hui", "added:today"),
    ("ajoute:7j", "added:7d"),
    ("couleur:bleu", "colour:blue"),
    ("exemplaires:2 pages:3", "copies:2 frames:3"),
    ("groupe:3", "cluster:3"),
    ("doublon:near", "duplicate:near"),
    ("-partie-de:image:ab12 NON Part-Of:cd34", "-part-of:ab12 -part_of:image:cd34"),
    ("partie-de:image:ab12@0.1,0.2,0.5,0.4,cd34", "part-of:crop:ab12@.1,.2,.5,.4,image:cd34"),
    ("état:illisible", "status:unreadable"),
    ("est:doublon est:absent", "is:duplicate is:missing"),
    ("sens:bateau", "means:bateau"),
    ("tri:-date,nom", "sort:-date,name"),
    ("grouper:mois(date),-dossier(2):taille", "group:month(date),-folder(2):size"),
    ("mode:fichier", "mode:file"),
    ("Largeur>500", "width>500"),
    ("exclu:oui auteur:Anna", "excluded:yes author:Anna"),
    ("proposé:modèle,import", "proposed:model,import"),
    ("est:exclu NON exclu:non", "is:excluded -excluded:no"),
]


@pytest.mark.parametrize(("french", "english"), FRENCH)
def test_french_and_english_say_the_same(french, english):
    assert parse(french).problems == ()
    assert parse(french) == parse(english)
    assert parse(french) != parse("")


def test_the_words_name_what_there_is():
    assert set(PREFERRED_NAMES) == set(FIELDS) - {"region", "similar", "selection"}
    assert set(HUE_NAMES.values()) == set(HUES)
    assert set(STATUS_NAMES.values()) == set(STATUSES)
    text = probe.__doc__.partition("One of ")[2].partition(".")[0]
    assert set(FORMAT_NAMES.values()) == set(text.split(", "))
