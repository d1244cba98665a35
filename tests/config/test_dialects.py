"""A clinic's own dialect files, from the data folder into what the gateway understands."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from glimmer.config.wiring import read_dialects
from glimmer.gateway.dialect_files import in_use, use
from glimmer.gateway.message import read_message

NOW = datetime(2026, 7, 1, 12, 0, 5, tzinfo=UTC)
MESSAGE = b"MSH|^~\\&|HARBOUR||||20260701120000||ORU^R01|1|P|2.5\rOBX|1|NM|77^O2^HARBOUR||97|%"
OWN = """
source = "Our own device"
coding_systems = ["HARBOUR"]
codes.77 = { name = "O2", parameter = "spo2", evidence = "site" }
"""


@pytest.fixture(autouse=True)
def the_book_as_it_was() -> Iterator[None]:
    before = in_use()
    yield
    use(before)


def test_a_file_in_the_data_folder_is_what_the_gateway_reads_by(tmp_path: Path) -> None:
    assert read_message(MESSAGE, NOW).readings == ()
    (tmp_path / "dialects").mkdir()
    (tmp_path / "dialects" / "harbour.toml").write_text(OWN)
    read_dialects(tmp_path)
    assert [reading.value for reading in read_message(MESSAGE, NOW).readings] == [97.0]


def test_a_broken_file_is_told_in_the_log_and_costs_nobody_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "dialects").mkdir()
    (tmp_path / "dialects" / "a.toml").write_text(OWN.replace("spo2", "sao2"))
    (tmp_path / "dialects" / "b.toml").write_text(OWN)
    with caplog.at_level(logging.ERROR, logger="glimmer.gateway"):
        read_dialects(tmp_path)
    assert "a.toml, line 4: '77' has the parameter 'sao2'" in caplog.text
    assert [reading.value for reading in read_message(MESSAGE, NOW).readings] == [97.0]
