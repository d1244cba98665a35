"""Chapter 4. Dr Penhallow prescribes Oxford's weekly three, and Bea books them. A place comes free today."""

from datetime import date, timedelta

from tests.journey.people import today

OXFORD = "IV racemic ketamine, weekly, three sessions (Oxford)"

BEGINS_AT = "plan"


def next_monday() -> date:
    day = today()
    return day + timedelta(days=7 - day.weekday())


def test_dose_is_shown_by_both_weights_before_anything_is_prescribed(idris, amina):
    idris.goes_to(amina.step("plan")).chooses("Protocol", OXFORD)
    idris.writes("Weight", "70").writes("Height", "170").presses("Work out the dose")
    # 0.5 mg/kg of 70 kg are 35 mg. Devine for a woman of 170 cm: 45.5 + 2.3 * (170 / 2.54 - 60) = 61.4 kg.
    idris.sees("The dose by each weight", "35 mg", "61.4 kg")
    idris.does_not_see("Plan 1")


def test_prescription_without_a_chosen_weight_is_refused_in_words(idris, amina):
    idris.presses("Prescribe")
    idris.is_told("Choose the weight that the dose is worked out from: actual or ideal.")


def test_idris_prescribes(idris, amina):
    idris.chooses("Which weight is the dose worked out from?", "Actual weight")
    idris.chooses("Oxygen scale of the NEWS2 score", "Scale 1")
    idris.chooses("Could this patient be or become pregnant?", "No").presses("Prescribe")
    idris.sees("The plan was prescribed.", "35 mg (0.5 mg/kg, actual weight) over 40 minutes")


def test_bea_books_the_three_sessions(bea, amina):
    bea.goes_to(amina.step("plan"))
    bea.dates("Day of the first session", next_monday()).writes("Time of day", "10:00").picks("Bay", "Bay 1")
    bea.presses("Book the course").sees("The course was booked.")
    assert bea.page.get_by_role("row").filter(has_text="Bay 1").count() == 3


def test_place_comes_free_today_and_bea_moves_the_first_date(bea, amina):
    bea.page.get_by_role("row").filter(has_text="Bay 1").first.get_by_role("link").first.click()
    amina.comes_from(bea.page, "appointment")
    bea.dates("Day", today()).presses("Move the date").sees("The date was moved.")


def test_calendar_and_start_page_show_her_today(maya, amina):
    maya.goes_to("/calendar").sees("Sample")
    maya.goes_to("/").sees("Sessions today", "Sample", "1 of 3")
