"""Does the pump do what was prepared? Its rate, volume and concentration against the syringe in the log."""

import re
from bisect import bisect_left, insort
from dataclasses import replace
from math import inf

from glimmer.care.session.course import Course
from glimmer.care.session.events import InfusionPrepared
from glimmer.guidance.alarm_rules import AlarmRule, BuiltInRule, Condition
from glimmer.guidance.figures import figure
from glimmer.guidance.protocol import Protocol
from glimmer.monitoring.alarms import Hit, Setting, Track
from glimmer.monitoring.stream import Point, Stream
from glimmer.vocabulary.parameters import FORMS, Parameter

PER_CENT = 100
SECONDS_PER_HOUR, SECONDS_PER_MINUTE = 3600, 60
DRUG = "pump_drug"
"""The key of the points that say which drug the pump names; their value is its number in `Plan.drugs`."""

# A letter before the name makes another drug of it, and so does the mark of one enantiomer.
NOT_ANOTHER_DRUG = r"(?<![a-z])(?<!\b[rs]-)(?<!\([rs]\)-)(?<!\b[rs] )"

# What each built-in rule looks at, and the comparison that `Plan.beyond` makes for it.
COMPARED: dict[str, tuple[str, str]] = {
    "pump_too_fast": (Parameter.INFUSION_RATE, "too_fast"),
    "pump_too_slow": (Parameter.INFUSION_RATE, "too_slow"),
    "pump_runs_unplanned": (Parameter.INFUSION_RATE, "unplanned"),
    "pump_not_started": (Parameter.INFUSION_RATE, "not_started"),
    "pump_stopped_early": (Parameter.INFUSION_RATE, "stopped_early"),
    "pump_ran_on": (Parameter.INFUSION_RATE, "ran_on"),
    "pump_volume_beyond_plan": (Parameter.VOLUME_INFUSED, "volume_beyond"),
    "pump_concentration_differs": (Parameter.DRUG_CONCENTRATION, "concentration"),
    "pump_drug_differs": (DRUG, "drug"),
}


def pump_rules(protocol: Protocol) -> tuple[AlarmRule, ...]:
    """Return the protocol's rules on what the pump sends; `measure` names what `PumpTrack` compares."""
    known = {one.id for one in protocol.built_in}
    rules = []
    for one in protocol.built_in:
        if one.id in COMPARED:
            parameter, measure = COMPARED[one.id]
            if measure == "too_slow" and "pump_stopped_early" not in known:
                # The first versions know no rule of its own for a pump that stands still.
                measure = "too_slow_or_still"
            rules.append(_rule(one, parameter, measure))
    return tuple(rules)


def is_drug(named: str, prepared: str) -> bool:
    """Say whether what a pump calls its drug is the prepared one: "KETAMINE 10mg/ml" is ketamine, esketamine is not."""
    name = next(iter(prepared.casefold().split()), "").strip("(),")
    return re.search(NOT_ANOTHER_DRUG + re.escape(name), named.casefold()) is not None


def _rule(one: BuiltInRule, parameter: str, measure: str) -> AlarmRule:
    # The limit is a share of what was prepared, so the condition here only says "more than nothing beyond it".
    condition = Condition(str(parameter), measure, above=0)
    return AlarmRule(
        one.id,
        one.priority,
        (condition,),
        one.says,
        one.action,
        one.source,
        one.evidence,
        persists_seconds=one.persists_seconds,
    )


class Plan:
    """What the pump should do at any moment, by the log. `drugs` are the names it gave its drug so far."""

    def __init__(self) -> None:
        self.course: Course | None = None
        self.drugs: list[str] = []
        self.delivered_at: list[float] = []

    @property
    def preparation(self) -> InfusionPrepared | None:
        """The syringe that counts, None while there is none."""
        return self.course.preparation if self.course else None

    def number_of(self, drug: str) -> int:
        """Return the number of a drug's name, a new one for a new name."""
        if drug not in self.drugs:
            self.drugs.append(drug)
        return self.drugs.index(drug)

    def note_delivery(self, at: float) -> None:
        """Take note that the pump delivered at a moment."""
        insort(self.delivered_at, at)

    def rate_at(self, at: float) -> float | None:
        """Return the rate in mL/h that the pump should have at `at`; None where nothing was prepared."""
        course = self.course
        if course is None or course.preparation is None:
            return None
        started, ended = course.started_at, course.ended_at
        if started is None or at < started.timestamp() or (ended is not None and at >= ended.timestamp()):
            return 0
        for pause in course.pauses:
            if pause.since.timestamp() <= at and (pause.until is None or at < pause.until.timestamp()):
                return 0
        return course.preparation.rate_ml_per_hour

    def planned(self, measure: str, at: float) -> str:
        """Return in words what `beyond` compares with."""
        preparation = self.preparation
        if preparation is None:
            return ""
        if measure == "drug":
            return preparation.drug
        if measure == "ran_on":
            return f"{self._planned_seconds(preparation) / SECONDS_PER_MINUTE:g} minutes"
        if measure == "volume_beyond":
            return _shown(Parameter.VOLUME_INFUSED, preparation.total_volume_ml)
        if measure == "concentration":
            return _shown(Parameter.DRUG_CONCENTRATION, preparation.final_concentration_mg_per_ml)
        return _shown(Parameter.INFUSION_RATE, self.rate_at(at) or 0)

    def beyond(self, measure: str, value: float, at: float) -> bool:
        """Say whether a value of the pump is wrong in the way that `measure` names."""
        preparation = self.preparation
        if preparation is None:
            # A pump that runs without any preparation in the log is not a comparison that can be made.
            return False
        if measure == "drug":
            return not is_drug(self.drugs[int(value)], preparation.drug)
        if measure == "volume_beyond":
            return value > preparation.total_volume_ml * (1 + _share("pump_volume_tolerance"))
        if measure == "concentration":
            planned = preparation.final_concentration_mg_per_ml
            return abs(value - planned) > planned * _share("pump_concentration_tolerance")
        planned_rate = self.rate_at(at)
        if not planned_rate:
            return measure == "unplanned" and value > 0
        return self._rate_is(measure, value, planned_rate) or self._time_is(measure, value, at, preparation)

    def _rate_is(self, measure: str, value: float, planned: float) -> bool:
        tolerance = planned * _share("pump_rate_tolerance")
        if measure == "too_fast":
            return value > planned + tolerance
        if measure == "too_slow":
            return 0 < value < planned - tolerance
        return measure == "too_slow_or_still" and value < planned - tolerance

    def _time_is(self, measure: str, value: float, at: float, preparation: InfusionPrepared) -> bool:
        """Say whether a pump that by the log should run runs too long, or stands still too early."""
        tolerance = _share("pump_time_tolerance")
        if measure == "ran_on":
            return value > 0 and self._ran_seconds(at) > self._planned_seconds(preparation) * (1 + tolerance)
        if value > 0 or measure not in ("not_started", "stopped_early"):
            return False
        if self._ran_seconds(at) >= self._planned_seconds(preparation) * (1 - tolerance):
            return False
        return self._has_delivered(at) == (measure == "stopped_early")

    def _has_delivered(self, at: float) -> bool:
        started = self.course.started_at if self.course else None
        index = bisect_left(self.delivered_at, started.timestamp()) if started else len(self.delivered_at)
        return index < len(self.delivered_at) and self.delivered_at[index] <= at

    def _ran_seconds(self, at: float) -> float:
        course = self.course
        if course is None or course.started_at is None:
            return 0
        paused = sum(
            max(min(pause.until.timestamp() if pause.until else at, at) - pause.since.timestamp(), 0)
            for pause in course.pauses
        )
        return at - course.started_at.timestamp() - paused

    def _planned_seconds(self, preparation: InfusionPrepared) -> float:
        return preparation.total_volume_ml / preparation.rate_ml_per_hour * SECONDS_PER_HOUR


def _shown(parameter: Parameter, value: float) -> str:
    return f"{value:g} {FORMS[parameter].shown_unit}"


class PumpTrack(Track):
    """A track whose limit moves with the preparation, the pauses and the end of the infusion."""

    def __init__(self, rule: AlarmRule, stream: Stream, setting: Setting, plan: Plan) -> None:
        self._plan = plan
        # Judged like any other reading of its group; only the comparison is its own.
        plain = replace(rule, conditions=tuple(replace(one, measure="value") for one in rule.conditions))
        super().__init__(plain, plain.conditions[0].parameter, stream, setting, 0)
        self._measure = rule.conditions[0].measure

    def broken(self, point: Point) -> Hit | None:
        """Return what the pump shows where that is not what was prepared."""
        if not self._plan.beyond(self._measure, point.value, point.at):
            return None
        return Hit(point.value, self.rule.conditions[0], self._plan.planned(self._measure, point.at))

    def said(self, hit: Hit) -> str:
        """Return the rule's words; a drug is said by the name that the pump gives it."""
        if self._measure == "drug":
            return self.rule.says.replace("{value}", self._plan.drugs[int(hit.measure)]).replace(
                "{planned}", hit.planned
            )
        return super().said(hit)


def changed_from(old: Course | None, new: Course) -> float:
    """Return the earliest moment (seconds since 1970) from which the plan for the pump differs; infinity if none."""
    if old is None or _seq(old.prepared) != _seq(new.prepared):
        return -inf
    moments = [inf]
    for before, after in ((old.started_at, new.started_at), (old.ended_at, new.ended_at)):
        if before != after:
            moments += [moment.timestamp() for moment in (before, after) if moment]
    if old.pauses != new.pauses:
        unlike = set(old.pauses) ^ set(new.pauses)
        moments += [pause.since.timestamp() for pause in unlike]
    return min(moments)


def _seq(event: object) -> int | None:
    return getattr(event, "seq", None)


def _share(name: str) -> float:
    return figure("monitoring", name).value / PER_CENT
