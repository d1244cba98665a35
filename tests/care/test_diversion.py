"""Signs of diversion: what stands out does, and ordinary work does not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from glimmer.care.controlled import Kind, Line
from glimmer.care.diversion import Discard, Sign, Signed, signals

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MAYA, JO, ANN = 1, 2, 3
TAKEN = Line(1, Kind.ADMINISTRATION, NOON, NOON, change=-1, balance=5)
AGREED = Line(2, Kind.CHECK, NOON, NOON, balance=5, counted=5)
DIFFERS = replace(AGREED, counted=4)


def signs(
    *pages: list[Signed], discards: tuple[Discard, ...] = (), **patients: dict[int, int]
) -> set[tuple[Sign, int]]:
    found = signals(pages, discards, patients.get("early", {}), patients.get("lost", {}))
    return {(one.sign, one.about) for one in found}


def entries(by: int, witnesses: list[int], line: Line = TAKEN) -> list[Signed]:
    return [Signed(line, by, witness) for witness in witnesses]


def test_early_requests_and_lost_supplies_are_of_the_patient() -> None:
    assert signs(early={7: 1, 8: 2}, lost={9: 1}) == {(Sign.EARLY, 8), (Sign.LOST, 9)}


def test_two_differences_after_one_person_moved_stock_stand_out() -> None:
    moved, differs, agreed = Signed(TAKEN, MAYA, JO), Signed(DIFFERS, JO, MAYA), Signed(AGREED, JO, MAYA)
    assert signs([moved, differs]) == set()
    assert signs([moved, differs], [moved, differs]) == {(Sign.DRIFT, MAYA)}
    # A count that agreed clears who came before it; who only counted moved nothing.
    assert signs([moved, agreed, differs], [moved, agreed, differs]) == set()


@pytest.mark.parametrize(("mine", "found"), [(6.0, False), (6.1, True)])
def test_waste_above_one_and_a_half_times_that_of_the_others_stands_out(mine: float, found: bool) -> None:
    work = (*(Discard(MAYA, 20, mine) for _ in range(5)), *(Discard(JO, 20, 4) for _ in range(5)))
    assert ((Sign.WASTE, MAYA) in signs(discards=work)) is found


def test_waste_of_a_few_sessions_is_not_compared() -> None:
    work = (*(Discard(MAYA, 20, 20) for _ in range(4)), *(Discard(JO, 20, 4) for _ in range(9)))
    assert signs(discards=work) == set()
    assert signs(discards=tuple(Discard(MAYA, 20, 20) for _ in range(9))) == set()


@pytest.mark.parametrize(("same", "found"), [(7, False), (8, True)])
def test_nearly_always_the_same_witness_stands_out(same: int, found: bool) -> None:
    assert signs(entries(MAYA, [JO] * same + [ANN] * (10 - same))) == ({(Sign.SAME_WITNESS, MAYA)} if found else set())
    assert signs(entries(MAYA, [JO] * 9)) == set()


def test_one_entry_in_four_made_late_stands_out() -> None:
    late = replace(TAKEN, entered_at=NOON + timedelta(days=2))
    mixed = [*entries(MAYA, [JO, ANN] * 4), *entries(MAYA, [JO, ANN], late)]
    assert signs(mixed) == set()
    assert signs([*mixed, *entries(MAYA, [JO, ANN], late)]) == {(Sign.LATE, MAYA)}


@given(some.lists(some.tuples(some.integers(1, 3), some.floats(0, 20)), max_size=20))
def test_nobody_stands_out_for_the_waste_that_all_have(work: list[tuple[int, float]]) -> None:
    same = tuple(Discard(by, 20, 5) for by, _ in work)
    assert not any(sign is Sign.WASTE for sign, _ in signs(discards=same))
