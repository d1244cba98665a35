"""Levers answer at once what a full run of the clinic's model says, and show nothing without its uncertainty."""

import io
import json

import numpy as np
import pytest

from glimmer.evidence.economics import levers, worker
from glimmer.evidence.economics.clinic.decision import clinic_model
from glimmer.evidence.economics.clinic.inputs import parse_inputs
from glimmer.evidence.economics.clinic.question import Question
from glimmer.evidence.economics.levers import INTERVAL, SEED, SESSIONS, Levers, answer, outcomes_at, prepare

DRAWS = 12


@pytest.fixture(scope="module")
def prepared():
    return prepare(draws=DRAWS)


def full_run(at: Levers):
    """Run the whole model where the levers stand, over the same draws."""
    filled = {name: {"value": price} for name, price in at.prices.items() if name in levers.ASKED_PRICES}
    model = clinic_model(Question(inputs=parse_inputs(filled)))
    values = model.inputs.draw(DRAWS, SEED)
    scale = values["relapse_scale_ketamine_days"] * at.danger ** (-1 / values["relapse_shape_ketamine"])
    moved = {**values, "relapse_scale_ketamine_days": scale, INTERVAL: np.full(DRAWS, at.interval_days)}
    moved |= {name: np.full(DRAWS, price) for name, price in at.prices.items()}
    return model.run(moved)


@pytest.mark.parametrize(
    "at",
    [
        Levers({}, 1.0, 28.0, 100),
        Levers({"session_price": 90.0, "esketamine_device_price": 20.0}, 0.63, 10.0, 100),
        Levers({"session_price": 400.0, "ect_session": 450.0, "rtms_session": 80.0}, 1.7, 49.0, 100),
    ],
)
def test_levers_give_what_a_full_run_gives_in_every_draw(prepared, at):
    found, sessions = outcomes_at(prepared, at)
    full = full_run(at)
    assert found.strategies == full.strategies
    # Prices and the interval are exact; along the danger of relapse a polynomial is within pence and minutes.
    np.testing.assert_allclose(found.costs, full.total("cost"), atol=0.5)
    np.testing.assert_allclose(found.effects, full.total("effect"), atol=1e-5)
    np.testing.assert_allclose(sessions, full.total(SESSIONS), atol=5e-3)


def test_at_a_run_itself_nothing_is_interpolated(prepared):
    at = Levers({}, float(levers.dangers()[2]), 7.0, 1)
    np.testing.assert_allclose(outcomes_at(prepared, at)[0].costs, full_run(at).total("cost"), rtol=1e-10)


def test_strategy_without_a_price_is_left_out_and_asked_for(prepared):
    said = answer(prepared, Levers({}, 1.0, 28.0, 100))
    assert "ect" not in {row["name"] for row in said["strategies"]}
    assert {one["name"] for one in said["missing"]} == {"ect_session", "rtms_session"}
    filled = answer(prepared, Levers({"ect_session": 400.0}, 1.0, 28.0, 100))
    assert {"ect", "iv_then_ect"} <= {row["name"] for row in filled["strategies"]}
    assert {one["name"] for one in filled["missing"]} == {"rtms_session"}


def test_every_increment_has_its_interval_and_every_threshold_its_chances(prepared):
    said = answer(prepared, Levers({}, 1.0, 28.0, 100))
    assert said["thresholds"] == [13_000, 20_000, 25_000, 30_000, 35_000]
    for place in range(5):
        assert sum(row["best"][place] for row in said["strategies"]) == pytest.approx(1)
    for row in said["strategies"]:
        if not row["is_reference"]:
            for mean, low, high in (row["cost"], row["effect"], *row["net_health"]):
                assert low <= mean <= high
    assert "icer" not in json.dumps(said)


def test_sums_for_a_year_are_those_of_a_person_times_people(prepared):
    one, many = (answer(prepared, Levers({}, 1.0, 28.0, people))["strategies"][2] for people in (1, 250))
    assert many["year_cost"] == pytest.approx([250 * value for value in one["cost"]])
    assert many["year_sessions"] == pytest.approx(250 * one["year_sessions"])


def test_worker_answers_line_by_line_and_survives_nonsense():
    questions = io.StringIO('{"prices": {}, "danger": 1, "interval_days": 28, "people": 10}\n{"prices": 1}\n')
    answers = io.StringIO()
    worker.serve(questions, answers, draws=2)
    ready, good, bad = (json.loads(line) for line in answers.getvalue().splitlines())
    assert ready == {"state": "ready"}
    assert good["draws"] == 2
    assert set(bad) == {"failed"}
