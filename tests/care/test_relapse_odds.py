"""The chance of a relapse: against SciPy's normal distributions, account by account, and what must hold for any row."""

from dataclasses import replace
from datetime import date, timedelta
from math import exp

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from glimmer.care.relapse_odds import Assumed, Odds, assumed

FIRST = date(2026, 4, 6)
# Without bad weeks the accounts are plain normal distributions, which another program can weigh.
PLAIN = replace(assumed(), bad_week=0.0, given_up=0.0)


def chance_of(totals: list[int], baseline: int, assumes: Assumed, every: int = 7) -> float:
    odds = Odds(baseline, assumes)
    return [odds.hear(FIRST + timedelta(days=every * week), total).chance for week, total in enumerate(totals)][-1]


def weighed_by_scipy(totals: list[int], baseline: int, assumes: Assumed) -> float:
    """Return the chance by the whole row at once: every account is one normal distribution of all weekly scores."""
    weeks = np.arange(len(totals))
    mean, spread = baseline * assumes.level_share, baseline * assumes.level_spread_share

    def likelihood(gone: np.ndarray) -> float:
        stays = 1 - gone
        centre = stays * mean + gone * baseline
        return float(
            np.mean(
                [
                    multivariate_normal(centre, one**2 * np.eye(len(totals)) + spread**2 * np.outer(stays, stays)).pdf(
                        np.minimum(totals, baseline)
                    )
                    for one in assumes.spreads
                ]
            )
        )

    well, relapsed = 1.0, 0.0
    for began in weeks[:-1] + 0.5:
        hazard = assumes.hazard_late + assumes.hazard_early * exp(-began / assumes.hazard_fades)
        for lasts in assumes.weeks_back:
            relapsed += well * hazard / len(assumes.weeks_back) * likelihood(np.clip((weeks - began) / lasts, 0, 1))
        well *= 1 - hazard
    steady = well * likelihood(np.zeros(len(totals)))
    return relapsed / (relapsed + steady)


@pytest.mark.parametrize(
    ("totals", "baseline"),
    [
        ([5, 6, 4, 7], 18),
        ([5, 6, 4, 7, 9, 12, 13], 18),
        ([8, 8, 9, 7, 8, 8, 20, 22], 20),
        ([2, 1, 0, 2, 3, 1, 1, 2, 0, 2, 4, 5, 7], 14),
        ([9, 4, 11, 3, 8, 10, 5, 12], 21),
    ],
)
def test_chance_is_the_one_that_another_program_finds(totals, baseline):
    assert chance_of(totals, baseline, PLAIN) == pytest.approx(weighed_by_scipy(totals, baseline, PLAIN), rel=1e-9)


def test_accounts_given_up_move_the_chance_by_next_to_nothing():
    whole = replace(assumed(), given_up=0.0)
    for totals in ([5, 6, 4, 7, 9, 12, 13, 15], [6, 5, 6, 7, 5, 6, 14, 6, 5, 6, 7, 9, 10, 12], [4] * 30):
        assert chance_of(totals, 18, assumed()) == pytest.approx(chance_of(totals, 18, whole), abs=0.01)


def test_one_bad_week_leaves_the_chance_low_and_three_do_not():
    steady = [6, 5, 6, 7, 5, 6, 6, 5]
    assert chance_of([*steady, 14], 18, assumed()) < 0.2
    assert chance_of([*steady, 14, 15, 15], 18, assumed()) > 0.8


def test_scores_beyond_the_one_before_the_course_count_as_much_as_that_one():
    steady = [6, 5, 6, 7, 5]
    assert chance_of([*steady, 27, 27], 18, assumed()) == chance_of([*steady, 18, 18], 18, assumed()) > 0.8


def test_patient_whose_scores_swing_has_a_wider_spread_and_is_judged_later():
    calm, wild = [6, 6, 5, 6, 6, 5, 6, 6], [2, 10, 3, 9, 1, 10, 4, 9]
    odds = [Odds(18), Odds(18)]
    for week, pair in enumerate(zip(calm, wild, strict=True)):
        found = [one.hear(FIRST + timedelta(weeks=week), total) for one, total in zip(odds, pair, strict=True)]
    assert found[0].spread < 2 < 2.5 < found[1].spread
    rising = [9, 11]
    assert chance_of([*calm, *rising], 18, assumed()) > 0.8 > chance_of([*wild, *rising], 18, assumed())


def test_missing_weeks_are_time_in_which_a_relapse_can_have_begun():
    odds = Odds(18)
    for week in range(6):
        before = odds.hear(FIRST + timedelta(weeks=week), 6)
    after = odds.hear(FIRST + timedelta(weeks=11), 16)
    assert before.chance < 0.1 < 0.5 < after.chance
    assert after.began_on is not None
    assert FIRST + timedelta(weeks=5) < after.began_on <= FIRST + timedelta(weeks=11)


def test_likeliest_relapse_is_near_the_one_that_the_scores_were_made_of():
    odds = Odds(20)
    totals = [6] * 8 + [8, 10, 12, 14, 16]
    for week, total in enumerate(totals):
        found = odds.hear(FIRST + timedelta(weeks=week), total)
    assert found.chance > 0.95
    assert found.level == pytest.approx(6, abs=0.7)
    assert 5 <= found.weeks_back <= 12
    assert found.began_on is not None
    assert abs((found.began_on - (FIRST + timedelta(weeks=7))).days) <= 7


@settings(max_examples=40)
@given(st.lists(st.integers(0, 27), min_size=1, max_size=25), st.integers(5, 27), st.integers(0, 15))
def test_any_row_of_scores_gives_a_chance(totals, baseline, every):
    assert 0 <= chance_of(totals, baseline, assumed(), every) <= 1


@pytest.mark.parametrize("weeks", [10, 26, 27, 28, 40, 104])
def test_relapse_that_lasts_is_never_again_thought_unlikely_while_the_scores_stay_high(weeks):
    totals = [6, 5, 7, 6, 6, 5, 12, 17, *([19, 20, 18, 21] * 26)[:weeks]]
    assert chance_of(totals, 20, assumed()) > 0.99
