"""The chart of a session record as a vector picture (SVG): every panel on one time axis, no value smoothed away.

Each stretch of time as wide as a pen stroke keeps its lowest and highest value, so that a short dip still shows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from glimmer.care.session.conditions import limit_of
from glimmer.care.session.log import SessionLog
from glimmer.guidance.protocol import Protocol
from glimmer.vocabulary.parameters import FORMS, Parameter

WIDTH, LEFT, RIGHT, GAP = 1000, 60, 70, 18
STROKES = 450
TICKS = (60, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
MOST_TICKS = 12
FONT = 'font-family="Libertinus Serif" font-size="15"'


@dataclass(frozen=True, slots=True)
class Panel:
    """Parameters on one scale, with the range that is always in the picture. A second line is dashed."""

    parameters: tuple[Parameter, ...]
    low: float
    high: float
    height: int


PANELS = (
    Panel((Parameter.SYSTOLIC, Parameter.DIASTOLIC), 40, 200, 220),
    Panel((Parameter.PULSE,), 40, 140, 120),
    Panel((Parameter.SPO2,), 84, 100, 110),
    Panel((Parameter.RESPIRATORY_RATE,), 0, 30, 100),
    Panel((Parameter.INFUSION_RATE,), 0, 100, 80),
)

Points = list[tuple[float, float]]


def chart_svg(log: SessionLog, protocol: Protocol, marks: Sequence[tuple[datetime, str]], zone: ZoneInfo) -> str:
    """Return the chart; `marks` are moments that a line crosses all panels at, with a word."""
    series = {p: [(s.at, s.reading.value) for s in log.series.get(p, ())] for panel in PANELS for p in panel.parameters}
    times = [points[end][0] for points in series.values() if points for end in (0, -1)]
    times += [moment.timestamp() for moment, _ in marks]
    first, last = min(times, default=0.0), max(times, default=0.0)
    axis = _Axis(first, max(last, first + TICKS[0]))
    drawn, top = [], 2 * GAP
    for panel in PANELS:
        drawn += _panel(panel, series, axis, top, protocol)
        top += panel.height + GAP
    drawn += _marks(marks, axis, top - GAP)
    drawn += _ticks(axis, top, zone)
    return _svg(drawn, top + GAP)


@dataclass(frozen=True, slots=True)
class _Axis:
    first: float
    last: float

    def x(self, at: float) -> float:
        return round(LEFT + (at - self.first) / (self.last - self.first) * (WIDTH - LEFT - RIGHT), 1)


def _panel(panel: Panel, series: dict[Parameter, Points], axis: _Axis, top: int, protocol: Protocol) -> list[str]:
    values = [value for parameter in panel.parameters for _, value in series[parameter]]
    low, high = min([panel.low, *values]), max([panel.high, *values])

    def y(value: float) -> float:
        return round(top + (high - value) / (high - low) * panel.height, 1)

    size = f'width="{WIDTH - LEFT - RIGHT}" height="{panel.height}"'
    drawn = [f'<rect x="{LEFT}" y="{top}" {size} fill="none" stroke="#768692"/>']
    drawn += [_text(LEFT - 6, y(value) + 5, f"{value:g}", "end") for value in (low, high)]
    for parameter, limit in sorted(_limits(protocol)):
        if parameter in panel.parameters and low <= limit <= high:
            drawn.append(_line(LEFT, y(limit), WIDTH - RIGHT, y(limit), "#a8071a", "2 4"))
            drawn.append(_text(WIDTH - RIGHT - 4, y(limit) - 3, f"limit {limit:g}", "end", "#a8071a"))
    for number, parameter in enumerate(panel.parameters):
        points = [(axis.x(at), y(value)) for at, value in enveloped(series[parameter], axis)]
        ends_at = points[-1][1] if points else top + panel.height / 2 + GAP * number
        drawn += _curve(FORMS[parameter].short, points, ends_at, dashed=number > 0)
    return drawn


def _curve(name: str, points: Points, ends_at: float, *, dashed: bool) -> list[str]:
    """Draw one line with its name at its end: nobody has to match colours with a key."""
    if not points:
        return [_text(WIDTH - RIGHT + 5, ends_at, f"{name}: none", "start")]
    path = " ".join(f"{x},{y}" for x, y in points)
    dash = ' stroke-dasharray="7 4"' if dashed else ""
    line = f'<polyline points="{path}" fill="none" stroke="#003087" stroke-width="1.6"{dash}/>'
    return [line, _text(WIDTH - RIGHT + 5, ends_at + 5, name, "start")]


def enveloped(points: Points, axis: "_Axis") -> Points:
    """Return of each stroke's width of time the first, lowest, highest and last point."""
    kept: Points = []
    width = (axis.last - axis.first) / STROKES
    stretch: Points = []
    for point in points:
        if stretch and point[0] - stretch[0][0] >= width:
            kept += _ends(stretch)
            stretch = []
        stretch.append(point)
    return kept + _ends(stretch)


def _ends(stretch: Points) -> Points:
    if len(stretch) <= 2:
        return stretch
    chosen = {0, len(stretch) - 1}
    for best in (min, max):
        chosen.add(best(range(len(stretch)), key=lambda index: stretch[index][1]))
    return [stretch[index] for index in sorted(chosen)]


def _limits(protocol: Protocol) -> set[tuple[Parameter, float]]:
    """Return the limits that raise an urgent alarm while or after the drug is given."""
    known = {parameter.value: parameter for panel in PANELS for parameter in panel.parameters}
    return {
        (known[condition.parameter], limit_of(condition))
        for rule in protocol.alarms
        if rule.priority == "high" and rule.phase != "before"
        for condition in rule.conditions
        if condition.measure == "value" and condition.parameter in known
    }


def _marks(marks: Sequence[tuple[datetime, str]], axis: _Axis, bottom: int) -> list[str]:
    drawn = []
    for number, (moment, word) in enumerate(marks):
        x = axis.x(moment.timestamp())
        drawn.append(_line(x, 2 * GAP, x, bottom, "#4c6272", "5 4"))
        drawn.append(_text(x, GAP - 4 + GAP * (number % 2), word, "middle"))
    return drawn


def _ticks(axis: _Axis, top: int, zone: ZoneInfo) -> Iterable[str]:
    span = axis.last - axis.first
    step = next((tick for tick in TICKS if span / tick <= MOST_TICKS), TICKS[-1])
    at = (axis.first // step + 1) * step
    while at < axis.last:
        yield _text(axis.x(at), top, f"{datetime.fromtimestamp(at, zone):%H:%M}", "middle")
        at += step


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, dash: str) -> str:
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{colour}" stroke-dasharray="{dash}"/>'


def _text(x: float, y: float, words: str, anchor: str, colour: str = "#212b32") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{colour}" {FONT}>{escape(words)}</text>'


def _svg(drawn: Iterable[str], height: int) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">'
    return head + "".join(drawn) + "</svg>"
