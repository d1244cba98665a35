"""The compiled walk is the plain one, for any doses and moments; its percentiles are those of the whole matrix."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glimmer.guidance.kinetics import kinetic_model
from glimmer.pharmacology.body import bodies, drawn
from glimmer.pharmacology.crowd import levels_of_many, percentiles_of_many
from glimmer.pharmacology.doses import Absorbed, Bolus, Dose, Infusion
from glimmer.pharmacology.modes import Modes, modes_of
from glimmer.pharmacology.walk import levels_by_modes

SIX = [Infusion(day * 86_400, day * 86_400 + 2400, 35.0) for day in (0, 3, 7, 10, 14, 17)]
MINUTES = [day * 86_400 + 60 * minute for day in (0, 3, 7, 10, 14, 17) for minute in range(1, 168)]


def crowd(people: int, model_id: str = "otto2021") -> Modes:
    model = kinetic_model(model_id)
    found = modes_of(bodies(model, np.linspace(45, 140, people), drawn(model, people, np.random.default_rng(5))))
    assert found is not None
    return found


def test_six_infusions_of_a_thousand_moments_agree_with_the_plain_walk() -> None:
    modes, scale = crowd(131), np.linspace(0.5, 2, 131)
    found = levels_of_many(modes, SIX, MINUTES, scale)
    assert found.shape == (131, 1002)
    assert found == pytest.approx(levels_by_modes(modes, SIX, MINUTES, scale), rel=1e-11)


DOSES = st.one_of(
    st.builds(Bolus, st.integers(0, 4000), st.floats(0, 100)),
    st.builds(lambda at, long, mg: Infusion(at, at + long, mg), st.integers(0, 4000), st.integers(1, 4000),
              st.floats(0, 100)),
)  # fmt: skip
MOMENTS = st.lists(st.integers(0, 9000), min_size=1, max_size=40, unique=True).map(sorted)


@settings(max_examples=60)
@given(st.lists(DOSES, min_size=1, max_size=5), MOMENTS, st.sampled_from(["otto2021", "clements1981"]))
def test_any_doses_at_any_moments_agree_with_the_plain_walk(doses: list[Dose], moments: list[int], model: str) -> None:
    modes = crowd(9, model)
    found, plain = levels_of_many(modes, doses, moments), levels_by_modes(modes, doses, moments)
    assert found == pytest.approx(plain, rel=1e-10, abs=1e-9)


@pytest.mark.parametrize("at_once", [1, 7, 64, 5000])
def test_percentiles_are_those_of_the_whole_matrix(at_once: int) -> None:
    modes = crowd(200)
    whole = np.percentile(levels_by_modes(modes, SIX, MINUTES), [5, 50, 95], axis=0)
    found = percentiles_of_many(modes, SIX, MINUTES, [5, 50, 95], moments_at_once=at_once)
    assert found == pytest.approx(whole, rel=1e-10)


def test_memory_is_reused_and_wrong_memory_and_slow_doses_are_refused() -> None:
    modes = crowd(3)
    space = np.empty((3, 1002))
    assert levels_of_many(modes, SIX, MINUTES, out=space) is space
    with pytest.raises(ValueError, match="memory given"):
        levels_of_many(modes, SIX, MINUTES, out=np.empty((3, 5)))
    with pytest.raises(ValueError, match="taken up slowly"):
        levels_of_many(modes, [Absorbed(0, 1.0, 0.5, 0.1)], [60])
