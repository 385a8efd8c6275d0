"""A real server of the demo project, and the system's chromium."""

import os
import shutil
from pathlib import Path
from urllib.parse import urljoin

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
# A route that answers a few letters.
IDLE = "/annotations/position"


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
            executable_path=chromium_path,
            args=["--no-sandbox", "--disable-gpu", "--process-per-site"],
        )
        playwright.expect.set_options(timeout=PATIENCE_MS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def address(chromium_path, demo_project):
    with serving(demo_project) as address:
        yield address


@pytest.fixture(scope="session")
def draft_project(demo_of_all, tmp_path_factory):
    """A copy for tests that write and take back what they have written."""
    own = tmp_path_factory.mktemp("draft") / "demo"
    return shutil.copytree(demo_of_all / "demo", own)


@pytest.fixture(scope="session")
def draft_address(chromium_path, draft_project):
    with serving(draft_project) as address:
        yield address


@pytest.fixture(scope="module")
def own_project(demo_of_all, tmp_path_factory):
    """A copy for one module: what is noted here is seen by no other."""
    own = tmp_path_factory.mktemp("own") / "project"
    return shutil.copytree(demo_of_all / "demo", own)


class Windows:
    """The windows of one module: what one of them has fetched the next need not fetch."""

    def __init__(self, chromium):
        self.chromium = chromium
        self.contexts = {}
        # Those that the test before has left as it found them, by their addresses.
        self.kept = {}
        self.broken = []

    def open(self, address, theme, locale):
        context = self.contexts.get((theme, locale)) or self._context(theme, locale)
        # One that stays: with it the process that has compiled the scripts does.
        if address is not None and not context.pages:
            context.new_page().goto(urljoin(address, IDLE))
        page = context.new_page()
        page.on("pageerror", lambda error: self.broken.append(str(error)))
        return page

    def _context(self, theme, locale):
        context = self.chromium.new_context(
            color_scheme=theme, locale=locale, reduced_motion="reduce"
        )
        context.set_default_timeout(PATIENCE_MS)
        self.contexts[theme, locale] = context
        return context

    def forget(self, pages):
        """Close pages, and lose what they have written."""
        for page in pages:
            if not page.is_closed() and page.url.startswith("http"):
                page.evaluate("localStorage.clear()")
            page.close()
        for context in self.contexts.values():
            context.clear_cookies()

    def close(self):
        for context in self.contexts.values():
            context.close()


@pytest.fixture(scope="module")
def windows(chromium):
    opened = Windows(chromium)
    yield opened
    opened.close()


@pytest.fixture
def visit(request, windows):
    """Return what opens an address in a window of its own; what breaks in it fails the test.

    Without an address the window is empty. A test that leaves all as it was may ``keep`` the
    window for the next one: loading the dashboard takes longer than most tests.
    """
    pages = {}
    failed = request.session.testsfailed

    def open_page(address=None, *, size=WIDE, theme="light", locale="en-GB", keep=False):
        page = windows.kept.pop(address, None) if keep else None
        if page is None:
            page = windows.open(address, theme, locale)
            page.set_viewport_size(size)
            # Before it is loaded: it is closed also where that fails.
            pages[page] = None
            if address is not None:
                page.goto(address)
        pages[page] = address if keep else None
        return page

    yield open_page
    if request.session.testsfailed == failed:
        for page, address in list(pages.items()):
            if address and not page.is_closed() and page.url.rstrip("/") == address:
                windows.kept[address] = page
                del pages[page]
    windows.forget(pages)
    errors, windows.broken = windows.broken, []
    assert errors == []
