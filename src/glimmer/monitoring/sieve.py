"""Which values alarms use: artefacts told from findings by what was measured beside them and before.

Nothing is deleted. A verdict depends only on what was measured at or before its moment, and on what devices said of
their probes by then, so it is the same in any order of arrival; a reading that arrives late may change the verdict on
what follows, and `touched` says from when on. Each class, and the most by which it delays an alarm, is in the protocol.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator, Sequence
from math import inf
from typing import NamedTuple

from glimmer.guidance.figures import figure
from glimmer.guidance.protocol import Protocol
from glimmer.monitoring.stream import PRESSURE, Point, Stream
from glimmer.vocabulary.parameters import Parameter

SPO2, PULSE, BREATHING = Parameter.SPO2.value, Parameter.PULSE.value, Parameter.RESPIRATORY_RATE.value
SYSTOLIC, DIASTOLIC, MEAN = Parameter.SYSTOLIC.value, Parameter.DIASTOLIC.value, Parameter.MEAN_PRESSURE.value
OXIMETER, CUFF = "oximeter", "cuff"
JUDGED = frozenset({SPO2, PULSE, BREATHING, PRESSURE})


class Verdict(NamedTuple):
    """What alarms make of the values of one moment.

    `used` are those that count; `artefact` is the class of those that do not, or of the doubt ("" for none);
    `hold` is for how many seconds an alarm on them waits for a repeat; `why` says what is doubtful.
    """

    used: Sequence[Point]
    artefact: str = ""
    hold: float = 0
    why: str = ""


class Sieve:
    """Judges the values of one session. `stream_of` gives the stream of a group."""

    def __init__(self, protocol: Protocol, stream_of: Callable[[str], Stream]) -> None:
        self.says = {one.id: one.says for one in protocol.artefacts}
        self._stream_of = stream_of
        self._suspect_until: dict[str, float] = {}
        self._floors = {
            SPO2: figure("artefacts", "probe_off_saturation_at_most").value,
            PULSE: figure("artefacts", "probe_off_pulse_at_most").value,
        }
        self._since: dict[float, float] = {}
        self._since_known_until = -inf
        self._known: tuple[float, int, int] | None = None
        self._verdict = Verdict(())
        self._said: dict[tuple[str, str], list[tuple[float, bool]]] = {}

    def judges(self, group: str) -> bool:
        """Say whether any class of artefact of the protocol concerns a group."""
        return bool(self.says) and group in JUDGED

    # What is known

    def note(self, point: Point) -> None:
        """Take note of a value that could be a loose probe's, so that what is measured beside it is looked at."""
        if point.value <= self._floors.get(point.key, -inf):
            self._suspect_until[point.key] = max(point.at, self._suspect_until.get(point.key, point.at))
        elif point.at <= self._since_known_until and point.key in (SYSTOLIC, DIASTOLIC, MEAN):
            self._since.clear()
            self._since_known_until = -inf

    def note_said(self, device: str, parameter: str, at: float, is_off: bool) -> None:
        """Take note that a device said of a probe that it is off, or that it is no longer."""
        insort(self._said.setdefault((device, parameter), []), (at, is_off))

    def touched(self, group: str, at: float) -> Iterator[str]:
        """Return the other groups whose verdicts from `at` on may change with a value of `group` at `at`."""
        pressures = self._stream_of(PRESSURE).points
        if group == PULSE and pressures and pressures[-1].at >= at:
            yield PRESSURE
        other = {PULSE: SPO2, SPO2: PULSE}.get(group)
        if other is not None and self._suspect_until.get(other, at - 1) >= at:
            yield other

    # Judging

    def verdict(self, group: str, points: Sequence[Point], index: int) -> Verdict:
        """Return the verdict on the values of one moment; `index` is where they begin in their stream."""
        if group == PRESSURE:
            return self._on_pressure(points, index)
        if not self._said and group not in self._suspect_until:
            return Verdict(points)
        off = [point for point in points if self._probe_is_off(point)]
        if not off:
            return Verdict(points)
        return Verdict([point for point in points if point not in off], "probe_off")

    def verdict_at(self, group: str, at: float) -> Verdict:
        """Return the verdict on the values of a group that were measured at exactly `at`."""
        points = self._stream_of(group).points
        first, last = bisect_left(points, at, key=_at), bisect_right(points, at, key=_at)
        return self.verdict(group, points[first:last], first) if first < last else Verdict(())

    def leaves_out(self, point: Point, group: str) -> bool:
        """Say whether a value is not used, or doubtful."""
        return bool(self._about(point, group).artefact)

    def is_left_out(self, point: Point, group: str) -> bool:
        """Say whether alarms do not use a value at all. A measurement that was sent again is one that they use."""
        about = self._about(point, group)
        return point not in about.used and about.artefact != "cuff_repeat"

    def why_not(self, point: Point, group: str) -> str:
        """Return in words why alarms do not use a value, or wait with it; "" for one that counts."""
        about = self._about(point, group)
        return f"{self.says.get(about.artefact, '')} {about.why}".strip()

    def _about(self, point: Point, group: str) -> Verdict:
        """Return the verdict on one value."""
        if not self.judges(group) or (group != PRESSURE and not self._said and group not in self._suspect_until):
            return Verdict((point,))
        verdict = self.verdict_at(group, point.at)
        # One probe of two may be off: the other's value counts.
        return Verdict((point,)) if point in verdict.used and not verdict.hold else verdict

    def measured_since(self, point: Point) -> float:
        """Return when a pressure was really measured: a cuff's value that is sent again keeps its first time."""
        if "cuff_repeat" not in self.says:
            return point.at
        points, since = self._stream_of(PRESSURE).points, point.at
        index = bisect_left(points, since, key=_at)
        while since not in self._since and self.verdict_at(PRESSURE, since).artefact == "cuff_repeat":
            index -= 1
            since = points[index].at
        found = self._since[point.at] = self._since.get(since, since)
        self._since_known_until = max(self._since_known_until, point.at)
        return found

    # Probes

    def _probe_is_off(self, point: Point) -> bool:
        if point.manual:
            return False
        if self._said and self._device_says_off(point):
            return True
        if point.key not in (SPO2, PULSE) or point.value > self._floors[point.key]:
            return False
        other = PULSE if point.key == SPO2 else SPO2
        beside = [
            one
            for one in self._at(other, point.at)
            if (one.site, one.source) == (point.site, point.source) and one.value <= self._floors[other]
        ]
        return bool(beside) and self._another_pulse_goes_on(point)

    def _another_pulse_goes_on(self, point: Point) -> bool:
        """Say whether another probe felt a pulse just before. Without one, nothing speaks for a loose probe."""
        stream = self._stream_of(PULSE)
        since = point.at - figure("artefacts", "probe_off_other_pulse_within").value
        at_least = figure("artefacts", "probe_off_other_pulse_at_least").value
        for index in range(stream.index_after(point.at) - 1, -1, -1):
            one = stream.points[index]
            if one.at < since:
                return False
            if one.site != point.site and not one.manual and one.value >= at_least:
                return True
        return False

    def _device_says_off(self, point: Point) -> bool:
        concerned = SPO2 if point.key == PULSE and point.site == OXIMETER else point.key
        said = self._said.get((point.source, concerned), ())
        index = bisect_right(said, point.at, key=_at)
        if not index:
            return False
        at, is_off = said[index - 1]
        return is_off and point.at - at <= figure("artefacts", "probe_off_said_stands_for").value

    def _at(self, group: str, at: float) -> list[Point]:
        points = self._stream_of(group).points
        return points[bisect_left(points, at, key=_at) : bisect_right(points, at, key=_at)]

    # Pressures

    def _on_pressure(self, points: Sequence[Point], index: int) -> Verdict:
        """Judge the pressures of one moment; asked by every rule in turn, it is worked out once."""
        known = (points[0].at, len(self._stream_of(PRESSURE).points), len(self._stream_of(PULSE).points))
        if known != self._known:
            self._known, self._verdict = known, self._judged(points, index)
        return self._verdict

    def _judged(self, points: Sequence[Point], index: int) -> Verdict:
        """Judge the pressures of one moment; those that a person wrote down are taken as they are."""
        if any(point.manual or point.site != points[0].site for point in points):
            return Verdict(points)
        cycle = Cycle.of(points)
        before = _Past(self._before(index, points[0].site))
        last = before.get(0)
        if last is not None and cycle.repeats(last):
            return Verdict((), "cuff_repeat")
        # A cuff has no line to flush: what it measures so is doubtful.
        if points[0].site != CUFF and cycle.is_flat and not self._flat_for_long(cycle, before):
            return Verdict((), "line_flush")
        why = cycle.doubt() or self._jump(cycle, before)
        if not why:
            return Verdict(points)
        return Verdict(points, "cuff_doubtful", figure("artefacts", "pressure_waits_for_repeat").value, why)

    def _before(self, index: int, site: str) -> Iterator["Cycle"]:
        """Return the different measurements of the same site before, the nearest first."""
        points = self._stream_of(PRESSURE).points
        last: Cycle | None = None
        while index > 0:
            after, at = index, points[index - 1].at
            while index > 0 and points[index - 1].at == at:
                index -= 1
            there = [one for one in points[index:after] if one.site == site and not one.manual]
            if there and (last is None or Cycle.of(there).values != last.values):
                last = Cycle.of(there)
                yield last

    def _flat_for_long(self, cycle: "Cycle", before: "_Past") -> bool:
        number, since, longest = 0, cycle.at, figure("artefacts", "flush_lasts_at_most").value
        while cycle.at - since <= longest:
            one = before.get(number)
            if one is None or not one.is_flat:
                return False
            number, since = number + 1, one.at
        return True

    def _jump(self, cycle: "Cycle", before: "_Past") -> str:
        """Return what speaks against a systolic pressure that jumped alone, "" where nothing does.

        A pressure that agrees with the one before the last is no jump: then the last one was.
        """
        systolic, last = cycle.values.get(SYSTOLIC), before.get(0)
        if systolic is None or last is None or SYSTOLIC not in last.values:
            return ""
        if last.at < cycle.at - figure("artefacts", "pressure_jump_within").value:
            return ""
        at_least = figure("artefacts", "pressure_jump_at_least").value
        for one in (last, before.get(1)):
            if one is not None and abs(systolic - one.values.get(SYSTOLIC, systolic)) < at_least:
                return ""
        now, then = self._pulse_at(cycle.at), self._pulse_at(last.at)
        if now is None or then is None or now.at <= last.at:
            # No pulse was felt since: nothing speaks against the jump.
            return ""
        if abs(now.value - then.value) > figure("artefacts", "pulse_unchanged_within").value:
            return ""
        return f"systolic {systolic:g} mmHg after {last.values[SYSTOLIC]:g}, and the pulse did not move"

    def _pulse_at(self, at: float) -> Point | None:
        stream = self._stream_of(PULSE)
        index = stream.index_after(at)
        return stream.points[index - 1] if index else None


class _Past:
    """What came before, looked at only as far as it is asked for."""

    def __init__(self, cycles: Iterator["Cycle"]) -> None:
        self._cycles = cycles
        self._seen: list[Cycle] = []

    def get(self, number: int) -> "Cycle | None":
        """Return the measurement so many before the last, None where there is none."""
        while len(self._seen) <= number:
            one = next(self._cycles, None)
            if one is None:
                return None
            self._seen.append(one)
        return self._seen[number]


class Cycle(NamedTuple):
    """The pressures of one site at one moment, by parameter."""

    at: float
    values: dict[str, float]

    @classmethod
    def of(cls, points: Sequence[Point]) -> "Cycle":
        """Return the cycle of values that were measured at one moment."""
        return cls(points[0].at, {point.key: point.value for point in points})

    def repeats(self, before: "Cycle") -> bool:
        """Say whether this is what was measured before, sent again."""
        return (
            self.values == before.values
            and self.at - before.at < figure("artefacts", "cuff_measures_at_least_every").value
        )

    @property
    def is_flat(self) -> bool:
        """True when all pressures are one high number."""
        values = self.values.values()
        lowest, highest = min(values), max(values)
        return (
            len(self.values) > 1
            and highest - lowest <= figure("artefacts", "flush_spread_at_most").value
            and lowest >= figure("artefacts", "flush_pressure_at_least").value
        )

    def doubt(self) -> str:
        """Return what no circulation can have, "" for a plain measurement."""
        systolic, diastolic, mean = (self.values.get(key) for key in (SYSTOLIC, DIASTOLIC, MEAN))
        if systolic is None or diastolic is None:
            return ""
        difference = systolic - diastolic
        if difference < figure("artefacts", "pulse_pressure_at_least").value:
            return f"{systolic:g}/{diastolic:g} mmHg lie too close together"
        if difference > figure("artefacts", "pulse_pressure_at_most").value:
            return f"{systolic:g}/{diastolic:g} mmHg lie too far apart"
        if mean is not None and not diastolic <= mean <= systolic:
            return f"a mean of {mean:g} mmHg does not lie within {systolic:g}/{diastolic:g}"
        return ""


def _at(item: tuple) -> float:
    return item[0]
