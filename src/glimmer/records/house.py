"""What is recorded of the calendar, as the facts that slot search and staffing take (`scheduling.house`)."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from django.db.models import Q
from django.utils import timezone

from glimmer.records.calendar import BayClosure, OpeningWeek, OtherDay, PatientLimits, Shift, StaffSkill
from glimmer.records.claims import APPOINTMENT_SOURCE, BAY, PATIENT, Claim
from glimmer.records.patients import Patient
from glimmer.records.plans import Bay
from glimmer.scheduling import opening as pure
from glimmer.scheduling.house import House, Limits, Place, Span
from glimmer.scheduling.staffing import Duty
from glimmer.scheduling.wall import minute, wall_of


def moment_of(day: date, at_time: time) -> datetime:
    """Return the aware moment of a day and a time on the clinic's wall clock."""
    return datetime.combine(day, at_time, tzinfo=timezone.get_current_timezone())


def wall_time(moment: datetime) -> int:
    """Return a stored moment in wall minutes."""
    return wall_of(timezone.localtime(moment))


def opening() -> pure.Opening:
    """Return the opening hours that were entered, else those that are assumed."""
    others = {
        row.day: pure.OtherDay(_hours(row.opens_at, row.closes_at), row.why)
        for row in OtherDay.objects.filter(withdrawn_at__isnull=True)
    }
    weeks = [(row.from_day, _week(row.hours)) for row in OpeningWeek.objects.all()]
    if not weeks:
        return pure.usual_opening(others)
    return pure.Opening(weeks[0][1], others, later=tuple(weeks))


def house_between(first: date, last: date, *, patient_id: int | None = None, besides: Iterable[int] = ()) -> House:
    """Return the house from one day to another, both included. `besides` are appointments that do not count."""
    begins, ends = moment_of(first, time(0)), moment_of(last + timedelta(days=1), time(0))
    claims = Claim.objects.filter(starts_at__lt=ends, ends_at__gt=begins, what__in=[BAY, PATIENT])
    claims = claims.exclude(source=APPOINTMENT_SOURCE, source_id__in=list(besides))
    taken: dict[int, list[Span]] = {}
    patient: list[Span] = []
    for what, key, start, end in claims.values_list("what", "key", "starts_at", "ends_at"):
        span = (wall_time(start), wall_time(end))
        if what == BAY:
            taken.setdefault(key, []).append(span)
        elif key == patient_id:
            patient.append(span)
    return House(
        places=_places(begins, ends),
        opening=opening(),
        taken={key: tuple(spans) for key, spans in taken.items()},
        patient=tuple(patient),
        duties=duties_between(begins, ends),
        rota_until=rota_until(),
    )


def rota_until() -> date | None:
    """Return the last day for which the rota was entered, None where the clinic keeps no rota here."""
    last = Shift.objects.filter(cancelled_at__isnull=True).order_by("-starts_at").values_list("starts_at", flat=True)
    return timezone.localtime(last[0]).date() if last else None


def duties_between(begins: datetime, ends: datetime) -> tuple[Duty, ...]:
    """Return who is on duty between two moments, with the skills that have not run out on the day."""
    rows = Shift.objects.filter(
        cancelled_at__isnull=True, starts_at__lt=ends, ends_at__gt=begins, staff__is_active=True
    )
    skills: dict[int, list[tuple[str, date | None]]] = {}
    for staff, skill, until in StaffSkill.objects.filter(ended_at__isnull=True).values_list(
        "staff_id", "skill", "until"
    ):
        skills.setdefault(staff, []).append((skill, until))
    return tuple(
        Duty(
            row.staff_id,
            row.staff.role,
            wall_time(row.starts_at),
            wall_time(row.ends_at),
            frozenset(
                skill
                for skill, until in skills.get(row.staff_id, ())
                if until is None or until >= timezone.localdate(row.starts_at)
            ),
        )
        for row in rows.select_related("staff")
    )


def limits_of(patient: Patient) -> Limits:
    """Return when a patient can come, as they told last."""
    row = PatientLimits.objects.filter(patient=patient).last()
    if row is None:
        return Limits()
    return Limits(
        frozenset(row.not_weekdays),
        _minute(row.not_before),
        _minute(row.not_after),
        row.needs_escort,
        row.travel,
    )


def _places(begins: datetime, ends: datetime) -> tuple[Place, ...]:
    closed: dict[int, list[tuple[int, int, str]]] = {}
    rows = BayClosure.objects.filter(Q(starts_at__lt=ends, ends_at__gt=begins), withdrawn_at__isnull=True)
    for row in rows:
        closed.setdefault(row.bay_id, []).append((wall_time(row.starts_at), wall_time(row.ends_at), row.why))
    return tuple(Place(bay.pk, bay.name, tuple(closed.get(bay.pk, ()))) for bay in Bay.objects.all())


def _week(hours: dict[str, list[str]]) -> dict[int, pure.Hours]:
    return {int(weekday): pure.Hours(minute(opens), minute(closes)) for weekday, (opens, closes) in hours.items()}


def _hours(opens: time | None, closes: time | None) -> pure.Hours | None:
    if opens is None or closes is None:
        return None
    return pure.Hours(opens.hour * 60 + opens.minute, closes.hour * 60 + closes.minute)


def _minute(at: time | None) -> int | None:
    return None if at is None else at.hour * 60 + at.minute
