"""The process of the kinetic model: whatever becomes of it, whoever asked gets an answer or a reason in seconds."""

import sys
import threading
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


def asked_until_ready(process: PredictionProcess, asked: dict[str, Any]) -> Any:
    """Ask again while the worker is only starting, as an open page does."""
    for _ in range(200):
        try:
            return process.ask(asked)
        except NoPrediction as problem:
            if "not ready yet" not in str(problem):
                raise
    raise AssertionError("It never became ready.")


def test_process_that_is_silent_is_ended_in_time_and_the_next_question_starts_another(made: Any) -> None:
    process = made(READY + "sys.stdin.readline()\ntime.sleep(60)", patience=0.3)
    with pytest.raises(NoPrediction, match="in time"):
        asked_until_ready(process, {})
    assert process._process is None
    process._command = (sys.executable, "-c", ECHO)
    assert asked_until_ready(process, {"again": 1}) == {"got": {"again": 1}}


def test_slow_start_holds_nobody_up_and_goes_on(made: Any) -> None:
    process = made("import time; time.sleep(1.5)\n" + ECHO, patience=0.2)
    began = time.monotonic()
    with pytest.raises(NoPrediction, match="not ready yet"):
        process.ask({})
    assert time.monotonic() - began < 1.5
    started = process._process.pid
    assert asked_until_ready(process, {"a": 1}) == {"got": {"a": 1}}
    assert process._process.pid == started


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


def test_whoever_waits_for_a_model_that_hangs_is_let_go_when_the_server_stops(made: Any) -> None:
    process = made(READY + "sys.stdin.readline()\ntime.sleep(60)", patience=30)
    said: list[str] = []

    def ask() -> None:
        try:
            process.ask({})
        except NoPrediction as problem:
            said.append(str(problem))

    # The second waits for the first.
    waiting = [threading.Thread(target=ask) for _ in range(2)]
    for one in waiting:
        one.start()
    for _ in range(500):
        if process._is_ready:
            break
        time.sleep(0.02)
    began = time.monotonic()
    process.end()
    for one in waiting:
        one.join(timeout=10)
    assert time.monotonic() - began < 5
    assert sorted(said) == ["The model could not be started a moment ago.", "The model's process has ended."]
    assert process._process is None


def test_long_question_to_a_worker_that_does_not_read_holds_nobody(made: Any) -> None:
    process = made(READY + "time.sleep(20)", patience=1.0)
    # More than a pipe holds.
    asked = {"doses": [[0, 1, 1.0]] * 50_000}
    began = time.monotonic()
    with pytest.raises(NoPrediction, match="has ended"):
        asked_until_ready(process, asked)
    assert time.monotonic() - began < 10
    assert process._process is None


def test_busy_model_and_slow_start_share_one_time(made: Any) -> None:
    process = made("import time; time.sleep(30)", patience=0.6)
    process._lock.acquire()
    threading.Timer(0.4, process._lock.release).start()
    began = time.monotonic()
    with pytest.raises(NoPrediction, match="not ready yet"):
        process.ask({})
    assert time.monotonic() - began < 0.95


def test_failure_of_the_model_names_its_kind_and_nothing_of_the_question(made: Any) -> None:
    process = made(READY + 'for line in sys.stdin: print(json.dumps({"failed": "KeyError"}), flush=True)')
    with pytest.raises(NoPrediction, match=r"^The model failed \(KeyError\)\.$"):
        process.ask({"weight_kg": 70})


def test_engine_itself_answers_from_its_own_process() -> None:
    process = PredictionProcess()
    asked = {"kind": "levels", "drug": "racemic", "weight_kg": 70, "age_years": 42, "doses": [[0, 2400, 35.0]]}
    try:
        found = asked_until_ready(process, {**asked, "until_min": 60})
    finally:
        process.close()
    assert found["typical"][40] == pytest.approx(160.2, abs=0.1)


def test_worker_that_takes_minutes_to_start_keeps_nobody_waiting_and_answers_once_it_is_ready() -> None:
    script = f"import time; time.sleep(2)\n{ECHO}"
    process = PredictionProcess((sys.executable, "-c", script), start_seconds=60, patience=20, waits_for_start=False)
    try:
        asked_at = time.monotonic()
        with pytest.raises(NoPrediction, match="not ready yet"):
            process.ask({"a": 1})
        first = process._process.pid
        assert time.monotonic() - asked_at < 10
        while True:
            try:
                assert process.ask({"b": 2}) == {"got": {"b": 2}}
                break
            except NoPrediction:
                assert time.monotonic() - asked_at < 120
                time.sleep(0.2)
        assert process._process.pid == first
    finally:
        process.close()
