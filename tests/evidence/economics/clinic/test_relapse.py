"""Relapse falls with time since remission, as the trial's own figures force it to."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glimmer.evidence.economics.clinic.relapse import constant_scale_days, relapse_by, relapse_in_steps
from glimmer.guidance.economics import parameter

SHAPE, SCALE = parameter("relapse_shape_ketamine").value, parameter("relapse_scale_ketamine_days").value


def test_relapse_in_28_days_falls_month_by_month_as_derived_from_the_trial():
    # The project's collection of facts derives these from KetECT, rounded to two places.
    assert [round(one, 2) for one in relapse_in_steps(SHAPE, SCALE, 28, 6)] == [0.25, 0.13, 0.10, 0.09, 0.08, 0.07]


@pytest.mark.parametrize(("drug", "by_twelve_months"), [("ketamine", 0.70), ("ect", 0.63)])
def test_relapse_by_twelve_months_is_the_trials(drug, by_twelve_months):
    shape, scale = parameter(f"relapse_shape_{drug}").value, parameter(f"relapse_scale_{drug}_days").value
    assert round(relapse_by(365, shape, scale), 2) == by_twelve_months


@given(shape=st.floats(0.2, 3), scale=st.floats(10, 5000), steps=st.integers(1, 40))
def test_the_steps_put_together_are_the_curve(shape, scale, steps):
    still_well = math.prod(1 - one for one in relapse_in_steps(shape, scale, 28, steps))
    assert 1 - still_well == pytest.approx(relapse_by(28 * steps, shape, scale), abs=1e-9)


def test_a_constant_danger_has_the_share_it_is_made_for():
    assert relapse_by(365, 1, constant_scale_days(0.70, 365)) == pytest.approx(0.70)
