"""A decision model as it stands on paper: parameters, values, states, transitions and strategies, each declared once.

    model = Model("Sick-Sicker", cycles=75, discount=0.03)
    model.parameter("r_die", 0.002)
    model.parameter("c_healthy", Gamma.from_mean(2000, 200))
    model.value("p_die", "rate_to_probability(r_die, length)")
    model.state("Healthy", cost="c_healthy", effect=1)
    model.state("Dead")
    model.transition("Healthy", "Dead", "p_die")
    model.strategy("Usual care")
    run = model.run(draws=10_000, seed=1)

Who does not leave a state stays in it. Expressions may use the parameters, the values and the clocks `cycle` (from 0),
`time` and `length` (years), `age`, and in a tunnel `state_cycle` and `state_time` (since the state was entered).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from glimmer.evidence.economics.consistency import CLOCKS, STATE_CLOCKS, check, check_declared, check_fresh
from glimmer.evidence.economics.declared import (
    Lookup,
    Reward,
    Said,
    Settings,
    State,
    Strategy,
    Subgroup,
    Transition,
    check_number,
    check_rate,
    check_text,
    check_truth,
)
from glimmer.evidence.economics.expressions import BadModel, Expression, closest, expression
from glimmer.evidence.economics.inputs import Correlation, Dirichlet, Distribution, Fixed, Inputs
from glimmer.evidence.economics.outcomes import Numbers

if TYPE_CHECKING:
    from glimmer.evidence.economics.cohort import Run
    from glimmer.evidence.economics.individual import PeopleRun

REST = "rest"
PER = ("year", "cycle")
# A life in hours. Somebody who asks for more has mistaken a unit.
MOST_CYCLES = 1_000_000
COST, EFFECT = "cost", "effect"


class Model:
    """A model under declaration; `run` evaluates it. See the head of this module for what it looks like.

    `cycles` is a number of cycles of `years` each, or pairs of a number and a length in years, one after the other.
    `discount` is for costs and effects alike unless `settings` says otherwise.
    """

    clocks = CLOCKS | STATE_CLOCKS

    def __init__(
        self,
        title: str,
        cycles: int | Sequence[tuple[int, float]],
        years: float = 1.0,
        discount: float | None = None,
        **settings: Any,
    ) -> None:
        rates = {} if discount is None else {"discount_costs": discount, "discount_effects": discount}
        self.title = title
        self.settings = Settings(**(rates | settings))
        self.times = _times(cycles, years)
        self.parameters: dict[str, Distribution] = {}
        self.shares: list[Dirichlet] = []
        self.correlations: list[Correlation] = []
        self.values: dict[str, Expression] = {}
        self.tables: dict[str, Lookup] = {}
        self.states: dict[str, State] = {}
        self.starts: dict[str, Expression] = {}
        self.transitions: list[Transition] = []
        self.rewards: list[Reward] = []
        self.treatments: dict[str, dict[str, Expression]] = {}
        self.strategies: dict[str, Strategy] = {}
        self.subgroups: dict[str, Subgroup] = {}
        self.overrides: dict[str, Expression] = {}
        self.discounts: dict[str, float] = {}
        self.notes: dict[str, str] = {}

    # What is known

    def parameter(self, name: str, belief: Distribution | float | int, note: str = "") -> None:
        """Declare an input: a number that is taken as known, or a distribution."""
        check_fresh(self, name)
        self.parameters[name] = _belief(name, belief)
        self.notes[name] = note

    def parameters_that_add_up(self, **counts: float) -> None:
        """Declare shares that add up to 1, by the counts that were seen of each."""
        for name in counts:
            check_fresh(self, name)
        self.shares.append(Dirichlet(counts))

    def correlate(self, names: Sequence[str], matrix: Sequence[Sequence[float]]) -> None:
        """Correlate parameters: `matrix` holds the correlations of their normal scores."""
        self.correlations.append(Correlation(tuple(names), tuple(tuple(row) for row in matrix)))

    def table(self, name: str, at: Iterable[float], values: Iterable[float], linear: bool = False) -> None:
        """Declare a table that expressions call by its name."""
        check_fresh(self, name)
        self.tables[name] = Lookup(tuple(map(float, at)), tuple(map(float, values)), linear)

    def value(self, name: str, said: Said, note: str = "") -> None:
        """Declare a value that is worked out of others."""
        check_fresh(self, name)
        self.values[name] = expression(said)
        self.notes[name] = note

    # What happens

    def state(
        self,
        name: str,
        cost: Said | None = None,
        effect: Said | None = None,
        *,
        tunnel: int = 1,
        in_lines: bool = False,
        per: str = "year",
        others: Mapping[str, Said] | None = None,
    ) -> None:
        """Declare a state and what a year in it costs and yields; `others` are further outcomes by their names."""
        check_text("A state", name)
        if name in self.states:
            raise BadModel(f"The state {name!r} is declared twice.")
        if not isinstance(tunnel, Integral) or isinstance(tunnel, bool) or tunnel < 1:
            raise BadModel(f"The tunnel of {name!r} has {tunnel!r} places, but must have a whole number, 1 at least.")
        check_truth(in_lines, f"in_lines of {name!r}")
        self.states[name] = State(name, int(tunnel), in_lines)
        for outcome, amount in {COST: cost, EFFECT: effect, **(others or {})}.items():
            if amount is not None:
                self.reward(outcome, amount, state=name, per=per)

    def start(self, **shares: Said) -> None:
        """Say in which states people start; without it, all start in the first state."""
        self.starts = {name: expression(share) for name, share in shares.items()}

    def start_in(self, shares: Mapping[str, Said]) -> None:
        """Say it for states whose names are no Python names."""
        self.start(**shares)

    def transition(
        self,
        source: str,
        target: str,
        probability: Said,
        cost: Said | None = None,
        effect: Said | None = None,
        *,
        next_line: bool = False,
        last: str = "",
    ) -> None:
        """Declare a transition: its probability per cycle ("rest": all who go nowhere else), and what each costs."""
        check_text("The states of a transition", source, target)
        check_text(f"What is last of {source} -> {target}", last)
        check_truth(next_line, f"next_line of {source} -> {target}")
        chance = None if probability == REST else expression(probability)
        self.transitions.append(Transition(source, target, chance, next_line, last))
        for outcome, amount in ((COST, cost), (EFFECT, effect)):
            if amount is not None:
                number = len(self.transitions) - 1
                self.rewards.append(Reward(outcome, expression(amount), "", source, target, number))

    def reward(
        self, outcome: str, amount: Said, *, state: str = "", source: str = "", target: str = "", per: str = "year"
    ) -> None:
        """Declare a cost, effect or other outcome of a state (per year or cycle), a transition or an entry (once)."""
        check_text("An outcome", outcome)
        check_text(f"The state, source and target of {outcome!r}", state, source, target)
        if per not in PER:
            raise BadModel(f"A reward is per {' or '.join(PER)}, not per {per!r}.")
        if bool(state) == bool(source or target):
            raise BadModel(f"A reward of {outcome!r} is for a state, or for a transition or an entry: say one of them.")
        said = expression(amount)
        if state and per == "cycle":
            said = expression(f"({said.text}) / length")
        self.rewards.append(Reward(outcome, said, state, source, target, per=per))

    def event(self, name: str, state: str, rate: Said, cost: Said = 0, effect: Said = 0) -> None:
        """Declare something that happens in a state so many times a year, with what each costs, and count it."""
        often = expression(rate).text
        self.reward(name, often, state=state)
        for outcome, each in ((COST, cost), (EFFECT, effect)):
            if expression(each).number != 0:
                self.reward(outcome, f"({often}) * ({expression(each).text})", state=state)

    def outcome(self, name: str, discount: float) -> None:
        """Say at which rate an outcome that is neither cost nor effect is discounted (else it is not)."""
        check_rate(discount, f"The discount rate of {name!r}")
        if name.split(".")[0] in (COST, EFFECT):
            raise BadModel(f"{name!r} is discounted at discount_{name.split('.')[0]}s of the settings.")
        self.discounts[name] = discount

    # What can be done

    def treatment(self, name: str, **values: Said) -> None:
        """Declare a treatment: the values that hold in its line."""
        self.treatments[name] = {key: expression(said) for key, said in values.items()}

    def strategy(self, name: str, sequence: Sequence[str] = (), **values: Said) -> None:
        """Declare a strategy: values that differ in it, and the treatments that it gives in turn."""
        if name in self.strategies:
            raise BadModel(f"The strategy {name!r} is declared twice.")
        if isinstance(sequence, str) or not isinstance(sequence, Iterable):
            raise BadModel(f"Strategy {name!r}: a sequence is a list of treatments, and not {sequence!r}.")
        check_text(f"The treatments of strategy {name!r}", *sequence)
        said = {key: expression(value) for key, value in values.items()}
        self.strategies[name] = Strategy(name, said, tuple(sequence))

    def subgroup(self, name: str, share: float, start_age: float | None = None, **values: Said) -> None:
        """Declare a subgroup: its share of all people, and what differs in it. See `cohort.by_subgroup`."""
        said = {key: expression(value) for key, value in values.items()}
        check_number(share, f"The share of subgroup {name!r}")
        if not 0 <= share <= 1:
            raise BadModel(f"The share of subgroup {name!r} is {share:g}, but must lie between 0 and 1.")
        if start_age is not None:
            check_number(start_age, f"The start_age of subgroup {name!r}")
        self.subgroups[name] = Subgroup(name, float(share), said, start_age)

    # What comes of it

    @property
    def inputs(self) -> Inputs:
        """All parameters as inputs that can be drawn."""
        return Inputs(self.parameters, tuple(self.shares), tuple(self.correlations))

    @property
    def years(self) -> float:
        """The horizon in years."""
        return float(self.times[-1])

    @property
    def lines(self) -> int:
        """The number of lines of treatment: of the longest sequence, one at least."""
        return max([1, *(len(one.sequence) for one in self.strategies.values())])

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The names of all outcomes, costs and effects first."""
        named = dict.fromkeys([COST, EFFECT, *(one.outcome for one in self.rewards)])
        return tuple(named)

    def rate_of(self, outcome: str) -> float:
        """Return the discount rate of an outcome."""
        if outcome.split(".")[0] == COST:
            return self.settings.discount_costs
        if outcome.split(".")[0] == EFFECT:
            return self.settings.discount_effects
        return self.discounts.get(outcome, 0.0)

    def conventions(self) -> dict[str, str]:
        """Return the named settings in words, printed with every result."""
        lengths = np.diff(self.times)
        said = self.settings
        return {
            "horizon": f"{self.years:.4g} years",
            "cycles": f"{len(lengths)} of {lengths.min():.4g} to {lengths.max():.4g} years",
            "counting": said.counting,
            "flows": said.flows,
            "discounting": said.discounting,
            "discount rates": f"costs {said.discount_costs:.4g}, effects {said.discount_effects:.4g} a year",
        }

    def with_settings(self, **changed: Any) -> Self:
        """Return the same model counted otherwise: `counting`, `discount_costs` and so on."""
        other = self.copy()
        other.settings = replace(self.settings, **changed)
        return other

    def with_values(self, **values: Said | Distribution) -> Self:
        """Return the same model with other values or beliefs of what is declared: a scenario, a subgroup.

        A text may refer to what it replaces, an earlier change among it: `with_values(c_drug="c_drug * 2")`. A number
        or a belief of a parameter replaces all that was said of it before.
        """
        other = self.copy()
        for name, said in values.items():
            check_declared(self, name, "This change")
            is_number = isinstance(said, int | float | np.integer | np.floating)
            if isinstance(said, str | Expression) or (is_number and name not in other.parameters):
                text: Any = said
                other.overrides[name] = expression(text).replaced(name, other.overrides.get(name))
                continue
            if name not in other.parameters:
                raise BadModel(f"{name!r} is worked out of others, so it cannot have a belief of its own.")
            other.parameters[name] = _belief(name, said)
            # What was said of the old belief does not hold of the new one.
            other.overrides.pop(name, None)
        return other

    def for_subgroup(self, name: str) -> Self:
        """Return the same model for one subgroup only."""
        if name not in self.subgroups:
            raise BadModel(f"There is no subgroup {name!r}.{closest(name, self.subgroups)}")
        one = self.subgroups[name]
        other = self.with_values(**one.values)
        if one.start_age is not None:
            other.settings = replace(other.settings, start_age=one.start_age)
        return other

    def values_in(self, strategy: str, line: int = 0) -> dict[str, Expression]:
        """Return what each name stands for in a strategy and a line of treatment (0: in none).

        What a treatment says goes before what its strategy says, that before a scenario's, that before the model's own.
        Each may refer to what it goes before. A name that is not in the answer is a parameter, and one that stands in
        its own expression means the parameter of that name.
        """
        one = self.strategies[strategy]
        treatment = self.treatments[one.sequence[line - 1]] if 0 < line <= len(one.sequence) else {}
        found = dict(self.values)
        for layer in (self.overrides, one.values, treatment):
            found |= {name: said.replaced(name, found.get(name)) for name, said in layer.items()}
        return found

    def with_cycles(self, cycles: int | Sequence[tuple[int, float]], years: float = 1.0) -> Self:
        """Return the same model over another horizon or another grid."""
        other = self.copy()
        other.times = _times(cycles, years)
        return other

    def copy(self) -> Self:
        """Return an independent copy."""
        other = object.__new__(type(self))
        for name, held in vars(self).items():
            is_own = isinstance(held, dict | list)
            setattr(other, name, held.copy() if is_own else held)
        return other

    def run(self, draws: int | Mapping[str, Numbers | float] | None = None, seed: int = 0, **how: Any) -> "Run":
        """Return what comes of it: at the means, for so many draws, or for draws that are given. See `cohort.run`."""
        from glimmer.evidence.economics.cohort import run

        return run(self, draws, seed, **how)

    def individuals(
        self, people: int, draws: int | Mapping[str, Numbers | float] | None = None, seed: int = 0, **how: Any
    ) -> "PeopleRun":
        """Return what comes of so many people, drawn one by one. See `microsimulation.microsimulate`."""
        from glimmer.evidence.economics.microsimulation import microsimulate

        return microsimulate(self, people, draws, seed, **how)

    def fingerprint(self) -> tuple[Any, ...]:
        """Return what decides the result: two models with equal fingerprints give equal results for equal draws."""
        return (
            self.settings,
            self.times.tobytes(),
            self.inputs.names,
            *(tuple(held.items()) for held in (self.values, self.overrides, self.tables, self.states)),
            *(tuple(held.items()) for held in (self.starts, self.discounts)),
            tuple(self.transitions),
            tuple(self.rewards),
            tuple((name, tuple(values.items())) for name, values in self.treatments.items()),
            tuple((one.name, tuple(one.values.items()), one.sequence) for one in self.strategies.values()),
        )

    @property
    def own_names(self) -> frozenset[str]:
        """Further names that its expressions may use: none in a cohort, where all people are alike."""
        return frozenset()

    def own_expressions(self) -> list[tuple[str, Expression]]:
        """Return further expressions with where they stand."""
        return []

    def check(self) -> None:
        """Raise BadModel unless everything named is declared, and what must be there is there."""
        check(self)


def _belief(name: str, said: Any) -> Distribution:
    """Return what is believed of a parameter: a number is taken as known."""
    if isinstance(said, Real) and not isinstance(said, bool):
        return Fixed(float(said))
    if not callable(getattr(said, "quantile", None)) or not hasattr(said, "mean"):
        raise BadModel(f"Parameter {name!r} is a number or a distribution such as Beta(44, 51), and not {said!r}.")
    believed: Distribution = said
    return believed


def _times(cycles: int | Sequence[tuple[int, float]], years: float) -> Numbers:
    """Return the ends of all cycles in years, the first 0."""
    runs: Any = cycles if isinstance(cycles, list | tuple) else [(cycles, years)]
    for count, length in runs:
        is_whole = isinstance(count, Integral) and not isinstance(count, bool)
        if not is_whole or not isinstance(length, int | float) or count < 1 or not 0 < length < math.inf:
            raise BadModel(
                f"{count} cycles of {length} years are none. Both are numbers above 0, the first a whole one."
            )
    if not 0 < sum(count for count, _ in runs) <= MOST_CYCLES:
        raise BadModel(f"A model has 1 to {MOST_CYCLES:,} cycles, and not {sum(count for count, _ in runs):,}.")
    # Multiples and not sums, so that the last point of 75 years is 75 years.
    times = [0.0]
    for count, length in runs:
        times.extend([times[-1] + length * step for step in range(1, count + 1)])
    return np.asarray(times)
