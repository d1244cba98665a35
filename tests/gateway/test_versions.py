"""HL7 2.3 to 2.6: whatever the version leaves out or allows, the same values at the same times for the same patient."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glimmer.gateway.acknowledge import answers
from glimmer.gateway.hl7 import parse
from glimmer.gateway.message import Answer, read_message

NOW = datetime(2026, 7, 1, 12, 0, 5, tzinfo=UTC)
VERSIONS = ("2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6")
TYPES = ("ORU^R01", "ORU^R01^ORU_R01", "ORU^^ORU_R01")
OLD_TYPES = ("ORU", *TYPES)
NUMBERS = ("each", "empty", "anew", "alike")


@dataclass(frozen=True)
class Case:
    raw: bytes
    readings: list[tuple[float, datetime]]
    version: str
    control_id: str


def _stamp(at: datetime) -> str:
    return at.strftime("%Y%m%d%H%M%S+0000")


@st.composite
def messages(draw: st.DrawFn) -> Case:
    """A message as a monitor of some version may send it: saturations in one or several groups of rows."""
    version = draw(st.sampled_from(VERSIONS))
    kind = draw(st.sampled_from(OLD_TYPES if version < "2.5" else TYPES))
    control_id = draw(st.text("ABC019-_.", min_size=1, max_size=20))
    field, component = draw(st.sampled_from(["|", "#"])), draw(st.sampled_from(["^", "*"]))
    header = ["MSH", f"{component}~\\&", "MON", "WARD", "", "", _stamp(NOW), "", kind, control_id, "P"]
    header.append(version + draw(st.sampled_from(["", "^GBR", "^^2.16.840.1"])) if version >= "2.5" else version)
    header += draw(st.sampled_from([[], [""], ["", "", "", ""], ["", "", "", "", "", "UNICODE UTF-8"]]))
    lines = [header, ["PID", "", "", "9990000018^^^NHS^NH"]]
    lines += draw(st.sampled_from([[], [["PV1", "", "O", "Clinic^^Bay 3"]], [["PD1"], ["NTE", "1", "", "calm"]]]))
    numbering, count, expected = draw(st.sampled_from(NUMBERS)), 0, []
    for group in range(draw(st.integers(1, 4))):
        at = NOW - timedelta(seconds=draw(st.integers(0, 3_000)))
        lines.append(["OBR", str(group + 1), "", str(group), "X", "", "", _stamp(at)])
        values = draw(st.lists(st.integers(50, 100), min_size=1, max_size=4))
        for place, value in enumerate(values, start=1):
            count += 1
            number = {"each": str(count), "empty": "", "anew": str(place), "alike": "1"}[numbering]
            own = at - timedelta(seconds=60) if draw(st.booleans()) else None
            line = ["OBX", number, "NM", "150456^MDC_PULS_OXIM_SAT_O2^MDC", "", str(value), "%"]
            lines.append([*line, "", "", "", "", "F", "", "", _stamp(own)] if own else line)
            expected.append((float(value), own or at))
    end = draw(st.sampled_from(["\r", "\n", "\r\n"]))
    text = end.join(field.join(part.replace("^", component) for part in line) for line in lines)
    return Case((text + draw(st.sampled_from(["", end]))).encode(), expected, version, control_id)


@settings(max_examples=300, deadline=None)
@given(messages())
def test_every_version_is_read_alike(case):
    message = read_message(case.raw, NOW)
    assert message.quarantine == ""
    assert [(r.value, r.measured_at) for r in message.readings] == case.readings
    assert [(one.value, one.type) for one in message.identifiers] == [("9990000018", "NH")]
    assert (message.version, message.kind, message.answer) == (case.version, "vitals", Answer.STORED)
    (answer,) = answers(message, message.answer, "", NOW)
    assert (parse(answer).first("MSA").raw(1), parse(answer).first("MSA").raw(2)) == ("AA", case.control_id)
    assert parse(answer).header.text(12) == case.version


@settings(max_examples=60, deadline=None)
@given(messages(), st.integers(0, 30))
def test_a_second_patient_anywhere_is_refused_in_every_version(case, place):
    end = b"\r" if b"\r" in case.raw and b"\n" not in case.raw else b"\r\n" if b"\r\n" in case.raw else b"\n"
    lines = case.raw.split(end)
    field = case.raw[3:4]
    lines.insert(1 + place % len(lines), field.join([b"PID", b"", b"", b"9990000026"]))
    message = read_message(end.join(lines), NOW)
    assert (message.readings, message.identifiers, message.answer) == ((), (), Answer.REJECTED)


@pytest.mark.parametrize(
    ("kind", "version", "read_as"),
    [
        ("ORU", "2.3", "vitals"),
        ("ORU", "2.4", "vitals"),
        ("ORU", "2.6", "other"),
        ("ORU^^ORU_R40", "2.6", "alarm"),
        ("ORU^R42", "2.6", "pump"),
        ("ORU^W01", "2.3", "other"),
        ("oru^r01", "2.3", "other"),
    ],
)
def test_an_event_that_is_not_named_is_taken_from_the_structure_or_an_old_version(kind, version, read_as):
    raw = f"MSH|^~\\&|MON|WARD|||20260701120000||{kind}|1|P|{version}\rPID|||G1".encode()
    assert read_message(raw, NOW).kind == read_as


def test_several_values_in_one_row_are_never_chosen_from():
    raw = "MSH|^~\\&|MON||||20260701120000||ORU^R01|1|P|2.3\rOBX|1|NM|150456^^MDC||97~88~91|%"
    (row,) = read_message(raw.encode(), NOW).rows
    assert row.why_not == "several values were sent in one row"
