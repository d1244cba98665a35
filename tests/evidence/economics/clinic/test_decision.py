"""The clinic's model agrees with a walk by hand, closed forms and published figures, and asks for what it lacks."""

import math
from dataclasses import replace

import numpy as np
import pytest

from glimmer.evidence.economics.analysis.severity import severity
from glimmer.evidence.economics.clinic.decision import (
    asked,
    clinic_model,
    evaluate,
    expected_qalys,
    offered,
    run,
)
from glimmer.evidence.economics.clinic.inputs import Inputs, Unfilled, parse_inputs
from glimmer.evidence.economics.clinic.question import BadQuestion, Question, cycles, lifetime_years
from glimmer.evidence.economics.clinic.scenarios import SCENARIOS, scenario
from glimmer.evidence.economics.clinic.strategies import USUAL_CARE, strategies
from glimmer.evidence.economics.cohort import trace
from glimmer.guidance.economics import assumptions, life_table, norms, parameter
from tests.evidence.economics.clinic.by_hand import Figures, grid, walked

PRICED = parse_inputs(
    {"ect_session": {"value": 400}, "rtms_session": {"value": 100}, "sc_session": {"value": 120}},
)
MIX = parameter("share_female").value


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def by_hand(strategy: str, discount: float = 0.035) -> Figures:
    """Return the published figures of a strategy, put together without the model."""
    value = {name: parameter(name).value for name in (
        "remission_ketamine", "ketamine_log_odds_ratio", "ect_log_odds_ratio_versus_ketamine",
        "response_among_nonremitters", "usual_care_step_remission", "mortality_ratio",
        "utility_remission", "utility_response", "utility_episode",
    )}  # fmt: skip
    log_odds = math.log(value["remission_ketamine"] / (1 - value["remission_ketamine"]))
    chance = {
        "usual": logistic(log_odds - value["ketamine_log_odds_ratio"]),
        "iv": value["remission_ketamine"],
        "ect": logistic(log_odds + value["ect_log_odds_ratio_versus_ketamine"]),
    }
    # Assessment 225; six infusions at 225, of which one in ten has the first only; nine sessions of ECT at 400.
    cost = {"usual": 0.0, "iv": 225 + 225 * (6 - 0.1 * 5), "ect": 225 + 9 * 400}
    curve = {"usual": (0.55, 261), "iv": (0.55, 261), "ect": (0.54, 369)}
    lines = {
        "usual_care": ["usual"] * 3,
        "iv_course": ["iv"] * 3,
        "ect": ["ect"] * 3,
        "iv_then_ect": ["iv", "ect", "ect"],
        "ect_then_iv": ["ect", "iv", "iv"],
    }[strategy]
    # Money of 2017/18 in prices of 2023/24; the stand-in for remission has no year of its own.
    episode, remission = 992 * 1.19980633 * 365.25 / 28, 121 * 365.25 / 28
    table, women = life_table(), MIX
    dying, share = {}, {"female": women, "male": 1 - women}
    for age in range(43, 101):
        left = {sex: share[sex] * (1 - table.probability(sex, age)) for sex in share}
        dying[age] = -math.log(sum(left.values()) / sum(share.values())) * value["mortality_ratio"]
        share = left
    return Figures(
        remission=[chance[one] for one in lines],
        course_cost=[cost[one] for one in lines],
        shape=[curve[one][0] for one in lines],
        scale=[curve[one][1] / 365.25 for one in lines],
        moves_on="then" in strategy,
        response_share=value["response_among_nonremitters"],
        step_remission=value["usual_care_step_remission"],
        response_hr=1.0,
        utility={kind: value[f"utility_{kind}"] for kind in ("remission", "response", "episode")},
        care={"episode": episode, "remission": remission, "response": (episode + remission) / 2},
        dying=dying,
        norm={age: women * norms().of("female", age) + (1 - women) * norms().of("male", age) for age in range(18, 101)},
        start_age=43,
        later_shape=0.55,
        later_scale=261 / 365.25,
        discount=discount,
    )


@pytest.mark.parametrize(
    ("strategy", "years"),
    [*((one, 5.0) for one in ("usual_care", "iv_course", "ect", "iv_then_ect", "ect_then_iv")), ("ect_then_iv", 12.0)],
)
def test_the_model_agrees_with_a_walk_by_hand(strategy, years):
    answer = run(Question(horizon_years=years, inputs=PRICED))
    place = answer.outcomes.position(strategy)
    expected = walked(by_hand(strategy), years)
    found = {name: values[0, place] for name, values in answer.run.totals.items()}
    assert found["cost.care"] == pytest.approx(expected["care"], rel=1e-6)
    assert found["cost.treatment"] == pytest.approx(expected["treatment"], rel=1e-6)
    assert answer.outcomes.effects[0, place] == pytest.approx(expected["qalys"], rel=1e-6)


@pytest.mark.parametrize("years", [0.5, 1, 5, 10, None])
def test_a_horizon_is_exactly_as_long_as_it_says(years):
    asked_for = lifetime_years() if years is None else years
    assert sum(count * length for count, length in cycles(years)) == pytest.approx(asked_for, abs=1e-12)
    assert len(grid(asked_for)) - 1 == sum(count for count, _ in cycles(years))


def test_the_grid_is_weeks_then_28_days_then_84():
    lengths = np.repeat(*zip(*[(length, count) for count, length in cycles(None)], strict=True))
    assert lengths[:13] * 365.25 == pytest.approx([3.5, *[7] * 11, 3.5])
    assert lengths[13:140] * 365.25 == pytest.approx(28)
    assert lengths[-100:-1] * 365.25 == pytest.approx(84)


def test_no_effect_gives_no_health_and_costs_the_treatment_alone():
    answer = run(Question(scenario="no_effect", inputs=PRICED))
    outcomes, usual = answer.outcomes, answer.outcomes.position(USUAL_CARE)
    place = outcomes.position("iv_course")
    assert outcomes.effects[0, place] == pytest.approx(outcomes.effects[0, usual], abs=1e-12)
    extra = outcomes.costs[0, place] - outcomes.costs[0, usual]
    assert extra == pytest.approx(answer.run.totals["cost.treatment"][0, place], rel=1e-12)


def test_a_life_is_as_long_as_the_life_table_says_at_the_ratio_of_mortality():
    everything_worth_one = {"utility_remission": 1.0, "utility_response": 1.0, "utility_episode": 1.0}
    model = clinic_model(Question(horizon_years=None, discount=0.0)).with_values(ageing=1, p_ketamine=0.2)
    found = model.run({**everything_worth_one, "mortality_ratio": 1.35}).total("effect")
    # By hand: both sexes die at the table's rate times 1.35; within a year of age the rate is constant.
    alive, lived = 1.0, 0.0
    share = {"female": MIX, "male": 1 - MIX}
    for age in range(43, 101):
        left = {sex: share[sex] * (1 - life_table().probability(sex, age)) for sex in share}
        rate = -math.log(sum(left.values()) / sum(share.values())) * 1.35
        lived += alive * (1 - math.exp(-rate)) / rate
        alive, share = alive * math.exp(-rate), left
    assert found == pytest.approx(np.full_like(found, lived), rel=4e-3)  # a cycle of 84 days takes the age at its start
    assert np.ptp(found) < 1e-9  # no treatment changes who dies


def test_money_that_flows_evenly_is_discounted_on_the_time_that_has_passed():
    model = clinic_model(Question(horizon_years=10)).with_values(care_episode=1000, care_remission=1000)
    found = model.run({"mortality_ratio": 0.0, "session_price": 0.0, "assessment_price": 0.0}).totals["cost.care"]
    # Closed form: 1,000 a year at 3.5 % a year over ten years.
    expected = 1000 * (1 - 1.035**-10) / math.log(1.035)
    assert found[0, 0] == pytest.approx(expected, rel=1e-4)


def test_relapse_in_the_model_is_the_trials_curve_at_twelve_months():
    model = clinic_model(Question(horizon_years=2, scenario="one_course", inputs=PRICED))
    model = model.with_values(p_ketamine=1, p_ect=1, p_remission_later=0)
    published = {name: parameter(name).value for name in model.parameters if name.startswith("relapse_")}
    for strategy, relapsed in (("iv_course", 0.70), ("ect", 0.63)):
        walk = trace(model, strategy, {**published, "mortality_ratio": 0.0})
        # All remit on day 28, nobody a second time: who is still well a year later has not relapsed.
        at = np.abs(walk.times - (28 + 365) / 365.25).argmin()
        well = sum(walk.shares[at, walk.states.index(state)] for state in ("Remission", "Recovery"))
        assert 1 - well == pytest.approx(relapsed, abs=0.01)


def test_later_cycles_may_last_84_days():
    usual = run(Question(horizon_years=20))
    model = clinic_model(Question(horizon_years=20))
    fine = [*cycles(84 / 365.25), (257, 28 / 365.25), (1, 20 - (84 + 257 * 28) / 365.25)]
    finer = model.with_cycles(fine).run({name: float(v[0]) for name, v in usual.run.draws.items()}).outcomes(USUAL_CARE)
    increments = usual.outcomes.effects - usual.outcomes.effects[:, :1], finer.effects - finer.effects[:, :1]
    assert increments[0] == pytest.approx(increments[1], rel=0.05, abs=0.003)
    assert usual.outcomes.costs == pytest.approx(finer.costs, rel=0.02)


def test_courses_and_sessions_are_those_of_the_protocols():
    answer = run(Question(horizon_years=24 / 365.25, inputs=PRICED))  # the first course is not over
    sessions = dict(zip(answer.run.strategies, answer.run.totals["ketamine sessions"][0], strict=True))
    others = dict(zip(answer.run.strategies, answer.run.totals["ECT or rTMS sessions"][0], strict=True))
    assert sessions["iv_course"] == pytest.approx(6 - 0.1 * 5)
    assert sessions["esketamine"] == pytest.approx(8)
    assert (others["ect"], others["rtms"]) == (pytest.approx(9), pytest.approx(20))
    costs = dict(zip(answer.run.strategies, answer.run.totals["cost.treatment"][0], strict=True))
    assert costs["esketamine"] == pytest.approx(225 + 8 * 551)  # Oxford's charge for 56 mg is 551


def test_maintenance_follows_the_taper_of_its_protocol():
    model = clinic_model(Question(horizon_years=1)).with_values(p_ketamine=1)
    found = model.run({"mortality_ratio": 0.0, "maintenance_hazard_ratio": 1e-9, "stops_after_first_session": 0.0})
    sessions = found.totals["ketamine sessions"][0, found.strategies.index("iv_maintained")]
    # Six in the course, eleven in the taper's 168 days (7 x 4, 14 x 4, 28 x 3), then one every 28 days until the end.
    assert sessions == pytest.approx(6 + 11 + (365.25 - 28 - 168) / 28, abs=0.3)


def test_maintenance_under_the_skin_with_all_of_the_effect_at_the_price_of_iv_is_maintenance_by_iv():
    inputs = parse_inputs({"sc_session": {"value": 225}, "sc_share_of_effect": {"value": 1}})
    found = run(Question(inputs=inputs)).outcomes
    iv, sc = found.position("iv_maintained"), found.position("iv_then_sc")
    assert found.effects[0, sc] == pytest.approx(found.effects[0, iv], rel=1e-12)
    assert found.costs[0, sc] == pytest.approx(found.costs[0, iv], rel=1e-12)


def test_maintenance_under_the_skin_with_none_of_the_effect_and_for_nothing_is_the_course_alone():
    inputs = parse_inputs({"sc_session": {"value": 0}, "sc_share_of_effect": {"value": 0}})
    found = run(Question(inputs=inputs)).outcomes
    course, sc = found.position("iv_course"), found.position("iv_then_sc")
    assert found.effects[0, sc] == pytest.approx(found.effects[0, course], rel=1e-12)
    assert found.costs[0, sc] == pytest.approx(found.costs[0, course], rel=1e-12)


def test_a_strategy_without_a_price_is_left_out_and_says_which_price():
    answer = run(Question())
    assert answer.left_out == {
        "ect": ("ect_session",),
        "rtms": ("rtms_session",),
        "iv_then_sc": ("sc_session",),
        "iv_then_ect": ("ect_session",),
        "ect_then_iv": ("ect_session",),
    }
    assert set(answer.outcomes.strategies).isdisjoint(answer.left_out)
    assert "remission_care" in answer.stand_ins
    assert run(Question(inputs=PRICED)).left_out == {}


@pytest.mark.parametrize("one", SCENARIOS, ids=lambda one: one.id)
def test_every_scenario_runs_or_says_what_it_needs(one):
    ask = Question(scenario=one.id, inputs=PRICED, horizon_years=0.5)
    needed = one.needs or (("chair_hour", "ketamine_vial") if one.session else ())
    if needed:
        with pytest.raises(Unfilled, match=".*".join(reversed(needed)) if one.needs else "ketamine_vial.*") as says:
            run(ask)
        assert all(name in str(says.value) for name in needed)
    else:
        assert run(ask).outcomes.conventions["scenario"] == one.title


FILLED = parse_inputs(
    {
        "ect_session": {"value": 400},
        "gain_5l_over_3l": {"value": 1.3},
        "harm_qaly_year": {"value": 0.02},
        "societal_remission": {"value": 6000},
        "psychiatrist_hour": {"value": 150},
        "ketamine_vial": {"value": 5},
        "consumables": {"value": 12},
        "chair_hour": {"value": 20},
        "set_up": {"value": 50_000},
        "training_year": {"value": 4_000},
        "did_not_attend": {"low": 0.05, "high": 0.15},
    }
)
UNMOVED = {"base"}


@pytest.mark.parametrize("one", [one for one in SCENARIOS if one.id not in UNMOVED], ids=lambda one: one.id)
def test_every_scenario_changes_something(one):
    base, there = (run(Question(scenario=name, inputs=FILLED, horizon_years=2)).outcomes for name in ("base", one.id))
    assert not (np.allclose(base.costs, there.costs) and np.allclose(base.effects, there.effects))


def increments(question: Question, strategy: str) -> tuple[float, float]:
    outcomes = run(question).outcomes
    place, usual = outcomes.position(strategy), outcomes.position(USUAL_CARE)
    return outcomes.costs[0, place] - outcomes.costs[0, usual], outcomes.effects[0, place] - outcomes.effects[0, usual]


def test_scenarios_do_what_their_titles_say():
    ask = Question(inputs=FILLED, horizon_years=2)
    inferior, superior = (
        increments(replace(ask, scenario=f"ketamine_{which}_to_ect"), "ect")[1] - increments(ask, "iv_course")[1]
        for which in ("inferior", "superior")
    )
    assert inferior > 0 > superior
    oral, course = (increments(replace(ask, scenario="oral_does_nothing"), s)[1] for s in ("iv_then_oral", "iv_course"))
    assert oral == pytest.approx(course)
    stretched = increments(replace(ask, scenario="values_5l"), "iv_course")[1] / increments(ask, "iv_course")[1]
    assert stretched == pytest.approx(1.3)  # nothing but the gain counts where nobody's life is longer
    lost = run(replace(ask, scenario="harm"))
    there = lost.outcomes.position("iv_maintained")
    assert lost.run.totals["effect.harm"][0, there] < 0
    assert lost.run.totals["effect.harm"][0, lost.outcomes.position("iv_course")] == 0
    assert increments(replace(ask, scenario="society"), "iv_course")[0] < increments(ask, "iv_course")[0]
    saved = increments(replace(ask, scenario="episode_mortality"), "iv_maintained")[1]
    assert saved > increments(ask, "iv_maintained")[1]


def test_a_constant_danger_gives_the_same_share_relapsed_at_a_year_but_later():
    model = clinic_model(Question(scenario="constant_relapse", horizon_years=2))
    model = model.with_values(p_ketamine=1, p_remission_later=0)
    published = {name: parameter(name).value for name in ("relapse_shape_ketamine", "relapse_scale_ketamine_days")}
    walk = trace(model, "iv_course", {**published, "mortality_ratio": 0.0})
    # Exponential by hand: 70 % within 365 days; of the first remission, 56 days after it began on day 28.
    at = np.abs(walk.times - 84 / 365.25).argmin()
    ill = walk.shares[at, walk.states.index("Relapse")] + walk.shares[at, walk.states.index("Course")]
    assert 1 - walk.shares[at, walk.states.index("Remission")] == pytest.approx(ill)
    assert ill < 0.35 * 0.75  # by the trial's curve 35 % have relapsed by then


def test_the_model_as_the_analyses_see_it_takes_arrays_and_keeps_the_rest():
    ask = Question()
    once, swept = evaluate(ask)({}), evaluate(ask)({"session_price": np.array([0.0, 225.0, 1000.0])})
    assert once.costs == pytest.approx(run(ask).outcomes.costs)
    assert swept.costs.shape == (3, len(swept.strategies))
    assert swept.costs[1] == pytest.approx(once.costs[0])
    cheap, dear = swept.costs[0], swept.costs[2]
    assert dear[swept.position(USUAL_CARE)] == cheap[swept.position(USUAL_CARE)]
    assert dear[swept.position("iv_course")] > cheap[swept.position("iv_course")]
    assert swept.effects[0] == pytest.approx(swept.effects[2])


def test_the_same_seed_gives_the_same_draws_whatever_the_workers():
    one, two = (run(Question(horizon_years=1), draws=60, seed=4, workers=workers).outcomes for workers in (1, 2))
    assert (one.costs == two.costs).all()
    assert (one.effects == two.effects).all()


def test_draws_centre_on_the_published_values():
    drawn = clinic_model(Question()).inputs.draw(3000, seed=2)
    for name in ("remission_ketamine", "ketamine_log_odds_ratio", "utility_remission", "session_price", "episode_care"):
        expected = 992 * 1.19980633 if name == "episode_care" else parameter(name).value
        error = drawn[name].std() / math.sqrt(3000)
        assert abs(drawn[name].mean() - expected) < 4 * error + 0.01 * abs(expected)


def test_severity_compares_with_the_published_expectation_and_stays_below_the_first_step():
    without, with_condition = expected_qalys(Question())
    # McNamara 2022 at 43, 3.5 %: 17.29 for women, 17.06 for men.
    assert without == pytest.approx(MIX * 17.29 + (1 - MIX) * 17.06, abs=0.02)
    shortfall = without - with_condition[0]
    # The project's rough estimate beforehand: about 7 QALYs and 0.4; the first step is at 12 and 0.85.
    assert 5.5 < shortfall < 8.5
    assert 0.3 < shortfall / without < 0.5
    assert severity(without, with_condition).weight == 1


def test_every_assumption_is_tested_by_a_scenario_that_exists():
    for one in assumptions():
        for name in filter(None, one.tested_by.split(", ")):
            assert scenario(name).id == name, one.id


def test_questions_that_make_no_sense_say_what_may_be_asked():
    with pytest.raises(BadQuestion, match=r"horizon is 90 years, but must be above 0 and at most 58"):
        Question(horizon_years=90)
    with pytest.raises(BadQuestion, match=r"no perspective 'patient'. There is: NHS and PSS, society"):
        Question(perspective="patient")
    with pytest.raises(BadQuestion, match=r"discount rate is 3.5, but .* such as 0.035"):
        Question(discount=3.5)
    with pytest.raises(KeyError, match=r"no scenario 'best'. There is: base"):
        asked(Question(scenario="best"))


def test_every_strategy_is_offered_once_its_price_is_filled_in():
    chosen, left_out = offered(Question(inputs=PRICED))
    assert not left_out
    assert {one.id for one in chosen} == {one.id for one in strategies()}
    assert len(chosen) == 10
    assert Inputs().missing().keys() > {"ect_session", "rtms_session"}
