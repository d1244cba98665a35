"""The engine against a 40-digit matrix exponential, against a solver of differential equations, and against itself."""

import csv
import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from glimmer.guidance.kinetics import Compartment, Flow, KineticModel, kinetic_model, kinetic_models
from glimmer.pharmacology.body import bodies
from glimmer.pharmacology.chain import amounts
from glimmer.pharmacology.doses import Absorbed, Bolus, Dose, Infusion
from glimmer.pharmacology.levels import levels
from glimmer.pharmacology.modes import modes_of
from glimmer.pharmacology.walk import levels_by_modes
from tests.support.shared_data import shared_data

REFERENCE = {
    "domino1984": "domino1984",
    "clements1981": "clements1981_250",
    "kamp2020": "kamp2020_3cmt",
    "otto2021": "otto2021_fanta2015",
    "simons2022": "simons2022",
}
MODELS = sorted(kinetic_models())
FORTY_MINUTES = [Infusion(0, 2400, 35.0)]


@pytest.mark.parametrize("model_id", REFERENCE)
def test_every_reference_value_comes_out(model_id: str) -> None:
    model = kinetic_model(model_id)
    text = shared_data("pharmacology", f"{REFERENCE[model_id]}.csv").read_text().splitlines()
    head, *rows = csv.reader(line for line in text if not line.startswith("#"))
    moments = [round(float(row[0]) * 60) for row in rows]
    columns = [index for index, name in enumerate(head) if name.endswith("analytic")]
    assert len(columns) == len(model.outputs)
    for output, column in zip(model.outputs, columns, strict=True):
        wanted = np.array([float(row[column]) for row in rows])
        found = levels(model, 70.0, FORTY_MINUTES, moments, output=output.id)[0]
        assert found == pytest.approx(wanted, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("model_id", ["kamp2020", "otto2021"])
@pytest.mark.parametrize("weight", [48.0, 133.0])
def test_every_kind_of_dose_agrees_with_a_solver(model_id: str, weight: float) -> None:
    doses: list[Dose] = [Bolus(60, 5), Infusion(300, 2100, 20), Infusion(900, 3000, 10), Absorbed(600, 50, 0.2, 0.031)]
    moments = [60, 300, 899, 2100, 3600, 14_400]
    model = kinetic_model(model_id)
    found = levels(model, weight, doses, moments)[0]
    assert found == pytest.approx(solved(model, weight, doses, moments), rel=2e-8, abs=1e-9)


def solved(model: KineticModel, weight: float, doses: list[Dose], moments: list[int]) -> np.ndarray:
    """The same by a general solver, stretch by stretch, from flows written out anew from the model's own numbers."""
    size = weight / model.reference_weight_kg
    volume = {one.id: one.volume_l * size**one.weight_exponent for one in model.compartments}
    places = {name: index for index, name in enumerate(volume)}
    uptake = [one for one in doses if isinstance(one, Absorbed)]

    def change(t: float, held: np.ndarray) -> np.ndarray:
        moved = np.zeros_like(held)
        for flow in model.flows:
            litres = flow.litres_a_minute * size**flow.weight_exponent / 60
            if flow.between:
                one, other = (places[end] for end in flow.between)
                gone = litres * (held[one] / volume[flow.between[0]] - held[other] / volume[flow.between[1]])
                moved[one], moved[other] = moved[one] - gone, moved[other] + gone
            else:
                gone = litres * held[places[flow.out_of]] / volume[flow.out_of]
                moved[places[flow.out_of]] -= gone
                if flow.into:
                    moved[places[flow.into]] += gone * flow.fraction
        for dose in doses:
            if isinstance(dose, Infusion) and dose.start_s <= t < dose.end_s:
                moved[0] += dose.mg / (dose.end_s - dose.start_s)
        for index, one in enumerate(uptake, len(places)):
            gone = one.per_min / 60 * held[index]
            moved[index], moved[0] = moved[index] - gone, moved[0] + gone
        return moved

    edges = sorted({0, *moments, *(at for one in doses for at in edges_of(one))})
    held, found = np.zeros(len(places) + len(uptake)), {}
    for start, end in itertools.pairwise(edges):
        for dose in doses:
            if isinstance(dose, Bolus) and dose.at_s == start:
                held[0] += dose.mg
            if isinstance(dose, Absorbed) and dose.at_s == start:
                held[len(places) + uptake.index(dose)] += dose.mg * dose.share
        middle = (start, end - 1e-9)
        held = solve_ivp(change, middle, held, method="DOP853", rtol=1e-11, atol=1e-14).y[:, -1]
        found[end] = held[0] / volume[model.compartments[0].id] * 1000
    return np.array([found[moment] for moment in moments])


def edges_of(dose: Dose) -> tuple[int, ...]:
    return (dose.start_s, dose.end_s) if isinstance(dose, Infusion) else (dose.at_s,)


@pytest.mark.parametrize("model_id", [one for one in MODELS if one != "otto2021_racemic"])
def test_closed_form_and_matrix_exponential_agree(model_id: str) -> None:
    model, moments = kinetic_model(model_id), [1, 600, 2400, 2401, 7200, 86_400]
    doses = [Infusion(0, 2400, 35.0), Bolus(1200, 3.0)]
    of = bodies(model, np.array([45.0, 70.0, 140.0]))
    modes = modes_of(of)
    assert modes is not None
    assert modes.is_exact.all()
    closed = levels_by_modes(modes, doses, moments)
    chained = amounts(of, doses, moments)[:, :, 0] / of.volumes[:, :1] * 1000
    assert closed == pytest.approx(chained, rel=1e-10)


def two_alike(second: float) -> KineticModel:
    """A body whose two far spaces are so alike that two of its rates of decay all but coincide."""
    base = kinetic_model("kamp2020")
    return replace(
        base,
        compartments=(
            Compartment("central", 25.0),
            Compartment("second", 50.0),
            Compartment("third", 50.0 * (1 + second)),
        ),
        flows=(
            Flow("clearance", out_of="central", l_per_min=1.0),
            Flow("to_second", between=("central", "second"), l_per_min=1.0),
            Flow("to_third", between=("central", "third"), l_per_min=1.0 * (1 + second)),
        ),
    )


@pytest.mark.parametrize("apart", [0.0, 1e-12, 1e-9, 1e-7, 1e-5, 1e-3])
def test_two_rates_that_all_but_coincide_do_not_spoil_a_digit(apart: float) -> None:
    model, moments = two_alike(apart), [600, 2400, 9000]
    found = levels(model, 70.0, FORTY_MINUTES, moments)[0]
    of = bodies(model, 70.0)
    chained = amounts(of, FORTY_MINUTES, moments)[0, :, 0] / of.volumes[0, 0] * 1000
    assert found == pytest.approx(chained, rel=1e-9)


@pytest.mark.parametrize("apart", [0.0, 1e-13, 1e-9, 1e-6, 1e-4, 1e-2])
def test_uptake_as_fast_as_a_decay_does_not_spoil_a_digit(apart: float) -> None:
    model = kinetic_model("kamp2020")
    modes = modes_of(bodies(model, 70.0))
    assert modes is not None
    dose = [Absorbed(0, 50.0, 0.9, float(modes.rates[0, 1]) * (1 + apart))]
    of, moments = bodies(model, 70.0), [60, 1800, 20_000]
    chained = amounts(of, dose, moments)[0, :, 0] / of.volumes[0, 0] * 1000
    assert levels(model, 70.0, dose, moments)[0] == pytest.approx(chained, rel=1e-8)


WEIGHTS = st.floats(45, 140)
MG = st.floats(0.1, 200)
DOSES = st.one_of(
    st.builds(lambda at, mg: Bolus(at, mg), st.integers(0, 7200), MG),
    st.builds(lambda at, long, mg: Infusion(at, at + long, mg), st.integers(0, 7200), st.integers(1, 7200), MG),
    st.builds(lambda at, mg, share, speed: Absorbed(at, mg, share, speed), st.integers(0, 7200), MG,
              st.floats(0.05, 1), st.floats(0.001, 0.5)),
)  # fmt: skip
MOMENTS = [1800, 7200, 20_000]


@settings(max_examples=40)
@given(st.sampled_from(MODELS), WEIGHTS, st.lists(DOSES, min_size=2, max_size=4))
def test_doses_add_up(model_id: str, weight: float, doses: list[Dose]) -> None:
    model = kinetic_model(model_id)
    together = levels(model, weight, doses, MOMENTS)[0]
    one_by_one = sum(levels(model, weight, [one], MOMENTS)[0] for one in doses)
    assert together == pytest.approx(one_by_one, rel=1e-8, abs=1e-9)


@settings(max_examples=40)
@given(st.sampled_from(MODELS), WEIGHTS, DOSES, st.floats(0.1, 10))
def test_twice_the_dose_is_twice_the_level(model_id: str, weight: float, dose: Dose, times: float) -> None:
    model = kinetic_model(model_id)
    once = levels(model, weight, [dose], MOMENTS)[0]
    more = levels(model, weight, [replace(dose, mg=dose.mg * times)], MOMENTS)[0]
    assert more == pytest.approx(once * times, rel=1e-9, abs=1e-12)


@settings(max_examples=40)
@given(st.sampled_from(MODELS), WEIGHTS, st.integers(60, 7200), MG)
def test_nothing_appears_from_nowhere_and_nothing_vanishes(model_id: str, weight: float, long: int, mg: float) -> None:
    """What is in the body and what has left it are together what was given: the way out is closed, and all stays."""
    model = kinetic_model(model_id)
    shut = replace(
        model, flows=tuple(one for one in model.flows if one.between) + tuple(
            replace(one, fraction=1.0) for one in model.flows if one.into
        ),
    )  # fmt: skip
    held = amounts(bodies(shut, weight), [Infusion(0, long, mg)], [long, long + 36_000])[0].sum(axis=1)
    assert held == pytest.approx([mg, mg], rel=1e-10)
    open_body = amounts(bodies(model, weight), [Infusion(0, long, mg)], [long, long + 3600, long + 36_000])[0]
    left = open_body.sum(axis=1)
    assert (open_body >= -1e-12).all()
    assert mg * (1 + 1e-12) >= left[0] > left[1] > left[2]


def test_effect_site_follows_and_comes_level_with_a_steady_infusion() -> None:
    model = kinetic_model("kamp2020")
    modes = modes_of(bodies(model, 70.0))
    assert modes is not None
    site = modes.with_effect_site(0.35)
    moments, steady = [60, 600, 2400], [Infusion(0, 400_000_000, 4e6)]
    plasma, there = (levels_by_modes(one, FORTY_MINUTES, moments)[0] for one in (modes, site))
    assert (there < plasma).all()
    long_after = [399_000_000]
    assert levels_by_modes(site, steady, long_after) == pytest.approx(levels_by_modes(modes, steady, long_after))


def test_level_just_before_a_bolus_does_not_know_of_it() -> None:
    model = kinetic_model("kamp2020")
    before, after = levels(model, 70.0, [Bolus(600, 10.0)], [600, 601])[0]
    assert before == 0
    # 10 mg in 25 litres are 400 ng/mL; a second later nearly all of it is there.
    assert after == pytest.approx(400, rel=0.01)


@pytest.mark.parametrize("weight", [0.0, -3.0, float("nan"), float("inf")])
def test_weight_that_is_none_is_refused(weight: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        levels(kinetic_model("kamp2020"), weight, FORTY_MINUTES, [60])


@pytest.mark.parametrize(
    "make",
    [
        lambda: Infusion(60, 60, 1.0),
        lambda: Infusion(0, 60, -1.0),
        lambda: Bolus(0, float("nan")),
        lambda: Absorbed(0, 1.0, 1.2, 0.1),
        lambda: Absorbed(0, 1.0, 0.5, 0.0),
    ],
)
def test_dose_that_is_none_is_refused(make) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=r"."):
        make()


def test_moments_that_do_not_ascend_are_refused() -> None:
    with pytest.raises(ValueError, match="ascend"):
        levels(kinetic_model("kamp2020"), 70.0, FORTY_MINUTES, [60, 60])
