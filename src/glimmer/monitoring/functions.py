"""What is left of the monitoring when a function is off: values with their age, and no judgement at all.

Off must be safe and honest. Alarms off: no alarm is raised or shown, no value is called normal or dangerous, nothing
is scored. Dose arithmetic off: the pump is compared with nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from glimmer.care.session.functions import alarm_windows, functions_of
from glimmer.care.session.log import SessionLog
from glimmer.guidance.figures import figure
from glimmer.guidance.protocol import Protocol
from glimmer.monitoring.current import CurrentValue
from glimmer.monitoring.episodes import Alarm, Episode
from glimmer.vocabulary.parameters import Parameter

# What one person tells another by way of the log is no judgement of Glimmer: it is shown whatever is off.
TOLD_BY_PEOPLE = frozenset({"consent-withdrawn"})
OF_THE_PUMP = frozenset({Parameter.INFUSION_RATE, Parameter.VOLUME_INFUSED, Parameter.DRUG_CONCENTRATION})


def is_of_the_pump(rule: str) -> bool:
    """Say whether a rule, by its name, compares the pump with the plan; that a pump is silent compares nothing."""
    return rule.startswith("pump_") and not rule.startswith("pump_never_heard")


def episodes_allowed(episodes: Iterable[Episode], log: SessionLog) -> list[Episode]:
    """Return the episodes that may become alarms: those that fell into a time in which alarms were on.

    What had begun before alarms were switched on again counts as raised from that moment: nobody was told before.
    """
    functions, windows = functions_of(log), alarm_windows(log)
    if not functions.alarms:
        return []
    kept = [clipped for episode in episodes for clipped in [_clipped(episode, windows)] if clipped is not None]
    return kept if functions.dose_arithmetic else [one for one in kept if not is_of_the_pump(one.rule)]


def _clipped(episode: Episode, windows: Sequence[tuple[float, float]]) -> Episode | None:
    for since, until in windows:
        raised_at = max(episode.raised_at, since)
        if raised_at < until and (episode.over_at is None or episode.over_at > since):
            return episode if raised_at == episode.raised_at else replace(episode, raised_at=raised_at)
    return None


def alarms_allowed(alarms: Iterable[Alarm], log: SessionLog) -> tuple[Alarm, ...]:
    """Return the active alarms that may be shown: while alarms are off, only what a person told."""
    functions = functions_of(log)
    active = [alarm for alarm in alarms if alarm.is_active]
    if not functions.alarms:
        return tuple(alarm for alarm in active if alarm.rule in TOLD_BY_PEOPLE)
    return tuple(alarm for alarm in active if functions.dose_arithmetic or not is_of_the_pump(alarm.rule))


def values_allowed(values: Iterable[CurrentValue], log: SessionLog) -> tuple[CurrentValue, ...]:
    """Return current values without a judgement that is off: with dose arithmetic off, the pump's are only shown."""
    if functions_of(log).dose_arithmetic:
        return tuple(values)
    return tuple(
        replace(value, beyond="", beyond_says="") if value.parameter in OF_THE_PUMP else value for value in values
    )


def plain_values(log: SessionLog, protocol: Protocol, now: datetime) -> tuple[CurrentValue, ...]:
    """Return the latest value of every parameter with its age, and no word on what it means."""
    planned = {*protocol.observation_parameters, *protocol.signal_lost_seconds}
    shown = [parameter for parameter in Parameter if parameter in planned or parameter in log.series]
    return tuple(_plain(parameter, log, protocol, now) for parameter in shown)


def _plain(parameter: Parameter, log: SessionLog, protocol: Protocol, now: datetime) -> CurrentValue:
    sample = log.latest(parameter)
    if sample is None:
        return CurrentValue(parameter, None, None, False, "", False, "", "", None, None)
    age = max(now.timestamp() - sample.at, 0)
    stale_after = protocol.signal_lost_seconds.get(parameter, figure("monitoring", "value_stale_after").value)
    return CurrentValue(
        parameter=parameter,
        reading=sample.reading,
        age_seconds=age,
        is_stale=age > stale_after,
        source=sample.source,
        is_manual=sample.manual,
        beyond="",
        beyond_says="",
        baseline=None,
        rise=None,
        why_unfit="",
    )
