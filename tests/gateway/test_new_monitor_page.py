"""The worked example of docs/gateway.md does what the page says, by the command that it names."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from glimmer.cli.main import app
from tests.support.shared_data import REPOSITORY

PAGE = (REPOSITORY / "docs" / "gateway.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str, str]:
    (tmp_path / "harbour.hl7").write_text(block("hl7"))
    (tmp_path / "harbour.toml").write_text(block("toml"))
    return str(tmp_path / "harbour.hl7"), str(tmp_path / "harbour.toml"), str(tmp_path)


def tried(*arguments: str) -> dict:
    done = CliRunner().invoke(app, ["gateway", "try", *arguments, "--json"])
    assert done.exit_code == 0, done.output
    (message,) = json.loads(done.stdout)["messages"]
    return message


def charted(message: dict) -> dict[str, tuple[float, str]]:
    return {row["parameter"]: (row["value"], row["unit"]) for row in message["rows"] if row["charted"]}


def test_without_the_file_none_of_the_codes_is_known(files):
    message = tried(files[0], "--data-dir", files[2])
    assert charted(message) == {}
    assert all(row["why_not"].startswith("unknown code") for row in message["rows"])


def test_with_the_file_the_values_are_charted_at_the_time_that_it_names(files):
    message = tried(files[0], "--dialect", files[1], "--data-dir", files[2])
    assert charted(message) == {
        "spo2": (97.0, "%"),
        "systolic": (128.0, "mm[Hg]"),
        "diastolic": (79.0, "mm[Hg]"),
        "mean_pressure": (95.0, "mm[Hg]"),
    }
    times = {(row["measured_at"], row["time_from"]) for row in message["rows"]}
    assert times == {("2026-07-01T10:59:00+00:00", "OBR-8")}
    assert message["rows"][-1]["why_not"] == "sentinel: 888 means that the device had no value"


def test_a_file_in_the_data_folder_is_used_by_itself(files):
    folder = Path(files[2]) / "dialects"
    folder.mkdir()
    (folder / "harbour.toml").write_text(block("toml"))
    assert len(charted(tried(files[0], "--data-dir", files[2]))) == 4


def test_a_broken_file_is_named_with_its_line_and_the_rest_is_shown(files):
    Path(files[1]).write_text(block("toml").replace('"spo2"', '"sao2"'))
    done = CliRunner().invoke(app, ["gateway", "try", files[0], "--dialect", files[1], "--data-dir", files[2]])
    assert done.exit_code == 1
    assert "Message 1: ORU^R01 (vitals) from HARBOUR-4" in done.output
    assert "harbour.toml, line 9: '77' has the parameter 'sao2', but must have one of: systolic" in done.output
