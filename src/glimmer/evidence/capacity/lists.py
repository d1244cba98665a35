"""The heap of what ends today, the lists of who waits, the diary of later days, and two sums: all compiled."""

# ruff: noqa: I001 - so many names are read better side by side than one below the other

import math
from typing import Any

from numba import njit
from glimmer.evidence.economics import chance

# fmt: off
from glimmer.evidence.capacity.plan import (
    C_BEFORE, C_NEXT, C_QUEUE, C_STAGE, C_WILL_GO, DAY, F_HAZARD, F_QUEUED, F_REFERRED, F_RELAPSE, F_WAITS_SINCE,
    F_WELL_FROM, IN_COURSE, MAINTAINED, Q_ASSESS, Q_ASSESS_URGENT, Q_COURSE, Q_MAINTENANCE, Q_START, Q_URGENT,
    RELAPSES, TO_ASSESS, TO_START, T_QUEUE_SUM, T_WAIT_SUM, WAYS, W_STILL,
)
# fmt: on


# Compiled once and called: written out at each of their many places, the loop would take a minute to compile.
@njit(cache=True, error_model="numpy")
def uniform(key: Any, purpose: int, index: int) -> float:
    """Return the number above 0 and below 1 of a purpose, as in economics/chance.py."""
    return chance.uniform(key, purpose, index)


@njit(cache=True, error_model="numpy")
def exponential(key: Any, purpose: int, index: int) -> float:
    """Return the exponential time of mean 1 of a purpose, as in economics/chance.py."""
    return chance.exponential(key, purpose, index)


@njit(cache=True, error_model="numpy")
def push(times: Any, codes: Any, size: int, time: float, code: int) -> int:
    """Put an event into the heap; return how many there are then."""
    place = size
    while place > 0:
        above = (place - 1) >> 1
        if times[above] <= time:
            break
        times[place], codes[place] = times[above], codes[above]
        place = above
    times[place], codes[place] = time, code
    return size + 1


@njit(cache=True, error_model="numpy")
def drop_first(times: Any, codes: Any, size: int) -> int:
    """Take the earliest event, (times[0], codes[0]), out of the heap; return how many are left."""
    size -= 1
    time, code, place = times[size], codes[size], 0
    while True:
        below = 2 * place + 1
        if below >= size:
            break
        if below + 1 < size and times[below + 1] < times[below]:
            below += 1
        if times[below] >= time:
            break
        times[place], codes[place] = times[below], codes[below]
        place = below
    times[place], codes[place] = time, code
    return size


@njit(cache=True, error_model="numpy")
def join(queue: Any, who: Any, which: int, person: int) -> None:
    """Put a person at the end of a queue."""
    last = queue[which, 1]
    who[person, C_QUEUE], who[person, C_NEXT], who[person, C_BEFORE] = which, -1, last
    if last < 0:
        queue[which, 0] = person
    else:
        who[last, C_NEXT] = person
    queue[which, 1] = person


@njit(cache=True, error_model="numpy")
def leave(queue: Any, who: Any, person: int) -> None:
    """Take a person out of the queue that they are in."""
    which, after, before = who[person, C_QUEUE], who[person, C_NEXT], who[person, C_BEFORE]
    if before < 0:
        queue[which, 0] = after
    else:
        who[before, C_NEXT] = after
    if after < 0:
        queue[which, 1] = before
    else:
        who[after, C_BEFORE] = before
    who[person, C_QUEUE] = -1


@njit(cache=True, error_model="numpy")
def enter(diary: Any, following: Any, day: int, entry: int) -> None:
    """Put an entry at the end of a day's list, so that who was entered first is called first."""
    following[entry] = -1
    if diary[day, 1] < 0:
        diary[day, 0] = entry
    else:
        following[diary[day, 1]] = entry
    diary[day, 1] = entry


@njit(cache=True, error_model="numpy")
def queue_of(stage: int, urgent: int, first_come: bool) -> int:
    """Return the queue for somebody in a stage."""
    if stage == TO_ASSESS:
        return Q_ASSESS_URGENT if urgent == 1 else Q_ASSESS
    if first_come:
        return Q_START
    if stage == IN_COURSE:
        return Q_COURSE
    if stage == MAINTAINED:
        return Q_MAINTENANCE
    return Q_URGENT if urgent == 1 else Q_START


@njit(cache=True, error_model="numpy")
def fill_hours(hours: Any, begins: float, ends: float, first_weekday: int) -> None:
    """Add the minutes of a taken chair to the hours of the week."""
    hour = int(begins / 60.0)
    while begins < ends:
        until = min(ends, (hour + 1) * 60.0)
        hours[(hour + first_weekday * 24) % 168] += until - begins
        begins = until
        hour += 1


@njit(cache=True, error_model="numpy")
def relapse_at(hazard: float, well_from: float, kept_until: float, shape: float, scale: float, ratio: float) -> float:
    """Return when the cumulative hazard of relapse reaches `hazard` (minutes), on maintenance until `kept_until`."""
    if ratio == 0.0 and kept_until == math.inf:
        return math.inf
    if ratio > 0.0:
        on_it = well_from + DAY * scale * (hazard / ratio) ** (1.0 / shape)
        if on_it <= kept_until:
            return on_it
    passed = (max(kept_until - well_from, 0.0) / (DAY * scale)) ** shape
    return well_from + DAY * scale * (hazard - ratio * passed + passed) ** (1.0 / shape)


@njit(cache=True, error_model="numpy")
def keep_well(
    plan: Any, when: Any, person: int, days_well: float, mine: Any, shape: float, scale: float, ratio: float
) -> int:
    """Set the relapse of somebody who has been kept well for so many days; return how many sessions are behind."""
    when[person, F_WELL_FROM] = -DAY * days_well
    hazard = ratio * (days_well / scale) ** shape + exponential(mine, RELAPSES, 0)
    when[person, F_HAZARD] = hazard
    when[person, F_RELAPSE] = relapse_at(hazard, -DAY * days_well, math.inf, shape, scale, ratio)
    past, behind, spacing = 0, 0.0, plan.maintenance_days
    last = len(spacing) - 1
    while behind + spacing[min(past, last)] <= days_well:
        behind += spacing[min(past, last)]
        past += 1
    return past


@njit(cache=True, error_model="numpy")
def close_books(who: Any, when: Any, waited: Any, totals: Any, people: int, warm: int, horizon: float) -> None:
    """Count those who still wait at the end, as far as they have been seen to wait."""
    last_bin = waited.shape[1] - 1
    for person in range(people):
        stage = who[person, C_STAGE]
        if stage in (TO_ASSESS, TO_START):
            totals[T_WAIT_SUM] += horizon - when[person, F_WAITS_SINCE]
        if stage <= TO_START and who[person, C_WILL_GO] == 1:
            of_list = WAYS if person < warm else 0
            waited[of_list + W_STILL, min(int((horizon - when[person, F_REFERRED]) / DAY), last_bin)] += 1
        if who[person, C_QUEUE] >= Q_COURSE:
            totals[T_QUEUE_SUM] += horizon - when[person, F_QUEUED]
