"""Trajectories: a table written by hand from the definitions, and what must hold for any scores in any order."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glimmer.care.outcomes import ScoreFacts
from glimmer.care.trajectory import State, in_words, trajectory
from glimmer.guidance.trajectory import definition_for, newest_version

FIRST = date(2026, 3, 2)
COURSE = (0, 7, 14)
PHQ9, MADRS = definition_for("phq9"), definition_for("madrs")
assert PHQ9 is not None
assert MADRS is not None

RESPONSE, SUSPECTED = (7, "response"), (14, "relapse_possible")
# One line each: what it tells, baseline, {day from the first session: total}, {day: what it showed}, the state then.
# Written from the definitions: a PHQ-9 responds at half, remits below 5, is ill again at 10 or more without a response.
TOLD = [
    ("never better", 20, {14: 18, 21: 17}, [], "no_response"),
    ("exactly half", 20, {21: 10}, [(21, "response")], "response"),
    ("one point short of half", 20, {21: 11}, [], "no_response"),
    ("odd baseline: 10 of 21 is 52 %", 21, {21: 10}, [(21, "response")], "response"),
    ("five is no remission", 20, {7: 5}, [RESPONSE], "response"),
    ("remission at once", 20, {7: 4}, [RESPONSE, (7, "remission")], "remission"),
    ("response, then remission", 20, {7: 9, 14: 4}, [RESPONSE, (14, "remission")], "remission"),
    ("low start: remission asks for a response too", 6, {7: 4}, [], "no_response"),
    ("four weeks", 20, {7: 8, 21: 8, 35: 8}, [RESPONSE, (35, "sustained_response")], "sustained_response"),
    ("a day less than four weeks", 20, {7: 8, 34: 8}, [RESPONSE], "response"),
    ("a gap of 36 days counts for nothing", 20, {7: 8, 43: 8}, [RESPONSE], "response"),
    ("a gap of 35 days counts", 20, {7: 8, 42: 8}, [RESPONSE, (42, "sustained_response")], "sustained_response"),
    (
        "three weeks of remission",
        20,
        {7: 4, 14: 3, 21: 4, 28: 4},
        [RESPONSE, (7, "remission"), (28, "remission_held")],
        "remission_held",
    ),
    ("remission is lost, response is not", 20, {7: 4, 14: 6}, [RESPONSE, (7, "remission")], "response"),
    ("below the threshold it is no relapse", 16, {7: 8, 14: 9}, [RESPONSE, (14, "response_lost")], "response_lost"),
    (
        "one bad week",
        20,
        {7: 8, 14: 14, 21: 9},
        [RESPONSE, SUSPECTED, (21, "response")],
        "response",
    ),
    ("a second bad week", 20, {7: 8, 14: 14, 21: 15}, [RESPONSE, SUSPECTED, (21, "relapse")], "relapse"),
    ("four days later confirms nothing", 20, {7: 8, 14: 14, 18: 15}, [RESPONSE, SUSPECTED], "relapse_possible"),
    ("five days later does", 20, {7: 8, 14: 14, 18: 15, 19: 16}, [RESPONSE, SUSPECTED, (19, "relapse")], "relapse"),
    ("36 days later the question is open again", 20, {7: 8, 14: 14, 50: 15}, [RESPONSE, SUSPECTED], "relapse_possible"),
    (
        "a score between the two bad ones that is less bad",
        16,
        {7: 8, 14: 12, 21: 9, 28: 12},
        [RESPONSE, SUSPECTED, (21, "response_lost"), (28, "relapse_possible")],
        "relapse_possible",
    ),
    (
        "relapse, and better again",
        20,
        {7: 8, 14: 14, 21: 15, 28: 7},
        [RESPONSE, SUSPECTED, (21, "relapse"), (28, "response")],
        "response",
    ),
    (
        "four months well, then ill: recurrence",
        20,
        {7: 4, 35: 4, 63: 3, 91: 4, 119: 2, 127: 4, 141: 14, 155: 15},
        [
            RESPONSE,
            (7, "remission"),
            (35, "remission_held"),
            (127, "recovery"),
            (141, "relapse_possible"),
            (155, "recurrence"),
        ],
        "recurrence",
    ),
    (
        "a day less than four months: relapse",
        20,
        {7: 4, 35: 4, 63: 3, 91: 4, 126: 4, 140: 14, 154: 15},
        [RESPONSE, (7, "remission"), (35, "remission_held"), (140, "relapse_possible"), (154, "relapse")],
        "relapse",
    ),
    (
        "a long silence within the months: no recovery",
        20,
        {7: 4, 35: 4, 100: 4, 127: 4},
        [RESPONSE, (7, "remission"), (35, "remission_held"), (127, "remission_held")],
        "remission_held",
    ),
    ("the day of the first session tells nothing of it", 20, {0: 8}, [], "no_score"),
    ("nothing yet", 20, {}, [], "no_score"),
]  # fmt: skip


def on(day: int) -> date:
    return FIRST + timedelta(days=day)


def scores_of(baseline, totals):
    start = [ScoreFacts(baseline, on(-7), "baseline")] if baseline is not None else []
    return start + [ScoreFacts(total, on(day), "follow_up") for day, total in totals.items()]


LATER = on(400)


def judged(scores, courses=(COURSE,), by=PHQ9, today=LATER):
    return trajectory(scores, [[on(day) for day in days] for days in courses], by, today)


@pytest.mark.parametrize(("tells", "baseline", "totals", "happened", "state"), TOLD, ids=[row[0] for row in TOLD])
def test_trajectory_is_judged_as_the_hand_written_table_judges_it(tells, baseline, totals, happened, state):
    found = judged(scores_of(baseline, totals))
    assert [((one.on - FIRST).days, one.what.value) for one in found.happenings] == happened
    assert found.state == state


def test_scale_with_its_own_thresholds_is_judged_by_them():
    found = judged(scores_of(34, {7: 17, 14: 20, 21: 23, 28: 22}), by=MADRS)
    told = [RESPONSE, (14, "response_lost"), (21, "relapse_possible"), (28, "relapse")]
    assert [((one.on - FIRST).days, one.what.value) for one in found.happenings] == told


def test_without_a_known_threshold_the_loss_is_stated_and_no_relapse():
    found = judged(scores_of(16, {7: 6, 14: 15, 21: 16}), by=definition_for("gad7"))
    assert [one.what for one in found.happenings] == [State.RESPONSE, State.LOST]
    assert any("no threshold is known" in line for line in in_words(found.definition))


def test_instrument_without_response_and_remission_is_not_judged():
    assert definition_for("eq5d5l") is None
    assert definition_for("audit") is None


@pytest.mark.parametrize("scores", [[], scores_of(None, {7: 4}), scores_of(0, {7: 0})])
def test_without_a_baseline_above_nought_nothing_is_judged(scores):
    found = judged(scores)
    assert found.state is State.NOT_JUDGED
    assert found.happenings == ()


def test_new_baseline_before_another_course_begins_anew_and_a_maintenance_course_goes_on():
    first = scores_of(20, {7: 8, 60: 14, 70: 16})
    again = [*first, ScoreFacts(18, on(80), "baseline"), ScoreFacts(9, on(91), "after_course")]
    found = judged(again, courses=(COURSE, (84, 87)))
    assert [stretch.baseline.total for stretch in found.stretches] == [20, 18]
    assert found.stretches[0].state is State.RELAPSE
    assert found.stretches[1].state is State.RESPONSE
    goes_on = judged(scores_of(20, {7: 8, 35: 8, 60: 14}), courses=(COURSE, (42, 56)))
    assert len(goes_on.stretches) == 1
    assert goes_on.state is State.RELAPSE_POSSIBLE


def test_baseline_marked_within_a_course_begins_nothing():
    scores = [*scores_of(20, {21: 8}), ScoreFacts(14, on(8), "baseline")]
    found = judged(scores)
    assert [stretch.baseline.total for stretch in found.stretches] == [20]
    assert [point.total for point in found.stretches[0].points] == [14, 8]


def test_of_two_scores_on_one_day_the_higher_counts():
    scores = [*scores_of(20, {7: 8}), ScoreFacts(12, on(7), "before_session", 2)]
    assert judged(scores).state is State.NO_RESPONSE


def test_old_score_says_nothing_of_today():
    scores = scores_of(20, {7: 4})
    assert judged(scores, today=on(42)).known_today
    late = judged(scores, today=on(43))
    assert not late.known_today
    assert "where the patient stands today is not known" in late.says


def test_judged_by_an_earlier_version_stays_so_and_the_first_version_is_as_it_was_released():
    # A change of what is judged is a new version; these were worked out once, when version 1 was released.
    assert {name: definition_for(name, "trajectory-1").digest[:12] for name in RELEASED} == RELEASED
    assert newest_version() == "trajectory-1"
    with pytest.raises(KeyError, match="trajectory-1"):
        definition_for("phq9", "trajectory-99")


def test_each_threshold_moves_the_judgement_that_it_is_for():
    scores = scores_of(20, {7: 8, 14: 14, 21: 15})
    stricter = replace(PHQ9, response_fall=70)
    assert judged(scores, by=stricter).state is State.NO_RESPONSE
    assert judged(scores, by=replace(PHQ9, relapse_at_least=16)).state is State.LOST


HISTORIES = st.dictionaries(st.integers(1, 300), st.integers(0, 27), max_size=25)


@given(HISTORIES, st.integers(1, 27), st.randoms())
def test_order_of_arrival_does_not_matter(totals, baseline, random):
    scores = scores_of(baseline, totals)
    shuffled = list(scores)
    random.shuffle(shuffled)
    assert judged(shuffled) == judged(scores)


@given(HISTORIES, st.integers(1, 27))
def test_nothing_is_filled_in(totals, baseline):
    found = judged(scores_of(baseline, totals))
    for one in found.happenings:
        assert totals[(one.on - FIRST).days] == one.total
    held = [point for stretch in found.stretches for point in stretch.points if point.state == State.RECOVERY]
    for point in held:
        # Each of the days that count lies between two real scores in remission that are close enough.
        back = sorted(day for day in totals if day <= (point.on - FIRST).days)
        run = [back.pop()]
        while back and totals[back[-1]] < PHQ9.remission_below and run[-1] - back[-1] <= PHQ9.longest_gap:
            run.append(back.pop())
        assert run[0] - run[-1] >= PHQ9.recovery_after
        assert all(later - earlier <= PHQ9.longest_gap for later, earlier in pairwise(run))


@given(HISTORIES, st.integers(1, 27))
def test_relapse_always_follows_a_response_and_a_suspicion(totals, baseline):
    had: set[State] = set()
    for one in judged(scores_of(baseline, totals)).happenings:
        if one.what in (State.RELAPSE, State.RECURRENCE):
            assert {State.RESPONSE, State.RELAPSE_POSSIBLE} <= had
        if one.what is State.RECURRENCE:
            assert State.RECOVERY in had
        had.add(one.what)


RELEASED = {
    "phq9": "1ea0592c6613",
    "madrs": "6686d7356822",
    "qids_sr16": "11d0b1994dd5",
    "hamd17": "b6d5afb1bd64",
    "gad7": "134ce1d796a5",
}
