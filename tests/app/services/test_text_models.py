"""Models that are loaded behind the pages: once, and never in the way of an answer."""

import threading

import pytest

from app.services import text_models
from panoptic_data.errors import NoEmbeddings
from panoptic_data.vectors import query_vectors
from tests import synthetic


@pytest.fixture
def project(tmp_path):
    return synthetic.project(tmp_path / "project")


@pytest.fixture
def loads(monkeypatch):
    """What is loaded, each time ``go`` is set."""
    begun, go = [], threading.Event()

    def of_texts(project, texts, slug):
        begun.append((slug, len(texts)))
        go.wait(10)
        query_vectors._warm_encoders.add((str(project.root), slug))

    monkeypatch.setattr(query_vectors, "of_texts", of_texts)
    monkeypatch.setattr(query_vectors, "_warm_encoders", set())
    return begun, go


def test_a_model_is_loaded_once_with_the_words_that_searches_need(project, loads):
    begun, go = loads
    assert not text_models.is_ready(project, "clip")
    assert not text_models.wait(project, "clip", 0.01)
    text_models.load(project, "clip")
    assert not text_models.wait(project, "clip", 0)
    go.set()
    assert text_models.wait(project, "clip", 10)
    assert text_models.is_ready(project, "clip")
    [(slug, count)] = begun
    assert (slug, count > 100) == ("clip", True)


def test_whoever_searches_hears_why_loading_failed(project, monkeypatch):
    def fail(*_):
        raise NoEmbeddings(encoder="clip")

    monkeypatch.setattr(query_vectors, "of_texts", fail)
    assert text_models.wait(project, "clip", 10)
    assert not text_models.is_ready(project, "clip")
    # Nobody waits for it again.
    assert text_models.wait(project, "clip", 0)


def test_the_first_page_comes_before(project, loads, monkeypatch):
    monkeypatch.setattr(text_models, "SOON_SECONDS", 0.05)
    begun, go = loads
    go.set()
    text_models.load_soon(project, "clip")
    assert begun == []
    while not text_models.is_ready(project, "clip"):
        threading.Event().wait(0.01)
    assert len(begun) == 1
