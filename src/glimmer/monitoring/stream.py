"""The readings that alarms are judged on: points in time order, grouped by what is measured together."""

from bisect import bisect_left, bisect_right, insort_right
from collections.abc import Iterator
from typing import NamedTuple

from glimmer.care.session.series import Sample
from glimmer.vocabulary.parameters import Parameter

PRESSURE = "pressure"
_TOGETHER = {
    Parameter.SYSTOLIC.value: PRESSURE,
    Parameter.DIASTOLIC.value: PRESSURE,
    Parameter.MEAN_PRESSURE.value: PRESSURE,
}


class Point(NamedTuple):
    """One fit value: when measured (seconds since 1970), event number, what, how much, by which probe
    (`site`) of which device (`source`).

    `key` is a parameter, or a measure that rounds of observations give: "moaas", "news2_total",
    "news2_single". `manual` values stand until the next one; a probe's only until its next is due.
    """

    at: float
    seq: int
    key: str
    value: float
    site: str
    manual: bool
    source: str = ""


def point_of(sample: Sample) -> Point:
    """Return a charted sample as a point."""
    reading = sample.reading
    return Point(
        sample.at, sample.seq, reading.parameter.value, reading.value, reading.site, sample.manual, sample.source
    )


def group_of(key: str) -> str:
    """Return the group in which `key` is judged: the pressures of one cuff cycle are one finding."""
    return _TOGETHER.get(key, key)


def _at(point: Point) -> float:
    return point[0]


class Stream:
    """The points of one group, sorted by time, event number, then the rest: an order without ties."""

    __slots__ = ("points",)

    def __init__(self) -> None:
        self.points: list[Point] = []

    def __iter__(self) -> Iterator[Point]:
        return iter(self.points)

    def insert(self, point: Point) -> None:
        """Put a point where it belongs; the newest costs one append."""
        points = self.points
        if not points or points[-1] <= point:
            points.append(point)
        else:
            insort_right(points, point)

    def index_after(self, at: float) -> int:
        """Return the index of the first point later than `at`."""
        return bisect_right(self.points, at, key=_at)

    def index_from(self, at: float) -> int:
        """Return the index of the first point at or later than `at`."""
        return bisect_left(self.points, at, key=_at)

    def before(self, key: str, until: float) -> Iterator[Point]:
        """Return the points of `key` at or before `until`, the newest first."""
        for index in range(self.index_after(until) - 1, -1, -1):
            if self.points[index].key == key:
                yield self.points[index]
