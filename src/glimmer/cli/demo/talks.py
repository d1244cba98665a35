"""The demo's psychotherapy: a preparation group to come, a therapy group that was held, and a therapist's notes."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from django.utils import timezone

from glimmer.actions.psychotherapy import TherapyDetails, join_group, plan_therapy, record_attendance
from glimmer.actions.therapy_notes import write_therapy_note
from glimmer.cli.demo.clinic import DemoClinic
from glimmer.records.models import Episode, TherapyMember

ROOM = "Room 2, the one with the lamp"
CAME = ("attended", "late", "absent")
NOTE = (
    "Spoke of a wide beach and of a grandmother's kitchen. Wept, and was glad of it. We stayed with what the kitchen "
    "meant: being looked after without having earned it."
)
SUMMARY = "Settled. Wants to ask their sister for a walk on Sundays. No thoughts of ending their life."
AMENDED = "The walk is on Saturdays; wrote Sunday by mistake."

WEEK = timedelta(days=7)


def hold_talks(clinic: DemoClinic) -> None:
    """Plan and record the sessions of talking around the infusions."""
    _group_to_come(clinic, _at("plan"))
    _group_held(clinic, _at("outcomes"))
    _therapy(clinic, _at("follow-up")[0])


def _at(step: str) -> list[Episode]:
    found = Episode.objects.filter(closed_at__isnull=True, step=step).select_related("patient").order_by("pk")
    return list(found)


def _planned(
    clinic: DemoClinic, episode: Episode, kind: str, days: int, hour: int, *, group: bool = False
) -> TherapyMember:
    details = TherapyDetails(kind, group, clinic.staff["tomos.fairweather"], _moment(clinic, days, hour), ROOM)
    return plan_therapy(episode, details, by=clinic.administrator, at=min(clinic.now, details.starts_at - WEEK))


def _moment(clinic: DemoClinic, days: int, hour: int) -> datetime:
    """Return an hour of the next Tuesday at or after so many days from now, when the therapist is here."""
    day = timezone.localtime(clinic.now).date() + timedelta(days=days)
    day += timedelta(days=(1 - day.weekday()) % 7)
    return timezone.make_aware(datetime.combine(day, time(hour)))


def _group_to_come(clinic: DemoClinic, episodes: Sequence[Episode]) -> None:
    first = _planned(clinic, episodes[0], "preparation", 1, 13, group=True)
    for episode in episodes[1:3]:
        join_group(first.session, episode, by=clinic.administrator, at=clinic.now)


def _group_held(clinic: DemoClinic, episodes: Sequence[Episode]) -> None:
    first = _planned(clinic, episodes[0], "therapy", -14, 15, group=True)
    planned_at, over = first.session.starts_at - WEEK, first.session.ends_at
    others = [join_group(first.session, one, by=clinic.administrator, at=planned_at) for one in episodes[1 : len(CAME)]]
    for member, came in zip([first, *others], CAME, strict=False):
        record_attendance(member, came, by=clinic.staff["tomos.fairweather"], at=over)


def _therapy(clinic: DemoClinic, episode: Episode) -> None:
    therapist, held = clinic.staff["tomos.fairweather"], _planned(clinic, episode, "therapy", -14, 11)
    over = held.session.ends_at
    record_attendance(held, "attended", by=therapist, at=over)
    write_therapy_note(held, NOTE, SUMMARY, by=therapist, at=over + timedelta(minutes=20))
    write_therapy_note(
        held, NOTE, SUMMARY.replace("Sundays", "Saturdays"), AMENDED, by=therapist, at=over + timedelta(days=1)
    )
    _planned(clinic, episode, "therapy", 3, 11)
