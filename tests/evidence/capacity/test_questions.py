"""The planner's questions and the frozen scenario: answers move the way that reason says, and come again to the bit."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest

from glimmer.evidence.capacity import BadPlan, Clinic, Pathway, Present, Waiting, priors, simulate
from glimmer.evidence.capacity.clinic_file import clinic_of, clinic_table, read_table
from glimmer.evidence.capacity.questions import Plan, knee, staff_for, with_interval, without
from glimmer.evidence.capacity.scenario import digest, frozen, rerun, save_scenario


@pytest.fixture(scope="module")
def busy():
    inputs = priors().with_own(referrals_per_week=8)
    return Plan(Clinic.example(), Pathway.from_protocol(months=None), inputs, years=3, draws=40, seed=4)


def test_the_staff_that_is_found_is_enough_and_one_chair_less_is_not(busy):
    found = staff_for(busy, 0.92, 18, surely=0.7)
    best = found["found"]
    assert best["chance"]["mean"] >= 0.7
    assert best["nurses"] == -(-best["chairs"] // 3)
    less = next(row for row in found["tried"] if row["chairs"] == best["chairs"] - 1)
    assert less["chance"]["mean"] < 0.7
    assert all(row["chance"]["low"] <= row["chance"]["mean"] <= row["chance"]["high"] for row in found["tried"])


def test_a_clinic_that_does_not_keep_up_is_not_enough_however_well_it_begins(busy):
    """Over one year from an empty clinic, one chair sees three referrals a week in time: maintenance fills it later."""
    inputs = priors().with_own(referrals_per_week=3, gives_up_per_week=0)
    found = staff_for(replace(busy, inputs=inputs, years=1), 0.92, 18)
    one_chair = next(row for row in found["tried"] if row["chairs"] == 1)
    assert one_chair["within"]["mean"] > 0.98
    assert one_chair["keeps up"]["mean"] < 0.6
    assert found["found"]["chairs"] > 1
    # Ten years show what one year does not.
    later = replace(busy, clinic=busy.clinic.with_chairs(1), inputs=inputs, years=10).run()
    assert later.waits.within(18).mean() < 0.9


def test_where_doctors_lack_no_chair_helps_and_that_is_said(busy):
    found = staff_for(replace(busy, clinic=busy.clinic.with_more(doctors=-1)), 0.92, 18)
    assert found["found"] is None
    assert found["lacking"] == ["doctors"]


def test_what_cannot_be_asked_is_refused(busy):
    with pytest.raises(BadPlan, match="weeks are fewer"):
        staff_for(replace(busy, years=0.2), 0.92, 18)
    with pytest.raises(BadPlan, match="how many leave"):
        without(busy)


def test_a_nurse_who_leaves_costs_starts_and_an_assessor_lengthens_the_list(busy):
    nurse = without(busy, nurses=1)
    assert nurse["change"]["use of nurses"]["mean"] > 0
    assessor = without(busy, assessors=1)
    assert assessor["after"]["starts a year"]["mean"] < assessor["before"]["starts a year"]["mean"]
    assert assessor["change"]["waiting at the end"]["low"] > 0


def test_maintenance_less_often_takes_fewer_sessions(busy):
    rarer, often = with_interval(busy, 42), with_interval(busy, 14)
    assert rarer["change"]["sessions a year"]["mean"] < 0 < often["change"]["sessions a year"]["mean"]
    assert "no trial" in rarer["note"]


def test_more_referrals_take_more_of_the_chairs_and_wait_longer(busy):
    heard = []
    rows = knee(replace(busy, told=lambda *one: heard.append(one)), [2, 6, 14])["rows"]
    use = [row["use of chairs"]["mean"] for row in rows]
    within = [row["within target"]["mean"] for row in rows]
    assert use == sorted(use)
    assert within == sorted(within, reverse=True)
    assert heard[-1] == (120, 120)
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)


def test_a_scenario_comes_again_to_the_bit_from_its_file(tmp_path):
    present = Present((Waiting(40.5, urgent=True), Waiting(3, assessed=True)), (20.0, 400.0))
    found = simulate(
        Clinic.example(),
        Pathway.from_protocol(months=None),
        priors().with_own(accepted=0.6),
        years=1,
        draws=12,
        waiting=present,
    )
    save_scenario(found, tmp_path / "plan.json")
    again = rerun(read_table(tmp_path / "plan.json"), workers=2)
    assert digest(again) == digest(found)
    assert again.answer() == found.answer()


def _scenario():
    found = simulate(Clinic.example(), Pathway.from_protocol(months=None), priors(), years=0.5, draws=2)
    return json.loads(json.dumps(frozen(found)))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"version": "0.0.1"}, "frozen by version 0.0.1"),
        ({"format": "other"}, "no scenario"),
        ({"protocols": {"iv-racemic-standard 3": "0" * 64}}, "reads otherwise"),
        ({"inputs": {}}, "lacks the inputs referrals_per_week"),
        ({"result": ""}, "not the one that was found then"),
        ({"draws": "x"}, "draws: Input should be a valid integer, not 'x'"),
        ({"seed": None}, "seed: Input should be a valid integer"),
        ({"years": [5]}, "years: Input should be a valid number"),
        ({"protocols": {"abc": "0" * 64}}, "abc"),
        ({"present": {"waiting": [{"days": 1e308}], "maintained": []}}, "must be 0 to 36,500"),
        ({"seed": 2}, "not the one that was found then"),
    ],
)
def test_a_scenario_that_does_not_hold_any_more_is_refused_in_words(change, says):
    with pytest.raises(BadPlan, match=says):
        rerun(_scenario() | change)


def test_a_scenario_of_a_protocol_that_is_gone_is_refused(monkeypatch):
    monkeypatch.setattr(sys.modules["glimmer.guidance.protocol"], "_source", tuple)
    with pytest.raises(BadPlan, match="rests on the protocol gone 1, which is not here"):
        rerun(_scenario() | {"protocols": {"gone 1": "0" * 64}})


def test_a_clinic_comes_back_from_its_table():
    clinic = Clinic.example()
    assert clinic_of(json.loads(json.dumps(clinic_table(clinic)))) == clinic


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"chiars": 3}, "chiars: there is nothing of that name"),
        ({"chairs": "many"}, "not as it must be"),
        ({"nation": "Atlantis"}, "no nation"),
        (
            {"rota": [[{"weekday": 9, "begins": 0, "ends": 5}]]},
            "rota.0.0.weekday: Input should be less than or equal to 6",
        ),
        ({"rota": [[{"weekday": 1, "begins": 0, "ends": 5, "nurses": 1.9}]]}, "valid integer, not 1.9"),
        ({"chairs": 2.9}, "chairs: Input should be a valid integer, not 2.9"),
        ({"nurse_share": 1e400}, "nurse_share"),
        ({"begins": "9999-06-04"}, "between 2000 and 2100"),
        ({"opening": [{"weekday": 1, "opens": 540, "closes": 720}] * 2}, "Weekday 1 opens twice"),
        ({"opening": [{"weekday": 1, "opens": 1020, "closes": 540}]}, "must open before it closes"),
        ({"opening": [{"weekday": 1, "opens": 9, "closes": 17}]}, "look like hours"),
        ({"other_days": [{"day": "2027-06-11", "opens": 540}]}, "only one end of its hours"),
        ({"opening": [{"weekday": 0}]}, "not as it must be"),
    ],
)
def test_a_clinic_that_is_wrong_is_refused_in_words(change, says):
    with pytest.raises(BadPlan, match=says):
        clinic_of(clinic_table(Clinic.example()) | change)


def test_bands_of_a_fan_lie_within_each_other():
    found = simulate(Clinic.example(), Pathway.from_protocol(months=None), priors(), years=1, draws=40)
    for row in found.bands():
        inward = [row[name] for name in ("low_95", "low_80", "low_50", "middle", "high_50", "high_80", "high_95")]
        assert inward == sorted(inward)
    frame = found.frame()
    waits = frame.filter(frame["series"] == "waiting")["value"].to_numpy().reshape(40, -1)
    assert np.array_equal(waits, found.weekly("waiting"))
