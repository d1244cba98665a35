"""Scripts are switched off: from the referral to triage every form still works."""

from datetime import date

from tests.journey.people import Patient, Person
from tests.journey.test_01_referral import gp_refers
from tests.support.browser import Visitors


def without_javascript(visitors: Visitors, clinic, username: str) -> Person:
    # axe is a script, so these pages are not inspected here; the story does it.
    return Person(visitors.open(java_script_enabled=False), clinic, username, lambda page: None).signs_in()


def test_referral_is_recorded_and_triaged(clinic, visitors):
    dilwyn = Patient("Dilwyn", "Sample", "9990000042", date(1981, 5, 6))
    bea = without_javascript(visitors, clinic, "bea")
    gp_refers(dilwyn, typed_in_by=bea, missing="")
    bea.sees("The referral was recorded.", "999 000 0042")
    dilwyn.comes_from(bea.page, "journey")
    maya = without_javascript(visitors, clinic, "maya").goes_to(dilwyn.step("referral"))
    maya.chooses("What did triage decide?", "Accept").presses("Record the decision")
    maya.sees("The triage decision was recorded.")
