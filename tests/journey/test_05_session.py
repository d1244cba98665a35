"""Chapter 5. Amina in the chair: checks, syringe, start, the monitor, an alarm, a pause, the end, the way home.

Two nurses and a psychiatrist have the page open at the same time. Her monitor and pump speak HL7 to the bedside
port, as devices do. Amina asks to stop after a few minutes, so nobody has to wait: forty minutes of infusion and an
hour of rest have not passed for her, and the psychiatrist says why she may go. How it goes when that time has
passed is told of another patient, in `test_05b_leaving.py`.
"""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from glimmer.guidance import protocol
from tests.journey.people import SHOWN_ON_PAGE_MS, Patient, Person, today
from tests.journey.test_02_selection import phq9_is_recorded

PROTOCOL = protocol("iv-racemic-oxford-weekly")
BEGINS_AT = "session"
FOOD = "Nothing but a light breakfast, and little or no lunch"


@pytest.fixture(scope="module", autouse=True)
def monitor_is_on(bedside: Any) -> None:
    """Amina's monitor is switched on when she sits down."""


def at_the_session(person: Person, amina: Patient) -> Person:
    return person.goes_to(amina.found_at("session"))


def checks_are_answered(nurse: Person, **other: str) -> None:
    """Every check is answered as the protocol wants it, but for those named by their questions in `other`."""
    for check in PROTOCOL.checks_before:
        if check.measured or check.only_if:
            continue
        nurse.chooses(check.asks, other.get(check.asks, "Yes"))
    nurse.presses("Save these answers").sees("The answers were saved.")


def round_is_entered(nurse: Person, which: str) -> None:
    """What a nurse adds to the monitor's values: the temperature, how awake she is, how far away she feels."""
    nurse.picks("Which round", which).writes("Temperature", "36.6")
    nurse.chooses("Breathing", "Air").chooses("Level of consciousness", "A: alert").chooses("Sedation (MOAA/S)", "5:")
    nurse.writes("Dissociation", "0").presses("Save this round").sees("The round was saved.")


def test_phq9_before_the_session(maya, amina):
    phq9_is_recorded(amina, by=maya, occasion="Before a session", answers="332322210", session="1")


def test_maya_opens_the_session_on_its_day(maya, amina):
    maya.goes_to(amina.found_at("appointment")).presses("Open the session")
    maya.sees("Session 1 is open.", "The infusion cannot start yet:", "Checks before")
    amina.comes_from(maya.page, "session")


def test_monitor_that_nobody_connected_is_said_to_speak_into_the_void(maya, amina, bedside):
    maya.sees("No device is connected to this session", "not connected, but speaking", "names this patient")


def test_maya_connects_the_monitor_and_the_pump_of_the_bay(maya, amina, bedside):
    maya.presses("Connect the devices of this bay").sees("The devices of this bay are connected to this session.")
    maya.sees("bay-1-monitor: connected", "by Maya Okafor")


def test_monitor_shows_on_the_page_without_loading_it_again(maya, amina, bedside):
    maya.sees("Live", "Values now", "Systolic")
    maya.sees_in("[data-part=values]", r"\b1[0-3]\d/\d+\s*mmHg")
    maya.sees_in("[data-part=values]", r"\b(9[4-9]|100)\s*%")


def test_late_big_lunch_blocks_the_start_until_it_is_asked_again(maya, amina):
    checks_are_answered(maya, **{FOOD: "No"})
    maya.sees(FOOD).presses("Start the infusion").is_told("cannot")
    maya.page.locator("li", has_text=FOOD).get_by_role("link", name="Answer again").click()
    maya.chooses(FOOD, "Yes").presses("Save these answers").sees("The answers were saved.")


def test_maya_draws_up_the_syringe_and_sees_the_working_first(maya, amina):
    maya.chooses("Strength printed on the vial", "10 mg/mL").writes("Batch number", "KET-26-1122")
    maya.dates("Expiry date", today() + timedelta(days=400)).writes("Total volume in the syringe", "50")
    maya.presses("Work out volumes and rate")
    # 35 mg of 10 mg/mL are 3.5 mL; 50 mL over 40 minutes are 75 mL/h.
    maya.sees("3.5 mL", "75 mL/h").presses("Save this preparation")
    maya.sees("Another person has to check it.", "You prepared this syringe.")
    assert not maya.may("Confirm as second person")


def test_jo_checks_it_on_her_own_sign_in(jo, amina):
    at_the_session(jo, amina)
    jo.presses("Confirm as second person").is_told("Tick the box once you have compared everything")
    jo.chooses("Second check", "I compared patient").presses("Confirm as second person")
    jo.sees("You confirmed it as second person.", "Checked by")


def test_two_nurses_press_start_at_the_same_time_and_it_starts_once(maya, jo, amina, bedside):
    round_is_entered(at_the_session(maya, amina), "15 min before the start")
    at_the_session(jo.loses_the_live_line(), amina)
    maya.sees("Nothing in the checks speaks against starting.")
    maya.presses("Start the infusion").sees("The infusion is recorded as started.", "Planned end")
    bedside.pump_starts()
    jo.presses("Start the infusion").is_told("Maya Okafor, nurse started the infusion")
    jo.hears_again()
    at_the_session(jo, amina)
    assert jo.page.locator(".glimmer-log li").filter(has_text="Infusion started").count() == 1


def test_rate_of_the_pump_is_shown_beside_the_plan(maya, amina):
    at_the_session(maya, amina).sees("Rate planned", "Rate on pump")
    maya.sees_in("[data-part=infusion]", r"Rate on pump\s*75")


def test_pressure_rises_and_every_open_page_shows_the_alarm(maya, idris, amina, bedside):
    at_the_session(idris, amina)
    bedside.pressure_rises()
    maya.sees("High blood pressure", "Tell the doctor.")
    idris.sees("High blood pressure")


def test_board_shows_whose_alarm_it_is(jo, amina):
    jo.goes_to("/board").sees("Bay 1", "Sample", "High blood pressure", "nobody yet")


def test_maya_takes_charge_and_idris_who_presses_too_reads_who_has_it(maya, jo, idris, amina):
    at_the_session(idris.loses_the_live_line(), amina)
    alarm_is_taken(maya, "Told Dr Penhallow; measuring every 5 minutes.")
    maya.sees("You took charge of the alarm.", "Taken by Maya Okafor")
    jo.sees("taken by Maya Okafor")
    alarm_is_taken(idris, "On my way")
    idris.is_told("Maya Okafor")
    at_the_session(idris.hears_again(), amina).does_not_see("On my way")


def alarm_is_taken(by: Person, did: str) -> None:
    alarm = by.page.locator(".glimmer-alarm").filter(has_text="High blood pressure").first
    alarm.get_by_label("What you did").fill(did)
    alarm.get_by_role("button", name="Take charge").click()
    by.page.wait_for_load_state()


def test_maya_pauses_and_resumes(maya, jo, amina, bedside):
    at_the_session(maya, amina).opens("Pause the infusion")
    maya.page.locator("form[action$='/pause']").get_by_label("Reason").fill("Pressure 190 systolic")
    maya.presses("Pause now").sees("The infusion is recorded as paused.")
    bedside.pump_stands_still()
    bedside.pressure_settles()
    # An alarm that somebody has taken leaves the page when its cause is over; the log keeps it.
    taken = maya.page.locator(".glimmer-alarm").filter(has_text="High blood pressure")
    expect(taken).to_have_count(0, timeout=SHOWN_ON_PAGE_MS)
    maya.opens("Resume the infusion")
    maya.page.locator("form[action$='/resume']").get_by_label("Reason").fill("Settled")
    maya.presses("Resume now").sees("recorded as running again")
    bedside.pump_goes_on()


def test_amina_feels_far_away_and_it_is_written_down(maya, amina):
    maya.opens("Add a side effect")
    maya.picks("Symptom", "Dissociation").chooses("Severity", "Mild")
    maya.chooses("How it came to be known", "Patient said so").presses("Save this side effect")
    maya.sees("The side effect was saved.")
    maya.presses("Floating or distant, calm").sees("The note was saved.")


def test_amina_asks_to_stop(maya, amina, bedside):
    maya.opens("Stop the infusion for good")
    maya.page.locator("form[action$='/stop']").get_by_label("Reason").fill("She asked for it")
    maya.presses("Stop now").sees("The infusion is recorded as stopped.", "Before the patient leaves")
    bedside.pump_is_stopped()


def test_she_cannot_leave_before_the_criteria_are_met(maya, amina):
    maya.writes("Who takes the patient home", "Her sister Nadia")
    maya.chooses("Written advice given", "Yes").presses("The patient leaves now")
    maya.is_told("cannot leave yet")


def test_criteria_are_answered_and_the_measured_ones_are_worked_out(maya, amina):
    at_the_session(maya, amina)
    round_is_entered(maya, "Extra round")
    for criterion in PROTOCOL.leaving:
        if not criterion.measured:
            maya.chooses(criterion.asks, "Yes")
    maya.page.locator("form[action*='/leaving']").get_by_role("button", name="Save these answers").click()
    maya.sees("The answers were saved.")


def test_idris_lets_her_go_before_the_minimum_stay_and_says_why(idris, amina):
    at_the_session(idris, amina).opens("The minimum stay has passed")
    form = idris.page.locator("form", has=idris.page.locator("input[name=about][value=minimum_stay]"))
    form.get_by_label("Reason").fill("Less than a tenth of the dose was given. Seen by me, and well.")
    form.get_by_role("button", name="Override this criterion").click()
    idris.sees("The criterion was overridden on your responsibility.")


def test_amina_leaves_with_her_sister(maya, amina):
    at_the_session(maya, amina)
    maya.writes("Who takes the patient home", "Her sister Nadia")
    maya.chooses("Written advice given", "Yes").presses("The patient leaves now")
    maya.sees("The patient has left. The session is closed.", "Her sister Nadia")
    assert not maya.may("Save this round")


def test_log_tells_the_session_with_names_and_times(maya, amina):
    log = maya.page.locator(".glimmer-log").inner_text()
    for words in ("Infusion started", "paused", "stopped", "High blood pressure", "Jo Sparrow", "Dr Idris Penhallow"):
        assert words.casefold() in log.casefold(), words
