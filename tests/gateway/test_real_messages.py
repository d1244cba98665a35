"""The published sample messages. Every expected value was read in the file itself, not taken from the code."""

from datetime import UTC, datetime

import pytest

from glimmer.gateway.message import Answer, DeviceMessage, PatientIdentifier, read_message
from glimmer.vocabulary.parameters import Parameter
from tests.support.shared_data import shared_data

ARRIVED = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def read(name: str) -> DeviceMessage:
    return read_message(shared_data("hl7", f"{name}.hl7").read_bytes(), ARRIVED)


def charted(message: DeviceMessage) -> list[tuple[Parameter, float, str, datetime, str]]:
    return [(r.parameter, r.value, r.unit, r.measured_at, r.site) for r in message.readings]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def test_acme_spot_pressure_gives_four_cuff_readings_at_the_time_of_the_cuff():
    message = read("ihe-pcd01-acme-episodic-nibp-ucum")
    # OBX-14 has no zone; MSH-7 says +0000, which then holds for the whole message, although June is summer time.
    at = utc(2011, 6, 2, 4, 58, 42)
    assert charted(message) == [
        (Parameter.SYSTOLIC, 111.0, "mm[Hg]", at, "cuff"),
        (Parameter.DIASTOLIC, 60.0, "mm[Hg]", at, "cuff"),
        (Parameter.MEAN_PRESSURE, 80.0, "mm[Hg]", at, "cuff"),
        (Parameter.PULSE, 63.0, "/min", at, "cuff"),
    ]
    assert message.identifiers == (PatientIdentifier("12345", "A", "MR"),)
    assert message.patient_name == "TEDSONS BEDS"
    assert message.bed == "COLWELL, SOLAR"
    assert message.device == "080019FFFE3ED02D172.16.172.135"
    assert (message.sender, message.facility) == ("ACME_Gateway", "ACME Healthcare")
    assert message.control_id == "0104ef190d604db188c3"
    assert message.kind == "vitals"
    assert message.quarantine == ""


def test_philips_monitor_gives_six_readings_and_says_why_the_other_four_rows_are_not_charted():
    message = read("ihe-pcd01-philips-physiological-monitor")
    cuff, now = utc(2015, 1, 22, 11, 50), utc(2015, 1, 22, 18, 26, 56)
    assert charted(message) == [
        (Parameter.SYSTOLIC, 117.0, "mm[Hg]", cuff, "cuff"),
        (Parameter.DIASTOLIC, 82.0, "mm[Hg]", cuff, "cuff"),
        (Parameter.MEAN_PRESSURE, 90.0, "mm[Hg]", cuff, "cuff"),
        (Parameter.PULSE, 80.0, "/min", now, "ecg"),
        (Parameter.RESPIRATORY_RATE, 30.0, "/min", now, ""),
        (Parameter.SPO2, 99.0, "%", now, "oximeter"),
    ]
    assert {row.code: row.why_not for row in message.rows if not row.charted} == {
        "147232": "unknown code 147232 (MDC_ECG_TIME_PD_QT_GL): Glimmer charts no such value",
        "147236": "unknown code 147236 (MDC_ECG_TIME_PD_QTc): Glimmer charts no such value",
        "184327": "unknown code 184327 (MDC_ECG_STAT_RHY): Glimmer charts no such value",
        "150448": "says how good the signal is (perfusion); Glimmer charts no such value",
    }
    assert message.identifiers == (PatientIdentifier("HO2009001", "", "MR"),)
    assert message.patient_name == "Albert Hon"
    assert message.bed == "HO Surgery, OR, 1"
    assert message.device == "e86c094f-f751-4acf-92b2-38f11c1f6f57-Device"


def test_the_cuff_of_the_philips_message_is_six_hours_older_than_its_saturation():
    readings = {r.parameter: r for r in read("ihe-pcd01-philips-physiological-monitor").readings}
    age = readings[Parameter.SPO2].measured_at - readings[Parameter.SYSTOLIC].measured_at
    assert age.total_seconds() == 6 * 3600 + 36 * 60 + 56


def test_pump_delivery_start_gives_the_pump_state_and_its_six_values():
    message = read("ihe-pcd10-infusion-pump-delivery-start")
    at = utc(2015, 10, 15, 18, 21, 6)
    assert charted(message) == [
        (Parameter.INFUSION_RATE, 15.4, "mL/h", at, "pump"),
        (Parameter.VOLUME_TO_INFUSE, 250.0, "mL", at, "pump"),
        (Parameter.VOLUME_INFUSED, 0.0, "mL", at, "pump"),
        (Parameter.VOLUME_REMAINING, 250.0, "mL", at, "pump"),
        (Parameter.TIME_REMAINING, 974.0, "min", at, "pump"),
        (Parameter.DRUG_CONCENTRATION, 1.6, "mg/mL", at, "pump"),
    ]
    pump = message.pump
    assert (pump.code, pump.name, pump.drug) == ("197288", "MDC_EVT_PUMP_DELIV_START", "Dopamine")
    assert (pump.status, pump.delivery) == ("pump-status-infusing", "pump-delivery-status-delivering")
    assert message.identifiers == (PatientIdentifier("HO2009002", "IHE", "PI"),)
    assert message.device == "E0002"
    assert message.kind == "pump"


def test_junk_glued_to_the_last_row_of_the_pump_message_spoils_that_row_alone():
    message = read("ihe-pcd10-infusion-pump-delivery-start")
    assert message.rows[-1].code == "68063"
    assert not message.rows[-1].charted
    assert message.problems == ("Some characters do not fit the character set ASCII; names may look wrong.",)
    assert message.quarantine == ""


def test_programmed_rate_gives_way_to_the_rate_that_flows():
    rows = {row.code: row for row in read("ihe-pcd10-infusion-pump-delivery-start").rows}
    assert rows["158014"].charted
    assert rows["157784"].why_not == "the message also has MDC_FLOW_FLUID_PUMP_CURRENT, which is charted instead"


@pytest.mark.parametrize(
    ("name", "phase", "state", "at", "control_id"),
    [
        ("start", "start", "active", utc(2012, 1, 9, 23, 54, 17), "6346172845752460251"),
        ("end", "end", "inactive", utc(2012, 1, 9, 23, 54, 26), "6346172846620706282"),
    ],
)
def test_braun_occlusion_is_a_technical_alarm_of_the_pump(name, phase, state, at, control_id):
    message = read(f"ihe-pcd04-bbraun-occlusion-{name}")
    alarm = message.alarm
    assert (alarm.code, alarm.name, alarm.text) == ("196940", "MDC_EVT_FLUID_LINE_OCCL", "Occlusion")
    assert (alarm.phase, alarm.state, alarm.happened_at) == (phase, state, at)
    assert (alarm.type, alarm.source, alarm.key) == ("technical", "MDC_DEV_PUMP_INFUS_MDS", "P6013_4")
    assert message.control_id == control_id
    assert message.identifiers == (PatientIdentifier("HO2009003", "AA1", "PI"),)
    assert message.patient_name == "Amy Hon"
    assert message.bed == "HO 3 West ICU, 10, 1"
    assert message.device == "P6013"
    assert message.readings == ()
    assert message.quarantine == ""


def test_mindray_low_saturation_is_an_alarm_and_a_reading():
    message = read("ihe-pcd04-mindray-low-spo2-alarm-start")
    at = utc(2012, 1, 11, 21, 4, 57)
    alarm = message.alarm
    assert (alarm.code, alarm.text) == ("196670", "Low SpO2")
    assert (alarm.phase, alarm.state, alarm.priority, alarm.type) == ("start", "active", "medium", "physiological")
    assert (alarm.source, alarm.happened_at) == ("MDC_PULS_OXIM_SAT_O2", at)
    assert charted(message) == [(Parameter.SPO2, 88.0, "%", at, "oximeter")]
    assert message.identifiers == (PatientIdentifier("HO2009001", "Hospital", "PI"),)
    assert message.device == "F1519EFX"


def test_draeger_alarm_is_read_but_kept_off_the_chart_because_it_is_marked_as_debugging():
    message = read("draeger-acm-PCD04_alarm")
    alarm = message.alarm
    assert (alarm.code, alarm.text) == ("196916", "CO2 Sensor unplugged")
    assert (alarm.phase, alarm.state, alarm.priority) == ("start", "active", "low")
    assert alarm.happened_at == utc(2019, 11, 27, 15, 5, 43)
    assert message.identifiers == (PatientIdentifier("8888", "", "AN"),)
    assert message.bed == "CU1, Bed001"
    assert message.quarantine == "The sender marks this message as debugging (MSH-11), so nothing of it is charted."
    assert message.answer is Answer.STORED


def test_draeger_watchdog_is_a_sign_of_life_and_no_alarm():
    message = read("draeger-acm-PCD04_watchdog")
    assert message.kind == "watchdog"
    assert message.alarm.code == "196614"
    assert message.readings == ()


@pytest.mark.parametrize(
    "name",
    [
        "draeger-acm-ACK_watchdog",
        "draeger-acm-PCD05_alarm",
        "ihe-pcd03-accept-ack",
        "ihe-pcd03-accept-ack-missing-msa2",
        "ihe-pcd03-application-reject-RRG",
    ],
)
def test_an_acknowledgement_that_answers_nothing_is_quarantined(name):
    message = read(name)
    assert message.kind == "acknowledgement"
    assert message.quarantine == "This is an acknowledgement, but Glimmer had sent nothing for it to answer."
    assert message.readings == ()


@pytest.mark.parametrize(
    ("name", "control_id"), [("ihe-pcd03-infusion-order-dopamine", "1"), ("ihe-pcd03-infusion-order-saline-rate", "2")]
)
def test_an_order_to_a_pump_is_recognised_and_refused(name, control_id):
    message = read(name)
    assert message.kind == "order"
    assert message.control_id == control_id
    assert message.answer is Answer.REJECTED
    assert message.quarantine.startswith("This is an order to a pump (PCD-03).")
    assert message.readings == ()


def test_every_row_with_a_value_is_charted_or_says_why_not():
    files = sorted(shared_data("hl7").glob("*.hl7"))
    assert len(files) == 15
    rows = [row for file in files for row in read_message(file.read_bytes(), ARRIVED).rows]
    assert len(rows) > 50
    assert all(row.charted != bool(row.why_not) for row in rows)
