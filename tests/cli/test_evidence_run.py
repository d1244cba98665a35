"""`glimmer evidence run`: a model in a file gives a page or JSON; what is wrong is said in a sentence."""

import json
from pathlib import Path

import polars
import pytest
from typer.testing import CliRunner

from glimmer.cli.main import app
from tests.support.shared_data import shared_data

SICK_SICKER = Path(__file__).parents[2] / "docs" / "examples" / "economics" / "sick_sicker.toml"


def run(*words: object):
    return CliRunner().invoke(app, ["evidence", "run", *map(str, words)])


def test_the_means_come_out_as_published():
    published = json.loads(shared_data("economics", "sicksicker_time_indep_deterministic.json").read_text())
    answer = json.loads(run(SICK_SICKER, "--draws", 0, "--json").stdout)
    found = {one["strategy"]: one for one in answer["strategies"]}
    for row in published["by_wcc"]["half-cycle"]:
        assert found[row["strategy"]]["cost"]["mean"] == pytest.approx(row["cost"], rel=1e-9)
        assert found[row["strategy"]]["effect"]["mean"] == pytest.approx(row["qaly"], rel=1e-9)
    assert answer["conventions"]["counting"] == "half_cycle"


def test_the_page_gives_spreads_and_chances_and_no_bare_ratio():
    page = run(SICK_SICKER, "--draws", 500).stdout
    assert "counting half_cycle" in page
    assert "500 draws, seed 1" in page
    assert "the best in 100% of draws" in page
    assert " to " in next(line for line in page.splitlines() if line.startswith("Strategy AB"))
    assert "ICER" not in page


def test_one_run_at_the_means_says_that_it_knows_no_doubt():
    assert "says nothing of how sure the answer is" in run(SICK_SICKER, "--draws", 0).stdout


def test_json_is_json_for_every_parser():
    out = run(SICK_SICKER, "--draws", 5, "--json").stdout
    assert json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))["draws"] == 5


def test_the_same_seed_gives_the_same_answer():
    assert run(SICK_SICKER, "--draws", 50).stdout == run(SICK_SICKER, "--draws", 50, "--workers", 1).stdout


def test_subgroups_are_shown_each_and_together(tmp_path):
    text = (
        SICK_SICKER.read_text()
        + "\n[subgroups.young]\nshare = 0.5\n[subgroups.old]\nshare = 0.5\nset = { c_healthy = 1 }\n"
    )
    (tmp_path / "model.toml").write_text(text)
    answer = json.loads(run(tmp_path / "model.toml", "--draws", 20, "--subgroups", "--json").stdout)
    costs = [answer["subgroups"][name]["strategies"][0]["cost"]["mean"] for name in ("young", "old")]
    assert answer["strategies"][0]["cost"]["mean"] == pytest.approx(sum(costs) / 2)


def test_every_total_is_written_as_a_tidy_table(tmp_path):
    assert run(SICK_SICKER, "--draws", 7, "--frame", tmp_path / "totals.csv").exit_code == 0
    assert polars.read_csv(tmp_path / "totals.csv").height == 7 * 4 * 2
    refused = run(SICK_SICKER, "--draws", 7, "--frame", tmp_path / "no" / "totals.csv")
    assert refused.exit_code == 1
    assert "cannot be written" in refused.stderr


def test_what_is_wrong_is_one_sentence(tmp_path):
    (tmp_path / "bad.toml").write_text(SICK_SICKER.read_text().replace('to = "Dead"', 'to = "Ded"', 1))
    refused = run(tmp_path / "bad.toml")
    assert refused.exit_code == 1
    assert "there is no state 'Ded'. Did you mean 'Dead'?" in refused.stderr
    assert "Traceback" not in refused.output
    assert "There is no file" in run(tmp_path / "none.toml").stderr
