"""Golden sessions: what was once seen of a session is seen again, in any later version of Glimmer.

Each file in `golden/` holds the events of one session and what a person saw at a dozen moments of it. An old session
must never change its meaning; where a decision says that it does, that decision is named in `golden/README.md`.
"""

import json
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from glimmer.care.session.events import SessionEvent
from glimmer.guidance.protocol import protocol_versions
from glimmer.monitoring.state import SessionMonitor, as_received, session_state
from tests.monitoring.golden.bedside import year_later
from tests.monitoring.golden.stories import STORIES
from tests.monitoring.golden.write import Moment, read, seen
from tests.monitoring.moving import moved_event

FILES = sorted((Path(__file__).parent / "golden").glob("*.jsonl"))


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def golden(request) -> tuple[list[SessionEvent], list[Moment]]:
    return read(request.param)


@pytest.fixture
def another_time_zone() -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Pacific/Auckland"
    time.tzset()
    yield
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


def differences(events: list[SessionEvent], moments: list[Moment]) -> list[str]:
    """Return where what is seen now differs from what was seen then, in words."""
    found = []
    for now, then in moments:
        # Through JSON, as what was seen then came.
        today = json.loads(json.dumps(seen(session_state(as_received(events, now), now))))
        found += [
            f"{now:%H:%M:%S} {what}: was {then[what]}, is {today[what]}" for what in then if then[what] != today[what]
        ]
    return found


def test_session_is_seen_as_it_was_seen(golden):
    assert differences(*golden) == []


def test_session_is_seen_as_it_was_seen_in_a_log_that_grew_for_a_year(golden):
    events, moments = golden
    assert differences([*events, *year_later(events)], moments) == []


def test_session_is_seen_as_it_was_seen_on_a_machine_at_the_other_end_of_the_world(golden, another_time_zone):
    assert differences(*golden) == []


def test_live_monitor_saw_the_same_as_the_replay(golden):
    """The app holds one monitor that is asked every second; a replay folds the log afresh."""
    events, moments = golden
    monitor, arriving = SessionMonitor(), iter(events)
    event = next(arriving)
    for now, then in moments:
        while event is not None and event.received_at <= now:
            monitor.add(event)
            monitor.state(event.received_at)
            event = next(arriving, None)
        assert json.loads(json.dumps(seen(monitor.state(now)))) == then


@pytest.mark.parametrize("seed", range(5))
def test_order_of_reading_the_log_does_not_matter(golden, seed):
    events, moments = golden
    now, _ = Random(seed).choice(moments)
    shuffled = as_received(events, now)
    Random(seed).shuffle(shuffled)
    assert session_state(shuffled, now) == session_state(as_received(events, now), now)


def test_session_a_year_earlier_is_the_same_a_year_earlier(golden):
    """All times shifted alike shift what is seen, and nothing else: no hour, no date and no year is special."""
    events, moments = golden
    year = timedelta(days=365)
    shifted = [moved_event(event, -year) for event in events]
    for now, then in moments[::4]:
        today = seen(session_state(as_received(shifted, now - year), now - year))
        assert today["tiles"] == then["tiles"]
        assert today["phase"] == then["phase"]
        assert [one["says"] for one in today["alarms"]] == [one["says"] for one in then["alarms"]]


def test_every_story_has_its_golden_session_under_each_version_of_its_protocol():
    versions = [(one.id, one.version) for one in protocol_versions()]
    wanted = {
        f"{name}.v{version}"
        for name, (_, protocol_id, _) in STORIES.items()
        for known_id, version in versions
        if known_id == protocol_id
    }
    assert {path.stem for path in FILES} == wanted, "Run python -m tests.monitoring.golden.write VERSION."
