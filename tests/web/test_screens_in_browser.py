"""In a real browser: the chart by keyboard, one-tap notes, a line that is cut and comes back, the board on a wall."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.accessibility import assert_accessible
from tests.support.browser import Visitors
from tests.support.live_server import ClinicBuilder
from tests.support.phased_clinic import PhasedClinic, phased_clinic

pytestmark = [pytest.mark.browser, pytest.mark.database]
WITHIN_TEN_SECONDS = 10_000
# What the first lines of the panel of pressures were drawn from.
IN_THE_CHART = "() => document.querySelector('[data-chart]').glimmerSeries('systolic')"

SMALLER_THAN_A_FINGER = """() => [...document.querySelectorAll("main :is(button, summary, select, input[type=text])")]
    .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 44).map((one) => one.outerHTML)"""


@pytest.fixture(scope="module")
def clinic(clinic_templates: ClinicBuilder) -> Iterator[PhasedClinic]:
    yield from phased_clinic(clinic_templates)


def log_lines(page: Page, words: str) -> Any:
    return page.locator(".glimmer-log li").filter(has_text=words)


def test_chart_is_read_by_keyboard_alone(clinic: PhasedClinic, page: Page) -> None:
    clinic.measure("running", 131)
    clinic.sign_in(page).goto(clinic.address("running"))
    chart, says = page.locator("[data-chart=drawn]"), page.locator("[data-chart-says]")
    chart.focus()
    chart.press("End")
    expect(says).to_contain_text(re.compile(r"^\d\d:\d\d: BP 131/76 mmHg at \d\d:\d\d, Pulse 72 /min, SpO2 98 %"))
    chart.press("Home")
    expect(says).not_to_contain_text("BP 131/76")
    heard = set()
    for _ in range(8):
        # Home itself says what happened in the first minute.
        heard |= {words for words in ("Infusion started", "Side effect: dizziness") if words in says.inner_text()}
        chart.press("ArrowDown")
    assert heard == {"Infusion started", "Side effect: dizziness"}
    chart.press("End")
    for _ in range(3):
        chart.press("+")
    expect(says).to_contain_text("Shown: ")
    chart.press("0")
    expect(says).not_to_contain_text("Shown: ")
    assert_accessible(page)


def test_letters_of_the_chart_are_at_least_18_pixels_on_a_tablet(
    clinic: PhasedClinic, new_page: Callable[..., Page]
) -> None:
    page = new_page(width_px=1024, height_px=768)
    page.add_init_script(
        """window.drawn = [];
        const write = CanvasRenderingContext2D.prototype.fillText;
        CanvasRenderingContext2D.prototype.fillText = function (...words) {
          window.drawn.push(parseFloat(/([\\d.]+)px/.exec(this.font)[1]));
          return write.apply(this, words);
        };"""
    )
    clinic.sign_in(page).goto(clinic.address("running"))
    page.locator("[data-chart=drawn]").wait_for()
    page.wait_for_function("() => window.drawn.length > 20")
    assert page.evaluate("() => Math.min(...window.drawn)") >= 18


def test_double_tap_is_one_note_and_undo_crosses_it_out(clinic: PhasedClinic, page: Page) -> None:
    clinic.sign_in(page).goto(clinic.address("running"))
    address = page.url
    page.get_by_role("button", name="Talking", exact=True).dblclick()
    expect(page.get_by_text(re.compile(r"^The note was saved\. \d\d:\d\d:\d\d: Talking\.$"))).to_be_visible()
    expect(log_lines(page, "Talking")).to_have_count(1)
    page.get_by_role("button", name="Oxygen started").press("Enter")
    page.get_by_role("button", name="Undo: Oxygen started").click()
    expect(page.get_by_text("Taken back: Oxygen started.")).to_be_visible()
    assert page.url == address
    expect(log_lines(page, "Oxygen started")).to_contain_text("Marked as wrong")
    expect(log_lines(page, "Talking")).not_to_contain_text("Marked as wrong")


def test_undo_never_takes_back_the_note_before_while_a_new_one_is_on_its_way(clinic: PhasedClinic, page: Page) -> None:
    clinic.sign_in(page).goto(clinic.address("running"))
    page.get_by_role("button", name="Water given", exact=True).click()
    undo = page.locator("[data-tapped-undo]")
    expect(undo).to_have_text("Undo: Water given")
    held: list[Any] = []
    page.route("**/note", lambda route: held.append(route))
    page.get_by_role("button", name="Doctor informed", exact=True).click()
    expect(page.get_by_text("Saving: Doctor informed")).to_be_visible()
    expect(undo).to_be_hidden()
    page.get_by_role("button", name="Helped to the toilet", exact=True).click()
    expect(page.get_by_text("Saving: Helped to the toilet")).to_be_visible()
    first, second = held
    first.continue_()
    second.fulfill(status=503)
    unsaved = page.get_by_text("Not saved: “Helped to the toilet”")
    expect(unsaved).to_be_visible()
    expect(log_lines(page, "Doctor informed")).to_have_count(1)
    # The answer to the press before the last is in by now, and must not offer to take that one back.
    expect(undo).to_be_hidden()
    page.unroute("**/note")
    page.get_by_role("button", name="Anxious, reassured", exact=True).click()
    expect(undo).to_have_text("Undo: Anxious, reassured")
    expect(unsaved).to_be_visible()


def test_alarm_is_in_sight_on_a_tablet_wherever_the_page_was_scrolled_to(
    clinic: PhasedClinic, new_page: Callable[..., Page]
) -> None:
    page = new_page(width_px=1024, height_px=768, has_touch=True)
    clinic.measure("recovering", 214)
    clinic.sign_in(page).goto(clinic.address("recovering"))
    alarm = page.locator(".glimmer-alarm").filter(has_text="high blood pressure").first
    # Another bay's call may stand above it.
    expect(alarm.locator(".glimmer-alarm__what")).to_be_in_viewport(ratio=1)
    bar = page.locator(".glimmer-urgent")
    expect(bar).to_be_hidden()
    page.locator("#notes").scroll_into_view_if_needed()
    expect(bar).to_be_in_viewport(ratio=1)
    expect(bar).to_contain_text(re.compile(r"High alarm: .*high blood pressure"))
    assert_accessible(page)
    bar.get_by_role("link").click()
    expect(alarm.get_by_role("button", name="Take charge")).to_be_in_viewport(ratio=1)
    expect(bar).to_be_hidden()


def test_what_is_wrong_with_a_form_is_in_sight_after_it_was_sent(
    clinic: PhasedClinic, new_page: Callable[..., Page]
) -> None:
    page = new_page(width_px=1024, height_px=768, has_touch=True)
    clinic.sign_in(page).goto(clinic.address("running"))
    page.get_by_role("button", name="Save this round").click()
    summary = page.locator(".nhsuk-error-summary")
    expect(summary).to_be_in_viewport()
    expect(summary).to_be_focused()
    page.wait_for_timeout(500)
    expect(summary).to_be_in_viewport()


def test_nothing_to_press_at_the_bedside_is_smaller_than_44_pixels(
    clinic: PhasedClinic, new_page: Callable[..., Page]
) -> None:
    page = new_page(width_px=1024, height_px=768, has_touch=True)
    clinic.sign_in(page)
    for address in (clinic.address("running"), clinic.address("recovering"), f"{clinic.running.url}/board"):
        page.goto(address)
        expect(page.locator("[data-live-words]")).to_have_text("Live")
        assert page.evaluate(SMALLER_THAN_A_FINGER) == []


def forgive_the_cut_line(visitors: Visitors) -> None:
    """A browser complains on its console about each try to connect, which these tests ask for."""
    visitors.faults[:] = [fault for fault in visitors.faults if "net::ERR_" not in fault]


def test_cut_line_shows_within_ten_seconds_and_what_was_missed_comes_once(
    clinic: PhasedClinic, visitors: Visitors, page: Page
) -> None:
    clinic.sign_in(page).goto(clinic.address("paused"))
    live = page.locator("[data-live-words]")
    expect(live).to_have_text("Live")
    clinic.measure("paused", 122)
    expect(page.locator("#tile-pressure")).to_contain_text("122/76")
    clinic.running.kill()
    expect(live).to_have_text(re.compile("^Not live since"), timeout=WITHIN_TEN_SECONDS)
    clinic.running.start()
    # All of this happens before the page is back: its browser waits between two tries.
    now = datetime.now(UTC)
    for seconds_ago, systolic in ((2, 123), (1, 216), (0, 218)):
        clinic.measure("paused", systolic, now - timedelta(seconds=seconds_ago))
    expect(live).to_have_text("Live", timeout=30_000)
    expect(page.locator("#tile-pressure")).to_contain_text("218/76")
    values = [value for _, value in page.evaluate(IN_THE_CHART)]
    assert [values.count(one) for one in (122, 123, 216, 218)] == [1, 1, 1, 1]
    expect(log_lines(page, "Extremely high blood pressure")).to_have_count(1)
    expect(page.locator("[data-live-away]")).to_contain_text("This page was not live from")
    assert_accessible(page)
    forgive_the_cut_line(visitors)


@pytest.mark.parametrize("bays", [1, 6, 12])
def test_wall_shows_all_bays_without_scrolling_in_letters_of_18_pixels(
    clinic: PhasedClinic, new_page: Callable[..., Page], bays: int
) -> None:
    page = new_page(width_px=1920, height_px=1080)
    clinic.measure("running", 214)
    clinic.sign_in(page).goto(f"{clinic.running.url}/board?wall=1")
    expect(page.locator("[data-live-words]")).to_have_text("Live")
    expect(page.locator(".glimmer-alarm.is-high").first).to_be_visible()
    # As many bays as asked for, each as full as the fullest of them.
    page.evaluate(
        """(bays) => {
          const board = document.querySelector(".glimmer-board");
          const full = [...board.children].sort((a, b) => b.textContent.length - a.textContent.length)[0];
          const many = Array.from({ length: bays }, () => full.cloneNode(true));
          for (const one of many) one.removeAttribute("data-part");
          board.replaceChildren(...many);
          board.className = `glimmer-board glimmer-board--${bays}`;
        }""",
        bays,
    )
    found = page.evaluate(
        """() => ({
          scrolls: document.documentElement.scrollHeight - window.innerHeight,
          cut: [...document.querySelectorAll(".glimmer-bay, .glimmer-bay__alarms")]
            .filter((one) => one.scrollHeight > one.clientHeight + 1)
            .map((one) => [one.className, one.scrollHeight, one.clientHeight, one.textContent]),
          least: Math.min(...[...document.querySelectorAll(".glimmer-bay *")].filter((one) =>
            one.checkVisibility() && [...one.childNodes].some((text) => text.nodeType === 3 && text.data.trim()))
            .map((one) => parseFloat(getComputedStyle(one).fontSize))),
        })"""
    )
    assert found["cut"] == []
    assert found["scrolls"] <= 0
    assert found["least"] >= 18


def test_wall_has_no_accessibility_fault_and_shouts_when_it_is_not_live(
    clinic: PhasedClinic, visitors: Visitors, page: Page
) -> None:
    page.clock.install()
    clinic.sign_in(page).goto(f"{clinic.running.url}/board?wall=1")
    expect(page.locator("[data-live-words]")).to_have_text("Live")
    assert_accessible(page)
    page.context.set_offline(True)
    time.sleep(0.2)
    page.clock.fast_forward(9_000)
    expect(page.locator("[data-live-words]")).to_have_text(re.compile("^Not live since"))
    size = page.locator("[data-live-state]").evaluate("element => parseFloat(getComputedStyle(element).fontSize)")
    assert size >= 48
    page.context.set_offline(False)
    forgive_the_cut_line(visitors)
