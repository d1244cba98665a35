"""Lengths of stay: the survival curve at each cycle's end and the mean stay are SciPy's, whatever the cycle."""

import numpy as np
import pytest
import scipy.stats

from glimmer.evidence.economics.cohort import trace
from glimmer.evidence.economics.durations import law_of, leaving, stay
from glimmer.evidence.economics.expressions import BadModel
from glimmer.evidence.economics.model import Model

LAWS = {
    "exponential(2.5)": scipy.stats.expon(scale=0.4),
    "weibull(0.55, 0.7)": scipy.stats.weibull_min(0.55, scale=0.7),
    "weibull(3, 0.7)": scipy.stats.weibull_min(3, scale=0.7),
    "gamma(9, 18)": scipy.stats.gamma(9, scale=1 / 18),
    "lognormal(-1, 0.6)": scipy.stats.lognorm(0.6, scale=np.exp(-1)),
    "loglogistic(4, 0.5)": scipy.stats.fisk(4, scale=0.5),
    "gompertz(1.5, 0.8)": scipy.stats.gompertz(0.8 / 1.5, scale=1 / 1.5),
}


def staying(law, years=1 / 12, cycles=4000, **how) -> Model:
    model = Model("Stay", cycles=cycles, years=years, discount=0.0, **how)
    stay(model, "In", law, {"Out": 1}, effect=1)
    model.state("Out")
    model.strategy("One")
    return model


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("years", [1 / 12, 1 / 52])
def test_mean_stay_is_that_of_the_distribution(law, years):
    # 77 years of weeks leave a ten-millionth of the slowest stay uncounted.
    exact = 1e-9 if years > 0.05 else 1e-6
    assert staying(law, years).run().total("effect")[0, 0] == pytest.approx(LAWS[law].mean(), rel=exact)


@pytest.mark.parametrize("law", LAWS)
def test_who_is_still_there_is_the_survival_curve_as_far_as_the_tunnel_reaches(law):
    reach = len(leaving(law, 1 / 12)) - 1
    seen = trace(staying(law, cycles=reach), "One").shares[:, 0]
    np.testing.assert_allclose(seen, LAWS[law].sf(np.arange(reach + 1) / 12), rtol=1e-9)
    assert reach >= 5


@pytest.mark.parametrize("counting", ["half_cycle", "life_table"])
def test_mean_stay_holds_under_each_counting(counting):
    run = staying("gamma(9, 18)", counting=counting).run()
    assert run.total("effect")[0, 0] == pytest.approx(0.5, rel=1e-9)


def test_any_distribution_of_scipy_is_taken():
    uniform = scipy.stats.uniform(0.2, 0.9)
    assert staying(uniform).run().total("effect")[0, 0] == pytest.approx(0.65, rel=1e-9)


@pytest.mark.parametrize("family", ["gamma", "weibull", "lognormal"])
def test_family_has_the_mean_and_deviation_it_was_asked_for(family):
    name, numbers = law_of(family, 0.8, 0.5).rstrip(")").split("(")
    first, second = map(float, numbers.split(", "))
    law = {
        "gamma": lambda: scipy.stats.gamma(first, scale=1 / second),
        "weibull": lambda: scipy.stats.weibull_min(first, scale=second),
        "lognormal": lambda: scipy.stats.lognorm(second, scale=np.exp(first)),
    }[name]()
    assert (law.mean(), law.std()) == pytest.approx((0.8, 0.5), rel=1e-9)


def test_people_leave_to_where_the_shares_say_and_death_goes_before():
    model = Model("Ward", cycles=200, years=1 / 52, discount=0.0)
    model.value("p_die", 0.01)
    model.value("p_home", 0.7)
    stay(model, "Ward", law_of("gamma", 0.2, 0.1), {"Home": "p_home", "Hostel": "1 - p_home"}, alive="1 - p_die")
    for name in ("Home", "Hostel", "Dead"):
        model.state(name)
    model.transition("Ward", "Dead", "p_die")
    model.strategy("One")
    shares = trace(model, "One").shares
    home, hostel, dead = shares[-1, 1:]
    assert home / hostel == pytest.approx(7 / 3)
    # Who does not die leaves as if nobody died: what is left is S(t) 0.99 ** k.
    weeks = np.arange(15)
    left = scipy.stats.gamma(4, scale=0.05).sf(weeks / 52) * 0.99**weeks
    np.testing.assert_allclose(shares[:15, 0], left, rtol=1e-9)
    assert dead > 0.05


def test_people_one_by_one_stay_as_long():
    run = staying("gamma(9, 18)", cycles=60).individuals(20_000, seed=1)
    assert abs(run.total("effect")[0, 0] - 0.5) < 3 * run.error("effect")[0, 0]


def test_what_no_tunnel_can_hold_is_refused():
    with pytest.raises(BadModel, match="too short for cycles of 1 years"):
        leaving("exponential(20)", 1.0)
    with pytest.raises(BadModel, match="made of numbers"):
        leaving("weibull(shape, 2)", 1.0)
    with pytest.raises(BadModel, match="half a cycle off under the counting 'start'"):
        leaving("gamma(9, 18)", 0.1, "start")
    model = Model("Two lengths", cycles=[(2, 0.1), (2, 1.0)])
    with pytest.raises(BadModel, match="cycles of one length"):
        stay(model, "In", "gamma(9, 18)", {"Out": 1})
    with pytest.raises(BadModel, match="no family 'gama'"):
        law_of("gama", 1, 1)
