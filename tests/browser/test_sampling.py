"""A sample and its undoing, as a person makes them: said first, one press, seen in the history."""

from urllib.parse import urljoin

import pytest

from panoptic_data.annotations.store import annotations_of
from panoptic_data.storage.project import open_project
from tests.dashboard import NARROW

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect


def test_a_sample_is_said_made_found_in_the_history_and_undone(visit, draft_project, draft_address):
    page = visit(draft_address)
    page.get_by_role("button", name="Sample or divide…").click()
    panel = page.get_by_role("dialog", name="Sample or divide…")
    expect(panel.get_by_role("heading")).to_contain_text("images of this view")
    panel.get_by_label("Which").select_option("diverse")
    panel.get_by_label("How many").fill("7")
    expect(panel.get_by_role("status")).to_contain_text("tag “7 diverse” of Sample.")
    panel.get_by_label("How many").fill("99999")
    expect(panel.get_by_role("alert")).to_contain_text("ask for at most")
    panel.get_by_label("How many").fill("7")
    panel.get_by_role("button", name="Tag 7 images").click()
    expect(panel).to_be_hidden()
    expect(page.get_by_text("Sample: 7 diverse: 7 images")).to_be_visible()
    page.goto(urljoin(draft_address, "/history"))
    recipe_line = page.locator(".batch .how").first
    expect(recipe_line).to_contain_text("as different as can be, seed 1, vectors visual")
    page.keyboard.press("Control+z")
    store = annotations_of(open_project(draft_project))
    expect(page.locator(".batch").first.locator(".what")).to_contain_text("of: sample “7 diverse”")
    assert store.state(fresh=True).live_properties == []


def test_a_division_is_said_in_french_and_leaves_with_escape(visit, draft_address):
    page = visit(draft_address, size=NARROW, theme="dark", locale="fr-FR")
    page.get_by_role("button", name="Échantillon ou répartition…").click()
    panel = page.get_by_role("dialog", name="Échantillon ou répartition…")
    panel.get_by_role("tab", name="Répartition").click()
    expect(panel.get_by_role("status")).to_contain_text("validation :")
    expect(panel.get_by_role("button", name="Répartir")).to_be_enabled()
    panel.get_by_label("Apprentissage").fill("tout")
    expect(panel.get_by_role("alert")).to_contain_text("ne sont pas des parts")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
