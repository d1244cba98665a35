"""The demo's house: hours, rota and skills, who waits how urgently, a date given back, and a month proposed."""

from collections.abc import Iterator
from datetime import date, time, timedelta

from django.utils import timezone

from glimmer.actions.booking import cancel_appointment
from glimmer.actions.opening import close_bay, set_opening_hours, set_other_day
from glimmer.actions.planning import plan_month
from glimmer.actions.rota import add_shifts, give_skill
from glimmer.actions.slots import set_limits
from glimmer.actions.waiting import set_priority
from glimmer.cli.demo.clinic import DemoClinic
from glimmer.records.house import moment_of
from glimmer.records.models import Appointment, Episode

OPENS, CLOSES = time(8), time(18)
WORKING_DAYS = range(5)
WEEKS = 6
"""The rota goes on for so long: the week before this one, this one, and the month that the planner plans."""
# Who is on duty on which weekdays, 0 Monday, and until when.
ROTA: tuple[tuple[str, tuple[int, ...], time, time], ...] = (
    ("maya.okafor", (0, 1, 2, 3, 4), OPENS, CLOSES),
    ("jo.sparrow", (0, 1, 3), OPENS, time(16)),
    ("idris.penhallow", (0, 1, 2, 3), time(9), time(17, 30)),
    ("una.marchbanks", (4,), time(8, 30), time(17, 30)),
    ("tomos.fairweather", (1, 3), time(9), time(17)),
    ("priya.quill", (0, 2), time(9), time(13)),
    ("bea.larkspur", (0, 1, 2, 3, 4), time(8, 30), time(16, 30)),
)
# Skills, and in how many days each runs out; None: it does not.
SKILLS = (
    ("maya.okafor", "advanced_life_support", 180),
    ("maya.okafor", "cannulation", None),
    ("jo.sparrow", "immediate_life_support", 12),
    ("jo.sparrow", "infusion_pump", None),
    ("una.marchbanks", "airway", 400),
    ("tomos.fairweather", "psychotherapy", None),
)
PRIORITIES = (
    ("urgent", "Lost their job in spring; two weeks off food. Seen weekly by the crisis team."),
    ("soon", "Getting worse since the last letter, and alone at home."),
    ("routine", "Stable; would like a date in the school term."),
)


def arrange_house(clinic: DemoClinic) -> None:
    """Enter hours, rota and skills; called once every session has its date, which was booked before there were any."""
    by, today = clinic.administrator, timezone.localtime(clinic.now).date()
    entered = clinic.days_ago(14)
    monday = today - timedelta(days=today.weekday() + 7)
    set_opening_hours(monday - timedelta(days=364), dict.fromkeys(WORKING_DAYS, (OPENS, CLOSES)), by=by, at=entered)
    training = _next(today + timedelta(days=9), 2)
    set_other_day(training, "Staff training in the afternoon", OPENS, time(13), by=by, at=entered)
    shut = _next(today + timedelta(days=16), 3)
    bay = clinic.busy_bays[-1]
    close_bay(bay, moment_of(shut, OPENS), moment_of(shut, CLOSES), "New floor", by=by, at=entered)
    for username, weekdays, begins, ends in ROTA:
        for weekday in weekdays:
            day = monday + timedelta(days=weekday)
            add_shifts(clinic.staff[username], day, begins, ends, WEEKS, by=by, at=entered)
    for username, skill, days in SKILLS:
        until = None if days is None else today + timedelta(days=days)
        give_skill(clinic.staff[username], skill, until, by=by, at=entered)


def arrange_waiting(clinic: DemoClinic) -> None:
    """Say how urgently patients wait and when they can come, give a date back late, and have a month proposed."""
    waiting = Episode.objects.filter(closed_at__isnull=True, step="plan").order_by("pk")
    for number, episode in enumerate(waiting):
        priority, reason = PRIORITIES[number % len(PRIORITIES)]
        set_priority(episode, priority, reason, by=clinic.psychiatrist, at=clinic.days_ago(3))
        if priority == "soon":
            travel = "The 9 o'clock ferry from Beacon Quay; no car."
            set_limits(episode, [0], time(10), None, True, travel, by=clinic.administrator, at=clinic.days_ago(3))
    given_back = _date_to_give_back(clinic)
    if given_back is not None:
        why = "Has a cold, and asks for a later date."
        cancel_appointment(given_back, why, whose="patient", by=clinic.administrator, at=clinic.now)
    plan_month(timezone.localtime(clinic.now).date() + timedelta(days=1), by=clinic.administrator, at=clinic.now)


def _date_to_give_back(clinic: DemoClinic) -> Appointment | None:
    """Return the last date of the newest course that has begun: nothing after it loses its order."""
    to_come = Appointment.objects.filter(cancelled_at__isnull=True, starts_at__gt=clinic.now, session__isnull=True)
    return to_come.filter(plan__protocol_id="iv-racemic-standard").order_by("starts_at").first()


def _next(day: date, weekday: int) -> date:
    return next(one for one in _from(day) if one.weekday() == weekday)


def _from(day: date) -> Iterator[date]:
    return (day + timedelta(days=number) for number in range(7))
