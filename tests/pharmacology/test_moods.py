"""Virtual courses of depression: published averages come out, and the same seed gives the same people."""

from datetime import date, timedelta

import numpy as np
import pytest

from glimmer.care.relapse import watch_of
from glimmer.pharmacology.virtual import courses
from glimmer.pharmacology.virtual.courses import course_calibration
from glimmer.pharmacology.virtual.moods import KINDS, moods

END = 17
FIRST_DAY = date(2026, 1, 5)


@pytest.mark.parametrize("seed", [2026, 7])
def test_published_courses_come_out(seed: int):
    rows = course_calibration(seed)
    assert len(rows) == 10
    far = [f"{row.name}: published {row.published}, simulated {row.simulated:.1f}" for row in rows if not row.is_near]
    assert not far, far


def test_comparison_notices_courses_that_do_not_help(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        courses, "moods", lambda seed, count, has_drug=True: moods(seed, count, has_drug=has_drug, baseline=9)
    )
    far = {row.name for row in course_calibration(count=500) if not row.is_near}
    assert "remission" in far


def test_person_is_the_same_in_any_company_and_on_any_day():
    many, one = moods(4, 30), moods(4, 1, first=12)
    assert one.baseline[0] == many.baseline[12]
    assert one.lost_on[0] == many.lost_on[12]
    assert one.totals([100])[0, 0] == many.totals([30, 100, 200])[12, 1]
    assert (one.answered([100])[0, 0], KINDS[one.kind[0]]) == (many.answered([9, 100])[12, 1], KINDS[many.kind[12]])
    assert not np.array_equal(many.baseline, moods(5, 30).baseline)


def test_totals_are_scores_of_the_form_at_any_time():
    people = moods(1, 400)
    totals = people.totals([-30, 0, 3, 21, 400, 4000])
    assert (totals.min() >= 0, totals.max() <= 27, totals.dtype) == (True, True, np.dtype("int64"))
    # Before the first infusion nothing has changed.
    assert np.allclose(people.true([-30, 0]), people.baseline[:, None])


def test_hazard_of_losing_the_response_is_front_loaded():
    after = moods(3, 20_000).lost_on - END

    def hazard(begins: float, ends: float) -> float:
        at_risk, lost = (after > begins).sum(), ((after > begins) & (after <= ends)).sum()
        return float(lost / at_risk / (ends - begins))

    assert hazard(30, 90) > 1.5 * hazard(120, 200) > 1.5 * hazard(250, 365)


def test_maintenance_lowers_the_hazard_while_it_lasts_and_not_before():
    plain, kept = (moods(3, 5000, maintained_days=days).lost_on - END for days in (0, 180))
    # By hand: a hazard met of H at 180 days becomes 0.35 H.
    still = [float((one > 180).mean()) for one in (plain, kept)]
    never = float(np.isinf(plain).mean())
    survivors = (still[0] - never) / (1 - never)
    assert (still[1] - never) / (1 - never) == pytest.approx(survivors**0.35, abs=0.02)
    assert (kept >= plain).all()


def test_without_the_drug_only_what_comes_with_care_remains():
    people = moods(2, 3000, has_drug=False)
    fall = 1 - people.true([21])[:, 0] / people.baseline
    # 12 % of the baseline, and after 21 days with 7 days for two thirds of it nearly all of that.
    assert fall.mean() == pytest.approx(0.12 * (1 - np.exp(-3)), abs=0.01)
    assert np.isinf(people.lost_on).all()


def test_late_responders_come_after_early_ones():
    people = moods(6, 4000)
    gone = 1 - people.true([4, 21]) / people.baseline[:, None]
    early, late = (gone[people.kind == KINDS.index(kind)].mean(axis=0) for kind in ("early", "late"))
    assert early[0] > 2 * late[0]
    assert late[1] == pytest.approx(early[1], abs=0.08)


def test_answers_stay_away_more_often_from_who_is_worse():
    people = moods(8, 4000)
    days = [7.0 * week for week in range(4, 20)]
    given, level = people.answered(days), people.true(days)
    assert 0.6 < given.mean() < 0.85
    assert given[level > 15].mean() < given[level < 6].mean() - 0.03


def test_relapse_warning_comes_before_most_relapses_and_seldom_without_one():
    """The product's own watch over a year of virtual responders, with the answers that they gave."""
    people = moods(20, 900)
    days = [END + 5.0 + 7 * week for week in range(52)]
    totals, answered = people.totals(days), people.answered(days)
    responds = 1 - totals[:, 0] / people.baseline >= 0.5
    warned, relapsed, false_alarms, years = 0, 0, 0, 0.0
    for person in np.flatnonzero(responds):
        told = [
            (FIRST_DAY + timedelta(days=day), int(total))
            for day, total, is_given in zip(days, totals[person], answered[person], strict=True)
            if is_given
        ]
        warnings = [
            (step.completed_on - FIRST_DAY).days
            for step in watch_of(told, int(people.baseline[person])).steps
            if step.warns
        ]
        begins = people.lost_on[person] - people.slides_within[person] / 2
        whole = begins + people.slides_within[person]
        is_well_until = min(begins, days[-1])
        years += max(is_well_until - END, 0) / 365
        false_alarms += sum(day < begins for day in warnings)
        # From the fourth score on there is a watch at all.
        if END + 40 < whole < days[-1] - 28:
            relapsed += 1
            warned += any(begins <= day <= whole + 28 for day in warnings)
    assert relapsed > 100
    assert warned / relapsed > 0.75
    assert false_alarms / years < 0.5
