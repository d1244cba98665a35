"""Does the pump do what was prepared? Its rate, volume and concentration against the syringe in the log."""

from dataclasses import replace
from math import inf

from glimmer.care.session.course import Course
from glimmer.guidance.figures import figure
from glimmer.guidance.protocol import AlarmRule, Condition
from glimmer.monitoring.alarms import Hit, Setting, Track
from glimmer.monitoring.stream import Point, Stream
from glimmer.vocabulary.parameters import Parameter

PER_CENT = 100
SOURCE = "Glimmer project proposal"


def _rule(name: str, parameter: Parameter, measure: str, priority: str, says: str, action: str) -> AlarmRule:
    # The limit is a share of what was prepared, so the condition here only says "more than nothing beyond it".
    condition = Condition(parameter.value, measure, above=0)
    settles = figure("monitoring", "pump_settles_within").value
    return AlarmRule(name, priority, (condition,), says, action, SOURCE, "proposal", persists_seconds=settles)


def pump_rules() -> tuple[AlarmRule, ...]:
    """Return the rules on the pump; `measure` names what `PumpTrack` compares."""
    rate, volume = Parameter.INFUSION_RATE, Parameter.VOLUME_INFUSED
    return (
        _rule(
            "pump_too_fast",
            rate,
            "too_fast",
            "high",
            "The pump runs at {value} mL/h, faster than was prepared.",
            "Pause the pump and check rate and syringe against the preparation with a colleague.",
        ),
        _rule(
            "pump_too_slow",
            rate,
            "too_slow",
            "medium",
            "The pump runs at {value} mL/h, slower than was prepared.",
            "Look at the pump and the line: occlusion, empty syringe, or a pause that was not written down.",
        ),
        _rule(
            "pump_runs_unplanned",
            rate,
            "unplanned",
            "high",
            "The pump runs at {value} mL/h although by the log it should stand still.",
            "Stop the pump, or write down that it was started or resumed.",
        ),
        _rule(
            "pump_volume_beyond_plan",
            volume,
            "volume_beyond",
            "high",
            "The pump has given {value} mL, more than the syringe that was prepared.",
            "Stop the pump and tell the doctor how much was given.",
        ),
        _rule(
            "pump_concentration_differs",
            Parameter.DRUG_CONCENTRATION,
            "concentration",
            "high",
            "The pump is set for {value} mg/mL, which is not what was prepared.",
            "Pause the pump and check syringe label and pump setting with a colleague.",
        ),
    )


class Plan:
    """What the pump should do at any moment, by the log."""

    def __init__(self) -> None:
        self.course: Course | None = None

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

    def beyond(self, measure: str, value: float, at: float) -> bool:
        """Say whether a value of the pump is wrong in the way that `measure` names."""
        course = self.course
        preparation = course.preparation if course else None
        if preparation is None:
            # A pump that runs without any preparation in the log is not a comparison that can be made.
            return False
        if measure == "volume_beyond":
            return value > preparation.total_volume_ml * (1 + _share("pump_volume_tolerance"))
        if measure == "concentration":
            planned = preparation.final_concentration_mg_per_ml
            return abs(value - planned) > planned * _share("pump_concentration_tolerance")
        planned_rate = self.rate_at(at)
        if not planned_rate:
            return measure == "unplanned" and value > 0
        tolerance = planned_rate * _share("pump_rate_tolerance")
        if measure == "too_fast":
            return value > planned_rate + tolerance
        return measure == "too_slow" and value < planned_rate - tolerance


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
        return Hit(point.value, self.rule.conditions[0])


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
