"""Nobody took charge: whom an alarm is shown to next, by the protocol's ladder, from the log and the time alone.

Each rung has the rule's own time to take charge, counted from when the alarm was shown; then the next is called.
Taking charge stops it, and so does the end of the cause where an alarm does not latch. What was once escalated
stays said, even where somebody turns out to have taken charge before.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from glimmer.care.session.events import AlarmEscalated
from glimmer.care.session.log import SessionLog
from glimmer.guidance.alarm_rules import AlarmRule, BuiltInRule, Rung
from glimmer.guidance.protocol import Protocol
from glimmer.monitoring.episodes import Alarm


class Manner(NamedTuple):
    """How the alarms of one rule behave once raised, see `guidance.alarm_rules.AlarmRule`."""

    latches: bool = True
    escalate_after_seconds: int = 0
    first_rung: int = 1


PLAIN = Manner()


class Manners:
    """The manner of every rule of a protocol by the rule's name as it stands in the log (`signal_lost:spo2`)."""

    def __init__(self, protocol: Protocol | None) -> None:
        rules: tuple[AlarmRule | BuiltInRule, ...] = (*protocol.alarms, *protocol.built_in) if protocol else ()
        self.ladder: tuple[Rung, ...] = protocol.escalation if protocol else ()
        self._by_id = {rule.id: Manner(rule.latches, rule.escalate_after_seconds, rule.first_rung) for rule in rules}

    def of(self, rule: str) -> Manner:
        """Return the manner of a rule; one that the protocol does not know latches and escalates to nobody."""
        return self._by_id.get(rule) or self._by_id.get(rule.partition(":")[0], PLAIN)

    def latches(self, rule: str) -> bool:
        """Say whether an alarm of this rule stays until somebody took charge of it."""
        return self.of(rule).latches


def with_rungs(alarms: Iterable[Alarm], log: SessionLog, manners: Manners, now: datetime) -> list[Alarm]:
    """Return the alarms with how far each has come on the ladder by `now`."""
    if not manners.ladder:
        return list(alarms)
    called = _called(log)
    over_at = log.course.over_at
    until = min(now, over_at) if over_at else now
    return [_with_rung(alarm, _known(alarm, called), manners, until, over_at is not None) for alarm in alarms]


def _with_rung(alarm: Alarm, known: int, manners: Manners, now: datetime, is_over: bool) -> Alarm:
    manner, top = manners.of(alarm.rule), len(manners.ladder)
    wait = manner.escalate_after_seconds
    if not wait or alarm.shown_at is None:
        return alarm
    stops_at = _stops_at(alarm)
    until = now if stops_at is None else min(stops_at, now)
    waits = int(max((until - alarm.shown_at).total_seconds(), 0) // wait)
    rung = max(known, min(manner.first_rung - 1 + waits, top) if waits else 0)
    climbs = stops_at is None and not is_over and rung < top
    waits_to_next = max(rung - manner.first_rung + 1, 0) + 1
    return replace(
        alarm,
        rung=rung,
        escalated_to=manners.ladder[rung - 1].to if rung else "",
        escalates_at=alarm.shown_at + timedelta(seconds=wait * waits_to_next) if climbs else None,
    )


def _stops_at(alarm: Alarm) -> datetime | None:
    """Return when an alarm stopped climbing: somebody took charge, or it cleared by itself; None while neither."""
    ends = [alarm.acknowledged_at, None if alarm.latches else alarm.over_at]
    return min((end for end in ends if end is not None), default=None)


def _called(log: SessionLog) -> Mapping[str, int]:
    """Return, by alarm key, the highest rung that the log holds as called."""
    called: dict[str, int] = {}
    for event in log.of(AlarmEscalated):
        key, rung = event.what.key, event.what.rung  # type: ignore[attr-defined]
        called[key] = max(rung, called.get(key, 0))
    return called


def _known(alarm: Alarm, called: Mapping[str, int]) -> int:
    return max((called.get(key, 0) for key in alarm.keys), default=0) if called else 0


def rungs_to_call(alarms: Iterable[Alarm], log: SessionLog, manners: Manners) -> tuple[AlarmEscalated, ...]:
    """Return the rungs that were reached and that the log does not hold as called, alarm by alarm, in order."""
    called = _called(log)
    found: list[AlarmEscalated] = []
    for alarm in alarms:
        if alarm.rung:
            above = max(_known(alarm, called), manners.of(alarm.rule).first_rung - 1)
            found += [AlarmEscalated(alarm.key, one.rung, one.to) for one in manners.ladder[above : alarm.rung]]
    return tuple(found)
