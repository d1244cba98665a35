"""The alarm engine over virtual patients: what is scripted is alarmed in time, and an ordinary session is not."""

from functools import lru_cache

import pytest

from glimmer.guidance import protocol
from glimmer.monitoring.state import SessionState
from glimmer.pharmacology.virtual.patient import VirtualPatient
from glimmer.vocabulary.parameters import Parameter
from tests.support.story import Story, minute, running

DENSE = (Parameter.SPO2, Parameter.PULSE, Parameter.RESPIRATORY_RATE)
CUFF = (Parameter.SYSTOLIC, Parameter.DIASTOLIC)
GIVEN = ((0, 2400, 35.0),)
STARTS, LAST = 15, 45


def played(script: str, seed: int, until: int = LAST) -> Story:
    """Return a running session with a monitor that looks every 10 seconds, and its cuff every two minutes."""
    story = running(protocol_version=protocol("iv-racemic-standard").version)
    opened, start = minute(0).timestamp(), minute(STARTS).timestamp()
    patient = VirtualPatient(seed, script, start + 5 * 60, start, GIVEN)
    for step in range(STARTS * 6, until * 6):
        at = step / 6
        looked = DENSE + (CUFF if step % 12 == 0 else ())
        shown = {one.value: patient.shown(one, opened + 60 * at) for one in looked}
        story.monitor(at=at, **{name: round(value) for name, value in shown.items() if value is not None})
    return story


@lru_cache
def state(script: str, seed: int = 3) -> SessionState:
    return played(script, seed).state(at=LAST)


def rules(script: str, seed: int = 3) -> dict[str, float]:
    """The alarms about the patient, with the minute of their onset."""
    aside = ("signal_lost", "observation_overdue", "pump")
    return {
        one.rule: (one.onset - minute(STARTS)).total_seconds() / 60
        for one in state(script, seed).all_alarms
        if not one.rule.startswith(aside)
    }


# Each script begins at minute 5; its own minutes are added.
@pytest.mark.parametrize(
    ("script", "rule", "by_minute"),
    [
        ("hypertensive", "hypertension", 5 + 2 + 2),
        ("desaturation", "oxygen-very-low", 5 + 4 + 1),
        ("faint", "pulse-very-slow", 5 + 2.5 + 1),
        ("faint", "pressure-low", 5 + 3 + 2 + 2),
    ],
)
def test_what_is_scripted_is_alarmed_in_time(script: str, rule: str, by_minute: float) -> None:
    found = rules(script)
    assert rule in found, found
    assert 5 < found[rule] <= by_minute


@pytest.mark.parametrize("seed", range(1, 7))
def test_ordinary_session_raises_no_alarm_about_the_patient(seed: int) -> None:
    assert rules("calm", seed) == {}


def test_line_that_came_apart_is_no_alarm_of_vital_signs() -> None:
    # It is the trainee who has to see it: nothing that a monitor measures says so.
    assert rules("line disconnected") == {}


def test_probe_that_slips_is_a_lost_signal_and_no_danger() -> None:
    # While it is off; once it is back on, that alarm is over.
    meanwhile = played("probe off", 3, until=24).state(at=24)
    assert "signal_lost:spo2" in {one.rule for one in meanwhile.alarms}
    assert not any(rule.startswith("oxygen") for rule in rules("probe off"))
