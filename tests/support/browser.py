"""A real Chromium for the tests: British, on this machine only, and strict about errors in the page.

    def test_page(page, demo_clinic):      page.goto(demo_clinic.url)
    def test_two_nurses(new_page):         first, second = new_page(), new_page()

A browser test is never skipped: without a browser it fails with what to type. A test fails too when its page
throws, breaks the content security policy, or asks another machine for anything. After a failure the screenshots
are under test-results/.
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from scripts.fetch_browser import WHAT_TO_TYPE, find_browser

RESULTS = Path(__file__).resolve().parents[2] / "test-results"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # Names other than this machine's are not even looked up.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
PATIENCE_MS = 20_000
LOCAL = re.compile(r"^(?:(?:https?|wss?)://(?:127\.0\.0\.1|localhost)(?::\d+)?/|data:|blob:|about:)")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The one browser of the run."""
    found = find_browser()
    if found is None:
        pytest.fail(WHAT_TO_TYPE, pytrace=False)
    environment: dict[str, Any] = {**os.environ, **found.environment}
    with sync_playwright() as playwright:
        # Two workers and a clinic's own processes share two cores: what comes late is not what is wrong.
        expect.set_options(timeout=PATIENCE_MS)
        browser = playwright.chromium.launch(executable_path=found.path, args=ARGUMENTS, env=environment)
        yield browser
        browser.close()


class Visitors:
    """The pages that one test opened, each a person at a computer of their own, and what went wrong on them."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.contexts: list[BrowserContext] = []
        self.faults: list[str] = []

    def open(self, *, width_px: int = 1280, height_px: int = 900, **options: Any) -> Page:
        """Open an empty page for one more person; further options are Playwright's own for a context."""
        settings = {"locale": "en-GB", "timezone_id": "Europe/London", "reduced_motion": "reduce"} | options
        context = self.browser.new_context(viewport={"width": width_px, "height": height_px}, **settings)
        context.set_default_timeout(PATIENCE_MS)
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.faults.append(f"The page threw: {error}"))
        page.on("console", self._note_console)
        page.on("request", self._note_request)
        return page

    def _note_console(self, message: Any) -> None:
        # Chromium also reports an answer such as 403 here, which some tests ask for on purpose.
        if message.type == "error" and "the server responded with a status of" not in message.text:
            self.faults.append(f"The console says: {message.text}")

    def _note_request(self, request: Any) -> None:
        if not LOCAL.match(request.url):
            self.faults.append(f"The page asked another machine: {request.url}")

    def photograph(self, name: str) -> None:
        """Keep what every open page shows."""
        RESULTS.mkdir(exist_ok=True)
        pages = [page for context in self.contexts for page in context.pages]
        for number, page in enumerate(pages, start=1):
            page.screenshot(path=RESULTS / f"{name}-{number}.png", full_page=True)

    def close(self) -> None:
        for context in self.contexts:
            context.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    visitors = getattr(item, "funcargs", {}).get("visitors")
    if call.when == "call" and report.failed and visitors is not None:
        try:
            visitors.photograph(re.sub(r"\W+", "-", item.name)[:100])
        except Exception as problem:  # the failure itself matters more than its picture
            report.sections.append(("screenshot", f"No screenshot could be taken: {problem}"))
    return report


@pytest.fixture
def visitors(chromium: Browser) -> Iterator[Visitors]:
    everyone = Visitors(chromium)
    yield everyone
    everyone.close()
    assert everyone.faults == []


@pytest.fixture
def new_page(visitors: Visitors) -> Callable[..., Page]:
    """Return a function that opens a page for one more person: `new_page(width_px=390)`."""
    return visitors.open


@pytest.fixture
def page(visitors: Visitors) -> Page:
    """An empty page for one person."""
    return visitors.open()
