"""What belongs to one journey, for a person whom `access_episode` let in to it: each asks for its own permission."""

from django.db.models import QuerySet

from glimmer.records.access import NotFound, access_episode, access_episodes, require
from glimmer.records.baseline_tests import BaselineResult
from glimmer.records.consent import ConsentRecord
from glimmer.records.episodes import (
    Episode,
    Referral,
    ReferralItem,
    SelectionAnswer,
    SelectionDecision,
    SelectionOverride,
    TriageDecision,
)
from glimmer.records.followup import FollowUpDecision, Letter
from glimmer.records.looking import note_patients
from glimmer.records.medicines import MedicineList, MedicineSettling
from glimmer.records.meeting import MeetingCase, open_cases
from glimmer.records.outcomes import Score, Task
from glimmer.records.plans import Plan
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff
from glimmer.records.treatment_history import TreatmentTrial
from glimmer.records.urgent import SafetyPlan, UrgentCall, urgent_calls


def access_referral_items(by: Staff, referral: Referral) -> QuerySet[ReferralItem]:
    """Return what is known of the minimum set, with who said so."""
    require(by, "patient.view")
    return referral.items.select_related("recorded_by")


def access_triage(by: Staff, referral: Referral) -> QuerySet[TriageDecision]:
    """Return the triage decisions, the oldest first."""
    require(by, "patient.view")
    return referral.triage_decisions.select_related("decided_by")


def access_trials(by: Staff, episode: Episode) -> QuerySet[TreatmentTrial]:
    """Return every entry of the treatment history, those corrected and withdrawn as well, the oldest first."""
    require(by, "patient.view")
    return episode.trials.select_related("recorded_by")


def access_medicine_lists(by: Staff, episode: Episode) -> QuerySet[MedicineList]:
    """Return every list of medicines, the newest first."""
    require(by, "patient.view")
    return episode.medicine_lists.select_related("recorded_by").order_by("-recorded_at", "-pk")


def access_settlings(by: Staff, episode: Episode) -> QuerySet[MedicineSettling]:
    """Return the interactions that were settled, the newest first."""
    require(by, "patient.view")
    return episode.medicine_settlings.select_related("settled_by").order_by("-settled_at", "-pk")


def access_baseline_results(by: Staff, episode: Episode) -> QuerySet[BaselineResult]:
    """Return every result of the tests before treatment, those withdrawn as well, the newest first."""
    require(by, "patient.view")
    return episode.baseline_results.select_related("recorded_by").order_by("-done_on", "-recorded_at", "-pk")


def access_urgent_calls(by: Staff, episode: Episode) -> list[UrgentCall]:
    """Return the urgent calls with their steps, the newest first."""
    require(by, "patient.view")
    return urgent_calls(episode)


def access_safety_plans(by: Staff, episode: Episode) -> QuerySet[SafetyPlan]:
    """Return every version of the safety plan, the newest first."""
    require(by, "patient.view")
    return episode.safety_plans.select_related("written_by").order_by("-written_at", "-pk")


def access_meeting_list(by: Staff) -> list[MeetingCase]:
    """Return the cases that wait for a meeting, of patients whom `by` may see, the earliest meeting first."""
    visible = set(access_episodes(by).filter(meeting_cases__isnull=False).values_list("pk", flat=True))
    cases = [case for case in open_cases() if case.episode_id in visible]
    note_patients(by, [case.episode.patient_id for case in cases])
    return cases


def access_meeting_cases(by: Staff, episode: Episode) -> list[MeetingCase]:
    """Return the cases of one patient with what was concluded, the newest first."""
    require(by, "meeting.read")
    found = episode.meeting_cases.select_related("put_by", "conclusion__concluded_by", "episode__patient")
    return list(found.order_by("-held_on", "-pk"))


def access_meeting_case(by: Staff, case_id: int) -> MeetingCase:
    """Return one case with its patient, or raise NotFound."""
    require(by, "meeting.read")
    case = MeetingCase.objects.select_related("episode__patient").filter(pk=case_id).first()
    if case is None:
        raise NotFound("There is no such case. Go back to the meeting list and choose again.")
    access_episode(by, case.episode_id)
    return case


def access_selection_answers(by: Staff, episode: Episode) -> QuerySet[SelectionAnswer]:
    """Return every answer to a selection rule, the oldest first."""
    require(by, "patient.view")
    return episode.selection_answers.select_related("answered_by")


def access_overrides(by: Staff, episode: Episode) -> QuerySet[SelectionOverride]:
    """Return the overrides that were proposed."""
    require(by, "patient.view")
    return episode.selection_overrides.select_related("proposed_by", "agreed_by")


def access_selection_decisions(by: Staff, episode: Episode) -> QuerySet[SelectionDecision]:
    """Return the decisions about eligibility, the oldest first."""
    require(by, "patient.view")
    return episode.selection_decisions.select_related("decided_by")


def access_consents(by: Staff, episode: Episode) -> QuerySet[ConsentRecord]:
    """Return the conversations about consent, the oldest first."""
    require(by, "patient.view")
    return episode.consents.select_related("recorded_by", "information").defer("information__content")


def access_plans(by: Staff, episode: Episode) -> QuerySet[Plan]:
    """Return every version of the plan, the oldest first."""
    require(by, "patient.view")
    return episode.plans.select_related("prescribed_by", "second_prescriber")


def access_sessions_of(by: Staff, episode: Episode) -> QuerySet[TreatmentSession]:
    """Return the sessions of the journey."""
    require(by, "session.view")
    return episode.sessions.select_related("opened_by", "bay")


def access_scores(by: Staff, episode: Episode) -> QuerySet[Score]:
    """Return the questionnaire scores, corrected ones too."""
    require(by, "outcome.view")
    return episode.scores.select_related("recorded_by", "replaced_by")


def access_tasks_of(by: Staff, episode: Episode) -> QuerySet[Task]:
    """Return the tasks of the journey, which may quote a questionnaire."""
    require(by, "outcome.view")
    return episode.tasks.select_related("done_by")


def access_followup(by: Staff, episode: Episode) -> QuerySet[FollowUpDecision]:
    """Return what was decided after the course."""
    require(by, "patient.view")
    return episode.followup_decisions.select_related("decided_by")


def access_letters(by: Staff, episode: Episode) -> QuerySet[Letter]:
    """Return the letters without their text."""
    require(by, "letter.view")
    return episode.letters.select_related("written_by", "signed_by").defer("pdf", "content")
