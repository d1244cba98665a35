"""How far a value has moved: the highest or lowest that the same probe measured in the time before it."""

from collections import deque
from collections.abc import Callable
from math import inf

from glimmer.guidance.alarm_rules import Condition
from glimmer.monitoring.stream import Point, Stream


class Window:
    """The extremes of a sliding window over one stream, for one condition on change.

    It only moves forward; `forget` takes it back where a reading arrived late. `counts` says which values to look at.
    """

    def __init__(self, stream: Stream, condition: Condition, counts: Callable[[Point], bool]) -> None:
        self._stream, self._condition, self._counts = stream, condition, counts
        self._sign = 1 if condition.is_fall else -1
        self._at, self._index = -inf, 0
        self._extremes: dict[str, deque[tuple[float, float]]] = {}

    def forget(self, at: float) -> None:
        """Forget all, where the window has come to `at` or beyond."""
        if at <= self._at:
            self._at, self._index, self._extremes = -inf, 0, {}

    def moved(self, point: Point) -> float:
        """Return how far a value stands above (a rise) or below (a fall, negative) the extreme before it."""
        if point.at < self._at:
            behind = Window(self._stream, self._condition, self._counts)
            return behind.moved(point)
        since = point.at - self._condition.within_seconds
        if self._at < since:
            self._extremes, self._index = {}, self._stream.index_from(since)
        self._read_on(point.at)
        extremes = self._extremes.get(point.site, deque())
        while extremes and extremes[0][0] < since:
            extremes.popleft()
        signed = point.value * self._sign
        return (signed - max(signed, extremes[0][1] if extremes else signed)) * self._sign

    def _read_on(self, until: float) -> None:
        points, index = self._stream.points, self._index
        while index < len(points) and points[index].at <= until:
            point = points[index]
            index += 1
            if point.key == self._condition.parameter and self._counts(point):
                self._take(point.site, point.at, point.value * self._sign)
        self._index, self._at = index, until

    def _take(self, site: str, at: float, signed: float) -> None:
        extremes = self._extremes.setdefault(site, deque())
        while extremes and extremes[-1][1] <= signed:
            extremes.pop()
        extremes.append((at, signed))
