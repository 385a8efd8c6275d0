"""Waiting for the pictures of a page. Not here: the server and the browser."""

import pytest

__all__ = ["ready"]

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect


def ready(page):
    """Wait until there are pictures and the page listens to keys; return the page."""
    expect(page.locator(".tile img.here").first).to_be_visible()
    expect(page.get_by_role("button", name="Keys")).to_be_visible()
    return page
