"""People followed one by one through a continuous model, for every draw and strategy.

Everybody has random numbers of their own, by seed, draw, person, purpose and how often it came up. So a person meets
the same chances in every strategy (what differs is what the strategies do), a run with more people has those of a
smaller run first, and neither the number of workers nor the order of work changes a bit of the result.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from glimmer.evidence.economics import lives
from glimmer.evidence.economics.chance import key_of
from glimmer.evidence.economics.cluster import Task, asked_of
from glimmer.evidence.economics.cohort import Run, cores, values_of_draws
from glimmer.evidence.economics.continuous import ContinuousModel
from glimmer.evidence.economics.expressions import BadModel, Expression
from glimmer.evidence.economics.graph import Evaluation
from glimmer.evidence.economics.model import COST, EFFECT, Model
from glimmer.evidence.economics.outcomes import Numbers, Outcomes
from glimmer.evidence.economics.people_plan import Plan
from glimmer.evidence.economics.plain_lives import Plain, live_plainly
from glimmer.evidence.economics.ways import Ways

# So many people are one piece of work; it decides in which order sums are made, so it is the same for all workers.
PEOPLE_AT_ONCE = 10_000
# Enough for a worker of a cluster to be worth asking.
PIECES_IN_TASK = 16
MOST_PLANS = 32


@dataclass(frozen=True, slots=True)
class PeopleRun(Run):
    """What came of people followed one by one: means over people, and how sure they are.

    `errors` maps an outcome to the standard error of its mean, `increment_errors` to that of its difference from the
    first strategy (smaller, because the same people meet the same chances); both (draws, strategies), both from the
    people alone. Under "cost" and "effect" they are of the sums of their parts. `persons` maps an outcome to each
    person's total (strategies, people), and `attributes` what each is, where they were asked for.
    """

    people: int = 0
    errors: Mapping[str, Numbers] = field(default_factory=dict)
    increment_errors: Mapping[str, Numbers] = field(default_factory=dict)
    persons: Mapping[str, Numbers] = field(default_factory=dict)
    attributes: Mapping[str, Numbers] = field(default_factory=dict)

    def error(self, kind: str) -> Numbers:
        """Return the standard error of an outcome's mean, (draws, strategies)."""
        if kind not in self.errors:
            raise BadModel(f"There is no outcome {kind!r}. There is: {', '.join(self.errors)}.")
        return self.errors[kind]

    def outcomes(self, reference: str | None = None) -> Outcomes:
        """Return costs and effects for the analyses, against `reference` (the first strategy unless one is named)."""
        said = self.model.conventions() | {"people": f"{self.people:,} followed one by one in each draw"}
        return Outcomes(
            self.strategies,
            self.total(COST),
            self.total(EFFECT),
            reference or self.strategies[0],
            self.draws,
            said,
        )

    def frame(self) -> Any:
        """Return a tidy polars data frame: draw, strategy, outcome, total, error."""
        import polars as pl

        return Run.frame(self).with_columns(
            error=pl.Series(np.concatenate([self.errors[name].T.ravel() for name in self.totals]))
        )

    def people_frame(self) -> Any:
        """Return a polars data frame of everybody in every strategy: strategy, person, attributes and outcomes."""
        import polars as pl

        if not self.persons:
            raise BadModel("Nobody's own totals were kept. Run with persons=True.")
        return pl.concat(
            pl.DataFrame(
                {"strategy": [name] * self.people, "person": range(self.people)}
                | dict(self.attributes)
                | {outcome: values[place] for outcome, values in self.persons.items()}
            )
            for place, name in enumerate(self.strategies)
        )


def simulate(
    model: ContinuousModel,
    people: int,
    draws: int | Mapping[str, Numbers | float] | None = None,
    seed: int = 0,
    *,
    residence: bool = False,
    persons: bool = False,
    workers: int | None = None,
    cluster: str = "",
    told: Callable[[int, int], None] | None = None,
) -> PeopleRun:
    """Return what comes of `people` in each draw and strategy.

    `draws`, `residence`, `workers`, `cluster` and `told` are as in `cohort.run`. `persons` keeps
    everybody's totals, for one draw only. Raises BadModel naming strategy, transition, draw and person where a time
    cannot be worked out.
    """
    values = values_of_draws(model, draws, seed)
    return simulate_values(
        model, people, values, seed, residence=residence, persons=persons, workers=workers, cluster=cluster, told=told
    )


def simulate_values(
    model: ContinuousModel,
    people: int,
    values: Mapping[str, Numbers],
    seed: int = 0,
    *,
    residence: bool = False,
    persons: bool = False,
    workers: int | None = None,
    cluster: str = "",
    told: Callable[[int, int], None] | None = None,
) -> PeopleRun:
    """Return what comes of people at values of all parameters, each of the shape (draws,)."""
    count = len(next(iter(values.values()))) if values else 1
    if people < 2:
        raise BadModel(f"{people} people were asked for. At least 2 are needed, to say how sure a mean is.")
    if persons and count > 1:
        raise BadModel(f"Everybody's own totals are kept for one draw only, and here are {count}.")
    if cluster and persons:
        raise BadModel("Everybody's own totals are not sent back from a cluster. Ask for them here, without it.")
    plan = plan_of(model, residence)
    tally = Tally(plan.outcomes, len(plan.laid), count)
    places = list(pieces(count, people))
    if cluster:
        work = partial(_worked_out, model, people, seed, residence)
        for found in asked_of(cluster, work, _tasks(values, places), told):
            for piece in found:
                tally.add(piece)
        return tally.run(model, people, values, seed, None, residence=residence)
    crowd = _Crowd(plan, people, values, count, seed, persons)
    kept = np.empty((len(plan.slots), people)) if persons else None

    def one(place: tuple[int, int]) -> Piece:
        draw, begin = place
        totals = crowd.totals(draw, begin)
        if kept is not None:
            kept[:, begin : begin + totals.shape[1]] = totals
        return tally.piece(draw, _in_order(totals, plan))

    for done, piece in enumerate(in_pieces(one, places, workers), 1):
        tally.add(piece)
        if told:
            told(done, len(places))
    whole = None if kept is None else _in_order(kept, plan)
    attributes = crowd.attributes() if persons else {}
    return tally.run(model, people, values, seed, whole, residence=residence, attributes=attributes)


def _tasks(values: Mapping[str, Numbers], places: list[tuple[int, int]]) -> list[Task]:
    """Return what each task of a cluster is given: the values of its draws, the first of them, and its pieces."""
    tasks: list[Task] = []
    for begin in range(0, len(places), PIECES_IN_TASK):
        mine = places[begin : begin + PIECES_IN_TASK]
        first, last = mine[0][0], mine[-1][0]
        part = {name: np.ascontiguousarray(drawn[first : last + 1]) for name, drawn in values.items()}
        tasks.append(((part, first, mine), {}))
    return tasks


def _worked_out(
    model: ContinuousModel,
    people: int,
    seed: int,
    residence: bool,
    values: Mapping[str, Numbers],
    first: int,
    places: list[tuple[int, int]],
) -> list["Piece"]:
    """Return some pieces of a run; `values` are those of the draws from `first` on."""
    plan = plan_of(model, residence)
    crowd = _Crowd(plan, people, values, places[-1][0] - first + 1, seed, first=first)
    tally = Tally(plan.outcomes, len(plan.laid), 0)
    return [tally.piece(draw, _in_order(crowd.totals(draw, begin), plan)) for draw, begin in places]


def pieces(draws: int, people: int) -> Iterator[tuple[int, int]]:
    """Return (draw, first person) of each piece of work."""
    return ((draw, begin) for draw in range(draws) for begin in range(0, people, PEOPLE_AT_ONCE))


def in_pieces(one: Callable[[Any], Any], work: list[Any], workers: int | None) -> Iterator[Any]:
    """Return what comes of each piece in the order of the pieces, worked on by threads where there is more than one."""
    workers = min(workers or cores(), len(work))
    if workers <= 1:
        yield from map(one, work)
        return
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(one, work)


class _Crowd:
    """The people of a run: their chances, attributes and lives, piece by piece."""

    def __init__(
        self,
        plan: Plan,
        people: int,
        values: Mapping[str, Numbers],
        count: int,
        seed: int,
        keep: bool = False,
        first: int = 0,
    ) -> None:
        # `values` are those of the draws from `first` on.
        self.plan, self.people, self.key, self.first = plan, people, key_of(seed), first
        self.constants = plan.constants(Evaluation(plan.graph, values), count)
        plan.check(self.constants)
        self.own = np.empty((len(plan.worked_out), people)) if keep else None

    def totals(self, draw: int, begin: int) -> Numbers:
        """Return everybody's totals of a piece, (slots, people)."""
        given = self.given(draw, begin)
        width = len(self.plan.outcomes)
        totals = np.empty((len(self.plan.slots), len(given)))
        events = np.empty(len(given), np.int64)
        first = 0
        for group in range(len(self.plan.books)):
            last = first + width * len(self.plan.groups[group])
            self._lived(group, draw, begin, given, totals[first:last], events, _NO_PLACES, _NO_LOG)
            first = last
        return totals

    def attributes(self) -> dict[str, Numbers]:
        """Return what everybody is, (people,) each."""
        given = np.concatenate([self.given(0, begin) for begin in range(0, self.people, PEOPLE_AT_ONCE)])
        worked_out = self.own if self.own is not None else ()
        return dict(zip([*self.plan.columns, *self.plan.worked_out], [*given.T, *worked_out], strict=True))

    def logged(self, group: int, draw: int, begin: int) -> tuple[Any, Numbers]:
        """Return how many moves each person of a piece made, and the moves, (moves, 3)."""
        given = self.given(draw, begin)
        totals = np.empty((len(self.plan.outcomes) * len(self.plan.groups[group]), len(given)))
        events = np.zeros(len(given), np.int64)
        self._lived(group, draw, begin, given, totals, events, _NO_PLACES, _NO_LOG)
        log = np.empty((int(events.sum()), 3))
        self._lived(group, draw, begin, given, totals, events.copy(), np.cumsum(events) - events, log)
        return events, log

    def given(self, draw: int, begin: int) -> Numbers:
        """Return the attributes of a piece that are drawn or come from real people, (people, columns)."""
        plan, model = self.plan, self.plan.model
        count = min(PEOPLE_AT_ONCE, self.people - begin)
        found = np.empty((count, len(plan.columns)))
        rows = np.arange(begin, begin + count)
        for column, values in enumerate(model.cast.values()):
            found[:, column] = np.asarray(values)[rows % len(values)]
        chance = np.empty(count)
        for column, one in enumerate(plan.drawn, len(model.cast)):
            assert not isinstance(one.belief, Expression)
            lives.chances(lives.key_of_draw(self.key, draw), begin, plan.attribute_purpose(one.name), chance)
            found[:, column] = one.belief.quantile(chance)
        return found

    def _lived(
        self, group: int, draw: int, begin: int, given: Numbers, totals: Numbers, events: Any, at: Any, log: Any
    ) -> None:
        book = self.plan.books[group]
        trouble = np.zeros(3, np.int64)
        key = lives.key_of_draw(self.key, draw)
        machine = self.plan.machine_of(self.constants[draw - self.first])
        of_person = log.size or (self.own is not None and len(self.own))
        plain = None if of_person else Plain.of(book, machine.constants, len(machine.spans))
        if plain is not None:
            live_plainly(plain, key, begin, totals, events, trouble)
            if trouble[0] != lives.FINE:
                raise BadModel(self._in_words(group, draw, begin, trouble))
            return
        # Always of one layout in memory, so that there is one compiled form.
        own = np.empty((0 if self.own is None else len(self.own), len(given)))
        lives.live_through(book, machine, key, begin, given, totals, events, at, log, own, trouble)
        if self.own is not None:
            self.own[:, begin : begin + len(given)] = own
        if trouble[0] != lives.FINE:
            raise BadModel(self._in_words(group, draw, begin, trouble))

    def _in_words(self, group: int, draw: int, begin: int, trouble: Any) -> str:
        kind, person, way = (int(part) for part in trouble)
        who = f"person {begin + person} in draw {draw}"
        if kind == lives.NO_START:
            return f"The shares who start do not add up to 1 for {who}."
        if kind == lives.NO_AGE:
            return f"The age at the start of {who} is not a number."
        where = self.plan.way_in_words(group, way)
        if kind == lives.TOO_MANY:
            return f"{where}: {who} moved more than {lives.MOST_EVENTS:,} times. Is a time 0, or a rate too high?"
        return f"{where}: the time of {who} is not a number or below 0. Look at its rate, law and hazard ratio."


_NO_PLACES = np.zeros(0, np.int64)
_NO_LOG = np.zeros((0, 3))
_plans: dict[tuple[Any, ...], Plan] = {}


def plan_of(model: ContinuousModel, residence: bool) -> Plan:
    """Return a model laid out; one that was laid out before is not laid out again."""
    key = (residence, model.fingerprint())
    if key not in _plans:
        while len(_plans) >= MOST_PLANS:
            _plans.pop(next(iter(_plans)), None)
        _plans[key] = Plan(model.copy(), residence)
    return _plans[key]


@dataclass(frozen=True, slots=True)
class Piece:
    """What some people of a draw add to a tally: means and sums of squares about them, (outcomes, strategies) each.

    `centre` and `squares` are of the totals with their parts, and of their difference from the first strategy.
    """

    draw: int
    people: int
    mean: Numbers
    centre: Numbers
    squares: Numbers


class Tally:
    """Means and spreads of people's totals, added up piece by piece in the order of the pieces.

    Pieces are joined by their means and their sums of squares about them (Chan, Golub and LeVeque 1979), which loses
    no digits as plain sums of squares would.
    """

    def __init__(self, outcomes: list[str], strategies: int, draws: int) -> None:
        self.names = outcomes
        self.parts = [_parts_of(name, outcomes) for name in outcomes]
        shape = (draws, len(outcomes), strategies)
        self.people = np.zeros(draws)
        self.mean = np.zeros(shape)
        # Of the totals, and of their difference from the first strategy.
        self.centre = np.zeros((2, *shape))
        self.squares = np.zeros((2, *shape))

    def piece(self, draw: int, totals: Numbers) -> "Piece":
        """Return what a piece adds: totals are (outcomes, strategies, people)."""
        plain = all(len(one) == 1 for one in self.parts)
        whole = totals if plain else np.stack([totals[one].sum(axis=0) for one in self.parts])
        both = (whole, whole - whole[:, :1])
        centre = [values.mean(axis=-1) for values in both]
        squares = [((values - at[..., None]) ** 2).sum(axis=-1) for values, at in zip(both, centre, strict=True)]
        return Piece(draw, totals.shape[-1], totals.mean(axis=-1), np.stack(centre), np.stack(squares))

    def add(self, piece: "Piece") -> None:
        """Add a piece of a draw."""
        draw, before = piece.draw, self.people[piece.draw]
        share = piece.people / (before + piece.people)
        self.mean[draw] += share * (piece.mean - self.mean[draw])
        off = piece.centre - self.centre[:, draw]
        self.centre[:, draw] += share * off
        self.squares[:, draw] += piece.squares + off**2 * before * share
        self.people[draw] = before + piece.people

    def errors(self) -> tuple[dict[str, Numbers], dict[str, Numbers]]:
        """Return standard errors of means and of increments by outcome, (draws, strategies) each."""
        count = self.people[:, None, None]
        plain, increment = np.sqrt(self.squares / (count - 1) / count)
        return (
            {name: plain[:, place] for place, name in enumerate(self.names)},
            {name: increment[:, place] for place, name in enumerate(self.names)},
        )

    def run(
        self,
        model: Model,
        people: int,
        values: Mapping[str, Numbers],
        seed: int,
        kept: Numbers | None,
        *,
        residence: bool,
        attributes: Mapping[str, Numbers] | None = None,
    ) -> PeopleRun:
        """Return all of it as a run; `kept` are everybody's totals (outcomes, strategies, people)."""
        errors, increment_errors = self.errors()
        means = {name: self.mean[:, place] for place, name in enumerate(self.names)}
        years = {name: means.pop(f"years in {name}") for name in model.states} if residence else {}
        persons = {} if kept is None else dict(zip(self.names, kept, strict=True))
        names = tuple(model.strategies)
        return PeopleRun(
            model, names, means, values, seed, years, people, errors, increment_errors, persons, attributes or {}
        )


def _in_order(totals: Numbers, plan: Plan) -> Numbers:
    """Return totals (slots, people) as (outcomes, strategies, people)."""
    columns = [column for group in plan.groups for column in group]
    shaped = totals.reshape(len(columns), len(plan.outcomes), -1)
    return shaped[np.argsort(columns)].transpose(1, 0, 2)


def _parts_of(outcome: str, outcomes: list[str]) -> list[int]:
    """Return the places of what adds up to an outcome: costs and effects have parts, "cost.drug"."""
    has_parts = outcome in (COST, EFFECT)
    return [
        place
        for place, name in enumerate(outcomes)
        if name == outcome or (has_parts and name.startswith(f"{outcome}."))
    ]


def events(
    model: ContinuousModel, people: int, strategy: str, seed: int = 0, values: Mapping[str, float] | None = None
) -> Any:
    """Return everybody's moves in one strategy as a polars data frame: person, time (years), from, into, line.

    The people are those of `simulate` with the same seed. `values` are those of parameters that are not at their means.
    """
    import polars as pl

    plan = plan_of(model, residence=False)
    column = list(model.strategies).index(strategy)
    group = next(number for number, columns in enumerate(plan.groups) if column in columns)
    crowd = _Crowd(plan, people, values_of_draws(model, values, 0), 1, seed)
    frames = []
    for begin in range(0, people, PEOPLE_AT_ONCE):
        counts, log = crowd.logged(group, 0, begin)
        who = np.repeat(np.arange(begin, begin + len(counts)), counts)
        frames.append(_moves(plan.laid[column], who, log))
    return pl.concat(frames)


def _moves(ways: Ways, who: Any, log: Numbers) -> Any:
    import polars as pl

    states, lines = np.array([state for state, _ in ways.places]), np.array([line for _, line in ways.places])
    left, entered = log[:, 1].astype(int), log[:, 2].astype(int)
    return pl.DataFrame(
        {
            "person": who,
            "time": log[:, 0],
            "from": states[left].tolist(),
            "into": states[entered].tolist(),
            "line": lines[entered],
        },
        schema_overrides={"from": pl.String, "into": pl.String},
    )


def people_evaluator(
    model: ContinuousModel, people: int, seed: int = 0, **how: Any
) -> Callable[[Mapping[str, Any]], Outcomes]:
    """Return a model of individuals as the analyses see it: values of parameters in, costs and effects out."""
    return lambda values: simulate(model, people, values, seed, **how).outcomes()
