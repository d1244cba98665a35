"""What each of the patients' own pages shows: gathered for one patient, in few queries."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from glimmer.actions.own_act import acting_as_patient, newest_episode
from glimmer.care.own import Kind, is_due
from glimmer.guidance import figure, information_for, protocol
from glimmer.guidance.instrument import Instrument, instrument
from glimmer.guidance.own_words import ToldPoint, told_in
from glimmer.guidance.protocol import Protocol
from glimmer.guidance.purposes import purposes
from glimmer.records.consent import ConsentRecord
from glimmer.records.correspondence import LetterDispatch
from glimmer.records.episodes import Episode
from glimmer.records.followup import Letter
from glimmer.records.outbox import OutboxMessage
from glimmer.records.outcomes import Score
from glimmer.records.own import OwnDevice, OwnEntry, entries_that_count
from glimmer.records.patients import Patient
from glimmer.records.plans import Appointment, Plan
from glimmer.records.sessions import TreatmentSession
from glimmer.records.wishes import PurposeConsent, newest_purpose, purpose_consent_holds

DAY_RULES = ("day_rules", "day_rules_spray", "day_rules_oral")
AFTERWARDS = ("driving",)


@dataclass(frozen=True, slots=True)
class ToDo:
    """What the start page asks for. `last_questionnaire` is the day of the newest answer, None for none."""

    is_closed: bool
    mood_due: bool
    questionnaires_due: tuple[Instrument, ...]
    last_questionnaire: date | None
    appointment: Appointment | None
    escort: OwnEntry | None


def to_do(patient: Patient, now: datetime) -> ToDo:
    """Return what there is for a patient to do now."""
    episode, today = newest_episode(patient), timezone.localtime(now).date()
    if episode is None or episode.closed_at is not None:
        return ToDo(True, False, (), None, None, None)
    mood = entries_that_count(patient).filter(kind=Kind.MOOD).values_list("day", flat=True).first()
    asked = [instrument(one) for one in figure("own", "questionnaires").value]
    last = {one.id: _last_answered(patient, one.id) for one in asked}
    every = int(figure("own", "questionnaire_every").value)
    next_one = next_appointment(episode, now)
    return ToDo(
        is_closed=False,
        mood_due=is_due(mood, int(figure("own", "mood_every").value), today),
        questionnaires_due=tuple(one for one in asked if is_due(last[one.id], every, today)),
        last_questionnaire=max((day for day in last.values() if day), default=None),
        appointment=next_one,
        escort=escort_for(patient, next_one),
    )


def _last_answered(patient: Patient, instrument_id: str) -> date | None:
    scores = Score.objects.filter(episode__patient=patient, instrument=instrument_id, replaced_by__isnull=True)
    return scores.order_by("-completed_on").values_list("completed_on", flat=True).first()


def next_appointment(episode: Episode, now: datetime) -> Appointment | None:
    """Return the next date that is booked, or None."""
    booked = Appointment.objects.filter(plan__episode=episode, cancelled_at__isnull=True, starts_at__gt=now)
    return booked.select_related("plan").order_by("starts_at").first()


def escort_for(patient: Patient, appointment: Appointment | None) -> OwnEntry | None:
    """Return what the patient said about the way home from a session, the newest, or None."""
    if appointment is None:
        return None
    said = entries_that_count(patient).filter(kind=Kind.ESCORT, sent_at__gte=appointment.booked_at)
    held = TreatmentSession.objects.filter(episode_id=appointment.plan.episode_id).order_by("-opened_at").first()
    if held is not None:
        # What was said before the last session was about that one.
        said = said.filter(sent_at__gt=held.opened_at)
    return said.first()


def protocol_of(episode: Episode | None) -> Protocol | None:
    """Return the protocol of the newest plan of a journey, None without a plan."""
    plan = Plan.objects.filter(episode=episode).order_by("-version").first() if episode is not None else None
    return protocol(plan.protocol_id, plan.protocol_version) if plan is not None else None


@dataclass(frozen=True, slots=True)
class Told:
    """What patients are told under a heading: the English that was signed off, and the reader's language if there is.

    `other` is None where there is none, or where it was made from English that has changed since.
    """

    english: str
    other: ToldPoint | None


def told_points(of: Protocol | None, names: tuple[str, ...], language: str = "en") -> list[Told]:
    """Return what patients are told under these headings for a protocol."""
    points = [point for point in information_for(of).points if point.id in names] if of is not None else []
    known = told_in(language)
    others = [known.get(point.id) for point in points]
    return [
        Told(point.says, other if other is not None and other.is_of(point.says) else None)
        for point, other in zip(points, others, strict=True)
    ]


def own_entries(patient: Patient, *kinds: Kind, most: int = 60) -> list[OwnEntry]:
    """Return what a patient sent of these kinds, the newest first."""
    return list(entries_that_count(patient).filter(kind__in=[kind.value for kind in kinds])[:most])


def own_scores(patient: Patient, instrument_id: str, most: int = 60) -> list[Score]:
    """Return the scores of a patient that count, the oldest first, whoever entered them."""
    found = Score.objects.filter(
        episode__patient=patient, instrument=instrument_id, replaced_by__isnull=True, total__isnull=False
    )
    return list(reversed(found.order_by("-completed_on", "-pk")[:most]))


def own_letters(patient: Patient) -> list[Letter]:
    """Return the letters that were sent to the patient, the newest first; what was sent in error is not among them."""
    sent = LetterDispatch.objects.filter(letter__episode__patient=patient, error__isnull=True)
    found = {row.letter_id: row.letter for row in sent.select_related("letter") if row.recipient["as"] == "patient"}
    return sorted(found.values(), key=lambda letter: letter.written_at, reverse=True)


def own_letter(patient: Patient, letter_id: int) -> bytes | None:
    """Return the PDF of a letter that was sent to the patient, with an audit line; None for any other."""
    letter = next((one for one in own_letters(patient) if one.pk == letter_id), None)
    if letter is None or letter.pdf is None:
        return None
    with acting_as_patient(patient, "read_own_letter") as act:
        act.about(letter)
    return bytes(letter.pdf)


def words_may_teach(patient: Patient) -> bool:
    """Say whether the patient consented that their words are used for teaching."""
    return purpose_consent_holds(patient, "teaching")


def own_consents(patient: Patient) -> dict[str, Any]:
    """Return what the patient agreed to: treatment decisions, and each purpose beside it with what was said last."""
    treatment = ConsentRecord.objects.filter(episode__patient=patient).order_by("-recorded_at", "-pk")[:20]
    said = [(purpose, newest_purpose(patient, purpose.id)) for purpose in purposes().rows]
    return {"treatment": list(treatment), "purposes": said}


def everything_held(patient: Patient, device: OwnDevice, at: datetime | None = None) -> dict[str, Any]:
    """Return all that the own pages and the record hold and may hand out, as plain data; one audit line says so."""
    with acting_as_patient(patient, "download_everything", at=at) as act:
        act.about(device)
        made_at = act.at
    return {
        "made_at": made_at.isoformat(timespec="seconds"),
        "you": _who(patient),
        **_written(patient),
        **_treatment(patient),
        **_agreed(patient),
        **_reached(patient),
    }


def _who(patient: Patient) -> dict[str, str]:
    return {
        "name": f"{patient.given_name} {patient.family_name}",
        "born": patient.birth_date.isoformat(),
        "nhs_number": patient.nhs_number,
        "address": f"{patient.address}\n{patient.postcode}".strip(),
        "telephone": patient.telephone,
        "email": patient.email,
        "gp": ", ".join(part for part in (patient.gp_name, patient.gp_practice) if part),
    }


def _written(patient: Patient) -> dict[str, Any]:
    """Return what the patient sent, and the questionnaires, by whomever they were entered."""
    return {
        "sent": [
            {
                "kind": one.kind,
                "day": one.day.isoformat(),
                "sent_at": one.sent_at.isoformat(timespec="seconds"),
                "content": one.content,
                "replaced": hasattr(one, "replaced_by"),
            }
            for one in OwnEntry.objects.filter(patient=patient).select_related("replaced_by")
        ],
        "scores": [
            {
                "instrument": row.instrument,
                "day": row.completed_on.isoformat(),
                "answers": row.items,
                "total": row.total,
                "entered_by": "you" if row.from_patient else "the clinic",
            }
            for row in Score.objects.filter(episode__patient=patient, replaced_by__isnull=True)
        ],
    }


def _treatment(patient: Patient) -> dict[str, Any]:
    sessions = TreatmentSession.objects.filter(episode__patient=patient).order_by("opened_at")
    return {
        "appointments": [
            {"when": row.starts_at.isoformat(), "cancelled": row.cancelled_at is not None}
            for row in Appointment.objects.filter(plan__episode__patient=patient)
        ],
        "sessions": [
            {"number": row.number, "opened_at": row.opened_at.isoformat(), "phase": row.phase} for row in sessions
        ],
    }


def _agreed(patient: Patient) -> dict[str, Any]:
    treatment = [
        {"about": "treatment", "decision": row.decision, "at": row.recorded_at.isoformat()}
        for row in ConsentRecord.objects.filter(episode__patient=patient)
    ]
    beside = [
        {"about": row.purpose, "decision": row.decision, "at": row.recorded_at.isoformat()}
        for row in PurposeConsent.objects.filter(patient=patient)
    ]
    return {"consents": treatment + beside}


def _reached(patient: Patient) -> dict[str, Any]:
    """Return what went out to the patient, and the devices on which their pages were opened."""
    return {
        "letters": [{"kind": row.kind, "written_at": row.written_at.isoformat()} for row in own_letters(patient)],
        "messages": [
            {"kind": row.kind, "to": row.address, "at": row.posted_at.isoformat(), "state": row.state}
            for row in OutboxMessage.objects.filter(patient=patient, to_name="")
        ],
        "devices": [
            {
                "began_at": row.began_at.isoformat(),
                "ended_at": row.ended_at.isoformat() if row.ended_at is not None else None,
            }
            for row in OwnDevice.objects.filter(patient=patient)
        ],
    }
