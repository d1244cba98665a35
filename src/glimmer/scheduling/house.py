"""The house as it stands: bays, what is taken, who is on duty; and how one slot is judged against all of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from glimmer.scheduling.opening import Opening
from glimmer.scheduling.staffing import Duty, lacks
from glimmer.scheduling.wall import MINUTES_A_DAY, clock, day_of, minute_of, wall

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Place:
    """A bay: its key, its name, and when it is out of use, each with the reason."""

    key: int
    name: str
    closed: tuple[tuple[int, int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """What a patient can: weekdays they cannot (0 Monday), the earliest start and the latest end in minutes of the day.

    `travel` and `escort` are told to whoever books; the times are what counts. `too_near` are the days (ordinals) too
    near to one on which another plan gives the drug: it adds up whichever plan it is given by.
    """

    not_weekdays: frozenset[int] = frozenset()
    not_before: int | None = None
    not_after: int | None = None
    needs_escort: bool = False
    travel: str = ""
    too_near: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Breach:
    """One thing that stands against a slot. `rule` is its word: a person may override it with a reason."""

    rule: str
    says: str


RULES = {
    "closed": "the clinic is closed",
    "hours": "outside the opening hours",
    "bay_closed": "the bay is out of use",
    "staff": "not enough staff on duty",
    "patient_day": "a day on which the patient cannot come",
    "patient_time": "a time at which the patient cannot come",
    "spacing": "not the protocol's spacing",
    "closer": "closer than the protocol's rhythm",
}


@dataclass(frozen=True)
class House:
    """Everything that dates are found in. Spans are wall minutes, the end left out.

    `taken` are the standing dates by bay, `patient` those of the patient asked about, `rota_until` the last day whose
    rota was entered (None: the clinic keeps no rota here, and staffing is not judged).
    """

    places: tuple[Place, ...]
    opening: Opening
    taken: Mapping[int, tuple[Span, ...]] = field(default_factory=dict)
    patient: tuple[Span, ...] = ()
    duties: tuple[Duty, ...] = ()
    rota_until: date | None = None

    def with_taken(self, key: int, span: Span) -> "House":
        """Return the house with one more date in a bay."""
        return replace(self, taken={**self.taken, key: (*self.taken.get(key, ()), span)})

    def on(self, day: date) -> "House":
        """Return the house with only what touches one day: for many questions about it."""
        begins, ends = wall(day), wall(day) + MINUTES_A_DAY
        return replace(
            self,
            taken={key: tuple(s for s in spans if _overlap(s, (begins, ends))) for key, spans in self.taken.items()},
            patient=tuple(span for span in self.patient if _overlap(span, (begins, ends))),
            duties=tuple(duty for duty in self.duties if _overlap((duty.begins, duty.ends), (begins, ends))),
        )


def is_free(house: House, place: Place, begins: int, ends: int) -> bool:
    """Say whether neither the bay nor the patient is taken: what no reason overrides."""
    spans = (*house.taken.get(place.key, ()), *house.patient)
    return not any(_overlap(span, (begins, ends)) for span in spans)


def breaches(house: House, place: Place, begins: int, ends: int, limits: Limits) -> tuple[Breach, ...]:
    """Return what stands against a slot, each with the words for it; spacing within the course is judged elsewhere."""
    return (
        *_shut(house, place, begins, ends),
        *_unstaffed(house, begins, ends),
        *_not_for_the_patient(begins, ends, limits),
    )


def _shut(house: House, place: Place, begins: int, ends: int) -> list[Breach]:
    day, found = day_of(begins), []
    hours = house.opening.hours_on(day)
    if hours is None:
        found.append(Breach("closed", f"The clinic is closed: {house.opening.why_closed(day)}."))
    elif minute_of(begins) < hours.opens or ends > wall(day, hours.closes):
        span = f"{clock(hours.opens)} to {clock(hours.closes)}"
        assumed = ", assumed until hours are entered" if house.opening.assumed else ""
        found.append(Breach("hours", f"{clock(begins)} to {clock(ends)} is outside the hours of {span}{assumed}."))
    found += [
        Breach("bay_closed", f"{place.name} is out of use: {why}.")
        for start, end, why in place.closed
        if _overlap((start, end), (begins, ends))
    ]
    return found


def _unstaffed(house: House, begins: int, ends: int) -> list[Breach]:
    if house.rota_until is None or day_of(begins) > house.rota_until:
        return []
    patients = [span for spans in house.taken.values() for span in spans if _overlap(span, (begins, ends))]
    missing = lacks(house.duties, begins, ends, [*patients, (begins, ends)])
    return [Breach("staff", f"Not enough staff: {'; '.join(missing)}.")] if missing else []


def _not_for_the_patient(begins: int, ends: int, limits: Limits) -> list[Breach]:
    day, found = day_of(begins), []
    if day.weekday() in limits.not_weekdays:
        found.append(Breach("patient_day", f"The patient cannot come on {day:%A}s."))
    if day.toordinal() in limits.too_near:
        found.append(Breach("spacing", "Another plan of the patient gives the drug too near to this day."))
    if limits.not_before is not None and minute_of(begins) < limits.not_before:
        found.append(Breach("patient_time", f"The patient cannot be here before {clock(limits.not_before)}."))
    if limits.not_after is not None and ends > wall(day, limits.not_after):
        found.append(Breach("patient_time", f"The patient has to leave by {clock(limits.not_after)}."))
    return found


def _overlap(one: Sequence[int], other: Sequence[int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]
