"""The protocol's alarm rules, judged on the readings as they come.

A `Track` follows one rule over one group of readings. It keeps its place and a few checkpoints, so that a
new reading costs microseconds; a reading that arrives late, or a start that becomes known late, takes it
back to the checkpoint before and through the readings again. The outcome depends only on which readings
there are, never on the order in which they came.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from glimmer.care.session.conditions import limit_of, meets
from glimmer.guidance.alarm_rules import AlarmRule, Condition
from glimmer.monitoring.change import Window
from glimmer.monitoring.episodes import Episode
from glimmer.monitoring.sieve import Sieve, Verdict
from glimmer.monitoring.stream import Point, Stream, group_of
from glimmer.vocabulary.parameters import FORMS, Parameter

WHICH_PRESSURE = frozenset({Parameter.SYSTOLIC, Parameter.DIASTOLIC, Parameter.MEAN_PRESSURE})
"""One alarm can be about either pressure, so its words say which."""

OF_A_READING = frozenset({"value", "rise", "change"})
"""The measures that are worked out from a reading; the others come from a round of observations."""

CHECKPOINT_EVERY = 64


@dataclass
class Setting:
    """What a rule must know besides the readings. Times in seconds since 1970; infinity for "not yet".

    `baseline` gives this patient's own value of a parameter before the start, None where there is none.
    """

    started: float = inf
    ended: float = inf
    over: float = inf
    baseline: Callable[[str], float | None] = lambda key: None

    def window(self, phase: str) -> tuple[float, float]:
        """Return [from, to) in which a rule of `phase` is judged."""
        first, last = -inf, inf
        if phase == "before":
            last = self.started
        elif phase == "infusion":
            first, last = self.started, self.ended
        elif phase == "after":
            first = self.ended
        return first, min(last, self.over)


class Hit(NamedTuple):
    """What broke a limit: the measure (a value, a rise over the baseline, a change), and the limit's condition.

    `planned` says what was planned instead, where the limit is a plan, or what is doubtful.
    """

    measure: float
    condition: Condition
    planned: str = ""


class _Run(NamedTuple):
    """A stretch of readings beyond the limit. `met` counts them; `due` is when it has lasted long enough.

    `waits`: what would raise it is doubtful, and waits until `due` for a repeat.
    """

    onset: float
    met: int
    due: float | None
    raised_at: float | None
    hit: Hit
    waits: bool = False


class _Place(NamedTuple):
    """Everything a track must remember to go on from a moment. `paused_at`: since when a run is broken, if it is."""

    at: float
    run: _Run | None
    last_at: float | None
    gap: float | None
    manual: bool
    paused_at: float | None
    beyond: dict[tuple[str, str], float]
    episodes: int


_BEGINNING = _Place(-inf, None, None, None, False, None, {}, 0)


class Track:
    """One rule over one group of readings. `advance` reads on; `rewind` forgets what came at or after a time."""

    def __init__(
        self,
        rule: AlarmRule,
        group: str,
        stream: Stream,
        setting: Setting,
        disagreement_seconds: float,
        sieve: Sieve | None = None,
    ) -> None:
        self.rule = rule
        self.group = group
        self.stream = stream
        self.setting = setting
        self.disagreement_seconds = disagreement_seconds
        self.sieve = sieve if sieve is not None and sieve.judges(group) else None
        self.episodes: list[Episode] = []
        self._windows: dict[Condition, Window] = {}
        self._conditions: dict[str, list[Condition]] = {}
        for condition in conditions_in(rule, group):
            self._conditions.setdefault(key_of(condition), []).append(condition)
            if condition.measure == "change":
                self._windows[condition] = Window(stream, condition, self._counts)
        self._checkpoints = [_BEGINNING]
        self._index = self._since_checkpoint = 0
        self._restore(_BEGINNING)

    # Going through the readings

    def advance(self) -> None:
        """Judge every reading that has not been judged yet."""
        points = self.stream.points
        count, index = len(points), self._index
        if index >= count:
            return
        first, last = self.setting.window(self.rule.phase)
        while index < count:
            at = points[index].at
            after = index + 1
            while after < count and points[after].at == at:
                after += 1
            if first <= at < last:
                self._read(at, points[index:after], index)
            else:
                self._leave(at, last)
            self._at = at
            index = after
            self._since_checkpoint += 1
            if self._since_checkpoint >= CHECKPOINT_EVERY:
                self._checkpoints.append(self._place())
                self._since_checkpoint = 0
        self._index = index

    def rewind(self, at: float) -> None:
        """Forget everything judged at or after `at`; the next `advance` judges it again."""
        if at > self._at:
            return
        for window in self._windows.values():
            window.forget(at)
        while self._checkpoints[-1].at >= at and len(self._checkpoints) > 1:
            self._checkpoints.pop()
        self._restore(self._checkpoints[-1])

    def _place(self) -> _Place:
        state = (self._at, self._run, self._last_at, self._gap, self._manual, self._paused_at)
        return _Place(*state, dict(self._beyond), len(self.episodes))

    def _restore(self, place: _Place) -> None:
        self._at, self._run, self._last_at, self._gap, self._manual, self._paused_at = place[:6]
        self._beyond: dict[tuple[str, str], float] = dict(place.beyond)
        del self.episodes[place.episodes :]
        self._index = self.stream.index_after(place.at)
        self._since_checkpoint = 0

    # Judging one moment

    def _read(self, at: float, points: Sequence[Point], index: int) -> None:
        """Judge the values of one moment that alarms use; `index` is where they begin in the stream."""
        if self.sieve is None:
            self._judge(at, points, 0)
            return
        verdict = self.sieve.verdict(self.group, points, index)
        # A doubtful value that breaks no limit proves nothing: it ends no alarm.
        if verdict.used and not (verdict.hold and all(self.broken(point) is None for point in verdict.used)):
            self._judge(at, verdict.used, verdict.hold)

    def _judge(self, at: float, points: Sequence[Point], hold: float) -> None:
        hit = self._hit(at, points)
        run = self._run
        if hit is not None:
            self._run = self._longer(self._resumed(run, at), at, hit, hold)
        elif run is not None and not self._another_probe_holds(at):
            self._break(run, at)
        self._gap = None if self._last_at is None else at - self._last_at
        self._last_at = at
        self._manual = points[-1].manual

    def _break(self, run: _Run, at: float) -> None:
        """A normal value breaks a run, once the values have been normal for as long as the rule wants."""
        if self._paused_at is None:
            self._paused_at = at
            # What had lasted long enough by now is raised; nothing is raised within a break.
            self._run = run = run._replace(raised_at=self._raised_at(run, at))
        if at - self._paused_at >= self.rule.breaks_under_seconds:
            self._close(run, self._paused_at)

    def _resumed(self, run: _Run | None, at: float) -> _Run | None:
        """Return the run that a value beyond the limit goes on with: None where the break since was too long."""
        paused_at, self._paused_at = self._paused_at, None
        if run is None or paused_at is None:
            return run
        if at - paused_at >= self.rule.breaks_under_seconds:
            self._close(run, paused_at)
            return None
        if run.raised_at is None and run.due is not None:
            return run._replace(due=max(run.due, at))
        return run

    def _hit(self, at: float, points: Sequence[Point]) -> Hit | None:
        hit = None
        for point in points:
            broken = self.broken(point)
            channel = (point.key, point.site)
            if broken is not None:
                self._beyond[channel] = at
                hit = hit or broken
            elif channel in self._beyond:
                del self._beyond[channel]
        return hit

    def broken(self, point: Point) -> Hit | None:
        """Return the first condition that a reading meets, with what was measured, or None."""
        for condition in self._conditions.get(point.key, ()):
            measure = point.value
            if condition.measure == "rise":
                baseline = self.setting.baseline(point.key)
                if baseline is None or point.at < self.setting.started:
                    continue
                measure -= baseline
            elif condition.measure == "change":
                measure = self._windows[condition].moved(point)
            if meets(condition, measure):
                return Hit(measure, condition)
        return None

    def _counts(self, point: Point) -> bool:
        return self.sieve is None or not self.sieve.leaves_out(point, self.group)

    def _longer(self, run: _Run | None, at: float, hit: Hit, hold: float) -> _Run:
        rule = self.rule
        onset, met = (run.onset, run.met + 1) if run else (at, 1)
        due, waits, raised_at = (run.due, run.waits, run.raised_at) if run else (None, False, None)
        lasts = met >= rule.repeats and at - onset >= rule.repeats_apart_seconds
        if due is not None and waits and not hold and at < due:
            # The repeat that a doubtful value waited for: it stands.
            due, waits = max(onset + rule.persists_seconds, at), False
        elif due is None and lasts:
            due = max(onset + rule.persists_seconds, at if rule.repeats > 1 else onset, at + hold if hold else onset)
            waits = hold > 0
        if raised_at is None and due is not None and due <= at:
            raised_at = due if run is not None and due <= self._stands_until() else at
        elif run is not None and raised_at is not None:
            hit = run.hit
        return _Run(onset, met, due, raised_at, hit, waits)

    def _another_probe_holds(self, at: float) -> bool:
        """Two probes that disagree: the worse one counts until it has been silent for a while."""
        return any(at - beyond_at <= self.disagreement_seconds for beyond_at in self._beyond.values())

    def _stands_until(self) -> float:
        """Return until when the last value speaks for the patient.

        A probe's value stands until its next is due, as long as the one before it did; the first of all
        and a value that a person wrote down stand until another comes.
        """
        if self._gap is None or self._manual or self._last_at is None:
            return inf
        run = self._run
        if run is not None and run.waits and run.due is not None:
            # What waits for a repeat stands where none comes.
            return max(run.due, self._last_at + self._gap)
        return self._last_at + self._gap

    def _leave(self, at: float, last: float) -> None:
        """Outside the rule's phase: what held until its end is over with it."""
        if self._run is not None:
            self._close(self._run, min(at, last) if self._paused_at is None else self._paused_at)
        self._beyond.clear()
        self._last_at = self._gap = None

    def _close(self, run: _Run, at: float) -> None:
        raised_at = self._raised_at(run, at)
        if raised_at is not None:
            self.episodes.append(self._episode(run, raised_at, at))
        self._run = self._paused_at = None

    def _raised_at(self, run: _Run, until: float) -> float | None:
        if run.raised_at is not None or (self._paused_at is not None and until > self._paused_at):
            return run.raised_at
        return run.due if run.due is not None and run.due <= min(until, self._stands_until()) else None

    # What came of it

    def episodes_at(self, now: float) -> list[Episode]:
        """Return the episodes raised so far, the one that still lasts at `now` last."""
        run = self._run
        if run is None:
            return self.episodes
        last = self.setting.window(self.rule.phase)[1]
        # A device's clock may run a little ahead of ours: what it measured is known, whatever the hour.
        known_until = max(now, self._at)
        raised_at = self._raised_at(run, min(known_until, last))
        if raised_at is None:
            return self.episodes
        over_at = last if last <= known_until else None
        if self._paused_at is not None and known_until - self._paused_at >= self.rule.breaks_under_seconds:
            over_at = self._paused_at
        return [*self.episodes, self._episode(run, raised_at, over_at)]

    def _episode(self, run: _Run, raised_at: float, over_at: float | None) -> Episode:
        rule = self.rule
        return Episode(rule.id, run.onset, raised_at, over_at, rule.priority, self.said(run.hit), rule.action)

    def said(self, hit: Hit) -> str:
        """Return the rule's words for what broke it."""
        return said(self.rule, hit)


class ArtefactTrack(Track):
    """One class of artefact as an alarm of its own: it lasts while the values are left out or in doubt."""

    def __init__(self, rule: AlarmRule, group: str, stream: Stream, setting: Setting, sieve: Sieve) -> None:
        super().__init__(rule, group, stream, setting, 0, sieve)

    def broken(self, point: Point) -> Hit | None:
        """A value alone is never an artefact: what stands beside it makes it one."""
        return None

    def _read(self, at: float, points: Sequence[Point], index: int) -> None:
        verdict = self.sieve.verdict(self.group, points, index) if self.sieve else Verdict(points)
        if verdict.artefact == self.rule.id:
            hit = Hit(points[0].value, self.rule.conditions[0], verdict.why)
            self._run = self._longer(self._run, at, hit, 0)
        elif self._run is not None and verdict.used:
            self._close(self._run, at)
        self._gap = None if self._last_at is None else at - self._last_at
        self._last_at = at

    def said(self, hit: Hit) -> str:
        """Return the rule's words with what is doubtful."""
        return self.rule.says.replace("{value}", hit.planned)


def key_of(condition: Condition) -> str:
    """Return the key of the points that a condition is judged on."""
    return condition.parameter if condition.measure in OF_A_READING else condition.measure


def conditions_in(rule: AlarmRule, group: str) -> list[Condition]:
    """Return the conditions of `rule` that are judged in `group`."""
    return [condition for condition in rule.conditions if group_of(key_of(condition)) == group]


def groups_of(rule: AlarmRule) -> list[str]:
    """Return the groups of readings that a rule looks at; they are judged apart, so that none hides another."""
    return sorted({group_of(key_of(condition)) for condition in rule.conditions})


def said(rule: AlarmRule, hit: Hit) -> str:
    """Return the rule's words with the value, the limit and the plan filled in."""
    limit = abs(limit_of(hit.condition)) if hit.condition.measure == "change" else limit_of(hit.condition)
    says = rule.says.replace("{value}", shown_measure(hit)).replace("{limit}", f"{limit:g}")
    return says.replace("{planned}", hit.planned)


def shown_measure(hit: Hit) -> str:
    """Return what broke a limit as a nurse reads it: which pressure, the number, its unit."""
    condition = hit.condition
    if condition.measure not in OF_A_READING or condition.parameter not in FORMS:
        return f"{hit.measure:g}"
    parameter = Parameter(condition.parameter)
    if condition.measure == "change":
        return f"{abs(hit.measure):g} {FORMS[parameter].shown_unit}"
    which = f"{FORMS[parameter].name.partition(' ')[0].lower()} " if parameter in WHICH_PRESSURE else ""
    return f"{which}{hit.measure:g} {FORMS[parameter].shown_unit}"
