"""Staff at their computers, as the journey's tests tell of them: `maya.chooses("Priority", "Routine")`.

Everything is found as a person finds it, by the words on the page. Each page that somebody comes to is looked at
once in each of its states: no violation of WCAG 2.2 AA, and nothing to scroll sideways at 320 px.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.support.accessibility import assert_accessible
from tests.support.live_server import RunningClinic

PASSWORD = "a long enough test phrase"
NARROW_PX = 320
SHOWN_ON_PAGE_MS = 15_000
WIDEST = """() => [document.documentElement.scrollWidth, [...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > 320.5 && !one.closest(".glimmer-scroll"))
    .slice(0, 3).map((one) => one.outerHTML.slice(0, 150)).join(" … ")]"""
Inspector = Callable[[Page], None]


def today() -> date:
    """Return the day in the clinic, whatever zone this machine is in."""
    return datetime.now(ZoneInfo("Europe/London")).date()


def pages_are_inspected() -> Inspector:
    """Return a look at a page that is done once for each state of each page."""
    seen: set[tuple[str, ...]] = set()

    def look(page: Page) -> None:
        path = re.sub(r"\d+", "0", page.url.split("/", 3)[3].split("?")[0].split("#")[0])
        headings = page.locator("main h1, main h2").all_inner_texts()
        state = (path, *headings)
        if state in seen:
            return
        seen.add(state)
        assert_accessible(page)
        assert_fits_a_narrow_screen(page)

    return look


def assert_fits_a_narrow_screen(page: Page) -> None:
    """Fail when a page has to be scrolled sideways on a phone (WCAG 2.2, 1.4.10 Reflow)."""
    usual = page.viewport_size or {"width": 1280, "height": 900}
    page.set_viewport_size({"width": NARROW_PX, "height": 800})
    try:
        width, widest = page.evaluate(WIDEST)
        for _ in range(20):
            # The menu folds itself up a moment after the window has become narrow.
            if width <= NARROW_PX:
                return
            page.wait_for_timeout(100)
            width, widest = page.evaluate(WIDEST)
        pytest.fail(f"{page.url} is {width} px wide on a screen of {NARROW_PX} px; it reaches out at {widest}.")
    finally:
        page.set_viewport_size(usual)


@dataclass
class Person:
    """One member of staff at a computer of their own."""

    page: Page
    clinic: RunningClinic
    username: str
    inspect: Inspector
    password: str = PASSWORD
    signed_in: bool = False

    def signs_in(self) -> "Person":
        self.page.goto(f"{self.clinic.url}/sign-in")
        self.page.get_by_label("User name").fill(self.username)
        self.page.get_by_label("Password", exact=True).fill(self.password)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("button", name="Sign out")).to_be_visible()
        self.signed_in = True
        return self

    def goes_to(self, path: str) -> "Person":
        if not self.signed_in:
            self.signs_in()
        self.page.goto(f"{self.clinic.url}{path}")
        self.inspect(self.page)
        return self

    def follows(self, words: str) -> "Person":
        """Follow the link with these words."""
        self.page.get_by_role("link", name=words).first.click()
        self.page.wait_for_load_state()
        self.inspect(self.page)
        return self

    def presses(self, words: str) -> "Person":
        """Press the first button with these words."""
        self.page.get_by_role("button", name=words).first.click()
        self.page.wait_for_load_state()
        self.inspect(self.page)
        return self

    def opens(self, words: str) -> "Person":
        """Unfold what stands under a summary."""
        summary = self.page.locator("summary").filter(has_text=words).first
        if summary.locator("..").get_attribute("open") is None:
            summary.click()
        return self

    def chooses(self, question: str, answer: str) -> "Person":
        """Choose a radio button or tick a box of the group that asks `question`."""
        group = self.page.get_by_role("group", name=question).first
        group.get_by_label(answer, exact=False).first.check()
        return self

    def ticks_all(self, question: str) -> "Person":
        for box in self.page.get_by_role("group", name=question).get_by_role("checkbox").all():
            box.check()
        return self

    def picks(self, label: str, answer: str) -> "Person":
        """Pick from a drop-down list."""
        self.page.get_by_label(label, exact=True).select_option(label=answer)
        return self

    def writes(self, label: str, text: str) -> "Person":
        """Write into the field with this label, or the one whose label begins so and goes on in brackets."""
        self.page.get_by_label(re.compile(rf"^\s*{re.escape(label)}( \(.*\))?\s*$")).fill(text)
        return self

    def dates(self, question: str, day: date) -> "Person":
        group = self.page.get_by_role("group", name=question).first
        for part, value in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
            group.get_by_label(part).fill(str(value))
        return self

    def sees(self, *words: str) -> "Person":
        """Wait until all these words stand on the page, without loading it again."""
        for some in words:
            self._expect_in("body", some)
        return self

    def does_not_see(self, *words: str) -> "Person":
        for some in words:
            expect(self.page.locator("body")).not_to_contain_text(some)
        return self

    def is_told(self, *words: str) -> "Person":
        """See the error summary with these words."""
        for some in words:
            self._expect_in(".nhsuk-error-summary", some)
        return self

    def _expect_in(self, place: str, words: str) -> None:
        sought = re.compile(re.escape(words), re.IGNORECASE)
        try:
            expect(self.page.locator(place)).to_contain_text(sought, timeout=SHOWN_ON_PAGE_MS)
        except AssertionError:
            found = " ".join(self.page.locator("main").inner_text().split())[:1500]
            pytest.fail(f"{self.username} does not see {words!r} on {self.page.url}, but: {found}", pytrace=False)

    def sees_in(self, place: str, pattern: str) -> "Person":
        """Wait until the part of the page at the CSS selector `place` reads as the pattern says."""
        expect(self.page.locator(place)).to_contain_text(re.compile(pattern, re.DOTALL), timeout=SHOWN_ON_PAGE_MS)
        return self

    def loses_the_live_line(self) -> "Person":
        """From now on this computer hears no news, so its pages stay as they were when they were loaded."""
        self.page.route("**/live/**", lambda route: route.fulfill(status=503, body="not now"))
        return self

    def hears_again(self) -> "Person":
        self.page.unroute("**/live/**")
        return self

    def may(self, button: str) -> bool:
        """Say whether the page offers a button with these words."""
        return self.page.get_by_role("button", name=button).count() > 0


@dataclass
class Patient:
    """A fictional patient as the tests know them, and where in the clinic's records they are found."""

    given_name: str
    family_name: str
    nhs_number: str
    born: date
    places: dict[str, str] = field(default_factory=dict)

    def found_at(self, place: str) -> str:
        """Return the address of the patient's `journey`, `session`, ...; fail when the story has not come there."""
        if place not in self.places:
            pytest.fail(
                f"{self.given_name} has no {place} yet: the chapter before this one was not told or failed. "
                "Run the whole story: pytest tests/journey",
                pytrace=False,
            )
        return self.places[place]

    def step(self, name: str) -> str:
        """Return the address of one step's page."""
        return f"{self.found_at('journey')}/{name}"

    def comes_from(self, page: Page, place: str) -> None:
        """Keep the address that `page` shows, such as `/episodes/7` of `/episodes/7/referral`."""
        found = re.search(r"/(?:episodes|sessions|letters|appointments)/\d+", page.url)
        assert found, page.url
        self.places[place] = found[0]


def amina_sample(**places: Any) -> Patient:
    return Patient("Amina", "Sample", "9990000018", date(1984, 5, 3), dict(places))
