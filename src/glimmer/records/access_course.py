"""What belongs to a course and to keeping well after it: the only way from a page to it."""

from django.db.models import QuerySet

from glimmer.records.access import NotFound, access_episode, require
from glimmer.records.course import CourseDecision
from glimmer.records.episodes import Episode
from glimmer.records.maintenance import MaintenanceDecision
from glimmer.records.staff import Staff


def access_course_decisions(by: Staff, episode: Episode) -> QuerySet[CourseDecision]:
    """Return what was decided about the courses of a journey, the oldest first."""
    require(by, "outcome.view")
    return CourseDecision.objects.filter(episode=episode).select_related("decided_by")


def access_maintenance_decisions(by: Staff, episode: Episode) -> QuerySet[MaintenanceDecision]:
    """Return what was decided about keeping the patient well, the oldest first."""
    require(by, "maintenance.view")
    return MaintenanceDecision.objects.filter(episode=episode).select_related("decided_by", "seconded_by")


def access_maintenance_decision(by: Staff, decision_id: int) -> MaintenanceDecision:
    """Return one decision with its patient, or raise NotFound."""
    require(by, "maintenance.view")
    found = MaintenanceDecision.objects.select_related("episode__patient").filter(pk=decision_id).first()
    if found is None:
        raise NotFound("There is no such decision. Go back to the patient's maintenance page.")
    access_episode(by, found.episode_id)
    return found
