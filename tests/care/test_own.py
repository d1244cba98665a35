"""What a patient can send, what it raises, and how long a link and a device open anything."""

from datetime import UTC, date, datetime, timedelta

import pytest

from glimmer.care.own import (
    DeviceFacts,
    Kind,
    LinkFacts,
    Wrong,
    checked,
    concern_of,
    device_state,
    is_due,
    is_late,
    link_state,
)

TODAY = date(2026, 11, 27)
NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


def link(**changes):
    return LinkFacts(
        **{"expires_at": NOW + timedelta(hours=1), "used_at": None, "withdrawn_at": None, "is_newest": True, **changes}
    )


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "open"),
        ({"expires_at": NOW}, "expired"),
        ({"is_newest": False}, "replaced"),
        ({"withdrawn_at": NOW}, "withdrawn"),
        ({"used_at": NOW}, "used"),
        ({"used_at": NOW, "is_newest": False}, "used"),
    ],
)
def test_link_opens_only_while_it_is_the_newest_unused_and_in_time(changes, state):
    assert link_state(link(**changes), NOW) == state


@pytest.mark.parametrize(
    ("began_days", "pressed_minutes", "ended", "state"),
    [
        (0, 0, False, "open"),
        (29, 29, False, "open"),
        (29, 30, False, "asks"),
        (30, 0, False, "ended"),
        (0, 0, True, "ended"),
        (0, -2, False, "asks"),
        (-2, -2, False, "ended"),
    ],
)
def test_device_asks_after_a_pause_and_ends_after_a_month_whatever_the_clock_does(
    began_days, pressed_minutes, ended, state
):
    device = DeviceFacts(
        NOW - timedelta(days=began_days), NOW - timedelta(minutes=pressed_minutes), NOW if ended else None
    )
    assert device_state(device, NOW) == state


def test_mood_takes_each_number_of_its_scale_and_no_other():
    for value in range(11):
        assert checked(Kind.MOOD, {"value": str(value)}, TODAY).content["value"] == value
    for value in ("11", "-1", "3.5", "", "٣", "00"):
        with pytest.raises(Wrong):
            checked(Kind.MOOD, {"value": value}, TODAY)


def test_day_lies_within_the_last_week_and_never_ahead():
    assert checked(Kind.MOOD, {"value": "3", "day": "7"}, TODAY).day == date(2026, 11, 20)
    assert checked(Kind.MOOD, {"value": "3"}, TODAY).day == TODAY
    for day in ("8", "-1", "x", "٣"):
        with pytest.raises(Wrong) as wrong:
            checked(Kind.MOOD, {"value": "3", "day": day}, TODAY)
        assert wrong.value.field == "day"


def test_words_stay_as_they_are_but_for_what_nobody_can_see():
    typed = {"words": "  A line\r\nand <b>another</b>; 'quoted'  "}
    assert checked(Kind.WORDS, typed, TODAY).content["text"] == "A line\nand <b>another</b>; 'quoted'"
    with pytest.raises(Wrong):
        checked(Kind.WORDS, {"words": "a\x07b"}, TODAY)


@pytest.mark.parametrize(
    ("kind", "typed", "raises"),
    [
        (Kind.NOT_SAFE, {}, ("suicidality", "psychiatrist", 4)),
        (Kind.EFFECTS, {"which": ["bladder"], "how_bad": "severe"}, ("side_effect", "nurse", 24)),
        (Kind.EFFECTS, {"which": ["bladder"], "how_bad": "moderate"}, None),
        (Kind.QUESTION, {"question": "May I?"}, ("own_question", "nurse", 48)),
        (Kind.ESCORT, {"way": "escort_no"}, ("no_escort", "nurse", 24)),
        (Kind.ESCORT, {"way": "escort_yes"}, None),
        (Kind.MOOD, {"value": "0"}, None),
        (Kind.MISTAKE, {}, None),
    ],
)
def test_entry_raises_the_task_that_its_kind_asks_for(kind, typed, raises):
    concern = concern_of(checked(kind, typed, TODAY))
    assert (None if concern is None else (concern.kind, concern.owner, concern.within_hours)) == raises


def test_task_quotes_no_words_of_the_patient():
    typed = {"which": ["other"], "how_bad": "severe", "words": "Something private"}
    assert "private" not in concern_of(checked(Kind.EFFECTS, typed, TODAY)).says


def test_due_at_once_then_after_its_days():
    assert is_due(None, 7, TODAY)
    assert not is_due(date(2026, 11, 21), 7, TODAY)
    assert is_due(date(2026, 11, 20), 7, TODAY)


def test_late_is_what_was_sent_after_its_day():
    assert is_late(date(2026, 11, 26), TODAY)
    assert not is_late(TODAY, TODAY)
