"""What must be alarmed, and by when: read from the protocol file, not from the engine that is on trial.

Each danger is named with the rules that may answer it. Its time is counted from the moment at which it is fully there:

    the rule's persistence (or the wait between its readings)
    + what the protocol allows for telling an artefact from a danger (its [[artefacts]])
    + one measuring interval, in which the monitor has not looked yet
    + what the message took on its way, and the seconds until the watcher looks again.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from glimmer.guidance.alarm_rules import AlarmRule, BuiltInRule, Condition
from glimmer.guidance.protocol import Protocol

CUFF_EVERY = 300.0
DENSE_EVERY = 2.0
SPARSE_EVERY = 10.0
PUMP_EVERY = 10.0


@dataclass(frozen=True, slots=True)
class Danger:
    """A kind of danger: the rules that may answer it, and how often what shows it is measured (seconds).

    `low` and `high` bound the true value that is planted. A danger of which no rule is in a protocol is not
    promised by that protocol, and not planted.
    """

    kind: str
    rules: tuple[str, ...]
    parameter: str = ""
    low: float = 0
    high: float = 0
    every: float = DENSE_EVERY


# The planted values keep the instrument's error away from the limit of the rule: every reading breaks it.
DANGERS = (
    Danger("hypertension", ("hypertension",), "systolic", 172, 178, CUFF_EVERY),
    Danger("hypertension, severe and lasting", ("hypertension-severe-lasting",), "systolic", 187, 195, CUFF_EVERY),
    Danger("hypertension, extreme", ("hypertension-extreme",), "systolic", 208, 228, CUFF_EVERY),
    Danger("low pressure", ("pressure-low",), "systolic", 78, 85, CUFF_EVERY),
    Danger("fast pulse", ("tachycardia",), "pulse", 126, 145),
    Danger("slow pulse", ("pulse-very-slow",), "pulse", 32, 37),
    Danger("low saturation", ("oxygen-low",), "spo2", 90.8, 92.0),
    Danger("very low saturation", ("oxygen-very-low",), "spo2", 78, 87),
    Danger("slow breathing", ("breathing-slow",), "respiratory_rate", 4.0, 6.0),
    # A monitor shows 1 and 0 by turns: neither lasts, and the rule on slow breathing has to hold them together.
    Danger("barely breathing", ("breathing-slow",), "respiratory_rate", 0.4, 2.0),
    Danger("no breathing", ("breathing-absent", "breathing-slow"), "respiratory_rate", 0, 0),
)
SEDATION = (
    Danger("deep sedation", ("sedation-deep",), "moaas", 2, 3, 0),
    Danger("very deep sedation", ("sedation-very-deep",), "moaas", 0, 1, 0),
)
PUMP = (
    Danger("pump too fast", ("pump_too_fast",), every=PUMP_EVERY),
    Danger("pump too slow", ("pump_too_slow",), every=PUMP_EVERY),
    Danger("pump not started", ("pump_not_started", "pump_too_slow"), every=PUMP_EVERY),
    Danger("pump stopped early", ("pump_stopped_early", "pump_too_slow"), every=PUMP_EVERY),
    Danger("pump ran on", ("pump_ran_on", "pump_runs_unplanned"), every=PUMP_EVERY),
    Danger("pump ran in a pause", ("pump_runs_unplanned",), every=PUMP_EVERY),
    Danger("wrong strength", ("pump_concentration_differs",), every=PUMP_EVERY),
    Danger("wrong drug", ("pump_drug_differs",), every=PUMP_EVERY),
)
LOST = (Danger("lost signal", ("signal_lost",), every=SPARSE_EVERY),)


def rules_of(protocol: Protocol) -> dict[str, AlarmRule]:
    """Return the protocol's rules on readings by id."""
    return {rule.id: rule for rule in protocol.alarms}


def built_in(protocol: Protocol) -> dict[str, BuiltInRule]:
    """Return the rules that need more than a limit, by id."""
    return {rule.id: rule for rule in protocol.built_in}


def promised(protocol: Protocol) -> tuple[Danger, ...]:
    """Return the dangers for which a protocol has a rule."""
    known = {*rules_of(protocol), *built_in(protocol)}
    return tuple(one for one in (*DANGERS, *SEDATION, *PUMP, *LOST) if known & set(one.rules))


_TAKEN_FOR = {
    "systolic": ("cuff_repeat", "cuff_doubtful", "line_flush"),
    "spo2": ("probe_off",),
    "pulse": ("probe_off",),
}
"""Which artefacts a danger of each parameter may be taken for, for a time that the protocol states."""


def artefact_seconds(danger: Danger, protocol: Protocol) -> float:
    """Return how long the protocol may take to tell an artefact from this danger."""
    looks_like = _TAKEN_FOR.get(danger.parameter, ())
    return float(max((one.delays_at_most_seconds for one in protocol.artefacts if one.id in looks_like), default=0))


def time_allowed(danger: Danger, protocol: Protocol) -> float:
    """Return the seconds from a danger being fully there to its alarm, before anything is late on its way."""
    persistence = min(_persistence(name, protocol) for name in danger.rules if _is_known(name, protocol))
    return persistence + artefact_seconds(danger, protocol) + danger.every


def spoilt_seconds(danger: Danger, protocol: Protocol) -> float:
    """Return how much later an alarm may be where one cuff cycle in the midst finds an ordinary pressure.

    A rule that wants one reading has had it by then. One that wants two in a row must begin anew: the spoilt cycle, and
    the one before it that no longer counts.
    """
    rules = [rules_of(protocol)[name] for name in danger.rules if name in rules_of(protocol)]
    return 2 * CUFF_EVERY if any(rule.repeats > 1 for rule in rules) else 0.0


def _is_known(name: str, protocol: Protocol) -> bool:
    return name in rules_of(protocol) or name in built_in(protocol)


def _persistence(name: str, protocol: Protocol) -> float:
    rule = rules_of(protocol).get(name)
    if rule is not None:
        # Cuff cycles are a few seconds apart from the minute, so readings "5 minutes apart" may need one cycle more.
        return rule.persists_seconds + (rule.repeats_apart_seconds + CUFF_EVERY if rule.repeats > 1 else 0)
    if name == "signal_lost":
        return float(max(protocol.signal_lost_seconds[one] for one in ("spo2", "pulse")))
    return float(built_in(protocol)[name].persists_seconds)


# What truly occurred


class TrueCourse:
    """The true values at known times, and the stretches in which they lay beyond a limit for long enough."""

    def __init__(self, times: Sequence[float], values: dict[str, list[float]]) -> None:
        self.times = times
        self.values = values
        self._stretches: dict[tuple, list[tuple[float, float]]] = {}

    def beyond(self, rule: AlarmRule, baseline: dict[str, float]) -> list[tuple[float, float]]:
        """Return the stretches in which any condition of `rule` truly held for the rule's persistence."""
        found: list[tuple[float, float]] = []
        lasts = max(rule.persists_seconds, rule.repeats_apart_seconds)
        for condition in rule.conditions:
            if condition.parameter not in self.values:
                continue
            key = (condition, lasts)
            if key not in self._stretches:
                self._stretches[key] = self._held(condition, lasts, baseline)
            found += self._stretches[key]
        return found

    def _held(self, condition: Condition, lasts: float, baseline: dict[str, float]) -> list[tuple[float, float]]:
        measures = self._measures(condition, baseline)
        found, since, last = [], None, 0.0
        for at, measure in zip(self.times, measures, strict=True):
            if measure is not None and is_beyond(condition, measure):
                since = at if since is None else since
                last = at
            elif since is not None:
                if at - since >= lasts:
                    found.append((since, last))
                since = None
        if since is not None:
            found.append((since, last))
        return found

    def _measures(self, condition: Condition, baseline: dict[str, float]) -> Sequence[float]:
        values = self.values[condition.parameter]
        if condition.measure == "rise":
            return [value - baseline[condition.parameter] for value in values]
        if condition.measure != "change":
            return values
        measures = []
        for index, at in enumerate(self.times):
            earlier = values[bisect_left(self.times, at - condition.within_seconds) : index + 1]
            limit = condition.at_least if condition.at_least is not None else condition.above
            measures.append(values[index] - (min(earlier) if limit is not None else max(earlier)))
        return measures


def is_beyond(condition: Condition, measure: float) -> bool:
    """Say whether a measure is on the wrong side of a limit; written again here, so that nothing on trial judges."""
    return (
        (condition.above is not None and measure > condition.above)
        or (condition.at_least is not None and measure >= condition.at_least)
        or (condition.below is not None and measure < condition.below)
        or (condition.at_most is not None and measure <= condition.at_most)
    )
