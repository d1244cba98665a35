"""The one-page statement says what the analyses found, with its uncertainty, and never a ratio alone."""

import re

import pytest
from scipy.stats import norm

from glimmer.evidence.economics.report.cheers import BY_A_PERSON, cheers
from glimmer.evidence.economics.report.statement import as_data, in_text
from glimmer.evidence.economics.report.words import chance, effect, money
from tests.evidence.economics.report.cases import close_call, found_of, sick_sicker_case


@pytest.fixture(scope="module")
def found():
    return found_of(close_call())


def test_probability_of_being_worth_it_is_that_of_the_normal_difference(found):
    # Closed form: the net benefit at a threshold t is normal with mean 0.1 t - 2000 and sd sqrt((0.05 t)^2 + 100^2).
    for threshold in found.thresholds:
        exact = norm.cdf((0.1 * threshold - 2000) / ((0.05 * threshold) ** 2 + 100**2) ** 0.5)
        told = found.net_of("drug", threshold).probability_worth_it
        assert told == pytest.approx(exact, abs=3 * (exact * (1 - exact) / 2000) ** 0.5)
        assert chance(told) in in_text(found)


def test_net_health_is_told_at_every_threshold_with_its_interval(found):
    text = in_text(found)
    for threshold in (13_000, 20_000, 25_000, 30_000, 35_000):
        assert f"at £{threshold:,}" in text
        net = found.net_of("drug", threshold).inc_health
        assert net.mean == pytest.approx(0.1 - 2000 / threshold, abs=3 * net.standard_error)
        assert effect(net.mean) in text
        assert f"{effect(net.low)} to {effect(net.high)}" in text
    assert "95 % of draws" in text


def test_ratio_stands_beside_the_probability_that_it_is_worth_it(found):
    line = next(part for part in re.split(r"\n- ", in_text(found)) if "Most plausible ratio" in part)
    assert "of draws" in line
    assert money(found.increment.icer) in line


def test_input_that_turns_the_decision_is_named_with_the_value_at_which_it_does(found):
    # At 25,000 per QALY the drug is worth 2,000 where it gains 0.08.
    flip = next(one for one in found.flips if one.range.parameter == "gain")
    assert flip.flips[0].value == pytest.approx(0.08, abs=1e-4)
    assert "Gain of the drug" in in_text(found)
    assert "0.08" in in_text(found)


def test_value_of_learning_is_told_for_the_input_that_matters(found):
    # Closed form of the expected value of perfect information on a normal net benefit.
    mean, deviation = 500.0, (1250**2 + 100**2) ** 0.5
    exact = deviation * norm.pdf(mean / deviation) - mean * norm.cdf(-mean / deviation)
    row = found.perfect.thresholds.index(25_000)
    assert found.perfect.values[row] == pytest.approx(exact, abs=3 * float(found.perfect.errors[row]))
    assert found.learned.rows[0].group in ("gain", "price")
    assert in_text(found).index("Gain of the drug", in_text(found).index("WHAT EVIDENCE")) > 0


def test_marks_missing_inputs_and_what_was_left_out_are_said(found):
    text = re.sub(r"\s+", " ", in_text(found))
    assert "!! SIMULATED" in text
    assert "Not compared: Surgery, because nobody has filled in its price" in text
    assert "Price of the drug (GBP). It stands at 2000" in text
    assert "in no figure above: Day of a bed" in text


def test_who_decides_and_every_convention_is_said(found):
    text = re.sub(r"\s+", " ", in_text(found))
    assert "a named clinician" in text
    for name, value in found.case.outcomes.conventions.items():
        assert f"{name}: {value}" in text


def test_data_for_machines_carry_an_interval_or_probability_beside_each_ratio(found):
    for row in as_data(found)["increments"]:
        assert {"icer", "inc_cost_low", "inc_cost_high", "inc_effect_low", "share_better_dearer"} <= set(row)


def test_one_strategy_that_is_always_best_is_told_without_breaking():
    found = found_of(sick_sicker_case())
    text = in_text(found)
    assert found.best == "SoC"
    assert "No single input within its 95 % range changes what is best" in text
    assert "would hardly change the choice" in text


def test_checklist_has_28_items_of_which_the_model_fills_about_twenty(found):
    items = cheers(found)
    assert [one.number for one in items] == list(range(1, 29))
    filled = [one for one in items if one.filled_by == "model"]
    assert 16 <= len(filled) <= 22
    assert all(one.said.startswith(BY_A_PERSON) for one in items if one.filled_by == "nobody yet")
    assert {26, 27, 28} <= {one.number for one in items if one.filled_by == "nobody yet"}


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.0, "<1 %"), (0.004, "<1 %"), (0.5, "50 %"), (0.994, "99 %"), (0.999, ">99 %"), (1.0, ">99 %")],
)
def test_draws_never_claim_certainty(share, said):
    assert chance(share) == said


def test_minus_stands_before_the_symbol_and_nothing_is_not_negative():
    assert money(-1234.4) == "−£1,234"
    assert money(-0.2) == "£0"
    assert effect(-0.0001) == "0.000"
