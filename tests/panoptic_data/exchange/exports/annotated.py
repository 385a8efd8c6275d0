"""A project with real files and a value of every type: what exports are made of."""

import hashlib
from pathlib import Path

from panoptic_data import annotate, create_property, tag_images
from panoptic_data.annotations import tags
from panoptic_data.annotations.decisions import Decision
from panoptic_data.annotations.store import annotations_of
from panoptic_data.exchange import apply, matching, plan, readers
from tests import synthetic

NAMES = ("red", "blue", "green", "grey")
ODD = (
    '=SUM(A1)', '+1', '-1', '@x', '\t tab', "'=quoted", "''-5", ' spaced ', '007', 'a,b;c|d "e"',
    'two\r\nlines', 'one\nline',
    'été\u2028\u00a0x', 'NULL', 'nan', '1e5', 'true', '\u200bunseen', '#', '"',
)  # fmt: skip
DATES = ("1912", "0912-05", "1912-05-04", "1912-05-04T10:30:00")
COLOURS = ("#d94f4f", "#000000", "#ffffff", "#0a0b0c")


def sha1_of(name):
    return hashlib.sha1(_picture(name)).hexdigest()


def project(folder: Path, names=NAMES):
    """A project of four pictures in ``folder/pictures``; "red" has a copy elsewhere."""
    opened = synthetic.project(folder / "war")
    root = folder / "pictures"
    synthetic.write(
        opened, "sources", [{"name": "posters", "uri": str(root), "added_at": synthetic.AT}]
    )
    paths = {f"1930/{name}.jpg": name for name in names} | {"copies/red.jpg": "red"}
    files = []
    for path, name in paths.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(_picture(name))
        row = synthetic.file(f"posters/{path}", name, size=len(_picture(name)))
        files.append({**row, "sha1": sha1_of(name)})
    synthetic.write(opened, "files", files)
    images = [
        {**synthetic.image(name), "sha1": sha1_of(name), "thumbnail": _picture(name, (24, 16))}
        for name in names
    ]
    synthetic.write(opened, "images", images)
    return opened


def annotated(folder: Path):
    """The same with a property of every type; values are in order of ``NAMES``."""
    opened = project(folder)
    sha1s = [sha1_of(name) for name in NAMES]
    values = {
        "text": ("=1+1", "a, b", "007", 'line\r\n"two"'),
        "number": ("-5", "3.25", "1e+20", "0"),
        "date": DATES,
        "colour": COLOURS,
        "url": ("https://a.org/?q=1,2", "http://b.fr", "ftp://c.de/x", "https://d.org"),
        "checkbox": ("true", "false", "true", "false"),
        "path": ("-Box 3/Folder 12", "b", "c/d,e", "@home/f"),
        "image": tuple(reversed(sha1s)),
        "tag": ("Affiche, grande", "carte", "=tag", "carte"),
    }
    for type, cells in values.items():
        prop = create_property(opened, f"my {type}", type)
        if type == "tag":
            for sha1, name in zip(sha1s, cells, strict=True):
                tag_images(opened, prop, [sha1], [name])
        else:
            annotate(opened, prop, dict(zip(sha1s, cells, strict=True)))
    subject = create_property(opened, "Subject", "tags")
    tag_images(opened, subject, sha1s[:1], ["War", "Naval battle", 'say "hi", you'])
    tag_images(opened, subject, sha1s[1:2], ["-minus", "a;b|c"])
    store = annotations_of(opened)
    store.decide(lambda state: Decision(_tree(state, subject.id), "tags", "Subject"))
    return opened


def imported(folder: Path, file: Path, **options):
    """Return an empty project of the same pictures with what a file holds imported."""
    other = project(folder)
    table = readers.read(file)
    proposed = matching.propose(other, table, **options)
    apply.apply_plan(other, plan.make_plan(other, table, proposed))
    return other


def everything(opened):
    """Return properties, tags with colours and parents, and values, all by name."""
    state = annotations_of(opened).state(fresh=True)
    properties = {}
    for prop in state.live_properties:
        names = {tag.id: tag.name for tag in state.tags_of(prop.id)}
        tree = {
            tag.name: (tag.colour, sorted(names[id] for id in tag.parents))
            for tag in state.tags_of(prop.id)
        }
        cells = {}
        for target, value in state.values(prop.id).select("target", "value").iter_rows():
            cells.setdefault(target, []).append(names.get(value, value))
        values = {target: sorted(held) for target, held in cells.items()}
        properties[prop.name] = (prop.type, prop.target, tree, values)
    return properties


def _picture(name, size=(48, 32)):
    return synthetic.picture(name, size)


def _tree(state, property):
    by_name = {tag.name: tag for tag in state.tags_of(property)}
    changes = tags.update(state.tags, by_name["War"].id, colour="#d94f4f")
    changes += tags.link(state.tags, by_name["Naval battle"].id, by_name["War"].id)
    changes += tags.link(state.tags, by_name['say "hi", you'].id, by_name["Naval battle"].id)
    return changes
