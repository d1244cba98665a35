"""A second patient in one message is seen even where the line that names them is written askew."""

from datetime import UTC, datetime

import pytest

from glimmer.gateway.message import Answer, read_message

NOW = datetime(2026, 11, 3, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize("name", ["pid", " PID", "Pid", "PID ", "\tPID"])
def test_second_patient_on_an_askew_line_refuses_the_whole_message(name):
    lines = [
        "MSH|^~\\&|MON|BAY|GLIMMER||20261103100000+0000||ORU^R01|1|P|2.6",
        "PID|||9990000018^^^NHS^NH",
        "OBR|1|||VITALS|||20261103100000+0000",
        f"{name}|||9990000026^^^NHS^NH",
        "OBX|1|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.1.1.1|97|262688^MDC_DIM_PERCENT^MDC|||||F",
    ]
    message = read_message("\r".join(lines).encode(), NOW)
    assert message.answer is Answer.REJECTED
    assert "two patients" in message.quarantine
    assert message.readings == ()
