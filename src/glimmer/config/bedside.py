"""Between the gateway and the records: what a device message says, in the words of the action that stores it."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db import Error, InterfaceError, OperationalError, connection

from glimmer.actions.live import announce, report_trouble, trouble_over
from glimmer.actions.readings import MessageFacts, chart_messages
from glimmer.care.session.events import DeviceAlarm, SessionEvent
from glimmer.gateway.acknowledge import Answer
from glimmer.gateway.message import DeviceMessage
from glimmer.gateway.rows import Row
from glimmer.gateway.sink import Outcome, Received, SinkUnavailable
from glimmer.records.training import CLINIC, purpose

LOG = logging.getLogger("glimmer.bedside")

NOT_STORED = (
    "Readings from the monitors cannot be stored, so they are not shown here. "
    "Watch the monitor itself, write observations down, and tell the person who runs Glimmer."
)


class BedsideSink:
    """Stores what the gateway received. Called in the gateway's writer thread, with that thread's own connection.

    What was stored is told to the pages after the devices have their answers: a monitor does not wait until fifty
    pages have heard. Whoever misses the telling finds everything in the log.
    """

    def __init__(self) -> None:
        self._to_tell: list[tuple[int, Sequence[SessionEvent]]] = []

    def store(self, batch: Sequence[Received]) -> list[Outcome]:
        """Store the batch in one transaction; raise SinkUnavailable, and tell the boards, when the database is away.

        What the database refuses for a reason of the message's own is raised as it is.
        """
        try:
            stored = chart_messages([_admitted(facts_of(one)) for one in batch], tell=self._tell_later)
        except (Error, OSError) as problem:
            away = database_is_away(problem) or not connection.is_usable()
            if not connection.in_atomic_block:
                # The next try starts with a new connection: the database may have been restarted.
                connection.close()
            if not away:
                raise
            LOG.error("Readings cannot be stored: %s.", type(problem).__name__)
            report_trouble("storage", NOT_STORED)
            raise SinkUnavailable(type(problem).__name__) from problem
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


# Classes of SQLSTATE that speak of the server and not of what was sent: connection, sign-in, no such database,
# transaction rolled back, out of resources, not in a fit state, operator's doing, disk, internal. Source: PostgreSQL
# manual, appendix A. 42P01: there is no such table, because the database has not been brought up to date yet.
AWAY = ("08", "28", "3D", "40", "53", "55", "57", "58", "XX", "42P01")


def database_is_away(problem: BaseException) -> bool:
    """Say whether a database error is about the database, so that any message would have met it."""
    state = getattr(problem.__cause__, "sqlstate", None)
    if state:
        return str(state).startswith(AWAY)
    return isinstance(problem, (OperationalError, InterfaceError, OSError))


VIRTUAL = "GLIMMER_VIRTUAL"
NOT_IN_A_CLINIC = "It came from a virtual device, and this database is a clinic's: nothing simulated is charted here."


def _admitted(facts: MessageFacts) -> MessageFacts:
    """Refuse what a virtual device sent to a database in which people are real."""
    if facts.sender.partition("^")[0] != VIRTUAL or purpose() != CLINIC:
        return facts
    return replace(facts, objection=NOT_IN_A_CLINIC, refused=True)


def facts_of(received: Received) -> MessageFacts:
    """Return what the charting action needs to know of a message."""
    message = received.message
    return MessageFacts(
        sender="^".join(part for part in (message.sender, message.facility) if part),
        control_id=message.control_id,
        fingerprint=received.key or message.fingerprint,
        kind=message.kind,
        received_at=received.received_at,
        logged_at=received.delivered_at,
        clock_held=received.clock_held,
        raw=received.raw,
        device=message.device,
        identifiers=tuple((one.value, one.authority, one.type) for one in message.identifiers),
        readings=message.readings,
        alarm=_alarm(message),
        alarm_at=message.alarm.happened_at if message.alarm else message.sent_at,
        drug=message.pump.drug if message.pump else "",
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
        return DeviceAlarm(
            message.device,
            said.code,
            text,
            said.phase,
            said.state,
            said.priority,
            about=said.about,
            parameter=said.parameter,
        )
    if message.pump is not None and message.pump.code:
        pump = message.pump
        return DeviceAlarm(message.device, pump.code, pump.in_words, priority=pump.priority, about="pump")
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
