"""What is out of date on the page Pipeline: told, costed, made anew by a button."""

import re

import pytest

from tests.dashboard import serving

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

RUN_MS = 240_000


@pytest.fixture(scope="module")
def page_address(own_project):
    with serving(own_project) as address:
        yield f"{address}/pipeline"


@pytest.fixture
def page(visit, page_address):
    page = visit(page_address)
    expect(page.get_by_role("table", name="Stages")).to_be_visible()
    return page


def recompute(page):
    return page.get_by_role("button", name="Recompute")


def test_a_parameter_that_is_set_says_what_is_out_of_date_and_what_it_takes(page):
    expect(recompute(page)).to_have_count(0)
    page.get_by_role("button", name="Parameters").click()
    field = page.get_by_role("spinbutton", name="Clusters: k")
    field.fill("6")
    field.press("Tab")
    page.get_by_role("button", name="Save").click()
    line = page.locator(".st-key-outdated .stHtml p")
    expect(line).to_have_count(1)
    expect(line).to_contain_text("made with k = chosen by the corpus, now 6")
    expect(line.locator("small")).to_contain_text(re.compile("takes (about|under)"))
    state = page.get_by_role("table", name="Stages").locator("td.stale")
    expect(state).to_have_text("other parameters")
    expect(recompute(page)).to_be_enabled()


@pytest.mark.slow
def test_the_button_makes_only_that_anew(page):
    outcomes = page.locator(".runs .outcome")
    before = outcomes.count()
    recompute(page).click()
    expect(outcomes).to_have_count(before + 1, timeout=RUN_MS)
    expect(outcomes.first).to_have_text("done")
    expect(recompute(page)).to_have_count(0)
    expect(page.get_by_role("table", name="Stages").locator("td.current")).to_have_count(9)
