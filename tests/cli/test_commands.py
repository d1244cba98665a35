"""The `glimmer` command as an operator types it: help, answers, and one sentence for every mistake."""

import json
import os
import socket
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from glimmer.cli.main import app
from tests.support.shared_data import shared_data

COMMANDS = [
    [],
    ["serve"],
    ["migrate"],
    ["demo"],
    ["import"],
    ["import", "referral"],
    ["gateway"],
    ["gateway", "try"],
    ["gateway", "serve"],
    ["gateway", "status"],
    ["gateway", "aside"],
    ["guidance"],
    ["guidance", "protocols"],
    ["guidance", "protocol"],
    ["guidance", "figure"],
    ["protocol"],
    ["protocol", "check"],
    ["protocol", "compare"],
    ["audit"],
    ["audit", "verify"],
    ["safety"],
    ["safety", "status"],
    ["safety", "report"],
    ["staff"],
    ["staff", "add"],
    ["staff", "retire"],
    ["staff", "reinstate"],
    ["staff", "reset"],
    ["staff", "link"],
    ["staff", "list"],
    ["service"],
    ["service", "add"],
    ["service", "revoke"],
    ["service", "list"],
    ["bays"],
    ["bays", "add"],
    ["bays", "list"],
    ["devices"],
    ["devices", "add"],
    ["devices", "move"],
    ["devices", "retire"],
    ["devices", "reinstate"],
    ["devices", "list"],
]


def glimmer(*words: str):
    """Run the command in this process."""
    return CliRunner().invoke(app, list(words))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: " ".join(words) or "glimmer")
def test_every_command_has_help_worth_reading(command):
    answer = glimmer(*command, "--help")
    assert answer.exit_code == 0
    assert len(answer.output.split()) > 12


def test_help_answers_without_starting_django():
    code = "import sys; from glimmer.cli.main import app; sys.exit('django.conf' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_gateway_try_shows_the_cuff_reading_of_the_spot_monitor():
    file = shared_data("hl7") / "ihe-pcd01-acme-episodic-nibp-ucum.hl7"
    answer = glimmer("gateway", "try", str(file), "--json")
    assert answer.exit_code == 0
    text = json.dumps(json.loads(answer.output))
    for part in ("12345", "systolic", "111", "diastolic", "60", "2011-06-02T04:58:42"):
        assert part in text
    assert "ACME_Gateway" in glimmer("gateway", "try", str(file)).output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["gateway", "try", "nowhere.hl7"], "There is no file"),
        (["gateway", "try", "."], "is a folder"),
        (["guidance", "protocol", "homeopathy"], "homeopathy"),
        (["guidance", "figure", "news2", "horoscope"], "horoscope"),
    ],
)
def test_a_mistake_gets_a_sentence_and_no_trace(words, says):
    answer = glimmer(*words)
    assert answer.exit_code == 1
    assert says in answer.output
    assert "Traceback" not in answer.output


def test_a_file_without_a_message_is_said_to_hold_none(tmp_path):
    file = tmp_path / "letter.txt"
    file.write_text("Dear colleague,")
    answer = glimmer("gateway", "try", str(file))
    assert answer.exit_code == 1
    assert "no HL7 message" in answer.output


def test_guidance_answers_as_json_with_sources():
    listed = json.loads(glimmer("guidance", "protocols", "--json").output)
    assert {"iv-racemic-standard", "iv-racemic-oxford-weekly"} <= {entry["id"] for entry in listed}
    shown = json.loads(glimmer("guidance", "protocol", "iv-racemic-standard", "--json").output)
    assert shown["dose_mg_per_kg"]["value"] == 0.5
    assert all(rule["source"] and rule["evidence"] for rule in shown["alarms"])


def test_a_taken_port_is_named_with_a_way_out(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = subprocess.run(
            [sys.executable, "-m", "glimmer", "serve", "--port", str(port)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "GLIMMER_DATA_DIR": str(tmp_path)},
        )
    assert answer.returncode == 1
    assert f"Port {port}" in answer.stderr
    assert f"GLIMMER_PORT={port + 1}" in answer.stderr
    assert "Traceback" not in answer.stderr


def clinic_at(folder, *words: str, typed: str = ""):
    """Run the command in a process of its own, on a clinic in this folder."""
    return subprocess.run(
        [sys.executable, "-m", "glimmer", *words],
        env={**os.environ, "GLIMMER_DATA_DIR": str(folder), "GLIMMER_DATABASE_URL": ""},
        input=typed,
        capture_output=True,
        text=True,
    )


def test_a_fresh_clinic_gets_its_first_person_and_has_every_function_off(tmp_path):
    words = ("staff", "add", "wilf", "--name", "Dr Wilf Tarrant", "--role", "safety officer")
    short = clinic_at(tmp_path, *words, "--password", "short")
    assert short.returncode == 1
    assert "at least 12 characters" in short.stderr
    added = clinic_at(tmp_path, *words, "--password", "three or four words")
    assert (
        added.stdout
        == "Dr Wilf Tarrant can sign in as wilf (safety officer), and chooses a password of their own there.\n"
    ), added.stderr
    twice = clinic_at(tmp_path, *words, "--password", "three or four words")
    assert "already a member of staff" in twice.stderr
    status = clinic_at(tmp_path, "safety", "status", "--json")
    rows = json.loads(status.stdout)
    assert [(row["function"], row["on"], row["signed_by"]) for row in rows] == [
        ("dose_arithmetic", False, ""),
        ("alarms", False, ""),
        ("prediction", False, ""),
    ]


def test_the_hazard_log_says_where_it_cannot_be_written(tmp_path):
    answer = glimmer("safety", "report", str(tmp_path / "nowhere" / "hazards.md"))
    assert answer.exit_code == 1
    assert "cannot be written" in answer.output


def test_the_page_of_the_hazard_log_is_written_and_checked(tmp_path):
    page = tmp_path / "hazards.md"
    assert glimmer("safety", "report", str(page)).exit_code == 0
    assert glimmer("safety", "report", str(page), "--check").exit_code == 0
    page.write_text(page.read_text().replace("Hazard log", "Something else", 1))
    assert glimmer("safety", "report", str(page), "--check").exit_code == 1
