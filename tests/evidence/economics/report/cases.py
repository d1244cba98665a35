"""Cases for the tests of what people read: published Sick-Sicker, and a close call that learning would settle."""

from dataclasses import replace
from datetime import date

from glimmer.evidence.economics.cohort import evaluator
from glimmer.evidence.economics.inputs import Normal
from glimmer.evidence.economics.model import Model
from glimmer.evidence.economics.report.case import Assumed, Case, Source, Unfilled, case_of
from glimmer.evidence.economics.report.findings import Findings, findings
from tests.evidence.economics.sick_sicker import sick_sicker

DAY = date(2026, 11, 27)
HOSTILE = '</script><script>alert(1)</script> #eval("1") =1+1'


def close_call() -> Case:
    """A drug that gains 0.1 QALY for 2,000 on average, each uncertain: the decision turns at 20,000 per QALY."""
    model = Model("Close call", cycles=1, counting="start", discount=0.0)
    model.parameter("gain", Normal(0.1, 0.05))
    model.parameter("price", Normal(2000, 100))
    model.value("gained", 0)
    model.value("paid", 0)
    model.state("Alive", cost="paid", effect="0.6 + gained")
    model.strategy("usual")
    model.strategy("drug", gained="gain", paid="price")
    outcomes = model.run(draws=2000, seed=3).outcomes()
    case = case_of(model, outcomes, evaluator(model), DAY, 3, "What should be bought?")
    return replace(
        case,
        names={"usual": "Usual care", "drug": f"The drug {HOSTILE}"},
        sources=(
            Source("gain", "Gain of the drug", "0.1", "QALY", "normal", "a trial", "source"),
            Source("price", "Price of the drug", "2000", "GBP", "normal", "a list", "memory"),
        ),
        assumptions=(Assumed("It lasts a year.", "The trial did.", "", "a trial", "source"),),
        unfilled=(
            Unfilled("price", "Price of the drug", "GBP", "the list", "2000"),
            Unfilled("bed", "Day of a bed", "GBP", "the trust's books"),
        ),
        left_out={"Surgery": "nobody has filled in its price"},
        marks=("SIMULATED: these are invented figures.",),
    )


def found_of(case: Case) -> Findings:
    """Return the findings of a case."""
    return findings(case)


def sick_sicker_case(draws: int = 300) -> Case:
    """Return Sick-Sicker over draws."""
    model = sick_sicker()
    return case_of(model, model.run(draws=draws, seed=1).outcomes(), evaluator(model), DAY, 1)
