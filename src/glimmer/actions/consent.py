"""Consent: the conversation recorded, and consent withdrawn. Rows are added, never edited."""

from dataclasses import dataclass
from datetime import datetime

from glimmer.actions.act import Act, acting
from glimmer.actions.consent_talk import checked_interpreter, information_offered, outdated
from glimmer.actions.endings import open_episode
from glimmer.actions.live import announce
from glimmer.actions.log import append
from glimmer.care.consent import may_record_consent
from glimmer.care.consent_waiting import Talk
from glimmer.care.session.events import AlarmRaised
from glimmer.guidance import information
from glimmer.records.access import require
from glimmer.records.consent import ConsentRecord, InformationGiven
from glimmer.records.conversations import (
    consent_facts,
    consent_verdict,
    consented_before,
    is_urgent,
    newest_consent,
    newest_information,
    open_questions,
)
from glimmer.records.episodes import Episode
from glimmer.records.selection import standing_decision
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff
from glimmer.records.wishes import newest_needs
from glimmer.vocabulary.problems import BadInput, RuleRefused

__all__ = ["Conversation", "consent_verdict", "record_consent", "withdraw_consent"]


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation about consent. The four capacity answers are True, False or None (not assessed).

    `decision` is given or refused; `points_covered` are ids of the information's points. `sooner_because` is a
    psychiatrist's reason for not waiting out the time to think.
    """

    decision: str
    information_version: str
    understands: bool | None
    retains: bool | None
    weighs: bool | None
    communicates: bool | None
    points_covered: tuple[str, ...] = ()
    questions: str = ""
    reason: str = ""
    interpreter: str = ""
    interpreter_who: str = ""
    sooner_because: str = ""


def record_consent(
    episode: Episode,
    conversation: Conversation,
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> ConsentRecord:
    """Store what came of a conversation; raise RuleRefused with reasons when it cannot be recorded so.

    It counts for the information that was given last. While an urgent call about the patient is open, the time to
    think is that of the urgent pathway.
    """
    if conversation.sooner_because.strip():
        require(by, "consent.sooner")
    with acting(by, "consent.record", verb="record_consent", episode=episode, seen=seen, at=at) as act:
        locked = open_episode(act)
        _check(conversation)
        given = newest_information(locked)
        stored = _as_row(locked, conversation, given, by, act.at)
        talk = _talk(locked, stored, given)
        if stored.decision == "given":
            _may_stand(locked, stored, given, talk)
        stored.save()
        if stored.decision == "refused":
            _tell_the_bay(act, locked, "refused", "The patient refuses, or cannot decide any more.")
        act.about(stored)
        act.note(
            decision=stored.decision,
            information=stored.information_version,
            protocol=given.protocol_id if given is not None else "",
            sooner=bool(stored.sooner_because),
            urgent=talk.urgent,
        )
    return stored


def _as_row(
    episode: Episode, conversation: Conversation, given: InformationGiven | None, by: Staff, at: datetime
) -> ConsentRecord:
    return ConsentRecord(
        episode=episode,
        decision=conversation.decision,
        information_version=conversation.information_version,
        information=given,
        understands=conversation.understands,
        retains=conversation.retains,
        weighs=conversation.weighs,
        communicates=conversation.communicates,
        points_covered=list(conversation.points_covered),
        questions=conversation.questions.strip(),
        reason=conversation.reason.strip(),
        interpreter=conversation.interpreter,
        interpreter_who=checked_interpreter(conversation.interpreter, conversation.interpreter_who),
        sooner_because=conversation.sooner_because.strip(),
        recorded_by=by,
        recorded_at=at,
    )


def _may_stand(episode: Episode, row: ConsentRecord, given: InformationGiven | None, talk: Talk) -> None:
    """Raise RuleRefused unless a consent can be recorded as given. A refusal is always taken."""
    if standing_decision(episode) != "eligible":
        raise RuleRefused(
            "The patient has not been found eligible, or an answer has changed since. Decide on selection first."
        )
    verdict = may_record_consent(consent_facts(row, []), information_offered(given), talk)
    reasons = (*verdict.reasons, *(outdated(episode, given) if given is not None else ()))
    if reasons:
        raise RuleRefused("This cannot be recorded as it is.", reasons=reasons)


def _talk(episode: Episode, row: ConsentRecord, given: InformationGiven | None) -> Talk:
    """Return what surrounds this decision, as the rule wants it."""
    needs = newest_needs(episode.patient)
    return Talk(
        decided_at=row.recorded_at,
        informed_at=given.given_at if given is not None else None,
        consented_before=consented_before(episode, given),
        urgent=is_urgent(episode),
        sooner_because=row.sooner_because,
        questions_open=open_questions(episode),
        cost_is_known=given is not None and bool(given.cost),
        interpreter_needed=needs.needs.interpreter_needed if needs is not None else None,
        interpreter=row.interpreter,
        needs_unread=episode.patient.communication_needs if needs is None else "",
    )


def withdraw_consent(
    episode: Episode, reason: str = "", *, by: Staff, seen: int | None = None, at: datetime | None = None
) -> ConsentRecord:
    """Record that the patient has withdrawn consent. A reason is welcome, and never demanded of a patient."""
    with acting(by, "consent.record", verb="withdraw_consent", episode=episode, seen=seen, at=at) as act:
        locked = open_episode(act)
        newest = newest_consent(locked)
        if newest is None or newest.decision != "given":
            raise RuleRefused("There is no consent that could be withdrawn.")
        stored = ConsentRecord.objects.create(
            episode=locked,
            decision="withdrawn",
            information_version=newest.information_version,
            information=newest.information,
            reason=reason.strip(),
            recorded_by=by,
            recorded_at=act.at,
        )
        _tell_the_bay(act, locked, "withdrawn", "The patient has withdrawn consent.")
        act.about(stored)
        act.note(decision="withdrawn")
    return stored


def _tell_the_bay(act: Act, episode: Episode, what: str, says: str) -> None:
    """Raise an alarm in the session that is under way: whoever stands at the pump has to know at once."""
    session = TreatmentSession.objects.select_for_update().filter(episode=episode, ended_at__isnull=True).first()
    if session is None:
        return
    raised = AlarmRaised(
        key=f"consent-{what}@{act.at.isoformat()}",
        rule=f"consent-{what}",
        priority="high",
        says=says,
        action="Stop the infusion, stay with the patient, and talk about what they wish.",
    )
    events = append(session, [raised], by="Glimmer", at=act.at)
    session.save(update_fields=["last_seq"])
    act.after_commit(lambda: announce(session.pk, events))


def _check(conversation: Conversation) -> None:
    if conversation.decision not in {"given", "refused"}:
        raise BadInput("Choose what the patient decided: given or refused.", field="decision")
    known = {point.id for point in information().points}
    unknown = sorted(set(conversation.points_covered) - known)
    if unknown:
        raise BadInput("The patient information has changed since the page was opened. Open it again.")
