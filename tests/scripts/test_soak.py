"""Each soak job runs in its short form, fills the agreed columns, and what it claims holds."""

import json
import subprocess
import sys

import pytest

from soak.__main__ import SOAK
from tests.support.shared_data import REPOSITORY


@pytest.mark.parametrize("job", SOAK.names())
def test_every_claim_holds_in_the_short_form(job, tmp_path, offering):
    answer = tmp_path / "rows.json"
    environment = offering("plain")
    command = [sys.executable, "-m", "soak", "--short", "--into", str(answer), job]
    run = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr[-2000:]
    rows = json.loads(answer.read_text())
    assert rows
    assert [row for row in rows if row["met"] is False] == []
