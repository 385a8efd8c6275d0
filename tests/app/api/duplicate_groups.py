"""A project of copied pictures, for tests of the routes of duplicates."""

from panoptic_data.annotations import edits, properties
from tests import synthetic

# Three images of one picture, two of another that are alike to one, one that is in three places.
NAMES = ("large", "small", "grey", "left", "right", "alone")
LARGE, SMALL, GREY, LEFT, RIGHT, ALONE = map(synthetic.sha1, NAMES)
NEAR, OTHER = f"near:{min(LARGE, SMALL, GREY)}", f"near:{min(LEFT, RIGHT)}"
ALIKE = f"semantic:clip-x:{min(LARGE, LEFT)}"
EXACT = f"exact:{ALONE}"
# Nanoseconds.
MINUTE = 60 * 10**9


def member(group, sha1, distance=0.0, place=None):
    kind = group.rpartition(":")[0]
    return {
        "member": f"{group}/{place or sha1}",
        "group": group,
        "kind": kind,
        "sha1": sha1,
        "file_id": place,
        "distance": distance,
    }


def create_project(folder):
    """Return a project whose table of duplicates has groups of each kind."""
    opened = synthetic.project(folder)
    wide = {"large": 400, "small": 100, "grey": 100}
    synthetic.write(
        opened, "images", [synthetic.image(name, width=wide.get(name, 48)) for name in NAMES]
    )
    files = [
        synthetic.file(f"s/a/{name}.jpg", name, mtime_ns=at * MINUTE, size=1000 + at)
        for at, name in enumerate(NAMES)
    ]
    files += [
        synthetic.file(f"s/b/{name}.jpg", "alone", mtime_ns=9 * MINUTE, size=1005) for name in "xy"
    ]
    files[3]["path"], files[3]["folder"] = "b/left.jpg", "b"
    synthetic.write(opened, "files", files)
    synthetic.write_files(opened, folder.parent / "pictures")
    rows = [member(NEAR, LARGE), member(NEAR, SMALL, 2), member(NEAR, GREY, 4)]
    rows += [member(OTHER, LEFT, 8), member(OTHER, RIGHT, 8)]
    rows += [member(ALIKE, LARGE, 0.04), member(ALIKE, LEFT, 0.04)]
    rows += [member(EXACT, ALONE, 0.0, number) for number in ("1", "2", "3")]
    synthetic.write(opened, "duplicates", rows)
    return opened


def create_note(store):
    """Create a property of texts; return its id."""
    note, changes = properties.create(store.state().properties, "Note", "text")
    store.commit(changes, "property")
    return note.id


def set_texts(store, property, **values):
    """Set values of a property by the names of their images."""
    for name, value in values.items():
        changes = edits.set_value(store.state(), property, [synthetic.sha1(name)], value)
        store.commit(changes, "set")


def texts_of(store, property):
    """Return sha1 → value of a property."""
    return dict(store.state(fresh=True).values(property).select("target", "value").iter_rows())


def excluded(store):
    """Return the sha1s that were taken out of the corpus."""
    return set(store.state(fresh=True).excluded.frame()["target"])


def open_groups(ask, kind="near", **query):
    """Return the ids of the groups that are still to be looked at."""
    return [row["group"] for row in ask("groups", kind=kind, **query)["groups"]]
