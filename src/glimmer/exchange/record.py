"""The record of a session as a PDF to be read: patient, protocol, course, chart, values, alarms, the whole log."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from glimmer.care.session.course import Course
from glimmer.care.session.events import SessionEvent
from glimmer.care.session.log import SessionLog, fold
from glimmer.care.session.words import Line, lines_of
from glimmer.exchange.record_chart import chart_svg
from glimmer.exchange.typeset import typeset
from glimmer.guidance.protocol import protocol
from glimmer.monitoring.current import CurrentValue
from glimmer.monitoring.episodes import Alarm
from glimmer.monitoring.state import SessionState
from glimmer.vocabulary.nhs_number import shown_nhs_number
from glimmer.vocabulary.parameters import FORMS, Parameter

TABLED = (
    Parameter.SYSTOLIC,
    Parameter.DIASTOLIC,
    Parameter.PULSE,
    Parameter.SPO2,
    Parameter.RESPIRATORY_RATE,
    Parameter.TEMPERATURE,
)
LOWEST_MATTERS = (Parameter.SPO2, Parameter.RESPIRATORY_RATE)


def render_record(
    *, header: dict[str, Any], events: Sequence[SessionEvent], states: Sequence[SessionState], log_digest: str
) -> bytes:
    """Return the PDF. `states` are what was known at the moments of the table; `log_digest` stands on every page.

    The same facts give the same bytes: the PDF's own date is that of the newest entry.
    """
    log = fold(events)
    newest = max(event.received_at for event in events)
    content = {**record_content(header, log, states, log_digest), "written_at": newest.isoformat()}
    return typeset("record.typ", "record", content)


def record_content(
    header: dict[str, Any], log: SessionLog, states: Sequence[SessionState], log_digest: str
) -> dict[str, Any]:
    """Return what the record says, as facts for the template."""
    told, zone = header["protocol"], ZoneInfo(header["time_zone"])
    ruled = protocol(told["id"], told["version"])
    lines = tuple(reversed(lines_of(log, ruled)))
    marks = course_marks(log.course)
    return {
        "title": f"Record of ketamine session {header['session']['number']} of {header['session']['of']}",
        "clinic": header["clinic"],
        "glimmer": header["glimmer"],
        "digest": log_digest,
        "entries": len(log.events),
        "patient": {**header["patient"], "nhs_number": shown_nhs_number(header["patient"]["nhs_number"])},
        "facts": _facts(header, log, zone),
        "protocol": {"name": f"{ruled.title}, {told['id']} version {told['version']}", "digest": told["digest"]},
        "course": [[_clock(moment, zone), word] for moment, word in marks],
        "chart": chart_svg(log, ruled, marks, zone),
        "heads": ["Time", *(f"{FORMS[one].short} ({FORMS[one].shown_unit})" for one in TABLED), "NEWS2"],
        "rows": _rows(log, states, zone),
        "alarms": [_alarm(alarm, zone) for alarm in sorted(states[-1].all_alarms, key=lambda one: one.raised_at)],
        "log": [_line(line, log, zone) for line in lines],
    }


def course_marks(course: Course) -> list[tuple[datetime, str]]:
    """Return start, pauses, end and leaving, in their order."""
    found = [(course.started_at, "Start"), (course.ended_at, "Stopped" if course.was_stopped_early else "End")]
    for pause in course.pauses:
        found += [(pause.since, "Pause"), (pause.until, "Resume")]
    found.append((course.over_at, "Cancelled" if course.cancelled else "Left"))
    return sorted((moment, word) for moment, word in found if moment is not None)


def _facts(header: dict[str, Any], log: SessionLog, zone: ZoneInfo) -> list[list[str]]:
    plan, session, syringe = header["plan"], header["session"], log.course.preparation
    opened = datetime.fromisoformat(session["opened_at"])
    # A dose that the prescriber typed, with dose arithmetic off, has no mg/kg and no weight behind it.
    without_weight = plan["dose_mg_per_kg"] is None
    said = "the same for every weight" if plan["basis"] == "fixed" else "typed by the prescriber"
    per_kg = said if without_weight else f"{plan['dose_mg_per_kg']:g} mg/kg"
    basis = "the dose was not worked out from it" if without_weight else f"basis of the dose: {plan['basis']} weight"
    over = f" over {plan['infusion_minutes']:g} min" if plan["infusion_minutes"] else ""
    facts = [
        ["Date and bay", f"{opened.astimezone(zone):%d %B %Y}, {session['bay']}"],
        ["Opened", f"{_clock(opened, zone)} by {session['opened_by']}"],
        [
            "Prescribed",
            f"{plan['dose_mg']:g} mg{over} ({per_kg})",
        ],
        ["Prescriber", plan["prescribed_by"]],
        ["Weight", f"{plan['weight_kg']:g} kg, {basis}"],
    ]
    if syringe is not None:
        strength = f"{syringe.final_concentration_mg_per_ml:g} mg/mL"
        facts.append(["Syringe", f"{syringe.dose_mg:g} mg {syringe.drug}, {syringe.total_volume_ml:g} mL, {strength}"])
        facts.append(["Rate and batch", f"{syringe.rate_ml_per_hour:g} mL/h, {syringe.batch}, to {syringe.expires_on}"])
    return facts


def _rows(log: SessionLog, states: Sequence[SessionState], zone: ZoneInfo) -> list[list[str]]:
    rows, since = [], 0.0
    for state in states:
        until = state.at.timestamp()
        cells = [_cell(state.value(parameter), _between(log, parameter, since, until)) for parameter in TABLED]
        latest = state.latest_round
        rows.append([_clock(state.at, zone), *cells, str(latest.score.total) if latest else "–"])
        since = until
    return rows


def _between(log: SessionLog, parameter: Parameter, since: float, until: float) -> list[float]:
    return [sample.reading.value for sample in log.series.get(parameter, ()) if since < sample.at <= until]


def _cell(known: CurrentValue | None, measured: list[float]) -> str:
    """The value that stood on the screen, and beside it the extreme of the stretch that matters where it differs."""
    if known is None or known.reading is None:
        return "–"
    decimals = FORMS[known.parameter].decimals
    value = known.reading.value
    extreme = (min if known.parameter in LOWEST_MATTERS else max)(measured, default=value)
    beside = "" if extreme == value else f" ({'lowest' if extreme < value else 'highest'} {extreme:.{decimals}f})"
    return f"{value:.{decimals}f}{beside}"


def _alarm(alarm: Alarm, zone: ZoneInfo) -> list[str]:
    taken = "Nobody took charge"
    if alarm.acknowledged_at is not None:
        taken = f"{alarm.acknowledged_by}, {_clock(alarm.acknowledged_at, zone)}"
        taken += f": {alarm.did}" if alarm.did else ""
    escalated = f" Escalated to {alarm.escalated_to}." if alarm.escalated_to else ""
    over = _clock(alarm.over_at, zone) if alarm.over_at else "lasting"
    return [_clock(alarm.raised_at, zone), alarm.priority, f"{alarm.says}{escalated}", over, taken]


def _line(line: Line, log: SessionLog, zone: ZoneInfo) -> list[str]:
    wrong = f"MARKED AS WRONG by {line.corrected_by}: {line.corrected}. It had said: " if line.corrected else ""
    late = f", entered {_clock(log.events[line.seq].received_at, zone)}" if line.late else ""
    return [str(line.seq), _clock(line.at, zone), f"{wrong}{line.says}", f"{line.by}{late}"]


def _clock(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%H:%M:%S}"
