"""Chapter 5, told again where time has passed: the pump runs empty, an hour of rest, the ordinary way home.

Nobody can wait 40 and 60 minutes in a test. Bertram's infusion ended 65 minutes ago and Coralie's began 41 minutes
ago: up to there their sessions were made by the product's own actions, told at which time. From there all is done
on the page.
"""

from glimmer.guidance import protocol
from tests.journey.setting import in_clinic

PROTOCOL = protocol("iv-racemic-standard")


def test_coralies_syringe_is_empty_and_her_recovery_begins(maya, clinic):
    coralie = in_clinic(clinic, "running", "2")
    maya.goes_to(coralie["session"]).opens("The whole volume was given")
    maya.writes("Volume given, as the pump shows it", "50").presses("Complete the infusion")
    maya.sees("The recovery has begun.", "Before the patient leaves", "The minimum stay has passed")
    maya.writes("Who takes the patient home", "Her husband").chooses("Written advice given", "Yes")
    maya.presses("The patient leaves now").is_told("cannot leave yet")


def test_a_nasal_dose_goes_from_device_to_device_on_the_same_page(maya, clinic):
    patient = in_clinic(clinic, "nasal", "9")
    maya.goes_to(patient["session"]).sees("1 of 2 devices given", "Device 2 of 2: not before")
    maya.presses("Device 2: record that the device was used now").sees("The device is recorded as used.")
    maya.sees("2 of 2 devices given", "Recovery", "stays at least 120 minutes after the nasal dose")


def test_bertram_goes_home_when_all_criteria_are_met(maya, clinic):
    bertram = in_clinic(clinic, "recovering", "1")
    maya.goes_to(bertram["session"]).sees("Recovery")
    maya.picks("Which round", "Extra round").chooses("Breathing", "Air").chooses("Level of consciousness", "A: alert")
    for name, value in (
        ("Systolic blood pressure", "126"),
        ("Diastolic blood pressure", "78"),
        ("Pulse", "74"),
        ("Oxygen saturation", "98"),
        ("Respiratory rate", "14"),
    ):
        maya.writes(name, value)
    maya.chooses("Sedation (MOAA/S)", "5:").writes("Dissociation", "0").presses("Save this round")
    for criterion in PROTOCOL.leaving:
        if not criterion.measured:
            maya.chooses(criterion.asks, "Yes")
    maya.page.locator("form[action*='/leaving']").get_by_role("button", name="Save these answers").click()
    maya.sees("The answers were saved.")
    maya.writes("Who takes the patient home", "His daughter").chooses("Written advice given", "Yes")
    maya.presses("The patient leaves now").sees("The patient has left. The session is closed.")
    maya.goes_to(bertram["journey"]).sees("1 of 6 sessions done")
