"""The controlled drugs register: what may be written, and whether it adds up. Expected values are worked by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glimmer.care.controlled import ADDS, MOVES, TAKES, Kind, Line, Page, Used, adds_up, judge_entry

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
GOOD = date(2027, 12, 31)


def line(number: int, kind: Kind, change: int = 0, **more: object) -> Line:
    facts: dict[str, object] = {
        "number": number,
        "kind": kind,
        "happened_at": NOW,
        "entered_at": NOW,
        "change": change,
        "batch": "B1" if kind in MOVES else "",
        "expires_on": GOOD if kind in MOVES else None,
        "party": "Pharmacy of the Lantern Hospital, 1 Made Up Road",
        "authority": "Dr Idris Penhallow",
        "note": "As told by both.",
    }
    return Line(**{**facts, **more})  # type: ignore[arg-type]


def page(*lines: Line) -> Page:
    balance, written = 0, []
    for one in lines:
        balance += one.change
        written.append(replace(one, balance=balance))
    return Page(tuple(written))


STOCK = page(line(1, Kind.RECEIPT, 10), line(2, Kind.ADMINISTRATION, -2))


def test_balance_is_what_came_in_less_what_went_out() -> None:
    assert STOCK.balance == 8
    assert STOCK.batches() == {("B1", GOOD): 8}


def refused(book: Page, one: Line) -> str:
    verdict = judge_entry(book, one)
    assert not verdict.allowed
    return " ".join(verdict.reasons)


@pytest.mark.parametrize("kind", sorted(TAKES))
def test_more_than_the_book_holds_cannot_go_out(kind: Kind) -> None:
    assert "The book holds 8, so 9 cannot have gone out" in refused(STOCK, line(3, kind, -9))
    assert judge_entry(STOCK, line(3, kind, -8)).allowed


def test_more_than_there_is_of_a_batch_cannot_go_out() -> None:
    book = page(line(1, Kind.RECEIPT, 5), line(2, Kind.RECEIPT, 5, batch="B2"))
    assert "The book holds 5 of batch B2" in refused(book, line(3, Kind.ADMINISTRATION, -6, batch="B2"))
    assert judge_entry(book, line(3, Kind.ADMINISTRATION, -5, batch="B2")).allowed


def test_same_batch_number_with_another_expiry_is_another_batch() -> None:
    assert "holds 0 of batch B1" in refused(STOCK, line(3, Kind.ADMINISTRATION, -1, expires_on=date(2027, 1, 1)))


def test_expired_batch_is_not_taken_for_a_patient_but_is_destroyed() -> None:
    old = date(2026, 11, 22)
    book = page(line(1, Kind.RECEIPT, 3, expires_on=old))
    assert "has passed its expiry date" in refused(book, line(2, Kind.ADMINISTRATION, -1, expires_on=old))
    assert judge_entry(book, line(2, Kind.DESTRUCTION, -3, expires_on=old)).allowed


def test_batch_is_good_on_the_day_of_its_expiry() -> None:
    book = page(line(1, Kind.RECEIPT, 3, expires_on=NOW.date()))
    assert judge_entry(book, line(2, Kind.ADMINISTRATION, -1, expires_on=NOW.date())).allowed


@pytest.mark.parametrize(
    ("kind", "missing", "words"),
    [
        (Kind.RECEIPT, "party", "name and address of the supplier"),
        (Kind.RECEIPT, "batch", "batch number"),
        (Kind.ADMINISTRATION, "party", "for whom"),
        (Kind.ADMINISTRATION, "authority", "who prescribed it"),
        (Kind.DESTRUCTION, "authority", "authorised witness"),
        (Kind.TRANSFER_OUT, "party", "premises it went to"),
        (Kind.TRANSFER_OUT, "authority", "by whose authority"),
        (Kind.SENT_BACK, "party", "supplier it went back to"),
        (Kind.FOOTNOTE, "note", "stays in the book"),
    ],
)
def test_column_that_the_law_asks_for_cannot_be_left_out(kind: Kind, missing: str, words: str) -> None:
    change = {**dict.fromkeys(ADDS, 1), **dict.fromkeys(TAKES, -1)}.get(kind, 0)
    complete = line(3, kind, change, about=1)
    assert judge_entry(STOCK, complete).allowed
    assert words in refused(STOCK, replace(complete, **{missing: ""}))


def test_footnote_names_an_entry_of_the_page_and_moves_nothing() -> None:
    assert judge_entry(STOCK, line(3, Kind.FOOTNOTE, about=2)).allowed
    assert "Choose the entry" in refused(STOCK, line(3, Kind.FOOTNOTE, about=9))
    assert "does not change the balance" in refused(STOCK, line(3, Kind.FOOTNOTE, 1, about=2))


def test_only_what_was_taken_can_be_put_back_and_only_once() -> None:
    assert judge_entry(STOCK, line(3, Kind.PUT_BACK, 2, about=2)).allowed
    assert "Of entry 2, 2 can still be put back" in refused(STOCK, line(3, Kind.PUT_BACK, 3, about=2))
    after = page(*STOCK.lines, line(3, Kind.PUT_BACK, 1, about=2))
    assert "Of entry 2, 1 can still be put back" in refused(after, line(4, Kind.PUT_BACK, 2, about=2))
    assert "Of entry 1, 0 can still be put back" in refused(STOCK, line(3, Kind.PUT_BACK, 1, about=1))
    assert "Entry 2 took batch B1" in refused(STOCK, line(3, Kind.PUT_BACK, 1, about=2, batch="B2"))


def test_count_that_agrees_is_no_difference() -> None:
    counted = page(*STOCK.lines, line(3, Kind.CHECK, counted=8))
    assert counted.open_discrepancy() is None
    assert judge_entry(STOCK, line(3, Kind.CHECK, counted=8)).cautions == ()


def test_count_that_differs_stays_open_until_it_is_settled_by_just_that_much() -> None:
    verdict = judge_entry(STOCK, line(3, Kind.CHECK, counted=7))
    assert verdict.allowed
    assert "Counted 7, the book says 8" in verdict.cautions[0]
    counted = page(*STOCK.lines, line(3, Kind.CHECK, counted=7))
    assert counted.open_discrepancy() == counted.lines[2]
    assert "the settlement is -1" in refused(counted, line(4, Kind.SETTLEMENT, -2, about=3))
    assert "the settlement is -1" in refused(counted, line(4, Kind.SETTLEMENT, 1, about=3))
    settlement = line(4, Kind.SETTLEMENT, -1, about=3)
    assert judge_entry(counted, settlement).allowed
    assert page(*counted.lines, settlement).open_discrepancy() is None
    assert page(*counted.lines, settlement).balance == 7
    assert page(*counted.lines, settlement).batches() == {("B1", GOOD): 7}
    assert "Enter the batch number" in refused(counted, replace(settlement, batch=""))
    assert "The book holds 0 of batch B2" in refused(counted, replace(settlement, batch="B2"))


def test_second_count_that_agrees_puts_the_first_right() -> None:
    again = page(*STOCK.lines, line(3, Kind.CHECK, counted=7), line(4, Kind.CHECK, counted=8))
    assert again.open_discrepancy() is None


def test_nothing_is_settled_that_no_count_has_found() -> None:
    assert "no open difference" in refused(STOCK, line(3, Kind.SETTLEMENT, -1, about=2))


def test_opening_is_only_the_first_entry() -> None:
    assert judge_entry(Page(), line(1, Kind.OPENING, 4)).allowed
    assert "Only the first entry" in refused(STOCK, line(3, Kind.OPENING, 4))


def test_entry_of_the_day_after_is_in_time_and_a_later_one_is_marked() -> None:
    assert not line(1, Kind.RECEIPT, 1, happened_at=NOW - timedelta(days=1)).is_late
    late = line(3, Kind.RECEIPT, 1, happened_at=NOW - timedelta(days=2))
    assert late.is_late
    assert "shows it as late" in judge_entry(STOCK, late).cautions[0]


def test_count_is_due_so_long_after_the_last_one() -> None:
    assert Page().check_due_at(1) is None
    assert STOCK.check_due_at(1) == NOW + timedelta(days=1)
    counted = page(*STOCK.lines, line(3, Kind.CHECK, counted=8, happened_at=NOW + timedelta(hours=5)))
    assert counted.check_due_at(7) == NOW + timedelta(days=7, hours=5)


@given(st.lists(st.tuples(st.sampled_from(sorted(MOVES - {Kind.SETTLEMENT, Kind.PUT_BACK})), st.integers(-3, 6))))
def test_whatever_is_asked_for_the_balance_never_falls_below_nothing(asked: list[tuple[Kind, int]]) -> None:
    book, by_hand = Page(), 0
    for kind, change in asked:
        one = line(len(book.lines) + 1, kind, change)
        if judge_entry(book, one).allowed:
            by_hand += change
            book = page(*book.lines, one)
        assert book.balance == by_hand >= 0
        assert sum(book.batches().values()) == by_hand


@pytest.mark.parametrize(
    ("given_ml", "discarded_ml", "words"),
    [
        (3.5, 16.5, ""),
        (0, 20, ""),
        (3.5, 16.49, ""),
        (3.5, 16.4, "0.10 mL are not accounted for"),
        (3.5, 17, "0.50 mL more than were taken are accounted for"),
    ],
)
def test_given_and_discarded_are_together_what_was_taken(given_ml: float, discarded_ml: float, words: str) -> None:
    verdict = adds_up(Used(20, given_ml, discarded_ml))
    assert verdict.allowed is not bool(words)
    assert words in " ".join(verdict.reasons)
