"""Monitors that do not follow the IHE profile. The messages are written by us, in the form their makers publish."""

from datetime import UTC, datetime

import pytest

from glimmer.gateway.message import DeviceMessage, PatientIdentifier, read_message

NOW = datetime(2026, 7, 1, 12, 0, 5, tzinfo=UTC)
AT = datetime(2026, 7, 1, 11, 59, tzinfo=UTC)

# No OBX-1, no OBX-4, no OBX-14, an order nobody placed, and the patient's number without an authority.
PHILIPS = (
    "MSH|^~\\&|SPOT-7||||20260701120000+0000||ORU^R01^ORU_R01|SPOT70000002D|P|2.4",
    "PID|||G000001||Example^Zed||19800101|F",
    "PV1|||Clinic^^Bay 3",
    "ORC|NW|||||||||||||||||SPOT-7",
    "OBR||||MONITOR|||20260701115900+0000",
    "OBX||NM|0002-4182^HR^MDIL||71|0004-0aa0^bpm^MDIL|||||F",
    "OBX||NM|0002-4bb8^SpO2^MDIL|||0004-0220^%^MDIL|||||X",
    "OBX||NM|0002-4a05^NBPs^MDIL||131|0004-0f20^mmHg^MDIL|||||F",
    "OBX||NM|0002-4a06^NBPd^MDIL||84|0004-0f20^mmHg^MDIL|||||F",
    "OBX||NM|0002-5000^Resp^MDIL||15|0004-0ae0^rpm^MDIL|||||F",
    "OBX||NM|0002-4bb0^Perf^MDIL||1.2||||||F",
)
PLAIN = (
    "MSH|^~\\&|OLDMON|WARD|||20260701120000||ORU^R01|7|P|2.3",
    "PID|1||G000001||Example^Zed",
    "OBR|1||||||20260701125900",
    "OBX|1|NM|HR||72|bpm|||||F",
    "OBX|2|NM|SpO2||97|%|||||F",
    "OBX|3|ST|NIBP||128/79 (95)|mmHg|||||F",
    "OBX|4|NM|RR||---|/min|||||F",
)
LOINC = (
    "MSH|^~\\&|BRIDGE|WARD|||20260701120000+0000||ORU^R01^ORU_R01|8|P|2.5.1",
    "PID|1||G000001^^^CLINIC^MR",
    "OBR|1|||85353-1^Vital signs^LN|||20260701110000+0000",
    "OBX|1|NM|8867-4^Heart rate^LN||72|/min|||||F|||20260701115900+0000",
    "OBX|2|NM|59408-5^Oxygen saturation^LN||97|%^percent^UCUM|||||F|||20260701115900+0000",
    "OBX|3|NM|8480-6^Systolic blood pressure^LN||128|mm[Hg]|||||F|||20260701115900+0000",
    "OBX|4|NM|8462-4^Diastolic blood pressure^LN||79|mm[Hg]|||||F|||20260701115900+0000",
    "OBX|5|NM|9279-1^Respiratory rate^LN||14|/min|||||F|||20260701115900+0000",
    "OBX|6|NM|8310-5^Body temperature^LN||36.9|Cel|||||F|||20260701115900+0000",
)


def read(lines: tuple[str, ...]) -> DeviceMessage:
    return read_message("\r".join(lines).encode(), NOW)


@pytest.mark.parametrize(
    ("lines", "values"),
    [
        (PHILIPS, {"pulse": 71, "systolic": 131, "diastolic": 84, "respiratory_rate": 15}),
        (PLAIN, {"pulse": 72, "spo2": 97, "systolic": 128, "diastolic": 79, "mean_pressure": 95}),
        (
            LOINC,
            {"pulse": 72, "spo2": 97, "systolic": 128, "diastolic": 79, "respiratory_rate": 14, "temperature": 36.9},
        ),
    ],
    ids=["Philips MDIL", "plain names", "LOINC"],
)
def test_every_value_is_charted_at_its_time(lines, values):
    message = read(lines)
    assert {reading.parameter.value: reading.value for reading in message.readings} == values
    assert {reading.measured_at for reading in message.readings} == {AT}
    assert message.identifiers[0].value == "G000001"
    assert message.quarantine == ""


def test_philips_question_mark_is_no_value_and_perfusion_is_kept_off_the_chart_in_words():
    why = {row.name: row.why_not for row in read(PHILIPS).rows if not row.charted}
    assert why == {
        "SpO2": "no value was sent",
        "Perf": "says how good the signal is (perfusion); Glimmer charts no such value",
    }


def test_philips_codes_are_the_common_ones_in_hexadecimal():
    # The maker's guide says partition and term in hexadecimal; the nomenclature numbers are partition * 65536 + term.
    from glimmer.gateway.dialect_files import common

    for code in ("0002-4bb8", "0002-4182", "0002-4a05", "0002-4a06", "0002-4a07"):
        partition, term = (int(part, 16) for part in code.split("-"))
        assert common().code(code, "MDIL").parameter is common().code(str(partition * 65536 + term)).parameter


def test_a_label_that_contradicts_its_code_is_not_charted():
    swapped = tuple(line.replace("^NBPs^", "^NBPd^") for line in PHILIPS)
    row = next(row for row in read(swapped).rows if row.code == "0002-4a05")
    assert row.why_not == "the code 0002-4a05 means NBPs, but the row calls itself NBPd"


def test_a_monitor_without_a_device_line_is_known_by_its_sending_application():
    assert read(PHILIPS).device == "SPOT-7"
    assert read(PHILIPS).identifiers == (PatientIdentifier("G000001"),)
