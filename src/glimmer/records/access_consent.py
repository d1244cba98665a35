"""What a patient was told and asked before deciding, for a person whom `access_episode` let in to the journey."""

from dataclasses import dataclass

from django.db.models import QuerySet

from glimmer.records.access import NotFound, access_episode, require
from glimmer.records.consent import (
    ConsentRecord,
    ConsentSignature,
    InformationGiven,
    PatientQuestion,
    QuestionAnswer,
)
from glimmer.records.conversations import newest_information
from glimmer.records.episodes import Episode
from glimmer.records.staff import Staff
from glimmer.records.wishes import CommunicationNeeds, PurposeConsent, newest_needs


def access_newest_information(by: Staff, episode: Episode) -> InformationGiven | None:
    """Return the information that was given last, or None."""
    require(by, "patient.view")
    return newest_information(episode)


def access_information(by: Staff, episode: Episode) -> QuerySet[InformationGiven]:
    """Return when the patient was informed and by whom, without what it said, the oldest first."""
    require(by, "patient.view")
    return episode.information_given.select_related("recorded_by").defer("content")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its answers, the oldest first."""

    question: PatientQuestion
    said: tuple[QuestionAnswer, ...]


def access_questions(by: Staff, episode: Episode) -> list[Asked]:
    """Return the patient's questions with their answers, the oldest first."""
    require(by, "patient.view")
    found = episode.patient_questions.select_related("recorded_by").prefetch_related("answers__answered_by")
    return [Asked(one, tuple(one.answers.all())) for one in found]


def access_question(by: Staff, question_id: int) -> PatientQuestion:
    """Return one question of a patient with its journey, or raise NotFound."""
    require(by, "patient.view")
    question = PatientQuestion.objects.select_related("episode__patient").filter(pk=question_id).first()
    if question is None:
        raise NotFound("There is no such question. Go back to the patient's consent page and choose again.")
    # Whoever may not see the journey learns nothing of its questions.
    access_episode(by, question.episode_id)
    return question


def access_consent(by: Staff, consent_id: int) -> ConsentRecord:
    """Return one decision on consent with its journey and what was told, or raise NotFound."""
    require(by, "patient.view")
    wanted = ConsentRecord.objects.select_related("episode__patient", "information", "recorded_by")
    consent = wanted.filter(pk=consent_id).first()
    if consent is None:
        raise NotFound("There is no such decision. Go back to the patient's consent page and choose again.")
    access_episode(by, consent.episode_id)
    return consent


def access_signatures(by: Staff, consent: ConsentRecord) -> QuerySet[ConsentSignature]:
    """Return the signatures under a consent without their scans, the oldest first."""
    require(by, "patient.view")
    return ConsentSignature.objects.filter(consent=consent).select_related("recorded_by").defer("scan")


def access_signature(by: Staff, signature_id: int) -> ConsentSignature:
    """Return one scanned signature, or raise NotFound."""
    require(by, "patient.view")
    row = ConsentSignature.objects.select_related("consent__episode").filter(pk=signature_id, how="scan").first()
    if row is None:
        raise NotFound("There is no such scan. Go back to the patient's consent page and choose again.")
    access_episode(by, row.consent.episode_id)
    return row


def access_needs(by: Staff, episode: Episode) -> CommunicationNeeds | None:
    """Return the communication needs as they were asked last, or None while nobody has asked."""
    require(by, "patient.view")
    return newest_needs(episode.patient)


def access_purposes(by: Staff, episode: Episode) -> list[PurposeConsent]:
    """Return every decision on purposes beside the treatment, the oldest first."""
    require(by, "patient.view")
    return list(PurposeConsent.objects.filter(patient=episode.patient).select_related("recorded_by"))
