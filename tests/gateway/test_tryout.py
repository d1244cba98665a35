"""`explain`: what the gateway would make of a file, for the person who connects a device."""

import json

from glimmer.gateway.framing import framed
from glimmer.gateway.tryout import explain
from tests.support.shared_data import shared_data

MINDRAY = "ihe-pcd04-mindray-low-spo2-alarm-start.hl7"
PHILIPS = "ihe-pcd01-philips-physiological-monitor.hl7"


def test_every_real_file_is_one_message_and_can_be_written_as_json_and_as_text():
    for file in sorted(shared_data("hl7").glob("*.hl7")):
        explanation = explain(file)
        assert len(explanation.messages) == 1, file.name
        told = json.loads(json.dumps(explanation.to_json()))
        assert told["file"] == file.name
        for row in told["messages"][0]["rows"]:
            assert row["charted"] != bool(row["why_not"])
        assert str(explanation).startswith("Message 1: ")


def test_json_says_patient_device_and_per_reading_what_it_became():
    (message,) = explain(shared_data("hl7", MINDRAY)).to_json()["messages"]
    assert message["patient"] == {
        "identifiers": [{"value": "HO2009001", "authority": "Hospital", "type": "PI"}],
        "name": "Albert Hon",
        "bed": "HO Surgery, OR, 1",
    }
    assert message["device"] == "F1519EFX"
    assert message["sender_is_told"] == "stored"
    saturation = message["rows"][1]
    assert (saturation["parameter"], saturation["value"], saturation["unit"]) == ("spo2", 88.0, "%")
    assert saturation["measured_at"] == "2012-01-11T21:04:57+00:00"
    assert message["alarm"]["text"] == "Low SpO2"
    assert message["alarm"]["happened_at"] == "2012-01-11T21:04:57+00:00"


def test_text_says_value_unit_and_time_or_why_not():
    text = str(explain(shared_data("hl7", PHILIPS)))
    assert "+ Systolic blood pressure (cuff)     117 mm[Hg]  measured at 2015-01-22 11:50:00 UTC" in text
    assert "not charted: says how good the signal is (perfusion); Glimmer charts no such value" in text


def test_file_with_framing_and_several_messages(tmp_path):
    one, other = shared_data("hl7", MINDRAY).read_bytes(), shared_data("hl7", PHILIPS).read_bytes()
    file = tmp_path / "capture.bin"
    file.write_bytes(framed(one) + b"junk" + framed(other)[:200])
    first, junk, half = explain(file).messages
    assert first.control_id == "1"
    assert "not inside a message" in junk.quarantine
    assert "broke off" in half.quarantine


def test_bare_file_with_several_messages_and_any_line_ends(tmp_path):
    one, other = shared_data("hl7", MINDRAY).read_bytes(), shared_data("hl7", PHILIPS).read_bytes()
    file = tmp_path / "messages.txt"
    file.write_bytes(one.replace(b"\r", b"\n") + b"\n" + other.replace(b"\r", b"\r\n"))
    assert [len(m.readings) for m in explain(file).messages] == [1, 6]


def test_file_without_hl7_holds_no_message(tmp_path):
    file = tmp_path / "letter.txt"
    file.write_text("Dear Dr MSH, thank you.")
    explanation = explain(file)
    assert explanation.messages == ()
    assert str(explanation) == "letter.txt holds no HL7 message: nothing in it begins with MSH."
