"""Many clinics by weeks: nobody is lost, a full clinic sends on, and formulas give the same figures where there are."""

import math

import numpy as np
import pytest

from glimmer.evidence.capacity import network_kernel as kernel
from glimmer.evidence.capacity.network_kernel import Course, Net
from glimmer.evidence.economics.chance import key_of
from glimmer.evidence.economics.lives import key_of_draw

EVERYBODY = Course(accepted=1, goes_on=1, response=0, gives_up=0, shape=1, days=1e9, ratio=1, leaves=0, returns=0)
MINUTES = np.array([[10.0, 50.0], [40.0, 20.0], [300.0, 300.0]])


def net(places=(1000.0, 1000.0), opens=(0, 0), **other) -> Net:
    near = np.argsort(MINUTES, axis=1)
    by_place = np.take_along_axis(MINUTES, near, axis=1)
    plain = {
        "near": np.where(by_place <= 120, near, kernel.NOBODY),
        "minutes": by_place,
        "group": np.array([0, 1, 1]),
        "opens": np.array(opens),
        "places": np.array(places, float),
        "course_sessions": 6,
        "course_weeks": 3,
        "interval_days": 28.0,
        "ends_after": np.inf,
        "week_in_minutes": 0.0,
        "scale": 0.0,
        "target": 18.0,
        "memory": 8.0,
        "slowest": 0.1,
        "courses": 10,
    }
    return Net(**(plain | other))


def run(given: Net, course: Course = EVERYBODY, a_week=(2.0, 1.0, 0.5), weeks=260, seed=1, draw=0, growth=None):
    series, by_place, by_group = np.zeros((kernel.SERIES, weeks)), np.zeros((2, 5)), np.zeros((2, 6))
    growth = np.ones(weeks) if growth is None else growth
    key = key_of_draw(key_of(seed), draw)
    said = kernel.run_weeks(given, course, np.cumsum(a_week), key, growth, series, by_place, by_group, 20_000)
    assert said == kernel.FINE
    return series, by_place, by_group


def test_with_room_for_all_everybody_starts_at_the_nearest_place_at_once():
    series, by_place, by_group = run(net())
    referred = series[kernel.REFERRED].sum()
    assert referred == pytest.approx(3.5 * 260, abs=4 * math.sqrt(3.5 * 260))
    assert series[kernel.BEYOND].sum() == by_group[1, 1] > 0
    assert series[kernel.STARTED].sum() == referred - series[kernel.BEYOND].sum()
    assert series[kernel.WAITING].max() == 0
    # Everybody of the first area goes 10 minutes to the first place, of the second 20 minutes to the second.
    assert by_group[0, 3] == 10 * by_group[0, 2]
    assert by_group[1, 3] == 20 * by_group[1, 2]
    assert (by_place[:, 1] == by_group[:, 2]).all()
    # A course is six sessions, all of them counted but for those that begin near the end.
    assert series[kernel.SESSIONS].sum() == pytest.approx(6 * series[kernel.STARTED].sum(), rel=0.02)


@pytest.mark.parametrize("draw", range(4))
def test_nobody_is_lost(draw):
    course = Course(0.8, 0.7, 0.5, 0.02, 0.8, 150.0, 0.5, 0.03, 0.8)
    series, by_place, by_group = run(net(places=(14.0, 9.0), week_in_minutes=2.0, scale=10.0), course, draw=draw)
    total = {name: series[number].sum() for name, number in (("referred", 0), ("beyond", 1), ("not", 2), ("joined", 3))}
    assert total["referred"] == total["beyond"] + total["not"] + total["joined"]
    started, gave_up = series[kernel.STARTED].sum(), series[kernel.GAVE_UP].sum()
    assert total["joined"] == started + gave_up + series[kernel.WAITING, -1]
    assert by_place[:, 1].sum() == by_group[:, 2].sum() == started
    assert by_place[:, 0].sum() == total["joined"]
    assert series[kernel.SESSIONS].sum() == pytest.approx(by_place[:, 4].sum())
    assert (series[kernel.MAINTAINED] >= 0).all()
    assert (series[kernel.WAITING] >= 0).all()


def test_a_full_service_starts_as_many_as_its_sessions_allow():
    # 30 sessions a week, six a course, nobody kept on: five starts a week, whoever asks.
    series, _, _ = run(net(places=(30.0, 0.0), opens=(0, 10_000)), a_week=(8.0, 0.0, 0.0))
    assert series[kernel.STARTED, 20:].mean() == pytest.approx(5.0, rel=0.01)
    assert series[kernel.SESSIONS, 20:].mean() == pytest.approx(30.0, rel=0.01)
    # What is not started waits: three more a week.
    assert series[kernel.WAITING, -1] == pytest.approx(3 * 260, abs=4 * math.sqrt(8 * 260))


def test_who_is_kept_well_is_as_many_as_littles_law_says():
    # Half respond and stay for a mean of 100 weeks (constant hazard, no other way out): starts x share x time.
    course = EVERYBODY._replace(response=0.5, days=700.0)
    kept = [run(net(), course, a_week=(6.0, 0.0, 0.0), weeks=900, draw=draw)[0] for draw in range(6)]
    late = np.mean([series[kernel.MAINTAINED, 500:].mean() for series in kept])
    # Ways out are in whole weeks, rounded up: half a week more on average.
    assert late == pytest.approx(6 * 0.5 * 100.5, rel=0.03)
    sessions = np.mean([series[kernel.SESSIONS, 500:].mean() for series in kept])
    assert sessions == pytest.approx(6 * 6 + late / 4, rel=0.03)


def test_maintenance_that_ends_keeps_as_many_as_the_formula_says_and_loses_nobody_to_it():
    # At a constant hazard of 1 in 100 weeks, people stay for 100 x (1 - exp(-50/100)) weeks until it ends at 50.
    course = EVERYBODY._replace(response=0.5, days=700.0, returns=1.0)
    for_ever, ended = (
        [run(net(ends_after=end), course, a_week=(6.0, 0.0, 0.0), weeks=900, draw=draw)[0] for draw in range(6)]
        for end in (np.inf, 50.0)
    )
    starts = np.mean([series[[kernel.STARTED, kernel.STARTED_AGAIN], 500:].sum(axis=0).mean() for series in ended])
    late = np.mean([series[kernel.MAINTAINED, 500:].mean() for series in ended])
    assert late == pytest.approx(starts * 0.5 * (100 * (1 - np.exp(-0.5)) + 0.5), rel=0.03)
    # Where maintenance does nothing (ratio 1), whoever relapses does so in the same week, on it or off it.
    for one, other in zip(for_ever, ended, strict=True):
        assert np.array_equal(one[kernel.STARTED_AGAIN], other[kernel.STARTED_AGAIN])


def test_relapse_comes_sooner_when_maintenance_ends():
    course = EVERYBODY._replace(response=1.0, days=700.0, ratio=0.25, returns=1.0)
    again = [
        run(net(ends_after=end), course, a_week=(6.0, 0.0, 0.0), weeks=260)[0][kernel.STARTED_AGAIN].sum()
        for end in (np.inf, 50.0, 10.0)
    ]
    assert again == sorted(again)
    assert again[2] > 1.3 * again[0]


def test_a_wait_sends_people_further_and_its_weight_decides():
    crowded = {"places": (12.0, 60.0)}
    stay, go = (run(net(**crowded, week_in_minutes=weight), a_week=(4.0, 1.0, 0.0)) for weight in (0.0, 20.0))
    assert stay[1][0, 0] == stay[2][0, 0] - stay[2][0, 1]
    assert go[1][0, 0] < 0.7 * stay[1][0, 0]
    assert go[0][kernel.WAITING, -1] < 0.2 * stay[0][kernel.WAITING, -1]
    assert go[2][0, 3] / go[2][0, 2] > 10.0


def test_a_scattered_choice_is_a_logit():
    _, by_place, _ = run(net(scale=25.0), a_week=(40.0, 0.0, 0.0))
    share = by_place[0, 0] / by_place[:, 0].sum()
    expected = 1 / (1 + math.exp(-(50 - 10) / 25))
    assert share == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / by_place[:, 0].sum()))


def test_a_place_takes_nobody_before_it_opens_and_demand_grows_as_it_is_told():
    growth = np.where(np.arange(260) < 130, 1.0, 3.0)
    series, by_place, _ = run(net(opens=(0, 130)), a_week=(0.0, 5.0, 0.0), growth=growth)
    assert series[kernel.REFERRED, :130].sum() == pytest.approx(650, abs=4 * math.sqrt(650))
    assert series[kernel.REFERRED, 130:].sum() == pytest.approx(1950, abs=4 * math.sqrt(1950))
    assert by_place[0, 0] == series[kernel.REFERRED, :130].sum()
    assert by_place[1, 0] == series[kernel.REFERRED, 130:].sum()


def test_the_same_people_ask_whatever_the_service():
    few, many = run(net(places=(5.0, 5.0))), run(net(places=(50.0, 50.0)))
    assert np.array_equal(few[0][kernel.REFERRED], many[0][kernel.REFERRED])
    assert few[0][kernel.STARTED].sum() < many[0][kernel.STARTED].sum()


def test_too_little_room_is_said():
    tables = np.zeros((kernel.SERIES, 52)), np.zeros((2, 5)), np.zeros((2, 6))
    said = kernel.run_weeks(
        net(), EVERYBODY, np.array([5.0, 5.0, 5.0]), key_of_draw(key_of(1), 0), np.ones(52), *tables, 10
    )
    assert said == kernel.TOO_MANY
