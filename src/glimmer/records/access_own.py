"""The way from a patient's browser to their own rows, and from staff to what a patient sent: never to another's."""

from django.db.models import QuerySet

from glimmer.records.access import access_episode, require
from glimmer.records.episodes import Episode
from glimmer.records.own import OwnDevice, OwnEntry, OwnLink
from glimmer.records.staff import Staff


def device_by_digest(digest: str) -> OwnDevice | None:
    """Return the device of a cookie with its patient and their language, ended or not; None for a cookie of nobody."""
    return OwnDevice.objects.select_related("patient__own_language").filter(digest=digest).first()


def link_by_digest(digest: str) -> OwnLink | None:
    """Return the link of a secret with its patient; None for a secret of nobody."""
    return OwnLink.objects.select_related("patient").filter(digest=digest).first()


def access_own_links(by: Staff, episode: Episode) -> QuerySet[OwnLink]:
    """Return the links of a patient, the newest first, for staff."""
    require(by, "own.view")
    return OwnLink.objects.filter(patient=episode.patient_id).select_related("made_by", "withdrawn_by", "message")


def access_own_link(by: Staff, episode_id: int, link_id: int) -> OwnLink | None:
    """Return one link of the patient of an episode, or None; raise NotFound for an episode out of reach."""
    return access_own_links(by, access_episode(by, episode_id)).filter(pk=link_id).first()


def access_own_devices(by: Staff, episode: Episode) -> QuerySet[OwnDevice]:
    """Return the devices of a patient, the newest first, for staff."""
    require(by, "own.view")
    return OwnDevice.objects.filter(patient=episode.patient_id).select_related("ended_by")


def access_own_entries(by: Staff, episode: Episode) -> QuerySet[OwnEntry]:
    """Return what a patient sent, the newest first, for staff who may read outcomes."""
    require(by, "outcome.view")
    found = OwnEntry.objects.filter(patient=episode.patient_id)
    return found.select_related("score", "replaced_by").order_by("-sent_at", "-pk")
