"""The answers: which kind the sender asked for, and that an answer always names the message it answers."""

from datetime import UTC, datetime

import pytest

from glimmer.gateway.acknowledge import answers
from glimmer.gateway.hl7 import parse
from glimmer.gateway.message import Answer, read_message
from tests.support.shared_data import shared_data

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def codes(accept: str, application: str, answer: Answer, kind: str = "ORU^R01^ORU_R01") -> list[str]:
    raw = f"MSH|^~\\&|MON|WARD|||20261122||{kind}|77|P|2.6|||{accept}|{application}".encode()
    built = [parse(a) for a in answers(read_message(raw, NOW), answer, "why", NOW)]
    assert all(a.first("MSA").text(2) == "77" for a in built)
    return [a.first("MSA").text(1) for a in built]


@pytest.mark.parametrize(
    ("accept", "application", "stored", "rejected", "send_again"),
    [
        ("", "", ["AA"], ["AR"], ["AE"]),
        ("AL", "NE", ["CA"], ["CR"], ["CE"]),
        ("NE", "AL", ["AA"], ["AR"], ["AE"]),
        ("AL", "AL", ["CA", "AA"], ["CR"], ["CE"]),
        ("AL", "ER", ["CA"], ["CR"], ["CE"]),
        ("ER", "AL", ["AA"], ["CR"], ["CE"]),
        ("SU", "NE", ["CA"], [], []),
        ("NE", "NE", [], [], []),
        ("AL", "", ["CA"], ["CR"], ["CE"]),
    ],
)
def test_the_sender_chooses_which_answers_it_gets(accept, application, stored, rejected, send_again):
    assert codes(accept, application, Answer.STORED) == stored
    assert codes(accept, application, Answer.REJECTED) == rejected
    assert codes(accept, application, Answer.SEND_AGAIN) == send_again


@pytest.mark.parametrize(
    "name", ["draeger-acm-ACK_watchdog", "draeger-acm-PCD05_alarm", "ihe-pcd03-accept-ack-missing-msa2"]
)
def test_an_acknowledgement_is_never_acknowledged(name):
    message = read_message(shared_data("hl7", f"{name}.hl7").read_bytes(), NOW)
    for answer in Answer:
        assert answers(message, answer, "", NOW) == []


def test_answer_goes_back_to_the_sender_in_its_own_version_and_processing():
    raw = b"MSH|^~\\&|MON^1^L|WARD|US|HERE|20261122||ORU^R01^ORU_R01|77|T|2.5|||AL|NE"
    (answer,) = answers(read_message(raw, NOW), Answer.STORED, "", NOW)
    header = parse(answer).header
    assert (header.text(3), header.text(4), header.text(5), header.text(6)) == ("US", "HERE", "MON", "WARD")
    assert (header.text(9), header.text(9, 2), header.text(11), header.text(12)) == ("ACK", "R01", "T", "2.5")
    assert header.text(10) == "C-77"


@pytest.mark.parametrize(
    ("kind", "trigger"), [("ORU^R40^ORU_R40", "ORA^R41^ORA_R41"), ("RGV^O15^RGV_O15", "RRG^O16^RRG_O16")]
)
def test_alarms_and_orders_have_application_answers_of_their_own_type(kind, trigger):
    raw = f"MSH|^~\\&|MON|WARD|||20261122||{kind}|77|P|2.6|||NE|AL".encode()
    (answer,) = answers(read_message(raw, NOW), Answer.REJECTED, "no", NOW)
    assert parse(answer).header.raw(9) == trigger


def test_refusal_says_why_in_words():
    raw = b"MSH|^~\\&|MON|WARD|||20261122||ADT^A01|77|P|2.6"
    message = read_message(raw, NOW)
    (answer,) = answers(message, message.answer, message.quarantine, NOW)
    error = parse(answer).first("ERR")
    assert error.text(3) == "200"
    assert error.text(8) == (
        "The message has the type ADT^A01, which Glimmer does not take. It takes ORU^R01, ORU^R40 and ORU^R42."
    )


def test_control_id_with_separators_in_it_is_repeated_as_it_was_sent():
    raw = rb"MSH|^~\&|MON|WARD|||20261122||ORU^R01^ORU_R01|a\F\b\S\c|P|2.6"
    (answer,) = answers(read_message(raw, NOW), Answer.STORED, "", NOW)
    assert parse(answer).first("MSA").text(2) == "a|b^c"
