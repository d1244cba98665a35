"""What is given in a session, for its page: made ready, given so far, and by which sums."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from glimmer.care.plan import Preparation
from glimmer.care.session.checks import next_step
from glimmer.care.session.course import Course, Phase
from glimmer.care.session.log import SessionLog
from glimmer.guidance.protocol import Protocol
from glimmer.vocabulary.parameters import Parameter
from glimmer.web.jinja import shown_date, shown_time

if TYPE_CHECKING:
    from glimmer.web.session_view import SessionView


@dataclass(frozen=True, slots=True)
class Working:
    """The sums behind a preparation, each as what it is about, how it is worked out, and what comes of it."""

    lines: tuple[tuple[str, str, str], ...]

    @classmethod
    def of(cls, worked: Preparation, protocol: Protocol, log: SessionLog) -> "Working":
        """Return the working of a preparation in words."""
        assert log.opened is not None
        if not protocol.given_by.pump:
            return cls((("Drug", worked.working.rpartition(" = ")[0], worked.working.rpartition(" = ")[2]),))
        dose, total = f"{worked.dose_mg:g} mg", f"{worked.total_volume_ml:g} mL"
        strength, drug = f"{worked.vial_concentration_mg_per_ml:g} mg/mL", f"{worked.drug_volume_ml:g} mL"
        diluent = f"{round(worked.total_volume_ml - worked.drug_volume_ml, 3):g} mL"
        final, rate = f"{worked.final_concentration_mg_per_ml:g} mg/mL", f"{worked.rate_ml_per_hour:g} mL/h"
        return cls(
            (
                ("Drug", f"{dose} ÷ {strength}", drug),
                ("Diluent", f"{total} − {drug}", diluent),
                ("Final strength", f"{dose} ÷ {total}", final),
                ("Pump rate", f"{total} over {log.opened.infusion_minutes:g} min", rate),
            )
        )


def prepared_row(course: Course, protocol: Protocol) -> dict[str, Any] | None:
    """Return what was made ready and counts, or None."""
    event, check, prepared = course.prepared, course.second_check, course.preparation
    if event is None or prepared is None:
        return None
    pump = protocol.given_by.pump
    steps = protocol.steps_for(prepared.dose_mg)
    return {
        "seq": event.seq,
        "drug": prepared.drug,
        "batch": prepared.batch,
        "expires_on": shown_date(date.fromisoformat(prepared.expires_on)),
        "vial_strength": f"{prepared.vial_concentration_mg_per_ml:g} mg/mL",
        "drug_volume": f"{prepared.drug_volume_ml:g} mL",
        "total_volume": f"{prepared.total_volume_ml:g} mL" if pump else "",
        "final_strength": f"{prepared.final_concentration_mg_per_ml:g} mg/mL" if pump else "",
        "rate": f"{prepared.rate_ml_per_hour:g} mL/h" if pump else "",
        "steps": f"{steps}, {prepared.dose_mg / steps:g} mg each" if protocol.given_by.counted else "",
        "prepared_by": event.by,
        "prepared_by_id": event.by_id,
        "prepared_at": event.happened_at,
        "checked_by": check.by if check else "",
        "checked_at": check.happened_at if check else None,
    }


def given_row(view: "SessionView") -> dict[str, Any]:
    """Return how far the giving is, by the log and by the pump."""
    course, now, pump = view.course, view.now, view.manner.pump
    planned, done = course.planned_minutes, course.infusion_minutes(now)
    syringe = course.preparation
    steps = _steps(view)
    percent = (100 * done / planned if planned else 0) if pump else 100 * len(course.steps) / max(steps["of"], 1)
    return {
        "pump": pump,
        "words": _infusion_words(view, done, planned) if pump else _steps_words(view, steps["of"]),
        "percent": min(round(percent), 100),
        "started_at": course.started_at,
        "ended_at": course.ended_at,
        "planned_end": course.planned_end(now) if pump else None,
        "dose": f"{syringe.dose_mg:g} mg {syringe.drug}" if syringe else "–",
        "planned_rate": f"{syringe.rate_ml_per_hour:g} mL/h" if syringe else "–",
        "pump_rate": _pump(view, Parameter.INFUSION_RATE),
        "expected_volume": _expected_volume(view),
        "pump_volume": _pump(view, Parameter.VOLUME_INFUSED),
        "paused": f"{course.paused_minutes(now):.0f} min" if course.pauses else "",
        "steps": steps["given"],
        "next": steps["next"],
    }


def _steps(view: "SessionView") -> dict[str, Any]:
    """Return the steps that were given, how many there are, and from when on the next may be given."""
    number, of = next_step(view.log, view.protocol)
    wait = view.protocol.minutes_between_steps
    given = view.course.steps
    coming = ""
    if view.is_running and given and number and wait is not None:
        earliest = max(step.happened_at for step in given) + timedelta(minutes=wait.value)
        coming = f"{view.manner.step.capitalize()} {number} of {of}: not before {shown_time(earliest)}"
    said = [(f"{view.manner.step.capitalize()} {step.what.number}", step.happened_at, step.by) for step in _any(given)]
    return {"of": of, "given": tuple(said), "next": coming}


def _steps_words(view: "SessionView", of: int) -> str:
    given, step = len(view.course.steps), view.manner.step
    how = "No more is given. " if view.course.was_stopped_early else ""
    if of == 1:
        return how + (f"{view.manner.treatment.capitalize()} given" if given else "Not given yet")
    return f"{how}{given} of {of} {step}s given"


def _infusion_words(view: "SessionView", done: float, planned: float) -> str:
    if view.course.ended is not None:
        how = "Stopped" if view.course.was_stopped_early else "Complete"
        return f"{how} after {done:.0f} of {planned:g} minutes"
    left = view.course.minutes_left(view.now)
    lead = "Paused. " if view.phase == Phase.PAUSED else ""
    rest = f"{left:.0f} left" if left > 0 else "the planned time is over"
    return f"{lead}{done:.0f} of {planned:g} minutes, {rest}"


def _expected_volume(view: "SessionView") -> str:
    syringe, expected = view.course.preparation, view.state.clock.expected_volume_ml
    if not view.functions.dose_arithmetic:
        return "not worked out: dose arithmetic is off"
    return "–" if syringe is None or expected is None else f"{expected:.1f} mL of {syringe.total_volume_ml:g} mL"


def _pump(view: "SessionView", parameter: Parameter) -> str:
    sample = view.log.latest(parameter, view.now)
    return sample.reading.shown if sample else "not reported"


def _any(value: Any) -> Any:
    return value
