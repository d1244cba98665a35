"""An attacker who sets every table against every other cannot tell that a hidden count is small."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from glimmer.evidence.access.crossed import hidden_together
from glimmer.evidence.access.disclosure import disclosure
from glimmer.evidence.access.measures import Nearest
from glimmer.evidence.access.need import need
from glimmer.evidence.access.suppress import threshold
from tests.evidence.access.test_measures import KNOWN, country

LEAST = threshold()


def highest(counts, families, hidden, target):
    """Return how large the sum over `target` rows can be for whoever solves all that is shown as equations."""
    shown, equal = [], []
    for name, labels in families.items():
        for group in np.unique(labels):
            if group not in hidden.groups[name]:
                shown.append((labels == group).astype(float))
                equal.append(counts[labels == group].sum())
    for row in np.flatnonzero(~hidden.rows):
        shown.append(np.eye(len(counts))[row])
        equal.append(counts[row])
    # A 0 is shown, so that what is hidden is at least 1.
    bounds = [(1, None) if no else (0, None) for no in hidden.rows]
    equations = {"A_eq": np.array(shown), "b_eq": np.array(equal)} if shown else {}
    found = linprog(-target.astype(float), bounds=bounds, **equations)
    return np.inf if found.status == 3 else -found.fun


def everything_small(counts, families):
    """Yield each row and each group that holds 1 to 7 people, as a mask of rows."""
    for row in np.flatnonzero((counts > 0) & (counts < LEAST)):
        yield np.arange(len(counts)) == row
    for labels in families.values():
        for group in np.unique(labels):
            if 0 < counts[labels == group].sum() < LEAST:
                yield labels == group


def is_safe(counts, families):
    hidden = hidden_together(counts, families)
    for target in everything_small(counts, families):
        assert hidden.rows[target & (counts > 0)].all()
        assert highest(counts, families, hidden, target) >= LEAST - 1e-6
    for name, labels in families.items():
        for group in np.unique(labels):
            assert group in hidden.groups[name] or not 0 < counts[labels == group].sum() < LEAST
    return hidden


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1))
def test_no_small_count_is_told_by_all_tables_together(seed):
    chance = np.random.default_rng(seed)
    size = int(chance.integers(4, 40))
    counts = np.where(chance.random(size) < 0.25, chance.integers(0, 10, size), chance.integers(20, 400, size))
    counts[0] = 500
    families = {"all": np.full(size, "all")}
    for name, groups in (("body", 4), ("clinic", 3), ("rurality", 2), ("tenth", 5))[: chance.integers(1, 5)]:
        families[name] = chance.integers(0, groups, size).astype(str)
    is_safe(counts.astype(float), families)


def test_a_small_group_is_not_what_the_other_groups_leave_of_the_whole():
    """Five rural people in one place: the whole less the urban would be just these."""
    counts = np.array([5.0, 300, 400, 500])
    families = {"all": np.full(4, "all"), "rurality": np.array(["rural", "urban", "urban", "urban"])}
    hidden = is_safe(counts, families)
    assert hidden.groups["rurality"] == {"rural", "urban"}
    assert hidden.groups["all"] == frozenset()


def test_a_cell_is_not_what_its_nation_and_its_tenth_leave_over():
    """Three people in one cell of two nations by two tenths, told with both totals."""
    counts = np.array([3.0, 90, 80, 70])
    families = {
        "all": np.full(4, "all"),
        "nation": np.array(["E", "E", "W", "W"]),
        "tenth": np.array(["1", "2", "1", "2"]),
        "nation and tenth": np.array(["E 1", "E 2", "W 1", "W 2"]),
    }
    hidden = is_safe(counts, families)
    assert hidden.rows.sum() >= 2


def test_many_counts_of_one_are_not_told_by_their_sum():
    counts = np.array([1.0] * 9 + [400, 500])
    hidden = is_safe(counts, {"all": np.full(11, "all")})
    assert hidden.rows.sum() == 10


def test_nothing_is_hidden_where_nothing_is_small():
    hidden = hidden_together(np.array([8.0, 0, 50, 90]), {"all": np.full(4, "all"), "half": np.array(list("aabb"))})
    assert not hidden.rows.any()
    assert hidden.groups == {"all": frozenset(), "half": frozenset()}


@pytest.mark.parametrize("size", [3000])
def test_a_country_of_many_small_areas_is_protected_in_seconds(size):
    chance = np.random.default_rng(3)
    counts = np.rint(chance.gamma(6, 3, size))
    families = {"all": np.full(size, "all"), "body": chance.integers(0, 40, size).astype(str),
                "clinic": chance.integers(0, 50, size).astype(str),
                "rurality": chance.integers(0, 2, size).astype(str)}  # fmt: skip
    hidden = hidden_together(counts, families)
    small = np.flatnonzero((counts > 0) & (counts < LEAST))
    assert hidden.rows[small].all()
    for row in chance.choice(small, 10, replace=False):
        assert highest_of_hidden(counts, families, hidden, row) >= LEAST - 1e-6


def highest_of_hidden(counts, families, hidden, row):
    """The same attack where there are many rows: what is shown is taken away first."""
    at = np.flatnonzero(hidden.rows)
    shown = [(labels == group)[at] for name, labels in families.items() for group in np.unique(labels)
             if group not in hidden.groups[name]]  # fmt: skip
    matrix = np.array(shown, float)
    found = linprog(-(at == row).astype(float), A_eq=matrix, b_eq=matrix @ counts[at], bounds=(1, None))
    return -found.fun


def test_a_page_without_need_by_area_hides_small_catchments_so_that_the_rest_does_not_tell_them():
    areas = replace(country(40), adults=np.array([300.0] + [5000.0] * 39))
    near = Nearest(np.array([7, *[3] * 19, *[5] * 20]), np.full(40, 20.0))
    people = need(areas, 2, 1, own=KNOWN)
    assert 0.5 < people.central()[0] < LEAST - 0.5, "one catchment is small"
    hidden = disclosure(areas, people, near, need_by_area=False)
    assert hidden.no_need_at(7)
    assert hidden.no_need_at(3) != hidden.no_need_at(5)
