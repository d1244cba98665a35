"""The clinic's model with a few levers, answered at once: prices, relapse, maintenance interval, people a year.

The model is run beforehand, over the same draws, where the levers have no straight line: at several dangers of relapse
and at two maintenance intervals. Cost is a straight line in each price and in sessions per year, which is exact; along
the danger of relapse a polynomial goes through the runs. So an answer costs a few sums, and a slider shows what it
moves and not the luck of new draws.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glimmer.evidence.economics.analysis import acceptability, net_benefits, plane
from glimmer.evidence.economics.clinic.decision import asked, clinic_model
from glimmer.evidence.economics.clinic.inputs import Entry, Inputs
from glimmer.evidence.economics.clinic.question import Question
from glimmer.evidence.economics.clinic.strategies import USUAL_CARE, strategies, unpriced
from glimmer.evidence.economics.expressions import expression
from glimmer.evidence.economics.model import COST, EFFECT, Model, Strategy
from glimmer.evidence.economics.outcomes import Numbers, Outcomes
from glimmer.guidance.economics import blanks, parameter
from glimmer.guidance.figures import Table
from glimmer.guidance.thresholds import thresholds_shown

PRICES = ("session_price", "assessment_price", "oral_month_price", "esketamine_device_price")
ASKED_PRICES = ("ect_session", "rtms_session")
INTERVAL = "maintenance_interval_days"
SESSIONS = "ketamine sessions"
DRAWS, SEED = 300, 1
# Dangers of relapse after ketamine, as multiples of the published one, at the points of Chebyshev in their logarithm.
LEAST_DANGER, MOST_DANGER, RUNS = 0.5, 2.0, 7
INTERVALS = (7.0, 56.0)
_FREE = "free"


@dataclass(frozen=True, slots=True)
class Levers:
    """Where the levers stand: `prices` in GBP by name (what is not named keeps its draws), danger as a multiple.

    `people`: how many begin treatment in a year.
    """

    prices: Mapping[str, float]
    danger: float
    interval_days: float
    people: float


@dataclass(frozen=True, slots=True)
class Prepared:
    """The runs: effects, costs at no price and what a unit of each price adds, and ketamine sessions.

    Arrays have the shape (dangers, intervals, draws, strategies), with one more axis of prices for `slopes`.
    """

    names: tuple[str, ...]
    drawn_prices: Mapping[str, Numbers]
    effects: Numbers
    free: Numbers
    slopes: Numbers
    sessions: Numbers


def dangers() -> Numbers:
    """Return the dangers of relapse at which the model is run."""
    points = np.cos(np.pi * (2 * np.arange(RUNS) + 1) / (2 * RUNS))
    low, high = np.log(LEAST_DANGER), np.log(MOST_DANGER)
    return np.exp((low + high) / 2 + (high - low) / 2 * points)


def prepare(told: Callable[[int, int], None] = lambda _done, _of: None, draws: int = DRAWS) -> Prepared:
    """Run the model at every danger and interval; `told(done, of)` hears of progress."""
    inputs = Inputs(Table({name: Entry(0.0, 0.0) for name in ASKED_PRICES}))
    question = Question(inputs=inputs)
    model = clinic_model(question)
    names = tuple(model.strategies)
    priced = _with_units_of_price(model)
    values = model.inputs.draw(draws, SEED)
    prices = {name: values[name] for name in PRICES} | {name: np.zeros(draws) for name in ASKED_PRICES}
    grid = [[_run(priced, values, danger, interval) for interval in INTERVALS] for danger in _counted(dangers(), told)]
    costs, effects, sessions = (np.array([[one[part] for one in row] for row in grid]) for part in range(3))
    wide = costs.reshape(*costs.shape[:-1], 1 + len(PRICES) + len(ASKED_PRICES), len(names))
    free = wide[..., 0, :]
    slopes = np.moveaxis(wide[..., 1:, :] - free[..., None, :], -2, 0)
    first = slice(0, len(names))
    return Prepared(names, prices, effects[..., first], free, slopes, sessions[..., first])


def outcomes_at(prepared: Prepared, levers: Levers) -> tuple[Outcomes, Numbers]:
    """Return costs and effects where the levers stand, and ketamine sessions per person, each (draws, strategies)."""
    along_danger = _lagrange(np.log(dangers()), float(np.log(levers.danger)))
    often = [1 / days for days in INTERVALS]
    share = (1 / levers.interval_days - often[1]) / (often[0] - often[1])
    weights = along_danger[:, None] * np.array([share, 1 - share])[None, :]

    def at(runs: Numbers) -> Numbers:
        return np.asarray(np.einsum("di,di...->...", weights, runs))

    costs = at(prepared.free).copy()
    for number, name in enumerate((*PRICES, *ASKED_PRICES)):
        price = levers.prices.get(name, prepared.drawn_prices[name])
        costs += at(prepared.slopes[number]) * np.broadcast_to(price, (len(costs),))[:, None]
    there = _offered(levers)
    columns = [place for place, name in enumerate(prepared.names) if name in there]
    kept = tuple(prepared.names[place] for place in columns)
    found = Outcomes(kept, costs[:, columns], at(prepared.effects)[:, columns], USUAL_CARE)
    return found, at(prepared.sessions)[:, columns]


def answer(prepared: Prepared, levers: Levers) -> dict[str, Any]:
    """Return what a page shows: increments with intervals, net health and chances at each threshold, sums for a year.

    Plain data. Shares are of draws; `error` is the sampling error of the widest.
    """
    found, sessions = outcomes_at(prepared, levers)
    shown = thresholds_shown()
    compared, net, best = plane(found), net_benefits(found, shown), acceptability(found, shown)
    titles = {one.id: one.title for one in strategies()}
    rows = []
    for place, name in enumerate(found.strategies):
        increment = next((row for row in compared.rows if row.strategy == name), None)
        at = [row for row in net.rows if row.strategy == name]
        rows.append(
            {
                "name": name,
                "title": titles[name],
                "is_reference": increment is None,
                "cost": _spread(increment.cost) if increment else None,
                "effect": _spread(increment.effect) if increment else None,
                "net_health": [_spread(row.inc_health) for row in at],
                "worth_it": [row.probability_worth_it for row in at],
                "best": [float(best.probability[number, place]) for number in range(len(shown))],
                "has_best_mean": [bool(best.best[number] == place) for number in range(len(shown))],
                "year_cost": _scaled(increment.cost, levers.people) if increment else None,
                "year_effect": _scaled(increment.effect, levers.people) if increment else None,
                "year_sessions": float(sessions[:, place].mean()) * levers.people,
            }
        )
    return {
        "thresholds": list(shown),
        "strategies": rows,
        "draws": len(found.costs),
        "error": float(best.probability_error.max()),
        "missing": [_missing(name) for name in ASKED_PRICES if name not in levers.prices],
        "horizon_years": parameter("horizon_years").value,
    }


def _with_units_of_price(model: Model) -> Model:
    """Return the model with each strategy once without any price and once for one pound of each.

    They share the walk of their strategy, so that they cost little.
    """
    every = (*PRICES, *ASKED_PRICES)
    other = model.copy()
    other.strategies = {}
    for paid in (_FREE, *every):
        prices = {name: expression(1.0 if name == paid else 0.0) for name in every}
        for name, one in model.strategies.items():
            title = f"{name} {paid}"
            other.strategies[title] = Strategy(title, {**one.values, **prices}, one.sequence)
    return other


def _run(model: Model, values: Mapping[str, Numbers], danger: float, interval: float) -> tuple[Numbers, ...]:
    """Return costs, effects and sessions, (draws, strategies), where relapse after ketamine is so much likelier."""
    # A hazard that is higher by a factor is a scale of the Weibull that is shorter by its root of the shape.
    scale = values["relapse_scale_ketamine_days"] * danger ** (-1 / values["relapse_shape_ketamine"])
    moved = {**values, "relapse_scale_ketamine_days": scale, INTERVAL: np.full(len(scale), interval)}
    found = model.run(moved)
    return found.total(COST), found.total(EFFECT), found.total(SESSIONS)


def _counted(dangers_run: Numbers, told: Callable[[int, int], None]) -> Any:
    for done, danger in enumerate(dangers_run):
        told(done, len(dangers_run))
        yield float(danger)


def _lagrange(points: Numbers, where: float) -> Numbers:
    """Return the weights of the polynomial through values at `points`."""
    others = [np.delete(points, place) for place in range(len(points))]
    return np.array([np.prod((where - rest) / (point - rest)) for point, rest in zip(points, others, strict=True)])


def _offered(levers: Levers) -> frozenset[str]:
    filled = Inputs(Table({name: Entry(price, price) for name, price in levers.prices.items() if name in blanks()}))
    question = asked(replace(Question(), inputs=filled))
    return frozenset(one.id for one in strategies() if not unpriced(one, question.inputs))


def _missing(name: str) -> dict[str, str]:
    one = blanks()[name]
    return {"name": name, "title": one.title, "unit": one.unit, "look": one.look}


def _spread(spread: Any) -> list[float]:
    return [spread.mean, spread.low, spread.high]


def _scaled(spread: Any, people: float) -> list[float]:
    return [value * people for value in _spread(spread)]
