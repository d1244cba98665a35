"""Oral ketamine to take at home: what a prescription must say by law, what may be supplied on it, and until when.

Sources: Misuse of Drugs Regulations 2001, regulations 15, 16 and 19, as told by Community Pharmacy England and the BNF;
the figures are in guidance/figures/controlled.toml. There are no repeats: each supply needs a prescription.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from glimmer.guidance import figure
from glimmer.vocabulary.verdict import Verdict

SUBJECT = "controlled"
NOT_A_DOSE = ("as directed", "when required", "prn")


class Happened(StrEnum):
    """What became of a prescription after it was signed."""

    SUPPLIED = "supplied"
    RETURNED = "returned"
    DESTROYED = "destroyed"
    LOST = "lost"
    CANCELLED = "cancelled"


HAPPENED = {
    Happened.SUPPLIED: "Supplied",
    Happened.RETURNED: "Brought back by the patient",
    Happened.DESTROYED: "Brought back and destroyed",
    Happened.LOST: "Said to be lost or stolen",
    Happened.CANCELLED: "Cancelled",
}
COLLECTORS = {
    "patient": "The patient",
    "representative": "Somebody for the patient",
    "professional": "A healthcare professional",
}

BY_MOUTH = "by mouth (oral)"
"""The route, as protocols and caps name it, of what may be taken at home."""


@dataclass(frozen=True, slots=True)
class Prescription:
    """What is prescribed. Strength in mg/mL; `container_ml` is what one bottle of the product holds.

    `dose_mg` is taken every `every_days` days for `days` days; `directions` are the words for the label.
    `plan_route` and `plan_dose_mg` are of the plan in force ("" and None without one).
    """

    drug: str
    form: str
    strength_mg_per_ml: float
    container_ml: float
    dose_mg: float
    every_days: int
    days: int
    total_ml: float
    directions: str
    starts_on: date
    signed_on: date
    patient_name: str
    patient_address: str
    prescriber: str
    registration: str
    prescriber_address: str
    plan_route: str = ""
    plan_dose_mg: float | None = None
    reason: str = ""

    @property
    def lasts_until(self) -> date:
        """The last day for which it was meant."""
        return self.starts_on + timedelta(days=self.days - 1)

    @property
    def valid_until(self) -> date:
        """The last day on which anything may be supplied on it."""
        first = max(self.starts_on, self.signed_on)
        return first + timedelta(days=figure(SUBJECT, "prescription_valid_for").value - 1)

    @property
    def needed_ml(self) -> float:
        """What the patient takes in all, in mL."""
        return self.dose_mg / self.strength_mg_per_ml * math.ceil(self.days / self.every_days)

    @property
    def quantity(self) -> str:
        """The total in words and figures, as the law wants it: "one hundred (100) mL"."""
        whole = f"{self.total_ml:g}"
        return f"{in_words(round(self.total_ml))} ({whole}) millilitres" if whole.isdigit() else f"({whole})"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that became of a prescription; `ml` of the drug."""

    kind: Happened
    day: date
    ml: float = 0


@dataclass(frozen=True, slots=True)
class Collection:
    """Who fetched it. `identity_asked` and `identity_seen`: None where nobody has said."""

    kind: str
    name: str
    identity_asked: bool | None
    identity_seen: bool | None
    note: str = ""


def judge_prescription(one: Prescription, before: Sequence[Prescription], held: Verdict) -> Verdict:
    """Say whether this may be signed. `before` are the patient's earlier ones; `held` is the long-term verdict."""
    reasons = [*held.reasons, *_of_law(one), *_of_amount(one), *_of_reason(one, before)]
    return Verdict(tuple(reasons), held.cautions)


def _of_law(one: Prescription) -> Iterable[str]:
    if not (one.patient_name.strip() and one.patient_address.strip()):
        yield "The law asks for the patient's name and address. Add the address to the patient's record first."
    if not (one.registration.strip() and one.prescriber_address.strip()):
        yield "The prescription must show your registration number and the clinic's address."
    if not one.directions.strip() or one.directions.strip().lower() in NOT_A_DOSE:
        yield "Write the dose so that it is clear by itself: “as directed” alone is not a dose."
    if one.starts_on < one.signed_on:
        yield "It cannot start before the day on which it is signed."
    if one.total_ml <= 0 or one.total_ml != round(one.total_ml):
        yield "Enter the total in whole millilitres: it is written in words as well."


def _of_amount(one: Prescription) -> Iterable[str]:
    if min(one.dose_mg, one.every_days, one.days) <= 0:
        yield "Enter the dose, how often it is taken and for how many days."
        return
    most = figure("protocol", "most_mg").value[BY_MOUTH]
    if one.dose_mg > most:
        yield f"More than {most} mg at a time is above the range that was used by mouth. Prescribe a lower dose."
    if one.total_ml % one.container_ml:
        yield f"Whole bottles are supplied: a multiple of {one.container_ml:g} mL."
    if not one.needed_ml <= one.total_ml < one.needed_ml + one.container_ml:
        yield (
            f"{one.days} days at this dose need {one.needed_ml:g} mL, so the total is "
            f"{math.ceil(one.needed_ml / one.container_ml) * one.container_ml:g} mL in whole bottles."
        )


def _of_reason(one: Prescription, before: Sequence[Prescription]) -> Iterable[str]:
    if one.reason.strip():
        return
    most = figure(SUBJECT, "supply_at_most").value
    if one.days > most:
        yield f"More than {most} days' supply is for a genuine need only. Write the reason."
    early = days_early(one, before)
    if early >= figure(SUBJECT, "early_by").value:
        yield f"The last supply was meant to last {early} days longer. Write why it is prescribed early."
    if one.plan_route.lower() != BY_MOUTH:
        yield "The plan in force is not for the drug by mouth. Write why it is given to take at home."
    elif one.plan_dose_mg is not None and one.dose_mg != one.plan_dose_mg:
        yield f"The plan in force is for {one.plan_dose_mg:g} mg at a time. Write why it is another dose at home."


def days_early(one: Prescription, before: Sequence[Prescription]) -> int:
    """Return how many days before the last supply runs out this one starts; 0 where it does not."""
    last = max((earlier.lasts_until for earlier in before), default=None)
    return max(0, (last - one.starts_on).days + 1) if last is not None else 0


def judge_supply(one: Prescription, events: Sequence[Event], ml: float, today: date, collected: Collection) -> Verdict:
    """Say whether so much may be handed out on a prescription today, to this person."""
    return Verdict((*_of_validity(one, events, ml, today), *_of_collection(collected)))


def _of_validity(one: Prescription, events: Sequence[Event], ml: float, today: date) -> Iterable[str]:
    if any(event.kind is Happened.CANCELLED for event in events):
        yield "This prescription was cancelled."
    if today < one.starts_on:
        yield f"It starts on {_shown(one.starts_on)}. Nothing is supplied before."
    if today > one.valid_until:
        yield f"It was valid until {_shown(one.valid_until)}. A new one is needed."
    left = one.total_ml - supplied_ml(events)
    if ml <= 0:
        yield "Enter how many bottles are supplied: one or more."
    elif ml > left:
        yield f"Of this prescription {left:g} mL are left, so {ml:g} mL cannot be supplied on it."


def supplied_ml(events: Sequence[Event]) -> float:
    """Return how much was supplied so far, in mL."""
    return sum(event.ml for event in events if event.kind is Happened.SUPPLIED)


def _of_collection(collected: Collection) -> Iterable[str]:
    if collected.kind not in COLLECTORS:
        yield "Say who collects it."
        return
    if collected.kind != "patient" and not collected.name.strip():
        yield "Enter the name of who collects it, and of a professional the address as well."
    if collected.identity_asked is None or collected.identity_seen is None:
        yield "Say whether proof of identity was asked for, and whether it was shown."
    elif not collected.identity_seen and not collected.note.strip():
        yield "Proof of identity was not shown. Write why it is supplied all the same: you may, and you answer for it."


def judge_return(events: Sequence[Event], ml: float) -> Verdict:
    """Say whether so much can have come back, or be lost: no more than was supplied and is not accounted for."""
    gone = sum(event.ml for event in events if event.kind in (Happened.DESTROYED, Happened.LOST))
    out = supplied_ml(events) - gone
    if ml <= 0:
        return Verdict(("Enter how much it was, in millilitres.",))
    if ml > out:
        return Verdict((f"Of this prescription {out:g} mL are with the patient, so it cannot be {ml:g} mL.",))
    return Verdict()


def is_at_home(prescriptions: Sequence[Prescription], today: date) -> bool:
    """Say whether the patient takes the drug at home now: a prescription was meant for today or for the last month."""
    most = timedelta(days=figure(SUBJECT, "supply_at_most").value)
    return any(one.starts_on <= today <= one.lasts_until + most for one in prescriptions)


def may_propose_home(held: Verdict, early: int, lost: int, standing: Sequence[Prescription], today: date) -> Verdict:
    """Say whether a further supply to take at home may be proposed.

    `held` is the long-term verdict; `early` and `lost` count the patient's prescriptions that began too early and the
    supplies said to be lost, lately. A sign is no proof: a psychiatrist may prescribe all the same, by the
    prescription's own rules and with the reason; it is only not proposed.
    """
    reasons = list(held.reasons)
    if early >= figure(SUBJECT, "signal_early_requests").value:
        reasons.append(f"{early} prescriptions began before the last had run out: see the patient before another.")
    if lost >= figure(SUBJECT, "signal_lost_supplies").value:
        reasons.append(f"{lost} time{'' if lost == 1 else 's'} a supply was said to be lost or stolen.")
    running = [one for one in standing if one.lasts_until >= today]
    if running:
        reasons.append(f"The last supply is meant to last until {_shown(max(one.lasts_until for one in running))}.")
    return Verdict(tuple(reasons), held.cautions)


SMALL_NUMBERS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
ROUND_NUMBERS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety"
ONES, TENS = SMALL_NUMBERS.split(), ROUND_NUMBERS.split()
BASE = len(TENS)
HUNDRED = 100
THOUSAND = 1000


def in_words(number: int) -> str:
    """Return a whole number below a million in English words; raise ValueError for others."""
    if not 0 <= number < THOUSAND * THOUSAND:
        raise ValueError(f"in_words() takes 0 to 999,999, but got {number}.")
    if number < len(ONES):
        return ONES[number]
    if number < HUNDRED:
        tens, ones = divmod(number, BASE)
        return TENS[tens] + (f"-{ONES[ones]}" if ones else "")
    unit, name = (THOUSAND, "thousand") if number >= THOUSAND else (HUNDRED, "hundred")
    many, rest = divmod(number, unit)
    joint = " " if rest >= HUNDRED else " and "
    return f"{in_words(many)} {name}" + (f"{joint}{in_words(rest)}" if rest else "")


def _shown(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
