"""Between the gateway and the records: what a device message says, in the words of the action that stores it."""

import logging
from collections.abc import Sequence
from typing import Any

from django.db import Error, OperationalError, connection

from glimmer.actions.live import announce, report_trouble, trouble_over
from glimmer.actions.readings import MessageFacts, chart_messages
from glimmer.care.session.events import DeviceAlarm, SessionEvent
from glimmer.gateway.acknowledge import Answer
from glimmer.gateway.message import DeviceMessage
from glimmer.gateway.rows import Row
from glimmer.gateway.server import Outcome, Received

LOG = logging.getLogger("glimmer.bedside")

NOT_STORED = (
    "Readings from the monitors cannot be stored, so they are not shown here. "
    "Watch the monitor itself, write observations down, and tell the person who runs Glimmer."
)

# What a pump says while all goes as it should (IHE PCD-10). A stop may be meant or not, so it is shown, but low.
ORDINARY_PUMP_EVENTS = {
    "MDC_EVT_PUMP_DELIV_START": ("the pump was started", "none"),
    "MDC_EVT_PUMP_DELIV_COMP": ("the volume to be infused was given", "none"),
    "MDC_EVT_PUMP_DELIV_STOP": ("the pump was stopped", "low"),
}


class BedsideSink:
    """Stores what the gateway received. Called in the gateway's writer thread, with that thread's own connection.

    What was stored is told to the pages after the devices have their answers: a monitor does not wait until fifty
    pages have heard. Whoever misses the telling finds everything in the log.
    """

    def __init__(self) -> None:
        self._to_tell: list[tuple[int, Sequence[SessionEvent]]] = []

    def store(self, batch: Sequence[Received]) -> list[Outcome]:
        """Store the batch in one transaction; when the database cannot, say so on the boards and raise."""
        try:
            stored = chart_messages([facts_of(one) for one in batch], tell=self._tell_later)
        except (Error, OSError) as problem:
            self._failed(problem)
            raise
        trouble_over("storage")
        return [Outcome(one.status, one.reason, one) for one in stored]

    def after_answers(self) -> None:
        """Take what was stored into the followed sessions and tell their pages, in the order of storing."""
        told, self._to_tell = self._to_tell, []
        for session_id, events in told:
            try:
                announce(session_id, events)
            except Exception as problem:
                # The session's next event, the watcher or a page finds the gap and reads the log.
                LOG.error("A page could not be told at once of session %d: %s.", session_id, type(problem).__name__)

    def close(self) -> None:
        """End the writer thread's connection; the gateway calls this in that thread when it stops."""
        connection.close()

    def _tell_later(self, session_id: int, events: Sequence[SessionEvent]) -> None:
        self._to_tell.append((session_id, events))

    def _failed(self, problem: Exception) -> None:
        # Of one bad message the others know nothing: only a database that cannot write is everybody's trouble.
        if isinstance(problem, (OperationalError, OSError)) or not connection.is_usable():
            LOG.error("Readings cannot be stored: %s.", type(problem).__name__)
            report_trouble("storage", NOT_STORED)
        if not connection.in_atomic_block:
            # The next try starts with a new connection: the database may have been restarted.
            connection.close()


def facts_of(received: Received) -> MessageFacts:
    """Return what the charting action needs to know of a message."""
    message = received.message
    return MessageFacts(
        sender="^".join(part for part in (message.sender, message.facility) if part),
        control_id=message.control_id,
        fingerprint=message.fingerprint,
        kind=message.kind,
        received_at=received.received_at,
        raw=received.raw,
        device=message.device,
        identifiers=tuple((one.value, one.authority, one.type) for one in message.identifiers),
        readings=message.readings,
        alarm=_alarm(message),
        alarm_at=message.alarm.happened_at if message.alarm else message.sent_at,
        objection=message.quarantine,
        refused=message.answer is Answer.REJECTED,
        summary=_summary(message),
    )


def _alarm(message: DeviceMessage) -> DeviceAlarm | None:
    """Return what the device says about itself: its alarm, or an event of a pump (not its mere state)."""
    if message.alarm is not None and message.kind == "alarm":
        said = message.alarm
        text = said.text or said.name or said.code
        if said.source:
            text = f"{text} ({said.source})"
        return DeviceAlarm(message.device, said.code, text, said.phase, said.state, said.priority)
    if message.pump is not None and message.pump.code:
        said_pump = message.pump
        if said_pump.name in ORDINARY_PUMP_EVENTS:
            words, priority = ORDINARY_PUMP_EVENTS[said_pump.name]
            return DeviceAlarm(message.device, said_pump.code, words, priority=priority)
        details = (said_pump.status, said_pump.not_delivering_because)
        text = ", ".join(part for part in (said_pump.name or said_pump.code, *details) if part)
        return DeviceAlarm(message.device, said_pump.code, text)
    return None


def _summary(message: DeviceMessage) -> dict[str, Any]:
    """Return what a person is shown of the message: enough to see whose it may be, and each value not charted."""
    kept = {
        "type": message.message_type,
        "patient_ids": [one.value for one in message.identifiers],
        "patient_name": message.patient_name,
        "bed": message.bed,
        "sent_at": message.sent_at.isoformat() if message.sent_at else "",
        "problems": list(message.problems),
        "not_charted": [_row(row) for row in message.rows if not row.charted],
    }
    return {name: value for name, value in kept.items() if value}


def _row(row: Row) -> dict[str, str]:
    return {
        "name": row.name or row.code,
        "code": row.code,
        "value": f"{row.raw_value} {row.raw_unit}".strip(),
        "why_not": row.why_not,
    }
