"""The same model for people one by one, in continuous time: for running the clinic, and as a check on the cohort.

It takes states, parameters, scenarios, treatments and strategies from the cohort's model; only time is different. A
course ends exactly when it is over and its outcome is drawn, relapse comes at a time drawn from its curve, and nothing
waits for the end of a cycle. Both agree in the mean (a test holds it), up to what cycles round off.
"""

import itertools

from glimmer.evidence.economics.clinic.decision import asked, clinic_model, offered
from glimmer.evidence.economics.clinic.question import Question, lifetime_years
from glimmer.evidence.economics.clinic.relapse import DAYS_A_YEAR
from glimmer.evidence.economics.clinic.strategies import TREATMENTS, Strategy
from glimmer.evidence.economics.clinic.structure import RESPONDING, UNWELL, WELL
from glimmer.evidence.economics.continuous import ContinuousModel, names_behind
from glimmer.evidence.economics.model import Model

# A time that nobody lives to see: what does not happen.
NEVER = 1000
# What depends on how long somebody has been in a state is taken anew every week.
STEP_DAYS = 7
CLOCKS_OF_CYCLES = frozenset({"length", "cycle", "state_cycle"})


class NoPeople(ValueError):
    """The model cannot be run for people one by one. The message says why."""


def people_model(question: Question, chosen: tuple[Strategy, ...] | None = None) -> ContinuousModel:
    """Return the model of a question for people one by one: `people_model(...).individuals(10_000, seed=1)`.

    Raise NoPeople where people stop maintenance while well: their danger of relapse is then no single curve.
    """
    question = asked(question)
    if question.inputs.value("maintenance_stop"):
        raise NoPeople("maintenance_stop is not 0: who stops maintenance while well is followed by the cohort only.")
    chosen = offered(question)[0] if chosen is None else chosen
    cohort = clinic_model(question, chosen)
    horizon = lifetime_years(question.inputs) if question.horizon_years is None else question.horizon_years
    model = ContinuousModel(
        cohort.title,
        horizon,
        discount=question.discount,
        step=STEP_DAYS / DAYS_A_YEAR,
        start_age=question.inputs.figure("start_age"),
    )
    _take_over(model, cohort)
    _chances(model, max(len(one.sequence) for one in chosen))
    _ways(model)
    for one in chosen:
        model.strategy(one.id, one.sequence, **({"moves_on": 1} if one.moves_on else {}))
    return model


def _take_over(model: ContinuousModel, cohort: Model) -> None:
    """Take from the cohort's model all that does not know of cycles."""
    for name, belief in cohort.parameters.items():
        model.parameter(name, belief)
    for name, table in cohort.tables.items():
        model.table(name, table.at, table.values, table.linear)
    # A scenario's values stand apart in the cohort's model; here they are the model's own.
    values = {**cohort.values, **cohort.overrides}
    for name, said in values.items():
        if not names_behind(said, values) & CLOCKS_OF_CYCLES:
            model.value(name, said)
    for name, state in cohort.states.items():
        model.state(name, in_lines=state.in_lines)
    model.start(Course=1)
    for reward in cohort.rewards:
        if not names_behind(reward.amount, values) & CLOCKS_OF_CYCLES:
            model.reward(reward.outcome, reward.amount, state=reward.state, target=reward.target)
    _sessions(model, cohort)
    for name, treatment in TREATMENTS.items():
        if not treatment.price or treatment.price in model.parameters:
            known = {key: said for key, said in treatment.values.items() if key in model.values}
            model.treatment(name, **known)


def _sessions(model: ContinuousModel, cohort: Model) -> None:
    """Declare maintenance in its first year as sessions per year at each time: the slope of the taper's table."""
    for which, interval in (("iv", "maintenance_interval_days"), ("nasal", "nasal_interval_days")):
        at = cohort.tables[f"{which}_taper_sessions"].at
        model.table(f"{which}_rate", at[:-1], [1 / (end - begin) for begin, end in itertools.pairwise(at)])
        model.value(
            f"{which}_sessions_in_cycle",
            f"{which}_rate(state_time) if state_time < taper_end_{which} else days_a_year / {interval}",
        )


def _chances(model: ContinuousModel, most: int) -> None:
    """Give everybody a lot for each course: what comes of it is drawn once, and is the same in every strategy."""
    for course in range(1, most + 1):
        model.attribute(f"lot_{course}", "chance")
    model.counter("courses_before", target="Course")
    lot = f"lot_{most}"
    for course in reversed(range(1, most)):
        lot = f"(lot_{course} if courses_before < {course} - 0.5 else {lot})"
    model.value("lot", lot)
    model.value("death_unwell", "dying(age) * ratio_unwell")
    model.value("death_well", "dying(age) * ratio_well")
    model.value("later_rate", "probability_to_rate(usual_care_step_remission, step_years)")


def _ways(model: ContinuousModel) -> None:
    for name in (*UNWELL, *RESPONDING, *WELL):
        model.transition(name, "Dead", "death_unwell" if name in UNWELL else "death_well")
    drawn = (
        ("Remission", "lot < p_remission"),
        ("Response", "lot >= p_remission and lot < p_remission + p_response"),
        ("Non-response", "lot >= p_remission + p_response"),
    )
    for target, condition in drawn:
        model.transition("Course", target, time=f"exactly(course_years if {condition} else {NEVER})")
    for begun, lasting, ratio in (
        ("Remission", "Recovery", "1"),
        ("Response", "Lasting response", "response_relapse_hazard_ratio"),
    ):
        on = f"(1 + maintained * (maintenance_hr - 1)) * {ratio}"
        model.transition(begun, "Relapse", time="weibull(shape, scale)", hazard_ratio=on)
        model.transition(begun, lasting, time="exactly(recovery_years)")
        model.transition(lasting, "Relapse", f"late_rate * hr_late * {ratio}")
    last = "Out of service"
    moves = f"exactly(wait_years if moves_on > 0 else {NEVER})"
    model.transition("Non-response", "Course", time=moves, next_line=True, last=last)
    model.transition("Non-response", "Later remission", "(1 - moves_on) * later_rate")
    model.transition("Relapse", "Course", time="exactly(wait_years)", next_line=True, last=last)
    model.transition("Out of service", "Later remission", "later_rate")
    model.transition("Later remission", "Out of service", time="weibull(shape, scale)")
    model.transition("Later remission", "Later recovery", time="exactly(recovery_years)")
    model.transition("Later recovery", "Out of service", "late_rate")
