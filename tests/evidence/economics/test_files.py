"""A model in a file says the same as one in Python; a file that is wrong says where."""

from pathlib import Path

import numpy as np
import pytest

from glimmer.evidence.economics.cohort import by_subgroup
from glimmer.evidence.economics.expressions import BadModel
from glimmer.evidence.economics.files import read_model
from glimmer.evidence.economics.inputs import Gamma
from glimmer.evidence.economics.model import Model
from tests.evidence.economics.sick_sicker import sick_sicker
from tests.support.shared_data import shared_data

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples" / "economics"


def written(tmp_path, text: str, name: str = "model.toml") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


SMALL = """
title = "Small"
cycles = 10
[parameters]
p = 0.1
[states.Well]
effect = 1
[states.Ill]
[[transitions]]
from = "Well"
to = "Ill"
probability = "p"
[strategies.One]
"""


def test_toml_gives_the_same_figures_as_python():
    read, made = read_model(EXAMPLES / "sick_sicker.toml").run(), sick_sicker().run()
    assert np.array_equal(read.total("cost"), made.total("cost"))
    assert np.array_equal(read.total("effect"), made.total("effect"))


def test_the_python_example_runs_and_maintenance_keeps_people_well():
    run = read_model(EXAMPLES / "relapse.py").run(draws=200, seed=1)
    effect = run.total("effect").mean(axis=0)
    assert effect[0] < effect[1] < effect[2]


def test_a_life_table_is_read_from_a_csv_beside_the_model(tmp_path):
    table = shared_data("economics", "sicksicker_lifetable_usa2015_total_25_99.csv")
    text = f"""
title = "Life table"
cycles = 5
[settings]
start_age = 25
counting = "start"
discount_effects = 0.0
[tables.mortality]
csv = "{table}"
at = "Age"
values = "Total"
[states.Alive]
effect = 1
[states.Dead]
[[transitions]]
from = "Alive"
to = "Dead"
probability = "rate_to_probability(mortality(age))"
[strategies.One]
"""
    rates = [float(line.split(",")[1]) for line in table.read_text().splitlines()[1:5]]
    alive = np.exp(-np.concatenate([[0], np.cumsum(rates)]))
    assert read_model(written(tmp_path, text)).run().total("effect")[0, 0] == pytest.approx(alive.sum(), rel=1e-12)


def test_table_with_a_quote_that_is_never_closed_is_refused_in_words(tmp_path):
    written(tmp_path, 'at,values\n"' + "1,0.1\n" * 30_000, "rates.csv")
    table = '[tables.rates]\ncsv = "rates.csv"\nat = "at"\nvalues = "values"\n[states.Well]'
    with pytest.raises(BadModel, match=r"Table 'rates': rates\.csv is no CSV file"):
        read_model(written(tmp_path, SMALL.replace("[states.Well]", table)))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("p = 0.1", "q = 0.1"), r"model\.toml: transition Well -> Ill: 'p' needs 'p', which is not declared"),
        (('to = "Ill"', 'to = "Il"'), r"there is no state 'Il'\. Did you mean 'Ill'\?"),
        (
            ("p = 0.1", "p = { beta = { mean = 0.1, sd = 0.9 } }"),
            r"no share with the mean 0\.1 has a standard deviation of 0\.9",
        ),
        (("p = 0.1", "p = { beta = { mean = 0.1 } }"), r"Parameter 'p': beta needs alpha, beta or mean, sd"),
        (("cycles = 10", 'cycles = [[3, "7 moons"]]'), r"'7 moons' is no length"),
        (("cycles = 10", "cycles = 10\nhorizon = 3"), r"A model has no 'horizon'"),
        (("[states.Ill]", "[states.Ill]\ntunel = 3"), r"state 'Ill'"),
        (('probability = "p"', 'probability = "p + "'), r"'p \+' is no expression"),
        (
            ('probability = "p"', "probability = \"__import__('os')\""),
            r"names do not begin with an underscore|not a number",
        ),
        (('probability = "p"', 'probability = "p.real"'), r"Attribute is not understood"),
        (("[strategies.One]", "[strategies.One]\nset = { x = 1 }"), r"Strategy 'One' sets 'x', which is not declared"),
        (("[strategies.One]", ""), r"at least one state and one strategy"),
        (("p = 0.1", "p = 0.1\ncycle = 3"), r"'cycle' already means something"),
        (("title =", "title"), r"is not valid TOML"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path, change, says):
    assert change[0] in SMALL
    with pytest.raises(BadModel, match=says):
        read_model(written(tmp_path, SMALL.replace(*change)))


def test_a_python_file_without_a_model_says_so(tmp_path):
    with pytest.raises(BadModel, match="must leave a Model in a variable called model"):
        read_model(written(tmp_path, "model = 3", "m.py"))
    with pytest.raises(BadModel, match="could not be run: ZeroDivisionError"):
        read_model(written(tmp_path, "1 / 0", "m.py"))
    with pytest.raises(BadModel, match=r"is a \.toml or a \.py file"):
        read_model(written(tmp_path, "", "m.txt"))


def test_a_circle_of_values_is_named():
    model = Model("Circle", cycles=1)
    model.value("a", "b + 1")
    model.value("b", "a + 1")
    model.state("A", cost="a")
    model.strategy("One")
    with pytest.raises(BadModel, match="a -> b -> a goes round in a circle"):
        model.run()


def test_a_strategy_may_refer_to_what_it_replaces():
    model = Model("Cheaper", cycles=1, discount=0.0)
    model.parameter("price", 100)
    model.value("dose", "2")
    model.value("bill", "price * dose")
    model.state("A", cost="bill")
    model.strategy("Full")
    model.strategy("Rebate", price="price * 0.5", dose="dose + 1")
    assert model.run().total("cost")[0] == pytest.approx([200, 150])
    assert model.with_values(price="price * 2").run().total("cost")[0] == pytest.approx([400, 300])
    assert model.with_values(price=10).run().total("cost")[0] == pytest.approx([20, 15])


def test_subgroups_differ_by_what_is_said_and_add_up_by_their_shares():
    model = Model("Two groups", cycles=2, discount=0.0, counting="start", start_age=40)
    model.parameter("price", Gamma.from_mean(100, 10))
    model.value("dose", 1)
    model.state("A", cost="price * dose", effect="age / 100")
    model.strategy("One")
    model.subgroup("light", 0.75)
    model.subgroup("heavy", 0.25, start_age=60, dose=3)
    found = by_subgroup(model, draws=50, seed=1)
    assert found["heavy"].total("cost") == pytest.approx(3 * found["light"].total("cost"))
    assert found[""].total("cost") == pytest.approx(1.5 * found["light"].total("cost"))
    assert found["heavy"].total("effect")[0, 0] == pytest.approx(0.6 + 0.61)


def test_shares_of_subgroups_must_add_up():
    model = sick_sicker()
    model.subgroup("some", 0.4)
    with pytest.raises(BadModel, match=r"add up to 0\.4, and not to 1"):
        by_subgroup(model)
