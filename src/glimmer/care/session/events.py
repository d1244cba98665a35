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
class FunctionsSwitched(What, kind="functions_switched"):
    """Which functions that make software a medical device work in this session from now on, by whose signature.

    Written when a session is opened, and into each live one when the clinical safety officer signs a change.
    A log that holds none is older than the switches: then all that there was then counts as on.
    """

    alarms: bool
    dose_arithmetic: bool
    prediction: bool
    signed_by: str = ""


@dataclass(frozen=True)
class DeviceConnected(What, kind="device_connected"):
    """A person connected a device to this session. From here on what it sends may be charted here, and nowhere else.

    `may_be_unnamed`: that person confirmed that the device sends no patient number, so a message that names nobody
    is charted too. A message that names somebody else never is.
    """

    device: str
    may_be_unnamed: bool = False


@dataclass(frozen=True)
class DeviceDisconnected(What, kind="device_disconnected"):
    """A device was taken off this session by a person, or because the session ended."""

    device: str
    reason: str = ""


@dataclass(frozen=True)
class IdentityContradicted(What, kind="identity_contradicted"):
    """A connected device named another patient; what it sent is in quarantine. Whom it named stays out of this log."""

    device: str
    message_id: int | None = None


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
    """What was made ready: strengths in mg/mL, volumes in mL, rate in mL/h (0 where no pump gives it). Not yet checked.

    The kinds from here on are named after the infusion, the first way of giving; an injection, a nasal device and a
    measured dose are prepared, checked, started and stopped as well.
    """

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
class DrugTaken(What, kind="drug_taken"):
    """Containers of the controlled drug were taken out for this session, before a witness.

    `page` and `entry` are the register's; strength in mg/mL, `container_ml` what one container holds.
    """

    page: int
    entry: int
    drug: str
    strength_mg_per_ml: float
    container_ml: float
    containers: int
    batch: str
    expires_on: str
    witness: str


@dataclass(frozen=True)
class DrugPutBack(What, kind="drug_put_back"):
    """Unopened containers of entry `taken` were put back as register entry `entry`, before a witness."""

    page: int
    taken: int
    entry: int
    containers: int
    witness: str


@dataclass(frozen=True)
class DrugAccounted(What, kind="drug_accounted"):
    """What became of all that was taken, in mL of the undiluted drug: given and discarded, before a witness.

    `missing_ml` is what both people cannot account for (below 0: more than was taken), with `explanation`.
    """

    taken_ml: float
    given_ml: float
    discarded_ml: float
    witness: str
    missing_ml: float = 0
    explanation: str = ""


@dataclass(frozen=True)
class InfusionStarted(What, kind="started"):
    """The pump was started."""


@dataclass(frozen=True)
class StepGiven(What, kind="step_given"):
    """One step of a dose that no pump gives was given: step `number` of `of`, with `ml` of the drug in it."""

    number: int
    of: int
    ml: float


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
    """Values that a monitor or pump sent in one message. `drug` is what a pump calls what it gives ("" if unsaid).

    `attributed`: two people took them from quarantine. They are history, and tell nothing of the device's clock.
    """

    device: str
    readings: tuple[Reading, ...]
    message_id: int | None = None
    drug: str = ""
    attributed: bool = False


@dataclass(frozen=True)
class DeviceAlarm(What, kind="device_alarm"):
    """An alarm or event that a device reported about itself or the patient (PCD-04, PCD-10).

    `about` is what kind of thing it is: probe_off (a sensor, lead or cuff is not where it measures), physiological,
    technical, advisory, pump, or "" where the message leaves it open. `parameter` names the measurement concerned
    ("spo2"), and is "" where the message does not say: then the event speaks of no measurement in particular.
    """

    device: str
    code: str
    text: str
    phase: str = ""
    state: str = ""
    priority: str = ""
    message_id: int | None = None
    about: str = ""
    parameter: str = ""


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
class ConfusionAttributed(What, kind="confusion_attributed"):
    """A named clinician attributes the confusion that the round numbered `seq` recorded to the drug, and says why.

    The score stays as it is; who is called changes.
    """

    seq: int
    reason: str


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
class AlarmEscalated(What, kind="alarm_escalated"):
    """Nobody took charge of an alarm in its time, so it was shown to the next rung of the protocol's ladder.

    `rung` counts from 1; `to` says who that is, in the protocol's words.
    """

    key: str
    rung: int
    to: str


@dataclass(frozen=True)
class SoundPaused(What, kind="sound_paused"):
    """A named person silenced the tones of this session for `seconds`. What is shown stays; a new alarm may sound."""

    seconds: int
    reason: str = ""


@dataclass(frozen=True)
class SoundResumed(What, kind="sound_resumed"):
    """The tones of this session were switched on again before the pause was over."""


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
