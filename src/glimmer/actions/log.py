"""The log of one session in the database: read it, add to it, and the shape that every act at the bedside shares.

    return attend(session, "session.run", "pause_infusion", decide, by=by, form_token=form_token, at=at)

`decide` is told what is known (`Bedside`) and answers with the events to write, or raises a Problem.
The session's row is locked from before the rule is asked until the events are on disk: of two people who
press at once, the second is judged by a log that holds what the first did.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from glimmer.actions.act import Act, acting
from glimmer.actions.live import announce
from glimmer.care.session.drug import DRUG_EVENTS, drug_of
from glimmer.care.session.events import DeviceDisconnected, SessionEvent, What, to_body
from glimmer.care.session.log import SessionLog, fold
from glimmer.guidance.protocol import Protocol, protocol
from glimmer.records.access import require
from glimmer.records.devices import SESSION_ENDED, end_associations
from glimmer.records.logbook import events_of
from glimmer.records.sessions import LogLine, TreatmentSession
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import Problem, RuleRefused
from glimmer.vocabulary.verdict import Verdict

__all__ = [
    "Bedside",
    "Entry",
    "allow",
    "append",
    "attend",
    "events_of",
    "keep",
    "lock_session",
    "log_of",
    "posted_before",
    "protocol_of",
]


class Entry(NamedTuple):
    """One event to write. `happened_at` is given where it differs from the time of writing."""

    what: What
    happened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Bedside:
    """What is known when an act is judged: the locked session, its log so far, the time and the person."""

    session: TreatmentSession
    log: SessionLog
    at: datetime
    by: Staff
    act: Act

    @property
    def protocol(self) -> Protocol:
        """The protocol in the version that the session pinned when it was opened."""
        return protocol_of(self.log)


Decide = Callable[[Bedside], Sequence[What | Entry]]


def log_of(session_id: int) -> SessionLog:
    """Return the fold of a session's stored log."""
    return fold(events_of(session_id))


def protocol_of(log: SessionLog) -> Protocol:
    """Return the protocol that a session runs under; raise Problem where its log has no first event."""
    if log.opened is None:
        raise Problem("This session's log has no opening entry, so it cannot be run. Tell the person who runs Glimmer.")
    return protocol(log.opened.protocol_id, log.opened.protocol_version)


def lock_session(session: TreatmentSession) -> TreatmentSession:
    """Return the fresh row of a session, locked until the end of the transaction."""
    return (
        TreatmentSession.objects.select_for_update(of=("self",))
        .select_related("episode__patient", "plan", "bay", "appointment")
        .get(pk=session.pk)
    )


def append(
    session: TreatmentSession,
    entries: Sequence[What | Entry],
    *,
    by: str,
    at: datetime,
    author: Staff | None = None,
    form_token: str = "",
) -> list[SessionEvent]:
    """Add events to the log of a locked session and return them with their numbers; the caller saves the row.

    Only the first line carries the form's token: it stands for the whole press.
    """
    lines, events = [], []
    for number, entry in enumerate(entries):
        what, happened_at = entry if isinstance(entry, Entry) else (entry, None)
        session.last_seq += 1
        event = SessionEvent(session.last_seq, happened_at or at, at, by, what, author.pk if author else None)
        events.append(event)
        lines.append(
            LogLine(
                session_id=session.pk,
                seq=event.seq,
                kind=what.kind,
                happened_at=event.happened_at,
                received_at=at,
                by=by,
                author=author,
                body=to_body(what),
                form_token=form_token if number == 0 else "",
            )
        )
    LogLine.objects.bulk_create(lines)
    return events


def attend(
    session: TreatmentSession,
    permission: str,
    verb: str,
    decide: Decide,
    *,
    by: Staff,
    form_token: str = "",
    at: datetime | None = None,
    moves: bool = False,
) -> list[SessionEvent]:
    """Do one act at the bedside and return the events written; an empty list when this press was stored before.

    `moves` says that the act may change where the patient's episode stands. The log is folded before the
    lock is taken and caught up under it, so that nobody waits for a long log.
    """
    require(by, permission)
    moment = at or timezone.now()
    log = log_of(session.pk)
    known = max(log.events, default=0)
    with acting(by, permission, verb=verb, episode=session.episode if moves else None, at=moment) as act:
        locked = lock_session(session)
        _say_which(act, locked, ())
        if form_token and posted_before(locked.pk, form_token):
            act.note(repeated=True)
            events: list[SessionEvent] = []
        else:
            for event in events_of(locked.pk, known):
                log.add(event)
            bedside = Bedside(locked, log, act.at, by, act)
            entries = decide(bedside)
            events = append(locked, entries, by=str(by), author=by, at=act.at, form_token=form_token)
            keep(locked, log, events)
        _say_which(act, locked, events)
    session.refresh_from_db(fields=["phase", "ended_at", "last_seq", "drug_is_open"])
    return events


def keep(session: TreatmentSession, log: SessionLog, events: Sequence[SessionEvent]) -> None:
    """Store what lists need of a session whose log has just got `events`, and tell the pages once all is on disk."""
    for event in events:
        log.add(event)
    phase = log.phase()
    gone = _let_devices_go(session, events[-1].received_at) if phase.is_over and events else []
    session.phase = phase.value
    session.ended_at = log.course.over_at if phase.is_over else None
    if any(isinstance(event.what, DRUG_EVENTS) for event in events):
        session.drug_is_open = drug_of(log).is_open
    session.save(update_fields=["phase", "ended_at", "last_seq", "drug_is_open"])
    transaction.on_commit(lambda: announce(session.pk, [*events, *gone]))


def _let_devices_go(session: TreatmentSession, at: datetime) -> list[SessionEvent]:
    """End what is connected to a session that is over; return the events that say so."""
    gone = [DeviceDisconnected(name, SESSION_ENDED) for name in end_associations(session.pk, at)]
    return append(session, gone, by="Glimmer", at=at)


def _say_which(act: Act, session: TreatmentSession, events: Sequence[SessionEvent]) -> None:
    act.about(session)
    act.patient_id = session.episode.patient_id
    if events:
        act.note(events=[event.seq for event in events])


def posted_before(session_id: int, form_token: str) -> bool:
    """Say whether a form's press is in the log already."""
    # The condition is spelt as in the constraint, without a parameter, so that its small index is used.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM records_logline WHERE NOT (form_token = '') AND session_id = %s AND form_token = %s",
            [session_id, form_token],
        )
        return cursor.fetchone() is not None


def allow(verdict: Verdict, otherwise: str) -> None:
    """Raise RuleRefused with `otherwise` and the reasons unless the rule allows it."""
    if not verdict.allowed:
        raise RuleRefused(f"{otherwise} {' '.join(verdict.reasons)}", reasons=verdict.reasons)
