"""What a protocol, or a plan that differs from it, comes to in a patient's words: dose, time, sessions, stay."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from glimmer.guidance.protocol import Protocol

MINUTES_PER_HOUR = 60
DAYS_PER_WEEK = 7


@dataclass(frozen=True, slots=True)
class Told:
    """The figures that a patient is told of a treatment. None where it has no such figure, or nobody worked it out."""

    mg_per_kg: float | None = None
    dose_mg: float | None = None
    minutes: float | None = None
    sessions: int | None = None

    @classmethod
    def of_protocol(cls, protocol: Protocol) -> "Told":
        """Return what a protocol states itself."""
        return cls(
            mg_per_kg=_number(protocol, "dose_mg_per_kg"),
            dose_mg=_number(protocol, "dose_mg"),
            minutes=_number(protocol, "infusion_minutes"),
            sessions=int(_number(protocol, "sessions") or 0) or None,
        )


def told_words(protocol: Protocol, told: Told | None = None) -> dict[str, str]:
    """Return the words for each place in the information that this protocol has a figure for."""
    told = told or Told.of_protocol(protocol)
    words = {
        "dose": _dose(told),
        "minutes": spell_minutes(told.minutes),
        "course": _course(protocol, told),
        "highest_dose": _highest_dose(protocol),
        "review_after": _counted(_number(protocol, "review_after_sessions"), "session"),
        "no_help_after": _no_help_after(protocol, told),
        "check_gap": spell_minutes(_longest_gap(protocol, told.minutes)),
        "pressure_start": _pressure(protocol),
        "stay": spell_minutes(_number(protocol, "stay_minutes_escorted")),
        "stay_alone": spell_minutes(_number(protocol, "stay_minutes_alone")),
    }
    return {name: text for name, text in words.items() if text}


def spell_minutes(minutes: float | None) -> str:
    """Return a time in words: `40 minutes`, `1 hour`, `1 hour and 30 minutes`; "" for None or nothing."""
    if not minutes:
        return ""
    hours, rest = divmod(round(minutes), MINUTES_PER_HOUR)
    parts = [_counted(hours, "hour"), _counted(rest, "minute")]
    return " and ".join(part for part in parts if part)


def _number(protocol: Protocol, name: str) -> float | None:
    found: Any = getattr(protocol, name, None)
    value = getattr(found, "value", found)
    return float(value) if isinstance(value, int | float) else None


def _counted(number: float | None, what: str) -> str:
    return f"{number:g} {what}{'' if number == 1 else 's'}" if number else ""


def _dose(told: Told) -> str:
    each_kg = f"{told.mg_per_kg:g} mg for each kilogram that you weigh" if told.mg_per_kg is not None else ""
    in_all = f"{told.dose_mg:g} mg" if told.dose_mg is not None else ""
    return f"{in_all} in all, which is {each_kg}" if in_all and each_kg else in_all or each_kg


def _course(protocol: Protocol, told: Told) -> str:
    sessions, gap = _counted(told.sessions, "session"), _gap(protocol)
    return f"{sessions}, {gap}" if sessions and gap and told.sessions != 1 else sessions


def _highest_dose(protocol: Protocol) -> str:
    """Return the highest of the steps that the dose can go up to; "" where it has none."""
    steps = getattr(getattr(protocol, "dose_steps", None), "value", None)
    if not steps:
        return ""
    by_weight = _number(protocol, "dose_mg_per_kg") is not None
    return _dose(Told(mg_per_kg=max(steps)) if by_weight else Told(dose_mg=max(steps)))


def _no_help_after(protocol: Protocol, told: Told) -> str:
    """Return after how many sessions without help there is little hope; "" where that was not the question.

    The finding is of first courses: a single dose is no course, and who is in maintenance has been helped before.
    """
    is_first_course = (told.sessions or 0) > 1 and "maintenance" not in protocol.title.casefold()
    return _counted(_number(protocol, "review_after_sessions"), "session") if is_first_course else ""


def _gap(protocol: Protocol) -> str:
    days = [int(day) for day in getattr(protocol.days_between, "value", ()) or ()]
    if not days:
        return ""
    least, most = min(days), max(days)
    if least == most:
        return "once a week" if least == DAYS_PER_WEEK else f"every {_counted(least, 'day')}"
    return f"every {least} to {most} days"


def _longest_gap(protocol: Protocol, minutes: float | None) -> float | None:
    """Return the longest time between two planned rounds of observations while the drug is given."""
    during = [one for one in protocol.observation_minutes if 0 <= one <= (minutes or 0)]
    return max((after - before for before, after in pairwise(during)), default=None)


def _pressure(protocol: Protocol) -> str:
    """Return the pressure from which on nothing is started, such as `160 over 100`; "" where no rule stops there."""
    limits: Mapping[str, float] = {
        condition.parameter: condition.at_least
        for rule in protocol.alarms
        if rule.phase == "before" and rule.priority == "high"
        for condition in rule.conditions
        if condition.measure == "value" and condition.at_least is not None
    }
    if not {"systolic", "diastolic"} <= set(limits):
        return ""
    return f"{limits['systolic']:g} over {limits['diastolic']:g}"
