"""Virtual patients: chance that can be played again, averages as published, and bodies that answer to the drug."""

from statistics import NormalDist

import numpy as np
import pytest

from glimmer.guidance import GuidanceError
from glimmer.guidance.kinetics import default_model
from glimmer.guidance.virtual_scripts import read_script, scripts
from glimmer.pharmacology.virtual.chance import normal_at, normals, smooth_at, uniform_at, uniforms
from glimmer.pharmacology.virtual.cohort import calibration, statistics
from glimmer.pharmacology.virtual.patient import VirtualPatient
from glimmer.pharmacology.virtual.people import people
from glimmer.vocabulary.parameters import Parameter

NOON = 1_795_000_000.0
GIVEN = ((0, 2400, 35.0),)
MODEL = default_model("racemic")


def patient(script: str = "calm", seed: int = 7, **facts: object) -> VirtualPatient:
    return VirtualPatient(
        **({"seed": seed, "script_id": script, "script_from": NOON, "started_at": NOON, "given": GIVEN} | facts)  # type: ignore[arg-type]
    )


def minute(number: float) -> float:
    return NOON + 60 * number


# Chance


def test_draw_depends_on_seed_stream_and_number_alone():
    whole = uniforms(5, "rest", 0, 100, 3)
    assert np.array_equal(uniforms(5, "rest", 40, 10, 3), whole[40:50])
    assert not np.array_equal(uniforms(6, "rest", 0, 100, 3), whole)
    assert not np.array_equal(uniforms(5, "rise", 0, 100, 3), whole)
    assert [normal_at(5, "x", number) for number in (300, 2, 300)] == [
        normals(5, "x", number, 1)[0, 0] for number in (300, 2, 300)
    ]


def test_draws_are_spread_as_they_should_be():
    drawn = uniforms(1, "any", 0, 50_000)
    assert (drawn.min() > 0, drawn.max() < 1) == (True, True)
    assert np.histogram(drawn, 10, (0, 1))[0] == pytest.approx(5000, rel=0.05)
    # The normal draw is the inverse of the normal distribution, by the standard library.
    assert normal_at(1, "any", 3) == pytest.approx(NormalDist().inv_cdf(uniform_at(1, "any", 3)), abs=1e-9)
    # Neighbours are not alike.
    assert abs(np.corrcoef(drawn[:-1, 0], drawn[1:, 0])[0, 1]) < 0.02


def test_smooth_noise_meets_its_knots_and_has_no_steps():
    assert smooth_at(1, "x", 40.0, 20.0) == normal_at(1, "x", 2)
    steps = [smooth_at(1, "x", second / 10, 20.0) for second in range(2000)]
    assert max(abs(np.diff(steps))) < 0.05


def test_same_person_is_drawn_in_any_company():
    many, one = people(MODEL, 9, 50), people(MODEL, 9, 1, first=31)
    assert one.weight_kg[0] == many.weight_kg[31]
    for parameter in many.rest:
        assert one.rest[parameter][0] == many.rest[parameter][31]
    for name, factor in one.kinetics.items():
        assert factor[0] == pytest.approx(many.kinetics[name][31], rel=1e-12)


def test_people_of_no_spread_are_all_the_typical_one():
    same = people(MODEL, 9, 20, spread=0.0)
    assert np.ptp(same.weight_kg) == 0
    assert all(np.ptp(values) == 0 for values in same.rest.values())
    assert all(np.allclose(factor, 1) for factor in same.kinetics.values())


# Published against simulated


@pytest.mark.parametrize("seed", [2026, 1])
def test_averages_of_published_cohorts_come_out(seed: int):
    rows = calibration(seed)
    assert len(rows) == 12
    far = [f"{row.name}: published {row.published}, simulated {row.simulated:.1f}" for row in rows if not row.is_near]
    assert not far, far


def test_comparison_notices_patients_who_are_not_like_the_published_ones(monkeypatch: pytest.MonkeyPatch):
    from glimmer.pharmacology.virtual import cohort

    monkeypatch.setattr(cohort, "effect_of", lambda level: np.zeros_like(level))
    far = {row.name for row in calibration(count=500) if not row.is_near}
    assert {"systolic_mean_at_peak", "systolic_mean_of_highest", "share_above_165_100"} <= far


def test_same_seed_gives_the_same_cohort():
    assert statistics(3, 200) == statistics(3, 200)
    assert statistics(3, 200) != statistics(4, 200)


# One patient


def test_what_is_shown_is_the_same_in_another_process_life_and_other_for_another_seed():
    at = minute(12.5)
    assert patient().shown(Parameter.SYSTOLIC, at) == patient().shown(Parameter.SYSTOLIC, at)
    assert patient().shown(Parameter.SYSTOLIC, at) != patient(seed=8).shown(Parameter.SYSTOLIC, at)


def test_level_is_the_engines_own_and_nothing_before_the_start():
    from glimmer.pharmacology.doses import Infusion
    from glimmer.pharmacology.levels import levels
    from glimmer.pharmacology.virtual.patient import _who

    who = _who(7, "calm", "racemic")
    expected = levels(MODEL, who.weight_kg, [Infusion(0, 2400, 35.0)], [2400], chance=who.kinetics)[0, 0]
    assert patient().level(minute(40)) == pytest.approx(expected)
    assert patient().level(minute(-1)) == 0
    assert patient(started_at=None).level(minute(40)) == 0


def test_patient_is_awake_before_and_dissociates_and_drowses_with_the_level():
    found = [patient("drawn", seed) for seed in range(60)]
    assert {one.dissociation(minute(-5)) for one in found} == {0}
    assert {one.sedation(minute(-5)) for one in found} == {5}
    at_peak = [one.dissociation(minute(40)) for one in found]
    assert sum(score >= 5 for score in at_peak) > 30
    assert max(at_peak) <= 92
    assert {one.sedation(minute(40)) for one in found} == {4, 5} or min(one.sedation(minute(40)) for one in found) == 3
    # Two hours later it is over.
    assert max(one.dissociation(minute(180)) for one in found) < 5


def test_faint_brings_pulse_and_pressure_down_and_they_recover():
    one = patient("faint")
    assert one.true(Parameter.PULSE, minute(4)) < 40
    assert one.true(Parameter.SYSTOLIC, minute(5)) < 90
    assert one.true(Parameter.PULSE, minute(14)) > 50


def test_restless_patient_has_no_cuff_value_for_a_while_and_vomiting_one_breathes_fast():
    assert patient("agitation").shown(Parameter.SYSTOLIC, minute(5)) is None
    assert patient("agitation").shown(Parameter.SPO2, minute(7)) is None
    assert patient("agitation").shown(Parameter.SYSTOLIC, minute(9)) is not None
    assert patient("vomiting").shown(Parameter.RESPIRATORY_RATE, minute(5)) > 17  # type: ignore[operator]


def test_instruments_err_as_often_as_they_are_said_to():
    cycles = [patient("drawn").shown(Parameter.SYSTOLIC, minute(2 * number)) for number in range(3000)]
    assert sum(value is None for value in cycles) / 3000 == pytest.approx(0.02, abs=0.008)
    assert all(value is not None for value in (patient().shown(Parameter.SYSTOLIC, minute(n)) for n in range(300)))
    shown = [patient("drawn").shown(Parameter.SPO2, minute(number / 3)) for number in range(3000)]
    assert 10 < sum(value < 92 for value in shown if value is not None) < 120


# Scripts


def test_scripts_are_read_whole_and_a_wrong_one_is_refused_in_words():
    assert {"calm", "hypertensive", "faint", "agitation", "line disconnected"} <= set(scripts())
    whole = {"id": "x", "title": "X", "spread": 1}
    assert read_script(whole, where="here").pulls == ()
    with pytest.raises(GuidanceError, match=r"here: unknown pul\."):
        read_script(whole | {"pul": []}, where="here")
    with pytest.raises(GuidanceError, match=r"here: title is missing\."):
        read_script({"id": "x", "spread": 1}, where="here")
    with pytest.raises(GuidanceError, match=r"here probe_off: a window ends after it begins\."):
        read_script(whole | {"probe_off": [[5, 2]]}, where="here")
    pull = {"parameter": "spo2", "target": 80, "begins": 4, "reached": 3, "held_until": 5, "over": 6}
    with pytest.raises(GuidanceError, match="in this order"):
        read_script(whole | {"pulls": [pull]}, where="here")
