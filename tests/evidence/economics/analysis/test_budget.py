"""Budget impact against tables worked out by hand, and what must hold for any."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glimmer.evidence.economics.analysis import BadAnalysis, Profile, Service, budget_impact
from glimmer.evidence.economics.analysis.budget import TOTAL, over_entries

USUAL = Profile(cash={"prescriptions": [100, 100, 100]}, bed_days=[5, 5, 5])
KETAMINE = Profile(
    cash={"sessions": [2000, 400, 0], "prescriptions": [80, 80, 80]},
    staff_hours={"nurse": [30, 6, 0]},
    bed_days=[3, 2, 5],
    in_service=[1, 0.5, 0],
)
PROFILES = {"usual care": USUAL, "ketamine": KETAMINE}
NOBODY = Service({"usual care": np.ones(5)})
RISING = Service({"usual care": [1, 0.9, 0.8, 0.8, 0.8], "ketamine": [0, 0.1, 0.2, 0.2, 0.2]})
ELIGIBLE = np.full(5, 100.0)


def impact(**more):
    hours = {"hours_of_full_time_year": {"nurse": 1500}, **more}
    return budget_impact(ELIGIBLE, PROFILES, NOBODY, RISING, **hours)


def changes(found, name):
    return [line.change.mean for line in found.lines if line.name == name]


def test_cash_of_each_year_is_that_of_all_who_entered_up_to_it():
    # 0, 10, 20, 20, 20 people enter: 2000 in their first year, 400 in their second.
    assert changes(impact(), "sessions") == pytest.approx([0, 20_000, 44_000, 48_000, 48_000])
    # Each of them saves 20 a year for three years: 0, 10, 30, 50, 60 people.
    assert changes(impact(), "prescriptions") == pytest.approx([0, -200, -600, -1000, -1200])
    assert changes(impact(), TOTAL) == pytest.approx([0, 19_800, 43_400, 47_000, 46_800])


def test_it_is_not_discounted():
    flat = Profile(cash={"all": [1, 1, 1, 1, 1]})
    found = budget_impact(ELIGIBLE, {"a": flat}, Service({"a": np.ones(5)}), Service({"a": np.ones(5)}))
    assert [line.with_change.mean for line in found.lines if line.name == TOTAL] == [100, 200, 300, 400, 500]


def test_staff_are_whole_time_equivalents_and_not_money():
    # 30 hours in the first year, 6 in the second: 0, 300, 660, 720, 720 hours of 1500 in a full-time year.
    assert changes(impact(), "nurse") == pytest.approx(np.array([0, 300, 660, 720, 720]) / 1500)
    frame = impact().frame()
    assert set(frame.filter(frame["kind"] == "staff")["unit"]) == {"whole-time equivalents"}


def test_released_bed_days_are_capacity_and_in_no_total():
    # Two days fewer in the first year, three in the second.
    found = impact()
    assert [one.mean for one in found.released()] == pytest.approx([0, 20, 70, 100, 100])
    without_beds = {name: Profile(one.cash, one.staff_hours) for name, one in PROFILES.items()}
    plain = budget_impact(ELIGIBLE, without_beds, NOBODY, RISING, hours_of_full_time_year={"nurse": 1500})
    assert changes(plain, TOTAL) == changes(found, TOTAL)


def test_people_enter_stay_and_leave():
    found = [one for one in impact().people if (one.service, one.strategy) == ("with", "ketamine")]
    assert [one.year for one in found] == [1, 2, 3, 4, 5]
    assert [one.entering for one in found] == pytest.approx([0, 10, 20, 20, 20])
    assert [one.in_service for one in found] == pytest.approx([0, 10, 25, 30, 30])
    assert [one.leaving for one in found] == pytest.approx([0, 0, 5, 15, 20])


def test_the_same_service_twice_changes_nothing():
    found = budget_impact(ELIGIBLE, PROFILES, RISING, RISING, hours_of_full_time_year={"nurse": 1500})
    assert {line.change.mean for line in found.lines} == {0}


def test_draws_give_every_line_its_interval():
    chance = np.random.default_rng(1)
    price = chance.normal(1000, 100, 4000)
    uncertain = Profile(cash={"drug": np.column_stack([price, 0 * price])})
    free = Profile(cash={"drug": [0, 0]})
    profiles = {"none": free, "drug": uncertain}
    found = budget_impact([10, 10], profiles, Service({"none": [1, 1]}), Service({"none": [0, 0], "drug": [1, 1]}))
    line = next(line for line in found.lines if (line.year, line.name) == (2, "drug"))
    assert (line.change.low, line.change.high) == pytest.approx((10_000 - 1960, 10_000 + 1960), rel=0.02)
    assert line.change.mean == pytest.approx(10_000, abs=3 * line.change.standard_error)


def test_released_keeps_low_below_high():
    days = np.random.default_rng(1).normal(4, 1, (500, 1))
    profiles = {"a": Profile({"x": [0]}, bed_days=[5]), "b": Profile({"x": [0]}, bed_days=days)}
    (freed,) = budget_impact([1], profiles, Service({"a": [1]}), Service({"b": [1]})).released()
    assert freed.low < freed.mean < freed.high
    assert freed.mean == pytest.approx(5 - days.mean())


def test_a_course_longer_than_the_budget_is_cut_at_its_end():
    assert over_entries(np.array([1.0, 1.0]), np.array([1.0, 10.0, 100.0])).tolist() == [[1, 11]]


@given(
    st.lists(st.floats(0, 1000), min_size=1, max_size=6),
    st.lists(st.floats(-100, 1000), min_size=1, max_size=8),
)
def test_all_years_together_are_a_convolution(entering, each):
    years = len(entering)
    expected = np.convolve(entering, each)[:years]
    expected = np.pad(expected, (0, years - len(expected)))
    assert over_entries(np.array(entering), np.array(each))[0] == pytest.approx(expected, abs=1e-6)


def test_lines_come_by_year_with_all_cash_first_and_in_their_currency():
    frame = impact(currency="EUR").frame()
    assert frame["name"].to_list()[:5] == [TOTAL, "prescriptions", "sessions", "nurse", "bed-days"]
    assert set(frame.filter(frame["kind"] == "cash")["unit"]) == {"EUR"}
    assert frame["year"].to_list() == [year for year in range(1, 6) for _ in range(5)]
    assert impact().people_frame().height == 5 * 3


@pytest.mark.parametrize(
    ("service", "message"),
    [
        (Service({"usual care": np.full(5, 0.9)}), "must add up to 1: name usual care"),
        (Service({"usual care": np.full(5, 1.2), "ketamine": np.full(5, -0.2)}), "below 0 for \\['ketamine'\\]"),
        (Service({"usual care": np.ones(4)}), "one share for each of 5 years"),
        (Service({"ECT": np.ones(5)}), "no profile of ECT. There is: usual care, ketamine"),
    ],
)
def test_a_service_that_does_not_serve_everybody_is_refused(service, message):
    with pytest.raises(BadAnalysis, match=message):
        budget_impact(ELIGIBLE, PROFILES, NOBODY, service)


def test_hours_without_a_full_time_year_are_not_guessed():
    with pytest.raises(BadAnalysis, match=r"Hours of nurse .* worked hours of a full-time year"):
        budget_impact(ELIGIBLE, PROFILES, NOBODY, RISING)
    with pytest.raises(BadAnalysis, match="Hours of nurse"):
        impact(hours_of_full_time_year={"nurse": 0})


def test_a_profile_is_whole():
    with pytest.raises(BadAnalysis, match="at least one category of cash"):
        Profile(cash={})
    with pytest.raises(BadAnalysis, match="must cover the same years"):
        Profile(cash={"drug": [1, 2]}, bed_days=[1])
