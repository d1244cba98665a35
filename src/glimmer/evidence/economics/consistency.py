"""What must hold of a declared model: everything named is declared, and what must be there is there."""

from typing import TYPE_CHECKING

from glimmer.evidence.economics.declared import Strategy, Transition
from glimmer.evidence.economics.expressions import BadModel, Expression, check_names, closest
from glimmer.evidence.economics.functions import FUNCTIONS

if TYPE_CHECKING:
    from glimmer.evidence.economics.model import Model

CLOCKS = frozenset({"cycle", "time", "length", "age"})
STATE_CLOCKS = frozenset({"state_cycle", "state_time"})


def check(model: "Model") -> None:
    """Raise BadModel unless everything named is declared, and what must be there is there."""
    if not model.states or not model.strategies:
        raise BadModel(f"{model.title}: a model needs at least one state and one strategy.")
    known = frozenset(model.inputs.names) | frozenset(model.values) | model.clocks | model.own_names
    for where, one in (*_expressions(model), *model.own_expressions()):
        check_names(one, known, frozenset(model.tables), where)
    for transition in model.transitions:
        _check_transition(model, transition)
    for name in model.starts:
        _check_state(model, name, "start")
    _check_cycles(model)
    for reward in model.rewards:
        for name in filter(None, (reward.state, reward.source, reward.target)):
            _check_state(model, name, f"reward of {reward.outcome!r}")
    for strategy in model.strategies.values():
        _check_strategy(model, strategy)
    for name in model.discounts:
        if name not in model.outcomes:
            near = closest(name, model.outcomes)
            raise BadModel(f"A discount rate is given for {name!r}, which nothing yields.{near}")
    for group in model.subgroups.values():
        for name in group.values:
            check_declared(model, name, f"Subgroup {group.name!r}")


def check_declared(model: "Model", name: str, who: str) -> None:
    """Raise BadModel unless a name is a value or a parameter of the model; `who` sets it."""
    known = (*model.values, *model.inputs.names)
    if name not in known:
        raise BadModel(f"{who} sets {name!r}, which is not declared.{closest(name, known)}")


def check_fresh(model: "Model", name: str) -> None:
    """Raise BadModel unless a new parameter, value or table may be called so."""
    taken = {*model.parameters, *model.values, *model.tables, *(n for group in model.shares for n in group.counts)}
    if name in taken | model.own_names:
        raise BadModel(f"{name!r} is declared twice.")
    if not name.isidentifier() or name.startswith("_"):
        raise BadModel(f"{name!r} is no name: letters, digits and underscores, and no digit or underscore first.")
    if name in CLOCKS | STATE_CLOCKS | set(FUNCTIONS):
        raise BadModel(f"{name!r} already means something in expressions. Take another name.")


def _expressions(model: "Model") -> list[tuple[str, Expression]]:
    return [
        *((f"value {name!r}", one) for name, one in (*model.values.items(), *model.overrides.items())),
        *((f"subgroup {g.name!r}, {n!r}", e) for g in model.subgroups.values() for n, e in g.values.items()),
        *((f"start in {name!r}", one) for name, one in model.starts.items()),
        *((f"transition {t.source} -> {t.target}", t.probability) for t in model.transitions if t.probability),
        *((f"reward of {r.outcome!r} in {r.state or r.target!r}", r.amount) for r in model.rewards),
        *((f"strategy {s.name!r}, {n!r}", e) for s in model.strategies.values() for n, e in s.values.items()),
        *((f"treatment {t!r}, {n!r}", e) for t, values in model.treatments.items() for n, e in values.items()),
    ]


def _check_cycles(model: "Model") -> None:
    """Raise BadModel where half of a cycle's cost would count as half of a longer or shorter one beside it."""
    by_points = model.settings.counting not in ("start", "end", "life_table")
    lengths = model.times[1:] - model.times[:-1]
    for one in model.rewards if by_points and lengths.max() > lengths.min() * (1 + 1e-9) else ():
        if one.per == "cycle":
            raise BadModel(
                f"The {one.outcome} of {one.state!r} is per cycle, and cycles differ in length: the counting "
                f"{model.settings.counting!r} takes points between two cycles for both. Say it per year, or count by "
                "start, end or life_table."
            )


def _check_transition(model: "Model", one: Transition) -> None:
    where = f"transition {one.source} -> {one.target}"
    for name in (one.source, one.target, *([one.last] if one.last else [])):
        _check_state(model, name, where)
    if one.next_line and not (model.states[one.source].in_lines and model.states[one.target].in_lines):
        raise BadModel(f"{where}: both must be states in lines to change the line.")


def _check_state(model: "Model", name: str, where: str) -> None:
    if name not in model.states:
        near = closest(name, model.states)
        raise BadModel(f"{where}: there is no state {name!r}.{near} There is: {', '.join(model.states)}.")


def _check_strategy(model: "Model", strategy: Strategy) -> None:
    for name in strategy.sequence:
        if name not in model.treatments:
            near = closest(name, model.treatments)
            raise BadModel(f"Strategy {strategy.name!r}: there is no treatment {name!r}.{near}")
    for name in (*strategy.values, *(key for one in strategy.sequence for key in model.treatments[one])):
        check_declared(model, name, f"Strategy {strategy.name!r}")
