"""The only way from a page, an API or a command to a protected record.

Each `access_...` checks the person's permission before it looks, so that a person without it
learns nothing, not even whether the record exists. The scopes used in lists live here too.
"""

from django.db.models import QuerySet

from glimmer.records.episodes import Episode, SelectionOverride
from glimmer.records.followup import Letter
from glimmer.records.inbox import InboundMessage
from glimmer.records.outcomes import Score, Task
from glimmer.records.patients import Patient
from glimmer.records.plans import Appointment, Plan
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.vocabulary.problems import NotAllowed, Problem


class NotFound(Problem):
    """There is no such record, or it is not for this person."""


def require(by: Staff, permission: str) -> None:
    """Raise NotAllowed unless `by` is active and their role holds `permission`."""
    if not by.is_active:
        raise NotAllowed("This sign-in has been closed. Ask the clinic's administrator.")
    if not may(Role(by.role), permission):
        raise NotAllowed(
            f"Your role ({by.role}) does not include this. If you need it for your work, ask the clinic's manager."
        )


def access_episodes(by: Staff) -> QuerySet[Episode]:
    """Return the episodes that `by` may see, with their patients."""
    require(by, "patient.view")
    return Episode.objects.select_related("patient")


def access_episode(by: Staff, episode_id: int) -> Episode:
    """Return one episode with its patient, or raise NotFound."""
    episode = access_episodes(by).filter(pk=episode_id).first()
    if episode is None:
        raise NotFound("There is no such patient journey. Go back to the worklist and choose again.")
    return episode


def access_patients(by: Staff) -> QuerySet[Patient]:
    """Return the patients that `by` may search."""
    require(by, "patient.search")
    return Patient.objects.all()


def access_session(by: Staff, session_id: int, permission: str = "session.view") -> TreatmentSession:
    """Return one session with its patient, plan and bay, or raise NotFound."""
    require(by, permission)
    found = (
        TreatmentSession.objects.select_related("episode__patient", "plan", "bay", "appointment")
        .filter(pk=session_id)
        .first()
    )
    if found is None:
        raise NotFound("There is no such session. Go back to the chair board and choose again.")
    return found


def access_live_sessions(by: Staff) -> QuerySet[TreatmentSession]:
    """Return the sessions that have not ended, for the chair board."""
    require(by, "board.view")
    return TreatmentSession.objects.filter(ended_at__isnull=True).select_related("episode__patient", "plan", "bay")


def access_appointments(by: Staff) -> QuerySet[Appointment]:
    """Return the booked dates, cancelled ones left out."""
    require(by, "calendar.view")
    return Appointment.objects.filter(cancelled_at__isnull=True).select_related("plan__episode__patient", "bay")


def access_letter(by: Staff, letter_id: int) -> Letter:
    """Return one letter, or raise NotFound."""
    require(by, "letter.view")
    letter = Letter.objects.select_related("episode__patient").filter(pk=letter_id).first()
    if letter is None:
        raise NotFound("There is no such letter. Go back to the patient's follow-up page.")
    return letter


def access_sign_ins() -> QuerySet[Staff]:
    """Return who may sign in, by role: shown on the sign-in page of the demo clinic and nowhere else."""
    return Staff.objects.filter(is_active=True).order_by("role", "username")


def latest_episodes(by: Staff, patient_ids: list[int]) -> dict[int, Episode]:
    """Return the newest episode of each of the patients by the patient's key, in one query."""
    found = access_episodes(by).filter(patient_id__in=patient_ids).order_by("opened_at", "pk")
    return {episode.patient_id: episode for episode in found}


def access_messages(by: Staff) -> QuerySet[InboundMessage]:
    """Return the device messages that were not charted, the newest first, without their raw bytes."""
    require(by, "quarantine.view")
    return InboundMessage.objects.filter(status__in=["quarantined", "refused"]).defer("raw")


def access_message(by: Staff, message_id: int) -> InboundMessage:
    """Return one device message with its device and session, or raise NotFound."""
    require(by, "quarantine.view")
    message = InboundMessage.objects.select_related("device__bay", "session").filter(pk=message_id).first()
    if message is None:
        raise NotFound("There is no such device message. Go back to the list and choose again.")
    return message


def access_task(by: Staff, task_id: int) -> Task:
    """Return one task with its patient, or raise NotFound."""
    require(by, "patient.view")
    task = _readable_tasks(by).select_related("episode__patient", "done_by").filter(pk=task_id).first()
    if task is None:
        raise NotFound("There is no such task. Go back to your start page and choose again.")
    return task


def open_tasks(by: Staff, episode: Episode) -> list[Task]:
    """Return the tasks of a journey that nobody has finished, as far as `by` may read them."""
    found = _readable_tasks(by).filter(episode=episode, done_at__isnull=True)
    return list(found.select_related("episode__patient"))


def _readable_tasks(by: Staff) -> QuerySet[Task]:
    # A task can quote a questionnaire, so whoever may not read scores sees only the tasks of their own role.
    return Task.objects.all() if may(Role(by.role), "outcome.view") else Task.objects.filter(owner_role=by.role)


def access_score(by: Staff, score_id: int) -> Score:
    """Return one questionnaire score with its patient, or raise NotFound."""
    require(by, "outcome.view")
    score = Score.objects.select_related("episode__patient").filter(pk=score_id).first()
    if score is None:
        raise NotFound("There is no such score. Go back to the patient's outcomes and choose again.")
    return score


def access_plan(by: Staff, plan_id: int) -> Plan:
    """Return one plan with its patient, or raise NotFound."""
    require(by, "patient.view")
    plan = Plan.objects.select_related("episode__patient").filter(pk=plan_id).first()
    if plan is None:
        raise NotFound("There is no such plan. Go back to the patient's plan page and choose again.")
    return plan


def access_override(by: Staff, override_id: int) -> SelectionOverride:
    """Return one proposed override with its patient, or raise NotFound."""
    require(by, "patient.view")
    override = SelectionOverride.objects.select_related("episode__patient").filter(pk=override_id).first()
    if override is None:
        raise NotFound("There is no such override. Go back to the patient's selection page and choose again.")
    return override


def access_appointment(by: Staff, appointment_id: int) -> Appointment:
    """Return one booked date with its patient, or raise NotFound; a cancelled one is found too."""
    require(by, "calendar.view")
    found = Appointment.objects.select_related("plan__episode__patient", "bay", "session")
    appointment = found.filter(pk=appointment_id).first()
    if appointment is None:
        raise NotFound("There is no such date in the calendar. Go back to the calendar and choose again.")
    return appointment


def cancelled_dates(episode: Episode) -> QuerySet[Appointment]:
    """Return the dates of a journey that were cancelled, with who cancelled them; for a page that shows its history."""
    return Appointment.objects.filter(plan__episode=episode, cancelled_at__isnull=False).select_related("cancelled_by")
