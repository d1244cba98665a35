"""One moment of a recording in words, for a person without a screen of the clinic."""

from datetime import datetime
from zoneinfo import ZoneInfo

from glimmer.care.session.log import SessionLog
from glimmer.care.session.words import Line, lines_of
from glimmer.monitoring.current import CurrentValue
from glimmer.monitoring.episodes import Alarm
from glimmer.monitoring.state import SessionState
from glimmer.vocabulary.parameters import FORMS


def state_in_words(state: SessionState, log: SessionLog, zone: ZoneInfo) -> list[str]:
    """Return the state of a session at `state.at` as lines of text, times by the clinic's clock."""
    lines = [f"As it was seen at {clock(state.at, zone)} on {state.at.astimezone(zone):%d %B %Y}: {state.phase.label}."]
    lines += [f"Next: {words}" for words in state.needs_next]
    lines.append("Alarms:" if state.alarms else "Alarms: none.")
    lines += [f"  {_alarm(alarm, zone)}" for alarm in state.alarms]
    lines.append("Values:")
    lines += [f"  {_value(value)}" for value in state.values]
    if state.latest_round is not None:
        lines.append(f"NEWS2: {state.latest_round.score.total}, of {clock(state.latest_round.at, zone)}.")
    if state.protocol is not None:
        lines.append("What had happened, newest first:")
        said = lines_of(log, state.protocol)
        lines += [
            f"  {clock(line.at, zone)} {'(marked as wrong) ' * bool(line.corrected)}{line.says} – {line.by}"
            for line in said
        ]
    return lines


def _alarm(alarm: Alarm, zone: ZoneInfo) -> str:
    taken = f"taken by {alarm.acknowledged_by}" if alarm.is_acknowledged else "nobody had taken charge"
    over = "" if alarm.is_holding else "; the cause was over"
    return f"{alarm.priority}: {alarm.says} Since {clock(alarm.raised_at, zone)}, {taken}{over}."


def _value(value: CurrentValue) -> str:
    name = FORMS[value.parameter].name
    if value.reading is None:
        return f"{name}: not measured"
    age = f", {value.age_seconds:.0f} s old" if value.age_seconds is not None else ""
    beyond = f" – {value.beyond_says}" if value.is_beyond else ""
    return f"{name}: {value.reading.shown}{age}{beyond}"


def _entry(line: Line, zone: ZoneInfo) -> str:
    wrong = "(marked as wrong) " if line.corrected else ""
    return f"{clock(line.at, zone)} {wrong}{line.says} – {line.by}"


def clock(moment: datetime, zone: ZoneInfo) -> str:
    """Return the time of day with seconds."""
    return f"{moment.astimezone(zone):%H:%M:%S}"
