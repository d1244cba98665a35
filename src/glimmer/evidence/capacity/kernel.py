"""The days of a clinic, compiled: one loop from event to event, with a small heap, lists of people and a diary by day.

What happens to a person is by chances of their own, keyed by purpose and by how often it came up: one more chair
changes when people are seen, and neither who comes nor what they are like. Within a day the heap holds what ends; what
is due on a later day lies in that day's list of the diary until its midnight.
"""

# ruff: noqa: I001 - so many names are read better side by side than one below the other

import math
from typing import Any

import numpy as np
from numba import njit

from glimmer.evidence.capacity.lists import (
    close_books,
    drop_first,
    enter,
    exponential,
    fill_hours,
    join,
    keep_well,
    leave,
    push,
    queue_of,
    relapse_at,
    uniform,
)
from glimmer.evidence.economics.chance import GOLDEN, element, mixed

# fmt: off
from glimmer.evidence.capacity.plan import (
    ACCEPTED, AGAIN, ARRIVES, ASSESSED, ASSESSED_FOR, ATTENDS, COMES_TO_ASSESSMENT, C_ATTEMPT, C_COURSE, C_QUEUE,
    C_SESSION, C_STAGE, C_URGENT, C_WILL_GO, DAY, DIARY_GIVES_UP, DIARY_WORSENS, DOCTOR_FREE, DONE, DUE, ENTRIES,
    F_GIVES_UP, F_HAZARD, F_QUEUED, F_REFERRED, F_RELAPSE, F_WAITS_SINCE, F_WELL_FROM, F_WORSENS, GIVES_UP,
    GIVING_UP, GOES_ON, GONE, IN_ASSESSMENT, IN_COURSE, KINDS, LASTS, LEAVES, MAINTAINED, NOT_ASSESSED,
    NO_SHOW_ENDS, NURSE_FREE, P_ABSENT, P_ACCEPTED, P_GIVES_UP, P_GOES_ON, P_HAZARD_RATIO, P_LEAVES_COURSE,
    P_LEAVES_MAINTENANCE, P_REFERRALS, P_RESPONSE, P_RETURNS, P_SCALE, P_SHAPE, P_URGENT, P_WORSENS, QUEUES,
    Q_ASSESS, Q_ASSESS_URGENT, Q_COURSE, RELAPSES, RELAPSING, RESPONDS, RETURNS, SESSION_ENDS, S_ACCEPTED,
    S_ASSESSED, S_COURSE, S_GAVE_UP, S_IN_CARE, S_LATER_COURSE, S_MAINTENANCE, S_MISSED, S_REFERRED, S_RELAPSED,
    S_STARTED, S_TO_ASSESS, S_TO_RESTART, S_TO_START, S_WORSENED, TOO_MANY_PEOPLE, TO_ASSESS, TO_START, T_ASSESSOR,
    T_CALLED, T_CHAIR, T_DOCTOR, T_EVENTS, T_LATE, T_LATE_DAYS, T_NURSE, T_QUEUE_AREA, T_QUEUE_SUM, T_WAIT_AREA,
    T_WAIT_SUM, URGENT, WARM, WAYS, WEEK, WELL, WORSENING, WORSENS, W_ENTERED, W_GAVE_UP, W_STARTED, Plan,
)
# fmt: on


@njit(cache=True, nogil=True, error_model="numpy")
def run_clinic(
    plan: Plan,
    values: Any,  # (inputs,): one draw
    key: Any,  # of the draw
    who: Any,  # scratch (people, C_COLUMNS)
    when: Any,  # scratch (people, F_COLUMNS)
    keys: Any,  # scratch (people,)
    times: Any,  # scratch (5 * people,): the heap
    codes: Any,  # scratch, the same
    following: Any,  # scratch (ENTRIES * people,): the diary's lists
    diary: Any,  # scratch (days + 1, 2)
    weekly: Any,  # out (SERIES, weeks), zeros
    waited: Any,  # out (WAITED, days): by whole days waited
    hours: Any,  # out (168,): minutes of chairs taken
    totals: Any,  # out (TOTALS,)
) -> int:
    """Run one draw; return DONE, or TOO_MANY_PEOPLE where the scratch arrays were too short."""
    horizon, most, last_bin = plan.days * DAY, len(keys), waited.shape[1] - 1
    queue = np.full((QUEUES, 2), -1, np.int64)
    diary[:] = -1
    minute, closes_of, staff, next_open = plan.minute, plan.closes, plan.staff, plan.next_open
    course, maintenance, first_come = plan.course, plan.maintenance, plan.first_come
    shape, scale, ratio = values[P_SHAPE], values[P_SCALE], values[P_HAZARD_RATIO]
    between = WEEK / values[P_REFERRALS] if values[P_REFERRALS] > 0.0 else math.inf
    arrivals = mixed(key + GOLDEN)
    size, people, referred = 0, 0, 0
    next_arrival = between * exponential(arrivals, ARRIVES, 0)
    change, next_day, now = 0, 0, 0.0
    closes, nurses, doctors, assessors = 0.0, 0, 0, 0
    chairs_taken, nurses_taken, doctors_taken, assessors_taken = 0, 0, 0, 0
    to_assess, to_start, to_restart, in_care, called = 0, 0, 0, 0, 0
    # Those of today's list come first, then who is kept well, then whoever is referred.
    warm, kept = len(plan.present), len(plan.maintained)
    newcomers = warm + kept
    while True:
        # 1. What comes next
        time = min(next_arrival, next_day * DAY)
        if size > 0 and times[0] < time:
            time = times[0]
        if change < len(minute) and minute[change] <= time:
            time = minute[change]
        if newcomers > 0:
            time = 0.0
        if time >= horizon:
            break
        totals[T_WAIT_AREA] += (time - now) * (to_assess + to_start)
        totals[T_QUEUE_AREA] += (time - now) * called
        totals[T_EVENTS] += 1.0
        now = time
        week, day = int(now / WEEK), int(now / DAY)
        ready = -1
        if newcomers > 0 or (now == next_arrival and not (size > 0 and times[0] <= now)):
            # 2. Somebody is there who was not
            if people >= most:
                return TOO_MANY_PEOPLE
            person = -1
            if newcomers > 0:
                number = warm + kept - newcomers
                newcomers -= 1
                mine, person = element(key, WARM + np.uint64(number)), people
                stage, urgent, since = TO_ASSESS, 0, 0.0
                if number < warm:
                    since = -DAY * plan.present[number, 0]
                    urgent = int(plan.present[number, 1])
                    if plan.present[number, 2] > 0.0:
                        stage = TO_START
                else:
                    stage = MAINTAINED
            else:
                mine = element(key, np.uint64(referred))
                referred += 1
                next_arrival = now + between * exponential(arrivals, ARRIVES, referred)
                weekly[S_REFERRED, week] += 1
                stage, since = TO_ASSESS, now
                urgent = 1 if uniform(mine, URGENT, 0) < values[P_URGENT] else 0
                if uniform(mine, ACCEPTED, 0) < values[P_ACCEPTED]:
                    person = people
                    weekly[S_ACCEPTED, week] += 1
            if person >= 0:
                people += 1
                keys[person] = mine
                who[person, C_STAGE], who[person, C_URGENT] = stage, urgent
                who[person, C_SESSION], who[person, C_COURSE], who[person, C_ATTEMPT] = 0, 1, 0
                who[person, C_QUEUE] = -1
                will_go = stage != TO_ASSESS or uniform(mine, GOES_ON, 0) < values[P_GOES_ON]
                who[person, C_WILL_GO] = 1 if will_go else 0
                when[person, F_REFERRED], when[person, F_WAITS_SINCE] = since, now
                if stage == MAINTAINED:
                    past = keep_well(plan, when, person, plan.maintained[number - warm], mine, shape, scale, ratio)
                    who[person, C_SESSION] = past
                    in_care += 1
                    gap = plan.maintenance_days[min(past, len(plan.maintenance_days) - 1)]
                    due = next_open[min(int(uniform(mine, ATTENDS, 0) * gap), plan.days)]
                    if when[person, F_RELAPSE] < due * DAY:
                        who[person, C_STAGE] = RELAPSING
                        due = int(when[person, F_RELAPSE] / DAY)
                    if due < plan.days:
                        enter(diary, following, due, person * ENTRIES + DUE)
                else:
                    if will_go:
                        of_list = WAYS if person < warm else 0
                        waited[of_list + W_ENTERED, min(int((now - since) / DAY), last_bin)] += 1
                    # What comes today comes by the heap, and what comes later by the diary.
                    at = horizon
                    if values[P_GIVES_UP] > 0.0:
                        at = now + WEEK * exponential(mine, GIVES_UP, 0) / values[P_GIVES_UP]
                    when[person, F_GIVES_UP] = at
                    if at < horizon and at < next_day * DAY:
                        size = push(times, codes, size, at, person * KINDS + GIVING_UP)
                    elif at < horizon:
                        enter(diary, following, int(at / DAY), person * ENTRIES + DIARY_GIVES_UP)
                    at = horizon
                    if values[P_WORSENS] > 0.0 and urgent == 0:
                        at = now + WEEK * exponential(mine, WORSENS, 0) / values[P_WORSENS]
                    when[person, F_WORSENS] = at
                    if at < horizon and at < next_day * DAY:
                        size = push(times, codes, size, at, person * KINDS + WORSENING)
                    elif at < horizon:
                        enter(diary, following, int(at / DAY), person * ENTRIES + DIARY_WORSENS)
                    if stage == TO_ASSESS and plan.assessment_minutes > 0.0:
                        to_assess += 1
                        join(queue, who, queue_of(TO_ASSESS, urgent, first_come), person)
                    elif stage == TO_START or will_go:
                        # On the present list preparation is over; where nobody is assessed it begins now.
                        to_start += 1
                        ready = person
                        who[person, C_STAGE] = TO_START
                    else:
                        who[person, C_STAGE] = GONE
        elif size > 0 and times[0] == now:
            # 3. Something ends, or somebody does not wait any longer
            code = codes[0]
            size = drop_first(times, codes, size)
            person, kind = code // KINDS, code % KINDS
            mine = keys[person]
            if kind == DOCTOR_FREE:
                doctors_taken -= 1
            elif kind == NURSE_FREE:
                nurses_taken -= 1
            elif kind in (ASSESSED, NOT_ASSESSED):
                if plan.doctors_assess:
                    doctors_taken -= 1
                else:
                    assessors_taken -= 1
                if kind == ASSESSED:
                    weekly[S_ASSESSED, week] += 1
                if who[person, C_STAGE] == GONE:
                    pass
                elif kind == NOT_ASSESSED:
                    who[person, C_STAGE] = TO_ASSESS
                    due = next_open[min(day + plan.rebook_days, plan.days)]
                    if due < plan.days:
                        enter(diary, following, due, person * ENTRIES + DUE)
                elif who[person, C_WILL_GO] == 1:
                    who[person, C_STAGE] = TO_START
                    to_start += 1
                    when[person, F_WAITS_SINCE] = now
                    ready = person
                else:
                    who[person, C_STAGE] = GONE
            elif kind in (SESSION_ENDS, NO_SHOW_ENDS):
                chairs_taken -= 1
                stage = who[person, C_STAGE]
                needs = maintenance if stage == MAINTAINED else course
                if needs[1] > 0.0 and (needs[1] >= needs[0] or kind == NO_SHOW_ENDS):
                    nurses_taken -= 1
                if needs[2] > 0.0 and (needs[2] >= needs[0] or kind == NO_SHOW_ENDS):
                    doctors_taken -= 1
                gap = 0
                if kind == NO_SHOW_ENDS:
                    if stage == IN_COURSE:
                        gap = plan.course_days[(who[person, C_SESSION] - 1) % len(plan.course_days)]
                    elif stage != GONE:
                        gap = plan.rebook_days
                elif stage == IN_COURSE:
                    taken = who[person, C_SESSION] + 1
                    who[person, C_SESSION] = taken
                    number = who[person, C_COURSE]
                    if taken >= plan.course_sessions:
                        if uniform(mine, RESPONDS, number) < values[P_RESPONSE]:
                            who[person, C_STAGE], who[person, C_SESSION] = MAINTAINED, 0
                            when[person, F_WELL_FROM] = now
                            when[person, F_HAZARD] = exponential(mine, RELAPSES, number)
                            when[person, F_RELAPSE] = relapse_at(
                                when[person, F_HAZARD], now, math.inf, shape, scale, ratio
                            )
                            gap = plan.maintenance_days[0]
                    elif uniform(mine, LEAVES, who[person, C_ATTEMPT]) >= values[P_LEAVES_COURSE]:
                        gap = plan.course_days[(taken - 1) % len(plan.course_days)]
                elif stage == MAINTAINED:
                    taken = who[person, C_SESSION] + 1
                    who[person, C_SESSION] = taken
                    if plan.maintenance_sessions > 0 and taken >= plan.maintenance_sessions:
                        who[person, C_STAGE] = WELL
                        at = relapse_at(when[person, F_HAZARD], when[person, F_WELL_FROM], now, shape, scale, ratio)
                        in_care -= 1
                        if at < horizon:
                            enter(diary, following, max(int(at / DAY), day + 1), person * ENTRIES + DUE)
                    elif uniform(mine, LEAVES, who[person, C_ATTEMPT]) >= values[P_LEAVES_MAINTENANCE]:
                        gap = plan.maintenance_days[min(taken, len(plan.maintenance_days) - 1)]
                if gap > 0:
                    due = next_open[min(day + gap, plan.days)]
                    if who[person, C_STAGE] == MAINTAINED and when[person, F_RELAPSE] < due * DAY:
                        who[person, C_STAGE] = RELAPSING
                        due = max(int(min(when[person, F_RELAPSE], horizon) / DAY), day + 1)
                    if due < plan.days:
                        enter(diary, following, due, person * ENTRIES + DUE)
                elif who[person, C_STAGE] == IN_COURSE or who[person, C_STAGE] == MAINTAINED:
                    in_care -= 1
                    who[person, C_STAGE] = GONE
            elif kind == WORSENING:
                stage = who[person, C_STAGE]
                if stage <= TO_START:
                    who[person, C_URGENT] = 1
                    weekly[S_WORSENED, week] += 1
                    if who[person, C_QUEUE] >= 0:
                        leave(queue, who, person)
                        join(queue, who, queue_of(stage, 1, first_come), person)
            else:
                stage = who[person, C_STAGE]
                if stage in (TO_ASSESS, TO_START):
                    totals[T_WAIT_SUM] += now - when[person, F_WAITS_SINCE]
                    if stage == TO_ASSESS:
                        to_assess -= 1
                    else:
                        to_start -= 1
                if who[person, C_QUEUE] >= 0:
                    if stage == TO_START:
                        called -= 1
                        totals[T_QUEUE_SUM] += now - when[person, F_QUEUED]
                    leave(queue, who, person)
                if stage <= TO_START:
                    who[person, C_STAGE] = GONE
                    weekly[S_GAVE_UP, week] += 1
                    if who[person, C_WILL_GO] == 1:
                        bin_ = min(int((now - when[person, F_REFERRED]) / DAY), last_bin)
                        waited[(WAYS if person < warm else 0) + W_GAVE_UP, bin_] += 1
        elif change < len(minute) and minute[change] == now:
            # 4. The clinic opens or closes, or a shift changes
            closes = closes_of[change]
            nurses, doctors, assessors = staff[change, 0], staff[change, 1], staff[change, 2]
            change += 1
        else:
            # 5. A new day: the diary's list of it
            if next_day > 0 and next_day % 7 == 0:
                weekly[S_TO_ASSESS, week - 1], weekly[S_TO_START, week - 1] = to_assess, to_start
                weekly[S_TO_RESTART, week - 1], weekly[S_IN_CARE, week - 1] = to_restart, in_care
            entry = diary[next_day, 0]
            while entry >= 0:
                after = following[entry]
                person, kind = entry // ENTRIES, entry % ENTRIES
                stage = who[person, C_STAGE]
                if kind == DIARY_GIVES_UP:
                    if stage <= TO_START:
                        size = push(times, codes, size, when[person, F_GIVES_UP], person * KINDS + GIVING_UP)
                elif kind == DIARY_WORSENS:
                    if stage <= TO_START:
                        size = push(times, codes, size, when[person, F_WORSENS], person * KINDS + WORSENING)
                elif stage in (RELAPSING, WELL):
                    weekly[S_RELAPSED, week] += 1
                    if stage == RELAPSING:
                        in_care -= 1
                    number = who[person, C_COURSE]
                    who[person, C_STAGE] = GONE
                    if number < plan.courses_at_most and uniform(keys[person], RETURNS, number) < values[P_RETURNS]:
                        who[person, C_STAGE], who[person, C_COURSE], who[person, C_SESSION] = AGAIN, number + 1, 0
                        who[person, C_URGENT] = 0
                        to_restart += 1
                        due = next_open[min(next_day + max(plan.relapse_wait_days, 1), plan.days)]
                        if due < plan.days:
                            enter(diary, following, due, person * ENTRIES + DUE)
                elif stage != GONE:
                    join(queue, who, queue_of(stage, who[person, C_URGENT], first_come), person)
                    if stage != TO_ASSESS:
                        called += 1
                        when[person, F_QUEUED] = now
                entry = after
            next_day += 1
        if ready >= 0:
            # 6. Somebody may begin, at once or after the days of preparation
            if plan.preparation_days == 0 or (now == 0.0 and when[ready, F_REFERRED] < 0.0):
                join(queue, who, queue_of(TO_START, who[ready, C_URGENT], first_come), ready)
                called += 1
                when[ready, F_QUEUED] = now
            else:
                due = next_open[min(day + plan.preparation_days, plan.days)]
                if due < plan.days:
                    enter(diary, following, due, ready * ENTRIES + DUE)
        if now >= closes or newcomers > 0:
            continue
        # 7. Whoever can be seen now is seen
        which = Q_COURSE
        while which < QUEUES and chairs_taken < plan.chairs:
            person = queue[which, 0]
            if person < 0:
                which += 1
                continue
            stage = who[person, C_STAGE]
            needs = maintenance if stage == MAINTAINED else course
            if (
                now + needs[0] > closes
                or (needs[1] > 0.0 and nurses_taken >= nurses * plan.nurse_share)
                or (needs[2] > 0.0 and doctors_taken >= doctors)
            ):
                which += 1
                continue
            leave(queue, who, person)
            called -= 1
            mine = keys[person]
            attempt = who[person, C_ATTEMPT] + 1
            who[person, C_ATTEMPT] = attempt
            totals[T_QUEUE_SUM] += now - when[person, F_QUEUED]
            totals[T_CALLED] += 1.0
            late = day - int(when[person, F_QUEUED] / DAY)
            if late > 0:
                totals[T_LATE] += 1.0
                totals[T_LATE_DAYS] += late
            chairs_taken += 1
            nurses_taken += 1 if needs[1] > 0.0 else 0
            doctors_taken += 1 if needs[2] > 0.0 else 0
            if uniform(mine, ATTENDS, attempt) < values[P_ABSENT]:
                ends = now + plan.no_show_minutes
                weekly[S_MISSED, week] += 1
                size = push(times, codes, size, ends, person * KINDS + NO_SHOW_ENDS)
                lost = min(ends, horizon) - now
                totals[T_NURSE] += lost if needs[1] > 0.0 else 0.0
                totals[T_DOCTOR] += lost if needs[2] > 0.0 else 0.0
            else:
                if plan.is_exponential:
                    factor = exponential(mine, LASTS, attempt)
                else:
                    factor = 1.0 + plan.session_spread * (2.0 * uniform(mine, LASTS, attempt) - 1.0)
                ends = now + factor * needs[0]
                size = push(times, codes, size, ends, person * KINDS + SESSION_ENDS)
                if needs[1] > 0.0:
                    if needs[1] < needs[0]:
                        size = push(times, codes, size, now + factor * needs[1], person * KINDS + NURSE_FREE)
                    totals[T_NURSE] += min(now + factor * needs[1], horizon) - now
                if needs[2] > 0.0:
                    if needs[2] < needs[0]:
                        size = push(times, codes, size, now + factor * needs[2], person * KINDS + DOCTOR_FREE)
                    totals[T_DOCTOR] += min(now + factor * needs[2], horizon) - now
                if stage == TO_START:
                    to_start -= 1
                    in_care += 1
                    totals[T_WAIT_SUM] += now - when[person, F_WAITS_SINCE]
                    weekly[S_STARTED, week] += 1
                    of_list = WAYS if person < warm else 0
                    waited[of_list + W_STARTED, min(int((now - when[person, F_REFERRED]) / DAY), last_bin)] += 1
                    who[person, C_STAGE] = IN_COURSE
                elif stage == AGAIN:
                    to_restart -= 1
                    in_care += 1
                    who[person, C_STAGE] = IN_COURSE
                if stage == MAINTAINED:
                    weekly[S_MAINTENANCE, week] += 1
                elif who[person, C_COURSE] > 1:
                    weekly[S_LATER_COURSE, week] += 1
                else:
                    weekly[S_COURSE, week] += 1
            totals[T_CHAIR] += min(ends, horizon) - now
            fill_hours(hours, now, min(ends, horizon), plan.first_weekday)
        which = Q_ASSESS_URGENT
        while which <= Q_ASSESS:
            person = queue[which, 0]
            if person < 0:
                which += 1
                continue
            if now + plan.assessment_minutes > closes:
                break
            if plan.doctors_assess:
                if doctors_taken >= doctors:
                    break
                doctors_taken += 1
            else:
                if assessors_taken >= assessors:
                    break
                assessors_taken += 1
            leave(queue, who, person)
            mine = keys[person]
            attempt = who[person, C_ATTEMPT] + 1
            who[person, C_ATTEMPT] = attempt
            if uniform(mine, COMES_TO_ASSESSMENT, attempt) < values[P_ABSENT]:
                # Whoever missed it waits on: for another date.
                ends = now + plan.no_show_minutes
                weekly[S_MISSED, week] += 1
                size = push(times, codes, size, ends, person * KINDS + NOT_ASSESSED)
            else:
                varied = 2.0 * uniform(mine, ASSESSED_FOR, attempt) - 1.0
                ends = now + plan.assessment_minutes * (1.0 + plan.assessment_spread * varied)
                size = push(times, codes, size, ends, person * KINDS + ASSESSED)
                to_assess -= 1
                totals[T_WAIT_SUM] += now - when[person, F_WAITS_SINCE]
                who[person, C_STAGE] = IN_ASSESSMENT
            totals[T_ASSESSOR] += min(ends, horizon) - now
            if plan.doctors_assess:
                totals[T_DOCTOR] += min(ends, horizon) - now
    # 8. The books are closed
    totals[T_WAIT_AREA] += (horizon - now) * (to_assess + to_start)
    totals[T_QUEUE_AREA] += (horizon - now) * called
    last = weekly.shape[1] - 1
    weekly[S_TO_ASSESS, last], weekly[S_TO_START, last] = to_assess, to_start
    weekly[S_TO_RESTART, last], weekly[S_IN_CARE, last] = to_restart, in_care
    close_books(who, when, waited, totals, people, warm, horizon)
    return DONE
