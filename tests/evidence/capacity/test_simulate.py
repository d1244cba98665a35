"""The simulation against formulas and against itself: queues, Little's law, same seed same bits, and its edges."""

import math
import time
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from glimmer.evidence.capacity import BadPlan, Clinic, Pathway, Present, Waiting, compare, priors, simulate
from glimmer.evidence.capacity import plan as numbered
from glimmer.evidence.capacity.clinic import Shift
from glimmer.evidence.capacity.queues import erlang_b, erlang_c, mmc, sessions_per_start
from glimmer.evidence.capacity.sentences import forecast_in_words, list_in_words
from tests.evidence.capacity.small import always_open, known, one_session

HOUR = 60.0


@pytest.fixture(scope="module")
def example():
    return simulate(Clinic.example(), Pathway.from_protocol(months=None), priors(), draws=60, seed=3)


@pytest.mark.parametrize(("chairs", "load"), [(1, 0.6), (3, 0.8), (5, 0.9)])
def test_a_clinic_of_one_session_queues_as_the_formula_of_erlang_says(chairs, load):
    minutes = 100.0
    per_week = load * chairs / minutes * numbered.WEEK
    found = simulate(always_open(chairs), one_session(minutes), known(per_week), years=2, draws=60, seed=5)
    waits = found.totals[:, numbered.T_QUEUE_SUM] / found.totals[:, numbered.T_CALLED]
    expected = mmc(per_week / numbered.WEEK, minutes, chairs)
    error = waits.std(ddof=1) / math.sqrt(len(waits))
    # The clinic begins empty, which two years hardly show.
    assert waits.mean() == pytest.approx(expected.mean_wait, abs=3.5 * error + 0.01 * expected.mean_wait)
    assert found.utilisation("chairs").mean() == pytest.approx(expected.utilisation, rel=0.01)
    assert found.totals[:, numbered.T_QUEUE_AREA].mean() / (found.weeks * numbered.WEEK) == pytest.approx(
        expected.mean_waiting, rel=0.08
    )


def test_erlang_formulas_give_the_values_of_the_tables():
    # B(10 Erlang, 15 trunks) and C(4, 5) as tables print them; M/M/1 in closed form.
    assert erlang_b(10, 15) == pytest.approx(0.0365, abs=5e-5)
    assert erlang_c(4, 5) == pytest.approx(0.5541, abs=5e-5)
    one = mmc(0.5, 1.0, 1)
    assert (one.utilisation, one.mean_wait, one.mean_waiting) == pytest.approx((0.5, 1.0, 0.5))
    assert mmc(3, 1, 2).mean_wait == math.inf


@pytest.mark.parametrize("load", [0.3, 2.5, 7.0])
def test_erlang_b_equals_its_sum(load):
    terms = [load**n / math.factorial(n) for n in range(9)]
    assert erlang_b(load, 8) == pytest.approx(terms[-1] / sum(terms))


def test_minutes_waited_are_the_same_by_the_clock_and_by_person(example):
    assert example.balance() < 1e-9


def test_everybody_who_is_accepted_is_found_again(example):
    started, gone, still = (example.days_waited[:, way].sum(axis=1) for way in (1, 2, 3))
    assert np.array_equal(example.days_waited[:, 0].sum(axis=1), started + gone + still)
    assert np.array_equal(example.weekly("starts").sum(axis=1), started)


def test_sessions_of_each_who_starts_are_those_of_the_sum_that_knows_no_simulation():
    inputs = known(1.0, response=0.5, leaves_course=0.03, leaves_maintenance=0.03, returns=0.8)
    pathway = replace(Pathway.from_protocol(months=None), assessment_minutes=0)
    found = simulate(always_open(20, years=13), pathway, inputs, years=12, draws=40, seed=2)
    # Whoever starts in the last years has had only part of it, so the first ten years' starts would be counted by
    # hand; instead the sum is held against what a long run gives of its later years, where coming and going balance.
    later = slice(found.weeks // 2, None)
    starts = found.weekly("starts")[:, later].sum(axis=1)
    per = sessions_per_start(pathway, {name: np.array([one[0]]) for name, one in found.values.items()})
    for name, expected in (
        ("course sessions", per.course),
        ("later course sessions", per.later_course),
        ("maintenance sessions", per.maintenance),
    ):
        seen = found.weekly(name)[:, later].sum(axis=1) / starts
        error = seen.std(ddof=1) / math.sqrt(len(seen))
        assert seen.mean() == pytest.approx(float(expected[0]), abs=3.5 * error + 0.02 * float(expected[0])), name


@pytest.mark.parametrize("workers", [2, 16])
def test_the_same_seed_gives_the_same_bits_for_any_number_of_workers(example, workers):
    again = simulate(Clinic.example(), Pathway.from_protocol(months=None), priors(), draws=60, seed=3, workers=workers)
    alone = simulate(Clinic.example(), Pathway.from_protocol(months=None), priors(), draws=60, seed=3, workers=1)
    for one, other in ((example, again), (example, alone)):
        assert one.table.tobytes() == other.table.tobytes()
        assert one.totals.tobytes() == other.totals.tobytes()
        assert one.hours.tobytes() == other.hours.tobytes()


def test_fewer_draws_are_the_first_of_more(example):
    few = simulate(Clinic.example(), Pathway.from_protocol(months=None), priors(), draws=7, seed=3)
    assert np.array_equal(few.table, example.table[:7])


def test_nobody_referred_is_nobody_seen():
    found = simulate(
        Clinic.example(), Pathway.from_protocol(months=None), priors().with_own(referrals_per_week=0), draws=3
    )
    assert found.table.sum() == 0
    answer = found.answer()
    assert answer["use"]["chairs"] == {"mean": 0, "low": 0, "high": 0}
    # Nobody is late, and nobody is in time either.
    assert answer["wait"]["within target"] is None
    assert forecast_in_words(found, (0.92, 18)) == "Nobody is referred, so nobody waits to start"


@pytest.mark.parametrize("lacking", [{"nurses": -2}, {"doctors": -1}, {"assessors": -1}])
def test_without_people_of_one_kind_nobody_starts_and_the_list_grows(lacking):
    clinic = Clinic.example().with_more(**lacking)
    found = simulate(clinic, Pathway.from_protocol(months=None), priors().with_own(gives_up_per_week=0), draws=10)
    assert found.weekly("starts").sum() == 0
    waiting = found.weekly("waiting")
    assert (waiting[:, -1] > waiting[:, 50]).all()
    assert found.waits.within(18).max() == 0
    # Whoever is needed and never there cannot keep up, whatever else there is plenty of.
    long_run = found.answer()["in the long run"]
    assert long_run["chance that it keeps up"]["mean"] == 0
    assert long_run["load"][next(iter(lacking))] is None


def test_who_has_waited_too_long_already_is_late_whatever_the_clinic_does():
    """Sixty people past the target, and a clinic that begins everybody else within weeks."""
    inputs = priors().with_own(referrals_per_week=4, gives_up_per_week=0)
    how = {"years": 3, "draws": 40, "seed": 2}
    plain = simulate(Clinic.example(), Pathway.from_protocol(months=None), inputs, **how)
    late = [Waiting(280, assessed=True)] * 60
    found = simulate(Clinic.example(), Pathway.from_protocol(months=None), inputs, waiting=late, **how)
    assert found.of_list_within(18).max() == 0
    assert plain.of_list_within(18) is None
    # New people wait behind them, and that is told apart from those who were late on the first day.
    assert found.waits.within(18).mean() <= plain.waits.within(18).mean()
    assert "60 people on it had waited longer than that already" in list_in_words(found, 18)
    recent = simulate(Clinic.example(), Pathway.from_protocol(months=None), inputs, waiting=[Waiting(7)] * 3, **how)
    assert recent.of_list_within(18).mean() > 0.9
    started, gone, still = (recent.days_waited[:, numbered.WAYS + way].sum(axis=1) for way in (1, 2, 3))
    assert np.array_equal(recent.days_waited[:, numbered.WAYS].sum(axis=1), started + gone + still)


def test_no_session_begins_that_would_end_after_the_last_nurse_has_gone():
    """Sessions of 150 minutes and nurses for half an hour: none fits, however long the clinic is open."""
    half_hour = tuple(Shift(day, 540, 570, nurses=2, doctors=1) for day in range(5))
    whole_day = tuple(Shift(day, 540, 1020, nurses=2, doctors=1) for day in range(5))
    for rota, some in ((half_hour, False), (whole_day, True)):
        clinic = replace(Clinic.example(), rota=(rota,), doctors_assess=True)
        found = simulate(clinic, Pathway.from_protocol(months=None), priors(), years=1, draws=5)
        assert bool(found.weekly("sessions").sum() > 0) == some
        # They do not stay for anybody either: the most that is taken is what there is.
        assert found.utilisation("nurses").max() <= 1


def test_one_more_chair_never_lengthens_waits():
    pathway, busy = Pathway.from_protocol(months=None), priors().with_own(referrals_per_week=7)
    clinics = {str(chairs): Clinic.example().with_chairs(chairs) for chairs in (1, 2, 3, 4)}
    found = compare({name: (one, pathway, busy) for name, one in clinics.items()}, draws=30, seed=9)
    waits = [found[name].waits.within(18).mean() for name in clinics]
    assert waits == sorted(waits)
    assert waits[0] < waits[2]
    fewer = found["2"].against(found["1"])[:, -1]
    # The same people come to both clinics: the difference varies less than the list itself.
    assert fewer.mean() < 0
    assert np.array_equal(found["1"].weekly("referrals"), found["2"].weekly("referrals"))


def test_the_present_list_is_where_a_run_begins():
    waiting = [Waiting(30), Waiting(200, urgent=True), Waiting(90, assessed=True)] * 10
    found = simulate(Clinic.example(), Pathway.from_protocol(months=None), priors(), draws=20, waiting=waiting)
    empty = simulate(Clinic.example(), Pathway.from_protocol(months=None), priors(), draws=20)
    assert (found.weekly("waiting")[:, 0] > empty.weekly("waiting")[:, 0] + 10).all()
    assert found.answer()["waiting list"]["at the start"] == 30
    assert "nobody waits and nobody is in treatment" in " ".join(empty.answer()["said"])
    assert "30 people waiting" in " ".join(found.answer()["said"])
    assert found.balance() < 1e-9


def test_who_is_in_maintenance_today_needs_chairs_from_the_first_week():
    present = Present(maintained=(10.0, 100.0, 400.0) * 20)
    found = simulate(
        Clinic.example(),
        Pathway.from_protocol(months=None),
        priors().with_own(referrals_per_week=0),
        draws=20,
        waiting=present,
    )
    first_weeks = found.weekly("maintenance sessions")[:, :4].sum(axis=1)
    # Twenty weekly, forty every four weeks, some of whom relapse or stop.
    assert 60 < first_weeks.mean() < 125
    assert found.weekly("in care")[:, 0].mean() < 60


def test_urgent_people_start_before_others():
    inputs = known(12.0, urgent_share=0.2)
    both = [
        simulate(always_open(1), one_session(numbered.WEEK / 11), one, years=2, draws=10, seed=1)
        for one in (inputs, inputs.with_own(urgent_share=0))
    ]
    within = [one.waits.within(2).mean() for one in both]
    median = [np.median(one.waits.days_until(0.1)) for one in both]
    assert median[0] < median[1]
    assert within[0] > within[1]


def test_nobody_begins_on_a_bank_holiday():
    clinic = Clinic.example(date(2026, 12, 21))
    found = simulate(
        clinic, Pathway.from_protocol(months=None), priors().with_own(referrals_per_week=40), years=0.5, draws=5
    )
    closed = clinic.timeline(14)
    days = [day for day in range(14) if closed.next_open[day] != day]
    # 25 to 28 December 2026 and 1 January 2027 are closed in England, as are weekends.
    assert days == [4, 5, 6, 7, 11, 12, 13]
    assert found.occupancy()[:, 5:].size > 0
    assert np.isnan(found.occupancy()[:, 5:]).all()


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        ({"years": 0}, "0 years"),
        ({"draws": 0}, "0 draws"),
        ({"waiting": [1]}, "present list"),
    ],
)
def test_what_cannot_be_simulated_is_refused_in_words(ask, says):
    with pytest.raises(BadPlan, match=says):
        simulate(Clinic.example(), Pathway.from_protocol(months=None), priors(), **ask)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("accepted", 1.2, "from 0 to 1"),
        ("relapse_shape_ketamine", 0, "above 0"),
        ("acepted", 0.5, "Did you mean 'accepted'"),
        ("referrals_per_week", -1, "from 0 to 1,000"),
        ("referrals_per_week", 1e6, "from 0 to 1,000"),
    ],
)
def test_an_input_that_cannot_be_is_refused_in_words(name, value, says):
    with pytest.raises(BadPlan, match=says):
        priors().with_own(**{name: value})


def test_no_figure_of_the_answer_stands_without_its_interval(example):
    """Every number that is worked out has low and high beside it; what stands bare was given or counts the run."""
    given = {"clinic", "pathway", "run", "said", "inputs", "books"}
    bare_by_right = {"target share", "target weeks", "year", "at the start", "of today's list late already"}

    def bare(value, path):
        if isinstance(value, dict):
            if {"low", "high"} <= set(value):
                return []
            return [
                one for name, inner in value.items() if name not in bare_by_right for one in bare(inner, (*path, name))
            ]
        if isinstance(value, list):
            return [one for inner in value for one in bare(inner, path)]
        return [path] if isinstance(value, int | float) else []

    answer = example.answer()
    assert bare({name: value for name, value in answer.items() if name not in given}, ()) == []
    load = answer["in the long run"]["load"]["chairs"]
    assert load["low"] < load["mean"] < load["high"]


def test_whoever_never_starts_counts_in_the_wait():
    """A clinic that cannot keep up starts few of those who wait, and those who wait are not left out of the share."""
    few = simulate(
        Clinic.example().with_chairs(1),
        Pathway.from_protocol(months=None),
        priors().with_own(referrals_per_week=20),
        draws=10,
    )
    started, still = (few.days_waited[:, way].sum(axis=1) for way in (numbered.W_STARTED, numbered.W_STILL))
    assert (still > 100).all()
    waits = few.days_waited[:, numbered.W_STARTED, :127].sum(axis=1) / np.maximum(started, 1)
    assert (few.waits.within(18) < waits).all()
    assert few.answer()["in the long run"]["chance that it keeps up"]["mean"] == 0


def test_many_clinics_in_a_row_are_what_each_is_by_itself_and_take_no_longer_than_is_aimed_at():
    """A short form of 200 clinics x 1,000 draws: each clinic's futures are its own, whatever was run before it."""
    pathway, clinics = Pathway.from_protocol(months=None), 8
    runs = {
        number: simulate(Clinic.example().with_chairs(1 + number % 6), pathway, priors(), draws=20, seed=number)
        for number in range(clinics)
    }
    began = time.process_time()
    for number in reversed(range(clinics)):
        clinic = Clinic.example().with_chairs(1 + number % 6)
        again = simulate(clinic, pathway, priors(), draws=20, seed=number, workers=1 + number % 2)
        assert again.table.tobytes() == runs[number].table.tobytes()
        assert again.totals.tobytes() == runs[number].totals.tobytes()
        assert again.balance() < 1e-9
    spent = time.process_time() - began
    # The aim is 300 s on two cores for 200,000 futures: 3 ms of a core each. Ten times that is no busy machine.
    assert spent / (clinics * 20) < 10 * 600 / 200_000
