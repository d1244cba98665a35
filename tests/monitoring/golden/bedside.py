"""A bedside for golden sessions: events in the order of their arrival, with the watcher looking on as in the app.

What it writes is kept in the `.jsonl` files beside it. The events of a golden session and what was seen of them are
frozen together, so an alarm that was shown is in the log as an old session would hold it.
"""

from datetime import datetime, timedelta
from math import floor

from glimmer.care.session.events import (
    AlarmAcknowledged,
    CheckRecorded,
    Corrected,
    DeviceReadings,
    InfusionChecked,
    InfusionPrepared,
    NoteWritten,
    ObservationRecorded,
    SessionEvent,
    SessionOpened,
    What,
)
from glimmer.guidance.protocol import protocol
from glimmer.monitoring.state import SessionMonitor, new_alarms, new_escalations
from tests.support.story import CALM, NURSE, SECOND_NURSE, minute, reading

MAYA, JO = "Maya Okafor, nurse", "Jo Sparrow, nurse"
MONITOR, PUMP = "bay-1-monitor", "bay-1-pump"
LOOKS_EVERY = 5 / 60


class Bedside:
    """One session as it goes on. Times are minutes after the opening; whatever is told must arrive in order."""

    def __init__(self, protocol_id: str, version: str) -> None:
        self.events: list[SessionEvent] = []
        self._live = SessionMonitor()
        self._at = 0.0
        self.protocol = protocol(protocol_id, version)
        opened = SessionOpened(protocol_id, version, 2, 35.0, 40.0, 70.0, "Bay 1")
        self.tell(opened, 0)

    def tell(self, what: What, at: float, heard: float | None = None, by: str = MAYA, by_id: int | None = NURSE) -> int:
        """Take an event that happened at `at` and arrives at `heard` (else at once); return its number."""
        arrives = at if heard is None else heard
        assert arrives >= self._at, "A bedside hears things in order: give `heard`."
        self.passes(arrives)
        seq = self._append(what, minute(at), minute(arrives), by, by_id)
        self._look(arrives)
        return seq

    def passes(self, until: float) -> None:
        """Let time go by with the watcher looking on."""
        for step in range(floor(self._at / LOOKS_EVERY) + 1, floor(until / LOOKS_EVERY) + 1):
            self._look(step * LOOKS_EVERY)
        self._at = until

    def _append(self, what: What, happened_at: datetime, received_at: datetime, by: str, by_id: int | None) -> int:
        event = SessionEvent(len(self.events) + 1, happened_at, received_at, by, what, by_id)
        self.events.append(event)
        self._live.add(event)
        return event.seq

    def _look(self, at: float) -> None:
        now = minute(at)
        for raised in new_alarms(self._live.state(now), self._live.log):
            self._append(raised, now, now, "Glimmer", None)
        for called in new_escalations(self._live.state(now), self._live.log):
            self._append(called, now, now, "Glimmer", None)

    # People

    def prepares_and_checks(self, at: float) -> None:
        """Answer every check, take the observations before the start, draw up the syringe and have it checked."""
        for check in self.protocol.checks_before:
            if not check.measured and not check.only_if:
                self.tell(CheckRecorded(check.id, check.wanted), at)
        self.observes(at + 1, due=-15)
        syringe = InfusionPrepared(
            drug="Ketamine (racemic)",
            batch="B1",
            expires_on="2027-06-30",
            vial_concentration_mg_per_ml=10.0,
            dose_mg=35.0,
            drug_volume_ml=3.5,
            total_volume_ml=50.0,
            final_concentration_mg_per_ml=0.7,
            rate_ml_per_hour=75.0,
        )
        prepared = self.tell(syringe, at + 2)
        self.tell(InfusionChecked(prepared), at + 3, by=JO, by_id=SECOND_NURSE)

    def observes(
        self, at: float, due: int | None = None, consciousness: str = "A", sedation: int = 5, **values: float
    ) -> int:
        """Take a round of observations by hand: calm values, but for those given."""
        readings = tuple(reading(name, value, minute(at), "manual") for name, value in {**CALM, **values}.items())
        return self.tell(ObservationRecorded(readings, due, consciousness, sedation=sedation, dissociation=0), at)

    def takes_charge(self, rule: str, at: float, did: str) -> None:
        """Acknowledge the most urgent active alarm of `rule`."""
        self.passes(at)
        alarm = next(one for one in self._live.state(minute(at)).alarms if one.rule == rule)
        self.tell(AlarmAcknowledged(alarm.key, did), at)

    def corrects(self, seq: int, at: float, reason: str) -> None:
        """Say that an event was wrong."""
        self.tell(Corrected(seq, reason), at)

    # Devices

    def monitor(self, at: float, *, measured: float | None = None, site: str | None = None, **values: float) -> int:
        """The monitor sends `values` at `at`, measured at `measured` (else at once)."""
        measured_at = minute(at if measured is None else measured)
        readings = tuple(reading(name, value, measured_at, site) for name, value in values.items())
        return self.tell(DeviceReadings(MONITOR, readings), at, by=f"device {MONITOR}", by_id=None)

    def late(self, measured: float, heard: float, device: str = MONITOR, **values: float) -> int:
        """A message that was stored on the way: measured and sent long before it is heard."""
        readings = tuple(reading(name, value, minute(measured)) for name, value in values.items())
        return self.tell(DeviceReadings(device, readings), measured, heard, f"device {device}", None)

    def pump(self, at: float, rate: float, given: float) -> int:
        """The pump says its rate in mL/h and the volume given in mL."""
        values = {"infusion_rate": rate, "volume_infused": given, "drug_concentration": 0.7}
        readings = tuple(reading(name, value, minute(at)) for name, value in values.items())
        drug = DeviceReadings(PUMP, readings, drug="Ketamine")
        return self.tell(drug, at, by=f"device {PUMP}", by_id=None)

    def calm(self, since: float, until: float, every: float = 1.0, **other: float) -> None:
        """The monitor sends calm values of what it measures all the time, and the pump speaks while it runs."""
        values = {"pulse": 72.0, "spo2": 98.0, "respiratory_rate": 14.0, **other}
        for step in range(round((until - since) / every) + 1):
            self.monitor(since + step * every, **values)


def year_later(events: list[SessionEvent]) -> list[SessionEvent]:
    """Return what an old log may hold by then: a note, a correction and a late message of a year after."""
    at = events[-1].received_at + timedelta(days=365)
    wrong = next(event.seq for event in events if isinstance(event.what, DeviceReadings))
    low = DeviceReadings(MONITOR, (reading("spo2", 60, events[-1].happened_at),))
    later = (NoteWritten("Read for an inquiry."), Corrected(wrong, "Found wrong a year later."), low)
    return [
        SessionEvent(events[-1].seq + number, at, at, "Inquiry", what, NURSE)
        for number, what in enumerate(later, start=1)
    ]
