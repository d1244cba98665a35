"""The patients' own pages in a real browser: invited by staff, on a narrow telephone, by keyboard, without scripts."""

import re
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect

from tests.journey.people import assert_fits_a_narrow_screen
from tests.support.accessibility import assert_accessible
from tests.support.browser import Visitors
from tests.support.live_server import RunningClinic
from tests.web.test_accessible_pages import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.database]

EPISODE = 30
PAGES = (
    "", "/mood", "/sleep", "/effects", "/words", "/next", "/questions/phq9", "/after", "/chart", "/consents",
    "/letters", "/everything", "/everything.html", "/help",
)  # fmt: skip
PHONE = {"width_px": 320, "height_px": 640, "has_touch": True}


def invited(clinic: RunningClinic, staff: Page) -> tuple[str, tuple[str, str, str]]:
    """Invite the patient as the desk does; return the link as it stands in the outbox, and the date of birth."""
    sign_in(staff, clinic, "bea.larkspur")
    staff.goto(f"{clinic.url}/episodes/{EPISODE}/own")
    banner = staff.locator(".glimmer-patient").inner_text()
    found = re.search(
        r"(\d{1,2} [A-Z][a-z]+ (?:19|20)\d\d)",
        banner,
    )
    assert found, banner
    born = datetime.strptime(found[1], "%d %B %Y")  # noqa: DTZ007
    staff.get_by_label("By e-mail").check()
    staff.get_by_label("English", exact=True).check()
    staff.get_by_role("button", name="Send the link").click()
    expect(staff.get_by_text("The link is in the outbox")).to_be_visible()
    # The sender runs beside the pages, after the commit: the message is kept within its next turn.
    for _ in range(40):
        staff.goto(f"{clinic.url}/episodes/{EPISODE}/own")
        state = staff.get_by_role("link", name=re.compile("kept here|waiting"))
        if "kept" in state.first.inner_text():
            break
        staff.wait_for_timeout(250)
    state.first.click()
    words = staff.locator(".nhsuk-inset-text").inner_text()
    link = re.search(r"http://\S+/own/in/\S+", words)
    assert link, words
    return clinic.url + link[0][link[0].index("/own/in/") :], (str(born.day), str(born.month), str(born.year))


def comes_in(page: Page, link: str, born: tuple[str, str, str]) -> None:
    page.goto(link)
    for label, value in zip(("Day", "Month", "Year"), born, strict=True):
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Open my pages").click()
    expect(page.get_by_role("heading", name="Hello")).to_be_visible()


def test_every_page_is_accessible_on_a_narrow_telephone_in_both_languages(
    demo_clinic: RunningClinic, visitors: Visitors
):
    link, born = invited(demo_clinic, visitors.open())
    page = visitors.open(**PHONE)
    page.goto(link)
    assert_accessible(page)
    comes_in(page, link, born)
    for language in ("Cymraeg", "English"):
        page.get_by_role("button", name=language).click()
        for path in PAGES:
            page.goto(f"{demo_clinic.url}/own{path}")
            assert_accessible(page)
            assert_fits_a_narrow_screen(page)
    page.goto(f"{demo_clinic.url}/own/mood")
    page.get_by_role("button", name="7", exact=True).tap()
    expect(page.get_by_text("Your mood is noted.")).to_be_visible()


def test_patient_without_scripts_answers_by_keyboard_and_finds_help(demo_clinic: RunningClinic, visitors: Visitors):
    link, born = invited(demo_clinic, visitors.open())
    page = visitors.open(**PHONE, java_script_enabled=False)
    comes_in(page, link, born)
    page.goto(f"{demo_clinic.url}/own")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to main content"
    page.goto(f"{demo_clinic.url}/own/questions/phq9")
    for number in range(1, 10):
        page.locator(f"#item_{number}").focus()
        page.keyboard.press("Space" if number < 9 else "ArrowDown")
    page.get_by_role("button", name="Send", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Thank you for telling us")).to_be_visible()
    expect(page.get_by_role("link", name="116 123")).to_have_attribute("href", "tel:116123")
    staff = visitors.open()
    sign_in(staff, demo_clinic, "idris.penhallow")
    staff.goto(f"{demo_clinic.url}/episodes/{EPISODE}/outcomes")
    expect(staff.get_by_text("The patient", exact=True).first).to_be_visible()
