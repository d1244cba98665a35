"""Long-term safety: what is due after how long, what holds the next session, and who lets it go on."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from glimmer.care.long_term import (
    GO_ON,
    STOP,
    WAIT,
    Check,
    History,
    Review,
    Standing,
    before_session,
    checked_answers,
    findings,
    is_complete,
    standings,
)
from glimmer.guidance import GuidanceError
from glimmer.guidance.long_term import _domain, long_term_domain, long_term_domains
from glimmer.vocabulary.problems import BadInput

DAY = date(2026, 6, 1)
NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
ALL = [domain.id for domain in long_term_domains()]


def on(days: int) -> date:
    return DAY + timedelta(days=days)


def check(domain: str, days: int = 0, holds: tuple[str, ...] = (), complete: bool = True) -> Check:
    return Check(domain, on(days), NOON + timedelta(days=days), complete, holds)


def review(domain: str, days: int, decision: str = GO_ON) -> Review:
    return Review(domain, NOON + timedelta(days=days), decision, "Dr Idris Penhallow")


def stands(domain: str, history: History, today: date) -> Standing:
    return next(one for one in standings(history, today) if one.domain.id == domain)


def all_done(days: int = 0, **more: Any) -> History:
    checks = (*(check(domain, days) for domain in ALL), *more.pop("checks", ()))
    return History(checks=checks, **more)


# Findings


@pytest.mark.parametrize(
    ("domain", "answers", "held"),
    [
        ("bladder", {"pain": "no", "blood": "no", "painful_often": "no", "dipstick": "no"}, 0),
        ("bladder", {"pain": "yes", "blood": "yes", "painful_often": "no", "dipstick": "no"}, 2),
        ("bladder", {"pain": "unknown", "blood": "no", "painful_often": "no", "dipstick": "no"}, 0),
        # ALT above three times the upper limit holds; three times is not above.
        ("liver", {"alt": 120.0, "alt_upper": 40.0}, 0),
        ("liver", {"alt": 120.1, "alt_upper": 40.0}, 1),
        ("cognition", {"decline": "yes"}, 1),
        ("dependence", {"craving": "no", "more": "yes", "elsewhere": "no", "screen": "no"}, 1),
        # 160/100 is the limit at which a session is not started.
        ("blood_pressure", {"systolic": 159.0, "diastolic": 99.0}, 0),
        ("blood_pressure", {"systolic": 160.0, "diastolic": 99.0}, 1),
        ("blood_pressure", {"systolic": 130.0, "diastolic": 100.0}, 1),
        ("mood", {"elated": "no", "suicidal": "yes"}, 1),
    ],
)
def test_findings_hold_from_their_limit_on(domain: str, answers: dict[str, Any], held: int) -> None:
    found = long_term_domain(domain)
    assert found is not None
    assert len(findings(found, answers)) == held


def test_what_is_not_known_is_not_looked_for() -> None:
    assert not is_complete({"pain": "no", "blood": "unknown"})
    history = History((), (check("bladder", 0, complete=False),))
    assert stands("bladder", history, DAY).last is None


@pytest.mark.parametrize(
    ("domain", "answers", "field"),
    [
        ("bladder", {"pain": "no"}, "blood"),
        ("bladder", {"pain": "maybe", "blood": "no", "painful_often": "no", "dipstick": "no"}, "pain"),
        ("liver", {"alt": 30.0}, "alt_upper"),
        ("liver", {"alt": 30.0, "alt_upper": 0.0}, "alt_upper"),
        ("liver", {"alt": -1.0, "alt_upper": 40.0}, "alt"),
        ("blood_pressure", {"systolic": "120", "diastolic": 80.0}, "systolic"),
    ],
)
def test_check_with_a_part_missing_is_refused_at_its_field(domain: str, answers: dict[str, Any], field: str) -> None:
    found = long_term_domain(domain)
    assert found is not None
    with pytest.raises(BadInput) as refused:
        checked_answers(found, answers)
    assert refused.value.field == field


# Due and overdue


@pytest.mark.parametrize(
    ("domain", "days", "state"),
    [
        ("bladder", 0, "done"),
        ("bladder", 90, "done"),
        ("bladder", 91, "due"),  # 3-monthly
        ("bladder", 120, "due"),
        ("bladder", 121, "overdue"),
        ("liver", 91, "due"),  # 3-monthly
        ("liver", 182, "due"),
        ("liver", 183, "overdue"),  # 6-monthly at the latest
        ("cognition", 181, "done"),
        ("cognition", 182, "due"),  # 6-monthly
    ],
)
def test_check_is_due_and_overdue_after_its_days(domain: str, days: int, state: str) -> None:
    assert stands(domain, all_done(), on(days)).state == state


def test_bladder_is_looked_at_each_month_where_the_drug_is_taken_at_home() -> None:
    assert stands("bladder", all_done(at_home=True), on(29)).state == "done"
    assert stands("bladder", all_done(at_home=True), on(30)).state == "due"


def test_sessions_bring_a_check_forward() -> None:
    days = tuple(on(number) for number in range(1, 7))
    assert stands("dependence", all_done(sessions=days[:5]), on(8)).state == "done"
    assert stands("dependence", all_done(sessions=days), on(8)).state == "due"
    assert stands("dependence", all_done(sessions=days), on(8)).sessions_since == 6


def test_baseline_is_due_before_the_first_session_and_overdue_after_it() -> None:
    assert stands("liver", History(), DAY).state == "due"
    assert stands("liver", History((DAY,)), DAY).state == "due"
    assert stands("liver", History((DAY,)), on(1)).state == "overdue"


# What holds


def reasons(history: History, today: date) -> str:
    return " ".join(before_session(history, today).reasons)


def test_first_course_without_baseline_is_cautioned_and_not_held() -> None:
    verdict = before_session(History((DAY,)), on(7))
    assert verdict.allowed
    assert "bladder (overdue)" in verdict.cautions[0]
    assert before_session(all_done(), DAY).cautions == ()


def test_overdue_check_holds_from_six_sessions_on_until_done_or_reviewed() -> None:
    days = tuple(on(7 * number) for number in range(6))
    assert before_session(History(days[:5]), on(40)).allowed
    assert "bladder is overdue (never checked" in reasons(History(days), on(40))
    reviewed = History(days, reviews=tuple(review(domain, 40) for domain in ALL))
    assert before_session(reviewed, on(40)).allowed
    assert before_session(reviewed, on(68)).allowed
    assert not before_session(reviewed, on(69)).allowed, "The decision stands for 28 days."


def test_finding_holds_until_a_psychiatrist_decides_to_go_on() -> None:
    found = check("bladder", 10, ("Blood seen in the urine: yes",))
    held = all_done(checks=(found,))
    assert "Blood seen in the urine: yes (11 Jun 2026)" in reasons(held, on(10))
    clean_since = all_done(checks=(found, check("bladder", 12)))
    assert not before_session(clean_since, on(13)).allowed, "A clean check later does not lift it."
    assert before_session(all_done(checks=(found,), reviews=(review("bladder", 11),)), on(12)).allowed
    before = all_done(checks=(found,), reviews=(review("bladder", 9),))
    assert not before_session(before, on(12)).allowed, "What was decided before it was found does not count."
    other = all_done(checks=(found,), reviews=(review("liver", 11),))
    assert not before_session(other, on(12)).allowed


@pytest.mark.parametrize(("decision", "words"), [(WAIT, "hold further sessions"), (STOP, "stop treatment")])
def test_decision_against_holds_by_itself(decision: str, words: str) -> None:
    assert words in reasons(all_done(reviews=(review("liver", 1, decision),)), on(2))
    later = all_done(reviews=(review("liver", 1, decision), review("liver", 3)))
    assert before_session(later, on(4)).allowed


@given(
    some.lists(some.tuples(some.sampled_from(ALL), some.integers(0, 30), some.booleans()), max_size=8),
    some.lists(some.tuples(some.sampled_from(ALL), some.integers(0, 30), some.sampled_from((GO_ON, WAIT))), max_size=6),
)
def test_session_is_never_free_while_a_finding_has_no_decision_after_it(
    checks: list[tuple[str, int, bool]], reviews: list[tuple[str, int, str]]
) -> None:
    made = tuple(check(domain, days, ("A finding",) if holds else ()) for domain, days, holds in checks)
    decided = tuple(review(domain, days, decision) for domain, days, decision in reviews)
    free = before_session(History((), made, decided), on(31)).allowed
    for domain in ALL:
        found = [days for name, days, holds in checks if name == domain and holds]
        said = [(days, decision) for name, days, decision in reviews if name == domain]
        newest = max(said, key=lambda one: one[0], default=None)
        go_on = max((days for days, decision in said if decision == GO_ON), default=-1)
        if found and max(found) > go_on:
            assert not free
        if newest and all(days < newest[0] or decision == WAIT for days, decision in said) and newest[1] == WAIT:
            assert not free


def test_schedule_that_contradicts_itself_is_refused() -> None:
    from glimmer.guidance import long_term

    row = next(iter(long_term.read_sheet(long_term.FILE, "domains", long_term._Row).rows))
    with pytest.raises(GuidanceError, match="due before it is overdue"):
        _domain(type(row)(**{**{name: getattr(row, name) for name in row.__slots__}, "overdue_after_days": 1}))
