"""Which functions are on in a session, by its log, and what that leaves to people."""

from math import inf

from glimmer.care.session.events import FunctionsSwitched
from glimmer.care.session.log import SessionLog
from glimmer.guidance.protocol import Check
from glimmer.vocabulary.functions import ALL_ON, Functions

# A clock is no judgement on the patient: how long they have stayed is worked out whatever is off.
BY_THE_CLOCK = frozenset({"minimum_stay"})


def functions_of(log: SessionLog) -> Functions:
    """Return what is on by the newest switch in the log; a log without any is older than the switches: all on."""
    event = log.last(FunctionsSwitched)
    if event is None:
        return ALL_ON
    what = event.what
    return Functions(what.dose_arithmetic, what.alarms, what.prediction)  # type: ignore[attr-defined]


def alarm_windows(log: SessionLog) -> tuple[tuple[float, float], ...]:
    """Return the stretches in which alarms were on, as (since, until) in seconds since 1970; infinite where open."""
    windows: list[tuple[float, float]] = []
    since: float | None = -inf
    for event in log.of(FunctionsSwitched):
        at = event.happened_at.timestamp()
        is_on = event.what.alarms  # type: ignore[attr-defined]
        if is_on and since is None:
            since = at
        elif not is_on and since is not None:
            windows.append((since, at))
            since = None
    return tuple(windows) if since is None else (*windows, (since, inf))


def is_measured(check: Check, log: SessionLog) -> bool:
    """Say whether a check is answered from readings. With alarms off Glimmer judges none, and asks a person instead."""
    return bool(check.measured) and (check.measured in BY_THE_CLOCK or functions_of(log).alarms)
