"""The cost of a session is the protocol's own minutes at the price of an hour, and says what it does not know."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glimmer.evidence.economics.clinic.inputs import Inputs, Unfilled, parse_inputs
from glimmer.evidence.economics.clinic.session_cost import (
    STAND_IN,
    TO_BE_FILLED,
    cost_curve,
    session_cost,
    vial_size,
    vials_for,
)
from glimmer.guidance.economics import parameter
from glimmer.guidance.protocol import protocol, protocols

STANDARD = protocol("iv-racemic-standard", "3")
FILLED = parse_inputs(
    {
        "psychiatrist_hour": {"value": 150},
        "ketamine_vial": {"value": 5},
        "consumables": {"value": 12},
        "chair_hour": {"value": 20},
        "set_up": {"value": 50_000},
        "training_year": {"value": 4_000},
        "did_not_attend": {"value": 0.1},
    }
)


def test_a_filled_in_session_is_the_sum_that_one_works_out_by_hand():
    # The protocol's minutes (150 nurse, 30 psychiatrist, 10 pharmacist, 150 bay), booked 1 / 0.9 times; prices above.
    by_hand = (150 * 58 + 30 * 150 + 10 * 57 + 150 * 20) / 60 / 0.9 + 5 + 12 + (50_000 / 5 + 4_000) / 1_000
    assert session_cost(STANDARD, FILLED).total == pytest.approx(by_hand)


@given(role=st.sampled_from(["nurse", "psychiatrist", "pharmacist"]), more=st.integers(0, 240))
def test_changing_the_protocols_minutes_changes_the_cost_by_exactly_that_time(role, more):
    hour = {"nurse": 58, "psychiatrist": 150, "pharmacist": 57}[role]
    longer = replace(STANDARD, staff_minutes={**STANDARD.staff_minutes, role: STANDARD.staff_minutes[role] + more})
    difference = session_cost(longer, FILLED).total - session_cost(STANDARD, FILLED).total
    assert difference == pytest.approx(more / 60 * hour / 0.9, abs=1e-9)


def test_changing_the_protocols_bay_minutes_changes_the_cost_by_exactly_that_time():
    longer = replace(STANDARD, chair_minutes=STANDARD.chair_minutes + 60)
    difference = session_cost(longer, FILLED).total - session_cost(STANDARD, FILLED).total
    assert difference == pytest.approx(20 / 0.9)


@given(volume=st.floats(1, 1e6), times=st.floats(1.01, 100))
def test_the_cost_falls_with_the_number_of_sessions_by_what_is_fixed_and_no_more(volume, times):
    few, many = cost_curve(STANDARD, FILLED, [volume, volume * times])
    assert few.total > many.total
    assert few.total - many.total == pytest.approx(14_000 / volume * (1 - 1 / times), rel=1e-6)


def test_a_session_with_unknown_prices_gives_a_floor_and_no_total():
    cost = session_cost(STANDARD, Inputs())
    assert set(cost.missing) == {
        "ketamine_vial",
        "consumables",
        "chair_hour",
        "set_up",
        "training_year",
        "did_not_attend",
    }
    # By hand: sourced nurse and pharmacist, and the stand-in of 2008 for the psychiatrist.
    assert cost.floor == pytest.approx(150 / 60 * 58 + 30 / 60 * 106 + 10 / 60 * 57)
    assert {line.priced_by for line in cost.lines if line.standing == STAND_IN} == {"psychiatrist_hour"}
    assert all(line.cost is None for line in cost.lines if line.standing == TO_BE_FILLED)
    with pytest.raises(Unfilled, match=r"ketamine_vial \(vial of ketamine, GBP per vial\): eMIT .* decision turns"):
        _ = cost.total


def test_a_dose_takes_whole_vials_and_the_rest_is_wasted():
    # 0.5 mg/kg of 78 kg is 39 mg; the smallest waste is of a vial of 200 mg.
    assert vial_size(STANDARD, Inputs()) == 200
    assert vials_for(39, 200) == (1, 161)
    assert vials_for(400, 200) == (2, 0)
    assert vials_for(401, 200) == (3, 199)


def test_esketamine_takes_devices_at_the_list_price():
    nasal = protocol("intranasal-esketamine")
    lines = {line.item: line for line in session_cost(nasal, Inputs()).lines}
    assert lines["devices of esketamine"].cost == 2 * 163  # 56 mg in devices of 28 mg
    # Oxford's charge for 56 mg is exactly two devices at list price and a supervised session.
    assert 2 * parameter("esketamine_device_price").value + parameter("session_price").value == 551


def test_a_role_without_a_price_is_named():
    odd = replace(STANDARD, staff_minutes={"anaesthetist": 30})
    with pytest.raises(ValueError, match=r"'iv-racemic-standard' takes minutes of anaesthetist.*nurse, psychiatrist"):
        session_cost(odd, Inputs())


def test_no_sessions_at_all_are_refused():
    with pytest.raises(ValueError, match="sessions of a year are 0, but must be above 0"):
        session_cost(STANDARD, Inputs(), sessions_a_year=0)


@pytest.mark.parametrize(
    "name", sorted({one.id for one in protocols() if one.container_mg is None and one.staff_minutes})
)
def test_every_protocol_that_draws_from_vials_is_costed_by_its_own_minutes(name):
    costed = protocol(name)
    if not costed.vial_concentrations_mg_per_ml:
        pytest.skip("This protocol draws nothing from vials.")
    minutes = costed.staff_minutes
    # By hand: prices of the inputs above and, for nurse and pharmacist, of PSSRU (58 and 57 an hour).
    hour = {"nurse": 58, "psychiatrist": 150, "pharmacist": 57}
    people = sum(minutes[role] * hour[role] for role in minutes) / 60 / 0.9
    weight = 78 if costed.doses_by_weight else 1
    vials = min(
        (vials_for(costed.dose.value * weight, mg)[::-1], mg)
        for mg in (parameter(f"vial_mg_{one:g}").value for one in costed.vial_concentrations_mg_per_ml)
    )[0][1]
    by_hand = people + costed.chair_minutes * 20 / 60 / 0.9 + vials * 5 + 12 + (50_000 / 5 + 4_000) / 1_000
    assert session_cost(costed, FILLED).total == pytest.approx(by_hand)
