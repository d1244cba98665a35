"""Chapter 1. A GP refers Amina; something is missing; then Maya accepts the referral."""

from glimmer.guidance import referral_items
from tests.journey.people import Patient, Person, today


def gp_refers(amina: Patient, *, typed_in_by: Person, missing: str) -> None:
    """The letter is typed in by the administrator; one item of the minimum set is not in it."""
    bea = typed_in_by
    bea.goes_to("/referrals/new")
    bea.writes("NHS number", amina.nhs_number)
    bea.writes("Family name", amina.family_name).writes("Given name", amina.given_name)
    bea.dates("Date of birth", amina.born).chooses("Sex", "Female")
    bea.writes("GP's name (optional)", "Dr Ada Quince").writes("GP practice (optional)", "Made-up Road Surgery")
    bea.chooses("Who refers?", "A GP").writes("Referrer's name", "Dr Ada Quince")
    bea.chooses("Priority", "Routine").dates("Received on", today())
    bea.writes("Reason for the referral", "Depressed for four years; two antidepressants did not help.")
    for item in referral_items():
        state = "Missing" if item.title == missing else "Present"
        bea.chooses(item.title, state)
        if state == "Present":
            bea.writes(f"What the referral says: {item.title}", f"{item.title}: as in the letter")
    bea.presses("Record the referral")


def test_wrong_nhs_number_is_told_in_words_and_nothing_typed_is_lost(bea):
    bea.goes_to("/referrals/new")
    bea.writes("NHS number", "999 000 0019").writes("Family name", "Sample")
    bea.presses("Record the referral")
    bea.is_told("NHS number", "Enter the patient's given name.")
    assert bea.page.get_by_label("Family name").input_value() == "Sample"
    assert bea.page.title().startswith("Error: ")


def test_gp_refers_amina_without_her_letters(bea, amina):
    gp_refers(amina, typed_in_by=bea, missing="Mental-health letters of the last 3 years")
    bea.sees("The referral was recorded.", "Sample", "999 000 0018")
    amina.comes_from(bea.page, "journey")


def test_triage_is_blocked_by_what_is_missing_and_says_so(maya, amina):
    maya.goes_to(amina.step("referral"))
    maya.sees("Triage cannot accept or decline yet", "Mental-health letters of the last 3 years")
    maya.chooses("What did triage decide?", "Accept").presses("Record the decision")
    maya.is_told("Mental-health letters")


def test_bea_adds_that_there_are_explicitly_no_letters(bea, amina):
    letters = "Mental-health letters of the last 3 years"
    bea.goes_to(amina.step("referral")).opens("Change what is known")
    bea.chooses(letters, "Explicitly none").presses("Save the items")
    bea.sees("The referral was completed").does_not_see("Triage cannot accept")


def test_same_patient_is_not_referred_twice(bea, amina):
    gp_refers(amina, typed_in_by=bea, missing="")
    bea.sees("There is a problem")
    assert bea.page.locator(f"a[href='{amina.found_at('journey')}']").count() >= 1


def test_administrator_cannot_triage(bea, amina):
    bea.goes_to(amina.step("referral")).sees("Triage is decided by a nurse or a psychiatrist.")
    assert not bea.may("Record the decision")


def test_nurse_accepts_the_referral(maya, amina):
    maya.goes_to(amina.step("referral"))
    maya.chooses("What did triage decide?", "Accept").presses("Record the decision")
    maya.sees("The triage decision was recorded.", "In assessment", "Record the baseline PHQ-9")
