"""Tell one session's log in a few lines: `Story().opens().starts(at=15).monitor(at=16, systolic=170, diastolic=95)`.

Times are minutes after the opening, so that a test reads like the session. Nobody here is real.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from glimmer.care.session.events import (
    AlarmAcknowledged,
    AlarmRaised,
    CheckOverridden,
    CheckRecorded,
    Corrected,
    DeviceReadings,
    FunctionsSwitched,
    InfusionChecked,
    InfusionCompleted,
    InfusionPaused,
    InfusionPrepared,
    InfusionResumed,
    InfusionStarted,
    InfusionStopped,
    ObservationRecorded,
    SessionEvent,
    SessionOpened,
    What,
)
from glimmer.monitoring.state import SessionState, session_state
from glimmer.vocabulary.parameters import Parameter
from glimmer.vocabulary.readings import Reading

OPENED_AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
SITES = {"systolic": "cuff", "diastolic": "cuff", "mean_pressure": "cuff", "spo2": "oximeter", "pulse": "oximeter"}
CALM = {"systolic": 122, "diastolic": 78, "pulse": 72, "spo2": 98, "respiratory_rate": 14, "temperature": 36.6}
NURSE, SECOND_NURSE, PSYCHIATRIST = 1, 2, 3


def minute(at: float) -> datetime:
    """Return the moment `at` minutes after the opening."""
    return OPENED_AT + timedelta(minutes=at)


def second(at: float) -> datetime:
    """Return the moment `at` seconds after the opening."""
    return OPENED_AT + timedelta(seconds=at)


def reading(parameter: str, value: float, measured_at: datetime, site: str | None = None) -> Reading:
    """Return a reading with the site that its parameter usually has."""
    return Reading(Parameter(parameter), value, measured_at, SITES.get(parameter, "") if site is None else site)


class Story:
    """The events of one session in the order of telling. Every method returns the story."""

    def __init__(self) -> None:
        self.events: list[SessionEvent] = []

    def tell(
        self,
        what: What,
        at: float,
        by: str = "Maya Okafor, nurse",
        by_id: int | None = NURSE,
        heard: float | None = None,
    ) -> "Story":
        received_at = minute(at if heard is None else heard)
        self.events.append(SessionEvent(len(self.events) + 1, minute(at), received_at, by, what, by_id))
        return self

    def switches(self, at: float, *, alarms: bool = True, dose_arithmetic: bool = True) -> "Story":
        """The clinical safety officer signs which functions are on."""
        what = FunctionsSwitched(alarms, dose_arithmetic, False, "Dr Wilf Tarrant, safety officer")
        return self.tell(what, at, by="Dr Wilf Tarrant, safety officer", by_id=9)

    @property
    def seq(self) -> int:
        """The number of the event told last."""
        return len(self.events)

    def state(self, at: float) -> SessionState:
        """Return the state at `at` minutes."""
        return session_state(self.events, minute(at))

    def opens(self, at: float = 0, protocol: str = "iv-racemic-standard", **facts: Any) -> "Story":
        known: Mapping[str, Any] = {
            "protocol_id": protocol,
            "protocol_version": "1",
            "session_number": 1,
            "dose_mg": 35.0,
            "infusion_minutes": 40.0,
            "weight_kg": 70.0,
            "bay": "Bay 1",
        }
        return self.tell(SessionOpened(**{**known, **facts}), at)

    def answers(self, check: str, answer: str = "yes", at: float = 1) -> "Story":
        return self.tell(CheckRecorded(check, answer), at)

    def overrides(self, check: str, at: float = 2) -> "Story":
        return self.tell(CheckOverridden(check, "Discussed."), at, "Idris Penhallow, psychiatrist", PSYCHIATRIST)

    def prepares(self, at: float = 5, by_id: int = NURSE, **facts: Any) -> "Story":
        known: Mapping[str, Any] = {
            "drug": "Ketamine (racemic)",
            "batch": "B1",
            "expires_on": "2027-06-30",
            "vial_concentration_mg_per_ml": 10.0,
            "dose_mg": 35.0,
            "drug_volume_ml": 3.5,
            "total_volume_ml": 50.0,
            "final_concentration_mg_per_ml": 0.7,
            "rate_ml_per_hour": 75.0,
        }
        return self.tell(InfusionPrepared(**{**known, **facts}), at, by_id=by_id)

    def second_checks(self, at: float = 6, by_id: int = SECOND_NURSE, seq: int | None = None) -> "Story":
        return self.tell(InfusionChecked(self.seq if seq is None else seq), at, "Jo Sparrow, nurse", by_id)

    def starts(self, at: float = 15) -> "Story":
        return self.tell(InfusionStarted(), at)

    def pauses(self, at: float, reason: str = "Asked for it") -> "Story":
        return self.tell(InfusionPaused(reason), at)

    def resumes(self, at: float) -> "Story":
        return self.tell(InfusionResumed(), at)

    def stops(self, at: float, reason: str = "Distress") -> "Story":
        return self.tell(InfusionStopped(reason), at)

    def completes(self, at: float) -> "Story":
        return self.tell(InfusionCompleted(), at)

    def corrects(self, seq: int, at: float) -> "Story":
        return self.tell(Corrected(seq, "Wrong patient's value."), at)

    def monitor(
        self,
        at: float,
        measured: float | None = None,
        heard: float | None = None,
        site: str | None = None,
        **values: float,
    ) -> "Story":
        """The monitor sends `values`, measured at `measured` (else `at`) minutes."""
        measured_at = minute(at if measured is None else measured)
        readings = tuple(reading(name, value, measured_at, site) for name, value in values.items())
        return self.tell(DeviceReadings("bay-1-monitor", readings), at, "device bay-1-monitor", None, heard)

    def nurse_observes(self, at: float, due: int | None = None, facts: Any = None, **values: float) -> "Story":
        """A nurse takes a round of observations by hand; `facts` are its other fields, such as consciousness."""
        readings = tuple(reading(name, value, minute(at), "manual") for name, value in values.items())
        return self.tell(ObservationRecorded(readings, due, **(facts or {})), at)

    def shows(self, key: str, at: float, rule: str = "hypertension", priority: str = "medium") -> "Story":
        return self.tell(AlarmRaised(key, rule, priority, "Shown.", "Act."), at, "Glimmer", None)

    def acknowledges(self, key: str, at: float, did: str = "Sat the patient up") -> "Story":
        return self.tell(AlarmAcknowledged(key, did), at)


def running(**facts: Any) -> Story:
    """Return a session with calm observations whose infusion was started at minute 15."""
    story = Story().opens(**facts).monitor(at=10, **CALM)
    return story.prepares(at=11).second_checks(at=12).starts(at=15)
