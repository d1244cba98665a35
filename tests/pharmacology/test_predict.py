"""Bands, ranges and the self-test: what is drawn, for whom, and when nothing is."""

from dataclasses import replace

import numpy as np
import pytest

from glimmer.guidance.kinetics import default_model, kinetic_model, kinetic_models, second_model
from glimmer.pharmacology.body import drawn
from glimmer.pharmacology.doses import Absorbed, Infusion
from glimmer.pharmacology.predict import OutsideRange, people_like, predict, second_line
from glimmer.pharmacology.self_test import fault_of, self_test

FORTY_MINUTES = [Infusion(0, 2400, 35.0)]


# From the facts of this project, 20,000 people by another program: median by weight, and at 70 kg the 5th and 95th
# percentile without and with residual error.
@pytest.mark.parametrize(("weight", "median"), [(50.0, 143), (70.0, 160), (100.0, 176)])
def test_same_dose_by_weight_is_not_the_same_level(weight: float, median: float) -> None:
    dose = [Infusion(0, 2400, weight / 2)]
    found = people_like(default_model("racemic"), weight, dose, [2400], 20_000, 7, residual=False)
    assert np.median(found) == pytest.approx(median, abs=1)


def test_band_is_the_one_that_was_found_before() -> None:
    model = default_model("racemic")
    true = people_like(model, 70.0, FORTY_MINUTES, [2400], 100_000, 7, residual=False)
    sampled = people_like(model, 70.0, FORTY_MINUTES, [2400], 100_000, 7)
    assert (true.mean(), true.std()) == (pytest.approx(161, abs=1), pytest.approx(28, abs=1))
    assert np.percentile(true, [5, 95]) == pytest.approx([116, 208], abs=2)
    assert np.percentile(sampled, [5, 95]) == pytest.approx([88, 244], abs=2)


def test_people_differ_by_the_published_covariance() -> None:
    model = kinetic_model("otto2021")
    found = drawn(model, 200_000, np.random.default_rng(3))
    logs = np.log(np.stack([found[name] for name in model.variability.of]))
    assert np.cov(logs) == pytest.approx(np.asarray(model.variability.covariance), abs=0.002)


def test_prediction_has_a_band_and_the_second_line_none_and_both_name_their_model() -> None:
    moments = [600, 2400, 7200]
    found = predict(default_model("esketamine"), 70.0, FORTY_MINUTES, moments, age_years=40)
    assert found.band is not None
    assert found.band.shape == (3, 3)
    assert (found.band[0] < found.typical).all()
    assert (found.typical < found.band[2]).all()
    again = predict(default_model("esketamine"), 70.0, FORTY_MINUTES, moments, age_years=40)
    assert np.array_equal(again.band, found.band)
    assert found.warnings == ()
    line = second_line(70.0, FORTY_MINUTES, moments)
    assert (line.band, line.model) == (None, second_model())


@pytest.mark.parametrize(("weight", "age", "says"), [(44.9, 40, "weighs 44.9 kg"), (141, 40, "weighs"), (70, 17, "17")])
def test_patient_outside_the_range_gets_no_curve(weight: float, age: float, says: str) -> None:
    with pytest.raises(OutsideRange, match=says):
        predict(kinetic_model("otto2021"), weight, FORTY_MINUTES, [60], age_years=age)


def test_what_the_model_does_not_know_is_said() -> None:
    dose = [Absorbed(0, 50.0, 0.93, 0.05)]
    found = predict(kinetic_model("otto2021"), 70.0, dose, [600], age_years=71, draws=0)
    assert "Above 60 years" in found.warnings[0]
    assert "taken up slowly" in found.warnings[1]


def test_every_model_that_has_reference_values_passes_and_a_spoilt_one_is_named() -> None:
    assert self_test() == {}
    assert sum(len(one.references) for one in kinetic_models().values()) >= 30
    good = kinetic_model("kamp2020")
    spoilt = replace(good, compartments=(replace(good.compartments[0], volume_l=25.00001), *good.compartments[1:]))
    assert "No curve of it is drawn" in fault_of(spoilt)
