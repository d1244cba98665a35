"""What `glimmer gateway try` says of each segment, and of the answer."""

from datetime import UTC, datetime

import pytest

from glimmer.gateway.dialect import DialectBook
from glimmer.gateway.dialect_files import read_text, shipped
from glimmer.gateway.message import read_message
from glimmer.gateway.segments import Said, acknowledgement_of, segments_of
from glimmer.gateway.tryout import explain
from tests.support.shared_data import shared_data

NOW = datetime(2026, 7, 1, 12, 0, 5, tzinfo=UTC)
MESSAGE = (
    "MSH|^~\\&|MON|WARD|||20260701120000+0000||ORU^R01^ORU_R01|42|P|2.5|||ER|AL",
    "PID|||G1^^^CLINIC^MR~V7^^^CLINIC^VN",
    "PV1||O|Clinic^^Bay 3",
    "ORC|RE",
    "OBR|1||1|X|||20260701115900+0000",
    "OBX|1||69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|1.0.0.0",
    "OBX|2|NM|150021^MDC_PRESS_BLD_NONINV_SYS^MDC|1.1.1.1|16.0|kPa|||||R|||20260701115000+0000",
    "OBX|3|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.1.1.2|-999|%",
    "ZZZ|ours",
)


def told(*lines: str, book: DialectBook | None = None) -> dict[str, list[Said]]:
    raw = "\r".join(lines).encode()
    found: dict[str, list[Said]] = {}
    for said in segments_of(raw, read_message(raw, NOW, book=book), book=book):
        found.setdefault(said.segment, []).append(said)
    return found


def test_every_segment_is_told_in_its_order():
    raw = "\r".join(MESSAGE).encode()
    said = segments_of(raw, read_message(raw, NOW))
    assert [(one.number, one.segment) for one in said] == [(n, line[:3]) for n, line in enumerate(MESSAGE, start=1)]
    assert all(one.became for one in said)


def test_header_says_who_speaks_and_how_each_outcome_will_be_answered():
    (header,) = told(*MESSAGE)["MSH"]
    assert "ORU^R01 (vitals) from MON at WARD, control id 42, version 2.5" in header.became
    # MSH-15 ER: an accept answer only for bad news; MSH-16 AL: an application answer for good news.
    assert header.why == (
        "Answered in enhanced mode (MSH-15 ER, MSH-16 AL): AA once it is stored, CR when it is refused for good, "
        "CE when it could not be stored."
    )
    (plain,) = told(MESSAGE[0].replace("|||ER|AL", ""))["MSH"]
    assert plain.why.startswith("Answered in original mode (MSH-15 empty, MSH-16 empty): AA once")


def test_patient_says_which_numbers_can_name_somebody():
    (patient,) = told(*MESSAGE)["PID"]
    assert patient.became == (
        "G1 MR CLINIC (can name a patient), V7 VN CLINIC (names no patient: a visit, account or other)"
    )


def test_rows_say_what_was_sent_what_it_became_and_where_the_time_stood():
    heading, pressure, saturation = told(*MESSAGE)["OBX"]
    assert heading.became == "heading MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS"
    assert pressure.became == "Systolic blood pressure (cuff) 120.01 mm[Hg]"
    assert pressure.why == "Sent as 16.0 kPa of 150021; measured at 2026-07-01 11:50:00 UTC by OBX-14."
    assert (saturation.became, saturation.why) == (
        "MDC_PULS_OXIM_SAT_O2: -999 %, not charted",
        "sentinel: -999 means that the device had no value",
    )


def test_the_rest_is_named_as_ignored():
    found = told(*MESSAGE)
    assert found["ZZZ"][0][2:] == ("ignored", "Glimmer reads nothing from ZZZ.")
    assert found["ORC"][0].became == "ignored"
    assert found["PV1"][0].became == "bed Clinic, Bay 3"
    assert found["OBR"][0].became == "values below were measured at 2026-07-01 11:59:00 UTC"


@pytest.mark.parametrize(
    "lines",
    [
        (*MESSAGE, "PID|||G2^^^CLINIC^MR"),
        (MESSAGE[0].replace("|P|2.5", "|T|2.5"), *MESSAGE[1:]),
        (MESSAGE[0].replace("R01^ORU_R01", "R99"), *MESSAGE[1:]),
    ],
)
def test_no_row_of_a_message_that_is_not_charted_is_told_as_charted(lines):
    raw = "\r".join(lines).encode()
    message = read_message(raw, NOW)
    rows = [one for one in segments_of(raw, message) if one.segment == "OBX"]
    assert message.quarantine
    assert rows
    assert all("charted" in one.became or "not read" in one.became or "heading" in one.became for one in rows)
    assert not any(one.became.startswith("Systolic") for one in rows)


def test_a_meaning_from_memory_asks_to_be_compared_with_the_device():
    (row,) = told("MSH|^~\\&|M||||20260701120000||ORU^R01|1|P|2.3", "OBX|1|NM|HR||72|bpm")["OBX"]
    assert row.became == "Pulse (ecg) 72 /min"
    assert row.why.endswith("by MSH-7. The code's meaning is from memory: compare with the device's own screen.")


def test_dialect_shows_its_effect_at_once():
    line = "OBX|1|NM|77^O2^HARBOUR||97|%"
    header = "MSH|^~\\&|HARBOUR||||20260701120000||ORU^R01|1|P|2.5"
    own = """
        source = "Our own device"
        coding_systems = ["HARBOUR"]
        codes.77 = { name = "O2", parameter = "spo2", site = "oximeter", evidence = "site" }
    """
    assert told(header, line)["OBX"][0].became == "O2: 97 %, not charted"
    book = DialectBook([*shipped(), read_text("harbour.toml", own)])
    found = told(header, line, book=book)
    assert found["OBX"][0].became == "Oxygen saturation (oximeter) 97 %"
    assert found["MSH"][0].became.endswith("harbour.toml")


def test_acknowledgement_is_shown_to_the_letter():
    raw = "\r".join(MESSAGE).encode()
    assert acknowledgement_of(read_message(raw, NOW)) == (
        "MSH|^~\\&|GLIMMER||MON|WARD|20260701120005+0000||ACK^R01^ACK|A-42|P|2.5\rMSA|AA|42\r",
    )


def test_every_published_sample_is_told_segment_by_segment_in_text_and_json():
    for file in sorted(shared_data("hl7").glob("*.hl7")):
        explanation = explain(file)
        (message,) = explanation.to_json()["messages"]
        lines = [line for line in file.read_bytes().replace(b"\n", b"\r").split(b"\r") if line[:3].isalnum()]
        names = [line[:3].decode() for line in lines if line[:1].isalpha()]
        assert [said["segment"] for said in message["segments"]] == names, file.name
        text = str(explanation)
        assert all(said["became"] in text for said in message["segments"])
        for answer in message["acknowledgement"]:
            assert all(line in text for line in answer.strip().split("\r"))
