"""Maintenance: what is proposed by schedule and response, when it is due, and limits that no proposal ever breaks."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest

from glimmer.care.maintenance import (
    Decided,
    Given,
    MaintenanceFacts,
    Step,
    ended_because,
    induction_protocol,
    is_maintenance,
    judge_days,
    limits_added_up,
    limits_on,
    next_window,
    propose,
    review_due,
)
from glimmer.care.trajectory import RESPONDING, State
from glimmer.guidance import figure, protocol, protocols

TAPER = protocol("iv-racemic-maintenance")
NASAL = protocol("intranasal-esketamine-maintenance")
ORAL = protocol("oral-racemic-maintenance")
START = date(2026, 3, 2)


def on(day: int) -> date:
    return START + timedelta(days=day)


def given_on(*days: int, route: str = TAPER.route, per_kg: float = 0.5) -> tuple[Given, ...]:
    return tuple(Given(on(day), route, per_kg * 70, per_kg) for day in days)


def facts(*days: int, today: int | None = None, **more: object) -> MaintenanceFacts:
    """A patient in sustained response with a score of today, treated on these days under the taper."""
    now = on(max(days, default=0) if today is None else today)
    known = MaintenanceFacts(
        today=now,
        given=given_on(*days),
        plan_days=tuple(on(day) for day in days),
        dose_mg_per_kg=0.5,
        route=TAPER.route,
        state=State.SUSTAINED,
        sustained=True,
        score_on=now,
        most_sessions=12,
    )
    return replace(known, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tells", "known", "step", "days"),
    [
        ("the schedule begins weekly", facts(0), Step.HOLD, 7),
        ("weekly for four sessions", facts(0, 7, 14), Step.HOLD, 7),
        ("then every two weeks", facts(0, 7, 14, 21), Step.TAPER, 14),
        (
            "not while the response does not last",
            facts(0, 7, 14, 21, sustained=False, state=State.RESPONSE),
            Step.HOLD,
            7,
        ),
        ("not without a score", facts(0, 7, 14, 21, score_on=None), Step.HOLD, 7),
        ("nor by an old one", facts(0, 7, 14, 21, score_on=on(21 - 36)), Step.HOLD, 7),
        ("a warning at the shortest interval: keep, and see", facts(0, 7, warned=True), Step.HOLD, 7),
        (
            "a warning shortens",
            facts(0, 7, 14, 21, 35, warned=True, decisions=(Decided(Step.TAPER, 14, on(21)),)),
            Step.SHORTEN,
            7,
        ),
        (
            "so does a response that was lost",
            facts(0, 28, decisions=(Decided(Step.TAPER, 28, on(0)),), state=State.LOST, sustained=False),
            Step.SHORTEN,
            14,
        ),
        (
            "and a possible relapse",
            facts(0, 28, decisions=(Decided(Step.TAPER, 28, on(0)),), state=State.RELAPSE_POSSIBLE),
            Step.SHORTEN,
            14,
        ),
        ("relapse: induction again", facts(0, 7, state=State.RELAPSE), Step.REINDUCE, 0),
        ("recurrence as well", facts(0, 7, state=State.RECURRENCE), Step.REINDUCE, 0),
        ("no response to keep", facts(0, 7, state=State.NO_RESPONSE), Step.END, 0),
        ("no baseline: a score first, and no end", facts(0, 7, state=State.NOT_JUDGED), Step.HOLD, 7),
        ("no score since: one first", facts(0, 7, state=State.NO_SCORE, score_on=None), Step.HOLD, 7),
        ("a relapse of long ago is no relapse today", facts(0, 7, state=State.RELAPSE, score_on=on(-30)), Step.HOLD, 7),
        (
            "nor is a loss of long ago",
            facts(0, 28, decisions=(Decided(Step.TAPER, 28, on(0)),), state=State.LOST, score_on=on(-30)),
            Step.HOLD,
            28,
        ),
        (
            "a warning is not masked by the planned end",
            facts(0, 28, end_on=on(28), warned=True, decisions=(Decided(Step.TAPER, 28, on(0)),)),
            Step.SHORTEN,
            14,
        ),
        ("the planned end", facts(0, 7, end_on=on(7)), Step.END, 0),
        ("all sessions held", facts(*range(0, 84, 7)), Step.END, 0),
        ("all sessions held, but a later end was chosen", facts(*range(0, 84, 7), end_on=on(300)), Step.TAPER, 14),
        (
            "beyond the schedule while the remission holds",
            facts(0, 28, 56, decisions=(Decided(Step.TAPER, 28, on(0)),), state=State.REMISSION_HELD),
            Step.EXTEND,
            42,
        ),
        (
            "beyond the schedule not for a response alone",
            facts(0, 28, 56, decisions=(Decided(Step.TAPER, 28, on(0)),)),
            Step.HOLD,
            28,
        ),
        (
            "what was lengthened is shortened step by step",
            facts(0, 42, decisions=(Decided(Step.EXTEND, 42, on(0)),), warned=True),
            Step.SHORTEN,
            28,
        ),
        (
            "never beyond twelve weeks",
            facts(0, 84, 168, decisions=(Decided(Step.EXTEND, 84, on(0)),), state=State.RECOVERY),
            Step.HOLD,
            84,
        ),
    ],
    ids=lambda one: one if isinstance(one, str) and " " in one else "",
)  # fmt: skip
def test_proposal_follows_schedule_and_response(tells, known, step, days):
    found = propose(known, TAPER)
    assert (found.step, found.days) == (step, days), tells
    assert found.because


def test_warning_and_planned_end_are_both_told_even_without_a_score():
    for known in (facts(0, 7, end_on=on(7), warned=True), facts(0, 7, end_on=on(7), warned=True, score_on=None)):
        found = propose(known, TAPER)
        told = " ".join(found.because)
        assert "A relapse warning stands." in told
        assert "The planned end was" in told
        assert any("End the maintenance" in one for one in found.others)
    assert "obtain a score first" in told


def test_end_and_planned_end_end_a_maintenance_until_somebody_goes_on():
    hold, end, again = Decided(Step.HOLD, 7, on(0)), Decided(Step.END, 0, on(9)), Decided(Step.HOLD, 7, on(30))
    assert ended_because([], None, on(9)) == ""
    assert "decided on 11 March 2026" in ended_because([hold, end], None, on(9))
    assert ended_because([hold, end, again], None, on(30)) == ""
    assert ended_because([hold], on(20), on(20)) == ""
    assert "planned end was 22 March 2026" in ended_because([hold], on(20), on(21))
    assert ended_because([hold, again], on(20), on(31)) == ""


def test_protocol_with_one_interval_holds_it():
    found = propose(facts(0, 14, 28, route=NASAL.route), NASAL)
    assert (found.step, found.days) == (Step.HOLD, 14)


def test_next_session_is_due_by_the_interval_in_force_with_some_room():
    found = next_window(facts(0, 7), TAPER)
    assert (found.earliest, found.due, found.latest) == (on(13), on(14), on(15))
    wider = next_window(facts(0, decisions=(Decided(Step.TAPER, 28, on(0)),)), TAPER)
    assert (wider.earliest, wider.due, wider.latest) == (on(23), on(28), on(33))
    longest = next_window(facts(0, decisions=(Decided(Step.EXTEND, 84, on(0)),)), TAPER)
    assert (longest.due, longest.latest) == (on(84), on(84))


def test_newest_decision_counts_in_whatever_order_they_come():
    two = (Decided(Step.TAPER, 28, on(5)), Decided(Step.SHORTEN, 7, on(9)))
    assert next_window(facts(0, decisions=two), TAPER) == next_window(facts(0, decisions=two[::-1]), TAPER)
    assert next_window(facts(0, decisions=two), TAPER).due == on(9) - timedelta(days=2)


def test_overdue_session_is_due_today_and_the_first_one_at_once():
    assert next_window(facts(0, today=60), TAPER).due == on(60)
    assert next_window(facts(today=3), TAPER).due == on(3)


def test_too_close_is_blocked_and_too_far_is_no_maintenance():
    assert "asks for 5 days between" in limits_on(facts(0), TAPER, on(4)).blocks[0]
    assert limits_on(facts(0), TAPER, on(5)).blocks == ()
    assert "at least 5 days" in judge_days(facts(0), TAPER, 4).blocks[0]
    assert "no maintenance" in judge_days(facts(0), TAPER, 85).blocks[0]
    assert judge_days(facts(0), TAPER, 84).blocks == ()


def test_below_a_week_after_two_months_needs_a_second_prescriber():
    weekly = range(0, 57, 7)
    assert judge_days(facts(*weekly), TAPER, 6).second != ()
    assert judge_days(facts(*weekly), TAPER, 7).second == ()
    # A session that is late already does not make a shorter interval a longer one.
    assert judge_days(facts(*weekly, today=70), TAPER, 6).second != ()
    assert judge_days(facts(0, 7), TAPER, 6).second == ()
    # After a pause of more than twelve weeks the two months begin anew.
    assert judge_days(facts(0, 100, 107), TAPER, 6).second == ()


def test_sessions_add_up_over_all_journeys_and_routes():
    # 36 sessions may be given by one prescriber and 60 at all within 365 days.
    given = given_on(*range(0, 35 * 6, 6), route="Nasal spray", per_kg=0.8)
    known = facts(given=given, plan_days=())
    assert limits_added_up(known, on(212)).second == ()
    known = replace(known, given=(*given, *given_on(212)))
    assert "would be session 37" in limits_added_up(known, on(220)).second[0]
    many = given_on(*range(0, 300, 5), route="Nasal spray", per_kg=0)
    assert len(many) == 60
    assert "60 is the most" in limits_added_up(facts(given=many), on(301)).blocks[0]
    assert limits_added_up(facts(given=many), on(365)).blocks == ()


def test_dose_adds_up_by_route_in_mg_per_kg():
    # 20 mg/kg by one prescriber and 45 at all within 365 days into the vein.
    known = facts(given=given_on(*range(0, 200, 10), per_kg=0.975))
    assert limits_added_up(known, on(210)).second == ()
    more = replace(known, dose_mg_per_kg=0.6)
    assert "20.1 mg/kg" in limits_added_up(more, on(210)).second[0]
    heavy = facts(given=given_on(*range(0, 300, 6), per_kg=0.9))
    assert "45 is the most" in limits_added_up(heavy, on(301)).blocks[0]
    elsewhere = facts(given=given_on(*range(0, 200, 10), route="By mouth (oral)", per_kg=4))
    assert limits_added_up(elsewhere, on(210)) == limits_added_up(facts(given=()), on(210))


def test_blocked_for_months_the_proposal_waits_for_the_first_free_day():
    found = propose(facts(given=given_on(*range(0, 300, 5), per_kg=0), plan_days=()), TAPER)
    assert found.window.due == on(365)


def test_review_is_due_by_days_or_by_sessions_whichever_comes_first():
    assert review_due(facts(0), TAPER, on(0), 7) == on(min(84, 7 * int(TAPER.review_after_sessions.value)))
    assert review_due(facts(0), NASAL, on(0), 14) == on(84)
    assert review_due(facts(0), TAPER, on(0), 0) == on(84)


def test_every_protocol_that_keeps_well_names_one_that_brings_back():
    known = {one.id for one in protocols()}
    maintaining = set(figure("maintenance", "induction_of").value)
    assert maintaining == {one for one in known if "maintenance" in one}
    assert {induction_protocol(one) for one in maintaining} <= known
    assert not any(is_maintenance(induction_protocol(one)) for one in maintaining)


# Thousands of histories, with the limits worked out anew by hand.


def broken(given: list[Given], shortest: int) -> Iterator[str]:
    """Yield what a history breaks, by the limits written down here and not read from the code."""
    days = sorted(one.on for one in given)
    for number, day in enumerate(days):
        year = [one for one in given if day - timedelta(days=365) < one.on <= day]
        if len(year) > 60:
            yield f"{len(year)} sessions"
        for route, most in (
            ("intravenous infusion", 45),
            ("subcutaneous injection", 45),
            ("intramuscular injection", 30),
        ):
            if sum(one.mg_per_kg for one in year if one.route.lower() == route) > most + 1e-9:
                yield f"dose by {route}"
        if number and (day - days[number - 1]).days < shortest:
            yield "too close"


@pytest.mark.parametrize("seed", range(60))
def test_no_proposal_ever_breaks_a_limit(seed):
    chance = Random(seed)
    of = chance.choice([TAPER, NASAL, ORAL])
    shortest = int(of.shortest_days_between.value)
    day, given = on(0), []
    for _ in range(chance.choice([0, 30, 56, 58])):
        # What other journeys gave: dense, and by any route, but within the limits so far.
        day += timedelta(days=chance.randint(max(shortest, 4), 6))
        given.append(Given(day, chance.choice([of.route, TAPER.route]), 30, chance.uniform(0.4, 0.75)))
    assert list(broken(given, shortest)) == []
    plan_days: list[date] = []
    decisions: list[Decided] = []
    for _ in range(50):
        known = MaintenanceFacts(
            today=day + timedelta(days=chance.choice([0, 0, 0, 0, 1, 20])),
            given=tuple(given),
            plan_days=tuple(plan_days),
            dose_mg_per_kg=chance.choice([0.5, 0.75, 1.0]),
            route=of.route,
            state=chance.choice([*State, *RESPONDING, *RESPONDING]),
            sustained=chance.random() < 0.5,
            warned=chance.random() < 0.3,
            score_on=chance.choice([None, day, day - timedelta(days=50)]),
            decisions=tuple(decisions),
            end_on=chance.choice([None, None, day + timedelta(days=30)]),
            most_sessions=12,
        )
        found = propose(known, of)
        if found.window is None:
            assert found.step in (Step.REINDUCE, Step.END) or found.limits.blocks
            continue
        assert known.today <= found.window.earliest <= found.window.due <= found.window.latest
        assert 0 < found.days <= 84
        assert not found.limits.blocks
        # What is proposed can be accepted.
        assert not judge_days(known, of, found.days).blocks
        day = chance.choice([found.window.earliest, found.window.due, found.window.latest])
        given.append(Given(day, of.route, 30, known.dose_mg_per_kg))
        plan_days.append(day)
        # What is decided may be otherwise than proposed, as far as the limits let it.
        other = chance.choice([found.days, shortest, chance.randint(shortest, 84)])
        days = found.days if judge_days(known, of, other).blocks else other
        decisions.append(Decided(found.step, days, day))
        assert list(broken(given, shortest)) == []
