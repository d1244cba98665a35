"""What is declared wrongly is refused in one sentence that names it, and nothing wrong is ever answered in silence."""

import copy
import itertools
import tomllib
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from glimmer.cli.main import app
from glimmer.evidence.economics import Beta, Gamma, LogNormal, Model, Normal, trace
from glimmer.evidence.economics.cohort import run
from glimmer.evidence.economics.expressions import BadModel, expression
from glimmer.evidence.economics.files import model_of, read_model
from glimmer.evidence.economics.partitioned import PartitionedModel

WHOLE = """
title = "Everything that a file can say"
cycles = [[3, "7 days"], [2, 1]]
[settings]
start_age = 25
[parameters]
p_ill = { beta = { mean = 0.1, sd = 0.01 }, note = "a note" }
price = 100
hr = { lognormal = { low = 0.5, high = 0.9, level = 0.9 } }
drawn = { drawn = { values = [1, 2, 3] } }
[[shares]]
one = 3
other = 4
[[correlations]]
names = ["p_ill", "hr"]
matrix = [[1, 0.5], [0.5, 1]]
[tables.mortality]
at = [0, 30]
values = [0.01, 0.02]
linear = true
[values]
p_die = "mortality(age)"
[states.Well]
cost = "price"
effect = 1
tunnel = 3
in_lines = true
[states.Ill]
others = { days = 3 }
per = "year"
[states.Dead]
[start]
Well = 0.5
Ill = "0.5"
[[transitions]]
from = "Well"
to = "Ill"
probability = "p_ill * one"
cost = 4
[[transitions]]
from = "Well"
to = "Well"
probability = 0.1
next_line = true
last = "Ill"
[[transitions]]
from = "Ill"
to = "Dead"
probability = "p_die"
[[rewards]]
outcome = "visits"
amount = 2
entry = "Ill"
[[events]]
name = "crises"
state = "Ill"
rate = 2
cost = 5
[outcomes]
visits = { discount = 0.03 }
[treatments.Drug]
price = 5
[strategies.One]
sequence = ["Drug", "Drug"]
set = { p_die = "p_die * 2" }
[strategies.Two]
[subgroups.all]
share = 1.0
start_age = 30
set = { price = 3 }
"""
ABSENT = object()
WRONG = (ABSENT, "abc", "", 3, -1, True, float("nan"), float("inf"), [], ["x"], {}, {"x": 1}, [[3, "a"]], "1/0", 10**30)


def places(said, at=()):
    if at:
        yield at
    for key in said if isinstance(said, dict) else range(len(said)) if isinstance(said, list) else ():
        yield from places(said[key], (*at, key))


def changed(said, at, wrong):
    other = copy.deepcopy(said)
    inner = other
    for key in at[:-1]:
        inner = inner[key]
    if wrong is ABSENT:
        del inner[at[-1]]
    else:
        inner[at[-1]] = wrong
    return other


@pytest.mark.parametrize("at", list(places(tomllib.loads(WHOLE))), ids=lambda at: ".".join(map(str, at)))
def test_whatever_is_wrong_in_a_file_is_one_sentence_or_a_model_that_runs(at, tmp_path):
    said = tomllib.loads(WHOLE)
    for wrong in WRONG:
        try:
            model = model_of(changed(said, at, wrong), tmp_path)
            model.check()
            found = model.run(2, seed=1, workers=1)
        except BadModel as problem:
            assert len(str(problem)) < 400, problem  # noqa: PT017
            continue
        assert all(np.isfinite(values).all() for values in found.totals.values())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("+".join(["1"] * 20_000), "is no expression|nested too deeply"),
        ("+".join(["1"] * 150), "nested too deeply"),
        ("9" * 400, "is not a number"),
        ("1e999", "is not a number"),
        ("exp(1, 2)", "exp takes 1 values, and 2 are given"),
        ("where(time)", "where takes 3 values, and 1 are given"),
        ("min(1)", "min takes 2 or more values, and 1 are given"),
        ("rate_to_probability(1, 2, 3)", "takes 1 to 2 values, and 3 are given"),
    ],
)
def test_an_expression_that_cannot_be_is_refused_and_quoted_shortly(text, says):
    with pytest.raises(BadModel, match=says) as caught:
        expression(text)
    assert len(str(caught.value)) < 500


def test_the_least_of_three_is_the_least_and_changes_no_draw():
    # NumPy's minimum would write into its third argument.
    model = Model("Least", cycles=1, discount=0.0, counting="start")
    for name in ("a", "b", "c"):
        model.parameter(name, Normal(10, 3))
    model.state("A", cost="min(a, b, c)", effect="max(a, b, c, 5)")
    model.strategy("One")
    found, drawn = model.run(50, seed=3), model.inputs.draw(50, seed=3)
    three = np.stack([drawn[name] for name in ("a", "b", "c")])
    assert found.total("cost")[:, 0] == pytest.approx(three.min(axis=0))
    assert found.total("effect")[:, 0] == pytest.approx(np.maximum(three.max(axis=0), 5))
    assert all(np.array_equal(found.draws[name], drawn[name]) for name in drawn)


def small(**how) -> Model:
    model = Model("Small", **({"cycles": 4, "discount": 0.0} | how))
    model.parameter("price", 100)
    model.state("A", cost="price", effect=1)
    model.state("B")
    model.strategy("One")
    return model


def test_a_change_of_a_change_holds_for_both_and_a_number_replaces_all():
    model = small()
    twice = model.with_values(price="price * 2")
    assert twice.with_values(price="price * 3").run().total("cost")[0, 0] == pytest.approx(4 * 600)
    assert twice.with_values(price=5).run().total("cost")[0, 0] == pytest.approx(4 * 5)
    assert twice.with_values(price=Gamma(7, 1)).run().total("cost")[0, 0] == pytest.approx(4 * 7)


def test_shares_who_start_are_not_negative_and_the_draw_is_named_beyond_the_first_block():
    model = small()
    model.start(A="price", B="1 - price")
    prices = np.full(25_000, 0.5)
    prices[20_001] = 1.5
    with pytest.raises(BadModel, match=r"strategy 'One': people start 1.5 in 'A', -0.5 in 'B' in draw 20001"):
        model.run({"price": prices}, workers=1)


def test_a_wrong_probability_names_its_own_transition_where_another_has_the_same_text():
    model = small()
    model.state("C")
    model.start(B=1)
    model.parameter("p", 1.2)
    model.transition("A", "C", "p")
    model.transition("B", "C", "p")
    with pytest.raises(BadModel, match=r"strategy 'One', transition B -> C: the probability 'p' is 1.2 out of 'B'"):
        model.run()


def test_what_starts_is_worth_what_holds_at_the_start_whatever_follows():
    model = small(cycles=[(1, 1.0), (3, 0.1)])
    model.reward("entries", "100 * length", target="A")
    assert model.run().total("entries")[0, 0] == pytest.approx(100)


@pytest.mark.parametrize("counting", ["half_cycle", "simpson", "start", "end", "life_table"])
@pytest.mark.parametrize("cycles", [[(2, 1.0), (6, 0.25)], [(6, 0.25), (2, 1.0)]])
def test_a_move_between_short_and_long_cycles_is_counted_once(counting, cycles):
    # As in a grid of equal cycles: one who moves is one (2/3 or 4/3 by Simpson's weights), however long the cycles are.
    def moves(grid, move):
        model = small(cycles=grid, flows="counted", counting=counting)
        model.transition("A", "B", f"1 if cycle == {move} else 0")
        model.reward("moves", 1, source="A", target="B")
        return model.run().total("moves")[0, 0]

    boundary = cycles[0][0] - 1
    assert moves(cycles, boundary) == pytest.approx(2 / 3 if counting == "simpson" else 1)
    assert moves(cycles, boundary) <= 4 / 3


def test_costs_per_cycle_are_refused_where_half_of_a_short_cycle_would_be_half_of_a_long_one():
    model = small(cycles=[(12, 7 / 365.25), (5, 1.0)])
    model.reward("cost.visit", 100, state="A", per="cycle")
    with pytest.raises(BadModel, match=r"cost.visit of 'A' is per cycle, and cycles differ in length"):
        model.run()
    for counting in ("start", "end", "life_table"):
        assert model.with_settings(counting=counting).run().totals["cost.visit"][0, 0] == pytest.approx(1700)


def test_a_model_that_is_no_cohort_is_not_walked_as_one():
    model = PartitionedModel("Curves", cycles=400, years=0.05, discount=0.0)
    model.state("Alive", cost=1, effect=1)
    model.state("Dead")
    model.survival("Alive", "exp(-0.5 * time)")
    model.strategy("One")
    model.subgroup("all", 1.0)
    from glimmer.evidence.economics.cohort import by_subgroup, evaluator

    # The integral of exp(-t / 2) over 20 years.
    years = 2 * (1 - np.exp(-10))
    assert by_subgroup(model)[""].total("effect")[0, 0] == pytest.approx(years, rel=1e-4)
    assert evaluator(model)({}).effects[0, 0] == pytest.approx(years, rel=1e-4)
    with pytest.raises(BadModel, match="Curves is a PartitionedModel, and not walked as a cohort"):
        run(model)


def test_time_in_states_of_all_is_that_of_the_subgroups_by_their_shares():
    from glimmer.evidence.economics.cohort import by_subgroup

    model = small()
    model.value("p", 0)
    model.transition("A", "B", "p")
    model.subgroup("stay", 0.25)
    model.subgroup("go", 0.75, p=0.5)
    found = by_subgroup(model, residence=True)
    expected = 0.25 * found["stay"].years["A"] + 0.75 * found["go"].years["A"]
    assert found[""].years["A"] == pytest.approx(expected)


def test_values_that_stand_on_one_another_by_many_ways_are_worked_out_once():
    # Fibonacci's numbers: without memory, the 60th takes more than 10^12 steps.
    model = small()
    model.value("v0", 0)
    model.value("v1", 1)
    for number in range(2, 61):
        model.value(f"v{number}", f"v{number - 1} + v{number - 2}")
    model.reward("fibonacci", "v60", state="A")
    assert model.run().total("fibonacci")[0, 0] == pytest.approx(4 * 1548008755920)
    for number in range(61, 600):
        model.value(f"v{number}", f"v{number - 1} + 1")
    with pytest.raises(BadModel, match="more than 100 values stand on one another"):
        model.with_values(price="v599").run()


def test_correlated_draws_do_not_depend_on_the_order_of_names_or_on_how_many_there_are():
    of = {("a", "b"): 0.5, ("a", "c"): 0.2, ("b", "c"): -0.3}
    drawn = []
    for names, count in itertools.product((("a", "b", "c"), ("c", "a", "b")), (5, 2000)):
        model = small()
        for name in names:
            model.parameter(name, Normal(0, 1))
        rows = [[1.0 if x == y else of.get((x, y), of.get((y, x), 0.0)) for y in names] for x in names]
        model.correlate(names, rows)
        draws = model.inputs.draw(count, seed=4)
        drawn.append(np.stack([draws[name][:5] for name in "abc"]))
    assert all(one == pytest.approx(drawn[0], abs=1e-12) for one in drawn[1:])
    assert np.array_equal(drawn[0], drawn[1])
    assert np.array_equal(drawn[2], drawn[3])


@pytest.mark.parametrize(
    "make",
    [
        lambda: Beta.from_mean(0.5, -0.1),
        lambda: LogNormal.from_mean(1, -0.1),
        lambda: LogNormal.from_interval(1, 2, level=1.5),
        lambda: LogNormal.from_interval(1, 2, level=0),
        lambda: Normal(float("nan"), 1),
        lambda: Normal("a", 1),
        lambda: Gamma(float("inf"), 1),
        lambda: small().parameter("x", "abc"),
        lambda: small(discount=float("nan")),
        lambda: small(discount=3.5),
        lambda: small(cycles=10**9),
        lambda: small(cycles=[(3, float("inf"))]),
        lambda: small(cycles=[]),
        lambda: small().outcome("cost", 0.03),
        lambda: small().state("C", tunnel=1.5),
        lambda: small().run({"price": np.array([])}),
        lambda: small().run({"price": np.array([1.0, np.nan])}),
        lambda: trace(small(), "Two"),
    ],
)
def test_what_is_no_number_no_interval_and_no_grid_is_refused(make):
    with pytest.raises(BadModel):
        make()


def test_a_discount_rate_of_nothing_is_refused_with_the_name_that_was_meant():
    model = small()
    model.reward("visits", 1, state="A")
    model.outcome("visit", 0.03)
    with pytest.raises(BadModel, match=r"'visit', which nothing yields. Did you mean 'visits'\?"):
        model.check()


def test_a_table_asked_for_no_number_answers_none():
    model = small()
    model.table("step", [0, 1], [5, 6])
    model.reward("wrong", "step(log(0 - price))", state="A")
    with pytest.raises(BadModel, match="strategy 'One': wrong is nan in draw 0"):
        model.run()


def test_a_tunnel_longer_than_the_model_costs_no_more_than_the_model():
    def years(places):
        model = Model("Long", cycles=30, discount=0.0)
        model.state("A", effect=1, tunnel=places)
        model.state("B")
        model.transition("A", "B", "weibull_event(state_time, length, 0.5, 10)")
        model.strategy("One")
        return model.run().total("effect")[0, 0]

    assert years(10**9) == years(31)


def test_more_places_than_can_be_walked_are_refused():
    model = Model("Huge", cycles=20_000)
    model.state("A", effect=1, tunnel=20_000)
    model.strategy("One")
    with pytest.raises(BadModel, match="20,000 places"):
        model.run()


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"x = [" + b"[" * 5000, b"a" * 6_000_000, b'title = "x"\ncycles = "y"']
)
def test_the_command_answers_a_hostile_file_in_one_sentence(tmp_path: Path, content):
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    found = CliRunner().invoke(app, ["evidence", "run", str(path)])
    assert found.exit_code == 1
    assert isinstance(found.exception, SystemExit)
    assert "bad.toml" in found.output
    with pytest.raises(BadModel):
        read_model(tmp_path)


def test_the_command_runs_a_model_of_curves(tmp_path):
    path = tmp_path / "curves.py"
    path.write_text(
        "from glimmer.evidence.economics import PartitionedModel\n"
        'model = PartitionedModel("Curves", cycles=10)\n'
        'model.state("Alive", cost=1, effect=1)\n'
        'model.state("Dead")\n'
        'model.survival("Alive", "exp(-0.5 * time)")\n'
        'model.strategy("One")\n'
    )
    found = CliRunner().invoke(app, ["evidence", "run", str(path), "--draws", "0"])
    assert found.exit_code == 0, found.output
    found = CliRunner().invoke(app, ["evidence", "run", str(path), "--cluster", "tcp://localhost:1"])
    assert found.exit_code == 1
    assert "not on a cluster" in found.output
