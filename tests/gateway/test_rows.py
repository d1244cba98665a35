"""What one row becomes: the value in our unit, or the reason why it is not charted."""

from datetime import UTC, datetime

import pytest

from glimmer.gateway.message import DeviceMessage, read_message
from glimmer.gateway.rows import Row
from glimmer.vocabulary.parameters import Parameter

NOW = datetime(2026, 7, 1, 12, 0, 5, tzinfo=UTC)
SYSTOLIC, SPO2, PULSE, TEMPERATURE = (
    "150021^MDC_PRESS_BLD_NONINV_SYS^MDC",
    "150456^MDC_PULS_OXIM_SAT_O2^MDC",
    "149530^MDC_PULS_OXIM_PULS_RATE^MDC",
    "150344^MDC_TEMP^MDC",
)


def message(*rows: str, sent: str = "20260701120000+0000", observed: str = "20260701120000+0000") -> DeviceMessage:
    lines = [
        f"MSH|^~\\&|MON|WARD|||{sent}||ORU^R01^ORU_R01|42|P|2.6|||AL|NE",
        "PID|||9990000018^^^NHS^NH",
        f"OBR|1||1|69965^X^MDC|||{observed}",
        *(f"OBX|{n}|{row}" for n, row in enumerate(rows, start=1)),
    ]
    return read_message("\r".join(lines).encode(), NOW)


def row(code: str, value: str, unit: str, marks: str = "", status: str = "R", at: str = "") -> Row:
    return message(f"NM|{code}|1.1.1.1|{value}|{unit}||{marks}|||{status}|||{at}").rows[0]


@pytest.mark.parametrize(
    ("code", "value", "unit", "ours"),
    [
        (SYSTOLIC, "120", "266016^MDC_DIM_MMHG^MDC", 120.0),
        (SYSTOLIC, "120", "mm[Hg]^mm[Hg]^UCUM", 120.0),
        (SYSTOLIC, "16.0", "kPa^kPa^UCUM", 120.0099),
        (TEMPERATURE, "36.6", "Cel^Cel^UCUM", 36.6),
        (TEMPERATURE, "98.6", "[degF]^[degF]^UCUM", 37.0),
        (PULSE, "72", "264864^MDC_DIM_BEAT_PER_MIN^MDC", 72.0),
        (PULSE, "72", "{beat}/min^{beat}/min^UCUM", 72.0),
        (PULSE, "72", "/min", 72.0),
        (SPO2, "97", "262688^MDC_DIM_PERCENT^MDC", 97.0),
        (SPO2, "97", "%^%^UCUM", 97.0),
        (SPO2, "+97.", "%", 97.0),
        ("157993^MDC_VOL_FLUID_DELIV_TOTAL^MDC", "12.5", "263762^MDC_DIM_MILLI_L^MDC^mL^mL^UCUM", 12.5),
        ("157916^MDC_TIME_PD_REMAIN^MDC", "90", "264320^MDC_DIM_SEC^MDC", 1.5),
    ],
)
def test_value_is_charted_in_our_unit(code, value, unit, ours):
    read = row(code, value, unit)
    assert read.charted, read.why_not
    assert read.value == pytest.approx(ours, abs=0.001)


@pytest.mark.parametrize(
    ("code", "site"),
    [
        ("150017^MDC_PRESS_BLD_SYS^MDC", "generic"),
        ("150301^MDC_PRESS_CUFF_SYS^MDC", "cuff"),
        (SYSTOLIC, "cuff"),
    ],
)
def test_pressure_says_how_it_was_taken(code, site):
    read = row(code, "120", "266016^MDC_DIM_MMHG^MDC")
    assert (read.parameter, read.site, read.charted) == (Parameter.SYSTOLIC, site, True)


@pytest.mark.parametrize("sentinel", ["-999", "-999.0", "-99.9", "-1", "8388607"])
def test_sentinel_is_no_value(sentinel):
    read = row(SPO2, sentinel, "%")
    assert not read.charted
    assert read.why_not == f"sentinel: {sentinel} means that the device had no value"


@pytest.mark.parametrize(
    ("code", "value", "unit", "says"),
    [
        (SPO2, "140", "%", "impossible: SpO2 140 % lies outside 0 to 100"),
        (SYSTOLIC, "900", "mm[Hg]", "impossible: Sys 900 mmHg lies outside 20 to 300"),
        (PULSE, "-5", "/min", "impossible: Pulse -5 /min lies outside 0 to 300"),
        (SPO2, "97", "", "no unit was sent"),
        (SPO2, "97", "furlong", "unknown unit furlong"),
        (SPO2, "97", "mm[Hg]", "the unit mm[Hg] does not fit oxygen saturation, which is in %"),
        (SYSTOLIC, "16", "266016^kPa^MDC", "two different units were sent in one row"),
        (SPO2, "ninety", "%", "the value is not a plain number"),
        (SPO2, "NaN", "%", "the value is not a plain number"),
        (SPO2, "1e2", "%", "the value is not a plain number"),
        (SPO2, "9_7", "%", "the value is not a plain number"),
        (SPO2, "٩٧", "%", "the value is not a plain number"),
        (SPO2, "<^90", "%", "the value is not a plain number"),
        (SPO2, "97~94", "%", "several values were sent in one row"),
        (SPO2, '""', "%", "no value was sent"),
        (SPO2, "", "%", "no value was sent"),
        ("999999^MDC_NEW^MDC", "97", "%", "unknown code 999999 (MDC_NEW): Glimmer charts no such value"),
        ("8480-6^Systolic^X", "120", "mm[Hg]", "unknown code 8480-6 (Systolic): Glimmer charts no such value"),
        (
            "8480-6^Systolic^LN^150022^MDC_PRESS_BLD_NONINV_DIA^MDC",
            "120",
            "mm[Hg]",
            "its two codes contradict each other: Systolic blood pressure and MDC_PRESS_BLD_NONINV_DIA",
        ),
        (
            "150021^MDC_PRESS_BLD_NONINV_DIA^MDC",
            "80",
            "mm[Hg]",
            "the code 150021 means MDC_PRESS_BLD_NONINV_SYS, but the row calls itself MDC_PRESS_BLD_NONINV_DIA",
        ),
    ],
)
def test_value_that_cannot_be_charted_says_why(code, value, unit, says):
    read = row(code, value, unit)
    assert not read.charted
    assert read.why_not == says


@pytest.mark.parametrize(
    ("marks", "says"),
    [
        ("DEMO", "the device is in demonstration mode (DEMO)"),
        ("L~DEMO", "the device is in demonstration mode (DEMO)"),
        ("TEST", "the device is testing itself (TEST)"),
        ("INV", "the device calls this value invalid (INV)"),
        ("QUES", "the device itself doubts this value (QUES)"),
    ],
)
def test_marked_value_is_not_charted(marks, says):
    read = row(SPO2, "97", "%", marks=marks)
    assert not read.charted
    assert read.why_not == says


@pytest.mark.parametrize("marks", ["", "L", "H", "LL~PM~SP", "N"])
def test_value_beyond_the_devices_own_limits_is_charted(marks):
    assert row(SPO2, "84", "%", marks=marks).charted


@pytest.mark.parametrize("status", ["R", "F", "P", "C", "X", ""])
def test_status_alone_keeps_no_value_off_the_chart(status):
    assert row(SPO2, "97", "%", status=status).charted


@pytest.mark.parametrize("status", ["D", "W", "Z", "R�Glossary"])
def test_value_taken_back_or_with_a_damaged_status_is_not_charted(status):
    assert not row(SPO2, "97", "%", status=status).charted


@pytest.mark.parametrize(
    ("own", "measured_at"),
    [
        ("", datetime(2026, 7, 1, 12, 0, tzinfo=UTC)),
        ("20260701113000+0000", datetime(2026, 7, 1, 11, 30, tzinfo=UTC)),
        ("20260701133000+0200", datetime(2026, 7, 1, 11, 30, tzinfo=UTC)),
        ("20260701113000", datetime(2026, 7, 1, 11, 30, tzinfo=UTC)),
        ("202607011130", datetime(2026, 7, 1, 11, 30, tzinfo=UTC)),
        ("20260701113000.250+0000", datetime(2026, 7, 1, 11, 30, 0, 250000, tzinfo=UTC)),
    ],
)
def test_time_of_the_row_overrides_the_time_of_the_round(own, measured_at):
    assert row(SPO2, "97", "%", at=own).measured_at == measured_at


@pytest.mark.parametrize(
    ("sent", "observed", "measured_at"),
    [
        # British summer: without any zone noon is 11 UTC; in winter it is 12 UTC.
        ("20260701120000", "20260701120000", datetime(2026, 7, 1, 11, 0, tzinfo=UTC)),
        ("20260101120000", "20260101120000", datetime(2026, 1, 1, 12, 0, tzinfo=UTC)),
        # The zone of MSH-7 holds for the whole message.
        ("20260701120000+0000", "20260701120000", datetime(2026, 7, 1, 12, 0, tzinfo=UTC)),
        # 01:30 happens twice on 25 October 2026: it is taken as the first, never as fresher than it is.
        ("20261025013000", "20261025013000", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_time_without_a_zone(sent, observed, measured_at):
    assert message(f"NM|{SPO2}|1|97|%", sent=sent, observed=observed).rows[0].measured_at == measured_at


@pytest.mark.parametrize("time", ["20260701", "yesterday", "20261332250000", "20260701120000+9900"])
def test_row_without_a_readable_time_is_not_charted(time):
    read = row(SPO2, "97", "%", at=time)
    assert not read.charted
    assert read.why_not.startswith("the time of measurement cannot be read")


def test_row_without_any_time_is_not_charted():
    assert message(f"NM|{SPO2}|1|97|%", sent="", observed="").rows[0].why_not == "no time of measurement was sent"


def test_time_of_a_heading_holds_for_the_rows_below_it_and_for_no_others():
    read = message(
        "|70687^MDC_DEV_PRESS_BLD_NONINV_CHAN^MDC|1.16.1.0|||||||X|||20260701112000",
        f"NM|{SYSTOLIC}|1.16.1.1|120|mm[Hg]",
        f"NM|{SPO2}|1.3.1.1|97|%",
    )
    systolic, saturation = read.rows
    assert systolic.measured_at == datetime(2026, 7, 1, 11, 20, tzinfo=UTC)
    assert saturation.measured_at == datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


def test_one_bad_row_does_not_cost_the_good_ones():
    read = message(f"NM|{SPO2}|1|-999|%", f"NM|{PULSE}|1|72|/min", f"NM|{SYSTOLIC}|1|abc|mm[Hg]")
    assert [(r.parameter, r.value) for r in read.readings] == [(Parameter.PULSE, 72.0)]
    assert [row.charted for row in read.rows] == [False, True, False]


@pytest.mark.parametrize(
    ("sent", "skew"),
    [("20260701120000+0000", 5.0), ("20260701090000+0000", 3 * 3600 + 5.0), ("20260701150000+0000", -3 * 3600 + 5.0)],
)
def test_clock_that_is_hours_off_is_measured_and_no_time_is_quietly_mended(sent, skew):
    read = message(f"NM|{SPO2}|1|97|%", sent=sent, observed=sent)
    assert read.clock_skew_seconds == skew
    assert read.rows[0].measured_at == read.sent_at
