"""What can happen in a session. The log of these events is the session; all else is derived from it.

An event is never changed or removed: a mistake is answered by a `Corrected` event that names it.
`happened_at` is when it happened at the bedside; `received_at` is when Glimmer heard of it.
Each kind of event is a small frozen class; `to_body` and `from_body` turn it into the JSON that is
stored and back. A field added later must have a default, so that old logs can always be replayed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any, ClassVar

from glimmer.vocabulary.parameters import Parameter
from glimmer.vocabulary.readings import Reading

KINDS: dict[str, type["What"]] = {}


class What:
    """Base of every kind of event; `kind` is the name under which the event is stored."""

    kind: ClassVar[str] = ""

    def __init_subclass__(cls, *, kind: str) -> None:
        cls.kind = kind
        KINDS[kind] = cls


@dataclass(frozen=True)
class SessionOpened(What, kind="opened"):
    """The session's pinned facts, written once as its first event.

    `dose_mg` is the prescribed dose; `oxygen_scale` is the NEWS2 scale (1, or 2 when a clinician
    set it); `pregnancy_possible` decides whether the pregnancy check applies.
    """

    protocol_id: str
    protocol_version: str
    session_number: int
    dose_mg: float
    infusion_minutes: float
    weight_kg: float
    bay: str
    oxygen_scale: int = 1
    pregnancy_possible: bool = False


@dataclass(frozen=True)
class CheckRecorded(What, kind="check"):
    """One answer of the checks before: `answer` is "yes", "no" or "not_applicable"."""

    check: str
    answer: str
    note: str = ""


@dataclass(frozen=True)
class CheckOverridden(What, kind="check_overridden"):
    """A clinician takes responsibility for a check that failed but that the protocol lets a person override."""

    check: str
    reason: str


@dataclass(frozen=True)
class InfusionPrepared(What, kind="prepared"):
    """The syringe as drawn up: strengths in mg/mL, volumes in mL, rate in mL/h. Not yet checked."""

    drug: str
    batch: str
    expires_on: str
    vial_concentration_mg_per_ml: float
    dose_mg: float
    drug_volume_ml: float
    total_volume_ml: float
    final_concentration_mg_per_ml: float
    rate_ml_per_hour: float


@dataclass(frozen=True)
class InfusionChecked(What, kind="prepared_checked"):
    """A second person checked the preparation numbered `prepared_seq` and found it as written."""

    prepared_seq: int


@dataclass(frozen=True)
class InfusionStarted(What, kind="started"):
    """The pump was started."""


@dataclass(frozen=True)
class InfusionPaused(What, kind="paused"):
    """The pump was paused."""

    reason: str


@dataclass(frozen=True)
class InfusionResumed(What, kind="resumed"):
    """The pump was started again after a pause."""

    reason: str = ""


@dataclass(frozen=True)
class InfusionStopped(What, kind="stopped"):
    """The infusion was ended before its planned volume; it cannot be resumed."""

    reason: str


@dataclass(frozen=True)
class InfusionCompleted(What, kind="completed"):
    """The whole planned volume was given. `volume_ml` is what the pump showed, where it was read."""

    volume_ml: float | None = None


@dataclass(frozen=True)
class DeviceReadings(What, kind="device_readings"):
    """Values that a monitor or pump sent in one message."""

    device: str
    readings: tuple[Reading, ...]
    message_id: int | None = None


@dataclass(frozen=True)
class DeviceAlarm(What, kind="device_alarm"):
    """An alarm or event that a device reported about itself or the patient (PCD-04, PCD-10)."""

    device: str
    code: str
    text: str
    phase: str = ""
    state: str = ""
    priority: str = ""
    message_id: int | None = None


@dataclass(frozen=True)
class ObservationRecorded(What, kind="observation"):
    """One round of observations taken by a person.

    `due_minute` is the planned minute after the start that it answers (None for an extra round);
    `consciousness` is A, C, V, P or U; `attributed_to_drug` says that a named clinician attributes
    new confusion to the expected effect of the drug; `sedation` is MOAA/S 0 to 5.
    """

    readings: tuple[Reading, ...]
    due_minute: int | None = None
    consciousness: str = ""
    attributed_to_drug: bool = False
    sedation: int | None = None
    on_oxygen: bool = False
    dissociation: int | None = None
    note: str = ""


@dataclass(frozen=True)
class SideEffectRecorded(What, kind="side_effect"):
    """A side effect; `severity` is mild, moderate or severe; `elicited` is reported, asked or observed."""

    symptom: str
    severity: str
    elicited: str
    note: str = ""


@dataclass(frozen=True)
class AlarmRaised(What, kind="alarm_raised"):
    """An alarm was shown to the team. `key` is the rule and its onset; `priority` high, medium or low."""

    key: str
    rule: str
    priority: str
    says: str
    action: str


@dataclass(frozen=True)
class AlarmAcknowledged(What, kind="alarm_acknowledged"):
    """A named person took charge of an alarm and said what they did."""

    key: str
    did: str = ""


@dataclass(frozen=True)
class NoteWritten(What, kind="note"):
    """Free text about the session."""

    text: str


@dataclass(frozen=True)
class LeavingChecked(What, kind="leaving"):
    """One answer of the criteria for leaving: `answer` is "yes" or "no"."""

    criterion: str
    answer: str
    note: str = ""


@dataclass(frozen=True)
class LeavingOverridden(What, kind="leaving_overridden"):
    """A psychiatrist lets the patient leave although a criterion is not met, and says why."""

    criterion: str
    reason: str


@dataclass(frozen=True)
class Discharged(What, kind="discharged"):
    """The patient left. `escorted_by` names the adult, or says how they travel alone."""

    escorted_by: str
    advice_given: bool = True


@dataclass(frozen=True)
class SessionCancelled(What, kind="cancelled"):
    """The session ended without any drug being given."""

    reason: str


@dataclass(frozen=True)
class Corrected(What, kind="corrected"):
    """The event numbered `seq` was wrong. The right one follows as an event of its own, or none does."""

    seq: int
    reason: str


@dataclass(frozen=True, slots=True)
class SessionEvent:
    """One line of the log.

    `seq` counts from 1 within the session in the order of storing. `by` is the name shown
    ("Maya Okafor, nurse", "device bay-1-monitor", "Glimmer"); `by_id` is the staff id for people.
    """

    seq: int
    happened_at: datetime
    received_at: datetime
    by: str
    what: What
    by_id: int | None = None


def to_body(what: What) -> dict[str, Any]:
    """Return the event's own fields as a JSON-ready dictionary (readings as 4-item lists)."""
    body = {name: getattr(what, name) for name in _field_names(what.kind)}
    if "readings" in body:
        body["readings"] = _packed(body["readings"])
    return body


@cache
def _field_names(kind: str) -> tuple[str, ...]:
    return tuple(field.name for field in fields(KINDS[kind]))  # type: ignore[arg-type]


def from_body(kind: str, body: dict[str, Any]) -> What:
    """Return the event that `to_body` packed. Unknown kinds raise KeyError: a log must never be half read."""
    body = dict(body)
    if "readings" in body:
        body["readings"] = tuple(_unpack(r) for r in body["readings"])
    return KINDS[kind](**body)


def _packed(readings: Iterable[Reading]) -> list[list[Any]]:
    packed = []
    at, at_in_words = None, ""
    for reading in readings:
        if reading.measured_at is not at:
            # The values of one message were mostly measured at one moment: it is written out once.
            at = reading.measured_at
            at_in_words = at.isoformat()
        packed.append([str(reading.parameter), reading.value, at_in_words, reading.site])
    return packed


def _unpack(packed: list[Any]) -> Reading:
    parameter, value, measured_at, site = packed
    return Reading(Parameter(parameter), value, datetime.fromisoformat(measured_at), site)
