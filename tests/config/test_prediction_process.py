"""The process of the kinetic model: whatever becomes of it, whoever asked gets an answer or a reason in seconds."""

import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from glimmer.config import prediction_process
from glimmer.config.prediction_process import NoPrediction, PredictionProcess

READY = 'import sys, json, time\nprint(json.dumps({"state": "ready"}), flush=True)\n'
ECHO = READY + 'for line in sys.stdin: print(json.dumps({"got": json.loads(line)}), flush=True)'


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Start workers of a script each, and end them."""
    found: list[PredictionProcess] = []

    def make(script: str, patience: float = 5.0) -> PredictionProcess:
        figure = type("Figure", (), {"value": patience})
        monkeypatch.setattr(prediction_process, "figure", lambda *_: figure)
        found.append(PredictionProcess((sys.executable, "-c", script), start_seconds=10))
        return found[-1]

    yield make
    for one in found:
        one.close()


def test_questions_are_answered_by_one_process(made: Any) -> None:
    process = made(ECHO)
    assert process.ask({"a": 1}) == {"got": {"a": 1}}
    first = process._process.pid
    assert process.ask({"b": 2}) == {"got": {"b": 2}}
    assert process._process.pid == first


def test_process_that_is_silent_is_ended_in_time_and_the_next_question_starts_another(made: Any) -> None:
    process = made(READY + "sys.stdin.readline()\ntime.sleep(60)", patience=0.3)
    began = time.monotonic()
    with pytest.raises(NoPrediction, match="in time"):
        process.ask({})
    assert time.monotonic() - began < 8
    assert process._process is None
    process._command = (sys.executable, "-c", ECHO)
    assert process.ask({"again": 1}) == {"got": {"again": 1}}


@pytest.mark.parametrize(
    "script", ["raise SystemExit(3)", "print('no json', flush=True)", READY + "sys.stdin.readline(); sys.exit(1)"]
)
def test_process_that_dies_or_talks_nonsense_is_a_reason(made: Any, script: str) -> None:
    with pytest.raises(NoPrediction):
        made(script).ask({})


def test_process_that_cannot_start_is_not_tried_again_at_once(made: Any) -> None:
    process = made("raise SystemExit(3)")
    for says in ("ended", "a moment ago"):
        with pytest.raises(NoPrediction, match=says):
            process.ask({})


def test_failure_of_the_model_names_its_kind_and_nothing_of_the_question(made: Any) -> None:
    process = made(READY + 'for line in sys.stdin: print(json.dumps({"failed": "KeyError"}), flush=True)')
    with pytest.raises(NoPrediction, match=r"^The model failed \(KeyError\)\.$"):
        process.ask({"weight_kg": 70})
