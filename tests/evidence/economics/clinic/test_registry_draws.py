"""Draws of a registry enter by their names, jointly; what a registry cannot know, it does not change."""

import numpy as np
import pytest

from glimmer.evidence.economics.clinic.decision import run
from glimmer.evidence.economics.clinic.inputs import parse_inputs
from glimmer.evidence.economics.clinic.question import Question
from glimmer.evidence.economics.clinic.registry_draws import MAPPING, BadDraws, from_registry
from glimmer.evidence.economics.clinic.structure import UNCERTAIN
from glimmer.registry.parameters import PARAMETERS

RANDOM = np.random.default_rng(5)
DRAWN = {
    "response_logit": RANDOM.normal(0.2, 0.1, 40),
    "remission_given_response_logit": RANDOM.normal(1.5, 0.1, 40),
    "relapse_shape": RANDOM.lognormal(-0.6, 0.1, 40),
    "relapse_scale_days": RANDOM.lognormal(5.5, 0.2, 40),
    "session_cost": RANDOM.gamma(40, 6, 40),
    "maintenance_association_log_hazard_ratio": RANDOM.normal(-2, 0.1, 40),
    "response_site_sd": RANDOM.gamma(2, 1, 40),
}


def test_shares_are_put_together_from_the_registrys_log_odds():
    found = from_registry({"response_logit": np.log([1.0, 3.0]), "remission_given_response_logit": np.log([1.0, 1.0])})
    # By hand: response 0.5 and 0.75, half of them in remission: 0.25 and 0.375; the rest of them among the others.
    assert found["remission_ketamine"] == pytest.approx([0.25, 0.375])
    assert found["response_among_nonremitters"] == pytest.approx([0.25 / 0.75, 0.375 / 0.625])


def test_a_posterior_takes_the_place_of_the_models_draws_and_stays_joint():
    drawn = run(Question(horizon_years=0.5), seed=1, posterior=DRAWN).outcomes.draws
    assert (drawn["relapse_shape_ketamine"] == DRAWN["relapse_shape"]).all()
    assert (drawn["relapse_scale_ketamine_days"] == DRAWN["relapse_scale_days"]).all()
    assert (drawn["session_price"] == DRAWN["session_cost"]).all()
    few = run(Question(horizon_years=0.5), draws=10, seed=1, posterior=DRAWN).outcomes.draws
    assert (few["relapse_shape_ketamine"] == DRAWN["relapse_shape"][:10]).all()


def test_an_uncontrolled_registry_leaves_the_effects_as_they_were():
    with_registry, without = (
        run(Question(horizon_years=0.5), draws=40, seed=1, posterior=posterior).outcomes.draws
        for posterior in (DRAWN, None)
    )
    for name in ("ketamine_log_odds_ratio", "maintenance_hazard_ratio", "ect_log_odds_ratio_versus_ketamine"):
        assert (with_registry[name] == without[name]).all(), name


def test_a_price_that_was_filled_in_stays():
    ask = Question(horizon_years=0.5, inputs=parse_inputs({"session_price": {"value": 300}}))
    assert set(run(ask, seed=1, posterior=DRAWN).outcomes.draws["session_price"]) == {300.0}


def test_trial_evidence_in_the_draws_keeps_its_direction():
    found = from_registry(
        {
            "remission_over_ect_log_odds_ratio": np.array([-0.664]),
            "maintenance_log_hazard_ratio": np.log([0.49]),
            "remission_over_control_log_odds_ratio": np.array([0.6]),
        }
    )
    assert found["ect_log_odds_ratio_versus_ketamine"] == pytest.approx([0.664])  # ECT better, as in KetECT
    assert found["maintenance_hazard_ratio"] == pytest.approx([0.49])
    assert found["ketamine_log_odds_ratio"] == pytest.approx([0.6])


def test_every_parameter_that_a_registry_may_inform_is_one_of_the_model():
    assert set(MAPPING) <= set(UNCERTAIN)


def test_every_name_that_is_taken_is_one_that_a_registry_update_gives():
    taken = {need for needs, _ in MAPPING.values() for need in needs}
    assert taken <= {one.name for one in PARAMETERS}


@pytest.mark.parametrize(
    ("drawn", "says"),
    [
        ({"response_site_sd": np.ones(3)}, "None of these draws informs the model. It takes: maintenance_log"),
        ({"relapse_shape": np.ones(3), "relapse_scale_days": np.ones(4)}, r"of equal length, but there are .*\(4,\)"),
        ({"relapse_shape": np.array([1.0, np.nan])}, "relapse_shape is nan in draw 1"),
    ],
)
def test_draws_that_cannot_be_used_are_refused_by_name(drawn, says):
    with pytest.raises(BadDraws, match=says):
        from_registry(drawn)
