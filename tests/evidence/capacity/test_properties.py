"""Whatever clinic, pathway and demand: nobody is lost, nothing is used that is not there, and the order is kept.

The compiled simulation is run as plain Python and watched (`traced`); it comes to the compiled bits each time.
"""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from glimmer.evidence.capacity import Clinic, Pathway, Present, Session, Shift, Waiting, priors, simulate
from glimmer.evidence.capacity import plan as numbered
from glimmer.evidence.capacity.clinic import levels
from tests.evidence.capacity.small import BEGINS, known
from tests.evidence.capacity.traced import traced

DAY = 1440
PATHWAY = Pathway.from_protocol(months=None)
MINUTES = st.integers(20, 150)


@st.composite
def sessions(draw):
    chair = draw(MINUTES)
    return Session(chair, draw(st.integers(0, chair)), draw(st.integers(0, chair)), draw(st.integers(0, 3)))


@st.composite
def clinics(draw):
    shifts = draw(
        st.lists(
            st.builds(
                lambda day, begins, lasts, nurses, doctors, assessors: Shift(
                    day, begins, min(begins + lasts, DAY), nurses, doctors, assessors
                ),
                st.integers(0, 4), st.integers(480, 800), st.integers(60, 500),
                st.integers(0, 2), st.integers(0, 2), st.integers(0, 1),
            ),
            min_size=2, max_size=6,
        )
    )  # fmt: skip
    weeks = [tuple(shifts[::2]), tuple(shifts[1::2])] if draw(st.booleans()) else [tuple(shifts)]
    return replace(
        Clinic.example(BEGINS),
        chairs=draw(st.integers(0, 4)),
        rota=tuple(weeks),
        nurse_share=draw(st.integers(1, 3)),
        doctors_assess=draw(st.booleans()),
    )


@st.composite
def pathways(draw):
    return replace(
        PATHWAY,
        course=draw(sessions()),
        maintenance=draw(sessions()),
        maintenance_months=draw(st.sampled_from([None, 2.0])),
        assessment_minutes=draw(st.sampled_from([0.0, 60.0])),
        preparation_days=draw(st.sampled_from([0, 7])),
        first_come=draw(st.booleans()),
    )


INPUTS = st.builds(
    lambda referrals, **others: known(referrals, **others),
    st.floats(0.5, 15),
    urgent_share=st.floats(0, 0.5),
    gives_up_per_week=st.sampled_from([0.0, 0.05]),
    worsens_per_week=st.sampled_from([0.0, 0.1]),
    did_not_attend=st.sampled_from([0.0, 0.2]),
    response=st.floats(0, 1),
    leaves_course=st.sampled_from([0.0, 0.05]),
    returns=st.sampled_from([0.0, 0.8]),
)
LISTS = st.lists(st.builds(Waiting, st.floats(0, 300), st.booleans(), st.booleans()), max_size=12)


# A smaller example would take minutes to find, and the one that fails is small enough to read.
@settings(max_examples=25, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(clinics(), pathways(), INPUTS, LISTS, st.integers(0, 1000))
def test_every_clinic_keeps_its_books_its_hours_and_its_order(clinic, pathway, inputs, waiting, seed):
    present = Present(tuple(waiting), (15.0, 90.0))
    trace = traced(clinic, pathway, inputs, years=0.3, seed=seed, waiting=present)
    nobody_is_lost(trace)
    nothing_is_used_that_is_not_there(trace, clinic, pathway)
    nothing_begins_while_closed(trace, clinic, pathway)
    who_came_first_is_called_first(trace)
    vials_are_those_of_the_sessions(trace, pathway)


def nobody_is_lost(trace):
    found = trace.found
    # Those who are referred in the run, then those of the first day's list.
    by_way = found.days_waited[0].sum(axis=1).reshape(2, numbered.WAYS)
    for entered, started, gave_up, still in by_way:
        assert entered == started + gave_up + still
    assert found.weekly("starts").sum() == by_way[:, numbered.W_STARTED].sum()
    # Everybody there ever was stands somewhere at the end, and the stocks are those who stand there.
    stages = trace.who_at_the_end
    accepted, there = found.weekly("accepted").sum(), len(found.asked.present.waiting) + 2
    assert len(stages) == accepted + there
    count = {stage: int((stages == stage).sum()) for stage in range(numbered.GONE + 1)}
    assert found.weekly("waiting for assessment")[0, -1] == count[numbered.TO_ASSESS]
    assert found.weekly("waiting to start")[0, -1] == count[numbered.TO_START]
    assert found.weekly("waiting to restart")[0, -1] == count[numbered.AGAIN]
    in_care = count[numbered.IN_COURSE] + count[numbered.MAINTAINED] + count[numbered.RELAPSING]
    assert found.weekly("in care")[0, -1] == in_care
    assert found.balance() < 1e-9


def nothing_is_used_that_is_not_there(trace, clinic, pathway):
    """At every beginning: those already there and the new one are no more than chairs, nurses' places and doctors.

    Who is there after a shift has ended finishes the patient in hand, so that only beginnings are held to the rota.
    """
    horizon = trace.found.weeks * 7 * DAY
    chairs, nurses, doctors, assessors = ([] for _ in range(4))
    for one in trace.sessions:
        needs = pathway.maintenance if one.stage == numbered.MAINTAINED else pathway.course
        chairs.append((one.begins, one.ends))
        if needs.nurse_minutes:
            nurses.append((one.begins, one.nurse_until or one.ends))
        if needs.doctor_minutes:
            doctors.append((one.begins, one.doctor_until or one.ends))
    seeing = doctors if clinic.doctors_assess else assessors
    seeing += [(one.begins, one.ends) for one in trace.assessments]
    at_once(chairs, lambda _: clinic.chairs)
    for taken, place, each in ((nurses, 0, clinic.nurse_share), (doctors, 1, 1), (assessors, 2, 1)):
        at_once(taken, lambda minute, place=place, each=each: each * on_duty(clinic, minute)[place])
    assert all(0 <= begins < horizon for begins, _ in chairs)
    lasts = sum(min(ends, horizon) - begins for begins, ends in chairs)
    assert trace.found.totals[0, numbered.T_CHAIR] == pytest.approx(lasts)


def at_once(taken, most):
    for begins, _ in taken:
        there = sum(one <= begins < ends for one, ends in taken)
        assert there <= most(begins), (begins, there)


def on_duty(clinic, minute):
    """Return nurses, doctors and assessors on duty, straight from the shifts of the day."""
    day, at = clinic.begins + timedelta(days=int(minute // DAY)), minute % DAY
    there = [shift for shift in clinic.shifts_on(day) if shift.begins <= at < shift.ends]
    return [sum(getattr(shift, who) for shift in there) for who in ("nurses", "doctors", "assessors")]


def nothing_begins_while_closed(trace, clinic, pathway):
    """Every beginning lies in the hours of its day, and as planned would end in them; none is on a bank holiday."""
    begun = [(one.begins, pathway.assessment_minutes) for one in trace.assessments]
    for one in trace.sessions:
        needs = pathway.maintenance if one.stage == numbered.MAINTAINED else pathway.course
        begun.append((one.begins, needs.chair_minutes))
    for begins, minutes in begun:
        day = clinic.begins + timedelta(days=int(begins // DAY))
        hours = clinic.hours_on(day)
        assert hours is not None, day
        assert hours.opens <= begins % DAY
        assert begins % DAY + minutes <= hours.closes


def who_came_first_is_called_first(trace):
    """Within a queue nobody is passed, and no start that is not urgent begins while an urgent one could be called."""
    queues = {number: [] for number in range(numbered.QUEUES)}
    begun = {(one.begins, one.person) for one in (*trace.sessions, *trace.assessments)}
    for when, queue, person, joins in trace.waits:
        if joins:
            queues[queue].append(person)
            continue
        if (when, person) in begun:
            assert queues[queue][0] == person
            if queue == numbered.Q_START and not trace.found.asked.pathway.first_come:
                assert not queues[numbered.Q_URGENT]
            if queue == numbered.Q_ASSESS:
                assert not queues[numbered.Q_ASSESS_URGENT]
        queues[queue].remove(person)


def vials_are_those_of_the_sessions(trace, pathway):
    used = sum(
        (pathway.maintenance if one.stage == numbered.MAINTAINED else pathway.course).vials
        for one in trace.sessions if one.came
    )  # fmt: skip
    assert trace.found.vials().sum() == used


@settings(max_examples=8, deadline=None)
@given(clinics(), st.floats(1, 12), st.sampled_from(["nurses", "doctors", "assessors", "chairs"]), st.integers(0, 99))
def test_more_staff_starts_no_fewer_of_the_same_people_beyond_noise(clinic, referrals, what, seed):
    inputs = priors().with_own(referrals_per_week=referrals)
    more = clinic.with_chairs(clinic.chairs + 1) if what == "chairs" else clinic.with_more(**{what: 1})
    starts = [
        simulate(one, PATHWAY, inputs, years=2, draws=40, seed=seed).weekly("starts").sum(axis=1)
        for one in (clinic, more)
    ]
    change = starts[1] - starts[0]
    error = change.std(ddof=1) / np.sqrt(len(change))
    assert change.mean() >= -3 * error - 0.01 * starts[0].mean()


@given(clinics())
def test_levels_of_a_week_have_the_same_people_at_every_minute_and_none_overlaps(clinic):
    for week in clinic.rota:
        flat = levels(week)
        for day in range(7):
            stretches = sorted((one.begins, one.ends) for one in flat if one.weekday == day)
            assert all(one[1] <= two[0] for one, two in pairwise(stretches))
        for minute in range(0, 7 * DAY, 17):
            counted = [
                sum(getattr(one, who) for one in rota if one.weekday == minute // DAY
                    and one.begins <= minute % DAY < one.ends)
                for rota in (week, flat) for who in ("nurses", "doctors", "assessors")
            ]  # fmt: skip
            assert counted[:3] == counted[3:]


def test_an_overlapping_shift_is_one_person_and_one_fewer_is_one_of_the_two():
    week = (Shift(0, 540, 1020, nurses=1), Shift(0, 600, 900, nurses=1))
    clinic = replace(Clinic.example(BEGINS), rota=(week,)).with_more(nurses=-1)
    assert [on_duty(clinic, minute)[0] for minute in (550, 700, 950)] == [0, 1, 0]
