"""Watching folders: what is copied, changed and removed is noticed in seconds, by real notices."""

import threading

import pytest

from panoptic_data.ingest import mounts, watch
from panoptic_data.ingest.watch import AWAY, LIMIT, NOTICES, POLLED, FolderWatch
from tests.dashboard import eventually
from tests.small_corpus import picture


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Seconds of people are fractions of one here."""
    monkeypatch.setattr(watch, "QUIET_SECONDS", 0.2)
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(watch, "POLL_SECONDS", 0.1)
    monkeypatch.setattr(watch, "COLLECT_MS", 100)
    monkeypatch.setattr(watch, "STEP_MS", 50)


@pytest.fixture
def posters(tmp_path):
    folder = tmp_path / "posters"
    folder.mkdir()
    return folder


@pytest.fixture
def folders(posters):
    """Watch ``posters``, of which it is known that it was looked at once."""
    opened = FolderWatch()
    opened.follow({"posters": posters})
    assert eventually(opened.take) == {"posters"}
    yield opened
    opened.end()


def quiet(folders):
    """Whether nothing more is noticed for a second."""
    return not eventually(folders.take, within=1.0)


def test_a_new_a_changed_and_a_removed_file_are_noticed_each(folders, posters):
    for change in (
        lambda: picture(1).save(posters / "a.jpg"),
        lambda: picture(2).save(posters / "a.jpg"),
        lambda: (posters / "a.jpg").unlink(),
    ):
        change()
        assert eventually(folders.take) == {"posters"}
    assert folders.modes() == {"posters": NOTICES}
    assert quiet(folders)


def test_many_files_in_new_folders_are_few_pieces_of_news(folders, posters):
    def copy():
        for number in range(2_000):
            path = posters / f"box-{number % 20}" / f"{number}.jpg"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"x")

    thread = threading.Thread(target=copy)
    thread.start()
    thread.join()
    # One, unless this machine was too busy to copy without a break.
    assert eventually(folders.take) == {"posters"}
    assert any(quiet(folders) for _ in range(5))
    (posters / "box-7" / "one more.jpg").write_bytes(b"x")
    assert eventually(folders.take) == {"posters"}


def test_after_more_notices_than_the_system_keeps_new_folders_are_watched(
    folders, posters, monkeypatch
):
    monkeypatch.setattr(watch, "BURST", 10)
    for number in range(30):
        (posters / f"box-{number}").mkdir()
    assert eventually(folders.take)
    eventually(lambda: quiet(folders))
    (posters / "box-29" / "a.jpg").write_bytes(b"x")
    assert eventually(folders.take) == {"posters"}


def test_hidden_files_and_those_of_operating_systems_are_no_news(folders, posters):
    (posters / ".thumbnails").mkdir()
    (posters / ".thumbnails" / "a.jpg").write_bytes(b"x")
    (posters / "Thumbs.db").write_bytes(b"x")
    assert quiet(folders)


def test_a_folder_that_goes_away_is_news_and_watched_again_when_it_returns(folders, posters):
    posters.rename(posters.with_name("unplugged"))
    assert eventually(folders.take) == {"posters"}
    assert folders.modes() == {"posters": AWAY}
    assert quiet(folders)
    posters.with_name("unplugged").rename(posters)
    assert eventually(folders.take) == {"posters"}
    assert folders.modes() == {"posters": NOTICES}
    (posters / "a.jpg").write_bytes(b"x")
    assert eventually(folders.take) == {"posters"}


def test_another_folder_at_the_same_path_is_watched(folders, posters):
    posters.rename(posters.with_name("old"))
    posters.mkdir()
    assert eventually(folders.take) == {"posters"}
    eventually(lambda: quiet(folders))
    (posters / "a.jpg").write_bytes(b"x")
    assert eventually(folders.take) == {"posters"}


def test_a_source_that_was_removed_is_no_longer_watched(folders, posters):
    folders.follow({})
    (posters / "a.jpg").write_bytes(b"x")
    assert quiet(folders)
    assert folders.modes() == {}


@pytest.mark.parametrize("why", ["setting", "network", "limit"])
def test_a_folder_without_notices_is_polled(posters, monkeypatch, why):
    if why == "setting":
        monkeypatch.setenv(watch.POLLING_SETTING, "true")
    elif why == "network":
        monkeypatch.setattr(watch, "is_remote", lambda folder: folder == posters)
    else:
        monkeypatch.setattr("watchfiles.watch", no_more_watches)
    folders = FolderWatch()
    folders.follow({"posters": posters})
    assert eventually(folders.take) == {"posters"}
    assert folders.modes() == {"posters": LIMIT if why == "limit" else POLLED}
    picture(1).save(posters / "a.jpg")
    assert eventually(folders.take) == {"posters"}
    posters.rename(posters.with_name("unplugged"))
    assert eventually(lambda: folders.modes() == {"posters": AWAY})
    folders.end()


def no_more_watches(*_, **__):
    raise OSError("OS file watch limit reached.")


@pytest.mark.parametrize(
    ("folder", "is_remote"),
    [
        ("/home/me/posters", False),
        ("/mnt/nas/posters", True),
        ("/mnt/nas/local disk/posters", False),
        ("/mnt/nasal", False),
        ("/run/user/1000/gvfs/smb-share", True),
    ],
)
def test_the_innermost_mount_says_whether_a_folder_is_remote(tmp_path, folder, is_remote):
    listing = tmp_path / "mounts"
    listing.write_text(
        "/dev/sda1 / ext4 rw 0 0\n"
        "nas:/export /mnt/nas nfs4 rw 0 0\n"
        "/dev/sdb1 /mnt/nas/local\\040disk ext4 rw 0 0\n"
        "gvfsd-fuse /run/user/1000/gvfs fuse.gvfsd-fuse rw 0 0\n"
        "\n"
    )
    assert mounts.is_remote(tmp_path.__class__(folder), listing) is is_remote


def test_without_a_list_of_mounts_no_folder_is_remote(tmp_path):
    assert not mounts.is_remote(tmp_path, tmp_path / "none")
