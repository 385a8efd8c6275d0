"""A real server of the demo project, and the system's chromium."""

import os
import shutil
from pathlib import Path

import pytest

from tests.dashboard import WIDE, serving

# The first draws no window and takes about half the processor time of the second.
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
CHROMIUM = os.environ.get("PANOPTIC_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
# One is enough on a busy machine to start, and to come back with the first page.
PATIENCE_MS = 60_000


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium_path():
    if CHROMIUM is None:
        pytest.skip(f"no chromium on this machine (looked for {', '.join(NAMES)})")
    return CHROMIUM


@pytest.fixture(scope="module")
def chromium(chromium_path):
    # Not for the session: Playwright keeps an event loop running in this thread, in which
    # nothing that calls `asyncio.run`, as Dagster does in process, can work.
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=chromium_path, args=["--no-sandbox", "--disable-gpu"]
        )
        playwright.expect.set_options(timeout=PATIENCE_MS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def address(chromium_path, demo_project):
    with serving(demo_project) as address:
        yield address


@pytest.fixture(scope="module")
def own_project(demo_of_all, tmp_path_factory):
    """A copy for one module: what is noted here is seen by no other."""
    own = tmp_path_factory.mktemp("own") / "project"
    return shutil.copytree(demo_of_all / "demo", own)


@pytest.fixture(scope="module")
def contexts(chromium):
    """Windows by theme and language: what one of them has fetched the next need not fetch."""
    created = {}
    yield created
    for context in created.values():
        context.close()


@pytest.fixture
def visit(chromium, contexts):
    """Return what opens an address in a window of its own; what breaks in it fails the test."""
    broken = []
    pages = []

    def open_page(address, *, size=WIDE, theme="light", locale="en-GB"):
        if (theme, locale) not in contexts:
            contexts[theme, locale] = chromium.new_context(color_scheme=theme, locale=locale)
        context = contexts[theme, locale]
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.set_viewport_size(size)
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.goto(address)
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        if not page.is_closed() and page.url.startswith("http"):
            page.evaluate("localStorage.clear()")
        page.close()
    for context in contexts.values():
        context.clear_cookies()
    assert broken == []
