"""How far the answer depends on what nobody knows: where, between its bounds, an unknown input turns the decision.

Costs and QALYs are straight lines in a price, a cost of care, a loss of health or a stretch of utilities. Two runs, at
0 and at 1, therefore give the net benefit of every strategy at every value, and the best one changes where lines cross.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from glimmer.evidence.economics.clinic.decision import asked, clinic_model, offered, values_of
from glimmer.evidence.economics.clinic.inputs import Entry, Inputs
from glimmer.evidence.economics.clinic.question import Question
from glimmer.evidence.economics.clinic.scenarios import SCENARIOS
from glimmer.evidence.economics.clinic.strategies import USUAL_CARE
from glimmer.evidence.economics.outcomes import Numbers
from glimmer.guidance.economics import blanks
from glimmer.guidance.figures import Table

# Inputs in which costs and effects are straight lines.
LINEAR = (
    "remission_care",
    "ect_session",
    "rtms_session",
    "sc_session",
    "harm_qaly_year",
    "societal_remission",
    "gain_5l_over_3l",
)


class NotLinear(ValueError):
    """A turning point was asked for an input in which the result is no straight line. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Between two values of an input (the upper one may be infinite) one strategy is expected to be the best."""

    low: float
    high: float
    best: str


@dataclass(frozen=True, slots=True)
class Dependence:
    """How the answer depends on one input at one threshold (GBP per QALY), over expected net benefit.

    `net_benefit_at_zero` and `slope` are means over the draws by strategy. `at` is the value that a run would take
    (None where there is none). `turns_for` maps a strategy to the value at which its expected net benefit equals that
    of usual care, and the central 95 % of where those of single draws do (None: nowhere within the bounds).
    """

    input: str
    unit: str
    threshold: float
    stretches: tuple[Stretch, ...]
    at: float | None
    strategies: tuple[str, ...]
    net_benefit_at_zero: Numbers
    slope: Numbers
    turns_for: dict[str, tuple[float, float, float] | None]

    @property
    def matters(self) -> bool:
        """True where different values within the bounds give different decisions."""
        return len(self.stretches) > 1


def dependence(question: Question, name: str, threshold: float, draws: int | None = None, seed: int = 0) -> Dependence:
    """Return how the answer depends on an input to be filled, between its bounds, at a threshold.

    Strategies that only this price keeps out take part; those that lack another price stay out. `draws` None: at the
    published values. Raise NotLinear for an input that this cannot be said of, Unfilled where another input is missing.
    """
    if name not in LINEAR:
        raise NotLinear(
            f"The result is no straight line in {name!r}: run the model at several values of it. "
            f"Turning points are there for {', '.join(LINEAR)}."
        )
    question = _with_scenario(question, name)
    low, high = _net_benefits(question, name, threshold, draws, seed)
    names = tuple(low)
    at_zero = np.stack([low[one] for one in names], axis=1)
    slope = np.stack([high[one] - low[one] for one in names], axis=1)
    blank = blanks()[name]
    upper = math.inf if blank.at_most is None else blank.at_most
    means = at_zero.mean(axis=0), slope.mean(axis=0)
    return Dependence(
        name,
        blank.unit,
        threshold,
        _stretches(names, *means, blank.at_least, upper),
        question.inputs.value(name),
        names,
        *means,
        {
            one: _turn(at_zero, slope, names.index(one), names.index(USUAL_CARE), (blank.at_least, upper))
            for one in names
            if one != USUAL_CARE
        },
    )


def dependences(question: Question, threshold: float, draws: int | None = None, seed: int = 0) -> list[Dependence]:
    """Return how the answer depends on each input that the question's own model lacks or holds a stand-in for."""
    missing = question.inputs.missing()
    lacking = [name for name in LINEAR if name in missing and not _only_in(name)]
    return [dependence(question, name, threshold, draws, seed) for name in lacking]


def _only_in(name: str) -> str:
    """Return the scenario without which an input plays no part, "" where it always does."""
    return next((one.id for one in SCENARIOS if name in one.needs and blanks()[name].stand_in is None), "")


def _with_scenario(question: Question, name: str) -> Question:
    needed = _only_in(name)
    return asked(replace(question, scenario=needed) if needed else question)


def _net_benefits(
    question: Question, name: str, threshold: float, draws: int | None, seed: int
) -> tuple[dict[str, Numbers], dict[str, Numbers]]:
    at_one = _filled(question, name, 1.0)
    chosen = offered(replace(question, inputs=at_one))[0]
    found = []
    for value in (0.0, 1.0):
        model = clinic_model(replace(question, inputs=at_one), chosen)
        values = values_of(model, at_one, draws, seed)
        values[name] = np.full(len(next(iter(values.values()))), value)
        outcomes = model.run(values, seed).outcomes(USUAL_CARE)
        benefits = outcomes.net_benefit(threshold)
        found.append({one: benefits[:, place] for place, one in enumerate(outcomes.strategies)})
    return found[0], found[1]


def _filled(question: Question, name: str, value: float) -> Inputs:
    entries = {**question.inputs.entries, name: Entry(value, value)}
    return replace(question.inputs, entries=Table(entries))


def _stretches(names: Sequence[str], at_zero: Numbers, slope: Numbers, low: float, high: float) -> tuple[Stretch, ...]:
    """Return the upper envelope of lines between two values: which is highest from where to where."""
    found: list[Stretch] = []
    here = low
    while True:
        best = _best(at_zero, slope, here)
        crossing = min(
            (
                (at_zero[best] - at_zero[other]) / (slope[other] - slope[best])
                for other in range(len(names))
                if slope[other] > slope[best]
            ),
            default=math.inf,
        )
        end = float(min(max(crossing, here), high))
        found.append(Stretch(here, end, names[best]))
        if end >= high:
            return tuple(found)
        here = end


def _best(at_zero: Numbers, slope: Numbers, here: float) -> int:
    """Return the highest line at a value; of equal ones that which is higher just after it."""
    values = at_zero + slope * here
    tied = np.flatnonzero(values >= values.max() - 1e-9 * max(1.0, abs(values.max())))
    return int(tied[np.argmax(slope[tied])])


def _turn(
    at_zero: Numbers, slope: Numbers, one: int, other: int, bounds: tuple[float, float]
) -> tuple[float, float, float] | None:
    """Return where two expected lines cross, and the central 95 % of where those of single draws do."""
    ahead, rate = at_zero[:, one] - at_zero[:, other], slope[:, other] - slope[:, one]
    if abs(rate.mean()) < 1e-12:
        return None
    expected = float(ahead.mean() / rate.mean())
    if not bounds[0] <= expected <= bounds[1]:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.where(np.abs(rate) > 1e-12, ahead / rate, np.nan)
    low, high = np.nanquantile(each, [0.025, 0.975])
    return expected, float(low), float(high)
