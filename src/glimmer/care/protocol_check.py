"""Is a treatment protocol fit to be used? What is wrong with it, each finding in words, found without playing it.

Wrong units, doses over the caps, limits that are missing, gaps in the observation schedule, vials from which the dose
cannot be made up. The bounds are guidance's own (`figures/protocol.toml`), and no protocol can widen them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

from glimmer.care.plan import prepared_dose
from glimmer.care.protocol_bounds import out_of_bounds
from glimmer.care.session import checks as before
from glimmer.care.session import leaving as after
from glimmer.guidance import Figure, Protocol, figure
from glimmer.guidance.protocol import Check
from glimmer.vocabulary.problems import BadInput

# A unit is the first word of what a file gives: "min after the last device" is minutes.
UNITS = {
    "dose_mg_per_kg": "mg/kg",
    "dose_mg": "mg",
    "infusion_minutes": "min",
    "shortest_infusion_minutes": "min",
    "vial_concentrations_mg_per_ml": "mg/mL",
    "must_dilute_at_or_above_mg_per_ml": "mg/mL",
    "container_mg": "mg",
    "container_ml": "mL",
    "minutes_between_steps": "min",
    "sessions": "sessions",
    "days_between": "d",
    "shortest_days_between": "d",
    "review_after_sessions": "sessions",
    "observation_minutes": "min",
    "observation_late_after_minutes": "min",
    "signal_lost_seconds": "s",
    "signal_lost_after_end_seconds": "s",
    "stay_minutes_escorted": "min",
    "stay_minutes_alone": "min",
    "staff_minutes": "min",
    "chair_minutes": "min",
}
SEVERAL = ("days_between", "observation_minutes", "vial_concentrations_mg_per_ml", "dose_steps")
BY_NAME = ("signal_lost_seconds", "signal_lost_after_end_seconds", "staff_minutes")
HIGH, LOW = "high", "low"


@dataclass(frozen=True, slots=True)
class Examined:
    """What is `wrong` with a protocol, and which of its figures nobody has seen in a source (`to_sign`).

    One that is not `playable` holds no numbers where there should be: no session can be played with it.
    """

    wrong: tuple[str, ...]
    to_sign: tuple[str, ...]
    playable: bool = True


def examine_protocol(protocol: Protocol) -> Examined:
    """Return everything that speaks against a protocol, first things first."""
    if no_numbers := tuple(_no_numbers(protocol)):
        # Nothing can be compared with a text.
        return Examined(no_numbers, (), playable=False)
    wrong = (
        *_units(protocol),
        *_doses(protocol),
        *_times(protocol),
        *_rounds(protocol),
        *_limits(protocol),
        *_questions(protocol),
        *_vials(protocol),
        *out_of_bounds(protocol),
    )
    return Examined(tuple(dict.fromkeys(wrong)), tuple(_unsourced(protocol)))


def _f(name: str) -> Figure:
    return figure("protocol", name)


def _no_numbers(protocol: Protocol) -> Iterator[str]:
    for name, one in protocol.figures.items():
        if name not in (*UNITS, "dose_steps"):
            continue
        kind, shape = (tuple, "a list of numbers") if name in SEVERAL else (object, "a number")
        if name in BY_NAME:
            kind, shape = dict, "a number for each name"
        numbers = one.value.values() if isinstance(one.value, dict) else one.value
        if name not in (*SEVERAL, *BY_NAME):
            numbers = (one.value,)
        if not isinstance(one.value, kind) or not all(_is_number(part) for part in numbers):
            yield f"[{name}] is {one.value!r}, but must be {shape}."


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _units(protocol: Protocol) -> Iterator[str]:
    steps = protocol.dose.unit.split(" ")[0]
    for name, one in protocol.figures.items():
        wanted = steps if name == "dose_steps" else UNITS.get(name)
        if wanted is not None and one.unit.split(" ")[0] != wanted:
            yield f"[{name}] is given in {one.unit!r}, but must be in {wanted}."


# Doses


def _doses(protocol: Protocol) -> Iterator[str]:
    unit = "mg/kg" if protocol.doses_by_weight else "mg"
    cap = _f("most_mg_per_kg" if protocol.doses_by_weight else "most_mg").value.get(protocol.route.lower())
    if cap is None:
        yield f"There is no cap in {unit} for the route {protocol.route!r}, so no dose of it can be judged."
        return
    steps = protocol.dose_steps.value if protocol.dose_steps else ()
    for dose in dict.fromkeys((protocol.dose.value, *steps)):
        if not 0 < dose <= cap:
            yield f"The dose {dose:g} {unit} must be above 0 and at most the cap of {cap:g} {unit} for this route."
    if steps and protocol.dose.value not in steps:
        yield f"The protocol's own dose, {protocol.dose.value:g} {unit}, is none of its steps."
    if list(steps) != sorted(steps):
        yield "The steps of the dose do not rise."
    blocks = [
        band.above
        for band in protocol.dose_bands
        if band.effect == "block" and not band.first_session_only and not band.from_age
    ]
    if not blocks or min(blocks) > cap:
        yield f"No guard rail blocks a dose above the cap of {cap:g} {unit}. Add [[dose_bands]] with effect = block."


# Times


def _times(protocol: Protocol) -> Iterator[str]:
    if protocol.infusion_minutes is not None and protocol.shortest_infusion_minutes is not None:
        shortest, planned = protocol.shortest_infusion_minutes.value, protocol.infusion_minutes.value
        least, most = _f("shortest_infusion_at_least").value, _f("longest_infusion_at_most").value
        if shortest < least:
            yield f"An infusion could run in {shortest:g} minutes; none may run in less than {least}."
        if not shortest <= planned <= most:
            yield f"The infusion takes {planned:g} minutes, but must lie between {shortest:g} and {most}."
    escorted, alone = protocol.stay_minutes_escorted.value, protocol.stay_minutes_alone.value
    if not 0 < escorted <= alone:
        yield f"The stay is {escorted} minutes with an escort and {alone} alone; alone must not be shorter."
    needed = protocol.minutes_for(_a_dose(protocol)) + escorted
    if protocol.chair_minutes < needed:
        yield f"The chair is planned for {protocol.chair_minutes} minutes, but giving and stay take {needed:g}."
    if len(protocol.days_between.value) == 0 or min(protocol.days_between.value) < protocol.shortest_days_between.value:
        yield "The planned days between sessions are fewer than the shortest that the protocol allows."
    if not protocol.sessions.value >= 1:
        yield "There must be at least one session."


def _a_dose(protocol: Protocol) -> float:
    """Return a dose in mg that takes as long to give as any of the protocol."""
    if not protocol.doses_by_weight:
        return float(max(protocol.dose_steps.value if protocol.dose_steps else (protocol.dose.value,)))
    return float(protocol.dose.value * max(_f("weights_tried").value))


# Observations


def _rounds(protocol: Protocol) -> Iterator[str]:
    minutes = sorted(protocol.observation_minutes)
    if not minutes or minutes[0] > 0:
        yield "No round of observations is planned before the start."
    if len(set(minutes)) != len(minutes):
        yield "A round of observations is planned twice for the same minute."
    given = protocol.minutes_for(_a_dose(protocol))
    early_until = max(_f("observation_early_until").value, given)
    rounds = [0, *(minute for minute in minutes if minute > 0)]
    for earlier, later in pairwise(rounds):
        most = _f("observation_gap_early" if earlier < early_until else "observation_gap_late").value
        if later - earlier > most:
            yield f"No observations from minute {earlier} to {later}: at most {most} minutes may lie between two then."
    fresh = figure("session", "leaving_observations_fresh_for").value
    leaves = given + protocol.stay_minutes_escorted.value
    if rounds[-1] < leaves - fresh:
        yield (
            f"The last round is at minute {rounds[-1]}, but the patient leaves at {leaves:g} at the earliest, "
            f"and is judged on observations of the last {fresh} minutes."
        )
    late, most_late = protocol.observation_late_after_minutes, _f("observation_late_after_at_most").value
    if late > most_late:
        yield f"A round counts as late after {late} minutes, but must after {most_late}."
    for name in _f("observed").value:
        if name not in protocol.observation_parameters:
            yield f"{name} is not among the [observation_parameters]."


# Limits


def _limits(protocol: Protocol) -> Iterator[str]:
    for name in _f("limits_needed").value:
        for phase in ("infusion", "after"):
            if not any(_is_limit(rule, name, (phase, "any")) for rule in protocol.alarms):
                yield f"There is no limit on {name} ({phase}). Add an [[alarms]] row."
    for name in _f("limits_needed_before").value:
        if not any(rule.priority == HIGH and _is_limit(rule, name, ("before",)) for rule in protocol.alarms):
            yield f"No alarm of high priority on {name} stops a start."
    there = {one.id for one in protocol.built_in}
    wanted = [*_f("built_in_needed").value, *(_f("built_in_needed_by_pump").value if protocol.given_by.pump else ())]
    for name in wanted:
        if name not in there:
            yield f"The rule {name} is missing from [[built_in]]."
    for name in sorted(there) if not protocol.given_by.pump else ():
        if name.startswith("pump_"):
            yield f"The rule {name} speaks of a pump, but this protocol uses none."
    if not protocol.escalation:
        yield "Nobody is called when nobody takes charge of an alarm: [[escalation]] is missing."
    for name, most in _f("signal_lost_at_most").value.items():
        if not 0 < protocol.signal_lost_seconds.get(name, 0) <= most:
            yield f"[signal_lost_seconds] must say for {name} at most {most} s."


def _is_limit(rule: object, wanted: str, phases: Iterable[str]) -> bool:
    name, side = wanted.split(" ")
    if rule.phase not in phases:  # type: ignore[attr-defined]
        return False
    return any(
        one.parameter == name and one.is_fall == (side == LOW) and one.measure not in ("rise", "change")
        for one in rule.conditions  # type: ignore[attr-defined]
    )


# Questions


def _questions(protocol: Protocol) -> Iterator[str]:
    yield from _asked("checks_before", protocol.checks_before, _f("checks_needed").value, before.MEASURED)
    yield from _asked("leaving", protocol.leaving, _f("leaving_needed").value, after.MEASURED)
    for check in protocol.checks_before:
        if check.overridable and check.id in _f("checks_not_overridable").value:
            yield f"The check {check.id} can be overridden, but nobody may go on without it."
    for check in protocol.leaving:
        if check.overridable and check.id in _f("leaving_not_overridable").value:
            yield f"The criterion {check.id} can be overridden, but nobody may leave without it."


def _asked(part: str, asked: Iterable[Check], needed: Iterable[str], rules: Iterable[str]) -> Iterator[str]:
    asked = tuple(asked)
    there = {one.id for one in asked}
    for name in needed:
        if name not in there:
            yield f"[[{part}]] does not ask about {name}."
    for one in asked:
        if one.measured and one.measured not in rules:
            yield f"[[{part}]] {one.id}: there is no rule named {one.measured!r} that could answer it."


# Making up


def _vials(protocol: Protocol) -> Iterator[str]:
    if not protocol.vial_concentrations_mg_per_ml:
        yield "No strength of vial is offered."
    doses = protocol.dose_steps.value if protocol.dose_steps else (protocol.dose.value,)
    weights = _f("weights_tried").value if protocol.doses_by_weight else (1,)
    for dose_mg in dict.fromkeys(round(dose * weight, 1) for dose in doses for weight in weights):
        why = [_why_not(protocol, dose_mg, strength) for strength in protocol.vial_concentrations_mg_per_ml]
        if why and all(why):
            yield f"{dose_mg:g} mg cannot be made up from any vial of the protocol. {why[0]}"


def _why_not(protocol: Protocol, dose_mg: float, strength: float) -> str:
    try:
        total = _f("total_volume_tried").value if protocol.given_by.pump else None
        prepared_dose(protocol, dose_mg, strength, total, protocol.minutes_for(dose_mg))
    except BadInput as problem:
        return str(problem)
    return ""


def _unsourced(protocol: Protocol) -> Iterator[str]:
    for name, one in protocol.figures.items():
        if one.evidence != "source":
            yield f"[{name}] {one.evidence}: {one.source}"
    rows = (*protocol.dose_bands, *protocol.checks_before, *protocol.alarms, *protocol.leaving)
    marks = [row.evidence for row in rows]  # type: ignore[attr-defined]
    if count := len(marks) - marks.count("source"):
        yield f"{count} of {len(marks)} rows (guard rails, checks, alarms, criteria) are proposals or from memory."
