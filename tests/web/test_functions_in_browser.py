"""Switching alarms off in the app, as an open page at the bedside sees it: at once, and without a calm face."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.journey.people import assert_fits_a_narrow_screen
from tests.support.accessibility import assert_accessible
from tests.support.live_server import ClinicBuilder
from tests.support.phased_clinic import PASSWORD, PhasedClinic, phased_clinic

pytestmark = [pytest.mark.browser, pytest.mark.database]

BANNER = "Alarms are OFF in Glimmer: watch the monitor itself."


@pytest.fixture(scope="module")
def clinic(clinic_templates: ClinicBuilder) -> Iterator[PhasedClinic]:
    yield from phased_clinic(clinic_templates)


def sign_alarms(page: Page, clinic: PhasedClinic, is_on: str) -> None:
    page.goto(f"{clinic.running.url}/safety")
    page.get_by_text("Sign alarms on or off").click()
    form = page.locator("form[action='/safety/sign/alarms']")
    form.get_by_label(is_on, exact=True).check()
    if is_on == "On":
        for box in form.get_by_role("checkbox").all():
            box.check()
    form.get_by_label("Why").fill("A test of the network.")
    form.get_by_label("Your password again", exact=True).fill(PASSWORD)
    assert_accessible(page)
    form.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_text(f"You signed alarms {is_on.lower()}.")).to_be_visible()


def test_alarms_signed_off_reach_open_pages_and_no_danger_looks_calm(
    clinic: PhasedClinic, new_page: Callable[..., Page]
) -> None:
    nurse, wall = clinic.sign_in(new_page()), clinic.sign_in(new_page())
    officer = clinic.sign_in(new_page(), "ward-officer")
    nurse.goto(clinic.address("running"))
    wall.goto(f"{clinic.running.url}/board")
    expect(nurse.get_by_text("Functions on: dose arithmetic, alarms. Off: prediction.")).to_be_visible()
    sign_alarms(officer, clinic, "Off")
    for page in (nurse, wall):
        expect(page.get_by_text(BANNER)).to_be_visible(timeout=10_000)
        expect(page.get_by_text("Functions on: dose arithmetic. Off: alarms, prediction.")).to_be_visible()
    clinic.measure("running", 214)
    expect(nurse.locator("#tile-pressure")).to_contain_text("214")
    for page in (nurse, wall):
        expect(page.locator(".glimmer-alarm")).to_have_count(0)
        expect(page.locator(".glimmer-tile.is-ok, .glimmer-tile.is-danger, .glimmer-tile.is-caution")).to_have_count(0)
        expect(page.get_by_text("Within limits")).to_have_count(0)
        assert_accessible(page)
    expect(nurse.locator("#tile-pressure")).to_contain_text("Not judged")
    sign_alarms(officer, clinic, "On")
    for page in (nurse, wall):
        expect(page.get_by_text(BANNER)).to_have_count(0, timeout=10_000)
    expect(nurse.locator(".glimmer-alarm.is-high").first).to_be_visible(timeout=10_000)


def test_safety_pages_are_accessible_and_fit_a_phone(clinic: PhasedClinic, new_page: Callable[..., Page]) -> None:
    page = clinic.sign_in(new_page(), "ward-officer")
    for path in ("/safety", "/safety/hazards", "/safety/documents/safety-case-report", "/"):
        page.goto(f"{clinic.running.url}{path}")
        assert_accessible(page)
        assert_fits_a_narrow_screen(page)
