"""A headless browser for tests of pages: what it looks at, and what it must not find."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = Path("/usr/bin/chromium")


@contextmanager
def chromium() -> Iterator["Browser"]:
    """A headless Chromium; the test is skipped where there is none."""
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}")
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(
    browser: "Browser", address: str, *, width: int = 1280, scheme: Literal["light", "dark"] = "light"
) -> Iterator[tuple["Page", list[str], list[str]]]:
    """A page at an address, what it asked for beside itself, and what the console said."""
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url != address else None)
    page.on("console", lambda message: said.append(message.text))
    try:
        page.goto(address)
        yield page, asked, said
    finally:
        context.close()


def faults_of(page: "Page") -> list[str]:
    """What axe finds wrong with a page, one line for each kind."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    found = axe.Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]


def too_wide(page: "Page") -> bool:
    """Whether the page as a whole scrolls sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
