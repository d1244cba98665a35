"""What a patient needs and wishes beside the treatment: communication needs asked, purposes decided."""

from dataclasses import dataclass
from datetime import datetime

from glimmer.actions.act import acting
from glimmer.actions.endings import locked_episode, open_episode
from glimmer.care.communication import Needs, in_words, unknown_codes
from glimmer.care.consent_purposes import DECISIONS, may_decide
from glimmer.guidance.purposes import purposes
from glimmer.records.episodes import Episode
from glimmer.records.staff import Staff
from glimmer.records.wishes import CommunicationNeeds, PurposeConsent, newest_purpose
from glimmer.vocabulary.problems import BadInput, RuleRefused


@dataclass(frozen=True, slots=True)
class Wish:
    """A patient's decision on one purpose: given or refused; `understood` whether they knew what it is for."""

    purpose: str
    decision: str
    understood: bool | None = None
    reason: str = ""


def record_needs(
    episode: Episode, needs: Needs, *, by: Staff, seen: int | None = None, at: datetime | None = None
) -> CommunicationNeeds:
    """Store what the patient needs to be informed and heard, and flag it on every page and letter of theirs."""
    with acting(by, "patient.needs", verb="record_needs", episode=episode, seen=seen, at=at) as act:
        locked = open_episode(act)
        if unknown := unknown_codes(needs):
            raise BadInput(f"Choose only from the lists shown, not {', '.join(unknown)}.")
        if "spoken_interpreter" in needs.support and not needs.language.strip():
            raise BadInput("Enter the language that the interpreter has to speak.", field="language")
        stored = CommunicationNeeds.objects.create(
            patient=locked.patient,
            formats=list(needs.formats),
            support=list(needs.support),
            contact=list(needs.contact),
            language=needs.language.strip(),
            remarks=needs.remarks.strip(),
            recorded_by=by,
            recorded_at=act.at,
        )
        locked.patient.communication_needs = in_words(stored.needs)
        locked.patient.save(update_fields=["communication_needs"])
        act.about(stored)
        act.note(formats=stored.formats, support=stored.support, contact=stored.contact)
    return stored


def decide_purpose(
    episode: Episode, wish: Wish, *, by: Staff, seen: int | None = None, at: datetime | None = None
) -> PurposeConsent:
    """Store that the patient consents to a purpose beside the treatment, or refuses it."""
    if wish.decision == "withdrawn":
        return withdraw_purpose(episode, wish.purpose, wish.reason, by=by, seen=seen, at=at)
    with acting(by, "consent.record", verb="decide_purpose", episode=episode, seen=seen, at=at) as act:
        stored = _stored(locked_episode(act), wish, by, act.at)
        act.about(stored)
        act.note(purpose=stored.purpose, decision=stored.decision)
    return stored


def withdraw_purpose(
    episode: Episode, purpose: str, reason: str = "", *, by: Staff, seen: int | None = None, at: datetime | None = None
) -> PurposeConsent:
    """Store that the patient withdraws from a purpose: it counts from now on, also after the journey has ended."""
    with acting(by, "purpose.withdraw", verb="withdraw_purpose", episode=episode, seen=seen, at=at) as act:
        stored = _stored(locked_episode(act), Wish(purpose, "withdrawn", None, reason), by, act.at)
        act.about(stored)
        act.note(purpose=stored.purpose, decision=stored.decision)
    return stored


def _stored(episode: Episode, wish: Wish, by: Staff, at: datetime) -> PurposeConsent:
    sheet = purposes()
    if wish.purpose not in {one.id for one in sheet.rows}:
        raise BadInput("Choose what the patient was asked about.", field="purpose")
    if wish.decision not in DECISIONS:
        raise BadInput("Choose what the patient decided: consents or refuses.", field="decision")
    newest = newest_purpose(episode.patient, wish.purpose)
    verdict = may_decide(wish.decision, newest.decision if newest is not None else "", wish.understood)
    if not verdict.allowed:
        raise RuleRefused("This cannot be recorded as it is.", reasons=verdict.reasons)
    return PurposeConsent.objects.create(
        patient=episode.patient,
        purpose=wish.purpose,
        decision=wish.decision,
        version=sheet.version,
        understood=wish.understood,
        reason=wish.reason.strip(),
        recorded_by=by,
        recorded_at=at,
    )
