"""Whose reading is it? A message is charted only where device, bay, session and patient all agree.

Nothing is ever guessed: a message that names nobody, or somebody else, or comes from a device that stands
nowhere, is kept in quarantine with the reason, for a person to look at.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import nhs_number

from glimmer.guidance.figures import figure
from glimmer.vocabulary.parameters import FORMS
from glimmer.vocabulary.readings import Reading

# HL7 table 0203: the kinds of identifier that name a person. A visit or account number does not.
NAMES_A_PERSON = frozenset({"", "NH", "NHS", "MR", "PI", "PT", "PN"})
NHS_KINDS = frozenset({"NH", "NHS"})


@dataclass(frozen=True, slots=True)
class Claim:
    """What a message says of itself.

    `device` is what the device calls itself; `identifiers` are the patient's as sent: (value, authority,
    type); `event_at` is the time of an alarm, where the message is one. `is_demo`: marked as demonstration.
    """

    device: str
    identifiers: tuple[tuple[str, str, str], ...]
    readings: tuple[Reading, ...]
    received_at: datetime
    event_at: datetime | None = None
    is_demo: bool = False


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A device that is registered. `bay` is "" while it stands in none."""

    identifier: str
    bay: str


@dataclass(frozen=True, slots=True)
class BaySession:
    """The live session in a bay, and the identity of its patient."""

    session_id: int
    bay: str
    opened_at: datetime
    nhs_number: str
    local_number: str


@dataclass(frozen=True, slots=True)
class Charted:
    """These readings belong to this session. `not_charted` says of each other reading why it was left out."""

    session_id: int
    readings: tuple[Reading, ...]
    not_charted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Nothing of the message is charted. `reason` is for the person who looks at it."""

    reason: str


def attribute(claim: Claim, device: KnownDevice | None, session: BaySession | None) -> Charted | Quarantined:
    """Say whose readings these are, or why nobody can say."""
    for objection in (
        _about_the_device(claim, device, session),
        _about_the_patient(claim, session),
        _about_the_clock(claim),
    ):
        if objection:
            return Quarantined(objection)
    assert session is not None  # no session is an objection about the device
    return _chart(claim, session)


def _about_the_device(claim: Claim, device: KnownDevice | None, session: BaySession | None) -> str:
    if claim.is_demo:
        return "The device marks this message as a demonstration, not a patient."
    if not claim.device:
        return "The message does not say which device sent it."
    if device is None:
        return f"The device {claim.device!r} is not registered. Register it, then its messages can be charted."
    if not device.bay:
        return f"The device {claim.device!r} is registered but stands in no bay."
    if session is None:
        return f"There is no live session in {device.bay}, where the device {claim.device!r} stands."
    if session.bay != device.bay:
        return f"The device {claim.device!r} stands in {device.bay}, but the session is in {session.bay}."
    return ""


def _about_the_patient(claim: Claim, session: BaySession | None) -> str:
    if session is None:
        return ""
    named = [(_plain(value), authority.upper(), kind.upper()) for value, authority, kind in claim.identifiers]
    named = [identifier for identifier in named if identifier[0]]
    if not named:
        return "The message names no patient. Enter the patient on the device."
    verdicts = [_names(identifier, session) for identifier in named]
    if False in verdicts:
        return "The message names another patient than the one whose session runs in this bay."
    if True not in verdicts:
        return "The message names the patient only by identifiers that this clinic does not know."
    return ""


def _names(identifier: tuple[str, str, str], session: BaySession) -> bool | None:
    """Say whether an identifier names the session's patient: yes, no, or None where it cannot be compared."""
    value, authority, kind = identifier
    # Whatever kind a sender gives it, a number that the NHS assigned is the patient's and must agree.
    given_by_nhs = authority in NHS_KINDS or kind.startswith("NH")
    if kind not in NAMES_A_PERSON and not given_by_nhs:
        return None
    nhs, local = _plain(session.nhs_number), _plain(session.local_number)
    is_nhs = given_by_nhs or bool(nhs_number.is_valid(value))
    if is_nhs:
        return bool(nhs) and value == nhs
    if local and value == local:
        return True
    # Another number of our own kind is another patient; a number of another kind tells nothing.
    return False if local and _shape(value) == _shape(local) else None


def _plain(text: str) -> str:
    if text.isalnum():
        return text.upper()  # nothing to take out, as in nearly every identifier
    return re.sub(r"[\s\-]", "", text or "").upper()


def _shape(value: str) -> str:
    return re.sub(r"[0-9]", "9", value)


def _about_the_clock(claim: Claim) -> str:
    moments = [reading.measured_at for reading in claim.readings]
    if claim.event_at is not None:
        moments.append(claim.event_at)
    if not moments:
        return ""
    ahead = timedelta(seconds=figure("gateway", "clock_ahead_allowed").value)
    behind = timedelta(seconds=figure("gateway", "clock_behind_allowed").value)
    newest = max(moments)
    if newest > claim.received_at + ahead:
        return f"The device's clock is {_span(newest - claim.received_at)} ahead. Set its clock."
    if newest < claim.received_at - behind:
        return (
            f"The newest value was measured {_span(claim.received_at - newest)} before it arrived: "
            "the device's clock is wrong, or the message is old."
        )
    return ""


def _span(difference: timedelta) -> str:
    seconds = int(difference.total_seconds())
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds % 60} s"


def _chart(claim: Claim, session: BaySession) -> Charted:
    charted: list[Reading] = []
    left_out: list[str] = []
    earliest = claim.received_at - timedelta(seconds=figure("gateway", "clock_behind_allowed").value)
    since = max(session.opened_at, earliest)
    if all(reading.measured_at >= since for reading in claim.readings):
        return Charted(session.session_id, claim.readings)
    for reading in claim.readings:
        why_not = _left_out(reading, claim, session, earliest)
        if why_not:
            left_out.append(f"{FORMS[reading.parameter].name} {reading.shown}: {why_not}")
        else:
            charted.append(reading)
    return Charted(session.session_id, tuple(charted), tuple(left_out))


def _left_out(reading: Reading, claim: Claim, session: BaySession, earliest: datetime) -> str:
    if reading.measured_at < session.opened_at:
        # A cuff keeps its last value when the next patient is connected: it may be the last patient's.
        return "measured before this session was opened."
    if reading.measured_at < earliest:
        return f"measured {_span(claim.received_at - reading.measured_at)} before it arrived."
    return ""
