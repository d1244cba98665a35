"""The newest values as tiles: number, unit, age, and in a word and a sign whether something is wrong with it."""

from dataclasses import dataclass
from datetime import datetime

from glimmer.monitoring.current import CurrentValue
from glimmer.monitoring.episodes import PRIORITIES
from glimmer.monitoring.state import SessionState
from glimmer.vocabulary.parameters import FORMS, Parameter

PUMP = (Parameter.INFUSION_RATE, Parameter.VOLUME_INFUSED)
SHOWN = (
    Parameter.PULSE,
    Parameter.SPO2,
    Parameter.RESPIRATORY_RATE,
    Parameter.TEMPERATURE,
    *PUMP,
)
NOT_JUDGED = ("plain", "Not judged: alarms are off", "Not judged")
LEVELS = {"high": "danger", "medium": "caution", "low": "caution"}
SIGNS = {"danger": "⬢", "caution": "▲", "stale": "◷", "none": "?", "ok": "✓", "plain": ""}
SECONDS_PER_MINUTE = 60
MINUTES_PER_HOUR = 60


@dataclass(frozen=True, slots=True)
class Tile:
    """One value. `level` is danger, caution, stale, none, ok or plain (no limit is set on it).

    `says` is the whole finding, `word` its short form for the board; `since` is when it was measured, in
    seconds since 1970, for the browser to count its age from. A value beyond a limit stays marked so when it is old.
    """

    key: str
    name: str
    short: str
    value: str
    unit: str
    level: str
    says: str
    word: str
    since: float | None
    age: str
    source: str
    change: str

    @property
    def sign(self) -> str:
        """The sign that goes with the level."""
        return SIGNS[self.level]


def tiles_of(state: SessionState, now: datetime) -> tuple[Tile, ...]:
    """Return the tiles of a session, blood pressure first; what was never measured and is not planned is left out."""
    limited = _limited(state) if state.functions.alarms else None
    lost = {signal.parameter for signal in state.signals if signal.is_lost}
    tiles = []
    pressure = [state.value(Parameter.SYSTOLIC), state.value(Parameter.DIASTOLIC)]
    if all(pressure):
        tiles.append(_pressure_tile([value for value in pressure if value], limited, lost))
    for parameter in SHOWN:
        value = state.value(parameter)
        if value is not None:
            tiles.append(_tile(value, limited, lost))
    return tuple(tiles)


def _limited(state: SessionState) -> set[str]:
    rules = state.protocol.alarms if state.protocol else ()
    return {condition.parameter for rule in rules for condition in rule.conditions}


def _tile(value: CurrentValue, limited: set[str] | None, lost: set[Parameter]) -> Tile:
    form = FORMS[value.parameter]
    level, says, word = _finding([value], limited, lost)
    return Tile(
        key=value.parameter.value,
        name=form.name,
        short=form.short,
        value=f"{value.reading.value:.{form.decimals}f}" if value.reading else "–",
        unit=form.shown_unit,
        level=level,
        says=says,
        word=word,
        since=_since([value]),
        age=_age(value),
        source=_source(value),
        change=_change([value]),
    )


def _pressure_tile(values: list[CurrentValue], limited: set[str] | None, lost: set[Parameter]) -> Tile:
    level, says, word = _finding(values, limited, lost)
    shown = [f"{value.reading.value:.0f}" if value.reading else "–" for value in values]
    return Tile(
        key="pressure",
        name="Blood pressure",
        short="BP",
        value="/".join(shown) if any(value.reading for value in values) else "–",
        unit=FORMS[Parameter.SYSTOLIC].shown_unit,
        level=level,
        says=says,
        word=word,
        since=_since(values),
        age=_age(max(values, key=lambda value: value.age_seconds or 0)),
        source=_source(values[0]),
        change=_change(values),
    )


def _finding(values: list[CurrentValue], limited: set[str] | None, lost: set[Parameter]) -> tuple[str, str, str]:
    """Return level, whole finding and short finding: a broken limit outranks age, age outranks all is well.

    `limited` names the parameters that have a limit; None while alarms are off and nothing is judged.
    """
    if limited is None:
        return NOT_JUDGED if any(value.reading for value in values) else ("none", "Not measured yet", "No value yet")
    unfit = next((value.why_unfit for value in values if value.why_unfit), "")
    worst = min(values, key=_rank)
    old = "Signal lost" if any(value.parameter in lost for value in values) else "Old value"
    is_old = any(value.is_stale or value.parameter in lost for value in values)
    if worst.is_beyond:
        lead = f"{old}. " if is_old else ""
        return LEVELS.get(worst.beyond, "danger"), f"{lead}{worst.beyond_says}", f"{lead}Beyond limit"
    if unfit:
        return "stale", unfit, "Not usable"
    if all(value.reading is None for value in values):
        return "none", "Not measured yet", "No value yet"
    if is_old:
        return "stale", old, old
    if any(value.parameter.value in limited for value in values):
        return "ok", "Within limits", "Within limits"
    return "plain", "", ""


def _rank(value: CurrentValue) -> int:
    return PRIORITIES.index(value.beyond) if value.beyond in PRIORITIES else len(PRIORITIES)


def _since(values: list[CurrentValue]) -> float | None:
    # Of two values that belong together the older one tells the age.
    times = [value.reading.measured_at.timestamp() for value in values if value.reading]
    return round(min(times), 1) if times else None


def _age(value: CurrentValue) -> str:
    return "" if value.age_seconds is None else age_in_words(value.age_seconds)


def age_in_words(seconds: float) -> str:
    """Return `12 s ago`, `3 min ago`, `1 h 5 min ago`: the same words as live.js."""
    return f"{span_in_words(seconds)} ago"


def span_in_words(seconds: float) -> str:
    """Return `12 s`, `3 min`, `1 h 5 min`."""
    whole = max(round(seconds), 0)
    minutes, hours = whole // SECONDS_PER_MINUTE, whole // SECONDS_PER_MINUTE // MINUTES_PER_HOUR
    if not minutes:
        return f"{whole} s"
    return f"{minutes} min" if not hours else f"{hours} h {minutes % MINUTES_PER_HOUR} min"


def _source(value: CurrentValue) -> str:
    if value.reading is None:
        return ""
    return f"by hand, {value.source}" if value.is_manual else "device"


def _change(values: list[CurrentValue]) -> str:
    if any(value.rise is None for value in values) or not any(value.rise for value in values):
        return ""
    parts = [f"{value.rise:+.{FORMS[value.parameter].decimals}f}" for value in values]
    return f"{'/'.join(parts)} since before the start"
