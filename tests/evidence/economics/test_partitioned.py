"""Partitioned survival against integrals of exponential curves, and against sums by hand."""

import numpy as np
import pytest

from glimmer.evidence.economics.expressions import BadModel
from glimmer.evidence.economics.inputs import Drawn
from glimmer.evidence.economics.partitioned import PartitionedModel


def two_arms(cycles=400, years=0.05, **how) -> PartitionedModel:
    model = PartitionedModel("Two arms", cycles=cycles, years=years, discount=0.05, discounting="continuous", **how)
    model.parameter("progressing", 0.5)
    model.parameter("dying", 0.2)
    model.value("hr", 1)
    model.value("c_drug", 0)
    model.state("Stable", cost="1000 + c_drug", effect=0.8)
    model.state("Progressed", cost=3000, effect=0.5)
    model.state("Dead")
    model.survival("Stable", "exp(-progressing * hr * time)")
    model.survival("Progressed", "exp(-dying * time)")
    model.strategy("Usual care")
    model.strategy("New drug", hr=0.7, c_drug=2000)
    return model


def area(rate: float, years: float = 20.0) -> float:
    """The integral of exp(-rate t) exp(-0.05 t)."""
    return (1 - np.exp(-(rate + 0.05) * years)) / (rate + 0.05)


def test_exponential_curves_have_the_costs_and_effects_of_their_integrals():
    run = two_arms(counting="simpson").run()
    for column, (rate, drug) in enumerate([(0.5, 0), (0.35, 2000)]):
        stable, progressed = area(rate), area(0.2) - area(rate)
        cost = (1000 + drug) * stable + 3000 * progressed
        assert run.total("cost")[0, column] == pytest.approx(cost, rel=1e-7)
        assert run.total("effect")[0, column] == pytest.approx(0.8 * stable + 0.5 * progressed, rel=1e-7)


def test_years_in_states_add_up_to_the_horizon():
    run = two_arms().run(residence=True)
    assert sum(years[0] for years in run.years.values()) == pytest.approx([20, 20], rel=1e-12)


def test_three_points_of_two_curves_are_counted_by_hand():
    model = PartitionedModel("By hand", cycles=2, discount=0.0)
    model.table("pfs", at=[0, 1, 2], values=[1.0, 0.6, 0.2])
    model.table("os", at=[0, 1, 2], values=[1.0, 0.9, 0.5])
    model.state("Stable", effect=1)
    model.state("Progressed", cost=100)
    model.state("Dead")
    model.survival("Stable", "pfs(time)")
    model.survival("Progressed", "os(time)")
    model.reward("cost.death", 10, target="Dead")
    model.strategy("One")
    run = model.run()
    # Half-cycle: 0.5 + 0.6 + 0.1 stable; 0 + 0.3 + 0.15 progressed; half of all have died.
    assert run.total("effect")[0, 0] == pytest.approx(1.2)
    assert run.totals["cost"][0, 0] == pytest.approx(45)
    assert run.totals["cost.death"][0, 0] == pytest.approx(5)
    np.testing.assert_allclose(model.occupancy("One").shares, [[1, 0, 0], [0.6, 0.3, 0.1], [0.2, 0.3, 0.5]], atol=1e-15)


def test_amounts_may_change_with_time():
    model = PartitionedModel("Changing", cycles=3, discount=0.0, counting="start", start_age=60)
    model.state("Alive", cost="100 * age if cycle < 2 else 0")
    model.state("Dead")
    model.survival("Alive", "0.5 ** time")
    model.strategy("One")
    assert model.run().total("cost")[0, 0] == pytest.approx(6000 + 0.5 * 6100)


def test_each_draw_is_the_model_at_its_own_values_for_any_number_of_workers():
    model = two_arms()
    model.parameters["dying"] = Drawn(tuple(np.linspace(0.1, 0.3, 3000)))
    run = model.run(draws=3000, workers=2)
    assert np.array_equal(run.total("cost"), model.run(draws=3000, workers=1).total("cost"))
    for draw in (0, 1700, 2999):
        alone = model.run({"dying": run.draws["dying"][draw]})
        np.testing.assert_allclose(run.total("cost")[draw], alone.total("cost")[0], rtol=1e-12)
    assert run.outcomes().conventions["curves that cross"] == "refused"


def crossing(**how) -> PartitionedModel:
    model = two_arms(**how)
    model.parameters["dying"] = Drawn((0.2, 0.6))
    return model


def test_curves_that_cross_name_strategy_state_time_and_draw():
    with pytest.raises(BadModel, match=r"'Usual care': the curve of 'Stable' is .* at 0\.05 years in draw 1"):
        crossing().run(draws=2)


def test_curves_that_cross_are_capped_where_that_is_wished_and_it_is_said():
    run = crossing(crossing="capped", counting="simpson").run(draws=2)
    # In the second draw nobody is alive and progressed: all alive are stable, until 0.6 a year die.
    assert run.total("effect")[1, 0] == pytest.approx(0.8 * area(0.6), rel=1e-7)
    assert run.outcomes().conventions["curves that cross"] == "capped"


def test_a_curve_that_rises_or_is_no_share_is_refused():
    for said, why in (("1 if time < 5 else 1.2", "between 0 and 1"), ("0.5 + 0.01 * time", "survival never does")):
        model = two_arms()
        model.curves["Progressed"] = type(model.curves["Progressed"])(said)
        with pytest.raises(BadModel, match=why):
            model.run()


def test_what_curves_cannot_tell_is_refused():
    model = two_arms()
    with pytest.raises(BadModel, match="Declare curves"):
        model.transition("Stable", "Dead", 0.1)
    model.reward("cost", 10, target="Progressed")
    with pytest.raises(BadModel, match="curves do not tell who"):
        model.run()
    model = two_arms()
    del model.curves["Progressed"]
    with pytest.raises(BadModel, match="Without one: Progressed"):
        model.run()
