"""A person connects a device to a session, and takes it off again. Only a connected device's readings are charted.

Log and association are written in one transaction. The device's row is locked first, then the sessions by number:
of two people who connect one device at once, the second reads what the first did.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from glimmer.actions.act import Act, acting
from glimmer.actions.entries import required_text
from glimmer.actions.live import announce
from glimmer.actions.log import Bedside, append, attend, lock_session, posted_before
from glimmer.care.session.events import DeviceConnected, DeviceDisconnected, SessionEvent, What
from glimmer.records.devices import Association
from glimmer.records.sessions import Device, TreatmentSession
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput, ChangedMeanwhile, RuleRefused

LONGEST_REASON = 500


def connect_device(
    session: TreatmentSession,
    device_id: int,
    *,
    may_be_unnamed: bool = False,
    seen_elsewhere: int = 0,
    reason: str = "",
    by: Staff,
    form_token: str = "",
    at: datetime | None = None,
) -> list[SessionEvent]:
    """Connect one device to a session, taking it from another session where the person confirmed that.

    `may_be_unnamed`: the person confirms that the device sends no patient number. `seen_elsewhere` is the number of
    the association that the page showed to be open elsewhere (0: none); then `reason` is needed, and both logs say so.
    Returns the events written to this session's log; raises ChangedMeanwhile where the device is held otherwise than
    the page showed.
    """
    moment = at or timezone.now()
    with acting(by, "device.connect", verb="connect_device", at=moment) as act:
        (device,) = _locked_devices([device_id])
        held = _open_associations([device_id]).get(device_id)
        here, there = _locked_sessions(session, held)
        # Somebody may have disconnected it, or ended that session, while this press waited for the session's row.
        held = _open_associations([device_id]).get(device_id)
        _say_which(act, here)
        if form_token and posted_before(here.pk, form_token):
            return []
        _must_be_live(here)
        if held is not None and held.session_id == here.pk:
            raise ChangedMeanwhile(f"{_where(device, held)}. It is connected here already, so nothing was changed.")
        if held is not None and there is not None:
            why = _why_taken(device, held, seen_elsewhere, reason)
            _end(held, there, f"Connected to the session in {here.bay.name} instead: {why}", by, act.at)
        events = _begin(here, [device], may_be_unnamed, by, act.at, form_token)
        act.note(device=device.pk, moved=there is not None, may_be_unnamed=may_be_unnamed)
    return events


def connect_bay(
    session: TreatmentSession, *, by: Staff, form_token: str = "", at: datetime | None = None
) -> list[SessionEvent]:
    """Connect, in one press, every device that stands in the session's bay and is connected nowhere.

    Each has to name the patient: whether a device sends no number is confirmed for one device at a time.
    """
    moment = at or timezone.now()
    with acting(by, "device.connect", verb="connect_bay", at=moment) as act:
        standing_there = Device.objects.filter(bay_id=session.bay_id, retired_at__isnull=True)
        devices = _locked_devices(standing_there.values_list("pk", flat=True))
        held = _open_associations([device.pk for device in devices])
        here = lock_session(session)
        _say_which(act, here)
        if form_token and posted_before(here.pk, form_token):
            return []
        _must_be_live(here)
        free = [device for device in devices if device.pk not in held]
        if not free:
            raise ChangedMeanwhile(
                "Every device of this bay is connected already, so nothing was changed. "
                "Look at the devices below: each says to which session and by whom."
            )
        events = _begin(here, free, False, by, act.at, form_token)
        act.note(devices=[device.pk for device in free])
    return events


def disconnect_device(
    session: TreatmentSession,
    device_id: int,
    reason: str,
    *,
    by: Staff,
    form_token: str = "",
    at: datetime | None = None,
) -> list[SessionEvent]:
    """Take a device off a session, and say why. From here on what it sends goes to quarantine."""

    def decide(bedside: Bedside) -> list[What]:
        found = Association.objects.filter(
            device_id=device_id, session=bedside.session, disconnected_at__isnull=True
        ).select_related("device")
        held = found.first()
        if held is None:
            raise ChangedMeanwhile("This device is no longer connected to this session, so nothing was changed.")
        why = required_text(reason, "reason", "Say why the device is disconnected.", LONGEST_REASON)
        _close(held, why, by, bedside.at)
        return [DeviceDisconnected(held.device.identifier, why)]

    return attend(session, "device.connect", "disconnect_device", decide, by=by, form_token=form_token, at=at)


def _locked_devices(device_ids: Iterable[int]) -> list[Device]:
    # No key is changed: the gateway, which refers to the device with every message, does not have to wait.
    devices = list(Device.objects.select_for_update(no_key=True).filter(pk__in=list(device_ids)).order_by("pk"))
    if not devices:
        raise BadInput("There is no such device. Load the page again and choose from those it lists.")
    for device in devices:
        if device.retired_at is not None:
            raise RuleRefused(f"{device} was retired, so it is connected to no session. Take another device.")
    return devices


def _open_associations(device_ids: Sequence[int]) -> dict[int, Association]:
    found = Association.objects.filter(device_id__in=device_ids, disconnected_at__isnull=True)
    return {one.device_id: one for one in found.select_related("device", "session__bay", "connected_by")}


def _locked_sessions(
    session: TreatmentSession, held: Association | None
) -> tuple[TreatmentSession, TreatmentSession | None]:
    """Lock this session and the one that holds the device, in the order of their numbers as everywhere."""
    wanted = sorted({session.pk, held.session_id if held else session.pk})
    locked = {number: lock_session(TreatmentSession(pk=number)) for number in wanted}
    return locked[session.pk], locked[held.session_id] if held else None


def _must_be_live(session: TreatmentSession) -> None:
    if session.ended_at is not None:
        raise RuleRefused("This session is over, so no device can be connected to it.")


def _why_taken(device: Device, held: Association, seen_elsewhere: int, reason: str) -> str:
    """Return why the device is taken from where it is; refuse what the person has not seen and confirmed."""
    where = _where(device, held)
    if held.pk != seen_elsewhere:
        raise ChangedMeanwhile(f"{where}. Nothing of yours was changed. Look at the devices again below.")
    return required_text(
        reason, "reason", f"{where}. Say why it is taken from that session, or leave it there.", LONGEST_REASON
    )


def _where(device: Device, held: Association) -> str:
    at = timezone.localtime(held.connected_at)
    return f"{held.connected_by} connected {device.identifier} to the session in {held.session.bay.name} at {at:%H:%M}"


def _begin(
    session: TreatmentSession,
    devices: Sequence[Device],
    may_be_unnamed: bool,
    by: Staff,
    at: datetime,
    form_token: str,
) -> list[SessionEvent]:
    Association.objects.bulk_create(
        Association(device=device, session=session, connected_at=at, connected_by=by, may_be_unnamed=may_be_unnamed)
        for device in devices
    )
    what = [DeviceConnected(device.identifier, may_be_unnamed) for device in devices]
    return _written(session, what, by, at, form_token)


def _end(held: Association, session: TreatmentSession, reason: str, by: Staff, at: datetime) -> None:
    _close(held, reason, by, at)
    _written(session, [DeviceDisconnected(held.device.identifier, reason)], by, at)


def _close(held: Association, reason: str, by: Staff, at: datetime) -> None:
    held.disconnected_at, held.disconnected_by, held.reason = at, by, reason[:LONGEST_REASON]
    held.save(update_fields=["disconnected_at", "disconnected_by", "reason"])


def _written(
    session: TreatmentSession, what: Sequence[What], by: Staff, at: datetime, form_token: str = ""
) -> list[SessionEvent]:
    events = append(session, what, by=str(by), author=by, at=at, form_token=form_token)
    session.save(update_fields=["last_seq"])
    transaction.on_commit(lambda: announce(session.pk, events))
    return events


def _say_which(act: Act, session: TreatmentSession) -> None:
    act.about(session)
    act.patient_id = session.episode.patient_id
