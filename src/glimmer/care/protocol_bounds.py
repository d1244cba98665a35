"""What no protocol may widen: limits that come in time, questions that a no stops, a route given in its own way.

A limit that is there and never reached is none, nor is a question that any answer passes. The bounds are guidance's
own (`figures/protocol.toml`); `care.protocol_check` asks for them after it has looked whether all parts are there.
"""

from collections.abc import Iterable, Iterator

from glimmer.guidance import Figure, Protocol, figure
from glimmer.guidance.alarm_rules import AlarmRule, BuiltInRule
from glimmer.guidance.protocol import Check
from glimmer.vocabulary.people import Role

HIGH, LOW = "high", "low"
PLAIN = ("value", "moaas", "news2_total", "news2_single")
"""Measures that are a value of their own; a rise or a change is one beside another."""


def out_of_bounds(protocol: Protocol) -> Iterator[str]:
    """Yield, in words, each figure, limit and question of a protocol that lies outside guidance's bounds."""
    yield from _route(protocol)
    yield from _strengths(protocol)
    yield from _rails(protocol)
    yield from _whole_numbers(protocol)
    yield from _spans(protocol)
    yield from _alarms(protocol)
    yield from _start(protocol)
    yield from _answers("checks_before", protocol.checks_before)
    yield from _answers("leaving", protocol.leaving)


def _f(name: str) -> Figure:
    return figure("protocol", name)


# The route, the drug and its strengths


def _route(protocol: Protocol) -> Iterator[str]:
    route = protocol.route.lower()
    given_by = _f("given_by").value.get(route)
    if given_by is not None and given_by != protocol.administration:
        yield f"{protocol.route} is given by {given_by}, not by {protocol.administration}."
    drug = _f("drug_of_route").value.get(route)
    if drug is not None and drug != protocol.drug.lower():
        yield f"There is no cap on {protocol.drug} by this route, so no dose of it can be judged."


def _strengths(protocol: Protocol) -> Iterator[str]:
    known = _f("strengths_known").value.get(protocol.drug.lower(), ())
    for strength in protocol.vial_concentrations_mg_per_ml:
        if known and strength not in known:
            listed = ", ".join(f"{one:g}" for one in known)
            yield f"{strength:g} mg/mL is no strength of {protocol.drug} that is known here. There is: {listed}."
    most = figure("dose", "must_dilute_from").value
    limit = protocol.must_dilute_at_or_above_mg_per_ml
    if limit is not None and not 0 < limit <= most:
        yield f"A vial must be diluted from {most:g} mg/mL on at the latest, but here only from {limit:g}."
    if protocol.container_mg is not None and protocol.container_ml is not None and protocol.container_ml.value > 0:
        each = protocol.container_mg.value / protocol.container_ml.value
        if not any(abs(each - one) < 1 for one in protocol.vial_concentrations_mg_per_ml):
            yield (
                f"{protocol.container_mg.value:g} mg in {protocol.container_ml.value:g} mL is {each:g} mg/mL, "
                "which is none of the strengths offered."
            )


# Guard rails


def _rails(protocol: Protocol) -> Iterator[str]:
    unit = "mg/kg" if protocol.doses_by_weight else "mg"
    route, own = protocol.route.lower(), protocol.dose.value
    blocks = [one for one in protocol.dose_bands if one.effect == "block" and not one.from_age]
    if any(one.above < own for one in blocks):
        yield f"The protocol's own dose, {own:g} {unit}, is blocked by its own guard rail."
    second = _f("second_prescriber_above").value.get(route) if protocol.doses_by_weight else None
    ends = min((one.above for one in blocks if not one.first_session_only), default=second)
    asked = [one.above for one in protocol.dose_bands if one.effect == "second_prescriber"]
    if second is not None and ends is not None and ends > second and not any(one <= second for one in asked):
        yield f"A dose by this route needs a second prescriber above {second:g} {unit}. Add [[dose_bands]]."
    if protocol.doses_by_weight:
        return
    first = [one for one in protocol.dose_bands if one.effect == "block" and one.first_session_only]
    for most, from_age in _f("first_session_at_most").value.get(route, ()):
        if not any(one.above <= most and one.from_age <= from_age for one in first):
            who = f" from the age of {from_age}" if from_age else ""
            yield f"A first session blocks no dose above {most:g} {unit}{who}. Add [[dose_bands]]."


# Numbers that must be whole and above 0, and spans


def _whole_numbers(protocol: Protocol) -> Iterator[str]:
    for name in _f("whole_numbers").value:
        one = protocol.figures.get(name)
        if one is not None and not (one.value >= 1 and one.value == int(one.value)):
            yield f"[{name}] is {one.value:g}, but must be a whole number above 0."
    roles = {role.value for role in Role}
    for role, minutes in protocol.staff_minutes.items():
        if role not in roles:
            yield f"[staff_minutes]: there is no role named {role}."
        if not minutes > 0:
            yield f"[staff_minutes] for {role} is {minutes:g}, but must be above 0."


def _spans(protocol: Protocol) -> Iterator[str]:
    sessions, review = protocol.sessions.value, protocol.review_after_sessions.value
    if sessions > _f("most_sessions").value:
        yield f"{sessions:g} sessions are planned; at most {_f('most_sessions').value} are one plan."
    if review > sessions:
        yield f"It is reviewed only after {review:g} sessions, and there are {sessions:g}."
    for days in protocol.days_between.value:
        if days > _f("most_days_between").value:
            yield f"{days:g} days lie between two sessions; at most {_f('most_days_between').value} may."
    least = _f("stay_at_least").value
    for who, stay in (("with an escort", protocol.stay_minutes_escorted), ("alone", protocol.stay_minutes_alone)):
        at_least = least["alone" if who == "alone" else "escorted"]
        if stay.value < at_least:
            yield f"The patient stays {stay.value:g} minutes {who}; at least {at_least} are wanted."
    fresh = figure("session", "observations_before_fresh_for").value
    for minute in protocol.observation_minutes:
        if minute < -fresh or minute != int(minute):
            yield f"A round of minute {minute:g} is planned: whole minutes, and at most {fresh} before the start."
    for name, most in _f("signal_lost_after_end_at_most").value.items():
        found = protocol.signal_lost_after_end_seconds.get(name)
        if found is not None and not 0 < found <= most:
            yield f"[signal_lost_after_end_seconds] must say for {name} at most {most} s."


# Alarms


def _alarms(protocol: Protocol) -> Iterator[str]:
    for least, priorities in ((HIGH, (HIGH,)), ("medium", (HIGH, "medium"))):
        for wanted, bound in _f(f"{least}_alarm_at_the_latest").value.items():
            for phase in ("infusion", "after"):
                there = (rule for rule in protocol.alarms if rule.priority in priorities)
                if not any(_comes_by(rule, wanted, bound, phase) for rule in there):
                    yield f"No {least} alarm on {wanted} comes by {bound:g} ({phase}), and within a minute."
    longest = _f("high_alarm_escalates_within").value
    rules: tuple[AlarmRule | BuiltInRule, ...] = (*protocol.alarms, *protocol.built_in)
    for rule in rules:
        if rule.priority != HIGH:
            continue
        if not 0 < rule.escalate_after_seconds <= longest:
            yield f"The alarm {rule.id} calls nobody else within {longest} s, though its priority is high."
        if not rule.latches:
            yield f"The alarm {rule.id} clears by itself, though its priority is high."


def _comes_by(rule: AlarmRule, wanted: str, bound: float, phase: str) -> bool:
    name, side = wanted.split(" ")
    waits = rule.repeats > 1 or rule.persists_seconds > _f("alarm_persists_at_most").value
    if waits or rule.phase not in (phase, "any"):
        return False
    return any(
        one.parameter == name and one.measure in PLAIN and one.is_fall == (side == LOW) and _reached(one, bound)
        for one in rule.conditions
    )


def _reached(condition: object, bound: float) -> bool:
    upper = [getattr(condition, name) for name in ("above", "at_least") if getattr(condition, name) is not None]
    lower = [getattr(condition, name) for name in ("below", "at_most") if getattr(condition, name) is not None]
    return any(one <= bound for one in upper) or any(one >= bound for one in lower)


def _start(protocol: Protocol) -> Iterator[str]:
    for name, most in _f("no_start_from").value.items():
        stops = [
            one
            for rule in protocol.alarms
            if rule.phase == "before" and rule.priority == HIGH
            for one in rule.conditions
            if one.parameter == name and one.measure == "value"
        ]
        if not any(one.at_least is not None and one.at_least <= most for one in stops):
            yield f"The start is not stopped by {name} of {most}: a high alarm at_least = {most} or less is wanted."


# Questions


def _answers(part: str, asked: Iterable[Check]) -> Iterator[str]:
    either = _f("either_answer_passes").value
    needed = {*_f("checks_needed").value} if part == "checks_before" else {*_f("leaving_needed").value}
    measured = _f("measured_needed").value
    asked_of_some = _f("asked_of_some").value
    for one in asked:
        if one.id not in needed:
            continue
        if one.wanted != "yes" and not (one.wanted == "either" and one.id in either):
            yield f"[[{part}]] {one.id} lets pass whoever answers no: wanted must be yes."
        if one.only_if and one.id not in asked_of_some:
            yield f"[[{part}]] {one.id} is not asked of everybody."
        if one.id in measured and one.measured != measured[one.id]:
            yield f"[[{part}]] {one.id} is not answered by what was measured: measured must be {measured[one.id]}."
