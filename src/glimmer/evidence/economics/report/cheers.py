"""The reporting checklist CHEERS 2022: what the model can fill in itself, and what a person still has to write.

The names of the items are from memory; compare them with the published list before submission.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from glimmer.evidence.economics.report.case import Case
from glimmer.evidence.economics.report.findings import Findings
from glimmer.evidence.economics.report.words import chance, money, of_effect, of_money

BY_A_PERSON = "TO BE WRITTEN BY A PERSON"


@dataclass(frozen=True, slots=True)
class Item:
    """One item: its number and name, what is said, and whether the model filled it or a person must or did write it."""

    number: int
    name: str
    said: str
    filled_by: str


_NAMES = (
    "Title",
    "Abstract",
    "Background and objectives",
    "Health economic analysis plan",
    "Study population",
    "Setting and location",
    "Comparators",
    "Perspective",
    "Time horizon",
    "Discount rate",
    "Selection of outcomes",
    "Measurement of outcomes",
    "Valuation of outcomes",
    "Measurement and valuation of resources and costs",
    "Currency, price date, and conversion",
    "Rationale and description of model",
    "Analytics and assumptions",
    "Characterising heterogeneity",
    "Characterising distributional effects",
    "Characterising uncertainty",
    "Engagement with patients and others affected",
    "Study parameters",
    "Summary of main results",
    "Effect of uncertainty",
    "Effect of engagement with patients and others affected",
    "Findings, limitations, generalisability, and current knowledge",
    "Source of funding",
    "Conflicts of interest",
)
# What a person has to say, because no model knows it.
_ASKED: Mapping[int, str] = {
    4: "whether an analysis plan was written before, and where it is",
    6: "where the service is, and what about the place bears on the decision",
    21: "who with experience of the condition was asked, and how",
    25: "what that changed",
    26: "what the result means beside other studies, and where it does not hold",
    27: "who paid, and what part they had in the work",
    28: "the authors' interests",
}


def cheers(found: Findings) -> tuple[Item, ...]:
    """Return all 28 items in order; authors' own sentences (`Case.written`) take the place of the model's."""
    written = found.case.written
    items = []
    for number, name in enumerate(_NAMES, 1):
        if number in written:
            items.append(Item(number, name, written[number], "authors"))
        elif number in _ASKED:
            items.append(Item(number, name, f"{BY_A_PERSON}: {_ASKED[number]}.", "nobody yet"))
        else:
            said = _FILLED[number](found)
            items.append(
                Item(
                    number,
                    name,
                    said or f"{BY_A_PERSON}: the model does not hold it.",
                    "model" if said else "nobody yet",
                )
            )
    return tuple(items)


def _comparators(case: Case) -> str:
    said = "; ".join(case.name(name) for name in case.outcomes.strategies)
    missing = "".join(f" Not compared: {name} ({why})." for name, why in case.left_out.items())
    return f"{said}; increments against {case.name(case.outcomes.reference)}.{missing}"


def _conventions(found: Findings, *names: str) -> str:
    said = found.case.outcomes.conventions
    return "; ".join(f"{name}: {said[name]}" for name in names if name in said)


def _abstract(found: Findings) -> str:
    case = found.case
    return (
        f"{case.question} {len(case.outcomes.strategies)} strategies, {case.draws:,} draws. At "
        f"{money(found.threshold, case.outcomes.currency)} per QALY {case.name(found.best)} has the highest expected "
        f"net health benefit, and is best in {chance(found.probability_best(found.best, found.threshold))} of draws."
    )


def _states(found: Findings) -> str:
    model = found.case.model
    return (
        f"A cohort moves between {len(model.states)} states ({', '.join(model.states)}) in {len(model.times) - 1} "
        f"cycles. {_conventions(found, 'cycles', 'counting', 'flows', 'discounting')}."
    )


def _results(found: Findings) -> str:
    increment, currency = found.increment, found.case.outcomes.currency
    return (
        f"{found.case.name(found.strategy)}: cost {of_money(increment.cost, currency)}, QALYs "
        f"{of_effect(increment.effect)} more per person (mean and 95 % interval)."
    )


def _uncertain(found: Findings) -> str:
    moved = len(found.tornado.bars) if found.tornado else 0
    return (
        f"{found.case.draws:,} draws of {moved} uncertain inputs (seed {found.case.seed}); each of them alone over its "
        f"95 % range; {'structural scenarios; ' if found.case.scenarios else ''}value of information."
    )


def _effect_of_uncertainty(found: Findings) -> str:
    changing = [found.case.title_of(one.range.parameter) for one in found.flips]
    said = (
        f"What is best changes within the range of: {'; '.join(changing)}."
        if changing
        else ("No single input within its range changes what is best.")
    )
    whole = float(found.perfect.values[found.perfect.thresholds.index(found.threshold)])
    return f"{said} Perfect information would be worth {money(whole)} per person at {money(found.threshold)} per QALY."


def _parameters(found: Findings) -> str:
    sources = found.case.sources
    named = sum(1 for one in sources if one.source)
    return f"{len(sources)} inputs with distributions, {named} of them with a source: see the table of inputs."


def _equity(found: Findings) -> str:
    equity = found.case.equity
    return "" if equity is None else f"Net health by {len(equity.groups)} groups: see the part on equity."


_FILLED: Mapping[int, Callable[[Findings], str]] = {
    1: lambda found: found.case.title,
    2: _abstract,
    3: lambda found: found.case.question,
    5: lambda found: found.case.facts.get("population", found.case.question),
    7: lambda found: _comparators(found.case),
    8: lambda found: _conventions(found, "perspective"),
    9: lambda found: _conventions(found, "horizon"),
    10: lambda found: _conventions(found, "discount rates", "discounting"),
    11: lambda found: (
        f"{found.case.outcomes.effect}s and costs; also counted: "
        + (
            ", ".join(name for name in found.case.model.outcomes if "." not in name and name not in ("cost", "effect"))
            or "nothing else"
        )
        + "."
    ),
    12: lambda found: "Time in each state, counted over the cycles, times the value of a year in it.",
    13: lambda found: _valued(found, "utility"),
    14: lambda found: _valued(found, "GBP"),
    15: lambda found: "; ".join(
        filter(None, (f"currency: {found.case.outcomes.currency}", _conventions(found, "prices")))
    ),
    16: _states,
    17: lambda found: (
        f"{len(found.case.assumptions)} assumptions, each with its reason: see the assumption log."
        if found.case.assumptions
        else ""
    ),
    18: lambda found: f"Subgroups: {', '.join(found.case.model.subgroups)}." if found.case.model.subgroups else "",
    19: _equity,
    20: _uncertain,
    22: _parameters,
    23: _results,
    24: _effect_of_uncertainty,
}


def _valued(found: Findings, unit: str) -> str:
    inputs = [one for one in found.case.sources if unit.lower() in one.unit.lower() or unit.lower() in one.name.lower()]
    return "; ".join(f"{one.title}: {one.value} {one.unit} ({one.source})" for one in inputs)
