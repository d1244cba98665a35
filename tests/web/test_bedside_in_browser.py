"""Session page and chair board in a real browser: accessible in every phase, live, and honest when they are not."""

import re
import signal
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.support.accessibility import assert_accessible
from tests.support.live_server import ClinicBuilder
from tests.support.phased_clinic import PhasedClinic as Clinic
from tests.support.phased_clinic import phased_clinic

pytestmark = [pytest.mark.browser, pytest.mark.database]

# Not live shows within 10 s of the last word; the watchdog itself waits for 8 s.
WITHIN_TEN_SECONDS = 10_000


@pytest.fixture(scope="module")
def clinic(clinic_templates: ClinicBuilder) -> Iterator[Clinic]:
    yield from phased_clinic(clinic_templates)


PHASES = ("checks", "ready", "running", "paused", "recovering", "left", "cancelled")


@pytest.mark.parametrize("phase", PHASES)
def test_session_page_has_no_accessibility_fault_in(clinic: Clinic, page: Page, phase: str) -> None:
    clinic.sign_in(page).goto(clinic.address(phase))
    for details in page.locator("main details").all():
        details.evaluate("element => { element.open = true; }")
    assert_accessible(page)


def test_board_has_no_accessibility_fault(clinic: Clinic, page: Page) -> None:
    clinic.sign_in(page).goto(f"{clinic.running.url}/board")
    expect(page.locator("[data-live-words]")).to_have_text("Live")
    assert_accessible(page)


@pytest.mark.parametrize("phase", ["checks", "running", "recovering", "board"])
def test_page_fits_a_screen_of_320_pixels(clinic: Clinic, new_page: Callable[..., Page], phase: str) -> None:
    page = clinic.sign_in(new_page(width_px=320))
    page.goto(f"{clinic.running.url}/board" if phase == "board" else clinic.address(phase))
    assert page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_wrong_entry_leads_from_the_summary_to_its_field(clinic: Clinic, page: Page) -> None:
    clinic.sign_in(page).goto(clinic.address("running"))
    page.get_by_label("Pulse", exact=True).fill("fast")
    page.get_by_label("Which round").select_option(label="Extra round")
    page.get_by_role("button", name="Save this round").click()
    summary = page.get_by_role("alert").filter(has_text="There is a problem")
    expect(summary).to_be_visible()
    assert page.title().startswith("Error: ")
    assert_accessible(page)
    summary.get_by_role("link", name=re.compile("Pulse must be a number")).click()
    expect(page.get_by_label("Pulse", exact=True)).to_be_focused()
    expect(page.get_by_label("Pulse", exact=True)).to_have_value("fast")


def test_reading_changes_the_open_page_and_keeps_what_is_being_typed(clinic: Clinic, page: Page) -> None:
    clinic.sign_in(page).goto(clinic.address("running"))
    note = page.get_by_label("Note", exact=True).last
    note.fill("Half a sent")
    note.focus()
    clinic.measure("running", 187)
    expect(page.locator("#tile-pressure")).to_contain_text("187/76")
    expect(page.locator("#tile-pressure")).to_contain_text("(limit")
    expect(note).to_have_value("Half a sent")
    expect(note).to_be_focused()


def test_alarm_comes_up_by_itself_and_is_taken_in_charge(clinic: Clinic, page: Page) -> None:
    clinic.sign_in(page).goto(clinic.address("running"))
    clinic.measure("running", 214)
    alarm = page.locator(".glimmer-alarm.is-high", has_text="Extremely high blood pressure")
    expect(alarm).to_be_visible()
    alarm.get_by_label("What you did").fill("Paused, doctor called")
    # The feed goes on under the hand that types.
    clinic.measure("running", 213)
    expect(page.locator("#tile-pressure")).to_contain_text("213/76")
    alarm.get_by_role("button", name="Take charge").click()
    expect(page.get_by_text("You took charge of the alarm.")).to_be_visible()
    expect(alarm).to_contain_text("Taken by Maya Okafor, nurse")
    expect(alarm).to_contain_text("Paused, doctor called")


def test_page_of_one_nurse_follows_what_another_does(clinic: Clinic, new_page: Callable[..., Page]) -> None:
    first, second = clinic.sign_in(new_page()), clinic.sign_in(new_page(), "ward-second_nurse")
    first.goto(clinic.address("paused"))
    second.goto(clinic.address("paused"))
    expect(first.locator("[data-live-words]")).to_have_text("Live")
    second.get_by_text("Resume the infusion").click()
    second.get_by_label("Reason").first.fill("Feels well again")
    second.get_by_role("button", name="Resume now").click()
    expect(first.get_by_text("Infusion running.")).to_be_visible()
    expect(first.get_by_text("Pause the infusion")).to_be_visible()


def test_page_says_within_ten_seconds_that_it_is_not_live(clinic: Clinic, page: Page) -> None:
    clinic.sign_in(page).goto(f"{clinic.running.url}/board")
    words = page.locator("[data-live-words]")
    expect(words).to_have_text("Live")
    process = clinic.running.process
    assert process is not None
    # The connection stays open, and nobody speaks any more: the worst kind of dead feed.
    process.send_signal(signal.SIGSTOP)
    try:
        expect(words).to_have_text(re.compile(r"^Not live since \d\d:\d\d:\d\d\. "), timeout=WITHIN_TEN_SECONDS)
        expect(page.locator(".is-not-live")).to_be_visible()
        assert_accessible(page)
    finally:
        process.send_signal(signal.SIGCONT)
    expect(words).to_have_text("Live")


def test_page_without_javascript_says_that_it_is_not_live(clinic: Clinic, new_page: Callable[..., Page]) -> None:
    page = new_page(java_script_enabled=False)
    clinic.sign_in(page).goto(clinic.address("running"))
    expect(page.locator("[data-live-words]")).to_contain_text("Not live: this page shows")
    page.get_by_role("button", name="Water given").click()
    expect(page.locator(".glimmer-log")).to_contain_text("Water given")


def test_chart_draws_its_panels_and_says_the_same_in_a_table(clinic: Clinic, page: Page) -> None:
    clinic.measure("recovering", 129)
    clinic.sign_in(page).goto(clinic.address("recovering"))
    expect(page.locator(".glimmer-plot canvas")).to_have_count(7)
    page.get_by_text("The chart as a table").click()
    expect(page.get_by_role("table", name="Newest value in each five minutes")).to_contain_text("129")
