"""Priors from trials: closed forms, the power of the weight, and effects that no registry can reach."""

import inspect
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from glimmer.guidance import figure
from glimmer.registry import evidence
from glimmer.registry.evidence import BadWeight, course_priors, effect_draws, effects, utility_index, utility_share
from glimmer.registry.parameters import PARAMETERS, Role, names_of, parameter


def test_weight_nought_leaves_what_was_believed_without_a_source():
    priors = course_priors(0)
    assert (priors["response_logit"].mean, priors["response_logit"].sd) == pytest.approx((0, 1.5))
    assert priors["session_cost"].sd == pytest.approx(0.7)
    assert priors["response_logit"].sources == ()


@given(st.floats(0, 1))
def test_precision_of_the_evidence_counts_as_many_times_as_its_weight(weight):
    """A normal likelihood to a power is normal with as many times the precision (Ibrahim and Chen 2000)."""
    for name, none in course_priors(0).items():
        some, whole = course_priors(weight)[name], course_priors(1)[name]
        brought = whole.sd**-2 - none.sd**-2
        assert some.sd**-2 == pytest.approx(none.sd**-2 + weight * brought)


def test_one_source_is_widened_twice_by_the_spread_between_settings():
    """Oxford's price, by hand: its own error and that between settings, once for it and once for another clinic."""
    variance = 0.15**2 + 2 * 0.2**2
    expected = (1 / variance + 1 / 0.7**2) ** -0.5
    assert course_priors()["session_cost"].sd == pytest.approx(expected)
    assert course_priors()["session_cost"].mean == pytest.approx(math.log(225))


def test_pooled_response_lies_among_its_sources_and_nearest_the_largest():
    share = 1 / (1 + math.exp(-course_priors()["response_logit"].mean))
    assert 0.469 < share < 0.554
    assert abs(share - 0.536) < abs(share - 0.469)


def test_relapse_prior_gives_back_what_the_trial_printed():
    """KetECT: 70 % relapsed within 12 months, half of those within 57 days."""
    shape, scale = (
        figure("registry_evidence", "relapse_shape").value,
        figure("registry_evidence", "relapse_scale").value,
    )
    relapse = stats.weibull_min(shape["weibull_shape"], scale=scale["days"])
    assert relapse.cdf(365) == pytest.approx(0.70, abs=0.005)
    assert relapse.cdf(57) / relapse.cdf(365) == pytest.approx(0.5, abs=0.005)


def test_information_of_the_weibull_is_its_closed_form():
    told = figure("registry_evidence", "weibull_information").value
    assert told["log_shape"] == pytest.approx(6 / math.pi**2, abs=0.001)
    assert told["log_scale"] == pytest.approx(1 + 6 * (1 - np.euler_gamma) ** 2 / math.pi**2, abs=0.001)


def test_effects_give_back_the_intervals_of_their_trials():
    """SUSTAIN-1 printed 0.49 (0.29 to 0.84); the others by the odds ratio of a two-by-two table."""
    maintained = effects()["maintenance_log_hazard_ratio"]
    ends = [math.exp(maintained.mean + side * 1.96 * maintained.sd) for side in (-1, 0, 1)]
    assert ends == pytest.approx([0.29, 0.49, 0.84], abs=0.01)
    table = np.array([[0.554 * 195, 0.446 * 195], [0.412 * 170, 0.588 * 170]])
    over_ect = effects()["response_over_ect_log_odds_ratio"]
    assert over_ect.mean == pytest.approx(math.log(table[0, 0] * table[1, 1] / (table[0, 1] * table[1, 0])))
    assert over_ect.sd == pytest.approx(math.sqrt((1 / table).sum()))
    assert effects()["remission_over_ect_log_odds_ratio"].mean < 0 < over_ect.mean


def test_draws_of_effects_follow_their_priors_and_take_no_registry():
    assert list(inspect.signature(effect_draws).parameters) == ["seed", "draws"]
    for name, values in effect_draws(5, 4000).items():
        prior = effects()[name]
        assert stats.kstest(values, stats.norm(prior.mean, prior.sd).cdf).pvalue > 0.001, name


def test_every_effect_and_course_has_its_name_and_meaning():
    assert set(effects()) == set(names_of(Role.EFFECT))
    assert set(course_priors()) == set(names_of(Role.COURSE, Role.ASSOCIATION))
    assert len({one.name for one in PARAMETERS}) == len(PARAMETERS)
    with pytest.raises(KeyError, match="There is no parameter 'luck'"):
        parameter("luck")


@pytest.mark.parametrize(("weights", "says"), [(1.5, "is 1.5"), ({"mood": 1.0}, "no weight for mood")])
def test_a_weight_that_is_none_is_refused(weights, says):
    with pytest.raises(BadWeight, match=says):
        course_priors(weights)


def test_weights_count_for_their_own_group_only():
    mixed, whole = course_priors({"relapse": 0.0}), course_priors()
    assert mixed["response_logit"] == whole["response_logit"]
    assert mixed["relapse_scale_days"] == course_priors(0)["relapse_scale_days"]


@given(st.floats(-0.594, 1))
def test_a_utility_comes_back_from_its_share_of_the_range(index):
    assert utility_index(utility_share(index)) == pytest.approx(index)


def test_utility_prior_is_as_wide_on_the_index_as_its_parts_say():
    """Kolovos' error and twice the spread between settings, by the delta method on a scale of log odds."""
    prior = course_priors({"utility": 1.0})["utility_severe"]
    drawn = utility_index(1 / (1 + np.exp(-stats.norm(prior.mean, prior.sd).ppf(np.linspace(0.001, 0.999, 999)))))
    assert drawn.std() == pytest.approx(math.sqrt(0.0204**2 + 2 * 0.05**2), rel=0.05)
    assert evidence.BANDS == ("remission", "mild", "moderate", "severe")
