"""The process is killed during a session while a nurse looks at its page: what she sees, and what she finds after."""

import time

import pytest

from tests.journey.bedside import Bedside
from tests.journey.people import Person
from tests.journey.setting import in_clinic
from tests.support.browser import Visitors

SAYS_SO_WITHIN_SECONDS = 10


@pytest.fixture
def clinic(clinic_templates):
    """A clinic of this test's own, on SQLite or PostgreSQL as the run is."""
    found = clinic_templates.build()
    in_clinic(found, "open")
    yield found.start()
    found.stop()


@pytest.mark.database
def test_nurse_sees_at_once_that_it_is_not_live_and_later_the_same_session(clinic, visitors: Visitors, inspect):
    told = in_clinic(clinic, "running", "0")
    family, given = "Sample", "Amina"
    bedside = Bedside(clinic.gateway_port, told["bay"], (family, given), told["nhs_number"], told["local_number"])
    bedside.pump_starts()
    bedside.is_switched_on()
    maya = Person(visitors.open(), clinic, "maya", inspect).signs_in()
    try:
        maya.goes_to(told["session"]).sees_in("[data-live-words]", "^Live$")
        bedside.pressure_rises()
        alarm = maya.page.locator(".glimmer-alarm").filter(has_text="High blood pressure").first
        alarm.get_by_label("What you did").fill("Told Dr Penhallow")
        alarm.get_by_role("button", name="Take charge").click()
        maya.sees("You took charge of the alarm.")
        maya.presses("Comfortable, no complaints").sees("The note was saved.")
        log_before = maya.page.locator(".glimmer-log__what").all_inner_texts()

        clinic.kill()
        killed_at = time.monotonic()
        maya.sees_in("[data-live-words]", "Not live since .* Look at the monitor itself")
        assert time.monotonic() - killed_at < SAYS_SO_WITHIN_SECONDS + 5
        maya.does_not_see("Traceback")

        clinic.start()
        # Without loading the page again: it finds the clinic by itself, and the values go on.
        maya.sees_in("[data-live-words]", "^Live$")
        maya.goes_to(told["session"])
        log_after = maya.page.locator(".glimmer-log__what").all_inner_texts()
        lost = [line for line in log_before if line not in log_after]
        assert lost == []
        maya.sees("Taken by Maya Okafor", "Told Dr Penhallow", "Comfortable, no complaints")
        maya.sees_in("[data-part=values]", r"\b1[6-9]\d/\d+\s*mmHg")
    finally:
        bedside.is_switched_off()
        # The browser reports every try to reach the killed clinic.
        visitors.faults[:] = [fault for fault in visitors.faults if "net::ERR_" not in fault]
