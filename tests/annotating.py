"""Projects with annotations, made by tests."""

from panoptic_data.annotations import properties, tags
from panoptic_data.annotations.store import Store

IMAGES = [f"{number:040x}" for number in range(4)]


def create_property(store, name, type, **parts):
    """Create a property and return it."""
    prop, changes = properties.create(store.state().properties, name, type, **parts)
    store.commit(changes, "property")
    return prop


def create_tag(store, property, name, *parents):
    """Create a tag of a property and return it."""
    tag, changes = tags.create(store.state().tags, property.id, name, parents=parents)
    store.commit(changes, "tag")
    return tag


def values_of(state, property):
    """Return target → the set of its values of a property."""
    by_target = {}
    for target, value in state.values(property.id).select("target", "value").iter_rows():
        by_target.setdefault(target, set()).add(value)
    return by_target


def reopened(store):
    """Return the annotations as another process reads them."""
    return Store(store.project).state()
