"""Many clinics week by week, compiled: who asks, where they turn, when they start, and how long they are kept well.

Everybody is a number with random numbers of their own, by purpose and course, so that the same people ask in every
scenario. Who waits stands in a chain of their clinic, who is expected in a chain of the week in which it happens.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from glimmer.evidence.economics.chance import GOLDEN, exponential, mixed, uniform

GAP, AREA, ACCEPTED, GOES_ON, CHOICE, GIVES_UP, RESPONDS, RELAPSE, LEAVES, RETURNS = range(10)
(REFERRED, BEYOND, NOT_TREATED, JOINED, STARTED, STARTED_AGAIN, GAVE_UP, SESSIONS, PLACES, WAITING, WAITING_AGAIN,
 IN_COURSE, MAINTAINED, FURTHER) = range(14)  # fmt: skip
SERIES = 14
NOBODY = -1
COURSES_APART = 22  # bits: a person's number lies below them, the number of their course above
MOST_PEOPLE = 1 << COURSES_APART
FINE, TOO_MANY = range(2)
DAYS = 7.0


class Net(NamedTuple):
    """What is the same for all draws; near places come in order of their minutes, NOBODY where there are no more."""

    near: Any  # (areas, nearest): places
    minutes: Any  # (areas, nearest)
    group: Any  # (areas,)
    opens: Any  # (places,): the week of opening
    places: Any  # (places,): sessions a week
    course_sessions: int
    course_weeks: int
    interval_days: float
    ends_after: float  # weeks: maintenance ends then; infinite: it goes on until relapse
    week_in_minutes: float  # how much further people go to wait a week less
    scale: float  # of the choice, minutes; 0: always the best
    target: float  # weeks
    memory: float  # weeks over which the pace of a clinic is remembered
    slowest: float  # the slowest pace that is told, as a share of a clinic that only began courses
    courses: int  # at most


class Course(NamedTuple):
    """A draw of what is believed of people."""

    accepted: float
    goes_on: float
    response: float
    gives_up: float  # per week
    shape: float  # of the time to relapse, Weibull, in maintenance
    days: float
    ratio: float  # of the hazard in maintenance to that without
    leaves: float  # per session of maintenance
    returns: float


@njit(cache=True, error_model="numpy")
def _chosen(net: Net, area: int, week: int, expected: Any, who: Any, person: int) -> int:
    """Return which of the near places somebody turns to, by minutes and the wait that is told them; NOBODY if none."""
    best, least, total, found = NOBODY, np.inf, 0.0, NOBODY
    draw = uniform(who, CHOICE, person)
    for n in range(net.near.shape[1]):
        place = net.near[area, n]
        if place == NOBODY:
            break
        if net.opens[place] > week:
            continue
        cost = net.minutes[area, n] + net.week_in_minutes * expected[place]
        if cost < least:
            best, least = n, cost
    if best == NOBODY or net.scale <= 0.0:
        return best
    for n in range(net.near.shape[1]):
        place = net.near[area, n]
        if place != NOBODY and net.opens[place] <= week:
            cost = net.minutes[area, n] + net.week_in_minutes * expected[place]
            weight = math.exp((least - cost) / net.scale)
            total += weight
            # One pass: each is taken in place of those before it, with its share of all so far as the chance.
            share = weight / total
            if draw < share:
                draw, found = draw / share, n
            else:
                draw = (draw - share) / (1.0 - share)
    return found


@njit(cache=True, error_model="numpy")
def _nearest(net: Net, area: int, week: int) -> int:
    """Return the nearest place that is open and treats people in a week; NOBODY where none of the near ones does."""
    for n in range(net.near.shape[1]):
        place = net.near[area, n]
        if place != NOBODY and net.opens[place] <= week and net.places[place] > 0.0:
            return place
    return NOBODY


@njit(cache=True, error_model="numpy")
def _kept_well(net: Net, course: Course, who: Any, at: int) -> tuple[float, float]:
    """Return for how many weeks somebody stays in maintenance, and after how many they relapse; infinite: never seen.

    Whoever leaves while well is not followed. Where maintenance ends by plan the hazard is from then on that without.
    """
    hazard = exponential(who, RELAPSE, at)
    relapse = course.days * hazard ** (1.0 / course.shape)
    leaves = np.inf
    if course.leaves >= 1.0:
        leaves = net.interval_days
    elif course.leaves > 0.0:
        sessions = math.floor(-exponential(who, LEAVES, at) / math.log1p(-course.leaves)) + 1.0
        leaves = sessions * net.interval_days
    ends = net.ends_after * DAYS
    if ends < min(relapse, leaves):
        spent = (ends / course.days) ** course.shape
        without = course.days * course.ratio ** (1.0 / course.shape)
        later = without * ((hazard - spent) + spent / course.ratio) ** (1.0 / course.shape)
        return net.ends_after, later / DAYS
    return min(relapse, leaves) / DAYS, relapse / DAYS if relapse < leaves else np.inf


class Crowd(NamedTuple):
    """Everybody of a draw, and what goes on at the places. A chain's first is in one array, who follows in another."""

    area: Any  # (people,)
    place: Any  # (people,)
    joined: Any  # (people,): when they came onto the list, weeks; -1 where they never did
    minutes: Any  # (people,): of their way
    courses: Any  # (people,): how many they had before this one
    done: Any  # (people,): left the list, by starting or by giving up
    relapsed: Any  # (people,): what ends their maintenance is a relapse
    after: Any  # (5, people): who follows in the chain of a queue, of courses that end, of maintenance, of giving up
    again: Any  # (people,): the week of the relapse, where maintenance ended before it; -1 where none is seen
    first: Any  # (2, places): who is first in the queues of new people and of those who come again
    last: Any  # (2, places)
    week: Any  # (5, weeks + 1): the first in the chain of what happens in a week; row 0 is not used
    booked: Any  # (places, weeks + course): sessions of courses that are under way
    waiting: Any  # (2, places)
    maintained: Any  # (places,)
    pace: Any  # (places,): starts a week, lately
    expected: Any  # (places,): the wait that is told, weeks


QUEUE, ENDS, LEAVING, QUITS, LATER = range(5)


@njit(cache=True, error_model="numpy")
def _crowd(net: Net, weeks: int, room: int) -> Any:
    places = len(net.opens)
    return Crowd(
        np.empty(room, np.int32),
        np.empty(room, np.int32),
        np.full(room, -1.0),
        np.empty(room),
        np.zeros(room, np.int32),
        np.zeros(room, np.bool_),
        np.zeros(room, np.bool_),
        np.empty((5, room), np.int32),
        np.full(room, -1, np.int32),
        np.full((2, places), NOBODY, np.int32),
        np.full((2, places), NOBODY, np.int32),
        np.full((5, weeks + 1), NOBODY, np.int32),
        np.zeros((places, weeks + net.course_weeks + 1)),
        np.zeros((2, places)),
        np.zeros(places),
        net.places / net.course_sessions,
        np.zeros(places),
    )


@njit(cache=True, error_model="numpy")
def _expect(crowd: Crowd, what: int, week: int, person: int) -> None:
    """Put somebody into the chain of a week; what would happen after the last week is left out."""
    if week < crowd.week.shape[1] - 1:
        crowd.after[what, person] = crowd.week[what, week]
        crowd.week[what, week] = person


@njit(cache=True, error_model="numpy")
def _queue_up(crowd: Crowd, queue: int, place: int, person: int) -> None:
    crowd.after[QUEUE, person] = NOBODY
    if crowd.last[queue, place] == NOBODY:
        crowd.first[queue, place] = person
    else:
        crowd.after[QUEUE, crowd.last[queue, place]] = person
    crowd.last[queue, place] = person
    crowd.waiting[queue, place] += 1.0


@njit(cache=True, error_model="numpy")
def _end_courses(net: Net, course: Course, crowd: Crowd, who: Any, week: int, series: Any) -> None:
    """Let those whose course has ended go, or into maintenance if they responded."""
    person = crowd.week[ENDS, week]
    while person != NOBODY:
        at = (crowd.courses[person] << COURSES_APART) | person
        if uniform(who, RESPONDS, at) < course.response:
            stays, relapse = _kept_well(net, course, who, at)
            crowd.relapsed[person] = relapse == stays
            crowd.again[person] = -1
            if stays < relapse < crowd.week.shape[1]:
                crowd.again[person] = week + max(math.ceil(relapse), 1)
            crowd.maintained[crowd.place[person]] += 1.0
            series[MAINTAINED, week] += 1.0
            if stays < crowd.week.shape[1]:
                _expect(crowd, LEAVING, week + max(math.ceil(stays), 1), person)
        person = crowd.after[ENDS, person]


@njit(cache=True, error_model="numpy")
def _come_again(net: Net, course: Course, crowd: Crowd, who: Any, person: int, at: int) -> None:
    """Let somebody who relapsed come back for another course, by their chance and while courses are left."""
    if crowd.courses[person] + 1 < net.courses and uniform(who, RETURNS, at) < course.returns:
        crowd.courses[person] += 1
        _queue_up(crowd, 1, crowd.place[person], person)


@njit(cache=True, error_model="numpy")
def _leave_maintenance(net: Net, course: Course, crowd: Crowd, who: Any, week: int, series: Any) -> None:
    """Let those go whose maintenance ends; who relapsed, then or since, may come back for another course."""
    person = crowd.week[LEAVING, week]
    while person != NOBODY:
        place, at = crowd.place[person], (crowd.courses[person] << COURSES_APART) | person
        crowd.maintained[place] -= 1.0
        series[MAINTAINED, week] -= 1.0
        if crowd.relapsed[person]:
            _come_again(net, course, crowd, who, person, at)
        elif crowd.again[person] > week:
            _expect(crowd, LATER, crowd.again[person], person)
        elif crowd.again[person] == week:
            _come_again(net, course, crowd, who, person, at)
        person = crowd.after[LEAVING, person]
    person = crowd.week[LATER, week]
    while person != NOBODY:
        _come_again(net, course, crowd, who, person, (crowd.courses[person] << COURSES_APART) | person)
        person = crowd.after[LATER, person]


@njit(cache=True, error_model="numpy")
def _give_up(crowd: Crowd, week: int, series: Any) -> None:
    person = crowd.week[QUITS, week]
    while person != NOBODY:
        if not crowd.done[person]:
            crowd.done[person] = True
            crowd.waiting[0, crowd.place[person]] -= 1.0
            series[GAVE_UP, week] += 1.0
        person = crowd.after[QUITS, person]


@njit(cache=True, error_model="numpy")
def _tell_waits(net: Net, crowd: Crowd) -> None:
    """Work out the wait that each place tells: its list over its pace."""
    for place in range(len(net.opens)):
        pace = max(crowd.pace[place], net.slowest * net.places[place] / net.course_sessions)
        list_of = crowd.waiting[0, place] + crowd.waiting[1, place]
        crowd.expected[place] = list_of / pace if pace > 0.0 else np.inf


@njit(cache=True, error_model="numpy")
def _refer(
    net: Net,
    course: Course,
    crowd: Crowd,
    who: Any,
    person: int,
    area: int,
    clock: float,
    series: Any,
    by_place: Any,
    by_group: Any,
) -> None:
    """Take in one referral: it is not treated, finds no place, or stands in a queue."""
    week, group = int(clock), net.group[area]
    series[REFERRED, week] += 1.0
    by_group[group, 0] += 1.0
    if uniform(who, ACCEPTED, person) >= course.accepted or uniform(who, GOES_ON, person) >= course.goes_on:
        series[NOT_TREATED, week] += 1.0
        return
    near = _chosen(net, area, week, crowd.expected, who, person)
    if near == NOBODY:
        series[BEYOND, week] += 1.0
        by_group[group, 1] += 1.0
        return
    place = net.near[area, near]
    crowd.area[person], crowd.place[person], crowd.minutes[person] = area, place, net.minutes[area, near]
    crowd.joined[person] = clock
    _queue_up(crowd, 0, place, person)
    by_place[place, 0] += 1.0
    series[JOINED, week] += 1.0
    if place != _nearest(net, area, week):
        series[FURTHER, week] += 1.0
    if course.gives_up > 0.0:
        until = clock + exponential(who, GIVES_UP, person) / course.gives_up
        if until < crowd.week.shape[1]:
            _expect(crowd, QUITS, math.ceil(until), person)


@njit(cache=True, error_model="numpy")
def _next_in_line(crowd: Crowd, place: int) -> tuple[int, int]:
    """Take the next person out of the queues of a place, those who come again first; return queue and person."""
    while True:
        queue = 1 if crowd.first[1, place] != NOBODY else 0
        person = crowd.first[queue, place]
        if person == NOBODY:
            return queue, NOBODY
        crowd.first[queue, place] = crowd.after[QUEUE, person]
        if crowd.first[queue, place] == NOBODY:
            crowd.last[queue, place] = NOBODY
        if queue == 1 or not crowd.done[person]:
            crowd.waiting[queue, place] -= 1.0
            return queue, person


@njit(cache=True, error_model="numpy")
def _count_start(net: Net, crowd: Crowd, person: int, week: int, by_place: Any, by_group: Any) -> None:
    place, group = crowd.place[person], net.group[crowd.area[person]]
    waited = max(week + 0.5 - crowd.joined[person], 0.0)
    by_place[place, 1] += 1.0
    by_place[place, 2] += waited
    by_group[group, 2] += 1.0
    by_group[group, 3] += crowd.minutes[person]
    by_group[group, 4] += waited
    if waited <= net.target:
        by_place[place, 3] += 1.0
        by_group[group, 5] += 1.0


@njit(cache=True, error_model="numpy")
def _start(net: Net, crowd: Crowd, place: int, week: int, series: Any, by_place: Any, by_group: Any) -> None:
    """Let a place begin as many courses as its sessions allow beside those under way and maintenance."""
    a_week = net.course_sessions / net.course_weeks
    taken = crowd.booked[place, week] + crowd.maintained[place] * DAYS / net.interval_days
    listed, started = crowd.waiting[0, place] + crowd.waiting[1, place], 0.0
    while taken + a_week <= net.places[place] + 1e-9:
        queue, person = _next_in_line(crowd, place)
        if person == NOBODY:
            break
        taken += a_week
        started += 1.0
        for later in range(week, week + net.course_weeks):
            crowd.booked[place, later] += a_week
        _expect(crowd, ENDS, week + net.course_weeks, person)
        if queue == 1:
            series[STARTED_AGAIN, week] += 1.0
        else:
            crowd.done[person] = True
            series[STARTED, week] += 1.0
            _count_start(net, crowd, person, week, by_place, by_group)
    if listed > 0.0:
        # Only a clinic with a list shows how fast it is.
        crowd.pace[place] += (started - crowd.pace[place]) / net.memory
    series[SESSIONS, week] += taken
    by_place[place, 4] += taken
    series[PLACES, week] += net.places[place]


@njit(cache=True, nogil=True, error_model="numpy")
def run_weeks(
    net: Net,
    course: Course,
    demand: Any,  # (areas,): referrals a week from each, added up
    key: Any,  # of the draw
    growth: Any,  # (weeks,): the demand of a week as a multiple
    series: Any,  # out (SERIES, weeks)
    by_place: Any,  # out (places, 5): joined, started, sum of weeks waited, within the target, sessions
    by_group: Any,  # out (groups, 6): referred, beyond, started, sum of minutes, sum of weeks, within the target
    room: int,  # for so many people
) -> int:
    """Run one draw; return FINE, or TOO_MANY where there is no room for all who come."""
    weeks, rate, who = series.shape[1], demand[-1], mixed(key + GOLDEN)
    crowd = _crowd(net, weeks, room)
    # Referrals come evenly in a time of its own, which runs as fast as there is demand.
    people, due, begun = 0, exponential(who, GAP, 0), 0.0
    for week in range(weeks):
        _end_courses(net, course, crowd, who, week, series)
        _leave_maintenance(net, course, crowd, who, week, series)
        _give_up(crowd, week, series)
        _tell_waits(net, crowd)
        runs = rate * growth[week]
        while due < begun + runs:
            if people >= room:
                return TOO_MANY
            area = min(np.searchsorted(demand, uniform(who, AREA, people) * rate), len(demand) - 1)
            clock = week + min((due - begun) / runs, 1.0 - 1e-9)
            _refer(net, course, crowd, who, people, area, clock, series, by_place, by_group)
            people += 1
            due += exponential(who, GAP, people)
        begun += runs
        for place in range(len(net.opens)):
            if net.opens[place] <= week:
                _start(net, crowd, place, week, series, by_place, by_group)
            series[WAITING, week] += crowd.waiting[0, place]
            series[WAITING_AGAIN, week] += crowd.waiting[1, place]
            series[IN_COURSE, week] += crowd.booked[place, week] * net.course_weeks / net.course_sessions
        if week:
            series[MAINTAINED, week] += series[MAINTAINED, week - 1]
    return FINE
