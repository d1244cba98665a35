"""What a commissioner fills in: a value or a range, checked against reason, and never needed to be a guess."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glimmer.evidence.economics.clinic.decision import expected_qalys, run
from glimmer.evidence.economics.clinic.inputs import (
    CHARGED,
    FROM_PROTOCOL,
    BadInputs,
    Entry,
    Inputs,
    Unfilled,
    open_parameters,
    parse_inputs,
    read_inputs,
    template,
)
from glimmer.evidence.economics.clinic.question import BadQuestion, Question
from glimmer.evidence.economics.clinic.session_cost import session_cost
from glimmer.guidance.economics import parameter
from glimmer.guidance.protocol import protocol


def test_a_file_of_inputs_is_read_as_it_is_documented(tmp_path: Path):
    path = tmp_path / "ours.toml"
    path.write_text(
        'price_year = "2022/23"\nsession = "from the protocol"\n'
        "[ect_session]\nvalue = 450\n[remission_care]\nlow = 100\nhigh = 300\n"
    )
    inputs = read_inputs(path)
    assert inputs.price_year == "2022/23"
    assert inputs.session == FROM_PROTOCOL
    assert inputs.value("ect_session") == 450
    assert inputs.value("remission_care") == 200
    assert inputs.entries["remission_care"] == Entry(100, 300)
    assert inputs.entries["remission_care"].is_range


def test_nothing_filled_in_leaves_stand_ins_and_unknowns():
    inputs = Inputs()
    assert inputs.session == CHARGED
    assert inputs.value("remission_care") == 121
    assert inputs.value("ect_session") is None
    assert "ect_session" in inputs.missing()
    with pytest.raises(Unfilled, match=r"ect_session .*GBP per session.*Fill it in with a value or a range"):
        inputs.needed("ect_session")


def test_a_figure_with_a_source_may_be_replaced_by_ones_own():
    assert parse_inputs({"nurse_hour": {"value": 61}}).entries["nurse_hour"].middle == 61


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        ({"ect_sesion": {"value": 1}}, "no input 'ect_sesion'. To be filled: .*ect_session"),
        ({"ect_session": {"value": -1}}, r"\[ect_session\]: -1 to -1 GBP per session must be at least 0"),
        ({"remission_care": {"value": 1200}}, "must be at least 0 and at most 992"),
        ({"remission_ketamine": {"value": 46}}, "must be at least 0 and at most 1"),
        ({"ect_session": {"low": 1}}, "write either value = ..., or low = ... and high"),
        ({"ect_session": 450}, "write either value"),
        ({"ect_session": {"low": 9, "high": 1}}, "write the smaller one as low"),
        ({"ect_session": {"value": "450"}}, "'450'.* must be numbers"),
        ({"ect_session": {"value": float("nan")}}, "must be numbers"),
        ({"session": "free"}, "session is 'free', but must be 'charged' or 'from the protocol'"),
        ({"price_year": "1999"}, "price_year is '1999', but must be one of 2014/15"),
    ],
)
def test_what_reason_excludes_is_refused_with_what_to_write_instead(tables, says):
    with pytest.raises(BadInputs, match=says):
        parse_inputs(tables)


def test_a_file_that_is_no_toml_is_named(tmp_path: Path):
    (tmp_path / "bad.toml").write_text("[ect_session\n")
    with pytest.raises(BadInputs, match=r"bad.toml cannot be read as TOML"):
        read_inputs(tmp_path / "bad.toml")
    with pytest.raises(BadInputs, match=r"absent.toml cannot be read"):
        read_inputs(tmp_path / "absent.toml")


def test_the_file_to_be_filled_in_is_one_that_can_be_read(tmp_path: Path):
    path = tmp_path / "ours.toml"
    path.write_text(template())
    assert read_inputs(path) == Inputs()
    filled = template().replace("# [ect_session]\n# value = ", "[ect_session]\nvalue = 410")
    path.write_text(filled)
    assert read_inputs(path).value("ect_session") == 410
    assert all(f"[{name}]" in template() for name in Inputs().missing())


# Everything filled in, so that every part of the model is priced; the session is built up from its protocol.
EVERYTHING = {
    "ect_session": {"value": 400},
    "rtms_session": {"value": 100},
    "sc_session": {"value": 120},
    "gain_5l_over_3l": {"value": 1.3},
    "harm_qaly_year": {"value": 0.02},
    "societal_remission": {"value": 6000},
    "psychiatrist_hour": {"value": 150},
    "ketamine_vial": {"value": 5},
    "consumables": {"value": 12},
    "chair_hour": {"value": 20},
    "set_up": {"value": 50_000},
    "training_year": {"value": 4_000},
    "did_not_attend": {"value": 0.1},
    "maintenance_stop": {"value": 0.01},
    "remission_care": {"value": 100},
    "bed_days_in_episode": {"value": 2},
}
# Where a parameter shows that does not show in the base case: a scenario, or the cost of a session.
SHOWS_IN = {
    "ect_log_odds_ratio_ketect": "ketamine_inferior_to_ect",
    "ect_log_odds_ratio_elektd": "ketamine_superior_to_ect",
    "sapin_remission": "sapin_utilities",
    "sapin_response": "sapin_utilities",
    "sapin_episode": "sapin_utilities",
    "episode_care_claims": "claims_costs",
    "societal_year": "society",
    "societal_share_work_and_care": "society",
}
OF_A_SESSION = ("nurse_hour", "pharmacist_hour", "typical_weight", "set_up_years", "sessions_a_year")
# With the dose of the standard protocol the two smaller vials waste less than that of 500 mg.
VIALS = ("vial_mg_10", "vial_mg_50", "vial_mg_100")
OTHERS = [name for name in open_parameters() if name not in (*OF_A_SESSION, *VIALS)]


def moved(name: str) -> float:
    value = parameter(name).value
    if parameter(name).unit.startswith("probability") or parameter(name).unit.startswith("share"):
        return value * 0.8
    return {"start_age": 60.0, "courses_at_most": 2.0}.get(name, value * 1.2 if value else 0.1)


@pytest.mark.parametrize("name", OTHERS)
def test_an_own_value_that_is_taken_moves_a_result(name):
    ask = Question(horizon_years=2, scenario=SHOWS_IN.get(name, "base"))
    before, after = (
        run(replace(ask, inputs=parse_inputs({**EVERYTHING, **own}))).outcomes
        for own in ({}, {name: {"value": moved(name)}})
    )
    assert before.strategies == after.strategies
    assert not (np.allclose(before.costs, after.costs) and np.allclose(before.effects, after.effects))


@pytest.mark.parametrize("name", OF_A_SESSION)
def test_an_own_value_of_a_session_moves_its_cost(name):
    standard = protocol("iv-racemic-standard", "3")
    own = {"value": 500 if name == "typical_weight" else parameter(name).value * 2}
    before, after = (session_cost(standard, parse_inputs({**EVERYTHING, **more})) for more in ({}, {name: own}))
    assert before.total != pytest.approx(after.total)


@pytest.mark.parametrize("name", ["horizon_years", "discount_rate", "utility_mild", "bed_day"])
def test_what_would_move_nothing_is_refused_and_not_swallowed(name):
    with pytest.raises(BadInputs, match=f"there is no input '{name}'"):
        parse_inputs({name: {"value": 1}})


def test_a_subgroup_is_asked_for_by_its_age_and_sex():
    old = Question(horizon_years=None, inputs=parse_inputs({"start_age": {"value": 70}, "share_female": {"value": 1}}))
    without, _ = expected_qalys(old, run(replace(old, horizon_years=1.0)))
    assert without == pytest.approx(9.32, abs=0.02)  # McNamara 2022, women of 70, 3.5 %
    with pytest.raises(BadQuestion, match=r"age at the start is 43.5, but must be a whole year from 18 to 100"):
        Question(inputs=parse_inputs({"start_age": {"value": 43.5}}))
    with pytest.raises(BadQuestion, match=r"at most 31"):
        Question(horizon_years=40, inputs=old.inputs)
