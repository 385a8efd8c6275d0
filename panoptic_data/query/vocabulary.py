"""The words of the query language, in English and French: fields, units, colours, states.

Accents and capitals do not count (``text.folded``). Not here: what is done with them.
"""

from __future__ import annotations

from collections.abc import Mapping

from panoptic_data.media.embedded_texts import KEYWORDS, TEXTS

__all__ = [
    "ANY_WORDS",
    "DAY_NAMES",
    "DIRECTIVES",
    "FIELD_NAMES",
    "FORMAT_NAMES",
    "FRENCH_NAMES",
    "GROUP",
    "IS",
    "IS_NAMES",
    "MODE",
    "MODE_NAMES",
    "NONE_WORDS",
    "ORDER_NAMES",
    "PERIOD_NAMES",
    "PREFERRED_NAMES",
    "PROPOSER_NAMES",
    "SORT",
    "SORT_NAMES",
    "STATUS_NAMES",
    "TAG",
    "TRUTH_NAMES",
    "UNITS",
    "YIELDING_NAMES",
]

# How each field is written; what follows are other names that are read.
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "folder": ("folder", "dossier"),
    "path": ("path", "chemin"),
    "name": ("name", "nom"),
    "format": ("format", "type", "ext", "extension"),
    "width": ("width", "largeur"),
    "height": ("height", "hauteur"),
    "pixels": ("mp", "pixels", "megapixels"),
    "size": ("size", "poids"),
    "copies": ("copies", "exemplaires"),
    "frames": ("frames", "pages"),
    "taken_at": ("date", "taken", "taken_at", "prise"),
    "digitised_at": ("digitised", "digitized", "digitised_at", "numerisee", "numerise"),
    "added": ("added", "ajout", "ajoute", "ajoutee"),
    "camera": ("camera", "appareil"),
    "colour": ("colour", "color", "couleur"),
    "title": ("title", "embedded_title", "titre"),
    "headline": ("headline", "embedded_headline", "intitule"),
    "caption": ("caption", "embedded_caption", "legende"),
    "keywords": ("keywords", "embedded_keywords", "keyword", "motcle", "motscles"),
    "creator": ("creator", "embedded_creator", "createur", "creatrice"),
    "credit": ("credit", "embedded_credit"),
    "rights": ("rights", "embedded_rights", "droits"),
    "location": ("location", "embedded_location", "lieu"),
    "cluster": ("cluster", "groupe"),
    "duplicate": ("duplicate", "duplicates", "doublon", "doublons"),
    "part": ("part-of", "part_of", "partie-de", "partie_de"),
    "status": ("status", "etat", "statut"),
    "text": ("means", "meaning", "text", "sens", "texte"),
    "like": ("like", "comme", "ressemble"),
    "excluded": ("excluded", "exclu", "exclue", "exclus", "exclues"),
    "author": ("author", "auteur", "autrice"),
    "proposed": ("proposed", "propose", "proposee"),
}
# Properties of people often have these names: a property of the name goes first, and the field
# is then written by its second name.
YIELDING_NAMES: Mapping[str, str] = {
    name: names[1]
    for field, names in _FIELDS.items()
    if field in (*TEXTS, KEYWORDS)
    for name in names
    if name != names[1]
}
FIELD_NAMES: Mapping[str, str] = {name: field for field, names in _FIELDS.items() for name in names}
PREFERRED_NAMES: Mapping[str, str] = {field: names[0] for field, names in _FIELDS.items()}
SORT_NAMES: Mapping[str, str] = {
    **FIELD_NAMES,
    "similarity": "similarity",
    "ressemblance": "similarity",
}

SORT = ("sort", "tri", "trier")
GROUP = ("group", "grouper", "par")
MODE = ("mode",)
IS = ("is", "est")
# A tag of any property.
TAG = ("tag", "etiquette")
DIRECTIVES: Mapping[str, str] = {
    name: names[0] for names in (SORT, GROUP, MODE, IS, TAG) for name in names
}
# How fields and directives are offered in French, where that is another word.
FRENCH_NAMES: Mapping[str, str] = {
    "folder": "dossier",
    "path": "chemin",
    "name": "nom",
    "width": "largeur",
    "height": "hauteur",
    "size": "poids",
    "copies": "exemplaires",
    "frames": "pages",
    "digitised_at": "numerisee",
    "added": "ajout",
    "camera": "appareil",
    "colour": "couleur",
    "title": "titre",
    "headline": "intitule",
    "caption": "legende",
    "keywords": "motscles",
    "creator": "createur",
    "rights": "droits",
    "location": "lieu",
    "cluster": "groupe",
    "duplicate": "doublon",
    "status": "etat",
    "like": "comme",
    "excluded": "exclu",
    "author": "auteur",
    "proposed": "propose",
    SORT[0]: "tri",
    GROUP[0]: "grouper",
    IS[0]: "est",
    TAG[0]: "etiquette",
}
NONE_WORDS = ("none", "aucun", "aucune")
ANY_WORDS = ("any", "tout", "toute")
# The first of each is written.
TRUTH_NAMES: Mapping[str, bool] = {
    **dict.fromkeys(("yes", "oui", "true", "vrai"), True),
    **dict.fromkeys(("no", "non", "false", "faux"), False),
}

MODE_NAMES: Mapping[str, str] = {"image": "image", "file": "file", "fichier": "file"}
ORDER_NAMES: Mapping[str, str] = {
    "size": "size",
    "taille": "size",
    "value": "value",
    "valeur": "value",
}
PERIOD_NAMES: Mapping[str, str] = {
    "century": "century",
    "siecle": "century",
    "decade": "decade",
    "decennie": "decade",
    "year": "year",
    "annee": "year",
    "month": "month",
    "mois": "month",
    "week": "week",
    "semaine": "week",
    "day": "day",
    "jour": "day",
}
STATUS_NAMES: Mapping[str, str] = {
    "ok": "ok",
    "unreadable": "unreadable",
    "illisible": "unreadable",
    "damaged": "unreadable",
    "abime": "unreadable",
    "missing": "missing",
    "absent": "missing",
    "manquant": "missing",
}
PROPOSER_NAMES: Mapping[str, str] = {
    "person": "person",
    "personne": "person",
    "import": "import",
    "model": "model",
    "modele": "model",
}
# What ``is:`` takes: the field and the value of its condition.
_COPIED = ("duplicate", {"kinds": ["exact", "near"]})
_UNREADABLE = ("status", ["unreadable"])
_MISSING = ("status", ["missing"])
_EXCLUDED = ("excluded", True)
IS_NAMES: Mapping[str, tuple[str, object]] = {
    "duplicate": _COPIED,
    "doublon": _COPIED,
    "unreadable": _UNREADABLE,
    "illisible": _UNREADABLE,
    # As it was called before.
    "damaged": _UNREADABLE,
    "abime": _UNREADABLE,
    "missing": _MISSING,
    "absent": _MISSING,
    "manquant": _MISSING,
    **dict.fromkeys(_FIELDS["excluded"], _EXCLUDED),
}
DAY_NAMES: Mapping[str, int] = {"today": 0, "aujourdhui": 0, "yesterday": 1, "hier": 1}
# What ``formats.probe`` may say, by what people type.
FORMAT_NAMES: Mapping[str, str] = {
    **dict.fromkeys(("jpeg", "jpg", "jpe", "jfif", "jif"), "JPEG"),
    **dict.fromkeys(("jpeg2000", "jp2", "j2k", "j2c", "jpc", "jpf", "jpx"), "JPEG2000"),
    **dict.fromkeys(("png", "apng"), "PNG"),
    **dict.fromkeys(("tiff", "tif"), "TIFF"),
    **dict.fromkeys(("heif", "heic", "hif"), "HEIF"),
    **dict.fromkeys(("avif", "avifs"), "AVIF"),
    **dict.fromkeys(("bmp", "dib"), "BMP"),
    **dict.fromkeys(("ppm", "pgm", "pbm", "pnm", "pfm"), "PPM"),
    "gif": "GIF",
    "webp": "WEBP",
}
# Powers of ten; "" is a bare number. The first of those that are equal is written.
_PIXELS = {"px": 0}
_BYTES = {"B": 0, "kB": 3, "MB": 6, "GB": 9, "o": 0, "ko": 3, "Mo": 6, "Go": 9}
UNITS: Mapping[str, Mapping[str, int]] = {
    "width": {"": 0, **_PIXELS},
    "height": {"": 0, **_PIXELS},
    "pixels": {"": 6, "mp": 6, **_PIXELS},
    "size": {"": 6, **_BYTES},
    "copies": {"": 0},
    "frames": {"": 0},
}
