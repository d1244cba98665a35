"""What a plan changes: against loops over areas, and surer than the difference of two means."""

import numpy as np
import pytest

from glimmer.evidence.access.compare import compare
from glimmer.evidence.access.need import need
from tests.evidence.access.test_measures import KNOWN, country, ways

BEFORE, AFTER = [1, 4], [1, 6]


def test_change_of_each_group_equals_a_loop_over_its_areas():
    areas, people = country(), need(country(), 2, 1, own=KNOWN)
    minutes, weight = ways(areas).minutes.astype(float), people.people()[0]
    found = compare(areas, ways(areas), BEFORE, AFTER, people)
    for one in found.groups:
        if one.breakdown != "nation":
            continue
        means = []
        for chosen in (BEFORE, AFTER):
            inside = [row for row in range(len(areas)) if areas.nation[row] == one.name]
            total = sum(weight[row] * min(minutes[row, site] for site in chosen) for row in inside)
            means.append(total / sum(weight[row] for row in inside))
        assert (one.before.mean, one.after.mean) == pytest.approx(tuple(means))
        assert one.less.mean == pytest.approx(means[1] - means[0])
    change = minutes[:, AFTER].min(axis=1) - minutes[:, BEFORE].min(axis=1)
    np.testing.assert_allclose(found.areas, change, atol=1e-4)


def test_the_same_plan_changes_nothing_for_anybody_in_any_draw():
    areas = country()
    travel = ways(areas, error_common=0.2, error_own=0.3)
    found = compare(areas, travel, AFTER, AFTER, need(areas, 20, 1))
    assert all((one.less.low, one.less.mean, one.less.high) == (0, 0, 0) for one in found.groups)
    assert all(one.before.low < one.before.high for one in found.groups if one.breakdown == "all")


def test_one_more_site_is_surely_no_worse_although_the_two_intervals_overlap():
    areas = country()
    travel = ways(areas, error_common=0.2, error_own=0.3)
    everybody = next(
        one for one in compare(areas, travel, [1], [1, 6], need(areas, 50, 1)).groups if one.breakdown == "all"
    )
    assert everybody.less.high < 0
    assert everybody.after.high > everybody.before.low


def test_an_area_that_one_plan_does_not_reach_has_no_change():
    areas = country()
    travel = ways(areas)
    travel.minutes[3, 6] = np.inf
    assert np.isnan(compare(areas, travel, [1], [6], need(areas, 2, 1)).areas[3])
