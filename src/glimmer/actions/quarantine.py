"""Deciding about what was not charted, a whole group at a time: attribute it to a session, or discard it.

Attributing takes two people: one proposes a session and says why, another confirms; only then are the readings
written into that session's log, as measured, received now, under both names, once. Discarding takes one person and a
reason. A proposal and a discard can be taken back; an attribution cannot. The messages themselves never change.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import orjson
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from glimmer.actions.act import Act, acting
from glimmer.actions.entries import required_text
from glimmer.actions.live import announce, forget, publish
from glimmer.actions.log import Entry, append, lock_session
from glimmer.actions.ports import port
from glimmer.actions.readings import MessageFacts
from glimmer.care.session.events import DeviceReadings, SessionEvent
from glimmer.monitoring.attribution import ANOTHER, Charted, Claim, attribute_by_people, names
from glimmer.records.access import NotFound, require, sees_sessions
from glimmer.records.clinics import reached
from glimmer.records.inbox import InboundMessage
from glimmer.records.quarantine import (
    ATTRIBUTED,
    DISCARDED,
    OPEN,
    PROPOSED,
    REOPENED,
    QuarantineDecision,
    QuarantineGroup,
)
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput, ChangedMeanwhile, RuleRefused

LONGEST_REASON = 500
LONGEST_NAME = 160
READ_AT_A_TIME = 500
# More lines of the past than this are not taken one by one, each of which would set every rule back by so much: the
# session's log is read anew, in the order in which things happened.
MANY_LINES = 5
WAITING = (OPEN, PROPOSED)


def groups(by: Staff, *, decided: bool = False) -> QuerySet[QuarantineGroup]:
    """Return the groups that wait for a decision, or those that have one, the newest first."""
    require(by, "quarantine.view")
    found = QuarantineGroup.objects.select_related("device__bay")
    return found.exclude(state__in=WAITING) if decided else found.filter(state__in=WAITING)


def undecided() -> int:
    """Return how many groups wait for a decision: a number only, for the chair board as well."""
    return QuarantineGroup.objects.filter(state__in=WAITING).count()


def access_group(by: Staff, group_id: int) -> QuarantineGroup:
    """Return one group, or raise NotFound."""
    require(by, "quarantine.view")
    found = QuarantineGroup.objects.select_related("device__bay").filter(pk=group_id).first()
    if found is None:
        raise NotFound("There is no such group of device messages. Go back to the list and choose again.")
    return found


def decisions_of(group: QuarantineGroup) -> list[QuarantineDecision]:
    """Return what was decided about a group, first things first."""
    return list(group.decisions.select_related("by", "proposed_by", "session__bay", "session__episode__patient"))


def sessions_then(group: QuarantineGroup) -> QuerySet[TreatmentSession]:
    """Return the sessions that were live while a group's messages arrived: one of them may be theirs."""
    found = TreatmentSession.objects.filter(opened_at__lte=group.last_at)
    live = found.filter(Q(ended_at__isnull=True) | Q(ended_at__gte=group.first_at))
    return live.select_related("episode__patient", "bay").order_by("opened_at", "pk")


def sessions_for(group: QuarantineGroup, by: Staff) -> QuerySet[TreatmentSession]:
    """Return those of them that `by` may see: only into these can they write what a device measured."""
    require(by, "quarantine.view")
    return reached(by, sessions_then(group), "episode__")


def may_be_attributed(group: QuarantineGroup) -> bool:
    """Say whether a session can be proposed: not for what was refused as damaged, and only where values were read."""
    return group.status == "quarantined" and bool(group.values)


def whom_named(group: QuarantineGroup, session: TreatmentSession) -> str:
    """Say whom a group's messages name, seen from a session's patient: this, another, nobody or unknown."""
    patient = session.episode.patient
    named = tuple((str(a), str(b), str(c)) for a, b, c in orjson.loads(group.named)) if group.named else ()
    return names(named, patient.nhs_number, patient.local_number, settings.ENVIRONMENT.local_authority)


def _must_be_sure(group: QuarantineGroup, session: TreatmentSession, sure: bool) -> None:
    if whom_named(group, session) == ANOTHER and not sure:
        raise BadInput(
            f"These messages name somebody else than {session.episode.patient.name}. If the values are this patient's "
            "all the same, tick that you know it; if not, choose another session or discard them.",
            field="sure",
        )


def propose_attribution(
    group: QuarantineGroup,
    session_id: int,
    reason: str,
    *,
    seen: int,
    by: Staff,
    sure: bool = False,
    at: datetime | None = None,
) -> None:
    """Propose that a group belongs to a session. Nothing is charted until another person confirms.

    Messages that name somebody else need each person's word that they know it (`sure`).
    """
    with _deciding(group, "propose_attribution", seen, by, at) as case:
        case.must_be(OPEN, "Only what waits can be proposed for a session.")
        if not may_be_attributed(case.group):
            raise RuleRefused("These messages are damaged or hold no value, so they can only be discarded.")
        session = sessions_for(case.group, by).filter(pk=session_id).first()
        if session is None:
            raise BadInput("Choose one of the sessions that were live when these messages arrived.", field="session")
        _must_be_sure(case.group, session, sure)
        why = required_text(reason, "reason", "Say how you know whose values these are.", LONGEST_REASON)
        case.decide(PROPOSED, session=session, reason=why)
        case.act.patient_id = session.episode.patient_id


def attribute_messages(
    group: QuarantineGroup, *, seen: int, by: Staff, sure: bool = False, at: datetime | None = None
) -> QuarantineDecision:
    """Confirm, as a second person, whose values these are, and write them into that session's log; return how many."""
    require(by, "quarantine.decide")
    proposed = _proposal(group)
    found = _read(group, proposed.session) if proposed is not None and proposed.session is not None else _Read()
    with _deciding(group, "attribute_messages", seen, by, at, session=proposed.session if proposed else None) as case:
        case.must_be(PROPOSED, "Nothing is proposed for these messages.")
        if proposed is None or case.last is None or proposed.pk != case.last.pk:
            raise ChangedMeanwhile("The proposal has changed meanwhile, so nothing was saved. Look at the page again.")
        if proposed.by_id == by.pk:
            raise RuleRefused("You proposed this yourself. Another person has to look and confirm it.")
        session = case.session
        assert session is not None
        # Whoever may not see the patient is no second person who can know whose values these are.
        if not sees_sessions(by, [session]):
            raise RuleRefused(
                "These were proposed for a patient of another clinic. Somebody of that clinic confirms it."
            )
        _must_be_sure(case.group, session, sure)
        decision = case.decide(
            ATTRIBUTED,
            session=session,
            proposed_by=proposed.by,
            charted=len(found.entries),
            left_out=found.left_out,
        )
        who = f"{by}, and {proposed.by} from quarantine"[:LONGEST_NAME]
        events = append(session, found.entries, by=who, author=by, at=case.act.at)
        session.save(update_fields=["last_seq"])
        transaction.on_commit(lambda: _tell(session.pk, events))
        case.act.patient_id = session.episode.patient_id
        case.act.note(session=session.pk, charted=len(found.entries), left_out=found.left_out)
    return decision


def discard_messages(group: QuarantineGroup, reason: str, *, seen: int, by: Staff, at: datetime | None = None) -> None:
    """Decide that a group belongs on no chart, and say why. The messages stay, and it can be taken back."""
    with _deciding(group, "discard_messages", seen, by, at) as case:
        case.must_be(OPEN, "Only what waits can be discarded.")
        case.decide(DISCARDED, reason=required_text(reason, "reason", "Say why these are discarded.", LONGEST_REASON))


def reopen_messages(group: QuarantineGroup, reason: str, *, seen: int, by: Staff, at: datetime | None = None) -> None:
    """Take back a proposal or a discard, and say why: the group waits again."""
    with _deciding(group, "reopen_messages", seen, by, at) as case:
        if case.group.state not in (PROPOSED, DISCARDED):
            raise RuleRefused("Only a proposal or a discard can be taken back; what is in a session's log stays there.")
        case.decide(REOPENED, reason=required_text(reason, "reason", "Say why it is taken back.", LONGEST_REASON))


@dataclass
class _Case:
    """One group, locked, while somebody decides about it; `last` is the newest decision, `session` locked as well."""

    group: QuarantineGroup
    last: QuarantineDecision | None
    act: Act
    session: TreatmentSession | None

    def must_be(self, state: str, otherwise: str) -> None:
        """Raise RuleRefused where the group is in another state."""
        if self.group.state != state:
            raise RuleRefused(otherwise)

    def decide(self, step: str, **facts: object) -> QuarantineDecision:
        """Write the next decision and the state that follows from it."""
        seq = self.last.seq + 1 if self.last else 1
        made = QuarantineDecision.objects.create(
            group=self.group, seq=seq, step=step, by=self.act.by, at=self.act.at, **facts
        )
        self.group.state = OPEN if step == REOPENED else step
        self.group.save(update_fields=["state"])
        self.act.note(step=step, messages=self.group.count)
        return made


@contextmanager
def _deciding(
    group: QuarantineGroup,
    verb: str,
    seen: int,
    by: Staff,
    at: datetime | None,
    session: TreatmentSession | None = None,
) -> Iterator[_Case]:
    """Lock the session, then the group, in the order of the gateway; refuse who has not seen the newest decision."""
    with acting(by, "quarantine.decide", verb=verb, at=at or timezone.now()) as act:
        locked_session = lock_session(session) if session is not None else None
        locked = QuarantineGroup.objects.select_for_update(of=("self",)).get(pk=group.pk)
        act.about(locked)
        last = locked.decisions.select_related("by").order_by("-seq").first()
        if (last.seq if last else 0) != seen:
            who = f"{last.by} has decided about these messages at {timezone.localtime(last.at):%H:%M}: " if last else ""
            what = last.get_step_display().lower() if last else "somebody else was here first"
            raise ChangedMeanwhile(f"{who}{what}. Nothing of yours was saved. Look at the page again.")
        yield _Case(locked, last, act, locked_session)
    group.refresh_from_db()


def _proposal(group: QuarantineGroup) -> QuarantineDecision | None:
    last = group.decisions.select_related("by", "session__episode").order_by("-seq").first()
    return last if last is not None and last.step == PROPOSED else None


# Reading the messages again


@dataclass(frozen=True, slots=True)
class _Read:
    """What of a group's messages goes into the log, and how many of them do not."""

    entries: Sequence[Entry] = ()
    left_out: int = 0


def _read(group: QuarantineGroup, session: TreatmentSession) -> _Read:
    """Read a group's messages again, a few at a time, outside any transaction: the gateway must not wait for it."""
    entries: list[Entry] = []
    left_out = 0
    rows = (
        InboundMessage.objects.filter(group=group).order_by("pk").values_list("pk", "raw", "received_at", "fingerprint")
    )
    read_message = port("read_device_message")
    for number, raw, received_at, fingerprint in rows.iterator(chunk_size=READ_AT_A_TIME):
        entry = _entry(number, read_message(bytes(raw), received_at), fingerprint, session)
        if entry is None:
            left_out += 1
        else:
            entries.append(entry)
    return _Read(entries, left_out)


def _entry(number: int, facts: MessageFacts, fingerprint: str, session: TreatmentSession) -> Entry | None:
    """Return the log's entry of a message, or None where it is damaged or nothing of it may be charted."""
    # Another fingerprint, or none: what is read now is not what was taken then, so the bytes were in doubt.
    if facts.objection or not fingerprint or facts.fingerprint != fingerprint:
        return None
    claim = Claim(facts.device, facts.identifiers, facts.readings, facts.received_at)
    outcome = attribute_by_people(claim, session.opened_at, session.ended_at)
    if not isinstance(outcome, Charted) or not outcome.readings:
        return None
    newest = max(reading.measured_at for reading in outcome.readings)
    what = DeviceReadings(facts.device, outcome.readings, number, facts.drug, attributed=True)
    return Entry(what, min(newest, facts.received_at))


def _tell(session_id: int, events: Sequence[SessionEvent]) -> None:
    if len(events) <= MANY_LINES:
        announce(session_id, events)
        return
    forget(session_id)
    publish(session_id)
