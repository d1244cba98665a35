"""Write the golden sessions of a protocol version: `python -m tests.monitoring.golden.write VERSION`.

A file that exists is never written again: an old session must not change its meaning. Where a decision says that it
does, name the decision in README.md beside this script and remove the file by hand.
"""

import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from glimmer.care.session.events import SessionEvent, from_body, to_body
from glimmer.monitoring.state import Alarm, CurrentValue, SessionState, as_received, session_state
from tests.monitoring.golden.bedside import Bedside
from tests.monitoring.golden.stories import STORIES
from tests.support.story import minute

FOLDER = Path(__file__).parent
Moment = tuple[datetime, dict[str, Any]]


def seen(state: SessionState) -> dict[str, Any]:
    """Return what a person sees of a state, as JSON: what a later version may add to it is left out."""
    return {
        "phase": state.phase.value,
        "alarms": [_alarm(alarm) for alarm in state.all_alarms],
        "active": [alarm.key for alarm in state.alarms],
        "tiles": {value.parameter.value: _tile(value) for value in state.values},
        "news2": [
            {"at": one.at.isoformat(), "total": one.score.total, "filled": list(one.filled)} for one in state.rounds
        ],
        "due": {str(one.minute): one.state.value for one in state.observations},
        "lost": [signal.parameter.value for signal in state.signals if signal.is_lost],
        "minutes": round(state.clock.infusion_minutes, 3),
    }


def _alarm(alarm: Alarm) -> dict[str, Any]:
    return _without_nothing(
        {
            "key": alarm.key,
            "priority": alarm.priority,
            "says": alarm.says,
            "raised_at": alarm.raised_at.isoformat(),
            "over_at": alarm.over_at.isoformat() if alarm.over_at else None,
            "by": alarm.acknowledged_by,
            "did": alarm.did,
            "rung": alarm.rung or None,
        }
    )


def _tile(value: CurrentValue) -> dict[str, Any]:
    return _without_nothing(
        {
            "shown": value.reading.shown if value.reading else None,
            "age": value.age_seconds,
            "stale": value.is_stale,
            "beyond": value.beyond,
            "says": value.beyond_says,
            "rise": value.rise,
            "unfit": value.why_unfit,
        }
    )


def _without_nothing(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: fact for name, fact in facts.items() if fact not in (None, "", False)}


def line_of(event: SessionEvent) -> dict[str, Any]:
    """Return an event as its line of a golden file."""
    line = {name: value for name, value in asdict(event).items() if name not in ("what", "happened_at", "received_at")}
    times = {"happened_at": event.happened_at.isoformat(), "received_at": event.received_at.isoformat()}
    return {**line, **times, "kind": event.what.kind, "body": to_body(event.what)}


def event_of(line: dict[str, Any]) -> SessionEvent:
    """Return the event that a line holds."""
    happened_at, received_at = (datetime.fromisoformat(line[name]) for name in ("happened_at", "received_at"))
    what = from_body(line["kind"], line["body"])
    return SessionEvent(line["seq"], happened_at, received_at, line["by"], what, line["by_id"])


def read(path: Path) -> tuple[list[SessionEvent], list[Moment]]:
    """Return the events of a golden file, and what was seen at its moments."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    events = [event_of(line) for line in lines if "seq" in line]
    return events, [(datetime.fromisoformat(line["at"]), line["seen"]) for line in lines if "seen" in line]


def write(name: str, version: str) -> Path:
    """Write one golden session under one protocol version."""
    path = FOLDER / f"{name}.v{version}.jsonl"
    if path.exists():
        raise FileExistsError(f"{path.name} is frozen. Read README.md beside it before you remove it.")
    story, protocol_id, moments = STORIES[name]
    bed = Bedside(protocol_id, version)
    story(bed)
    bed.passes(max(moments))
    lines = [line_of(event) for event in bed.events]
    for at in moments:
        now = minute(at)
        lines.append({"at": now.isoformat(), "seen": seen(session_state(as_received(bed.events, now), now))})
    path.write_text("".join(json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n" for line in lines))
    return path


if __name__ == "__main__":
    for golden in STORIES:
        print(write(golden, sys.argv[1]).name)
