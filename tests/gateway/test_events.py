"""What a device says about itself: the kind of thing, the measurement concerned, the pump's words and its drug."""

from datetime import UTC, datetime

import pytest

from glimmer.gateway.message import DeviceMessage, read_message
from tests.support.shared_data import shared_data

NOW = datetime(2026, 7, 1, 12, 0, 5, tzinfo=UTC)


def message(kind: str, *rows: str) -> DeviceMessage:
    lines = [
        f"MSH|^~\\&|DEVICE|WARD|||20260701120000+0000||{kind}|42|P|2.6|||AL|NE",
        "PID|||9990000018^^^NHS^NH",
        "OBR|1||1|196616^MDC_EVT_ALARM^MDC|||20260701120000+0000",
        *(f"OBX|{n}|{row}" for n, row in enumerate(rows, start=1)),
    ]
    return read_message("\r".join(lines).encode(), NOW)


def alarm(code: str, *rows: str, marks: str = ""):
    read = message("ORU^R40^ORU_R40", f"ST|{code}|1.2.1.1|says the device|||{marks}|||F", *rows)
    return read.alarm


@pytest.mark.parametrize(
    ("code", "marks", "about"),
    [
        ("196916^MDC_EVT_SENSOR_DISCONN^MDC", "PL~ST", "probe_off"),
        ("0^MDC_EVT_LEADS_OFF^MDC", "PM~ST", "probe_off"),
        ("0^MDC_EVT_SENSOR_PROBE_OFF^MDC", "", "probe_off"),
        ("196848^MDC_EVT_CUFF_LOOSE^MDC", "", "probe_off"),
        ("196836^MDC_EVT_CUFF_LEAK^MDC", "", "technical"),
        ("196670^MDC_EVT_LO^MDC", "PM~SP", "physiological"),
        ("196670^MDC_EVT_LO^MDC", "SA", "advisory"),
        ("196670^MDC_EVT_LO^MDC", "", ""),
    ],
)
def test_alarm_says_what_kind_of_thing_it_is(code, marks, about):
    assert alarm(code, marks=marks).about == about


@pytest.mark.parametrize(
    ("row", "parameter"),
    [
        ("CWE|68480^MDC_ATTR_ALERT_SOURCE^MDC|1.2.1.2|150456^MDC_PULS_OXIM_SAT_O2^MDC", "spo2"),
        ("NM|147842^MDC_ECG_CARD_BEAT_RATE^MDC|1.2.1.2|44|264864^MDC_DIM_BEAT_PER_MIN^MDC", "pulse"),
        # A measurement elsewhere in the device is not what raised the alarm.
        ("NM|147842^MDC_ECG_CARD_BEAT_RATE^MDC|1.9.1.2|44|264864^MDC_DIM_BEAT_PER_MIN^MDC", ""),
        # Carbon dioxide is none of Glimmer's parameters, and 42 is no code at all.
        ("CWE|68480^MDC_ATTR_ALERT_SOURCE^MDC|1.2.1.2|151708^MDC_CONC_AWAY_CO2_ET^MDC", ""),
        ("NM|68480^MDC_ATTR_ALERT_SOURCE^MDC|1.2.1.2|42", ""),
    ],
)
def test_alarm_names_the_measurement_only_where_the_message_does(row, parameter):
    assert alarm("196916^MDC_EVT_SENSOR_DISCONN^MDC", row).parameter == parameter


def test_unplugged_carbon_dioxide_sensor_takes_no_other_measurement_with_it():
    read = read_message(shared_data("hl7", "draeger-acm-PCD04_alarm.hl7").read_bytes(), NOW).alarm
    assert (read.about, read.parameter) == ("probe_off", "")


def test_low_saturation_of_the_mindray_sample_is_physiological_and_about_saturation():
    raw = shared_data("hl7", "ihe-pcd04-mindray-low-spo2-alarm-start.hl7").read_bytes()
    assert (read_message(raw, NOW).alarm.about, read_message(raw, NOW).alarm.parameter) == ("physiological", "spo2")


@pytest.mark.parametrize(
    ("event", "status", "because", "words", "priority"),
    [
        ("197288^MDC_EVT_PUMP_DELIV_START^MDC", "infusing", "", "the pump was started", "none"),
        ("1^MDC_EVT_PUMP_DELIV_STOP^MDC", "not-infusing", "", "the pump was stopped", "low"),
        ("1^MDC_EVT_PUMP_DELIV_COMP^MDC", "not-infusing", "", "the volume to be infused was given", "none"),
        (
            "196940^MDC_EVT_FLUID_LINE_OCCL^MDC",
            "not-infusing",
            "^pump-status-fault",
            "the infusion line is blocked, not delivering because: fault",
            "",
        ),
        (
            "9^MDC_EVT_NEW^MDC",
            "not-infusing",
            "Door open",
            "MDC_EVT_NEW, not infusing, not delivering because: Door open",
            "",
        ),
    ],
)
def test_pump_event_is_told_in_words(event, status, because, words, priority):
    pump = message(
        "ORU^R42^ORU_R01",
        f"CWE|68487^MDC_ATTR_EVT_COND^MDC|1.0.0.2|{event}",
        f"CWE|184519^MDC_PUMP_INFUSING_STATUS^MDC|1.1.1.1|^pump-status-{status}",
        f"CWE|158006^MDC_DEV_PUMP_NOT_DELIVERING_REASON^MDC|1.1.1.2|{because}",
    ).pump
    assert (pump.in_words, pump.priority) == (words, priority)


def test_pump_names_its_drug_and_its_channel_and_never_takes_one_for_the_other():
    label = "ST|158012^MDC_DEV_PUMP_SOURCE_CHANNEL_LABEL^MDC|1.1.2.3|Primary"
    drug = "ST|184514^MDC_DRUG_NAME_LABEL^MDC|1.1.2.10|Ketamine 1 mg/mL"
    both, label_only = (message("ORU^R01^ORU_R01", *rows).pump for rows in ((label, drug), (label,)))
    assert (both.drug, both.channel) == ("Ketamine 1 mg/mL", "Primary")
    assert (label_only.drug, label_only.channel) == ("", "Primary")
