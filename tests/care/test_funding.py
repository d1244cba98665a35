"""Money by tables written by hand: whole pence, nothing lost, nothing invented."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glimmer.care.funding import (
    Account,
    Funding,
    Route,
    cancelled_share,
    is_charged,
    may_credit,
    may_pay,
    may_record,
    may_refund,
    missed_share,
    part_of,
    pence_of,
    pounds,
    session_cost,
    total_cost,
    warnings,
)
from glimmer.guidance.prices import prices
from glimmer.vocabulary.problems import BadInput


@pytest.mark.parametrize(
    ("typed", "pence"),
    [
        ("225", 22500),
        ("£225.50", 22550),
        ("1,234.5", 123450),
        ("0.01", 1),
        ("0", 0),
        (" £ 60 ", 6000),
        ("1000000", None),
    ],
)
def test_amounts_are_read_as_whole_pence(typed, pence):
    if pence is None:
        with pytest.raises(BadInput, match=r"No amount above £100,000.00"):
            pence_of(typed)
    else:
        assert pence_of(typed) == pence


@pytest.mark.parametrize("typed", ["", "-1", "1.234", "12,34", "1e3", "NaN", "٣", "two", "1.", ".5", "£"])
def test_what_is_no_amount_is_refused(typed):
    with pytest.raises(BadInput, match="amount in pounds"):
        pence_of(typed)


@given(st.integers(min_value=0, max_value=10_000_000))
def test_amount_that_is_printed_is_read_back(pence):
    assert pence_of(pounds(pence)) == pence


def test_amount_below_nothing_is_printed_with_its_sign():
    assert pounds(-5) == "−£0.05"


@pytest.mark.parametrize(
    ("cancelled", "was", "share"),
    [
        (date(2026, 5, 5), date(2026, 5, 7), 0),  # Tuesday for Thursday: two working days
        (date(2026, 5, 6), date(2026, 5, 7), 50),
        (date(2026, 5, 7), date(2026, 5, 7), 50),
        (date(2026, 5, 8), date(2026, 5, 11), 50),  # Friday for Monday: one working day
        (date(2026, 5, 7), date(2026, 5, 11), 0),
        (date(2026, 5, 1), date(2026, 5, 5), 50),  # the early May bank holiday lies between
        (date(2026, 4, 1), date(2026, 5, 5), 0),
    ],
)
def test_late_cancellation_costs_half_by_working_days(cancelled, was, share):
    assert cancelled_share(cancelled, was) == share
    assert missed_share() == 100


@pytest.mark.parametrize(("pence", "share", "part"), [(22500, 50, 11250), (22501, 50, 11251), (1, 50, 1), (3, 0, 0)])
def test_half_penny_is_rounded_up(pence, share, part):
    assert part_of(pence, share) == part


@pytest.mark.parametrize(
    ("account", "owed", "state"),
    [
        (Account(22500), 22500, "not paid"),
        (Account(22500, paid=10000), 12500, "partly paid"),
        (Account(22500, paid=22500), 0, "paid"),
        (Account(22500, credited=22500), 0, "credited"),
        (Account(22500, credited=11250, paid=22500), -11250, "refund due"),
        (Account(22500, credited=11250, paid=22500, refunded=11250), 0, "paid"),
        (Account(22500, paid=500, refunded=500), 22500, "not paid"),
    ],
)
def test_account_stands_as_the_table_says(account, owed, state):
    assert (account.owed, account.state) == (owed, state)


def test_nothing_is_paid_credited_or_paid_back_beyond_what_there_is():
    account = Account(22500, credited=2500, paid=20000)
    assert not may_pay(account, 1).allowed
    assert may_credit(account, 20000).allowed
    assert not may_credit(account, 20001).allowed
    assert not may_refund(account, 1).allowed
    assert may_refund(replace(account, credited=12500), 10000).allowed
    assert not may_refund(replace(account, credited=12500), 10001).allowed


@given(st.lists(st.tuples(st.sampled_from(["pay", "credit", "refund"]), st.integers(1, 30000)), max_size=12))
def test_no_order_of_presses_brings_an_account_out_of_balance(presses):
    account = Account(22500)
    rules = {"pay": (may_pay, "paid"), "credit": (may_credit, "credited"), "refund": (may_refund, "refunded")}
    for what, pence in presses:
        rule, field = rules[what]
        if rule(account, pence).allowed:
            account = replace(account, **{field: getattr(account, field) + pence})
    assert account.credited <= account.invoiced
    assert account.refunded <= account.paid
    assert -account.owed <= account.paid


@pytest.mark.parametrize(
    ("funding", "allowed"),
    [
        (Funding(Route.NHS), True),
        (Funding(Route.NHS, state="applied"), False),
        (Funding(Route.IFR), False),
        (Funding(Route.IFR, state="applied"), True),
        (Funding(Route.IFR, state="approved"), False),
        (Funding(Route.IFR, state="approved", reference="IFR 12"), True),
        (Funding(Route.SELF_PAY), True),
        (Funding(Route.INSURER, insurer="Made-up Mutual"), False),
        (Funding(Route.INSURER, insurer="Made-up Mutual", authorisation="A1"), True),
    ],
)
def test_route_is_recorded_whole_or_not_at_all(funding, allowed):
    assert may_record(funding).allowed is allowed


def test_office_is_told_what_to_see_to():
    today = date(2026, 5, 4)
    request = Funding(Route.IFR, "IFR 12", "approved", date(2026, 6, 1))
    assert warnings(None, today) == ("Nobody has recorded who pays for this journey.",)
    assert warnings(request, today) == ("The funding ends on 1 June 2026.",)
    assert warnings(replace(request, expires_on=date(2026, 6, 2)), today) == ()
    assert warnings(replace(request, expires_on=date(2026, 5, 3)), today) == ("The funding ended on 3 May 2026.",)
    assert "declined" in warnings(replace(request, state="declined"), today)[0]


def test_nobody_is_sent_an_invoice_for_what_the_nhs_pays():
    assert [route for route in Route if is_charged(route)] == [Route.SELF_PAY, Route.INSURER]


def test_cost_of_a_session_by_hand_and_what_is_lacking_is_named():
    # 90 minutes of a nurse at £30 an hour: £45. 20 of a psychiatrist at £100: £33.33. A chair 120 minutes at £15: £30.
    inputs = {"hour_nurse": 3000, "hour_psychiatrist": 10000, "hour_chair": 1500, "drug_session": 1250}
    whole = session_cost({"nurse": 90, "psychiatrist": 20}, 120, inputs)
    assert (whole.pence, whole.lacking) == (4500 + 3333 + 3000 + 1250, ())
    part = session_cost({"nurse": 90, "psychiatrist": 20}, 120, {"hour_nurse": 3000})
    assert (part.pence, part.lacking) == (4500, ("hour_psychiatrist", "hour_chair", "drug_session"))
    both = total_cost([whole, part])
    assert both.pence == whole.pence + part.pence
    assert dict(both.lines)["hour_nurse"] == 9000


def test_example_is_oxford_s_published_fees():
    example = {one.id: one.example_pence for one in prices().items}
    assert (example["assessment"], example["session_infusion"], example["review"]) == (22500, 22500, 10000)
    assert (example["session_nasal_56"], example["session_nasal_84"]) == (55100, 71400)
    assert (example["oral_bottle"], example["shipping"], example["prescription"]) == (6000, 800, 1200)
    assert example["session_injection"] is None
    assert "uncertain" in prices().edition
    assert all(one.example_pence is None for one in prices().costs)
