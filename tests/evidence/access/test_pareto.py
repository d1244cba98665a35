"""The front holds the plans that no choice of sites beats, on small cases where all choices can be looked at."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glimmer.evidence.access.pareto import NEAR, Point, front, unbeaten
from glimmer.evidence.access.pareto_bound import Known, weighted_bound
from glimmer.evidence.access.plan import Served
from glimmer.evidence.access.problem import BadProblem, Problem


def worst_tenth(minutes, need):
    """Return the mean of the longest ways of a tenth of need, person by person."""
    people = np.repeat(minutes, need.astype(int))
    return np.sort(people)[-len(people) // 10 :].mean()


@settings(max_examples=6, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1))
def test_each_point_is_what_it_says_and_none_is_beaten(seed):
    chance = np.random.default_rng(seed)
    minutes = chance.uniform(0, 100, (20, 8)).astype(np.float32)
    need = chance.integers(1, 9, 20) * 10.0
    points = front(Problem(minutes, need, 1), clinics=(2, 3))
    assert {one.clinics for one in points} == {2, 3}
    for one in points:
        nearest = minutes[:, list(one.served.sites)].min(axis=1)
        assert len(one.served.sites) == one.clinics
        assert one.mean == pytest.approx(nearest @ need / need.sum(), rel=1e-6)
        assert one.worst_tenth == pytest.approx(worst_tenth(nearest, need), rel=1e-6)
        assert one.mean_bound <= one.mean * (1 + 1e-9)
        assert not any(
            other.clinics <= one.clinics and other.mean <= one.mean and other.worst_tenth <= one.worst_tenth
            for other in points
            if other is not one
        )
    for count in (2, 3):
        means = [
            minutes[:, list(chosen)].min(axis=1) @ need / need.sum()
            for chosen in itertools.combinations(range(8), count)
        ]
        # The first plan of each number is the best there is for the mean.
        assert min(one.mean for one in points if one.clinics == count) == pytest.approx(min(means), rel=1e-6)


@settings(max_examples=4, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1))
def test_bound_of_each_point_is_below_every_choice_and_a_proven_point_is_beaten_by_none(seed):
    chance = np.random.default_rng(seed)
    minutes = chance.uniform(0, 100, (20, 8)).astype(np.float32)
    need = chance.integers(1, 9, 20) * 10.0
    points = front(Problem(minutes, need, 1), clinics=(2, 3))
    every = {}
    for count in (2, 3):
        nearest = [minutes[:, list(chosen)].min(axis=1) for chosen in itertools.combinations(range(8), count)]
        every[count] = [(way @ need / need.sum(), worst_tenth(way, need)) for way in nearest]
    for one in points:
        least = min(mean + one.weight * worst for mean, worst in every[one.clinics])
        assert one.bound <= least * (1 + 1e-6)
        # Both figures better, and together by more than is left of the gap: there is no such plan.
        spare = one.value - one.bound + 1e-6 * one.value
        assert not any(
            mean < one.mean and worst < one.worst_tenth and one.value - mean - one.weight * worst > spare
            for mean, worst in every[one.clinics]
        )
        if one.is_proven:
            assert one.value <= least * (1 + NEAR) * (1 + 1e-6)
    assert sum(one.is_proven for one in points) >= len(points) / 2


def test_a_bound_that_has_no_time_is_still_one():
    minutes = np.random.default_rng(4).uniform(0, 100, (30, 9)).astype(np.float32)
    problem = Problem(minutes, np.ones(30), 3)
    known = Known(np.array([0, 1, 2]), 90.0, 1.0, 0.1, 50.0)
    assert weighted_bound(problem, known, 20.0, near=0.0, ends=0.0) == 20.0


def test_more_weight_for_the_worst_off_finds_the_plan_that_serves_them():
    # Nine areas beside site 0 and one far off beside site 2; site 1 lies between.
    minutes = np.array([[10, 30, 200]] * 9 + [[150, 60, 5]], np.float32)
    points = front(Problem(minutes, np.full(10, 10.0), 1), clinics=(1,))
    assert [one.served.sites for one in points] == [(0,), (1,)]
    assert [(one.mean, one.worst_tenth) for one in points] == [(24.0, 150.0), (33.0, 60.0)]


def test_a_plan_that_fewer_clinics_beat_is_left_out():
    def point(clinics, mean, worst):
        nobody = np.empty(0, np.int32)
        return Point(clinics, 0.0, mean, worst, 0.0, Served((), nobody, nobody.astype(np.float32), mean, "minutes"))

    points = [point(3, 9, 40), point(2, 10, 30), point(2, 9, 35), point(2, 9, 35), point(3, 8, 50), point(2, 11, 31)]
    assert [(one.clinics, one.mean, one.worst_tenth) for one in unbeaten(points)] == [
        (2, 9, 35),
        (2, 10, 30),
        (3, 8, 50),
    ]


def test_a_front_is_of_mean_minutes_only():
    problem = Problem(np.ones((2, 2), np.float32), np.ones(2), 1, objective="cover", within=5.0)
    with pytest.raises(BadProblem, match="takes median"):
        front(problem, clinics=(1,))
