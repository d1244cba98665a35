"""A cohort model as a beginner would write it: one loop, one dictionary a cycle. The oracle of the fast engine."""

from collections.abc import Callable, Mapping
from typing import Any

Position = tuple[str, int]


def plain_trace(
    start: Mapping[str, float],
    tunnels: Mapping[str, int],
    chance: Callable[[str, int, int], Mapping[str, float]],
    cycles: int,
) -> list[dict[Position, float]]:
    """Return who is where at each point. `chance(state, cycles since entry, cycle)` says where people go."""
    now: dict[Position, float] = {(state, 0): share for state, share in start.items()}
    seen = [dict(now)]
    for cycle in range(cycles):
        then: dict[Position, float] = {}

        def add(place: Position, share: float, then: dict[Position, float] = then) -> None:
            then[place] = then.get(place, 0.0) + share

        for (state, since), share in now.items():
            ways = chance(state, since, cycle)
            for target, probability in ways.items():
                add((target, 0), share * probability)
            onward = min(since + 1, tunnels.get(state, 1) - 1)
            add((state, onward), share * (1 - sum(ways.values())))
        now = then
        seen.append(dict(now))
    return seen


def plain_total(
    seen: list[dict[Position, float]], worth: Callable[[str, int, int], float], weight: Any, length: float = 1.0
) -> float:
    """Return the sum of what each position is worth per year, times the weight of its point and the cycle's length."""
    return sum(
        weight[point] * length * share * worth(state, since, point)
        for point, places in enumerate(seen)
        for (state, since), share in places.items()
    )
