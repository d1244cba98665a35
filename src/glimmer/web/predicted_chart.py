"""A predicted level as points for a drawing, with what flowed below it; the table beside it says the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil, floor, log10
from typing import Any

from glimmer.care.session.given import BY_PLAN, BY_PUMP, Flow, Given
from glimmer.guidance import figure

# The drawing's own units; the page scales it. The levels stand above, what flowed below.
WIDTH, HEIGHT = 640, 420
LEFT, RIGHT, TOP, BOTTOM = 60, 20, 24, 300
FLOW_TOP, FLOW_BOTTOM = 322, 362
GRID_LINES = 4
MINUTES_A_LABEL = 30
SECONDS_PER_MINUTE = 60
KNOWN_BY = {
    BY_PUMP: "the pump's own rates",
    BY_PLAN: "the plan: nothing has been given yet",
}
BY_HAND = "what was pressed here: no pump has told its rate since the start"


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of one rate; `words` say it."""

    x: float
    width: float
    y: float
    height: float
    words: str


@dataclass(frozen=True, slots=True)
class LevelRow:
    """One row of the table: minutes from the start, the clock (None before the start), levels in ng/mL."""

    minute: int
    at: datetime | None
    low: int
    high: int
    typical: int
    other: int
    is_now: bool


@dataclass(frozen=True, slots=True)
class LevelChart:
    """Everything the template draws. `band` is a polygon, `typical` and `other` are lines; `now` an x or None."""

    band: str
    typical: str
    other: str
    grid: tuple[tuple[float, int], ...]
    minutes: tuple[tuple[float, int], ...]
    flows: tuple[Bar, ...]
    planned: tuple[Bar, ...]
    now: float | None
    now_minute: int | None
    now_words: str
    rows: tuple[LevelRow, ...]
    says: str
    known_by: str
    given_mg: float
    silent_minutes: int
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = BOTTOM
    flow_top: int = FLOW_TOP
    flow_bottom: int = FLOW_BOTTOM


def level_chart(answer: Mapping[str, Any], given: Given, now: datetime) -> LevelChart:
    """Return the drawing of an answer of the engine to the course of an infusion, at `now`."""
    minutes: Sequence[int] = answer["minutes"]
    top = _rounded_up(max(*answer["high"], *answer["other"], 1.0))
    spans = (minutes[-1], top)
    passed = None if given.began_at is None else (now.timestamp() - given.began_at) / SECONDS_PER_MINUTE
    minute = floor(passed) if passed is not None and 0 <= passed <= minutes[-1] else None
    most = max((one.mg / (one.until - one.since) for one in (*given.flows, *given.planned)), default=1.0)
    low, high = answer["low"], answer["high"]
    return LevelChart(
        band=f"{_line(minutes, high, spans)} {_line(minutes[::-1], low[::-1], spans)}",
        typical=_line(minutes, answer["typical"], spans),
        other=_line(minutes, answer["other"], spans),
        grid=tuple(
            (_y(top * step / GRID_LINES, top), round(top * step / GRID_LINES)) for step in range(GRID_LINES + 1)
        ),
        minutes=tuple((_x(at, minutes[-1]), at) for at in range(0, minutes[-1] + 1, MINUTES_A_LABEL)),
        flows=tuple(_bar(one, minutes[-1], most) for one in given.flows),
        planned=tuple(_bar(one, minutes[-1], most) for one in given.planned),
        now=None if minute is None or passed is None else _x(passed, minutes[-1]),
        now_minute=minute,
        now_words=_now_in_words(answer, minute),
        rows=_rows(answer, given, minute),
        says=_in_words(answer),
        known_by=KNOWN_BY.get(given.known_by, BY_HAND),
        given_mg=_given_by(given, passed),
        silent_minutes=ceil(sum(until - since for since, until in given.gaps) / SECONDS_PER_MINUTE),
    )


def _x(minute: float, last: float) -> float:
    return round(LEFT + (WIDTH - LEFT - RIGHT) * min(minute, last) / last, 1)


def _y(level: float, top: float) -> float:
    return round(TOP + (BOTTOM - TOP) * (1 - level / top), 1)


def _line(minutes: Sequence[int], levels: Sequence[float], spans: tuple[float, float]) -> str:
    last, top = spans
    return " ".join(f"{_x(at, last)},{_y(level, top)}" for at, level in zip(minutes, levels, strict=True))


def _rounded_up(level: float) -> float:
    """Return the next full number of hundreds, or tens, so that the labels beside the lines are round."""
    step = 10 ** floor(log10(level)) * GRID_LINES / 10
    return ceil(level / step) * step


def _bar(flow: Flow, last: int, most: float) -> Bar:
    since, until = flow.since / SECONDS_PER_MINUTE, flow.until / SECONDS_PER_MINUTE
    rate = flow.mg / (flow.until - flow.since)
    height = round((FLOW_BOTTOM - FLOW_TOP) * rate / most, 1)
    x = _x(since, last)
    words = f"Minute {since:.0f} to {until:.0f}: {flow.mg:.1f} mg, {rate * SECONDS_PER_MINUTE:.2f} mg a minute"
    return Bar(x, round(_x(until, last) - x, 1), FLOW_BOTTOM - height, height, words)


def _rows(answer: Mapping[str, Any], given: Given, now: int | None) -> tuple[LevelRow, ...]:
    every = figure("kinetics", "written_every").value
    began = None if given.began_at is None else datetime.fromtimestamp(given.began_at, UTC)
    wanted = sorted({*range(0, answer["minutes"][-1] + 1, every), *(() if now is None else (now,))})
    return tuple(
        LevelRow(
            minute=at,
            at=None if began is None else began + timedelta(minutes=at),
            low=round(answer["low"][at]),
            high=round(answer["high"][at]),
            typical=round(answer["typical"][at]),
            other=round(answer["other"][at]),
            is_now=at == now,
        )
        for at in wanted
    )


def _now_in_words(answer: Mapping[str, Any], minute: int | None) -> str:
    if minute is None:
        return ""
    low, high, other = (round(answer[name][minute]) for name in ("low", "high", "other"))
    return f"Minute {minute}: {low} to {high} ng/mL predicted; the second model says {other}."


def _in_words(answer: Mapping[str, Any]) -> str:
    low, high, other = answer["low"], answer["high"], answer["other"]
    peak = max(range(len(high)), key=high.__getitem__)
    return (
        f"Predicted level over {answer['minutes'][-1]} minutes. The band is widest at minute {peak}: "
        f"{round(low[peak])} to {round(high[peak])} ng/mL. The second model's highest value is "
        f"{round(max(other))}. The table below holds the values."
    )


def _given_by(given: Given, passed_minutes: float | None) -> float:
    """Return the mg that have flowed by now: of the stretch under way the part that has passed."""
    if passed_minutes is None:
        return 0.0
    now = passed_minutes * SECONDS_PER_MINUTE
    return sum(
        one.mg * min(max(now - one.since, 0) / (one.until - one.since), 1) for one in given.flows if one.since < now
    )
