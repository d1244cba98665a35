"""What the compiled simulation is told, and its names for numbers: purposes, stages, queues, events, columns."""

from typing import Any, NamedTuple

import numpy as np

DAY, WEEK = 1440.0, 10080.0
# Purposes of chances.
ARRIVES, ACCEPTED, URGENT, GOES_ON, GIVES_UP, WORSENS, ATTENDS, LASTS, RESPONDS, RELAPSES, LEAVES, RETURNS = range(12)
COMES_TO_ASSESSMENT, ASSESSED_FOR = 12, 13
# Inputs of a draw, in the order of priors.NAMES.
P_REFERRALS, P_URGENT, P_ACCEPTED, P_GOES_ON, P_GIVES_UP, P_WORSENS, P_ABSENT = range(7)
P_RESPONSE, P_LEAVES_COURSE, P_LEAVES_MAINTENANCE, P_RETURNS, P_SHAPE, P_SCALE, P_HAZARD_RATIO = range(7, 14)
# Where a person stands.
TO_ASSESS, IN_ASSESSMENT, TO_START, IN_COURSE, MAINTAINED, RELAPSING, WELL, AGAIN, GONE = range(9)
# Queues: assessments first, then sessions by their order of being called.
Q_ASSESS_URGENT, Q_ASSESS, Q_COURSE, Q_URGENT, Q_MAINTENANCE, Q_START, QUEUES = range(7)
# Events of the heap, in one number with the person.
ASSESSED, NOT_ASSESSED, DOCTOR_FREE, NURSE_FREE, SESSION_ENDS, NO_SHOW_ENDS, GIVING_UP, WORSENING, KINDS = range(9)
# What lies in the diary for a person.
DUE, DIARY_GIVES_UP, DIARY_WORSENS, ENTRIES = range(4)
# Columns of a person.
C_STAGE, C_URGENT, C_SESSION, C_COURSE, C_ATTEMPT, C_WILL_GO, C_NEXT, C_BEFORE, C_QUEUE, C_COLUMNS = range(10)
F_REFERRED, F_WAITS_SINCE, F_QUEUED, F_GIVES_UP, F_WORSENS, F_WELL_FROM, F_HAZARD, F_RELAPSE, F_COLUMNS = range(9)
# Weekly series: what happened in a week, and (from S_TO_ASSESS on) how many there were at its end.
S_REFERRED, S_ACCEPTED, S_ASSESSED, S_STARTED, S_COURSE, S_LATER_COURSE, S_MAINTENANCE, S_MISSED = range(8)
S_GAVE_UP, S_WORSENED, S_RELAPSED, S_TO_ASSESS, S_TO_START, S_TO_RESTART, S_IN_CARE, SERIES = range(8, 16)
# By whole days waited: those who are referred in the run, then the same of those who are on its first day's list.
W_ENTERED, W_STARTED, W_GAVE_UP, W_STILL, WAYS = range(5)
WAITED = 2 * WAYS
T_CHAIR, T_NURSE, T_DOCTOR, T_ASSESSOR, T_WAIT_AREA, T_WAIT_SUM, T_QUEUE_AREA, T_QUEUE_SUM, T_CALLED = range(9)
T_LATE, T_LATE_DAYS, T_EVENTS, TOTALS = range(9, 13)
DONE, TOO_MANY_PEOPLE = 0, 1
WARM = np.uint64(1 << 40)


class Plan(NamedTuple):
    """A clinic and a pathway laid out for the kernel; all times in minutes from the first midnight."""

    days: int
    chairs: int
    nurse_share: int
    doctors_assess: bool
    minute: Any
    closes: Any
    staff: Any
    next_open: Any
    first_weekday: int
    course: Any  # (3,): minutes of chair, nurse, doctor
    maintenance: Any  # (3,)
    course_sessions: int
    course_days: Any
    maintenance_days: Any
    maintenance_sessions: int  # 0: goes on
    assessment_minutes: float
    assessment_spread: float
    session_spread: float
    is_exponential: bool
    preparation_days: int
    no_show_minutes: float
    rebook_days: int
    relapse_wait_days: int
    courses_at_most: int
    first_come: bool
    present: Any  # (people, 3): days waited, urgent, already assessed
    maintained: Any  # (people,): days since maintenance began
