"""Where the answer turns on what nobody knows: at the turning point, a run of its own gives equal net benefit."""

import math
from dataclasses import replace

import numpy as np
import pytest

from glimmer.evidence.economics.clinic.decision import run
from glimmer.evidence.economics.clinic.inputs import parse_inputs
from glimmer.evidence.economics.clinic.question import Question
from glimmer.evidence.economics.clinic.strategies import USUAL_CARE
from glimmer.evidence.economics.clinic.turning import NotLinear, dependence, dependences

THRESHOLD = 20_000
SHORT = Question(horizon_years=2)


def net_benefits(question: Question) -> dict[str, float]:
    outcomes = run(question).outcomes
    return dict(zip(outcomes.strategies, outcomes.net_benefit(THRESHOLD)[0], strict=True))


@pytest.mark.parametrize(
    ("name", "strategy"), [("ect_session", "ect"), ("rtms_session", "rtms"), ("sc_session", "iv_then_sc")]
)
def test_at_the_price_at_which_a_strategy_turns_it_is_worth_as_much_as_usual_care(name, strategy):
    turn, _, _ = dependence(SHORT, name, THRESHOLD).turns_for[strategy]
    there = net_benefits(replace(SHORT, inputs=parse_inputs({name: {"value": turn}})))
    assert there[strategy] == pytest.approx(there[USUAL_CARE], rel=1e-9)


def test_the_best_strategy_changes_where_it_is_said_to():
    found = dependence(SHORT, "remission_care", THRESHOLD)
    assert found.stretches[0].low == 0
    assert found.stretches[-1].high == 992
    for stretch in found.stretches:
        middle = (stretch.low + stretch.high) / 2
        there = net_benefits(replace(SHORT, inputs=parse_inputs({"remission_care": {"value": middle}})))
        assert max(there, key=there.__getitem__) == stretch.best


def test_a_price_without_a_bound_is_followed_for_ever():
    found = dependence(SHORT, "ect_session", THRESHOLD)
    assert found.at is None
    assert math.isinf(found.stretches[-1].high)
    assert "ect" not in {found.stretches[-1].best}  # at an endless price nobody buys it
    assert [one.high for one in found.stretches[:-1]] == [one.low for one in found.stretches[1:]]


def test_over_draws_the_turning_point_carries_its_uncertainty():
    turn, low, high = dependence(SHORT, "ect_session", THRESHOLD, draws=200, seed=3).turns_for["ect"]
    assert low < turn < high


def test_harm_turns_maintenance_and_leaves_a_course_alone():
    found = dependence(SHORT, "harm_qaly_year", THRESHOLD)
    assert found.turns_for["iv_course"] is None
    slope = dict(zip(found.strategies, found.slope, strict=True))
    assert slope["iv_course"] == pytest.approx(0, abs=1e-6)
    assert slope["iv_maintained"] < 0


def test_what_is_no_straight_line_is_refused():
    with pytest.raises(NotLinear, match=r"no straight line in 'maintenance_stop': run the model at several values"):
        dependence(SHORT, "maintenance_stop", THRESHOLD)


def test_every_input_that_the_base_case_lacks_is_told_of():
    told = {one.input for one in dependences(SHORT, THRESHOLD)}
    assert told == {"remission_care", "ect_session", "rtms_session", "sc_session"}
    filled = replace(SHORT, inputs=parse_inputs({"ect_session": {"value": 400}, "remission_care": {"value": 90}}))
    assert {one.input for one in dependences(filled, THRESHOLD)} == {"rtms_session", "sc_session"}
    assert np.isfinite([one.net_benefit_at_zero for one in dependences(filled, THRESHOLD)]).all()
