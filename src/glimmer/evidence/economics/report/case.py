"""A decision as people are told of it: the model, its outcomes over draws, and all that has to be said beside them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from glimmer.evidence.economics.analysis import BudgetImpact, Equity, ScenarioTable
from glimmer.evidence.economics.beliefs import belief_in_words
from glimmer.evidence.economics.model import Model
from glimmer.evidence.economics.outcomes import Evaluate, Outcomes


@dataclass(frozen=True, slots=True)
class Source:
    """Where one input is from. `evidence` is "source", "memory" or "proposal", "" where nobody has said."""

    name: str
    title: str
    value: str
    unit: str
    belief: str
    source: str
    evidence: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Assumed:
    """One line of the assumption log. `tested_by` names the scenario that tries it ("": none does)."""

    assumes: str
    because: str
    tested_by: str
    source: str
    evidence: str
    favours: str = ""


@dataclass(frozen=True, slots=True)
class Unfilled:
    """An input that nobody has filled in: what stands for it (None: nothing, and what needs it is left out)."""

    name: str
    title: str
    unit: str
    look: str
    stand_in: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One question and its answer over draws.

    `names` are titles of strategies by their names; `marks` are said first and on every page ("SIMULATED ..."). `day`
    decides which threshold is in force. `left_out` says by title why a strategy has no result. `written` are sentences
    of the authors by the number of a CHEERS item.
    """

    title: str
    question: str
    model: Model
    outcomes: Outcomes
    evaluate: Evaluate
    day: date
    seed: int
    names: Mapping[str, str] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    assumptions: tuple[Assumed, ...] = ()
    unfilled: tuple[Unfilled, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    marks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    scenarios: ScenarioTable | None = None
    budget: BudgetImpact | None = None
    equity: Equity | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    written: Mapping[int, str] = field(default_factory=dict)

    def name(self, strategy: str) -> str:
        """Return the title of a strategy."""
        return self.names.get(strategy, strategy)

    def title_of(self, parameter: str) -> str:
        """Return the title of an input."""
        return next((one.title for one in self.sources if one.name == parameter), parameter)

    @property
    def draws(self) -> int:
        """How many draws the outcomes are of."""
        return len(self.outcomes.costs)


def case_of(model: Model, outcomes: Outcomes, evaluate: Evaluate, day: date, seed: int, question: str = "") -> Case:
    """Return the case of any model: its inputs as declared, with their notes as sources."""
    means = model.inputs.means()
    sources = tuple(
        Source(
            name,
            name,
            f"{means[name]:.6g}",
            "",
            belief_in_words(model.parameters[name]) if name in model.parameters else "a share that adds up with others",
            model.notes.get(name, ""),
            "",
        )
        for name in model.inputs.names
    )
    return Case(model.title, question, model, outcomes, evaluate, day, seed, sources=sources)
