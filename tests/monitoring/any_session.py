"""Sessions of anything, drawn by hypothesis: every kind of event, at any whole second, in an order nobody would choose.

A session here makes no sense, and need not: what must hold of the monitor has to hold of every log.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from glimmer.care.session.events import (
    AlarmAcknowledged,
    AlarmEscalated,
    AlarmRaised,
    Corrected,
    DeviceAlarm,
    DeviceReadings,
    Discharged,
    FunctionsSwitched,
    NoteWritten,
    SessionEvent,
    SoundPaused,
    SoundResumed,
)
from glimmer.guidance.protocol import protocol_versions
from tests.support.story import Story, minute, reading

LAST_SECOND = 5400
SECONDS = st.integers(0, LAST_SECOND)
VERSIONS = sorted({one.version for one in protocol_versions() if one.id == "iv-racemic-standard"})
VALUES: dict[str, st.SearchStrategy[float]] = {
    "systolic": st.integers(60, 230).map(float),
    "diastolic": st.integers(40, 140).map(float),
    "mean_pressure": st.integers(50, 160).map(float),
    "pulse": st.integers(0, 180).map(float),
    "spo2": st.sampled_from([0.0, 70.0, 85.0, 89.0, 90.0, 93.0, 94.0, 97.0, 100.0, 127.0]),
    "respiratory_rate": st.sampled_from([0.0, 4.0, 7.0, 8.0, 12.0, 14.0, 25.0, 40.0]),
    "temperature": st.sampled_from([34.0, 36.5, 39.4, 60.0]),
    "infusion_rate": st.sampled_from([0.0, 60.0, 75.0, 90.0, 300.0]),
    "volume_infused": st.sampled_from([0.0, 10.0, 49.0, 60.0]),
    "drug_concentration": st.sampled_from([0.7, 7.0]),
}
READINGS = st.fixed_dictionaries({}, optional=VALUES)
MONITOR = st.tuples(
    st.just("monitor"),
    SECONDS,
    READINGS,
    st.sampled_from(["cuff", "oximeter", "ecg"]),
    st.sampled_from([-60, 0, 0, 0, 1, 30, 400]),
    st.sampled_from(["", "Ketamine 10 mg/ml", "Esketamine"]),
)
ROUND = st.tuples(
    st.just("round"),
    SECONDS,
    READINGS,
    st.sampled_from(["", "A", "C", "V"]),
    st.sampled_from([None, -15, 0, 10, 20, 55]),
    st.sampled_from([None, 5, 3, 1]),
    st.booleans(),
)
PLAIN = ("start", "pause", "resume", "stop", "complete", "prepare", "check", "correct", "leave", "note")
ABOUT_ALARMS = ("device", "raised", "acknowledged", "escalated", "sound_paused", "sound_resumed", "switched")
OTHER = st.tuples(st.sampled_from(PLAIN + ABOUT_ALARMS), SECONDS)
ANYTHING = st.lists(st.one_of(MONITOR, MONITOR, MONITOR, ROUND, OTHER, OTHER), min_size=1, max_size=40)
RULES = ("hypertension", "oxygen-low", "oxygen-very-low", "tachycardia", "pump_too_slow", "signal_lost:spo2")


def told(draws: Sequence[tuple], version: str = "1") -> list[SessionEvent]:
    """Return the events of a drawn session under a version of the standard protocol."""
    story = Story().opens(protocol_version=version).prepares(at=1).second_checks(at=2).starts(at=15)
    for kind, at, *rest in draws:
        if kind == "monitor":
            _monitor(story, at, *rest)
        elif kind == "round":
            values, consciousness, due, sedation, attributed = rest
            facts = {"consciousness": consciousness, "sedation": sedation, "attributed_to_drug": attributed}
            story.nurse_observes(at=at / 60, due=due, facts=facts, **values)
        else:
            _tell_other(story, kind, at)
    return story.events


def _monitor(story: Story, at: int, values: dict[str, float], site: str, delay: int, drug: str) -> None:
    measured = minute(at / 60)
    readings = tuple(reading(name, value, measured, site) for name, value in values.items())
    heard = max(at + delay, 0) / 60
    story.tell(DeviceReadings("bay-1-monitor", readings, drug=drug), at / 60, "device", None, heard)


def _tell_other(story: Story, kind: str, at: int) -> None:
    verbs: dict[str, Any] = {
        "start": story.starts,
        "pause": story.pauses,
        "resume": story.resumes,
        "stop": story.stops,
        "complete": story.completes,
        "prepare": story.prepares,
        "check": story.second_checks,
    }
    if kind in verbs:
        verbs[kind](at / 60)
        return
    # The alarms of a drawn log are of any onset: some are those that the rules find, most are not.
    rule = RULES[at % len(RULES)]
    key = f"{rule}@{minute(at // 60).isoformat()}"
    whats = {
        "correct": Corrected(1 + at % story.seq, "Wrong."),
        "leave": Discharged("Sister"),
        "note": NoteWritten("Sleeps."),
        "device": DeviceAlarm("pump", "196940", "Occlusion", phase=("start", "end", "")[at % 3]),
        "raised": AlarmRaised(key, rule, ("high", "medium", "low")[at % 3], "Shown.", "Act."),
        "acknowledged": AlarmAcknowledged(_shown(story, at) or key, "Looked."),
        "escalated": AlarmEscalated(_shown(story, at) or key, 1, "the nurse in charge"),
        "sound_paused": SoundPaused(60),
        "sound_resumed": SoundResumed(),
        "switched": FunctionsSwitched(alarms=at % 3 > 0, dose_arithmetic=True, prediction=False),
    }
    story.tell(whats[kind], at / 60)


def _shown(story: Story, at: int) -> str:
    keys = [event.what.key for event in story.events if isinstance(event.what, AlarmRaised)]
    return keys[at % len(keys)] if keys else ""


def without(events: Sequence[SessionEvent], parameter: str) -> list[SessionEvent]:
    """Return the events as they would be, had nobody ever measured `parameter`."""
    left = []
    for event in events:
        readings = getattr(event.what, "readings", None)
        if readings is not None:
            kept = tuple(one for one in readings if one.parameter != parameter)
            event = replace(event, what=replace(event.what, readings=kept))  # type: ignore[type-var]
        left.append(event)
    return left
