"""What belongs to a course and to keeping well after it: the only way from a page to it."""

from glimmer.records.access import NotFound, access_episode, require
from glimmer.records.maintenance import MaintenanceDecision
from glimmer.records.staff import Staff


def access_maintenance_decision(by: Staff, decision_id: int) -> MaintenanceDecision:
    """Return one decision with its patient, or raise NotFound."""
    require(by, "maintenance.view")
    found = MaintenanceDecision.objects.select_related("episode__patient").filter(pk=decision_id).first()
    if found is None:
        raise NotFound("There is no such decision. Go back to the patient's maintenance page.")
    access_episode(by, found.episode_id)
    return found
