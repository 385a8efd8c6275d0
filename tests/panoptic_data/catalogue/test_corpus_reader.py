"""A corpus that is slow to read is cached on disk."""

from panoptic_data.catalogue import corpus_reader, field_counts, registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.versions.create import create
from panoptic_data.versions.opened import at
from panoptic_data.views.model import View
from tests import synthetic
from tests.synthetic import file, image


def test_a_corpus_that_is_slow_to_read_is_kept_and_read_back_equal(opened, monkeypatch):
    monkeypatch.setattr(corpus_reader, "CACHE_ABOVE_SECONDS", -1.0)
    first = registry.load(opened)
    (kept,) = (opened.root / "cache").iterdir()
    again = registry.load(opened)
    assert again.frame.equals(first.frame)
    assert again.corpus.files.equals(first.corpus.files)
    assert field_counts.folders(again) == field_counts.folders(first)
    synthetic.write(opened, "images", [image("new")])
    synthetic.write(opened, "files", [file("posters/new.jpg", "new")])
    assert len(run_view(registry.load(opened), View())) == 4
    assert not kept.exists()


def test_what_was_kept_and_is_damaged_is_read_anew(opened, monkeypatch):
    monkeypatch.setattr(corpus_reader, "CACHE_ABOVE_SECONDS", -1.0)
    registry.load(opened)
    (kept,) = (opened.root / "cache").iterdir()
    (kept / "files.arrow").write_bytes(b"ARROW1 and then nothing")
    assert len(run_view(registry.load(opened), View())) == 3


def test_a_version_made_just_now_is_read_from_what_is_kept_of_now(opened, monkeypatch):
    monkeypatch.setattr(corpus_reader, "CACHE_ABOVE_SECONDS", -1.0)
    now = registry.load(opened)
    kept = set((opened.root / "cache").glob("corpus-*"))
    create(opened, "a")
    assert registry.load(at(opened, "a")).frame.equals(now.frame)
    assert not list((opened.root / "cache").glob("version-*"))
    # It has its own where the corpus has changed.
    synthetic.write(opened, "images", [image("new")])
    registry.load(opened)
    assert not any(folder.exists() for folder in kept)
    assert registry.load(at(opened, "a")).frame.equals(now.frame)
    assert list((opened.root / "cache").glob("version-*"))
