"""A message that is pieces of two, or has lost one: kept, and nothing of it charted."""

from datetime import UTC, datetime
from itertools import count

import pytest

from glimmer.gateway.message import Answer, DeviceMessage, read_message
from tests.support.shared_data import shared_data

NOW = datetime(2026, 7, 1, 12, 0, 5, tzinfo=UTC)
SPO2 = "NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.1.1.1|97|%"


def read(*body: str, profile: str = "") -> DeviceMessage:
    header = f"MSH|^~\\&|MON|WARD|||20260701120000+0000||ORU^R01^ORU_R01|42|P|2.6|||||||||{profile}"
    return read_message("\r".join([header, "PID|||9990000018^^^NHS^NH", *body]).encode(), NOW)


def rows(numbers: str) -> list[str]:
    """Lines by a pattern: "O" is an OBR, anything else the number of an OBX."""
    reports = count(1)
    return [
        f"OBR|{next(reports)}||1|X|||20260701120000+0000" if n == "O" else f"OBX|{n}|{SPO2}" for n in numbers.split(",")
    ]


# HL7 v2.6 chapter 7: OBX-1 numbers the rows; the samples of the IHE profile number them without a gap.
@pytest.mark.parametrize(
    ("numbers", "usual", "with_profile"),
    [
        ("O,1,2,3", True, True),
        ("O,1,2,O,1,2", True, True),
        ("O,1,2,O,3,4", True, True),
        ("O,1,O,1,O,1", True, True),
        ("O,,,", True, True),
        ("O,1,1,1", True, False),
        ("O,1,5,9", True, False),
        ("O,2,3", True, False),
        ("O,1,3", True, False),
        ("O,1,2,2", False, False),
        ("O,1,2,1,2", False, False),
        ("O,3,2,1", False, False),
        ("O,1,2,O,5,6", True, False),
    ],
)
def test_rows_that_do_not_follow_each_other_are_not_charted(numbers, usual, with_profile):
    for profile, whole in (("", usual), ("IHE_PCD_001^IHE PCD", with_profile)):
        message = read(*rows(numbers), profile=profile)
        assert bool(message.readings) == whole, profile
        assert ("not numbered one after another" in message.quarantine) != whole


def test_a_second_first_report_is_a_piece_of_another_message_where_the_profile_counts_them():
    body = [*rows("O,1,2"), *rows("O,1,2")]
    assert read(*body).readings
    assert "not numbered one after another" in read(*body, profile="PCD_DEC_001^IHE PCD").quarantine


def test_rows_without_a_report_are_no_whole_message_of_a_sender_that_follows_the_profile():
    assert read(*rows("1,2")).readings
    assert read(*rows("1,2"), profile="IHE_PCD_001^IHE PCD").readings == ()


def test_two_devices_in_one_place_of_a_message_are_pieces_of_two():
    place = "|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.0.0.0|97|%|||||R|||||||"
    same, two, apart = (
        [f"OBX|1|NM{place}MON-1", f"OBX|2|NM{where}MON-{device}"]
        for where, device in ((place, 1), (place, 2), (place.replace("1.0.0.0", "2.0.0.0"), 2))
    )
    assert [bool(read(rows("O")[0], *body).readings) for body in (same, two, apart)] == [True, False, True]
    assert read(rows("O")[0], *two).quarantine.startswith("Two devices stand in one place")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (["7^^^NHS^NH||Example", *rows("O,1")], "A line of the message is no segment"),
        (["PV1||O|A", "PV1||O|B", *rows("O,1")], "The visit (PV1) stands twice or below values"),
        ([*rows("O,1"), "PV1||O|B"], "The visit (PV1) stands twice or below values"),
    ],
)
def test_pieces_of_another_message_keep_all_of_it_off_the_chart(body, says):
    message = read(*body)
    assert message.quarantine.startswith(says)
    assert message.readings == ()
    assert message.answer is Answer.STORED


@pytest.mark.parametrize("padding", ["\r", "\r\n\r\n", "\r   ", "\r\x00\x00\x00", "\n\t"])
def test_what_a_device_fills_up_with_is_no_piece_of_anything(padding):
    assert read(*rows("O,1"), padding.lstrip("\r")).readings
    raw = "\r".join(["MSH|^~\\&|MON||||20260701120000||ORU^R01|42|P|2.6", *rows("O,1")]) + padding
    assert read_message(raw.encode(), NOW).readings


def test_every_published_sample_is_whole():
    for file in sorted(shared_data("hl7").glob("*.hl7")):
        message = read_message(file.read_bytes(), NOW)
        assert "piece" not in message.quarantine, file.name


@pytest.mark.parametrize("marks", ["^~\\5", ".~\\&", "^-\\&", "+~\\&", "^~0&"])
def test_separators_that_are_part_of_a_number_are_refused(marks):
    raw = f"MSH|{marks}|MON|WARD|||20260701120000+0000||ORU^R01|42|P|2.6\rOBX|1|{SPO2}".encode()
    assert "encoding characters" in read_message(raw, NOW).quarantine
