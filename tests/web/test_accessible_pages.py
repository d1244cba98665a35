"""The pages around the journey in a real browser, on the demo clinic: accessible, and narrow enough for a phone.

The steps of the journey itself are looked at in the same way by `tests/journey`.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from glimmer.cli.demo.people import DEMO_PASSWORD
from tests.journey.people import assert_fits_a_narrow_screen
from tests.support.accessibility import assert_accessible
from tests.support.live_server import RunningClinic

pytestmark = [pytest.mark.browser, pytest.mark.database]

PAGES = {
    "maya.okafor": [
        "/",
        "/?for=all",
        "/patients",
        "/patients?words=zzz",
        "/break-glass",
        "/calendar",
        "/quarantine",
        "/quarantine?show=decided",
        "/controlled-drugs",
        "/controlled-drugs/1",
        "/controlled-drugs/1/print",
        "/incidents",
        "/incidents/1",
        "/incidents/new",
        "/long-term",
        "/episodes/30/long-term",
        "/episodes/30/own",
        "/outbox",
        "/outbox/1",
        "/tasks",
        "/tasks?show=done",
        "/worklists?list=overdue",
        "/letter-templates",
        "/letter-templates/discharge",
        "/letter-templates/discharge/shipped-1",
        "/episodes/30/follow-up",
        "/episodes/30/contacts",
        "/episodes/30/tasks/new",
        "/help",
        "/mechanism",
        "/sessions/54/predicted",
        "/plans/1/exposure",
        "/training",
        "/nowhere",
    ],
    "idris.penhallow": ["/", "/counts", "/economics", "/capacity", "/capacity/rollout", "/siting"],
    "tomos.fairweather": ["/"],
    "priya.quill": ["/", "/help"],
    "bea.larkspur": ["/", "/referrals/new", "/referrals/import", "/episodes/30/funding", "/prices"],
    "gil.thackeray": ["/", "/calendar", "/patients", "/prices"],
    "piers.hollowell": ["/", "/privacy", "/patients/1/looks"],
    "ness.abernathy": ["/", "/protocols", "/protocols/iv-racemic-standard", "/figures/news2"],
}


def sign_in(page: Page, clinic: RunningClinic, username: str) -> None:
    page.goto(f"{clinic.url}/sign-in")
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password", exact=True).fill(DEMO_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{clinic.url}/")


@pytest.mark.parametrize("username", list(PAGES))
def test_pages_of_each_role_are_accessible_and_fit_a_phone(demo_clinic: RunningClinic, page: Page, username: str):
    sign_in(page, demo_clinic, username)
    for path in PAGES[username]:
        page.goto(demo_clinic.url + path)
        assert_accessible(page)
        assert_fits_a_narrow_screen(page)


def test_printed_register_shows_every_column_on_the_paper(demo_clinic: RunningClinic, page: Page):
    sign_in(page, demo_clinic, "priya.quill")
    page.goto(f"{demo_clinic.url}/controlled-drugs/1/print")
    page.emulate_media(media="print")
    # A4 across, 297 mm less a margin of 10 mm on either side, at 96 pixels an inch.
    page.set_viewport_size({"width": 1047, "height": 718})
    table = page.locator(".glimmer-register")
    assert table.evaluate("one => one.scrollWidth <= one.parentElement.clientWidth")
    assert table.evaluate("one => getComputedStyle(one.parentElement).overflowX") == "visible"
    expect(page.get_by_role("columnheader", name="Signed, witnessed")).to_be_visible()


def test_sheet_of_a_session_is_accessible_and_its_rows_can_be_typed(demo_clinic: RunningClinic, page: Page):
    sign_in(page, demo_clinic, "maya.okafor")
    page.goto(f"{demo_clinic.url}/calendar")
    page.locator(".glimmer-slot--live a").first.click()
    page.get_by_role("link", name="Enter what was written on its sheet").click()
    assert_accessible(page)
    assert_fits_a_narrow_screen(page)
    page.get_by_label("Whose handwriting are these rows").select_option(label="Jo Sparrow, nurse")
    page.get_by_label("E1: time").fill("00:01")
    page.get_by_label("E1: what happened").select_option(label="Note")
    page.get_by_role("button", name="Enter these rows").click()
    expect(page.get_by_role("link", name="Row E1: enter the words that were written.")).to_be_visible()
    assert_accessible(page)
    expect(page.get_by_label("E1: time")).to_have_value("00:01")


def test_sign_in_page_of_the_demo_is_accessible_and_lists_everybody(demo_clinic: RunningClinic, page: Page):
    page.goto(f"{demo_clinic.url}/sign-in")
    assert_accessible(page)
    assert_fits_a_narrow_screen(page)
    expect(page.get_by_role("cell", name="maya.okafor")).to_be_visible()
    expect(page.get_by_text(DEMO_PASSWORD)).to_be_visible()


def test_keyboard_reaches_content_first_and_errors_take_the_focus(demo_clinic: RunningClinic, page: Page):
    sign_in(page, demo_clinic, "bea.larkspur")
    page.goto(f"{demo_clinic.url}/referrals/new")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#maincontent")).to_be_focused()
    page.get_by_role("button", name="Record the referral").press("Enter")
    expect(page.locator(".nhsuk-error-summary")).to_be_focused()
    page.get_by_role("link", name="Enter the patient's family name.").press("Enter")
    expect(page.get_by_label("Family name")).to_be_focused()
    assert page.title().startswith("Error: ")
    assert_accessible(page)


def test_referral_is_found_and_read_without_javascript(demo_clinic: RunningClinic, new_page: Callable[..., Page]):
    page = new_page(java_script_enabled=False)
    sign_in(page, demo_clinic, "maya.okafor")
    page.goto(f"{demo_clinic.url}/?for=all&step=referral")
    page.locator("main table").last.get_by_role("link").first.click()
    page.get_by_role("link", name="Referral", exact=True).click()
    expect(page.get_by_role("heading", name="What the referral must tell")).to_be_visible()
    page.get_by_text("Change what is known").click()
    if page.get_by_role("button", name="Record the decision").count():
        page.get_by_role("button", name="Record the decision").click()
        expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()


def test_printed_page_keeps_the_patient_and_drops_the_controls(demo_clinic: RunningClinic, page: Page):
    sign_in(page, demo_clinic, "maya.okafor")
    page.goto(f"{demo_clinic.url}/?for=all")
    page.locator("main table").last.get_by_role("link").first.click()
    page.emulate_media(media="print")
    expect(page.get_by_label("Patient", exact=True)).to_be_visible()
    expect(page.get_by_role("navigation", name="Menu")).to_be_hidden()
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    # An address inside Glimmer says nothing on paper, and can be longer than the row it stands in.
    behind = page.locator("main a:visible").evaluate_all("all => all.map(a => getComputedStyle(a, '::after').content)")
    assert set(behind) == {"none"}
