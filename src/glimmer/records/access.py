"""The only way from a page, an API or a command to a protected record.

Each `access_...` checks the person's permission before it looks, so that a person without it
learns nothing, not even whether the record exists. The scopes used in lists live here too.
"""

from django.db.models import QuerySet

from glimmer.records.episodes import Episode
from glimmer.records.followup import Letter
from glimmer.records.patients import Patient
from glimmer.records.plans import Appointment
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
