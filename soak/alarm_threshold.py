"""A plain threshold monitor, for comparison: what a bedside monitor does that knows limits and nothing else.

The same limits as the protocol's rules on readings, each reading by itself: no persistence, no second reading, no
artefact handling beyond its own display (0 to 300), no memory of earlier events. A limit that is broken alarms at once;
it is armed again when a reading is back within it and 60 seconds have passed since it last alarmed.
"""

from dataclasses import dataclass
from math import inf

from glimmer.guidance.protocol import AlarmRule, Protocol
from soak.alarm_pump import Delivery
from soak.alarm_truth import is_beyond

ARMED_AGAIN_AFTER = 60.0
DISPLAYS = (0, 300)


@dataclass(slots=True)
class Beep:
    """One alarm of the threshold monitor: which rule's limit was broken, when, and until when it stood."""

    rule: AlarmRule
    at: float
    until: float = inf


class ThresholdMonitor:
    """Takes messages in order of arrival; `beeps` are its alarms."""

    def __init__(self, protocol: Protocol) -> None:
        self.beeps: list[Beep] = []
        self._limits: dict[str, list[tuple[AlarmRule, tuple]]] = {}
        for rule in protocol.alarms:
            for parameter in sorted({one.parameter for one in rule.conditions}):
                conditions = tuple(
                    one for one in rule.conditions if one.parameter == parameter and one.measure == "value"
                )
                if conditions and rule.phase == "any":
                    self._limits.setdefault(parameter, []).append((rule, conditions))
        self._alarming: dict[tuple[str, str], Beep] = {}
        self._last: dict[str, float] = {}

    def take(self, message: Delivery) -> None:
        """Look at every value of a message."""
        for parameter, value, _ in message.values:
            if DISPLAYS[0] <= value <= DISPLAYS[1]:
                for rule, conditions in self._limits.get(parameter, ()):
                    self._look(rule, conditions, parameter, value, message.at)

    def _look(self, rule: AlarmRule, conditions: tuple, parameter: str, value: float, at: float) -> None:
        key = (rule.id, parameter)
        if not any(is_beyond(one, value) for one in conditions):
            if key in self._alarming:
                self._alarming.pop(key).until = at
            return
        if key in self._alarming:
            return
        if at - self._last.get(rule.id, -ARMED_AGAIN_AFTER) >= ARMED_AGAIN_AFTER:
            self._alarming[key] = Beep(rule, at)
            self._last[rule.id] = at
            self.beeps.append(self._alarming[key])
