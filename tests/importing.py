"""Tables as text for tests of imports, and the values that an import leaves in a project."""

from pathlib import Path

from panoptic_data.annotations.store import annotations_of
from panoptic_data.exchange import readers
from panoptic_data.exchange.tables import Table
from tests import synthetic

NAMES = ("image-0", "image-1", "image-2", "image-10")

# Columns of every type, cells that cannot be read and a row without an image.
MIXED = """path;Titre;année;note[number];vu;mots[multi_tags];kind[tag];
posters/1930/red.jpg;Le rouge;1930;1 234,5;oui;guerre, "paix, enfin";Affiche, grande;1
1940/red.jpg;L'autre;mars 1940;douze;non;Guerre;affiche, grande;2
blue.png;;24/10/1930;;;;carte;3
nowhere.jpg;x;1931;1;oui;a;b;4
"""


def write_text(folder: Path, text: str, name: str = "values.csv", encoding: str = "utf-8") -> Path:
    """Write a file and return its path."""
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def read_text(folder: Path, text: str, **options: str) -> Table:
    """Return the table that a file of this text is read as."""
    return readers.read(write_text(folder, text, **options))


def sha1s(*names: str) -> list[str]:
    """Return the sha1s of synthetic images."""
    return [synthetic.sha1(name) for name in names]


def values_of(project, name):
    """Return the values of a property by target; tags by their names, several as a sorted list."""
    state = annotations_of(project).state(fresh=True)
    property = next(property for property in state.live_properties if property.name == name)
    values = {}
    for target, value in state.values(property.id).select("target", "value").iter_rows():
        values.setdefault(target, []).append(state.tags[value].name if property.has_tags else value)
    return {
        target: sorted(texts) if property.is_multi_valued else texts[0]
        for target, texts in values.items()
    }
