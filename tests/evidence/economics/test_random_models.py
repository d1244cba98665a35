"""Random models of everything that a cohort can hold, against a loop that a beginner would write."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glimmer.evidence.economics import Model

RATE = 0.04
STATES = ("A", "B", "C")


@dataclass(frozen=True)
class Way:
    """A probability of `height * exp(-fall * since) / (1 + slope * time)`, and what each who goes costs."""

    source: str
    target: str
    height: float
    fall: float
    slope: float
    price: float

    def chance(self, since: int, time: float) -> float:
        return self.height * math.exp(-self.fall * since) / (1 + self.slope * time)

    def text(self, tunnel: int) -> str:
        since = "state_cycle" if tunnel > 1 else "0"
        return f"scale * {self.height!r} * exp(-{self.fall!r} * {since}) / (1 + {self.slope!r} * time)"


@dataclass(frozen=True)
class Case:
    """One random model: ways, rests, who stays all the same, tunnels, amounts per year that grow, the grid."""

    ways: tuple[Way, ...]
    rest: dict[str, str]
    stay: dict[str, float]
    tunnels: dict[str, int]
    amounts: dict[str, tuple[float, float]]
    entry: float
    grid: tuple[tuple[int, float], ...]
    start: tuple[float, float, float]


@st.composite
def cases(draw):
    part = st.floats(0, 1).map(lambda x: round(x, 4))
    pairs = [(a, b) for a in STATES for b in STATES if a != b]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=6))
    # At most two ways out of a state, so that 0.45 each, and 0.1 who stay, leave a rest.
    ways = tuple(Way(a, b, 0.45 * draw(part), draw(part), draw(part), round(1000 * draw(part), 2)) for a, b in chosen)
    free = [a for a in STATES if draw(st.booleans())]
    rest = {a: draw(st.sampled_from([b for b in STATES if b != a and (a, b) not in chosen] or [a])) for a in free}
    first, second = draw(part), draw(part)
    return Case(
        ways,
        {a: b for a, b in rest.items() if a != b},
        {a: 0.1 * draw(part) for a, b in rest.items() if a != b},
        {a: draw(st.integers(1, 4)) for a in STATES},
        {a: (round(100 * draw(part), 2), round(10 * draw(part), 2)) for a in STATES},
        round(500 * draw(part), 2),
        tuple(draw(st.lists(st.tuples(st.integers(1, 4), st.sampled_from([0.02, 0.25, 1.0])), min_size=1, max_size=3))),
        (first * second, first * (1 - second), 1 - first),
    )


def declared(case: Case) -> Model:
    model = Model("Random", cycles=case.grid, discount=RATE, flows="end")
    model.parameter("scale", 1)
    for name in STATES:
        base, growth = case.amounts[name]
        since = " * (1 + state_time)" if case.tunnels[name] > 1 else ""
        model.state(name, cost=f"({base!r} + {growth!r} * time){since}", effect=base, tunnel=case.tunnels[name])
    for one in case.ways:
        text = one.text(case.tunnels[one.source])
        model.transition(one.source, one.target, text, cost=one.price)
    for source, target in case.rest.items():
        model.transition(source, target, "rest", cost=7)
        model.transition(source, source, case.stay[source], cost=3)
    model.reward("entries", case.entry, target="B")
    model.start(**dict(zip(STATES, map(repr, case.start), strict=True)))
    model.strategy("One")
    model.strategy("Half", scale=0.5)
    return model


def by_a_plain_loop(case: Case, scale: float) -> tuple[float, float, float]:
    """Return cost, effect and entries: one loop, one dictionary, half-cycle counting, flows at the ends of cycles."""
    times = [0.0]
    for count, years in case.grid:
        for _ in range(count):
            times.append(times[-1] + years)
    worth = [(1 + RATE) ** -time for time in times]
    # (state, cycles since entry but at most the tunnel's last place) -> (share, when those of this place had entered)
    now = {(name, 0): share for name, share in zip(STATES, case.start, strict=True)}
    cost, effect, entries = 0.0, 0.0, case.entry * case.start[1]
    for k in range(len(times)):
        before = times[k] - times[k - 1] if k else 0.0
        after = times[k + 1] - times[k] if k + 1 < len(times) else 0.0
        weight = (before + after) / 2 * worth[k]
        for (name, since), share in now.items():
            base, growth = case.amounts[name]
            stayed = 1 + times[k] - times[k - since] if case.tunnels[name] > 1 else 1
            cost += weight * share * (base + growth * times[k]) * stayed
            effect += weight * share * base
        if k + 1 == len(times):
            break
        then: dict[tuple[str, int], float] = {}
        for (name, since), share in now.items():
            left = 1.0
            for one in case.ways:
                if one.source == name:
                    chance = scale * one.chance(since, times[k])
                    then[one.target, 0] = then.get((one.target, 0), 0.0) + share * chance
                    cost += worth[k + 1] * share * chance * one.price
                    entries += case.entry * share * chance if one.target == "B" else 0.0
                    left -= chance
            onward = (name, min(since + 1, case.tunnels[name] - 1))
            if name in case.rest:
                stays = share * case.stay[name]
                then[onward] = then.get(onward, 0.0) + stays
                cost += worth[k + 1] * stays * 3
                left -= case.stay[name]
                place = (case.rest[name], 0)
                cost += worth[k + 1] * share * left * 7
                entries += case.entry * share * left if place[0] == "B" else 0.0
            else:
                place = onward
            then[place] = then.get(place, 0.0) + share * left
        now = then
    return cost, effect, entries


@settings(max_examples=60, deadline=None)
@given(cases())
def test_random_models_equal_a_plain_loop(case):
    found = declared(case).run()
    for column, scale in enumerate((1.0, 0.5)):
        cost, effect, entries = by_a_plain_loop(case, scale)
        assert found.total("cost")[0, column] == pytest.approx(cost, rel=1e-10, abs=1e-10)
        assert found.total("effect")[0, column] == pytest.approx(effect, rel=1e-10, abs=1e-10)
        assert found.total("entries")[0, column] == pytest.approx(entries, rel=1e-10, abs=1e-10)


@settings(max_examples=15, deadline=None)
@given(cases(), st.integers(1, 3))
def test_random_models_give_each_draw_its_own_figures_in_any_company_and_on_any_number_of_workers(case, workers):
    model = declared(case)
    scales = np.linspace(0, 1, 1300)
    many = model.run({"scale": scales}, workers=workers)
    for draw in (0, 499, 500, 1299):
        alone = model.run({"scale": float(scales[draw])})
        for outcome in ("cost", "effect", "entries"):
            assert many.totals[outcome][draw, 0] == alone.totals[outcome][0, 0]
