"""The planner: a month for many patients at once, as a proposal that a person accepts, whole or in part.

The solver runs in a process of its own with a time to keep. Where it finds nothing, or fails, the proposal is first
come, first served, and says so. What is accepted is booked by the same rules as by hand, patient by patient.
"""

import json
import logging
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from glimmer.actions.act import Act, acting, before_acting
from glimmer.actions.booking import book_dates
from glimmer.actions.calendar_rules import limits_for
from glimmer.actions.entries import near_day
from glimmer.actions.slots import course_of
from glimmer.actions.waiting import Line, may_be_booked, waiting_list
from glimmer.guidance import figure
from glimmer.records.access import require
from glimmer.records.clinics import ClinicMember, clinics_of, reached
from glimmer.records.house import house_between, moment_of
from glimmer.records.looking import noted
from glimmer.records.plans import Bay, Plan
from glimmer.records.staff import Staff
from glimmer.records.waiting import PlannedDate, PlanningRun
from glimmer.scheduling.house import Limits
from glimmer.scheduling.planner import Option, Problem, Want, first_come, measured, placed, problem_of
from glimmer.scheduling.wall import day_of, time_of
from glimmer.scheduling.wire import problem_as, solution_from
from glimmer.vocabulary.problems import BadInput
from glimmer.vocabulary.problems import Problem as Refusal

log = logging.getLogger(__name__)
# A first session may lie this far behind its target, a later one this far: so that a month stays a small problem.
FIRST_WITHIN, LATER_WITHIN, EARLY = 13, 10, 2
# What starting a process and loading the solver may take on a busy machine before it is given up.
START_SECONDS = 20
FELL_BACK = "fell back"


def plan_month(first_day: date, *, by: Staff, at: datetime | None = None) -> PlanningRun:
    """Propose dates for everybody on the waiting list who can be booked, from a day on; nothing is booked.

    It is worked out outside any transaction, for it takes seconds in which the bedside has to be able to write. What
    changes meanwhile is found out when the proposal is accepted.
    """
    moment = at or timezone.now()
    with before_acting(by, "calendar.book", verb="plan_month", at=moment):
        problem, plans, days = _gathered(first_day, by, timezone.localdate(moment))
        options, how = _solved(problem)
        simple = first_come(problem)
    with acting(by, "calendar.book", verb="plan_month", at=moment) as act:
        run = _stored(act, problem, {"first_come": simple, "chosen": options}, how, plans, days)
        act.about(run)
        act.note(wanted=len(problem.wants), proposed=len(options), how=how)
    return run


def _gathered(first_day: date, by: Staff, today: date) -> tuple[Problem, list[Plan], tuple[date, date]]:
    """Return the problem, the plan of each of its wants, and the first and the last day."""
    if near_day(first_day, "first_day") < today:
        raise BadInput("This day has passed. Choose today or a later day.", field="first_day")
    last_day = first_day + timedelta(days=figure("calendar", "planning_days").value - 1)
    lines = [line for line in waiting_list(by) if may_be_booked(line.plan)]
    wants, plans = _wants(lines, first_day, last_day, today)
    house = house_between(first_day, last_day)
    return problem_of(house, wants, first_day, last_day), plans, (first_day, last_day)


def _wants(lines: Sequence[Line], first: date, last: date, today: date) -> tuple[list[Want], list[Plan]]:
    """Return what is wanted in the waiting list's order, and the plan of each want."""
    wants: list[Want] = []
    plans: list[Plan] = []
    weights = figure("calendar", "priority_weight").value
    for line in lines:
        plan = line.plan
        assert plan is not None  # only plans that can be booked are planned
        weight, limits = int(weights[line.waiting.priority or "routine"]), limits_for(plan, today)
        for want in _of_a_course(plan, limits, weight, len(wants), (first, last)):
            wants.append(want)
            plans.append(plan)
    return wants, plans


def _of_a_course(plan: Plan, limits: Limits, weight: int, index: int, days: tuple[date, date]) -> list[Want]:
    first, last = days
    course = course_of(plan, first)
    found: list[Want] = []
    target = first.toordinal()
    for number in course.wanted:
        before = course.fixed.get(number - 1)
        later = {fixed: day for fixed, day in course.fixed.items() if fixed > number}
        gap = course.rhythm.gap_before(number) if number > 1 else 0
        follows = bool(found) and found[-1].number == number - 1
        least = course.rhythm.least_before(number) if number > 1 else 0
        if before is not None:
            target = max(first.toordinal(), before.toordinal() + gap)
        elif follows:
            target += gap
        earliest = max(first.toordinal(), target - EARLY, before.toordinal() + least if before else 0)
        latest = min(last.toordinal(), target + (LATER_WITHIN if follows else FIRST_WITHIN))
        latest = min([latest, *(day.toordinal() - course.rhythm.least_before(one) for one, day in later.items())])
        if latest < earliest or (number > 1 and before is None and not follows):
            break
        after = index + len(found) - 1 if follows else None
        spacing = (least, course.rhythm.longest_before(number))
        found.append(Want(plan.pk, number, target, earliest, latest, course.minutes, weight, after, spacing, limits))
    return found


def _solved(problem: Problem) -> tuple[tuple[Option, ...], str]:
    """Return the solver's answer; first come, first served where it has none, and says so."""
    seconds = float(figure("calendar", "planning_seconds").value)
    asked = json.dumps({"problem": problem_as(problem), "seconds": seconds})
    try:
        done = subprocess.run(
            [sys.executable, "-m", "glimmer.scheduling.solver"],
            input=asked,
            capture_output=True,
            text=True,
            timeout=seconds + START_SECONDS,
            check=True,
        )
        options, how = solution_from(json.loads(done.stdout.splitlines()[-1]))
    except (subprocess.SubprocessError, OSError, ValueError, IndexError) as fault:
        log.error("the planner's solver failed (%s); first come, first served was proposed", type(fault).__name__)
        return first_come(problem), FELL_BACK
    return options, FELL_BACK if how == "nothing" else how


def _stored(
    act: Act,
    problem: Problem,
    options: Mapping[str, Sequence[Option]],
    how: str,
    plans: Sequence[Plan],
    days: tuple[date, date],
) -> PlanningRun:
    simple, found = measured(problem, options["first_come"]), measured(problem, options["chosen"])
    run = PlanningRun.objects.create(
        first_day=days[0],
        last_day=days[1],
        how=how,
        wanted=len(problem.wants),
        delivered=found.delivered,
        on_target=found.on_target,
        first_come_delivered=simple.delivered,
        first_come_on_target=simple.on_target,
        made_by=act.by,
        made_at=act.at,
    )
    PlannedDate.objects.bulk_create(
        PlannedDate(
            run=run,
            plan=plans[one.want],
            number=problem.wants[one.want].number,
            bay_id=one.bay,
            starts_at=moment_of(day_of(one.begins), time_of(one.begins)),
            days_off=day_of(one.begins).toordinal() - problem.wants[one.want].target,
        )
        for one in placed(problem, options["chosen"])
    )
    return run


def newest_run(by: Staff) -> PlanningRun | None:
    """Return the newest proposal that somebody of the person's clinics made, or None."""
    require(by, "calendar.book")
    colleagues = ClinicMember.objects.filter(clinic__in=clinics_of(by)).values("staff")
    return PlanningRun.objects.filter(made_by__in=colleagues).select_related("made_by").last()


def planned_dates(run: PlanningRun, *, by: Staff) -> QuerySet[PlannedDate]:
    """Return the dates of a proposal, of the patients that the person may see."""
    require(by, "calendar.book")
    found = PlannedDate.objects.filter(run=run).select_related("plan__episode__patient", "bay", "decided_by")
    return noted(by, reached(by, found, "plan__episode__"))


def accept_planned(run: PlanningRun, keys: Iterable[int], *, by: Staff, at: datetime | None = None) -> tuple[int, int]:
    """Book the chosen dates of a proposal, each patient's together; return how many were booked and how many not.

    What can no longer be booked is left, with the words of the refusal beside it.
    """
    wanted = planned_dates(run, by=by).filter(pk__in=list(keys), decided_at__isnull=True)
    by_plan: dict[int, list[PlannedDate]] = {}
    for row in wanted.order_by("number"):
        by_plan.setdefault(row.plan_id, []).append(row)
    if not by_plan:
        raise BadInput("Choose at least one date that is still open.", field="dates")
    booked = 0
    for rows in by_plan.values():
        outcome = _booked(rows, by, at)
        booked += len(rows) if not outcome else 0
        keep_outcome(rows, outcome, by=by, at=at)
    return booked, sum(len(rows) for rows in by_plan.values()) - booked


def _booked(rows: Sequence[PlannedDate], by: Staff, at: datetime | None) -> str:
    """Book one patient's dates; return "" or the words of the refusal."""
    chosen: list[tuple[int, datetime, Bay]] = [(row.number, row.starts_at, row.bay) for row in rows]
    try:
        book_dates(rows[0].plan, chosen, by=by, at=at)
    except Refusal as refusal:
        return str(refusal)
    return ""


def keep_outcome(rows: Sequence[PlannedDate], outcome: str, *, by: Staff, at: datetime | None = None) -> None:
    """Write beside the proposed dates what became of them; a refusal only where nothing is written yet.

    Two who accept the same at once: one books, the other is refused, and what counts is that it is booked.
    """
    with acting(by, "calendar.book", verb="keep_outcome", at=at) as act:
        keys = [row.pk for row in rows]
        still = {"decided_at__isnull": True} if outcome else {}
        PlannedDate.objects.filter(pk__in=keys, **still).update(
            decided_by=by, decided_at=act.at, outcome=(outcome or "Booked.")[:500]
        )
        act.about(rows[0].run)
        act.patient_id = rows[0].plan.episode.patient_id
        act.note(dates=len(keys), booked=not outcome)
