"""A desk answers short questions at once, says how far a long one is, and works for nobody who has gone."""

import io
import json
import threading
import time

from glimmer.evidence.desk import Desk, serve
from glimmer.vocabulary.problems import BadInput


def asked_until_answered(desk, asked):
    for _ in range(200):
        said = desk.ask(asked)
        if said.get("state") != "working":
            return said
    raise AssertionError("It was never answered.")


def test_short_question_is_answered_at_once_and_kept():
    worked = []

    def work(asked, _told):
        worked.append(asked)
        return {"double": 2 * asked["number"]}

    desk = Desk(work)
    for _ in range(3):
        assert desk.ask({"number": 21}) == {"state": "answered", "answer": {"double": 42}}
    assert worked == [{"number": 21}]


def test_long_question_says_how_far_it_is_and_others_wait_in_order():
    go_on, told_half = threading.Event(), threading.Event()

    def work(asked, told):
        if asked["number"] == 1:
            told(1, 2)
            told_half.set()
            assert go_on.wait(10)
        return asked

    desk = Desk(work, wait_seconds=0.05)
    desk.ask({"number": 1})
    assert told_half.wait(10)
    assert desk.ask({"number": 1}) == {"state": "working", "done": 0.5, "before": 0}
    assert desk.ask({"number": 2}) == {"state": "working", "done": 0.0, "before": 1}
    assert desk.ask({"number": 3})["before"] == 2
    go_on.set()
    assert asked_until_answered(desk, {"number": 3})["answer"] == {"number": 3}


def test_refusal_and_fault_are_sentences_and_both_are_tried_again():
    times = []

    def work(asked, _told):
        times.append(asked)
        if asked["how"] == "refused":
            raise BadInput("A clinic without a chair treats nobody. Type at least one.")
        raise ZeroDivisionError

    desk = Desk(work)
    for _ in range(2):
        refused = asked_until_answered(desk, {"how": "refused"})
        assert refused == {"state": "refused", "says": "A clinic without a chair treats nobody. Type at least one."}
        broken = asked_until_answered(desk, {"how": "broken"})
        assert (broken["state"], broken["failed_by"]) == ("refused", "ZeroDivisionError")
        assert "tell the person who runs Glimmer" in broken["says"]
    assert times.count({"how": "refused"}) == 2
    assert times.count({"how": "broken"}) == 2


def test_question_that_nobody_asks_for_any_more_is_given_up():
    gave_up = threading.Event()

    def work(asked, told):
        if asked["number"] != 1:
            return asked
        try:
            while True:
                time.sleep(0.01)
                told(0, 1)
        except Exception:
            gave_up.set()
            raise

    desk = Desk(work, wait_seconds=0.05, forgotten=0.2)
    assert desk.ask({"number": 1})["state"] == "working"
    assert gave_up.wait(10)
    assert asked_until_answered(desk, {"number": 2})["answer"] == {"number": 2}


def test_serving_begins_with_ready_and_says_one_line_for_each_line():
    heard = io.StringIO()
    serve(io.StringIO('{"a": 1}\nno json\n{"a": 2}\n'), heard, lambda asked, _told: {"got": asked["a"]})
    said = [json.loads(line) for line in heard.getvalue().splitlines()]
    assert said[0] == {"state": "ready"}
    assert said[1] == {"state": "answered", "answer": {"got": 1}}
    assert said[2] == {"failed": "JSONDecodeError"}
    assert said[3]["answer"] == {"got": 2}


def test_answer_that_is_no_json_is_a_failure_and_not_an_end():
    heard = io.StringIO()
    serve(io.StringIO('{"a": 1}\n{"a": 2}\n'), heard, lambda asked, _told: {"got": float("nan")})
    said = [json.loads(line) for line in heard.getvalue().splitlines()]
    assert said[1:] == [{"failed": "ValueError"}] * 2
