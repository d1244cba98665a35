"""A planned service in a file gives budget and equity; nothing of it is guessed, and what is wrong is said."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from glimmer.evidence.economics.analysis import BadAnalysis, Profile
from glimmer.evidence.economics.clinic.question import Question
from glimmer.evidence.economics.outcomes import Outcomes
from glimmer.evidence.economics.report.clinic_case import Drawn, clinic_case
from glimmer.evidence.economics.report.findings import findings
from glimmer.evidence.economics.report.service import BadService, budget_of, equity_from, read_service
from glimmer.evidence.economics.report.statement import as_data, in_text

EXAMPLE = Path(__file__).parents[4] / "docs" / "examples" / "economics" / "service.toml"
OUTCOMES = Outcomes(("usual_care", "iv_maintained"), np.array([[100.0, 1400.0]]), np.array([[2.0, 2.2]]), "usual_care")


def plan(tmp_path, *changes: tuple[str, str]):
    text = EXAMPLE.read_text()
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    (tmp_path / "service.toml").write_text(text)
    return read_service(tmp_path / "service.toml")


def profiles(years: int):
    plain = {"nurse": np.full(years, 3.2), "psychiatrist": np.zeros(years), "pharmacist": np.zeros(years)}
    none = {role: np.zeros(years) for role in plain}
    return {
        "usual_care": Profile({"treatment": np.zeros(years)}, none),
        "iv_maintained": Profile({"treatment": np.arange(years, 0, -1) * 10.0}, plain),
    }


def test_budget_is_people_times_what_each_uses_by_year_since_entry(tmp_path):
    found = budget_of(plan(tmp_path), profiles)
    cash = {one.year: one.change.mean for one in found.lines if one.name == "all cash"}
    # Entering: 10, 24, 36, 36, 36 people; each costs 50, 40, 30, 20, 10 in the years since.
    assert cash[1] == pytest.approx(10 * 50)
    assert cash[3] == pytest.approx(36 * 50 + 24 * 40 + 10 * 30)
    assert cash[5] == pytest.approx(36 * 50 + 36 * 40 + 36 * 30 + 24 * 20 + 10 * 10)
    nurses = {one.year: one.change.mean for one in found.lines if one.name == "nurse"}
    assert nurses[2] == pytest.approx((10 + 24) * 3.2 / 1600)


def test_equity_counts_what_is_gained_and_what_is_displaced(tmp_path):
    found = equity_from(plan(tmp_path), OUTCOMES, 13_000)
    # 100 treated gain 0.2 each; 1,300 each at 13,000 a QALY displace 0.1 each, 60 % of it from the first half.
    assert [one.gained.mean for one in found.groups] == pytest.approx([8, 12])
    assert [one.displaced.mean for one in found.groups] == pytest.approx([6, 4])


def test_what_is_not_in_the_file_has_no_result(tmp_path):
    (tmp_path / "none.toml").write_text("")
    found = read_service(tmp_path / "none.toml")
    assert budget_of(found, profiles) is None
    assert equity_from(found, OUTCOMES, 13_000) is None


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("[budget.with]", "[budget.wiht]", r"\[budget\] has no 'wiht'\. Did you mean 'with'\?"),
        ("eligible = [100, 120, 120, 120, 120]", "eligible = [100]", "has 5 values, but the budget has 1 years"),
        ("iv_maintained = [0.1", "iv_maintained = [-0.1", "is below 0 in a year"),
        ("baseline_qale = 71\n", "", r"'Least deprived half' needs baseline_qale"),
        ('strategy = "iv_maintained"', 'strategy = "iv_maintaned"', r"Did you mean 'iv_maintained'\?"),
        ("aversion = [0, 1, 10]", 'aversion = "much"', "aversion is 'much', but must be a number"),
        ("usual_care = 1\n", "usual_care = 0.9\n", "must add up to 1"),
        ("nurse = 1600\n", "", "Hours of nurse cannot be turned"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, before, after, says):
    def both():
        found = plan(tmp_path, (before, after))
        return budget_of(found, profiles), equity_from(found, OUTCOMES, 13_000)

    with pytest.raises((BadService, BadAnalysis), match=says):
        both()


def test_the_clinics_statement_shows_both(tmp_path):
    case = clinic_case(Question(), Drawn(60, 1), date(2026, 11, 27), lambda *_: None, plan=read_service(EXAMPLE))
    told = findings(case)
    text = in_text(told)
    assert "BUDGET IMPACT" in text
    assert "nurse (WTE)" in text
    assert "WHO GAINS, WHO PAYS" in text
    data = as_data(told)
    assert {row["kind"] for row in data["budget impact"]} >= {"cash", "staff"}
    assert len(data["equity"]) == 2
