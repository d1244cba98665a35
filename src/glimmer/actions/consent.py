"""Consent: the conversation recorded, and consent withdrawn. Rows are added, never edited."""

from dataclasses import dataclass
from datetime import datetime

from glimmer.actions.act import Act, acting
from glimmer.actions.endings import open_episode
from glimmer.actions.live import announce
from glimmer.actions.log import append
from glimmer.care.consent import may_record_consent
from glimmer.care.session.events import AlarmRaised
from glimmer.guidance import information
from glimmer.records.consent import ConsentRecord
from glimmer.records.conversations import consent_facts, consent_verdict, newest_consent
from glimmer.records.episodes import Episode
from glimmer.records.selection import standing_decision
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput, RuleRefused

__all__ = ["Conversation", "consent_verdict", "record_consent", "withdraw_consent"]


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation about consent. The four capacity answers are True, False or None (not assessed).

    `decision` is given or refused; `points_covered` are ids of the information's points.
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


def record_consent(
    episode: Episode,
    conversation: Conversation,
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> ConsentRecord:
    """Store what came of a conversation; raise RuleRefused with reasons when it cannot be recorded so."""
    with acting(by, "consent.record", verb="record_consent", episode=episode, seen=seen, at=at) as act:
        locked = open_episode(act)
        _check(conversation)
        if standing_decision(locked) != "eligible":
            raise RuleRefused(
                "The patient has not been found eligible, or an answer has changed since. Decide on selection first."
            )
        stored = ConsentRecord(
            episode=locked,
            decision=conversation.decision,
            information_version=conversation.information_version,
            understands=conversation.understands,
            retains=conversation.retains,
            weighs=conversation.weighs,
            communicates=conversation.communicates,
            points_covered=list(conversation.points_covered),
            questions=conversation.questions.strip(),
            reason=conversation.reason.strip(),
            recorded_by=by,
            recorded_at=act.at,
        )
        verdict = may_record_consent(consent_facts(stored, None), information())
        if not verdict.allowed:
            raise RuleRefused("This cannot be recorded as it is.", reasons=verdict.reasons)
        stored.save()
        act.about(stored)
        act.note(decision=stored.decision, information=stored.information_version)
    return stored


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
            reason=reason.strip(),
            recorded_by=by,
            recorded_at=act.at,
        )
        _tell_the_bay(act, locked)
        act.about(stored)
        act.note(decision="withdrawn")
    return stored


def _tell_the_bay(act: Act, episode: Episode) -> None:
    """Raise an alarm in the session that is under way: whoever stands at the pump has to know at once."""
    session = TreatmentSession.objects.select_for_update().filter(episode=episode, ended_at__isnull=True).first()
    if session is None:
        return
    raised = AlarmRaised(
        key=f"consent-withdrawn@{act.at.isoformat()}",
        rule="consent-withdrawn",
        priority="high",
        says="The patient has withdrawn consent.",
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
