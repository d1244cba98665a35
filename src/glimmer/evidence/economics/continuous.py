"""A model in continuous time, declared like a cohort's: transitions happen at rates, or after times that have a law.

    model = ContinuousModel("Relapse", years=10, discount=0.035, start_age=43)
    model.parameter("scale", Gamma.from_mean(0.7, 0.1))
    model.state("Ill", cost=12_000, effect=0.39)
    model.state("Well", effect=0.7)
    model.state("Dead")
    model.transition("Ill", "Well", rate=2)
    model.transition("Well", "Ill", time="weibull(0.55, scale)", cost=500)
    model.transition("Well", "Dead", time="gompertz(0.09, 0.00003)", clock="age")
    model.strategy("Usual care")
    run = model.individuals(100_000, seed=1)

Ways out of a state compete: the first to come is taken. Where all rates are constant, `expected` is exact. In a run of
individuals, expressions may also use what is about the person:

    attribute    what a person is from the start: model.attribute("female", "chance < 0.6"), or a distribution
    counter      how often something has happened: model.counter("relapses", target="Ill")
    timer        how many years ago it last happened (infinite before): model.timer("since_relapse", target="Ill")
    age, time    in a law or a reward for an event, as of that moment; a rate, or a reward per year, that depends on
    state_time   them changes as time passes, and is taken as in the middle of each `step` (years since the beginning)

An `event` of a state is paid at its expected rate, and not drawn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from glimmer.evidence.economics.consistency import check_fresh
from glimmer.evidence.economics.declared import Reward, Said, Transition
from glimmer.evidence.economics.expressions import BadModel, Expression, check_names, closest, expression
from glimmer.evidence.economics.inputs import Distribution
from glimmer.evidence.economics.model import COST, EFFECT, Model
from glimmer.evidence.economics.outcomes import Numbers
from glimmer.evidence.economics.waiting import CLOCK_NAMES, EXPONENTIAL, Waiting, waiting

if TYPE_CHECKING:
    from glimmer.evidence.economics.cohort import Run
    from glimmer.evidence.economics.individual import PeopleRun

CHANCE = "chance"
MOVING_CLOCKS = frozenset({"age", "time", "state_time"})


@dataclass(frozen=True, slots=True)
class Hazard:
    """When the transition of the same number happens. `ratio` multiplies its hazard."""

    law: Waiting
    clock: str
    ratio: Expression


@dataclass(frozen=True, slots=True)
class Attribute:
    """What a person is from the start: a distribution over people, or an expression (`chance` is uniform in it)."""

    name: str
    belief: Distribution | Expression


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of a move into `target` (from `source` only, if named): how often it was, or how long ago."""

    name: str
    source: str
    target: str
    is_timer: bool


class ContinuousModel(Model):
    """A model in continuous time under declaration. `years` is the horizon; see the head of this module."""

    clocks = MOVING_CLOCKS

    def __init__(
        self, title: str, years: float, discount: float | None = None, step: float = 1 / 12, **settings: Any
    ) -> None:
        super().__init__(title, cycles=1, years=years, discount=discount, **settings)
        if not step > 0:
            raise BadModel(f"{title}: a step of {step} years is none. It must be above 0.")
        if self.settings.discounting == "whole_years":
            raise BadModel(f"{title}: time is continuous here, so discounting is annual or continuous.")
        self.step = float(step)
        self.hazards: list[Hazard] = []
        self.attributes: dict[str, Attribute] = {}
        self.memories: dict[str, Memory] = {}
        self.cast: dict[str, tuple[float, ...]] = {}
        self._age_at_start: Expression | None = None

    # What happens

    # A rate or a time where a cohort's transition has a probability; what both share stays in its place.
    def transition(
        self,
        source: str,
        target: str,
        rate: Said | None = None,
        cost: Said | None = None,
        effect: Said | None = None,
        *,
        time: str | None = None,
        clock: str = "entry",
        hazard_ratio: Said = 1,
        next_line: bool = False,
        last: str = "",
    ) -> None:
        """Declare a transition: its rate per year, or the law of its time, and what each one costs and yields."""
        where = f"transition {source} -> {target}"
        if (rate is None) == (time is None):
            raise BadModel(f"{where}: give a rate, or a time such as weibull(shape, scale): one of them.")
        if clock not in CLOCK_NAMES:
            raise BadModel(f"{where}: there is no clock {clock!r}. There is: {', '.join(CLOCK_NAMES)}.")
        law = Waiting(EXPONENTIAL, (expression(rate),)) if rate is not None else waiting(str(time), where)
        self.hazards.append(Hazard(law, clock, expression(hazard_ratio)))
        self.transitions.append(Transition(source, target, expression(0), next_line, last))
        for outcome, amount in ((COST, cost), (EFFECT, effect)):
            if amount is not None:
                number = len(self.transitions) - 1
                self.rewards.append(Reward(outcome, expression(amount), "", source, target, number))

    def reward(
        self, outcome: str, amount: Said, *, state: str = "", source: str = "", target: str = "", per: str = "year"
    ) -> None:
        """Declare a cost, effect or other outcome of a state (per year), a transition or an entry (once)."""
        if per != "year":
            raise BadModel(f"The reward of {outcome!r} is per {per}, but in continuous time it is per year.")
        super().reward(outcome, amount, state=state, source=source, target=target)

    # Who the people are

    def attribute(self, name: str, belief: Distribution | Said) -> None:
        """Declare what a person is from the start: a distribution over people, or an expression for each of them."""
        check_fresh(self, name)
        is_said = isinstance(belief, str | int | float | Expression)
        self.attributes[name] = Attribute(name, expression(belief) if is_said else belief)  # type: ignore[arg-type]

    def people(self, columns: Mapping[str, Sequence[float]]) -> None:
        """Declare real people: attributes by name, one row each. A run takes them in order, again from the first."""
        lengths = {len(values) for values in columns.values()}
        if len(lengths) != 1 or 0 in lengths:
            raise BadModel(f"{self.title}: the columns of people must be equally long and not empty.")
        for name, values in columns.items():
            check_fresh(self, name)
            numbers = np.asarray(values, float)
            if not np.isfinite(numbers).all():
                raise BadModel(f"People: {name} of person {int(np.argmin(np.isfinite(numbers)))} is not a number.")
            self.cast[name] = tuple(numbers.tolist())

    def begin_at_age(self, said: Said) -> None:
        """Say how old people are at the start, where that differs between them."""
        self._age_at_start = expression(said)

    @property
    def age_at_start(self) -> Expression:
        """How old people are at the start: the age of the settings, unless it was said to differ between them."""
        return self._age_at_start or expression(self.settings.start_age)

    def counter(self, name: str, *, target: str, source: str = "") -> None:
        """Count how often a person has entered `target` (from `source` only, if named); who starts there has not."""
        check_fresh(self, name)
        self.memories[name] = Memory(name, source, target, is_timer=False)

    def timer(self, name: str, *, target: str, source: str = "") -> None:
        """Remember how many years ago a person last entered `target`; infinite for who has not, nor started there."""
        check_fresh(self, name)
        self.memories[name] = Memory(name, source, target, is_timer=True)

    @property
    def own_names(self) -> frozenset[str]:
        """Names that are about a person."""
        return frozenset({*self.attributes, *self.memories, *self.cast})

    @property
    def live_names(self) -> frozenset[str]:
        """Names whose values differ between people or change as they live."""
        return self.own_names | MOVING_CLOCKS | {CHANCE}

    @property
    def moving_names(self) -> frozenset[str]:
        """Names whose values change while a person stays in a state."""
        return MOVING_CLOCKS | {one.name for one in self.memories.values() if one.is_timer}

    # What comes of it

    def expected(self, draws: int | Mapping[str, Numbers | float] | None = None, seed: int = 0, **how: Any) -> "Run":
        """Return the exact expectation where all rates are constant. See `intensities.expected`."""
        from glimmer.evidence.economics.intensities import expected

        return expected(self, draws, seed, **how)

    def individuals(
        self, people: int, draws: int | Mapping[str, Numbers | float] | None = None, seed: int = 0, **how: Any
    ) -> "PeopleRun":
        """Return what comes of so many people, followed one by one. See `individual.simulate`."""
        from glimmer.evidence.economics.individual import simulate

        return simulate(self, people, draws, seed, **how)

    def run(self, draws: int | Mapping[str, Numbers | float] | None = None, seed: int = 0, **how: Any) -> "Run":
        """Return the exact expectation: what `evaluator` and the analyses take."""
        return self.expected(draws, seed, **how)

    def conventions(self) -> dict[str, str]:
        """Return the named settings in words, printed with every result."""
        said = self.settings
        return {
            "horizon": f"{self.years:g} years",
            "time": "continuous",
            "discounting": said.discounting,
            "discount rates": f"costs {said.discount_costs:.4g}, effects {said.discount_effects:.4g} a year",
        }

    def force_of(self, outcome: str) -> float:
        """Return the force of discount of an outcome: a pound at t years is worth exp(-force * t)."""
        rate = self.rate_of(outcome)
        return rate if self.settings.discounting == "continuous" else float(np.log1p(rate))

    def fingerprint(self) -> tuple[Any, ...]:
        """Return what decides the result."""
        own = (tuple(self.hazards), tuple(self.attributes.values()), tuple(self.memories.values()), self.step)
        return (*super().fingerprint(), *own, tuple(self.cast.items()), self.age_at_start)

    # What must hold

    def check(self) -> None:
        """Raise BadModel unless everything named is declared, and what must be there is there."""
        super().check()
        self._check_people()
        for one in self.memories.values():
            for name in (one.target, *([one.source] if one.source else [])):
                if name not in self.states:
                    near = closest(name, self.states)
                    raise BadModel(f"{one.name!r} remembers the state {name!r}, which is not declared.{near}")

    def _check_people(self) -> None:
        """Raise BadModel unless what people are from the start needs only what is known of them by then."""
        known = {*self.cast, *(name for name, one in self.attributes.items() if not isinstance(one.belief, Expression))}
        for name, one in self.attributes.items():
            if isinstance(one.belief, Expression):
                self._check_known(one.belief, known | {CHANCE}, f"attribute {name!r}")
                known.add(name)
        self._check_known(self.age_at_start, known, "age at the start")

    def _check_known(self, one: Expression, known: set[str], where: str) -> None:
        names = frozenset(self.inputs.names) | frozenset(self.values) | self.own_names | self.clocks | {CHANCE}
        check_names(one, names, frozenset(self.tables), where)
        for name in sorted(names_behind(one, self.values) & self.live_names - known):
            raise BadModel(
                f"{where}: {one.text!r} needs {name!r}, which is not known yet then. Declare that before it."
            )

    def own_expressions(self) -> list[tuple[str, Expression]]:
        """Return the expressions of laws, with where they stand."""
        ways = zip(self.transitions, self.hazards, strict=True)
        return [
            (f"transition {way.source} -> {way.target}", one)
            for way, hazard in ways
            for one in (*hazard.law.parameters, hazard.ratio)
        ]


def is_live(model: ContinuousModel, one: Expression, values: Mapping[str, Expression]) -> bool:
    """Say whether an expression, in which names mean `values`, depends on the person."""
    return bool(names_behind(one, values) & model.live_names)


def names_behind(one: Expression, values: Mapping[str, Expression]) -> frozenset[str]:
    """Return all names that an expression depends on by any way; raise BadModel where they go round in a circle.

    A name in its own expression is the parameter of that name.
    """
    known: dict[str, frozenset[str]] = {}
    return _names_behind(one, values, (), known)


def _names_behind(
    one: Expression, values: Mapping[str, Expression], on: tuple[str, ...], known: dict[str, frozenset[str]]
) -> frozenset[str]:
    found = set(one.names)
    for name in one.names & values.keys():
        if name in on[:-1]:
            raise BadModel(f"value {name!r}: {' -> '.join((*on, name))} goes round in a circle.")
        if name not in on:
            # Each name is looked into once, however many ways lead to it: they double with each step of a chain.
            if name not in known:
                known[name] = _names_behind(values[name], values, (*on, name), known)
            found |= known[name]
    return frozenset(found)
