"""Whether enough people are there: a nurse for so many patients, and somebody who can resuscitate."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from glimmer.guidance import figure
from glimmer.guidance.skills import skills
from glimmer.scheduling.wall import clock
from glimmer.vocabulary.people import Role


@dataclass(frozen=True, slots=True)
class Duty:
    """One person on duty from `begins` until before `ends` (wall minutes), with the skills that count on that day."""

    person: int
    role: str
    begins: int
    ends: int
    skills: frozenset[str] = frozenset()


def lacks(duties: Sequence[Duty], begins: int, ends: int, patients: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    """Return what is lacking between two wall minutes, in words; () where enough people are there throughout.

    `patients` are the times of every patient in the house, the one asked about included.
    """
    turns = sorted({begins, *_turns(duties, begins, ends), *_turns_of(patients, begins, ends)})
    found: dict[str, int] = {}
    for moment in turns:
        on_duty = [duty for duty in duties if duty.begins <= moment < duty.ends]
        at_once = sum(start <= moment < end for start, end in patients)
        for words in _lacking(on_duty, at_once):
            found.setdefault(words, moment)
    return tuple(f"{words} (from {clock(moment)})" for words, moment in found.items())


def _lacking(on_duty: Collection[Duty], at_once: int) -> list[str]:
    per_nurse = figure("calendar", "bays_per_nurse").value
    nurses = len({duty.person for duty in on_duty if duty.role == Role.NURSE})
    able = {skill.id for skill in skills() if skill.life_support}
    rescuers = {duty.person for duty in on_duty if duty.role == Role.PSYCHIATRIST or duty.skills & able}
    found = []
    if at_once > nurses * per_nurse:
        nurse = "no nurse" if not nurses else f"{nurses} nurse{'s' if nurses > 1 else ''}"
        found.append(f"{nurse} for {at_once} patient{'s' if at_once > 1 else ''} at once; one looks after {per_nurse}")
    if at_once and len(rescuers) < figure("calendar", "life_support_on_site").value:
        found.append("no doctor and nobody with advanced life support on site")
    return found


def _turns(duties: Sequence[Duty], begins: int, ends: int) -> set[int]:
    return {turn for duty in duties for turn in (duty.begins, duty.ends) if begins <= turn < ends}


def _turns_of(patients: Sequence[tuple[int, int]], begins: int, ends: int) -> set[int]:
    return {turn for span in patients for turn in span if begins <= turn < ends}
