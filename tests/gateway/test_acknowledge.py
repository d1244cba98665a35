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


# HL7 v2.6 chapter 2, 2.9.2 and 2.9.3, table 0155. Both fields empty is the original mode: one application answer,
# always. Else MSH-15 asks for an accept and MSH-16 for an application answer: AL always, NE or nothing never, ER when
# it went wrong, SU when it went well. What is not accepted reaches no application, so there is never a second refusal.
ANSWERS = """
    15 16 | stored | refused | again
    -- -- | AA     | AR      | AE
    -- AL | AA     | AR      | AE
    -- NE |        |         |
    -- ER |        | AR      | AE
    -- SU | AA     |         |
    AL -- | CA     | CR      | CE
    AL AL | CA AA  | CR      | CE
    AL NE | CA     | CR      | CE
    AL ER | CA     | CR      | CE
    AL SU | CA AA  | CR      | CE
    NE -- |        |         |
    NE AL | AA     | AR      | AE
    NE NE |        |         |
    NE ER |        | AR      | AE
    NE SU | AA     |         |
    ER -- |        | CR      | CE
    ER AL | AA     | CR      | CE
    ER NE |        | CR      | CE
    ER ER |        | CR      | CE
    ER SU | AA     | CR      | CE
    SU -- | CA     |         |
    SU AL | CA AA  | AR      | AE
    SU NE | CA     |         |
    SU ER | CA     | AR      | AE
    SU SU | CA AA  |         |
"""
OUTCOMES = (Answer.STORED, Answer.REJECTED, Answer.SEND_AGAIN)


@pytest.mark.parametrize("row", ANSWERS.strip().splitlines()[1:])
def test_the_sender_chooses_which_answers_it_gets(row):
    modes, *expected = row.split("|")
    accept, application = (mode.strip("-") for mode in modes.split())
    assert [codes(accept, application, outcome) for outcome in OUTCOMES] == [cell.split() for cell in expected]
    assert [codes(accept.lower(), application, outcome) for outcome in OUTCOMES] == [cell.split() for cell in expected]


def test_the_table_has_every_combination():
    assert len(set(ANSWERS.strip().splitlines()[1:])) == 5 * 5


def test_a_code_that_nobody_knows_is_answered_rather_than_met_with_silence():
    assert codes("XX", "NE", Answer.STORED) == ["CA"]
    assert codes("NE", "XX", Answer.REJECTED) == ["AR"]


# Read in the files: MSH-15 and MSH-16 of each, and what kind of message it is.
REAL = {
    "draeger-acm-ACK_watchdog": [],
    "draeger-acm-PCD04_alarm": ["CA"],
    "draeger-acm-PCD04_watchdog": ["CA"],
    "draeger-acm-PCD05_alarm": [],
    "ihe-pcd01-acme-episodic-nibp-ucum": ["CA"],
    "ihe-pcd01-philips-physiological-monitor": ["CA"],
    "ihe-pcd03-accept-ack-missing-msa2": [],
    "ihe-pcd03-accept-ack": [],
    "ihe-pcd03-application-reject-RRG": [],
    "ihe-pcd03-infusion-order-dopamine": ["CR"],
    "ihe-pcd03-infusion-order-saline-rate": ["CR"],
    "ihe-pcd04-bbraun-occlusion-end": ["CA"],
    "ihe-pcd04-bbraun-occlusion-start": ["CA"],
    "ihe-pcd04-mindray-low-spo2-alarm-start": ["CA"],
    "ihe-pcd10-infusion-pump-delivery-start": ["CA"],
}


@pytest.mark.parametrize("file", sorted(shared_data("hl7").glob("*.hl7")), ids=lambda file: file.stem)
def test_every_published_sample_is_answered_as_it_asks_and_by_its_own_control_id(file):
    raw = file.read_bytes()
    message = read_message(raw, NOW)
    built = [parse(each) for each in answers(message, message.answer, message.quarantine, NOW)]
    assert [each.first("MSA").text(1) for each in built] == REAL[file.stem]
    sent = raw.split(b"|")[9].decode()
    assert all(each.first("MSA").raw(2) == sent for each in built)
    assert all((each.first("ERR") is None) == each.first("MSA").text(1).endswith("A") for each in built)


@pytest.mark.parametrize(
    "control_id", ["77", " 77 ", "a^b", "a&b", "a~b", r"a\F\b\S\c", r"a\b", "MSG-00-\u00e9", "0", "x" * 199]
)
def test_the_answer_repeats_the_control_id_letter_by_letter(control_id):
    raw = f"MSH|^~\\&|MON|WARD|||20261122||ORU^R01^ORU_R01|{control_id}|P|2.6".encode()
    (answer,) = answers(read_message(raw, NOW), Answer.STORED, "", NOW)
    assert parse(answer).first("MSA").raw(2) == control_id


def test_control_id_of_a_sender_with_other_separators_is_escaped_in_ours():
    raw = b"MSH#*~\\&#MON#WARD###20261122##ORU*R01*ORU_R01#7^7#P#2.6"
    (answer,) = answers(read_message(raw, NOW), Answer.STORED, "", NOW)
    assert parse(answer).first("MSA").text(2) == "7^7"


@pytest.mark.parametrize(
    ("version", "kind", "words_in_msa", "error"),
    [
        ("2.3", "ACK^A01", True, "^^^200&Unsupported message type&HL70357"),
        ("2.3.1", "ACK^A01", True, "^^^200&Unsupported message type&HL70357"),
        ("2.4", "ACK^A01^ACK", True, "^^^200&Unsupported message type&HL70357"),
        ("2.5", "ACK^A01^ACK", False, ""),
        ("2.5.1", "ACK^A01^ACK", False, ""),
        ("2.6", "ACK^A01^ACK", False, ""),
        ("", "ACK^A01^ACK", False, ""),
        ("two", "ACK^A01^ACK", False, ""),
    ],
)
def test_refusal_is_written_as_the_senders_version_has_it(version, kind, words_in_msa, error):
    raw = f"MSH|^~\\&|MON|WARD|||20261122||ADT^A01|77|P|{version}".encode()
    message = read_message(raw, NOW)
    answer = parse(answers(message, message.answer, message.quarantine, NOW)[0])
    assert answer.header.raw(9) == kind
    assert bool(answer.first("MSA").text(3)) == words_in_msa
    assert answer.first("ERR").raw(1) == error
    assert bool(answer.first("ERR").text(8)) != words_in_msa


@pytest.mark.parametrize(
    ("kind", "control_id", "more", "code"),
    [
        ("ADT^A01", "77", "", "200"),
        ("RGV^O15^RGV_O15", "77", "", "200"),
        ("ORU^R99", "77", "", "201"),
        ("ORU^R01", "", "", "101"),
        ("ORU^R01", "77", "\rPID|||1\rPID|||2", "100"),
    ],
)
def test_the_error_code_is_that_of_table_0357(kind, control_id, more, code):
    raw = f"MSH|^~\\&|MON|WARD|||20261122||{kind}|{control_id}|P|2.6{more}".encode()
    message = read_message(raw, NOW)
    (answer,) = answers(message, message.answer, message.quarantine, NOW)
    assert parse(answer).first("ERR").text(3) == code
    assert parse(answer).first("ERR").text(8) == message.quarantine


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
