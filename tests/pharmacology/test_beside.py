"""What pages ask of the engine: exposure by exact sums, refusals in words, and a worker that proves itself first."""

import io
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from glimmer.guidance.kinetics import kinetic_model
from glimmer.pharmacology import beside, self_test
from glimmer.pharmacology.beside import answer
from glimmer.pharmacology.doses import Infusion
from glimmer.pharmacology.exposure import area_under, exposure_of
from glimmer.pharmacology.levels import levels
from glimmer.pharmacology.worker import READY, serve

ASKED = {"kind": "levels", "drug": "racemic", "weight_kg": 70, "age_years": 42, "doses": [[0, 2400, 35.0]]}


@pytest.mark.parametrize("model_id", ["kamp2020", "otto2021", "otto2021_racemic", "clements1981", "domino1984"])
def test_area_is_the_sum_under_the_curve(model_id: str) -> None:
    model, doses = kinetic_model(model_id), [Infusion(0, 2400, 35.0), Infusion(4000, 6000, 10.0)]
    minutes = np.arange(0, 60 * 24 * 20)
    curve = levels(model, 83.0, doses, minutes * 60)[0]
    assert area_under(model, 83.0, doses)[0] == pytest.approx(np.trapezoid(curve, minutes) / 60, rel=1e-3)


def test_area_is_the_dose_by_the_clearance() -> None:
    # 35 mg at 84 litres an hour.
    assert area_under(kinetic_model("kamp2020"), 70.0, [Infusion(0, 60, 35.0)])[0] == pytest.approx(35 / 84 * 1000)


def test_peak_is_the_highest_of_all_levels_and_its_band_holds_it() -> None:
    found = exposure_of(kinetic_model("otto2021"), 70.0, [Infusion(0, 2400, 35.0)])
    every = levels(kinetic_model("otto2021"), 70.0, [Infusion(0, 2400, 35.0)], range(0, 7200, 10))[0]
    assert found.peak == pytest.approx(every.max())
    assert found.peak_band[0] < found.peak < found.peak_band[-1]
    assert found.area_band[0] < found.area < found.area_band[-1]


def test_answer_names_models_and_holds_the_same_minutes_in_every_line() -> None:
    found = answer({**ASKED, "until_min": 120})
    assert (found["model"]["id"], found["second"]["id"]) == ("otto2021_racemic", "kamp2020")
    assert {len(found[name]) for name in ("minutes", "typical", "low", "high", "other")} == {121}
    assert found["typical"][0] == 0
    json.dumps(found)


@pytest.mark.parametrize("spoilt", ["kamp2020", "otto2021"])
def test_nothing_is_drawn_when_either_model_misses_its_reference_values(
    monkeypatch: pytest.MonkeyPatch, spoilt: str
) -> None:
    good = kinetic_model(spoilt)
    bad = replace(good, flows=(replace(good.flows[0], l_per_h=good.flows[0].l_per_h * 1.000001), *good.flows[1:]))
    monkeypatch.setattr(self_test, "kinetic_models", lambda: {spoilt: bad})
    self_test.self_test.cache_clear()
    try:
        found = answer({**ASKED, "until_min": 60})
    finally:
        self_test.self_test.cache_clear()
    assert "No curve of it is drawn" in found["refused"]
    assert "typical" not in found


def test_patient_outside_the_range_is_refused_in_words() -> None:
    found = answer({**ASKED, "weight_kg": 30, "until_min": 60})
    assert "weighs 30 kg" in found["refused"]


def test_worker_speaks_first_answers_each_line_and_survives_what_is_no_question() -> None:
    questions = [json.dumps({**ASKED, "until_min": 40}), "{", json.dumps({"kind": "dose"}), json.dumps(ASKED)]
    answers = io.StringIO()
    serve(io.StringIO("\n".join(questions) + "\n"), answers)
    ready, *said = [json.loads(line) for line in answers.getvalue().splitlines()]
    assert ready == {"state": READY, "faults": {}}
    assert said[0]["typical"][40] == pytest.approx(160.2, abs=0.1)
    assert [one.get("failed") for one in said[1:]] == ["JSONDecodeError", "KeyError", "KeyError"]


def test_engine_has_no_way_from_a_level_to_a_dose() -> None:
    kinds: Any = {"levels", "exposure"}
    for other in ("dose", "rate", "target", "solve"):
        with pytest.raises(KeyError):
            answer({**ASKED, "kind": other})
    assert all(answer({**ASKED, "kind": kind, "until_min": 40})["refused"] == "" for kind in kinds)
    assert not [name for name in dir(beside) if "target" in name]
