"""The cohort engine against a loop that anybody can read, against closed forms, and against itself in another order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glimmer.evidence.economics.cohort import trace
from glimmer.evidence.economics.expressions import BadModel
from glimmer.evidence.economics.inputs import Beta, Drawn, Gamma, Normal, Uniform
from glimmer.evidence.economics.model import Model
from tests.evidence.economics.plain_cohort import plain_total, plain_trace
from tests.evidence.economics.sick_sicker import STRATEGIES, sick_sicker


def relapsing(tunnel: int, cycles: int = 30, **settings) -> Model:
    """Well people relapse ever more slowly, ill people get well ever less often as they age."""
    model = Model("Relapsing", cycles=cycles, years=0.25, counting="start", discount=0.0, **settings)
    model.parameter("scale", 0.8)
    model.state("Ill", cost="100 + 10 * age")
    model.state("Well", effect="1 - 0.5 * exp(-state_time)", tunnel=tunnel)
    model.state("Dead")
    model.transition("Ill", "Well", "0.3 * exp(-0.05 * cycle)")
    model.transition("Ill", "Dead", "0.02 + 0.001 * age")
    model.transition("Well", "Ill", "weibull_event(state_time, length, 0.55, scale)", cost=500)
    model.transition("Well", "Dead", 0.01)
    model.strategy("One")
    return model


def plain_relapsing(tunnel: int, cycles: int = 30):
    def survival(t):
        return np.exp(-((t / 0.8) ** 0.55))

    def chance(state, since, cycle):
        if state == "Ill":
            return {"Well": 0.3 * np.exp(-0.05 * cycle), "Dead": 0.02 + 0.001 * (40 + cycle * 0.25)}
        t = since * 0.25
        return {"Ill": 1 - survival(t + 0.25) / survival(t), "Dead": 0.01} if state == "Well" else {}

    return chance, plain_trace({"Ill": 1.0}, {"Well": tunnel}, chance, cycles)


@pytest.mark.parametrize("tunnel", [2, 7, 30])
def test_tunnel_equals_a_plain_loop(tunnel):
    chance, seen = plain_relapsing(tunnel)
    run = relapsing(tunnel, start_age=40).run()
    weight = np.append(np.ones(30), 0)
    stays = plain_total(seen, lambda s, _, k: 100 + 10 * (40 + k / 4) if s == "Ill" else 0, weight, 0.25)
    moves = sum(
        500 * n * chance("Well", s, k)["Ill"]
        for k, held in enumerate(seen[:-1])
        for (at, s), n in held.items()
        if at == "Well"
    )
    assert run.total("cost")[0, 0] == pytest.approx(stays + moves, rel=1e-12)
    effect = plain_total(seen, lambda s, since, _: 1 - 0.5 * np.exp(-since / 4) if s == "Well" else 0, weight, 0.25)
    assert run.total("effect")[0, 0] == pytest.approx(effect, rel=1e-12)
    shares = trace(relapsing(tunnel, start_age=40), "One").shares
    alive = [sum(n for (s, _), n in held.items() if s == "Well") for held in seen]
    np.testing.assert_allclose(shares[:, 1], alive, rtol=1e-12)


def test_first_remitters_follow_the_survival_curve_they_were_given():
    # Nobody else enters, so what is left in the tunnel is S(t) itself.
    model = Model("Weibull", cycles=[(12, 7 / 365.25), (20, 28 / 365.25)])
    model.state("Well", tunnel=33)
    model.state("Ill")
    model.transition("Well", "Ill", "weibull_event(state_time, length, 0.55, 0.7146)")
    model.strategy("One")
    shares = trace(model, "One").shares[:, 0]
    np.testing.assert_allclose(shares, np.exp(-((model.times / 0.7146) ** 0.55)), rtol=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_random_models_equal_matrix_products(data):
    size, cycles = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 9))
    rng = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    matrix, worth = rng.dirichlet(np.ones(size) * 0.7, size), rng.normal(size=(2, size))
    model = Model("Random", cycles=cycles, years=0.5, counting="half_cycle", discount=0.05)
    for row in range(size):
        model.state(f"s{row}", cost=float(worth[0, row]), effect=float(worth[1, row]))
    for row in range(size):
        for column in range(size):
            if row != column:
                model.transition(f"s{row}", f"s{column}", float(matrix[row, column]))
    model.strategy("One")
    points = [np.linalg.matrix_power(matrix, k)[0] for k in range(cycles + 1)]
    weight = 0.5 * np.array([0.5, *[1.0] * (cycles - 1), 0.5]) * 1.05 ** (-0.5 * np.arange(cycles + 1))
    run = model.run()
    assert run.total("cost")[0, 0] == pytest.approx(
        sum(w * x @ worth[0] for w, x in zip(weight, points, strict=True)), rel=1e-9
    )
    assert run.total("effect")[0, 0] == pytest.approx(
        sum(w * x @ worth[1] for w, x in zip(weight, points, strict=True)), rel=1e-9
    )


def test_each_draw_is_the_model_at_its_own_values():
    model = sick_sicker()
    run = model.run(draws=3000, seed=5)
    for draw in (0, 127, 128, 1500, 2999):
        alone = model.run({name: values[draw] for name, values in run.draws.items()})
        np.testing.assert_allclose(run.total("cost")[draw], alone.total("cost")[0], rtol=1e-13)
        np.testing.assert_allclose(run.total("effect")[draw], alone.total("effect")[0], rtol=1e-13)


@pytest.mark.parametrize("workers", [1, 2, 3, 16])
def test_result_is_the_same_to_the_last_bit_for_any_number_of_workers(workers):
    one = sick_sicker().run(draws=4097, seed=3, workers=1)
    many = sick_sicker().run(draws=4097, seed=3, workers=workers)
    for kind in ("cost", "effect"):
        assert np.array_equal(one.total(kind), many.total(kind))


def test_fewer_draws_are_the_first_of_more():
    few, many = sick_sicker().run(draws=100, seed=3), sick_sicker().run(draws=1000, seed=3)
    assert np.array_equal(few.total("cost"), many.total("cost")[:100])


def test_another_parameter_changes_no_draw():
    plain, more = sick_sicker(), sick_sicker()
    more.parameter("unused", Uniform(0, 1))
    assert np.array_equal(plain.run(draws=50, seed=1).total("cost"), more.run(draws=50, seed=1).total("cost"))


def test_order_of_strategies_changes_nothing():
    forward = sick_sicker()
    backward = forward.copy()
    backward.strategies = dict(reversed(list(forward.strategies.items())))
    one, other = forward.run(draws=64, seed=2), backward.run(draws=64, seed=2)
    assert other.strategies == STRATEGIES[::-1]
    assert np.array_equal(one.total("cost"), other.total("cost")[:, ::-1])


def test_a_treatment_without_effect_or_price_has_no_increment():
    model = sick_sicker()
    model.strategy("Nothing", hr_B="1", c_treatment="0")
    run = model.run(draws=500, seed=1)
    for kind in ("cost", "effect"):
        assert np.array_equal(run.total(kind)[:, 0], run.total(kind)[:, 4])


@pytest.mark.parametrize(
    ("counting", "order"), [("start", 1), ("end", 1), ("life_table", 1), ("half_cycle", 2), ("simpson", 4)]
)
def test_halving_the_cycle_divides_the_error_as_the_order_says(counting, order):
    """The integral of exp(-0.3 t) v^t over 8 years, whatever the cycle: the trace itself is exact."""
    rate = 0.3 + np.log(1.03)
    exact = (1 - np.exp(-8 * rate)) / rate

    def error(cycles):
        model = Model("Decay", cycles=cycles, years=8 / cycles, counting=counting, discount=0.03)
        model.state("Alive", effect=1)
        model.state("Dead")
        model.transition("Alive", "Dead", "rate_to_probability(0.3, length)")
        model.strategy("One")
        return abs(model.run().total("effect")[0, 0] - exact)

    assert np.log2(error(64) / error(128)) == pytest.approx(order, abs=0.1)


def test_weights_add_up_to_the_horizon():
    for counting in ("half_cycle", "simpson", "life_table", "start", "end"):
        for cycles in (1, 2, 3, 4, 75, 76):
            model = Model("Alive", cycles=cycles, years=0.5, counting=counting, discount=0.0)
            model.state("Alive", effect=1)
            model.strategy("One")
            assert model.run().total("effect")[0, 0] == pytest.approx(cycles / 2, rel=1e-12), (counting, cycles)


def test_cycles_of_changing_length_count_real_time():
    model = Model("Alive", cycles=[(12, 7 / 365.25), (61, 28 / 365.25), (5, 1.0)], counting="half_cycle", discount=0.0)
    model.state("Alive", cost=365.25, effect=1)
    model.strategy("One")
    run = model.run()
    assert run.total("effect")[0, 0] == pytest.approx((12 * 7 + 61 * 28) / 365.25 + 5, rel=1e-12)
    assert run.total("cost")[0, 0] == pytest.approx(12 * 7 + 61 * 28 + 5 * 365.25, rel=1e-12)


def test_what_a_cycle_costs_is_the_same_whatever_its_length():
    model = Model("Alive", cycles=[(4, 0.25), (2, 1.0)], counting="start", discount=0.0)
    model.state("Alive", cost=7, per="cycle")
    model.strategy("One")
    assert model.run().total("cost")[0, 0] == pytest.approx(6 * 7)


@pytest.mark.parametrize(("flows", "expected"), [("start", 1.0), ("middle", 1.1**-0.5), ("end", 1.1**-1)])
def test_a_move_is_discounted_when_it_is_said_to_happen(flows, expected):
    model = Model("Once", cycles=1, discount=0.1, flows=flows)
    model.state("A")
    model.state("B")
    model.transition("A", "B", 0.4, cost=1000)
    model.strategy("One")
    assert model.run().total("cost")[0, 0] == pytest.approx(400 * expected)


def test_entering_a_state_costs_once_and_those_who_start_there_pay_too():
    model = Model("Entry", cycles=3, discount=0.0)
    model.state("A", tunnel=3)
    model.state("B")
    model.start(A=0.5, B=0.5)
    model.transition("A", "B", "rest")
    model.transition("B", "A", 0.25)
    model.reward("cost", 10, target="A")
    model.strategy("One")
    # Into A: half at the start; then B's quarter of 0.5, of 0.875 and of 0.78125 (all of A leaves each cycle).
    assert model.run().total("cost")[0, 0] == pytest.approx(10 * (0.5 + 0.125 + 0.21875 + 0.1953125))


def test_events_are_counted_and_paid_and_move_nobody():
    model = Model("Crises", cycles=4, discount=0.0, counting="start")
    model.parameter("often", 0.5)
    model.state("Ill")
    model.event("crises", "Ill", rate="often", cost=2000, effect=-0.1)
    model.strategy("One")
    run = model.run()
    assert run.totals["crises"][0, 0] == pytest.approx(2.0)
    assert run.total("cost")[0, 0] == pytest.approx(4000)
    assert run.total("effect")[0, 0] == pytest.approx(-0.2)


def test_parts_of_a_cost_add_up_to_it():
    model = Model("Parts", cycles=2, discount=0.035)
    model.state("A", cost=1, effect=1)
    model.reward("cost.drug", 10, state="A")
    model.reward("cost.staff", 100, state="A")
    model.reward("nurse_hours", 3, state="A")
    model.strategy("One")
    run = model.run()
    parts = sum(run.totals[name] for name in ("cost", "cost.drug", "cost.staff"))
    assert np.array_equal(run.total("cost"), parts)
    assert run.totals["nurse_hours"][0, 0] == pytest.approx(6.0), "what is neither cost nor effect is not discounted"


def sequenced(*sequences: tuple[str, ...]) -> Model:
    model = Model("Sequence", cycles=12, years=0.25, discount=0.0, counting="start")
    model.value("p_respond", 0)
    model.value("c_treatment", 0)
    model.treatment("ketamine", p_respond=0.5, c_treatment=1000)
    model.treatment("ECT", p_respond=0.6, c_treatment=4000)
    model.state("Treated", in_lines=True)
    model.state("Well", effect=1, in_lines=True)
    model.state("None left")
    model.transition("Treated", "Well", "p_respond", cost="c_treatment")
    model.transition("Treated", "Treated", "1 - p_respond", cost="c_treatment", next_line=True, last="None left")
    model.transition("Well", "Treated", 0.3, next_line=True, last="None left")
    for one in sequences:
        model.strategy(" then ".join(one), sequence=one)
    return model


def test_sequence_takes_each_treatment_in_its_turn():
    model = sequenced(("ketamine", "ECT"), ("ECT", "ketamine"), ("ketamine",))
    shares = trace(model, "ketamine then ECT").shares
    # After two cycles: well by ketamine and still so, well by ECT, relapsed into ECT; 0.5 x 0.4 have nothing left.
    assert shares[1] == pytest.approx([0.5, 0.5, 0.0])
    assert shares[2] == pytest.approx([0.15, 0.35 + 0.3, 0.2])
    first, second = trace(model, "ECT then ketamine").shares[2], trace(model, "ketamine").shares[1]
    assert first == pytest.approx([0.18, 0.42 + 0.2, 0.2])
    assert second == pytest.approx([0.0, 0.5, 0.5])


def test_each_treatment_of_a_sequence_is_paid_the_last_one_too():
    # One cycle pays 1,000 for all in ketamine; the next 4,000 for those in ECT, whether it helps or nothing is left.
    model = sequenced(("ketamine", "ECT")).with_cycles(2, 0.25)
    assert model.run().total("cost")[0, 0] == pytest.approx(1000 + 0.5 * 4000)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.01, 0.99), st.floats(0.0, 1.0), st.integers(1, 6))
def test_shares_stay_shares(first, second, tunnel):
    model = Model("Shares", cycles=20)
    model.state("A", tunnel=tunnel)
    model.state("B")
    model.transition("A", "B", first)
    model.transition("B", "A", second)
    model.strategy("One")
    shares = trace(model, "One").shares
    assert shares.sum(axis=1) == pytest.approx(np.ones(21))
    assert shares.min() >= 0


def test_too_large_a_probability_names_strategy_state_and_draw():
    model = Model("Bad", cycles=3)
    model.parameter("p", Drawn((0.2, 0.3, 1.4)))
    model.state("Well")
    model.state("Ill")
    model.transition("Well", "Ill", "p")
    model.strategy("Usual care")
    with pytest.raises(BadModel, match=r"'Usual care'.*'p' is 1\.4 out of 'Well' in draw 2, cycle 0"):
        model.run(draws=3)


def test_ways_out_that_are_too_many_name_state_and_draw():
    model = Model("Bad", cycles=3)
    model.parameter("p", Drawn((0.2, 0.7)))
    model.state("Well")
    model.state("Ill")
    model.state("Dead")
    model.transition("Well", "Ill", "p")
    model.transition("Well", "Dead", "p")
    model.strategy("Usual care")
    with pytest.raises(BadModel, match=r"ways out of 'Well' add up to 1\.4 in draw 1, cycle 0"):
        model.run(draws=2)


def test_a_published_matrix_with_its_diagonal_is_taken_and_checked():
    model = Model("Diagonal", cycles=2)
    model.parameter("stay", 0.9)
    model.state("A", effect=1)
    model.state("B")
    model.transition("A", "A", "stay")
    model.transition("A", "B", 0.1)
    model.strategy("One")
    assert trace(model, "One").shares[:, 0] == pytest.approx([1, 0.9, 0.81])
    with pytest.raises(BadModel, match=r"add up to 0\.95"):
        model.run({"stay": 0.85})


def test_not_a_number_is_refused():
    model = Model("Bad", cycles=3)
    model.parameter("p", Normal(0.1, 0.0))
    model.state("Well")
    model.state("Ill")
    model.transition("Well", "Ill", "log(-p)")
    model.strategy("Usual care")
    with pytest.raises(BadModel, match=r"is nan out of 'Well' in draw 0"):
        model.run()


def test_run_gives_a_tidy_frame():
    model = sick_sicker()
    frame = model.run(draws=3, seed=1).frame()
    assert frame.columns == ["draw", "strategy", "outcome", "total"]
    assert frame.height == 3 * 4 * 2


def test_correlated_inputs_have_their_correlation_and_keep_their_distributions():
    model = Model("Correlated", cycles=1)
    model.parameter("a", Beta(20, 80))
    model.parameter("b", Gamma.from_mean(1000, 200))
    model.correlate(("a", "b"), ((1.0, -0.7), (-0.7, 1.0)))
    drawn = model.inputs.draw(20_000, 4)
    ranks = [np.argsort(np.argsort(drawn[name])) for name in ("a", "b")]
    # Spearman's rank correlation of a Gaussian copula: 6 / pi * asin(rho / 2).
    assert np.corrcoef(ranks)[0, 1] == pytest.approx(6 / np.pi * np.arcsin(-0.35), abs=0.02)
    assert drawn["a"].mean() == pytest.approx(0.2, abs=0.002)
    assert drawn["b"].std() == pytest.approx(200, rel=0.03)


def test_shares_that_add_up_do_so_in_every_draw():
    model = Model("Shares", cycles=1)
    model.parameters_that_add_up(well=10, ill=30, dead=2)
    drawn = model.inputs.draw(1000, 1)
    assert sum(drawn.values()) == pytest.approx(np.ones(1000))
    assert drawn["ill"].mean() == pytest.approx(30 / 42, abs=0.01)


def sometimes_worth_something() -> Model:
    """A reward that is 0 in some draws, of moving and of staying, also by an amount that is a probability too."""
    model = Model("Sometimes", cycles=6, years=0.5, discount=0.03)
    model.parameter("kept_up", 0.0)
    model.state("Well", effect="0.8 * exp(-time)", cost="kept_up * (10 + time)")
    model.state("Ill", cost="kept_up * time / 10")
    model.transition("Well", "Ill", "kept_up * time / 10", cost="kept_up * time")
    model.strategy("One")
    return model


def test_what_is_worth_nothing_in_some_draws_is_worth_the_same_beside_others_and_alone():
    worths = np.array([0.0, 0.0, 0.25, 1.0])
    together = sometimes_worth_something().run({"kept_up": worths})
    for place, worth in enumerate(worths):
        alone = sometimes_worth_something().run({"kept_up": [worth]})
        for outcome, totals in alone.totals.items():
            assert np.array_equal(totals[0], together.totals[outcome][place]), outcome
    assert together.totals["cost"][0] == 0
    assert (together.totals["cost"][2:] > 0).all()


def test_places_that_share_a_rest_are_each_told_of_when_it_is_less_than_nothing():
    model = Model("Two alike", cycles=3, years=1)
    model.parameter("much", 0.2)
    for name in ("First", "Second", "Third"):
        model.state(name, cost=1)
    for source, target in (("First", "Second"), ("First", "Third"), ("Second", "First"), ("Second", "Third")):
        model.transition(source, target, "much")
    model.strategy("One")
    assert model.run().totals["cost"][0, 0] > 0
    with pytest.raises(BadModel, match=r"ways out of 'First' add up to 1.2 in draw 1, cycle 0"):
        model.run({"much": [0.2, 0.6]})
