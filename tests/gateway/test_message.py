"""A message as a whole: whose it is, what may not be charted, and when it is the same message again."""

import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glimmer.gateway.framing import MllpDecoder, framed
from glimmer.gateway.message import Answer, PatientIdentifier, read_message

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FIRST_PATIENT, SECOND_PATIENT = "9990000018", "9990000026"


def vitals(patient: str, saturation: int, control_id: str = "1", processing: str = "P") -> bytes:
    """A message whose saturation says whose it is: the test below trusts that pairing."""
    return (
        f"MSH|^~\\&|MON-{patient}|WARD|||20261122120000+0000||ORU^R01^ORU_R01|{control_id}|{processing}|2.6|||AL|NE\r"
        f"PID|||{patient}^^^NHS^NH||Example^{patient}\r"
        f"OBR|1||1|69965^X^MDC|||20261122115959+0000\r"
        f"OBX|1|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.1.1.1|{saturation}|262688^MDC_DIM_PERCENT^MDC|||||R\r"
    ).encode()


def test_all_identifiers_are_kept_with_their_authority_and_type():
    raw = vitals(FIRST_PATIENT, 97).replace(b"^^^NHS^NH", b"^^^NHS&2.16.840&ISO^NH~77^^^CLINIC^MR~^^^EMPTY^XX")
    assert read_message(raw, NOW).identifiers == (
        PatientIdentifier(FIRST_PATIENT, "NHS", "NH"),
        PatientIdentifier("77", "CLINIC", "MR"),
    )


@pytest.mark.parametrize("again", ["PID|||9990000026^^^NHS^NH\r", "PID|||9990000018^^^NHS^NH\r"])
def test_message_with_two_patients_is_refused_whole(again):
    message = read_message(vitals(FIRST_PATIENT, 97) + again.encode(), NOW)
    assert message.readings == ()
    assert message.identifiers == ()
    assert message.rows == ()
    assert message.answer is Answer.REJECTED
    assert message.quarantine == (
        "One message holds two patients (PID), so it is not certain whose readings these are."
    )


def test_two_messages_in_one_frame_are_refused_whole():
    message = read_message(vitals(FIRST_PATIENT, 97) + vitals(SECOND_PATIENT, 88), NOW)
    assert message.readings == ()
    assert message.answer is Answer.REJECTED
    assert "two message headers (MSH)" in message.quarantine


def test_a_header_in_the_middle_of_a_line_means_that_two_messages_were_glued_together():
    # The first broke off behind its patient, the second lost its beginning and its own PID is damaged: what is left
    # would read as one whole message, with the first one's patient and the second one's values.
    first, second = vitals(FIRST_PATIENT, 98), vitals(SECOND_PATIENT, 97)
    cut = first.index(b"OBR|1") + 7
    message = read_message(first[:cut] + second.replace(b"PID", b"PD"), NOW)
    assert message.readings == ()
    assert message.answer is Answer.REJECTED
    assert "two message headers (MSH)" in message.quarantine


def test_message_without_a_patient_says_so():
    raw = b"\r".join(line for line in vitals(FIRST_PATIENT, 97).split(b"\r") if not line.startswith(b"PID"))
    message = read_message(raw, NOW)
    assert message.identifiers == ()
    assert message.problems == ("The message names no patient (it has no PID).",)


@pytest.mark.parametrize(("processing", "word"), [("T", "training"), ("D", "debugging")])
def test_training_message_is_stored_and_not_charted(processing, word):
    message = read_message(vitals(FIRST_PATIENT, 97, processing=processing), NOW)
    assert message.readings == ()
    assert message.answer is Answer.STORED
    assert word in message.quarantine


@pytest.mark.parametrize("kind", ["ADT^A01", "ORU^R99", "ORU", "QBP^Q22", ""])
def test_unknown_type_is_refused_with_the_reason(kind):
    message = read_message(vitals(FIRST_PATIENT, 97).replace(b"ORU^R01^ORU_R01", kind.encode()), NOW)
    assert message.answer is Answer.REJECTED
    assert message.readings == ()
    assert (f"the type {kind}" if kind else "no type") in message.quarantine


def test_message_without_control_id_is_refused():
    message = read_message(vitals(FIRST_PATIENT, 97, control_id=""), NOW)
    assert message.answer is Answer.REJECTED
    assert message.quarantine == "The message has no control id (MSH-10), so a repeat could not be told from a new one."


def test_unreadable_bytes_become_a_quarantined_message_and_no_exception():
    message = read_message(b"\x00\x01 not hl7", NOW)
    assert message.answer is Answer.REJECTED
    assert message.quarantine.startswith("The message does not begin with MSH")


def test_fragment_is_asked_for_again_and_reads_only_the_header():
    message = read_message(vitals(FIRST_PATIENT, 97), NOW, problem="The message broke off: its end never came.")
    assert (message.control_id, message.answer) == ("1", Answer.SEND_AGAIN)
    assert message.readings == ()
    assert message.identifiers == ()


def test_the_same_message_again_has_the_same_fingerprint():
    one, other = read_message(vitals(FIRST_PATIENT, 97), NOW), read_message(vitals(FIRST_PATIENT, 97), NOW)
    assert one.fingerprint == other.fingerprint != ""


def test_a_control_id_used_again_for_other_content_is_another_message():
    one, other = read_message(vitals(FIRST_PATIENT, 97), NOW), read_message(vitals(FIRST_PATIENT, 96), NOW)
    assert one.control_id == other.control_id
    assert one.fingerprint != other.fingerprint


def test_a_fragment_never_counts_as_seen_before():
    assert read_message(vitals(FIRST_PATIENT, 97), NOW, problem="broke off").fingerprint == ""
    assert read_message(b"junk", NOW).fingerprint == ""


EVEN_OF_FIRST, ODD_OF_SECOND = (80, 82, 84, 86, 88), (91, 93, 95, 97, 99)
NO_DIGITS = st.binary(min_size=1, max_size=8).map(lambda b: bytes(c for c in b if not 0x30 <= c <= 0x39))
FAULTS = [
    "none",
    "broke off",
    "no start",
    "no end",
    "mark inside",
    "junk inside",
    "byte lost",
    "sent twice",
    "junk after",
]


@st.composite
def troubled_streams(draw: st.DrawFn) -> tuple[bytes, list[int]]:
    """Messages of two patients, by turns and at random, with what really goes wrong on a line to a device.

    Digits are lost at most one at a time and never added, and even saturations are always the first patient's,
    so that a reading shows whose it is even after damage.
    """
    stream = bytearray()
    for number in range(draw(st.integers(1, 6))):
        saturation = draw(st.sampled_from(EVEN_OF_FIRST + ODD_OF_SECOND))
        patient = FIRST_PATIENT if saturation in EVEN_OF_FIRST else SECOND_PATIENT
        sent = bytearray(framed(vitals(patient, saturation, control_id=str(number))))
        at = draw(st.integers(1, len(sent) - 3))
        fault = draw(st.sampled_from(FAULTS))
        if fault == "broke off":
            del sent[at:]
        elif fault == "no start":
            del sent[0]
        elif fault == "no end":
            del sent[-2:]
        elif fault == "mark inside":
            sent[at:at] = draw(st.sampled_from([b"\x0b", b"\x1c", b"\x1c\r", b"\r", b"\n", b"|", b"^", b"~"]))
        elif fault == "junk inside":
            sent[at:at] = draw(NO_DIGITS)
        elif fault == "byte lost":
            del sent[at]
        elif fault == "sent twice":
            sent += bytes(sent)
        elif fault == "junk after":
            sent += draw(NO_DIGITS)
        stream += sent
    return bytes(stream), sorted(draw(st.lists(st.integers(0, len(stream)), max_size=10)))


@settings(max_examples=400, deadline=None)
@given(troubled_streams())
def test_whatever_happens_on_the_line_no_reading_lands_on_the_other_patient(case):
    stream, cuts = case
    decoder = MllpDecoder()
    places = [0, *cuts, len(stream)]
    frames = [f for a, b in itertools.pairwise(places) for f in decoder.feed(stream[a:b])]
    for frame in [*frames, *decoder.give_up()]:
        message = read_message(frame.data, NOW, problem=frame.problem)
        for reading in message.readings:
            owner = FIRST_PATIENT if int(reading.value) % 2 == 0 else SECOND_PATIENT
            other = SECOND_PATIENT if owner == FIRST_PATIENT else FIRST_PATIENT
            assert other not in {i.value for i in message.identifiers}, frame.data


@given(st.lists(st.sampled_from(EVEN_OF_FIRST + ODD_OF_SECOND), min_size=1, max_size=12), st.integers(1, 40))
def test_messages_of_many_patients_in_any_packets_are_all_read_for_the_right_one(saturations, packet):
    owners = [FIRST_PATIENT if s in EVEN_OF_FIRST else SECOND_PATIENT for s in saturations]
    stream = b"".join(framed(vitals(owner, s)) for owner, s in zip(owners, saturations, strict=True))
    decoder = MllpDecoder()
    frames = [f for at in range(0, len(stream), packet) for f in decoder.feed(stream[at : at + packet])]
    read = [read_message(f.data, NOW) for f in frames]
    assert [(m.identifiers[0].value, m.readings[0].value) for m in read] == list(zip(owners, saturations, strict=True))
