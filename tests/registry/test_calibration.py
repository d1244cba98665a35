"""Does the update find the truth as often as it says? Many small registries, each with a truth drawn from the priors.

If truths come from the prior, intervals of 50 and 90 % must hold them that often, and the rank of the truth among the
draws is even (Talts and others 2018): a check of everything from the simulated rows to the draws. The longer form, with
many more registries, is `make soak JOBS=registry`.
"""

import numpy as np
import pytest
from scipy import stats

from soak.registry import calibrated

REGISTRIES = 40
ALPHA = 0.001


@pytest.fixture(scope="module")
def ranks():
    return calibrated(REGISTRIES, first_seed=1000)


def test_intervals_hold_the_truth_as_often_as_they_say(ranks):
    """Over all parameters together, whose number of hits would be binomial if they were independent; each by itself."""
    for width in (0.5, 0.9):
        hits = {name: int((np.abs(one - 0.5) < width / 2).sum()) for name, one in ranks.items()}
        for name, count in hits.items():
            assert stats.binomtest(count, REGISTRIES, width).pvalue > ALPHA / len(hits), (name, width, count)
        share = sum(hits.values()) / (REGISTRIES * len(hits))
        assert share == pytest.approx(width, abs=0.07)


def test_truths_rank_evenly_among_the_draws(ranks):
    for name, one in ranks.items():
        assert stats.kstest(one, "uniform").pvalue > ALPHA / len(ranks), name
