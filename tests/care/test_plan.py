"""The plan: dose, limits, syringe and dates. Expected values were worked out by hand."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glimmer.care.plan import (
    body_mass_index,
    check_height,
    check_weight,
    dose_for,
    fixed_dose,
    ideal_weight_kg,
    judge_dose,
    needs_second_prescriber,
    preparation,
    prepared_dose,
    proposed_dates,
)
from glimmer.guidance import protocol
from glimmer.vocabulary.problems import BadInput

STANDARD = protocol("iv-racemic-standard")
OXFORD = protocol("iv-racemic-oxford-weekly")


# Weights


@pytest.mark.parametrize(
    ("height_cm", "sex", "ideal_kg"),
    [
        (177.8, "male", 73.0),  # 70 inches: 50 + 10 × 2.3
        (162.56, "female", 54.7),  # 64 inches: 45.5 + 4 × 2.3
        (152.4, "male", 50.0),  # the base height
        (182.88, "male", 77.6),  # 72 inches: 50 + 12 × 2.3
        (140.0, "female", 45.5),  # below the base height: the base weight
        (177.8, "unknown", 68.5),  # the lower base: 45.5 + 10 × 2.3
    ],
)
def test_ideal_weight_follows_devine(height_cm, sex, ideal_kg):
    assert ideal_weight_kg(height_cm, sex) == ideal_kg


@pytest.mark.parametrize(("weight", "height", "bmi"), [(70, 175, 22.9), (110, 170, 38.1), (45, 160, 17.6)])
def test_body_mass_index_is_weight_over_height_squared(weight, height, bmi):
    assert body_mass_index(weight, height) == bmi


@pytest.mark.parametrize("weight", [0, 7.2, 29.9, 300.1, 725, float("nan"), float("inf"), -70])
def test_a_weight_that_cannot_be_is_refused_at_its_field(weight):
    with pytest.raises(BadInput, match="must lie between 30 and 300 kg") as caught:
        check_weight(weight)
    assert caught.value.field == "weight_kg"


@pytest.mark.parametrize("height", [1.75, 69, 119.9, 230.1, float("nan")])
def test_a_height_in_metres_or_inches_is_refused_at_its_field(height):
    with pytest.raises(BadInput, match="not metres or inches") as caught:
        check_height(height)
    assert caught.value.field == "height_cm"


# Dose


def test_the_dose_is_half_a_milligram_per_kilogram_of_the_weight_chosen():
    proposal = dose_for(STANDARD, 70, 175, "female", "actual")
    assert (proposal.dose_mg, proposal.minutes, proposal.basis) == (35.0, 40, "actual")
    assert proposal.working == "0.5 mg/kg × 70 kg (actual weight) = 35 mg, rounded to 35 mg"


@pytest.mark.parametrize(
    ("weight", "dose_mg"),
    [
        (72.5, 36.0),  # 36.25: a tie goes to the lower half milligram
        (72.6, 36.5),  # 36.30
        (73.4, 36.5),  # 36.70
        (73.5, 36.5),  # 36.75: a tie
        (73.6, 37.0),  # 36.80
        (30, 15.0),
        (300, 150.0),
    ],
)
def test_a_dose_is_rounded_to_the_nearest_half_milligram_and_a_tie_down(weight, dose_mg):
    assert dose_for(STANDARD, weight, 175, "male", "actual").dose_mg == dose_mg


def test_ideal_weight_is_used_when_it_is_chosen():
    # 70 inches, male: 73 kg; half of it is 36.5 mg.
    proposal = dose_for(STANDARD, 120, 177.8, "male", "ideal")
    assert (proposal.weight_used_kg, proposal.dose_mg) == (73.0, 36.5)
    assert (proposal.actual_kg, proposal.ideal_kg) == (120, 73.0)


def test_obesity_with_actual_weight_brings_a_caution_and_no_decision():
    cautions = dose_for(STANDARD, 110, 170, "male", "actual").cautions
    assert "body mass index is 38.1" in cautions[0]
    assert dose_for(STANDARD, 70, 175, "male", "actual").cautions == ()


def test_an_ideal_weight_above_the_real_one_brings_a_caution():
    assert "more than the patient weighs" in dose_for(STANDARD, 45, 177.8, "male", "ideal").cautions[0]


@pytest.mark.parametrize("basis", ["", "adjusted", "Actual"])
def test_the_basis_has_to_be_chosen(basis):
    with pytest.raises(BadInput, match="actual or ideal") as caught:
        dose_for(STANDARD, 70, 175, "female", basis)
    assert caught.value.field == "basis"


@given(st.decimals(30, 300, places=1), st.decimals(120, 230, places=1), st.sampled_from(["female", "male", "other"]))
def test_rounding_never_moves_a_dose_by_more_than_a_quarter_milligram(weight, height, sex):
    for basis in ("actual", "ideal"):
        proposal = dose_for(STANDARD, float(weight), float(height), sex, basis)
        assert abs(proposal.dose_mg - proposal.weight_used_kg / 2) <= 0.25 + 1e-9


# Guard rails


def judged(mg_per_kg, minutes=40, session=2, second=False):
    return judge_dose(STANDARD, mg_per_kg, minutes, session, second)


def test_half_a_milligram_per_kilogram_passes_without_a_word():
    verdict = judged(0.5, session=1)
    assert verdict.allowed
    assert verdict.cautions == ()


def test_more_than_half_a_milligram_in_a_first_session_is_a_caution():
    verdict = judged(0.51, session=1)
    assert verdict.allowed
    assert len(verdict.cautions) == 1
    assert judged(0.51, session=2).cautions == ()


def test_three_quarters_are_the_most_for_one_prescriber():
    assert judged(0.75).allowed
    assert "second prescriber" in judged(0.76).reasons[0]
    assert judged(0.76, second=True).allowed
    assert (needs_second_prescriber(STANDARD, 0.75), needs_second_prescriber(STANDARD, 0.76)) == (False, True)


def test_more_than_one_milligram_is_blocked_whoever_prescribes():
    assert judged(1.0, second=True).allowed
    assert "above the highest dose" in judged(1.01, second=True).reasons[0]


def test_faster_than_thirty_minutes_is_blocked():
    assert judged(0.5, minutes=30).allowed
    assert "29 minutes" in judged(0.5, minutes=29).reasons[0]


@pytest.mark.parametrize("mg_per_kg", [0, -0.5, float("nan")])
def test_a_dose_that_is_not_above_nought_is_blocked(mg_per_kg):
    assert not judged(mg_per_kg, second=True).allowed


def test_a_time_that_is_no_number_is_blocked():
    assert not judged(0.5, minutes=float("nan")).allowed


# Syringe


def test_the_syringe_is_worked_out_with_its_working():
    made = preparation(36, 10, 50, 40)
    assert (made.drug_volume_ml, made.diluent_volume_ml) == (3.6, 46.4)
    assert made.final_concentration_mg_per_ml == 0.72
    assert made.rate_ml_per_hour == 75.0
    assert made.working == (
        "36 mg ÷ 10 mg/mL = 3.60 mL of drug, made up to 50 mL (0.72 mg/mL); 50 mL in 40 min = 75.0 mL/h"
    )


@pytest.mark.parametrize(("strength", "drug_ml"), [(10, 4.0), (50, 0.8), (100, 0.4)])
def test_the_strength_of_the_vial_decides_the_volume_ten_times_over(strength, drug_ml):
    assert preparation(40, strength, 50, 40).drug_volume_ml == drug_ml


def test_the_strongest_vial_is_never_given_undiluted():
    # 1500 mg of 100 mg/mL fill 15 mL: 5 mL of diluent are less than an equal volume.
    with pytest.raises(BadInput, match="must be diluted") as caught:
        preparation(1500, 100, 20, 40)
    assert caught.value.field == "total_volume_ml"
    assert preparation(1000, 100, 20, 40).diluent_volume_ml == 10.0


def test_a_stricter_protocol_can_ask_for_dilution_of_weaker_vials():
    assert preparation(100, 10, 10, 40).diluent_volume_ml == 0
    with pytest.raises(BadInput, match="must be diluted"):
        preparation(100, 10, 10, 40, must_dilute_from_mg_per_ml=10)


def test_more_drug_than_the_syringe_holds_is_refused():
    with pytest.raises(BadInput, match="more than the total of 10 mL"):
        preparation(110, 10, 10, 40)


def test_a_volume_too_small_to_draw_up_is_refused():
    with pytest.raises(BadInput, match="Choose a weaker vial") as caught:
        preparation(15, 100, 50, 40)
    assert caught.value.field == "vial_concentration_mg_per_ml"


@pytest.mark.parametrize("volume", [9.9, 500.1, 0, -5, float("nan"), float("inf")])
def test_a_total_volume_that_no_pump_takes_is_refused(volume):
    with pytest.raises(BadInput, match="between 10 and 500 mL"):
        preparation(36, 10, volume, 40)


@pytest.mark.parametrize(
    ("dose", "strength", "minutes", "field"),
    [
        (0, 10, 40, "dose_mg"),
        (36, 0, 40, "vial_concentration_mg_per_ml"),
        (36, 10, 0, "infusion_minutes"),
        (float("nan"), 10, 40, "dose_mg"),
        (float("inf"), 10, 40, "dose_mg"),
    ],
)
def test_nought_and_nonsense_are_refused_at_their_field(dose, strength, minutes, field):
    with pytest.raises(BadInput, match="a number above 0") as caught:
        preparation(dose, strength, 50, minutes)
    assert caught.value.field == field


@given(st.integers(30, 300), st.sampled_from([10, 50]), st.integers(50, 500), st.integers(30, 120))
def test_what_the_pump_gives_in_its_time_is_the_dose(dose_mg, strength, total_ml, minutes):
    made = preparation(dose_mg, strength, total_ml, minutes)
    assert made.drug_volume_ml + made.diluent_volume_ml == pytest.approx(total_ml)
    # The rate is set to a tenth of a mL/h, so the volume given in the time is that near the total.
    assert made.rate_ml_per_hour * minutes / 60 == pytest.approx(total_ml, abs=0.05 * minutes / 60 + 1e-9)
    assert made.drug_volume_ml * strength == pytest.approx(dose_mg, abs=0.005 * strength + 1e-9)


# Dates. 2 March 2026 is a Monday.


def test_twice_weekly_keeps_to_two_weekdays():
    assert proposed_dates(STANDARD, date(2026, 3, 2)) == tuple(date(2026, 3, day) for day in (2, 5, 9, 12, 16, 19))


def test_weekly_keeps_to_one_weekday():
    assert proposed_dates(OXFORD, date(2026, 3, 4)) == (date(2026, 3, 4), date(2026, 3, 11), date(2026, 3, 18))


def test_a_bank_holiday_moves_one_session_and_later_ones_return_to_the_rhythm():
    # Good Friday 3 April and Easter Monday 6 April 2026.
    days = proposed_dates(OXFORD, date(2026, 3, 27), closed={date(2026, 4, 3), date(2026, 4, 6)})
    assert days == (date(2026, 3, 27), date(2026, 4, 7), date(2026, 4, 13))


def test_a_first_day_on_a_weekend_moves_to_monday():
    assert proposed_dates(OXFORD, date(2026, 3, 7))[0] == date(2026, 3, 9)


def test_the_number_of_sessions_can_differ_from_the_protocol():
    assert len(proposed_dates(OXFORD, date(2026, 3, 4), 5)) == 5


def test_a_clinic_that_never_opens_is_told_rather_than_searched_for_ever():
    class Always:
        def __contains__(self, day):
            return True

        def __iter__(self):
            return iter(())

        def __len__(self):
            return 0

    with pytest.raises(BadInput, match="no open day within a year"):
        proposed_dates(OXFORD, date(2026, 3, 4), closed=Always())


@given(
    st.dates(date(2026, 1, 1), date(2030, 12, 31)),
    st.sets(st.dates(date(2026, 1, 1), date(2031, 2, 28)), max_size=40),
    st.sampled_from([STANDARD, OXFORD]),
)
def test_dates_are_open_days_in_order_and_never_too_close(first, closed, course):
    days = proposed_dates(course, first, closed=closed)
    assert len(days) == course.sessions.value
    assert days[0] >= first
    assert all(day.weekday() < 5 and day not in closed for day in days)
    assert all((b - a).days >= course.shortest_days_between.value for a, b in pairwise(days))


# Other ways of giving

NASAL, SKIN, MOUTH = (
    protocol(name) for name in ("intranasal-esketamine", "sc-racemic-step-up", "oral-racemic-maintenance")
)


def test_a_fixed_dose_does_not_follow_the_weight():
    light, heavy = fixed_dose(NASAL, 45, 165, "female"), fixed_dose(NASAL, 140, 165, "female")
    assert light.dose_mg == heavy.dose_mg == 56
    assert (light.basis, light.mg_per_kg, light.minutes) == ("fixed", None, 5)
    assert "2 × 28 mg" in light.working


def test_a_protocol_is_not_dosed_in_the_other_way():
    with pytest.raises(BadInput, match="does not depend on the weight"):
        dose_for(NASAL, 70, 175, "male", "actual")
    with pytest.raises(BadInput, match="worked out from the weight"):
        fixed_dose(SKIN, 70, 175, "male", 35)


@pytest.mark.parametrize(
    ("amount", "session", "age", "allowed"),
    [
        (56, 1, 40, True),
        (84, 1, 40, False),  # day 1 is 56 mg
        (84, 2, 40, True),
        (28, 1, 70, True),
        (56, 1, 65, False),  # from 65 years day 1 is 28 mg
        (56, 1, 64, True),
        (56, 1, None, False),  # an age that is not known counts as old
        (56, 2, 70, True),
        (70, 2, 40, False),  # no devices make it up
        (112, 2, 40, False),
    ],
)
def test_nasal_doses_are_steps_with_a_smaller_first_one_from_sixty_five(amount, session, age, allowed):
    assert judge_dose(NASAL, amount, 0, session, True, age).allowed is allowed


def test_a_step_up_under_the_skin_needs_a_second_prescriber_from_three_quarters():
    assert judge_dose(SKIN, 0.75, 0, 3, has_second_prescriber=False).allowed
    assert not judge_dose(SKIN, 0.9, 0, 3, has_second_prescriber=False).allowed
    assert judge_dose(SKIN, 0.9, 0, 3, has_second_prescriber=True).allowed
    assert "no step of this protocol" in judge_dose(SKIN, 0.55, 0, 3, has_second_prescriber=True).reasons[0]
    assert needs_second_prescriber(SKIN, 0.6, session_number=1)
    assert not needs_second_prescriber(SKIN, 0.6, session_number=2)


def test_what_no_pump_gives_is_made_up_without_diluent():
    drawn = prepared_dose(SKIN, 35, 50, None, 0)
    assert (drawn.drug_volume_ml, drawn.total_volume_ml, drawn.diluent_volume_ml, drawn.rate_ml_per_hour) == (
        0.7,
        0.7,
        0,
        0,
    )
    counted = prepared_dose(NASAL, 84, 140, None, 10)
    assert (counted.steps, counted.drug_volume_ml, counted.working) == (3, 0.6, "84 mg ÷ 28 mg = 3 devices")
    assert prepared_dose(MOUTH, 75, 10, None, 0).drug_volume_ml == 7.5


def test_a_dose_that_whole_devices_cannot_give_is_refused():
    with pytest.raises(BadInput, match="cannot be given with whole containers of 28 mg"):
        prepared_dose(NASAL, 60, 140, None, 10)


def test_a_pump_needs_its_total_volume():
    with pytest.raises(BadInput, match="total volume"):
        prepared_dose(protocol("iv-racemic-standard"), 35, 10, None, 40)
