"""The public face of the clinic's model: ask a question, get the model, its result, and what it could not answer.

answer = run(Question(), draws=1_000, seed=1)
answer.outcomes                     # costs and QALYs: what every analysis stands on
answer.left_out                     # strategies without a price, and which price is missing
evaluate(Question())                # the model as the analyses see it: values of parameters in, outcomes out
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from glimmer.evidence.economics.clinic.beliefs import central
from glimmer.evidence.economics.clinic.inputs import Inputs
from glimmer.evidence.economics.clinic.life import expected_qalys_without_condition
from glimmer.evidence.economics.clinic.question import Question
from glimmer.evidence.economics.clinic.registry_draws import from_registry
from glimmer.evidence.economics.clinic.scenarios import scenario
from glimmer.evidence.economics.clinic.strategies import USUAL_CARE, Strategy, strategies, unpriced
from glimmer.evidence.economics.clinic.structure import declared
from glimmer.evidence.economics.cohort import Run
from glimmer.evidence.economics.model import Model
from glimmer.evidence.economics.outcomes import Evaluate, Numbers, Outcomes
from glimmer.guidance.economics import Blank, blanks, parameter, parameters

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a question: the run, its outcomes against usual care, and what is missing.

    `left_out` maps each strategy without a cost to the prices that nobody filled in. `stand_ins` are inputs that nobody
    filled in and for which a sourced figure of something near stands: print their caveats.
    """

    question: Question
    run: Run
    outcomes: Outcomes
    left_out: Mapping[str, tuple[str, ...]]
    stand_ins: Mapping[str, Blank]


def asked(question: Question) -> Question:
    """Return the question with what its scenario replaces: perspective, discount, where a session's price is from."""
    one = scenario(question.scenario)
    inputs = replace(question.inputs, session=one.session) if one.session else question.inputs
    return replace(
        question,
        inputs=inputs,
        perspective=one.perspective or question.perspective,
        discount=parameter(one.discount).value if one.discount else question.discount,
    )


def offered(question: Question) -> tuple[tuple[Strategy, ...], Mapping[str, tuple[str, ...]]]:
    """Return the strategies that have a cost, and for each other one the prices that are missing."""
    courses = scenario(question.scenario).courses or int(question.inputs.figure("courses_at_most"))
    every = strategies(courses)
    missing = {one.id: unpriced(one, question.inputs) for one in every}
    left_out = {name: prices for name, prices in missing.items() if prices}
    return tuple(one for one in every if one.id not in left_out), left_out


def clinic_model(question: Question, chosen: tuple[Strategy, ...] | None = None) -> Model:
    """Return the model of a question, for the strategies that have a cost or for those chosen.

    Raise Unfilled where the scenario needs an input that nobody has filled in.
    """
    question = asked(question)
    chosen = offered(question)[0] if chosen is None else chosen
    return scenario(question.scenario).applied(declared(question, chosen), question.inputs)


def central_values(model: Model, inputs: Inputs) -> dict[str, float]:
    """Return the published value of every parameter of a model: a run without draws.

    A published ratio is the middle of its distribution, not its mean, so this differs from a run at the means.
    """
    known = {*parameters(), *blanks()}
    return {name: central(name, inputs) if name in known else float(one.mean) for name, one in model.parameters.items()}


def run(
    question: Question,
    draws: int | None = None,
    seed: int = 0,
    *,
    posterior: Mapping[str, Numbers] | None = None,
    told: Progress | None = None,
    workers: int | None = None,
) -> Answer:
    """Return the answer to a question: at the published values, or over draws.

    `posterior` are draws of a registry update by its names; they take the place of the model's own draws of what they
    inform (see `registry_draws`), jointly, and the run is then as long as they are (`draws` takes the first ones).
    `told(done, of)` hears of progress. Results do not depend on `workers`.
    """
    question = asked(question)
    chosen, left_out = offered(question)
    model = clinic_model(question, chosen)
    values = values_of(model, question.inputs, draws, seed, posterior)
    found = model.run(values, seed, told=told, workers=workers)
    stand_ins = {name: one for name, one in question.inputs.missing().items() if name in model.parameters}
    return Answer(question, found, _outcomes(found, question), left_out, stand_ins)


def evaluate(question: Question, *, central_elsewhere: bool = True) -> Evaluate:
    """Return the model as the analyses see it: values of parameters in, costs and effects out.

    What is not named keeps its published value (`central_elsewhere`), or the mean of its distribution.
    """
    question = asked(question)
    model = clinic_model(question)
    kept = central_values(model, question.inputs) if central_elsewhere else {}

    def evaluated(values: Mapping[str, Numbers | float]) -> Outcomes:
        return _outcomes(model.run({**kept, **values}), question)

    return evaluated


def expected_qalys(question: Question, answer: Answer | None = None) -> tuple[float, Numbers]:
    """Return the discounted QALYs expected over a lifetime without TRD, and with it under usual care (draws,).

    What NICE's severity modifier compares. The first is of the general population of the same age and sexes.
    """
    whole_life = replace(asked(question), horizon_years=None)
    found = run(whole_life) if answer is None else answer
    with_condition = found.outcomes.effects[:, found.outcomes.position(USUAL_CARE)]
    inputs = question.inputs
    age, share = int(inputs.figure("start_age")), inputs.figure("share_female")
    return expected_qalys_without_condition(age, share, whole_life.discount), with_condition


def values_of(
    model: Model, inputs: Inputs, draws: int | None, seed: int, posterior: Mapping[str, Numbers] | None = None
) -> dict[str, Numbers]:
    """Return values of all parameters: the published ones, draws of them, or draws with a posterior in their place."""
    if posterior is None and draws is None:
        return {name: np.array([value]) for name, value in central_values(model, inputs).items()}
    if posterior is None:
        return model.inputs.draw(int(draws or 0), seed)
    replaced = from_registry(posterior, charged_elsewhere="session_price" in inputs.entries)
    there = {name: values for name, values in replaced.items() if name in model.parameters}
    length = len(next(iter(there.values())))
    count = min(length, draws or length)
    return {**model.inputs.draw(count, seed), **{name: values[:count] for name, values in there.items()}}


def _outcomes(found: Run, question: Question) -> Outcomes:
    outcomes = found.outcomes(USUAL_CARE)
    said = {
        "perspective": question.perspective,
        "scenario": scenario(question.scenario).title,
        "prices": question.inputs.price_year,
        "session": question.inputs.session,
    }
    return replace(outcomes, conventions={**outcomes.conventions, **said})
