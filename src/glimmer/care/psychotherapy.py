"""Psychotherapy around the infusions: when a session would lie well, which lies badly since one moved, who reads notes.

Times are aware. What is proposed is for the team and the patient to agree on; nothing is booked by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from glimmer.guidance.psychotherapy import TherapyKind, therapy_kind, therapy_kinds
from glimmer.vocabulary.verdict import Verdict

ATTENDANCE = {
    "attended": "Attended",
    "late": "Came late",
    "absent": "Did not attend",
    "cancelled": "Cancelled",
}
WITH_REASON = ("cancelled",)
CAME = ("attended", "late")


@dataclass(frozen=True, slots=True)
class Infusion:
    """One date of the plan that stands: its number and its start."""

    number: int
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Planned:
    """One therapy session of a patient that stands; `infusion` is the number it is for, None where it is for none."""

    key: int
    kind: str
    starts_at: datetime
    infusion: int | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A session that is wanted and not planned yet, and between which times it would lie well."""

    kind: TherapyKind
    infusion: int
    earliest: datetime
    latest: datetime


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A planned session that no longer lies where it should; `says` why, without a name."""

    key: int
    says: str


def span(kind: TherapyKind, infusion: Infusion) -> tuple[datetime, datetime] | None:
    """Return the earliest and latest start of a kind for an infusion; None where it is tied to none."""
    if kind.earliest is None or kind.latest is None:
        return None
    return infusion.starts_at + kind.earliest, infusion.starts_at + kind.latest


def suggestions(infusions: Sequence[Infusion], planned: Sequence[Planned], now: datetime) -> tuple[Suggestion, ...]:
    """Return what is wanted and not planned, the earliest first; what can no longer be is left out."""
    found = []
    for kind in therapy_kinds():
        for infusion in _tied(kind, infusions):
            times = span(kind, infusion)
            is_there = any(one.kind == kind.id and one.infusion == infusion.number for one in planned)
            if times is not None and times[1] > now and not is_there:
                found.append(Suggestion(kind, infusion.number, max(times[0], now), times[1]))
    return tuple(sorted(found, key=lambda one: (one.earliest, one.kind.id)))


def infusion_for(kind: TherapyKind, starts_at: datetime, infusions: Sequence[Infusion]) -> int | None:
    """Return the infusion that a session at this time is for: the one it lies well for, else the nearest tied one."""
    tied = _tied(kind, infusions)
    spans = {one.number: times for one in tied if (times := span(kind, one)) is not None}
    well = [number for number, times in spans.items() if times[0] <= starts_at <= times[1]]
    if well:
        return min(well, key=lambda number: abs(spans[number][0] - starts_at))
    return min(spans, key=lambda number: abs(spans[number][0] - starts_at), default=None)


def misplaced(infusions: Sequence[Infusion], planned: Sequence[Planned], now: datetime) -> tuple[Misplaced, ...]:
    """Return the sessions to come that lie outside their time, for instance since their infusion was moved."""
    by_number = {one.number: one for one in infusions}
    found = []
    for one in planned:
        kind = therapy_kind(one.kind)
        if one.starts_at <= now or one.infusion is None or kind is None:
            continue
        infusion = by_number.get(one.infusion)
        if infusion is None:
            found.append(Misplaced(one.key, f"{kind.title}: infusion {one.infusion} has no date any more."))
            continue
        times = span(kind, infusion)
        if times is not None and not times[0] <= one.starts_at <= times[1]:
            found.append(Misplaced(one.key, f"{kind.title}: {_where(kind, one, infusion)}"))
    return tuple(found)


def may_join(kind: TherapyKind, *, is_group: bool, members: int, is_member: bool, cancelled: bool) -> Verdict:
    """Say whether one more patient may be put down for a session."""
    if cancelled:
        return Verdict(("This session was cancelled.",))
    if is_member:
        return Verdict(("This patient is down for this session already.",))
    most = kind.most_members if is_group else 1
    if members >= most:
        return Verdict(
            (f"All {most} places of this group are taken." if is_group else "This session is for one patient.",)
        )
    return Verdict()


def may_record_attendance(attendance: str, reason: str, starts_at: datetime, now: datetime) -> Verdict:
    """Say whether attendance may be recorded so: nobody has attended, or stayed away, before it has begun."""
    if attendance in WITH_REASON:
        return Verdict() if reason.strip() else Verdict(("Give the reason for the cancellation.",))
    if now < starts_at:
        return Verdict(("This session has not begun yet. Only a cancellation can be recorded before.",))
    return Verdict()


def may_read_note(*, is_author: bool, is_therapist_of_clinic: bool, has_opened: bool) -> bool:
    """Say whether somebody reads a note in full: its author, a therapist of the patient's clinic, or behind glass."""
    return is_author or is_therapist_of_clinic or has_opened


def _tied(kind: TherapyKind, infusions: Sequence[Infusion]) -> list[Infusion]:
    ordered = sorted(infusions, key=lambda one: one.starts_at)
    if kind.infusion == "none":
        return []
    return ordered[:1] if kind.infusion == "first" else ordered


def _where(kind: TherapyKind, one: Planned, infusion: Infusion) -> str:
    hours = round(abs((one.starts_at - infusion.starts_at).total_seconds()) / 3600)
    side = "after" if one.starts_at >= infusion.starts_at else "before"
    earliest, latest = kind.earliest_hours or 0, kind.latest_hours or 0
    wanted = f"{earliest} to {latest} hours after" if latest > 0 else f"{-latest} to {-earliest} hours before"
    return (
        f"it lies {hours} hours {side} infusion {infusion.number}, and {wanted} it is wanted. Move it, or leave it so."
    )
