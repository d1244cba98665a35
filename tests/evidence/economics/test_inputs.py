"""Beliefs as distributions: quantiles, means and draws against SciPy's distributions of the same law."""

import numpy as np
import pytest
import scipy.stats

from glimmer.evidence.economics.expressions import BadModel
from glimmer.evidence.economics.inputs import (
    Beta,
    Correlation,
    Drawn,
    Gamma,
    Inputs,
    LogitNormal,
    LogNormal,
    Normal,
    Triangular,
    Uniform,
)

LAWS = {
    "normal": (Normal(3, 2), scipy.stats.norm(3, 2)),
    "lognormal": (LogNormal(0.3, 0.5), scipy.stats.lognorm(0.5, scale=np.exp(0.3))),
    "beta": (Beta(3, 9), scipy.stats.beta(3, 9)),
    "gamma": (Gamma(4, 250), scipy.stats.gamma(4, scale=250)),
    "uniform": (Uniform(-1, 4), scipy.stats.uniform(-1, 5)),
    "triangular": (Triangular(1, 2, 6), scipy.stats.triang(0.2, 1, 5)),
}
SHARES = np.array([0.001, 0.025, 0.2, 0.5, 0.9, 0.975, 0.999])


@pytest.mark.parametrize("law", LAWS)
def test_quantiles_and_means_are_those_of_the_law(law):
    belief, known = LAWS[law]
    np.testing.assert_allclose(belief.quantile(SHARES), known.ppf(SHARES), rtol=1e-9, atol=1e-12)
    assert belief.mean == pytest.approx(known.mean(), rel=1e-12)


@pytest.mark.parametrize("law", LAWS)
def test_draws_have_the_law(law):
    belief, known = LAWS[law]
    drawn = Inputs({"x": belief}).draw(4000, 8)["x"]
    assert scipy.stats.kstest(drawn, known.cdf).pvalue > 0.001


@pytest.mark.parametrize(
    ("belief", "mean", "sd"),
    [(Beta.from_mean(0.7, 0.1), 0.7, 0.1), (Gamma.from_mean(900, 80), 900, 80), (LogNormal.from_mean(2, 0.4), 2, 0.4)],
)
def test_mean_and_standard_deviation_come_back(belief, mean, sd):
    drawn = Inputs({"x": belief}).draw(100_000, 3)["x"]
    assert belief.mean == pytest.approx(mean, rel=1e-12)
    assert drawn.std() == pytest.approx(sd, rel=0.02)


def test_log_odds_have_the_mean_of_a_numerical_integral():
    score = np.linspace(-9, 9, 200_001)
    share = 1 / (1 + np.exp(-(-0.4 + 0.9 * score)))
    mean = np.trapezoid(share * scipy.stats.norm.pdf(score), score)
    assert LogitNormal(-0.4, 0.9).mean == pytest.approx(mean, rel=1e-9)


def test_a_new_parameter_and_more_draws_change_no_others_draws():
    few, many = Inputs({"a": Normal(0, 1)}), Inputs({"b": Gamma(2, 1), "a": Normal(0, 1)})
    assert np.array_equal(few.draw(100, 5)["a"], many.draw(5000, 5)["a"][:100])


def test_joint_draws_stay_together_and_no_correlation_may_tear_them():
    first, second = Drawn((1.0, 2.0, 3.0)), Drawn((10.0, 20.0, 30.0))
    drawn = Inputs({"a": first, "b": second}).draw(5, 1)
    assert drawn["a"].tolist() == [1, 2, 3, 1, 2]
    assert drawn["b"].tolist() == [10, 20, 30, 10, 20]
    half = ((1.0, 0.5), (0.5, 1.0))
    with pytest.raises(BadModel, match=r"a: draws that came from elsewhere may belong together \(a, b\)"):
        Inputs({"a": first, "b": second, "c": Normal(0, 1)}, correlations=(Correlation(("a", "c"), half),))
    alone = Inputs({"a": first, "c": Normal(0, 1)}, correlations=(Correlation(("a", "c"), half),)).draw(500, 1)
    assert np.corrcoef(alone["a"], alone["c"])[0, 1] > 0.3
