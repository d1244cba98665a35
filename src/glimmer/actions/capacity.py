"""How many chairs and people the clinic needs: what stands here today, what is asked, and what the simulation answers.

Of the records only counts are taken, never a name: how many wait and for how long, how many were referred, how many
are on duty. The engine stands behind a port; whatever is wrong with it is a sentence, never an error.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from glimmer.actions.asking import Asked, ask_model
from glimmer.actions.levers import Lever
from glimmer.care.maintenance import is_maintenance
from glimmer.guidance import figure
from glimmer.guidance.protocol import protocol
from glimmer.records.access import require
from glimmer.records.episodes import Episode, Referral
from glimmer.records.house import duties_between, moment_of, opening
from glimmer.records.maintenance import going_on
from glimmer.records.plans import Bay, Plan
from glimmer.records.staff import Staff
from glimmer.records.waiting import URGENT, WaitingPriority
from glimmer.scheduling.opening import Hours
from glimmer.scheduling.staffing import Duty
from glimmer.scheduling.wall import MINUTES_A_DAY, day_of, wall
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may

MAINTENANCE_PROTOCOL = "iv-racemic-maintenance"
FORECAST, STAFF, WITHOUT, INTERVAL = "forecast", "staff", "without", "interval"
QUESTIONS = {
    FORECAST: "How long will people wait, if all stays as it is?",
    STAFF: "How many chairs and nurses, so that enough start in time?",
    WITHOUT: "What if one person fewer works here?",
    INTERVAL: "What if maintenance sessions stand further apart, or closer?",
}
WHO = {"doctor": "One psychiatrist", "nurse": "One nurse", "chair": "One chair (out of use)"}
# Whom somebody on the rota is among `who`: this, then their number.
PERSON = "person-"
ROTA, SAME = "rota", "same"
UNTIL_RELAPSE, FOR_MONTHS = "relapse", "months"
MAINTENANCE = {
    UNTIL_RELAPSE: "When somebody relapses or stops: it has no other end",
    FOR_MONTHS: "After so many months, for whoever is still well",
}
# Steps of the journey at which nobody has begun treatment, and states in which nobody waits for it any more.
BEFORE_TREATMENT = ("referral", "selection", "consent", "plan", "session")
WAITS_NO_MORE = ("Declined", "Not eligible", "Consent refused", "Closed")
COUNTED_WEEKS, ROTA_WEEKS = 26, 4
MINUTES_A_WEEK = 7 * MINUTES_A_DAY
WORDS = {Role.NURSE: "nurse", Role.PSYCHIATRIST: "psychiatrist"}
EXAMPLE = "an example, to be replaced by your own number"
HERE = "what stands in this clinic’s records today"


@dataclass(frozen=True, slots=True)
class ClinicNow:
    """The clinic as its calendar has it. `hours` maps a weekday (0 Monday) to the minutes when it opens and closes.

    None: nothing was entered, or the asker may not see it. `referrals` are those of a week, over the last half year,
    in which `referrals_counted` came.
    `duties` are those of nurses and psychiatrists from this week's Monday on; none where the clinic keeps no rota.
    `names` says whose they are, to whoever may see the rota. `other_days` maps a day to its own hours (None: closed),
    `later` are weeks to come.
    """

    chairs: int
    hours: Mapping[int, tuple[int, int]]
    hours_are_assumed: bool
    nurses: int | None = None
    doctors: int | None = None
    referrals: float | None = None
    duties: tuple[Duty, ...] = ()
    names: Mapping[int, str] = field(default_factory=dict)
    referrals_counted: int = 0
    other_days: Mapping[str, tuple[int, int] | None] = field(default_factory=dict)
    later: tuple[tuple[str, Mapping[int, tuple[int, int]]], ...] = ()

    @property
    def rota_weeks(self) -> int:
        """How many weeks of rota there are; 0: the clinic keeps none here."""
        return math.ceil((max(one.ends for one in self.duties) - self._monday) / MINUTES_A_WEEK) if self.duties else 0

    @property
    def _monday(self) -> int:
        first = min(one.begins for one in self.duties)
        return wall(day_of(first) - timedelta(days=day_of(first).weekday()))

    def hours_a_week(self, role: Role, person: int | None = None) -> float:
        """Return how many hours a week people of a role, or one of them, are on duty."""
        minutes = sum(one.ends - one.begins for one in self.duties if one.role == role and person in (None, one.person))
        return minutes / 60 / self.rota_weeks if self.rota_weeks else 0.0

    def whom(self) -> dict[str, str]:
        """Return who or what may be missing: one of a kind, then everybody on the rota by name."""
        people = {(one.person, one.role) for one in self.duties if one.person in self.names}
        named = {
            f"{PERSON}{person}": f"{self.names[person]} ({WORDS[Role(role)]}, "
            f"{self.hours_a_week(Role(role), person):.0f} hours a week)"
            for person, role in sorted(people, key=lambda one: self.names[one[0]])
        }
        return {**WHO, **named}


@dataclass(frozen=True, slots=True)
class WaitingNow:
    """Who waits for a first session today and who is kept well, as numbers.

    `counts` maps (whole weeks waited, is urgent) to how many; `maintained` maps whole weeks of maintenance to how many.
    """

    counts: Mapping[tuple[int, bool], int] = field(default_factory=dict)
    maintained: Mapping[int, int] = field(default_factory=dict)

    @property
    def kept(self) -> int:
        """How many are in maintenance."""
        return sum(self.maintained.values())

    @property
    def total(self) -> int:
        """How many wait."""
        return sum(self.counts.values())

    @property
    def urgent(self) -> int:
        """How many of them are urgent."""
        return sum(count for (_, is_urgent), count in self.counts.items() if is_urgent)

    def longer_than(self, weeks: float) -> int:
        """Return how many have waited longer than so many weeks."""
        return sum(count for (waited, _), count in self.counts.items() if waited >= weeks)


def clinic_now(by: Staff) -> ClinicNow:
    """Return the chairs, hours and staffing of today; how many are referred only to those who may see counts."""
    require(by, "planner.view")
    today = timezone.localdate()
    kept = opening()
    hours = _spans(kept.week_of(today))
    open_minutes = ROTA_WEEKS * sum(closes - opens for opens, closes in hours.values())
    begins = moment_of(today - timedelta(days=today.weekday()), time(0))
    on_duty: Counter[str] = Counter()
    duties = [one for one in duties_between(begins, begins + timedelta(weeks=ROTA_WEEKS)) if one.role in WORDS]
    for duty in duties:
        on_duty[duty.role] += duty.ends - duty.begins
    sees_rota = may(Role(by.role), "calendar.view")
    people = {one.person for one in duties} if sees_rota else set()
    names = Staff.objects.filter(pk__in=people).values_list("pk", "name")

    def usual(role: Role) -> int | None:
        return max(1, round(on_duty[role] / open_minutes)) if on_duty[role] and open_minutes else None

    counted = 0
    if may(Role(by.role), "counts.view"):
        counted = Referral.objects.filter(received_at__gte=timezone.now() - timedelta(weeks=COUNTED_WEEKS)).count()
    return ClinicNow(
        Bay.objects.count(), hours, kept.assumed, usual(Role.NURSE), usual(Role.PSYCHIATRIST),
        counted / COUNTED_WEEKS or None,
        tuple(sorted(duties, key=lambda one: (one.begins, one.person))), dict(names), counted,
        {day.isoformat(): _span(one.hours) for day, one in kept.others.items() if day >= today},
        tuple((day.isoformat(), _spans(week)) for day, week in kept.later if day > today),
    )  # fmt: skip


def _spans(week: Mapping[int, Hours]) -> dict[int, tuple[int, int]]:
    return {weekday: (one.opens, one.closes) for weekday, one in week.items()}


def _span(hours: Hours | None) -> tuple[int, int] | None:
    return None if hours is None else (hours.opens, hours.closes)


def waiting_now(by: Staff) -> WaitingNow | None:
    """Return how many wait for a first session, by weeks waited and urgency; None to those who may not see counts."""
    require(by, "planner.view")
    if not may(Role(by.role), "counts.view"):
        return None
    newest = WaitingPriority.objects.filter(episode=OuterRef("pk")).order_by("-set_at", "-pk").values("priority")[:1]
    rows = (
        Episode.objects.filter(closed_at__isnull=True, sessions__isnull=True, referral__isnull=False)
        .filter(step__in=BEFORE_TREATMENT)
        .exclude(state__in=WAITS_NO_MORE)
        .annotate(set_priority=Subquery(newest))
        .values_list("referral__received_at", "referral__priority", "set_priority")
    )
    now = timezone.now()
    counts: Counter[tuple[int, bool]] = Counter()
    for received, referred_as, set_to in rows:
        counts[(max(0, (now - received).days) // 7, (set_to or referred_as) == URGENT)] += 1
    return WaitingNow(dict(counts), _maintained())


def _maintained() -> dict[int, int]:
    """Return how many are in maintenance, by the whole weeks since it was prescribed first."""
    today = timezone.localdate()
    plans = Plan.objects.filter(episode__closed_at__isnull=True).order_by("episode", "version")
    by_episode: dict[int, list[Plan]] = {}
    for plan in plans:
        by_episode.setdefault(plan.episode_id, []).append(plan)
    counts: Counter[int] = Counter()
    for newest in going_on((theirs[-1] for theirs in by_episode.values()), today):
        first = next(one for one in by_episode[newest.episode_id] if is_maintenance(one.protocol_id))
        counts[(today - timezone.localtime(first.prescribed_at).date()).days // 7] += 1
    return dict(counts)


def capacity_levers(now: ClinicNow) -> tuple[Lever, ...]:
    """Return what can be moved, standing where this clinic stands, else at an example that says so."""
    per_nurse = figure("calendar", "bays_per_nurse").value
    chairs = now.chairs or 3
    interval = float(protocol(MAINTENANCE_PROTOCOL).days_between.value[-1])
    return (
        _people("chairs", "Chairs or bays", "chairs", now.chairs or None, 3),
        _people("nurses", "Nurses on duty at once", "people", now.nurses, math.ceil(chairs / per_nurse)),
        _people("doctors", "Psychiatrists on duty at once", "people", now.doctors, 1),
        Lever("referrals", "Referrals", "a week", 0.0, 200.0, 0.1, round(now.referrals or 4.0, 1),
              HERE if now.referrals else EXAMPLE, 20.0, "where it stands"),
        Lever("interval_days", "Days between maintenance sessions, once settled", "days", 7.0, 56.0, 1.0, interval,
              f"the protocol {MAINTENANCE_PROTOCOL}", 56.0, "the protocol’s", is_whole=True),
        Lever("months", "Months of maintenance", "months", 1.0, 120.0, 1.0, 12.0, EXAMPLE, 60.0, "the example",
              is_whole=True),
        Lever("years", "Years to look ahead", "years", 1.0, 10.0, 1.0, 5.0, "your choice", 10.0, "usual",
              is_whole=True),
        Lever("target_share", "Share that should start in time", "%", 1.0, 99.0, 1.0, 92.0,
              "the standard of 92 % in the NHS Constitution, made for consultant-led treatment", 99.0, "the standard"),
        Lever("target_weeks", "In time means within", "weeks", 1.0, 104.0, 1.0, 18.0,
              "the 18 weeks of the NHS Constitution", 52.0, "the standard", is_whole=True),
        Lever("other_interval", "The other number of days between maintenance sessions", "days", 7.0, 56.0, 1.0, 21.0,
              EXAMPLE, 56.0, "the example", is_whole=True),
    )  # fmt: skip


def ask_capacity(
    question: str,
    values: Mapping[str, float],
    who: str,
    *,
    by: Staff,
    now: ClinicNow,
    waiting: WaitingNow | None,
    ends: str,
    staff: str,
    also_doctors: bool = False,
) -> Asked:
    """Ask the simulation. `waiting` None: the clinic begins with an empty list, and the answer says so.

    `ends` is one of MAINTENANCE; `staff` is ROTA (the clinic's own) or SAME (so many at every open hour).
    """
    require(by, "planner.view")
    stands = next(one.value for one in capacity_levers(now) if one.name == "referrals") if now.referrals else None
    besides = {"other_interval": question == INTERVAL, "nurses": staff == SAME, "doctors": staff == SAME}
    asked = {
        "question": question,
        "begins": timezone.localdate().isoformat(),
        "who": who if question == WITHOUT else "",
        "who_words": now.whom()[who] if question == WITHOUT else "",
        "also_doctors": also_doctors and question == STAFF,
        **{name: value for name, value in values.items() if name != "months" and besides.get(name, True)},
        "months": values["months"] if ends == FOR_MONTHS else None,
        "duties": [[one.person, one.role, one.begins, one.ends] for one in now.duties] if staff == ROTA else None,
        "hours": {str(weekday): list(span) for weekday, span in now.hours.items()},
        "other_days": {day: list(span) if span else None for day, span in sorted(now.other_days.items())},
        "later": [[day, {str(one): list(span) for one, span in week.items()}] for day, week in now.later],
        "referrals_counted": [now.referrals_counted, COUNTED_WEEKS] if values["referrals"] == stands else None,
        "maintained": None if waiting is None else sorted(waiting.maintained.items()),
        "waiting": None if waiting is None else sorted([*key, count] for key, count in waiting.counts.items()),
    }
    return ask_model("plan_capacity", asked)


def _people(name: str, title: str, unit: str, here: int | None, example: int) -> Lever:
    source = EXAMPLE if here is None else HERE
    stands = float(example if here is None else here)
    return Lever(name, title, unit, 1.0, 60.0, 1.0, stands, source, 12.0, "where it stands", is_whole=True)
