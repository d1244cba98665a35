"""The only way from a page, an API or a command to a protected record.

Each `access_...` checks the person's permission before it looks, so that a person without it
learns nothing, not even whether the record exists. Clinical staff see the journeys of their own clinics, and
those of a patient whose glass they broke (`records.clinics`). The scopes used in lists live here too. What is
handed out is noted for the audit (`records.looking`).
"""

from collections.abc import Iterable
from typing import TypeVar

from django.db.models import BooleanField, ExpressionWrapper, Model, Q, QuerySet

from glimmer.records.baseline_tests import BaselineResult
from glimmer.records.clinics import BrokenGlass, clinics_of, in_reach, open_glass, reached, told_apart
from glimmer.records.controlled import RegisterEntry, RegisterPage
from glimmer.records.episodes import Episode, SelectionOverride
from glimmer.records.followup import Letter
from glimmer.records.inbox import InboundMessage
from glimmer.records.incidents import IncidentReport
from glimmer.records.looking import note_record, noted, patient_of
from glimmer.records.outcomes import Score, Task
from glimmer.records.patients import Patient
from glimmer.records.plans import Appointment, Plan
from glimmer.records.quarantine import QuarantineGroup
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff
from glimmer.records.supplies import RegisterTransfer, TakeHomePrescription
from glimmer.records.treatment_history import TreatmentTrial
from glimmer.records.urgent import UrgentCall
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.vocabulary.problems import NotAllowed, Problem

Row = TypeVar("Row", bound=Model)


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


def _handed(by: Staff, found: Row | None, otherwise: str) -> Row:
    """Return the one record that was found and note it; raise NotFound with the words of `otherwise` for none."""
    if found is None:
        raise NotFound(otherwise)
    note_record(by, found, patient_of(found))
    return found


def _named(by: Staff, found: QuerySet[Row]) -> QuerySet[Row]:
    """Note whom a list names, for those who see names: a manager's board and calendar show none."""
    return noted(by, found) if may(Role(by.role), "patient.view") else found


def access_episodes(by: Staff) -> QuerySet[Episode]:
    """Return the episodes that `by` may see, with their patients: those of their clinics, and behind broken glass."""
    require(by, "patient.view")
    return noted(by, reached(by, Episode.objects.select_related("patient")))


def access_episode(by: Staff, episode_id: int) -> Episode:
    """Return one episode with its patient, or raise NotFound."""
    found = access_episodes(by).filter(pk=episode_id).first()
    return _handed(by, found, "There is no such patient journey. Go back to the worklist and choose again.")


def access_patients(by: Staff) -> QuerySet[Patient]:
    """Return the patients that `by` may search."""
    require(by, "patient.search")
    known = Episode.objects.filter(in_reach(by)).values("patient_id")
    return noted(by, Patient.objects.filter(pk__in=known))


def access_session(by: Staff, session_id: int, permission: str = "session.view") -> TreatmentSession:
    """Return one session with its patient, plan and bay, or raise NotFound."""
    require(by, permission)
    sessions = TreatmentSession.objects.select_related("episode__patient", "plan", "bay", "appointment")
    found = reached(by, sessions, "episode__").filter(pk=session_id).first()
    return _handed(by, found, "There is no such session. Go back to the chair board and choose again.")


def still_sees_session(by: Staff, session_id: int) -> bool:
    """Say whether a person whose page of a session is open may still see it. It is no new look."""
    return TreatmentSession.objects.filter(in_reach(by, "episode__"), pk=session_id).exists()


def sees_sessions(by: Staff, sessions: Iterable[TreatmentSession]) -> set[int]:
    """Return the keys of those of the sessions whose patients `by` may see, and note that they are named."""
    keys = [one.pk for one in sessions]
    found = TreatmentSession.objects.filter(in_reach(by, "episode__"), pk__in=keys).select_related("episode")
    return {one.pk for one in noted(by, found)}


def access_drug_sessions(by: Staff) -> QuerySet[TreatmentSession]:
    """Return the sessions whose controlled drug `by` may follow, with patient, plan and bay.

    Of their own clinics; the accountable officer follows every vial that a register says was taken for a patient.
    """
    require(by, "controlled.view")
    sessions = TreatmentSession.objects.select_related("episode__patient", "plan", "bay")
    if by.role != Role.ACCOUNTABLE_OFFICER:
        return noted(by, reached(by, sessions, "episode__"))
    taken = RegisterEntry.objects.filter(session__isnull=False).values("session_id")
    return noted(by, sessions.filter(pk__in=taken))


def access_drug_session(by: Staff, session_id: int) -> TreatmentSession:
    """Return one such session, or raise NotFound."""
    found = access_drug_sessions(by).filter(pk=session_id).first()
    return _handed(by, found, "There is no such session. Go back to the register and choose again.")


def access_live_sessions(by: Staff) -> QuerySet[TreatmentSession]:
    """Return the sessions that have not ended, for the chair board: of every clinic, for an alarm is everybody's.

    Only where `may_be_named` is set does `by` see whose session it is.
    """
    require(by, "board.view")
    live = TreatmentSession.objects.filter(ended_at__isnull=True).select_related("episode__patient", "plan", "bay")
    return _named(by, told_apart(by, live, "episode__"))


def reach_of(by: Staff) -> str:
    """Return a word that is the same for all who see the same patients: their clinics, and glass that they broke."""
    clinics = clinics_of(by).values_list("pk", flat=True)
    glass = open_glass(by).values_list("patient_id", flat=True)
    return f"clinics {sorted(clinics)} glass {sorted(set(glass))}"


def access_appointments(by: Staff) -> QuerySet[Appointment]:
    """Return the booked dates, cancelled ones left out."""
    require(by, "calendar.view")
    booked = Appointment.objects.filter(cancelled_at__isnull=True).select_related("plan__episode__patient", "bay")
    return _named(by, reached(by, booked, "plan__episode__"))


def access_letter(by: Staff, letter_id: int) -> Letter:
    """Return one letter, or raise NotFound."""
    require(by, "letter.view")
    letter = reached(by, Letter.objects.select_related("episode__patient"), "episode__").filter(pk=letter_id).first()
    return _handed(by, letter, "There is no such letter. Go back to the patient's follow-up page.")


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


def messages_of_group(by: Staff, group: QuarantineGroup) -> QuerySet[InboundMessage]:
    """Return the messages of one group, the newest first, without their raw bytes."""
    require(by, "quarantine.view")
    return InboundMessage.objects.filter(group=group).defer("raw").order_by("-pk")


def patients_named(by: Staff, numbers: set[str]) -> QuerySet[Patient]:
    """Return the patients whose NHS or hospital number is among those that a device sent.

    Only where `may_be_named` is set does `by` see who it is: of the others it is known that they are somebody.
    """
    require(by, "quarantine.view")
    known = Patient.objects.filter(Q(nhs_number__in=numbers) | Q(local_number__in=numbers))
    mine = Q(pk__in=Episode.objects.filter(in_reach(by)).values("patient_id"))
    return noted(by, known.annotate(may_be_named=ExpressionWrapper(mine, output_field=BooleanField())))


def access_message(by: Staff, message_id: int) -> InboundMessage:
    """Return one device message with its device and session, or raise NotFound."""
    require(by, "quarantine.view")
    messages = InboundMessage.objects.select_related("device__bay", "session__episode")
    message = messages.filter(pk=message_id).first()
    if message is None:
        raise NotFound("There is no such device message. Go back to the list and choose again.")
    note_record(by, message, patient_of(message.session) if message.session is not None else None)
    return message


def access_task(by: Staff, task_id: int) -> Task:
    """Return one task with its patient, or raise NotFound."""
    require(by, "patient.view")
    tasks = _readable_tasks(by).select_related("episode__patient", "done_by", "taken_by")
    task = reached(by, tasks, "episode__").filter(pk=task_id).first()
    return _handed(by, task, "There is no such task. Go back to your start page and choose again.")


def open_tasks(by: Staff, episode: Episode) -> list[Task]:
    """Return the tasks of a journey that nobody has finished, as far as `by` may read them."""
    found = noted(by, _readable_tasks(by).filter(episode=episode, done_at__isnull=True))
    return list(found.select_related("episode__patient"))


def _readable_tasks(by: Staff) -> QuerySet[Task]:
    # A task can quote a questionnaire, so whoever may not read scores sees only those of their own role, and those that
    # they added themselves.
    own = Q(owner_role=by.role) | Q(steps__by=by, steps__step="added")
    return Task.objects.all() if may(Role(by.role), "outcome.view") else Task.objects.filter(own)


def access_score(by: Staff, score_id: int) -> Score:
    """Return one questionnaire score with its patient, or raise NotFound."""
    require(by, "outcome.view")
    score = reached(by, Score.objects.select_related("episode__patient"), "episode__").filter(pk=score_id).first()
    return _handed(by, score, "There is no such score. Go back to the patient's outcomes and choose again.")


def access_plan(by: Staff, plan_id: int) -> Plan:
    """Return one plan with its patient, or raise NotFound."""
    require(by, "patient.view")
    plan = reached(by, Plan.objects.select_related("episode__patient"), "episode__").filter(pk=plan_id).first()
    return _handed(by, plan, "There is no such plan. Go back to the patient's plan page and choose again.")


def access_override(by: Staff, override_id: int) -> SelectionOverride:
    """Return one proposed override with its patient, or raise NotFound."""
    require(by, "patient.view")
    overrides = SelectionOverride.objects.select_related("episode__patient")
    override = reached(by, overrides, "episode__").filter(pk=override_id).first()
    return _handed(by, override, "There is no such override. Go back to the patient's selection page and choose again.")


def access_trial(by: Staff, trial_id: int) -> TreatmentTrial:
    """Return one recorded trial of a treatment with its patient, or raise NotFound."""
    require(by, "patient.view")
    trials = TreatmentTrial.objects.select_related("episode__patient", "recorded_by")
    trial = reached(by, trials, "episode__").filter(pk=trial_id).first()
    return _handed(by, trial, "There is no such entry. Go back to the patient's treatment history and choose again.")


def access_baseline_result(by: Staff, result_id: int) -> BaselineResult:
    """Return one result of a test before treatment with its patient, or raise NotFound."""
    require(by, "patient.view")
    results = BaselineResult.objects.select_related("episode__patient")
    row = reached(by, results, "episode__").filter(pk=result_id).first()
    return _handed(by, row, "There is no such result. Go back to the patient's tests and choose again.")


def access_urgent_call(by: Staff, call_id: int) -> UrgentCall:
    """Return one urgent call with its patient, or raise NotFound."""
    require(by, "patient.view")
    call = reached(by, UrgentCall.objects.select_related("episode__patient"), "episode__").filter(pk=call_id).first()
    return _handed(by, call, "There is no such urgent call. Go back to the patient's page on risk and choose again.")


def access_appointment(by: Staff, appointment_id: int) -> Appointment:
    """Return one booked date with its patient, or raise NotFound; a cancelled one is found too."""
    require(by, "calendar.view")
    found = Appointment.objects.select_related("plan__episode__patient", "bay", "session")
    appointment = reached(by, found, "plan__episode__").filter(pk=appointment_id).first()
    return _handed(by, appointment, "There is no such date in the calendar. Go back to the calendar and choose again.")


def cancelled_dates(episode: Episode) -> QuerySet[Appointment]:
    """Return the dates of a journey that were cancelled, with who cancelled them; for a page that shows its history."""
    return Appointment.objects.filter(plan__episode=episode, cancelled_at__isnull=False).select_related("cancelled_by")


def access_register_pages(by: Staff) -> QuerySet[RegisterPage]:
    """Return the pages of the controlled drugs register."""
    require(by, "controlled.view")
    return RegisterPage.objects.all()


def access_register_page(by: Staff, page_id: int) -> RegisterPage:
    """Return one page of the register, or raise NotFound."""
    found = access_register_pages(by).filter(pk=page_id).first()
    if found is None:
        raise NotFound("There is no such page in the register. Go back to the register and choose again.")
    note_record(by, found)
    return found


def access_broken_glass(by: Staff) -> QuerySet[BrokenGlass]:
    """Return every glass that was broken, the newest first, with the patient and what was found about it."""
    require(by, "audit.view")
    return noted(by, BrokenGlass.objects.select_related("by", "patient", "review", "review__by"))


def access_glass(by: Staff, glass_id: int) -> BrokenGlass:
    """Return one broken glass, or raise NotFound."""
    found = access_broken_glass(by).filter(pk=glass_id).first()
    return _handed(by, found, "There is no such entry. Go back to the privacy page and choose again.")


def access_patient_for_list(by: Staff, patient_id: int) -> Patient:
    """Return the patient for whom the list of looks at their record is made, or raise NotFound.

    The privacy officer makes it for everybody, others for the patients of their own clinics.
    """
    require(by, "access_list.view")
    everybody = may(Role(by.role), "audit.view")
    found = Patient.objects.all() if everybody else access_patients(by)
    return _handed(by, found.filter(pk=patient_id).first(), "There is no such patient. Go back and search again.")


def find_patient_for_list(by: Staff, nhs_number: str) -> Patient | None:
    """Return the patient with exactly this NHS number, for the privacy officer; None for nobody."""
    require(by, "audit.view")
    digits = "".join(character for character in nhs_number if character.isdigit())
    return noted(by, Patient.objects.filter(nhs_number=digits)).first()


def access_incidents(by: Staff) -> QuerySet[IncidentReport]:
    """Return the incidents that `by` may see: with controlled drugs, who may see the register; the officer only these.

    What somebody reported they see as well.
    """
    require(by, "incident.view")
    reports = IncidentReport.objects.select_related("episode__patient", "session__bay", "page", "reported_by")
    found = noted(by, reports)
    about_drugs = Q(kind="controlled_drug")
    if by.role == Role.ACCOUNTABLE_OFFICER:
        return found.filter(about_drugs | Q(reported_by=by))
    found = found.filter(Q(episode__isnull=True) | Q(reported_by=by) | in_reach(by, "episode__"))
    return found if may(Role(by.role), "controlled.view") else found.filter(~about_drugs | Q(reported_by=by))


def access_incident(by: Staff, report_id: int) -> IncidentReport:
    """Return one incident, or raise NotFound."""
    found = access_incidents(by).filter(pk=report_id).first()
    if found is None:
        raise NotFound("There is no such incident. Go back to the list and choose again.")
    note_record(by, found, patient_of(found))
    return found


def access_prescriptions(by: Staff) -> QuerySet[TakeHomePrescription]:
    """Return the take-home prescriptions with their patients and products."""
    require(by, "take_home.view")
    prescriptions = TakeHomePrescription.objects.select_related("episode__patient", "page")
    return noted(by, reached(by, prescriptions, "episode__"))


def access_prescription(by: Staff, prescription_id: int) -> TakeHomePrescription:
    """Return one take-home prescription, or raise NotFound."""
    found = access_prescriptions(by).filter(pk=prescription_id).first()
    return _handed(by, found, "There is no such prescription. Go back to the patient's page and choose again.")


def access_transfer(by: Staff, transfer_id: int) -> RegisterTransfer:
    """Return stock on its way between premises, or raise NotFound."""
    require(by, "controlled.view")
    found = RegisterTransfer.objects.select_related("out_entry__page", "to_page").filter(pk=transfer_id).first()
    if found is None:
        raise NotFound("There is no such transfer. Go back to the register and choose again.")
    note_record(by, found)
    return found
