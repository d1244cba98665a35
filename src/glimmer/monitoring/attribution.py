"""Whose reading is it? A message is charted only where a person's association and the patient's identity agree.

Nothing is ever guessed: a message that names somebody else, or nobody where a name is expected, or comes from a
device that nobody connected, is kept in quarantine with the reason, for a person to look at.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import nhs_number

from glimmer.guidance.figures import figure
from glimmer.vocabulary.parameters import FORMS
from glimmer.vocabulary.readings import Reading

# HL7 table 0203: the kinds of identifier that name a person, and those that name a visit, an account or a
# document. A kind that stands in neither is unknown, and says nothing about the number beside it.
NAMES_A_PERSON = frozenset({"", "NH", "NHS", "MR", "PI", "PT", "PN"})
NAMES_NO_PERSON = frozenset({"VN", "AN", "ANC", "AND", "ANT", "VS", "XV", "FN", "PLAC", "FILL", "SS", "DL", "PPN"})
NHS_KINDS = frozenset({"NH", "NHS"})
THIS, ANOTHER, NOBODY, UNKNOWN = "this patient", "another patient", "nobody", "a number not known here"


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
    """A device that is registered. `bay` is where it usually stands ("" for nowhere); `bay_is_live`: in session.

    `is_retired`: a person took it out of use.
    """

    identifier: str
    bay: str = ""
    bay_is_live: bool = False
    is_retired: bool = False


@dataclass(frozen=True, slots=True)
class Connected:
    """The session that a device was connected to when a message arrived, and the identity of its patient.

    `since` is when a person connected it. `may_be_unnamed`: that person confirmed that the device sends no patient
    number. `has_ended`: the session is over by now, so nothing more may be added to what was seen of it. `doubt` says
    in words why it is not certain that the device was connected here at that moment ("" where it is): then only the
    patient's own number is believed.
    """

    session_id: int
    opened_at: datetime
    since: datetime
    nhs_number: str
    local_number: str
    may_be_unnamed: bool = False
    has_ended: bool = False
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Charted:
    """These readings belong to this session. `not_charted` says of each other reading why it was left out."""

    session_id: int
    readings: tuple[Reading, ...]
    not_charted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Nothing of the message is charted. `reason` is for the person who looks at it.

    `contradicts`: a device that a person connected named another patient; that is alarmed as well.
    """

    reason: str
    contradicts: bool = False


def attribute(
    claim: Claim, device: KnownDevice | None, connected: Connected | None, local_authority: str = ""
) -> Charted | Quarantined:
    """Say whose readings these are, or why nobody can say.

    `local_authority` is how devices name the clinic as the giver of its own numbers (PID-3.4); "" takes any.
    """
    objection = _about_the_device(claim, device, connected)
    if objection or connected is None:
        return Quarantined(objection)
    named = names(claim.identifiers, connected.nhs_number, connected.local_number, local_authority)
    if named == ANOTHER:
        return Quarantined("The message names another patient than the one the device is connected to.", True)
    objection = _about_the_name(named, connected) or _about_the_clock(claim)
    return Quarantined(objection) if objection else _chart(claim, connected)


def attribute_by_people(claim: Claim, opened_at: datetime, ended_at: datetime | None) -> Charted | Quarantined:
    """Say what of a message from quarantine may be charted in a session that two people have named.

    Their word stands for the identity. The times are judged as for any message, and it has to have arrived while the
    session was live.
    """
    if claim.received_at < opened_at or (ended_at is not None and claim.received_at > ended_at):
        return Quarantined("It did not arrive while this session was live.")
    objection = _about_the_clock(claim)
    if objection:
        return Quarantined(objection)
    return _chart(claim, Connected(0, opened_at, opened_at, "", ""))


def _about_the_device(claim: Claim, device: KnownDevice | None, connected: Connected | None) -> str:
    if claim.is_demo:
        return "The device marks this message as a demonstration, not a patient."
    if not claim.device:
        return "The message does not say which device sent it."
    if device is None:
        return f"The device {claim.device!r} is not registered. Register it, then its messages can be charted."
    if device.is_retired:
        return f"The device {claim.device!r} was retired, so nothing that it sends is charted. Find out why it speaks."
    if connected is None:
        return _not_connected(claim, device)
    if connected.has_ended:
        return f"The session that the device {claim.device!r} was connected to has ended."
    return ""


def _not_connected(claim: Claim, device: KnownDevice) -> str:
    says = f"The device {claim.device!r} is not connected to a session."
    if device.bay_is_live:
        return f"{says} There is one in {device.bay}, where it stands: connect it on that session's page."
    return f"{says} There is none in {device.bay}, where it stands." if device.bay else says


def _about_the_name(named: str, connected: Connected) -> str:
    if named == NOBODY and not connected.may_be_unnamed:
        return "The message names no patient. Enter the patient on the device."
    if named == NOBODY and connected.doubt:
        return connected.doubt
    if named == UNKNOWN:
        return "The message names the patient only by identifiers that this clinic does not know."
    return ""


def names(identifiers: tuple[tuple[str, str, str], ...], nhs: str, local: str, local_authority: str = "") -> str:
    """Say whom a message names, seen from one patient: this patient, another, nobody, or a number not known here."""
    named = [(_plain(value), authority.upper(), kind.upper()) for value, authority, kind in identifiers]
    named = [identifier for identifier in named if identifier[0]]
    if not named:
        return NOBODY
    verdicts = [_names(identifier, _plain(nhs), _plain(local), local_authority.upper()) for identifier in named]
    if False in verdicts:
        return ANOTHER
    return THIS if True in verdicts else UNKNOWN


def _names(identifier: tuple[str, str, str], nhs: str, local: str, local_authority: str) -> bool | None:
    """Say whether an identifier names the patient: yes, no, or None where it cannot be compared."""
    value, authority, kind = identifier
    # Whatever kind a sender gives it, a number that the NHS assigned is the patient's and must agree.
    given_by_nhs = authority in NHS_KINDS or kind.startswith("NH")
    if given_by_nhs or (_may_be_nhs(authority, kind) and nhs_number.is_valid(value)):
        return bool(nhs) and value == nhs
    if kind not in NAMES_A_PERSON or (local_authority and authority and authority != local_authority):
        return None
    if local and value == local:
        return True
    if local_authority and authority == local_authority:
        return False
    # Another number of our own shape is another patient; a number of another shape tells nothing.
    return False if local and _shape(value) == _shape(local) else None


def _may_be_nhs(authority: str, kind: str) -> bool:
    return kind in NAMES_A_PERSON or (not authority and kind not in NAMES_NO_PERSON)


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


def _chart(claim: Claim, connected: Connected) -> Charted:
    charted: list[Reading] = []
    left_out: list[str] = []
    earliest = claim.received_at - timedelta(seconds=figure("gateway", "clock_behind_allowed").value)
    since = max(connected.opened_at, connected.since, earliest)
    if all(reading.measured_at >= since for reading in claim.readings):
        return Charted(connected.session_id, claim.readings)
    for reading in claim.readings:
        why_not = _left_out(reading, claim, connected, earliest)
        if why_not:
            left_out.append(f"{FORMS[reading.parameter].name} {reading.shown}: {why_not}")
        else:
            charted.append(reading)
    return Charted(connected.session_id, tuple(charted), tuple(left_out))


def _left_out(reading: Reading, claim: Claim, connected: Connected, earliest: datetime) -> str:
    if reading.measured_at < connected.opened_at:
        # A cuff keeps its last value when the next patient is connected: it may be the last patient's.
        return "measured before this session was opened."
    if reading.measured_at < connected.since:
        return "measured before the device was connected to this session."
    if reading.measured_at < earliest:
        return f"measured {_span(claim.received_at - reading.measured_at)} before it arrived."
    return ""
