"""The benchmarks run, and say what they measured in the agreed columns. How fast they are is no matter here."""

import json
import subprocess
import sys

import pytest

from bench.__main__ import BENCH
from bench.jobs import BadRow, shown
from tests.support.shared_data import REPOSITORY

COLUMNS = ["job", "ours", "peer", "peer_value", "ratio", "unit", "target", "target_met", "note"]
A_ROW = {
    "job": "acknowledge, 16 connections",
    "ours": 12345.6,
    "peer": "plain server",
    "peer_value": 1760.0,
    "ratio": 7.01,
    "unit": "messages/s",
    "target": "3 times the peer",
    "target_met": True,
    "note": "",
}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12345.6, "12,346"),
        (7.0123, "7.01"),
        (0.00456, "0.00456"),
        (True, "yes"),
        (False, "NO"),
        (None, "-"),
        ("s", "s"),
    ],
)
def test_numbers_are_shown_with_three_figures_that_matter(value, text):
    assert shown(value) == text


def test_table_shows_a_missed_target(capsys):
    BENCH.print_table([A_ROW, A_ROW | {"job": "slow page", "target_met": False}])
    slow = next(line for line in capsys.readouterr().out.splitlines() if "slow page" in line)
    assert "NO" in slow


def test_row_without_a_column_is_refused_by_name(monkeypatch):
    module = type(sys)("bench.unfinished")
    module.rows = lambda: [{"job": "x"}]
    monkeypatch.setitem(sys.modules, "bench.unfinished", module)
    with pytest.raises(BadRow, match=r"bench/unfinished\.py.*peer_value"):
        BENCH.rows_of("unfinished", short=False)


def test_unknown_job_is_answered_with_the_jobs_there_are():
    asked = subprocess.run(
        [sys.executable, "-m", "bench", "no-such-job"], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert asked.returncode == 2
    assert "there is no job no-such-job; there are: " in asked.stderr


@pytest.mark.parametrize("job", BENCH.names())
def test_every_job_runs_in_short_form_and_fills_the_agreed_columns(job, tmp_path, offering):
    answer = tmp_path / "rows.json"
    environment = offering("demo" if job == "pages" else "plain")
    command = [sys.executable, "-m", "bench", "--short", "--into", str(answer), job]
    run = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr[-2000:]
    rows = json.loads(answer.read_text())
    assert rows
    for row in rows:
        assert sorted(row) == sorted(COLUMNS)
        assert isinstance(row["ours"], int | float)
