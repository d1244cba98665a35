"""The case of the ketamine clinic: its question, its inputs with their sources, its assumption log, what is missing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from glimmer.evidence.economics.analysis import Profile, ScenarioTable, scenario_table
from glimmer.evidence.economics.beliefs import belief_in_words
from glimmer.evidence.economics.clinic.decision import Answer, asked, central_values, clinic_model, evaluate, run
from glimmer.evidence.economics.clinic.inputs import Unfilled as NotFilled
from glimmer.evidence.economics.clinic.question import Question
from glimmer.evidence.economics.clinic.scenarios import BASE, SCENARIOS, scenario
from glimmer.evidence.economics.clinic.strategies import strategies
from glimmer.evidence.economics.clinic.yearly import profiles
from glimmer.evidence.economics.model import Model
from glimmer.evidence.economics.outcomes import Evaluate, Numbers, Outcomes
from glimmer.evidence.economics.report.case import Assumed, Case, Source, Unfilled
from glimmer.evidence.economics.report.service import ServicePlan, budget_of, equity_from
from glimmer.guidance.economics import Blank, assumptions, blanks, parameters
from glimmer.guidance.thresholds import thresholds_on

TITLE = "Ketamine for treatment-resistant depression: is it worth its cost?"
PROPOSAL = (
    "PROPOSAL: this model was made by the project from published figures and has not been reviewed by health "
    "economists outside it. No published model of a ketamine clinic in the UK is there to compare it with."
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """How a case is drawn: so many draws from a seed, and draws of a registry in the place of some."""

    draws: int
    seed: int
    posterior: Mapping[str, Numbers] | None = None
    marks: tuple[str, ...] = ()


def clinic_case(
    question: Question,
    drawn: Drawn,
    day: date,
    told: Callable[[str, int, int], None],
    *,
    scenario_draws: int = 0,
    plan: ServicePlan | None = None,
) -> Case:
    """Return the case of a question; with `scenario_draws`, beside every structural scenario that can be run.

    With a `plan`, budget impact and equity are in it too. What is displaced costs what the NHS pays elsewhere.
    `told(what, done, of)` hears of progress. Raise Unfilled where the scenario asked for needs a missing input.
    """
    answer = run(
        question, drawn.draws, drawn.seed, posterior=drawn.posterior, told=lambda done, of: told("draws", done, of)
    )
    of_scenarios, without = _scenarios(question, drawn, day, scenario_draws, told) if scenario_draws else (None, {})
    return Case(
        TITLE,
        _question_in_words(question),
        answer.run.model,
        answer.outcomes,
        evaluate(question),
        day,
        drawn.seed,
        names={one.id: one.title for one in strategies()},
        sources=tuple(_source(name, answer.run.model, question) for name in answer.run.model.inputs.names),
        assumptions=tuple(
            Assumed(one.assumes, one.because, _scenario_title(one.tested_by), one.source, one.evidence, one.favours)
            for one in assumptions()
        ),
        unfilled=tuple(_unfilled(name, one) for name, one in question.inputs.missing().items()),
        left_out=_left_out(answer) | without,
        marks=(*drawn.marks, PROPOSAL),
        notes=("No trial shows that ketamine lowers suicide: the model gives it no effect on mortality.",),
        scenarios=of_scenarios,
        budget=None if plan is None else budget_of(plan, lambda years: _profiles(question, years, drawn)),
        equity=None if plan is None else equity_from(plan, answer.outcomes, thresholds_on(day).opportunity),
    )


def _profiles(question: Question, years: int, drawn: Drawn) -> Mapping[str, Profile]:
    return profiles(question, years=years, draws=drawn.draws, seed=drawn.seed)


def base_values(question: Question) -> dict[str, float]:
    """Return the published values that the base case without draws takes: those of the workbook."""
    return central_values(clinic_model(question), asked(question).inputs)


def among(evaluated: Evaluate, names: tuple[str, ...]) -> Evaluate:
    """Return the same model for some of its strategies."""
    return lambda values: _only(evaluated(values), names)


def _only(outcomes: Outcomes, names: tuple[str, ...]) -> Outcomes:
    columns = [outcomes.position(name) for name in names]
    return replace(outcomes, strategies=names, costs=outcomes.costs[:, columns], effects=outcomes.effects[:, columns])


def _question_in_words(question: Question) -> str:
    horizon = "a lifetime" if question.horizon_years is None else f"{question.horizon_years:g} years"
    return (
        "For an adult with non-psychotic treatment-resistant depression: what should a trust or an integrated care "
        f"board commission? Over {horizon}; costs of {question.perspective}; prices of {question.inputs.price_year}; "
        f"scenario: {scenario(question.scenario).title}."
    )


def _scenario_title(name: str) -> str:
    return next((one.title for one in SCENARIOS if one.id == name), name)


def _scenarios(
    question: Question, drawn: Drawn, day: date, draws: int, told: Callable[[str, int, int], None]
) -> tuple[ScenarioTable, dict[str, str]]:
    """Run every scenario on the same draws; say why one has no result."""
    found: dict[str, Outcomes] = {}
    without: dict[str, str] = {}
    others = [one for one in SCENARIOS if one.id not in (BASE, question.scenario)]
    for done, one in enumerate(others, 1):
        try:
            found[one.title] = run(
                replace(question, scenario=one.id), draws, drawn.seed, posterior=drawn.posterior
            ).outcomes
        except NotFilled as missing:
            without[f'scenario "{one.title}"'] = str(missing).rstrip(".")
        told("scenarios", done, len(others))
    base = run(question, draws, drawn.seed, posterior=drawn.posterior).outcomes
    shared = tuple(name for name in base.strategies if all(name in one.strategies for one in found.values()))
    alike = {title: _only(one, shared) for title, one in found.items()}
    return scenario_table(_only(base, shared), alike, thresholds_on(day).lower), without


def _source(name: str, model: Model, question: Question) -> Source:
    one, belief = parameters().get(name), model.parameters.get(name)
    value = f"{central_values(model, question.inputs)[name]:.6g}"
    said = belief_in_words(belief) if belief is not None else "a share that adds up with others"
    if name in question.inputs.entries:
        title = one.title if one else blanks()[name].title
        unit = one.unit if one else blanks()[name].unit
        return Source(name, title, value, unit, said, "filled in by the commissioner", "filled in")
    if one is not None:
        year = f"prices of {one.price_year}. " if one.price_year else ""
        return Source(
            name, one.title, value, one.unit, said, f"{one.source}, {one.edition}", one.evidence, f"{year}{one.note}"
        )
    blank = blanks().get(name)
    if blank is not None:
        return Source(
            name,
            blank.title,
            value,
            blank.unit,
            said,
            f"stand-in: {blank.stand_in_source}",
            "stand-in",
            blank.stand_in_caveat,
        )
    return Source(name, name.replace("_", " "), value, "", said, model.notes.get(name, ""), "")


def _unfilled(name: str, one: Blank) -> Unfilled:
    stands = None if one.stand_in is None else f"{one.stand_in:g} ({one.stand_in_source}; {one.stand_in_caveat})"
    return Unfilled(name, one.title, one.unit, one.look, stands)


def _left_out(answer: Answer) -> dict[str, str]:
    titles = {one.id: one.title for one in strategies()}
    return {
        titles[name]: f"nobody has filled in {', '.join(blanks()[price].title.lower() for price in prices)}"
        for name, prices in answer.left_out.items()
    }
