"""The model of the clinic as it stands on paper: states, transitions, costs and utilities, each declared once.

    Course --> Remission --> Recovery          (in each line of treatment; so does the next paragraph)
       |           |            |
       |           +------------+--> Relapse --> Course of the next line, or Out of service
       +--> Response --> Lasting response --> Relapse
       +--> Non-response --> Course of the next line (a sequence), or usual care for good

    Non-response, Out of service --> Later remission --> Later recovery --> Out of service
    every state --> Dead

In Course, Non-response, Relapse and Out of service a person is in an episode. Relapse depends on the time since
remission. Change what a state costs or is worth in `_states`, who goes where in `_transitions`, and what something is
worked out of in `_values`; a figure stands in `guidance/economics/`.
"""

import itertools
from collections.abc import Iterable, Sequence

import numpy as np

from glimmer.evidence.economics.clinic.beliefs import INDUCTION_PROTOCOL, belief
from glimmer.evidence.economics.clinic.inputs import Inputs
from glimmer.evidence.economics.clinic.life import mortality_table
from glimmer.evidence.economics.clinic.question import SOCIETY, Question, cycles
from glimmer.evidence.economics.clinic.relapse import DAYS_A_YEAR
from glimmer.evidence.economics.clinic.strategies import TREATMENTS, Strategy
from glimmer.evidence.economics.inputs import Fixed
from glimmer.evidence.economics.model import Model
from glimmer.guidance.economics import SEXES, norms, parameter
from glimmer.guidance.protocol import protocol

IV_MAINTENANCE_PROTOCOL = "iv-racemic-maintenance"
SC_PROTOCOL = "sc-racemic-step-up"
NASAL_PROTOCOL = "intranasal-esketamine"
NASAL_MAINTENANCE_PROTOCOL = "intranasal-esketamine-maintenance"

# What is drawn, tested one by one, and may be replaced by posterior draws, by its name in guidance.
UNCERTAIN = (
    "remission_ketamine",
    "response_among_nonremitters",
    "ketamine_log_odds_ratio",
    "ect_log_odds_ratio_versus_ketamine",
    "esketamine_log_odds_ratio",
    "rtms_log_odds_ratio",
    "usual_care_step_remission",
    "stops_after_first_session",
    "relapse_shape_ketamine",
    "relapse_scale_ketamine_days",
    "relapse_shape_ect",
    "relapse_scale_ect_days",
    "response_relapse_hazard_ratio",
    "maintenance_hazard_ratio",
    "oral_share_of_effect",
    "utility_remission",
    "utility_response",
    "utility_episode",
    "session_price",
    "assessment_price",
    "review_price",
    "oral_month_price",
    "esketamine_device_price",
    "episode_care",
    "mortality_ratio",
)
# Inputs to be filled that every strategy needs; the prices of single treatments come with these.
BLANKS = ("remission_care", "maintenance_stop")
# What else is not known of a treatment that stands or falls with a price: declared with it.
KNOWN_WITH_PRICE = {"sc_session": ("sc_share_of_effect",)}
IN_LINES = ("Course", "Response", "Lasting response", "Remission", "Recovery", "Non-response", "Relapse")
UNWELL = ("Course", "Non-response", "Relapse", "Out of service")
WELL = ("Remission", "Recovery", "Later remission", "Later recovery")
RESPONDING = ("Response", "Lasting response")
# A cycle ends when something is over if it ends within this many years of it: less than any cycle.
_SLACK = 1e-4


def declared(question: Question, chosen: Iterable[Strategy]) -> Model:
    """Return the base model for a question and strategies; scenarios change values of it."""
    model = Model(
        "Ketamine clinic for treatment-resistant depression",
        cycles(question.horizon_years, question.inputs),
        discount=question.discount,
        start_age=question.inputs.figure("start_age"),
    )
    chosen = tuple(chosen)
    prices = dict.fromkeys(TREATMENTS[name].price for one in chosen for name in one.sequence if TREATMENTS[name].price)
    with_price = (name for price in prices for name in KNOWN_WITH_PRICE.get(price, ()))
    for name in (*UNCERTAIN, *BLANKS, *prices, *with_price):
        model.parameter(name, belief(name, question.inputs))
    model.parameter("maintenance_interval_days", Fixed(float(protocol(IV_MAINTENANCE_PROTOCOL).days_between.value[-1])))
    _tables(model, question.inputs)
    _values(model, question.inputs)
    _states(model, question)
    _transitions(model)
    _maintenance(model)
    _choices(model, chosen)
    return model


def _tables(model: Model, inputs: Inputs) -> None:
    age, share = int(inputs.figure("start_age")), inputs.figure("share_female")
    model.table("dying", *mortality_table(age, share))
    found = norms()
    model.table("norm", found.from_age, [share * f + (1 - share) * m for f, m in zip(*_both(found.index), strict=True)])
    model.table("iv_taper_sessions", *_sessions_by(protocol(IV_MAINTENANCE_PROTOCOL).days_between.value), linear=True)
    model.table("nasal_taper_sessions", *_sessions_by(_nasal_taper()), linear=True)


def _both(index: object) -> tuple[Sequence[float], Sequence[float]]:
    female, male = (index[sex] for sex in SEXES)  # type: ignore[index]
    return female, male


def _sessions_by(days_between: Sequence[float]) -> tuple[list[float], list[float]]:
    """Return years and how many sessions were given by then: the first one step after the outcome of the course."""
    years = [0.0, *(day / DAYS_A_YEAR for day in itertools.accumulate(days_between))]
    return years, [float(number) for number in range(len(years))]


def _sessions_of_course(days_between: Sequence[float]) -> int:
    """Return how many sessions of a schedule fall into the days of a course; the first is on day 0."""
    starts = [0.0, *itertools.accumulate(days_between)]
    return sum(day < parameter("course_days").value for day in starts)


def _values(model: Model, inputs: Inputs) -> None:
    stated: dict[str, str | float] = {
        "days_a_year": DAYS_A_YEAR,
        "year_days": 365,
        "course_years": parameter("course_days").value / DAYS_A_YEAR,
        "wait_years": inputs.figure("wait_for_next_course_days") / DAYS_A_YEAR,
        "recovery_years": inputs.figure("recovery_after_days") / DAYS_A_YEAR,
        "curve_years": inputs.figure("curve_meets_years"),
        "step_years": inputs.figure("usual_care_step_days") / DAYS_A_YEAR,
        "review_every_days": inputs.figure("review_every_days"),
        "nasal_interval_days": float(protocol(NASAL_MAINTENANCE_PROTOCOL).days_between.value[-1]),
        "iv_course_sessions": float(protocol(INDUCTION_PROTOCOL).sessions.value),
        "nasal_course_sessions": float(_sessions_of_course(protocol(NASAL_PROTOCOL).days_between.value)),
        "devices_a_session": float(protocol(NASAL_PROTOCOL).steps_for(protocol(NASAL_PROTOCOL).dose.value)),
        "ect_course_sessions": inputs.figure("ect_sessions"),
        "rtms_course_sessions": inputs.figure("rtms_sessions"),
        "norm_at_start": f"norm({inputs.figure('start_age')})",
        **_CHANCES,
        **_RELAPSE,
        **_WORTH,
        **_TREATMENT,
    }
    for name, said in stated.items():
        model.value(name, said)


# How likely remission is, by treatment: all in log odds against what the same people would do without it.
_CHANCES: dict[str, str | float] = {
    "log_odds_ketamine": "logit(remission_ketamine)",
    "log_odds_control": "log_odds_ketamine - ketamine_log_odds_ratio",
    "p_ketamine": "remission_ketamine",
    "p_control": "logistic(log_odds_control)",
    "p_usual": "p_control",
    "p_ect": "logistic(log_odds_ketamine + ect_log_odds_ratio_versus_ketamine)",
    "p_esketamine": "logistic(log_odds_control + esketamine_log_odds_ratio)",
    "p_rtms": "logistic(log_odds_control + rtms_log_odds_ratio)",
    "p_remission_later": "rescale(usual_care_step_remission, step_years, length)",
    "ratio_unwell": "mortality_ratio",
    "ratio_well": "mortality_ratio",
    "p_die_unwell": "rate_to_probability(dying(age) * ratio_unwell, length)",
    "p_die_well": "rate_to_probability(dying(age) * ratio_well, length)",
}
_RELAPSE: dict[str, str | float] = {
    "shape_ketamine": "relapse_shape_ketamine",
    "scale_ketamine": "relapse_scale_ketamine_days / days_a_year",
    "shape_ect": "relapse_shape_ect",
    "scale_ect": "relapse_scale_ect_days / days_a_year",
    # Values of a line of treatment; those of usual care unless a treatment says otherwise.
    "shape": "shape_ketamine",
    "scale": "scale_ketamine",
    "maintained": 0,
    "maintenance_hr": "maintenance_hazard_ratio",
    "oral_hazard_ratio": "maintenance_hazard_ratio ** oral_share_of_effect",
    "maintained_in_recovery": 1,
    "still_on": "maintained * (1 - maintenance_stop) ** (state_time * days_a_year / 28)",
    "on_at_recovery": "(1 - maintenance_stop) ** (recovery_years * days_a_year / 28)",
    "still_on_late": "maintained * maintained_in_recovery * on_at_recovery",
    "hr_now": "1 + still_on * (maintenance_hr - 1)",
    "hr_late": "1 + still_on_late * (maintenance_hr - 1)",
    "p_relapse": "hazard_ratio(weibull_event(state_time, length, shape, scale), hr_now)",
    "late_hazard": "(curve_years / scale) ** shape - (recovery_years / scale) ** shape",
    "late_rate": "late_hazard / (curve_years - recovery_years)",
    "p_relapse_late": "hazard_ratio(rate_to_probability(late_rate, length), hr_late)",
    "course_over": f"state_time + length > course_years - {_SLACK}",
    "wait_over": f"state_time + length > wait_years - {_SLACK}",
    "recovered": f"state_time + length > recovery_years - {_SLACK}",
}
_WORTH: dict[str, str | float] = {
    "ageing": "norm(age) / norm_at_start",
    # The gain from an episode, stretched in the scenario of 5L values.
    "gain_ratio": 1,
    "worth_remission": "utility_remission * ageing",
    "worth_response": "(utility_remission - gain_ratio * (utility_remission - utility_response)) * ageing",
    "worth_episode": "(utility_remission - gain_ratio * (utility_remission - utility_episode)) * ageing",
    "care_episode": "episode_care * days_a_year / 28",
    "care_remission": "remission_care * days_a_year / 28",
    "oral_care_year": "days_a_year / 28 * oral_month_price + days_a_year / review_every_days * review_price",
    # Health lost in a year of maintenance: the scenario of harm fills it in.
    "harm_of_a_year": 0,
    "care_response": "(care_episode + care_remission) / 2",
}


def _nasal_taper() -> Sequence[float]:
    """Return the days between the sessions of the nasal protocol that come after the days of a course."""
    steps = protocol(NASAL_PROTOCOL).days_between.value
    return steps[_sessions_of_course(steps) - 1 :]


def _sessions(which: str, interval: str) -> str:
    """Return sessions per year of maintenance: those of the taper, then one every so many days."""
    taper = " - ".join(f"{which}_taper_sessions(min({at}, taper_end_{which}))" for at in ("until", "since"))
    later = " - ".join(f"max({at} - taper_end_{which}, 0)" for at in ("until", "since"))
    return f"({taper} + ({later}) * days_a_year / {interval}) / length"


_TREATMENT: dict[str, str | float] = {
    "p_remission": "p_usual",
    "p_response": "(1 - p_remission) * response_among_nonremitters",
    "moves_on": 0,
    "is_ketamine": 0,
    "under_the_skin": 0,
    "course_cost": 0,
    "course_sessions": 0,
    "course_other_sessions": 0,
    "taper_end_iv": f"{sum(protocol(IV_MAINTENANCE_PROTOCOL).days_between.value)} / days_a_year",
    "taper_end_nasal": f"{sum(_nasal_taper())} / days_a_year",
    # Half a cycle to either side of a point, as the trapezoid counts it: no session is lost or counted twice.
    "since": "max(state_time - length / 2, 0)",
    "until": "state_time + length / 2",
    "iv_sessions_in_cycle": _sessions("iv", "maintenance_interval_days"),
    "nasal_sessions_in_cycle": _sessions("nasal", "nasal_interval_days"),
    "maintenance_sessions": 0,
    "maintenance_sessions_late": 0,
    "maintenance_session_cost": 0,
    "maintenance_other_cost": 0,
}


def _states(model: Model, question: Question) -> None:
    short, long = _places(model, "course_years", "wait_years"), _places(model, "recovery_years")
    tunnels = {"Course": short, "Non-response": short, "Relapse": short}
    tunnels |= dict.fromkeys(("Response", "Remission", "Later remission"), long)
    order = (*IN_LINES, "Out of service", "Later remission", "Later recovery")
    for name in order:
        worth = "remission" if name in WELL else "response" if name in RESPONDING else "episode"
        model.state(name, effect=f"worth_{worth}", tunnel=tunnels.get(name, 1), in_lines=name in IN_LINES)
        model.reward("cost.care", f"care_{worth}", state=name)
        if worth == "episode":
            model.reward("years in an episode", 1, state=name)
    model.state("Dead")
    model.start(Course=1)
    model.reward("cost.treatment", "course_cost", target="Course")
    model.reward("ketamine sessions", "course_sessions", target="Course")
    model.reward("ECT or rTMS sessions", "course_other_sessions", target="Course")
    model.reward("courses", 1, target="Course")
    if question.inputs.value("bed_days_in_episode") is not None:
        _bed_days(model, question)
    if question.perspective == SOCIETY:
        _society(model, question)


def _bed_days(model: Model, question: Question) -> None:
    """Count bed-days, for what is released of them. Their cost is within that of an episode's care already."""
    model.parameter("bed_days_in_episode", belief("bed_days_in_episode", question.inputs))
    for name in UNWELL:
        model.reward("bed-days", "bed_days_in_episode * days_a_year / 28", state=name)


def _places(model: Model, *durations: str) -> int:
    """Return how many cycles of the grid the longest of some durations takes, wherever it begins."""
    longest = max(float(model.values[name].number or 0.0) for name in durations)
    times = model.times
    ends = np.searchsorted(times, times[:-1] + longest - _SLACK)
    return int(max(1, (ends - np.arange(len(times) - 1)).max()))


def _society(model: Model, question: Question) -> None:
    """Add lost work and care by family; raise Unfilled where their cost in remission was not filled in."""
    model.parameter("societal_year", belief("societal_year", question.inputs))
    model.parameter("societal_remission", belief("societal_remission", question.inputs))
    share = question.inputs.figure("societal_share_work_and_care")
    model.value("work_and_care_episode", f"societal_year * {share}")
    for name in UNWELL:
        model.reward("cost.society", "work_and_care_episode", state=name)
    for name in RESPONDING:
        model.reward("cost.society", "(work_and_care_episode + societal_remission) / 2", state=name)
    for name in WELL:
        model.reward("cost.society", "societal_remission", state=name)


def _transitions(model: Model) -> None:
    alive, well = "(1 - p_die_unwell)", "(1 - p_die_well)"
    for name in (*UNWELL, *RESPONDING, *WELL):
        model.transition(name, "Dead", "p_die_unwell" if name in UNWELL else "p_die_well")
    model.transition("Course", "Remission", f"{alive} * course_over * p_remission")
    model.transition("Course", "Response", f"{alive} * course_over * p_response")
    model.transition("Course", "Non-response", f"{alive} * course_over * (1 - p_remission - p_response)")
    for begun, lasting in (("Remission", "Recovery"), ("Response", "Lasting response")):
        now, late = ("p_relapse", "p_relapse_late") if begun == "Remission" else ("p_loss", "p_loss_late")
        model.transition(begun, "Relapse", f"{well} * {now}")
        model.transition(begun, lasting, f"{well} * (1 - {now}) * recovered")
        model.transition(lasting, "Relapse", f"{well} * {late}")
    model.value("p_loss", "hazard_ratio(p_relapse, response_relapse_hazard_ratio)")
    model.value("p_loss_late", "hazard_ratio(p_relapse_late, response_relapse_hazard_ratio)")
    last = "Out of service"
    model.transition("Non-response", "Course", f"{alive} * moves_on * wait_over", next_line=True, last=last)
    model.transition("Non-response", "Later remission", f"{alive} * (1 - moves_on) * p_remission_later")
    model.transition("Relapse", "Course", f"{alive} * wait_over", next_line=True, last=last)
    model.transition("Out of service", "Later remission", f"{alive} * p_remission_later")
    model.transition("Later remission", "Out of service", f"{well} * p_relapse")
    model.transition("Later remission", "Later recovery", f"{well} * (1 - p_relapse) * recovered")
    model.transition("Later recovery", "Out of service", f"{well} * p_relapse_late")


def _maintenance(model: Model) -> None:
    """Add what maintenance costs, how many sessions it takes, and the harm that a scenario puts upon it."""
    for name, on, sessions in (
        ("Remission", "still_on", "maintenance_sessions"),
        ("Response", "still_on", "maintenance_sessions"),
        ("Recovery", "still_on_late", "maintenance_sessions_late"),
        ("Lasting response", "still_on_late", "maintenance_sessions_late"),
    ):
        cost = f"{on} * ({sessions} * maintenance_session_cost + maintenance_other_cost)"
        model.reward("cost.maintenance", cost, state=name)
        model.reward("ketamine sessions", f"{on} * (1 - under_the_skin) * {sessions}", state=name)
        model.reward("sessions under the skin", f"{on} * under_the_skin * {sessions}", state=name)
        model.reward("years of maintenance", on, state=name)
        model.reward("effect.harm", f"0 - {on} * is_ketamine * harm_of_a_year", state=name)


def _choices(model: Model, chosen: Iterable[Strategy]) -> None:
    for name, treatment in TREATMENTS.items():
        if not treatment.price or treatment.price in model.parameters:
            model.treatment(name, **treatment.values)
    for one in chosen:
        model.strategy(one.id, one.sequence, **({"moves_on": 1} if one.moves_on else {}))
