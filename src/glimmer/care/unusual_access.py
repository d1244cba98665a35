"""Looks at records that a privacy officer is told of: a name in common, many patients in a short time, many refusals.

None of these is an accusation: a nurse called Sample may care for a patient called Sample.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from glimmer.guidance import figure


class Sign(StrEnum):
    """What was unusual."""

    SAME_NAME = "same_name"
    MANY_PATIENTS = "many_patients"
    MANY_REFUSALS = "many_refusals"


@dataclass(frozen=True, slots=True)
class Look:
    """One line of the audit as these rules take it. `patient` is None where no one record was opened."""

    at: datetime
    person: int
    patient: int | None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Unusual:
    """One thing to be looked into: who, what, from when to when, and how many patients, looks or refusals."""

    sign: Sign
    person: int
    since: datetime
    until: datetime
    count: int
    patient: int | None = None


def unusual(looks: Iterable[Look], *, names: Mapping[int, str], family_names: Mapping[int, str]) -> tuple[Unusual, ...]:
    """Return what is unusual among `looks`, the newest first; any order of looks gives the same.

    `names` are the full names of the people by key, `family_names` those of the patients.
    """
    ordered = sorted(looks, key=lambda look: (look.at, look.person, look.patient or 0))
    found = [*_same_name(ordered, names, family_names), *_many_patients(ordered), *_many_refusals(ordered)]
    return tuple(sorted(found, key=lambda one: (one.until, one.person, one.sign), reverse=True))


def same_name(name: str, family_name: str) -> bool:
    """Say whether a person bears a patient's family name, as any word of their own; a part of a double name counts."""
    words = set(name.casefold().replace("-", " ").split())
    return bool(words & set(family_name.casefold().replace("-", " ").split()))


def _same_name(looks: Iterable[Look], names: Mapping[int, str], family_names: Mapping[int, str]) -> Iterator[Unusual]:
    shared: dict[tuple[int, int], list[Look]] = defaultdict(list)
    for look in looks:
        if look.patient is not None and same_name(names.get(look.person, ""), family_names.get(look.patient, "")):
            shared[look.person, look.patient].append(look)
    for (person, patient), found in shared.items():
        yield Unusual(Sign.SAME_NAME, person, found[0].at, found[-1].at, len(found), patient)


def _many_patients(looks: Iterable[Look]) -> Iterator[Unusual]:
    """Yield for each person the busiest stretch of each run of looks that reaches the limit."""
    most, within = int(figure("access", "many_patients").value), _minutes("many_within")
    for person, mine in _by_person(looks, refused=False).items():
        best: Unusual | None = None
        first = 0
        for last, look in enumerate(mine):
            while look.at - mine[first].at > within:
                first += 1
            if best is not None and mine[first].at > best.until:
                yield best
                best = None
            patients = len({one.patient for one in mine[first : last + 1]})
            if patients >= most and (best is None or patients > best.count):
                best = Unusual(Sign.MANY_PATIENTS, person, mine[first].at, look.at, patients)
        if best is not None:
            yield best


def _many_refusals(looks: Iterable[Look]) -> Iterator[Unusual]:
    most = int(figure("access", "many_refusals").value)
    for person, mine in _by_person(looks, refused=True).items():
        days: dict[date, list[Look]] = defaultdict(list)
        for look in mine:
            days[look.at.date()].append(look)
        for found in days.values():
            if len(found) >= most:
                yield Unusual(Sign.MANY_REFUSALS, person, found[0].at, found[-1].at, len(found))


def _by_person(looks: Iterable[Look], *, refused: bool) -> dict[int, list[Look]]:
    found: dict[int, list[Look]] = defaultdict(list)
    for look in looks:
        if look.refused == refused and (refused or look.patient is not None):
            found[look.person].append(look)
    return found


def _minutes(name: str) -> timedelta:
    return timedelta(minutes=float(figure("access", name).value))
