"""The devices of a session page and of the chair board: what is connected, what speaks, and for whom it names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from django.conf import settings

from glimmer.actions.heard import Heard, Station, stations
from glimmer.guidance.figures import figure
from glimmer.monitoring.attribution import ANOTHER, NOBODY, THIS, UNKNOWN, names
from glimmer.records.sessions import TreatmentSession
from glimmer.web.jinja import shown_time
from glimmer.web.session_tiles import age_in_words, span_in_words

CONNECTED, FREE, ELSEWHERE = "connected", "free", "elsewhere"
SIGNS = {CONNECTED: "✓", FREE: "○", ELSEWHERE: "●"}
WARNING = "▲"
NAMED = {
    THIS: "names this patient",
    NOBODY: "names nobody",
    ANOTHER: "names somebody else",
    UNKNOWN: "names a number that is not known here",
}
HEARD_STEP = 5
UNCHARTED = ("quarantined", "refused")
NO_CLOCK_IS_SLOW: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """One device on a session page. `is_warning`: it needs a look. `since`: seconds since 1970 of its last message.

    `place` is connected (here), free or elsewhere; `in_bay`: it stands in the session's bay.
    """

    device_id: int
    name: str
    kind: str
    place: str
    in_bay: bool
    stands: str
    says: str
    sign: str
    is_warning: bool
    since: float | None
    age: str
    names: str
    association_id: int


@dataclass(frozen=True, slots=True)
class DeviceRows:
    """The devices that are connected to a session or stand in its bay, the connected ones first."""

    near: tuple[DeviceRow, ...]

    @property
    def can_connect_bay(self) -> bool:
        """True where more than one device stands here unconnected."""
        return sum(row.place == FREE and row.in_bay for row in self.near) > 1

    @property
    def silent_because(self) -> str:
        """Say plainly why nothing arrives, where no device is connected at all."""
        if any(row.place == CONNECTED for row in self.near):
            return ""
        return "No device is connected to this session, so nothing that a monitor sends is charted here."


def device_rows(session: TreatmentSession, now: datetime, slow: Mapping[str, float] = NO_CLOCK_IS_SLOW) -> DeviceRows:
    """Return the devices near a session as the last look saw them.

    `slow` are the devices whose clocks are behind, with their errors in seconds (`SessionLog.clocks.slow`).
    """
    rows = [_row(one, session, now, slow.get(one.identifier, 0)) for one in stations() if _is_near(one, session)]
    return DeviceRows(tuple(sorted(rows, key=lambda row: (row.place != CONNECTED, row.name))))


def devices_elsewhere(session: TreatmentSession, now: datetime) -> tuple[DeviceRow, ...]:
    """Return all other devices of the clinic, by bay and name."""
    return tuple(_row(one, session, now, 0) for one in stations() if not _is_near(one, session))


def _is_near(one: Station, session: TreatmentSession) -> bool:
    return one.bay_id == session.bay_id or one.session_id == session.pk


def _row(one: Station, session: TreatmentSession, now: datetime, slow_by: float) -> DeviceRow:
    patient = (session.episode.patient.nhs_number, session.episode.patient.local_number)
    place = FREE if one.session_id is None else CONNECTED if one.session_id == session.pk else ELSEWHERE
    speaks = is_speaking(one.heard, now)
    # Told to five seconds: a device that speaks each second must not have its line drawn anew each second.
    since = one.heard.at.timestamp() // HEARD_STEP * HEARD_STEP if one.heard else None
    says, is_warning = _words(one, place, speaks)
    if slow_by and place == CONNECTED:
        says = f"{says} Its clock is {span_in_words(slow_by)} slow: its times are put right here. Set its clock."
        is_warning = True
    return DeviceRow(
        device_id=one.device_id,
        name=one.identifier,
        kind=one.kind,
        place=place,
        in_bay=one.bay_id == session.bay_id,
        stands=one.bay or "no bay",
        says=says,
        sign=WARNING if is_warning else SIGNS[place],
        is_warning=is_warning,
        since=since,
        age=age_in_words(now.timestamp() // HEARD_STEP * HEARD_STEP - since) if since is not None else "",
        names=NAMED[_named(one.heard, session.pk, patient)] if speaks and one.heard and place != CONNECTED else "",
        association_id=one.association_id,
    )


def _words(one: Station, place: str, speaks: bool) -> tuple[str, bool]:
    """Return what a device's line says, and whether it needs a look."""
    if place == CONNECTED:
        unnamed = " It may send no patient number." if one.may_be_unnamed else ""
        by = f"connected {shown_time(one.connected_at)} by {one.connected_by}.{unnamed}" if one.connected_at else ""
        heard = one.heard
        if heard and heard.status in UNCHARTED and one.connected_at and heard.at >= one.connected_at:
            return f"{by} Its last message was not charted: {heard.reason}", True
        return by, False
    if place == ELSEWHERE:
        return f"connected to the session in {one.session_bay} by {one.connected_by}.", False
    if speaks:
        return "not connected, but speaking. Nothing that it sends is charted.", True
    return "not connected, and silent.", False


def is_speaking(heard: Heard | None, now: datetime) -> bool:
    """Say whether a device's last message is fresh."""
    return heard is not None and (now - heard.at).total_seconds() <= figure("gateway", "speaking_within").value


def _named(heard: Heard, session_id: int, patient: tuple[str, str]) -> str:
    if heard.session_id is not None and not heard.named:
        return THIS if heard.session_id == session_id else ANOTHER
    return names(heard.named, *patient, settings.ENVIRONMENT.local_authority)


@dataclass(frozen=True, slots=True)
class BaySign:
    """One device on the chair board."""

    sign: str
    says: str
    is_warning: bool


def bay_signs(bay_id: int, session_id: int | None, now: datetime) -> tuple[BaySign, ...]:
    """Return the devices of a bay in words: what is connected to its session, and what speaks into the void."""
    return tuple(_bay_signs(stations(), bay_id, session_id, now))


def _bay_signs(among: Iterable[Station], bay_id: int, session_id: int | None, now: datetime) -> Iterable[BaySign]:
    for one in among:
        if session_id is not None and one.session_id == session_id:
            if is_speaking(one.heard, now):
                yield BaySign(SIGNS[CONNECTED], f"{one.identifier} connected", False)
            else:
                yield BaySign(WARNING, f"{one.identifier} connected, silent", True)
        elif one.bay_id == bay_id and one.session_id is None and is_speaking(one.heard, now):
            yield BaySign(WARNING, f"{one.identifier} speaks, not connected", True)
        elif one.bay_id == bay_id and one.session_id is not None:
            yield BaySign(SIGNS[ELSEWHERE], f"{one.identifier} connected in {one.session_bay}", False)
        elif one.bay_id == bay_id and session_id is not None:
            yield BaySign(SIGNS[FREE], f"{one.identifier} not connected", False)
