"""Freezing a view: when its result is kept, and when the view is run again."""

from types import SimpleNamespace

import pytest

from app.session import state
from app.widgets import frozen_view, view_context
from panoptic_data.catalogue import registry
from panoptic_data.views.model import View
from tests import synthetic


@pytest.fixture
def session(monkeypatch):
    """A session of its own, in one tab."""
    kept = {}
    fake = SimpleNamespace(session_state=kept, context=SimpleNamespace(cookies={}))
    monkeypatch.setattr(frozen_view, "st", fake)
    monkeypatch.setattr(state, "tab", lambda: None)
    return fake


CATS = View().with_condition("folder", ["s/cats"])


def test_nothing_is_frozen_unless_the_person_wants_it(session, corpus):
    catalogue = registry.load(corpus)
    assert frozen_view.get_frozen(catalogue, CATS) is None
    session.context.cookies[frozen_view.COOKIE] = "1"
    assert frozen_view.is_on()
    frozen_view.set_frozen(False)
    assert frozen_view.get_frozen(catalogue, CATS) is None


def test_a_frozen_result_stays_until_refreshed_or_another_view(session, corpus):
    frozen_view.set_frozen(True)
    first = frozen_view.get_frozen(registry.load(corpus), CATS)
    synthetic.write(corpus, "files", [synthetic.file("s/cats/new.jpg", "c")])
    later = registry.load(corpus)
    assert frozen_view.get_frozen(later, CATS) is first
    assert frozen_view.get_frozen(later, View()) is not first
    again = frozen_view.get_frozen(later, CATS)
    assert again is not first
    frozen_view.refresh()
    assert frozen_view.get_frozen(later, CATS) is not again


def test_a_compared_view_has_its_own_slot(session, corpus):
    frozen_view.set_frozen(True)
    catalogue = registry.load(corpus)
    main = frozen_view.get_frozen(catalogue, CATS)
    other = frozen_view.get_frozen(catalogue, View(), frozen_view.COMPARED)
    assert frozen_view.get_frozen(catalogue, CATS) is main
    assert frozen_view.get_frozen(catalogue, View(), frozen_view.COMPARED) is other


def test_an_idle_result_is_released_once(session, corpus, monkeypatch):
    frozen_view.set_frozen(True)
    frozen_view.get_frozen(registry.load(corpus), CATS)
    assert not frozen_view.release_idle()
    monkeypatch.setattr(frozen_view, "IDLE_SECONDS", -1.0)
    assert frozen_view.release_idle()
    assert not frozen_view.release_idle()


def test_the_context_has_the_frozen_result_and_its_changes(session, corpus, monkeypatch):
    monkeypatch.setattr(state, "view", lambda: CATS)
    monkeypatch.setattr(state, "encoder", lambda known: None)
    frozen_view.set_frozen(True)
    before = view_context.run_view(corpus, registry.load(corpus))
    assert (len(before.result), before.changes.count) == (2, 0)
    synthetic.write(corpus, "files", [synthetic.file("s/cats/new.jpg", "c")])
    after = view_context.run_view(corpus, registry.load(corpus))
    assert after.frozen_key == before.frozen_key is not None
    assert (len(after.result), after.changes.new) == (2, 1)


def test_a_view_that_cannot_be_run_has_a_problem_and_no_result(session, corpus, monkeypatch):
    view = View().with_condition("cluster", {"encoder": "visual", "numbers": [1]})
    monkeypatch.setattr(state, "view", lambda: view)
    monkeypatch.setattr(state, "encoder", lambda known: None)
    context = view_context.run_view(corpus, registry.load(corpus))
    assert context.result is None
    assert context.problem is not None
    assert (context.frozen, context.frozen_key, context.changes) == (None, None, None)
