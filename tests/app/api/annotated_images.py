"""A project of six images, one of them twice, for tests of the routes of annotations."""

from panoptic_data.annotations import properties, tags
from tests import synthetic

NAMES = [f"image {number}" for number in range(6)]
SHA1S = [synthetic.sha1(name) for name in NAMES]


def create_project(folder):
    """Return a project without annotations."""
    project = synthetic.project(folder)
    synthetic.write(project, "images", [synthetic.image(name) for name in NAMES])
    files = [synthetic.file(f"a/{name}.jpg", name) for name in NAMES]
    synthetic.write(project, "files", [*files, synthetic.file("b/copy.jpg", NAMES[0])])
    return project


def create_property(store, name, type, **parts):
    """Create a property; return its id."""
    prop, changes = properties.create(store.state().properties, name, type, **parts)
    store.commit(changes, "property")
    return prop.id


def create_tag(store, property, name, **parts):
    """Create a tag; return its id."""
    tag, changes = tags.create(store.state().tags, property, name, **parts)
    store.commit(changes, "tag")
    return tag.id


def these(*sha1s):
    """Return images as the target of a request."""
    return {"sha1s": list(sha1s)}


def values(store, property):
    """Return target → the set of its values."""
    by_target = {}
    for target, value in store.state().values(property).select("target", "value").iter_rows():
        by_target.setdefault(target, set()).add(value)
    return by_target


def read_texts(client, sha1, property):
    """Return the values of an image as the page reads them, None where it has none."""
    cells = client.get("/annotations", params={"sha1": sha1}).json()["values"]
    return cells[property]["texts"] if property in cells else None
