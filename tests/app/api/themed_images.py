"""A project with a tree of tags, and its routes, for tests of definitions over HTTP."""

from urllib.parse import quote

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from app.api import history
from app.api import properties as definitions
from app.server.host_check import HostCheck
from app.services import identity
from panoptic_data.annotations import edits, properties, tags
from tests import synthetic

NAMES = "abcdef"
IMAGES = [synthetic.sha1(name) for name in NAMES]


def create_project(folder):
    """Return a project of six images without annotations."""
    project = synthetic.project(folder)
    synthetic.write(project, "images", [synthetic.image(name) for name in NAMES])
    files = [synthetic.file(f"box/{name}.jpg", name) for name in NAMES]
    synthetic.write(project, "files", files)
    return project


def create_client(project):
    """Return a client of the routes of definitions and of the history; Ana is at work."""
    routes = [*definitions.routes(project), *history.routes(project)]
    app = Starlette(routes=routes, middleware=[Middleware(HostCheck)])
    client = TestClient(app, base_url="http://127.0.0.1", follow_redirects=False)
    client.cookies.set(identity.COOKIE, quote("Ana"))
    return client


def create_theme(store):
    """Create the tags war > battle > naval, naval below sea as well, and street alone."""
    theme, changes = properties.create({}, "Theme", "tags")
    known = {}

    def add(name, *parents):
        tag, steps = tags.create(known, theme.id, name, parents=[parent.id for parent in parents])
        known[tag.id] = tag
        changes.extend(steps)
        return tag

    war, sea = add("war"), add("sea")
    battle = add("battle", war)
    add("naval", battle, sea)
    add("street")
    store.commit(changes, "property")
    return theme


def id_of(store, name):
    """Return the id of the tag of this name."""
    return next(tag.id for tag in store.state().tags.values() if tag.name == name)


def put(store, property, images, *names):
    """Give images tags by their names."""
    ids = [id_of(store, name) for name in names]
    store.commit(edits.add_tags(store.state(), property.id, images, ids), "tag")


def tree(store):
    """Return the names of what each tag stands under, deleted ones left out."""
    known = store.state().tags
    return {
        tag.name: sorted(known[up].name for up in tag.parents if not known[up].deleted)
        for tag in known.values()
        if not tag.deleted
    }


def counts(client, property):
    """Return tag → how many images have it or one below, and it itself."""
    lists = client.get(f"/definitions/{property.id}/tags").json()
    pairs = zip(lists["all"], lists["itself"], strict=True)
    return dict(zip(lists["name"], pairs, strict=True))
