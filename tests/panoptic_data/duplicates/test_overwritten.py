"""Files that are overwritten: what was noted of the old picture is offered to the new one."""

import pytest

from panoptic_data.annotations import edits, properties, tags
from panoptic_data.annotations.store import annotations_of
from panoptic_data.duplicates import overwritten
from panoptic_data.ingest import images, sources
from panoptic_data.ingest import overwritten as earlier_images
from panoptic_data.ingest.purge import purge
from panoptic_data.storage.project import create_project
from tests.small_corpus import picture


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "posters").mkdir()
    for number, name in enumerate("abc"):
        picture(number).save(tmp_path / "posters" / f"{name}.png")
    return tmp_path / "posters"


@pytest.fixture
def project(tmp_path, folder):
    opened = create_project(tmp_path / "project")
    sources.add(opened, folder)
    read(opened)
    return opened


@pytest.fixture
def store(project):
    return annotations_of(project)


@pytest.fixture
def theme(store):
    theme, changes = properties.create(store.state().properties, "Theme", "tags")
    store.commit(changes, "property")
    return theme.id


@pytest.fixture
def note(store):
    note, changes = properties.create(store.state().properties, "Note", "text")
    store.commit(changes, "property")
    return note.id


@pytest.fixture
def tag(store, theme):
    """Give an image a tag by its name."""

    def tagged(sha1, name):
        state = store.state()
        known = [tag.id for tag in state.tags.values() if tag.name == name]
        if known:
            store.commit(edits.add_tags(state, theme, [sha1], known), "tag")
            return known[0]
        created, changes = tags.create(state.tags, theme, name)
        store.commit(changes, "tag")
        store.commit(edits.add_tags(store.state(), theme, [sha1], [created.id]), "tag")
        return created.id

    return tagged


def read(project):
    images.ingest(project, sources.listing(project)[0], "run")
    images.prune(project, "run")


def sha1_of(project, path):
    files = project.database().frame("files", ["path", "sha1"], f"path = '{path}'")
    return files["sha1"][0]


def overwrite(project, folder, path, number):
    """Save another picture at a path; return the sha1s before and now."""
    before = sha1_of(project, path)
    picture(number).save(folder / path)
    read(project)
    return before, sha1_of(project, path)


def values(store, property, sha1):
    return sorted(store.state().property_values(property).take([sha1])["value"].to_list())


def test_values_are_taken_over_in_one_step_and_given_back_by_undo(
    project, folder, store, theme, note, tag
):
    before = sha1_of(project, "a.png")
    war = tag(before, "war")
    store.commit(edits.set_value(store.state(), note, [before], "lost in 1945"), "set")
    _, now = overwrite(project, folder, "a.png", 10)
    [offer] = overwritten.offers(project)
    assert (offer.sha1, offer.earlier, offer.path) == (now, (before,), "a.png")
    assert earlier_images.thumbnail(project, before).startswith(b"\xff\xd8")
    assert project.database().count("images", f"sha1 = '{before}'") == 0

    assert overwritten.take_over(project, author="ann").result == 1
    assert values(store, theme, now) == [war]
    assert values(store, note, now) == ["lost in 1945"]
    assert overwritten.offers(project) == []
    assert overwritten.take_over(project, author="ann").batch.changes.is_empty()

    store.undo("ann")
    assert values(store, theme, now) == []
    assert [offer.sha1 for offer in overwritten.offers(project)] == [now]


def test_values_that_are_left_are_offered_again_once_that_is_undone(
    project, folder, store, theme, tag
):
    tag(sha1_of(project, "a.png"), "war")
    _, now = overwrite(project, folder, "a.png", 10)
    assert overwritten.leave(project, [now], author="ann").result == 1
    assert overwritten.offers(project) == []
    assert values(store, theme, now) == []
    store.undo("ann")
    assert [offer.sha1 for offer in overwritten.offers(project)] == [now]


def test_own_values_of_the_new_picture_stay(project, folder, store, note, theme, tag):
    before, now = overwrite(project, folder, "a.png", 10)
    # What was noted of the old picture can come back after it was overwritten.
    store.commit(edits.set_value(store.state(), note, [before], "old"), "set")
    store.commit(edits.set_value(store.state(), note, [now], "new"), "set")
    assert overwritten.offers(project) == []
    tag(before, "war")
    [offer] = overwritten.offers(project)
    assert offer.kept_back["value"].to_list() == ["old"]
    overwritten.take_over(project)
    assert values(store, note, now) == ["new"]
    assert len(values(store, theme, now)) == 1


def test_a_picture_without_values_is_forgotten(project, folder, tag):
    tag(sha1_of(project, "a.png"), "war")
    overwrite(project, folder, "a.png", 10)
    overwrite(project, folder, "b.png", 11)
    assert len(overwritten.offers(project)) == 1
    assert overwritten.forget_unnoted(project) == 1
    assert overwritten.forget_unnoted(project) == 0
    assert len(overwritten.offers(project)) == 1


def test_a_file_that_is_overwritten_again_and_again_offers_all_of_it_to_the_last(
    project, folder, store, theme, tag
):
    first = sha1_of(project, "a.png")
    tag(first, "war")
    _, second = overwrite(project, folder, "a.png", 10)
    tag(second, "sea")
    _, third = overwrite(project, folder, "a.png", 12)
    [offer] = overwritten.offers(project)
    assert offer.earlier == (second, first)
    overwritten.take_over(project)
    assert len(values(store, theme, third)) == 2
    # Back at the first picture, which has kept its own, it lacks what the second was given.
    overwrite(project, folder, "a.png", 0)
    [offer] = overwritten.offers(project)
    assert (offer.sha1, offer.given.height) == (first, 1)


def test_copies_that_are_overwritten_by_different_pictures_are_offered_the_same(
    project, folder, store, theme, tag
):
    (folder / "copy of a.png").write_bytes((folder / "a.png").read_bytes())
    read(project)
    war = tag(sha1_of(project, "a.png"), "war")
    for number, path in enumerate(("a.png", "copy of a.png"), 20):
        picture(number).save(folder / path)
    read(project)
    assert overwritten.take_over(project).result == 2
    assert values(store, theme, sha1_of(project, "a.png")) == [war]
    assert values(store, theme, sha1_of(project, "copy of a.png")) == [war]


def test_files_that_exchange_their_names_offer_nothing(project, folder, tag):
    tag(sha1_of(project, "a.png"), "war")
    (folder / "a.png").rename(folder / "x")
    (folder / "b.png").rename(folder / "a.png")
    (folder / "x").rename(folder / "b.png")
    read(project)
    assert overwritten.offers(project) == []


def test_a_picture_that_could_not_be_read_in_between_loses_nothing(project, folder, tag):
    before = sha1_of(project, "a.png")
    tag(before, "war")
    # As a copy that is not complete looks to who reads it.
    (folder / "a.png").write_bytes((folder / "c.png").read_bytes()[:200])
    read(project)
    assert overwritten.offers(project) == []
    _, now = overwrite(project, folder, "a.png", 10)
    [offer] = overwritten.offers(project)
    assert (offer.sha1, offer.earlier) == (now, (before,))


def test_an_overwritten_picture_that_is_purged_leaves_no_byte(project, folder, tag):
    before = sha1_of(project, "a.png")
    tag(before, "war")
    overwrite(project, folder, "a.png", 10)
    thumbnail = earlier_images.thumbnail(project, before)
    purge(project, [before])
    assert earlier_images.thumbnail(project, before) is None
    files = [path for path in project.root.rglob("*") if path.is_file()]
    part = thumbnail[len(thumbnail) // 2 :]
    assert [path for path in files if part in path.read_bytes()] == []


def test_only_files_of_the_sources_asked_for_are_offered(project, folder, tag):
    tag(sha1_of(project, "a.png"), "war")
    overwrite(project, folder, "a.png", 10)
    assert overwritten.offers(project, ["cards"]) == []
    assert len(overwritten.offers(project, ["posters"])) == 1
